#include "supervised.hpp"

using namespace supervising;

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
    }
    it.life.handshake_accepted(it.now());
    REQUIRE(it.life.state() == plugin_state::ready);
    it.forget();
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
        CHECK(it.actions() == kinds{action::call_off});
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
