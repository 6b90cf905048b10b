#ifndef TENON_SESSION_LIMITS_HPP
#define TENON_SESSION_LIMITS_HPP

// What one connection may cost. Every number can be changed where the session is made.

#include <tenon/core/time.hpp>
#include <tenon/wire/limits.hpp>

#include <cstddef>
#include <cstdint>

namespace tenon {

/// 8 MiB: half a minute of a busy event stream, so a plugin that falls behind that far does not read at all.
inline constexpr std::size_t default_host_output_bytes = std::size_t{8} << 20;

/// Ten bad bodies in a minute are a bug that wants a log line; more are a plugin that does not speak JSON-RPC.
inline constexpr std::size_t max_bad_bodies = 10;
inline constexpr milliseconds bad_body_window{60'000};

/// Progress reports restart a call's deadline, up to four times the original.
inline constexpr int max_deadline_factor = 4;

struct session_limits {
    std::size_t max_frame_bytes = default_max_frame_bytes;
    std::size_t max_incoming = 1024; // requests of the peer in flight, beyond which -32016 is the answer
    std::size_t max_outgoing = 1024; // calls of ours in flight, beyond which a call fails at once
    /// Beyond this many queued bytes calls and notifications are refused. 0: unlimited, for drivers that write
    /// until the queue is empty before they read again, as a plugin does.
    std::size_t max_output_bytes = 0;
    /// A frame that has begun must be whole by then. Silence between frames may last for ever.
    milliseconds assembly_timeout{10'000};
};

/// What a host should start from: it must not wait for a plugin that stopped reading.
constexpr session_limits host_limits() noexcept {
    session_limits limits;
    limits.max_output_bytes = default_host_output_bytes;
    return limits;
}

/// Nothing that a session drops or refuses goes uncounted. The host shows these numbers per plugin; a test
/// compares them exactly.
struct session_counters {
    std::uint64_t received = 0;              // bodies taken in, good or bad; a batch is one
    std::uint64_t sent = 0;                  // bodies queued for the peer
    std::uint64_t bad_bodies = 0;            // no JSON, or no JSON-RPC; answered -32700 or -32600
    std::uint64_t malformed_replies = 0;     // of these: answers to a call of ours, which got -32603
    std::uint64_t refused_requests = 0;      // well formed, but before the handshake, after it, or a used id
    std::uint64_t overloaded_requests = 0;   // more in flight than the limit; answered -32016
    std::uint64_t ignored_notifications = 0; // unknown "$/" names, and anything before the handshake
    std::uint64_t unknown_cancels = 0;       // for a request that is answered already or never came
    std::uint64_t orphan_replies = 0;        // to an id that we never used
    std::uint64_t late_replies = 0;          // to a call that was completed before: late or twice
    std::uint64_t unknown_progress = 0;      // for a call that is not pending
    std::uint64_t peer_errors = 0;           // the peer could not read a message of ours
    std::uint64_t empty_frames = 0;          // Content-Length: 0
    std::uint64_t oversized_frames = 0;      // beyond the limit, drained
    std::uint64_t pollution_bytes = 0;       // text between frames
    std::uint64_t timeouts = 0;              // calls that got no answer in time
    std::uint64_t refused_calls = 0;         // of ours, not sent: limits, size, or no connection
    std::uint64_t dropped_notifications = 0; // of ours, not sent, for the same reasons
    std::uint64_t oversized_replies = 0;     // of ours, sent as -32014 instead
};

} // namespace tenon

#endif
