#ifndef TENON_RULES_LOGS_LOG_TEXT_HPP
#define TENON_RULES_LOGS_LOG_TEXT_HPP

// Text of a plugin made safe to be shown: valid UTF-8, on one line, nothing in it that a terminal acts on or that
// makes it look like other text than it is. What would is written as its name: \t, \r, \x1b, \u{202e}. A backslash
// stays as it is, so that paths and JSON can be read: a written "\x1b" does no harm.

#include <tenon/core/text.hpp>
#include <tenon/json/scan.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

/// How a character that may not stand for itself is written, in at most ten bytes.
inline std::size_t write_named(char* to, unsigned code) noexcept {
    constexpr char hex[] = "0123456789abcdef";
    char* const begin = to;
    *to++ = '\\';
    if (code == '\t' || code == '\n' || code == '\r') {
        *to++ = code == '\t' ? 't' : code == '\n' ? 'n' : 'r';
    } else if (code < 0x80) {
        *to++ = 'x';
        *to++ = hex[code >> 4];
        *to++ = hex[code & 15];
    } else {
        *to++ = 'u';
        *to++ = '{';
        unsigned shift = code >= 0x10000 ? 16 : code >= 0x1000 ? 12 : code >= 0x100 ? 8 : 4;
        for (;; shift -= 4) {
            *to++ = hex[(code >> shift) & 15];
            if (shift == 0) break;
        }
        *to++ = '}';
    }
    return static_cast<std::size_t>(to - begin);
}

/// Appends `text` made safe, until `to` would hold more than `limit` bytes. False if something was left out.
inline bool append_safe(std::string& to, std::string_view text, std::size_t limit) {
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto is_shown = [](char byte) { return byte >= ' ' && byte < 0x7F; };
    while (at != end) {
        const char* plain = at;
        while (plain != end && is_shown(*plain)) ++plain;
        const auto run = static_cast<std::size_t>(plain - at);
        const std::size_t room = limit - to.size();
        to.append(at, run < room ? run : room);
        if (run > room) return false;
        at = plain;
        if (at == end) break;

        char named[10];
        std::string_view piece = "\xEF\xBF\xBD"; // a byte that is no UTF-8: U+FFFD
        std::size_t length = utf8_sequence(at, end);
        if (length == 0) length = 1;
        else if (const unsigned code = length == 1 ? static_cast<unsigned char>(*at) : utf8_code(at, length);
                 length == 1 || acts_unseen(code))
            piece = {named, write_named(named, code)};
        else piece = {at, length};
        if (piece.size() > limit - to.size()) return false;
        to.append(piece);
        at += length;
    }
    return true;
}

/// `text` without the beginning of a character whose rest was cut off.
inline std::string_view without_half_character(std::string_view text) noexcept {
    // The lead byte stands among the last three, with nothing but continuations behind it.
    for (std::size_t tail = 1; tail <= 3 && tail <= text.size(); ++tail) {
        const auto byte = static_cast<unsigned char>(text[text.size() - tail]);
        if ((byte & 0xC0u) == 0x80u) continue;
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1;
        return length > tail ? text.substr(0, text.size() - tail) : text;
    }
    return text;
}

/// What stands at the end of a text that was cut.
inline constexpr std::string_view cut_mark = " [cut]";

// What a plugin wrote, or what is said of it, is cut and made safe: a history of thousands of changes must not hold what a
// hostile plugin wrote a thousand times, and it ends in logs and on terminals.

/// Longer reasons and messages are cut: a screen full is enough for a person.
inline constexpr std::size_t max_reason_bytes = 1'024;

inline std::string shortened(std::string_view text) {
    std::string safe;
    append_safe(safe, text, max_reason_bytes);
    return safe;
}

} // namespace tenon::detail

namespace tenon {

/// A foreign text for a terminal, a log or a report: one line, and nothing in it that acts. Cut at `longest` bytes.
inline std::string safe_text(std::string_view text, std::size_t longest = std::size_t{1} << 20) {
    std::string safe;
    if (!detail::append_safe(safe, text, longest)) safe += detail::cut_mark;
    return safe;
}

} // namespace tenon

#endif
