#ifndef TENON_SESSION_LIMITS_HPP
#define TENON_SESSION_LIMITS_HPP

// What one connection may cost. Every number can be changed where the session is made.

#include <tenon/core/time.hpp>
#include <tenon/wire/limits.hpp>

#include <cstddef>

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

} // namespace tenon

#endif
