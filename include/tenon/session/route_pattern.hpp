#ifndef TENON_SESSION_ROUTE_PATTERN_HPP
#define TENON_SESSION_ROUTE_PATTERN_HPP

// Paths of routes: `/rooms/{name}/messages`. The host matches them and sends the parameters along; this is for
// hosts that send only a path, and it splits "GET /path" as authors write it. What is a route here is one for hosts
// (rules/calls/routes.hpp), which have a word for each way of being none.

#include <tenon/json/scan.hpp>
#include <tenon/json/value.hpp>

#include <string_view>

namespace tenon::detail {

constexpr std::string_view route_method(std::string_view route) { return route.substr(0, route.find(' ')); }
constexpr std::string_view route_path(std::string_view route) {
    const std::size_t space = route.find(' ');
    return space == route.npos ? std::string_view() : route.substr(space + 1);
}

/// The text before the next slash, which goes too; `more` says whether there was one.
constexpr std::string_view take_segment(std::string_view& path, bool& more) {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    more = end != path.npos;
    path.remove_prefix(more ? end + 1 : path.size());
    return segment;
}

/// "name" of "{name}", else nothing.
constexpr std::string_view route_parameter(std::string_view segment) {
    const bool is_one = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    return is_one ? segment.substr(1, segment.size() - 2) : std::string_view();
}

/// Calls `visit` with each parameter's name, until one returns false; false then.
template <class Visit>
constexpr bool each_route_parameter(std::string_view path, Visit visit) {
    for (bool more = true; more;)
        if (const std::string_view name = route_parameter(take_segment(path, more));
            !name.empty() && !visit(name))
            return false;
    return true;
}

/// A text, or a parameter, which takes the whole segment.
constexpr bool is_route_segment(std::string_view segment) {
    const std::string_view parameter = route_parameter(segment);
    for (const char letter : parameter.empty() ? segment : parameter)
        if (letter == '\\' || letter == '{' || letter == '}' || letter == '*' ||
            (parameter.empty() && (letter == '%' || letter == '?' || letter == '#' || letter == ' ')))
            return false;
    return !segment.empty() && segment != "." && segment != ".." && is_seen(segment);
}

/// "GET /path": an upper-case method, one space, a path that starts with a slash.
constexpr bool is_route(std::string_view route) {
    const std::string_view method = route_method(route), path = route_path(route);
    if (method.empty() || method.size() > 20 || method == "TRACE" || method == "CONNECT") return false;
    for (const char letter : method)
        if (letter < 'A' || letter > 'Z') return false;
    if (path == "/") return true;
    if (path.empty() || path[0] != '/' || path.size() > 1'024) return false;
    std::size_t count = 0;
    std::string_view rest = path.substr(1);
    for (bool more = true; more;)
        if (++count > 32 || !is_route_segment(take_segment(rest, more))) return false;
    return each_route_parameter(path, [path](std::string_view name) {
        int times = 0;
        return each_route_parameter(path,
                                    [&](std::string_view other) { return name != other || ++times == 1; });
    });
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
