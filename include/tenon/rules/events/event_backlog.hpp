#ifndef TENON_RULES_EVENTS_EVENT_BACKLOG_HPP
#define TENON_RULES_EVENTS_EVENT_BACKLOG_HPP

// Events for one plugin that reads more slowly than they come. All that is lost is counted.

#include <tenon/core/bounded_queue.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstddef>

namespace tenon::detail {

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
