#ifndef TENON_ADMIN_BRIDGE_HPP
#define TENON_ADMIN_BRIDGE_HPP

// The plugins' own routes, and what they answer, made harmless for the other pages of this host.

#include <tenon/admin/state.hpp>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail::admin {

inline constexpr std::string_view plugins_path = "/api/plugins/";

/// Whatever it is, a browser runs nothing of it as a page of this host, and keeps nothing of it for this host.
inline response sandboxed(response given) {
    // A browser would send a plugin's cookie with every page of this host. The other fields change how it treats the whole host.
    constexpr std::array<std::string_view, 6> refused = {"set-cookie",      "service-worker-allowed",
                                                         "clear-site-data", "strict-transport-security",
                                                         "alt-svc",         "www-authenticate"};
    std::erase_if(given.headers, [&](const response::header& one) {
        const std::string name = lower_case(one.name);
        if (name.starts_with("access-control-")) return true;
        for (const std::string_view other : refused)
            if (name == other) return true;
        return false;
    });
    given.headers.push_back({"Content-Security-Policy", "sandbox"});
    return given;
}

/// Of all plugins, or of the one that the path names.
inline bool is_administrator(const admin_state& admin, const http::call& asked) {
    if (!asked.admin || asked.reaches_all()) return asked.admin;
    const std::string_view below = std::string_view(asked.asked().path).substr(plugins_path.size());
    return asked.reaches(admin.id_of(below.substr(0, below.find('/'))));
}

inline void pass_on(admin_state& admin, const http::call& asked) {
    const bool is_admin = is_administrator(admin, asked);
    http::request request = asked.exchange->take();
    request.request_id = "r" + std::to_string(++admin.last_request);
    if (is_admin) request.auth = json::of(std::map<std::string, std::string>{{"role", "admin"}});
    admin.host.request(std::move(request), http::while_wanted(asked, [asked](const result<response>& answer) {
                           asked.answer(answer ? sandboxed(*answer) : http::problem(answer.error()));
                       }));
}

} // namespace tenon::detail::admin

#endif
