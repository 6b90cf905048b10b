#ifndef TENON_RULES_STATE_HPP
#define TENON_RULES_STATE_HPP

// The words for how a plugin is. Its process and its health are two axes that are never mixed; every change of
// the first one has a reason.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/encode.hpp>

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

/// As a person says it: "it is waiting to retry".
inline std::string_view words_of(plugin_state state) noexcept {
    if (state == plugin_state::handshaking) return "shaking hands";
    return state == plugin_state::backoff ? "waiting to retry" : name_of(state);
}

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
inline std::string describe_exit(const exit_status& status) {
    struct named {
        int number;
        std::string_view name;
    };
    // As Linux numbers them on every machine that we build for.
    constexpr named signals[] = {{1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {4, "SIGILL"},
                                 {6, "SIGABRT"},  {7, "SIGBUS"},   {8, "SIGFPE"},   {9, "SIGKILL"},
                                 {11, "SIGSEGV"}, {13, "SIGPIPE"}, {15, "SIGTERM"}, {24, "SIGXCPU"},
                                 {31, "SIGSYS"}};
    const auto number = detail::digits(static_cast<std::uint64_t>(status.value));
    if (status.how == exit_status::kind::exited) return detail::join({"exit code ", number});
    if (status.how == exit_status::kind::unknown) return "unknown";
    for (const named& one : signals)
        if (one.number == status.value) return detail::join({"signal ", number, " (", one.name, ")"});
    return detail::join({"signal ", number});
}

} // namespace tenon

#endif
