#ifndef TENON_SESSION_PHASE_HPP
#define TENON_SESSION_PHASE_HPP

// The phases of a connection and the only table of the ways between them. What each phase lets through is
// decided by `session`; that a phase is left, and for which one, is decided here.
//
//     awaiting_handshake ──accepted──▶ ready ──shutdown──▶ shutting_down
//             └──────────shutdown───────────────────────▶      │
//             └──────────closed, from everywhere ────────▶ closed

#include <cstdint>

namespace tenon::detail {

enum class session_role : std::uint8_t { plugin, host };

enum class session_phase : std::uint8_t { awaiting_handshake, ready, shutting_down, closed };

enum class phase_trigger : std::uint8_t { handshake_accepted, shutdown_begun, connection_closed };

/// The phase after `trigger`; the same phase where the trigger means nothing.
constexpr session_phase next_phase(session_phase from, phase_trigger trigger) noexcept {
    using enum session_phase;
    constexpr session_phase table[4][3] = {
        // handshake_accepted  shutdown_begun  connection_closed
        {ready, shutting_down, closed},         // awaiting_handshake
        {ready, shutting_down, closed},         // ready
        {shutting_down, shutting_down, closed}, // shutting_down
        {closed, closed, closed},               // closed
    };
    return table[static_cast<unsigned>(from)][static_cast<unsigned>(trigger)];
}

} // namespace tenon::detail

#endif
