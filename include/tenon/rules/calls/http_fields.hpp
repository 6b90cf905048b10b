#ifndef TENON_RULES_CALLS_HTTP_FIELDS_HPP
#define TENON_RULES_CALLS_HTTP_FIELDS_HPP

// Header fields between HTTP and plugins: which ones a name and a value may be (RFC 9110 section 5), and which ones
// are between two neighbours and go no further. What a plugin answers could otherwise end the header and begin a
// response of its own.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

constexpr char lower_letter(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

inline std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& letter : lower) letter = lower_letter(letter);
    return lower;
}

inline bool same_field_name(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t at = 0; at != a.size(); ++at)
        if (lower_letter(a[at]) != lower_letter(b[at])) return false;
    return true;
}

inline bool is_field_name(std::string_view name) noexcept {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    for (const char letter : name) {
        const char lower = lower_letter(letter);
        const bool plain = (lower >= 'a' && lower <= 'z') || (letter >= '0' && letter <= '9');
        if (!plain && marks.find(letter) == marks.npos) return false;
    }
    return !name.empty();
}

/// Neither CR, LF and NUL nor any other control character but the tab.
inline bool is_field_value(std::string_view value) noexcept {
    for (const char letter : value) {
        const auto byte = static_cast<unsigned char>(letter);
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return false;
    }
    return true;
}

/// Fields about one connection or about how a body travels on it.
inline bool is_hop_by_hop(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 11> names = {"connection",
                                                        "content-length",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "proxy-connection",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "http2-settings"};
    for (const std::string_view one : names)
        if (same_field_name(one, name)) return true;
    return false;
}

/// Whether `list`, the value of a Connection field, names the field too.
inline bool names_field(std::string_view list, std::string_view name) noexcept {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view one = list.substr(0, comma);
        while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
        while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
        if (same_field_name(one, name)) return true;
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    }
    return false;
}

} // namespace tenon::detail

#endif
