#ifndef TENON_WEB_ROUTE_TABLE_HPP
#define TENON_WEB_ROUTE_TABLE_HPP

// From a method and a path to whom it belongs. A pattern is made of literal segments and `{name}` ones, which take one
// whole segment that is not empty. Of several patterns that match, segment by segment from the left a literal one goes
// before a parameter; patterns that differ in nothing but the names of parameters are the same, and belong to who came
// first. So one path and method always lead to one owner.
//
// Paths that are looked up are decoded ones (web/path.hpp): what made them has checked them.

#include <tenon/json/scan.hpp>
#include <tenon/web/path.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

inline constexpr std::size_t longest_route = 1'024;
inline constexpr std::size_t max_route_segments = 32;

/// "name" of "{name}", else nothing.
inline std::string_view parameter_of(std::string_view segment) noexcept {
    const bool is_one = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    return is_one ? segment.substr(1, segment.size() - 2) : std::string_view();
}

/// Why nobody may have such a method; empty where somebody may. TRACE shows a request to who sent it, CONNECT is no request
/// of a path.
inline std::string_view problem_of_method(std::string_view method) noexcept {
    if (method.empty() || method.size() > 20) return "expected a method like GET";
    for (const char letter : method)
        if (letter < 'A' || letter > 'Z') return "expected a method like GET";
    return method == "TRACE" || method == "CONNECT" ? "TRACE and CONNECT are not for routes"
                                                    : std::string_view();
}

/// Why that is no pattern; empty where it is one.
inline std::string_view problem_of_pattern(std::string_view pattern, bool with_parameters = true) {
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
        if (const std::string_view name = parameter_of(segment); with_parameters && !name.empty()) {
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

} // namespace tenon::detail

namespace tenon::http {

template <class Owner>
class route_table {
public:
    /// What a method and a path lead to. All of it is valid until the table changes or the path dies.
    struct match {
        const Owner* owner = nullptr; // null: none
        std::vector<std::pair<std::string_view, std::string_view>> params =
            {}; // by name, in the order of the path
        std::vector<std::string_view> allowed =
            {}; // where only the method has none: those that have one (405)
    };

    /// Null: `owner` has it now. Otherwise the one who has it already. One that ends in a slash is found with it and
    /// without it.
    const Owner* add(std::string_view method, std::string_view pattern, Owner owner);
    /// Those that `goes` names.
    template <class Condition>
    void erase_if(Condition goes) {
        erase_below(root_, goes);
    }

    /// HEAD is a method like any other here: who wants GET to answer it asks for that.
    match find(std::string_view method, std::string_view path) const;

    /// In the order of their paths, parameters behind literals, then of their methods.
    std::vector<const Owner*> list() const {
        std::vector<const Owner*> all;
        collect(root_, all);
        return all;
    }

private:
    struct entry {
        std::string pattern;
        Owner owner;
    };
    struct node {
        std::map<std::string, std::unique_ptr<node>, std::less<>> literals = {};
        std::unique_ptr<node> parameter = {};
        std::map<std::string, entry, std::less<>> methods = {};

        bool empty() const noexcept { return literals.empty() && parameter == nullptr && methods.empty(); }
    };
    struct search {
        std::string_view method;
        bool slash_behind = false;
        std::vector<std::string_view> values = {}; // of parameters
        const entry* found = nullptr;
        std::set<std::string_view> allowed = {};
    };

    static bool look(const node& at, std::string_view rest, search& wanted);
    static void collect(const node& at, std::vector<const Owner*>& all);
    template <class Condition>
    static void erase_below(node& at, Condition& goes);

    node root_;
};

template <class Owner>
const Owner* route_table<Owner>::add(std::string_view method, std::string_view pattern, Owner owner) {
    std::string_view rest = pattern.substr(1);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    node* at = &root_;
    while (!rest.empty()) {
        const std::string_view segment = detail::next_segment(rest);
        std::unique_ptr<node>& next = detail::parameter_of(segment).empty()
                                          ? at->literals.try_emplace(std::string(segment)).first->second
                                          : at->parameter;
        if (next == nullptr) next = std::make_unique<node>();
        at = next.get();
    }
    if (const auto taken = at->methods.find(method); taken != at->methods.end()) return &taken->second.owner;
    at->methods.emplace(std::string(method), entry{std::string(pattern), std::move(owner)});
    return nullptr;
}

// Every node that is looked at is another beginning of patterns, so the work is bounded by what there is.
template <class Owner>
bool route_table<Owner>::look(const node& at, std::string_view rest, search& wanted) {
    if (rest.empty()) {
        for (const auto& [method, one] : at.methods) {
            if (wanted.slash_behind && !one.pattern.ends_with('/')) continue;
            wanted.allowed.insert(method);
            if (method == wanted.method) wanted.found = &one;
        }
        return wanted.found != nullptr;
    }
    const std::string_view segment = detail::next_segment(rest);
    if (const auto literal = at.literals.find(segment); literal != at.literals.end())
        if (look(*literal->second, rest, wanted)) return true;
    if (at.parameter == nullptr) return false;
    wanted.values.push_back(segment);
    if (look(*at.parameter, rest, wanted)) return true;
    wanted.values.pop_back();
    return false;
}

template <class Owner>
typename route_table<Owner>::match route_table<Owner>::find(std::string_view method,
                                                            std::string_view path) const {
    match made;
    if (path.empty()) return made;
    search wanted{.method = method, .slash_behind = path.size() > 1 && path.back() == '/'};
    std::string_view rest = path.substr(1);
    if (wanted.slash_behind) rest.remove_suffix(1);
    look(root_, rest, wanted);
    if (wanted.found == nullptr) {
        made.allowed.assign(wanted.allowed.begin(), wanted.allowed.end());
        return made;
    }
    made.owner = &wanted.found->owner;
    std::string_view pattern = std::string_view(wanted.found->pattern).substr(1);
    for (const std::string_view value : wanted.values) {
        std::string_view name;
        while (name.empty()) name = detail::parameter_of(detail::next_segment(pattern));
        made.params.emplace_back(name, value);
    }
    return made;
}

template <class Owner>
void route_table<Owner>::collect(const node& at, std::vector<const Owner*>& all) {
    for (const auto& [method, one] : at.methods) all.push_back(&one.owner);
    for (const auto& [text, next] : at.literals) collect(*next, all);
    if (at.parameter != nullptr) collect(*at.parameter, all);
}

template <class Owner>
template <class Condition>
void route_table<Owner>::erase_below(node& at, Condition& goes) {
    std::erase_if(at.methods, [&](const auto& one) { return goes(one.second.owner); });
    for (auto& [text, next] : at.literals) erase_below(*next, goes);
    std::erase_if(at.literals, [](const auto& one) { return one.second->empty(); });
    if (at.parameter == nullptr) return;
    erase_below(*at.parameter, goes);
    if (at.parameter->empty()) at.parameter.reset();
}

} // namespace tenon::http

#endif
