#ifndef TENON_RULES_CALLS_ROUTES_HPP
#define TENON_RULES_CALLS_ROUTES_HPP

// The HTTP routes of all plugins. What a plugin declares lies below its prefix, whatever it says, so it can take no
// path of the host or of a plugin with another prefix. A path of two plugins with the same prefix belongs to the one
// that declared it first. How a route is found is in web/route_table.hpp.
//
// Paths that are looked up are decoded ones: see web/path.hpp for how. One that cannot be a path matches nothing.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/web/route_table.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Of one plugin.
inline constexpr std::size_t max_routes = 256;
/// Of a command's or a route's schema. It is listed within objects of the host's own, and read again by clients that take
/// 64 levels in all; a person does not write half as many.
inline constexpr std::size_t max_schema_levels = 32;
/// Of a route's description and schema together.
inline constexpr std::size_t max_route_text = std::size_t{64} << 10;

struct known_route {
    std::uint32_t plugin = 0;
    std::string plugin_name = {};
    std::string prefix = {}; // "" or "/api/plugins/backup"
    std::string method = {}; // "GET"
    std::string path = {};   // below the prefix: "/users/{id}"
    std::string description = {};
    bool auth = false; // only for callers that the host knows
    std::optional<json> schema = {};
};

/// What a path and a method lead to. Everything in it is valid until the table changes or the path dies.
struct route_match {
    using parameter = std::pair<std::string_view, std::string_view>;

    const known_route* route = nullptr; // null: none
    std::string_view path = {};         // below the prefix, at least "/"
    std::vector<parameter> params = {}; // by name, in the order of the path
    std::vector<std::string_view> allowed =
        {}; // where there is none for the method: those that there are (405)
};

class plugin_routes {
public:
    /// `prefix` comes from the configuration: empty, or a path without parameters.
    result<void> add(std::uint32_t plugin, std::string_view plugin_name, std::string_view prefix,
                     const route_declaration& declared);
    /// The plugin's connection is over.
    void withdraw(std::uint32_t plugin) {
        if (counts_.erase(plugin) != 0)
            table_.erase_if([plugin](const known_route& route) { return route.plugin == plugin; });
    }

    route_match find(std::string_view method, std::string_view path) const;

    std::vector<const known_route*> list() const { return table_.list(); }
    std::vector<const known_route*> of(std::uint32_t plugin) const {
        std::vector<const known_route*> own = list();
        std::erase_if(own, [plugin](const known_route* route) { return route->plugin != plugin; });
        return own;
    }

private:
    http::route_table<known_route> table_;
    std::map<std::uint32_t, std::size_t> counts_;
};

inline result<void> plugin_routes::add(std::uint32_t plugin, std::string_view plugin_name,
                                       std::string_view prefix, const route_declaration& declared) {
    const auto shown = [](std::string_view text) { return beginning_of(text, 128); };
    const auto refused = [&](std::initializer_list<std::string_view> why) {
        return fault{codes::invalid_params,
                     join({"route '", shown(declared.method), " ", shown(declared.path), "': ", join(why)})};
    };
    if (!prefix.empty() && prefix.back() == '/') prefix.remove_suffix(1);
    if (!prefix.empty())
        if (const auto problem = problem_of_pattern(prefix, false); !problem.empty())
            return refused({"the plugin's prefix '", shown(prefix), "': ", problem});
    if (const auto problem = problem_of_method(declared.method); !problem.empty()) return refused({problem});
    if (const auto problem = problem_of_pattern(declared.path); !problem.empty()) return refused({problem});
    const std::size_t text = (declared.description ? declared.description->size() : 0) +
                             (declared.schema ? declared.schema->text().size() : 0);
    if (declared.schema && json_depth(declared.schema->text()) > max_schema_levels)
        return refused({"its schema has more than 32 levels"});
    if (text > max_route_text) return refused({"its description and schema have more than 64 KiB"});
    const auto counted = counts_.find(plugin);
    if (counted != counts_.end() && counted->second >= max_routes)
        return refused({"a plugin has at most ", digits(max_routes), " routes"});

    // The plugin's "/" is its prefix, with or without a slash behind it.
    if (const known_route* taken = table_.add(
            declared.method, join({prefix, declared.path}),
            {.plugin = plugin,
             .plugin_name = std::string(plugin_name),
             .prefix = std::string(prefix),
             .method = declared.method,
             .path = declared.path,
             .description = declared.description.value_or(std::string()),
             .auth = declared.auth.value_or(false),
             .schema = declared.schema ? std::optional<json>(json(*declared.schema)) : std::nullopt}))
        return refused({taken->plugin == plugin ? "this plugin has it already" : "it belongs to ",
                        taken->plugin == plugin ? std::string_view() : taken->plugin_name});
    ++counts_[plugin];
    return {};
}

inline route_match plugin_routes::find(std::string_view method, std::string_view path) const {
    if (!problem_of_path(path).empty()) return {};
    auto [route, params, allowed] = table_.find(method, path);
    route_match match{.route = route, .params = std::move(params), .allowed = std::move(allowed)};
    if (route == nullptr) return match;
    match.path = path.substr(route->prefix.size());
    if (match.path.empty()) match.path = "/";
    return match;
}

} // namespace tenon::detail

#endif
