#ifndef TENON_JSON_SCAN_HPP
#define TENON_JSON_SCAN_HPP

// The byte loops under the JSON reader and writer: where does a string stop being plain ASCII, and is a
// UTF-8 sequence well formed. Sixteen bytes a step where the compiler has 128-bit vectors (SSE2 is part of
// every x86-64), eight elsewhere. Never reads past `end`.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tenon::detail {

/// Plain bytes stand in a JSON string as they are: ASCII without control characters, quote and backslash.
inline bool is_plain(char byte) noexcept {
    // As a signed number everything below space, and everything from 0x80 on, is smaller than a space.
    return static_cast<signed char>(byte) >= 0x20 && byte != '"' && byte != '\\';
}

#if defined(__SSE2__)

using byte_vector = signed char __attribute__((vector_size(16)));

inline byte_vector load_bytes(const char* from) noexcept {
    byte_vector bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

/// One bit a byte, set where the byte is not plain.
inline unsigned unplain_bits(byte_vector bytes) noexcept {
    const auto unplain = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
    using char_vector = char __attribute__((vector_size(16)));
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<char_vector>(unplain)));
}

inline constexpr std::size_t scan_step = 16;

/// How many bytes at `from` are plain, at most `scan_step`, which must all be readable.
inline std::size_t plain_prefix(const char* from) noexcept {
    const unsigned bits = unplain_bits(load_bytes(from));
    return bits == 0 ? scan_step : static_cast<std::size_t>(__builtin_ctz(bits));
}

#else

inline constexpr std::size_t scan_step = 8;

inline std::size_t plain_prefix(const char* from) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    std::uint64_t bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    const auto equals = [&](std::uint64_t byte) {
        const std::uint64_t differs = bytes ^ (ones * byte);
        return (differs - ones) & ~differs;
    };
    // A borrow can mark a byte behind a true hit, never one before the first: the first is exact.
    const std::uint64_t unplain = ((bytes - ones * 0x20) | bytes | equals('"') | equals('\\')) & tops;
    if (unplain == 0) return scan_step;
    std::size_t count = 0;
    while (is_plain(from[count])) ++count;
    return count;
}

#endif

/// The first byte in [at, end) that is not plain, or `end`.
inline const char* skip_plain(const char* at, const char* end) noexcept {
    while (static_cast<std::size_t>(end - at) >= scan_step) {
        const std::size_t count = plain_prefix(at);
        at += count;
        if (count != scan_step) return at;
    }
    while (at != end && is_plain(*at)) ++at;
    return at;
}

/// The length of the well-formed UTF-8 sequence that starts at `at` (2 to 4 for a byte from 0x80 on), or 0:
/// no overlong forms, no surrogates, nothing above U+10FFFF.
inline std::size_t utf8_sequence(const char* at, const char* end) noexcept {
    const auto byte = [&](std::size_t index) -> unsigned {
        return static_cast<std::size_t>(end - at) > index ? static_cast<unsigned char>(at[index]) : 0u;
    };
    const auto follows = [&](std::size_t index) { return (byte(index) & 0xC0u) == 0x80u; };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return follows(1) ? 2 : 0;
    if (first < 0xF0) {
        if (first == 0xE0 && second < 0xA0) return 0;
        if (first == 0xED && second >= 0xA0) return 0;
        return follows(1) && follows(2) ? 3 : 0;
    }
    if (first > 0xF4 || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90)) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
}

} // namespace tenon::detail

#endif
