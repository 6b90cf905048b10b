#ifndef TENON_JSON_CHECKED_HPP
#define TENON_JSON_CHECKED_HPP

// Finding one's way in text that a json_reader has accepted: what ends where, and nothing else. A message is checked
// whole first, so these functions need not check it again. A text that was not accepted may be read past its end.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/scan.hpp>

#include <cstddef>
#include <string_view>

namespace tenon::detail {

inline const char* behind_checked_space(const char* at) noexcept {
    while (static_cast<unsigned char>(*at) <= ' ') ++at;
    return at;
}

#if defined(__SSE2__) && !defined(TENON_NO_VECTORS)

/// The first byte that `marks` marks in a step. It is there: `end` only says how far steps may reach.
template <class Marks, class IsIt>
const char* find_checked(const char* at, const char* end, Marks marks, IsIt is_it) noexcept {
    for (; static_cast<std::size_t>(end - at) >= scan_step; at += scan_step)
        if (const byte_set found = top_bits(marks(load_bytes(at)))) return at + first_of(found);
    while (!is_it(*at)) ++at;
    return at;
}

inline byte_vector mark_string_ends(byte_vector bytes) noexcept {
    return equal_to(bytes, '"') | equal_to(bytes, '\\');
}
/// Brackets differ from braces in one bit.
inline byte_vector mark_structure(byte_vector bytes) noexcept {
    return equal_to(bytes, '"') | equal_to(bytes | 0x20, '{') | equal_to(bytes | 0x20, '}');
}

#else

inline constexpr int mark_string_ends = 0, mark_structure = 0;

template <class IsIt>
const char* find_checked(const char* at, const char*, int, IsIt is_it) noexcept {
    while (!is_it(*at)) ++at;
    return at;
}

#endif

/// `at`: its quote.
inline const char* checked_string_end(const char* at, const char* end) noexcept {
    const auto ends_it = [](char byte) { return byte == '"' || byte == '\\'; };
    for (++at;; at += 2) { // behind a backslash and what it escapes
        at = find_checked(at, end, mark_string_ends, ends_it);
        if (*at == '"') return at + 1;
    }
}

/// `at`: its first byte.
inline const char* checked_value_end(const char* at, const char* end) noexcept {
    const auto is_structure = [](char byte) {
        return byte == '"' || byte == '{' || byte == '}' || byte == '[' || byte == ']';
    };
    if (*at == '"') return checked_string_end(at, end);
    if (*at != '{' && *at != '[') {
        while (at != end && *at != ',' && *at != '}' && *at != ']' && static_cast<unsigned char>(*at) > ' ')
            ++at;
        return at;
    }
    for (std::size_t depth = 0;;) {
        at = find_checked(at, end, mark_structure, is_structure);
        if (*at == '"') {
            at = checked_string_end(at, end);
            continue;
        }
        const bool opens = *at == '{' || *at == '[';
        ++at;
        if (opens) ++depth;
        else if (--depth == 0) return at;
    }
}

/// The members of an object, one by one. Names are as they were written: one with a backslash stands for another.
class checked_members {
public:
    /// `text`: an object, from its brace on.
    explicit checked_members(std::string_view text) noexcept : at_(text.data()), end_(at_ + text.size()) {}

    bool next(std::string_view& name, std::string_view& value) noexcept {
        at_ = behind_checked_space(at_ + 1); // behind the brace or the comma
        if (*at_ != '"') return false;       // there is none
        const char* const name_end = checked_string_end(at_, end_);
        name = {at_ + 1, static_cast<std::size_t>(name_end - at_) - 2};
        const char* const begin = behind_checked_space(behind_checked_space(name_end) + 1);
        const char* const value_end = checked_value_end(begin, end_);
        value = {begin, static_cast<std::size_t>(value_end - begin)};
        at_ = behind_checked_space(value_end);
        if (*at_ == '}') at_ = over_;
        return true;
    }

private:
    static constexpr const char* over_ = " }"; // where nothing is a name

    const char* at_;
    const char* end_;
};

/// The elements of an array, one by one.
class checked_elements {
public:
    /// `text`: an array, from its bracket on.
    explicit checked_elements(std::string_view text) noexcept : at_(text.data()), end_(at_ + text.size()) {}

    bool next(std::string_view& value) noexcept {
        at_ = behind_checked_space(at_ + 1); // behind the bracket or the comma
        if (*at_ == ']') return false;       // there is none
        const char* const value_end = checked_value_end(at_, end_);
        value = {at_, static_cast<std::size_t>(value_end - at_)};
        at_ = behind_checked_space(value_end);
        if (*at_ == ']') at_ = over_;
        return true;
    }

private:
    static constexpr const char* over_ = " ]"; // where no value is

    const char* at_;
    const char* end_;
};

// How deep a JSON text is nested: one that may be read alone may be too deep within a message.

/// Of what stands in the params of a message: the message and its params are levels themselves.
inline constexpr unsigned max_param_depth = max_json_depth - 2;

/// Levels of arrays and objects in a text that was checked; 0 for a number.
inline std::size_t json_depth(std::string_view text) noexcept {
    std::size_t level = 0, deepest = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (byte == '"')
            for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
        else if (byte == '{' || byte == '[') deepest = ++level > deepest ? level : deepest;
        else if (byte == '}' || byte == ']') --level;
    }
    return deepest;
}

/// Whether a plugin can be sent that. `name` is where it stands: "payload".
inline result<void> check_param_depth(std::string_view name, std::string_view text) {
    const std::size_t levels = json_depth(text);
    if (levels <= max_param_depth) return {};
    return fault{codes::invalid_params, join({name, ": expected at most ", digits(max_param_depth),
                                              " levels of arrays and objects, got ", digits(levels)})};
}

} // namespace tenon::detail

#endif
