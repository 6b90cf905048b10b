#ifndef TENON_TESTING_SAME_JSON_HPP
#define TENON_TESTING_SAME_JSON_HPP

// Whether two texts are the same JSON value: the order of members, white space and the spelling of strings and
// numbers do not matter. Integers are compared exactly, other numbers as doubles.

#include <tenon/json/value.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

inline bool same_number(const json& a, const json& b) {
    const auto left = a.as<std::int64_t>(), right = b.as<std::int64_t>();
    if (left && right) return *left == *right;
    const auto left_double = a.as<double>(), right_double = b.as<double>();
    return left_double && right_double && *left_double == *right_double;
}

inline bool same_value(const json& a, const json& b) {
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
    case json_kind::object: {
        const auto left = a.as<std::map<std::string, json>>(), right = b.as<std::map<std::string, json>>();
        if (!left || !right || left->size() != right->size()) return false;
        for (const auto& [name, value] : *left)
            if (const auto found = right->find(name);
                found == right->end() || !same_value(value, found->second))
                return false;
        return true;
    }
    case json_kind::array: {
        const auto left = a.as<std::vector<json>>(), right = b.as<std::vector<json>>();
        if (!left || !right || left->size() != right->size()) return false;
        for (std::size_t index = 0; index < left->size(); ++index)
            if (!same_value((*left)[index], (*right)[index])) return false;
        return true;
    }
    case json_kind::string:
        return *a.as<std::string>() == *b.as<std::string>();
    case json_kind::number:
        return same_number(a, b);
    default:
        return a.text() == b.text();
    }
}

} // namespace tenon::detail

namespace tenon::testing {

/// False too where one of them is no JSON.
inline bool same_json(std::string_view a, std::string_view b) {
    const auto left = json::parse(a), right = json::parse(b);
    return left && right && detail::same_value(*left, *right);
}

} // namespace tenon::testing

#endif
