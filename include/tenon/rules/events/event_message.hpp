#ifndef TENON_RULES_EVENTS_EVENT_MESSAGE_HPP
#define TENON_RULES_EVENTS_EVENT_MESSAGE_HPP

// The params of plugin/onEvent, written once for all plugins that get the event, and what belongs to them: ids,
// timestamps, and the host's own members of the metadata.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/time_words.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

inline std::string event_ids::id_of(std::uint64_t number) const {
    constexpr char hex[] = "0123456789abcdef";
    std::string id = "e";
    bool begun = false;
    for (int shift = 60; shift >= 0; shift -= 4) {
        const auto digit = (run_ >> shift) & 15;
        begun = begun || digit != 0 || shift == 0;
        if (begun) id.push_back(hex[digit]);
    }
    id.push_back('-');
    append(id, digits(number));
    return id;
}

inline std::uint64_t event_ids::number_of(std::string_view id) const {
    const std::size_t at = id.rfind('-');
    if (at == id.npos || id.size() - at > 20) return 0;
    std::uint64_t number = 0;
    for (const char byte : id.substr(at + 1)) {
        if (byte < '0' || byte > '9') return 0;
        number = number * 10 + static_cast<std::uint64_t>(byte - '0');
    }
    return number <= last_ && id == id_of(number) ? number : 0;
}

inline std::string stamp_metadata(std::string_view given, const emission_stamp& stamp) {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("source");
    out.string(stamp.source);
    out.key("hops");
    out.integer(stamp.hops);
    for (const auto& [name, id] : {std::pair("chain", stamp.chain), std::pair("cause", stamp.cause)}) {
        if (id.empty()) continue;
        out.key(name);
        out.string(id);
    }
    json_reader in(given);
    std::string_view name, value;
    const std::size_t before = buffer.size();
    if (in.peek() == json_kind::object && in.enter_object()) {
        while (in.next_member(name)) {
            // The name is the reader's and goes with the next read.
            const bool ours = name == "source" || name == "hops" || name == "chain" || name == "cause";
            if (!ours) out.key(name);
            if (!in.read_slice(value)) break;
            if (!ours) out.raw(value);
        }
    }
    if (!in.finish()) buffer.truncate(before);
    out.end_object();
    return std::string(buffer.view());
}

inline shared_bytes encode_event(const event_head& head, std::string_view payload,
                                 std::optional<std::int64_t> deadline_ms) {
    byte_buffer front;
    json_writer out(front);
    out.begin_object();
    out.key("eventId");
    out.string(head.id);
    out.key("eventType");
    out.string(head.type);
    out.key("metadata");
    out.raw(head.metadata);
    out.key("timestamp");
    out.string(head.timestamp);
    if (deadline_ms) {
        out.key("deadlineMs");
        out.integer(*deadline_ms);
    }
    out.key("payload");
    return shared_bytes({front.view(), payload, "}"});
}

} // namespace tenon::detail

#endif
