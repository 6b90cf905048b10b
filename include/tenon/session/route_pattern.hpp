#ifndef TENON_SESSION_ROUTE_PATTERN_HPP
#define TENON_SESSION_ROUTE_PATTERN_HPP

// Paths of routes: `/rooms/{name}/messages`. The host matches them and sends the parameters along; this is for
// hosts that send only a path, and it splits "GET /path" as authors write it.

#include <tenon/json/value.hpp>

#include <string>
#include <string_view>

namespace tenon::detail {

constexpr std::string_view route_method(std::string_view route) { return route.substr(0, route.find(' ')); }
constexpr std::string_view route_path(std::string_view route) {
    const std::size_t space = route.find(' ');
    return space == route.npos ? std::string_view() : route.substr(space + 1);
}

/// "GET /path": an upper-case method, one space, a path that starts with a slash.
constexpr bool is_route(std::string_view route) {
    const std::string_view method = route_method(route), path = route_path(route);
    if (method.empty() || path.empty() || path[0] != '/') return false;
    for (const char letter : method)
        if (letter < 'A' || letter > 'Z') return false;
    return path.find(' ') == path.npos;
}

/// The text before the next slash, which goes too; `more` says whether there was one.
inline std::string_view take_segment(std::string_view& path, bool& more) {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    more = end != path.npos;
    path.remove_prefix(more ? end + 1 : path.size());
    return segment;
}

/// Whether `path` matches; the parameters become an object of strings then.
inline bool match_path(std::string_view pattern, std::string_view path, json& params) {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    for (bool more_wanted = true, more_given = true; more_wanted;) {
        const std::string_view wanted = take_segment(pattern, more_wanted),
                               given = take_segment(path, more_given);
        if (more_wanted != more_given) return false;
        if (wanted.size() > 2 && wanted.front() == '{' && wanted.back() == '}') {
            if (given.empty()) return false;
            out.key(wanted.substr(1, wanted.size() - 2));
            out.string(given);
        } else if (wanted != given) {
            return false;
        }
    }
    out.end_object();
    auto made = json::parse(buffer.view());
    if (made) params = std::move(*made);
    return true;
}

} // namespace tenon::detail

#endif
