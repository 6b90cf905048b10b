#include "supervised.hpp"

#include <deque>
#include <random>
#include <set>
#include <utility>

using namespace supervising;

namespace {

/// Which state may follow which, written down by hand, apart from the table that is tested.
bool legal(plugin_state from, plugin_state to) {
    using s = plugin_state;
    static const std::set<std::pair<s, s>> changes{
        {s::stopped, s::starting},     {s::stopped, s::blocked},     {s::stopped, s::handshaking}, // attached
        {s::starting, s::handshaking}, {s::starting, s::stopping},   {s::starting, s::backoff},
        {s::starting, s::failed},      {s::handshaking, s::ready},   {s::handshaking, s::stopping},
        {s::handshaking, s::backoff},  {s::handshaking, s::failed},  {s::handshaking, s::stopped}, // attached
        {s::ready, s::stopping},       {s::ready, s::backoff},       {s::ready, s::failed},
        {s::ready, s::stopped}, // attached
        {s::stopping, s::stopped},     {s::stopping, s::backoff},    {s::stopping, s::failed},
        {s::backoff, s::starting},     {s::backoff, s::stopped},     {s::backoff, s::blocked},
        {s::backoff, s::handshaking},  {s::failed, s::starting},     {s::failed, s::stopped},
        {s::failed, s::blocked},       {s::failed, s::handshaking},  {s::blocked, s::starting},
        {s::blocked, s::stopped},      {s::blocked, s::handshaking},
    };
    return changes.count({from, to}) == 1;
}

/// What holds for whatever comes out, whatever went in.
struct watcher {
    supervised& it;
    plugin_state last = plugin_state::stopped;
    std::uint64_t generation = 0;
    bool process = false, launching = false, connected = false;
    std::set<std::pair<plugin_state, plugin_state>> seen = {};
    std::vector<action> wanted = {};

    void look() {
        wanted = it.actions();
        for (const state_change& one : std::exchange(it.changes, {})) {
            CAPTURE(name_of(one.from));
            CAPTURE(name_of(one.to));
            REQUIRE(one.from == last);
            REQUIRE(legal(one.from, one.to));
            REQUIRE(one.generation >= generation);
            REQUIRE(one.generation <= generation + 1);
            REQUIRE(one.at == it.now());
            seen.insert({one.from, one.to});
            last = one.to;
            generation = one.generation;
        }
        REQUIRE(last == it.life.state());
        for (action one : wanted) {
            if (one == action::launch) {
                REQUIRE_FALSE(process);
                REQUIRE_FALSE(launching);
                REQUIRE_FALSE(it.life.final());
                launching = true;
            }
            const bool to_process =
                one == action::close_stdin || one == action::terminate || one == action::kill;
            if (to_process) REQUIRE(process);
        }
        // Whoever has nothing to wait for does not wait, and whoever waits does not wait in the past.
        const bool waits =
            it.life.state() == plugin_state::backoff || it.life.state() == plugin_state::handshaking;
        if (waits) REQUIRE(it.life.next_deadline() != never);
        const bool rests =
            it.life.state() == plugin_state::stopped || it.life.state() == plugin_state::failed ||
            it.life.state() == plugin_state::blocked || it.life.state() == plugin_state::starting;
        if (rests) REQUIRE(it.life.next_deadline() == never);
        REQUIRE(it.life.has_process() == process);
    }
};

} // namespace

TEST_CASE("S5: whatever comes in whatever order, only legal changes come out") {
    std::set<std::pair<plugin_state, plugin_state>> seen;
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        plugin_options options = options_of();
        options.restart.backoff = ms{200};
        options.restart.reset_after = ms{2'000};
        options.health_interval = ms{500};
        options.health_timeout = ms{300};
        options.attach = seed % 5 == 0;
        if (seed % 10 == 0) options.command.clear();
        supervised it(options, seed);
        watcher eye{it};
        const bool ends = seed % 3 == 0;
        for (int step = 0; step < 400; ++step) {
            const auto cause = random() % 2 == 0 ? change_cause::requested : change_cause::reload;
            switch (random() % 24) {
            case 0:
            case 1: it.start(); break;
            case 2: it.stop(ends && random() % 64 == 0 ? change_cause::shutdown : cause); break;
            case 3: it.restart(cause); break;
            case 4:
            case 5:
            case 6:
                if (eye.launching) eye.launching = false, eye.process = true;
                it.life.launched(it.now());
                break;
            case 7:
                eye.launching = false;
                it.life.launch_failed({codes::unavailable, "x"}, it.now());
                break;
            case 8:
                // As the answer to a launch, or out of the blue.
                eye.launching = false;
                it.life.attached(it.now());
                break;
            case 9:
            case 10:
            case 11: it.life.handshake_accepted(it.now()); break;
            case 12: it.life.handshake_failed({codes::internal_error, "x"}, it.now()); break;
            case 13: it.life.refused_to_run("x", it.now()); break;
            case 14:
            case 15:
                eye.process = eye.launching = false;
                it.exit(random() % 2 == 0 ? code(1) : signal(9));
                break;
            case 16: it.life.connection_closed("x", change_cause::protocol, it.now()); break;
            case 17: it.life.connection_closed("x", change_cause::exited, it.now()); break;
            case 18: it.life.stop_answered(it.now()); break;
            case 19: it.life.health_answered(plugin_health::healthy, "x", it.now()); break;
            case 20: it.life.health_missed(it.now()); break;
            case 21: it.life.broke_limit("x", it.now()); break;
            case 22:
                if (random() % 2 == 0) it.life.needs_missing("store", it.now());
                else it.life.needs_met(it.now());
                break;
            case 23:
                if (random() % 4 == 0) it.life.hasten(it.now());
                break;
            }
            eye.look();
            it.clock.advance(ms{random() % 3 == 0 ? random() % 1'500 : random() % 20});
            it.life.handle_timeout(it.now());
            eye.look();
        }
        seen.merge(eye.seen);
    }
    CHECK(seen.size() >= 25); // of some 30: the walk has been nearly everywhere
}

namespace {

/// A world with a process that behaves in its way, so that commands have ends.
struct world {
    supervised it;
    watcher eye{it};
    std::mt19937 random;
    int deafness;                                      // 0: exits when asked ... 3: only when killed
    std::deque<std::pair<time_point, int>> later = {}; // what the process does, and of which instance

    world(const plugin_options& options, unsigned seed)
        : it(options, seed), random(seed), deafness(static_cast<int>(seed % 4)) {}

    void settle() {
        for (bool more = true; more;) {
            eye.look();
            more = !eye.wanted.empty();
            for (action one : std::exchange(eye.wanted, {})) {
                switch (one) {
                case action::launch:
                    if (random() % 4 == 0) later.push_back({it.now() + ms{random() % 80}, 0});
                    else launch();
                    break;
                case action::call_off:
                    if (!eye.launching) break;
                    eye.launching = false;
                    later.clear();
                    it.life.launch_failed({}, it.now());
                    break;
                case action::shake_hands: later.push_back({it.now() + ms{random() % 40}, 1}); break;
                case action::ask_to_stop: end_at(0); break;
                case action::close_stdin: end_at(1); break;
                case action::terminate: end_at(2); break;
                case action::kill: end_at(3); break;
                case action::check_health:
                    it.life.health_answered(plugin_health::healthy, "", it.now());
                    break;
                case action::drop_connection: break;
                }
            }
        }
    }
    void launch() {
        eye.launching = false;
        eye.process = random() % 16 != 0;
        if (eye.process) it.life.launched(it.now());
        else it.life.launch_failed({}, it.now());
    }
    void end_at(int step) {
        if (step >= deafness) later.push_back({it.now() + ms{random() % 40}, 2});
    }
    /// One thing later: a timer, or what the process does.
    bool step(time_point limit) {
        auto next = std::min_element(later.begin(), later.end());
        const time_point what = next == later.end() ? never : next->first;
        const time_point when = std::min(what, it.life.next_deadline());
        if (when > limit) return false;
        it.clock.advance_to(when);
        if (what <= it.life.next_deadline()) {
            const int kind = next->second;
            later.erase(next);
            if (kind == 0) launch();
            if (kind == 1 && it.life.state() == plugin_state::handshaking)
                it.life.handshake_accepted(it.now());
            if (kind == 2 && eye.process) {
                eye.process = false;
                later.clear();
                it.exit(code(0));
            }
        } else {
            it.life.handle_timeout(it.now());
        }
        settle();
        return true;
    }
};

} // namespace

TEST_CASE("S5: after any commands in any order the plugin is where the last one wants it") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        plugin_options options = options_of();
        options.restart.max_retries = 1'000;
        options.restart.backoff = ms{50};
        options.restart.max_backoff = ms{50};
        world one(options, seed);
        bool runs = false;
        for (int step = 0; step < 100; ++step) {
            switch (one.random() % 4) {
            case 0: one.it.start(), runs = true; break;
            case 1: one.it.stop(), runs = false; break;
            case 2: one.it.restart(), runs = true; break;
            case 3: // by itself
                if (one.eye.process && one.random() % 2 == 0) {
                    one.eye.process = false;
                    one.later.clear();
                    one.it.exit(signal(11));
                }
                break;
            }
            one.settle();
            const time_point pause = one.it.now() + ms{one.random() % 60};
            while (one.step(pause)) {
            }
            one.it.clock.advance_to(pause);
        }
        const time_point end = one.it.now() + ms{20'000};
        while (one.step(end)) {
        }
        CHECK(one.it.life.state() == (runs ? plugin_state::ready : plugin_state::stopped));
        CHECK(one.it.life.wanted() == runs);
    }
}

namespace {

/// The most restarts in any 100 ms when 100 plugins die at the same moment.
long crowding(plugin_options options, std::uint64_t seed, bool one_seed) {
    std::vector<long> times;
    for (int number = 0; number < 100; ++number) {
        options.name = "plugin-" + std::to_string(number);
        supervised it(options, one_seed ? seed : seed + static_cast<std::uint64_t>(number));
        it.become_ready();
        it.exit(signal(9));
        times.push_back(it.wait().count());
        REQUIRE(it.life.state() == plugin_state::starting); // none starves
    }
    std::sort(times.begin(), times.end());
    CHECK(times.back() <= 1'500);
    long most = 0;
    for (auto first = times.begin(), last = times.begin(); last != times.end(); ++last) {
        while (*last - *first >= 100) ++first;
        most = std::max(most, static_cast<long>(last - first + 1));
    }
    return most;
}

} // namespace

TEST_CASE("S3: 100 plugins killed at once come back spread: never more than 25 in 100 ms") {
    plugin_options options = options_of();
    options.restart.backoff = ms{1'000};
    CHECK(options.restart.jitter == 0.5); // the default does it
    long worst = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        worst = std::max(worst, crowding(options, seed, true));              // one seed for a whole host
        worst = std::max(worst, crowding(options, seed * 1'000'003, false)); // one each, in a row
    }
    MESSAGE("at most " << worst << " in 100 ms");
    CHECK(worst <= 25);
}
