#ifndef TENON_HOST_HOST_CORE_HPP
#define TENON_HOST_HOST_CORE_HPP

// A host without types: the plugins that it knows, what they declared, and the ways between them. Payloads are
// JSON texts here, completions are callbacks, and everything runs on one executor. `tenon::host` (host/host.hpp)
// is the face of it.
//
// It lives as long as something of it is under way; close() is what ends it.

#include <tenon/core/version.hpp>
#include <tenon/rules/catalogue.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/calls/commands.hpp>
#include <tenon/rules/events/decision_chain.hpp>
#include <tenon/rules/supervision/dependencies.hpp>
#include <tenon/rules/events/event_backlog.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/explanation.hpp>
#include <tenon/rules/events/hop_ledger.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/host/home.hpp>
#include <tenon/rules/logs/log_rate.hpp>
#include <tenon/rules/logs/log_ring.hpp>
#include <tenon/host/plugin_actor.hpp>
#include <tenon/rules/calls/http_exchange.hpp>
#include <tenon/rules/calls/request_rate.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/rules/calls/services.hpp>
#include <tenon/host/socket/socket_server.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/host/watch.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

struct decide_options {
    milliseconds timeout{0}; // of the whole chain; 0: as the host's options say
    json metadata = {};      // an object, or null
};

struct call_options {
    milliseconds timeout{0}; // 0: as the plugin's options say
    /// It does no harm twice: if the plugin is gone before it has answered, its next instance is asked again.
    bool idempotent = false;
    /// Told what the plugin reports while it works on the call; the value is valid until this returns. Not after the
    /// call was completed or cancelled.
    std::function<void(json_view value)> progress = {};
};

namespace detail {

class decision_run;
class repeated_call;

/// A plugin's configuration with what it set itself: more than 1 MiB is data, and no configuration.
inline constexpr std::size_t max_config_bytes = std::size_t{1} << 20;

inline constexpr std::string_view abuse_words =
    "rpc.abuse: it keeps calling what it may not call, or what is not there";

/// The params of plugin/execute up to the args.
inline void begin_command(byte_buffer& params, std::string_view command) {
    params.append_literal("{\"command\":");
    json_writer(params).string(command);
    params.append_literal(",\"args\":");
}

inline fault unknown_plugin(std::string_view name) {
    return {codes::unavailable, join({"there is no plugin \"", beginning_of(name, longest_name), "\""})};
}

/// One plugin as its host sees it.
struct plugin_record {
    using life_done = unique_function<void(result<void>)>;
    struct waiter {
        bool for_ready; // else for its end
        life_done done;
    };

    std::shared_ptr<plugin_actor> actor = {};
    event_backlog backlog = {};
    event_counts events = {};
    request_rate requests = {};
    service_client client = {};
    std::uint64_t answered = 0, refusals = 0; // of its own calls, with a result and with a fault
    std::uint64_t acknowledged = 0;           // events that it said it has received
    std::vector<waiter> waiters = {};
    std::vector<std::string> refused = {};       // of what it declared, and why
    std::map<std::string, json> set_itself = {}; // members of its configuration: host/setConfig
    bool dropping = false;                       // events are being lost: said once per burst
    std::uint64_t told_in = 0;                   // the turn of the loop in which it was sent an event
    bool owed = false;                           // what it was told since then waits for the turn's end
    bool leaving = false;                        // removed once it has stopped

    /// A configuration in the place of all that was there.
    void give(json config) {
        actor->set_config(std::move(config));
        set_itself.clear();
    }
};

/// Whom an event goes to among those who want it: everybody, unless one plugin or some capabilities are named.
struct audience {
    std::optional<plugin_index> only = {};
    std::span<const std::string> capabilities = {};

    bool everybody() const noexcept { return !only && capabilities.empty(); }
};

/// A call that can be cancelled for as long as it is not over.
struct call_under_way {
    std::weak_ptr<plugin_actor> asked = {};
    call_ticket ticket = {};
    std::weak_ptr<repeated_call> repeated = {};

    void cancel() const;
};

class host_core final : public actor_owner,
                        public socket_owner,
                        public std::enable_shared_from_this<host_core> {
public:
    using life_done = plugin_record::life_done;
    using decided = unique_function<void(raw_decision&&)>;

    host_core(executor where, host_options options);
    host_core(const host_core&) = delete;
    host_core& operator=(const host_core&) = delete;
    ~host_core();

    const executor& where() const noexcept { return where_; }
    const std::shared_ptr<const detail::home>& home() const noexcept { return home_; }
    const host_options& options() const noexcept { return options_; }

    // --- plugins: host_plugins.hpp; what actors tell: host_actors.hpp ---

    /// `former` is the generation of the one whose place it takes: generations of a name are counted on.
    result<void> add(plugin_options options, plugin_origin origin = plugin_origin::process,
                     std::uint64_t former = 0);
    void start(plugin_options options, life_done done, std::uint64_t former = 0);
    void start_known(const std::string& name, life_done done);
    void stop(const std::string& name, life_done done);
    void restart(const std::string& name, life_done done);
    void remove(const std::string& name, life_done done);
    void forget_needs(const std::string& name); // of one that leaves
    void configure(const std::string& name, json config, life_done done);
    void configure_by_restart(plugin_record& plugin, json config, life_done done);
    result<void> set_log_level(std::string_view name, log_level level);
    void shutdown(life_done done);
    /// Stops and reaps every process before it returns. What is pending completes afterwards, on the executor.
    void close();
    bool closing() const noexcept { return closing_; }

    plugin_record* find(std::string_view name) noexcept;
    plugin_record* find(plugin_index index) noexcept;
    const auto& plugins() const noexcept { return plugins_; }

    // --- events: host_events.hpp ---

    std::weak_ptr<decision_run> decide(std::string type, std::string payload, decide_options options,
                                       payload_check check, decided done);
    std::size_t publish(std::string_view type, std::string_view payload, std::string_view metadata = {},
                        event_place place = {}, std::string_view source = {}, const audience& among = {});
    std::vector<explanation> explain(std::string_view type) const;
    result<void> set_decision_timeouts(milliseconds all, std::map<std::string, milliseconds> of_events);

    // --- commands, routes, calls: host_calls.hpp ---

    call_under_way execute(std::string_view command, std::string_view args, const call_options& options,
                           call_completion&& done, plugin_index asker = call_waits::nobody);
    /// The same with all of the params, which name the command too.
    call_under_way run(std::string_view command, std::string_view params, const call_options& options,
                       call_completion&& done, plugin_index asker = call_waits::nobody);
    call_under_way request(http_exchange exchange, unique_function<void(result<response>)> done);
    call_under_way call(std::string_view plugin, std::string_view method, std::string_view params,
                        const call_options& options, call_completion&& done);

    detail::services& services() noexcept { return services_; }
    route_table& routes() noexcept { return routes_; }
    command_table& commands() noexcept { return commands_; }

    // --- the socket: host_socket.hpp ---

    result<void> listen(std::string_view path, const socket_options& options);
    const socket_server* socket() const noexcept { return socket_.get(); }

    // --- looking in: host_status.hpp ---

    /// The last word about a type counts.
    void offer(const event_offer& event) { offers_.insert_or_assign(event.type, event); }
    host_catalogue catalogue() const;
    host_status status() const;
    host_status summary() const;
    const log_ring& own_log() const noexcept { return own_log_; }
    void note(log_level level, std::string_view message);
    std::optional<configuration_status> configuration;
    plugin_status status_of(const plugin_record& plugin) const;

    std::function<void(const state_change&)> on_change_told;
    std::function<void(const log_record&)> on_log_told;
    fan_out<state_change> watched_changes;
    fan_out<log_record> watched_logs;
    fan_out<event_record> watched_events;
    std::function<void(std::string_view type, std::string_view payload)> on_event_told;
    /// A plugin wants kept what it has set of its configuration.
    std::function<result<void>(const std::string& plugin, const json& set)> on_config_saved;
    /// Whether a plugin's process may be started now.
    std::function<result<void>(const plugin_options& options)> start_judge;
    /// What else the environment of a plugin holds.
    std::function<std::vector<std::string>(const plugin_actor&)> environment_more;

private:
    friend class decision_run;

    inline void on_change(plugin_actor& plugin, const state_change& change) override;
    inline void on_declared(plugin_actor& plugin, handshake_answer& answer) override;
    inline void on_withdrawn(plugin_actor& plugin) override;
    inline void on_request(plugin_actor& plugin, const session_event& event, time_point now) override;
    inline void on_notification(plugin_actor& plugin, const session_event& event, time_point now) override;
    inline void on_drained(plugin_actor& plugin) override;
    inline void on_log(plugin_actor& plugin, log_record&& record) override;
    inline handshake_request introduction(plugin_actor& plugin) override;
    inline std::vector<std::string> environment_of(plugin_actor& plugin) override;
    std::shared_ptr<vigil> awake() const override { return awake_; }
    inline result<void> may_launch(const plugin_actor& plugin) override;
    inline std::string socket_path() const override;
    inline result<void> on_attach(const attach_request& who) override;
    inline void take_plugin(const attach_request& who, descriptor connection, std::string bytes) override;
    inline void on_manual_event(const manual_event& event, event_client::decided done) override;
    inline void on_socket_trouble(std::string_view words) override;

    /// A copy is called: what it tells may put another in its place, or destroy the host.
    template <class Told, class... Argument>
    void tell_application(const std::function<Told>& told, const Argument&... arguments) {
        if (closed_ || !told) return;
        contain(where_, [copy = told, &arguments...] { copy(arguments...); });
    }
    result<plugin_record*> make(plugin_options options, plugin_origin origin, std::uint64_t former);
    void begin(plugin_record& plugin, change_reason why);
    void finish_waiters(plugin_record& plugin, const state_change& change);
    void wait(plugin_record& plugin, bool for_ready, life_done done);
    void forget(plugin_record& plugin);
    static bool is_expected(const plugin_actor& plugin) noexcept;
    void look_for_held(plugin_actor& plugin);
    std::vector<interest> still_required(std::string_view type);
    void tell(plugin_record& plugin, const shared_bytes& message, const event_place& event, time_point now);
    void send_told(plugin_record& plugin);
    void end_turn();
    void end_overdue_decisions(time_point now);
    milliseconds decision_timeout_of(std::string_view type) const noexcept;
    void count_lost(plugin_record& plugin, std::size_t lost);
    decided watched_decision(const event_head& event, decided done);
    void tell_log(log_record&& record);
    void close_watches();
    call_under_way ask(plugin_record& plugin, std::string_view method, std::string_view params,
                       const call_options& options, call_completion&& done,
                       plugin_index asker = call_waits::nobody);
    result<emit_answer> emit(const emitted_event& event, const caller& who);
    result<audience> audience_of(const emitted_event& event);
    bool is_for(const audience& among, plugin_index plugin) const noexcept;
    void provide_host_methods();
    template <class Provide>
    void provide_command_methods(Provide provide);
    template <class Provide>
    void provide_config_methods(Provide provide);

    executor where_;
    std::shared_ptr<const detail::home> home_;
    host_options options_;
    std::shared_ptr<vigil> awake_; // or none
    call_waits waits_;
    dependencies needs_;
    interest_table interests_;
    hop_ledger hops_;
    event_ids event_ids_;
    command_table commands_;
    route_table routes_;
    detail::services services_;
    std::map<std::string_view, event_offer> offers_; // by type
    std::map<std::string, std::shared_ptr<plugin_record>, std::less<>> plugins_;
    std::vector<plugin_record*> by_index_; // null: removed
    std::uint64_t turn_ = 0; // of the loop, as far as anybody is told anything; ended by end_turn()
    bool turn_begun_ = false;
    std::vector<plugin_index> owed_;
    std::uint64_t published_ = 0, decided_ = 0, stopped_ = 0;
    std::map<decision_run*, time_point> deciding_; // and by when
    alarm decisions_due_;
    time_point started_;
    std::shared_ptr<socket_server> socket_; // or null
    log_ring own_log_;                      // what is said of no plugin
    std::uint64_t attaches_refused_ = 0;
    log_rate attach_notes_{10}; // a second; who comes again and again must not fill the log
    bool closing_ = false;      // nothing is begun any more
    bool closed_ = false;       // and nothing told
};

} // namespace detail

} // namespace tenon

#endif
