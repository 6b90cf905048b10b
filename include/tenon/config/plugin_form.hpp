#ifndef TENON_CONFIG_PLUGIN_FORM_HPP
#define TENON_CONFIG_PLUGIN_FORM_HPP

// The keys of one plugin in a host's configuration, each in one place: a form (config_reader or config_writer) is led
// along them, so that what is written can be read. And the same the other way round: how a member of plugin_options is
// called in the file, for what check_options() says.

#include <tenon/core/text.hpp>
#include <tenon/rules/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

namespace detail {

template <class Form>
void lead_along(Form& form, restart_policy& restart) {
    form.boolean("enabled", restart.enabled);
    form.count("maxRetries", restart.max_retries);
    form.wait("backoffMs", restart.backoff);
    form.word("backoff", restart.growth);
    form.wait("maxBackoffMs", restart.max_backoff);
    form.number("jitter", restart.jitter);
    form.wait("resetAfterMs", restart.reset_after);
}

template <class Form>
void lead_along(Form& form, resource_limits& limits) {
    form.count("addressSpaceBytes", limits.address_space_bytes);
    form.count("cpuSeconds", limits.cpu_seconds);
    form.count("openFiles", limits.open_files);
    form.count("coreBytes", limits.core_bytes);
}

template <class Form>
void lead_along(Form& form, session_limits& connection) {
    form.count("maxFrameBytes", connection.max_frame_bytes);
    form.count("maxIncoming", connection.max_incoming);
    form.count("maxOutgoing", connection.max_outgoing);
    form.count("maxOutputBytes", connection.max_output_bytes);
    form.wait("assemblyTimeoutMs", connection.assembly_timeout);
}

/// All but what has another shape in the file: the command with its arguments, and the stop policy.
template <class Form>
void lead_along(Form& form, plugin_options& options) {
    form.text_or_null("cwd", options.directory);
    form.text_map("env", options.environment);
    form.texts("inheritEnv", options.inherit_environment);
    form.object("limits", [&](Form& in) { lead_along(in, options.limits); });
    form.word("channel", options.channel);
    form.word("framing", options.framing);
    form.object("connection", [&](Form& in) { lead_along(in, options.connection); });
    form.object("restart", [&](Form& in) { lead_along(in, options.restart); });
    form.wait("handshakeTimeoutMs", options.handshake_timeout);
    form.wait("rpcTimeoutMs", options.call_timeout);
    form.wait("healthIntervalMs", options.health_interval);
    form.wait("healthTimeoutMs", options.health_timeout);
    form.count("healthMisses", options.health_misses);
    form.wait("writeTimeoutMs", options.write_timeout);
    form.object("breaker", [&](Form& in) {
        in.count("failures", options.breaker.failures);
        in.wait("openMs", options.breaker.open_for);
    });
    form.count("maxQueuedCalls", options.max_queued_calls);
    form.object("events", [&](Form& in) {
        in.texts("include", options.events.include);
        in.texts("exclude", options.events.exclude);
    });
    form.count("priority", options.priority);
    form.each_pattern("absent", options.absent, options.absent_of,
                      [](auto& in, std::string_view key, auto& policy) { in.word(key, policy); });
    form.patterns("required", options.required);
    form.boolean("allowReverseRpc", options.allow_reverse_calls);
    form.texts("permissions", options.permissions);
    form.text_or_null("routePrefix", options.route_prefix);
    form.object("rateLimit", [&](Form& in) { in.number("requestsPerSecond", options.requests_per_second); });
    form.object("logs", [&](Form& in) {
        in.word("level", options.logs.level);
        in.count("linesPerSecond", options.logs.lines_per_second);
        in.texts("mask", options.logs.mask);
        in.texts("secrets", options.logs.secrets);
    });
    form.any_object("config", options.config);
    form.boolean("attach", options.attach);
    form.texts("needs", options.needs);
}

/// "inherit_environment[2]" is "inheritEnv[2]".
inline std::string path_in_file(std::string_view path) {
    using pair = std::pair<std::string_view, std::string_view>;
    // What is not here is called alike, but for the underscores.
    constexpr pair names[] = {{"directory", "cwd"},
                              {"environment", "env"},
                              {"inherit_environment", "inheritEnv"},
                              {"connection.assembly_timeout", "connection.assemblyTimeoutMs"},
                              {"restart.backoff", "restart.backoffMs"},
                              {"restart.max_backoff", "restart.maxBackoffMs"},
                              {"restart.growth", "restart.backoff"},
                              {"restart.reset_after", "restart.resetAfterMs"},
                              {"handshake_timeout", "handshakeTimeoutMs"},
                              {"call_timeout", "rpcTimeoutMs"},
                              {"health_interval", "healthIntervalMs"},
                              {"health_timeout", "healthTimeoutMs"},
                              {"write_timeout", "writeTimeoutMs"},
                              {"breaker.open_for", "breaker.openMs"},
                              {"allow_reverse_calls", "allowReverseRpc"},
                              {"requests_per_second", "rateLimit.requestsPerSecond"}};
    for (const auto& [member, key] : names) {
        const std::string_view rest = path.substr(path.size() < member.size() ? path.size() : member.size());
        if (path.starts_with(member) && (rest.empty() || rest[0] == '[' || rest[0] == '.'))
            return join({key, rest});
    }
    std::string key;
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] == '_' && at + 1 < path.size() && path[at + 1] >= 'a' && path[at + 1] <= 'z')
            key.push_back(static_cast<char>(path[++at] - 'a' + 'A'));
        else key.push_back(path[at]);
    }
    return key;
}

} // namespace detail

} // namespace tenon

#endif
