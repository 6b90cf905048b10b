#ifndef TENON_HOST_HOST_EVENTS_HPP
#define TENON_HOST_HOST_EVENTS_HPP

// Events of a host (host/host_core.hpp): put to the plugins for a decision, or told to them.

#include <tenon/rules/events/broadcast.hpp>
#include <tenon/host/decision_run.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace tenon::detail {

/// What a plugin has not read beyond this is kept back, so that its oldest events can still be dropped.
inline constexpr std::size_t max_told_ahead = std::size_t{256} << 10;

/// What is told within one turn of the loop goes out together, but not more than this.
inline constexpr std::size_t max_told_together = std::size_t{32} << 10;

inline std::weak_ptr<decision_run> host_core::decide(std::string type, std::string payload,
                                                     decide_options options, payload_check check,
                                                     decided done) {
    const time_point now = steady_now();
    const milliseconds timeout = options.timeout.count() > 0 ? options.timeout : decision_timeout_of(type);
    event_head event{.id = event_ids_.next(),
                     .type = std::move(type),
                     .metadata = options.metadata.is_null() ? "{}" : options.metadata.text(),
                     .timestamp = format_timestamp(std::chrono::system_clock::now())};
    const std::uint64_t number = event_ids_.last();
    ++decided_;
    tell_application(on_event_told, event.type, payload);
    if (watched_events.watched_at_all()) done = watched_decision(event, std::move(done));
    std::vector<interest> still;
    if (closing_) still = still_required(event.type);
    const std::span<const interest> asked = closing_ ? still : interests_.asked(event.type);
    const auto run =
        std::make_shared<decision_run>(shared_from_this(), asked, std::move(event), std::move(payload),
                                       after(now, timeout), now, check, number, std::move(done));
    deciding_.emplace(run.get(), run->deadline());
    decisions_due_.set(run->deadline());
    run->go();
    return run;
}

/// Nobody is asked any more, but what must not pass without a plugin does not pass now either.
inline std::vector<interest> host_core::still_required(std::string_view type) {
    std::vector<interest> still;
    for (const interest& one : interests_.asked(type))
        if (one.required) still.push_back(one);
    return still;
}

inline milliseconds host_core::decision_timeout_of(std::string_view type) const noexcept {
    return most_particular(options_.decision_timeouts, type, options_.decision_timeout);
}

inline result<void> host_core::set_decision_timeouts(milliseconds all,
                                                     std::map<std::string, milliseconds> of_events) {
    host_options changed = options_;
    changed.decision_timeout = all;
    changed.decision_timeouts = std::move(of_events);
    if (auto good = check_options(changed); !good) return good;
    options_ = std::move(changed);
    return {};
}

inline void host_core::end_overdue_decisions(time_point now) {
    const auto self = shared_from_this();
    std::vector<std::shared_ptr<decision_run>> overdue;
    time_point next = never;
    for (const auto& [run, deadline] : deciding_) {
        if (deadline <= now) overdue.push_back(run->shared_from_this());
        else next = std::min(next, deadline);
    }
    decisions_due_.set(next);
    for (const auto& run : overdue) run->handle_timeout(now);
}

inline std::size_t host_core::publish(std::string_view type, std::string_view payload,
                                      std::string_view metadata, event_place place, std::string_view source,
                                      const audience& among) {
    if (closing_ || !is_event_type(type)) return 0;
    ++published_;
    tell_application(on_event_told, type, payload);
    event_head event{.id = event_ids_.next(),
                     .type = std::string(type),
                     .metadata = metadata.empty() ? "{}" : std::string(metadata),
                     .timestamp = format_timestamp(std::chrono::system_clock::now())};
    place.number = event_ids_.last();
    if (place.root == 0) place.root = place.number;
    const broadcast plan = plan_broadcast(interests_, event, payload);
    const time_point now = steady_now();
    std::size_t count = 0;
    for (const interest& one : plan.told)
        if (plugin_record* const plugin = find(one.plugin);
            plugin != nullptr && plugin->actor->ready() && is_for(among, one.plugin)) {
            tell(*plugin, plan.message, place, now);
            ++count;
        }
    if (watched_events.watched_at_all())
        watched_events.publish({.unix_ms = wall_clock_ms(),
                                .id = std::move(event.id),
                                .type = std::move(event.type),
                                .source = std::string(source),
                                .payload = std::string(payload),
                                .directed = !among.everybody(),
                                .told = count});
    return count;
}

inline bool host_core::is_for(const audience& among, plugin_index plugin) const noexcept {
    return (!among.only || *among.only == plugin) &&
           (among.capabilities.empty() || interests_.has_one_of(plugin, among.capabilities));
}

/// Tells those who watch before it tells who asked, who may end the host.
inline host_core::decided host_core::watched_decision(const event_head& event, decided done) {
    return [self = shared_from_this(), id = event.id, type = event.type,
            done = std::move(done)](raw_decision&& outcome) mutable {
        self->watched_events.publish({.unix_ms = wall_clock_ms(),
                                      .id = std::move(id),
                                      .type = std::move(type),
                                      .payload = outcome.payload,
                                      .decided = true,
                                      .stopped = outcome.stopped,
                                      .modified = outcome.modified,
                                      .stopped_by = outcome.stopped_by,
                                      .reason = outcome.reason,
                                      .plugins = outcome.plugins});
        done(std::move(outcome));
    };
}

inline void host_core::tell(plugin_record& plugin, const shared_bytes& message, const event_place& event,
                            time_point now) {
    plugin_actor& actor = *plugin.actor;
    if (!actor.ready()) return;
    if (plugin.backlog.empty() && actor.unread_bytes() < max_told_ahead &&
        actor.tell(methods::on_event, message)) {
        hops_.told(actor.index(), event, now);
        ++plugin.events.delivered;
        return send_told(plugin);
    }
    count_lost(plugin, plugin.backlog.push({message, event}));
}

/// The first event of a turn of the loop goes out at once. What follows it in the same turn is written together at the
/// end: each write would wake the plugin, which costs more than all the rest.
inline void host_core::send_told(plugin_record& plugin) {
    if (!std::exchange(turn_begun_, true)) {
        ++turn_;
        home_->later([self = shared_from_this()] { self->end_turn(); });
    }
    if (plugin.told_in != turn_ || plugin.actor->unread_bytes() >= max_told_together) {
        plugin.told_in = turn_;
        return plugin.actor->send_told();
    }
    if (!std::exchange(plugin.owed, true)) owed_.push_back(plugin.actor->index());
}

inline void host_core::end_turn() {
    turn_begun_ = false;
    for (const plugin_index index : std::exchange(owed_, {}))
        if (plugin_record* const plugin = find(index)) {
            plugin->owed = false;
            plugin->actor->send_told();
        }
}

/// The plugin has read what was written: what was kept back goes out.
inline void host_core::on_drained(plugin_actor& actor) {
    plugin_record* const plugin = find(actor.index());
    if (plugin == nullptr) return;
    while (!plugin->backlog.empty() && actor.ready() && actor.unread_bytes() < max_told_ahead) {
        if (!actor.tell(methods::on_event, plugin->backlog.front().message)) break;
        hops_.told(actor.index(), plugin->backlog.front().event, steady_now());
        plugin->backlog.pop();
        ++plugin->events.delivered;
    }
    actor.send_told();
    if (plugin->backlog.empty()) plugin->dropping = false;
}

inline void host_core::count_lost(plugin_record& plugin, std::size_t lost) {
    plugin.events.dropped += lost;
    if (lost == 0 || plugin.dropping) return;
    plugin.dropping = true;
    plugin.actor->note(log_level::warn, "it reads its events too slowly: the oldest ones are dropped");
}

/// What becomes of an event that it should decide about, while it is not there.
inline std::string_view fate_of(const explanation& missed) noexcept {
    if (missed.absent == absence::hold) return "such an event waits for its return";
    const bool stops = missed.required || missed.absent == absence::stop;
    return stops ? "such an event is stopped" : "such an event passes without it";
}

inline std::vector<explanation> host_core::explain(std::string_view type) const {
    std::vector<explanation> all = interests_.explain(type);
    const time_point now = steady_now();
    for (explanation& one : all) {
        const plugin_actor& actor = *by_index_[one.plugin]->actor;
        if (!actor.ready()) {
            const bool only_told = one.mode_given && one.mode == event_mode::observe;
            one.missed = one.missed || (one.receives() && !only_told);
            one.why_not = exclusion::state;
            one.words = why_not_there(actor);
            if (one.missed) append(one.words, join({"; ", fate_of(one)}));
        } else if (one.receives() && (!one.mode_given || one.mode != event_mode::observe) &&
                   actor.calls().breaker_of(lane::events).state(now) == breaker_state::open) {
            one.why_not = exclusion::breaker;
            one.words =
                "its answers to events failed too often in a row: it is told, but not asked for a while";
            if (one.required) append(one.words, "; such an event is stopped");
        }
    }
    return all;
}

} // namespace tenon::detail

#endif
