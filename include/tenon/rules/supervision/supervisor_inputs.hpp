#ifndef TENON_RULES_SUPERVISION_SUPERVISOR_INPUTS_HPP
#define TENON_RULES_SUPERVISION_SUPERVISOR_INPUTS_HPP

// The inputs and outputs of the supervisor: each checks whether it is about what is there now, notes what is to
// be remembered in every state, and leaves the rest to the table. The time comes in here as well.

#include <tenon/rules/supervision/supervisor.hpp>
#include <tenon/rules/supervision/supervisor_texts.hpp>

#include <algorithm>
#include <utility>

namespace tenon::detail {

inline supervisor::supervisor(const plugin_options& options, std::uint64_t seed)
    : name_(options.name), restarts_(options.restart, seed_of(options.name, seed)) {
    use(options);
}

inline void supervisor::use(const plugin_options& options) {
    waits_to_be_attached_ = options.command.empty() && options.attach;
    handshake_timeout_ = options.handshake_timeout;
    stop_policy_ = options.stop;
    restarts_.use(options.restart);
    health_.use(options);
}

// --- commands ---

inline void supervisor::start(change_reason reason, time_point now) {
    if (final_) return;
    wanted_ = true;
    const bool runs = state_ == plugin_state::starting || state_ == plugin_state::handshaking ||
                      state_ == plugin_state::ready;
    if (runs) return;
    restarts_.reset();
    retrying_ = false;
    apply(supervisor_input::start, std::move(reason), now);
}

inline void supervisor::stop(change_reason reason, time_point now) {
    final_ = final_ || reason.cause == change_cause::shutdown;
    wanted_ = false;
    apply(supervisor_input::stop, std::move(reason), now);
}

inline void supervisor::restart(change_reason reason, time_point now) {
    if (final_ || (!wanted_ && reason.cause != change_cause::requested)) return;
    wanted_ = true;
    restarts_.reset();
    retrying_ = false;
    apply(supervisor_input::restart, std::move(reason), now);
}

inline void supervisor::hasten(time_point now) {
    if (state_ == plugin_state::stopping && !launching_) escalate(now);
}

inline void supervisor::needs_met(time_point now) {
    missing_.clear();
    if (!final_) apply(supervisor_input::needs_met, {change_cause::progress, "what it needs is ready"}, now);
}

inline void supervisor::needs_missing(std::string plugin, time_point now) {
    missing_ = std::move(plugin);
    apply(supervisor_input::needs_missing, {change_cause::dependency, missing_}, now);
}

// --- the process ---

inline void supervisor::launched(time_point now) {
    if (!launching_) return;
    launching_ = false;
    process_ = connected_ = true;
    apply(supervisor_input::launched, {change_cause::progress, {}}, now);
}

inline void supervisor::launch_failed(const fault& why, time_point now) {
    if (!launching_) return;
    launching_ = false;
    apply(supervisor_input::launch_failed, {change_cause::start, shortened(why.message)}, now);
}

inline void supervisor::exited(const exit_status& status, time_point now) {
    if (!process_ && !launching_) return;
    last_exit_ = status;
    last_stop_step_.reset(); // until conclude() says that one worked
    launching_ = process_ = false;
    actions_.clear(); // what was still to be done to it
    const bool crashed = status.how == exit_status::kind::signalled;
    std::string text = describe_exit(status);
    if (state_ == plugin_state::handshaking)
        text = shortened(both(join({text, " before the handshake was answered"}), heard_));
    apply(supervisor_input::exited, {crashed ? change_cause::crashed : change_cause::exited, std::move(text)},
          now);
}

// --- the connection ---

inline void supervisor::attached(time_point now) {
    if (!final_ || launching_)
        apply(supervisor_input::attached, {change_cause::progress, "it is connected"}, now);
}

inline void supervisor::handshake_accepted(time_point now) {
    apply(supervisor_input::accepted, {change_cause::progress, {}}, now);
}

inline void supervisor::handshake_failed(const fault& why, time_point now) {
    if (why.code == codes::unavailable) return;
    apply(supervisor_input::rejected, {change_cause::handshake, shortened(why.message)}, now);
}

inline void supervisor::refused_to_run(std::string reason, time_point now) {
    apply(supervisor_input::rejected,
          {change_cause::handshake, shortened(join({"it does not want to run here: ", reason}))}, now);
}

inline void supervisor::heard(std::string words) {
    if (state_ == plugin_state::handshaking) heard_ = std::move(words);
    else if (state_ == plugin_state::stopping && stop_reason_.cause == change_cause::handshake)
        stop_reason_.text = shortened(both(stop_reason_.text, words));
}

inline void supervisor::connection_closed(std::string why, change_cause cause, time_point now) {
    if (!connected_) return;
    connected_ = false;
    if (state_ == plugin_state::handshaking)
        why = both(join({why, " before the handshake was answered"}), heard_);
    change_reason reason{cause, shortened(why)};
    const bool stops = state_ == plugin_state::stopping;
    if (cause != change_cause::exited || !process_ || stops)
        return apply(supervisor_input::lost, std::move(reason), now);
    lost_reason_ = {change_cause::protocol, std::move(reason.text)};
    lost_at_ = after(now, end_of_output_grace);
}

inline void supervisor::stop_answered(time_point now) {
    if (state_ == plugin_state::stopping && steps_.last() == stop_action::ask) steps_.hasten(now, exit_grace);
}

inline void supervisor::health_answered(plugin_health health, std::string message, time_point) {
    if (state_ == plugin_state::ready) health_.answered(health, shortened(message));
}

inline void supervisor::health_missed(time_point now) {
    if (state_ != plugin_state::ready || health_.missed(now) != health_schedule::step::hung) return;
    apply(supervisor_input::trouble, hung(), now);
}

inline void supervisor::broke_limit(std::string why, time_point now) {
    apply(supervisor_input::trouble, {change_cause::limit, shortened(why)}, now);
}

// --- time ---

inline change_reason supervisor::hung() const {
    const auto misses = static_cast<std::uint64_t>(health_.misses());
    return {change_cause::health, join({"no answer to ", digits(misses), " health checks in a row"})};
}

inline void supervisor::handle_timeout(time_point now) {
    note_stability(now);
    if (now >= lost_at_) {
        lost_at_ = never;
        return apply(supervisor_input::lost, std::move(lost_reason_), now);
    }
    switch (state_) {
    case plugin_state::handshaking:
        if (now < deadline_) return;
        if (is_pause(deadline_, now)) {
            deadline_ = after(now, handshake_timeout_);
            return;
        }
        apply(supervisor_input::overdue,
              {change_cause::handshake, shortened(both(join({"no answer to the handshake within ",
                                                             whole_milliseconds(handshake_timeout_), " ms"}),
                                                       heard_))},
              now);
        return;
    case plugin_state::ready: {
        const health_schedule::step step = health_.handle_timeout(now);
        if (step == health_schedule::step::check)
            act(supervisor_action_kind::check_health, health_.answer_by());
        else if (step == health_schedule::step::hung) apply(supervisor_input::trouble, hung(), now);
        return;
    }
    case plugin_state::stopping:
        if (now < steps_.deadline() || (is_pause(steps_.deadline(), now) && steps_.rearm(now))) return;
        apply(supervisor_input::overdue, {}, now);
        return;
    case plugin_state::backoff:
        if (now < deadline_) return;
        if (is_pause(deadline_, now) && !spread_) {
            spread_ = true;
            deadline_ = after(now, restarts_.spread(delay_));
            if (now < deadline_) return;
        }
        apply(
            supervisor_input::overdue,
            {change_cause::progress, join({"retry ", digits(static_cast<std::uint64_t>(restarts_.count()))})},
            now);
        return;
    default:
        return;
    }
}

inline time_point supervisor::next_deadline() const noexcept {
    switch (state_) {
    case plugin_state::backoff:
        return deadline_;
    case plugin_state::handshaking:
        return std::min(deadline_, lost_at_);
    case plugin_state::ready:
        return std::min({health_.next_deadline(), stable_at_, lost_at_});
    case plugin_state::stopping:
        return steps_.deadline();
    default:
        return never;
    }
}

inline void supervisor::note_stability(time_point now) {
    if (state_ != plugin_state::ready || now < stable_at_) return;
    restarts_.reset();
    stable_at_ = never;
}

// --- what comes out ---

inline bool supervisor::next_action(supervisor_action& action) {
    if (actions_.empty()) return false;
    action = std::move(actions_.front());
    actions_.pop_front();
    return true;
}

inline bool supervisor::next_change(state_change& change) {
    if (changes_.empty()) return false;
    change = std::move(changes_.front());
    changes_.pop_front();
    return true;
}

inline bool supervisor::admits(std::uint64_t generation) noexcept {
    if (generation == generation_ && (process_ || launching_ || connected_)) return true;
    ++late_notices_;
    return false;
}

inline milliseconds supervisor::time_in_state(time_point now) const noexcept {
    return now > since_ && since_ != time_point{} ? std::chrono::duration_cast<milliseconds>(now - since_)
                                                  : milliseconds{0};
}

} // namespace tenon::detail

#endif
