#ifndef TENON_SESSION_INCOMING_TABLE_HPP
#define TENON_SESSION_INCOMING_TABLE_HPP

// The peer's requests that are still to be answered. A token is a slot and its generation, so one that was
// answered already finds nothing. A request is also found by its id, which is compared byte for byte: 0 and
// "0" are two requests. Slots, and the room for their ids, are used again.

#include <tenon/core/text.hpp>
#include <tenon/session/event.hpp>
#include <tenon/session/sequence.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

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

} // namespace tenon::detail

#endif
