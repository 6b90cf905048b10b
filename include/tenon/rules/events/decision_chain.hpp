#ifndef TENON_RULES_EVENTS_DECISION_CHAIN_HPP
#define TENON_RULES_EVENTS_DECISION_CHAIN_HPP

// One event that plugins are asked about, from the first question to the decision. It does no I/O: after
// every verb the owner drains next_cancel() and next_ask(), and takes the decision once it is done().
//
// - The highest priority first; equal priority is one tier. In a tier those that mutate are asked one after
//   another, each about what the former made of the payload; then those that validate all at once.
// - A stop ends it after its tier. The next tiers are not asked, and questions without an answer are cancelled. An
//   answer that still comes before the decision is taken counts: of several stops the first in the order of asking
//   is the one reported.
// - A plugin that fails, times out, answers nonsense or cannot be asked is treated by its onFailure. What other
//   plugins changed is kept.
// - A plugin that should be asked and is not there is absent. The host's options for it say what follows: the event goes
//   on, is stopped, or is held until the plugin returns or the deadline has passed. A required plugin stops the events
//   that it has not decided about.
// - A plugin that goes while it is asked has not decided. Where the host's options say what its absence means, it is
//   absent then, too; else it has failed. It is asked a second time when it returns, and not a third: the event may be
//   what ends it.
// - An event that was not stopped is told to the plugins that observe it, as it is at the end.
// - One deadline is over everything, and each plugin has a timeout of its own besides. After the deadline no plugin is
//   asked any more; the observers are told all the same.
//
// An answer that comes when it means nothing (after the deadline, or of a plugin that was not asked) is ignored.

#include <tenon/core/text.hpp>
#include <tenon/rules/calls/pending_calls.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/rules/decision.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// What the owner is to send.
struct chain_ask {
    plugin_index plugin = 0;
    bool wants_answer = true;    // a request; else a notification to an observer
    time_point deadline = never; // of its answer: the chain's, or its own timeout where that is shorter
    milliseconds remaining = {}; // until then, at least 1; max() where there is none
    shared_bytes message;        // the params of plugin/onEvent
    std::string_view payload; // the payload alone, for a handler within the host; valid until the next verb
    std::size_t step = 0;     // for asked_by(), where an answer is wanted
};

/// A plugin that is still being asked although its answer does not matter any more, and by which call.
struct chain_cancel {
    plugin_index plugin = 0;
    call_ticket call = {};
};

class decision_chain {
public:
    /// Copies of the interests what it needs. Without any it is done at once.
    decision_chain(std::span<const interest> interests, event_head event, std::string payload,
                   time_point deadline, time_point now, payload_check check = {});

    bool next_ask(chain_ask& ask);
    bool next_cancel(chain_cancel& cancel);

    /// The call by which chain_ask::step is asked: the chain alone remembers it. Before take().
    void asked_by(std::size_t place, call_ticket call) noexcept { steps_[place].call = call; }
    /// Hands on the calls of all that were asked, answered or not, in their order. The owner may tell of answers
    /// meanwhile.
    template <class Take>
    void each_call(Take take) {
        for (std::size_t at = 0; at != steps_.size(); ++at)
            if (steps_[at].call) take(steps_[at].plugin, steps_[at].call);
    }

    /// Its answer, as it stands in the response.
    void answered(plugin_index plugin, std::string_view decision, time_point now);
    void failed(plugin_index plugin, const fault& why, time_point now);
    /// It could not be asked (breaker, queue, not ready), after next_ask() named it.
    void skipped(plugin_index plugin, std::string_view why, time_point now);
    /// It is not there, after next_ask() named it, or while it is held for.
    void absent(plugin_index plugin, std::string_view why, time_point now);
    /// The same where it may return: whether it is waited for. If not, nothing has happened.
    bool hold(plugin_index plugin, std::string_view why, time_point now);
    bool holds(plugin_index plugin) const noexcept;
    /// It went while it was asked: whether it is to be taken for absent. Else it has failed.
    bool misses(plugin_index plugin) noexcept;
    /// It is there again: next_ask() names it once more.
    void returned(plugin_index plugin, time_point now);
    /// It has returned, and wants no such events any more.
    void released(plugin_index plugin, std::string_view why, time_point now);
    void handle_timeout(time_point now);
    /// The decision is not wanted any more. It is over, no plugin has stopped it, and no observer is told.
    void cancel(time_point now);

    /// `never` once it is done.
    time_point deadline() const noexcept { return done() ? never : deadline_; }
    /// No plugin will be asked or told any more.
    bool done() const noexcept { return stage_ == stage::done; }
    /// Ends it. Call it when it is done and next_cancel() was drained.
    raw_decision take();

    const event_head& event() const noexcept { return event_; }
    const std::string& payload() const noexcept { return payload_; }
    /// How often the message was written anew: at most once for all that validate in a tier and once for all
    /// that observe.
    std::size_t encodings() const noexcept { return encodings_; }

private:
    enum class stage { asking, telling, done };
    enum class step_state { waiting, asked, held, back, cancelled, settled };
    struct step {
        plugin_index plugin;
        event_mode mode;
        failure_policy on_failure;
        int priority;
        milliseconds answer_timeout;
        bool required;
        absence absent;
        step_state state = step_state::waiting;
        bool to_cancel = false;
        bool stops = false; // by its decision or by its onFailure
        int asks = 0;       // how often it was asked
        call_ticket call = {};
        time_point asked_at = {};
        std::string data = {};
        plugin_outcome outcome = {};
    };

    step* open_step(plugin_index plugin) noexcept;
    bool is_pending(const step& of) const noexcept {
        return of.state == step_state::asked || of.state == step_state::held || of.state == step_state::back;
    }
    void put(chain_ask& ask, step& of, bool again);
    void settle(step& of, outcome_kind outcome, std::string_view reason);
    void give_up(step& of, outcome_kind outcome, std::string_view reason);
    void proceed();
    void begin_tier();
    void stop_asking();
    void pass_deadline();
    void see(time_point now) noexcept;
    bool is_over(time_point now) const noexcept { return now >= deadline_; }
    milliseconds time_for(const step& of) const noexcept;
    const shared_bytes& message_for(milliseconds remaining, bool again);

    event_head event_;
    std::string payload_;
    payload_check check_;
    time_point deadline_, now_;

    stage stage_ = stage::asking;
    std::vector<step> steps_; // the plugins that are asked, in that order
    std::vector<plugin_index> observers_;
    std::size_t tier_begin_ = 0, tier_end_ = 0; // of steps_
    std::size_t next_ = 0;                      // in steps_, then in observers_
    std::size_t settled_last_ = 0;              // answers mostly come in the order of asking
    std::size_t pending_ = 0;                   // asked or held for, and not settled
    std::size_t held_ = 0, back_ = 0;           // of these
    std::size_t to_cancel_ = 0;
    bool stopped_ = false, modified_ = false, cancelled_ = false;

    shared_bytes message_;
    milliseconds message_remaining_ = {};
    bool message_is_current_ = false;
    std::size_t encodings_ = 0;
};

/// A reason ends in outcomes, logs and pages: as long as a person reads.
inline constexpr std::size_t longest_outcome_reason = 1'024;

inline std::string cut_reason(std::string_view text) {
    if (text.size() <= longest_outcome_reason) return std::string(text);
    std::size_t end = longest_outcome_reason;
    while (end != 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end; // not within a character
    return join({text.substr(0, end), "..."});
}

inline decision_chain::decision_chain(std::span<const interest> interests, event_head event,
                                      std::string payload, time_point deadline, time_point now,
                                      payload_check check)
    : event_(std::move(event)), payload_(std::move(payload)), check_(check), deadline_(deadline), now_(now) {
    steps_.reserve(interests.size());
    for (const interest& one : interests) {
        if (one.mode == event_mode::observe) {
            observers_.push_back(one.plugin);
            continue;
        }
        step& made = steps_.emplace_back(step{.plugin = one.plugin,
                                              .mode = one.mode,
                                              .on_failure = one.on_failure,
                                              .priority = one.priority,
                                              .answer_timeout = one.answer_timeout,
                                              .required = one.required,
                                              .absent = one.absent});
        made.outcome.plugin = one.name;
    }
    begin_tier();
    proceed();
}

// Time only goes forward, also for an owner whose events carry times of their own.
inline void decision_chain::see(time_point now) noexcept {
    if (now > now_) now_ = now;
}

inline void decision_chain::begin_tier() {
    tier_begin_ = next_ = tier_end_;
    while (tier_end_ < steps_.size() && steps_[tier_end_].priority == steps_[tier_begin_].priority)
        ++tier_end_;
}

// Goes on to what comes next wherever nothing is left to be waited for.
inline void decision_chain::proceed() {
    if (stage_ == stage::asking && pending_ == 0) {
        if (!stopped_ && is_over(now_)) pass_deadline();
        if (stopped_) stage_ = stage::done;
        if (stage_ == stage::asking && next_ == tier_end_) {
            begin_tier();
            if (tier_begin_ == steps_.size()) {
                stage_ = stage::telling;
                next_ = 0;
                message_is_current_ = false;
            }
        }
    }
    if (stage_ == stage::telling && next_ == observers_.size()) stage_ = stage::done;
}

inline const shared_bytes& decision_chain::message_for(milliseconds remaining, bool again) {
    if (message_is_current_ && (again || remaining == message_remaining_)) return message_;
    std::optional<std::int64_t> deadline_ms;
    if (remaining != milliseconds::max()) deadline_ms = remaining.count();
    message_ = {}; // first, so that large payloads are not here once more
    message_ = encode_event(event_, payload_, deadline_ms);
    message_remaining_ = remaining;
    message_is_current_ = true;
    ++encodings_;
    return message_;
}

inline milliseconds decision_chain::time_for(const step& of) const noexcept {
    if (deadline_ == never) return of.answer_timeout;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - now_);
    return std::min(of.answer_timeout, left.count() < 1 ? milliseconds(1) : left);
}

inline bool decision_chain::next_ask(chain_ask& ask) {
    if (stage_ == stage::telling) {
        // Without a deadline: an observer does not answer.
        ask = {observers_[next_], false, never, milliseconds::max(), message_for(milliseconds::max(), false),
               payload_,          0};
        ++next_;
        proceed();
        return true;
    }
    if (stage_ != stage::asking || stopped_) return false;
    if (back_ != 0)
        for (std::size_t index = tier_begin_; index != tier_end_; ++index)
            if (steps_[index].state == step_state::back) {
                --back_;
                put(ask, steps_[index], false);
                return true;
            }
    if (next_ == tier_end_) return false;
    step& of = steps_[next_];
    const bool validates = of.mode == event_mode::validate;
    // A plugin that mutates waits for all before it. One that validates waits for those that mutate.
    if (pending_ != 0 && (!validates || steps_[next_ - 1].mode != event_mode::validate)) return false;
    const bool first = next_ == tier_begin_ || steps_[next_ - 1].mode != event_mode::validate;
    put(ask, of, validates && !first && time_for(steps_[next_ - 1]) == time_for(of));
    of.asked_at = now_;
    ++pending_;
    ++next_;
    return true;
}

/// `again`: what was written for the one before it is for this one too.
inline void decision_chain::put(chain_ask& ask, step& of, bool again) {
    const shared_bytes& message = message_for(time_for(of), again);
    ask = {of.plugin, true,     std::min(deadline_, after(now_, of.answer_timeout)), message_remaining_,
           message,   payload_, static_cast<std::size_t>(&of - steps_.data())};
    of.state = step_state::asked;
    ++of.asks;
}

inline bool decision_chain::next_cancel(chain_cancel& cancel) {
    if (to_cancel_ == 0) return false;
    for (step& of : steps_) {
        if (!of.to_cancel) continue;
        of.to_cancel = false;
        --to_cancel_;
        cancel = {of.plugin, of.call};
        return true;
    }
    return false;
}

inline decision_chain::step* decision_chain::open_step(plugin_index plugin) noexcept {
    const std::size_t count = tier_end_ - tier_begin_;
    std::size_t index = settled_last_ < tier_begin_ ? tier_begin_ : settled_last_;
    for (std::size_t seen = 0; seen != count; ++seen, ++index) {
        if (index >= tier_end_) index = tier_begin_;
        step& of = steps_[index];
        if (of.plugin != plugin) continue;
        settled_last_ = index;
        return is_pending(of) || of.state == step_state::cancelled ? &of : nullptr;
    }
    return nullptr;
}

inline void decision_chain::settle(step& of, outcome_kind outcome, std::string_view reason) {
    if (is_pending(of)) --pending_;
    if (of.state == step_state::held) --held_;
    if (of.state == step_state::back) --back_;
    if (of.to_cancel) { // it was quicker than being told
        of.to_cancel = false;
        --to_cancel_;
    }
    if (of.state != step_state::waiting)
        of.outcome.ms = std::chrono::duration<double, std::milli>(now_ - of.asked_at).count();
    of.state = step_state::settled;
    of.outcome.outcome = outcome;
    of.outcome.reason = cut_reason(reason);
    if (outcome == outcome_kind::stop) of.stops = true;
}

// It has no decision of its own, so its onFailure is its decision.
inline void decision_chain::give_up(step& of, outcome_kind outcome, std::string_view reason) {
    settle(of, outcome, reason);
    if (of.on_failure == failure_policy::stop || of.required) of.stops = true;
}

inline void decision_chain::stop_asking() {
    stopped_ = true;
    held_ = back_ = 0;
    for (std::size_t index = tier_begin_; index < tier_end_; ++index) {
        step& of = steps_[index];
        if (!is_pending(of)) continue;
        if (of.state == step_state::asked) {
            of.to_cancel = true;
            ++to_cancel_;
        }
        of.state = step_state::cancelled;
        --pending_;
        of.outcome.ms = std::chrono::duration<double, std::milli>(now_ - of.asked_at).count();
    }
}

inline void decision_chain::answered(plugin_index plugin, std::string_view decision, time_point now) {
    see(now);
    step* const of = open_step(plugin);
    if (of == nullptr) return;
    result<event_decision> read = read_decision(decision);
    if (!read) return failed(plugin, read.error(), now);
    const bool changes = of->mode == event_mode::mutate && !read->stops() && !stopped_ && read->payload &&
                         read->payload->text() != payload_;
    if (changes && check_.accept != nullptr)
        if (const result<void> accepted = check_.accept(check_.context, read->payload->text()); !accepted)
            return failed(plugin, accepted.error(), now);
    if (read->data) of->data = read->data->text();
    if (changes) {
        payload_ = read->payload->text();
        modified_ = true;
        message_is_current_ = false;
    }
    const outcome_kind outcome = read->stops() ? outcome_kind::stop
                                 : changes     ? outcome_kind::modified
                                               : outcome_kind::proceed;
    settle(*of, outcome, read->reason ? std::string_view(*read->reason) : std::string_view());
    if (of->stops) stop_asking();
    proceed();
}

inline void decision_chain::failed(plugin_index plugin, const fault& why, time_point now) {
    see(now);
    step* const of = open_step(plugin);
    if (of == nullptr) return;
    // The answer to our own cancel says nothing about the plugin.
    if (of->state == step_state::cancelled && why.code == codes::cancelled) return;
    give_up(*of, why.code == codes::timeout ? outcome_kind::timed_out : outcome_kind::failed, why.message);
    if (of->stops) stop_asking();
    proceed();
}

inline void decision_chain::skipped(plugin_index plugin, std::string_view why, time_point now) {
    see(now);
    step* const of = open_step(plugin);
    if (of == nullptr) return;
    give_up(*of, outcome_kind::skipped, why);
    if (of->stops) stop_asking();
    proceed();
}

inline void decision_chain::absent(plugin_index plugin, std::string_view why, time_point now) {
    see(now);
    step* const of = open_step(plugin);
    if (of == nullptr) return;
    if (of->absent == absence::hold) {
        give_up(*of, outcome_kind::absent, why);
    } else {
        settle(*of, outcome_kind::absent, why);
        if (of->absent == absence::stop || of->required) of->stops = true;
    }
    if (of->stops) stop_asking();
    proceed();
}

inline bool decision_chain::hold(plugin_index plugin, std::string_view why, time_point now) {
    see(now);
    step* const of = open_step(plugin);
    if (of == nullptr || of->absent != absence::hold || is_over(now_)) return false;
    if (of->state != step_state::asked && of->state != step_state::held) return false;
    held_ += of->state == step_state::asked ? 1 : 0;
    of->state = step_state::held;
    of->outcome.reason = cut_reason(why);
    return true;
}

inline bool decision_chain::misses(plugin_index plugin) noexcept {
    const step* const of = open_step(plugin);
    if (of == nullptr || of->state != step_state::asked) return false;
    return of->absent == absence::stop || (of->absent == absence::hold && of->asks == 1);
}

inline bool decision_chain::holds(plugin_index plugin) const noexcept {
    if (held_ == 0) return false;
    for (const step& of : steps_)
        if (of.plugin == plugin) return of.state == step_state::held;
    return false;
}

inline void decision_chain::returned(plugin_index plugin, time_point now) {
    see(now);
    if (!holds(plugin)) return;
    step* const of = open_step(plugin);
    of->state = step_state::back;
    of->outcome.reason.clear();
    --held_;
    ++back_;
}

inline void decision_chain::released(plugin_index plugin, std::string_view why, time_point now) {
    see(now);
    if (!holds(plugin)) return;
    settle(*open_step(plugin), outcome_kind::skipped, why);
    proceed();
}

inline void decision_chain::handle_timeout(time_point now) {
    see(now);
    if (stage_ != stage::asking || !is_over(now_)) return;
    pass_deadline();
    proceed();
}

inline void decision_chain::cancel(time_point now) {
    see(now);
    if (stage_ != stage::asking) return;
    for (step& of : steps_) {
        if (of.state == step_state::settled || of.state == step_state::cancelled) continue;
        const bool was_asked = of.state == step_state::asked;
        settle(of, outcome_kind::skipped, "cancelled");
        of.to_cancel = was_asked;
        to_cancel_ += was_asked ? 1 : 0;
    }
    tier_begin_ = tier_end_ = next_ = steps_.size();
    stopped_ = cancelled_ = true;
    stage_ = stage::done;
}

// A plugin that has not answered has no decision, whether it was asked or not. One that must not be passed over stops the
// event.
inline void decision_chain::pass_deadline() {
    bool stops = stopped_;
    for (step& of : steps_) {
        if (of.state == step_state::settled || of.state == step_state::cancelled) continue;
        const bool was_asked = of.state == step_state::asked;
        if (of.state == step_state::held)
            give_up(of, outcome_kind::absent,
                    join({"it did not return before the deadline: ", std::string(of.outcome.reason)}));
        else
            give_up(of, was_asked ? outcome_kind::timed_out : outcome_kind::skipped,
                    was_asked ? "no answer before the deadline" : "the deadline had passed");
        of.to_cancel = was_asked;
        to_cancel_ += was_asked ? 1 : 0;
        stops = stops || of.stops;
    }
    stopped_ = stops;
    tier_begin_ = tier_end_ = next_ = steps_.size();
}

inline raw_decision decision_chain::take() {
    raw_decision made;
    made.stopped = stopped_;
    made.modified = modified_;
    const step* stopper = nullptr;
    const step* teller = nullptr;
    for (const step& of : steps_) {
        if (of.stops && stopper == nullptr) stopper = &of;
        if (!of.data.empty()) teller = &of;
    }
    if (stopper != nullptr) {
        made.stopped_by = stopper->outcome.plugin;
        made.reason = stopper->outcome.reason;
        teller = stopper;
    } else if (cancelled_) {
        made.reason = "cancelled";
    }
    if (teller != nullptr) made.data = teller->data;
    made.plugins.reserve(steps_.size());
    for (step& of : steps_) {
        if (of.state != step_state::settled) {
            of.outcome.outcome = outcome_kind::skipped;
            if (stopper != nullptr) of.outcome.reason = join({"stopped by ", made.stopped_by});
        }
        made.plugins.push_back(std::move(of.outcome));
    }
    made.payload = std::move(payload_);
    steps_.clear(); // answers that still come find no step
    observers_.clear();
    tier_begin_ = tier_end_ = next_ = pending_ = held_ = back_ = to_cancel_ = 0;
    stage_ = stage::done;
    return made;
}

} // namespace tenon::detail

#endif
