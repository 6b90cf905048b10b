#ifndef TENON_TESTS_FUZZ_SMALL_LIMITS_HPP
#define TENON_TESTS_FUZZ_SMALL_LIMITS_HPP

// tenon/wire/limits.hpp with small numbers, in its place: include this before everything else. The code is
// the same, and inputs of a few hundred bytes reach its limits.

#define TENON_WIRE_LIMITS_HPP

#include <cstddef>

namespace tenon {

inline constexpr std::size_t max_header_bytes = 96;
inline constexpr std::size_t default_max_frame_bytes = std::size_t{16} << 20;
inline constexpr std::size_t drain_factor = 4;
inline constexpr std::size_t max_pollution_bytes = 160;
inline constexpr std::size_t quoted_pollution_bytes = 20;
inline constexpr std::size_t max_pollution_line = 32;
inline constexpr std::size_t read_bytes = 64;
inline constexpr std::size_t kept_buffer_bytes = 2048;
inline constexpr std::size_t largest_kept_buffer_bytes = 4096;

} // namespace tenon

#endif
