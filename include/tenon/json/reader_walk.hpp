#ifndef TENON_JSON_READER_WALK_HPP
#define TENON_JSON_READER_WALK_HPP

// How json/reader.hpp walks through objects and arrays, and past values that nobody asked for, which are
// checked as strictly as any.

#include <tenon/json/reader.hpp>

namespace tenon {

namespace detail {

inline std::string_view expected_after(char close) noexcept {
    return close == '}' ? std::string_view("expected ',' or '}'") : std::string_view("expected ',' or ']'");
}

} // namespace detail

inline const char* json_reader::enter_at(const char* at, char open, std::string_view expected) {
    at = behind_space(at);
    if (at == end_ || *at != open) return mismatch(expected, at), nullptr;
    if (depth_ == max_json_depth) return syntax("nested too deep", at);
    ++depth_;
    fresh_ = true;
    return at + 1;
}

inline json_reader::place json_reader::open_at(const char* at, char open, char close,
                                               std::string_view expected) {
    at = enter_at(at, open, expected);
    if (at == nullptr) return {nullptr, false};
    fresh_ = false;
    at = behind_space(at);
    if (at == end_) return {syntax(detail::expected_after(close), at), false};
    if (*at == close) return {leave(at), false};
    return {at, true};
}

inline json_reader::place json_reader::after_item(const char* at, char close) {
    if (at != end_ && *at == ',') return {behind_space(at + 1), true};
    return after_spaced_item(at, close);
}

inline json_reader::place json_reader::after_spaced_item(const char* at, char close) {
    at = behind_space(at);
    if (at != end_ && *at == ',') return {behind_space(at + 1), true};
    if (at == end_ || *at != close) return {syntax(detail::expected_after(close), at), false};
    return {leave(at), false};
}

inline const char* json_reader::name_at(const char* at, std::string_view& name) {
    if (at == end_ || *at != '"') return syntax("expected a member's name", at);
    bool escaped = false;
    const char* end = string_end(at, escaped);
    if (end == nullptr) return nullptr;
    name = {at + 1, static_cast<std::size_t>(end - at) - 2};
    if (escaped) {
        detail::unescape(name, key_);
        name = key_;
    }
    return colon_at(end);
}

inline const char* json_reader::colon_at(const char* at) {
    at = behind_space(at);
    return at != end_ && *at == ':' ? at + 1 : syntax("expected ':'", at);
}

inline bool json_reader::next(char close) {
    if (failed()) return false;
    if (!fresh_) {
        const place next = after_item(at_, close);
        return arrive(next.at) && next.more;
    }
    fresh_ = false;
    at_ = behind_space(at_);
    if (at_ == end_) return arrive(syntax(detail::expected_after(close), at_));
    if (*at_ != close) return true;
    at_ = leave(at_);
    return false;
}

inline bool json_reader::next_element() { return next(']'); }

inline bool json_reader::next_member(std::string_view& key) { return next('}') && arrive(name_at(at_, key)); }

inline bool json_reader::skip_members() {
    std::string_view name;
    while (next_member(name))
        if (!skip_value()) return in_member(name);
    return !failed();
}

inline const char* json_reader::slice_at(const char* at, std::string_view& value) {
    const char* start = behind_space(at);
    at = skip_at(start);
    if (at != nullptr) value = {start, static_cast<std::size_t>(at - start)};
    return at;
}

// One loop over a value of any depth. Bit n of `objects` says whether level n is an object or an array.
inline const char* json_reader::skip_at(const char* at) {
    std::uint64_t objects = 0;
    unsigned level = 0;
    bool ignored;
    for (;;) {
        at = behind_space(at);
        if (at == end_) return syntax("expected a value", at);
        bool opened = false;
        switch (detail::kind_of(*at)) {
        case json_kind::object:
        case json_kind::array:
            if (depth_ + level == max_json_depth) return syntax("nested too deep", at);
            objects = objects << 1 | (*at == '{' ? 1u : 0u);
            ++level;
            ++at;
            opened = true;
            break;
        case json_kind::string:
            at = string_end(at, ignored);
            break;
        case json_kind::number:
            at = number_end(at);
            break;
        case json_kind::boolean:
            at = bool_at(at, ignored);
            break;
        case json_kind::null:
            at = null_at(at);
            break;
        case json_kind::none:
            return syntax("not a JSON value", at);
        }
        if (at == nullptr) return nullptr;
        // Behind a value, or inside a container just opened: close what ends here, stop before the next value.
        for (;;) {
            if (level == 0) return at;
            const bool object = (objects & 1) != 0;
            const char close = object ? '}' : ']';
            at = behind_space(at);
            if (at == end_) return syntax(detail::expected_after(close), at);
            if (*at == close) {
                ++at;
                objects >>= 1;
                --level;
                opened = false;
                continue;
            }
            if (!opened) {
                if (*at != ',') return syntax(detail::expected_after(close), at);
                at = behind_space(at + 1);
            }
            if (object) {
                if (at == end_ || *at != '"') return syntax("expected a member's name", at);
                at = string_end(at, ignored);
                if (at == nullptr || (at = colon_at(at)) == nullptr) return nullptr;
            }
            break;
        }
    }
}

} // namespace tenon

#endif
