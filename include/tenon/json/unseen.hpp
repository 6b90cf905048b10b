#ifndef TENON_JSON_UNSEEN_HPP
#define TENON_JSON_UNSEEN_HPP

// Characters that act instead of being seen. They have no place in a name: two names that look alike would be two, and a
// terminal would do what a name says. What may be declared is held to this here, and text is made safe by the same list.

#include <tenon/json/scan.hpp>

#include <cstddef>
#include <string_view>

namespace tenon::detail {

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
        if (length == 0 || (length == 1 && (static_cast<unsigned char>(*at) < ' ' || *at == 0x7F)))
            return false;
        if (length > 1 && acts_unseen(utf8_code(at, length))) return false;
        at += length;
    }
    return true;
}

} // namespace tenon::detail

#endif
