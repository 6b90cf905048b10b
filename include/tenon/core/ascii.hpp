#ifndef TENON_CORE_ASCII_HPP
#define TENON_CORE_ASCII_HPP

// Letters as header fields and loggers' words use them: ASCII, in any case, with blanks around. No locale has a say.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

inline std::string lower_case(std::string_view text) {
    std::string lowered(text);
    for (char& letter : lowered) letter = lower(letter);
    return lowered;
}

constexpr bool equals_ignoring_case(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    for (std::size_t at = 0; at < one.size(); ++at)
        if (one[at] != other[at] && lower(one[at]) != lower(other[at])) return false;
    return true;
}

/// Without the spaces and tabs at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// What may stand in a header's name (RFC 9110, "token").
constexpr bool is_token(char letter) noexcept {
    if ((letter >= '0' && letter <= '9') || (lower(letter) >= 'a' && lower(letter) <= 'z')) return true;
    for (const char other : std::string_view("!#$%&'*+-.^_`|~"))
        if (letter == other) return true;
    return false;
}
constexpr bool is_token(std::string_view name) noexcept {
    for (const char letter : name)
        if (!is_token(letter)) return false;
    return !name.empty();
}

} // namespace tenon::detail

#endif
