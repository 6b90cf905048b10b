#ifndef TENON_RULES_CALLS_CALL_LANES_HPP
#define TENON_RULES_CALLS_CALL_LANES_HPP

// What one plugin is asked, in four lanes. Health and control go out at once and count against nothing. Calls and
// events share the plugin's concurrency; what is beyond it waits, calls before events, each lane in order and up to
// a bound. Every ask() completes exactly once: with an answer, or with one fault by its deadline, by cancel(), by the
// loss of the connection, or by the end of this object.
//
// Rules of completions: one may be called before ask() returns (what can be said at once is said at once, and the
// ticket is empty then). Its text is valid during the call. It may do anything, also ask again, cancel others, or
// destroy this object. Nothing is sent twice: whether a call is repeated decides whoever asked, by `retryable` in
// the fault's data, which is true only for what was never sent.
//
// What to do after which verb: the session's output may have grown after all of them, and next_deadline() may be
// earlier. This object never looks at the session's events by itself.
//
// In steady state nothing is allocated for a call whose completion fits into a unique_function.

#include <tenon/core/text.hpp>
#include <tenon/rules/supervision/breaker.hpp>
#include <tenon/rules/calls/call_index.hpp>
#include <tenon/rules/calls/call_waits.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/calls/pending_calls.hpp>
#include <tenon/session/session.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

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
    std::uint64_t cancelled = 0; // by whoever asked
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
    /// Whoever asked waits no longer, whatever the call's own deadline is by now: it ends as a timeout, which is the
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
    class presence {
    public:
        explicit presence(const call_lanes& of) noexcept : gone_(of.gone_) {}
        bool gone() const noexcept { return *gone_; }

    private:
        std::shared_ptr<const bool> gone_;
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
    void tell_work() noexcept;

    lane_options options_;
    session* session_ = nullptr;
    std::array<lane_state, lane_count> lanes_;
    pending_calls calls_;
    call_index by_id_;
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
    std::shared_ptr<bool> gone_ = std::make_shared<bool>(false);
};

} // namespace tenon::detail

#include <tenon/rules/calls/call_lanes_ends.hpp>
#include <tenon/rules/calls/call_lanes_inline.hpp>

#endif
