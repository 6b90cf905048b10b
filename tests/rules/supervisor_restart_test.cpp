#include "supervised.hpp"

using namespace supervising;

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

TEST_CASE("a restart passes through stopped, keeps its reason and costs no retry") {
    supervised it;
    it.become_ready();
    it.path();
    it.restart(change_cause::reload);
    CHECK(it.actions() == kinds{action::ask_to_stop});
    CHECK(it.last.reason.cause == change_cause::reload);
    it.exit(code(0));
    CHECK(it.actions() == kinds{action::drop_connection, action::launch});
    CHECK(it.changes.back().reason.cause == change_cause::reload);
    CHECK(it.path() == states{plugin_state::stopping, plugin_state::stopped, plugin_state::starting});
    CHECK(it.life.retries() == 0);
    CHECK(it.life.restarts() == 0);
    CHECK(it.life.generation() == 2);
}

TEST_CASE("a reload restarts what is to run, never what was stopped by hand") {
    supervised it;
    it.restart(change_cause::reload);
    CHECK(it.life.state() == plugin_state::stopped);
    it.become_ready();
    it.stop();
    it.restart(change_cause::config);
    it.exit(code(0));
    CHECK(it.life.state() == plugin_state::stopped);
    it.restart(); // by hand it is a start
    CHECK(it.life.state() == plugin_state::starting);
    it.life.launched(it.now());
    it.life.refused_to_run("old configuration", it.now());
    it.exit(code(0));
    CHECK(it.life.state() == plugin_state::failed);
    it.restart(change_cause::reload); // which may be what mends it
    CHECK(it.life.state() == plugin_state::starting);
}

TEST_CASE("what is not ready yet can be restarted and can fail as well") {
    supervised it;
    it.start();
    SUBCASE("restarted while it is launched") {
        it.restart();
        CHECK(it.life.state() == plugin_state::stopping);
        it.life.launched(it.now());
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::starting);
        CHECK(it.life.generation() == 2);
    }
    SUBCASE("gone before anybody said that it was launched") {
        it.exit(code(127));
        CHECK(it.life.state() == plugin_state::backoff);
        it.life.launched(it.now()); // late
        CHECK(it.life.state() == plugin_state::backoff);
    }
    SUBCASE("restarted while it greets") {
        it.life.launched(it.now());
        it.forget();
        it.restart();
        CHECK(it.actions() == kinds{action::close_stdin});
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::starting);
    }
    SUBCASE("beyond a limit while it greets") {
        it.life.launched(it.now());
        it.life.broke_limit("frame.too_large", it.now());
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::backoff);
        CHECK(it.life.reason().cause == change_cause::limit);
    }
}

TEST_CASE("a single retry that was used up was \"all 1 retries\"") {
    plugin_options options = exact_options();
    options.restart.max_retries = 1;
    supervised it(options);
    for (int round = 0; round < 2; ++round) {
        it.become_ready();
        it.exit(code(3));
        if (round == 0) it.wait();
    }
    CHECK(it.life.state() == plugin_state::failed);
    CHECK(it.life.reason().text == "exit code 3; the only retry is used up");
}
