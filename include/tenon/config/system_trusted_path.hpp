#ifndef TENON_CONFIG_SYSTEM_TRUSTED_PATH_HPP
#define TENON_CONFIG_SYSTEM_TRUSTED_PATH_HPP

// What config/trusted.hpp asks the system about one path. What it says may have changed a moment later; who may
// change it then is what the question was about.

#include <tenon/process/system_program.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace tenon::detail {

/// Without symbolic links, `.` and `..`; empty where there is no such thing, or it cannot be reached.
inline std::string resolved_path(const std::string& path) {
    char* const found = ::realpath(path.c_str(), nullptr);
    if (found == nullptr) return {};
    std::string text(found);
    std::free(found);
    return text;
}

inline std::string own_user_name() { return name_of_user(::geteuid()); }

/// Why somebody else could change it, or put another thing into it; empty where nobody can.
inline std::string why_not_ours(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return join({path, " cannot be looked at"});
    const std::string facts =
        join({"its mode is ", octal_mode(found.st_mode), " and its owner ", name_of_user(found.st_uid)});
    if (found.st_uid != 0 && found.st_uid != ::geteuid())
        return join({path, " belongs to somebody else (", facts, "); it has to be ",
                     ::geteuid() == 0 ? "" : join({own_user_name(), "'s or "}), "root's"});
    if ((found.st_mode & 022) != 0)
        return join({path, " may be written by others than its owner (", facts, "): chmod go-w ", path});
    return {};
}

} // namespace tenon::detail

#endif
