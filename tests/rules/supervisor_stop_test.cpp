#include "supervised.hpp"

using namespace supervising;

TEST_CASE("P9: stopping goes from asking to killing, each step once and in its own time") {
    supervised it;
    it.become_ready();
    it.stop();
    CHECK(it.life.state() == plugin_state::stopping);
    CHECK(it.actions() == kinds{action::ask_to_stop});
    CHECK(it.last.deadline == it.now() + ms{3'000});
    CHECK(it.last.reason.cause == change_cause::requested);
    std::vector<kinds> steps;
    std::vector<long> waits;
    stop_action worked = stop_action::ask;
    exit_status how = code(0);
    int rounds = 0;
    SUBCASE("it exits when it is asked") {}
    SUBCASE("it exits on the end of its input") { rounds = 1, worked = stop_action::close_stdin; }
    SUBCASE("it exits on SIGTERM") { rounds = 2, worked = stop_action::terminate, how = signal(15); }
    SUBCASE("it exits on nothing") { rounds = 3, worked = stop_action::kill, how = signal(9); }
    for (int round = 0; round < rounds; ++round) {
        waits.push_back(it.wait().count());
        steps.push_back(it.actions());
    }
    const std::vector<kinds> all{{action::close_stdin}, {action::terminate}, {action::kill}};
    const std::vector<long> times{3'000, 500, 2'000};
    CHECK(steps == std::vector<kinds>(all.begin(), all.begin() + rounds));
    CHECK(waits == std::vector<long>(times.begin(), times.begin() + rounds));
    if (worked == stop_action::kill) CHECK(it.life.next_deadline() == never);
    it.exit(how);
    CHECK(it.life.state() == plugin_state::stopped);
    CHECK(it.life.last_stop_step() == worked);
    CHECK(it.life.reason().cause == change_cause::requested);
    CHECK(it.life.reason().text == tenon::detail::join({describe_exit(how), " after ", name_of(worked)}));
    CHECK(it.life.last_exit() == how);
    CHECK(it.actions() == kinds{action::drop_connection});
    CHECK(it.life.next_deadline() == never);
    it.pass(ms{3'600'000});
    CHECK(it.life.state() == plugin_state::stopped); // nothing starts it again
}

TEST_CASE("P9: one that has answered is given a moment to end, not the rest of its time") {
    supervised it;
    it.become_ready();
    it.stop();
    it.forget();
    SUBCASE("much is left") {
        it.clock.advance(ms{200});
        it.life.stop_answered(it.now());
        CHECK(it.wait() == tenon::detail::exit_grace);
    }
    SUBCASE("little is left") {
        it.clock.advance(ms{2'900});
        it.life.stop_answered(it.now());
        CHECK(it.wait() == ms{100});
    }
    SUBCASE("its connection ends instead") {
        it.life.connection_closed("end", change_cause::exited, it.now());
        CHECK(it.wait() == tenon::detail::exit_grace);
    }
    CHECK(it.actions() == kinds{action::close_stdin});
    CHECK(it.wait() == ms{500});
    it.life.stop_answered(it.now()); // a late answer shortens nothing else
    CHECK(it.wait() == ms{2'000});
}

TEST_CASE("the step that worked is told of the last end alone") {
    supervised it;
    it.become_ready();
    it.stop();
    it.exit(code(0));
    CHECK(it.life.last_stop_step() == stop_action::ask);
    it.become_ready();
    CHECK(it.life.last_stop_step() == stop_action::ask); // still what happened last
    it.exit(code(0));
    CHECK_FALSE(it.life.last_stop_step());
    it.life.attached(it.now());
    it.stop();
    it.life.connection_closed("end", change_cause::exited, it.now());
    CHECK(it.life.last_stop_step() ==
          stop_action::close_stdin); // dropped, because it was not ready to be asked
    it.life.attached(it.now());
    it.life.connection_closed("end", change_cause::exited, it.now());
    CHECK_FALSE(it.life.last_stop_step());
}

TEST_CASE("a policy may have any steps, and a process always is killed in the end") {
    plugin_options options = exact_options();
    kinds wanted;
    SUBCASE("none") {
        options.stop = {};
        wanted = {action::kill};
    }
    SUBCASE("only asking") {
        options.stop = {{stop_action::ask, ms{100}}};
        wanted = {action::ask_to_stop, action::kill};
    }
    SUBCASE("without waiting") {
        options.stop = {{stop_action::close_stdin, ms{0}}, {stop_action::terminate, ms{-1}}};
        wanted = {action::close_stdin, action::terminate, action::kill};
    }
    SUBCASE("more after a kill") {
        options.stop = {{stop_action::kill, ms{100}}, {stop_action::terminate, ms{100}}};
        wanted = {action::kill, action::terminate};
    }
    SUBCASE("asking late, and the connection is gone by then") {
        options.stop = {{stop_action::close_stdin, ms{100}}, {stop_action::ask, ms{100}}};
        wanted = {action::close_stdin, action::kill};
    }
    SUBCASE("twice the same") {
        options.stop = {{stop_action::terminate, ms{100}}, {stop_action::terminate, ms{100}}};
        wanted = {action::terminate, action::terminate, action::kill};
    }
    supervised it(options);
    it.become_ready();
    it.stop();
    kinds all = it.actions();
    if (all.front() == action::close_stdin) it.life.connection_closed("end", change_cause::exited, it.now());
    for (int round = 0; round < 10 && it.life.next_deadline() != never; ++round) {
        it.wait();
        const kinds more = it.actions();
        all.insert(all.end(), more.begin(), more.end());
    }
    CHECK(all == wanted);
    CHECK(it.life.state() == plugin_state::stopping);
}

TEST_CASE("one that does not listen is not asked, and a hung one not waited for") {
    supervised it;
    SUBCASE("still greeting") {
        it.become_handshaking();
        it.forget();
        it.stop();
        CHECK(it.actions() == kinds{action::close_stdin});
    }
    SUBCASE("no connection any more") {
        it.become_ready();
        it.life.connection_closed("end", change_cause::exited, it.now());
        it.stop();
        CHECK(it.actions() == kinds{action::close_stdin});
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::stopped);
        CHECK(it.actions().empty());
    }
    SUBCASE("hung") {
        plugin_options options = exact_options();
        options.health_interval = ms{1'000};
        options.health_timeout = ms{500};
        options.health_misses = 1;
        supervised hung(options);
        hung.become_ready();
        hung.wait();
        hung.clock.advance_to(hung.life.next_deadline());
        hung.forget();
        hung.life.health_missed(hung.now());
        CHECK(hung.actions() == kinds{action::terminate});
    }
}

TEST_CASE("a stop while it is being launched calls that off, or waits for the process and then ends it") {
    supervised it;
    it.start();
    it.stop();
    CHECK(it.life.state() == plugin_state::stopping);
    CHECK(it.actions() == kinds{action::launch, action::call_off});
    CHECK(it.life.next_deadline() == never);
    it.life.hasten(it.now());
    CHECK(it.actions().empty());
    SUBCASE("it comes") {
        it.life.launched(it.now());
        CHECK(it.actions() == kinds{action::close_stdin});
        CHECK(it.wait() == ms{500});
        CHECK(it.actions() == kinds{action::terminate});
        it.exit(signal(15));
        CHECK(it.life.state() == plugin_state::stopped);
    }
    SUBCASE("it does not") {
        it.life.launch_failed({codes::unavailable, "no such file"}, it.now());
        CHECK(it.life.state() == plugin_state::stopped);
        CHECK(it.says("no such file"));
        CHECK_FALSE(it.life.last_stop_step());
    }
    SUBCASE("it is gone before anybody said that it came") {
        it.exit(code(127));
        CHECK(it.life.state() == plugin_state::stopped);
    }
}

TEST_CASE("a stop in backoff, blocked or failed is over at once") {
    supervised it;
    SUBCASE("backoff") {
        it.start();
        it.life.launch_failed({}, it.now());
        CHECK(it.life.state() == plugin_state::backoff);
    }
    SUBCASE("blocked") {
        it.life.needs_missing("store", it.now());
        it.start();
    }
    SUBCASE("failed") {
        it.become_handshaking();
        it.life.refused_to_run("no", it.now());
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::failed);
    }
    it.forget();
    it.stop();
    CHECK(it.life.state() == plugin_state::stopped);
    CHECK(it.life.reason().cause == change_cause::requested);
    CHECK(it.life.next_deadline() == never);
    it.pass(ms{600'000});
    CHECK(it.actions().empty());
}

TEST_CASE("what is commanded while it stops is what follows, and the last command wins") {
    supervised it;
    it.become_ready();
    SUBCASE("restart while stopping") {
        it.stop();
        it.restart();
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::starting);
    }
    SUBCASE("start while stopping") {
        it.stop();
        it.start();
        CHECK(it.life.state() == plugin_state::stopping);
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::starting);
    }
    SUBCASE("stop while restarting") {
        it.restart();
        it.stop();
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::stopped);
    }
    SUBCASE("start, stop, start while restarting") {
        it.restart();
        it.start();
        it.stop();
        it.start();
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::starting);
    }
    SUBCASE("start while it fails") {
        it.life.broke_limit("x", it.now());
        it.start();
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::starting);
        CHECK(it.life.retries() == 0);
    }
    SUBCASE("stop while it fails") {
        it.life.broke_limit("x", it.now());
        it.stop();
        it.exit(code(0));
        CHECK(it.life.state() == plugin_state::stopped);
        CHECK(it.life.reason().cause == change_cause::requested);
    }
    // Each step is taken once all the same.
    const kinds all = it.actions();
    CHECK(std::count(all.begin(), all.end(), action::ask_to_stop) <= 1);
}

TEST_CASE("S10: the host's end suppresses restarts, whatever comes later") {
    supervised it;
    SUBCASE("ready") { it.become_ready(); }
    SUBCASE("stopping to start again") {
        it.become_ready();
        it.restart();
    }
    SUBCASE("stopping because it failed") {
        it.become_ready();
        it.life.broke_limit("x", it.now());
    }
    SUBCASE("starting") { it.start(); }
    SUBCASE("backoff") {
        it.start();
        it.life.launch_failed({}, it.now());
    }
    SUBCASE("blocked") {
        it.life.needs_missing("store", it.now());
        it.start();
    }
    SUBCASE("stopped") {}
    it.stop(change_cause::shutdown);
    CHECK(it.life.final());
    it.start();
    it.restart();
    it.life.needs_met(it.now());
    it.forget();
    it.exit(signal(11));
    CHECK(it.life.state() == plugin_state::stopped);
    it.start();
    it.restart();
    it.life.attached(it.now());
    it.life.needs_met(it.now());
    it.pass(ms{600'000});
    CHECK(it.life.state() == plugin_state::stopped);
    const kinds after = it.actions();
    CHECK(std::count(after.begin(), after.end(), action::launch) == 0);
}

TEST_CASE("P17: a second wish to end takes the next step at once") {
    supervised it;
    it.become_ready();
    it.life.hasten(it.now()); // nothing stops
    CHECK(it.actions().empty());
    it.stop(change_cause::shutdown);
    it.forget();
    it.life.hasten(it.now());
    CHECK(it.actions() == kinds{action::close_stdin});
    CHECK(it.life.next_deadline() == it.now() + ms{500});
    it.life.hasten(it.now());
    it.life.hasten(it.now());
    CHECK(it.actions() == kinds{action::terminate, action::kill});
    it.life.hasten(it.now());
    CHECK(it.actions().empty());
}

TEST_CASE("S10: what 100 plugins need to stop is what one needs, because all of them are asked at once") {
    std::vector<supervised> all(100);
    const time_point begin = all.front().now();
    for (supervised& it : all) {
        it.clock.advance_to(begin + ms{1'000}); // one clock for all
        it.become_ready();
        it.stop(change_cause::shutdown);
    }
    ms longest{0};
    for (std::size_t index = 0; index < all.size(); ++index) {
        supervised& it = all[index];
        const time_point asked = it.now();
        if (index % 10 == 0)
            while (it.life.next_deadline() != never) it.wait(); // deaf to everything
        it.exit(index % 10 == 0 ? signal(9) : code(0));
        CHECK(it.life.state() == plugin_state::stopped);
        longest = std::max(longest, std::chrono::duration_cast<ms>(it.now() - asked));
    }
    CHECK(longest == ms{5'500});
}
