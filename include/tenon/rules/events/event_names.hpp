#ifndef TENON_RULES_EVENTS_EVENT_NAMES_HPP
#define TENON_RULES_EVENTS_EVENT_NAMES_HPP

// The types of events and the patterns that stand for them. A type is words with dots between, the first of
// which is its family: "message" of "message.incoming". A pattern is a type, "message.*" for everything whose
// type starts with "message.", or "*" for everything. A star anywhere else stands for nothing.

#include <tenon/core/text.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/session/names.hpp>

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// "message" of "message.incoming" and of "message.*"; "*" of "*".
constexpr std::string_view event_family(std::string_view type) noexcept {
    return type.substr(0, type.find('.'));
}

inline constexpr std::string_view an_event_pattern = "\"*\", a type like \"a.b\" or a family like \"a.*\"";

/// How exactly the pattern names the type: 0 not at all, more for a longer one, most for the type itself.
constexpr std::size_t particularity(std::string_view pattern, std::string_view type) noexcept {
    if (pattern == type) return std::numeric_limits<std::size_t>::max();
    if (pattern == "*") return 1;
    if (pattern.size() < 3 || pattern.substr(pattern.size() - 2) != ".*") return 0;
    pattern.remove_suffix(1);
    return type.size() > pattern.size() && type.substr(0, pattern.size()) == pattern ? pattern.size() : 0;
}

constexpr bool matches(std::string_view pattern, std::string_view type) noexcept {
    return particularity(pattern, type) != 0;
}

/// What is said of the pattern that names the type most exactly, else `otherwise`.
template <class Value>
const Value& most_particular(const std::map<std::string, Value>& patterns, std::string_view type,
                             const Value& otherwise) noexcept {
    const Value* found = &otherwise;
    std::size_t best = 0;
    for (const auto& [pattern, value] : patterns) {
        const std::size_t here = particularity(pattern, type);
        if (here <= best) continue;
        best = here;
        found = &value;
    }
    return *found;
}

/// The first of them that matches, or null.
inline const std::string* first_match(const std::vector<std::string>& patterns,
                                      std::string_view type) noexcept {
    for (const std::string& pattern : patterns)
        if (matches(pattern, type)) return &pattern;
    return nullptr;
}

/// An empty `include` means everything, and `exclude` wins.
inline bool passes(const event_filter& filter, std::string_view type) noexcept {
    if (first_match(filter.exclude, type) != nullptr) return false;
    return filter.include.empty() || first_match(filter.include, type) != nullptr;
}

/// Why a configuration keeps events of the pattern from its plugin, for people; empty where it does not. Of "*" it may keep
/// some: that is what filters are for.
inline std::string kept_from_plugin(const event_filter& filter, std::string_view pattern) {
    for (const std::string& one : filter.exclude)
        if (matches(one, pattern) || (pattern != "*" && matches(pattern, one)))
            return join({"events.exclude keeps \"", one, "\" from the plugin"});
    for (const std::string& one : filter.include)
        if (matches(one, pattern) || matches(pattern, one)) return {};
    return filter.include.empty() ? "" : "events.include has none of them";
}

} // namespace tenon::detail

#endif
