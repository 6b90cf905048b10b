#ifndef TENON_RULES_CALLS_PENDING_CALLS_HPP
#define TENON_RULES_CALLS_PENDING_CALLS_HPP

// The calls of one plugin from the moment they were asked for until their completion is taken out: slots that are
// used again, each in one of a few queues. This is the only owner of completions: a call is completed where its
// slot is taken, so nothing completes twice. It calls nothing and decides nothing.

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

enum class lane : std::uint8_t { health, control, calls, events };
inline constexpr std::size_t lane_count = 4;

/// One call until it is completed. A ticket of a completed call is harmless wherever it is used.
struct call_ticket {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0; // 0 names no call

    explicit operator bool() const noexcept { return generation != 0; }
    bool operator==(const call_ticket&) const = default;
};

using call_completion = unique_function<void(result<std::string_view> answer, time_point now)>;
using call_progress = unique_function<void(std::string_view value, time_point now)>;

enum class call_place : std::uint8_t { free, queued, sent, ending };

struct pending_call {
    std::uint32_t generation = 0; // odd while in use
    std::uint32_t next = UINT32_MAX, previous = UINT32_MAX;
    call_place place = call_place::free;
    lane where = lane::calls;
    bool probing = false; // the breaker let it through to see
    bool expired = false; // of those that end
    time_point deadline = never;
    time_point sent_at = {}; // while it waits: since when
    std::int64_t call = 0;   // its id on the wire, of those that were sent
    std::uint32_t asker = UINT32_MAX;
    std::string method = {}, params = {}; // of those that wait, and that are not shared
    shared_bytes shared = {};
    call_completion done = {};
    call_progress progress = {};

    std::size_t queued_bytes() const noexcept { return params.size() + shared.view().size() + method.size(); }

    /// What was kept to be sent. Room that one large call needed is not kept for the small ones.
    void forget_text() noexcept {
        keep_small(method);
        keep_small(params);
        shared = {};
    }

private:
    static void keep_small(std::string& text) noexcept {
        constexpr std::size_t kept_room = 1024;
        if (text.capacity() > kept_room) text = std::string();
        else text.clear();
    }
};

/// Calls in order, linked by their slots.
struct call_queue {
    std::uint32_t first = UINT32_MAX, last = UINT32_MAX;
    std::size_t size = 0;
};

class pending_calls {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    pending_call& operator[](std::uint32_t slot) noexcept { return slots_[slot]; }
    const pending_call& operator[](std::uint32_t slot) const noexcept { return slots_[slot]; }

    /// A slot in no queue yet.
    std::uint32_t open() {
        if (free_ == none) {
            slots_.emplace_back();
            free_ = static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_;
        pending_call& call = slots_[slot];
        free_ = call.next;
        call.next = call.previous = none;
        ++call.generation;
        return slot;
    }

    /// Ends the life of a slot that is in no queue.
    void release(std::uint32_t slot) noexcept {
        pending_call& call = slots_[slot];
        ++call.generation;
        call.place = call_place::free;
        call.probing = call.expired = false;
        call.call = 0;
        call.asker = none;
        call.forget_text();
        call.next = free_;
        free_ = slot;
    }

    call_ticket ticket_of(std::uint32_t slot) const noexcept { return {slot, slots_[slot].generation}; }
    /// `none` for a ticket of a call that was completed.
    std::uint32_t find(call_ticket ticket) const noexcept {
        const bool used = (ticket.generation & 1u) != 0 && ticket.slot < slots_.size();
        return used && slots_[ticket.slot].generation == ticket.generation ? ticket.slot : none;
    }

    /// Whether that slot holds the call with that id on the wire, and it was not completed.
    bool is_sent(std::uint32_t slot, std::int64_t call) const noexcept {
        return slot < slots_.size() && slots_[slot].place == call_place::sent && slots_[slot].call == call;
    }

    void append(call_queue& queue, std::uint32_t slot, call_place place) noexcept {
        pending_call& call = slots_[slot];
        call.place = place;
        call.previous = queue.last;
        call.next = none;
        (queue.last == none ? queue.first : slots_[queue.last].next) = slot;
        queue.last = slot;
        ++queue.size;
    }

    void remove(call_queue& queue, std::uint32_t slot) noexcept {
        pending_call& call = slots_[slot];
        (call.previous == none ? queue.first : slots_[call.previous].next) = call.next;
        (call.next == none ? queue.last : slots_[call.next].previous) = call.previous;
        call.next = call.previous = none;
        --queue.size;
    }

private:
    std::vector<pending_call> slots_;
    std::uint32_t free_ = none;
};

} // namespace tenon::detail

#endif
