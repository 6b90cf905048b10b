#ifndef TENON_HOST_BROADCAST_HPP
#define TENON_HOST_BROADCAST_HPP

// What publish() does: who is told of an event, and the one message that all of them get.

#include <tenon/host/event_message.hpp>
#include <tenon/host/interests.hpp>

#include <span>
#include <string_view>

namespace tenon::detail {

struct broadcast {
    std::span<const interest> told; // valid until the next call of anything of the table
    shared_bytes message;           // empty where nobody is told
};

/// Encodes nothing where nobody wants it.
inline broadcast plan_broadcast(interest_table& interests, const event_head& head, std::string_view payload) {
    broadcast plan{interests.of(head.type), {}};
    if (!plan.told.empty()) plan.message = encode_event(head, payload);
    return plan;
}

} // namespace tenon::detail

#endif
