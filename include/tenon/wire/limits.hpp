#ifndef TENON_WIRE_LIMITS_HPP
#define TENON_WIRE_LIMITS_HPP

// How much of the wire one peer may take, each number with its reason. Every one is checked before memory is
// spent on it.

#include <cstddef>

namespace tenon {

/// A header block of 8 KiB is what HTTP servers read at most; ours has one line.
inline constexpr std::size_t max_header_bytes = std::size_t{8} << 10;

/// 16 MiB: a photograph in base64 fits, and a hundred plugins at the limit do not fill a small machine.
inline constexpr std::size_t default_max_frame_bytes = std::size_t{16} << 20;

/// A frame up to this many times the limit is read and forgotten, to stay in step: a peer that is a little
/// beyond the limit is told so. One far beyond it is broken, and its connection ends.
inline constexpr std::size_t drain_factor = 16;

/// Text between frames is recovered from: the plugin printed it. Beyond 64 KiB on one connection no person reads it.
inline constexpr std::size_t max_pollution_bytes = std::size_t{64} << 10;

/// What a reason quotes of it, and the longest piece of a line that is handed on at once: a line of a structured log
/// with a stack in it is one.
inline constexpr std::size_t quoted_pollution_bytes = 200;
inline constexpr std::size_t max_pollution_line = std::size_t{16} << 10;

/// 64 KiB: what a Linux pipe holds by default, so one read() empties it.
inline constexpr std::size_t read_bytes = std::size_t{64} << 10;

/// Buffers that grew beyond these are given back: the first when they stayed mostly empty for a while, the
/// second at once.
inline constexpr std::size_t kept_buffer_bytes = std::size_t{256} << 10;
inline constexpr std::size_t largest_kept_buffer_bytes = std::size_t{4} << 20;

} // namespace tenon

#endif
