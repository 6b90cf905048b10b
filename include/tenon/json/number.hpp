#ifndef TENON_JSON_NUMBER_HPP
#define TENON_JSON_NUMBER_HPP

// Numbers as JSON spells them: the strict grammar, exact 64-bit integers, correctly rounded doubles, and the
// shortest text that reads back as the same double. Nothing here asks the locale.

#include <tenon/json/scan.hpp>

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

/// The common case without any search for the nearest: both factors are exact doubles, so one operation rounds
/// once (Clinger's fast path). False where that does not hold.
inline bool exact_product(std::uint64_t digits, std::int64_t exponent, double& value) noexcept {
    constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#if __FLT_EVAL_METHOD__ != 0
    return false; // x87 computes in more digits than it stores, and rounds twice
#endif
    if (digits > std::uint64_t{1} << 53 || exponent < -22 || exponent > 22) return false;
    const auto factor = static_cast<double>(static_cast<std::int64_t>(digits)); // signed is one instruction
    value = exponent < 0 ? factor / powers[-exponent] : factor * powers[exponent];
    return true;
}

inline bool double_from(const number_text& number, const char* begin, double& value) {
    if (number.exact && exact_product(number.digits, number.exponent, value)) {
        if (number.negative) value = -value;
        return true;
    }
    return number_from_text({begin, static_cast<std::size_t>(number.end - begin)}, value);
}

// --- the short forms, which nearly all numbers have ---

/// An integer of up to 18 digits, which is within every 64-bit range. Null where there is anything else.
inline const char* read_short_integer(const char* at, const char* end, std::int64_t& value) noexcept {
    const bool negative = at != end && *at == '-';
    const char* first = at + (negative ? 1 : 0);
    std::uint64_t digits = 0;
    at = take_digits(first, end, digits);
    const auto count = at - first;
    if (count == 0 || count > 18 || (*first == '0' && count != 1)) return nullptr;
    if (at != end && (*at == '.' || *at == 'e' || *at == 'E')) return nullptr;
    value = static_cast<std::int64_t>(negative ? 0 - digits : digits);
    return at;
}

/// A number of up to 19 digits without an exponent. Null where there is anything else.
inline const char* read_short_number(const char* at, const char* end, double& value) {
    const char* begin = at;
    const bool negative = at != end && *at == '-';
    if (negative) ++at;
    const char* first = at;
    std::uint64_t digits = 0;
    at = take_digits(first, end, digits);
    auto count = at - first;
    if (count == 0 || (*first == '0' && count != 1)) return nullptr;
    std::ptrdiff_t decimals = 0;
    if (at != end && *at == '.') {
        const char* fraction = at + 1;
        at = take_digits(fraction, end, digits);
        decimals = at - fraction;
        if (decimals == 0) return nullptr;
    }
    if (count + decimals > 19 || (at != end && (*at == 'e' || *at == 'E'))) return nullptr;
    if (exact_product(digits, -decimals, value)) {
        if (negative) value = -value;
        return at;
    }
    return number_from_text({begin, static_cast<std::size_t>(at - begin)}, value) ? at : nullptr;
}

/// Whether the number is within the range of a double, without computing it where that is plain to see.
inline bool within_double(const number_text& number, const char* begin) {
    // uint64 digits are below 1.9e19, so an exponent up to 288 stays below 1.8e308.
    if (number.digits == 0 || number.exponent <= 288) return true;
    double ignored;
    return number_from_text({begin, static_cast<std::size_t>(number.end - begin)}, ignored);
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
