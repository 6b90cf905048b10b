// What a host does with packages, one step for each run: tests/packages/manager_crashes.py kills it at each system call, and
// looks whether the old state or the new one is there.
//
//     manager_steps FOLDER STEP [strace ...]     one of the steps below; strace looks at the store's thread alone
//     manager_steps FOLDER look                  one line: the packages, and whatever is wrong or left over
//
// A step that failed is taken once more, as its user would: the host lives on, and must not be confused by it. 0: done;
// 1: it failed, and then it was done; 2: it failed twice, or something did not fit together.

#include <tenon/host.hpp>
#include <tenon/packages.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tenon;

namespace {

const std::string other = "dev.example.other", tried = "dev.example.tried";

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::_Exit(2);
}
template <class T>
T must(result<T> done) {
    if (!done) fail(done.error().message);
    return *std::move(done);
}

// ---- Packages ----------------------------------------------------------------------------------------------------------

/// A plugin without a program of its own to be copied: messages are lines, and a shell answers them. Version 3.0.0 does not
/// come up.
std::string archive_of(const std::string& id, const std::string& name, const std::string& version) {
    const std::string program = R"(while read -r line; do
  id=${line#*\"id\":}; id=${id%%[,\}]*}
  case $line in
  *plugin/handshake*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"name":")" +
                                name + R"(","version":"1.0.0"}}' ;;
  *\"exit\"*) exit ;;
  *\"id\":*) echo '{"jsonrpc":"2.0","id":'$id',"result":null}' ;;
  esac
done
)";
    const std::string manifest =
        R"({"id":")" + id + R"(","name":")" + name + R"(","version":")" + version +
        R"(","entry":"bin/run","runtime":"sh","framing":"lines","defaultConfig":{"mood":"plain"}})";
    package_builder package;
    for (auto good : {package.add("plugin.json", manifest),
                      package.add("bin/run", version == "3.0.0" ? "exit 3\n" : program, true)})
        if (!good) fail(good.error().message);
    return must(package.build());
}

// ---- A host with packages ----------------------------------------------------------------------------------------------

struct keeping_host {
    explicit keeping_host(const std::string& folder) {
        package_options options;
        options.store.folder = folder;
        options.trust.policy = trust_policy::any;
        options.plugins.restart = {.enabled = false};
        options.plugins.health_interval = milliseconds{0};
        options.plugins.stop = {{stop_action::ask, milliseconds{5'000}},
                                {stop_action::kill, milliseconds{0}}};
        options.runtime = [](const std::string&) -> result<std::string> { return std::string("/bin/sh"); };
        manager = must(package_manager::open(host, std::move(options)));
    }
    ~keeping_host() { manager.reset(); }

    template <class Condition>
    bool wait_for(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_until(end);
        }
        return condition();
    }
    template <class Result, class Start>
    Result until(Start start) {
        const auto outcome = std::make_shared<std::optional<Result>>();
        start([outcome](Result result) { outcome->emplace(std::move(result)); });
        if (!wait_for([&] { return outcome->has_value(); })) fail("no answer");
        return std::move(**outcome);
    }
    template <class Result, class Job>
    Result on_disk(Job job) {
        return until<Result>([&](auto done) { manager->ask<Result>(done, std::move(job)); });
    }

    asio::io_context io;
    tenon::host host{io};
    std::unique_ptr<package_manager> manager;
};

/// From here on strace looks at the store's thread. That it does is seen by a call that answers what it put in.
void have_traced(keeping_host& one, char** command) {
    const auto traced = one.on_disk<result<void>>([command](package_store&) -> result<void> {
        std::vector<char*> words;
        for (char** word = command; *word != nullptr; ++word) words.push_back(*word);
        std::string option = "-p", thread = std::to_string(::syscall(SYS_gettid));
        words.insert(words.end(), {option.data(), thread.data(), nullptr});
        ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        ::pid_t pid = 0;
        if (::posix_spawnp(&pid, words[0], nullptr, nullptr, words.data(), environ) != 0)
            return fault{codes::internal_error, "no strace"};
        while (::syscall(SYS_sched_yield) != 77)
            if (::waitpid(pid, nullptr, WNOHANG) == pid) return fault{codes::internal_error, "strace ended"};
        return {};
    });
    if (!traced) fail(traced.error().message);
}

// ---- Steps -------------------------------------------------------------------------------------------------------------

using outcome = result<package_view>;

struct steps {
    keeping_host& on;
    std::string folder;

    install_request brought(const std::string& id, const std::string& name,
                            const std::string& version) const {
        const std::string file = folder + "." + name + "-" + version;
        std::ofstream(file, std::ios::binary) << archive_of(id, name, version);
        return {.source = {.file = file, .origin = "path"}, .plan = {.enable = false}};
    }
    outcome install(install_request request) const {
        return on.until<outcome>([&](auto done) { on.manager->install(std::move(request), done); });
    }
    /// As an upload is.
    outcome install_staged(install_request request) const {
        std::ifstream file(request.source.file, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        auto staged =
            on.until<result<std::string>>([&](auto done) { on.manager->stage(bytes.size(), done); });
        if (!staged) return std::move(staged).error();
        std::ofstream(*staged, std::ios::binary) << bytes;
        request.source = {.file = *staged, .origin = "upload", .staged = true};
        return install(std::move(request));
    }
    template <class Verb>
    outcome ask(Verb verb) const {
        return on.until<outcome>([&](auto done) { verb(*on.manager, done); });
    }
    outcome update(const std::string& version) const {
        auto request = brought(tried, "tried", version);
        request.plan.aim = plan_aim::only_update;
        return install(std::move(request));
    }
    /// What is done already is as good.
    static outcome or_else(outcome done, package_code also) {
        if (done || code_of(done.error()) != also) return done;
        return package_view{};
    }

    outcome take(std::string_view step) const {
        if (step == "first") return install(brought(other, "other", "1.0.0"));
        if (step == "install") return install_staged(brought(tried, "tried", "1.0.0"));
        if (step == "run") {
            auto request = brought(tried, "tried", "1.0.0");
            request.plan.enable = true;
            return install(std::move(request));
        }
        if (step == "update") return update("2.0.0");
        if (step == "spoil") {
            auto done = update("3.0.0");
            if (done) return fault{codes::internal_error, "a version that ends at once came up"};
            const std::string& why = done.error().message;
            const bool back =
                why.find("exit code 3") != std::string::npos && why.ends_with("1.0.0 runs again");
            return back ? outcome(package_view{}) : done;
        }
        const auto verb = [&](auto which, package_request request) {
            return ask(
                [&](package_manager& manager, auto done) { (which)(manager, std::move(request), done); });
        };
        if (step == "rollback")
            return or_else(verb([](auto& m, auto r, auto done) { m.rollback(std::move(r), done); },
                                {.package = tried, .version = "1.0.0", .reason = "a test"}),
                           package_code::exists);
        if (step == "pin")
            return verb([](auto& m, auto r, auto done) { m.pin(std::move(r), done); },
                        {.package = tried, .version = "1.0.0"});
        if (step == "configure")
            return verb([](auto& m, auto r, auto done) { m.configure(std::move(r), done); },
                        {.package = tried, .config = must(json::parse(R"({"mood":"good"})"))});
        if (step == "enable")
            return verb([](auto& m, auto r, auto done) { m.enable(std::move(r), done); }, {.package = tried});
        if (step == "disable")
            return verb([](auto& m, auto r, auto done) { m.disable(std::move(r), done); },
                        {.package = tried});
        if (step == "remove")
            return or_else(verb([](auto& m, auto r, auto done) { m.remove_version(std::move(r), done); },
                                {.package = tried, .version = "1.0.0"}),
                           package_code::unknown);
        if (step == "uninstall")
            return or_else(
                verb([](auto& m, auto r, auto done) { m.uninstall(std::move(r), done); }, {.package = tried}),
                package_code::unknown);
        fail("no such step");
    }
};

// ---- Looking -----------------------------------------------------------------------------------------------------------

/// "none", or "2.0.0 enabled pinned {"mood":"good"}".
std::string told(const package_record& of) {
    return of.active + " " + std::string(name_of(of.state)) + (of.pinned.empty() ? "" : " pinned") +
           (of.config.is_null() ? std::string() : " " + std::string(of.config.text()));
}

/// Both packages as they are recorded; and a sentence for whatever the manager, the copy of the records and the folders
/// say otherwise.
std::pair<std::string, std::string> look(keeping_host& one, const std::string& folder) {
    std::string wrong;
    const auto say = [&](const std::string& what) { wrong += (wrong.empty() ? "" : "; ") + what; };
    const auto on_disk = [&](package_store& store) -> result<std::map<std::string, package_record>> {
        for (const std::string& note : store.notes()) say(note);
        if (auto erased = store.erase_all(); !erased) say(erased.error().message);
        for (const store_problem& found : must(store.check()))
            say(found.id + " " + found.version + ": " + found.problem);
        for (const deployment_record& still : must(store.records().unfinished()))
            say(still.kind + " of " + still.id + " is under way");
        std::ifstream copy(folder + "/packages.json", std::ios::binary);
        if (std::string{std::istreambuf_iterator<char>(copy), {}} != must(detail::kept_text(store.records())))
            say("packages.json is not as the records are");
        std::set<std::string> expected;
        for (const version_record& version : must(store.records().versions())) {
            expected.insert(version.tree.text());
            if (version.archive) expected.insert(version.archive->text());
            if (!std::filesystem::exists(store.tree_path(version.tree))) say("a tree is missing");
            if (version.archive && !std::filesystem::exists(store.archive_path(*version.archive)))
                say("an archive is missing");
        }
        std::map<std::string, package_record> packages;
        for (package_record& package : must(store.records().packages())) {
            expected.insert(package.id);
            packages.emplace(package.id, std::move(package));
        }
        for (const std::string_view within : {"/staging", "/trees", "/archives/sha256", "/data"})
            for (const auto& entry : std::filesystem::directory_iterator(folder + std::string(within)))
                if (!expected.contains(entry.path().filename().string()))
                    say("left over: " + entry.path().string());
        return packages;
    };
    const auto packages = must(one.on_disk<result<std::map<std::string, package_record>>>(on_disk));
    std::string state;
    for (const std::string& id : {other, tried}) {
        const auto recorded = packages.find(id);
        const auto known = one.manager->find(id);
        state += (state.empty() ? "" : ", ") +
                 (recorded == packages.end() ? std::string("none") : told(recorded->second));
        if (known.has_value() != (recorded != packages.end())) say(id + ": the manager knows otherwise");
        if (!known || recorded == packages.end()) continue;
        const json config = with_defaults(must(json::parse(R"({"mood":"plain"})")), recorded->second.config);
        if (known->version != recorded->second.active || known->state != recorded->second.state ||
            known->pinned != recorded->second.pinned ||
            !detail::same_value(one.manager->config(id)->text(), config.text()))
            say(id + ": the manager knows another state than is recorded");
    }
    return {state, wrong};
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) return 64;
    const std::string folder = arguments[1];
    const std::string_view step = arguments[2];
    keeping_host one(folder);
    if (step == "look") {
        const auto [state, wrong] = look(one, folder);
        std::printf("%s|%s\n", state.c_str(), wrong.c_str());
        return 0;
    }
    one.manager->start_enabled();
    const auto running = [&] {
        const auto now = one.manager->find(tried);
        return !now || now->state != package_state::enabled || now->status == 1;
    };
    if (!one.wait_for(running)) fail("it does not start: " + one.manager->find(tried)->problem);
    if (count > 3) have_traced(one, arguments + 3);
    const steps all{one, folder};
    const auto done = all.take(step);
    if (!done) {
        std::fprintf(stderr, "%s\n", done.error().message.c_str());
        if (auto again = all.take(step); !again) fail("again: " + again.error().message);
    }
    // To be killed at each step of that, too. What could not be erased is for the next start.
    static_cast<void>(one.on_disk<result<void>>([](package_store& store) { return store.erase_all(); }));
    // What a full disk kept from starting is told; whatever else is enabled runs.
    if (const auto now = one.manager->find(tried); now && now->problem.empty() && !running())
        fail("it is enabled, has no problem, and does not run");
    return done ? 0 : 1;
}
