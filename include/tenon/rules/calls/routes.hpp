#ifndef TENON_RULES_CALLS_ROUTES_HPP
#define TENON_RULES_CALLS_ROUTES_HPP

// The HTTP routes of all plugins. What a plugin declares lies below its prefix, whatever it says, so it can take no
// path of the host or of a plugin with another prefix. A pattern is made of literal segments and `{name}` ones, which
// take one whole segment that is not empty. Of several patterns that match, segment by segment from the left a literal
// one goes before a parameter; patterns that differ in nothing but the names of parameters are the same, and belong to
// whoever declared them first. So one path and method always lead to one route.
//
// Paths that are looked up are decoded ones: see route_path.hpp for how. One that cannot be a path matches nothing.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/web/path.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/json/scan.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

inline constexpr std::size_t longest_route = 1'024;
inline constexpr std::size_t max_route_segments = 32;
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

class route_table {
public:
    /// `prefix` comes from the configuration: empty, or a path without parameters.
    result<void> add(std::uint32_t plugin, std::string_view plugin_name, std::string_view prefix,
                     const route_declaration& declared);
    /// The plugin's connection is over.
    void withdraw(std::uint32_t plugin);

    /// HEAD is a method like any other here: who wants GET to answer it asks for that.
    route_match find(std::string_view method, std::string_view path) const;

    /// In the order of their paths, parameters behind literals, then of their methods.
    std::vector<const known_route*> list() const;
    std::vector<const known_route*> of(std::uint32_t plugin) const;

private:
    struct node {
        std::map<std::string, std::unique_ptr<node>, std::less<>> literals = {};
        std::unique_ptr<node> parameter = {};
        std::map<std::string, known_route, std::less<>> methods = {};

        bool empty() const noexcept { return literals.empty() && parameter == nullptr && methods.empty(); }
    };
    struct search {
        std::string_view method;
        bool slash_behind = false;                 // that is nothing but another spelling of a plugin's "/"
        std::vector<std::string_view> values = {}; // of parameters
        const known_route* found = nullptr;
        std::set<std::string_view> allowed = {};
    };

    static bool is_parameter(std::string_view segment) noexcept {
        return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    }
    static std::string_view problem_of_method(std::string_view method) noexcept;
    static std::string_view problem_of_pattern(std::string_view pattern, bool with_parameters);
    static bool look(const node& at, std::string_view rest, search& wanted);
    static void collect(const node& at, std::vector<const known_route*>& all);
    static void remove(node& at, std::uint32_t plugin);

    node root_;
    std::map<std::uint32_t, std::size_t> counts_;
};

// --- what may be declared ---

// TRACE shows a request to whoever sent it, CONNECT is no request of a path.
inline std::string_view route_table::problem_of_method(std::string_view method) noexcept {
    if (method.empty() || method.size() > 20) return "expected a method like GET";
    for (const char letter : method)
        if (letter < 'A' || letter > 'Z') return "expected a method like GET";
    return method == "TRACE" || method == "CONNECT" ? "TRACE and CONNECT are not for plugins"
                                                    : std::string_view();
}

inline std::string_view route_table::problem_of_pattern(std::string_view pattern, bool with_parameters) {
    if (pattern.empty() || pattern[0] != '/') return "it does not begin with '/'";
    if (pattern.size() > longest_route) return "it is too long";
    if (pattern == "/") return {};
    std::vector<std::string_view> names;
    std::size_t count = 0;
    pattern.remove_prefix(1);
    for (bool last = false; !last;) {
        last = pattern.find('/') == pattern.npos;
        const std::string_view segment = next_segment(pattern);
        if (const auto problem = problem_of_segment(segment); !problem.empty()) return problem;
        if (!is_seen(segment)) return "it has characters that are not seen";
        if (++count > max_route_segments) return "it has too many segments";
        if (with_parameters && is_parameter(segment)) {
            const std::string_view name = segment.substr(1, segment.size() - 2);
            if (name.find_first_of("{}*") != name.npos) return "a parameter is a whole segment like {name}";
            for (const std::string_view other : names)
                if (other == name) return "two parameters have the same name";
            names.push_back(name);
        } else if (segment.find_first_of("{}") != segment.npos) {
            return "a parameter is a whole segment like {name}";
        } else if (segment.find_first_of("*%?# ") != segment.npos) {
            return "it has one of '*', '%', '?', '#' or a space, which mean something else in URLs";
        }
    }
    return {};
}

inline result<void> route_table::add(std::uint32_t plugin, std::string_view plugin_name,
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
    if (const auto problem = problem_of_pattern(declared.path, true); !problem.empty())
        return refused({problem});
    const std::size_t text = (declared.description ? declared.description->size() : 0) +
                             (declared.schema ? declared.schema->text().size() : 0);
    if (declared.schema && json_depth(declared.schema->text()) > max_schema_levels)
        return refused({"its schema has more than 32 levels"});
    if (text > max_route_text) return refused({"its description and schema have more than 64 KiB"});
    const auto counted = counts_.find(plugin);
    if (counted != counts_.end() && counted->second >= max_routes)
        return refused({"a plugin has at most ", digits(max_routes), " routes"});

    node* at = &root_;
    std::string whole = join({prefix, declared.path == "/" ? std::string_view() : declared.path});
    for (std::string_view rest = std::string_view(whole).substr(whole.empty() ? 0 : 1); !rest.empty();) {
        const std::string_view segment = next_segment(rest);
        // A prefix has no parameters, and what looks like one was refused.
        std::unique_ptr<node>& next = is_parameter(segment)
                                          ? at->parameter
                                          : at->literals.try_emplace(std::string(segment)).first->second;
        if (next == nullptr) next = std::make_unique<node>();
        at = next.get();
    }
    if (const auto taken = at->methods.find(declared.method); taken != at->methods.end())
        return refused({taken->second.plugin == plugin ? "this plugin has it already" : "it belongs to ",
                        taken->second.plugin == plugin ? std::string_view() : taken->second.plugin_name});
    at->methods.emplace(
        declared.method,
        known_route{.plugin = plugin,
                    .plugin_name = std::string(plugin_name),
                    .prefix = std::string(prefix),
                    .method = declared.method,
                    .path = declared.path,
                    .description = declared.description.value_or(std::string()),
                    .auth = declared.auth.value_or(false),
                    .schema = declared.schema ? std::optional<json>(json(*declared.schema)) : std::nullopt});
    ++counts_[plugin];
    return {};
}

// --- finding ---

// Every node that is looked at is another beginning of declared patterns, so the work is bounded by what there is.
inline bool route_table::look(const node& at, std::string_view rest, search& wanted) {
    if (rest.empty()) {
        for (const auto& [method, route] : at.methods) {
            if (wanted.slash_behind && route.path != "/") continue;
            wanted.allowed.insert(method);
            if (method == wanted.method) wanted.found = &route;
        }
        return wanted.found != nullptr;
    }
    const std::string_view segment = next_segment(rest);
    if (const auto literal = at.literals.find(segment); literal != at.literals.end())
        if (look(*literal->second, rest, wanted)) return true;
    if (at.parameter == nullptr) return false;
    wanted.values.push_back(segment);
    if (look(*at.parameter, rest, wanted)) return true;
    wanted.values.pop_back();
    return false;
}

inline route_match route_table::find(std::string_view method, std::string_view path) const {
    route_match match;
    if (!problem_of_path(path).empty()) return match;
    search wanted{.method = method, .slash_behind = path.size() > 1 && path.back() == '/'};
    std::string_view rest = path.substr(1);
    if (wanted.slash_behind) rest.remove_suffix(1);
    look(root_, rest, wanted);
    if (wanted.found == nullptr) {
        match.allowed.assign(wanted.allowed.begin(), wanted.allowed.end());
        return match;
    }
    match.route = wanted.found;
    match.path = path.substr(wanted.found->prefix.size());
    if (match.path.empty()) match.path = "/";
    std::string_view pattern = std::string_view(wanted.found->path).substr(1);
    for (const std::string_view value : wanted.values) {
        std::string_view segment = next_segment(pattern);
        while (!is_parameter(segment)) segment = next_segment(pattern);
        match.params.emplace_back(segment.substr(1, segment.size() - 2), value);
    }
    return match;
}

// --- looking in, withdrawing ---

inline void route_table::collect(const node& at, std::vector<const known_route*>& all) {
    for (const auto& [method, route] : at.methods) all.push_back(&route);
    for (const auto& [text, next] : at.literals) collect(*next, all);
    if (at.parameter != nullptr) collect(*at.parameter, all);
}

inline std::vector<const known_route*> route_table::list() const {
    std::vector<const known_route*> all;
    collect(root_, all);
    return all;
}

inline std::vector<const known_route*> route_table::of(std::uint32_t plugin) const {
    std::vector<const known_route*> own = list();
    std::erase_if(own, [plugin](const known_route* route) { return route->plugin != plugin; });
    return own;
}

inline void route_table::remove(node& at, std::uint32_t plugin) {
    std::erase_if(at.methods, [plugin](const auto& one) { return one.second.plugin == plugin; });
    for (auto& [text, next] : at.literals) remove(*next, plugin);
    std::erase_if(at.literals, [](const auto& one) { return one.second->empty(); });
    if (at.parameter == nullptr) return;
    remove(*at.parameter, plugin);
    if (at.parameter->empty()) at.parameter.reset();
}

inline void route_table::withdraw(std::uint32_t plugin) {
    if (counts_.erase(plugin) != 0) remove(root_, plugin);
}

} // namespace tenon::detail

#endif
