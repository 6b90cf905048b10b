#ifndef TENON_JSON_SCAN_HPP
#define TENON_JSON_SCAN_HPP

// The byte loops under the JSON reader and writer: where does a string stop being plain ASCII, and is a
// UTF-8 sequence well formed. Sixteen bytes a step where the compiler has 128-bit vectors (SSE2 is part of
// every x86-64; TENON_NO_VECTORS leaves them out), eight elsewhere. Never reads past `end`.

#include <tenon/core/text.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace tenon::detail {

// Decimal digits, read eight at a time and written two at a time. How many digits a number has cannot be
// foreseen, so a loop over them mispredicts its end again and again; counting them within a word does not.

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

/// Plain bytes stand in a JSON string as they are: ASCII without control characters, quote and backslash.
inline bool is_plain(char byte) noexcept {
    // As a signed number everything below space, and everything from 0x80 on, is smaller than a space.
    return static_cast<signed char>(byte) >= 0x20 && byte != '"' && byte != '\\';
}

inline constexpr std::uint64_t every_byte = 0x0101010101010101u;

/// Eight bytes at once: the top bit of a byte says whether it is the one. The set may hold bytes too many behind its
/// first, because sums carry, but never one too many before.
inline std::uint64_t equal_bytes(std::uint64_t bytes, char byte) noexcept {
    const std::uint64_t differs = bytes ^ (every_byte * static_cast<unsigned char>(byte));
    return (differs - every_byte) & ~differs & (every_byte * 0x80);
}

inline std::uint64_t unplain_in(std::uint64_t bytes) noexcept {
    const std::uint64_t unprintable = ((bytes - every_byte * 0x20) | bytes) & (every_byte * 0x80);
    return unprintable | equal_bytes(bytes, '"') | equal_bytes(bytes, '\\');
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

/// A step whose bytes have their top bits set where they are not plain.
using step_marks = byte_vector;

inline step_marks mark_unplain(const char* from) noexcept {
    const byte_vector bytes = load_bytes(from);
    // The difference has its top bit where a byte is below space, the byte itself where it is above ASCII.
    return equal_to(bytes, '"') | equal_to(bytes, '\\') | (bytes - 0x20) | bytes;
}
inline byte_set set_of(step_marks marks) noexcept { return top_bits(marks); }

inline byte_set backslashes(const char* from) noexcept { return top_bits(equal_to(load_bytes(from), '\\')); }

/// The number of the first byte in a set that is not empty.
inline std::size_t first_of(byte_set bytes) noexcept {
    return static_cast<std::size_t>(__builtin_ctz(bytes));
}

#else

inline constexpr std::size_t scan_step = 8;

using byte_set = std::uint64_t; // as of unplain_in()

using step_marks = byte_set;

inline step_marks mark_unplain(const char* from) noexcept { return unplain_in(load_eight(from)); }
inline byte_set set_of(step_marks marks) noexcept { return marks; }

inline byte_set backslashes(const char* from) noexcept { return equal_bytes(load_eight(from), '\\'); }

/// The number of the first byte in a set that is not empty.
inline std::size_t first_of(byte_set bytes) noexcept {
    return static_cast<std::size_t>(__builtin_ctzll(bytes)) / 8;
}

#endif

inline byte_set unplain_bytes(const char* from) noexcept { return set_of(mark_unplain(from)); }

/// Whether four steps hold nothing but plain bytes.
inline bool four_plain_steps(const char* from) noexcept {
#if defined(__SSE2__) && !defined(TENON_NO_VECTORS)
    // Of what is below space and above ASCII the extremes are enough: one instruction a step instead of three.
    const byte_vector a = load_bytes(from), b = load_bytes(from + 16), c = load_bytes(from + 32),
                      d = load_bytes(from + 48);
    const auto marked = [](byte_vector bytes) { return equal_to(bytes, '"') | equal_to(bytes, '\\'); };
    const auto least = [](byte_vector one, byte_vector other) { return one < other ? one : other; };
    const byte_vector low = least(least(a, b), least(c, d)), high = a | b | c | d;
    return top_bits(marked(a) | marked(b) | marked(c) | marked(d) | (low - 0x20) | high) == 0;
#else
    return (mark_unplain(from) | mark_unplain(from + scan_step) | mark_unplain(from + 2 * scan_step) |
            mark_unplain(from + 3 * scan_step)) == 0;
#endif
}

/// The first byte in [at, end) that is not plain, or `end`. What lies between `begin` and `at` is readable, too.
inline const char* skip_plain([[maybe_unused]] const char* begin, const char* at, const char* end) noexcept {
    while (static_cast<std::size_t>(end - at) >= 4 * scan_step && four_plain_steps(at)) at += 4 * scan_step;
    for (; static_cast<std::size_t>(end - at) >= scan_step; at += scan_step)
        if (const byte_set unplain = unplain_bytes(at)) return at + first_of(unplain);
#if defined(__SSE2__) && !defined(TENON_NO_VECTORS)
    // One step back from the end instead of the last bytes one by one; those before `at` are moved out of the set.
    if (static_cast<std::size_t>(end - begin) >= scan_step) {
        const auto known = scan_step - static_cast<std::size_t>(end - at);
        const byte_set unplain = unplain_bytes(end - scan_step) >> known;
        return unplain == 0 ? end : at + first_of(unplain);
    }
#endif
    while (at != end && is_plain(*at)) ++at;
    return at;
}

/// Copies `size` bytes, below 16, if all of them are plain. Otherwise what is at `to` means nothing.
inline bool copy_few_plain(char* to, const char* from, std::size_t size) noexcept {
    // Two words that may overlap, whose number does not depend on the size.
    std::uint64_t first = 0, last = 0;
    if (size >= 8) {
        std::memcpy(&first, from, 8);
        std::memcpy(&last, from + size - 8, 8);
        std::memcpy(to, &first, 8);
        std::memcpy(to + size - 8, &last, 8);
        return (unplain_in(first) | unplain_in(last)) == 0;
    }
    if (size >= 4) {
        std::memcpy(&first, from, 4);
        std::memcpy(&last, from + size - 4, 4);
        std::memcpy(to, &first, 4);
        std::memcpy(to + size - 4, &last, 4);
        return unplain_in(first | last << 32) == 0;
    }
    for (std::size_t at = 0; at != size; ++at)
        if (!is_plain(to[at] = from[at])) return false;
    return true;
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

/// Whether two texts are equal, without calling the library: for the names of members, which are short.
inline bool same_text(std::string_view left, std::string_view right) noexcept {
    const std::size_t size = left.size();
    if (size != right.size()) return false;
    if (size < 8) {
        if (size >= 4)
            return same_bytes<4>(left.data(), right.data()) &&
                   same_bytes<4>(left.data() + size - 4, right.data() + size - 4);
        for (std::size_t at = 0; at != size; ++at)
            if (left[at] != right[at]) return false;
        return true;
    }
    for (std::size_t at = 0; at + 8 < size; at += 8)
        if (!same_bytes<8>(left.data() + at, right.data() + at)) return false;
    return same_bytes<8>(left.data() + size - 8, right.data() + size - 8);
}

/// The length of the well-formed UTF-8 sequence that starts at `at` (2 to 4 for a byte from 0x80 on), or 0:
/// no overlong forms, no surrogates, nothing above U+10FFFF.
constexpr std::size_t utf8_sequence(const char* at, const char* end) noexcept {
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

inline bool is_utf8(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const std::size_t length = utf8_sequence(at, end);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

// Characters that act instead of being seen. They have no place in a name: two names that look alike would be two, and a
// terminal would do what a name says. What may be declared is held to this here, and text is made safe by the same list.

/// Characters beyond ASCII that are not shown but act: C1 controls, marks and overrides of direction, separators of
/// lines, what has no width and no use in any script, tags. Joiners stay: scripts and emoji are made with them.
constexpr bool acts_unseen(unsigned code) noexcept {
    struct range {
        unsigned first, last;
    };
    constexpr range ranges[] = {{0x80, 0x9F},     {0x61C, 0x61C},   {0x200B, 0x200B},
                                {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                                {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
    for (const range& one : ranges)
        if (code >= one.first && code <= one.last) return true;
    return false;
}

/// The character of a well-formed sequence of two to four bytes.
constexpr unsigned utf8_code(const char* at, std::size_t length) noexcept {
    unsigned code = static_cast<unsigned char>(at[0]) & (0x7Fu >> length);
    for (std::size_t index = 1; index < length; ++index)
        code = (code << 6) | (static_cast<unsigned char>(at[index]) & 0x3Fu);
    return code;
}

/// Whether all of it can be seen, or is a blank: well-formed UTF-8 without control characters and what acts unseen.
constexpr bool is_seen(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const std::size_t length = utf8_sequence(at, end);
        if (length == 0 || (length == 1 && is_control(*at))) return false;
        if (length > 1 && acts_unseen(utf8_code(at, length))) return false;
        at += length;
    }
    return true;
}

// What stands between the quotes of a JSON string: UTF-8 and escapes. Checking comes first and says what is
// wrong; what it has passed can be unescaped without looking for mistakes again.

/// The value of four hexadecimal digits, or -1.
inline int hex4(const char* at, const char* end) noexcept {
    if (end - at < 4) return -1;
    int value = 0;
    for (int index = 0; index < 4; ++index) {
        const char digit = at[index];
        const char lower = static_cast<char>(digit | 0x20);
        if (is_digit(digit)) value = value * 16 + (digit - '0');
        else if (lower >= 'a' && lower <= 'f') value = value * 16 + (lower - 'a' + 10);
        else return -1;
    }
    return value;
}

inline char* write_utf8(char* to, unsigned code) noexcept {
    const auto tail = [&](unsigned shift) { return static_cast<char>(0x80u | ((code >> shift) & 0x3Fu)); };
    if (code < 0x80) {
        *to++ = static_cast<char>(code);
    } else if (code < 0x800) {
        *to++ = static_cast<char>(0xC0u | (code >> 6));
        *to++ = tail(0);
    } else if (code < 0x10000) {
        *to++ = static_cast<char>(0xE0u | (code >> 12));
        *to++ = tail(6);
        *to++ = tail(0);
    } else {
        *to++ = static_cast<char>(0xF0u | (code >> 18));
        *to++ = tail(12);
        *to++ = tail(6);
        *to++ = tail(0);
    }
    return to;
}

/// Moves `at` behind the escape that it stands on; what is wrong with it otherwise.
inline const char* check_escape(const char*& at, const char* end) noexcept {
    const char* next = at + 1;
    if (next == end) return "string without an end";
    switch (*next++) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': at = next; return nullptr;
    case 'u': break;
    default: return "unknown escape in a string";
    }
    const int code = hex4(next, end);
    if (code < 0) return "\\u without four hexadecimal digits";
    next += 4;
    if (code >= 0xD800 && code <= 0xDFFF) {
        // A high surrogate must be followed by a low one, and a low one may not stand alone.
        const bool pair = code < 0xDC00 && end - next >= 6 && next[0] == '\\' && next[1] == 'u';
        const int low = pair ? hex4(next + 2, end) : -1;
        if (low < 0xDC00 || low > 0xDFFF) return "surrogate without its partner";
        next += 6;
    }
    at = next;
    return nullptr;
}

/// Writes what the checked escape at `at` stands for, and moves both behind it.
inline void take_escape(const char*& at, const char* end, char*& to) noexcept {
    const char letter = at[1];
    at += 2;
    switch (letter) {
    case 'b': *to++ = '\b'; break;
    case 'f': *to++ = '\f'; break;
    case 'n': *to++ = '\n'; break;
    case 'r': *to++ = '\r'; break;
    case 't': *to++ = '\t'; break;
    case 'u': {
        auto code = static_cast<unsigned>(hex4(at, end));
        at += 4;
        if (code >= 0xD800 && code <= 0xDFFF) {
            const auto low = static_cast<unsigned>(hex4(at + 2, end));
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
        }
        to = write_utf8(to, code);
        break;
    }
    default: *to++ = letter; break;
    }
}

/// The text that the checked `raw` stands for. Made piece by piece beside the string, because it can only be
/// written into once it has been filled with zeros.
inline void unescape(std::string_view raw, std::string& value) {
    constexpr std::size_t piece = 256;
    char text[piece + scan_step];
    const char* at = raw.data();
    const char* const end = at + raw.size();
    value.clear();
    while (at != end) {
        char* to = text;
        while (at != end && to < text + piece) {
            if (static_cast<std::size_t>(end - at) >= scan_step) {
                std::memcpy(to, at, scan_step);
                const byte_set escapes = backslashes(at);
                const std::size_t plain = escapes == 0 ? scan_step : first_of(escapes);
                to += plain;
                at += plain;
                if (escapes == 0 || to >= text + piece) continue;
            }
            if (*at == '\\') take_escape(at, end, to);
            else *to++ = *at++;
        }
        value.append(text, static_cast<std::size_t>(to - text));
    }
}

} // namespace tenon::detail

#endif
