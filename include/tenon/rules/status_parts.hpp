#ifndef TENON_RULES_STATUS_PARTS_HPP
#define TENON_RULES_STATUS_PARTS_HPP

// What the status of a plugin (rules/status.hpp) is made of, and how types of other floors look in it.

#include <tenon/core/time.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/rules/supervision/breaker.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/limits.hpp>
#include <tenon/session/handshake.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

constexpr auto describe(type<session_counters>) { return camel_case(); }

/// Calls of the host to a plugin: commands, routes and decisions. Every one that was asked for ends as exactly
/// one of the others, or is still queued or in flight.
struct call_counts {
    std::uint64_t asked = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0; // it answered with an error
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t overloaded = 0;   // too many were queued already
    std::uint64_t circuit_open = 0; // not asked, because it fails too often
    std::uint64_t unavailable = 0;  // not running, or its connection ended meanwhile

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

/// Calls of a plugin to the host.
struct reverse_call_counts {
    std::uint64_t asked = 0, succeeded = 0, failed = 0;
    std::uint64_t denied = 0;  // no permission
    std::uint64_t unknown = 0; // no such method

    static constexpr bool allow_missing = true;
};

struct event_counts {
    std::uint64_t delivered = 0; // told or asked
    std::uint64_t dropped = 0;   // lost because it was slow
    std::uint64_t stopped = 0;   // by its decision
    std::uint64_t modified = 0;  // by its decision
    std::uint64_t failed = 0;    // decisions that it did not make: error, timeout, nonsense
    std::uint64_t emitted = 0;   // by itself
    std::uint64_t absent = 0;    // decisions that it did not make because it was not there

    static constexpr bool allow_missing = true;
};

struct log_counts {
    std::uint64_t lines = 0;
    std::uint64_t suppressed = 0; // only counted
    std::uint64_t cut = 0;        // too long
    std::uint64_t below = 0;      // dropped by their level
    std::uint64_t bytes = 0;      // that it wrote

    static constexpr bool allow_missing = true;
};

struct queue_lengths {
    std::uint64_t queued_calls = 0, calls_in_flight = 0;
    std::uint64_t queued_events = 0;
    std::uint64_t output_bytes = 0;       // written by the host, not read by the plugin
    std::uint64_t requests_in_flight = 0; // of the plugin, not answered by the host

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

/// How many took less than a bound and not less than the one before.
struct latency_step {
    double below_ms = 0;
    std::uint64_t count = 0;

    static constexpr auto describe() { return camel_case(); }
};

struct latency_status {
    std::uint64_t count = 0;
    double mean_ms = 0, p50_ms = 0, p90_ms = 0, p99_ms = 0, p999_ms = 0, max_ms = 0;
    std::vector<latency_step> steps = {}; // powers of two, without those that are empty

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

namespace detail {

inline latency_status summarise(const latency_histogram& latency) {
    const auto ms = [](latency_histogram::nanoseconds time) {
        return static_cast<double>(time.count()) / 1e6;
    };
    latency_status summary{.count = latency.count(),
                           .mean_ms = ms(latency.mean()),
                           .p50_ms = ms(latency.quantile(0.5)),
                           .p90_ms = ms(latency.quantile(0.9)),
                           .p99_ms = ms(latency.quantile(0.99)),
                           .p999_ms = ms(latency.quantile(0.999)),
                           .max_ms = ms(latency.longest())};
    constexpr std::size_t octave = std::size_t{1} << latency_histogram::step_bits;
    for (std::size_t begin = 0; begin < latency_histogram::steps; begin += octave) {
        std::uint64_t count = 0;
        for (std::size_t step = begin; step < begin + octave; ++step) count += latency.count_in(step);
        if (count != 0) summary.steps.push_back({ms(latency_histogram::step_begin(begin + octave)), count});
    }
    return summary;
}

} // namespace detail

/// Whether a plugin is asked for one kind of work: "commands", "events", ...
struct breaker_status {
    using condition = breaker_state;

    std::string work = {};
    condition state = condition::closed;
    int failures = 0;                            // in a row
    std::uint64_t opened = 0;                    // how often
    std::optional<milliseconds> next_probe = {}; // from now, while it is open

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        return camel_case(member("nextProbeMs", &breaker_status::next_probe));
    }
};

/// How the last process ended.
struct exit_report {
    exit_status::kind how = exit_status::kind::unknown;
    std::optional<int> code = {}, signal = {};
    std::string text = {};      // "signal 9 (SIGKILL)"
    std::string stop_step = {}; // what made it end, where it was asked to: "ask", "terminate", ...
    std::int64_t unix_ms = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(member("time", &exit_report::unix_ms)); }
};

inline exit_report report_exit(const exit_status& status, std::int64_t unix_ms, std::string stop_step = {}) {
    exit_report report{.how = status.how,
                       .text = describe_exit(status),
                       .stop_step = std::move(stop_step),
                       .unix_ms = unix_ms};
    if (status.how == exit_status::kind::exited) report.code = status.value;
    if (status.how == exit_status::kind::signalled) report.signal = status.value;
    return report;
}

/// One change of state, with the time of day, as it stands in a history and in a stream of changes.
struct change_report {
    std::int64_t unix_ms = 0;
    std::string plugin = {}; // empty within its plugin's own status
    plugin_state from = plugin_state::stopped, to = plugin_state::stopped;
    change_reason reason = {};
    std::uint64_t generation = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(member("time", &change_report::unix_ms)); }
};

namespace detail {

struct change_line {
    std::string_view plugin;
    plugin_state from, to;
    change_cause cause;
    std::string_view reason;
    std::uint64_t generation;
    std::string_view log;
    std::int64_t time;

    static constexpr auto describe() { return all_members(member("log", &change_line::log, omit_empty)); }
};

} // namespace detail

/// One change as a line of its own, for streams and log files:
///
///     {"plugin":"echo","from":"ready","to":"backoff","cause":"crashed","reason":"signal 9 (SIGKILL)",
///      "generation":3,"time":1700000000000}
///
/// `log` is there where an instance ended unasked and had said something. A change knows the steady clock only, so
/// the caller says what time of day it is.
inline std::string change_json(const state_change& change, std::int64_t unix_ms) {
    return to_json(detail::change_line{change.plugin, change.from, change.to, change.reason.cause,
                                       change.reason.text, change.generation, change.log, unix_ms});
}

/// What the system knows of a process.
struct process_status {
    std::uint64_t memory_bytes = 0; // resident
    milliseconds cpu{0};            // used in all
    int threads = 0, descriptors = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(member("cpuMs", &process_status::cpu)); }
};

struct metric_status {
    std::string name = {};
    double value = 0;
};

struct subscription_status {
    std::string type = {}; // "message.incoming", "message.*", "*"
    std::optional<detail::event_mode> mode = {};
    int priority = 0;
    std::optional<detail::failure_policy> on_failure = {};
    std::string source = {}; // "capability", "handshake" or "subscribed" (at run time)

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

struct route_status {
    std::string method = {};
    std::string path = {}; // with the plugin's prefix
    std::string description = {};
    bool auth = false;

    static constexpr bool allow_missing = true;
};

struct command_status {
    std::string name = {}, description = {};
    std::optional<json> params = {}, result = {}; // JSON Schema
    bool at_run_time = false;                     // registered after the handshake

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

} // namespace tenon

#endif
