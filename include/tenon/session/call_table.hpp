#ifndef TENON_SESSION_CALL_TABLE_HPP
#define TENON_SESSION_CALL_TABLE_HPP

// Our calls that wait for an answer. This table is the only owner of their completion: whoever removes an id
// from it completes the call, so nothing completes twice.
//
// Ids are sequential, so an id's low bits are its place: neighbours never collide, and a call that outlives
// its lap makes the next ones step aside. In steady use nothing is allocated.

#include <tenon/core/time.hpp>
#include <tenon/session/event.hpp>
#include <tenon/session/sequence.hpp>

#include <cstddef>
#include <cstdint>

namespace tenon::detail {

/// A call that completes without an answer, and why.
struct ended_call {
    std::int64_t id;
    int code;
    std::uint32_t tag = 0;
};

class call_table {
public:
    /// Sequential from 1; 2^53 calls at a million a second take 285 years.
    std::int64_t next_id() const noexcept { return next_; }
    bool was_used(std::int64_t id) const noexcept { return id > 0 && id < next_; }
    std::size_t size() const noexcept { return size_; }

    /// Uses up the next id without waiting for an answer.
    std::int64_t skip() noexcept { return next_++; }
    std::int64_t insert(time_point deadline, time_point latest, time_point::duration wait,
                        std::uint32_t tag = 0);
    bool contains(std::int64_t id) const noexcept { return find(id) != nullptr; }
    /// Tells its tag, as extend() does.
    bool remove(call_id& call) noexcept;
    time_point deadline_of(std::int64_t id) const noexcept {
        const entry* call = find(id);
        return call == nullptr ? time_point::min() : call->deadline;
    }

    /// Restarts the call's wait, up to the latest deadline it was given.
    bool extend(call_id& id, time_point now) noexcept;

    /// No later than the earliest deadline, and earlier only when that call is gone.
    time_point earliest() const noexcept { return earliest_; }
    /// Removes what is over and appends it in the order of the ids.
    void take_expired(time_point now, int code, sequence<ended_call>& ended);
    void take_all(int code, sequence<ended_call>& ended) { take_expired(never, code, ended); }

private:
    struct entry {
        std::int64_t id = 0; // 0: free
        std::uint32_t tag = 0;
        time_point deadline = never;
        time_point latest = never;
        time_point::duration wait = {};
    };

    std::size_t place_of(std::int64_t id) const noexcept {
        return static_cast<std::size_t>(id) & (slots_.size() - 1);
    }
    std::size_t behind(std::size_t place) const noexcept { return (place + 1) & (slots_.size() - 1); }
    const entry* find(std::int64_t id) const noexcept;
    void put(const entry& call) noexcept;
    void grow();

    sequence<entry> slots_; // a power of two
    std::size_t size_ = 0;
    std::int64_t next_ = 1;
    time_point earliest_ = never;
};

inline const call_table::entry* call_table::find(std::int64_t id) const noexcept {
    if (size_ == 0 || id <= 0) return nullptr;
    for (std::size_t place = place_of(id); slots_[place].id != 0; place = behind(place))
        if (slots_[place].id == id) return &slots_[place];
    return nullptr;
}

inline void call_table::put(const entry& call) noexcept {
    std::size_t place = place_of(call.id);
    while (slots_[place].id != 0) place = behind(place);
    slots_[place] = call;
    if (call.deadline < earliest_) earliest_ = call.deadline;
}

inline void call_table::grow() {
    sequence<entry> old;
    old.extend(slots_.size() == 0 ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const entry& call : old)
        if (call.id != 0) put(call);
}

inline std::int64_t call_table::insert(time_point deadline, time_point latest, time_point::duration wait,
                                       std::uint32_t tag) {
    // Half empty, so that a search that finds nothing is short.
    if ((size_ + 1) * 2 > slots_.size()) grow();
    put({next_, tag, deadline, latest, wait});
    ++size_;
    return next_++;
}

inline bool call_table::remove(call_id& call) noexcept {
    const entry* found = find(call.value);
    if (found == nullptr) return false;
    call.tag = found->tag;
    // Close the gap: whoever stepped aside because of this call moves up.
    auto gap = static_cast<std::size_t>(found - slots_.begin());
    for (std::size_t place = behind(gap); slots_[place].id != 0; place = behind(place)) {
        const std::size_t home = place_of(slots_[place].id), mask = slots_.size() - 1;
        if (((place - home) & mask) < ((place - gap) & mask)) continue; // its home lies behind the gap
        slots_[gap] = slots_[place];
        gap = place;
    }
    slots_[gap].id = 0;
    --size_;
    return true;
}

inline bool call_table::extend(call_id& id, time_point now) noexcept {
    auto* call = const_cast<entry*>(find(id.value));
    if (call == nullptr) return false;
    id.tag = call->tag;
    // `earliest_` stays as it is: it may be early.
    const time_point restarted = call->wait > never - now ? never : now + call->wait;
    if (restarted > call->deadline) call->deadline = restarted < call->latest ? restarted : call->latest;
    return true;
}

inline void call_table::take_expired(time_point now, int code, sequence<ended_call>& ended) {
    const std::size_t first = ended.size();
    earliest_ = never;
    for (const entry& call : slots_) {
        if (call.id == 0) continue;
        if (call.deadline <= now) ended.push_back({call.id, code, call.tag});
        else if (call.deadline < earliest_) earliest_ = call.deadline;
    }
    for (std::size_t index = first; index != ended.size(); ++index) {
        call_id over{ended[index].id};
        remove(over);
    }
    // Sequential ids are nearly sorted already: insertion costs little and needs no <algorithm>.
    for (std::size_t index = first + 1; index < ended.size(); ++index)
        for (std::size_t at = index; at != first && ended[at - 1].id > ended[at].id; --at) {
            const ended_call larger = ended[at - 1];
            ended[at - 1] = ended[at];
            ended[at] = larger;
        }
}

} // namespace tenon::detail

#endif
