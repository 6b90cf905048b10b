#ifndef TENON_RULES_EVENTS_BROADCAST_HPP
#define TENON_RULES_EVENTS_BROADCAST_HPP

// What publish() does: which plugins are told of an event, the one message that all of them get, and where it waits for a
// plugin that reads slowly.

#include <tenon/core/bounded_queue.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace tenon::detail {

struct broadcast {
    /// In the order in which they are asked. Telling one of them may end another one's connection: this stays as it was.
    std::span<const interest> told;
    shared_bytes message; // empty where no plugin is told
    std::shared_ptr<const interest_list> held;
};

/// Encodes nothing where no plugin wants it.
inline broadcast plan_broadcast(interest_table& interests, const event_head& head, std::string_view payload) {
    broadcast plan;
    plan.held = interests.hold(head.type);
    if (plan.held == nullptr) return plan;
    plan.told = plan.held->all;
    plan.message = encode_event(head, payload);
    return plan;
}

// Events for one plugin that reads more slowly than they come. All that is lost is counted.

/// A queue of 1,024 events is a second of a busy stream; a plugin that is behind by more does not catch up.
inline constexpr std::size_t max_backlog_events = 1'024;
inline constexpr std::size_t max_backlog_bytes = std::size_t{8} << 20;

struct waiting_event {
    shared_bytes message;
    event_place event;
};
inline std::size_t bytes_held(const waiting_event& waiting) noexcept { return waiting.message.view().size(); }

struct event_backlog : bounded_queue<waiting_event> {
    event_backlog() noexcept : bounded_queue(max_backlog_events, max_backlog_bytes) {}
};

} // namespace tenon::detail

#endif
