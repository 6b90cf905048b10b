#ifndef TENON_JSON_DECODE_CONTAINER_HPP
#define TENON_JSON_DECODE_CONTAINER_HPP

// The containers of json/decode.hpp: arrays of any and of a fixed length, sets, maps. Every element is counted
// before it is stored; room is made for those that are likely still to come.

#include <tenon/json/decode_scalar.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

// --- arrays ---

/// Where to go on behind an element, given where it ended; null if it was refused.
inline json_reader::place behind_element(json_reader& in, const char* end, std::size_t index) {
    if (end == nullptr) return in.in_element(index), json_reader::place{nullptr, false};
    return in.after_element(end);
}

template <class T>
json_reader::place decode_element(json_reader& in, json_reader::place next, T& element, std::size_t index) {
    if (next.more) return behind_element(in, detail::decode_at(in, next.at, element), index);
    if (next.at != nullptr) in.refuse_at("too few elements", next.at, next.at);
    return {nullptr, false};
}

inline const char* expect_no_element(json_reader& in, json_reader::place next) {
    return next.more ? in.refuse_at("too many elements", next.at, next.at) : next.at;
}

inline bool no_more_elements(json_reader& in) {
    return in.next_element() ? in.refuse("too many elements") : !in.failed();
}

template <class T>
const char* decode_tuple(json_reader& in, const char* at, T& value) {
    using std::get; // and that of std::tuple, whose header is the author's to include
    json_reader::place next = in.open_array(at);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        ((next = decode_element(in, next, get<Index>(value), Index)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>());
    return expect_no_element(in, next);
}

template <class T>
const char* decode_array(json_reader& in, const char* at, T& value) {
    json_reader::place next = in.open_array(at);
    for (std::size_t index = 0; index < value.size(); ++index)
        next = decode_element(in, next, value[index], index);
    return expect_no_element(in, next);
}

template <class T>
const char* decode_sequence(json_reader& in, const char* at, T& value) {
    using Element = typename T::value_type;
    static_assert(can_be_read<Element>());
    value.clear();
    json_reader::place next = in.open_array(at);
    for (std::size_t index = 0; next.more; ++index) {
        const char* end = nullptr;
        if constexpr (requires { value.reserve(value.capacity()); }) {
            if (index == value.capacity())
                value.reserve(in.expected_count(index, sizeof(Element), at, next.at));
        }
        if (in.afford(sizeof(Element), next.at)) {
            if constexpr (vector_like<T> && !std::is_same_v<Element, bool>) {
                end = detail::decode_at(in, next.at, value.emplace_back());
            } else {
                Element element{};
                end = detail::decode_at(in, next.at, element);
                if constexpr (vector_like<T>) value.push_back(element);
                else value.insert(std::move(element));
            }
        }
        next = behind_element(in, end, index);
    }
    return next.at;
}

// --- maps ---

/// Where to go on behind a member, given where its value ended; null if it was refused.
inline json_reader::place behind_member(json_reader& in, const char* end, std::string_view name) {
    if (end == nullptr) return in.in_member(name), json_reader::place{nullptr, false};
    return in.after_member(end);
}

template <class Key>
const char* decode_key(json_reader& in, const char* at, std::string_view text, Key& key) {
    if constexpr (std::is_same_v<Key, std::string>) {
        key = text;
        return at;
    } else if constexpr (std::is_enum_v<Key>) {
        return find_enum(text, key) ? at : refuse_name(in, at, at, list_enum_names<Key>());
    } else {
        json_reader digits(text);
        const bool spaced =
            text.empty() || text.front() <= ' ' || text.back() <= ' '; // a reader would skip it
        return !spaced && detail::decode(digits, key) && digits.finish()
                   ? at
                   : in.refuse_at("expected a number as the member's name", at, at);
    }
}

template <class T>
const char* decode_map(json_reader& in, const char* at, T& value) {
    using key_type = typename T::key_type;
    static_assert(is_map_key<key_type>, "tenon: a map's key must be a std::string, an integer or an enum");
    static_assert(can_be_read<typename T::mapped_type>());
    value.clear();
    json_reader::place next = in.open_object(at);
    while (next.more) {
        std::string_view name;
        at = in.name_at(next.at, name);
        if (at == nullptr) return nullptr;
        key_type key{};
        if (!in.afford(sizeof(typename T::value_type), at) || decode_key(in, at, name, key) == nullptr)
            return in.in_member(name), nullptr;
        const auto [place, added] = value.try_emplace(std::move(key));
        if (!added) return in.refuse_at("duplicate member", at, at), in.in_member(name), nullptr;
        // The name is gone once the value is read; the map still has it, or it is a short one.
        if constexpr (std::is_same_v<key_type, std::string>) {
            next = behind_member(in, detail::decode_at(in, at, place->second), place->first);
        } else {
            const std::string spelled(name);
            next = behind_member(in, detail::decode_at(in, at, place->second), spelled);
        }
    }
    return next.at;
}

} // namespace tenon::detail

#endif
