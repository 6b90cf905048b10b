#ifndef TENON_JSON_DECODE_HPP
#define TENON_JSON_DECODE_HPP

// From bytes straight into a C++ value. The rules, by shape (json/shape.hpp):
//
// - object: unknown members are skipped, a member given twice is refused, a missing one is refused unless it
//   is a std::optional or the struct says `static constexpr bool allow_missing = true`.
// - integers are exact and checked against the range of their type; a fraction is refused, even `1.0`.
// - an enum travels as its name; a duration as its count in its own unit; null is an empty optional.
// - a variant takes its first alternative that can read the value.
// - arrays, tuples and pairs need exactly their number of elements.
//
// Memory grows with what was received: a container whose elements are much larger than their JSON stops at
// a multiple of the text's length.

#include <tenon/json/decode_object.hpp>

#include <string_view>
#include <utility>
#include <variant>

namespace tenon::detail {

template <class T>
const char* decode_optional(json_reader& in, const char* at, T& value) {
    static_assert(can_be_read<typename T::value_type>());
    if (!in.null_next(at)) return detail::decode_at(in, at, value.emplace());
    value.reset();
    return in.null_at(at);
}

template <class T, std::size_t Index = 0>
const char* decode_variant(json_reader& in, T& value, json_reader::mark start) {
    static_assert(can_be_read<std::variant_alternative_t<Index, T>>());
    auto& alternative = value.template emplace<Index>();
    const char* end = detail::decode_at(in, start.at, alternative);
    if (end != nullptr) return end;
    if (!in.retry_from(start)) return nullptr;
    if constexpr (Index + 1 < std::variant_size_v<T>) return decode_variant<T, Index + 1>(in, value, start);
    else return in.refuse_at("expected one of several types, got none of them", start.at, start.at);
}

template <class T>
const char* decode_codec(json_reader& in, const char* at, T& value) {
    in.arrive(at);
    // A codec may just say no. Where the reader has refused already, its words stay.
    return in.depart(json_codec<T>::read(in, value) ||
                     in.refuse("refused by the codec of its type", in.behind_space(at)));
}

template <class T>
const char* decode_foreign(json_reader& in, const char* at, T& value) {
    std::string_view text;
    const char* end = in.slice_at(at, text);
    if (end == nullptr) return nullptr;
    value = T::parse(text, nullptr, false);
    return value.is_discarded() ? in.refuse_at("refused by the JSON library of its type", text.data(), end)
                                : end;
}

template <class T>
const char* decode_at(json_reader& in, const char* at, T& value) {
    constexpr shape form = shape_of<T>;
    static_assert(can_be_read<T>());
    if constexpr (form == shape::codec) return decode_codec(in, at, value);
    else if constexpr (form == shape::any) return in.arrive(at), in.depart(value.read(in));
    else if constexpr (form == shape::foreign) return decode_foreign(in, at, value);
    else if constexpr (form == shape::null) return in.null_at(at);
    else if constexpr (form == shape::boolean) return in.bool_at(at, value);
    else if constexpr (std::is_same_v<T, std::int64_t>) return in.int64_at(at, value);
    else if constexpr (std::is_same_v<T, std::uint64_t>) return in.uint64_at(at, value);
    else if constexpr (std::is_same_v<T, double>) return in.double_at(at, value);
    else if constexpr (form == shape::integer) return decode_integer(in, at, value);
    else if constexpr (form == shape::number) return decode_number(in, at, value);
    else if constexpr (form == shape::enumeration) return decode_enum(in, at, value);
    else if constexpr (form == shape::text) {
        static_assert(std::is_same_v<T, std::string>,
                      "tenon: text is read into a std::string, which owns it");
        return in.string_at(at, value);
    } else if constexpr (form == shape::optional) return decode_optional(in, at, value);
    else if constexpr (form == shape::duration) {
        typename T::rep count{};
        const char* end = detail::decode_at(in, at, count);
        if (end != nullptr) value = T(count);
        return end;
    } else if constexpr (form == shape::variant) return in.arrive(at), decode_variant(in, value, in.here());
    else if constexpr (form == shape::tuple) return decode_tuple(in, at, value);
    else if constexpr (form == shape::array) return decode_array(in, at, value);
    else if constexpr (form == shape::map) return decode_map(in, at, value);
    else if constexpr (form == shape::sequence) return decode_sequence(in, at, value);
    else if constexpr (form == shape::object) return decode_object(in, at, value);
    else return nullptr;
}

} // namespace tenon::detail

namespace tenon {

/// Reads a whole JSON text. A fault names the path and the byte: `files[2].path: expected string, got number
/// at byte 71`.
template <class T>
result<T> from_json(std::string_view text, json_origin origin = {}) {
    // Read where it will stay: to move a small struct costs as much as to read it.
    result<T> parsed(std::in_place);
    json_reader in(text, origin);
    if (!detail::decode(in, *parsed) || !in.finish()) parsed = in.error();
    return parsed;
}

} // namespace tenon

#endif
