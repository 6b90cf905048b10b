#ifndef TENON_PACKAGE_ADMIN_SETTINGS_HPP
#define TENON_PACKAGE_ADMIN_SETTINGS_HPP

// What an embedder decides about the administration of its packages.

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>

#include <functional>
#include <string>

namespace tenon {

struct package_admin_settings {
    /// Which file of this machine is meant, and whether it may be installed: its whole path, or why not. Without this none may,
    /// only what is sent. Whoever has a token could have the host open any file otherwise, and hear whether it is there.
    std::function<result<std::string>(const std::string& path)> trusted_file = {};
    /// How long a client waits for an operation unless it says otherwise by ?wait=; then it hears the operation's number.
    milliseconds wait{30'000};
};

} // namespace tenon

#endif
