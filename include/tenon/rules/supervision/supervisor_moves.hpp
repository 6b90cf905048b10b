#ifndef TENON_RULES_SUPERVISION_SUPERVISOR_MOVES_HPP
#define TENON_RULES_SUPERVISION_SUPERVISOR_MOVES_HPP

// What the supervisor does for each move of its table. Every change of state goes through change(); what belongs
// to one instance ends in leave_instance().
//
// A stop remembers what is to follow it, so that commands that come meanwhile only have to change that.

#include <tenon/rules/supervision/supervisor.hpp>
#include <tenon/rules/supervision/supervisor_texts.hpp>

#include <utility>

namespace tenon::detail {

inline void supervisor::apply(supervisor_input input, change_reason reason, time_point now) {
    switch (move_for(state_, input)) {
    case supervisor_move::ignore:
        return;
    case supervisor_move::begin:
        return begin(std::move(reason), now);
    case supervisor_move::greet:
        return greet(input == supervisor_input::attached, std::move(reason), now);
    case supervisor_move::greet_again:
        return greet_again(now);
    case supervisor_move::work:
        return work(now);
    case supervisor_move::rest:
        return rest(std::move(reason), now);
    case supervisor_move::end_to_rest:
        return end(sequel::rest, std::move(reason), now);
    case supervisor_move::end_to_begin:
        return end(sequel::begin, std::move(reason), now);
    case supervisor_move::end_to_retry:
        return end(sequel::retry, std::move(reason), now);
    case supervisor_move::end_to_fail:
        return end(sequel::fail, std::move(reason), now);
    case supervisor_move::turn_to_rest:
        sequel_ = sequel::rest;
        stop_reason_ = std::move(reason);
        return;
    case supervisor_move::turn_to_begin:
        sequel_ = sequel::begin;
        begin_reason_ = std::move(reason);
        return;
    case supervisor_move::retry:
        return retry(std::move(reason), now);
    case supervisor_move::conclude:
        return conclude(std::move(reason), now);
    case supervisor_move::run_steps:
        if (input == supervisor_input::attached) {
            if (!launching_) return;
            attached_ = connected_ = true;
            launching_ = false;
        }
        return escalate(now);
    case supervisor_move::escalate:
        return escalate(now);
    case supervisor_move::fade:
        return fade(std::move(reason), now);
    case supervisor_move::drop:
        return drop(std::move(reason), now);
    }
}

inline void supervisor::begin(change_reason reason, time_point now) {
    if (waits_to_be_attached_) {
        if (state_ == plugin_state::stopped) return;
        reason.text = both(reason.text, "it waits to be attached");
        return rest(std::move(reason), now);
    }
    if (!missing_.empty()) {
        change(plugin_state::blocked, {change_cause::dependency, join({"it needs ", missing_})}, now);
        return;
    }
    if (retrying_) ++restarted_;
    retrying_ = false;
    ++generation_;
    launching_ = true;
    change(plugin_state::starting, std::move(reason), now);
    act(supervisor_action_kind::launch);
}

inline void supervisor::greet(bool by_itself, change_reason reason, time_point now) {
    if (by_itself) {
        if (!launching_) ++generation_;
        attached_ = connected_ = true;
        launching_ = retrying_ = false;
    }
    heard_.clear();
    deadline_ = after(now, handshake_timeout_);
    change(plugin_state::handshaking, std::move(reason), now);
    act(supervisor_action_kind::shake_hands);
}

inline void supervisor::greet_again(time_point now) {
    if (attached_) return; // one connection that came by itself is enough
    connected_ = true;
    lost_at_ = never;
    deadline_ = after(now, handshake_timeout_);
    for (const supervisor_action& action : actions_)
        if (action.kind == supervisor_action_kind::shake_hands) return; // not begun yet on the first one
    act(supervisor_action_kind::shake_hands);
}

inline void supervisor::work(time_point now) {
    deadline_ = never;
    stable_at_ = restarts_.count() > 0 ? after(now, restarts_.policy().reset_after) : never;
    health_.begin(now, restarts_.random());
    change(plugin_state::ready, {change_cause::progress, {}}, now);
}

inline void supervisor::rest(change_reason reason, time_point now) {
    leave_instance();
    change(plugin_state::stopped, std::move(reason), now);
}

inline void supervisor::retry(change_reason reason, time_point now) {
    note_stability(now);
    const bool ours = !attached_ || (wanted_ && !waits_to_be_attached_);
    // What came by itself comes again by itself.
    if (!ours) return rest(std::move(reason), now);
    leave_instance();
    const restart_policy& policy = restarts_.policy();
    const std::string most = whole_milliseconds(milliseconds(policy.max_retries));
    if (!restarts_.may_retry()) {
        const std::string why =
            policy.enabled ? join({"all ", most, " retries are used up"}) : "restarts are off";
        reason.text = both(reason.text, why);
        change(plugin_state::failed, std::move(reason), now);
        return;
    }
    delay_ = restarts_.next_delay();
    deadline_ = after(now, delay_);
    spread_ = false;
    retrying_ = true;
    const auto number = static_cast<std::uint64_t>(restarts_.count());
    reason.text =
        both(reason.text,
             join({"retry ", digits(number), " of ", most, " in ", whole_milliseconds(delay_), " ms"}));
    change(plugin_state::backoff, std::move(reason), now);
}

inline void supervisor::end(sequel then, change_reason reason, time_point now) {
    note_stability(now);
    // Nobody asks a plugin that has not greeted or whose answers are worth nothing; one that is hung does not
    // see its input end either, and every step would only put off its next start.
    const bool hangs = reason.cause == change_cause::health;
    const bool asks = state_ == plugin_state::ready && connected_ && !hangs && then != sequel::retry;
    steps_.begin(stop_policy_, asks, !hangs);
    sequel_ = then;
    stop_reason_ = begin_reason_ = reason;
    health_.end();
    stable_at_ = deadline_ = lost_at_ = never;
    change(plugin_state::stopping, std::move(reason), now);
    if (!launching_) escalate(now);
}

inline void supervisor::drop(change_reason reason, time_point now) {
    if (process_) return end(sequel::retry, std::move(reason), now);
    last_stop_step_.reset();
    retry(std::move(reason), now);
}

inline void supervisor::fade(change_reason reason, time_point now) {
    if (!process_) return conclude(std::move(reason), now);
    steps_.without_connection();
    steps_.hasten(now, exit_grace);
}

inline void supervisor::escalate(time_point now) {
    while (const std::optional<stop_action> step = steps_.next(now)) {
        if (!process_ && step != stop_action::ask) {
            conclude({change_cause::progress, "its connection was dropped"}, now);
            return;
        }
        switch (*step) {
        case stop_action::ask:
            act(supervisor_action_kind::ask_to_stop, steps_.deadline(), stop_reason_);
            break;
        case stop_action::close_stdin:
            act(supervisor_action_kind::close_stdin);
            break;
        case stop_action::terminate:
            act(supervisor_action_kind::terminate);
            break;
        case stop_action::kill:
            act(supervisor_action_kind::kill);
            break;
        }
        if (now < steps_.deadline()) return;
    }
}

inline void supervisor::conclude(change_reason ending, time_point now) {
    last_stop_step_ = steps_.last();
    // To drop the connection of a plugin that has no process is what closing its stdin is to others.
    if (attached_ && last_stop_step_ && last_stop_step_ != stop_action::ask)
        last_stop_step_ = stop_action::close_stdin;
    else if (last_stop_step_) ending.text = join({ending.text, " after ", name_of(*last_stop_step_)});
    change_reason reason{stop_reason_.cause, both(stop_reason_.text, ending.text)};
    switch (sequel_) {
    case sequel::rest:
        return rest(std::move(reason), now);
    case sequel::retry:
        return retry(std::move(reason), now);
    case sequel::fail:
        leave_instance();
        change(plugin_state::failed, std::move(reason), now);
        return;
    case sequel::begin:
        rest(std::move(reason), now);
        return begin(std::move(begin_reason_), now);
    }
}

inline void supervisor::change(plugin_state to, change_reason reason, time_point now) {
    state_change one;
    one.plugin = name_;
    one.from = state_;
    one.to = to;
    one.reason = std::move(reason);
    one.generation = generation_;
    one.at = now;
    state_ = to;
    since_ = now;
    reason_ = one.reason;
    history_.push_back(one);
    if (history_.size() > history_kept) history_.pop_front();
    changes_.push_back(std::move(one));
}

inline void supervisor::leave_instance() {
    health_.end();
    steps_.end();
    stable_at_ = deadline_ = lost_at_ = never;
    if (connected_) act(supervisor_action_kind::drop_connection);
    connected_ = attached_ = false;
}

inline void supervisor::act(supervisor_action_kind kind, time_point deadline, change_reason reason) {
    actions_.push_back({kind, generation_, deadline, std::move(reason)});
}

} // namespace tenon::detail

#endif
