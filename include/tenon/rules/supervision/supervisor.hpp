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

#include <tenon/core/fault.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/supervision/health_schedule.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/supervision/restart_counter.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/rules/supervision/stop_sequence.hpp>
#include <tenon/rules/supervision/supervisor_table.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

enum class supervisor_action_kind {
    /// Answer launched(), launch_failed(), or attached() where it takes no process.
    launch,
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
    /// Any cause but `requested` restarts only what somebody wants to run, not what was stopped by hand.
    void restart(change_reason reason, time_point now);
    /// The next step of a stop that is under way, now.
    void hasten(time_point now);
    void needs_met(time_point now);
    /// What runs goes on; the next start waits for it in `blocked`.
    void needs_missing(std::string plugin, time_point now);

    // --- the process ---

    void launched(time_point now);
    void launch_failed(const fault& why, time_point now);
    /// The process is gone and reaped.
    void exited(const exit_status& status, time_point now);

    // --- the connection ---

    /// It came by itself, or it is how an instance without a process is launched: straight to handshaking, no
    /// process to stop. While the process of this instance is handshaking: shake hands there instead. Whoever
    /// comes in another state is not taken: look whether it is_attached().
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
    bool connected_ = false; // and nobody has said that the connection is gone
    bool attached_ = false;  // the connection came by itself
    bool wanted_ = false, final_ = false;
    std::string missing_;

    bool retrying_ = false; // the next start is none by hand

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

} // namespace tenon::detail

#include <tenon/rules/supervision/supervisor_moves.hpp>
#include <tenon/rules/supervision/supervisor_inputs.hpp>

#endif
