#ifndef TENON_SESSION_EVENT_HPP
#define TENON_SESSION_EVENT_HPP

// What a session tells its owner, one thing at a time, and the small values that name calls and requests.
// All texts are slices of the session's input: they are valid until the next call of next_event() or
// input_room().

#include <tenon/core/result.hpp>
#include <tenon/wire/violation.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenon::detail {

/// One call of ours. The value is its id on the wire: sequential from 1, never reused on a connection. The tag is what the
/// caller gave with it, for its own use, and stands in the events about the call.
struct call_id {
    std::int64_t value = 0;
    std::uint32_t tag = 0;
    bool operator==(const call_id& other) const noexcept { return value == other.value; }
};

/// One request of the peer until it is answered. A token that was answered, or whose connection is gone, is
/// harmless wherever it is used.
struct request_token {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0; // 0 names no request
    bool operator==(const request_token&) const = default;
};

enum class event_kind : std::uint8_t {
    none,
    handshake,    // plugin only: request, id, params. Answer it, then say handshake_done()
    request,      // request, id, method, params. Every one must be answered once: reply or reject
    notification, // method, params. `exit` too
    response,     // call, and either value or (failed) error. Once for every call
    progress,     // call, value
    cancelled,    // request: the peer does not want the answer any more, but still gets one
    polluted,     // text: a line that stood between frames, recovered from
    bad_body, // error, text (the body, empty if it was not stored): refused, and answered where an answer is due
    peer_error, // error: the peer could not read something that we sent
    closed,     // reason (none: clean), text. The last event, after the completion of every call
};

struct session_event {
    event_kind kind = event_kind::none;
    bool failed = false; // of a response: `error` holds instead of `value`
    request_token request = {};
    call_id call = {};
    std::string_view id = {};      // raw JSON text
    std::string_view method = {};  // unescaped
    std::string_view params = {};  // raw JSON text, checked; empty if absent
    std::size_t params_offset = 0; // where params start in their message, for the words of a fault
    std::string_view value = {};   // raw JSON text: a result, or the value of a progress report
    std::string_view text = {};
    fault error = {};
    violation_reason reason = violation_reason::none;
};

} // namespace tenon::detail

#endif
