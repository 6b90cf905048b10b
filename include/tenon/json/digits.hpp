#ifndef TENON_JSON_DIGITS_HPP
#define TENON_JSON_DIGITS_HPP

// Decimal digits, read eight at a time and written two at a time. How many digits a number has cannot be
// foreseen, so a loop over them mispredicts its end again and again; counting them within a word does not.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tenon::detail {

inline bool is_digit(char byte) noexcept { return static_cast<unsigned char>(byte - '0') < 10; }

/// Eight bytes as an integer whose lowest byte is the first of them.
inline std::uint64_t load_eight(const char* from) noexcept {
    std::uint64_t bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
    return bytes;
}

/// Marks the bytes that are no digits by their top bits. One behind the first mark may be marked wrongly.
inline std::uint64_t mark_others(std::uint64_t bytes) noexcept {
    // One of the sums sets the top bit of a byte beyond '9' or below '0'; such a byte may carry into the next.
    return ((bytes + 0x4646464646464646u) | (bytes - 0x3030303030303030u)) & 0x8080808080808080u;
}

/// The number that eight digits spell.
inline std::uint64_t value_of_digits(std::uint64_t bytes) noexcept {
    // Digits are joined to pairs, and pairs to fours and eights, side by side.
    bytes -= 0x3030303030303030u;
    bytes = bytes * 10 + (bytes >> 8);
    constexpr std::uint64_t mask = 0x000000FF000000FFu;
    return ((bytes & mask) * 0x000F424000000064u + ((bytes >> 16) & mask) * 0x0000271000000001u) >> 32;
}

/// Appends the digits at `at` to `value` and returns their end. More than 19 digits may overflow: count them.
inline const char* take_digits(const char* at, const char* end, std::uint64_t& value) noexcept {
    constexpr std::uint64_t zeros = 0x3030303030303030u;
    constexpr std::uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    for (; end - at >= 8; at += 8) {
        const std::uint64_t bytes = load_eight(at);
        const std::uint64_t others = mark_others(bytes);
        if (others != 0) {
            const auto bits = static_cast<unsigned>(__builtin_ctzll(others)) & ~7u;
            if (bits == 0) return at;
            // The digits move up, and zeros come before them.
            value = value * powers[bits / 8] + value_of_digits(bytes << (64 - bits) | zeros >> bits);
            return at + bits / 8;
        }
        value = value * 100000000 + value_of_digits(bytes);
    }
    for (; at != end && is_digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
    return at;
}

inline constexpr char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536"
    "37383940414243444546474849505152535455565758596061626364656667686970717273"
    "7475767778798081828384858687888990919293949596979899";

/// Writes `value` to `to`, which has room for 20 bytes; returns how many were used.
inline std::size_t write_unsigned(char* to, std::uint64_t value) noexcept {
    char digits[20];
    std::size_t at = sizeof digits;
    while (value >= 100) {
        at -= 2;
        std::memcpy(digits + at, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        std::memcpy(digits + at, digit_pairs + value * 2, 2);
    } else {
        digits[--at] = static_cast<char>('0' + value);
    }
    std::memcpy(to, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

/// As above for 21 bytes.
inline std::size_t write_signed(char* to, std::int64_t value) noexcept {
    if (value >= 0) return write_unsigned(to, static_cast<std::uint64_t>(value));
    *to = '-';
    return 1 + write_unsigned(to + 1, 0 - static_cast<std::uint64_t>(value));
}

} // namespace tenon::detail

#endif
