#ifndef TENON_JSON_SCAN_HPP
#define TENON_JSON_SCAN_HPP

// The byte loops under the JSON reader and writer: where does a string stop being plain ASCII, and is a
// UTF-8 sequence well formed. Sixteen bytes a step where the compiler has 128-bit vectors (SSE2 is part of
// every x86-64; TENON_NO_VECTORS leaves them out), eight elsewhere. Never reads past `end`.

#include <tenon/json/digits.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tenon::detail {

/// Plain bytes stand in a JSON string as they are: ASCII without control characters, quote and backslash.
inline bool is_plain(char byte) noexcept {
    // As a signed number everything below space, and everything from 0x80 on, is smaller than a space.
    return static_cast<signed char>(byte) >= 0x20 && byte != '"' && byte != '\\';
}

// Two questions about the `scan_step` bytes at an address, which must all be readable. The answer is a set of
// bytes, which is tested before it is counted: a loop that moves by a constant as long as a set is empty does
// not wait for the bytes it has loaded, one that moves by a count does.
#if defined(__SSE2__) && !defined(TENON_NO_VECTORS)

using byte_vector = unsigned char __attribute__((vector_size(16)));

inline byte_vector load_bytes(const char* from) noexcept {
    byte_vector bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

inline constexpr std::size_t scan_step = 16;

/// One bit a byte.
using byte_set = unsigned;

/// The bytes whose top bit is set, as it is where a comparison held.
inline byte_set top_bits(byte_vector bytes) noexcept {
    using char_vector = char __attribute__((vector_size(16)));
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<char_vector>(bytes)));
}

inline byte_vector equal_to(byte_vector bytes, char byte) noexcept {
    return reinterpret_cast<byte_vector>(bytes == static_cast<unsigned char>(byte));
}

inline byte_set unplain_bytes(const char* from) noexcept {
    const byte_vector bytes = load_bytes(from);
    // The difference has its top bit where a byte is below space, the byte itself where it is above ASCII.
    return top_bits(equal_to(bytes, '"') | equal_to(bytes, '\\') | (bytes - 0x20) | bytes);
}

inline byte_set backslashes(const char* from) noexcept { return top_bits(equal_to(load_bytes(from), '\\')); }

/// The number of the first byte in a set that is not empty.
inline std::size_t first_of(byte_set bytes) noexcept {
    return static_cast<std::size_t>(__builtin_ctz(bytes));
}

#else

inline constexpr std::size_t scan_step = 8;

/// The top bit of a byte says whether it belongs. The set may hold bytes too many behind its first, because sums
/// carry, but never one too many before.
using byte_set = std::uint64_t;

inline constexpr std::uint64_t every_byte = 0x0101010101010101u;

inline byte_set equal_bytes(std::uint64_t bytes, char byte) noexcept {
    const std::uint64_t differs = bytes ^ (every_byte * static_cast<unsigned char>(byte));
    return (differs - every_byte) & ~differs & (every_byte * 0x80);
}

inline byte_set unplain_bytes(const char* from) noexcept {
    const std::uint64_t bytes = load_eight(from);
    const std::uint64_t unprintable = ((bytes - every_byte * 0x20) | bytes) & (every_byte * 0x80);
    return unprintable | equal_bytes(bytes, '"') | equal_bytes(bytes, '\\');
}

inline byte_set backslashes(const char* from) noexcept { return equal_bytes(load_eight(from), '\\'); }

/// The number of the first byte in a set that is not empty.
inline std::size_t first_of(byte_set bytes) noexcept {
    return static_cast<std::size_t>(__builtin_ctzll(bytes)) / 8;
}

#endif

/// How many bytes at `from` are plain, at most `scan_step`.
inline std::size_t plain_prefix(const char* from) noexcept {
    const byte_set unplain = unplain_bytes(from);
    return unplain == 0 ? scan_step : first_of(unplain);
}

/// The first byte in [at, end) that is not plain, or `end`.
inline const char* skip_plain(const char* at, const char* end) noexcept {
    for (; static_cast<std::size_t>(end - at) >= scan_step; at += scan_step)
        if (const byte_set unplain = unplain_bytes(at)) return at + first_of(unplain);
    while (at != end && is_plain(*at)) ++at;
    return at;
}

/// Whether two runs of `Size` bytes are equal, word by word; the last word may overlap the one before. What the
/// compiler knows of either becomes part of the instructions, and unlike with memcmp there is a single branch.
template <std::size_t Size>
bool same_bytes(const char* left, const char* right) noexcept {
    using Word =
        std::conditional_t<(Size >= 8), std::uint64_t, std::conditional_t<(Size >= 4), std::uint32_t, char>>;
    const auto difference = [&](std::size_t at) {
        Word one, other;
        std::memcpy(&one, left + at, sizeof one);
        std::memcpy(&other, right + at, sizeof other);
        return one ^ other;
    };
    auto differs = difference(Size - sizeof(Word));
    for (std::size_t at = 0; at + sizeof(Word) < Size; at += sizeof(Word)) differs |= difference(at);
    return differs == 0;
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
