#ifndef TENON_RULES_EVENTS_EVENT_MESSAGE_HPP
#define TENON_RULES_EVENTS_EVENT_MESSAGE_HPP

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

/// Where an event stands among those that came of one another: see hop_ledger.
struct event_place {
    std::uint64_t number = 0; // its own, in this run of the host
    std::uint64_t root = 0;   // of the first of the chain, which came from outside
    int hops = 0;             // from there
};

/// "2025-06-01T12:00:00.000Z". Years beyond 0 to 9999, which the form cannot say, become the nearest.
std::string format_timestamp(std::chrono::system_clock::time_point at);

/// Names for events that are different from each other and from those of the host's earlier runs.
class event_ids {
public:
    explicit event_ids(std::uint64_t run) : run_(run) {}
    std::string next() { return id_of(++last_); } // "e1f3a-42"
    /// Of the latest one.
    std::uint64_t last() const noexcept { return last_; }
    std::string id_of(std::uint64_t number) const;
    /// 0 where it is none of this run's.
    std::uint64_t number_of(std::string_view id) const;

private:
    std::uint64_t run_;
    std::uint64_t last_ = 0;
};

/// What the host says in the metadata of an event that a plugin emitted. Empty texts are left out.
struct emission_stamp {
    std::string_view source; // the plugin's name
    int hops = 0;
    std::string_view chain = {}; // the id of the event from outside that it goes back to
    std::string_view cause = {}; // of the event that it answers, where the plugin named one that it has had
};

/// What the plugin gave, but for the members that are the host's to say. What is given must be an object, else it is
/// left out.
std::string stamp_metadata(std::string_view given, const emission_stamp& stamp);

/// The params as one object, the payload copied once.
shared_bytes encode_event(const event_head& head, std::string_view payload,
                          std::optional<std::int64_t> deadline_ms = {});

} // namespace tenon::detail

#include <tenon/rules/events/event_message_inline.hpp>

#endif
