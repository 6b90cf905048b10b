#ifndef TENON_SANDBOX_SYSTEM_PATH_WALK_HPP
#define TENON_SANDBOX_SYSTEM_PATH_WALK_HPP

// Follows the links of a path by hand, but none that lies in a folder that the same policy lets be written to: a plugin
// would widen its own policy by leaving a link there for its next start.

#include <tenon/core/text.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace tenon::detail {

/// The one of `places` that `path` is, or lies in; null where there is none. All are without links.
inline const std::string* place_around(std::string_view path, const std::vector<std::string>& places) {
    for (const std::string& place : places)
        if (path.starts_with(place) &&
            (place == "/" || path.size() == place.size() || path[place.size()] == '/'))
            return &place;
    return nullptr;
}

struct path_walk {
    std::string end =
        {}; // without links, `.` and `..`; empty where nothing is there, or it cannot be reached
    std::string link = {};  // was not followed,
    std::string place = {}; // because it lies in here
};

inline path_walk walk(const std::string& path, const std::vector<std::string>& writable) {
    constexpr int most_links = 40; // as the kernel follows them
    std::array<char, 4096> room;   // PATH_MAX
    std::string at, rest = path;
    if (!path.starts_with('/')) {
        if (::getcwd(room.data(), room.size()) == nullptr) return {};
        rest = join({room.data(), "/", path});
    }
    for (int links = 0; !rest.empty();) {
        const std::string part = rest.substr(0, rest.find('/'));
        rest.erase(0, part.size() + 1);
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            at.erase(at.empty() ? 0 : at.rfind('/'));
            continue;
        }
        std::string next = join({at, "/", part});
        struct stat about {};
        if (::lstat(next.c_str(), &about) != 0) return {};
        if (!S_ISLNK(about.st_mode)) {
            at = std::move(next);
            continue;
        }
        if (const std::string* place = place_around(at.empty() ? "/" : at, writable))
            return {.link = std::move(next), .place = *place};
        const ssize_t size = ::readlink(next.c_str(), room.data(), room.size());
        if (size <= 0 || static_cast<std::size_t>(size) == room.size() || ++links > most_links) return {};
        const std::string_view target(room.data(), static_cast<std::size_t>(size));
        if (target.front() == '/') at.clear();
        rest = join({target, "/", rest});
    }
    return {.end = at.empty() ? "/" : at};
}

} // namespace tenon::detail

#endif
