#ifndef TENON_RULES_STATUS_HPP
#define TENON_RULES_STATUS_HPP

// How a host and its plugins are, at one moment, for dashboards, tools and tests: plain data that becomes JSON and
// is read back from it. Names are in camelCase there, times in milliseconds with that in the name. What does not
// apply is absent (no process: no pid). A reader skips what it does not know and needs nothing.

#include <tenon/core/time.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/rules/status_parts.hpp>
#include <tenon/session/limits.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon {

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
    std::uint64_t generation = 0;            // counts its instances, from 1
    std::uint64_t restarts = 0;              // unasked, in all
    int retries = 0;                         // since it was last stable
    std::optional<milliseconds> uptime = {}; // since it was ready
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
    std::vector<route_status> routes = {};
    std::vector<command_status> commands = {};
    std::vector<std::string> refused = {}; // of what it declared, and why
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
                       member("subscriptions", &self::subscriptions), member("routes", &self::routes),
                       member("commands", &self::commands), member("refused", &self::refused),
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

} // namespace tenon

#endif
