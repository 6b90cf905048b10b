#ifndef TENON_JSON_INDENTED_HPP
#define TENON_JSON_INDENTED_HPP

// JSON for people: each member and element on a line of its own, and what has no member or element within it, and is
// short, on one line. Two texts of the same members in the same order come out as the same text.

#include <tenon/core/text.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon {

namespace detail {

inline void append_indented(std::string& to, std::string_view value, std::size_t depth);

/// On one line, with a blank where people put one.
inline void append_on_one_line(std::string& to, std::string_view value) {
    if (value.front() == '{') {
        append(to, "{");
        checked_members members(value);
        bool first = true;
        for (std::string_view name, inner; members.next(name, inner); first = false) {
            append(to, join({first ? "\"" : ", \"", name, "\": "}));
            append_on_one_line(to, inner);
        }
        append(to, "}");
    } else if (value.front() == '[') {
        append(to, "[");
        checked_elements elements(value);
        bool first = true;
        for (std::string_view inner; elements.next(inner); first = false) {
            append(to, first ? "" : ", ");
            append_on_one_line(to, inner);
        }
        append(to, "]");
    } else {
        append(to, value);
    }
}

inline void append_line(std::string& to, std::size_t depth) { to.append(1, '\n').append(2 * depth, ' '); }

inline void append_indented(std::string& to, std::string_view value, std::size_t depth) {
    constexpr std::size_t short_enough = 80; // without what stands before it
    const bool object = value.front() == '{', array = value.front() == '[';
    if (!object && !array) return append(to, value);
    const std::size_t begins = to.size();
    if (depth != 0 && json_depth(value) == 1) {
        append_on_one_line(to, value);
        if (to.size() - begins <= short_enough) return;
        to.resize(begins);
    }
    bool first = true;
    const auto next = [&] {
        if (!first) append(to, ",");
        first = false;
        append_line(to, depth + 1);
    };
    append(to, object ? "{" : "[");
    if (object) {
        checked_members members(value);
        for (std::string_view name, inner; members.next(name, inner);) {
            next();
            append(to, join({"\"", name, "\": "}));
            append_indented(to, inner, depth + 1);
        }
    } else {
        checked_elements elements(value);
        for (std::string_view inner; elements.next(inner);) next(), append_indented(to, inner, depth + 1);
    }
    if (first) return to.resize(begins), append(to, object ? "{}" : "[]");
    append_line(to, depth);
    append(to, object ? "}" : "]");
}

} // namespace detail

/// `text` has been checked: it is what a `json` holds. Ends in a newline.
inline std::string indented_json(std::string_view text) {
    std::string made;
    detail::append_indented(made, text, 0);
    return made.append(1, '\n');
}

} // namespace tenon

#endif
