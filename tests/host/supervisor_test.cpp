#include "supervised.hpp"

using namespace tests;

TEST_CASE("a plugin is launched, greeted, and ready, and every change has a reason") {
    supervised it;
    CHECK(it.life.state() == plugin_state::stopped);
    CHECK(it.life.generation() == 0);
    CHECK(it.life.next_deadline() == never);
    it.start();
    CHECK(it.actions() == kinds{action::launch});
    CHECK(it.last.generation == 1);
    it.life.launched(it.now());
    CHECK(it.actions() == kinds{action::shake_hands});
    it.life.handshake_accepted(it.now());
    CHECK(it.actions().empty());
    CHECK(it.life.state() == plugin_state::ready);
    CHECK(it.life.health() == plugin_health::unknown);
    CHECK(it.changes.size() == 3);
    CHECK(it.changes[0].from == plugin_state::stopped);
    CHECK(it.changes[0].plugin == "moderator");
    CHECK(it.changes[0].generation == 1);
    CHECK(it.changes[0].reason.cause == change_cause::requested);
    CHECK(it.changes[1].reason.cause == change_cause::progress);
    it.clock.advance(ms{1'500});
    CHECK(it.life.time_in_state(it.now()) == ms{1'500});
}

TEST_CASE(
    "S1: a crash at start, in the handshake and after it count alike, and the delay doubles up to the cap") {
    plugin_options options = exact_options();
    options.restart.max_retries = 10;
    options.restart.max_backoff = ms{10'000};
    supervised it(options);
    std::vector<long> delays;
    it.start();
    for (int round = 0; round < 6; ++round) {
        if (round % 3 == 0) {
            it.life.launch_failed({codes::unavailable, "no such file"}, it.now());
            CHECK(it.life.reason().cause == change_cause::start);
            CHECK(it.says("no such file; retry"));
        } else if (round % 3 == 1) {
            it.become_handshaking();
            it.exit(code(3));
            CHECK(it.life.reason().cause == change_cause::exited);
            CHECK(it.says("exit code 3"));
        } else {
            it.become_ready();
            it.clock.advance(ms{1'000});
            it.exit(signal(11));
            CHECK(it.life.reason().cause == change_cause::crashed);
            CHECK(it.says("signal 11 (SIGSEGV)"));
        }
        REQUIRE(it.life.state() == plugin_state::backoff);
        CHECK(it.life.next_retry() == it.life.next_deadline());
        it.forget();
        delays.push_back(it.wait().count());
        CHECK(it.actions() == kinds{action::launch});
    }
    CHECK(delays == std::vector<long>{2'000, 4'000, 8'000, 10'000, 10'000, 10'000});
    CHECK(it.life.restarts() == 6);
    CHECK(it.life.next_retry() == never);
}

TEST_CASE("S1: linear growth adds the base each time") {
    plugin_options options = exact_options();
    options.restart.growth = backoff_growth::linear;
    options.restart.max_retries = 5;
    options.restart.max_backoff = ms{7'000};
    supervised it(options);
    std::vector<long> delays;
    it.start();
    for (int round = 0; round < 4; ++round) {
        it.life.launch_failed({}, it.now());
        delays.push_back(it.wait().count());
    }
    CHECK(delays == std::vector<long>{2'000, 4'000, 6'000, 7'000});
}

TEST_CASE("S1: every delay lies in the band of its jitter, and the whole band is used") {
    plugin_options options = exact_options();
    options.restart.jitter = 0.5;
    options.restart.max_retries = 4;
    double lowest = 10, highest = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        supervised it(options, seed);
        it.start();
        for (long middle : {2'000, 4'000, 8'000, 16'000}) {
            it.life.launch_failed({}, it.now());
            const double share = static_cast<double>(it.wait().count()) / static_cast<double>(middle);
            CHECK(share >= 0.4999);
            CHECK(share <= 1.5001);
            lowest = std::min(lowest, share);
            highest = std::max(highest, share);
        }
    }
    CHECK(lowest < 0.51);
    CHECK(highest > 1.49);
}

TEST_CASE("S1: absurd policies do not overflow") {
    plugin_options options = exact_options();
    options.restart.max_retries = INT32_MAX;
    options.restart.backoff = ms::max();
    options.restart.max_backoff = ms::max();
    options.restart.jitter = 1e9;
    supervised it(options);
    it.start();
    it.life.launch_failed({}, it.now());
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.life.next_deadline() > it.now());
    options.restart.backoff = ms{-5};
    options.restart.jitter = -1;
    options.restart.max_retries = 100;
    supervised other(options);
    other.start();
    for (int round = 0; round < 100; ++round) {
        other.life.launch_failed({}, other.now());
        CHECK(other.wait().count() == 0);
    }
}

TEST_CASE("S1: the count of retries begins anew only after a stable period") {
    supervised it;
    it.become_ready();
    it.exit(code(1));
    it.wait();
    it.become_ready();
    CHECK(it.life.retries() == 1);
    it.pass(ms{59'999});
    CHECK(it.life.retries() == 1);
    it.exit(code(1));
    CHECK(it.life.retries() == 2);
    CHECK(it.wait() == ms{4'000});
    it.become_ready();
    SUBCASE("the timer resets it") {
        CHECK(it.wait() == ms{60'000});
        CHECK(it.life.retries() == 0);
        CHECK(it.life.next_deadline() == never);
        it.exit(code(1));
    }
    SUBCASE("and where the exit is told before the timer, that does") {
        it.clock.advance(ms{60'000});
        it.exit(code(1));
    }
    CHECK(it.life.retries() == 1);
    CHECK(it.wait() == ms{2'000});
}

TEST_CASE("S2: a plugin that crashes for ever has failed after the limit, and nothing is launched any more") {
    supervised it;
    it.start();
    int launches = 0;
    for (int round = 0; round < 4; ++round) {
        const kinds wanted = it.actions();
        launches += static_cast<int>(std::count(wanted.begin(), wanted.end(), action::launch));
        it.become_handshaking();
        it.exit(signal(6));
        if (it.life.state() == plugin_state::backoff) it.wait();
    }
    CHECK(launches == 4);
    CHECK(it.life.state() == plugin_state::failed);
    CHECK(it.life.reason().cause == change_cause::crashed);
    CHECK(it.says("signal 6 (SIGABRT)"));
    CHECK(it.says("all 3 retries are used up"));
    CHECK(it.life.last_exit() == signal(6));
    CHECK(it.life.next_deadline() == never);
    it.forget();
    it.pass(ms{3'600'000});
    CHECK(it.actions().empty());

    // An administrator's start resets it.
    it.start();
    CHECK(it.actions() == kinds{action::launch});
    CHECK(it.life.retries() == 0);
    it.life.launched(it.now());
    it.exit(code(0));
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.wait() == ms{2'000});
}

TEST_CASE("S2: one that crashes slower than the stable period keeps being restarted") {
    supervised it;
    it.start();
    for (int round = 0; round < 50; ++round) {
        it.become_ready();
        it.pass(ms{61'000});
        it.exit(signal(11));
        REQUIRE(it.life.state() == plugin_state::backoff);
        CHECK(it.wait() == ms{2'000});
    }
}

TEST_CASE("S2: without retries, or with restarts off, the first end is final") {
    plugin_options options = exact_options();
    SUBCASE("none") { options.restart.max_retries = 0; }
    SUBCASE("off") { options.restart.enabled = false; }
    supervised it(options);
    it.become_ready();
    it.exit(code(0));
    CHECK(it.life.state() == plugin_state::failed);
    CHECK(it.says("exit code 0"));
    it.stop();
    CHECK(it.life.state() == plugin_state::stopped);
}

TEST_CASE("R12: a bad answer to the handshake fails that plugin at once, in its words") {
    supervised it;
    it.become_handshaking();
    it.forget();
    SUBCASE("a fault") {
        it.life.handshake_failed({codes::version_mismatch, "handshake.name: expected \"a\", got \"b\""},
                                 it.now());
        CHECK(it.says("handshake.name: expected"));
    }
    SUBCASE("a refusal") {
        it.life.refused_to_run("no licence", it.now());
        CHECK(it.says("no licence"));
    }
    SUBCASE("no answer in time, to the millisecond") {
        it.clock.advance(ms{4'999});
        it.life.handle_timeout(it.now());
        CHECK(it.life.state() == plugin_state::handshaking);
        CHECK(it.wait() == ms{1});
        CHECK(it.says("within 5000 ms"));
    }
    CHECK(it.life.state() == plugin_state::stopping);
    CHECK(it.actions() == kinds{action::close_stdin}); // nobody asks one that has not greeted
    it.life.handshake_accepted(it.now());              // too late
    it.exit(code(0));
    CHECK(it.life.state() == plugin_state::failed);
    CHECK(it.life.reason().cause == change_cause::handshake);
    CHECK(it.says("exit code 0 after close_stdin"));
    it.pass(ms{600'000});
    CHECK(it.life.state() == plugin_state::failed);
}

TEST_CASE("a handshake that ends with its connection counts as the crash that it is") {
    supervised it;
    it.become_handshaking();
    it.life.handshake_failed({codes::unavailable, "gone"}, it.now());
    it.life.connection_closed("end of output", change_cause::exited, it.now());
    CHECK(it.life.state() == plugin_state::handshaking);
    it.exit(signal(9));
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.life.reason().cause == change_cause::crashed);
    CHECK(it.path() == states{plugin_state::starting, plugin_state::handshaking, plugin_state::backoff});
}

TEST_CASE("P18: every way to end is shown as what it was") {
    supervised it;
    it.become_ready();
    SUBCASE("exit 0 unasked") {
        it.exit(code(0));
        CHECK(it.life.reason().cause == change_cause::exited);
        CHECK(it.says("exit code 0"));
    }
    SUBCASE("a signal, also where the end of its output is told first") {
        it.life.connection_closed("end of output", change_cause::exited, it.now());
        it.clock.advance(ms{3});
        it.exit(signal(9));
        CHECK(it.life.reason().cause == change_cause::crashed);
        CHECK(it.says("signal 9 (SIGKILL)"));
    }
    SUBCASE("nobody knows how") {
        it.exit({});
        CHECK(it.life.reason().cause == change_cause::exited);
        CHECK(it.says("unknown"));
    }
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK_FALSE(it.life.last_stop_step());
    CHECK(it.path().back() == plugin_state::backoff);
}

TEST_CASE("P3: a plugin that closes its output and lives is stopped within a second, then started again") {
    supervised it;
    it.become_ready();
    it.life.connection_closed("the plugin closed its output", change_cause::exited, it.now());
    CHECK(it.wait() == tenon::detail::end_of_output_grace);
    CHECK(it.life.state() == plugin_state::stopping);
    CHECK(it.actions() == kinds{action::close_stdin});
    CHECK(it.wait() == ms{500});
    CHECK(it.actions() == kinds{action::terminate});
    it.exit(signal(15));
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.life.reason().cause == change_cause::protocol);
    CHECK(it.life.last_stop_step() == stop_action::terminate);
    CHECK(it.says("closed its output; signal 15 (SIGTERM) after terminate; retry 1 of 3"));
}

TEST_CASE("a broken wire and a broken limit end the instance and count as a retry") {
    supervised it;
    it.become_ready();
    change_cause cause = change_cause::protocol;
    SUBCASE("wire") { it.life.connection_closed("frame.bad_length", change_cause::protocol, it.now()); }
    SUBCASE("limit") {
        cause = change_cause::limit;
        it.life.broke_limit("rpc.abuse", it.now());
    }
    CHECK(it.life.state() == plugin_state::stopping);
    CHECK(it.actions() == kinds{action::close_stdin});
    it.exit(code(0));
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.life.retries() == 1);
    CHECK(it.life.reason().cause == cause);
}

TEST_CASE("S7: notices of an instance that is over mean nothing to the next one") {
    supervised it;
    it.become_ready();
    const std::uint64_t old = it.life.generation();
    CHECK(it.life.admits(old));
    it.exit(code(1));
    CHECK_FALSE(it.life.admits(old)); // nothing runs
    it.wait();
    it.become_ready();
    CHECK(it.life.generation() == old + 1);
    CHECK_FALSE(it.life.admits(old));
    CHECK(it.life.admits(old + 1));
    CHECK(it.life.late_notices() == 2);
}

TEST_CASE("S7: notices that cannot be about what is there are ignored") {
    supervised it;
    const fault why{codes::unavailable, "x"};
    const auto everything = [&] {
        it.life.launched(it.now());
        it.life.launch_failed(why, it.now());
        it.life.handshake_accepted(it.now());
        it.life.handshake_failed({codes::internal_error, "x"}, it.now());
        it.life.refused_to_run("x", it.now());
        it.exit(code(9));
        it.life.connection_closed("x", change_cause::protocol, it.now());
        it.life.stop_answered(it.now());
        it.life.health_answered(plugin_health::critical, "x", it.now());
        it.life.health_missed(it.now());
        it.life.broke_limit("x", it.now());
        it.life.needs_met(it.now());
        it.life.hasten(it.now());
        it.life.handle_timeout(it.now());
    };
    everything();
    CHECK(it.life.state() == plugin_state::stopped);
    it.become_ready();
    it.life.launched(it.now());
    it.life.launch_failed(why, it.now());
    it.life.handshake_accepted(it.now());
    it.life.handshake_failed({codes::internal_error, "x"}, it.now());
    it.life.attached(it.now());
    it.life.stop_answered(it.now());
    CHECK(it.life.state() == plugin_state::ready);
    it.exit(code(1));
    everything();
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.life.last_exit() == code(1));
    CHECK(it.life.health() == plugin_health::unknown);
}

TEST_CASE("a command that is fulfilled already changes nothing") {
    supervised it;
    it.stop();
    CHECK(it.path().empty());
    it.become_ready();
    it.exit(code(1));
    it.wait();
    it.become_ready();
    it.path();
    it.start();
    CHECK(it.path().empty());
    CHECK(it.life.retries() == 1); // a start that starts nothing forgives nothing
}

TEST_CASE("by hand a delay is over at once") {
    supervised it;
    it.become_ready();
    it.exit(code(1));
    it.forget();
    SUBCASE("start") { it.start(); }
    SUBCASE("restart") { it.restart(); }
    CHECK(it.life.state() == plugin_state::starting);
    CHECK(it.actions() == kinds{action::launch});
    CHECK(it.life.retries() == 0);
    CHECK(it.life.restarts() == 0);
}

TEST_CASE("S9: a plugin whose need is missing is blocked, and starts when it is met") {
    supervised it;
    it.life.needs_missing("store", it.now());
    CHECK(it.life.state() == plugin_state::stopped);
    it.start();
    CHECK(it.life.state() == plugin_state::blocked);
    CHECK(it.life.reason().cause == change_cause::dependency);
    CHECK(it.says("it needs store"));
    CHECK(it.life.missing_need() == "store");
    CHECK(it.actions().empty());
    SUBCASE("met") {
        it.life.needs_met(it.now());
        CHECK(it.actions() == kinds{action::launch});
        // A need that goes away does not end what runs, but holds up its next start.
        it.become_ready();
        it.life.needs_missing("store", it.now());
        CHECK(it.life.state() == plugin_state::ready);
        it.exit(code(1));
        it.wait();
        CHECK(it.life.state() == plugin_state::blocked);
        CHECK(it.life.restarts() == 0);
        it.life.needs_met(it.now());
        CHECK(it.life.state() == plugin_state::starting);
        CHECK(it.life.restarts() == 1);
    }
    SUBCASE("stopped meanwhile") {
        it.stop();
        CHECK(it.life.state() == plugin_state::stopped);
        it.life.needs_met(it.now());
        CHECK(it.life.state() == plugin_state::stopped);
    }
    SUBCASE("connected by itself") {
        it.life.attached(it.now());
        CHECK(it.life.state() == plugin_state::handshaking);
    }
}

TEST_CASE("one that connects by itself is greeted, and has no process to stop") {
    plugin_options options = exact_options();
    options.command.clear();
    options.attach = true;
    supervised it(options);
    it.start();
    CHECK(it.life.state() == plugin_state::stopped);
    CHECK(it.actions().empty());
    it.life.attached(it.now());
    CHECK(it.actions() == kinds{action::shake_hands});
    CHECK(it.life.generation() == 1);
    CHECK(it.life.is_attached());
    CHECK_FALSE(it.life.has_process());
    SUBCASE("hands are not shaken") {
        it.wait();
        CHECK(it.actions() == kinds{action::drop_connection});
        CHECK(it.life.state() == plugin_state::failed);
        it.life.attached(it.now());
        CHECK(it.life.state() == plugin_state::handshaking);
        return;
    }
    it.life.handshake_accepted(it.now());
    SUBCASE("it goes") {
        it.life.connection_closed("end", change_cause::exited, it.now());
        CHECK(it.life.state() == plugin_state::stopped);
        CHECK(it.actions().empty());
        it.life.attached(it.now());
        CHECK(it.life.generation() == 2);
    }
    SUBCASE("it goes when it is asked") {
        it.stop();
        CHECK(it.actions() == kinds{action::ask_to_stop});
        it.life.connection_closed("end", change_cause::exited, it.now());
        CHECK(it.life.state() == plugin_state::stopped);
        CHECK(it.life.last_stop_step() == stop_action::ask);
    }
    SUBCASE("it stays when it is asked") {
        it.stop();
        it.forget();
        CHECK(it.wait() == ms{3'000});
        CHECK(it.actions() == kinds{action::drop_connection});
        CHECK(it.life.state() == plugin_state::stopped);
        CHECK(it.life.last_stop_step() == stop_action::close_stdin);
        CHECK(it.life.next_deadline() == never);
    }
    SUBCASE("an exit notice is none of its own") {
        it.exit(code(1));
        CHECK(it.life.state() == plugin_state::ready);
    }
}

TEST_CASE("one that could be launched as well goes back to that when its own connection ends") {
    supervised it;
    it.start();
    it.life.launch_failed({}, it.now());
    it.life.attached(it.now()); // under a debugger
    it.life.handshake_accepted(it.now());
    it.forget();
    SUBCASE("it was to run") {
        it.life.connection_closed("end", change_cause::exited, it.now());
        CHECK(it.life.state() == plugin_state::backoff);
        it.wait();
        CHECK(it.actions() == kinds{action::launch});
    }
    SUBCASE("it is restarted") {
        it.restart();
        it.life.connection_closed("end", change_cause::exited, it.now());
        CHECK(it.life.state() == plugin_state::starting);
    }
    SUBCASE("it was stopped") {
        it.stop();
        it.life.connection_closed("end", change_cause::exited, it.now());
        it.life.attached(it.now());
        it.life.connection_closed("end", change_cause::exited, it.now());
        CHECK(it.life.state() == plugin_state::stopped);
    }
}

TEST_CASE("an instance that takes no process is launched by connecting it") {
    plugin_options options = exact_options();
    options.command.clear(); // mounted in the host
    supervised it(options);
    it.start();
    CHECK(it.actions() == kinds{action::launch});
    it.life.attached(it.now());
    CHECK(it.actions() == kinds{action::shake_hands});
    CHECK(it.life.generation() == 1);
    it.life.handshake_accepted(it.now());
    SUBCASE("its end is followed by the policy") {
        it.life.connection_closed("it threw", change_cause::protocol, it.now());
        CHECK(it.life.state() == plugin_state::backoff);
        it.wait();
        CHECK(it.actions() == kinds{action::launch});
    }
    SUBCASE("stopped before it is connected, it is dropped when it is") {
        it.exit(code(1)); // nothing
        it.restart();
        it.forget();
        it.wait();
        CHECK(it.actions() == kinds{action::drop_connection, action::launch});
        it.stop();
        CHECK(it.life.state() == plugin_state::stopping);
        it.life.attached(it.now());
        CHECK(it.actions() == kinds{action::drop_connection});
        CHECK(it.life.state() == plugin_state::stopped);
    }
}

TEST_CASE("a process that answers on a socket is greeted there, and once") {
    supervised it;
    it.become_handshaking();
    SUBCASE("before anything was done") {
        it.life.attached(it.now());
        CHECK(it.actions() == kinds{action::launch, action::shake_hands});
    }
    SUBCASE("after") {
        it.forget();
        it.clock.advance(ms{4'000});
        it.life.attached(it.now());
        CHECK(it.actions() == kinds{action::shake_hands});
        CHECK(it.life.next_deadline() == it.now() + ms{5'000});
    }
    CHECK(it.life.has_process());
    CHECK_FALSE(it.life.is_attached());
    it.exit(code(1));
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.actions() == kinds{action::drop_connection});
}

TEST_CASE("what is remembered is bounded, and hostile words are cut between characters") {
    supervised it;
    for (int round = 0; round < 100; ++round) {
        it.start();
        it.stop();
        it.life.launch_failed({}, it.now());
    }
    CHECK(it.life.history().size() == tenon::detail::history_kept);
    CHECK(it.life.history().back().to == plugin_state::stopped);
    it.become_handshaking();
    std::string words = "x";
    while (words.size() < 5'000) words += "\xc3\xa4";
    it.life.handshake_failed({codes::internal_error, words}, it.now());
    CHECK(it.life.reason().text.size() == 1'023);
    CHECK(it.life.reason().text.ends_with("\xa4"));
}

TEST_CASE("other options count from the next instance on") {
    supervised it;
    it.become_ready();
    plugin_options options = exact_options();
    options.restart.backoff = ms{100};
    options.handshake_timeout = ms{50};
    it.life.use(options);
    it.exit(code(1));
    CHECK(it.wait() == ms{100});
    it.become_handshaking();
    it.wait();
    CHECK(it.says("within 50 ms"));
}
