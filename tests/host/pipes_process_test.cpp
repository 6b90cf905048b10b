// Plugins whose pipes end before they do, and that end within a message.

#include "inside.hpp"
#include "misbehaving.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

} // namespace

TEST_CASE(
    "P3: a plugin that closes its stdin or stdout and lives is restarted within a second, and one without "
    "stderr works on") {
    running_host run;
    for (const std::string descriptor : {"0", "1"}) {
        CAPTURE(descriptor);
        REQUIRE(run.start(misbehaving("without-" + descriptor, {"close", descriptor})));
        const auto ready = clock::now();
        // Nothing is written to it meanwhile.
        REQUIRE(run.wait_for(
            [&] { return change_to(run, "without-" + descriptor, plugin_state::stopping) != nullptr; }));
        CHECK(clock::now() - ready < std::chrono::seconds(1) + load_margin);
        const state_change& lost = *change_to(run, "without-" + descriptor, plugin_state::stopping);
        CHECK(lost.reason.cause == change_cause::protocol);
        CHECK(lost.reason.text.find(descriptor == "0" ? "closed its input" : "the peer closed it") !=
              std::string::npos);
        REQUIRE(run.wait_for([&] { return run.status("without-" + descriptor).generation >= 2; }));
        CHECK(run.stop("without-" + descriptor));
    }
    REQUIRE(run.start(misbehaving("without-2", {"close", "2"})));
    for (int time = 0; time < 100; ++time)
        CHECK(run.execute<echo>("echo", echo{"works"}).value().text == "works");
    CHECK(run.stop("without-2"));
    CHECK(run.status("without-2").last_exit->text == "exit code 0");
}

TEST_CASE(
    "P4: a plugin that is killed within a write of 1 MiB, 200 times, ends that call and nothing else, also "
    "where SIGPIPE ends the process") {
    forked host([] {
        running_host run;
        auto options = misbehaving("deaf", {"deaf", "0"});
        options.restart.max_retries = 1'000'000;
        std::optional<result<void>> started;
        run.host.start(options, [&](result<void> how) { started = how; });
        if (!run.wait_for([&] { return started.has_value(); }) || !*started) return 10;
        const std::string text(1 << 20, 'x');
        for (int time = 0; time < 200; ++time) {
            if (!run.wait_for([&] { return state_of(run, "deaf") == plugin_state::ready; })) return 11;
            const int pid = *pid_of(run, "deaf");
            // The application, or a library of its, may do that at any time.
            ::signal(SIGPIPE, SIG_DFL);
            int completions = 0, code = 0;
            run.host.call("deaf", "plugin/execute", command_of{"echo", {text}}, {},
                          [&](const result<json>& answer) {
                              ++completions;
                              code = answer ? 0 : answer.error().code;
                          });
            // Its pipe is full, and most of the message is still here.
            if (!run.wait_for([&] { return inside(run.host).find("deaf")->actor->unread_bytes() > 0; }))
                return 12;
            if (time % 2 == 0) run.io.poll();
            ::kill(pid, SIGKILL);
            if (time % 4 < 2) run.host.publish(room_event{text}); // a write to who is gone already, perhaps
            if (!run.wait_for([&] { return completions != 0; })) return 13;
            if (completions != 1 || code != codes::unavailable) return 14;
            if (!run.wait_for([&] {
                    return inside(run.host).find("deaf")->actor->generation() ==
                           static_cast<unsigned>(time) + 2;
                }))
                return 15;
            if (completions != 1) return 16;
        }
        return 0;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE(
    "P4: a write to a plugin that has closed its stdin fails and ends nobody, in a program that has left "
    "SIGPIPE as it is") {
    forked host([] {
        running_host run;
        std::optional<result<void>> started;
        run.host.start(never_again(misbehaving("closed", {"close", "0"})),
                       [&](result<void> how) { started = how; });
        if (!run.wait_for([&] { return started.has_value(); }) || !*started) return 10;
        int completions = 0, code = 0;
        for (int time = 0; time < 100; ++time) {
            run.host.publish(room_event{"hello"});
            if (state_of(run, "closed") != plugin_state::ready) break;
            run.io.poll();
        }
        run.host.call("closed", "plugin/execute", command_of{"echo", {"x"}}, {},
                      [&](const result<json>& answer) {
                          ++completions;
                          code = answer ? 0 : answer.error().code;
                      });
        if (!run.wait_for([&] { return completions != 0; })) return 11;
        return code == codes::unavailable ? 0 : 12;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE("P4: half an answer of 1 MiB is no answer: its call ends once, as that of a plugin that is gone") {
    running_host run;
    REQUIRE(run.start(misbehaving("half", {"half", "1"})));
    for (std::uint64_t time = 0; time < 20; ++time) {
        const auto answer = run.execute<json>("echo", echo{"x"});
        REQUIRE(!answer);
        CHECK(answer.error().code == codes::unavailable);
        INFO(run.states("half"), run.changes.back().reason.text);
        REQUIRE(run.wait_for([&] {
            return inside(run.host).find("half")->actor->generation() == time + 2 &&
                   state_of(run, "half") == plugin_state::ready;
        }));
    }
    const state_change* const gone = change_to(run, "half", plugin_state::backoff);
    REQUIRE(gone != nullptr);
    CHECK(gone->reason.cause == change_cause::crashed);
}
