#ifndef TENON_HOST_HOST_PLUGINS_HPP
#define TENON_HOST_HOST_PLUGINS_HPP

// The host's part in the lives of its plugins (host/host_core.hpp): who is known, who is started and stopped, and who
// waits for what. Its constructor is here, which needs every virtual function of it.

#include <tenon/rules/check_options.hpp>
#include <tenon/host/host_actors.hpp>
#include <tenon/host/host_core.hpp>
#include <tenon/host/host_events.hpp>
#include <tenon/host/host_methods.hpp>
#include <tenon/host/host_socket.hpp>
#include <tenon/process/system_process.hpp>

#include <algorithm>
#include <random>

namespace tenon::detail {

inline host_core::host_core(executor where, host_options options)
    : where_(std::move(where)), home_(std::make_shared<const detail::home>(where_)), options_([&] {
          if (options.version.empty())
              options.version = join({digits(TENON_VERSION_MAJOR), ".", digits(TENON_VERSION_MINOR), ".",
                                      digits(TENON_VERSION_PATCH)});
          if (options.seed == 0) options.seed = std::random_device()();
          return std::move(options);
      }()),
      awake_(vigil::make(where_, options_.longest_look)), hops_(options_.max_hops), event_ids_(options_.seed),
      decisions_due_(where_, [this](time_point now) { end_overdue_decisions(now); }), started_(steady_now()),
      own_log_(options_.log_records_kept) {
    provide_host_methods();
}

/// Whoever still watches hears of it, though the loop may never have run after close().
inline host_core::~host_core() { close_watches(); }

inline void host_core::close_watches() {
    watched_changes.close();
    watched_logs.close();
    watched_events.close();
}

inline plugin_record* host_core::find(std::string_view name) noexcept {
    const auto found = plugins_.find(name);
    return found == plugins_.end() ? nullptr : found->second.get();
}

inline plugin_record* host_core::find(plugin_index index) noexcept {
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
        std::make_shared<plugin_actor>(where_, *this, index, std::move(options), options_, waits_);
    plugin->actor->count_on_from(former);
    plugins_.emplace(std::move(name), std::move(made));
    by_index_.push_back(plugin);
    return plugin;
}

inline result<void> host_core::add(plugin_options options, plugin_origin origin, std::uint64_t former) {
    auto made = make(std::move(options), origin, former);
    if (!made) return made.error();
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
    asio::post(where_, [self = shared_from_this()] {
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

} // namespace tenon::detail

#endif
