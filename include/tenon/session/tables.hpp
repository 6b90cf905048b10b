#ifndef TENON_SESSION_TABLES_HPP
#define TENON_SESSION_TABLES_HPP

// What is open on a connection: our calls that wait for an answer, the peer's requests that are to be answered, and its
// batches.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/session/event.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

// Our calls that wait for an answer. This table is the only owner of their completion: a call is
// completed where its id is removed from it, so nothing completes twice.
//
// Ids are sequential, so an id's low bits are its place: neighbours never collide, and a call that outlives
// its lap makes the next ones step aside. In steady use nothing is allocated.

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
    // Close the gap: an id that stepped aside because of this call moves up.
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

/// The peer's requests that are still to be answered. A token is a slot and its generation, so one that was
/// answered already finds nothing. A request is also found by its id, which is compared byte for byte: 0 and
/// "0" are two requests. Slots, and the room for their ids, are used again.
struct incoming_request {
    std::string id = {};
    std::uint32_t batch = 0; // 0: it came alone
    bool cancelled = false;
    // For the table alone:
    std::uint32_t generation = 0; // odd while in use
    std::uint32_t hash = 0;
    std::uint32_t next = 0; // in its chain, or in the list of free slots; slot + 1
};

class incoming_table {
public:
    std::size_t size() const noexcept { return size_; }

    request_token insert(std::string_view id, std::uint32_t batch);
    /// Valid until the next insert.
    incoming_request* get(request_token token) noexcept {
        return const_cast<incoming_request*>(static_cast<const incoming_table*>(this)->get(token));
    }
    const incoming_request* get(request_token token) const noexcept {
        if (token.slot >= slots_.size() || slots_[token.slot].generation != token.generation) return nullptr;
        return (token.generation & 1u) != 0 ? &slots_[token.slot] : nullptr;
    }
    /// A token of generation 0 if there is none.
    request_token find(std::string_view id) const noexcept;
    void remove(request_token token) noexcept;
    void clear() noexcept;

private:
    static std::uint32_t hash_of(std::string_view id) noexcept {
        std::uint32_t hash = 2166136261u;
        for (const char byte : id) hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619u;
        return hash ^ (hash >> 15);
    }
    std::uint32_t& chain_of(std::uint32_t hash) noexcept { return chains_[hash & (chains_.size() - 1)]; }
    void grow();

    sequence<incoming_request> slots_;
    sequence<std::uint32_t> chains_; // as many as slots, a power of two; slot + 1
    std::uint32_t free_ = 0;         // slot + 1
    std::size_t size_ = 0;
};

inline void incoming_table::grow() {
    const std::size_t old = slots_.size();
    slots_.extend(old == 0 ? 8 : old * 2);
    chains_.clear();
    chains_.extend(slots_.size());
    for (std::size_t slot = 0; slot != old; ++slot) { // full, or there were no need to grow
        std::uint32_t& chain = chain_of(slots_[slot].hash);
        slots_[slot].next = chain;
        chain = static_cast<std::uint32_t>(slot) + 1;
    }
    for (std::size_t slot = slots_.size(); slot != old; --slot) {
        slots_[slot - 1].next = free_;
        free_ = static_cast<std::uint32_t>(slot);
    }
}

inline request_token incoming_table::insert(std::string_view id, std::uint32_t batch) {
    if (free_ == 0) grow();
    const std::uint32_t slot = free_ - 1;
    incoming_request& request = slots_[slot];
    free_ = request.next;
    request.id.clear();
    append(request.id, id);
    request.batch = batch;
    request.cancelled = false;
    request.hash = hash_of(id);
    ++request.generation;
    std::uint32_t& chain = chain_of(request.hash);
    request.next = chain;
    chain = slot + 1;
    ++size_;
    return {slot, request.generation};
}

inline request_token incoming_table::find(std::string_view id) const noexcept {
    if (size_ == 0) return {};
    const std::uint32_t hash = hash_of(id);
    for (std::uint32_t at = chains_[hash & (chains_.size() - 1)]; at != 0; at = slots_[at - 1].next)
        if (slots_[at - 1].hash == hash && slots_[at - 1].id == id)
            return {at - 1, slots_[at - 1].generation};
    return {};
}

inline void incoming_table::remove(request_token token) noexcept {
    incoming_request* request = get(token);
    if (request == nullptr) return;
    std::uint32_t* link = &chain_of(request->hash);
    while (*link != token.slot + 1) link = &slots_[*link - 1].next;
    *link = request->next;
    ++request->generation;
    request->next = free_;
    free_ = token.slot + 1;
    --size_;
}

inline void incoming_table::clear() noexcept {
    for (std::uint32_t slot = 0; slot != slots_.size(); ++slot) remove({slot, slots_[slot].generation});
}

/// Batches of the peer. Their entries are delivered one after the other like any message; the answers are kept
/// until the last one is there and go out as one array. The text of the batch that is being delivered is kept
/// too, because the input may move on before its last entry. We never send one.
class batch_table {
public:
    /// Begins to deliver a batch: add() its entries, whose text must be a slice of text().
    void begin(std::string_view text);
    std::string_view text() const noexcept { return text_; }
    void add(std::string_view entry) { entries_.push_back(entry); }

    /// Whether entries are still to be delivered.
    bool delivering() const noexcept { return current_ != 0; }
    /// The batch whose entries are delivered; 0 if there is none.
    std::uint32_t current() const noexcept { return current_; }
    bool next_entry(std::string_view& entry) noexcept;
    /// All entries are delivered. True if all are answered too, so that the batch is done.
    bool end_delivery() noexcept;

    /// A request of the batch awaits its answer, or has got it. True if it was the last.
    void opened(std::uint32_t batch) noexcept { ++batches_[batch - 1].open; }
    bool answered(std::uint32_t batch) noexcept {
        return --batches_[batch - 1].open == 0 && batch != current_;
    }

    /// Where the next answer goes, behind a comma if one is due.
    byte_buffer& begin_answer(std::uint32_t batch);
    byte_buffer& answers(std::uint32_t batch) noexcept { return batches_[batch - 1].answers; }
    const byte_buffer& answers(std::uint32_t batch) const noexcept { return batches_[batch - 1].answers; }
    /// Forgets the batch.
    void end(std::uint32_t batch) noexcept;
    void clear() noexcept;

private:
    struct kept {
        byte_buffer answers = {};
        std::uint32_t open = 0;
        bool used = false;
    };

    sequence<kept> batches_;
    std::string text_;
    sequence<std::string_view> entries_;
    std::size_t next_ = 0;
    std::uint32_t current_ = 0;
};

inline void batch_table::begin(std::string_view text) {
    std::uint32_t slot = 0;
    while (slot != batches_.size() && batches_[slot].used) ++slot;
    if (slot == batches_.size()) batches_.push_back({});
    batches_[slot].used = true;
    current_ = slot + 1;
    entries_.clear();
    next_ = 0;
    text_.clear();
    append(text_, text);
}

inline bool batch_table::next_entry(std::string_view& entry) noexcept {
    if (next_ == entries_.size()) return false;
    entry = entries_[next_++];
    return true;
}

inline bool batch_table::end_delivery() noexcept {
    const std::uint32_t batch = current_;
    current_ = 0;
    return batches_[batch - 1].open == 0;
}

inline byte_buffer& batch_table::begin_answer(std::uint32_t batch) {
    byte_buffer& answers = batches_[batch - 1].answers;
    answers.append(answers.empty() ? '[' : ',');
    return answers;
}

inline void batch_table::end(std::uint32_t batch) noexcept {
    kept& done = batches_[batch - 1];
    done.answers.clear();
    done.answers.shrink(0); // batches are rare
    done.open = 0;
    done.used = false;
}

inline void batch_table::clear() noexcept {
    for (std::uint32_t batch = 1; batch <= batches_.size(); ++batch) end(batch);
    current_ = 0;
}

} // namespace tenon::detail

#endif
