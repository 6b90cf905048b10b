#ifndef TENON_RULES_CALLS_PERMISSIONS_HPP
#define TENON_RULES_CALLS_PERMISSIONS_HPP

// What a plugin may ask of its host. A permission is `scope:verb`: lower-case letters, digits, '-', '_' and '.' on both
// sides. What is granted in a configuration is a permission, `scope:*` for all of a scope, or `*` for everything.
// Nothing is granted by default. Which plugin asks is known from the connection alone, never from what was sent on it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace detail {

inline bool is_permission_word(std::string_view word) noexcept {
    for (const char letter : word) {
        const bool known = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                           letter == '-' || letter == '_' || letter == '.';
        if (!known) return false;
    }
    return !word.empty();
}

inline bool is_permission(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    return colon != text.npos && is_permission_word(text.substr(0, colon)) &&
           is_permission_word(text.substr(colon + 1));
}

/// Whether a configuration may say so.
inline bool is_grant(std::string_view text) noexcept {
    if (text == "*" || is_permission(text)) return true;
    return text.size() > 2 && text.substr(text.size() - 2) == ":*" &&
           is_permission_word(text.substr(0, text.size() - 2));
}

/// Whether `grant` covers `permission`, which is one and no pattern.
inline bool grants(std::string_view grant, std::string_view permission) noexcept {
    if (grant == "*" || grant == permission) return true;
    const bool whole_scope = grant.size() > 2 && grant.substr(grant.size() - 2) == ":*";
    // The colon belongs to what must be equal: "user:*" says nothing of "users:kick".
    return whole_scope && permission.size() >= grant.size() &&
           permission.substr(0, grant.size() - 1) == grant.substr(0, grant.size() - 1);
}

} // namespace detail

/// The plugin that asks, as its connection says.
struct caller {
    std::string plugin = {}, id = {};
    std::uint64_t generation = 0; // of the instance
    std::vector<std::string> permissions = {};

    /// The empty permission has everybody.
    bool has(std::string_view permission) const noexcept {
        if (permission.empty()) return true;
        for (const std::string& grant : permissions)
            if (detail::grants(grant, permission)) return true;
        return false;
    }
};

} // namespace tenon

#endif
