#ifndef TENON_HOST_HOST_CORE_HPP
#define TENON_HOST_HOST_CORE_HPP

// What is behind host/untyped_host.hpp. It ties together the four that do the work: host_plugins, host_events, host_calls
// and host_socket. Each verb of a host goes to one of them, and what an actor tells goes to those whom it concerns, in
// their order. What is of no plugin is its own: the host's log, who watches, what all of them say in a status.

#include <tenon/core/version.hpp>
#include <tenon/host/host_calls.hpp>
#include <tenon/host/host_events.hpp>
#include <tenon/host/host_plugins.hpp>
#include <tenon/host/host_socket.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/rules/logs/log_fan_out.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/transport/busy_poll.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

class host_core final : public untyped_host, private plugins_owner {
public:
    host_core(executor where, host_options options);
    /// Whoever still watches hears of it, though the loop may never have run after close().
    ~host_core() override;

    // --- plugins ---

    result<void> add(plugin_options options, std::uint64_t former = 0) override;
    result<void> add_made_by(link_maker make, plugin_options options) override;
    void start(plugin_options options, life_done done, std::uint64_t former = 0) override {
        plugins_.start(std::move(options), std::move(done), former);
    }
    void start_known(const std::string& name, life_done done) override {
        plugins_.start_known(name, std::move(done));
    }
    void stop(const std::string& name, life_done done) override { plugins_.stop(name, std::move(done)); }
    void restart(const std::string& name, life_done done) override {
        plugins_.restart(name, std::move(done));
    }
    void remove(const std::string& name, life_done done) override { plugins_.remove(name, std::move(done)); }
    void forget_needs(const std::string& name) override { plugins_.forget_needs(name); }
    void configure(const std::string& name, json config, life_done done) override {
        plugins_.configure(name, std::move(config), std::move(done));
    }
    result<void> set_log_level(std::string_view name, log_level level) override;
    void shutdown(life_done done) override {
        socket_.finish();
        plugins_.shutdown(std::move(done));
    }
    void close() override;

    // --- events ---

    std::weak_ptr<decision_run> decide(std::string type, std::string payload, decide_options options,
                                       payload_check check, decided done) override {
        return events_.decide(std::move(type), std::move(payload), std::move(options), check,
                              std::move(done));
    }
    void give_up(const std::weak_ptr<decision_run>& decision) override;
    std::size_t publish(std::string_view type, std::string_view payload, std::string_view metadata) override {
        return events_.publish(type, payload, metadata);
    }
    std::vector<explanation> explain(std::string_view type) const override { return events_.explain(type); }
    result<void> set_decision_timeouts(milliseconds all,
                                       std::map<std::string, milliseconds> of_events) override;

    // --- commands, routes, calls ---

    call_under_way run(std::string_view command, std::string_view params, const call_options& options,
                       call_completion&& done) override {
        return calls_.run(call_waits::nobody, command, params, options, std::move(done));
    }
    call_under_way request(http::request asked, unique_function<void(result<response>)> done) override {
        return calls_.request(asked, std::move(done));
    }
    call_under_way call(std::string_view plugin, std::string_view method, std::string_view params,
                        const call_options& options, call_completion&& done) override {
        return calls_.call(plugin, method, params, options, std::move(done));
    }
    void cancel(const call_under_way& call) override;
    result<void> add_service(std::string_view method, std::string_view permission, const service_words& words,
                             service_handler handler) override {
        return calls_.add_service(method, permission, words, std::move(handler));
    }

    result<void> listen(std::string_view path, const socket_options& options) override {
        return socket_.listen(path, options);
    }

    // --- looking in ---

    void offer(const event_offer& event) override { events_.offer(event); }
    host_catalogue catalogue() const override;
    std::vector<std::string> names() const override;
    std::optional<plugin_moment> moment_of(std::string_view plugin) const override;
    std::vector<const known_command*> known_commands() const override { return commands().list(); }
    const known_command* find_command(std::string_view name) const override { return commands().find(name); }
    std::string_view former_owner_of(std::string_view command) const override {
        return commands().former_owner(command);
    }
    host_status status() const override;
    host_status summary() const override;
    std::optional<plugin_status> status_of(std::string_view plugin) const override;
    std::vector<log_record> log_of(std::string_view plugin) const override;
    std::vector<log_record> own_records() const override {
        return {own_log_.records().begin(), own_log_.records().end()};
    }
    json config_of(std::string_view plugin) const override;
    void note(log_level level, std::string_view message) override;
    void note_of(std::string_view plugin, log_level level, std::string_view message) override;

    // --- for who sees its inside ---

    plugin_record* find(std::string_view name) const noexcept { return plugins_.find(name); }
    const host_plugins::records& plugins() const noexcept { return plugins_.all(); }
    const command_table& commands() const noexcept { return calls_.commands(); }
    const socket_server* socket() const noexcept { return socket_.server(); }

private:
    void on_known(const plugin_actor& plugin) override { events_.know(plugin); }
    void on_forgotten(plugin_index plugin) override { events_.forget(plugin); }
    inline void on_change(plugin_actor& plugin, const state_change& change) override;
    inline void on_declared(plugin_actor& plugin, handshake_answer& answer) override;
    inline void on_withdrawn(plugin_actor& plugin) override;
    void on_request(plugin_actor& plugin, const session_event& event, time_point now) override {
        calls_.take_request(plugin, event, now);
    }
    void on_notification(plugin_actor& plugin, const session_event& event, time_point now) override {
        calls_.take_notification(plugin, event, now);
    }
    void on_drained(plugin_actor& plugin) override { events_.send_kept_back(plugin); }
    void on_log(plugin_actor&, log_record&& record) override { tell_log(std::move(record)); }
    inline handshake_request introduction(plugin_actor& plugin) override;
    inline std::vector<std::string> environment_of(plugin_actor& plugin) override;
    start_gate gate() const override { return starts_prepared; } // it may put another in its place
    std::shared_ptr<busy_poll> awake() const override { return awake_; }
    std::string socket_path() const override { return socket_.path(); }

    plugin_status status_of(const plugin_record& plugin) const;
    void tell_log(log_record&& record);
    void close_watches();

    std::shared_ptr<busy_poll> awake_; // or none
    time_point started_;
    log_ring own_log_; // what is said of no plugin
    host_plugins plugins_;
    host_events events_;
    host_calls calls_;
    host_socket socket_;
};

} // namespace tenon::detail

#include <tenon/host/host_core.ipp>

#endif
