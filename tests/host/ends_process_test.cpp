// How plugins begin and end, and what is said about it.

#include "../process/belongings.hpp"
#include "misbehaving.hpp"

#include <sys/stat.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// Marks a plugin and all that it starts: processes are found by it.
std::string unique_value() {
    static int count = 0;
    return std::to_string(::getpid()) + "-" + std::to_string(++count);
}
std::string entry_of(const std::string& value) { return "TENON_TEST_MARK=" + value; }
plugin_options marked(plugin_options options, const std::string& value) {
    options.environment["TENON_TEST_MARK"] = value;
    return options;
}

} // namespace

TEST_CASE("P5: what cannot be started says why in words, once and within 200 ms, and leaves no process") {
    const scratch_folder folder;
    const auto here = folder.path().string();
    running_host run;
    const int before = open_descriptors();
    int number = 0;
    const auto refused = [&](std::vector<std::string> command, std::string_view errno_text) {
        plugin_options options{.name = "plugin-" + std::to_string(++number), .command = std::move(command)};
        options.restart = {.max_retries = 2, .backoff = milliseconds{1}, .jitter = 0};
        int completions = 0;
        std::string words;
        clock::duration took{0};
        const auto begun = clock::now();
        run.host.start(options, [&](const result<void>& started) {
            took = clock::now() - begun;
            ++completions;
            words = started ? "it has started" : started.error().message;
        });
        CHECK(run.wait_for([&] { return state_of(run, options.name) == plugin_state::failed; }));
        CHECK(completions == 1);
        CHECK(took < 200ms + load_margin);
        CHECK_MESSAGE(words.find("cannot start " + options.command.front()) != std::string::npos, words);
        CHECK_MESSAGE(words.find(errno_text) != std::string::npos, words);
        CHECK(run.states(options.name) == "starting backoff starting backoff starting failed");
        CHECK(run.logged("cannot start " + options.command.front()));
        CHECK(change_to(run, options.name, plugin_state::failed)->reason.cause == change_cause::start);
    };
    refused({here + "/none"}, "No such file or directory");
    refused({folder.write("plain", "#!/bin/sh\n", 0644)}, "Permission denied");
    refused({here}, "Permission denied");
    refused({folder.write("nobody", "#!/no/such/interpreter\n", 0755)}, "/no/such/interpreter");
    refused({"/bin/true", std::string(4 << 20, 'x')}, "Argument list too long");
    const std::string busy = folder.write("busy", read_file("/bin/true"), 0755);
    {
        const detail::descriptor writer(::open(busy.c_str(), O_WRONLY | O_CLOEXEC));
        refused({busy}, "Text file busy");
    }
    CHECK(zombies() == 0);
    CHECK(open_descriptors() == before);
}

TEST_CASE("P9: every way to stop ends by the step that reaches the plugin, and the last exit names it") {
    struct way {
        std::string mode, step, exit;
    };
    const way ways[] = {{"good", "ask", "exit code 0"},
                        {"until-eof", "close_stdin", "exit code 0"},
                        {"until-term", "terminate", "signal 15 (SIGTERM)"},
                        {"stays", "terminate", "signal 15 (SIGTERM)"},
                        {"until-kill", "kill", "signal 9 (SIGKILL)"},
                        {"frozen", "kill", "signal 9 (SIGKILL)"}};
    running_host run;
    for (const way& one : ways) REQUIRE(run.start(misbehaving(one.mode, {one.mode})));
    const auto stat_of = [&](const std::string& mode) {
        return read_file("/proc/" + std::to_string(*pid_of(run, mode)) + "/stat");
    };
    REQUIRE(run.wait_for([&] { return stat_of("frozen").find(") T ") != std::string::npos; }));

    int stopped = 0;
    const auto begun = clock::now();
    for (const way& one : ways)
        run.host.stop(one.mode, [&](const result<void>& how) { stopped += how.has_value(); });
    CHECK(run.wait_for([&] { return stopped == static_cast<int>(std::size(ways)); }));
    CHECK(clock::now() - begun < 900ms + load_margin); // all of them side by side

    for (const way& one : ways) {
        CAPTURE(one.mode);
        const plugin_status status = run.status(one.mode);
        CHECK(status.state == plugin_state::stopped);
        REQUIRE(status.last_exit);
        CHECK(status.last_exit->stop_step == one.step);
        CHECK(status.last_exit->text == one.exit);
        CHECK(status.reason.cause == change_cause::requested);
        CHECK(status.reason.text.find("after " + one.step) != std::string::npos);
        CHECK(run.states(one.mode) == "starting handshaking ready stopping stopped");
    }
    CHECK(zombies() == 0);
}

TEST_CASE("P9: the host's destructor keeps to each plugin's own way to stop") {
    std::string marks[2];
    const auto begun = [&] {
        running_host run;
        auto quick = marked(misbehaving("quick", {"until-kill"}), marks[0] = unique_value());
        quick.stop = {{stop_action::kill, milliseconds{0}}};
        auto slow = marked(misbehaving("slow", {"until-kill"}), marks[1] = unique_value());
        slow.stop = {{stop_action::close_stdin, milliseconds{200}},
                     {stop_action::terminate, milliseconds{200}},
                     {stop_action::kill, milliseconds{0}}};
        REQUIRE(run.start(quick));
        REQUIRE(run.start(slow));
        return clock::now();
    }();
    CHECK(clock::now() - begun >= 400ms);
    CHECK(clock::now() - begun < 400ms + load_margin);
    for (const std::string& mark : marks) CHECK(with_environment(entry_of(mark)).empty());
    CHECK(zombies() == 0);
}

TEST_CASE(
    "P10: the end of a plugin is seen within a second although its grandchild holds every pipe, and stopping "
    "it comes to an end") {
    running_host run;
    REQUIRE(run.start(misbehaving("other", {"good"})));
    const int before = open_descriptors();
    const std::string mark = unique_value();
    SUBCASE("it is killed") {
        REQUIRE(run.start(never_again(marked(misbehaving("parent", {"family", "1"}), mark))));
        CHECK(soon([&] { return with_environment(entry_of(mark)).size() == 2; }));
        result<json> answer{json()};
        bool answered = false;
        REQUIRE(::kill(*pid_of(run, "parent"), SIGKILL) == 0);
        const auto killed = clock::now();
        run.host.call("parent", "plugin/execute", command_of{"echo", {"x"}}, {}, [&](result<json> how) {
            answer = std::move(how);
            answered = true;
        });
        CHECK(run.wait_for([&] { return state_of(run, "parent") == plugin_state::failed && answered; }));
        CHECK(clock::now() - killed < 1s + load_margin);
        CHECK(answer.error().code == codes::unavailable);
        CHECK(run.status("parent").last_exit->text == "signal 9 (SIGKILL)");
    }
    SUBCASE("it exits") {
        const auto begun = clock::now();
        REQUIRE(run.start(never_again(marked(misbehaving("parent", {"orphans", "1", "7"}), mark))));
        CHECK(run.wait_for([&] { return state_of(run, "parent") == plugin_state::failed; }));
        CHECK(clock::now() - begun < 1s + load_margin);
        CHECK(run.status("parent").last_exit->text == "exit code 7");
    }
    SUBCASE("it is stopped") {
        REQUIRE(run.start(marked(misbehaving("parent", {"family", "1"}), mark)));
        const auto begun = clock::now();
        CHECK(run.stop("parent"));
        CHECK(clock::now() - begun < 1s + load_margin);
        CHECK(run.status("parent").last_exit->stop_step == "ask");
    }
    CHECK(soon([&] { return with_environment(entry_of(mark)).empty(); }));
    CHECK(run.wait_for([&] { return open_descriptors() == before; }));
    CHECK(run.status("other").generation == 1);
}

TEST_CASE("P11: a tree of three levels is gone after its leader, however that ends") {
    running_host run;
    const std::string left = unique_value(), stopped = unique_value();
    REQUIRE(run.start(never_again(marked(misbehaving("left", {"orphans", "3", "0"}), left))));
    REQUIRE(run.start(marked(misbehaving("stopped", {"family", "3"}), stopped)));
    CHECK(soon([&] { return with_environment(entry_of(stopped)).size() == 4; }));
    CHECK(run.stop("stopped"));
    CHECK(run.wait_for([&] { return state_of(run, "left") == plugin_state::failed; }));
    CHECK(soon([&] { return with_environment(entry_of(left)).empty(); }));
    CHECK(soon([&] { return with_environment(entry_of(stopped)).empty(); }));
    CHECK(!run.logged("lives on"));
}

TEST_CASE("P11: that somebody has left the plugin's group for a session of its own, and lives on, is said") {
    const std::string mark = unique_value();
    {
        running_host run;
        REQUIRE(run.start(marked(misbehaving("parent", {"escaped", "1"}), mark)));
        CHECK(run.stop("parent"));
        CHECK(run.wait_for([&] { return run.logged("lives on"); }));
        const auto left = with_environment(entry_of(mark));
        REQUIRE(left.size() == 1);
        ::kill(left.front(), SIGKILL);
    }
    CHECK(soon([&] { return with_environment(entry_of(mark)).empty(); }));
}

TEST_CASE("P18: every end of a plugin is told apart: its code, its signal, or that it was asked for") {
    struct end {
        std::vector<std::string> words;
        change_cause cause;
        std::string text;
    };
    const end ends[] = {
        {{"exit-later", "0"}, change_cause::exited, "exit code 0"},
        {{"exit-later", "3"}, change_cause::exited, "exit code 3"},
        {{"signal-later", std::to_string(SIGSEGV)}, change_cause::crashed, "signal 11 (SIGSEGV)"},
        {{"signal-later", std::to_string(SIGABRT)}, change_cause::crashed, "signal 6 (SIGABRT)"},
        {{"signal-later", std::to_string(SIGKILL)}, change_cause::crashed, "signal 9 (SIGKILL)"},
        {{"exit", "0"}, change_cause::exited, "exit code 0"},
        {{"signal", std::to_string(SIGSEGV)}, change_cause::crashed, "signal 11 (SIGSEGV)"}};
    const scratch_folder folder;
    running_host run;
    int number = 0;
    for (const end& one : ends) {
        CAPTURE(one.text);
        auto options = never_again(misbehaving("plugin-" + std::to_string(++number), one.words));
        options.directory = folder.path().string();
        const auto started = run.start(options);
        CHECK(started.has_value() == (one.words.front() != "exit" && one.words.front() != "signal"));
        REQUIRE(run.wait_for([&] { return state_of(run, options.name) == plugin_state::failed; }));
        const state_change& change = *change_to(run, options.name, plugin_state::failed);
        CHECK(change.reason.cause == one.cause);
        CHECK(change.reason.text.find(one.text) != std::string::npos);
        CHECK(run.status(options.name).last_exit->text == one.text);
        CHECK(run.status(options.name).last_exit->stop_step.empty());
    }
    REQUIRE(run.start(misbehaving("stopped", {"good"})));
    CHECK(run.stop("stopped"));
    CHECK(change_to(run, "stopped", plugin_state::stopped)->reason.cause == change_cause::requested);
    CHECK(std::filesystem::is_empty(folder.path())); // no core
}

TEST_CASE("a handshake that is refused, missing, malformed or not for us fails that plugin in words") {
    struct bad {
        std::vector<std::string> words;
        std::string text;
    };
    const bad all[] = {{{"mute"}, "no answer to the handshake within"},
                       {{"late", "2000"}, "no answer to the handshake within"},
                       {{"version", "7"}, "7"},
                       {{"name", "somebody-else"}, "somebody-else"},
                       {{"disable", "no licence here"}, "no licence here"},
                       {{"handshake", "7"}, "handshake"},
                       {{"handshake", "{}"}, "name"},
                       {{"handshake", R"({"name":"x","version":"1","capabilities":{}})"}, "capabilities"}};
    running_host run;
    int failed = 0;
    for (const bad& one : all) {
        auto options = misbehaving("plugin-" + std::to_string(&one - all), one.words);
        options.handshake_timeout = milliseconds{500};
        run.host.start(options, [&](const result<void>& started) { failed += !started; });
    }
    CHECK(run.wait_for([&] { return failed == static_cast<int>(std::size(all)); }));
    for (const bad& one : all) {
        const std::string name = "plugin-" + std::to_string(&one - all);
        CAPTURE(name);
        REQUIRE(run.wait_for([&] { return state_of(run, name) == plugin_state::failed; }));
        const state_change& change = *change_to(run, name, plugin_state::failed);
        CHECK(change.reason.cause == change_cause::handshake);
        CHECK_MESSAGE(change.reason.text.find(one.text) != std::string::npos, change.reason.text);
    }
    CHECK(zombies() == 0);
}
