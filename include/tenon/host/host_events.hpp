#ifndef TENON_HOST_HOST_EVENTS_HPP
#define TENON_HOST_HOST_EVENTS_HPP

// What happens in a host and its plugins hear of: who wants which events, what is told and what is asked, and what
// plugins put in themselves. It owns the table of interests, the ledger of hops, the ids of events, the decisions under
// way with their deadlines, and what the program offers. It asks host_plugins for who is there, and tells their actors.

#include <tenon/host/contain.hpp>
#include <tenon/host/host_plugins.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/rules/catalogue.hpp>
#include <tenon/rules/events/decision_chain.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/explanation.hpp>
#include <tenon/rules/events/hop_ledger.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Whom an event goes to among those who want it: everybody, unless one plugin or some capabilities are named.
struct audience {
    std::optional<plugin_index> only = {};
    std::span<const std::string> capabilities = {};

    bool everybody() const noexcept { return !only && capabilities.empty(); }
};

class host_events {
public:
    using decided = untyped_host::decided;

    host_events(untyped_host& host, host_plugins& plugins);
    host_events(const host_events&) = delete;
    host_events& operator=(const host_events&) = delete;

    // --- who wants what ---

    void know(const plugin_actor& plugin);
    void forget(plugin_index plugin) { interests_.remove(plugin); }
    void declare(const plugin_record& plugin, const handshake_answer& answer, refusals& told);
    void withdraw(plugin_actor& plugin);
    void expect(const plugin_actor& plugin) { interests_.set_expected(plugin.index(), is_expected(plugin)); }
    result<void> subscribe(plugin_index plugin, const subscribe_request& wanted) {
        return interests_.subscribe(plugin, wanted);
    }
    bool unsubscribe(plugin_index plugin, std::string_view type) {
        return interests_.unsubscribe(plugin, type);
    }
    wanted_events wanted_by(plugin_index plugin) const { return interests_.wanted_by(plugin); }
    std::vector<std::string> undecided(plugin_index plugin) const { return interests_.undecided(plugin); }
    bool is_asked(plugin_index plugin, std::string_view type);
    std::vector<explanation> explain(std::string_view type) const;

    /// The last word about a type counts.
    void offer(const event_offer& event) { offers_.insert_or_assign(event.type, event); }
    void list_offers(host_catalogue& all) const;

    // --- deciding ---

    std::weak_ptr<decision_run> decide(std::string type, std::string payload, decide_options options,
                                       payload_check check, decided done);
    /// Decisions that wait for it go on when it is ready, and when it is not going to be.
    void look_for_held(plugin_actor& plugin);
    void give_up_all();

    // --- telling ---

    std::size_t publish(std::string_view type, std::string_view payload, std::string_view metadata,
                        event_place place = {}, std::string_view source = {}, const audience& among = {});
    result<emit_answer> emit(plugin_record& plugin, const emitted_event& event);
    void tell(plugin_record& plugin, const shared_bytes& message, const event_place& event, time_point now);
    /// The plugin has read what was written: what was kept back goes out.
    void send_kept_back(plugin_actor& plugin);
    void end_turn();

    // --- looking in ---

    std::uint64_t published() const noexcept { return published_; }
    std::uint64_t decisions() const noexcept { return decided_; }
    std::uint64_t stopped() const noexcept { return stopped_; }
    std::size_t under_way() const noexcept { return deciding_.size(); }

    // --- for the decisions under way ---

    host_plugins& plugins() const noexcept { return plugins_; }
    hop_ledger& hops() noexcept { return hops_; }
    void count_stopped() noexcept { ++stopped_; }
    void let_go(decision_run& over) { deciding_.erase(&over); }

private:
    /// For what goes on by itself, and has to keep the host for so long.
    std::shared_ptr<host_events> kept() { return {host_.shared_from_this(), this}; }
    milliseconds time_to_decide(std::string_view type) const noexcept {
        return most_particular(host_.options().decision_timeouts, type, host_.options().decision_timeout);
    }
    std::vector<interest> still_needed(std::string_view type);
    void send_told(plugin_record& plugin);
    void end_overdue_decisions(time_point now);
    void count_lost(plugin_record& plugin, std::size_t lost);
    decided watched_decision(const event_head& event, decided done);
    result<audience> audience_of(const emitted_event& event);
    bool is_for(const audience& among, plugin_index plugin) const noexcept;

    untyped_host& host_;
    host_plugins& plugins_;
    interest_table interests_;
    hop_ledger hops_;
    event_ids event_ids_;
    std::map<std::string_view, event_offer> offers_; // by type
    std::uint64_t turn_ = 0; // of the loop, as far as anybody is told anything; ended by end_turn()
    bool turn_begun_ = false;
    std::vector<plugin_index> owed_;
    std::uint64_t published_ = 0, decided_ = 0, stopped_ = 0;
    std::map<decision_run*, time_point> deciding_; // and by when
    alarm decisions_due_;
};

// ---- one decision under way ----------------------------------------------------------------------------------
// What the chain wants asked goes to the plugins, what they answer goes to the chain. A decision keeps itself and the
// host alive until it is over, which its deadline guarantees.

inline std::string why_not_there(const plugin_actor& plugin) {
    if (plugin.ready()) return "its connection is closed";
    return it_is(plugin.state(), plugin.supervised().reason().text);
}

class decision_run final : public std::enable_shared_from_this<decision_run> {
public:
    decision_run(std::shared_ptr<host_events> events, std::span<const interest> interests, event_head event,
                 std::string payload, time_point deadline, time_point now, payload_check check,
                 std::uint64_t number, host_events::decided done)
        : events_(std::move(events)),
          chain_(interests, std::move(event), std::move(payload), deadline, now, check),
          place_{.number = number, .root = number}, done_(std::move(done)) {}

    decision_run(const decision_run&) = delete;
    decision_run& operator=(const decision_run&) = delete;
    /// One that went with its loop is not looked for any more.
    ~decision_run() {
        if (done_) events_->let_go(*this);
    }

    time_point deadline() const noexcept { return chain_.deadline(); }
    /// Its deadline holds whatever plugins do: progress reports may stretch a call, but never a decision. First ends what
    /// plugins were asked for, as their own timeouts: each is the failure of who did not answer, though both deadlines
    /// fall on the same moment.
    void handle_timeout(time_point now) {
        const auto self = shared_from_this();
        going_ = true;
        chain_.each_call([&](plugin_index asked, call_ticket call) {
            if (plugin_record* const plugin = plugins().find(asked)) plugin->actor->expire(call, now);
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
            if (events_->is_asked(index, chain_.event().type)) chain_.returned(index, now);
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
    host_plugins& plugins() const noexcept { return events_->plugins(); }

    void ask_for_decision(const chain_ask& ask) {
        const time_point now = steady_now();
        plugin_record* const plugin = plugins().find(ask.plugin);
        if (plugin == nullptr) return chain_.skipped(ask.plugin, "it is gone", now);
        plugin_actor& actor = *plugin->actor;
        if (!actor.can_be_asked()) return miss(actor, now);
        events_->hops().asked(ask.plugin, place_, now);
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
        if (plugins().may_return(actor, chain_.deadline()) && chain_.hold(actor.index(), why, now))
            return stay();
        chain_.absent(actor.index(), why, now);
    }

    /// Calls under way keep a decision alive. While it is held for a plugin there is no call, and this wait keeps it alive. It
    /// ends with the decision or with the loop, and never by itself: the host watches the deadline.
    void stay() {
        if (stays_) return;
        stays_ = std::make_unique<asio::steady_timer>(plugins().where(), never);
        stays_->async_wait([self = shared_from_this()](const asio::error_code&) {});
    }

    void take(plugin_index index, const result<std::string_view>& answer, time_point now) {
        events_->hops().answered(index, place_, now);
        if (answer) chain_.answered(index, *answer, now);
        else if (const plugin_actor* const gone = went(index, answer.error().code);
                 gone != nullptr && chain_.misses(index))
            miss(*gone, now);
        else if (was_never_asked(answer.error().code)) chain_.skipped(index, answer.error().message, now);
        else chain_.failed(index, answer.error(), now);
        go();
    }

    /// It was asked, and cannot decide any more: its connection is over, or it is on its way out. Else null.
    const plugin_actor* went(plugin_index index, int code) const noexcept {
        if (code != codes::unavailable && code != codes::shutting_down) return nullptr;
        const plugin_record* const plugin = plugins().find(index);
        return plugin == nullptr || plugin->actor->can_be_asked() ? nullptr : plugin->actor.get();
    }
    static bool was_never_asked(int code) noexcept {
        return code == codes::circuit_open || code == codes::overloaded || code == codes::shutting_down;
    }

    void tell(const chain_ask& ask) {
        if (plugin_record* const plugin = plugins().find(ask.plugin))
            events_->tell(*plugin, ask.message, place_, steady_now());
    }

    /// One that was completed meanwhile does nothing.
    void cancel(const chain_cancel& unneeded) {
        plugin_record* const plugin = unneeded.call ? plugins().find(unneeded.plugin) : nullptr;
        if (plugin != nullptr) plugin->actor->cancel(unneeded.call);
    }

    void finish() {
        raw_decision decision = chain_.take();
        for (const plugin_outcome& outcome : decision.plugins)
            if (plugin_record* const plugin = plugins().find(outcome.plugin)) {
                event_counts& counts = plugin->events;
                if (outcome.outcome == outcome_kind::stop) ++counts.stopped;
                if (outcome.outcome == outcome_kind::modified) ++counts.modified;
                if (outcome.outcome == outcome_kind::absent) ++counts.absent;
                if (outcome.outcome == outcome_kind::failed || outcome.outcome == outcome_kind::timed_out)
                    ++counts.failed;
            }
        events_->let_go(*this);
        if (stays_) stays_->cancel();
        if (decision.stopped) events_->count_stopped();
        std::exchange(done_, nullptr)(std::move(decision));
    }

    std::shared_ptr<host_events> events_;
    decision_chain chain_;
    event_place place_;
    host_events::decided done_;
    std::unique_ptr<asio::steady_timer> stays_; // or null
    bool going_ = false;
};

} // namespace tenon::detail

#include <tenon/host/host_events.ipp>

#endif
