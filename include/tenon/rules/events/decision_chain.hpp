#ifndef TENON_RULES_EVENTS_DECISION_CHAIN_HPP
#define TENON_RULES_EVENTS_DECISION_CHAIN_HPP

// One event that plugins are asked about, from the first question to the decision. It does no I/O: after
// every verb the owner drains next_cancel() and next_ask(), and takes the decision once it is done().
//
// - The highest priority first; equal priority is one tier. In a tier those that mutate are asked one after
//   another, each about what the former made of the payload; then those that validate all at once.
// - A stop ends it after its tier: who has not been asked is not, who has not answered is cancelled. What
//   still comes from them before the decision is taken counts: of several stops the first in the order of
//   asking is the one reported.
// - Who fails, times out, answers nonsense or cannot be asked is treated by its onFailure. What others
//   changed is kept.
// - Who should be asked and is not there is absent: the event goes on, is stopped, or is held until it returns or the
//   deadline has passed, as the host says of that plugin. Who is required stops what it has not decided about.
// - An event that was not stopped is told to those that observe it, as it is at the end.
// - One deadline is over everything, and each plugin has its own patience besides. When the deadline has passed
//   nobody is asked any more; who observes is told all the same.
//
// What means nothing where it comes (an answer after the deadline, of a plugin that was not asked) is
// ignored.

#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/rules/events/raw_decision.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// Whether a payload that a plugin changed is one that whoever asked can take. Null: anything is.
struct payload_check {
    void* context = nullptr;
    result<void> (*accept)(void* context, std::string_view payload) = nullptr;
};

/// What the owner is to send.
struct chain_ask {
    plugin_index plugin = 0;
    bool wants_answer = true;    // a request; else a notification to who observes
    time_point deadline = never; // of its answer: the chain's, or its own patience's where that is shorter
    milliseconds remaining = {}; // until then, at least 1; max() where there is none
    shared_bytes message;        // the params of plugin/onEvent
    std::string_view payload; // the payload alone, for a handler within the host; valid until the next verb
};

class decision_chain {
public:
    /// Copies of the interests what it needs. Without any it is done at once.
    decision_chain(std::span<const interest> interests, event_head event, std::string payload,
                   time_point deadline, time_point now, payload_check check = {});

    bool next_ask(chain_ask& ask);
    /// Who is still being asked although its answer does not matter any more.
    bool next_cancel(plugin_index& plugin);

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
    /// It is there again: next_ask() names it once more.
    void returned(plugin_index plugin, time_point now);
    /// It has returned, and wants no such events any more.
    void released(plugin_index plugin, std::string_view why, time_point now);
    void handle_timeout(time_point now);
    /// Nobody waits for the decision any more: it is over, stopped by nobody, and nobody is told.
    void cancel(time_point now);

    /// `never` once it is done.
    time_point deadline() const noexcept { return done() ? never : deadline_; }
    /// Nobody will be asked or told any more.
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
        milliseconds patience;
        bool required;
        absence absent;
        step_state state = step_state::waiting;
        bool to_cancel = false;
        bool stops = false; // by its decision or by its onFailure
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
    std::vector<step> steps_; // who is asked, in that order
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

} // namespace tenon::detail

#include <tenon/rules/events/decision_chain_inline.hpp>

#endif
