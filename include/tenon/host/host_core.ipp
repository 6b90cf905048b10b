#ifndef TENON_HOST_HOST_CORE_IPP
#define TENON_HOST_HOST_CORE_IPP

// The bodies of host/host_core.hpp.

#include <tenon/host/host_core.hpp>
#include <tenon/host/mounted_instance.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/rules/check_options.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <tuple>

namespace tenon::detail {

inline host_options completed(host_options options) {
    if (options.version.empty())
        options.version = join({digits(TENON_VERSION_MAJOR), ".", digits(TENON_VERSION_MINOR), ".",
                                digits(TENON_VERSION_PATCH)});
    if (options.seed == 0) options.seed = std::random_device()();
    return options;
}

inline host_core::host_core(executor where, host_options options)
    : untyped_host(std::move(where), completed(std::move(options))),
      awake_(busy_poll::make(this->where(), options_.longest_look)), started_(steady_now()),
      own_log_(options_.log_records_kept), plugins_(*this, *this), events_(*this, plugins_),
      calls_(*this, plugins_, events_), socket_(*this, plugins_, events_) {}

inline host_core::~host_core() {
    close_watches();
    plugins_.clear(); // before what they are told with
}

inline void host_core::close_watches() {
    watched_changes.close();
    watched_logs.close();
    watched_events.close();
}

inline result<void> host_core::add(plugin_options options, std::uint64_t former) {
    auto made = plugins_.add(std::move(options), former);
    if (!made) return made.error();
    return {};
}

inline result<void> host_core::add_made_by(link_maker maker, plugin_options options) {
    auto made = plugins_.add(
        std::move(options), plugin_origin::mounted,
        [&maker](instance_owner& owner) {
            return std::make_shared<mounted_instance>(owner, std::move(maker));
        },
        0);
    if (!made) return made.error();
    return {};
}

inline result<void> host_core::set_log_level(std::string_view name, log_level level) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return unknown_plugin(name);
    plugin->actor->set_log_level(level);
    return {};
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

inline void host_core::give_up(const std::weak_ptr<decision_run>& decision) {
    if (const auto still = decision.lock()) still->give_up(steady_now());
}

inline void host_core::cancel(const call_under_way& call) {
    if (const auto actor = call.asked.lock()) actor->cancel(call.ticket);
    if (const auto repeated = call.repeated.lock()) repeated->cancel();
}

inline void host_core::close() {
    plugins_.refuse_from_now_on();
    // From now on nothing is told. These go later: it may be one of them that destroys the host.
    auto told = std::make_tuple(std::exchange(on_change_told, nullptr), std::exchange(on_log_told, nullptr),
                                std::exchange(on_event_told, nullptr));
    events_.end_turn();
    socket_.close();
    plugins_.stop_processes();
    // Handlers are told on the executor, not from within the destructor of the host.
    asio::post(where(), [self = std::static_pointer_cast<host_core>(shared_from_this()),
                         told = std::move(told)]() mutable {
        told = {};
        self->plugins_.retire();
        self->events_.give_up_all();
        self->plugins_.clear();
        self->close_watches();
    });
}

// --- what actors tell ---

inline void host_core::on_change(plugin_actor& actor, const state_change& change) {
    const auto kept = plugins_.keep(actor.index());
    if (kept == nullptr) return;
    tell_application(where(), on_change_told, change);
    watched_changes.publish(change);
    plugins_.tell_needing(change);
    events_.expect(actor);
    plugins_.follow(kept, change);
    events_.look_for_held(actor);
}

inline void host_core::on_declared(plugin_actor& actor, handshake_answer& answer) {
    plugin_record* const plugin = plugins_.find(actor.index());
    if (plugin == nullptr) return;
    calls_.greet(*plugin, answer);
    refusals told;
    cut_lists(answer, told);
    events_.declare(*plugin, answer, told);
    calls_.declare(actor, answer, told);
    plugin->refused = told.take();
    for (std::string& why : plugin->refused) why = actor.masked(std::move(why));
    for (const std::string& why : plugin->refused) actor.note(log_level::warn, why);
    for (const std::string& why : events_.undecided(actor.index())) actor.note(log_level::warn, why);
}

inline void host_core::on_withdrawn(plugin_actor& actor) {
    calls_.withdraw(actor.index());
    events_.withdraw(actor);
}

inline void host_core::tell_log(log_record&& record) {
    tell_application(where(), on_log_told, record);
    watched_logs.publish(std::move(record));
}

inline handshake_request host_core::introduction(plugin_actor& plugin) {
    const plugin_options& of = plugin.options();
    calls_.meet(plugin);
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
    std::vector<std::string> all{join({"TENON_PROTOCOL=", digits(protocol_version)})};
    if (options_.longest_look != default_longest_look &&
        !plugin.options().environment.contains("TENON_WAIT_US"))
        all.push_back(join({"TENON_WAIT_US=", signed_digits(options_.longest_look.count())}));
    return all;
}

/// A line of the host's own log.
inline void host_core::note(log_level level, std::string_view message) {
    log_record record{.unix_ms = wall_clock_ms(),
                      .level = level,
                      .pid = process_id(),
                      .source = "host",
                      .message = safe_text(message, max_log_line)};
    own_log_.add(record);
    tell_log(std::move(record));
}

// --- looking in ---

inline host_catalogue host_core::catalogue() const {
    host_catalogue all;
    events_.list_offers(all);
    calls_.list_services(all);
    return all;
}

inline std::optional<process_status> process_status_of(const std::optional<process_usage>& usage) {
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
                         .needs = options.needs,
                         .required = options.required,
                         .absent = options.absent,
                         .absent_of = options.absent_of};
    if (actor.pid() != 0) {
        status.pid = actor.pid();
        status.process = process_status_of(actor.how_it_runs().usage());
        status.start_level = actor.level_of_start();
    }
    status.sandbox = actor.how_it_runs().sandbox();
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
    add_subscriptions(status, events_.wanted_by(actor.index()));
    status.refused = plugin.refused;
    status.warnings = events_.undecided(actor.index());
    for (const known_command* command : commands().of(actor.index()))
        status.commands.push_back({.name = command->name,
                                   .description = command->description,
                                   .params = command->params,
                                   .result = command->result,
                                   .at_run_time = command->at_run_time});
    for (const known_route* route : calls_.routes().of(actor.index()))
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

inline std::optional<plugin_status> host_core::status_of(std::string_view name) const {
    const plugin_record* const plugin = find(name);
    if (plugin == nullptr) return {};
    return status_of(*plugin);
}

inline std::optional<plugin_moment> host_core::moment_of(std::string_view name) const {
    const plugin_record* const plugin = find(name);
    if (plugin == nullptr) return {};
    const supervisor& life = plugin->actor->supervised();
    return plugin_moment{life.state(), life.reason().text, life.generation(),
                         plugin->actor->level_of_start()};
}

inline std::vector<std::string> host_core::names() const {
    std::vector<std::string> all;
    all.reserve(plugins().size());
    for (const auto& [name, plugin] : plugins()) all.push_back(name);
    return all;
}

inline std::vector<log_record> host_core::log_of(std::string_view name) const {
    const plugin_record* const plugin = find(name);
    if (plugin == nullptr) return {};
    const auto& kept = plugin->actor->recent_log().records();
    return {kept.begin(), kept.end()};
}

inline json host_core::config_of(std::string_view name) const {
    const plugin_record* const plugin = find(name);
    return plugin == nullptr ? json() : plugin->actor->options().config;
}

inline void host_core::note_of(std::string_view name, log_level level, std::string_view message) {
    if (const plugin_record* const plugin = find(name)) plugin->actor->note(level, message);
}

inline host_status host_core::summary() const {
    host_status status{.name = options_.name,
                       .version = options_.version,
                       .protocol_version = protocol_version,
                       .unix_ms = wall_clock_ms(),
                       .uptime = std::chrono::duration_cast<milliseconds>(steady_now() - started_),
                       .pid = process_id(),
                       .events_published = events_.published(),
                       .events_decided = events_.decisions(),
                       .events_stopped = events_.stopped(),
                       .events_in_flight = events_.under_way(),
                       .attaches_refused = socket_.attaches_refused(),
                       .plugins_known = plugins().size(),
                       .configuration = configuration};
    status.process = process_status_of(usage_of(status.pid));
    for (const auto& [name, plugin] : plugins()) status.plugins_ready += plugin->actor->ready();
    return status;
}

inline host_status host_core::status() const {
    host_status status = summary();
    for (const auto& [name, plugin] : plugins()) status.plugins.push_back(status_of(*plugin));
    return status;
}

} // namespace tenon::detail

#endif
