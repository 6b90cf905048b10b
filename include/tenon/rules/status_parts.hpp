#ifndef TENON_RULES_STATUS_PARTS_HPP
#define TENON_RULES_STATUS_PARTS_HPP

// What the status of a plugin (rules/status.hpp) is made of, and how types of other floors look in it.

#include <tenon/core/time.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/counters.hpp>
#include <tenon/session/handshake.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

constexpr auto describe(type<session_counters>) {
    using of = session_counters;
    return members(
        member("received", &of::received), member("sent", &of::sent), member("badBodies", &of::bad_bodies),
        member("malformedReplies", &of::malformed_replies), member("refusedRequests", &of::refused_requests),
        member("overloadedRequests", &of::overloaded_requests),
        member("ignoredNotifications", &of::ignored_notifications),
        member("unknownCancels", &of::unknown_cancels), member("orphanReplies", &of::orphan_replies),
        member("lateReplies", &of::late_replies), member("unknownProgress", &of::unknown_progress),
        member("peerErrors", &of::peer_errors), member("emptyFrames", &of::empty_frames),
        member("oversizedFrames", &of::oversized_frames), member("pollutionBytes", &of::pollution_bytes),
        member("timeouts", &of::timeouts), member("refusedCalls", &of::refused_calls),
        member("droppedNotifications", &of::dropped_notifications),
        member("oversizedReplies", &of::oversized_replies));
}

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
    static constexpr auto describe() {
        using self = call_counts;
        return members(member("asked", &self::asked), member("succeeded", &self::succeeded),
                       member("failed", &self::failed), member("timedOut", &self::timed_out),
                       member("cancelled", &self::cancelled), member("overloaded", &self::overloaded),
                       member("circuitOpen", &self::circuit_open), member("unavailable", &self::unavailable));
    }
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
    static constexpr auto describe() {
        using self = queue_lengths;
        return members(
            member("queuedCalls", &self::queued_calls), member("callsInFlight", &self::calls_in_flight),
            member("queuedEvents", &self::queued_events), member("outputBytes", &self::output_bytes),
            member("requestsInFlight", &self::requests_in_flight));
    }
};

/// How many took less than a bound and not less than the one before.
struct latency_step {
    double below_ms = 0;
    std::uint64_t count = 0;

    static constexpr auto describe() {
        using self = latency_step;
        return members(member("belowMs", &self::below_ms), member("count", &self::count));
    }
};

struct latency_status {
    std::uint64_t count = 0;
    double mean_ms = 0, p50_ms = 0, p90_ms = 0, p99_ms = 0, p999_ms = 0, max_ms = 0;
    std::vector<latency_step> steps = {}; // powers of two, without those that are empty

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = latency_status;
        return members(member("count", &self::count), member("meanMs", &self::mean_ms),
                       member("p50Ms", &self::p50_ms), member("p90Ms", &self::p90_ms),
                       member("p99Ms", &self::p99_ms), member("p999Ms", &self::p999_ms),
                       member("maxMs", &self::max_ms), member("steps", &self::steps));
    }
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
    enum class condition { closed, half_open, open };

    std::string work = {};
    condition state = condition::closed;
    int failures = 0;                            // in a row
    std::uint64_t opened = 0;                    // how often
    std::optional<milliseconds> next_probe = {}; // from now, while it is open

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = breaker_status;
        return members(member("work", &self::work), member("state", &self::state),
                       member("failures", &self::failures), member("opened", &self::opened),
                       member("nextProbeMs", &self::next_probe));
    }
};
constexpr auto describe(type<breaker_status::condition>) {
    using is = breaker_status::condition;
    return enumerators(enumerator("closed", is::closed), enumerator("halfOpen", is::half_open),
                       enumerator("open", is::open));
}

/// How the last process ended.
struct exit_report {
    exit_status::kind how = exit_status::kind::unknown;
    std::optional<int> code = {}, signal = {};
    std::string text = {};      // "signal 9 (SIGKILL)"
    std::string stop_step = {}; // what made it end, where it was asked to: "ask", "terminate", ...
    std::int64_t unix_ms = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = exit_report;
        return members(member("how", &self::how), member("code", &self::code),
                       member("signal", &self::signal), member("text", &self::text),
                       member("stopStep", &self::stop_step), member("time", &self::unix_ms));
    }
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
    static constexpr auto describe() {
        using self = change_report;
        return members(member("time", &self::unix_ms), member("plugin", &self::plugin),
                       member("from", &self::from), member("to", &self::to), member("reason", &self::reason),
                       member("generation", &self::generation));
    }
};

/// What the system knows of a process.
struct process_status {
    std::uint64_t memory_bytes = 0; // resident
    milliseconds cpu{0};            // used in all
    int threads = 0, descriptors = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = process_status;
        return members(member("memoryBytes", &self::memory_bytes), member("cpuMs", &self::cpu),
                       member("threads", &self::threads), member("descriptors", &self::descriptors));
    }
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
    static constexpr auto describe() {
        using self = subscription_status;
        return members(member("type", &self::type), member("mode", &self::mode),
                       member("priority", &self::priority), member("onFailure", &self::on_failure),
                       member("source", &self::source));
    }
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
    static constexpr auto describe() {
        using self = command_status;
        return members(member("name", &self::name), member("description", &self::description),
                       member("params", &self::params), member("result", &self::result),
                       member("atRunTime", &self::at_run_time));
    }
};

} // namespace tenon

#endif
