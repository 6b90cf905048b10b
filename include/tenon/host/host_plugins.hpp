#ifndef TENON_HOST_HOST_PLUGINS_HPP
#define TENON_HOST_HOST_PLUGINS_HPP

// The plugins that a host knows: which there are, how they are started, stopped, configured and forgotten, who needs
// whom, and who waits for one to be ready or to end. It owns their records with their actors. What they say and what
// they are told is not its matter: their owner, the host, hears it.

#include <tenon/host/instance.hpp>
#include <tenon/host/plugin_actor.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/rules/calls/call_lanes.hpp>
#include <tenon/rules/rates.hpp>
#include <tenon/rules/calls/services.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/events/broadcast.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/rules/supervision/dependencies.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

inline fault shutting_down() { return {codes::shutting_down, "the host is shutting down"}; }

inline fault unknown_plugin(std::string_view name) {
    return {codes::unavailable, join({"there is no plugin \"", beginning_of(name, longest_name), "\""})};
}

/// One plugin as its host sees it.
struct plugin_record {
    using life_done = untyped_host::life_done;
    struct waiter {
        bool for_ready; // else for its end
        life_done done;
    };

    // --- its life: host_plugins ---
    std::shared_ptr<plugin_actor> actor = {};
    std::vector<waiter> waiters = {};
    std::map<std::string, json> set_itself = {}; // members of its configuration: host/setConfig
    bool leaving = false;                        // removed once it has stopped
    std::vector<std::string> refused = {};       // of what it declared, and why

    // --- what it is told: host_events ---
    event_backlog backlog = {};
    event_counts events = {};
    std::uint64_t acknowledged = 0; // events that it said it has received
    bool dropping = false;          // events are being lost: said once per burst
    std::uint64_t told_in = 0;      // the turn of the loop in which it was sent an event
    bool owed = false;              // what it was told since then waits for the turn's end

    // --- what it asks, and what HTTP clients ask of it: host_calls ---
    service_client client = {};
    std::uint64_t answered = 0, refusals = 0; // of its own calls, with a result and with a fault
    request_rate requests = {};

    /// A configuration in the place of all that was there.
    void give(json config) {
        actor->set_config(std::move(config));
        set_itself.clear();
    }
};

/// One that was stopped on purpose is not missed.
inline bool is_expected(const plugin_actor& plugin) noexcept {
    const plugin_state state = plugin.state();
    return plugin.supervised().wanted() || (state != plugin_state::stopped && state != plugin_state::failed);
}

/// What a host hears of its plugins: what they say, and which there are.
class plugins_owner : public actor_owner {
public:
    virtual void on_known(const plugin_actor& plugin) = 0;
    virtual void on_forgotten(plugin_index plugin) = 0;

protected:
    ~plugins_owner() = default;
};

class host_plugins {
public:
    using life_done = untyped_host::life_done;
    using records = std::map<std::string, std::shared_ptr<plugin_record>, std::less<>>;

    host_plugins(untyped_host& host, plugins_owner& owner) : host_(host), owner_(owner) {}
    host_plugins(const host_plugins&) = delete;
    host_plugins& operator=(const host_plugins&) = delete;

    // --- knowing them ---

    /// One that runs as a process, or attaches by itself.
    result<plugin_record*> add(plugin_options options, std::uint64_t former);
    /// One that runs otherwise; `origin` is of its instance.
    result<plugin_record*> add(plugin_options options, plugin_origin origin, const instance_maker& make,
                               std::uint64_t former);
    plugin_record* find(std::string_view name) const noexcept {
        const auto found = records_.find(name);
        return found == records_.end() ? nullptr : found->second.get();
    }
    plugin_record* find(plugin_index index) const noexcept {
        return index < by_index_.size() ? by_index_[index].get() : nullptr;
    }
    /// For who keeps it through what may remove it; null where it is not known.
    std::shared_ptr<plugin_record> keep(std::string_view name) const {
        const auto found = records_.find(name);
        return found == records_.end() ? nullptr : found->second;
    }
    std::shared_ptr<plugin_record> keep(plugin_index index) const noexcept {
        return index < by_index_.size() ? by_index_[index] : nullptr;
    }
    const records& all() const noexcept { return records_; }

    // --- commands ---

    void start(plugin_options options, life_done done, std::uint64_t former);
    void start_known(const std::string& name, life_done done);
    void stop(const std::string& name, life_done done);
    void restart(const std::string& name, life_done done);
    void remove(const std::string& name, life_done done);
    void forget_needs(const std::string& name);
    void configure(const std::string& name, json config, life_done done);

    // --- waiting ---

    void wait(plugin_record& plugin, bool for_ready, life_done done) {
        plugin.waiters.push_back({for_ready, std::move(done)});
    }

    // --- what became of one ---

    /// Those that need it go on, or wait for it.
    void tell_needing(const state_change& change);
    /// Forgets it where it was to leave and has, and tells those that wait.
    void follow(const std::shared_ptr<plugin_record>& plugin, const state_change& change);

    // --- the end ---

    /// Nothing is begun any more.
    bool closing() const noexcept { return closing_; }
    /// Whether it may be ready again by then, as far as anybody knows.
    bool may_return(const plugin_actor& plugin, time_point by) const noexcept {
        const time_point retry = plugin.supervised().next_retry();
        return !closing_ && is_expected(plugin) && plugin.state() != plugin_state::failed &&
               (retry == never || retry < by);
    }
    void refuse_from_now_on() noexcept { closing_ = true; }
    void shutdown(life_done done);
    /// Stops and reaps every process, side by side.
    void stop_processes();
    /// Ends what is left of each, and tells who waits for it.
    void retire();
    void clear() {
        records_.clear();
        by_index_.clear();
    }

    /// For what goes on by itself, and has to keep the host for so long.
    std::shared_ptr<host_plugins> kept() { return {host_.shared_from_this(), this}; }
    const executor& where() const noexcept { return host_.where(); }

private:
    void begin(plugin_record& plugin, change_reason why);
    void configure_by_restart(const std::shared_ptr<plugin_record>& plugin, json config, life_done done);
    void forget(const std::shared_ptr<plugin_record>& plugin);

    untyped_host& host_;
    plugins_owner& owner_;
    call_waits waits_; // of the calls that their actors make; these end first
    dependencies needs_;
    records records_;
    std::vector<std::shared_ptr<plugin_record>> by_index_; // null: removed
    bool closing_ = false;
};

} // namespace tenon::detail

#include <tenon/host/host_plugins.ipp>

#endif
