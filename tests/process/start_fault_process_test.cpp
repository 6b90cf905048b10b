#include "processes.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include <elf.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace tenon;
using namespace tenon::tests;
using detail::launch_spec;

namespace {

launch_spec program(const std::string& path) { return {.command = {path}}; }

bool has(const std::string& text, std::string_view part) {
    const bool found = text.find(part) != std::string::npos;
    CHECK_MESSAGE(found, "'", text, "' should say: ", part);
    return found;
}

std::string elf_for(unsigned short machine) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = machine;
    header.e_phoff = 0xffff'ffff'ffff'fff0; // far outside: numbers of a file are not to be trusted
    header.e_phnum = 9;
    return {reinterpret_cast<const char*>(&header), sizeof header};
}

} // namespace

TEST_CASE("P5: what cannot be started is refused at once with the reason, and leaves nothing behind") {
    const scratch_folder folder;
    const int before = open_descriptors();
    const auto here = folder.path().string();
    const auto refused = [&](const std::string& path, std::string_view errno_text, std::string_view reason) {
        const auto start = clock::now();
        const std::string why = why_not_launched(program(path));
        CHECK(clock::now() - start < 200ms);
        CHECK(why.starts_with("cannot start " + path + ": "));
        has(why, errno_text);
        has(why, reason);
    };
    refused(here + "/none", "No such file or directory", "there is no such file");
    refused(here + "/no/where", "No such file or directory", "there is no " + here + "/no");
    refused(folder.write("plain", "#!/bin/sh\n", 0644), "Permission denied",
            "its mode is 0644 and its owner ");
    refused(here, "Permission denied", "it is a directory");
    refused(
        folder.write("no-one", "#!/no/such/interpreter -x\n", 0755), "No such file",
        "the interpreter that its first line names, /no/such/interpreter, cannot be run: there is no /no");
    refused(folder.write("windows", "#!/bin/sh\r\necho\r\n", 0755), "No such file", "CR LF, as on Windows");
    refused(folder.write("nothing", "", 0755), "Exec format error", "the file is empty");
    refused(folder.write("text", "hello", 0755), "Exec format error",
            "neither a program of this system nor a script");
    refused(folder.write("foreign", elf_for(EM_S390), 0755), "Exec format error",
            "it is a program for s390x");
    std::filesystem::create_symlink(here + "/gone", here + "/link");
    refused(here + "/link", "No such file", here + "/link is a symbolic link to nothing");
    CHECK(zombies() == 0);
    CHECK(open_descriptors() == before);
}

TEST_CASE("P5: a program that is being written is busy, and arguments can be too long") {
    const scratch_folder folder;
    std::filesystem::copy_file("/bin/true", folder.path() / "busy");
    {
        const detail::descriptor writing(::open((folder.path() / "busy").c_str(), O_WRONLY | O_CLOEXEC));
        has(why_not_launched(program((folder.path() / "busy").string())), "Text file busy");
    }
    launch_spec long_one = program("/bin/true");
    long_one.command.push_back(std::string(8'000'000, 'a'));
    has(why_not_launched(long_one), "Argument list too long");
    CHECK(zombies() == 0);
}

TEST_CASE(
    "P5: a working directory that is not there is named, and a limit beyond the system's is the host's own") {
    launch_spec spec = program("/bin/true");
    spec.directory = "/no/such/directory";
    has(why_not_launched(spec), "cannot start /bin/true in /no/such/directory: No such file or directory");
    CHECK(zombies() == 0);

    rlimit own{};
    ::getrlimit(RLIMIT_NOFILE, &own);
    spec = shell("ulimit -Hn");
    spec.limits.open_files = std::uint64_t{1} << 40;
    auto made = must_launch(spec);
    CHECK(read_all(made.output.get()) == std::to_string(own.rlim_max) + "\n");
    detail::reap(made.pid);
}

TEST_CASE("P5: a command that makes no sense is refused before anything is started") {
    has(why_not_launched({}), "its command is empty");
    has(why_not_launched({.command = {""}}), "its command is empty");
    has(why_not_launched({.command = {"/bin/true", std::string("a\0b", 3)}}),
        "a word of its command has a zero byte");
    has(why_not_launched({.command = {"/bin/true"}, .environment = {"NONSENSE"}}),
        "not of the form NAME=value");
    has(why_not_launched({.command = {"/bin/true"}, .environment = {std::string("A=\0", 3)}}),
        "has a zero byte");
    has(why_not_launched({.command = {"/bin/true"}, .directory = std::string("/\0", 2)}), "has a zero byte");
}

TEST_CASE("P5: a program without a slash is looked for in the PATH that it gets, where only folders count") {
    const scratch_folder folder;
    folder.write("tenon-test-tool", "#!/bin/sh\necho found\n", 0755);
    const std::string here = folder.path().string();
    auto made = must_launch({.command = {"tenon-test-tool"}, .environment = {"PATH=/nowhere:" + here}});
    CHECK(read_all(made.output.get()) == "found\n");
    detail::reap(made.pid);

    has(why_not_launched({.command = {"tenon-test-tool"}, .environment = {"PATH=/nowhere:.::relative"}}),
        "there is no such program in the folders of its PATH, /nowhere:.::relative");
    forked host([&] { // the current directory is no folder of programs
        if (::chdir(here.c_str()) != 0) return 1;
        return detail::launch({.command = {"tenon-test-tool"}, .environment = {"PATH=.::/nowhere:"}}) ? 2 : 0;
    });
    CHECK(host.wait() == 0);
    folder.write("plain", "", 0644);
    has(why_not_launched({.command = {"plain"}, .environment = {"PATH=" + here}}), "its mode is 0644");
}

TEST_CASE("P5: a path with a slash is the host's, whatever directory the child gets") {
    const scratch_folder folder;
    folder.write("tool", "#!/bin/sh\npwd\n", 0755);
    forked host([&] {
        if (::chdir(folder.path().c_str()) != 0) return 1;
        auto made = detail::launch({.command = {"./tool"}, .directory = "/"});
        return made && read_all(made->output.get()) == "/\n" ? 0 : 2;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE("P5: another user is told what is kept from him") {
    if (::geteuid() != 0) return skipped("only root can become another user");
    const scratch_folder folder;
    std::filesystem::create_directory(folder.path() / "closed");
    folder.write("closed/tool", "#!/bin/sh\n", 0755);
    folder.write("private", "#!/bin/sh\n", 0700);
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(folder.path() / "closed", std::filesystem::perms(0700));
    forked host([&] {
        if (::setgid(65'534) != 0 || ::setuid(65'534) != 0) return 1;
        const auto closed = detail::launch(program((folder.path() / "closed" / "tool").string()));
        const auto kept = detail::launch(program((folder.path() / "private").string()));
        if (closed || kept) return 2;
        std::printf("%s\n%s\n", closed.error().message.c_str(), kept.error().message.c_str());
        std::fflush(stdout);
        return 0;
    });
    const std::string said = read_all(host.output());
    CHECK(host.wait() == 0);
    has(said, "may not look into " + (folder.path() / "closed").string());
    has(said, "its mode is 0700 and its owner root, so user ");
}

TEST_CASE("P5: what the host has in its buffers and registered for its exit happens once") {
    forked host([] {
        std::printf("in the buffer\n"); // stays there: standard output is a pipe
        std::atexit([] { std::printf("at exit\n"); });
        for (int time = 0; time < 3; ++time)
            if (detail::launch(program("/no/such/program"))) return 1;
        const int flushed_by_exit = 0;
        std::exit(flushed_by_exit);
    });
    CHECK(read_all(host.output()) == "in the buffer\nat exit\n");
    CHECK(host.wait() == 0);
}

TEST_CASE("Z1: without descriptors left the start fails in words, and works again later") {
    forked host([] {
        const rlimit few{32, 32};
        ::setrlimit(RLIMIT_NOFILE, &few);
        std::vector<detail::descriptor> hoard;
        for (int one = ::dup(1); one >= 0; one = ::dup(1)) hoard.emplace_back(one);
        while (!hoard.empty()) {
            const auto made = detail::launch(program("/bin/true"));
            if (made) return 0;
            if (made.error().message.find("making its pipes: Too many open files") == std::string::npos)
                return 1;
            hoard.pop_back();
        }
        return 2;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE("Z3: a fork that fails is told as such") {
    if (::geteuid() != 0) return skipped("the test needs a user without processes");
    forked host([] {
        const rlimit none{0, 0};
        if (::setuid(54'321) != 0 || ::setrlimit(RLIMIT_NPROC, &none) != 0) return 1;
        const auto made = detail::launch(program("/bin/true"));
        if (made) return 2;
        return made.error().message ==
                       "cannot start /bin/true: making a process: Resource temporarily unavailable"
                   ? 0
                   : 3;
    });
    CHECK(host.wait() == 0);
}
