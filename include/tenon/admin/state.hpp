#ifndef TENON_ADMIN_STATE_HPP
#define TENON_ADMIN_STATE_HPP

// What the functions behind the paths share, and how those are listed. It lives as long as the router; whoever waits for
// a plugin keeps it weakly.

#include <tenon/admin/settings.hpp>
#include <tenon/core/nearest_name.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/http/router.hpp>
#include <tenon/json/checked.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::admin {

struct admin_state : std::enable_shared_from_this<admin_state> {
    admin_state(host_base& given, admin_settings wanted) : host(given), settings(std::move(wanted)) {}

    bool enabled(std::string_view plugin) const { return !settings.enabled || settings.enabled(plugin); }

    host_base& host;
    admin_settings settings;
    std::uint64_t last_request = 0;
};

inline std::string there_is_no(std::string_view kind, std::string_view given) {
    constexpr std::size_t longest_shown = 64;
    std::string text = join({"there is no ", kind, " \""});
    append_safe(text, given, text.size() + longest_shown);
    return text += '"';
}

/// `there is no plugin "modrator"; did you mean "moderator"?`, or which ones there are.
inline std::string no_such(std::string_view kind, std::string_view given,
                           std::vector<std::string_view> known) {
    constexpr std::size_t most_shown = 20, most_compared = 1'000;
    std::string text = there_is_no(kind, given);
    const std::size_t count = known.size();
    known.resize(std::min(count, most_compared));
    if (const std::string_view meant = nearest_name(given, known); !meant.empty())
        return join({text, "; did you mean \"", meant, "\"?"});
    known.resize(std::min(count, most_shown));
    for (std::size_t at = 0; at < known.size(); ++at)
        append(text, join({at != 0 ? ", " : count == 1 ? "; there is only " : "; there are ", known[at]}));
    if (count > most_shown) append(text, join({" and ", digits(count - most_shown), " more"}));
    return count == 0 ? join({text, ": there is none at all"}) : text;
}

/// Whether there is the plugin that the path names. Where there is none, the client hears it.
inline bool known(const admin_state& admin, const http::call& asked) {
    if (admin.host.knows(asked.name)) return true;
    const auto names = admin.host.plugins();
    asked.answer(http::problem(404, no_such("plugin", asked.name, {names.begin(), names.end()})));
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
