// Hosts in programs that have children, handlers and signals of their own. Each is a fork of the test, because that is
// what a process has only one of.

#include "inside.hpp"
#include "misbehaving.hpp"

#include <asio/signal_set.hpp>

#include <atomic>
#include <cstdio>
#include <sys/time.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// Starts it within a fork of the test, where there is no doctest.
bool starts(running_host& run, plugin_options options) {
    std::optional<bool> how;
    run.host.start(std::move(options), [&](const result<void>& started) {
        how = started.has_value();
        if (!started) std::fprintf(stderr, "not started: %s\n", started.error().message.c_str());
    });
    return run.wait_for([&] { return how.has_value(); }) && *how;
}
bool stops(running_host& run, const std::string& name) {
    std::optional<bool> how;
    run.host.stop(name, [&](const result<void>& stopped) { how = stopped.has_value(); });
    return run.wait_for([&] { return how.has_value(); }) && *how;
}

plugin_options crashes_on_call(std::string name) {
    return misbehaving(std::move(name), {"falls", "plugin/execute", std::to_string(SIGSEGV)});
}
/// So many crashes and restarts; false where one does not come.
bool crash(running_host& run, const std::string& name, int times) {
    for (int time = 0; time < times; ++time) {
        const auto generation = inside(run.host).find(name)->actor->generation();
        bool ended = false;
        run.host.call(name, "plugin/execute", command_of{"echo", {"x"}}, {},
                      [&](const result<json>&) { ended = true; });
        if (!run.wait_for([&] {
                return ended && state_of(run, name) == plugin_state::ready &&
                       inside(run.host).find(name)->actor->generation() > generation;
            }))
            return false;
    }
    return true;
}

std::atomic<int> signals_seen{0};
void count_signal(int) { ++signals_seen; }

/// Prints the end of each plugin when a signal has ended them all: "good: ask; ...".
int host_that_ends_by_signals(const std::vector<plugin_options>& plugins) {
    ::setpgid(0, 0); // as a shell does with what it runs in the foreground
    running_host run;
    for (const plugin_options& one : plugins)
        if (!starts(run, one)) return 10;
    bool over = false;
    asio::signal_set signals(run.io, SIGINT, SIGTERM, SIGHUP);
    std::function<void()> await = [&] {
        signals.async_wait([&](const asio::error_code& error, int) {
            if (error) return;
            run.host.shutdown([&](const result<void>&) { over = true; });
            ::write(1, "!\n", 2);
            await();
        });
    };
    await();
    ::write(1, "up\n", 3);
    if (!run.wait_for([&] { return over; })) return 11;
    std::string ends;
    for (const plugin_options& one : plugins) {
        const auto end = run.status(one.name).last_exit;
        ends += one.name + " " + (end ? end->stop_step + ", " + end->text : "") + "; ";
        if (change_to(run, one.name, plugin_state::stopped)->reason.cause != change_cause::shutdown)
            return 12;
    }
    ends += "\n";
    return ::write(1, ends.data(), ends.size()) > 0 ? 0 : 13;
}

} // namespace

TEST_CASE("P12: through 200 crashes the application's own children and its SIGCHLD handler are left alone") {
    forked program([] {
        struct sigaction action {};
        action.sa_handler = count_signal;
        ::sigaction(SIGCHLD, &action, nullptr);
        std::vector<pid_t> own;
        for (int child = 0; child < 5; ++child) {
            own.push_back(::fork());
            if (own.back() == 0) ::_exit(40 + child); // ends while the plugins come and go
        }
        running_host run;
        if (!starts(run, crashes_on_call("victim")) || !crash(run, "victim", 200)) return 1;
        for (const state_change& change : run.changes)
            if (change.to == plugin_state::backoff && change.reason.cause != change_cause::crashed) return 2;
        if (run.status("victim").last_exit->signal != SIGSEGV) return 3;
        if (zombies() != 5) return 4;
        for (int child = 0; child < 5; ++child) {
            int status = 0;
            if (::waitpid(own[static_cast<std::size_t>(child)], &status, 0) < 0) return 5;
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 40 + child) return 6;
        }
        struct sigaction now {};
        ::sigaction(SIGCHLD, nullptr, &now);
        if (now.sa_handler != count_signal || signals_seen == 0) return 7;
        return stops(run, "victim") && zombies() == 0 ? 0 : 8;
    });
    CHECK(program.wait() == 0);
}

TEST_CASE(
    "P12: where the application ignores SIGCHLD or takes every child's status, plugins are restarted and "
    "stopped all the same, and no end is wrong") {
    for (const bool ignores : {true, false}) {
        CAPTURE(ignores);
        forked program([ignores] {
            if (ignores) ::signal(SIGCHLD, SIG_IGN);
            else
                ::signal(SIGCHLD, [](int) {
                    const int kept = errno;
                    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
                    }
                    errno = kept;
                });
            running_host run;
            if (!starts(run, crashes_on_call("victim")) ||
                !starts(run, misbehaving("stubborn", {"until-kill"})))
                return 1;
            for (int time = 0; time < 20; ++time) {
                if (!crash(run, "victim", 1)) return 2;
                const auto end = run.status("victim").last_exit;
                if (!end || (end->how != exit_status::kind::unknown && end->signal != SIGSEGV)) return 3;
            }
            if (!stops(run, "stubborn") || !stops(run, "victim")) return 4;
            if (run.status("stubborn").last_exit->stop_step != "kill") return 5;
            return zombies() == 0 ? 0 : 6;
        });
        CHECK(program.wait() == 0);
    }
}

TEST_CASE("P16: a signal that comes a thousand times a second and restarts nothing causes no error in 10,000 "
          "calls and "
          "50 starts") {
    forked program([] {
        struct sigaction action {};
        action.sa_handler = count_signal; // without SA_RESTART
        ::sigaction(SIGALRM, &action, nullptr);
        const itimerval often{{0, 1'000}, {0, 1'000}};
        ::setitimer(ITIMER_REAL, &often, nullptr);
        running_host run;
        if (!starts(run, misbehaving("good", {"good"}))) return 1;
        int wrong = 0, answers = 0;
        for (int batch = 0; batch < 50; ++batch) {
            const std::string name = "plugin-" + std::to_string(batch);
            const std::string text(batch % 10 == 0 ? 300'000 : 100, 'x');
            std::optional<bool> started;
            run.host.start(misbehaving(name, {"good"}),
                           [&](const result<void>& how) { started = how.has_value(); });
            for (int call = 0; call < 200; ++call)
                run.host.call<echo>("good", "plugin/execute",
                                    command_of{"echo", {call == 0 ? text : "short"}}, {},
                                    [&, call](const result<echo>& answer) {
                                        ++answers;
                                        wrong += !answer || answer->text != (call == 0 ? text : "short");
                                    });
            if (!run.wait_for([&] { return started && answers == (batch + 1) * 200; }) || !*started) return 2;
            if (wrong != 0) return 3;
        }
        if (run.host.status().plugins.size() != 51) return 4;
        for (const state_change& change : run.changes)
            if (change.to == plugin_state::backoff || change.to == plugin_state::failed) return 5;
        bool over = false;
        run.host.shutdown([&](const result<void>&) { over = true; });
        if (!run.wait_for([&] { return over; })) return 6;
        for (int batch = 0; batch < 50; ++batch)
            if (run.status("plugin-" + std::to_string(batch)).last_exit->text != "exit code 0") return 7;
        return signals_seen > 10 ? 0 : 8;
    });
    CHECK(program.wait() == 0);
}

TEST_CASE("P17: Ctrl-C reaches the program and not its plugins, which are asked to stop; so do SIGTERM and "
          "SIGHUP") {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        CAPTURE(number);
        forked program([] {
            // Either would end by any of the three.
            return host_that_ends_by_signals(
                {misbehaving("good", {"good"}), misbehaving("patient", {"slow", "plugin/shutdown", "100"})});
        });
        REQUIRE(read_line(program.output()) == "up");
        REQUIRE(::kill(-program.pid(), number) == 0);
        CHECK(read_line(program.output()) == "!");
        CHECK(read_line(program.output()) == "good ask, exit code 0; patient ask, exit code 0; ");
        CHECK(program.wait() == 0);
    }
}

TEST_CASE("P17: each further signal takes the next step of the stop that is under way at once") {
    struct way {
        std::string mode;
        int signals;
        std::string end;
    };
    for (const way& one : {way{"until-eof", 2, "close_stdin, exit code 0"},
                           way{"until-term", 3, "terminate, signal 15 (SIGTERM)"},
                           way{"until-kill", 4, "kill, signal 9 (SIGKILL)"}}) {
        CAPTURE(one.mode);
        auto stubborn = misbehaving("stubborn", {one.mode});
        stubborn.stop = {{stop_action::ask, milliseconds{60'000}},
                         {stop_action::close_stdin, milliseconds{60'000}},
                         {stop_action::terminate, milliseconds{60'000}},
                         {stop_action::kill, milliseconds{0}}};
        const auto begun = clock::now();
        forked program([&] { return host_that_ends_by_signals({stubborn}); });
        REQUIRE(read_line(program.output()) == "up");
        for (int time = 0; time < one.signals; ++time) {
            REQUIRE(::kill(-program.pid(), time % 2 == 0 ? SIGTERM : SIGINT) == 0);
            CHECK(read_line(program.output()) == "!");
        }
        CHECK(read_line(program.output()) == "stubborn " + one.end + "; ");
        CHECK(program.wait() == 0);
        CHECK(clock::now() - begun < 10s);
    }
}
