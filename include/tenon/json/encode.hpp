#ifndef TENON_JSON_ENCODE_HPP
#define TENON_JSON_ENCODE_HPP

// From a C++ value straight to bytes; the mirror image of json/decode.hpp. Cannot fail: what JSON cannot say
// is written as the nearest that it can (NaN as null, an enumerator without a name as its number, bytes that
// are no UTF-8 as U+FFFD). An empty optional is left out of an object and is null elsewhere.

#include <tenon/json/reflect.hpp>
#include <tenon/json/describe.hpp>
#include <tenon/json/writer.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tenon {

/// What an enumerator is called in JSON; empty where it has no name.
template <class Enum>
    requires(std::is_enum_v<Enum>)
constexpr std::string_view name_of(Enum value) noexcept {
    for (const auto& known : detail::enum_names<Enum>)
        if (known.value == value) return known.name;
    return {};
}

} // namespace tenon

namespace tenon::detail {

using tenon::name_of; // beside that of json_kind, which would hide it

template <class T>
void encode(json_writer& out, const T& value);

template <class T>
void encode_enum(json_writer& out, T value) {
    const std::string_view name = tenon::name_of(value);
    if (name.empty()) out.integer(static_cast<std::int64_t>(value));
    else out.string(name);
}

template <class T>
void encode_tuple(json_writer& out, const T& value) {
    using std::get; // and that of std::tuple, whose header is the author's to include
    out.begin_array();
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (detail::encode(out, get<Index>(value)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>());
    out.end_array();
}

template <class T>
void encode_sequence(json_writer& out, const T& value) {
    out.begin_array();
    // By value where the container has only a stand-in for its elements (std::vector<bool>).
    for (const typename T::value_type& element : value) detail::encode(out, element);
    out.end_array();
}

template <class Key>
void encode_key(json_writer& out, const Key& key) {
    if constexpr (std::is_same_v<Key, std::string>) {
        out.key(key);
    } else if constexpr (std::is_enum_v<Key>) {
        const std::string_view name = tenon::name_of(key);
        if (name.empty()) encode_key(out, static_cast<std::int64_t>(key));
        else out.key(name);
    } else {
        char digits[21];
        if constexpr (std::is_signed_v<Key>) out.key({digits, write_signed(digits, key)});
        else out.key({digits, write_unsigned(digits, key)});
    }
}

template <class T>
void encode_map(json_writer& out, const T& value) {
    static_assert(is_map_key<typename T::key_type>,
                  "tenon: a map's key must be a std::string, an integer or an enum");
    out.begin_object();
    for (const auto& [key, mapped] : value) {
        encode_key(out, key);
        detail::encode(out, mapped);
    }
    out.end_object();
}

template <class T>
bool is_empty(const T& value) {
    if constexpr (requires { value.is_null(); }) return value.is_null();
    else if constexpr (requires { value.empty(); }) return value.empty();
    else {
        static_assert(std::is_same_v<T, bool>,
                      "tenon: only a text, a container, JSON or a bool may be omit_empty; "
                      "a std::optional is left out without that");
        return !value;
    }
}

template <class T, std::size_t Index, class Member>
void encode_member(json_writer& out, const Member& member) {
    if constexpr (may_be_absent<Member>) {
        if (!member.has_value()) return;
    } else if constexpr (member_marks<T>[Index] == member_mark::omit_empty) {
        if (is_empty(member)) return;
    }
    out.member_literal(member_label<T, Index>);
    detail::encode(out, member);
}

template <class T>
void encode_object(json_writer& out, const T& value) {
    out.begin_object();
    detail::visit_members(value, [&](const auto&... members) {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (encode_member<T, Index>(out, members), ...);
        }
        (std::make_index_sequence<sizeof...(members)>());
    });
    out.end_object();
}

template <class T>
void encode(json_writer& out, const T& value) {
    constexpr shape form = shape_of<T>;
    static_assert(form != shape::unknown,
                  "tenon: this type cannot be described: it is neither a plain aggregate nor a known "
                  "container, and it has no describe() and no tenon::json_codec");
    if constexpr (form == shape::codec) json_codec<T>::write(out, value);
    else if constexpr (form == shape::any) out.raw(value.text());
    else if constexpr (form == shape::foreign)
        out.raw(value.dump(-1, ' ', false, T::error_handler_t::replace));
    else if constexpr (form == shape::null) out.null();
    else if constexpr (form == shape::boolean) out.boolean(value);
    else if constexpr (form == shape::integer && std::is_signed_v<T>) out.integer(value);
    else if constexpr (form == shape::integer) out.unsigned_integer(value);
    else if constexpr (std::is_same_v<T, float>) out.number(value);
    else if constexpr (form == shape::number) out.number(static_cast<double>(value));
    else if constexpr (form == shape::enumeration) encode_enum(out, value);
    else if constexpr (form == shape::text) out.string(value);
    else if constexpr (form == shape::optional) {
        if (value.has_value()) detail::encode(out, *value);
        else out.null();
    } else if constexpr (form == shape::duration) detail::encode(out, value.count());
    else if constexpr (form == shape::variant)
        std::visit([&](const auto& alternative) { detail::encode(out, alternative); }, value);
    else if constexpr (form == shape::tuple) encode_tuple(out, value);
    else if constexpr (form == shape::map) encode_map(out, value);
    else if constexpr (form == shape::array || form == shape::sequence) encode_sequence(out, value);
    else if constexpr (form == shape::object) encode_object(out, value);
}

} // namespace tenon::detail

namespace tenon {

template <class T>
std::string to_json(const T& value) {
    byte_buffer buffer;
    json_writer out(buffer);
    detail::encode(out, value);
    return std::string(buffer.view());
}

} // namespace tenon

#endif
