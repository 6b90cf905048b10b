#ifndef TENON_TESTING_RECORDED_HPP
#define TENON_TESTING_RECORDED_HPP

// What a plugin did while a test looked on, and what it said of itself in the handshake.

#include <tenon/json/value.hpp>
#include <tenon/session/answers.hpp>
#include <tenon/session/handshake.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

/// A line that the plugin logged.
struct logged {
    log_level level = log_level::info;
    std::string message;
    json fields; // null where there are none
};

/// An event that the plugin put in.
struct emission {
    std::string type;
    json payload;
    std::string to = {}; // the plugin that it was meant for, where one was named
    std::vector<std::string> capabilities = {};
};

/// A request of the plugin to the host, whatever it was answered.
struct question {
    std::string method;
    json params;
};

/// What a handler of an event decided, and the event as it goes on where the handler changed it.
template <class Event>
struct decision : flow {
    std::optional<Event> payload = {};
};

/// What a plugin said of itself in the handshake; docs/protocol.md says what each member means.
struct declaration : detail::handshake_answer {
    std::shared_ptr<const std::string> text; // what the slices in here are slices of

    /// The event as it was declared, by its own name or by a wildcard; null if the plugin does not want it.
    const detail::event_interest* event(std::string_view wanted) const {
        const detail::event_interest* best = nullptr;
        if (!events) return best;
        for (const auto& candidate : *events) {
            const std::string_view pattern = candidate.type;
            if (pattern == wanted) return &candidate;
            const bool fits =
                pattern.ends_with('*') && wanted.starts_with(pattern.substr(0, pattern.size() - 1));
            if (fits && (best == nullptr || best->type.size() < pattern.size())) best = &candidate;
        }
        return best;
    }
};

} // namespace tenon::testing

#endif
