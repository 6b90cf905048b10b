#ifndef TENON_HOST_HOST_EVENTS_HPP
#define TENON_HOST_HOST_EVENTS_HPP

// Events of a host (host/host_core.hpp): put to the plugins for a decision, or told to them.

#include <tenon/host/broadcast.hpp>
#include <tenon/host/decision_run.hpp>

#include <chrono>

namespace tenon::detail {

/// What a plugin has not read beyond this is kept back, so that its oldest events can still be dropped.
inline constexpr std::size_t max_told_ahead = std::size_t{256} << 10;

inline void host_core::decide(std::string type, std::string payload, decide_options options,
                              payload_check check, decided done) {
    const time_point now = steady_now();
    const milliseconds timeout = options.timeout.count() > 0 ? options.timeout : options_.decision_timeout;
    event_head event{.id = event_ids_.next(),
                     .type = std::move(type),
                     .metadata = options.metadata.is_null() ? "{}" : options.metadata.text(),
                     .timestamp = format_timestamp(std::chrono::system_clock::now())};
    ++decided_;
    ++deciding_;
    if (on_event_told) on_event_told(event.type, payload);
    const std::span<const interest> asked =
        closing_ ? std::span<const interest>() : interests_.of(event.type);
    const auto run =
        std::make_shared<decision_run>(shared_from_this(), asked, std::move(event), std::move(payload),
                                       after(now, timeout), now, check, 0, std::move(done));
    run->go();
}

inline std::size_t host_core::publish(std::string_view type, std::string_view payload,
                                      std::string_view metadata, int hops) {
    if (closing_) return 0;
    ++published_;
    if (on_event_told) on_event_told(type, payload);
    event_head event{.id = event_ids_.next(),
                     .type = std::string(type),
                     .metadata = metadata.empty() ? "{}" : std::string(metadata),
                     .timestamp = format_timestamp(std::chrono::system_clock::now())};
    const broadcast plan = plan_broadcast(interests_, event, payload);
    // Telling may end a connection, and that changes who is interested.
    std::vector<plugin_index> told;
    told.reserve(plan.told.size());
    for (const interest& one : plan.told) told.push_back(one.plugin);
    const shared_bytes message = plan.message;
    const time_point now = steady_now();
    std::size_t count = 0;
    for (const plugin_index index : told)
        if (plugin_record* const plugin = find(index); plugin != nullptr && plugin->actor->ready()) {
            tell(*plugin, message, hops, now);
            ++count;
        }
    return count;
}

inline void host_core::tell(plugin_record& plugin, const shared_bytes& message, int hops, time_point now) {
    plugin_actor& actor = *plugin.actor;
    if (!actor.ready()) return;
    hops_.told(actor.index(), hops, now);
    if (plugin.backlog.empty() && actor.unread_bytes() < max_told_ahead &&
        actor.tell(methods::on_event, message)) {
        ++plugin.events.delivered;
        return;
    }
    count_lost(plugin, plugin.backlog.push(message));
}

/// The plugin has read what was written: what was kept back goes out.
inline void host_core::on_drained(plugin_actor& actor) {
    plugin_record* const plugin = find(actor.index());
    if (plugin == nullptr) return;
    while (!plugin->backlog.empty() && actor.ready() && actor.unread_bytes() < max_told_ahead) {
        if (!actor.tell(methods::on_event, plugin->backlog.front())) break;
        plugin->backlog.pop();
        ++plugin->events.delivered;
    }
    if (plugin->backlog.empty()) plugin->dropping = false;
}

inline void host_core::count_lost(plugin_record& plugin, std::size_t lost) {
    plugin.events.dropped += lost;
    if (lost == 0 || plugin.dropping) return;
    plugin.dropping = true;
    plugin.actor->note(log_level::warn, "it reads its events too slowly: the oldest ones are dropped");
}

inline std::vector<explanation> host_core::explain(std::string_view type) const {
    std::vector<explanation> all = interests_.explain(type);
    const time_point now = steady_now();
    for (explanation& one : all) {
        const plugin_actor& actor = *by_index_[one.plugin]->actor;
        if (!actor.ready()) {
            const std::string& why = actor.supervised().reason().text;
            one.why_not = exclusion::state;
            one.words = join({"it is ", name_of(actor.state()), why.empty() ? "" : ": ", why});
        } else if (one.receives() && (!one.mode_given || one.mode != event_mode::observe) &&
                   actor.calls().breaker_of(lane::events).state(now) == breaker_state::open) {
            one.why_not = exclusion::breaker;
            one.words =
                "its answers to events failed too often in a row: it is told, but not asked for a while";
        }
    }
    return all;
}

} // namespace tenon::detail

#endif
