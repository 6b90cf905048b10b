#ifndef TENON_RULES_CHECK_OPTIONS_HPP
#define TENON_RULES_CHECK_OPTIONS_HPP

// What is wrong with the options of a plugin or of a host, before anything is started: the first thing found, with
// where it is, what was expected and what came: `restart.jitter: expected 0 to 1, got 1.5`. A plugin's options are called as
// in a host's configuration. What each may be says `visit_keys`; what depends on several of them is checked below it.
// Values that may be secret (secrets, the environment, the configuration) are named by their place and never quoted.

#include <tenon/core/result.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/rules/calls/permissions.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/session/names.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

// The keys of one plugin in a host's configuration, each on one line: its name, its member, and what it may be. A form
// visits them: a config_reader reads, a config_writer writes what can be read, and an option_check says what is wrong
// with it, in the words of the file.

template <class Form>
void visit_restart_keys(Form& form, auto& restart) {
    form.boolean("enabled", restart.enabled);
    form.count("maxRetries", restart.max_retries, at_least{0});
    form.wait("backoffMs", restart.backoff);
    form.word("backoff", restart.growth);
    form.wait("maxBackoffMs", restart.max_backoff);
    form.number("jitter", restart.jitter, between{0, 1});
    form.wait("resetAfterMs", restart.reset_after);
}

template <class Form>
void visit_limit_keys(Form& form, auto& limits) {
    form.count("addressSpaceBytes", limits.address_space_bytes, at_least{1});
    form.count("cpuSeconds", limits.cpu_seconds, at_least{1});
    // Below its three streams and one file no program gets as far as main().
    form.count("openFiles", limits.open_files, at_least{4});
    form.count("memoryBytes", limits.memory_bytes, at_least{1});
    form.count("stackBytes", limits.stack_bytes, at_least{1});
    form.count("fileBytes", limits.file_bytes);
    form.count("processes", limits.processes, at_least{1});
    form.count("coreBytes", limits.core_bytes);
}

inline bool is_path(std::string_view text) { return !text.empty() && text.find('\0') == text.npos; }

template <class Form>
void visit_sandbox_keys(Form& form, auto& sandbox) {
    form.word("mode", sandbox.mode);
    form.word("preset", sandbox.preset);
    form.list("filesystem", sandbox.filesystem, [](Form& in, auto& one) {
        in.text("path", one.path, text_rule{is_path, "a path without NUL"});
        in.word("access", one.access);
    });
    form.boolean_or_object("network", sandbox.network.all, !sandbox.network.ports.empty(), [&](Form& in) {
        in.some_counts("ports", sandbox.network.ports, "port", at_least{1});
    });
    form.boolean("unixSockets", sandbox.unix_sockets);
    form.boolean("subprocesses", sandbox.subprocesses);
    form.boolean("fileMetadata", sandbox.file_metadata);
}

template <class Form>
void visit_connection_keys(Form& form, auto& connection) {
    form.count("maxFrameBytes", connection.max_frame_bytes, at_least{1'024});
    form.count("maxIncoming", connection.max_incoming, at_least{1});
    form.count("maxOutgoing", connection.max_outgoing, at_least{1});
    form.count("maxOutputBytes", connection.max_output_bytes);
    form.wait("assemblyTimeoutMs", connection.assembly_timeout, at_least{1});
}

/// All but what has another shape in the file: the command with its arguments, and the stop policy.
template <class Form>
void visit_keys(Form& form, auto& options) {
    form.text_or_null("cwd", options.directory);
    form.text_map("env", options.environment);
    form.texts("inheritEnv", options.inherit_environment);
    form.object("limits", [&](Form& in) { visit_limit_keys(in, options.limits); });
    form.optional_object("sandbox", options.sandbox,
                         [](Form& in, auto& sandbox) { visit_sandbox_keys(in, sandbox); });
    form.word("channel", options.channel);
    form.word("framing", options.framing);
    form.object("connection", [&](Form& in) { visit_connection_keys(in, options.connection); });
    form.object("restart", [&](Form& in) { visit_restart_keys(in, options.restart); });
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
    // What the plugin says itself is added: the sum must not overflow, and more is never needed.
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

namespace tenon {

namespace detail {

inline void check_command(option_check& check, const plugin_options& options, plugin_origin origin) {
    // A plugin on the socket speaks first, and its first byte says which framing it uses.
    if (options.framing == plugin_framing::lines &&
        (options.channel == plugin_channel::socket || (options.command.empty() && options.attach)))
        check.refuse(
            "framing",
            "\"lines\" is for pipes, and this plugin speaks on the socket: there the host answers in "
            "lines to a plugin that speaks in lines");
    if (options.command.empty()) {
        if (origin == plugin_origin::process && !options.attach)
            check.refuse("command", "expected a program, unless the plugin may attach by itself; got none");
        return;
    }
    check.text("command", options.command[0], !options.command[0].empty(), "a program");
    for (std::size_t at = 0; at < options.command.size(); ++at)
        check.no_nul(at == 0 ? "command" : item_path("args", at - 1), options.command[at]);
    check.no_nul("cwd", options.directory);
}

inline void check_environment(option_check& check, const plugin_options& options) {
    const auto is_variable = [](std::string_view name) {
        return !name.empty() && name.find('=') == name.npos && name.find('\0') == name.npos;
    };
    const auto not_ours = [&](std::string_view path, std::string_view name) {
        for (const std::string_view own : {"TENON_PROTOCOL", "TENON_SOCKET", "TENON_TOKEN"})
            if (name == own) check.refuse(path, join({"the host itself sets ", own}));
    };
    for (const auto& [name, value] : options.environment) {
        check.text("env", name, is_variable(name), "names without '=' and NUL");
        not_ours("env", name);
        check.no_nul(join({"env.", quotable(name)}), value);
    }
    for (std::size_t at = 0; at < options.inherit_environment.size(); ++at) {
        const std::string& name = options.inherit_environment[at];
        check.text(item_path("inheritEnv", at), name, is_variable(name), "a name without '=' and NUL");
        not_ours(item_path("inheritEnv", at), name);
    }
}

inline void check_restart(option_check& check, const restart_policy& restart) {
    if (restart.max_backoff < restart.backoff)
        check.refuse("restart.maxBackoffMs",
                     join({"expected at least restart.backoffMs, ", signed_digits(restart.backoff.count()),
                           " ms, got ", signed_digits(restart.max_backoff.count())}));
}

inline void check_stop(option_check& check, const stop_policy& stop) {
    constexpr std::size_t most_steps = 16;
    if (stop.size() > most_steps)
        check.refuse("stop", join({"expected at most 16 steps, got ", digits(stop.size())}));
    for (std::size_t at = 0; at < stop.size(); ++at) {
        check.wait(join({item_path("stop", at), ".waitMs"}), stop[at].wait);
        check.word(join({item_path("stop", at), ".action"}), stop[at].action);
    }
    if (stop.empty() || stop.back().action != stop_action::kill)
        check.refuse("stop", "expected kill as the last step: nothing else ends every plugin");
}

inline void check_route_prefix(option_check& check, const plugin_options& options) {
    const std::string_view prefix = options.route_prefix;
    bool good = prefix.empty() || (prefix.size() > 1 && prefix[0] == '/' && prefix.back() != '/' &&
                                   prefix.find("//") == prefix.npos);
    for (const char byte : prefix)
        good = good && byte > ' ' && byte < 0x7F && std::string_view("?#%{}\\\"<>").find(byte) == prefix.npos;
    // A segment of one or two dots is another path where it is resolved.
    for (std::string_view rest = prefix; !rest.empty();) {
        const std::size_t end = rest.find('/', 1);
        good = good && rest.substr(0, end) != "/." && rest.substr(0, end) != "/..";
        rest.remove_prefix(end == rest.npos ? rest.size() : end);
    }
    check.text("routePrefix", prefix, good, "a path like \"/api/plugins/name\"");
}

/// The part of `pattern` that belongs to regular expressions, which a mask is not; or nothing.
inline std::string_view part_of_regular_expression(std::string_view pattern) noexcept {
    for (const std::string_view part :
         {".*", ".+", "\\d", "\\w", "\\s", "\\S", "\\b", "[^", "]+", "]*", ")+", "(?"})
        if (pattern.find(part) != pattern.npos) return part;
    return pattern.starts_with('^') ? pattern.substr(0, 1) : std::string_view();
}

inline void check_logs(option_check& check, const log_options& logs) {
    constexpr std::size_t longest_pattern = 256, most = 1'000;
    if (logs.mask.size() > most || logs.secrets.size() > most)
        check.refuse(logs.mask.size() > most ? "logs.mask" : "logs.secrets", "expected at most 1000");
    for (std::size_t at = 0; at < logs.mask.size(); ++at) {
        const std::string_view pattern = logs.mask[at];
        const bool matches_everything = pattern.find_first_not_of("* ") == pattern.npos;
        const bool one_line = pattern.find_first_of(std::string_view("\n\r\0", 3)) == pattern.npos;
        check.text(item_path("logs.mask", at), pattern,
                   !matches_everything && one_line && pattern.size() <= longest_pattern,
                   "one line of at most 256 bytes with more than '*' in it");
        if (const std::string_view part = part_of_regular_expression(pattern); !part.empty())
            check.refuse(
                item_path("logs.mask", at),
                join({"\"", part, "\" is of a regular expression, and would match nothing but itself: here ",
                      "`*` stands for any characters but space, and everything else for itself"}));
    }
    for (std::size_t at = 0; at < logs.secrets.size(); ++at)
        if (logs.secrets[at].find_first_not_of(" \t\r\n") == std::string::npos)
            check.refuse(item_path("logs.secrets", at), "expected a text with more than space in it");
}

inline void check_needs(option_check& check, const plugin_options& options) {
    for (std::size_t at = 0; at < options.needs.size(); ++at) {
        const std::string& name = options.needs[at];
        check.text(item_path("needs", at), name, is_plugin_name(name),
                   join({"a plugin's name: ", a_plugin_name}));
        if (name == options.name) check.refuse(item_path("needs", at), "a plugin cannot need itself");
        for (std::size_t before = 0; before < at; ++before)
            if (options.needs[before] == name)
                check.refuse(item_path("needs", at), join({"\"", quotable(name), "\" stands there twice"}));
    }
}

inline void check_sandbox(option_check& check, const plugin_options& options) {
    if (!options.sandbox || options.sandbox->mode == sandbox_mode::off) return;
    // What is believed to be held and is not would be worse than no sandbox.
    if (options.command.empty())
        check.refuse("sandbox", "there is no command: only what the host starts can be held");
    else if (options.attach)
        check.refuse("attach",
                     "a plugin with a sandbox is started by the host: who attaches by hand is outside of it");
    if (options.channel == plugin_channel::socket && !options.sandbox->unix_sockets)
        check.refuse("channel",
                     "\"socket\" needs sandbox.unixSockets: without it, its sandbox refuses it all sockets");
}

inline option_check look_at_options(const plugin_options& options, plugin_origin origin) {
    option_check check;
    check.text("name", options.name, is_plugin_name(options.name), a_plugin_name);
    check.text("id", options.id, options.id.empty() || is_plugin_name(options.id), a_plugin_name);
    check_command(check, options, origin);
    check_environment(check, options);
    visit_keys(check, options);
    check_restart(check, options.restart);
    check_stop(check, options.stop);
    check_route_prefix(check, options);
    check_logs(check, options.logs);
    check_sandbox(check, options);
    if (const json_kind kind = options.config.kind(); kind != json_kind::object && kind != json_kind::null)
        check.refuse("config", join({"expected object, got ", name_of(kind)}));
    if (auto good = check_param_depth("config", options.config.text()); !good)
        check.refuse("config", good.error().message.substr(std::string_view("config: ").size()));
    if (const std::string twice = repeated_member(options.config.text()); !twice.empty())
        check.refuse(join({"config.", quotable(twice)}), "is there twice");
    check_needs(check, options);
    return check;
}

} // namespace detail

inline result<void> check_options(const plugin_options& options,
                                  plugin_origin origin = plugin_origin::process) {
    return detail::look_at_options(options, origin).finish();
}

inline result<void> check_options(const socket_options& options) {
    detail::option_check check;
    using detail::at_least;
    check.wait("introduction_timeout", options.introduction_timeout, at_least{1});
    check.count("max_newcomers", options.max_newcomers, at_least{1});
    check.count("max_line_bytes", options.max_line_bytes, at_least{1'024});
    return check.finish();
}

inline result<void> check_options(const host_options& options) {
    detail::option_check check;
    if (options.name.empty()) check.refuse("name", "expected a name, got \"\"");
    using detail::at_least;
    check.wait("decision_timeout", options.decision_timeout, at_least{1});
    for (const auto& [pattern, timeout] : options.decision_timeouts) {
        check.text("decision_timeouts", pattern, detail::is_event_pattern(pattern), detail::an_event_pattern);
        check.wait(detail::join({"decision_timeouts.", detail::quotable(pattern)}), timeout, at_least{1});
    }
    check.count("max_hops", options.max_hops, at_least{1});
    constexpr std::chrono::microseconds most_look{100'000}; // beyond that it would be a busy loop
    if (options.longest_look.count() < 0 || options.longest_look > most_look)
        check.refuse("longest_look", detail::join({"expected 0 to 100000 microseconds, got ",
                                                   detail::signed_digits(options.longest_look.count())}));
    constexpr std::size_t most_records = 10'000;
    if (options.log_records_kept > most_records)
        check.refuse("log_records_kept", detail::join({"expected at most 10000, got ",
                                                       detail::digits(options.log_records_kept)}));
    return check.finish();
}

} // namespace tenon

#endif
