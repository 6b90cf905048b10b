#ifndef TENON_RULES_STATUS_HPP
#define TENON_RULES_STATUS_HPP

// How a host and its plugins are, at one moment, for dashboards, tools and tests: plain data that becomes JSON and
// is read back from it. Names are in camelCase there, times in milliseconds with that in the name. What does not
// apply is absent (no process: no pid). A reader skips what it does not know and needs nothing.

#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/rules/supervision/breaker.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/session/limits.hpp>
#include <tenon/sandbox/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

// What the status of a plugin is made of, and how types of other floors look in it.

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

/// Everything about one plugin. Where something is counted it is since the host knows the plugin, over all its
/// instances, except `connection`, which begins with each.
struct plugin_status {
    std::string name = {}, id = {};
    std::string version = {}, description = {}; // as it said in its handshake
    plugin_state state = plugin_state::stopped;
    plugin_health health = plugin_health::unknown;
    std::string health_message = {};
    change_reason reason = {}; // of the state
    std::optional<int> pid = {};
    std::optional<tenon::start_level> start_level =
        {};                                     // where its program was prepared: host::prepare_starts
    std::optional<sandbox_status> sandbox = {}; // of its last start, where it has one
    std::uint64_t generation = 0;               // counts its instances, from 1
    std::uint64_t restarts = 0;                 // unasked, in all
    int retries = 0;                            // since it was last stable
    std::optional<milliseconds> uptime = {};    // since it was ready
    milliseconds in_state{0};
    std::optional<milliseconds> next_retry = {}; // from now
    std::optional<exit_report> last_exit = {};

    call_counts calls = {};           // that the host made
    reverse_call_counts reverse = {}; // that the plugin made
    event_counts events = {};
    log_counts logs = {};
    log_level level = log_level::debug; // of what is told of its log
    queue_lengths queues = {};
    latency_status latency = {}; // of calls and decisions that were answered
    std::vector<breaker_status> breakers = {};
    std::optional<session_counters> connection = {};
    std::optional<process_status> process = {};
    std::vector<metric_status> metrics = {}; // its own, from its last answer about its health

    std::vector<std::string> capabilities = {}, features = {}, permissions = {}, needs = {};
    std::vector<subscription_status> subscriptions = {};
    // What its configuration says of events that it should decide about: plugin_options has the same three.
    std::vector<std::string> required = {};
    absence absent = absence::pass;
    std::map<std::string, absence> absent_of = {};
    std::vector<route_status> routes = {};
    std::vector<command_status> commands = {};
    std::vector<std::string> refused = {};  // of what it declared, and why
    std::vector<std::string> warnings = {}; // what its configuration says and does not hold, and why
    // Of the lists above that it declared, by their names in JSON: how many more there are than the first 100.
    std::map<std::string, std::uint64_t, std::less<>> left_out = {};
    std::vector<change_report> history = {}; // oldest first

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = plugin_status;
        return members(member("name", &self::name), member("id", &self::id),
                       member("version", &self::version), member("state", &self::state),
                       member("health", &self::health), member("healthMessage", &self::health_message),
                       member("reason", &self::reason), member("pid", &self::pid),
                       member("startLevel", &self::start_level), member("sandbox", &self::sandbox),
                       member("generation", &self::generation), member("restarts", &self::restarts),
                       member("retries", &self::retries), member("uptimeMs", &self::uptime),
                       member("inStateMs", &self::in_state), member("nextRetryMs", &self::next_retry),
                       member("lastExit", &self::last_exit), member("calls", &self::calls),
                       member("reverseCalls", &self::reverse), member("events", &self::events),
                       member("logs", &self::logs), member("logLevel", &self::level),
                       member("queues", &self::queues), member("latency", &self::latency),
                       member("breakers", &self::breakers), member("connection", &self::connection),
                       member("process", &self::process), member("metrics", &self::metrics),
                       member("capabilities", &self::capabilities), member("features", &self::features),
                       member("permissions", &self::permissions), member("needs", &self::needs),
                       member("subscriptions", &self::subscriptions), member("required", &self::required),
                       member("absent", &self::absent), member("absentOf", &self::absent_of),
                       member("routes", &self::routes), member("commands", &self::commands),
                       member("refused", &self::refused), member("warnings", &self::warnings),
                       member("leftOut", &self::left_out), member("history", &self::history),
                       member("description", &self::description));
    }
};

/// The file that a program with a host reads, as that program says: host::tell_configuration().
struct configuration_status {
    std::string file = {};
    bool good = true;         // it is what holds
    bool partly = false;      // all of it is but for what the mistakes name; else what held before does
    std::int64_t unix_ms = 0; // since when
    std::vector<std::string> mistakes = {}; // in it, as it is now: at most 20
    std::uint64_t refused = 0;              // how often it could not be used
    std::string last_mistake = {};          // also where it is mended
    std::int64_t last_mistake_unix_ms = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        return camel_case(member("time", &configuration_status::unix_ms),
                          member("lastMistakeTime", &configuration_status::last_mistake_unix_ms));
    }
};

struct host_status {
    std::string name = {}, version = {};
    int protocol_version = 0;
    std::int64_t unix_ms = 0; // when this was so
    milliseconds uptime{0};
    int pid = 0;
    std::uint64_t events_published = 0; // told
    std::uint64_t events_decided = 0;   // asked about
    std::uint64_t events_stopped = 0;   // of these
    std::uint64_t events_in_flight = 0; // decisions that are being made
    std::uint64_t attaches_refused = 0; // plugins that came to the socket and may not
    std::uint64_t plugins_known = 0, plugins_ready = 0;
    std::optional<configuration_status> configuration = {};
    std::optional<process_status> process = {};
    std::vector<plugin_status> plugins = {}; // in the order of their names

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        return camel_case(member("time", &host_status::unix_ms), member("uptimeMs", &host_status::uptime));
    }
};

/// A command as its plugin declared it (rules/calls/commands.hpp).
struct known_command {
    std::uint32_t plugin = 0; // its number within the host
    std::string plugin_name = {};
    std::string name = {}, description = {};
    std::optional<json> params = {}, result = {}; // JSON Schema
    bool at_run_time = false;                     // registered after the handshake
};

} // namespace tenon

#endif
