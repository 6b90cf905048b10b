#ifndef TENON_HOST_HOST_PLUGINS_IPP
#define TENON_HOST_HOST_PLUGINS_IPP

// The bodies of host/host_plugins.hpp.

#include <tenon/host/attached_instance.hpp>
#include <tenon/host/host_plugins.hpp>
#include <tenon/host/process_instance.hpp>
#include <tenon/process/child.hpp>

#include <algorithm>
#include <cstddef>

namespace tenon::detail {

// --- knowing them ---

inline result<plugin_record*> host_plugins::add(plugin_options options, std::uint64_t former) {
    instance_maker make = [](instance_owner& owner) { return std::make_shared<process_instance>(owner); };
    if (options.command.empty())
        make = [](instance_owner& owner) { return std::make_shared<attached_instance>(owner); };
    return add(std::move(options), plugin_origin::process, make, former);
}

inline result<plugin_record*> host_plugins::add(plugin_options options, plugin_origin origin,
                                                const instance_maker& make, std::uint64_t former) {
    if (closing_) return shutting_down();
    if (auto good = check_options(host_.options()); !good) return good.error();
    if (auto good = check_options(options, origin); !good) return good.error();
    if (find(options.name) != nullptr)
        return fault{codes::invalid_params, join({"name: there is a plugin \"", options.name, "\" already"})};
    if (auto good = needs_.set(options.name, options.needs); !good) return good.error();
    const auto index = static_cast<plugin_index>(by_index_.size());
    const auto made = std::make_shared<plugin_record>();
    std::string name = options.name;
    made->actor = std::make_shared<plugin_actor>(host_.where(), owner_, index, std::move(options),
                                                 host_.options(), waits_, make);
    made->actor->count_on_from(former);
    records_.emplace(std::move(name), made);
    by_index_.push_back(made);
    owner_.on_known(*made->actor);
    return made.get();
}

/// Once.
inline void host_plugins::forget(const std::shared_ptr<plugin_record>& plugin) {
    const auto actor = plugin->actor; // may be telling us something
    if (find(actor->index()) != plugin.get()) return;
    owner_.on_forgotten(actor->index());
    by_index_[actor->index()] = nullptr;
    needs_.remove(actor->name());
    records_.erase(actor->name());
    actor->retire();
}

// --- commands ---

inline void host_plugins::begin(plugin_record& plugin, change_reason why) {
    if (const std::string missing(needs_.missing_of(plugin.actor->name())); !missing.empty())
        plugin.actor->needs_missing(missing);
    plugin.actor->start(std::move(why));
}

inline void host_plugins::start(plugin_options options, life_done done, std::uint64_t former) {
    auto made = add(std::move(options), former);
    if (!made) return done(made.error());
    wait(**made, true, std::move(done));
    begin(**made, {});
}

inline void host_plugins::start_known(const std::string& name, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    if (closing_) return done(shutting_down());
    if (plugin->actor->ready()) return done({});
    wait(*plugin, true, std::move(done));
    begin(*plugin, {});
}

inline void host_plugins::stop(const std::string& name, life_done done) {
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

inline void host_plugins::restart(const std::string& name, life_done done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    if (closing_) return done(shutting_down());
    plugin->actor->restart({});
    if (plugin->actor->ready()) return done({}); // ready before and after: it is not to be restarted
    wait(*plugin, true, std::move(done));
}

inline void host_plugins::remove(const std::string& name, life_done done) {
    const auto plugin = keep(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    const plugin_state state = plugin->actor->state();
    if (state == plugin_state::stopped || state == plugin_state::failed) {
        forget(plugin);
        return done({});
    }
    plugin->leaving = true;
    wait(*plugin, false, std::move(done));
    plugin->actor->stop({});
}

/// Of one that leaves. Without needs there is no circle.
inline void host_plugins::forget_needs(const std::string& name) {
    if (find(name) != nullptr) static_cast<void>(needs_.set(name, {}));
}

/// At once by plugin/configure if the plugin can, else by a restart.
inline void host_plugins::configure(const std::string& name, json config, life_done done) {
    const auto plugin = keep(name);
    if (plugin == nullptr) return done(unknown_plugin(name));
    plugin_actor& actor = *plugin->actor;
    plugin_options changed = actor.options();
    changed.config = config;
    if (auto good = check_options(changed, actor.how_it_runs().origin()); !good) return done(good.error());
    if (auto good = actor.check_config(config); !good) return done(good.error());
    if (closing_) return done(shutting_down());
    if (!actor.ready()) {
        plugin->give(std::move(config));
        return done({});
    }
    const auto& features = actor.declared()->features;
    const bool takes_it =
        features && std::find(features->begin(), features->end(), "configure") != features->end();
    if (!takes_it) return configure_by_restart(plugin, std::move(config), std::move(done));
    const std::string params =
        config.is_null() ? std::string(R"({"config":{}})") : to_json(configure_request{config.view()});
    const time_point deadline = after(steady_now(), actor.options().call_timeout);
    actor.ask(lane::control, methods::configure, shared_bytes(params), deadline,
              [plugin, config = std::move(config),
               done = std::move(done)](const result<std::string_view>& answer, time_point) mutable {
                  if (!answer)
                      return done(plugin->actor->masked(answer.error())); // and then the old one stays
                  plugin->give(std::move(config));
                  done({});
              });
}

/// Who does not get ready with it has the old one back: a wrong configuration must not cost the plugin.
inline void host_plugins::configure_by_restart(const std::shared_ptr<plugin_record>& plugin, json config,
                                               life_done done) {
    json before = plugin->actor->options().config;
    auto set_before = plugin->set_itself;
    plugin->give(std::move(config));
    wait(*plugin, true,
         [this, host = host_.weak_from_this(), plugin, before = std::move(before),
          set_before = std::move(set_before), done = std::move(done)](result<void> outcome) mutable {
             const auto alive = host.lock();
             plugin_actor& actor = *plugin->actor;
             const bool is_there = alive && !closing_ && find(actor.index()) == plugin.get();
             if (outcome || !is_there || !actor.supervised().wanted()) return done(std::move(outcome));
             fault why = outcome.error();
             // It is not tried again with this one.
             why.message.resize(without_retry(why.message).size());
             plugin->give(std::move(before));
             plugin->set_itself = std::move(set_before);
             actor.note(log_level::warn,
                        "it did not start with another configuration, and has the old one again");
             wait(*plugin, true,
                  [why = std::move(why), done = std::move(done)](const result<void>& back) mutable {
                      why.message += back ? "; it runs with the old configuration again"
                                          : "; nor did it start with the old one";
                      // Where the old one is good, it is the new one that the plugin does not take, however it says so.
                      why.code = back ? codes::invalid_params : codes::unavailable;
                      done(std::move(why));
                  });
             actor.restart({change_cause::reload, "the old configuration again"});
         });
    plugin->actor->restart({change_cause::reload, "another configuration"});
}

// --- what became of one ---

inline void host_plugins::tell_needing(const state_change& change) {
    if (change.to == plugin_state::ready) {
        for (const std::string& free : needs_.got_ready(change.plugin))
            if (const plugin_record* const other = find(free)) other->actor->needs_met();
    } else if (change.from == plugin_state::ready) {
        for (const std::string& waits : needs_.was_lost(change.plugin))
            if (const plugin_record* const other = find(waits)) other->actor->needs_missing(change.plugin);
    }
}

inline void host_plugins::follow(const std::shared_ptr<plugin_record>& plugin, const state_change& change) {
    using enum plugin_state;
    const bool ended = change.to == stopped || change.to == failed;
    if (plugin->leaving && ended) forget(plugin);
    // A restart passes through `stopped`, and so does a stop that somebody took back: who waits for the end has seen it.
    const bool settled = change.to == ready || change.to == backoff || change.to == failed ||
                         (change.to == stopped && !plugin->actor->supervised().wanted());
    if (!ended && !settled) return;
    std::vector<plugin_record::waiter> waiting, due;
    waiting.swap(plugin->waiters);
    for (auto& waiter : waiting) {
        const bool is_due = waiter.for_ready ? settled : ended;
        (is_due ? due : plugin->waiters).push_back(std::move(waiter));
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

inline void host_plugins::shutdown(life_done done) {
    const bool again = std::exchange(closing_, true);
    // Completes when the last one has: whoever finishes it owns the handler.
    auto rest = std::make_shared<std::pair<std::size_t, life_done>>(1, std::move(done));
    const auto finish_one = [rest](result<void>) {
        if (--rest->first == 0) rest->second({});
    };
    std::vector<std::shared_ptr<plugin_record>> all;
    for (const auto& [name, plugin] : records_) all.push_back(plugin);
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

inline void host_plugins::stop_processes() {
    std::vector<child_to_stop> children;
    for (const auto& [name, plugin] : records_) {
        plugin->actor->stand_down();
        if (child* const process = plugin->actor->how_it_runs().process()) {
            plugin->actor->close_input();
            children.push_back({process, plugin->actor->options().stop});
        }
    }
    stop_children(std::move(children));
}

inline void host_plugins::retire() {
    for (const auto& [name, plugin] : records_) {
        plugin->actor->retire();
        for (auto& waiter : std::exchange(plugin->waiters, {}))
            waiter.done(fault{codes::shutting_down, "the host is gone"});
    }
}

} // namespace tenon::detail

#endif
