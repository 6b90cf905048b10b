#ifndef TENON_HOST_HOST_STATUS_HPP
#define TENON_HOST_HOST_STATUS_HPP

// How a host and its plugins are right now (host/host_core.hpp), as data: rules/status.hpp says what it means.

#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/host/host_core.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/rules/supervision/supervisor_texts.hpp>

#include <algorithm>

namespace tenon::detail {

inline host_catalogue host_core::catalogue() const {
    host_catalogue all;
    for (const auto& [type, event] : offers_)
        all.events.push_back({.type = std::string(type),
                              .description = text_or_none(event.description),
                              .schema = schema_value(event.schema),
                              .decide = event.decide});
    for (const services::listed& one : services_.list())
        all.services.push_back({.method = std::string(one.method),
                                .description = text_or_none(one.words.description),
                                .params = schema_value(one.words.params),
                                .result = schema_value(one.words.result),
                                .permission = std::string(one.permission)});
    return all;
}

inline std::optional<process_status> process_status_of(int pid) {
    const auto usage = usage_of(pid);
    if (!usage) return {};
    return process_status{.memory_bytes = usage->resident_bytes,
                          .cpu = usage->cpu,
                          .threads = usage->threads,
                          .descriptors = usage->descriptors};
}

inline call_counts calls_of(const call_lanes& lanes) {
    call_counts sum;
    for (const lane which : {lane::calls, lane::events}) {
        const lane_counts& one = lanes.counts(which);
        sum.asked += one.asked;
        sum.succeeded += one.answered;
        sum.failed += one.errors;
        sum.timed_out += one.timeouts;
        sum.cancelled += one.cancelled;
        sum.overloaded += one.overloaded + one.reentrant + one.too_large;
        sum.circuit_open += one.circuit_open;
        sum.unavailable += one.unavailable + one.lost;
    }
    return sum;
}

inline breaker_status breaker_status_of(const call_lanes& lanes, lane which, time_point now) {
    const breaker& of = lanes.breaker_of(which);
    breaker_status status{.work = std::string(name_of(which)),
                          .state = of.state(now),
                          .failures = of.failures_in_row(),
                          .opened = of.times_opened()};
    if (of.probe_at() != never)
        status.next_probe =
            std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(of.probe_at() - now));
    return status;
}

inline void add_declarations(plugin_status& status, const handshake_answer& answer) {
    status.version = answer.version;
    status.description = shortened(answer.description.value_or(std::string()));
    status.features = answer.features.value_or(std::vector<std::string>());
}

/// What it gets, which is not all that it asked for where that was too much or made no sense.
inline void add_subscriptions(plugin_status& status, const wanted_events& wanted) {
    status.capabilities = wanted.families;
    if (wanted.whole_families)
        for (const std::string& family : wanted.families)
            status.subscriptions.push_back(
                {.type = family == "*" ? "*" : family + ".*", .source = "capability"});
    const auto add = [&](const std::vector<event_interest>& events, std::string_view source) {
        for (const event_interest& event : events)
            status.subscriptions.push_back({.type = event.type,
                                            .mode = event.mode,
                                            .priority = event.priority.value_or(0),
                                            .on_failure = event.on_failure,
                                            .source = std::string(source)});
    };
    add(wanted.listed, "handshake");
    add(wanted.subscribed, "subscribed");
}

/// What a plugin declared is shown as far as a person reads it.
inline void show_the_first(plugin_status& status) {
    const auto cut = [&](std::string_view name, auto& list) {
        if (list.size() <= shown_of_list) return;
        status.left_out.emplace(name, list.size() - shown_of_list);
        list.resize(shown_of_list);
    };
    cut("capabilities", status.capabilities);
    cut("subscriptions", status.subscriptions);
    cut("routes", status.routes);
    cut("commands", status.commands);
}

inline plugin_status host_core::status_of(const plugin_record& plugin) const {
    const plugin_actor& actor = *plugin.actor;
    const supervisor& life = actor.supervised();
    const plugin_options& options = actor.options();
    const time_point now = steady_now();
    plugin_status status{.name = options.name,
                         .id = options.id.empty() ? options.name : options.id,
                         .state = life.state(),
                         .health = life.health(),
                         .health_message = life.health_message(),
                         .reason = life.reason(),
                         .generation = life.generation(),
                         .restarts = life.restarts(),
                         .retries = life.retries(),
                         .in_state = life.time_in_state(now),
                         .calls = calls_of(actor.calls()),
                         .reverse = {.asked = plugin.client.counts.asked,
                                     .succeeded = plugin.answered,
                                     .failed = plugin.refusals,
                                     .denied = plugin.client.counts.denied,
                                     .unknown = plugin.client.counts.unknown},
                         .events = plugin.events,
                         .metrics = actor.metrics(),
                         .permissions = options.permissions,
                         .needs = options.needs};
    if (actor.pid() != 0) {
        status.pid = actor.pid();
        status.process = process_status_of(actor.pid());
    }
    if (life.state() == plugin_state::ready) status.uptime = life.time_in_state(now);
    if (life.next_retry() != never)
        status.next_retry = std::chrono::duration_cast<milliseconds>(life.next_retry() - now);
    if (life.last_exit())
        status.last_exit =
            report_exit(*life.last_exit(), actor.ended_unix_ms(),
                        life.last_stop_step() ? std::string(name_of(*life.last_stop_step())) : std::string());
    const log_line_counts& lines = actor.log_stream().counts();
    status.logs = {.lines = lines.lines,
                   .suppressed = lines.suppressed,
                   .cut = lines.cut,
                   .below = lines.below,
                   .bytes = lines.bytes};
    status.level = options.logs.level;
    status.queues = {.queued_calls = actor.calls().queued(lane::calls),
                     .calls_in_flight = actor.calls().in_flight(),
                     .queued_events = actor.calls().queued(lane::events) + plugin.backlog.size()};
    if (const session* peer = actor.peer()) {
        status.queues.output_bytes = peer->queued_bytes();
        status.queues.requests_in_flight = peer->open_requests();
        status.connection = peer->counters();
    }
    latency_histogram latency = actor.calls().latency(lane::calls);
    latency.merge(actor.calls().latency(lane::events));
    status.latency = summarise(latency);
    for (const lane which : {lane::calls, lane::events})
        status.breakers.push_back(breaker_status_of(actor.calls(), which, now));
    if (actor.declared()) add_declarations(status, *actor.declared());
    add_subscriptions(status, interests_.wanted_by(actor.index()));
    status.refused = plugin.refused;
    for (const known_command* command : commands_.of(actor.index()))
        status.commands.push_back({.name = command->name,
                                   .description = command->description,
                                   .params = command->params,
                                   .result = command->result,
                                   .at_run_time = command->at_run_time});
    for (const known_route* route : routes_.of(actor.index()))
        status.routes.push_back({.method = route->method,
                                 .path = join({route->prefix, route->path}),
                                 .description = route->description,
                                 .auth = route->auth});
    show_the_first(status);
    for (const state_change& change : life.history())
        status.history.push_back(
            {.unix_ms = wall_clock_ms() - std::chrono::duration_cast<milliseconds>(now - change.at).count(),
             .from = change.from,
             .to = change.to,
             .reason = change.reason,
             .generation = change.generation});
    return status;
}

inline host_status host_core::summary() const {
    host_status status{.name = options_.name,
                       .version = options_.version,
                       .protocol_version = protocol_version,
                       .unix_ms = wall_clock_ms(),
                       .uptime = std::chrono::duration_cast<milliseconds>(steady_now() - started_),
                       .pid = process_id(),
                       .events_published = published_,
                       .events_decided = decided_,
                       .events_stopped = stopped_,
                       .events_in_flight = deciding_.size(),
                       .attaches_refused = attaches_refused_,
                       .plugins_known = plugins_.size(),
                       .configuration = configuration};
    status.process = process_status_of(status.pid);
    for (const auto& [name, plugin] : plugins_) status.plugins_ready += plugin->actor->ready();
    return status;
}

inline host_status host_core::status() const {
    host_status status = summary();
    for (const auto& [name, plugin] : plugins_) status.plugins.push_back(status_of(*plugin));
    return status;
}

} // namespace tenon::detail

#endif
