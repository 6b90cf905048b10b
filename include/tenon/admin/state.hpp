#ifndef TENON_ADMIN_STATE_HPP
#define TENON_ADMIN_STATE_HPP

// What the functions behind the paths share, and how those are listed. It lives as long as the router; whoever waits for
// a plugin keeps it weakly.

#include <tenon/admin/settings.hpp>
#include <tenon/host/host.hpp>
#include <tenon/http/router.hpp>
#include <tenon/http/while_wanted.hpp>

#include <cstdint>
#include <memory>
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
