#ifndef TENON_CORE_VERSION_HPP
#define TENON_CORE_VERSION_HPP

// The version of this SDK and of the wire it speaks. This file is the only place that states them:
// Meson, the single header and the handshake read them from here.

#define TENON_VERSION_MAJOR 0
#define TENON_VERSION_MINOR 1
#define TENON_VERSION_PATCH 0

namespace tenon {

/// The wire of docs/protocol.md. Peers agree on one of the versions that both name in the handshake.
inline constexpr int protocol_version = 1;

} // namespace tenon

#endif
