#ifndef TENON_HOST_HOST_ACTORS_HPP
#define TENON_HOST_HOST_ACTORS_HPP

// What a host makes of what its actors tell it (host/host_core.hpp): changes of state, what is declared and withdrawn,
// logs; and what it tells a plugin of itself.

#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/host/decision_run.hpp>
#include <tenon/host/host_core.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tenon::detail {

inline void host_core::on_change(plugin_actor& actor, const state_change& change) {
    plugin_record* const plugin = find(actor.index());
    if (plugin == nullptr) return;
    const auto kept = plugins_.find(actor.name())->second;
    tell_application(on_change_told, change);
    watched_changes.publish(change);
    if (change.to == plugin_state::ready) {
        for (const std::string& free : needs_.got_ready(change.plugin))
            if (const plugin_record* const other = find(free)) other->actor->needs_met();
    } else if (change.from == plugin_state::ready) {
        for (const std::string& waits : needs_.was_lost(change.plugin))
            if (const plugin_record* const other = find(waits)) other->actor->needs_missing(change.plugin);
    }
    interests_.set_expected(actor.index(), is_expected(actor));
    if (kept->leaving && (change.to == plugin_state::stopped || change.to == plugin_state::failed))
        forget(*kept);
    finish_waiters(*kept, change);
    look_for_held(actor);
}

/// One that was stopped on purpose is not missed.
inline bool host_core::is_expected(const plugin_actor& plugin) noexcept {
    const plugin_state state = plugin.state();
    return plugin.supervised().wanted() || (state != plugin_state::stopped && state != plugin_state::failed);
}

/// Decisions that wait for it go on when it is ready, and when it is not going to be.
inline void host_core::look_for_held(plugin_actor& plugin) {
    using enum plugin_state;
    const plugin_state state = plugin.state();
    if (state != ready && state != failed && state != stopped && state != backoff) return;
    std::vector<std::shared_ptr<decision_run>> waiting;
    for (const auto& [run, deadline] : deciding_)
        if (run->holds(plugin.index())) waiting.push_back(run->shared_from_this());
    for (const auto& run : waiting) run->look_again(plugin, steady_now());
}

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

inline void host_core::on_declared(plugin_actor& actor, handshake_answer& answer) {
    plugin_record* const plugin = find(actor.index());
    if (plugin == nullptr) return;
    plugin->client.identity = identity_of(actor);
    plugin->client.may_call = actor.options().allow_reverse_calls && answer.reverse_rpc.value_or(false);
    if (actor.options().allow_reverse_calls)
        plugin->client.why_not = "it did not say in its handshake that it would (`reverseRpc`)";
    if (plugin->client.may_call) hops_.follow(actor.index());
    refusals told;
    cut_lists(answer, told);
    interests_.declare(actor.index(), answer);
    if (answer.events)
        for (const event_interest& event : *answer.events)
            if (!is_event_pattern(event.type))
                told.add(join({"event '", beginning_of(event.type, longest_event_type), "': expected ",
                               an_event_pattern}));
    told.close("events");
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
    plugin->refused = told.take();
    for (const std::string& why : plugin->refused) actor.note(log_level::warn, why);
}

inline void host_core::on_withdrawn(plugin_actor& actor) {
    const plugin_index index = actor.index();
    interests_.withdraw(index);
    commands_.withdraw(index);
    routes_.withdraw(index);
    hops_.forget(index);
    if (plugin_record* const plugin = find(index)) count_lost(*plugin, plugin->backlog.clear());
}

inline void host_core::on_log(plugin_actor&, log_record&& record) { tell_log(std::move(record)); }

inline void host_core::tell_log(log_record&& record) {
    tell_application(on_log_told, record);
    watched_logs.publish(std::move(record));
}

inline handshake_request host_core::introduction(plugin_actor& plugin) {
    const plugin_options& of = plugin.options();
    if (plugin_record* const known = find(plugin.index())) // it may log before it has answered
        known->client.identity = identity_of(plugin), known->client.may_call = false;
    handshake_request request{.name = options_.name, .version = options_.version};
    request.supports_reverse_rpc = of.allow_reverse_calls;
    request.process_id = process_id();
    request.plugin = plugin_identity{.id = of.id.empty() ? of.name : of.id, .name = of.name};
    if (!of.config.is_null()) request.config = of.config.view();
    request.permissions = of.permissions;
    request.limits = peer_limits{.max_frame_bytes = of.connection.max_frame_bytes};
    return request;
}

inline std::vector<std::string> host_core::environment_of(plugin_actor& plugin) {
    std::vector<std::string> all = environment_more ? environment_more(plugin) : std::vector<std::string>();
    all.push_back(join({"TENON_PROTOCOL=", digits(protocol_version)}));
    if (options_.longest_look != default_longest_look &&
        !plugin.options().environment.contains("TENON_WAIT_US"))
        all.push_back(join({"TENON_WAIT_US=", signed_digits(options_.longest_look.count())}));
    return all;
}

inline result<void> host_core::may_launch(const plugin_actor& plugin) {
    const auto judge = start_judge; // it may put another in its place
    return judge ? judge(plugin.options()) : result<void>();
}

} // namespace tenon::detail

#endif
