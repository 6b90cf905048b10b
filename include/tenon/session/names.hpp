#ifndef TENON_SESSION_NAMES_HPP
#define TENON_SESSION_NAMES_HPP

// Which names events and commands may have. Hosts refuse others as they come; a plugin of the SDK with others does not
// compile.

#include <tenon/json/scan.hpp>

#include <cstddef>
#include <string_view>

namespace tenon::detail {

/// Longer than any name that a person makes up, short enough to be kept for every type that ever came.
inline constexpr std::size_t longest_event_type = 128;
inline constexpr std::size_t longest_command = 128;

/// Whether events may be of this type: 1 to 128 bytes that can be seen, no blank, no star, no empty word.
constexpr bool is_event_type(std::string_view type) noexcept {
    if (type.empty() || type.size() > longest_event_type) return false;
    char before = '.';
    bool is_ascii = true;
    for (const char byte : type) {
        const auto value = static_cast<unsigned char>(byte);
        if (value <= ' ' || value == 0x7F || byte == '*' || (byte == '.' && before == '.')) return false;
        is_ascii = is_ascii && value < 0x80;
        before = byte;
    }
    return before != '.' && (is_ascii || is_seen(type));
}

/// Whether this is a type, "*", or a type with ".*" behind it.
constexpr bool is_event_pattern(std::string_view pattern) noexcept {
    if (pattern == "*") return true;
    if (pattern.size() > 2 && pattern.substr(pattern.size() - 2) == ".*") pattern.remove_suffix(2);
    return is_event_type(pattern);
}

/// 1 to 128 bytes that can be seen.
constexpr bool is_command_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= longest_command && is_seen(name);
}

} // namespace tenon::detail

#endif
