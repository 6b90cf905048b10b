#ifndef TENON_RULES_CALLS_CALL_LANES_HPP
#define TENON_RULES_CALLS_CALL_LANES_HPP

// What one plugin is asked, in four lanes. Health and control go out at once and count against nothing. Calls and
// events share the plugin's concurrency; what is beyond it waits, calls before events, each lane in order and up to
// a bound. Every ask() completes exactly once: with an answer, or with one fault by its deadline, by cancel(), by the
// loss of the connection, or by the end of this object.
//
// Rules of completions: one may be called before ask() returns (what can be said at once is said at once, and the
// ticket is empty then). Its text is valid during the call. It may do anything, also ask again, cancel others, or
// destroy this object. Nothing is sent twice. The asker decides whether a call is repeated, by `retryable` in the
// fault's data, which is true only for what was never sent.
//
// What to do after which verb: the session's output may have grown after all of them, and next_deadline() may be
// earlier. This object never looks at the session's events by itself.
//
// In steady state nothing is allocated for a call whose completion fits into a unique_function.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/rules/calls/pending_calls.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/supervision/breaker.hpp>
#include <tenon/session/session.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Which plugin waits for which: plugins call other plugins through the host. A call that could only wait for itself (its
/// plugin is busy to the last place with work that itself waits for this call) is refused at once instead of at its
/// deadline. Which of its work a plugin calls for is not known. So it is taken to be all of it, and the call is refused
/// rather than let in.
///
/// One of these per host. Plugins are numbers that are never reused.
class call_waits {
public:
    static constexpr std::uint32_t nobody = UINT32_MAX;

    /// How many calls a plugin works on, and how many it takes on at once.
    void set_work(std::uint32_t plugin, std::size_t in_flight, std::size_t places) {
        node& one = node_of(plugin);
        one.in_flight = in_flight;
        one.places = places;
    }

    void begin(std::uint32_t asker, std::uint32_t asked) {
        if (asker == nobody) return;
        node_of(asked);
        node_of(asker).waits_for.push_back(asked);
    }
    void end(std::uint32_t asker, std::uint32_t asked) noexcept {
        if (asker >= nodes_.size()) return;
        std::vector<std::uint32_t>& waits = nodes_[asker].waits_for;
        for (std::size_t at = 0; at != waits.size(); ++at) {
            if (waits[at] != asked) continue;
            waits[at] = waits.back();
            return waits.pop_back();
        }
    }

    /// Whether a call of `asker` to `asked`, which would have to wait for a place there, could only wait for itself.
    bool closes_circle(std::uint32_t asker, std::uint32_t asked) {
        if (asker == nobody || asked == nobody) return false;
        begin(asker, asked);
        ++walk_;
        const bool circle = stuck(asked);
        end(asker, asked);
        return circle;
    }

private:
    struct node {
        std::vector<std::uint32_t> waits_for = {};
        std::size_t in_flight = 0, places = 0;
        std::uint64_t walked = 0;
    };

    node& node_of(std::uint32_t plugin) {
        if (plugin >= nodes_.size()) nodes_.resize(plugin + std::size_t{1});
        return nodes_[plugin];
    }

    // A plugin gets on as long as one of its places works on something that does not wait, or waits for a plugin that
    // gets on. A plugin that is met again on the way is taken to be stuck: then the circle is what keeps it so.
    bool stuck(std::uint32_t plugin) {
        node& one = nodes_[plugin];
        if (one.walked == walk_) return true;
        one.walked = walk_;
        if (one.in_flight < one.places || one.waits_for.size() < one.in_flight) return false;
        for (const std::uint32_t next : one.waits_for)
            if (!stuck(next)) return false;
        return true;
    }

    std::vector<node> nodes_;
    std::uint64_t walk_ = 0;
};

// What a host adds to a fault of its own making: that the host says so, and whether the call may be repeated without
// harm. {"source":"host","plugin":"backup","retryable":true}

/// Data that the fault has already is kept.
inline fault said_by_host(fault error, std::string_view plugin, bool retryable) {
    if (!error.data.empty()) return error;
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("source");
    out.string("host");
    out.key("plugin");
    out.string(plugin);
    out.key("retryable");
    out.boolean(retryable);
    out.end_object();
    error.data = std::string(buffer.view());
    return error;
}

struct lane_options {
    std::string plugin = {};                                  // its name, for the words of faults
    std::size_t max_queued = 1'024;                           // in each lane, beyond what is in flight
    std::size_t max_queued_bytes = default_host_output_bytes; // of what waits in all lanes
    breaker_policy breaker = {};
    call_waits* waits = nullptr;              // shared by the plugins of a host, outlives this object
    std::uint32_t index = call_waits::nobody; // this plugin's number there
};

inline lane_options lane_options_of(const plugin_options& options) {
    return {.plugin = options.name, .max_queued = options.max_queued_calls, .breaker = options.breaker};
}

/// What became of the calls of one lane. All that were asked for are in exactly one of the others, or pending.
struct lane_counts {
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;  // with a result
    std::uint64_t errors = 0;    // the plugin's own
    std::uint64_t timeouts = 0;  // waiting or in flight
    std::uint64_t cancelled = 0; // by the asker
    std::uint64_t lost = 0;      // with the connection
    std::uint64_t overloaded = 0, circuit_open = 0, unavailable = 0, reentrant = 0, too_large = 0; // refused

    bool operator==(const lane_counts&) const = default;
};

/// What more may be said about a call.
struct call_extras {
    call_progress progress = {};
    std::uint32_t asker = call_waits::nobody; // the plugin whose request this call is made for
};

class call_lanes {
public:
    using completion = call_completion;

    explicit call_lanes(lane_options options = {});
    call_lanes(const call_lanes&) = delete;
    call_lanes& operator=(const call_lanes&) = delete;
    /// Completes what is pending with codes::unavailable.
    ~call_lanes();

    /// Other bounds, from now on: the plugin's options have changed.
    void use(const plugin_options& options) noexcept;

    // --- the connection ---

    /// A new connection, which must outlive this or be said to be lost. Only health and control go out until
    /// set_concurrency(). Breakers are closed again: it is another instance that has to prove itself.
    void connect(session& peer);
    /// The handshake was accepted: calls and events go out too, so many at once.
    void set_concurrency(std::size_t calls, time_point now = {});
    /// Calls and events are refused with `why` from now on, what waits is refused with it too; what is in flight
    /// goes on. Until the next connect().
    void stop_taking(const fault& why, time_point now);
    /// Completes everything with `why`. Harmless where there is no connection.
    void connection_lost(const fault& why, time_point now);
    bool connected() const noexcept { return session_ != nullptr; }

    // --- calls ---

    call_ticket ask(lane where, std::string_view method, std::string_view params, time_point deadline,
                    time_point now, completion&& done, call_extras extras = {}) {
        return ask(where, method, payload{.text = params}, deadline, now, std::move(done), std::move(extras));
    }
    call_ticket ask(lane where, std::string_view method, const shared_bytes& params, time_point deadline,
                    time_point now, completion&& done, call_extras extras = {}) {
        return ask(where, method, payload{.shared = &params}, deadline, now, std::move(done),
                   std::move(extras));
    }
    /// Completes the call with codes::cancelled and tells the plugin if it has heard of it. Does nothing for a call
    /// that was completed.
    void cancel(call_ticket call, time_point now) { withdraw(call, codes::cancelled, now); }
    /// The asker waits no longer, whatever the call's own deadline is by now. The call ends as a timeout, which is the
    /// plugin's failure.
    void expire(call_ticket call, time_point now) { withdraw(call, codes::timeout, now); }

    // --- what happened ---

    /// A response event of the session; false where the call is none of ours, or was completed before.
    bool on_response(session_event& event, time_point now);
    bool on_progress(const session_event& event, time_point now);
    /// Sends what can go out now. Only needed where the session could not send and now can.
    void pump(time_point now);
    /// When handle_timeout() is to be called for what waits; it may be early, never late. Calls in flight have
    /// their deadline in the session.
    time_point next_deadline() const noexcept { return queued() == 0 ? never : earliest_; }
    void handle_timeout(time_point now);

    // --- looking in ---

    std::size_t in_flight() const noexcept { return working_; }
    std::size_t in_flight(lane where) const noexcept { return lane_of(where).in_flight; }
    std::size_t queued() const noexcept { return queue_of(lane::calls).size + queue_of(lane::events).size; }
    std::size_t queued(lane where) const noexcept { return queue_of(where).size; }
    std::size_t queued_bytes() const noexcept { return queued_bytes_; }
    std::size_t concurrency() const noexcept { return places_; }
    const lane_counts& counts(lane where) const noexcept { return lane_of(where).counts; }
    /// From sending to answer; what was not answered is not in it.
    const latency_histogram& latency(lane where) const noexcept { return lane_of(where).latency; }
    /// Of calls and of events; those of health and control never open.
    const breaker& breaker_of(lane where) const noexcept { return lane_of(where).guard; }

private:
    struct payload {
        std::string_view text = {};
        const shared_bytes* shared = nullptr;

        std::size_t size() const noexcept { return shared != nullptr ? shared->view().size() : text.size(); }
    };
    struct lane_state {
        breaker guard;
        call_queue waiting = {};
        std::size_t in_flight = 0;
        lane_counts counts = {};
        latency_histogram latency = {};
    };
    /// Notices that a completion destroyed this object.
    class destruction_watch {
    public:
        explicit destruction_watch(const call_lanes& of) noexcept : destroyed_(of.destroyed_) {}
        bool destroyed() const noexcept { return *destroyed_; }

    private:
        std::shared_ptr<const bool> destroyed_;
    };

    static constexpr bool works(lane where) noexcept { return where == lane::calls || where == lane::events; }
    lane_state& lane_of(lane where) noexcept { return lanes_[static_cast<unsigned>(where)]; }
    const lane_state& lane_of(lane where) const noexcept { return lanes_[static_cast<unsigned>(where)]; }
    const call_queue& queue_of(lane where) const noexcept { return lane_of(where).waiting; }

    call_ticket ask(lane where, std::string_view method, payload params, time_point deadline, time_point now,
                    completion&& done, call_extras&& extras);
    int fate_of(lane where, std::size_t bytes, std::uint32_t asker, time_point deadline, time_point now);
    result<void> send(std::uint32_t slot, std::string_view method, payload params, time_point now);
    void withdraw(call_ticket call, int code, time_point now);
    void take_off_the_wire(std::uint32_t slot) noexcept;
    void take_off_the_queue(std::uint32_t slot) noexcept;
    void end_queue(lane where) noexcept;
    void finish_ending(time_point now);
    void complete(std::uint32_t slot, result<std::string_view> answer, time_point now);
    void drop_probe(pending_call& call, time_point now) noexcept;
    void count_unheard(const pending_call& call, time_point now) noexcept;
    static bool fails(int code) noexcept;
    static void count_refusal(lane_counts& counts, int code) noexcept;
    fault refusal(int code) const;
    fault no_answer(time_point::duration waited) const;
    fault not_sent(const fault& by_session) const;
    void tell_work() noexcept;

    lane_options options_;
    session* session_ = nullptr;
    std::array<lane_state, lane_count> lanes_;
    pending_calls calls_;
    call_queue sent_, ending_;
    std::size_t places_ = 0, working_ = 0, queued_bytes_ = 0;
    time_point earliest_ = never;
    time_point last_ = {};
    time_point heard_at_ = time_point::min(); // when a call or an event was answered last
    bool taking_ = false;
    bool pumping_ = false;
    fault closed_why_; // what calls and events are refused with while they are not taken
    fault end_why_;    // of those that end, but for those that expired
    // Shared rather than an address of something on the stack, of which g++ 12 warns once it inlines.
    std::shared_ptr<bool> destroyed_ = std::make_shared<bool>(false);
};

// ---- asking, answers and time ---------------------------------------------------------------------------------
// A completion may destroy this object: what calls one asks a destruction_watch afterwards.

inline call_lanes::call_lanes(lane_options options)
    : options_(std::move(options)), closed_why_{codes::unavailable,
                                                join({options_.plugin, " is not running"})} {
    for (const lane which : {lane::calls, lane::events}) lane_of(which).guard.use(options_.breaker);
}

inline call_lanes::~call_lanes() {
    *destroyed_ = true;
    destroyed_ = std::make_shared<bool>(false); // the completions below still find this object
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
                said_by_host(not_sent(sent.error()), options_.plugin, sent.error().code != codes::too_large),
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
    const auto sent = params.shared != nullptr
                          ? session_->call(method, *params.shared, call.deadline, now, slot)
                          : session_->call(method, params.text, call.deadline, now, slot);
    if (!sent) return sent.error();
    call.call = sent->value;
    call.sent_at = now;
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
    const destruction_watch watch(*this);
    if (expired && !was_sent) complete(slot, refusal(code), now);
    else {
        fault why = expired ? no_answer(now - call.sent_at) : fault{code, "cancelled"};
        complete(slot, said_by_host(std::move(why), options_.plugin, !was_sent), now);
    }
    if (was_sent && !watch.destroyed()) pump(now);
}

// --- answers ---

inline bool call_lanes::on_response(session_event& event, time_point now) {
    const std::uint32_t slot = event.call.tag;
    if (!calls_.is_sent(slot, event.call.value)) return false;
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

    const destruction_watch watch(*this);
    if (!event.failed) complete(slot, event.value, now);
    else if (!expired && !lost) complete(slot, std::move(event.error), now);
    else {
        fault why = lost ? not_sent(event.error) : no_answer(call.deadline - call.sent_at);
        complete(slot, said_by_host(std::move(why), options_.plugin, false), now);
    }
    if (!watch.destroyed()) pump(now);
    return true;
}

inline bool call_lanes::on_progress(const session_event& event, time_point now) {
    const std::uint32_t slot = event.call.tag;
    if (!calls_.is_sent(slot, event.call.value)) return false;
    last_ = now;
    if (!calls_[slot].progress) return true;
    const call_ticket ticket = calls_.ticket_of(slot);
    call_progress told = std::move(calls_[slot].progress);
    const destruction_watch watch(*this);
    told(event.value, now);
    if (watch.destroyed()) return true;
    if (calls_.find(ticket) != pending_calls::none) calls_[slot].progress = std::move(told);
    return true;
}

inline void call_lanes::pump(time_point now) {
    if (pumping_) return; // the pump that is running goes on with what is new
    last_ = now;
    pumping_ = true;
    const destruction_watch watch(*this);
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
                complete(slot,
                         said_by_host(not_sent(sent.error()), options_.plugin,
                                      sent.error().code != codes::too_large),
                         now);
            }
        }
        if (watch.destroyed()) return;
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

// ---- how calls end: off the wire or out of their queue, counted, and then their completion --------------------
// Those that end together are put into one queue first and taken from there one by one, because each completion may do
// anything with the others.

inline void call_lanes::take_off_the_wire(std::uint32_t slot) noexcept {
    pending_call& call = calls_[slot];
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
    const destruction_watch watch(*this);
    while (!watch.destroyed() && ending_.size != 0) {
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
    case codes::timeout: ++counts.timeouts; break;
    case codes::overloaded: ++counts.overloaded; break;
    case codes::circuit_open: ++counts.circuit_open; break;
    case codes::reentrant_call: ++counts.reentrant; break;
    case codes::too_large: ++counts.too_large; break;
    default: ++counts.unavailable;
    }
}

/// To what was sent.
inline fault call_lanes::no_answer(time_point::duration waited) const {
    const auto ms = std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(waited).count());
    return {codes::timeout, join({options_.plugin, " did not answer within ",
                                  digits(static_cast<std::uint64_t>(ms)), " ms"})};
}

/// A session knows no names: of a connection that has ended it says only why.
inline fault call_lanes::not_sent(const fault& by_session) const {
    if (by_session.code != codes::unavailable || session_->phase() != session_phase::closed)
        return by_session;
    return {by_session.code,
            join({options_.plugin, " is gone: its connection ended (", session_->close_text(), ")"})};
}

// Of what was never sent.
inline fault call_lanes::refusal(int code) const {
    fault why{code, {}};
    switch (code) {
    case codes::timeout:
        why.message = join({options_.plugin, ": the deadline passed before it could be asked"});
        break;
    case codes::overloaded: why.message = join({options_.plugin, ": too many calls wait for it"}); break;
    case codes::circuit_open:
        why.message = join({options_.plugin, " fails too often and is not asked for now"});
        break;
    case codes::reentrant_call:
        why.message = join({options_.plugin, " is busy with what waits for this call"});
        break;
    default: why = closed_why_;
    }
    return said_by_host(std::move(why), options_.plugin, code != codes::reentrant_call);
}

} // namespace tenon::detail

#endif
