#ifndef TENON_ADMIN_ROLES_HPP
#define TENON_ADMIN_ROLES_HPP

// What a role may. A token has roles; what a path needs is a permission. Nothing is inherited: a line says all of it.
// An installer takes what keys that are trusted here have signed. What is unsigned (packages:any), more permissions for a
// package (packages:grant), an older version (packages:downgrade), keys (trust:write), tokens (access:write) and the audit
// (audit:read) are the administrator's.

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace detail::admin {

inline constexpr std::string_view viewer[] = {"plugins:read", "logs:read", "packages:read", "metrics:read"};
inline constexpr std::string_view operating[] = {"plugins:read", "logs:read",       "packages:read",
                                                 "metrics:read", "plugins:operate", "plugins:configure"};
inline constexpr std::string_view installer[] = {"plugins:read",     "logs:read",       "packages:read",
                                                 "metrics:read",     "plugins:operate", "plugins:configure",
                                                 "packages:install", "packages:update", "packages:remove"};
inline constexpr std::string_view publisher[] = {"packages:read"};
inline constexpr std::string_view everything[] = {"*"};

struct role {
    std::string_view name;
    std::span<const std::string_view> permissions;
};
inline constexpr std::array<role, 5> roles = {role{"viewer", viewer}, role{"operator", operating},
                                              role{"installer", installer}, role{"publisher", publisher},
                                              role{"admin", everything}};

} // namespace detail::admin

/// viewer, operator, installer, publisher, admin.
inline bool is_role(std::string_view name) noexcept {
    return std::any_of(detail::admin::roles.begin(), detail::admin::roles.end(),
                       [&](const auto& one) { return one.name == name; });
}

/// What all of them together may, each permission once. What is no role may nothing.
inline std::vector<std::string> permissions_of(const std::vector<std::string>& roles) {
    std::vector<std::string> all;
    for (const auto& one : detail::admin::roles) {
        if (std::find(roles.begin(), roles.end(), one.name) == roles.end()) continue;
        for (const std::string_view permission : one.permissions)
            if (std::find(all.begin(), all.end(), permission) == all.end()) all.emplace_back(permission);
    }
    return all;
}

} // namespace tenon

#endif
