#ifndef TENON_JSON_KIND_HPP
#define TENON_JSON_KIND_HPP

// The kinds of JSON values, told by the first byte of one.

#include <tenon/json/digits.hpp>

#include <string_view>

namespace tenon {

enum class json_kind { none, null, boolean, number, string, array, object };

namespace detail {

inline json_kind kind_of(char first) noexcept {
    switch (first) {
    case '{':
        return json_kind::object;
    case '[':
        return json_kind::array;
    case '"':
        return json_kind::string;
    case 't':
    case 'f':
        return json_kind::boolean;
    case 'n':
        return json_kind::null;
    default:
        return first == '-' || is_digit(first) ? json_kind::number : json_kind::none;
    }
}

inline std::string_view name_of(json_kind kind) noexcept {
    switch (kind) {
    case json_kind::null:
        return "null";
    case json_kind::boolean:
        return "boolean";
    case json_kind::number:
        return "number";
    case json_kind::string:
        return "string";
    case json_kind::array:
        return "array";
    case json_kind::object:
        return "object";
    case json_kind::none:
        break;
    }
    return "nothing";
}

} // namespace detail

} // namespace tenon

#endif
