#ifndef TENON_HOST_HOST_CORE_HPP
#define TENON_HOST_HOST_CORE_HPP

// What is behind host/untyped_host.hpp: the plugins that a host knows, what they declared, and the ways between them.

#include <tenon/core/version.hpp>
#include <tenon/host/home.hpp>
#include <tenon/host/plugin_actor.hpp>
#include <tenon/host/socket/socket_server.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/rules/calls/commands.hpp>
#include <tenon/rules/calls/exchange_wire.hpp>
#include <tenon/rules/calls/request_rate.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/rules/calls/services.hpp>
#include <tenon/rules/catalogue.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/events/decision_chain.hpp>
#include <tenon/rules/events/event_backlog.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/explanation.hpp>
#include <tenon/rules/events/hop_ledger.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/rules/logs/log_rate.hpp>
#include <tenon/rules/logs/log_ring.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/rules/supervision/dependencies.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// A plugin's configuration with what it set itself: more than 1 MiB is data, and no configuration.
inline constexpr std::size_t max_config_bytes = std::size_t{1} << 20;

inline constexpr std::string_view abuse_words =
    "rpc.abuse: it keeps calling what it may not call, or what is not there";

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

class host_core final : public untyped_host,
                        public actor_owner,
                        public socket_owner,
                        public std::enable_shared_from_this<host_core> {
public:
    host_core(executor where, host_options options);
    ~host_core() override;

    // --- plugins ---

    result<void> add(plugin_options options, std::uint64_t former = 0) override;
    result<void> add_made_by(link_maker make, plugin_options options) override;
    void start(plugin_options options, life_done done, std::uint64_t former = 0) override;
    void start_known(const std::string& name, life_done done) override;
    void stop(const std::string& name, life_done done) override;
    void restart(const std::string& name, life_done done) override;
    void remove(const std::string& name, life_done done) override;
    void forget_needs(const std::string& name) override;
    void configure(const std::string& name, json config, life_done done) override;
    void configure_by_restart(plugin_record& plugin, json config, life_done done);
    result<void> set_log_level(std::string_view name, log_level level) override;
    void shutdown(life_done done) override;
    void close() override;
    bool closing() const noexcept { return closing_; }

    plugin_record* find(std::string_view name) const noexcept;
    plugin_record* find(plugin_index index) const noexcept;
    const auto& plugins() const noexcept { return plugins_; }

    // --- events ---

    std::weak_ptr<decision_run> decide(std::string type, std::string payload, decide_options options,
                                       payload_check check, decided done) override;
    void give_up(const std::weak_ptr<decision_run>& decision) override;
    std::size_t publish(std::string_view type, std::string_view payload, std::string_view metadata) override {
        return publish(type, payload, metadata, {}, {}, {});
    }
    std::size_t publish(std::string_view type, std::string_view payload, std::string_view metadata,
                        event_place place, std::string_view source, const audience& among);
    std::vector<explanation> explain(std::string_view type) const override;
    result<void> set_decision_timeouts(milliseconds all,
                                       std::map<std::string, milliseconds> of_events) override;

    // --- commands, routes, calls ---

    call_under_way execute(std::string_view command, std::string_view args, const call_options& options,
                           call_completion&& done, plugin_index asker = call_waits::nobody);
    call_under_way run(std::string_view command, std::string_view params, const call_options& options,
                       call_completion&& done) override {
        return run_for(call_waits::nobody, command, params, options, std::move(done));
    }
    call_under_way request(http_exchange exchange, unique_function<void(result<response>)> done) override;
    call_under_way call(std::string_view plugin, std::string_view method, std::string_view params,
                        const call_options& options, call_completion&& done) override;
    void cancel(const call_under_way& call) override;

    result<void> add_service(std::string_view method, std::string_view permission, const service_words& words,
                             service_handler handler) override {
        return services_.add_service(method, permission, words, std::move(handler));
    }
    detail::services& services() noexcept { return services_; }
    route_table& routes() noexcept { return routes_; }
    command_table& commands() noexcept { return commands_; }

    // --- the socket ---

    result<void> listen(std::string_view path, const socket_options& options) override;
    const socket_server* socket() const noexcept { return socket_.get(); }

    // --- looking in ---

    void offer(const event_offer& event) override { offers_.insert_or_assign(event.type, event); }
    host_catalogue catalogue() const override;
    std::vector<std::string> names() const override;
    std::optional<plugin_moment> moment_of(std::string_view plugin) const override;
    std::vector<const known_command*> known_commands() const override { return commands_.list(); }
    const known_command* find_command(std::string_view name) const override { return commands_.find(name); }
    host_status status() const override;
    host_status summary() const override;
    plugin_status status_of(const plugin_record& plugin) const;
    std::optional<plugin_status> status_of(std::string_view plugin) const override;
    const log_ring& own_log() const noexcept { return own_log_; }
    std::vector<log_record> log_of(std::string_view plugin) const override;
    std::vector<log_record> own_records() const override {
        return {own_log_.records().begin(), own_log_.records().end()};
    }
    json config_of(std::string_view plugin) const override;
    void note(log_level level, std::string_view message) override;
    void note_of(std::string_view plugin, log_level level, std::string_view message) override;

    /// What else the environment of a plugin holds.
    std::function<std::vector<std::string>(const plugin_actor&)> environment_more;

private:
    friend class decision_run;

    void on_change(plugin_actor& plugin, const state_change& change) override;
    void on_declared(plugin_actor& plugin, handshake_answer& answer) override;
    void on_withdrawn(plugin_actor& plugin) override;
    void on_request(plugin_actor& plugin, const session_event& event, time_point now) override;
    void on_notification(plugin_actor& plugin, const session_event& event, time_point now) override;
    void on_drained(plugin_actor& plugin) override;
    void on_log(plugin_actor& plugin, log_record&& record) override;
    handshake_request introduction(plugin_actor& plugin) override;
    std::vector<std::string> environment_of(plugin_actor& plugin) override;
    std::shared_ptr<vigil> awake() const override { return awake_; }
    result<void> may_launch(const plugin_actor& plugin) override;
    std::string socket_path() const override;
    result<void> on_attach(const attach_request& who) override;
    void take_plugin(const attach_request& who, descriptor connection, std::string bytes) override;
    void on_manual_event(const manual_event& event, event_client::decided done) override;
    void on_socket_trouble(std::string_view words) override;

    /// A copy is called: what it tells may put another in its place, or destroy the host.
    template <class Told, class... Argument>
    void tell_application(const std::function<Told>& told, const Argument&... arguments) {
        if (closed_ || !told) return;
        contain(where(), [copy = told, &arguments...] { copy(arguments...); });
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
    call_under_way run_for(plugin_index asker, std::string_view command, std::string_view params,
                           const call_options& options, call_completion&& done);
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

// ---- one decision under way ----------------------------------------------------------------------------------
// One decision under way: what the chain wants asked goes to the plugins, what they answer goes to the chain. It
// keeps itself and the host alive until it is over, which its deadline guarantees.

/// "it is waiting to retry: signal 9 (SIGKILL)".
inline std::string why_not_there(const plugin_actor& plugin) {
    if (plugin.ready()) return "its connection is closed";
    const std::string& reason = plugin.supervised().reason().text;
    return join({"it is ", words_of(plugin.state()), reason.empty() ? "" : ": ", reason});
}

class decision_run final : public std::enable_shared_from_this<decision_run> {
public:
    decision_run(std::shared_ptr<host_core> core, std::span<const interest> interests, event_head event,
                 std::string payload, time_point deadline, time_point now, payload_check check,
                 std::uint64_t number, host_core::decided done)
        : core_(std::move(core)),
          chain_(interests, std::move(event), std::move(payload), deadline, now, check),
          place_{.number = number, .root = number}, done_(std::move(done)) {}

    decision_run(const decision_run&) = delete;
    decision_run& operator=(const decision_run&) = delete;
    /// One that went with its loop is not looked for any more.
    ~decision_run() {
        if (done_) core_->deciding_.erase(this);
    }

    time_point deadline() const noexcept { return chain_.deadline(); }
    /// Its deadline holds whatever plugins do: progress reports may stretch a call, but never a decision. First ends what
    /// plugins were asked for, as their own timeouts: each is the failure of who did not answer, though both deadlines
    /// fall on the same moment.
    void handle_timeout(time_point now) {
        const auto self = shared_from_this();
        going_ = true;
        chain_.each_call([&](plugin_index asked, call_ticket call) {
            if (plugin_record* const plugin = core_->find(asked)) plugin->actor->expire(call, now);
        });
        going_ = false;
        chain_.handle_timeout(now);
        go();
    }

    bool holds(plugin_index plugin) const noexcept { return chain_.holds(plugin); }
    /// Something has become of a plugin that is held for.
    void look_again(plugin_actor& actor, time_point now) {
        const plugin_index index = actor.index();
        if (!actor.ready()) {
            miss(actor, now);
        } else {
            const std::span<const interest> now_asked = core_->interests_.of(chain_.event().type);
            const bool wants = std::any_of(now_asked.begin(), now_asked.end(), [index](const interest& one) {
                return one.plugin == index && one.mode != event_mode::observe;
            });
            if (wants) chain_.returned(index, now);
            else chain_.released(index, "it is there again, and wants no such events", now);
        }
        go();
    }

    void give_up(time_point now) {
        chain_.cancel(now);
        go();
    }

    /// Asks, tells and cancels until there is nothing to do but wait.
    void go() {
        if (going_) return; // an answer came while it was being asked for
        const auto self = shared_from_this();
        going_ = true;
        for (bool more = true; more;) {
            more = false;
            for (chain_cancel unneeded; chain_.next_cancel(unneeded); more = true) cancel(unneeded);
            if (chain_ask ask; chain_.next_ask(ask)) {
                more = true;
                if (ask.wants_answer) ask_for_decision(ask);
                else tell(ask);
            }
        }
        going_ = false;
        if (chain_.done() && done_) finish();
    }

private:
    void ask_for_decision(const chain_ask& ask) {
        const time_point now = steady_now();
        plugin_record* const plugin = core_->find(ask.plugin);
        if (plugin == nullptr) return chain_.skipped(ask.plugin, "it is gone", now);
        plugin_actor& actor = *plugin->actor;
        if (!actor.can_be_asked()) return miss(actor, now);
        core_->hops_.asked(ask.plugin, place_, now);
        ++plugin->events.delivered;
        const call_ticket call = actor.ask(
            lane::events, methods::on_event, ask.message, ask.deadline,
            [self = shared_from_this(), index = ask.plugin](
                const result<std::string_view>& answer, time_point when) { self->take(index, answer, when); },
            call_waits::nobody, now);
        chain_.asked_by(ask.step, call);
    }

    void miss(const plugin_actor& actor, time_point now) {
        const std::string why = why_not_there(actor);
        const bool may_return =
            !core_->closing_ && core_->is_expected(actor) && actor.state() != plugin_state::failed &&
            (actor.supervised().next_retry() == never || actor.supervised().next_retry() < chain_.deadline());
        if (may_return && chain_.hold(actor.index(), why, now)) return stay();
        chain_.absent(actor.index(), why, now);
    }

    /// Calls under way keep it alive, but while it is held for somebody there is none. This wait ends with the decision, or
    /// with the loop, whichever comes first, and never by itself: the deadline is the host's to watch, which has to find
    /// the decision there.
    void stay() {
        if (stays_) return;
        stays_ = std::make_unique<asio::steady_timer>(core_->where(), never);
        stays_->async_wait([self = shared_from_this()](const asio::error_code&) {});
    }

    void take(plugin_index index, const result<std::string_view>& answer, time_point now) {
        core_->hops_.answered(index, place_, now);
        if (answer) chain_.answered(index, *answer, now);
        else if (was_never_asked(answer.error().code)) chain_.skipped(index, answer.error().message, now);
        else chain_.failed(index, answer.error(), now);
        go();
    }

    static bool was_never_asked(int code) noexcept {
        return code == codes::circuit_open || code == codes::overloaded || code == codes::shutting_down;
    }

    void tell(const chain_ask& ask) {
        if (plugin_record* const plugin = core_->find(ask.plugin))
            core_->tell(*plugin, ask.message, place_, steady_now());
    }

    /// One that was completed meanwhile does nothing.
    void cancel(const chain_cancel& unneeded) {
        plugin_record* const plugin = unneeded.call ? core_->find(unneeded.plugin) : nullptr;
        if (plugin != nullptr) plugin->actor->cancel(unneeded.call);
    }

    void finish() {
        raw_decision decision = chain_.take();
        for (const plugin_outcome& outcome : decision.plugins)
            if (plugin_record* const plugin = core_->find(outcome.plugin)) {
                event_counts& counts = plugin->events;
                if (outcome.outcome == outcome_kind::stop) ++counts.stopped;
                if (outcome.outcome == outcome_kind::modified) ++counts.modified;
                if (outcome.outcome == outcome_kind::absent) ++counts.absent;
                if (outcome.outcome == outcome_kind::failed || outcome.outcome == outcome_kind::timed_out)
                    ++counts.failed;
            }
        core_->deciding_.erase(this);
        if (stays_) stays_->cancel();
        core_->stopped_ += decision.stopped;
        std::exchange(done_, nullptr)(std::move(decision));
    }

    std::shared_ptr<host_core> core_;
    decision_chain chain_;
    event_place place_;
    host_core::decided done_;
    std::unique_ptr<asio::steady_timer> stays_; // or null
    bool going_ = false;
};

// ---- one call that may be made twice -------------------------------------------------------------------------
// A call that its caller calls idempotent: if the plugin is gone before it has answered and is ready again before
// the deadline, it is asked once more. Any other call is never made twice, whatever becomes of it.

inline call_progress tell_progress(const std::function<void(json_view)>& to) {
    if (!to) return {};
    return [to](std::string_view value, time_point) {
        if (const auto read = from_json<json_view>(value)) to(*read);
    };
}

class repeated_call final : public std::enable_shared_from_this<repeated_call> {
public:
    repeated_call(std::shared_ptr<host_core> core, plugin_index plugin, std::string_view method,
                  std::string_view params, time_point deadline, call_completion done, plugin_index asker,
                  std::function<void(json_view)> progress)
        : core_(std::move(core)), plugin_(plugin), asker_(asker), method_(method), params_(params),
          deadline_(deadline), done_(std::move(done)), progress_(std::move(progress)) {}

    void ask() {
        plugin_record* const plugin = core_->find(plugin_);
        if (plugin == nullptr) return give_up();
        const auto kept = plugin->actor;
        generation_ = kept->generation();
        ticket_ = kept->ask(
            lane::calls, method_, std::string_view(params_), deadline_,
            [self = shared_from_this()](const result<std::string_view>& answer, time_point now) {
                self->take(answer, now);
            },
            asker_, steady_now(), tell_progress(progress_));
    }
    void cancel() {
        if (!done_) return;
        plugin_record* const plugin = waiting_ ? nullptr : core_->find(plugin_);
        if (plugin != nullptr) plugin->actor->cancel(ticket_);
        else finish(fault{codes::cancelled, "cancelled"}, steady_now());
    }

private:
    void take(const result<std::string_view>& answer, time_point now) {
        if (answer || answer.error().code != codes::unavailable) return finish(answer, now);
        last_ = answer.error();
        wait();
    }

    // For the next instance: through its delays, but not beyond the deadline or somebody's wish to stop it.
    void wait() {
        plugin_record* const plugin = core_->find(plugin_);
        if (plugin == nullptr || core_->closing() || !plugin->actor->supervised().wanted() ||
            plugin->actor->state() == plugin_state::failed)
            return give_up();
        // The instance that did not answer may still be called ready.
        if (plugin->actor->ready() && plugin->actor->generation() != generation_) return ask();
        if (!alarm_)
            alarm_.emplace(core_->where(), [weak = weak_from_this()](time_point now) {
                if (const auto self = weak.lock()) self->pass_deadline(now);
            });
        alarm_->set(deadline_);
        waiting_ = true;
        plugin->waiters.push_back({true, [self = shared_from_this()](const result<void>& ready) {
                                       if (!std::exchange(self->waiting_, false) || !self->done_) return;
                                       if (ready) self->ask();
                                       else self->wait();
                                   }});
    }

    void pass_deadline(time_point now) {
        if (!waiting_) return; // the call itself has the same deadline
        waiting_ = false;
        finish(fault{codes::timeout, join({last_.message, ", and was not back in time"}), last_.data}, now);
    }
    void give_up() { finish(last_, steady_now()); }
    void finish(result<std::string_view> answer, time_point now) {
        if (!done_) return;
        alarm_.reset();
        std::exchange(done_, nullptr)(std::move(answer), now);
    }

    std::shared_ptr<host_core> core_;
    plugin_index plugin_, asker_;
    std::string method_, params_;
    time_point deadline_;
    call_completion done_;
    std::function<void(json_view)> progress_;
    call_ticket ticket_ = {};
    std::uint64_t generation_ = 0; // of the instance that was asked
    fault last_ = {codes::unavailable, "the plugin is gone"};
    std::optional<alarm> alarm_; // while it waits
    bool waiting_ = false;
};

} // namespace tenon::detail

#include <tenon/host/host_core.ipp>

#endif
