#ifndef TENON_WEB_PATH_HPP
#define TENON_WEB_PATH_HPP

// Paths of URLs, so that nothing in one reaches another plugin than it says. Routes are matched on decoded paths. What
// reads a request decodes its path here, once, before anything looks at it:
//
// - The query is not part of it. A segment is decoded by itself: what decodes to '/' or '\' is refused, because it
//   would be a separator to some and none to others.
// - '.' and '..', also encoded, are refused rather than resolved; so are empty segments but for one at the end,
//   control characters, NUL, a '%' without two hex digits, and what is no UTF-8 (overlong forms are none).
// - '+' stays as it is: it means a space in queries alone.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/scan.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

/// 8 KiB: what common HTTP servers take in a request line.
inline constexpr std::size_t longest_path = 8'192;
inline constexpr std::size_t max_path_segments = 64;

/// Takes the text before the next slash, which goes too. Paths begin behind their first slash.
inline std::string_view next_segment(std::string_view& path) noexcept {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end == path.npos ? path.size() : end + 1);
    return segment;
}

/// Why no decoded path may hold such a segment; empty where one may.
inline std::string_view problem_of_segment(std::string_view segment) noexcept {
    if (segment.empty()) return "it has an empty segment";
    if (segment == "." || segment == "..") return "it has a segment '.' or '..'";
    for (const char letter : segment) {
        if (is_control(letter)) return "it has control characters";
        if (letter == '\\' || letter == '/') return "it has an encoded '/' or a '\\'";
    }
    return is_utf8(segment) ? std::string_view() : "it is no UTF-8";
}

/// Why a decoded path is none; empty where it is one. A slash at the end is let through.
inline std::string_view problem_of_path(std::string_view path) noexcept {
    if (path.empty() || path[0] != '/') return "it does not begin with '/'";
    if (path.size() > longest_path) return "it is too long";
    if (path == "/") return {};
    if (path.back() == '/') path.remove_suffix(1);
    std::size_t count = 0;
    for (path.remove_prefix(1);;) {
        const bool last = path.find('/') == path.npos;
        if (const auto problem = problem_of_segment(next_segment(path)); !problem.empty()) return problem;
        if (++count > max_path_segments) return "it has too many segments";
        if (last) return {};
    }
}

inline int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    const char lower = static_cast<char>(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// What '%' and the two digits behind it stand for; -1: there are not two.
inline int percent_byte(std::string_view text) noexcept {
    if (text.size() < 3) return -1;
    const int high = hex_value(text[1]), low = hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

} // namespace tenon::detail

namespace tenon {

/// The path of a request, decoded, or a fault that is the client's (400).
inline result<std::string> decode_path(std::string_view raw) {
    const auto refused = [](std::string_view why) {
        return fault{codes::invalid_params, detail::join({"path: ", why})};
    };
    if (raw.size() > detail::longest_path) return refused("it is too long");
    std::string path;
    path.reserve(raw.size());
    for (std::size_t at = 0; at != raw.size(); ++at) {
        if (raw[at] != '%') {
            path += raw[at];
            continue;
        }
        const int decoded = detail::percent_byte(raw.substr(at));
        if (decoded < 0) return refused("'%' is not followed by two hex digits");
        if (decoded == '/') return refused("it has an encoded '/' or a '\\'");
        path += static_cast<char>(decoded);
        at += 2;
    }
    if (const auto problem = detail::problem_of_path(path); !problem.empty()) return refused(problem);
    return path;
}

namespace http {

/// A part of a path or a query, for who writes one: what is not plain becomes %XX.
inline std::string url_part(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string safe;
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' ||
                           byte == '*';
        if (plain) safe += byte;
        else (safe += '%') += {hex[code >> 4], hex[code & 15]};
    }
    return safe;
}

} // namespace http

} // namespace tenon

#endif
