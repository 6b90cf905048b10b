#ifndef TENON_HOST_EVENTS_EVENT_MESSAGE_HPP
#define TENON_HOST_EVENTS_EVENT_MESSAGE_HPP

// The params of plugin/onEvent, written once for everybody who gets the event, and what belongs to them: ids,
// timestamps, and the host's own members of the metadata.

#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

/// What is the same for all plugins that get an event. Payload and metadata are JSON texts that were checked.
struct event_head {
    std::string id, type;
    std::string metadata = "{}"; // an object
    std::string timestamp;       // RFC 3339
};

/// "2025-06-01T12:00:00.000Z". Years beyond 0 to 9999, which the form cannot say, become the nearest.
std::string format_timestamp(std::chrono::system_clock::time_point at);

/// Names for events that are different from each other and from those of the host's earlier runs.
class event_ids {
public:
    explicit event_ids(std::uint64_t run) : run_(run) {}
    std::string next(); // "e1f3a-42"

private:
    std::uint64_t run_;
    std::uint64_t last_ = 0;
};

/// The metadata of an event that a plugin emitted: what it gave, but for the members that are the host's to
/// say, which are `source`, the plugin's name, and `hops`. What is given must be an object, else it is left
/// out.
std::string stamp_metadata(std::string_view given, std::string_view source, int hops);

/// The params as one object, the payload copied once.
shared_bytes encode_event(const event_head& head, std::string_view payload,
                          std::optional<std::int64_t> deadline_ms = {});

} // namespace tenon::detail

#include <tenon/host/events/event_message_inline.hpp>

#endif
