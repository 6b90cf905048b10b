#ifndef TENON_RULES_EVENTS_BROADCAST_HPP
#define TENON_RULES_EVENTS_BROADCAST_HPP

// What publish() does: who is told of an event, and the one message that all of them get.

#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/interests.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace tenon::detail {

struct broadcast {
    /// In the order in which they are asked. Telling one of them may end another one's connection: this stays as it was.
    std::span<const interest> told;
    shared_bytes message; // empty where nobody is told
    std::shared_ptr<const interest_list> held;
};

/// Encodes nothing where nobody wants it.
inline broadcast plan_broadcast(interest_table& interests, const event_head& head, std::string_view payload) {
    broadcast plan;
    plan.held = interests.hold(head.type);
    if (plan.held == nullptr) return plan;
    plan.told = plan.held->all;
    plan.message = encode_event(head, payload);
    return plan;
}

} // namespace tenon::detail

#endif
