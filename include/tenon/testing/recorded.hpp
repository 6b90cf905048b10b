#ifndef TENON_TESTING_RECORDED_HPP
#define TENON_TESTING_RECORDED_HPP

// What a plugin did while a test looked on, and what it said of itself in the handshake.

#include <tenon/json/value.hpp>
#include <tenon/plugin/answers.hpp>

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

// --- the handshake's answer; docs/protocol.md says what each member means ---

struct declared_event {
    std::string type;
    std::string mode;
    std::optional<std::int64_t> priority;
    std::optional<std::string> onFailure;
};

struct declared_route {
    std::string path, method;
    std::optional<std::string> description;
    std::optional<bool> auth;
    std::optional<json> schema;
};

struct declared_command {
    std::string name;
    std::optional<std::string> description;
    std::optional<json> params, result;
};

struct declaration {
    static constexpr bool allow_missing = true;
    std::string name, version;
    std::int64_t protocolVersion = 0;
    std::vector<std::string> capabilities;
    std::vector<declared_event> events;
    std::vector<declared_route> routes;
    std::vector<declared_command> commands;
    bool reverseRpc = false;
    std::int64_t maxConcurrency = 1;
    std::vector<std::string> features;

    /// The event as it was declared, by its own name or by a wildcard; null if the plugin does not want it.
    const declared_event* event(std::string_view type) const {
        const declared_event* best = nullptr;
        for (const auto& candidate : events) {
            const std::string_view pattern = candidate.type;
            if (pattern == type) return &candidate;
            const bool fits =
                pattern.ends_with('*') && type.starts_with(pattern.substr(0, pattern.size() - 1));
            if (fits && (best == nullptr || best->type.size() < pattern.size())) best = &candidate;
        }
        return best;
    }
};

} // namespace tenon::testing

#endif
