#ifndef TENON_JSON_ESCAPE_HPP
#define TENON_JSON_ESCAPE_HPP

// What stands between the quotes of a JSON string: UTF-8 and escapes. Checking comes first and says what is
// wrong; what it has passed can be unescaped without looking for mistakes again.

#include <tenon/json/scan.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::detail {

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
    case 't':
        at = next;
        return nullptr;
    case 'u':
        break;
    default:
        return "unknown escape in a string";
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
    case 'b':
        *to++ = '\b';
        break;
    case 'f':
        *to++ = '\f';
        break;
    case 'n':
        *to++ = '\n';
        break;
    case 'r':
        *to++ = '\r';
        break;
    case 't':
        *to++ = '\t';
        break;
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
    default:
        *to++ = letter;
        break;
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
