#ifndef TENON_RULES_CALLS_CALL_LANES_ENDS_HPP
#define TENON_RULES_CALLS_CALL_LANES_ENDS_HPP

// How calls end, for rules/calls/call_lanes.hpp: off the wire or out of their queue, counted, and then their completion. Those
// that end together are put into one queue first and taken from there one by one, because each completion may do
// anything with the others.

#include <tenon/rules/calls/call_lanes.hpp>
#include <tenon/rules/calls/host_fault.hpp>

namespace tenon::detail {

inline void call_lanes::take_off_the_wire(std::uint32_t slot) noexcept {
    pending_call& call = calls_[slot];
    by_id_.remove(call.call);
    calls_.remove(sent_, slot);
    --lane_of(call.where).in_flight;
    if (works(call.where)) --working_;
    tell_work();
}

inline void call_lanes::take_off_the_queue(std::uint32_t slot) noexcept {
    pending_call& call = calls_[slot];
    calls_.remove(lane_of(call.where).waiting, slot);
    queued_bytes_ -= call.queued_bytes();
}

inline void call_lanes::end_queue(lane where) noexcept {
    while (queue_of(where).size != 0) {
        const std::uint32_t slot = queue_of(where).first;
        take_off_the_queue(slot);
        calls_.append(ending_, slot, call_place::ending);
    }
}

inline void call_lanes::finish_ending(time_point now) {
    presence here(*this);
    while (!here.gone() && ending_.size != 0) {
        const std::uint32_t slot = ending_.first;
        pending_call& call = calls_[slot];
        calls_.remove(ending_, slot);
        lane_counts& counts = lane_of(call.where).counts;
        const bool was_sent = call.call != 0;
        ++(call.expired ? counts.timeouts : was_sent ? counts.lost : counts.unavailable);
        if (call.expired) {
            count_unheard(call, now);
            complete(slot, refusal(codes::timeout), now);
        } else complete(slot, said_by_host(fault(end_why_), options_.plugin, !was_sent), now);
    }
}

inline void call_lanes::complete(std::uint32_t slot, result<std::string_view> answer, time_point now) {
    pending_call& call = calls_[slot];
    if (call.asker != call_waits::nobody) options_.waits->end(call.asker, options_.index);
    // What these two hold dies here, after everything else, because that may come back to this object.
    completion done = std::move(call.done);
    const call_progress progress = std::move(call.progress);
    calls_.release(slot);
    done(std::move(answer), now);
}

inline void call_lanes::drop_probe(pending_call& call, time_point now) noexcept {
    if (std::exchange(call.probing, false)) lane_of(call.where).guard.abandoned(now);
}

/// What waited until its deadline says nothing of a plugin that is busy. But one that has answered nothing meanwhile, and
/// failed last or is late with what it works on, hangs: without this a queue before it would cost everybody in it the
/// whole time.
inline void call_lanes::count_unheard(const pending_call& call, time_point now) noexcept {
    breaker& guard = lane_of(call.where).guard;
    if (heard_at_ >= call.sent_at) return;
    bool hangs = guard.failures_in_row() > 0;
    for (std::uint32_t slot = sent_.first; slot != pending_calls::none && !hangs; slot = calls_[slot].next)
        hangs = works(calls_[slot].where) && calls_[slot].deadline <= now;
    if (hangs) guard.failed(now);
}

inline void call_lanes::tell_work() noexcept {
    if (options_.waits != nullptr) options_.waits->set_work(options_.index, working_, places_);
}

// A plugin's own errors are answers: it works. These say that it does not.
inline bool call_lanes::fails(int code) noexcept {
    return code == codes::timeout || code == codes::unavailable || code == codes::internal_error;
}

inline void call_lanes::count_refusal(lane_counts& counts, int code) noexcept {
    switch (code) {
    case codes::timeout:
        ++counts.timeouts;
        break;
    case codes::overloaded:
        ++counts.overloaded;
        break;
    case codes::circuit_open:
        ++counts.circuit_open;
        break;
    case codes::reentrant_call:
        ++counts.reentrant;
        break;
    case codes::too_large:
        ++counts.too_large;
        break;
    default:
        ++counts.unavailable;
    }
}

// Of what was never sent.
inline fault call_lanes::refusal(int code) const {
    fault why{code, {}};
    switch (code) {
    case codes::timeout:
        why.message = join({options_.plugin, ": the deadline passed before it could be asked"});
        break;
    case codes::overloaded:
        why.message = join({options_.plugin, ": too many calls wait for it"});
        break;
    case codes::circuit_open:
        why.message = join({options_.plugin, " fails too often and is not asked for now"});
        break;
    case codes::reentrant_call:
        why.message = join({options_.plugin, " is busy with what waits for this call"});
        break;
    default:
        why = closed_why_;
    }
    return said_by_host(std::move(why), options_.plugin, code != codes::reentrant_call);
}

} // namespace tenon::detail

#endif
