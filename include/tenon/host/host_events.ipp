#ifndef TENON_HOST_HOST_EVENTS_IPP
#define TENON_HOST_HOST_EVENTS_IPP

// The bodies of host/host_events.hpp.

#include <tenon/host/host_events.hpp>
#include <tenon/rules/events/broadcast.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <chrono>

namespace tenon::detail {

inline host_events::host_events(untyped_host& host, host_plugins& plugins)
    : host_(host), plugins_(plugins), hops_(host.options().max_hops), event_ids_(host.options().seed),
      decisions_due_(host.where(), [this](time_point now) { end_overdue_decisions(now); }) {}

// --- who wants what ---

inline void host_events::know(const plugin_actor& plugin) {
    const plugin_options& options = plugin.options();
    interests_.set_plugin(plugin.index(), options.id.empty() ? options.name : options.id, options.events,
                          options.priority, options.name,
                          {.answer_timeout = options.call_timeout,
                           .required = options.required,
                           .absent = options.absent,
                           .absent_of = options.absent_of});
    interests_.set_expected(plugin.index(), false); // until it is started
}

inline void host_events::declare(const plugin_record& plugin, const handshake_answer& answer,
                                 refusals& told) {
    const plugin_index index = plugin.actor->index();
    if (plugin.client.may_call) hops_.follow(index);
    interests_.declare(index, answer);
    if (answer.events)
        for (const event_interest& event : *answer.events)
            if (!is_event_pattern(event.type))
                told.add(join({"event '", beginning_of(event.type, longest_event_type), "': expected ",
                               an_event_pattern}));
    told.close("events");
}

inline void host_events::withdraw(plugin_actor& plugin) {
    interests_.withdraw(plugin.index());
    hops_.forget(plugin.index());
    if (plugin_record* const known = plugins_.find(plugin.index()))
        count_lost(*known, known->backlog.clear());
}

inline bool host_events::is_asked(plugin_index plugin, std::string_view type) {
    const std::span<const interest> all = interests_.of(type);
    return std::any_of(all.begin(), all.end(), [plugin](const interest& one) {
        return one.plugin == plugin && one.mode != event_mode::observe;
    });
}

inline void host_events::list_offers(host_catalogue& all) const {
    for (const auto& [type, event] : offers_)
        all.events.push_back({.type = std::string(type),
                              .description = text_or_none(event.description),
                              .schema = schema_value(event.schema),
                              .decide = event.decide});
}

// --- deciding and telling ---

/// What a plugin has not read beyond this is kept back, so that its oldest events can still be dropped.
inline constexpr std::size_t max_told_ahead = std::size_t{256} << 10;

/// What is told within one turn of the loop goes out together, but not more than this.
inline constexpr std::size_t max_told_together = std::size_t{32} << 10;

inline std::weak_ptr<decision_run> host_events::decide(std::string type, std::string payload,
                                                       decide_options options, payload_check check,
                                                       decided done) {
    const time_point now = steady_now();
    const milliseconds timeout = options.timeout.count() > 0 ? options.timeout : time_to_decide(type);
    event_head event{.id = event_ids_.next(),
                     .type = std::move(type),
                     .metadata = options.metadata.is_null() ? "{}" : options.metadata.text(),
                     .timestamp = format_timestamp(std::chrono::system_clock::now())};
    const std::uint64_t number = event_ids_.last();
    ++decided_;
    tell_application(host_.where(), host_.on_event_told, event.type, payload);
    if (host_.watched_events.watched_at_all()) done = watched_decision(event, std::move(done));
    std::vector<interest> still;
    if (plugins_.closing()) still = still_needed(event.type);
    const std::span<const interest> asked = plugins_.closing() ? still : interests_.asked(event.type);
    const auto run = std::make_shared<decision_run>(kept(), asked, std::move(event), std::move(payload),
                                                    after(now, timeout), now, check, number, std::move(done));
    deciding_.emplace(run.get(), run->deadline());
    decisions_due_.set(run->deadline());
    run->go();
    return run;
}

/// Nobody is asked any more, but what must not pass without a plugin does not pass now either.
inline std::vector<interest> host_events::still_needed(std::string_view type) {
    std::vector<interest> still;
    for (const interest& one : interests_.asked(type))
        if (one.required || one.absent != absence::pass) still.push_back(one);
    return still;
}

inline void host_events::end_overdue_decisions(time_point now) {
    const auto self = kept();
    std::vector<std::shared_ptr<decision_run>> overdue;
    time_point next = never;
    for (const auto& [run, deadline] : deciding_) {
        if (deadline <= now) overdue.push_back(run->shared_from_this());
        else next = std::min(next, deadline);
    }
    decisions_due_.set(next);
    for (const auto& run : overdue) run->handle_timeout(now);
}

inline std::size_t host_events::publish(std::string_view type, std::string_view payload,
                                        std::string_view metadata, event_place place, std::string_view source,
                                        const audience& among) {
    if (plugins_.closing() || !is_event_type(type)) return 0;
    ++published_;
    tell_application(host_.where(), host_.on_event_told, type, payload);
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
        if (plugin_record* const plugin = plugins_.find(one.plugin);
            plugin != nullptr && plugin->actor->ready() && is_for(among, one.plugin)) {
            tell(*plugin, plan.message, place, now);
            ++count;
        }
    if (host_.watched_events.watched_at_all())
        host_.watched_events.publish({.unix_ms = wall_clock_ms(),
                                      .id = std::move(event.id),
                                      .type = std::move(event.type),
                                      .source = std::string(source),
                                      .payload = std::string(payload),
                                      .directed = !among.everybody(),
                                      .told = count});
    return count;
}

inline bool host_events::is_for(const audience& among, plugin_index plugin) const noexcept {
    return (!among.only || *among.only == plugin) &&
           (among.capabilities.empty() || interests_.has_one_of(plugin, among.capabilities));
}

/// Tells those who watch before it tells who asked, who may end the host.
inline host_events::decided host_events::watched_decision(const event_head& event, decided done) {
    return [self = kept(), id = event.id, type = event.type,
            done = std::move(done)](raw_decision&& outcome) mutable {
        self->host_.watched_events.publish({.unix_ms = wall_clock_ms(),
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

inline void host_events::tell(plugin_record& plugin, const shared_bytes& message, const event_place& event,
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
inline void host_events::send_told(plugin_record& plugin) {
    if (!std::exchange(turn_begun_, true)) {
        ++turn_;
        host_.home()->later([self = kept()] { self->end_turn(); });
    }
    if (plugin.told_in != turn_ || plugin.actor->unread_bytes() >= max_told_together) {
        plugin.told_in = turn_;
        return plugin.actor->send_told();
    }
    if (!std::exchange(plugin.owed, true)) owed_.push_back(plugin.actor->index());
}

inline void host_events::end_turn() {
    turn_begun_ = false;
    for (const plugin_index index : std::exchange(owed_, {}))
        if (plugin_record* const plugin = plugins_.find(index)) {
            plugin->owed = false;
            plugin->actor->send_told();
        }
}

inline void host_events::send_kept_back(plugin_actor& actor) {
    plugin_record* const plugin = plugins_.find(actor.index());
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

inline void host_events::count_lost(plugin_record& plugin, std::size_t lost) {
    plugin.events.dropped += lost;
    if (lost == 0 || plugin.dropping) return;
    plugin.dropping = true;
    plugin.actor->note(log_level::warn, "it reads its events too slowly: the oldest ones are dropped");
}

/// What becomes of an event that it should decide about, while it is not there.
inline std::string_view fate_of(const explanation& missed, bool may_return) noexcept {
    const bool holds = missed.absent == absence::hold;
    if (holds && may_return) return "such an event waits for its return";
    const bool stops = missed.required || missed.absent == absence::stop ||
                       (holds && missed.on_failure == failure_policy::stop);
    return stops ? "such an event is stopped" : "such an event passes without it";
}

inline std::vector<explanation> host_events::explain(std::string_view type) const {
    std::vector<explanation> all = interests_.explain(type);
    const time_point now = steady_now();
    for (explanation& one : all) {
        const plugin_actor& actor = *plugins_.find(one.plugin)->actor;
        if (!actor.ready()) {
            const bool only_told = one.mode_given && one.mode == event_mode::observe;
            one.missed = one.missed || (one.receives() && !only_told);
            one.why_not = exclusion::state;
            one.words = why_not_there(actor);
            const bool returns = plugins_.may_return(actor, after(now, time_to_decide(type)));
            if (one.missed) append(one.words, join({"; ", fate_of(one, returns)}));
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

/// More than anybody names, and little work for a host.
inline constexpr std::size_t max_named_capabilities = 64;

inline result<audience> host_events::audience_of(const emitted_event& event) {
    audience among;
    if (event.to) {
        const plugin_record* const named = plugins_.find(*event.to);
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
inline result<emit_answer> host_events::emit(plugin_record& plugin, const emitted_event& event) {
    if (plugins_.closing()) return shutting_down();
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
    const auto place = hops_.emit(plugin.actor->index(), event.event_type, cause, steady_now());
    if (!place) return place.error();
    ++plugin.events.emitted;
    const std::string chain = place->root == 0 ? std::string() : event_ids_.id_of(place->root);
    const std::string answered = cause == 0 ? std::string() : event_ids_.id_of(cause);
    const std::string metadata = stamp_metadata(
        event.metadata ? event.metadata->text() : std::string_view(),
        {.source = plugin.actor->name(), .hops = place->hops, .chain = chain, .cause = answered});
    return emit_answer{
        publish(event.event_type, event.payload.text(), metadata, *place, plugin.actor->name(), *among)};
}

inline void host_events::look_for_held(plugin_actor& plugin) {
    using enum plugin_state;
    const plugin_state state = plugin.state();
    if (state != ready && state != failed && state != stopped && state != backoff) return;
    std::vector<std::shared_ptr<decision_run>> waiting;
    for (const auto& [run, deadline] : deciding_)
        if (run->holds(plugin.index())) waiting.push_back(run->shared_from_this());
    for (const auto& run : waiting) run->look_again(plugin, steady_now());
}

inline void host_events::give_up_all() {
    std::vector<std::shared_ptr<decision_run>> all;
    for (const auto& [run, deadline] : deciding_) all.push_back(run->shared_from_this());
    for (const auto& run : all) run->give_up(steady_now());
}

} // namespace tenon::detail

#endif
