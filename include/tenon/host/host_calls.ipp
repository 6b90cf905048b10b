#ifndef TENON_HOST_HOST_CALLS_IPP
#define TENON_HOST_HOST_CALLS_IPP

// The bodies of host/host_calls.hpp.

#include <tenon/host/host_calls.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/rules/calls/exchange_wire.hpp>
#include <tenon/web/problem.hpp>
#include <tenon/rules/option_words.hpp>

#include <map>

namespace tenon::detail {

// --- what plugins declare ---

inline std::string prefix_of(const plugin_options& options) {
    return options.route_prefix.empty() ? join({"/api/plugins/", options.name}) : options.route_prefix;
}

inline caller identity_of(const plugin_actor& actor) {
    const plugin_options& options = actor.options();
    return {.plugin = options.name,
            .id = options.id.empty() ? options.name : options.id,
            .generation = actor.generation(),
            .permissions = options.permissions};
}

inline void host_calls::meet(plugin_actor& actor) {
    plugin_record* const plugin = plugins_.find(actor.index());
    if (plugin == nullptr) return;
    plugin->client.identity = identity_of(actor);
    plugin->client.may_call = false;
}

inline void host_calls::greet(plugin_record& plugin, const handshake_answer& answer) {
    const plugin_actor& actor = *plugin.actor;
    plugin.client.identity = identity_of(actor);
    plugin.client.may_call = actor.options().allow_reverse_calls && answer.reverse_rpc.value_or(false);
    if (actor.options().allow_reverse_calls)
        plugin.client.why_not = "it did not say in its handshake that it would (`reverseRpc`)";
}

inline void host_calls::declare(const plugin_actor& actor, const handshake_answer& answer, refusals& told) {
    if (answer.commands)
        for (const command_declaration& command : *answer.commands)
            if (auto good = commands_.add(actor.index(), actor.name(), command); !good)
                told.add(good.error().message);
    told.close("commands");
    if (answer.routes)
        for (const route_declaration& route : *answer.routes)
            if (auto good = routes_.add(actor.index(), actor.name(), prefix_of(actor.options()), route);
                !good)
                told.add(good.error().message);
    told.close("routes");
}

inline void host_calls::list_services(host_catalogue& all) const {
    for (const services::listed& one : services_.list())
        all.services.push_back({.method = std::string(one.method),
                                .description = text_or_none(one.words.description),
                                .params = schema_value(one.words.params),
                                .result = schema_value(one.words.result),
                                .permission = std::string(one.permission)});
}

// --- asking plugins ---

inline call_under_way host_calls::execute(std::string_view command, std::string_view args,
                                          const call_options& options, call_completion&& done,
                                          plugin_index asker) {
    byte_buffer params;
    begin_command(params, command);
    params.append(args.empty() ? "{}" : args);
    if (const plugin_record* const by = plugins_.find(asker)) {
        params.append_literal(",\"caller\":");
        json_writer(params).string(by->actor->name());
    }
    params.append('}');
    return run(asker, command, params.view(), options, std::move(done));
}

inline call_under_way host_calls::run(plugin_index asker, std::string_view command, std::string_view params,
                                      const call_options& options, call_completion&& done) {
    const known_command* const known = plugins_.closing() ? nullptr : commands_.find(command);
    plugin_record* const plugin = known == nullptr ? nullptr : plugins_.find(known->plugin);
    if (plugin == nullptr) {
        const std::string_view owner = commands_.former_owner(command);
        done(fault{codes::method_not_found,
                   join({"no plugin has the command \"", beginning_of(command, longest_command), "\"",
                         owner.empty() ? "" : "; ", owner, owner.empty() ? "" : " had it"})},
             steady_now());
        return {};
    }
    return ask(*plugin, methods::execute, params, options, std::move(done), asker);
}

/// An answer of the host's own: nobody has the route, or not for this method, or not for callers that nobody knows.
inline response answer_unrouted(const route_match& match) {
    if (match.route != nullptr) return http::problem(401, "this route is only for callers that are known");
    if (match.allowed.empty()) return http::problem(404, "no plugin has this route");
    return http::not_this_method(match.allowed);
}

inline call_under_way host_calls::request(const http::request& asked,
                                          unique_function<void(result<response>)> done) {
    route_match match;
    if (!plugins_.closing()) match = routes_.find(asked.method, asked.path);
    plugin_record* const plugin = match.route == nullptr ? nullptr : plugins_.find(match.route->plugin);
    if (plugin == nullptr || (match.route->auth && !asked.auth)) {
        done(answer_unrouted(match));
        return {};
    }
    if (const double rate = plugin->actor->options().requests_per_second;
        !plugin->requests.admit(rate, steady_now())) {
        response answer = http::problem(429, "too many requests for this plugin");
        const auto wait = static_cast<std::uint64_t>(plugin->requests.seconds_to_wait(rate));
        answer.headers.push_back({"retry-after", join({digits(wait)})});
        done(std::move(answer));
        return {};
    }
    const std::string params = encode_exchange(asked, match);
    return ask(*plugin, methods::handle_request, params, {.timeout = asked.timeout},
               [done = std::move(done)](const result<std::string_view>& answer, time_point) mutable {
                   if (!answer) done(answer.error());
                   else done(read_exchange_answer(*answer));
               });
}

inline call_under_way host_calls::call(std::string_view name, std::string_view method,
                                       std::string_view params, const call_options& options,
                                       call_completion&& done) {
    plugin_record* const plugin = plugins_.find(name);
    if (plugin == nullptr) {
        done(unknown_plugin(name), steady_now());
        return {};
    }
    // Without params, and with null, it is asked with {}: some libraries lose a request that has none.
    return ask(*plugin, method, params == "null" ? std::string_view() : params, options, std::move(done));
}

inline call_under_way host_calls::ask(plugin_record& plugin, std::string_view method, std::string_view params,
                                      const call_options& options, call_completion&& done,
                                      plugin_index asker) {
    const milliseconds wait =
        options.timeout.count() > 0 ? options.timeout : plugin.actor->options().call_timeout;
    const time_point now = steady_now(), deadline = after(now, wait);
    if (options.idempotent) {
        const auto call =
            std::make_shared<repeated_call>(plugins_.kept(), plugin.actor->index(), method, params, deadline,
                                            std::move(done), asker, options.progress);
        call->ask();
        return {.repeated = call};
    }
    const std::shared_ptr<plugin_actor> actor =
        plugin.actor; // the completion may come at once, and remove it
    return {actor, actor->ask(lane::calls, method, params, deadline, std::move(done), asker, now,
                              tell_progress(options.progress))};
}

// ---- what plugins may ask of every host ----------------------------------------------------------------------

inline void host_calls::take_request(plugin_actor& actor, const session_event& event, time_point now) {
    const auto plugin = plugins_.keep(actor.index());
    const auto kept = actor.shared_from_this();
    const std::uint64_t generation = actor.generation();
    open_request request{
        .answer =
            [kept, plugin, generation, token = event.request](result<std::string_view> answer) {
                if (plugin) ++(answer ? plugin->answered : plugin->refusals);
                if (answer) kept->reply(token, generation, *answer);
                else kept->reject(token, generation, answer.error());
            },
        .cancelled = [kept, token = event.request] { return kept->cancelled(token); }};
    if (plugin == nullptr || plugins_.closing()) return request.answer(shutting_down());
    const service_outcome outcome = services_.call(plugin->client, event.method, event.params,
                                                   event.params_offset, std::move(request), now);
    if (outcome == service_outcome::abusive) kept->broke_limit(abuse_words);
}

inline void host_calls::take_notification(plugin_actor& actor, const session_event& event, time_point now) {
    plugin_record* const plugin = plugins_.find(actor.index());
    if (plugin == nullptr || event.method == methods::exit) return;
    const auto kept = actor.shared_from_this();
    const service_outcome outcome =
        services_.notify(plugin->client, event.method, event.params, event.params_offset, now);
    if (outcome == service_outcome::abusive) kept->broke_limit(abuse_words);
}

inline void host_calls::provide_host_methods() {
    const auto provide = [this](std::string_view method, auto handler) {
        const std::string_view permission = host_method_named(method)->permission;
        const result<void> provided = services_.provide(method, permission, std::move(handler));
        TENON_ASSERT(provided);
    };
    provide(methods::log, [this](const log_notice& notice, const caller& who) {
        if (plugin_record* const plugin = plugins_.find(who.plugin))
            plugin->actor->take_notice(notice, steady_now());
    });
    // It names nothing secret, but it is a call: who may make none is not told either.
    provide(methods::describe, [this](const describe_request&, const caller& who) -> result<host_catalogue> {
        const plugin_record* const plugin = plugins_.find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        if (!plugin->client.may_call) return calls_not_allowed(methods::describe, plugin->client);
        return host_.catalogue();
    });
    provide_event_methods(provide);
    provide_command_methods(provide);
    provide_config_methods(provide);
}

template <class Provide>
void host_calls::provide_event_methods(Provide provide) {
    provide(methods::acknowledge, [this](const acknowledged_event&, const caller& who) {
        if (plugin_record* const plugin = plugins_.find(who.plugin)) ++plugin->acknowledged;
    });
    provide(methods::emit, [this](const emitted_event& event, const caller& who) -> result<emit_answer> {
        plugin_record* const plugin = plugins_.find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        return events_.emit(*plugin, event);
    });
    provide(methods::subscribe, [this](const subscribe_request& wanted, const caller& who) -> result<void> {
        plugin_record* const plugin = plugins_.find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        return events_.subscribe(plugin->actor->index(), wanted);
    });
    provide(
        methods::unsubscribe, [this](const unsubscribe_request& wanted, const caller& who) -> result<void> {
            plugin_record* const plugin = plugins_.find(who.plugin);
            if (plugin != nullptr && events_.unsubscribe(plugin->actor->index(), wanted.type)) return {};
            return fault{codes::invalid_params, join({"type: not subscribed to \"",
                                                      beginning_of(wanted.type, longest_event_type), "\""})};
        });
}

template <class Provide>
void host_calls::provide_command_methods(Provide provide) {
    provide(methods::register_command,
            [this](const command_declaration& command, const caller& who) -> result<void> {
                plugin_record* const plugin = plugins_.find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return commands_.add(plugin->actor->index(), who.plugin, command, true);
            });
    provide(methods::unregister_command,
            [this](const unregister_request& command, const caller& who) -> result<void> {
                plugin_record* const plugin = plugins_.find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return commands_.remove(plugin->actor->index(), command.name);
            });
    provide(methods::host_execute,
            [this](const command_request& wanted, const caller& who, service_reply<json_view> answer) {
                const plugin_record* const plugin = plugins_.find(who.plugin);
                execute(
                    wanted.command, wanted.args ? wanted.args->text() : std::string_view("{}"), {},
                    [answer = std::move(answer)](const result<std::string_view>& text, time_point) mutable {
                        if (text) answer.reply(json::parse(*text).value_or(json()).view());
                        else answer.fail(text.error());
                    },
                    plugin == nullptr ? call_waits::nobody : plugin->actor->index());
            });
}

template <class Provide>
void host_calls::provide_config_methods(Provide provide) {
    provide(methods::get_config, [this](const config_key& wanted, const caller& who) -> result<json> {
        const plugin_record* const plugin = plugins_.find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        const json& config = plugin->actor->options().config;
        return wanted.key ? json(config[*wanted.key]) : config;
    });
    provide(methods::set_config, [this](const config_entry& entry, const caller& who) -> result<void> {
        plugin_record* const plugin = plugins_.find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        auto members = plugin->actor->options().config.as<std::map<std::string, json>>().value_or({});
        members.insert_or_assign(entry.key, json(entry.value));
        json changed = json::of(members);
        if (changed.text().size() > max_config_bytes)
            return fault{codes::too_large, "the configuration would be too large"};
        if (auto good = check_param_depth("the configuration", changed.text()); !good) return good;
        if (const std::string twice = repeated_member(changed.text()); !twice.empty())
            return fault{codes::invalid_params, join({"config.", twice, ": is there twice"})};
        if (auto good = plugin->actor->check_config(changed); !good) return good;
        plugin->actor->set_config(std::move(changed));
        plugin->set_itself.insert_or_assign(entry.key, json(entry.value));
        return {};
    });
    provide(methods::save_config, [this](const json_view&, const caller& who) -> result<void> {
        const plugin_record* const plugin = plugins_.find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        if (!host_.on_config_saved)
            return fault{codes::unavailable, "this host keeps no configuration beyond its own run"};
        return host_.on_config_saved(who.plugin, json::of(plugin->set_itself));
    });
}

} // namespace tenon::detail

#endif
