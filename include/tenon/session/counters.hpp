#ifndef TENON_SESSION_COUNTERS_HPP
#define TENON_SESSION_COUNTERS_HPP

// Nothing that a session drops or refuses goes uncounted. The host shows these numbers per plugin; a test
// compares them exactly.

#include <cstdint>

namespace tenon {

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
