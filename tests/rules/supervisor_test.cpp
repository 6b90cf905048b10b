#include "supervised.hpp"

using namespace supervising;

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
    CHECK(it.says("closed its output; signal 15 (SIGTERM) after terminate; retry 1 of 3 in "));
    CHECK(it.says("second")); // a unit for people, not "in 10000 ms"
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

TEST_CASE("what was still to be done to an instance that is gone is not done to the next one") {
    supervised it;
    it.become_ready();
    it.stop();
    it.life.hasten(it.now());
    it.exit(code(0)); // before the owner came to ask it
    it.start();
    CHECK(it.actions() == kinds{action::drop_connection, action::launch});
}

TEST_CASE("a start whose options cannot be met here fails at once, and is tried again only by hand") {
    supervised it;
    it.start();
    it.forget();
    it.life.launch_refused({codes::invalid_params, "its sandbox cannot be enforced"}, it.now());
    CHECK(it.life.state() == plugin_state::failed);
    CHECK(it.life.reason().cause == change_cause::config);
    CHECK(it.says("its sandbox cannot be enforced"));
    it.pass(ms{600'000});
    CHECK(it.life.state() == plugin_state::failed);
    CHECK(it.actions().empty());
    it.start();
    CHECK(it.actions() == kinds{action::launch});
    it.life.stop({}, it.now());
    it.life.launch_refused({codes::invalid_params, "too late"}, it.now());
    CHECK(it.life.state() == plugin_state::stopped);
}
