#ifndef TENON_RULES_SUPERVISION_SUPERVISOR_TABLE_HPP
#define TENON_RULES_SUPERVISION_SUPERVISOR_TABLE_HPP

// The one table of how a plugin's state changes: what is to be done when this input comes in that state. The
// supervisor does it and decides nothing else about states, except where a move says "by ...": whether the policy
// has a retry left, whether a need is missing, what was to follow a stop.
//
// What stands nowhere in a row means nothing in that state and is ignored: late notices, commands that are
// fulfilled already.

#include <tenon/rules/state.hpp>

#include <cstddef>

namespace tenon::detail {

enum class supervisor_input {
    start,
    stop,
    restart,
    launched,
    launch_failed,
    launch_refused, // what was asked for cannot be had here, and could not the next time
    attached,
    accepted, // the handshake
    rejected, // the handshake: a bad answer, or the plugin refuses to run here
    exited,
    lost,    // the connection
    trouble, // a limit was broken, or health was missed too often
    needs_met,
    needs_missing,
    overdue, // the deadline that the state has is over
};

enum class supervisor_move {
    ignore,
    begin,         // -> starting, or by needs -> blocked
    greet,         // -> handshaking
    greet_again,   // on another connection of the same instance; no change
    work,          // -> ready
    rest,          // -> stopped; nothing runs
    end_to_rest,   // -> stopping, then stopped
    end_to_begin,  // -> stopping, then as begin
    end_to_retry,  // -> stopping, then as retry
    end_to_fail,   // -> stopping, then failed
    turn_to_rest,  // stopping already: what follows is stopped
    turn_to_begin, // stopping already: what follows is another start
    fail,          // -> failed; nothing runs
    retry,         // nothing runs any more; by policy -> backoff or failed
    conclude,      // stopped running; -> what was to follow
    run_steps,     // what was launched while it is to be stopped is there now
    escalate,      // the next step of stopping
    fade,          // the connection is gone while it stops: it should be over soon
    drop,          // the connection is gone while it works: stop what runs, then as retry
};

struct supervisor_row {
    plugin_state state;
    supervisor_input input;
    supervisor_move move;
};

inline constexpr supervisor_row supervisor_rows[] = {
    {plugin_state::stopped, supervisor_input::start, supervisor_move::begin},
    {plugin_state::stopped, supervisor_input::restart, supervisor_move::begin},
    {plugin_state::stopped, supervisor_input::attached, supervisor_move::greet},

    {plugin_state::starting, supervisor_input::stop, supervisor_move::end_to_rest},
    {plugin_state::starting, supervisor_input::restart, supervisor_move::end_to_begin},
    {plugin_state::starting, supervisor_input::launched, supervisor_move::greet},
    {plugin_state::starting, supervisor_input::launch_failed, supervisor_move::retry},
    {plugin_state::starting, supervisor_input::launch_refused, supervisor_move::fail},
    {plugin_state::starting, supervisor_input::attached, supervisor_move::greet},
    {plugin_state::starting, supervisor_input::exited, supervisor_move::retry},

    {plugin_state::handshaking, supervisor_input::stop, supervisor_move::end_to_rest},
    {plugin_state::handshaking, supervisor_input::restart, supervisor_move::end_to_begin},
    {plugin_state::handshaking, supervisor_input::attached, supervisor_move::greet_again},
    {plugin_state::handshaking, supervisor_input::accepted, supervisor_move::work},
    {plugin_state::handshaking, supervisor_input::rejected, supervisor_move::end_to_fail},
    {plugin_state::handshaking, supervisor_input::exited, supervisor_move::retry},
    {plugin_state::handshaking, supervisor_input::lost, supervisor_move::drop},
    {plugin_state::handshaking, supervisor_input::trouble, supervisor_move::end_to_retry},
    {plugin_state::handshaking, supervisor_input::overdue, supervisor_move::end_to_fail},

    {plugin_state::ready, supervisor_input::stop, supervisor_move::end_to_rest},
    {plugin_state::ready, supervisor_input::restart, supervisor_move::end_to_begin},
    {plugin_state::ready, supervisor_input::exited, supervisor_move::retry},
    {plugin_state::ready, supervisor_input::lost, supervisor_move::drop},
    {plugin_state::ready, supervisor_input::trouble, supervisor_move::end_to_retry},

    {plugin_state::stopping, supervisor_input::start, supervisor_move::turn_to_begin},
    {plugin_state::stopping, supervisor_input::stop, supervisor_move::turn_to_rest},
    {plugin_state::stopping, supervisor_input::restart, supervisor_move::turn_to_begin},
    {plugin_state::stopping, supervisor_input::launched, supervisor_move::run_steps},
    {plugin_state::stopping, supervisor_input::launch_failed, supervisor_move::conclude},
    {plugin_state::stopping, supervisor_input::launch_refused, supervisor_move::conclude},
    {plugin_state::stopping, supervisor_input::attached, supervisor_move::run_steps},
    {plugin_state::stopping, supervisor_input::exited, supervisor_move::conclude},
    {plugin_state::stopping, supervisor_input::lost, supervisor_move::fade},
    {plugin_state::stopping, supervisor_input::overdue, supervisor_move::escalate},

    {plugin_state::backoff, supervisor_input::start, supervisor_move::begin},
    {plugin_state::backoff, supervisor_input::stop, supervisor_move::rest},
    {plugin_state::backoff, supervisor_input::restart, supervisor_move::begin},
    {plugin_state::backoff, supervisor_input::attached, supervisor_move::greet},
    {plugin_state::backoff, supervisor_input::overdue, supervisor_move::begin},

    {plugin_state::failed, supervisor_input::start, supervisor_move::begin},
    {plugin_state::failed, supervisor_input::stop, supervisor_move::rest},
    {plugin_state::failed, supervisor_input::restart, supervisor_move::begin},
    {plugin_state::failed, supervisor_input::attached, supervisor_move::greet},

    {plugin_state::blocked, supervisor_input::stop, supervisor_move::rest},
    {plugin_state::blocked, supervisor_input::attached, supervisor_move::greet},
    {plugin_state::blocked, supervisor_input::needs_met, supervisor_move::begin},
};

inline constexpr std::size_t plugin_state_count = static_cast<std::size_t>(plugin_state::blocked) + 1;
inline constexpr std::size_t supervisor_input_count = static_cast<std::size_t>(supervisor_input::overdue) + 1;

struct supervisor_table {
    supervisor_move moves[plugin_state_count][supervisor_input_count] = {};

    constexpr supervisor_table() {
        for (const supervisor_row& row : supervisor_rows)
            moves[static_cast<std::size_t>(row.state)][static_cast<std::size_t>(row.input)] = row.move;
    }
};

inline constexpr supervisor_table supervisor_moves{};

constexpr supervisor_move move_for(plugin_state state, supervisor_input input) noexcept {
    return supervisor_moves.moves[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

} // namespace tenon::detail

#endif
