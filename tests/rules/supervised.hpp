#ifndef TESTS_HOST_SUPERVISED_HPP
#define TESTS_HOST_SUPERVISED_HPP

// A supervisor with a hand-turned clock, and the little that its tests say again and again. Nothing is done by
// itself: a test plays the process, the connection and the owner.

#include <tenon/rules/supervision/supervisor.hpp>
#include <tenon/testing/manual_clock.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace supervising {

using namespace tenon;
using tenon::detail::supervisor;
using tenon::detail::supervisor_action;
using tenon::detail::supervisor_action_kind;
using action = supervisor_action_kind;
using ms = std::chrono::milliseconds;

inline constexpr exit_status code(int value) { return {exit_status::kind::exited, value}; }
inline constexpr exit_status signal(int value) { return {exit_status::kind::signalled, value}; }

inline plugin_options options_of(std::string name = "moderator") {
    plugin_options options;
    options.name = std::move(name);
    options.command = {"/opt/moderator"};
    return options;
}

/// Without jitter, so that a test can say when.
inline plugin_options exact_options() {
    plugin_options options = options_of();
    options.restart.jitter = 0.0;
    options.health_interval = ms{0};
    return options;
}

struct supervised {
    explicit supervised(const plugin_options& options = exact_options(), std::uint64_t seed = 7)
        : life(options, seed) {}

    time_point now() const { return clock.now(); }

    /// What the owner would have to do now, and what it would tell.
    std::vector<action> actions() {
        std::vector<action> kinds;
        for (supervisor_action one; life.next_action(one);) {
            kinds.push_back(one.kind);
            last = one;
        }
        for (state_change one; life.next_change(one);) changes.push_back(one);
        return kinds;
    }
    void forget() { actions(); }

    void start() { life.start({change_cause::requested, {}}, now()); }
    void stop(change_cause cause = change_cause::requested) { life.stop({cause, {}}, now()); }
    void restart(change_cause cause = change_cause::requested) { life.restart({cause, {}}, now()); }
    void exit(exit_status status) { life.exited(status, now()); }

    void become_handshaking() {
        if (life.state() != plugin_state::starting) start();
        life.launched(now());
        REQUIRE(life.state() == plugin_state::handshaking);
    }
    void become_ready() {
        become_handshaking();
        life.handshake_accepted(now());
        REQUIRE(life.state() == plugin_state::ready);
        forget();
    }
    /// Turns the clock to the next deadline and says so. How long that took.
    ms wait() {
        const time_point before = now();
        REQUIRE(life.next_deadline() != never);
        clock.advance_to(life.next_deadline());
        life.handle_timeout(now());
        return std::chrono::duration_cast<ms>(now() - before);
    }
    /// Turns the clock by this much, stopping at every deadline on the way.
    void pass(ms time) {
        const time_point end = now() + time;
        while (life.next_deadline() <= end) {
            clock.advance_to(life.next_deadline());
            life.handle_timeout(now());
        }
        clock.advance_to(end);
        life.handle_timeout(now());
    }
    /// The host stands still for this long, and hears of its timers afterwards.
    void stand_still(ms time) {
        clock.advance(time);
        life.handle_timeout(now());
    }
    std::vector<plugin_state> path() {
        forget();
        std::vector<plugin_state> states;
        for (const state_change& one : changes) states.push_back(one.to);
        changes.clear();
        return states;
    }
    bool says(std::string_view words) const { return life.reason().text.find(words) != std::string::npos; }

    testing::manual_clock clock;
    supervisor life;
    supervisor_action last;
    std::vector<state_change> changes;
};

using kinds = std::vector<action>;
using states = std::vector<plugin_state>;

} // namespace supervising

#endif
