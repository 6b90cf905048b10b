#include "supervised.hpp"

using namespace supervising;

namespace {

plugin_options checked_options() {
    plugin_options options = exact_options();
    options.health_interval = ms{10'000};
    options.health_timeout = ms{5'000};
    options.health_misses = 3;
    return options;
}

struct checked : supervised {
    explicit checked(const plugin_options& options = checked_options()) : supervised(options) {
        become_ready();
    }

    /// Until the next check is asked for. How long that took.
    ms next_check() {
        ms taken{0};
        for (int rounds = 0; rounds < 100; ++rounds) {
            taken += wait();
            const kinds now_due = actions();
            if (std::count(now_due.begin(), now_due.end(), action::check_health) == 1) return taken;
        }
        FAIL("no check came");
        return taken;
    }
    /// As the owner would when its call has timed out.
    void miss() {
        clock.advance_to(last.deadline);
        life.health_missed(now());
    }
    void answer(plugin_health health, std::string message = {}) {
        life.health_answered(health, std::move(message), now());
    }
};

} // namespace

TEST_CASE("health is asked for every interval, with a deadline, and shown") {
    checked it;
    const ms first = it.next_check();
    CHECK(first >= ms{5'000}); // somewhere in the second half of an interval, so that 100 plugins do not meet
    CHECK(first <= ms{10'000});
    CHECK(it.last.deadline == it.now() + ms{5'000});
    CHECK(it.life.health() == plugin_health::unknown);
    it.clock.advance(ms{100});
    it.answer(plugin_health::warning, "disk at 91 %");
    CHECK(it.life.health() == plugin_health::warning);
    CHECK(it.life.health_message() == "disk at 91 %");
    CHECK(it.next_check() == ms{9'900});
    it.answer(plugin_health::critical, "disk full");
    CHECK(it.life.state() == plugin_state::ready); // health and process are two axes
    SUBCASE("it ends") { it.exit(code(1)); }
    SUBCASE("it is to end") { it.stop(); }
    CHECK(it.life.health() == plugin_health::unknown);
    CHECK(it.life.health_message().empty());
}

TEST_CASE("an interval of 0 asks for nothing") {
    plugin_options options = checked_options();
    options.health_interval = ms{0};
    checked it(options);
    CHECK(it.life.next_deadline() == never);
}

TEST_CASE("S4: so many misses in a row end it, and fewer do not") {
    checked it;
    for (int round = 0; round < 9; ++round) {
        it.next_check();
        if (round % 3 == 2) it.answer(plugin_health::healthy);
        else it.miss();
        CHECK(it.life.state() == plugin_state::ready);
    }
    CHECK(it.life.health_misses() == 0);
    it.next_check();
    it.miss();
    it.next_check();
    it.miss();
    CHECK(it.life.health_misses() == 2);
    CHECK(it.next_check() == ms{5'000}); // from check to check it is one interval also where one was missed
    it.miss();
    CHECK(it.life.state() == plugin_state::stopping);
    CHECK(it.life.reason().cause == change_cause::health);
    CHECK(it.says("no answer to 3 health checks in a row"));
    CHECK(it.actions() == kinds{action::terminate});
    it.exit(signal(15));
    CHECK(it.life.state() == plugin_state::backoff);
    CHECK(it.life.reason().cause == change_cause::health);
}

TEST_CASE("Q6: a hang is noticed within the misses times the interval and one timeout") {
    checked it;
    it.next_check();
    it.answer(plugin_health::healthy);
    const time_point hung_since = it.now();
    while (it.life.state() == plugin_state::ready) {
        it.next_check();
        it.miss();
    }
    CHECK(it.now() - hung_since <= ms{3 * 10'000 + 5'000});
}

TEST_CASE("S4: a miss that is told at once, because the answer made no sense, counts and does not hurry") {
    checked it;
    for (int round = 0; round < 2; ++round) {
        it.next_check();
        it.clock.advance(ms{1});
        it.life.health_missed(it.now());
        CHECK(it.life.next_deadline() == it.now() + ms{9'999});
    }
    it.life.health_missed(it.now()); // no check is under way
    CHECK(it.life.health_misses() == 2);
}

TEST_CASE("a check whose miss nobody tells is missed by itself, once") {
    checked it;
    it.next_check();
    const time_point due = it.last.deadline;
    it.wait();
    CHECK(it.life.health_misses() == 1);
    CHECK(it.now() - due <= ms{500});
    it.life.health_missed(it.now());
    CHECK(it.life.health_misses() == 1);
    it.next_check();
    it.wait();
    it.next_check();
    it.wait();
    CHECK(it.life.state() == plugin_state::stopping);
}

TEST_CASE("checks longer than the interval do not overlap") {
    plugin_options options = checked_options();
    options.health_interval = ms{1'000};
    checked it(options);
    it.next_check();
    it.miss();
    CHECK(it.next_check() == ms{0});
    it.miss();
    it.next_check();
    it.miss();
    CHECK(it.life.state() == plugin_state::stopping);
}

TEST_CASE("S8: a host that stood still for 30 s blames no plugin for it") {
    checked it;
    SUBCASE("a check was under way, and its call's timeout is told first") {
        it.next_check();
        it.clock.advance(ms{30'000});
        it.life.health_missed(it.now());
        it.life.handle_timeout(it.now());
    }
    SUBCASE("a check was under way, and the timer is told first") {
        it.next_check();
        it.stand_still(ms{30'000});
        it.life.health_missed(it.now());
    }
    SUBCASE("a check was due") {
        it.stand_still(ms{30'000});
        CHECK(it.actions() == kinds{action::check_health});
        CHECK(it.last.deadline == it.now() + ms{5'000}); // and has its whole time
        it.answer(plugin_health::healthy);
    }
    SUBCASE("a hundred times in a row, with one check to go") {
        it.next_check();
        it.miss();
        it.next_check();
        it.miss();
        CHECK(it.life.health_misses() == 2);
        for (int round = 0; round < 100; ++round) {
            it.next_check();
            it.stand_still(ms{30'000});
            it.life.health_missed(it.now());
        }
        it.answer(plugin_health::healthy);
    }
    CHECK(it.life.health_misses() == 0);
    CHECK(it.life.state() == plugin_state::ready);
    CHECK(it.life.next_deadline() > it.now());
    // It is still watched.
    for (int round = 0; round < 3; ++round) {
        it.next_check();
        it.miss();
    }
    CHECK(it.life.state() == plugin_state::stopping);
}

TEST_CASE("S8: a plugin that was greeting while the host stood still has its whole time again") {
    supervised it;
    it.become_handshaking();
    it.stand_still(ms{30'000});
    CHECK(it.life.state() == plugin_state::handshaking);
    CHECK(it.life.next_deadline() == it.now() + ms{5'000});
    it.wait();
    CHECK(it.life.state() == plugin_state::stopping);
}

TEST_CASE("S8: a plugin that was stopping has the time of that step again, once") {
    supervised it;
    it.become_ready();
    it.stop();
    it.forget();
    it.stand_still(ms{30'000});
    CHECK(it.actions().empty());
    CHECK(it.life.next_deadline() == it.now() + ms{3'000});
    it.stand_still(ms{30'000});
    CHECK(it.actions() == kinds{action::close_stdin});
    it.stand_still(ms{30'000});
    CHECK(it.actions().empty());
    CHECK(it.wait() == ms{500});
    CHECK(it.actions() == kinds{action::terminate});
}

TEST_CASE("S8: a timer that is a little late is no pause") {
    supervised it;
    it.become_handshaking();
    it.clock.advance(ms{5'000} + tenon::detail::host_pause);
    it.life.handle_timeout(it.now());
    CHECK(it.life.state() == plugin_state::stopping);
}

TEST_CASE("S8: retries that were due while the host stood still are spread again, once") {
    plugin_options options = exact_options();
    options.restart.jitter = 0.5;
    options.restart.backoff = ms{1'000};
    std::vector<double> delays;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        supervised it(options, seed);
        it.become_ready();
        it.exit(signal(9));
        it.stand_still(ms{30'000});
        if (it.life.state() == plugin_state::starting) {
            delays.push_back(0); // the dice may say at once
            continue;
        }
        CHECK(it.life.state() == plugin_state::backoff);
        delays.push_back(
            static_cast<double>(std::chrono::duration_cast<ms>(it.life.next_deadline() - it.now()).count()));
        it.stand_still(ms{30'000});
        CHECK(it.life.state() == plugin_state::starting);
    }
    std::sort(delays.begin(), delays.end());
    CHECK(delays.front() < 100);
    CHECK(delays.back() > 400);
    CHECK(delays.back() <= 750);
}
