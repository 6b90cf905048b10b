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
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::admin {

struct admin_state : std::enable_shared_from_this<admin_state> {
    admin_state(host_base& given, admin_settings wanted) : host(given), settings(std::move(wanted)) {}

    bool enabled(std::string_view plugin) const { return !settings.enabled || settings.enabled(plugin); }

    std::string id_of(std::string_view plugin) const {
        if (const auto known = host.status(plugin)) return known->id;
        for (const plugin_status& one : at_rest())
            if (one.name == plugin) return one.id;
        return std::string(plugin);
    }
    /// Of a plugin that goes by its name or its id; what is neither stays what it is.
    std::string name_of(const std::string& plugin) const {
        if (!settings.name_of || host.knows(plugin)) return plugin;
        std::string name = settings.name_of(plugin);
        return name.empty() ? plugin : name;
    }
    std::optional<known_beside> beside(std::string_view plugin,
                                       beside_extent how_much = beside_extent::row) const {
        return settings.beside ? settings.beside(plugin, how_much) : std::nullopt;
    }
    std::vector<plugin_status> at_rest() const {
        return settings.at_rest ? settings.at_rest() : std::vector<plugin_status>();
    }

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

/// Whether a plugin is in the scope of who asks.
inline bool reaches(const admin_state& admin, const http::call& asked, std::string_view plugin) {
    return asked.reaches_all() || asked.reaches(admin.id_of(plugin));
}

/// For who has to be told which ones there are.
inline std::string no_such_plugin(const admin_state& admin, const http::call& asked, std::string_view given) {
    auto names = admin.host.plugins();
    std::erase_if(names, [&](const std::string& one) { return !reaches(admin, asked, one); });
    return no_such("plugin", given, {names.begin(), names.end()});
}

/// Whether there is the plugin that the path names. Where there is none, the client hears it.
inline bool known(const admin_state& admin, const http::call& asked) {
    if (admin.host.knows(asked.name)) return true;
    if (admin.beside(asked.name)) {
        asked.answer(
            http::problem(409, join({asked.name, " is installed, and does not run: enabling it starts it"})));
        return false;
    }
    asked.answer(http::problem(404, no_such_plugin(admin, asked, asked.name)));
    return false;
}

/// The same where no path says which one it is. If not, the client hears it.
inline bool in_scope(const admin_state& admin, const http::call& asked, std::string_view plugin) {
    if (reaches(admin, asked, plugin)) return true;
    asked.answer(http::problem(403, asked.who->is_for_others(), "permission"));
    return false;
}

/// Who is for some plugins hears how many those are, and that the configuration has mistakes: neither which, as they name
/// any plugin, nor where its file lies.
inline void leave_out_others(host_status& status, const admin_state& admin, const http::call& asked) {
    if (asked.reaches_all()) return;
    status.plugins_known = status.plugins_ready = 0;
    for (const std::string& name : admin.host.plugins()) {
        if (!reaches(admin, asked, name)) continue;
        ++status.plugins_known;
        status.plugins_ready += admin.host.core()->moment_of(name)->state == plugin_state::ready;
    }
    if (!status.configuration) return;
    status.configuration->file.clear();
    status.configuration->mistakes.clear();
    status.configuration->last_mistake.clear();
}

/// Without the plugins that are not in the scope of who asks.
inline host_status status_for(const admin_state& admin, const http::call& asked) {
    host_status status = admin.host.status();
    std::erase_if(status.plugins, [&](const plugin_status& one) { return !asked.reaches(one.id); });
    leave_out_others(status, admin, asked);
    return status;
}

/// The same with those that are installed and do not run.
inline std::vector<plugin_status> plugins_for(const admin_state& admin, const http::call& asked) {
    std::vector<plugin_status> all = status_for(admin, asked).plugins;
    for (plugin_status& one : admin.at_rest())
        if (asked.reaches(one.id)) all.push_back(std::move(one));
    return all;
}

/// What stands where a client gives no payload.
inline json no_members() { return json::of(std::map<std::string, int>()); }

/// Whether all that a query says is known to its path, where something is changed: a misspelt `dryRun` would be none. `wait` is
/// known to each, and the words that are given with spaces between them. If not, the client hears it, without its own word:
/// a token may stand in a query.
inline bool is_query_known(const http::call& asked, std::string_view words) {
    const std::string& method = asked.asked().method;
    if (method == "GET" || method == "HEAD") return true;
    std::vector<std::string_view> known{"wait"};
    while (!words.empty()) {
        const std::size_t space = std::min(words.find(' '), words.size());
        known.push_back(words.substr(0, space));
        words.remove_prefix(std::min(space + 1, words.size()));
    }
    for (const auto& one : asked.asked().query) {
        if (std::find(known.begin(), known.end(), one.name) != known.end()) continue;
        asked.answer(http::problem(
            400, join({"the query has a word that this path does not know", or_meant(one.name, known)})));
        return false;
    }
    return true;
}

enum class body { needed, optional };

/// One line of a table; each header here has one.
struct entry {
    std::string_view method, pattern;
    http::access needs;
    void (*run)(admin_state& admin, const http::call& asked);
    body takes = body::needed;
    std::optional<http::scoping> scoped = {};
};
/// What a line does not say goes by its path: what is not about one plugin is about all of them.
inline http::scoping scoping_of(std::optional<http::scoping> said, std::string_view pattern) {
    using enum http::scoping;
    return said.value_or(pattern.starts_with("/api/v1/plugins/{name}") ? by_name : refused);
}

} // namespace tenon::detail::admin

#endif
