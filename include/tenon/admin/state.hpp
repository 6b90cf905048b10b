#ifndef TENON_ADMIN_STATE_HPP
#define TENON_ADMIN_STATE_HPP

// What the functions behind the paths share, and how those are listed. It lives as long as the router; whoever waits for
// a plugin keeps it weakly.

#include <tenon/admin/settings.hpp>
#include <tenon/host/host.hpp>
#include <tenon/http/router.hpp>
#include <tenon/http/while_wanted.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail::admin {

struct admin_state : std::enable_shared_from_this<admin_state> {
    admin_state(tenon::host& given, admin_settings wanted) : host(given), settings(std::move(wanted)) {}

    bool enabled(std::string_view plugin) const { return !settings.enabled || settings.enabled(plugin); }

    tenon::host& host;
    admin_settings settings;
    std::uint64_t last_request = 0;
};

/// Whether there is the plugin that the path names. Where there is none, the client hears it.
inline bool known(const admin_state& admin, const http::call& asked) {
    if (admin.host.knows(asked.name)) return true;
    asked.answer(http::problem(404, "there is no such plugin"));
    return false;
}

/// What stands where a client gives no payload.
inline json no_members() { return json::of(std::map<std::string, int>()); }

enum class body { needed, optional };

/// One line of a table; each header here has one.
struct entry {
    std::string_view method, pattern;
    void (*run)(admin_state& admin, const http::call& asked);
    body takes = body::needed;
    http::access needs = http::access::admin;
};

} // namespace tenon::detail::admin

#endif
