#ifndef TENON_PACKAGE_ADMIN_STATE_HPP
#define TENON_PACKAGE_ADMIN_STATE_HPP

// What the functions behind the paths of packages share, and how those are listed. It lives as long as the router; whoever
// waits for the disk keeps it weakly.

#include <tenon/admin/state.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/http/principal.hpp>
#include <tenon/http/router.hpp>
#include <tenon/package_admin/audit_log.hpp>
#include <tenon/package_admin/settings.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/operations/package_manager.hpp>
#include <tenon/packages/operations/package_operation.hpp>
#include <tenon/packages/operations/package_view.hpp>
#include <tenon/packages/store/records.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::package_admin {

/// As the records have it.
inline std::string hash_of_token(std::string_view token) {
    const auto made = digest_of(token);
    return made ? std::string(made->bytes.begin(), made->bytes.end()) : std::string();
}

/// Of operations that have ended.
struct ended_operations {
    std::map<package_verb, std::int64_t> took_ms;
    std::map<std::string, std::uint64_t> refused; // by the code of why
};

struct package_admin_state : std::enable_shared_from_this<package_admin_state> {
    package_admin_state(host_base& of, package_manager& manager, package_admin_settings wanted)
        : host(of), packages(manager), settings(std::move(wanted)),
          audit(std::make_shared<audit_log>(of, manager)) {}

    std::string id_of(std::string_view plugin) const {
        if (const auto* const found = packages.installed(plugin)) return found->record.id;
        const auto known = host.status(plugin);
        return known ? known->id : std::string(plugin);
    }

    host_base& host;
    package_manager& packages;
    const package_admin_settings settings;
    const std::shared_ptr<audit_log> audit;

    std::set<std::string, std::less<>> tokens_in_work; // by name
    http::token_table table{hash_of_token, wall_clock_ms};

    package_store_view store; // as it was when the last operation had ended
    bool store_asked = false;
    ended_operations ended;
    std::optional<watch<package_operation>> watched;
};

using admin::body;

/// One line of a table; each header here has some.
struct entry {
    std::string_view method, pattern;
    http::access needs;
    void (*run)(package_admin_state& admin, const http::call& asked);
    body takes = body::needed;
    std::size_t longest = SIZE_MAX; // of its body
    bool spools = false;
    bool audits_itself = false;               // by the row of an operation that has ended
    std::string_view queried = {};            // words of the query besides "wait", where something is changed
    std::optional<http::scoping> scoped = {}; // unsaid: admin::scoping_of()
};

inline response json_of(std::string_view name, const std::string& text) {
    return http::json_answer(join({"{\"", name, "\":", text, "}"}));
}

} // namespace tenon::detail::package_admin

#endif
