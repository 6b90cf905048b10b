#ifndef TENON_RULES_SUPERVISION_SUPERVISOR_HPP
#define TENON_RULES_SUPERVISION_SUPERVISOR_HPP

// One plugin's life: commands, what its process and its connection do, and time come in; actions and changes of
// state come out. No I/O, and it reads no clock. What happens when is in supervisor_table.hpp.
//
//     supervisor life(options, seed);
//     life.start({change_cause::requested}, now);
//     for (supervisor_action action; life.next_action(action);) perform(action);   // after every input
//     for (state_change change; life.next_change(change);) tell(change);
//     arm(life.next_deadline());                                                   // then handle_timeout(now)
//
// Every input may come in every state; what means nothing there is ignored. Performing an action may call back
// into it. Notices of an instance (its exit, its answers, its bytes) may arrive when the next one runs already:
// `if (life.admits(generation)) life.exited(status, now);` leaves those out.

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/rules/supervision/schedules.hpp>
#include <tenon/rules/supervision/supervisor_table.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

inline std::string whole_milliseconds(milliseconds time) {
    return std::string(digits(time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0));
}

/// "first; second", or the one that is there.
inline std::string both(std::string_view first, std::string_view second) {
    return join({first, first.empty() || second.empty() ? "" : "; ", second});
}

/// "exit code 3; retry 1 of 3 in 1 second" without the retry: what is still true later, or where nothing is retried.
inline std::string_view without_retry(std::string_view reason) {
    constexpr std::string_view behind = "; retry ";
    const std::size_t at = reason.rfind(behind);
    if (at == reason.npos || reason.find_first_of("0123456789", at) != at + behind.size()) return reason;
    return reason.substr(0, at);
}

enum class supervisor_action_kind {
    /// Answer launched(), launch_failed(), launch_refused(), or attached() where it takes no process.
    launch,
    /// The launch is not wanted any more. Where nothing is launched yet, answer launch_failed() instead of waiting for it.
    call_off,
    /// Answer handshake_accepted(), handshake_failed() or refused_to_run(). The call needs no deadline of its
    /// own: that is kept here, where a pause of the host is seen.
    shake_hands,
    /// plugin/shutdown with `reason`, by `deadline`; then stop_answered() and the notification `exit`.
    ask_to_stop,
    close_stdin, // once what is queued was written
    terminate,   // SIGTERM to the process group
    kill,        // SIGKILL to the process group
    /// By `deadline`; answer health_answered() or health_missed().
    check_health,
    drop_connection, // for good; nothing that comes from it means anything any more
};

/// Changes of one plugin that are remembered: some five crashes with their retries.
inline constexpr std::size_t history_kept = 32;

/// A plugin that ends takes its output with it. That is heard first as a rule, but the process says why.
inline constexpr milliseconds end_of_output_grace{250};

struct supervisor_action {
    supervisor_action_kind kind = supervisor_action_kind::launch;
    std::uint64_t generation = 0;
    time_point deadline = never;
    change_reason reason = {};
};

class supervisor {
public:
    /// `seed` is of the jitter. The plugin's name is mixed into it, so that one seed may serve a whole host.
    supervisor(const plugin_options& options, std::uint64_t seed);

    /// Other options, from the next instance on. What runs goes on; restart() to apply them.
    void use(const plugin_options& options);

    // --- commands ---

    /// By hand: the count of retries begins anew, and a pending delay is over.
    void start(change_reason reason, time_point now);
    /// With change_cause::shutdown it is final: whatever comes later, nothing is started any more.
    void stop(change_reason reason, time_point now);
    /// Any cause but `requested` restarts only a plugin that is meant to run, not one that was stopped by hand.
    void restart(change_reason reason, time_point now);
    /// The next step of a stop that is under way, now.
    void hasten(time_point now);
    void needs_met(time_point now);
    /// What runs goes on; the next start waits for it in `blocked`.
    void needs_missing(std::string plugin, time_point now);

    // --- the process ---

    void launched(time_point now);
    void launch_failed(const fault& why, time_point now);
    /// The same where the next try would fail as well, because the system cannot do what was asked for: failed.
    void launch_refused(const fault& why, time_point now);
    /// The process is gone and reaped.
    void exited(const exit_status& status, time_point now);

    // --- the connection ---

    /// It came by itself, or it is how an instance without a process is launched: straight to handshaking, no
    /// process to stop. While the process of this instance is handshaking: shake hands there instead. In
    /// any other state it is not taken: look whether it is_attached().
    void attached(time_point now);
    void handshake_accepted(time_point now);
    /// A bad answer. It would be as bad the next time: failed. With codes::unavailable nothing happens yet: why
    /// there is no connection any more is told by connection_closed() or exited().
    void handshake_failed(const fault& why, time_point now);
    void refused_to_run(std::string reason, time_point now);
    /// What is known of an instance that has not shaken hands: a part of the reason where it never does. Before
    /// exited() and handle_timeout(), and again while it stops for that.
    void heard(std::string words);
    /// A broken wire or a write that stalls: stop what still runs, then by restart policy. With the cause
    /// `exited` (a clean end of output) the end of its process is waited for a moment, to be the reason.
    void connection_closed(std::string why, change_cause cause, time_point now);
    void stop_answered(time_point now);
    void health_answered(plugin_health health, std::string message, time_point now);
    /// No answer, or none that makes sense.
    void health_missed(time_point now);
    void broke_limit(std::string why, time_point now);

    // --- time ---

    void handle_timeout(time_point now);
    time_point next_deadline() const noexcept;

    // --- what comes out: drain both after every input ---

    /// Whether there is anything to be had from the two that follow.
    bool wishes() const noexcept { return !actions_.empty() || !changes_.empty(); }
    bool next_action(supervisor_action& action);
    bool next_change(state_change& change);

    // --- looking in ---

    plugin_state state() const noexcept { return state_; }
    plugin_health health() const noexcept { return health_.health(); }
    const std::string& health_message() const noexcept { return health_.message(); }
    int health_misses() const noexcept { return health_.misses(); }
    /// Counts the instances that were begun, from 1; 0 before the first. One that takes another's place counts on.
    void count_on_from(std::uint64_t generation) noexcept { generation_ = generation; }
    std::uint64_t generation() const noexcept { return generation_; }
    /// Whether a notice of this instance still means something. Counts those that do not.
    bool admits(std::uint64_t generation) noexcept;
    std::uint64_t late_notices() const noexcept { return late_notices_; }
    /// Since the count began; and all that there ever were, without those by hand.
    int retries() const noexcept { return restarts_.count(); }
    std::uint64_t restarts() const noexcept { return restarted_; }
    /// When it is started again; never in any other state than backoff.
    time_point next_retry() const noexcept { return state_ == plugin_state::backoff ? deadline_ : never; }
    /// Whether the last command was a start.
    bool wanted() const noexcept { return wanted_; }
    /// Whether the host ends: nothing will be started any more.
    bool final() const noexcept { return final_; }
    bool has_process() const noexcept { return process_; }
    bool is_attached() const noexcept { return attached_; }
    /// The need that is missing, or empty.
    const std::string& missing_need() const noexcept { return missing_; }
    const std::optional<exit_status>& last_exit() const noexcept { return last_exit_; }
    /// The step after which the last instance that was stopped has ended; none if it ended by itself.
    std::optional<stop_action> last_stop_step() const noexcept { return last_stop_step_; }
    time_point since() const noexcept { return since_; }
    milliseconds time_in_state(time_point now) const noexcept;
    /// Why it is in this state.
    const change_reason& reason() const noexcept { return reason_; }
    /// The last changes, oldest first.
    const std::deque<state_change>& history() const noexcept { return history_; }

private:
    enum class sequel { rest, begin, retry, fail }; // what follows a stop

    void apply(supervisor_input input, change_reason reason, time_point now);
    void begin(change_reason reason, time_point now);
    void greet(bool by_itself, change_reason reason, time_point now);
    void greet_again(time_point now);
    void work(time_point now);
    void rest(change_reason reason, time_point now);
    void fail(change_reason reason, time_point now);
    void retry(change_reason reason, time_point now);
    void end(sequel then, change_reason reason, time_point now);
    void drop(change_reason reason, time_point now);
    void fade(change_reason reason, time_point now);
    void escalate(time_point now);
    void conclude(change_reason ending, time_point now);
    void change(plugin_state to, change_reason reason, time_point now);
    void leave_instance();
    void note_stability(time_point now);
    change_reason hung() const;
    void act(supervisor_action_kind kind, time_point deadline = never, change_reason reason = {});

    std::string name_;
    bool waits_to_be_attached_ = false; // it cannot be launched
    milliseconds handshake_timeout_{0};
    stop_policy stop_policy_;
    restart_counter restarts_;
    health_schedule health_;
    stop_sequence steps_;

    plugin_state state_ = plugin_state::stopped;
    std::uint64_t generation_ = 0;
    time_point since_ = {};
    change_reason reason_;
    time_point deadline_ = never;  // of the handshake, or of the retry
    time_point lost_at_ = never;   // when the end of its output is taken for more than its own end
    time_point stable_at_ = never; // when the count of retries begins anew
    milliseconds delay_{0};        // of the retry
    bool spread_ = false;          // the retry was put off once more after a pause

    bool launching_ = false; // told to launch, and no word of it yet
    bool process_ = false;   // launched and not reaped
    bool connected_ = false; // until on_disconnected(), or the end of the process
    bool attached_ = false;  // the connection came by itself
    bool wanted_ = false, final_ = false;
    std::string missing_;

    bool retrying_ = false; // the next start is a retry, not one by hand

    sequel sequel_ = sequel::rest;
    change_reason stop_reason_, begin_reason_; // why it stops, and why it starts after that
    change_reason lost_reason_;
    std::string heard_; // until the handshake
    std::optional<exit_status> last_exit_;
    std::optional<stop_action> last_stop_step_;
    std::uint64_t restarted_ = 0, late_notices_ = 0;

    std::deque<supervisor_action> actions_;
    std::deque<state_change> changes_, history_;
};

// ---- inputs and outputs ---------------------------------------------------------------------------------------
// Each input checks whether it is about what is there now, notes what is to be remembered in every state, and leaves
// the rest to the table. Time comes in here as well.

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

inline void supervisor::launch_refused(const fault& why, time_point now) {
    if (!launching_) return;
    launching_ = false;
    apply(supervisor_input::launch_refused, {change_cause::config, shortened(why.message)}, now);
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
    else if (state_ == plugin_state::stopping && stop_reason_.cause == change_cause::handshake) {
        std::string_view before = stop_reason_.text;
        constexpr std::string_view nothing = "; it printed nothing"; // until now
        if (before.ends_with(nothing)) before.remove_suffix(nothing.size());
        stop_reason_.text = shortened(both(before, words));
    }
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
    default: return;
    }
}

inline time_point supervisor::next_deadline() const noexcept {
    switch (state_) {
    case plugin_state::backoff: return deadline_;
    case plugin_state::handshaking: return std::min(deadline_, lost_at_);
    case plugin_state::ready: return std::min({health_.next_deadline(), stable_at_, lost_at_});
    case plugin_state::stopping: return steps_.deadline();
    default: return never;
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

// ---- what is done for each move of the table ------------------------------------------------------------------
// Every change of state goes through change(); what belongs to one instance ends in leave_instance(). A stop remembers
// what is to follow it, so that commands that come meanwhile only have to change that.

inline void supervisor::apply(supervisor_input input, change_reason reason, time_point now) {
    switch (move_for(state_, input)) {
    case supervisor_move::ignore: return;
    case supervisor_move::begin: return begin(std::move(reason), now);
    case supervisor_move::greet: return greet(input == supervisor_input::attached, std::move(reason), now);
    case supervisor_move::greet_again: return greet_again(now);
    case supervisor_move::work: return work(now);
    case supervisor_move::rest: return rest(std::move(reason), now);
    case supervisor_move::end_to_rest: return end(sequel::rest, std::move(reason), now);
    case supervisor_move::end_to_begin: return end(sequel::begin, std::move(reason), now);
    case supervisor_move::end_to_retry: return end(sequel::retry, std::move(reason), now);
    case supervisor_move::end_to_fail: return end(sequel::fail, std::move(reason), now);
    case supervisor_move::turn_to_rest:
        sequel_ = sequel::rest;
        stop_reason_ = std::move(reason);
        return;
    case supervisor_move::turn_to_begin:
        sequel_ = sequel::begin;
        begin_reason_ = std::move(reason);
        return;
    case supervisor_move::fail: return fail(std::move(reason), now);
    case supervisor_move::retry: return retry(std::move(reason), now);
    case supervisor_move::conclude: return conclude(std::move(reason), now);
    case supervisor_move::run_steps:
        if (input == supervisor_input::attached) {
            if (!launching_) return;
            attached_ = connected_ = true;
            launching_ = false;
        }
        return escalate(now);
    case supervisor_move::escalate: return escalate(now);
    case supervisor_move::fade: return fade(std::move(reason), now);
    case supervisor_move::drop: return drop(std::move(reason), now);
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

inline void supervisor::fail(change_reason reason, time_point now) {
    leave_instance();
    change(plugin_state::failed, std::move(reason), now);
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
        const std::string why = !policy.enabled || policy.max_retries == 0 ? "restarts are off"
                                : policy.max_retries == 1                  ? "the only retry is used up"
                                                          : join({"all ", most, " retries are used up"});
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
        both(reason.text, join({"retry ", digits(number), " of ", most, " in ", time_words(delay_)}));
    change(plugin_state::backoff, std::move(reason), now);
}

inline void supervisor::end(sequel then, change_reason reason, time_point now) {
    note_stability(now);
    // A plugin that has not greeted, or whose answers are worth nothing, is not asked; one that is hung does not
    // see its input end either, and every step would only put off its next start.
    const bool hangs = reason.cause == change_cause::health;
    const bool asks = state_ == plugin_state::ready && connected_ && !hangs && then != sequel::retry;
    steps_.begin(stop_policy_, asks, !hangs);
    sequel_ = then;
    stop_reason_ = begin_reason_ = reason;
    health_.end();
    stable_at_ = deadline_ = lost_at_ = never;
    change(plugin_state::stopping, std::move(reason), now);
    if (launching_) act(supervisor_action_kind::call_off);
    else escalate(now);
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
        case stop_action::close_stdin: act(supervisor_action_kind::close_stdin); break;
        case stop_action::terminate: act(supervisor_action_kind::terminate); break;
        case stop_action::kill: act(supervisor_action_kind::kill); break;
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
    case sequel::rest: return rest(std::move(reason), now);
    case sequel::retry: return retry(std::move(reason), now);
    case sequel::fail: return fail(std::move(reason), now);
    case sequel::begin: rest(std::move(reason), now); return begin(std::move(begin_reason_), now);
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
