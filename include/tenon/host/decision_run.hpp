#ifndef TENON_HOST_DECISION_RUN_HPP
#define TENON_HOST_DECISION_RUN_HPP

// One decision under way: what the chain wants asked goes to the plugins, what they answer goes to the chain. It
// keeps itself and the host alive until it is over, which its deadline guarantees.

#include <tenon/host/host_core.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tenon::detail {

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
        for (std::size_t place = 0; place != asked_.size(); ++place)
            if (plugin_record* const plugin = core_->find(asked_[place].plugin))
                plugin->actor->expire(asked_[place].ticket, now);
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
            for (plugin_index plugin = 0; chain_.next_cancel(plugin); more = true) cancel(plugin);
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
        const std::size_t place = asked_.size();
        asked_.push_back({ask.plugin, {}});
        const call_ticket ticket = actor.ask(
            lane::events, methods::on_event, ask.message, ask.deadline,
            [self = shared_from_this(), place](const result<std::string_view>& answer, time_point when) {
                self->take(place, answer, when);
            },
            call_waits::nobody, now);
        asked_[place].ticket = ticket;
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

    void take(std::size_t place, const result<std::string_view>& answer, time_point now) {
        const plugin_index index = asked_[place].plugin;
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

    void cancel(plugin_index index) {
        // A ticket of a call that was completed does nothing.
        const auto entry = std::find_if(asked_.begin(), asked_.end(),
                                        [&](const asked_plugin& one) { return one.plugin == index; });
        if (entry == asked_.end() || !entry->ticket) return;
        const call_ticket ticket = entry->ticket;
        if (plugin_record* const plugin = core_->find(index)) plugin->actor->cancel(ticket);
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
    struct asked_plugin {
        plugin_index plugin;
        call_ticket ticket;
    };
    std::vector<asked_plugin> asked_;           // in the order in which they were
    std::unique_ptr<asio::steady_timer> stays_; // or null
    bool going_ = false;
};

} // namespace tenon::detail

#endif
