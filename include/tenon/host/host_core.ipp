#ifndef TENON_HOST_HOST_CORE_IPP
#define TENON_HOST_HOST_CORE_IPP

// The bodies of host/host_core.hpp, by what they are about.

#include <tenon/host/host_core.hpp>
#include <tenon/host/socket/socket_server.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/rules/calls/exchange_wire.hpp>
#include <tenon/web/problem.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/events/broadcast.hpp>
#include <tenon/rules/repeated_member.hpp>
#include <tenon/rules/supervision/supervisor_texts.hpp>
#include <tenon/transport/descriptor_link.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tenon::detail {

// ---- the lives of plugins: who is known, who is started and stopped, and who waits for what ------------------

inline host_options completed(host_options options) {
    if (options.version.empty())
        options.version = join({digits(TENON_VERSION_MAJOR), ".", digits(TENON_VERSION_MINOR), ".",
                                digits(TENON_VERSION_PATCH)});
    if (options.seed == 0) options.seed = std::random_device()();
    return options;
}

inline host_core::host_core(executor where, host_options options)
    : untyped_host(std::move(where), completed(std::move(options))),
      awake_(vigil::make(this->where(), options_.longest_look)), hops_(options_.max_hops),
      event_ids_(options_.seed),
      decisions_due_(this->where(), [this](time_point now) { end_overdue_decisions(now); }),
      started_(steady_now()), own_log_(options_.log_records_kept) {
    provide_host_methods();
}

/// Whoever still watches hears of it, though the loop may never have run after close().
inline host_core::~host_core() { close_watches(); }

inline void host_core::close_watches() {
    watched_changes.close();
    watched_logs.close();
    watched_events.close();
}

inline plugin_record* host_core::find(std::string_view name) const noexcept {
    const auto found = plugins_.find(name);
    return found == plugins_.end() ? nullptr : found->second.get();
}

inline plugin_record* host_core::find(plugin_index index) const noexcept {
    return index < by_index_.size() ? by_index_[index] : nullptr;
}

// --- knowing them ---

inline fault shutting_down() { return {codes::shutting_down, "the host is shutting down"}; }

inline result<plugin_record*> host_core::make(plugin_options options, plugin_origin origin,
                                              std::uint64_t former) {
    if (closing_) return shutting_down();
    if (auto good = check_options(options_); !good) return good.error();
    if (auto good = check_options(options, origin); !good) return good.error();
    if (find(options.name) != nullptr)
        return fault{codes::invalid_params, join({"name: there is a plugin \"", options.name, "\" already"})};
    if (auto good = needs_.set(options.name, options.needs); !good) return good.error();
    const auto index = static_cast<plugin_index>(by_index_.size());
    auto made = std::make_shared<plugin_record>();
    plugin_record* const plugin = made.get();
    interests_.set_plugin(index, options.id.empty() ? options.name : options.id, options.events,
                          options.priority, options.name,
                          {.patience = options.call_timeout,
                           .required = options.required,
                           .absent = options.absent,
                           .absent_of = options.absent_of});
    interests_.set_expected(index, false); // until it is started
    std::string name = options.name;
    plugin->actor =
        std::make_shared<plugin_actor>(where(), *this, index, std::move(options), options_, waits_);
    plugin->actor->count_on_from(former);
    plugins_.emplace(std::move(name), std::move(made));
    by_index_.push_back(plugin);
    return plugin;
}

inline result<void> host_core::add(plugin_options options, std::uint64_t former) {
    auto made = make(std::move(options), plugin_origin::process, former);
    if (!made) return made.error();
    return {};
}

inline result<void> host_core::add_made_by(link_maker maker, plugin_options options) {
    auto made = make(std::move(options), plugin_origin::mounted, 0);
    if (!made) return made.error();
    (*made)->actor->start_by(std::move(maker));
    return {};
}

inline void host_core::forget(plugin_record& plugin) {
    const auto kept = plugin.actor; // may be telling us something
    const plugin_index index = kept->index();
    interests_.remove(index);
    by_index_[index] = nullptr;
    const auto found = plugins_.find(kept->name());
    const auto record = found->second;
    needs_.remove(kept->name());
    plugins_.erase(found);
    kept->retire();
}

// --- commands ---

inline void host_core::begin(plugin_record& plugin, change_reason why) {
    if (const std::string missing(needs_.missing_of(plugin.actor->name())); !missing.empty())
        plugin.actor->needs_missing(missing);
    plugin.actor->start(std::move(why));
}

inline void host_core::start(plugin_options options, life_done done, std::uint64_t former) {
    auto made = make(std::move(options), plugin_origin::process, former);
    if (!made) return done(made.error());
    wait(**made, true, std::move(done));
    begin(**made, {});
}

inline void host_core::start_known(const std::string& name, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    if (closing_) return done(shutting_down());
    if (plugin->actor->ready()) return done({});
    wait(*plugin, true, std::move(done));
    begin(*plugin, {});
}

inline void host_core::stop(const std::string& name, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    const plugin_state state = plugin->actor->state();
    if (state == plugin_state::stopped || state == plugin_state::failed) {
        plugin->actor->stop({});
        return done({});
    }
    wait(*plugin, false, std::move(done));
    plugin->actor->stop({});
}

inline void host_core::restart(const std::string& name, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    if (closing_) return done(shutting_down());
    plugin->actor->restart({});
    if (plugin->actor->ready()) return done({}); // ready before and after: it is not to be restarted
    wait(*plugin, true, std::move(done));
}

inline void host_core::remove(const std::string& name, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    const plugin_state state = plugin->actor->state();
    if (state == plugin_state::stopped || state == plugin_state::failed) {
        forget(*plugin);
        return done({});
    }
    plugin->leaving = true;
    wait(*plugin, false, std::move(done));
    plugin->actor->stop({});
}

inline void host_core::forget_needs(const std::string& name) {
    if (find(name) != nullptr) static_cast<void>(needs_.set(name, {})); // no circle without needs
}

/// At once by plugin/configure if the plugin can, else by a restart.
inline void host_core::configure(const std::string& name, json config, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    plugin_actor& actor = *plugin->actor;
    plugin_options changed = actor.options();
    changed.config = config;
    if (auto good = check_options(changed, actor.origin()); !good) return done(good.error());
    if (auto good = actor.wanted_config().check(config); !good) return done(good.error());
    if (closing_) return done(shutting_down());
    if (!actor.ready()) {
        plugin->give(std::move(config));
        return done({});
    }
    const auto& features = actor.declared()->features;
    const bool takes_it =
        features && std::find(features->begin(), features->end(), "configure") != features->end();
    if (!takes_it) return configure_by_restart(*plugin, std::move(config), std::move(done));
    const std::string params =
        config.is_null() ? std::string(R"({"config":{}})") : to_json(configure_request{config.view()});
    const time_point deadline = after(steady_now(), actor.options().call_timeout);
    actor.ask(lane::control, methods::configure, shared_bytes(params), deadline,
              [record = plugins_.find(name)->second, config = std::move(config),
               done = std::move(done)](const result<std::string_view>& answer, time_point) mutable {
                  if (!answer) return done(answer.error()); // and then the old one stays
                  record->give(std::move(config));
                  done({});
              });
}

/// Who does not get ready with it has the old one back: a wrong configuration must not cost the plugin.
inline void host_core::configure_by_restart(plugin_record& plugin, json config, life_done done) {
    const auto record = plugins_.find(plugin.actor->name())->second;
    json before = record->actor->options().config;
    auto set_before = record->set_itself;
    record->give(std::move(config));
    wait(plugin, true,
         [weak = weak_from_this(), record, before = std::move(before), set_before = std::move(set_before),
          done = std::move(done)](result<void> outcome) mutable {
             const auto self = weak.lock();
             plugin_actor& actor = *record->actor;
             const bool is_there = self && !self->closing_ && self->find(actor.index()) == record.get();
             if (outcome || !is_there || !actor.supervised().wanted()) return done(std::move(outcome));
             fault why = outcome.error();
             // It is the plugin that said no, and not something else that went wrong.
             if (actor.supervised().reason().cause == change_cause::handshake)
                 why.code = codes::invalid_params;
             record->give(std::move(before));
             record->set_itself = std::move(set_before);
             actor.note(log_level::warn,
                        "it did not start with another configuration, and has the old one again");
             self->wait(*record, true,
                        [why = std::move(why), done = std::move(done)](const result<void>& back) mutable {
                            why.message += back ? "; it runs with the old configuration again"
                                                : "; nor did it start with the old one";
                            if (!back) why.code = codes::unavailable;
                            done(std::move(why));
                        });
             actor.restart({change_cause::reload, "the old configuration again"});
         });
    record->actor->restart({change_cause::reload, "another configuration"});
}

inline result<void> host_core::set_log_level(std::string_view name, log_level level) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return unknown_plugin(name);
    plugin->actor->set_log_level(level);
    return {};
}

// --- waiting ---

inline void host_core::wait(plugin_record& plugin, bool for_ready, life_done done) {
    plugin.waiters.push_back({for_ready, std::move(done)});
}

inline void host_core::finish_waiters(plugin_record& plugin, const state_change& change) {
    using enum plugin_state;
    const bool ended = change.to == stopped || change.to == failed;
    // A restart passes through `stopped`, and so does a stop that somebody took back: who waits for the end has seen it.
    const bool settled = change.to == ready || change.to == backoff || change.to == failed ||
                         (change.to == stopped && !plugin.actor->supervised().wanted());
    if (!ended && !settled) return;
    std::vector<plugin_record::waiter> waiting, due;
    waiting.swap(plugin.waiters);
    for (auto& waiter : waiting) {
        const bool is_due = waiter.for_ready ? settled : ended;
        (is_due ? due : plugin.waiters).push_back(std::move(waiter));
    }
    const std::string why = join(
        {change.plugin, ": ",
         change.reason.text.empty() ? name_of(change.reason.cause) : std::string_view(change.reason.text)});
    for (auto& waiter : due) {
        if (waiter.for_ready == (change.to == ready)) waiter.done({});
        else waiter.done(fault{codes::unavailable, why});
    }
}

// --- the end ---

inline void host_core::shutdown(life_done done) {
    const bool again = std::exchange(closing_, true);
    if (socket_) socket_->finish();
    // Completes when the last one has: whoever finishes it owns the handler.
    auto rest = std::make_shared<std::pair<std::size_t, life_done>>(1, std::move(done));
    const auto finish_one = [rest](result<void>) {
        if (--rest->first == 0) rest->second({});
    };
    std::vector<std::shared_ptr<plugin_record>> all;
    for (const auto& [name, plugin] : plugins_) all.push_back(plugin);
    for (const auto& plugin : all) {
        const plugin_state state = plugin->actor->state();
        if (state != plugin_state::stopped && state != plugin_state::failed) {
            ++rest->first;
            wait(*plugin, false, finish_one);
        }
        if (again) plugin->actor->hasten();
        else plugin->actor->stop({change_cause::shutdown, "the host ends"});
    }
    finish_one({});
}

inline void host_core::close() {
    closing_ = true;
    closed_ = true;
    end_turn();
    if (socket_) socket_->close();
    std::vector<child_to_stop> children;
    for (const auto& [name, plugin] : plugins_) {
        plugin->actor->stand_down();
        if (child* const process = plugin->actor->process()) {
            plugin->actor->close_stdin();
            children.push_back({process, plugin->actor->options().stop});
        }
    }
    stop_children(std::move(children));
    // Handlers are told on the executor, not from within the destructor of the host.
    asio::post(where(), [self = shared_from_this()] {
        // Not before: it may be one of these that destroys the host.
        self->on_change_told = nullptr;
        self->on_log_told = nullptr;
        self->on_event_told = nullptr;
        for (const auto& [name, plugin] : self->plugins_) {
            plugin->actor->retire();
            for (auto& waiter : std::exchange(plugin->waiters, {}))
                waiter.done(fault{codes::shutting_down, "the host is gone"});
        }
        std::vector<std::shared_ptr<decision_run>> held;
        for (const auto& [run, deadline] : self->deciding_) held.push_back(run->shared_from_this());
        for (const auto& run : held) run->give_up(steady_now());
        self->plugins_.clear();
        self->by_index_.clear();
        self->close_watches();
    });
}

// ---- what actors tell ----------------------------------------------------------------------------------------

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

// ---- events --------------------------------------------------------------------------------------------------

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

inline void host_core::give_up(const std::weak_ptr<decision_run>& decision) {
    if (const auto still = decision.lock()) still->give_up(steady_now());
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

// ---- commands, routes, calls ---------------------------------------------------------------------------------

inline void host_core::cancel(const call_under_way& call) {
    if (const auto actor = call.asked.lock()) actor->cancel(call.ticket);
    if (const auto repeated = call.repeated.lock()) repeated->cancel();
}

inline call_under_way host_core::execute(std::string_view command, std::string_view args,
                                         const call_options& options, call_completion&& done,
                                         plugin_index asker) {
    byte_buffer params;
    begin_command(params, command);
    params.append(args.empty() ? "{}" : args);
    if (const plugin_record* const by = find(asker)) {
        params.append_literal(",\"caller\":");
        json_writer(params).string(by->actor->name());
    }
    params.append('}');
    return run_for(asker, command, params.view(), options, std::move(done));
}

inline call_under_way host_core::run_for(plugin_index asker, std::string_view command,
                                         std::string_view params, const call_options& options,
                                         call_completion&& done) {
    const known_command* const known = closing_ ? nullptr : commands_.find(command);
    plugin_record* const plugin = known == nullptr ? nullptr : find(known->plugin);
    if (plugin == nullptr) {
        done(fault{codes::method_not_found,
                   join({"no plugin has the command \"", beginning_of(command, longest_command), "\""})},
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

inline call_under_way host_core::request(http_exchange exchange,
                                         unique_function<void(result<response>)> done) {
    route_match match;
    if (!closing_) match = routes_.find(exchange.method, exchange.path);
    plugin_record* const plugin = match.route == nullptr ? nullptr : find(match.route->plugin);
    if (plugin == nullptr || (match.route->auth && !exchange.auth)) {
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
    const std::string params = encode_exchange(exchange, match);
    return ask(*plugin, methods::handle_request, params, {.timeout = exchange.timeout},
               [done = std::move(done)](const result<std::string_view>& answer, time_point) mutable {
                   if (!answer) done(answer.error());
                   else done(read_exchange_answer(*answer));
               });
}

inline call_under_way host_core::call(std::string_view name, std::string_view method, std::string_view params,
                                      const call_options& options, call_completion&& done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) {
        done(unknown_plugin(name), steady_now());
        return {};
    }
    // Without params, and with null, it is asked with {}: some libraries lose a request that has none.
    return ask(*plugin, method, params == "null" ? std::string_view() : params, options, std::move(done));
}

inline call_under_way host_core::ask(plugin_record& plugin, std::string_view method, std::string_view params,
                                     const call_options& options, call_completion&& done,
                                     plugin_index asker) {
    const milliseconds wait =
        options.timeout.count() > 0 ? options.timeout : plugin.actor->options().call_timeout;
    const time_point now = steady_now(), deadline = after(now, wait);
    if (options.idempotent) {
        const auto call =
            std::make_shared<repeated_call>(shared_from_this(), plugin.actor->index(), method, params,
                                            deadline, std::move(done), asker, options.progress);
        call->ask();
        return {.repeated = call};
    }
    const std::shared_ptr<plugin_actor> actor =
        plugin.actor; // the completion may come at once, and remove it
    return {actor, actor->ask(lane::calls, method, params, deadline, std::move(done), asker, now,
                              tell_progress(options.progress))};
}

// ---- what plugins may ask of every host ----------------------------------------------------------------------

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
    const auto provide = [this](std::string_view method, auto handler) {
        const std::string_view permission = host_method_named(method)->permission;
        const result<void> provided = services_.provide(method, permission, std::move(handler));
        TENON_ASSERT(provided);
    };
    provide(methods::log, [this](const log_notice& notice, const caller& who) {
        if (plugin_record* const plugin = find(who.plugin)) plugin->actor->take_notice(notice, steady_now());
    });
    provide(methods::acknowledge, [this](const acknowledged_event&, const caller& who) {
        if (plugin_record* const plugin = find(who.plugin)) ++plugin->acknowledged;
    });
    provide(methods::emit,
            [this](const emitted_event& event, const caller& who) { return emit(event, who); });
    provide(methods::subscribe, [this](const subscribe_request& wanted, const caller& who) -> result<void> {
        plugin_record* const plugin = find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        return interests_.subscribe(plugin->actor->index(), wanted);
    });
    provide(
        methods::unsubscribe, [this](const unsubscribe_request& wanted, const caller& who) -> result<void> {
            plugin_record* const plugin = find(who.plugin);
            if (plugin != nullptr && interests_.unsubscribe(plugin->actor->index(), wanted.type)) return {};
            return fault{codes::invalid_params, join({"type: not subscribed to \"",
                                                      beginning_of(wanted.type, longest_event_type), "\""})};
        });
    // It names nothing secret, but it is a call: who may make none is not told either.
    provide(methods::describe, [this](const describe_request&, const caller& who) -> result<host_catalogue> {
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
    provide(methods::register_command,
            [this](const command_declaration& command, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return commands_.add(plugin->actor->index(), who.plugin, command, true);
            });
    provide(methods::unregister_command,
            [this](const unregister_request& command, const caller& who) -> result<void> {
                plugin_record* const plugin = find(who.plugin);
                if (plugin == nullptr) return unknown_plugin(who.plugin);
                return commands_.remove(plugin->actor->index(), command.name);
            });
    provide(methods::host_execute,
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
    provide(methods::get_config, [this](const config_key& wanted, const caller& who) -> result<json> {
        const plugin_record* const plugin = find(who.plugin);
        if (plugin == nullptr) return unknown_plugin(who.plugin);
        const json& config = plugin->actor->options().config;
        return wanted.key ? json(config[*wanted.key]) : config;
    });
    provide(methods::set_config, [this](const config_entry& entry, const caller& who) -> result<void> {
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
    provide(methods::save_config, [this](const json_view&, const caller& who) -> result<void> {
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

// ---- the socket ----------------------------------------------------------------------------------------------

inline result<void> host_core::listen(std::string_view path, const socket_options& options) {
    if (closing_) return fault{codes::shutting_down, "the host is shutting down"};
    if (auto good = check_options(options); !good) return good.error();
    if (socket_)
        return fault{codes::invalid_request, join({"the host listens on ", socket_->path(), " already"})};
    auto made = std::make_shared<socket_server>(where(), *this, options);
    if (auto good = made->open(path); !good) return good.error();
    socket_ = std::move(made);
    return {};
}

inline std::string host_core::socket_path() const { return socket_ ? socket_->path() : std::string(); }

inline result<void> host_core::on_attach(const attach_request& who) {
    if (closing_) return fault{codes::shutting_down, "the host is shutting down"};
    plugin_record* const plugin = find(who.name);
    if (plugin == nullptr) {
        ++attaches_refused_;
        if (attach_notes_.admit(steady_now())) {
            const std::uint64_t more = attach_notes_.take_suppressed();
            note(log_level::warn,
                 join({"a plugin wanted to attach that the configuration does not know: \"",
                       quotable(who.name), "\"",
                       more == 0 ? std::string() : join({" (and ", digits(more), " more before it)"})}));
        }
        return unknown_plugin(who.name);
    }
    const auto kept = plugin->actor;
    auto good = kept->may_attach(who);
    if (good) return good;
    ++attaches_refused_;
    kept->note_refused(good.error());
    return good;
}

/// Hears the request of a plugin that was found good, answers it, and hands the connection over before the next
/// message: the answer goes out first, and then the handshake.
class attach_hearing final : public link_owner {
public:
    explicit attach_hearing(std::shared_ptr<plugin_actor> plugin) : plugin_(std::move(plugin)) {}

    void hear(descriptor connection, std::string_view bytes) {
        const plugin_options& options = plugin_->options();
        const auto opened = descriptor_link::open(plugin_->where(), session_role::host, options.connection,
                                                  *this, std::move(connection), descriptor(),
                                                  options.write_timeout, plugin_->awake());
        link_ = opened;
        opened->peer().use_framing(framing_rule::first_byte); // it has spoken first
        opened->hear(bytes);
        link_.reset(); // where it was not handed over, that ends it
    }

private:
    void on_event(session_event& event, time_point) override {
        if (event.kind != event_kind::request || event.method != methods::attach) return;
        link_->peer().reply(event.request, "{}");
        plugin_->attach([this](link_owner& plugin) {
            link_->set_owner(plugin);
            return link_;
        });
    }

    std::shared_ptr<plugin_actor> plugin_;
    std::shared_ptr<link> link_;
};

inline void host_core::take_plugin(const attach_request& who, descriptor connection, std::string bytes) {
    plugin_record* const plugin = find(who.name);
    if (plugin != nullptr) attach_hearing(plugin->actor).hear(std::move(connection), bytes);
}

inline void host_core::on_manual_event(const manual_event& event, event_client::decided done) {
    decide_options options;
    if (event.metadata) options.metadata = json(*event.metadata);
    decide(event.event, std::string(event.payload.text()), std::move(options), {}, std::move(done));
}

inline void host_core::on_socket_trouble(std::string_view words) { note(log_level::warn, words); }

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

// ---- looking in ----------------------------------------------------------------------------------------------

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

inline std::optional<plugin_status> host_core::status_of(std::string_view name) const {
    const plugin_record* const plugin = find(name);
    if (plugin == nullptr) return {};
    return status_of(*plugin);
}

inline std::optional<plugin_moment> host_core::moment_of(std::string_view name) const {
    const plugin_record* const plugin = find(name);
    if (plugin == nullptr) return {};
    const supervisor& life = plugin->actor->supervised();
    return plugin_moment{life.state(), life.reason().text, life.generation()};
}

inline std::vector<std::string> host_core::names() const {
    std::vector<std::string> all;
    all.reserve(plugins_.size());
    for (const auto& [name, plugin] : plugins_) all.push_back(name);
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
