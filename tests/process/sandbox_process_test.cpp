#include "sandboxed.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <grp.h>

#include <thread>

using namespace tenon;
using namespace tenon::tests;
namespace fs = std::filesystem;

namespace {

/// Files and a process that a sandboxed program would like to get at, and how they were.
class victims {
public:
    victims() {
        for (const char* name : {"victim", "spare"}) std::ofstream(folder / name) << name;
        fs::create_directory(folder / "sub");
        fs::permissions(folder.path(), fs::perms(0755));
        ::chmod(path("victim").c_str(), 0600);
        const timespec long_ago[2] = {{1'000, 0}, {1'000, 0}};
        ::utimensat(AT_FDCWD, path("victim").c_str(), long_ago, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string socket = path("socket");
        socket.copy(address.sun_path, sizeof address.sun_path - 1);
        listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        ::listen(listener_.get(), 8);
        ::chmod(socket.c_str(), 0777);
    }
    std::string path(const std::string& name) const { return folder / name; }
    void give_to(uid_t user) {
        for (const char* name : {"", "victim", "spare", "sub"}) ::chown(path(name).c_str(), user, user);
    }
    /// Empty where nothing has changed.
    std::string harm() const {
        struct stat about {};
        if (::stat(path("victim").c_str(), &about) != 0) return "the victim is gone";
        if (read_file(path("victim")) != "victim") return "the victim's bytes are others";
        if ((about.st_mode & 07777) != 0600) return "the victim's mode is another";
        if (about.st_mtim.tv_sec != 1'000) return "the victim's time is another";
        int entries = 0;
        for ([[maybe_unused]] const auto& one : fs::directory_iterator(folder.path())) ++entries;
        if (entries != 4) return "there are other files than before";
        return {};
    }

    scratch_folder folder;

private:
    detail::descriptor listener_;
};

/// What a run of the probe says that it should not.
std::string amiss(const ran& probe) {
    std::string words = probe.fault;
    if (probe.code != 0) words += " ended with " + std::to_string(probe.code) + probe.errors;
    int refused = 0, allowed = 0;
    for (const auto& [name, error] : results_in(probe.output)) {
        const bool may = name.starts_with("may: ");
        (may ? allowed : refused) += 1;
        if (may ? error != 0 : !is_refusal(error)) words += " " + name + "=" + std::to_string(error);
    }
    if (refused < 100 || allowed < 15) words += " only " + std::to_string(refused) + " attempts";
    return words;
}

} // namespace

TEST_CASE("X1: all that a program without grants tries is refused, and its victims are as they were") {
    if (no_sandbox_here()) return;
    victims of;
    forked other([] { return ::pause(); });
    const ran probe =
        run(sandboxed({fixture_program("prober"), of.folder.path().string(), std::to_string(other.pid())}));
    CHECK(amiss(probe) == "");
    CHECK(probe.status.level == sandbox_level::full);
    CHECK(of.harm() == "");
}

TEST_CASE("X1: the same attempts are not refused without a sandbox, so they are none that fail for another "
          "reason") {
    if (::geteuid() != 0) return skipped("not here: an ordinary user may not do most of it anyway");
    victims of;
    forked other([] { return ::pause(); });
    plugin_options options =
        sandboxed({fixture_program("prober"), of.folder.path().string(), std::to_string(other.pid())});
    options.sandbox.reset();
    const ran probe = run(options);
    CHECK(probe.code == 0);
    int possible = 0;
    for (const auto& [name, error] : results_in(probe.output))
        possible += !name.starts_with("may: ") && !is_refusal(error);
    CHECK(possible >= 60);
}

TEST_CASE("X1: an ordinary user's program is held like root's") {
    if (no_sandbox_here()) return;
    if (::geteuid() != 0) return skipped("not here: this is an ordinary user");
    victims of;
    of.give_to(65'534);
    forked host([&] {
        if (::setgroups(0, nullptr) != 0 || ::setresgid(65'534, 65'534, 65'534) != 0 ||
            ::setresuid(65'534, 65'534, 65'534) != 0)
            return 1;
        if (::access(fixture_program("prober").c_str(), X_OK) != 0) return 77;
        const pid_t other = ::fork();
        if (other == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::pause();
        }
        const std::string words = amiss(
            run(sandboxed({fixture_program("prober"), of.folder.path().string(), std::to_string(other)})));
        ::kill(other, SIGKILL);
        ::waitpid(other, nullptr, 0);
        std::printf("%s\n", words.c_str());
        std::fflush(stdout);
        return words.empty() ? 0 : 2;
    });
    const std::string words = read_line(host.output());
    const int code = host.wait();
    if (code == 77) return skipped("not here: others may not look into the folder of this build");
    CHECK(words == "");
    CHECK(code == 0);
    CHECK(of.harm() == "");
}

TEST_CASE("X14: each older Landlock is made up for by the filter, so that the same is refused") {
    if (no_sandbox_here()) return;
    for (int version = 1; version < detail::facts_of_kernel().landlock; ++version) {
        CAPTURE(version);
        victims of;
        forked other([] { return ::pause(); });
        const ran probe = run(
            sandboxed({fixture_program("prober"), of.folder.path().string(), std::to_string(other.pid())}),
            facts_up_to(version));
        CHECK(amiss(probe) == "");
        CHECK(of.harm() == "");
    }
}

TEST_CASE("X6: a sandbox that is required and cannot be enforced is no start, in one sentence") {
    const auto required = sandboxed({"/bin/sh", "-c", "echo here"});
    CHECK(
        run(required, {.landlock = 0, .seccomp = true}).fault ==
        "cannot start probed: its sandbox is required and cannot be enforced here: files: this kernel has no "
        "Landlock");
    CHECK(run(required, {.landlock = 7, .seccomp = false}).fault.find("processes: no filter") !=
          std::string::npos);
}

TEST_CASE("X6: what can be enforced is, where that is enough") {
    if (no_sandbox_here()) return;
    victims of;
    const auto effort =
        sandboxed({fixture_program("prober"), of.folder.path().string(), std::to_string(::getpid())},
                  {.mode = sandbox_mode::best_effort});
    SUBCASE("without Landlock files are open, and all else is not") {
        const ran probe = run(effort, {.landlock = 0, .seccomp = true});
        CHECK(probe.status.level == sandbox_level::partial);
        auto results = results_in(probe.output);
        CHECK(results["write"] == 0);
        for (const std::string name :
             {"chmod", "tcp", "unix_by_path", "kill", "fork", "ptrace", "memfd", "mount"})
            CHECK_MESSAGE(is_refusal(results[name]), name);
    }
    SUBCASE("without a filter files are held, and sockets are not") {
        const ran probe =
            run(effort, facts_up_to(7).landlock == 0 ? detail::kernel_facts{}
                                                     : detail::kernel_facts{facts_up_to(7).landlock, false});
        CHECK(probe.status.level == sandbox_level::partial);
        auto results = results_in(probe.output);
        CHECK(results["udp"] == 0);
        for (const std::string name : {"read", "write", "create", "read_passwd", "ptrace"})
            CHECK_MESSAGE(is_refusal(results[name]), name);
    }
    SUBCASE("with neither it runs") {
        CHECK(run(effort, {}).status.level == sandbox_level::none);
        CHECK(run(effort, {}).code == 0);
    }
}

TEST_CASE("what the policy allows is allowed: folders, files, programs") {
    if (no_sandbox_here()) return;
    scratch_folder folder;
    std::ofstream(folder / "words") << "some words";
    fs::create_directory(folder / "data");
    const std::string words = folder / "words", data = folder / "data";
    const std::string script = "read -r text < " + words + "; echo \"$text\"; echo more > " + data +
                               "/new && echo written; echo more > " + words + " || echo kept";
    const auto outcome = [&](sandbox_policy policy) {
        return run(sandboxed({"/bin/sh", "-c", script}, std::move(policy))).output;
    };
    CHECK(outcome({}).find("some words") == std::string::npos);
    CHECK(outcome({.filesystem = {{words}}}) == "some words\nkept\n");
    CHECK(outcome({.filesystem = {{words}, {data, path_access::read_write}}}) ==
          "some words\nwritten\nkept\n");
    CHECK(read_file(data + "/new") == "more\n");

    const auto runs_true = [](sandbox_policy policy) {
        return run(sandboxed({"/bin/sh", "-c", "/bin/true && echo ran"}, std::move(policy))).output;
    };
    CHECK(runs_true({}) == "");
    CHECK(runs_true({.subprocesses = true}) == ""); // it may start processes, and execute nothing
    CHECK(runs_true({.filesystem = {{"/bin/true", path_access::execute}}}) == "");
    CHECK(runs_true({.filesystem = {{"/bin/true", path_access::execute}}, .subprocesses = true}) == "ran\n");
}

TEST_CASE("a plugin reads the folder that it runs in, and not everything because it runs in /") {
    if (no_sandbox_here()) return;
    scratch_folder folder;
    std::ofstream(folder / "words") << "some words\n";
    auto options =
        sandboxed({"/bin/sh", "-c", "read -r text < words; echo \"$text\"; read -r text < /etc/passwd"});
    options.directory = folder.path().string();
    CHECK(run(options).output == "some words\n");
    CHECK(run(options).code != 0);
    for (const char* const root : {"/", "/usr/.."}) {
        options.directory = root;
        CHECK(run(options).code != 0);
    }
}

TEST_CASE(
    "X5: a folder that may be written in is no way to a file beside it, by links, moves or descriptors") {
    if (no_sandbox_here()) return;
    for (const int version : {1, 2, 3, detail::facts_of_kernel().landlock}) {
        CAPTURE(version);
        victims of;
        const ran got = run(sandboxed({fixture_program("prober"), "--steal", of.folder.path().string()},
                                      {.filesystem = {{of.path("sub"), path_access::read_write}}}),
                            facts_up_to(version));
        const auto results = results_in(got.output);
        CHECK(results.size() == 14);
        std::string amiss;
        for (const auto& [name, error] : results)
            if (name.starts_with("may: ") ? error != 0 : !is_refusal(error) && error != EXDEV)
                amiss += " " + name + "=" + std::to_string(error);
        CHECK(amiss == "");
        CHECK(of.harm() == "");
    }
}

TEST_CASE("X8: a path of the policy that is not there fails a start, or is left out where as much as can be "
          "is enough") {
    if (no_sandbox_here()) return;
    auto options = sandboxed({"/bin/sh", "-c", "echo here"}, {.filesystem = {{"/usr"}, {"/nowhere/data"}}});
    CHECK(run(options).fault ==
          "cannot start probed: sandbox.filesystem[1].path: there is no /nowhere/data, or it "
          "cannot be reached");
    options.sandbox->mode = sandbox_mode::best_effort;
    CHECK(run(options).output == "here\n");
}

TEST_CASE("X8: a link that is moved after the start moves nothing of what is allowed") {
    if (no_sandbox_here()) return;
    scratch_folder folder;
    for (const char* name : {"one", "two"}) {
        fs::create_directory(folder / name);
        std::ofstream(folder / name + "/text") << name << "\n";
    }
    fs::create_directory_symlink(folder / "one", folder / "link");
    const std::string link = folder / "link", one = folder / "one/text";
    const std::string script = "read -r go; read -r text < " + link +
                               "/text; echo \"got $text\"; read -r text < " + one + "; echo \"got $text\"";
    const auto options = sandboxed({"/bin/sh", "-c", script}, {.filesystem = {{link}}});
    detail::launch_spec spec{.command = options.command, .environment = {shell_path}};
    auto sandbox = detail::prepare_sandbox(options, spec, detail::facts_of_kernel());
    REQUIRE(sandbox);
    spec.within = &*sandbox;
    const auto made = must_launch(spec);
    fs::remove(folder / "link");
    fs::create_directory_symlink(folder / "two", folder / "link");
    REQUIRE(::write(made.input.get(), "go\n", 3) == 3);
    CHECK(read_line(made.output.get()).find("two") == std::string::npos);
    CHECK(read_line(made.output.get()) == "got one");
    ::kill(made.pid, SIGKILL);
    detail::reap(made.pid);
}

namespace {

/// A folder `data` that a plugin may write to, and beside it `secret`, which it may not read.
struct own_folder {
    own_folder() {
        fs::create_directories(data + "/cache/sub");
        fs::create_directories(secret + "/sub");
        for (const std::string& at : {data + "/state", data + "/cache/sub/text"})
            std::ofstream(at) << "own\n";
        for (const std::string& at : {secret + "/text", secret + "/sub/text"})
            std::ofstream(at) << "secret\n";
    }
    /// Reads the secret, in the place of the way to it.
    plugin_options reader(std::vector<sandbox_path> more = {}, std::vector<std::string> words = {}) const {
        std::vector<std::string> command{
            "/bin/sh", "-c", "for at in text sub/text; do read -r it < " + secret + "/$at && echo $it; done",
            "sh"};
        command.insert(command.end(), words.begin(), words.end());
        more.insert(more.begin(), {data, path_access::read_write});
        return sandboxed(std::move(command), {.filesystem = std::move(more)});
    }
    /// What a plugin does before it ends.
    void leave_link(const std::string& name, const std::string& to) const {
        fs::remove_all(data + "/" + name);
        fs::create_symlink(to, data + "/" + name);
    }

    scratch_folder folder;
    std::string base = detail::resolved_path(folder.path().string());
    std::string data = base + "/data", secret = base + "/secret";
};

} // namespace

TEST_CASE("a plugin widened its own policy: a path of it was a link in its folder at the next start") {
    if (no_sandbox_here()) return;
    for (const path_access access : {path_access::read, path_access::read_write, path_access::execute})
        for (const std::string name : {"cache", "cache/sub", "cache/sub/text", "cache/../cache/./sub//"}) {
            CAPTURE(name);
            const own_folder of;
            auto options = of.reader({{of.data + "/" + name, access}});
            CHECK(run(options).fault == "");
            CHECK(run(options).output == "");
            of.leave_link("cache", of.secret);
            CHECK(run(options).fault == "cannot start probed: sandbox.filesystem[1].path: " + of.data +
                                            "/cache is a link in " + of.data +
                                            ", which it may write to: it could lead anywhere");
            options.sandbox->mode = sandbox_mode::best_effort;
            const ran got = run(options);
            CHECK(got.fault == "");
            CHECK(got.output == "");
            fs::remove(of.data + "/cache");
            fs::create_directory(of.data + "/cache");
            of.leave_link("cache/sub", "../../secret/sub");
            CHECK(run(options).output == "");
        }
}

TEST_CASE(
    "a plugin widened its own policy: an argument or its cwd was a link in its folder at the next start") {
    if (no_sandbox_here()) return;
    const own_folder of;
    auto options = of.reader({}, {of.data + "/state"});
    CHECK(run(options).output == "");
    of.leave_link("state", of.secret + "/text");
    CHECK(run(options).fault == "");
    CHECK(run(options).output == "");
    options = of.reader({}, {"state"}); // beside its cwd
    options.directory = of.data;
    CHECK(run(options).output == "");
    options = of.reader();
    options.directory = of.data + "/cache";
    CHECK(run(options).output == "");
    of.leave_link("cache", of.secret);
    CHECK(run(options).fault == "");
    CHECK(run(options).output == "");
}

TEST_CASE("a link in no folder that may be written to is followed, also to one that may") {
    if (no_sandbox_here()) return;
    const own_folder of;
    fs::create_symlink("data", of.base + "/first");
    fs::create_symlink(of.base + "/first/../first", of.base + "/second");
    const auto writes = [&](const std::string& granted) {
        return run(sandboxed({"/bin/sh", "-c", "echo new > " + of.data + "/new && echo written"},
                             {.filesystem = {{granted, path_access::read_write}}}))
            .output;
    };
    CHECK(writes(of.base + "/second") == "written\n");
    CHECK(writes(of.base + "/second/cache") == "");
    fs::create_symlink("round", of.base + "/round");
    CHECK(run(of.reader({{of.base + "/round"}})).fault.find("there is no ") != std::string::npos);
    // Of one that leads on from a folder that may be written to by another way, too.
    of.leave_link("cache", of.secret);
    CHECK(run(of.reader({{of.base + "/second/cache"}})).fault.find(" is a link in ") != std::string::npos);
}

TEST_CASE(
    "a program in a folder that it may write to could name any file as its interpreter at its next start, "
    "and was started") {
    if (no_sandbox_here()) return;
    const own_folder of;
    const auto script = [&](const std::string& path, const std::string& first_line) {
        std::ofstream(path) << first_line << "\necho ran\n";
        ::chmod(path.c_str(), 0755);
        return path;
    };
    fs::copy_file("/bin/sh", of.data + "/shell");
    fs::create_symlink("/bin/sh", of.data + "/link");
    script(of.data + "/tool", "#!/bin/sh");
    fs::create_symlink("data/tool", of.base + "/to-tool");
    const std::vector<sandbox_path> grants{{of.data, path_access::read_write}};
    for (const std::string& program :
         {of.data + "/tool", of.data + "/shell", of.data + "/link", of.base + "/to-tool",
          script(of.base + "/by-shell", "#!" + of.data + "/shell"),
          script(of.base + "/by-link", "#!" + of.data + "/link")}) {
        CAPTURE(program);
        auto options = sandboxed({program, "-c", "echo ran"}, {.filesystem = grants});
        for (const sandbox_mode mode : {sandbox_mode::required, sandbox_mode::best_effort}) {
            options.sandbox->mode = mode;
            CHECK(run(options).fault == "cannot start probed: its program lies in " + of.data +
                                            ", which it may write to: it could become any other");
        }
        options.sandbox->mode = sandbox_mode::off;
        CHECK(run(options).output == "ran\n");
    }
    CHECK(run(sandboxed({of.base + "/by-shell"},
                        {.filesystem = {{of.data + "/shell", path_access::read_write}}}))
              .fault.find("its program lies in ") != std::string::npos);
    detail::descriptor image(::open((of.data + "/tool").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(detail::lift(image));
    const auto options = sandboxed({"tool"}, {.filesystem = grants});
    const auto prepared = detail::prepare_sandbox(options, {.command = options.command, .image = image.get()},
                                                  detail::facts_of_kernel());
    REQUIRE(!prepared);
    CHECK(prepared.error().message.find("its program lies in ") != std::string::npos);
}

TEST_CASE("a program's interpreter and its loader are found, however it names them") {
    if (no_sandbox_here()) return;
    scratch_folder folder;
    const auto script = [&](const std::string& name, const std::string& first_line) {
        const std::string path = folder / name;
        std::ofstream(path) << first_line << "\necho ran\n";
        ::chmod(path.c_str(), 0755);
        return path;
    };
    for (const std::string line :
         {"#!/bin/sh", "#! /bin/sh -e", "#!/usr/bin/env sh", "#!/usr/bin/env -S sh -e"}) {
        CAPTURE(line);
        const ran got = run(sandboxed({script("script", line)}));
        CHECK(got.output == "ran\n");
        CHECK(got.status.preset == sandbox_preset::native);
    }
    CHECK(run(sandboxed({"/bin/sh", script("other", "")})).output == "ran\n");
    CHECK(run(sandboxed({"/usr/bin/env", "A=b", "sh", "-c", "echo ran"})).output == "ran\n");
}

TEST_CASE(
    "interpreters start within their presets, found by running them: a refused file is not a missing one") {
    if (no_sandbox_here()) return;
    struct language {
        std::vector<std::string> command;
        sandbox_preset preset;
    };
    const std::string program =
        "class A { public static void main(String[] words) { System.out.println(\"ran\"); } }";
    scratch_folder folder;
    const std::string source = folder.write("A.java", program, 0644);
    for (const language& one :
         {language{{"/usr/bin/python3", "-c", "import json, ssl; print('ran')"}, sandbox_preset::python},
          language{{"/usr/bin/node", "-e", "console.log('ran')"}, sandbox_preset::node},
          language{{"/usr/bin/java", "-XX:+UseSerialGC", source}, sandbox_preset::jvm}}) {
        CAPTURE(one.command.front());
        if (!fs::exists(one.command.front())) {
            skipped("not here: " + one.command.front());
            continue;
        }
        const ran got = run(sandboxed(one.command));
        CAPTURE(got.errors);
        CHECK(got.output == "ran\n");
        CHECK(got.status.preset == one.preset);
        CHECK(got.status.level == sandbox_level::full);
    }
}

TEST_CASE("X12: a program that hands over to one that it may not execute says so, and a wrong preset starts "
          "nothing") {
    if (no_sandbox_here()) return;
    const ran got = run(sandboxed({"/bin/sh", "-c", "exec /usr/bin/head"}));
    CHECK(got.code == 126);
    CHECK(got.errors.find("ermission denied") != std::string::npos);
    CHECK(run(sandboxed({"/bin/sh", "-c", "echo ran"}, {.preset = sandbox_preset::none})).output == "");
}

TEST_CASE("X3: memory, files and descriptors end where the limits say, and where they say nothing at a "
          "sandbox's own") {
    if (no_sandbox_here()) return;
    auto options = sandboxed({fixture_program("prober"), "--limits"});
    const bool counts_memory = !options.limits.memory_bytes; // not under sanitizers
    const auto words = [&] { return run(options).output; };
    const std::string own = words();
    if (counts_memory) CHECK(std::atoi(own.substr(own.find(' ')).c_str()) < 256);
    if (counts_memory) CHECK(std::atoi(own.substr(own.find(' ')).c_str()) > 200);
    CHECK(own.find("files 64 ") != std::string::npos);
    const std::size_t timers = own.find("timers ");
    REQUIRE(timers != std::string::npos);
    CHECK(std::atoi(own.c_str() + timers + 7) <=
          1'024); // what a user may have was used up for all its processes
    if (counts_memory) options.limits.memory_bytes = 32 << 20;
    options.limits.open_files = 16;
    CHECK(words().find("files 16 ") != std::string::npos);
    if (counts_memory) CHECK(std::atoi(words().substr(own.find(' ')).c_str()) < 32);

    scratch_folder folder;
    auto writes = sandboxed({"/bin/sh", "-c", "echo 12345678 > " + (folder / "file")},
                            {.filesystem = {{folder.path().string(), path_access::read_write}}});
    writes.limits.file_bytes = 4;
    CHECK(run(writes).code == 256 + SIGXFSZ);
    CHECK(read_file(folder / "file").size() <= 4);
}

TEST_CASE("a host with more files open than a plugin may have could not start it, because it was limited too "
          "early") {
    if (no_sandbox_here()) return;
    std::vector<detail::descriptor> many;
    for (int count = 0; count < 100; ++count) many.emplace_back(::fcntl(2, F_DUPFD_CLOEXEC, 3));
    CHECK(run(sandboxed({"/bin/sh", "-c", "echo here"})).output == "here\n");
}

TEST_CASE("a plugin that runs as root keeps one privilege: to read what it is allowed, whosever it is") {
    if (no_sandbox_here()) return;
    const ran got = run(
        sandboxed({"/bin/sh", "-c",
                   "while read -r name value; do case $name in Cap[PEB]*) echo $name $value;; esac; done < "
                   "/proc/self/status"}));
    CAPTURE(got.output);
    const std::string kept = ::geteuid() == 0 ? "0000000000000002" : "0000000000000000";
    CHECK(got.output.find("CapPrm: " + kept) != std::string::npos);
    CHECK(got.output.find("CapEff: " + kept) != std::string::npos);
}

TEST_CASE("X15: the ports of a policy can be connected to, and no others, nor any of UDP") {
    if (no_sandbox_here()) return;
    if (detail::facts_of_kernel().landlock < 4) return skipped("not here: this Landlock knows no ports");
    const auto listen = [](std::uint16_t& port) {
        detail::descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener.get(), generic, size) == 0);
        REQUIRE(::listen(listener.get(), 8) == 0);
        REQUIRE(::getsockname(listener.get(), generic, &size) == 0);
        port = ntohs(address.sin_port);
        return listener;
    };
    std::uint16_t good = 0, bad = 0;
    const auto one = listen(good), two = listen(bad);
    const std::string ours = std::to_string(good), theirs = std::to_string(bad);
    const auto results = [&](sandbox_network network) {
        return results_in(run(sandboxed({fixture_program("prober"), "--connect", ours, theirs},
                                        {.network = std::move(network)}))
                              .output);
    };
    using found = std::map<std::string, int>;
    CHECK(results({}) == found{{ours, EACCES}, {theirs, EACCES}});
    CHECK(results({.ports = {good}}) == found{{ours, 0}, {theirs, EACCES}});
    CHECK(results({.all = true}) == found{{ours, 0}, {theirs, 0}});

    victims of;
    const ran probe = run(sandboxed({fixture_program("prober"), of.folder.path().string(), "1"},
                                    {.network = {.ports = {good}}}));
    CHECK(probe.status.level == sandbox_level::full);
    for (const std::string name :
         {"udp", "mptcp", "raw_socket", "netlink", "packet", "vsock", "unix_by_path"})
        CHECK_MESSAGE(is_refusal(results_in(probe.output)[name]), name);
}

TEST_CASE(
    "P14: when the host is killed, a plugin in a sandbox that lets no signal in or out is gone as well") {
    if (no_sandbox_here()) return;
    const std::string mark = "TENON_TEST=" + std::to_string(::getpid()) + "/sandbox";
    forked host([&] {
        const auto options = sandboxed({"/bin/sleep", "600"});
        std::vector<detail::launched> kept;
        const auto start = [&] {
            detail::launch_spec spec{.command = options.command, .environment = {shell_path, mark}};
            auto sandbox = detail::prepare_sandbox(options, spec, detail::facts_of_kernel());
            spec.within = &*sandbox;
            if (auto made = detail::launch(spec)) kept.push_back(std::move(*made));
        };
        start();
        std::thread(start).join(); // has no parent-death signal, the guard alone
        std::printf("%zu\n", kept.size());
        std::fflush(stdout);
        for (;;) ::pause();
        return 0;
    });
    CHECK(read_line(host.output()) == "2");
    REQUIRE(soon([&] { return with_environment(mark).size() == 2; }));
    host.kill();
    CHECK(soon([&] { return with_environment(mark).empty(); }));
}
