#ifndef TENON_HOST_HOST_METHODS_HPP
#define TENON_HOST_HOST_METHODS_HPP

// What every plugin may ask of every host, given the permission: docs/protocol.md, from plugin to host. They are
// provided like the embedder's own methods. Who asks is known from the connection.

#include <tenon/host/host_core.hpp>
#include <tenon/json/depth.hpp>
#include <tenon/rules/repeated_member.hpp>

#include <map>

namespace tenon::detail {

inline void host_core::on_request(plugin_actor& actor, const session_event& event, time_point now) {
    plugin_record* const plugin = find(actor.index());
    const auto kept = actor.shared_from_this();
    const std::uint64_t generation = actor.generation();
    const auto found = plugins_.find(actor.name());
    const auto record = found == plugins_.end() ? nullptr : found->second;
    open_request request{
        .answer =
            [kept, record, generation, token = event.request](result<std::string_view> answer) {
                if (record) ++(answer ? record->answered : record->refusals);
                if (answer) kept->reply(token, generation, *answer);
                else kept->reject(token, generation, answer.error());
            },
        .cancelled = [kept, token = event.request] { return kept->cancelled(token); }};
    if (plugin == nullptr || closing_)
        return request.answer(fault{codes::shutting_down, "the host is shutting down"});
    const service_outcome outcome = services_.call(plugin->client, event.method, event.params,
                                                   event.params_offset, std::move(request), now);
    if (outcome == service_outcome::abusive) kept->broke_limit(abuse_words);
}

inline void host_core::on_notification(plugin_actor& actor, const session_event& event, time_point now) {
    plugin_record* const plugin = find(actor.index());
    if (plugin == nullptr || event.method == methods::exit) return;
    const auto kept = actor.shared_from_this();
    const service_outcome outcome =
        services_.notify(plugin->client, event.method, event.params, event.params_offset, now);
    if (outcome == service_outcome::abusive) kept->broke_limit(abuse_words);
}

inline void host_core::provide_host_methods() {
    const auto provide = [this](std::string_view method, std::string_view permission, auto handler) {
        TENON_ASSERT(host_method_named(method)->permission == permission); // as in the table
        const result<void> provided = services_.provide(method, permission, std::move(handler));
        TENON_ASSERT(provided);
    };
    provide(methods::log, "", [this](const log_notice& notice, const caller& who) {
        if (plugin_record* const plugin = find(who.plugin)) plugin->actor->take_notice(notice, steady_now());
    });
    provide(methods::acknowledge, "", [this](const acknowledged_event&, const caller& who) {
        if (plugin_record* const plugin = find(who.plugin)) ++plugin->acknowledged;
    });
    provide(methods::emit, "events:emit",
            [this](const emitted_event& event, const caller& who) { return emit(event, who); });
    provide(methods::subscribe, "events:subscribe",
            [this](const subscribe_request& wanted, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return interests_.subscribe(plugin->actor->index(), wanted);
            });
    provide(methods::unsubscribe, "events:subscribe",
            [this](const unsubscribe_request& wanted, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin != nullptr && interests_.unsubscribe(plugin->actor->index(), wanted.type))
                    return {};
                return fault{codes::invalid_params,
                             join({"type: not subscribed to \"",
                                   beginning_of(wanted.type, longest_event_type), "\""})};
            });
    // It names nothing secret, but it is a call: who may make none is not told either.
    provide(methods::describe, "",
            [this](const describe_request&, const caller& who) -> result<host_catalogue> {
                const plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                if (!plugin->client.may_call) return calls_not_allowed(methods::describe, plugin->client);
                return catalogue();
            });
    provide_command_methods(provide);
    provide_config_methods(provide);
}

template <class Provide>
void host_core::provide_command_methods(Provide provide) {
    provide(methods::register_command, "commands:register",
            [this](const command_declaration& command, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return commands_.add(plugin->actor->index(), who.plugin, command, true);
            });
    provide(methods::unregister_command, "commands:register",
            [this](const unregister_request& command, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return commands_.remove(plugin->actor->index(), command.name);
            });
    provide(methods::host_execute, "commands:execute",
            [this](const command_request& wanted, const caller& who, service_reply<json_view> answer) {
                const plugin_record* const plugin = find(who.plugin);
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
void host_core::provide_config_methods(Provide provide) {
    provide(methods::get_config, "config:read",
            [this](const config_key& wanted, const caller& who) -> result<json> {
                const plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                const json& config = plugin->actor->options().config;
                return wanted.key ? json(config[*wanted.key]) : config;
            });
    provide(methods::set_config, "config:write",
            [this](const config_entry& entry, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                auto members = plugin->actor->options().config.as<std::map<std::string, json>>().value_or({});
                members.insert_or_assign(entry.key, json(entry.value));
                json changed = json::of(members);
                if (changed.text().size() > max_config_bytes)
                    return fault{codes::too_large, "the configuration would be too large"};
                if (auto good = check_param_depth("the configuration", changed.text()); !good) return good;
                if (const std::string twice = repeated_member(changed.text()); !twice.empty())
                    return fault{codes::invalid_params, join({"config.", twice, ": is there twice"})};
                if (auto good = plugin->actor->wanted_config().check(changed); !good) return good;
                plugin->actor->set_config(std::move(changed));
                plugin->set_itself.insert_or_assign(entry.key, json(entry.value));
                return {};
            });
    provide(methods::save_config, "config:write",
            [this](const json_view&, const caller& who) -> result<void> {
                const plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                if (!on_config_saved)
                    return fault{codes::unavailable, "this host keeps no configuration beyond its own run"};
                return on_config_saved(who.plugin, json::of(plugin->set_itself));
            });
}

/// More than anybody names, and little work for a host.
inline constexpr std::size_t max_named_capabilities = 64;

inline result<audience> host_core::audience_of(const emitted_event& event) {
    audience among;
    if (event.to) {
        const plugin_record* const named = find(*event.to);
        if (named == nullptr)
            return fault{codes::invalid_params, join({"to: ", unknown_plugin(*event.to).message})};
        among.only = named->actor->index();
    }
    if (event.capabilities) among.capabilities = *event.capabilities;
    if (among.capabilities.size() > max_named_capabilities)
        return fault{codes::invalid_params,
                     join({"capabilities: more than ", digits(max_named_capabilities)})};
    return among;
}

/// Told to everybody who wants it and is meant, the plugin itself included; as far from its origin as what made the
/// plugin emit.
inline result<emit_answer> host_core::emit(const emitted_event& event, const caller& who) {
    plugin_record* const plugin = find(who.plugin);
    if (plugin == nullptr) return unknown_plugin(who.plugin);
    if (closing_) return fault{codes::shutting_down, "the host is shutting down"};
    if (!is_event_type(event.event_type))
        return fault{codes::invalid_params, "eventType: expected a name like message.incoming"};
    if (event.metadata && !event.metadata->is_null() && event.metadata->kind() != json_kind::object)
        return fault{codes::invalid_params,
                     join({"metadata: expected object, got ", name_of(event.metadata->kind())})};
    const auto among = audience_of(event);
    if (!among) return among.error();
    std::uint64_t cause = 0;
    if (event.metadata)
        if (const auto named = (*event.metadata)["cause"].as<std::string>())
            cause = event_ids_.number_of(*named);
    const auto place = hops_.emit(plugin->actor->index(), event.event_type, cause, steady_now());
    if (!place) return place.error();
    ++plugin->events.emitted;
    const std::string chain = place->root == 0 ? std::string() : event_ids_.id_of(place->root);
    const std::string answered = cause == 0 ? std::string() : event_ids_.id_of(cause);
    const std::string metadata =
        stamp_metadata(event.metadata ? event.metadata->text() : std::string_view(),
                       {.source = who.plugin, .hops = place->hops, .chain = chain, .cause = answered});
    return emit_answer{publish(event.event_type, event.payload.text(), metadata, *place, who.plugin, *among)};
}

} // namespace tenon::detail

#endif
