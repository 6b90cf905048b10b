#ifndef TENON_RULES_STATE_HPP
#define TENON_RULES_STATE_HPP

// The words for how a plugin is. Its process and its health are two axes that are never mixed; every change of
// the first one has a reason.

#include <tenon/core/compiled.hpp>
#include <tenon/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {

enum class plugin_state { stopped, starting, handshaking, ready, stopping, backoff, failed, blocked };

enum class plugin_health { unknown, healthy, warning, critical };

enum class change_cause {
    requested,  // by the program or an administrator
    shutdown,   // of the host
    reload,     // to take over another configuration or program
    config,     // the configuration does not allow it, or the plugin refused it
    start,      // the program could not be started
    handshake,  // it failed, or the plugin does not want to run here
    crashed,    // ended by a signal
    exited,     // ended by itself
    health,     // too many checks in a row without an answer
    protocol,   // it broke the wire
    limit,      // it broke a limit
    dependency, // another plugin is not ready
    progress,   // the next step of what went before
};

/// What is known of the program that a process was started from.
enum class start_level {
    sealed,  // its bytes were verified, and nobody could change them any more
    checked, // its files were verified, and run by their paths
    linked,  // nothing was verified: it is a folder that somebody works in
};

/// As a person says it: "it is waiting to retry".
TENON_COMPILED_ONCE std::string_view words_of(plugin_state state) noexcept;

namespace detail {
/// "it is waiting to retry: signal 9 (SIGKILL)".
TENON_COMPILED_ONCE std::string it_is(plugin_state state, std::string_view reason);
} // namespace detail

/// How a process ended.
struct exit_status {
    enum class kind { exited, signalled, unknown }; // unknown: it was taken elsewhere
    kind how = kind::unknown;
    int value = 0; // exit code or signal
    bool operator==(const exit_status&) const = default;
};

struct change_reason {
    change_cause cause = change_cause::requested;
    std::string text = {}; // for a person: "signal 9 (SIGKILL)", "handshake.name: expected ..."
};

/// One change of one plugin's state.
struct state_change {
    std::string plugin;
    plugin_state from = plugin_state::stopped, to = plugin_state::stopped;
    change_reason reason = {};
    std::uint64_t generation = 0; // counts the plugin's instances, from 1
    time_point at = {};
    std::string log = {}; // of an instance that ended unasked: its last lines
};

/// "exit code 3", "signal 11 (SIGSEGV)", "unknown".
TENON_COMPILED_ONCE std::string describe_exit(const exit_status& status);

/// One change as a line of its own, for streams and log files:
///
///     {"plugin":"echo","from":"ready","to":"backoff","cause":"crashed","reason":"signal 9 (SIGKILL)",
///      "generation":3,"time":1700000000000}
///
/// `log` is there where an instance ended unasked and had said something. A change knows the steady clock only, so
/// the caller says what time of day it is.
TENON_COMPILED_ONCE std::string change_json(const state_change& change, std::int64_t unix_ms);

} // namespace tenon

#ifndef TENON_COMPILED
#include <tenon/rules/state.ipp>
#endif

#endif
