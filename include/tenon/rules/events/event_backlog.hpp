#ifndef TENON_RULES_EVENTS_EVENT_BACKLOG_HPP
#define TENON_RULES_EVENTS_EVENT_BACKLOG_HPP

// Events for one plugin that reads more slowly than they come. Beyond its bounds the oldest go first: what just
// happened matters more than what the plugin has missed already. All that is lost is counted.

#include <tenon/rules/events/event_message.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace tenon::detail {

/// A queue of 1,024 events is a second of a busy stream; a plugin that is behind by more does not catch up.
inline constexpr std::size_t max_backlog_events = 1'024;
inline constexpr std::size_t max_backlog_bytes = std::size_t{8} << 20;

class event_backlog {
public:
    struct entry {
        shared_bytes message;
        event_place event;
    };

    /// How many were lost for it.
    std::size_t push(shared_bytes message, const event_place& event) {
        bytes_ += message.view().size();
        events_.push_back({std::move(message), event});
        std::size_t lost = 0;
        // The newest stays, however large it is.
        while (events_.size() > max_backlog_events || (bytes_ > max_backlog_bytes && events_.size() > 1)) {
            pop();
            ++lost;
        }
        return lost;
    }
    bool empty() const noexcept { return events_.empty(); }
    std::size_t size() const noexcept { return events_.size(); }
    const entry& front() const noexcept { return events_.front(); }
    void pop() {
        bytes_ -= events_.front().message.view().size();
        events_.pop_front();
    }
    /// Forgets all; how many.
    std::size_t clear() noexcept {
        const std::size_t lost = events_.size();
        events_.clear();
        bytes_ = 0;
        return lost;
    }

private:
    std::deque<entry> events_;
    std::size_t bytes_ = 0;
};

} // namespace tenon::detail

#endif
