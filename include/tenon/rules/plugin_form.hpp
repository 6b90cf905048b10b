#ifndef TENON_RULES_PLUGIN_FORM_HPP
#define TENON_RULES_PLUGIN_FORM_HPP

// The keys of one plugin in a host's configuration, each on one line: its name, its member, and what it may be. A form is
// led along them: a config_reader reads, a config_writer writes what can be read, and an option_check says what is wrong
// with it, in the words of the file.

#include <tenon/rules/calls/permissions.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/rules/options.hpp>

#include <string_view>

namespace tenon::detail {

template <class Form>
void lead_along_restart(Form& form, auto& restart) {
    form.boolean("enabled", restart.enabled);
    form.count("maxRetries", restart.max_retries, at_least{0});
    form.wait("backoffMs", restart.backoff);
    form.word("backoff", restart.growth);
    form.wait("maxBackoffMs", restart.max_backoff);
    form.number("jitter", restart.jitter, between{0, 1});
    form.wait("resetAfterMs", restart.reset_after);
}

template <class Form>
void lead_along_limits(Form& form, auto& limits) {
    form.count("addressSpaceBytes", limits.address_space_bytes, at_least{1});
    form.count("cpuSeconds", limits.cpu_seconds, at_least{1});
    // Below its three streams and one file no program gets as far as main().
    form.count("openFiles", limits.open_files, at_least{4});
    form.count("coreBytes", limits.core_bytes);
}

template <class Form>
void lead_along_connection(Form& form, auto& connection) {
    form.count("maxFrameBytes", connection.max_frame_bytes, at_least{1'024});
    form.count("maxIncoming", connection.max_incoming, at_least{1});
    form.count("maxOutgoing", connection.max_outgoing, at_least{1});
    form.count("maxOutputBytes", connection.max_output_bytes);
    form.wait("assemblyTimeoutMs", connection.assembly_timeout, at_least{1});
}

/// All but what has another shape in the file: the command with its arguments, and the stop policy.
template <class Form>
void lead_along(Form& form, auto& options) {
    form.text_or_null("cwd", options.directory);
    form.text_map("env", options.environment);
    form.texts("inheritEnv", options.inherit_environment);
    form.object("limits", [&](Form& in) { lead_along_limits(in, options.limits); });
    form.word("channel", options.channel);
    form.word("framing", options.framing);
    form.object("connection", [&](Form& in) { lead_along_connection(in, options.connection); });
    form.object("restart", [&](Form& in) { lead_along_restart(in, options.restart); });
    form.wait("handshakeTimeoutMs", options.handshake_timeout, at_least{1});
    form.wait("rpcTimeoutMs", options.call_timeout, at_least{1});
    form.wait("healthIntervalMs", options.health_interval);
    form.wait("healthTimeoutMs", options.health_timeout, at_least{1});
    form.count("healthMisses", options.health_misses, at_least{1});
    form.wait("writeTimeoutMs", options.write_timeout, at_least{1});
    form.object("breaker", [&](Form& in) {
        in.count("failures", options.breaker.failures, at_least{0});
        in.wait("openMs", options.breaker.open_for);
    });
    form.count("maxQueuedCalls", options.max_queued_calls);
    form.object("events", [&](Form& in) {
        in.texts("include", options.events.include, event_pattern);
        in.texts("exclude", options.events.exclude, event_pattern);
    });
    // What the plugin says itself is added: the sum must not overflow, and nobody needs more.
    form.count("priority", options.priority, between{-1'000'000, 1'000'000});
    form.each_pattern("absent", options.absent, options.absent_of,
                      [](auto& in, std::string_view key, auto& policy) { in.word(key, policy); });
    form.patterns("required", options.required);
    form.boolean("allowReverseRpc", options.allow_reverse_calls);
    form.texts("permissions", options.permissions,
               text_rule{is_grant, "\"scope:verb\", \"scope:*\" or \"*\""});
    form.text_or_null("routePrefix", options.route_prefix);
    form.object("rateLimit", [&](Form& in) {
        in.number("requestsPerSecond", options.requests_per_second, between{0, 1'000'000});
    });
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

} // namespace tenon::detail

#endif
