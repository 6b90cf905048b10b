#ifndef TENON_JSON_NUMBER_HPP
#define TENON_JSON_NUMBER_HPP

// Numbers as JSON spells them: the strict grammar, exact 64-bit integers, correctly rounded doubles, and the
// shortest text that reads back as the same double. Nothing here asks the locale.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace tenon::detail {

/// What one pass over a number's text finds out.
struct number_text {
    const char* end = nullptr; // behind the last byte; null if this is no JSON number
    std::uint64_t digits = 0;  // the significant digits as an integer, exact while `exact`
    std::int64_t exponent = 0; // the value is digits * 10^exponent
    bool negative = false;
    bool integral = true; // neither fraction nor exponent was written
    bool exact = true;    // `digits` holds all of them
};

inline bool is_digit(char byte) noexcept { return static_cast<unsigned char>(byte - '0') < 10; }

// Digits beyond what a uint64 holds are counted, not stored.
inline const char* scan_digits(const char* at, const char* end, number_text& number, bool fraction) noexcept {
    constexpr std::uint64_t room = (std::numeric_limits<std::uint64_t>::max() - 9) / 10;
    for (; at != end && is_digit(*at); ++at) {
        if (number.digits <= room) {
            number.digits = number.digits * 10 + static_cast<std::uint64_t>(*at - '0');
            if (fraction) --number.exponent;
        } else {
            // One more digit may still fit exactly: 18446744073709551615 is twenty digits long.
            const auto digit = static_cast<std::uint64_t>(*at - '0');
            const bool fits = number.exact && !fraction &&
                              number.digits == std::numeric_limits<std::uint64_t>::max() / 10 && digit <= 5;
            if (fits) {
                number.digits = number.digits * 10 + digit;
            } else {
                number.exact = false;
                if (!fraction) ++number.exponent;
            }
        }
    }
    return at;
}

inline number_text scan_number(const char* at, const char* end) noexcept {
    number_text number;
    if (at != end && *at == '-') {
        number.negative = true;
        ++at;
    }
    if (at == end || !is_digit(*at)) return number;
    if (*at == '0') ++at; // a leading zero stands alone
    else at = scan_digits(at, end, number, false);
    if (at != end && *at == '.') {
        number.integral = false;
        const char* fraction = ++at;
        at = scan_digits(at, end, number, true);
        if (at == fraction) return number;
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        number.integral = false;
        ++at;
        bool negative = false;
        if (at != end && (*at == '+' || *at == '-')) negative = *at++ == '-';
        if (at == end || !is_digit(*at)) return number;
        std::int64_t exponent = 0;
        for (; at != end && is_digit(*at); ++at)
            if (exponent < 1'000'000'000) exponent = exponent * 10 + (*at - '0');
        number.exponent += negative ? -exponent : exponent;
    }
    number.end = at;
    return number;
}

/// The double or float nearest to the number written in `text`, which must satisfy the grammar. False if it is
/// too large for one; too small ones become zero.
template <class Number>
bool number_from_text(std::string_view text, Number& value) {
#if defined(__cpp_lib_to_chars)
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec == std::errc()) return true;
    // Out of range says nothing of the direction. At most 20 digits are kept, so too large means a positive
    // exponent and too small a negative one.
    const number_text number = scan_number(text.data(), text.data() + text.size());
    if (number.digits != 0 && number.exponent > 0) return false;
    value = number.negative ? -Number{} : Number{};
    return true;
#else
    // A standard library without from_chars for double: strtod, which is exact in musl and wasi-libc and
    // knows no other decimal point there.
    const std::string terminated(text);
    if constexpr (sizeof(Number) == sizeof(float)) value = std::strtof(terminated.c_str(), nullptr);
    else value = std::strtod(terminated.c_str(), nullptr);
    return value <= std::numeric_limits<Number>::max() && value >= -std::numeric_limits<Number>::max();
#endif
}

inline bool double_from(const number_text& number, const char* begin, double& value) {
    // Clinger's fast path: both factors are exact doubles, so one operation rounds once.
    constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    constexpr std::uint64_t exact_limit = std::uint64_t{1} << 53;
    if (number.exact && number.digits <= exact_limit && number.exponent >= -22 && number.exponent <= 22) {
        const double digits = static_cast<double>(number.digits);
        const double scaled =
            number.exponent < 0 ? digits / powers[-number.exponent] : digits * powers[number.exponent];
        value = number.negative ? -scaled : scaled;
        return true;
    }
    return number_from_text({begin, static_cast<std::size_t>(number.end - begin)}, value);
}

/// Whether the number is within the range of a double, without computing it where that is plain to see.
inline bool within_double(const number_text& number, const char* begin) {
    // uint64 digits are below 1.9e19, so an exponent up to 288 stays below 1.8e308.
    if (number.digits == 0 || number.exponent <= 288) return true;
    double ignored;
    return number_from_text({begin, static_cast<std::size_t>(number.end - begin)}, ignored);
}

inline constexpr char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536"
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

/// Room that any double needs.
inline constexpr std::size_t number_room = 32;

/// Writes the shortest text that reads back as `value`; what JSON cannot say (NaN, infinity) becomes null.
template <class Number>
std::size_t write_number(char* to, Number value) noexcept {
    if (!(value - value == 0)) { // true for NaN and both infinities alone
        std::memcpy(to, "null", 4);
        return 4;
    }
    return static_cast<std::size_t>(std::to_chars(to, to + number_room, value).ptr - to);
}

} // namespace tenon::detail

#endif
