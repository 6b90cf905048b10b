#ifndef TENON_RULES_CALLS_CALL_LANES_INLINE_HPP
#define TENON_RULES_CALLS_CALL_LANES_INLINE_HPP

// The bodies of rules/calls/call_lanes.hpp: asking, answers and time. Whatever calls a completion looks afterwards whether
// this object is still there. How calls end stands in call_lanes_ends.hpp.

#include <tenon/rules/calls/call_lanes.hpp>
#include <tenon/rules/calls/host_fault.hpp>

namespace tenon::detail {

inline call_lanes::call_lanes(lane_options options)
    : options_(std::move(options)), closed_why_{codes::unavailable,
                                                join({options_.plugin, " is not running"})} {
    for (const lane which : {lane::calls, lane::events}) lane_of(which).guard.use(options_.breaker);
}

inline call_lanes::~call_lanes() {
    *gone_ = true;
    gone_ = std::make_shared<bool>(false); // what ends below is not to take it for its own end
    session_ = nullptr;
    stop_taking({codes::unavailable, join({options_.plugin, " was removed"})}, last_);
}

inline void call_lanes::use(const plugin_options& options) noexcept {
    options_.max_queued = options.max_queued_calls;
    options_.breaker = options.breaker;
    for (const lane which : {lane::calls, lane::events}) lane_of(which).guard.use(options_.breaker);
}

// --- the connection ---

inline void call_lanes::connect(session& peer) {
    if (session_ != nullptr)
        connection_lost({codes::unavailable, join({options_.plugin, " has another connection"})}, last_);
    session_ = &peer;
    closed_why_ = {codes::unavailable, join({options_.plugin, " is not ready"})};
    for (lane_state& one : lanes_) one.guard.reset();
}

inline void call_lanes::set_concurrency(std::size_t calls, time_point now) {
    if (session_ == nullptr) return;
    // Some of what the session has in flight at most is kept for health and control.
    const std::size_t most = session_->limits().max_outgoing, kept = most / 16;
    places_ = calls == 0 ? 1 : calls > most - kept ? most - kept : calls;
    taking_ = true;
    tell_work();
    pump(now);
}

inline void call_lanes::stop_taking(const fault& why, time_point now) {
    last_ = now;
    taking_ = false;
    closed_why_ = end_why_ = why;
    if (session_ == nullptr) {
        places_ = 0;
        while (sent_.size != 0) {
            const std::uint32_t slot = sent_.first;
            take_off_the_wire(slot);
            calls_.append(ending_, slot, call_place::ending);
        }
    }
    end_queue(lane::calls);
    end_queue(lane::events);
    finish_ending(now);
}

inline void call_lanes::connection_lost(const fault& why, time_point now) {
    if (session_ == nullptr) return;
    session_ = nullptr;
    stop_taking(why, now);
}

// --- asking ---

// What is done with a call: 0 sends it, 1 lets it wait, a code refuses it.
inline int call_lanes::fate_of(lane where, std::size_t bytes, std::uint32_t asker, time_point deadline,
                               time_point now) {
    if (session_ == nullptr) return codes::unavailable; // said in the words of closed_why_
    if (works(where) && !taking_) return codes::unavailable;
    if (deadline <= now) return codes::timeout;
    if (!works(where)) return 0;
    lane_state& mine = lane_of(where);
    if (mine.guard.state(now) == breaker_state::open) return mine.guard.may_ask(now), codes::circuit_open;
    const bool behind = queue_of(lane::calls).size != 0 || mine.waiting.size != 0;
    if (working_ < places_ && !behind) return mine.guard.may_ask(now) ? 0 : codes::circuit_open;
    if (options_.waits != nullptr && options_.waits->closes_circle(asker, options_.index))
        return codes::reentrant_call;
    if (mine.waiting.size >= options_.max_queued) return codes::overloaded;
    if (queued_bytes_ + bytes > options_.max_queued_bytes) return codes::overloaded;
    return 1;
}

inline call_ticket call_lanes::ask(lane where, std::string_view method, payload params, time_point deadline,
                                   time_point now, completion&& done, call_extras&& extras) {
    last_ = now;
    lane_state& mine = lane_of(where);
    ++mine.counts.asked;
    const std::size_t bytes = params.size() + method.size();
    const int fate = fate_of(where, bytes, extras.asker, deadline, now);
    if (fate < 0) {
        count_refusal(mine.counts, fate);
        done(refusal(fate), now);
        return {};
    }
    const std::uint32_t slot = calls_.open();
    pending_call& call = calls_[slot];
    call.where = where;
    call.deadline = deadline;
    call.asker = options_.waits == nullptr ? call_waits::nobody : extras.asker;
    call.done = std::move(done);
    call.progress = std::move(extras.progress);
    const call_ticket ticket = calls_.ticket_of(slot);
    if (call.asker != call_waits::nobody) options_.waits->begin(call.asker, options_.index);
    if (fate == 0) {
        call.probing = works(where) && mine.guard.state(now) == breaker_state::half_open;
        if (const auto sent = send(slot, method, params, now); !sent) {
            count_refusal(mine.counts, sent.error().code);
            drop_probe(call, now);
            complete(
                slot,
                said_by_host(fault(sent.error()), options_.plugin, sent.error().code != codes::too_large),
                now);
            return {};
        }
        return ticket;
    }
    append(call.method, method);
    if (params.shared != nullptr) call.shared = *params.shared;
    else append(call.params, params.text);
    call.sent_at = now;
    queued_bytes_ += bytes;
    calls_.append(mine.waiting, slot, call_place::queued);
    if (deadline < earliest_ || queued() == 1) earliest_ = deadline;
    return ticket;
}

inline result<void> call_lanes::send(std::uint32_t slot, std::string_view method, payload params,
                                     time_point now) {
    pending_call& call = calls_[slot];
    const auto sent = params.shared != nullptr ? session_->call(method, *params.shared, call.deadline, now)
                                               : session_->call(method, params.text, call.deadline, now);
    if (!sent) return sent.error();
    call.call = sent->value;
    call.sent_at = now;
    by_id_.insert(call.call, slot);
    calls_.append(sent_, slot, call_place::sent);
    ++lane_of(call.where).in_flight;
    if (works(call.where)) ++working_;
    tell_work();
    return {};
}

inline void call_lanes::withdraw(call_ticket ticket, int code, time_point now) {
    const std::uint32_t slot = calls_.find(ticket);
    if (slot == pending_calls::none) return;
    last_ = now;
    pending_call& call = calls_[slot];
    const bool expired = code == codes::timeout, was_sent = call.place == call_place::sent;
    if (was_sent) {
        session_->cancel({call.call}, now);
        take_off_the_wire(slot);
        if (expired) lane_of(call.where).guard.failed(now);
        else drop_probe(call, now);
    } else if (call.place == call_place::queued) {
        take_off_the_queue(slot);
        if (expired) count_unheard(call, now);
    } else {
        calls_.remove(ending_, slot);
    }
    lane_counts& counts = lane_of(call.where).counts;
    ++(expired ? counts.timeouts : counts.cancelled);
    presence here(*this);
    if (expired && !was_sent) complete(slot, refusal(code), now);
    else
        complete(
            slot,
            said_by_host({code, expired ? "no answer in time" : "cancelled"}, options_.plugin, !was_sent),
            now);
    if (was_sent && !here.gone()) pump(now);
}

// --- answers ---

inline bool call_lanes::on_response(session_event& event, time_point now) {
    const std::uint32_t slot = by_id_.find(event.call.value);
    if (slot == call_index::none) return false;
    last_ = now;
    pending_call& call = calls_[slot];
    take_off_the_wire(slot);
    lane_state& mine = lane_of(call.where);
    const int code = event.failed ? event.error.code : 0;
    // The session's own words look like the plugin's, but for what only the session can know.
    const bool expired = code == codes::timeout && call.deadline <= now;
    const bool lost = code == codes::unavailable && session_->phase() == session_phase::closed;
    ++(!event.failed ? mine.counts.answered
       : expired     ? mine.counts.timeouts
       : lost        ? mine.counts.lost
                     : mine.counts.errors);
    if (!expired && !lost) {
        mine.latency.add(now - call.sent_at);
        if (works(call.where)) heard_at_ = now;
    }
    if (fails(code)) mine.guard.failed(now);
    else mine.guard.succeeded(now);

    presence here(*this);
    if (!event.failed) complete(slot, event.value, now);
    else if (!expired && !lost) complete(slot, std::move(event.error), now);
    else complete(slot, said_by_host(std::move(event.error), options_.plugin, false), now);
    if (!here.gone()) pump(now);
    return true;
}

inline bool call_lanes::on_progress(const session_event& event, time_point now) {
    const std::uint32_t slot = by_id_.find(event.call.value);
    if (slot == call_index::none) return false;
    last_ = now;
    if (!calls_[slot].progress) return true;
    const call_ticket ticket = calls_.ticket_of(slot);
    call_progress told = std::move(calls_[slot].progress);
    presence here(*this);
    told(event.value, now);
    if (here.gone()) return true;
    if (calls_.find(ticket) != pending_calls::none) calls_[slot].progress = std::move(told);
    return true;
}

inline void call_lanes::pump(time_point now) {
    if (pumping_) return; // whoever pumps already goes on with what is new
    last_ = now;
    pumping_ = true;
    presence here(*this);
    while (session_ != nullptr && working_ < places_ && queued() != 0) {
        const lane where = queue_of(lane::calls).size != 0 ? lane::calls : lane::events;
        lane_state& mine = lane_of(where);
        const std::uint32_t slot = mine.waiting.first;
        pending_call& call = calls_[slot];
        take_off_the_queue(slot);
        int refused = 0;
        if (call.deadline <= now) refused = codes::timeout;
        else if (!mine.guard.may_ask(now)) refused = codes::circuit_open;
        if (refused != 0) {
            if (refused == codes::timeout) count_unheard(call, now);
            count_refusal(mine.counts, refused);
            complete(slot, refusal(refused), now);
        } else {
            call.probing = mine.guard.state(now) == breaker_state::half_open;
            const payload params{.text = call.params,
                                 .shared = call.shared.view().empty() ? nullptr : &call.shared};
            if (const auto sent = send(slot, call.method, params, now)) {
                call.forget_text();
                continue;
            } else {
                count_refusal(mine.counts, sent.error().code);
                drop_probe(call, now);
                complete(
                    slot,
                    said_by_host(fault(sent.error()), options_.plugin, sent.error().code != codes::too_large),
                    now);
            }
        }
        if (here.gone()) return;
    }
    pumping_ = false;
}

inline void call_lanes::handle_timeout(time_point now) {
    if (next_deadline() > now) return;
    last_ = now;
    earliest_ = never;
    for (const lane where : {lane::calls, lane::events}) {
        for (std::uint32_t slot = queue_of(where).first, next; slot != pending_calls::none; slot = next) {
            pending_call& call = calls_[slot];
            next = call.next;
            if (call.deadline > now) {
                if (call.deadline < earliest_) earliest_ = call.deadline;
                continue;
            }
            take_off_the_queue(slot);
            call.expired = true;
            calls_.append(ending_, slot, call_place::ending);
        }
    }
    finish_ending(now);
}

} // namespace tenon::detail

#endif
