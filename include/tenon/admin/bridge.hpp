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

inline void pass_on(admin_state& admin, const http::call& asked) {
    http::request request = asked.exchange->take();
    request.request_id = "r" + std::to_string(++admin.last_request);
    if (asked.admin) request.auth = json::of(std::map<std::string, std::string>{{"role", "admin"}});
    admin.host.request(std::move(request), http::while_wanted(asked, [asked](const result<response>& answer) {
                           asked.answer(answer ? sandboxed(*answer) : http::problem(answer.error()));
                       }));
}

} // namespace tenon::detail::admin

#endif
