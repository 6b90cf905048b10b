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

#include <tenon/json/reader.hpp>
#include <tenon/json/reflect.hpp>
#include <tenon/json/shape.hpp>

#include <limits>
#include <string>
#include <utility>

namespace tenon::detail {

template <class T>
bool decode(json_reader& in, T& value);

/// Says what is wrong with the type of elements before their container is instantiated for reading, whose own
/// words would come first.
template <class T>
constexpr bool can_be_read() {
    static_assert(shape_of<T> != shape::unknown,
                  "tenon: this type cannot be described: it is neither a plain aggregate nor a known "
                  "container, and it has no describe() and no tenon::json_codec");
    static_assert(std::is_default_constructible_v<T>, "tenon: a type that is read needs a default constructor");
    return true;
}

template <class T>
bool decode_integer(json_reader& in, T& value) {
    using limits = std::numeric_limits<T>;
    const char* start = in.value_start();
    if constexpr (std::is_signed_v<T>) {
        std::int64_t wide = 0;
        if (!in.read_int64(wide)) return false;
        if (wide < limits::min() || wide > limits::max()) return in.refuse("integer out of range", start);
        value = static_cast<T>(wide);
    } else {
        std::uint64_t wide = 0;
        if (!in.read_uint64(wide)) return false;
        if (wide > limits::max()) return in.refuse("integer out of range", start);
        value = static_cast<T>(wide);
    }
    return true;
}

template <class T>
bool decode_number(json_reader& in, T& value) {
    const char* start = in.value_start();
    double wide = 0;
    if (!in.read_double(wide)) return false;
    if constexpr (std::is_same_v<T, float>) {
        // Not by way of the double: rounded twice, 7.038531e-26 becomes the float beside the one it names.
        const std::string_view text(start, static_cast<std::size_t>(in.position() - start));
        return number_from_text(text, value) || in.refuse("number out of range", start);
    } else {
        value = static_cast<T>(wide);
        return true;
    }
}

/// `expected one of "red", "green"`, written once for all enums.
inline bool refuse_name(json_reader& in, const char* start, std::string_view names) {
    std::string sentence = "expected one of ";
    return in.refuse(sentence.append(names), start);
}

template <class T>
std::string list_enum_names() {
    std::string list;
    for (const auto& known : enum_names<T>) {
        if (!list.empty()) list += ", ";
        list.append(1, '"').append(known.name).append(1, '"');
    }
    return list;
}

template <class T>
bool find_enum(std::string_view name, T& value) {
    for (const auto& known : enum_names<T>)
        if (known.name == name) return value = known.value, true;
    return false;
}

template <class T>
bool decode_enum(json_reader& in, T& value) {
    const char* start = in.value_start();
    std::string scratch;
    std::string_view name;
    if (!in.read_text(name, scratch)) return false;
    return find_enum(name, value) || refuse_name(in, start, list_enum_names<T>());
}

template <class T, std::size_t Index = 0>
bool decode_variant(json_reader& in, T& value, json_reader::mark start) {
    static_assert(can_be_read<std::variant_alternative_t<Index, T>>());
    auto& alternative = value.template emplace<Index>();
    if (detail::decode(in, alternative)) return true;
    if constexpr (Index + 1 < std::variant_size_v<T>)
        return in.retry_from(start) && decode_variant<T, Index + 1>(in, value, start);
    else if (in.retry_from(start)) return in.refuse("expected one of several types, got none of them", start.at);
    return false;
}

template <class T>
bool decode_element(json_reader& in, T& element, std::size_t index) {
    if (!in.next_element()) return !in.failed() ? in.refuse("too few elements") : false;
    return detail::decode(in, element) || in.in_element(index);
}

inline bool no_more_elements(json_reader& in) {
    return in.next_element() ? in.refuse("too many elements") : !in.failed();
}

template <class T>
bool decode_tuple(json_reader& in, T& value) {
    if (!in.enter_array()) return false;
    const bool good = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return (decode_element(in, std::get<Index>(value), Index) && ...);
    }(std::make_index_sequence<std::tuple_size_v<T>>());
    return good && no_more_elements(in);
}

template <class T>
bool decode_array(json_reader& in, T& value) {
    if (!in.enter_array()) return false;
    for (std::size_t index = 0; index < value.size(); ++index)
        if (!decode_element(in, value[index], index)) return false;
    return no_more_elements(in);
}

template <class T>
bool decode_sequence(json_reader& in, T& value) {
    static_assert(can_be_read<typename T::value_type>());
    value.clear();
    if (!in.enter_array()) return false;
    for (std::size_t index = 0; in.next_element(); ++index) {
        if (!in.afford(sizeof(typename T::value_type))) return in.in_element(index);
        if constexpr (vector_like<T> && !std::is_same_v<typename T::value_type, bool>) {
            if (!detail::decode(in, value.emplace_back())) return in.in_element(index);
        } else {
            typename T::value_type element{};
            if (!detail::decode(in, element)) return in.in_element(index);
            if constexpr (vector_like<T>) value.push_back(element);
            else value.insert(std::move(element));
        }
    }
    return !in.failed();
}

template <class Key>
bool decode_key(json_reader& in, std::string_view text, Key& key) {
    if constexpr (std::is_same_v<Key, std::string>) {
        key = text;
        return true;
    } else if constexpr (std::is_enum_v<Key>) {
        return find_enum(text, key) || refuse_name(in, in.position(), list_enum_names<Key>());
    } else {
        json_reader digits(text);
        const bool spaced = text.empty() || text.front() <= ' ' || text.back() <= ' '; // a reader would skip it
        return (!spaced && detail::decode(digits, key) && digits.finish()) ||
               in.refuse("expected a number as the member's name");
    }
}

template <class T>
bool decode_map(json_reader& in, T& value) {
    using key_type = typename T::key_type;
    static_assert(is_map_key<key_type>, "tenon: a map's key must be a std::string, an integer or an enum");
    static_assert(can_be_read<typename T::mapped_type>());
    value.clear();
    if (!in.enter_object()) return false;
    std::string_view name;
    while (in.next_member(name)) {
        key_type key{};
        if (!in.afford(sizeof(typename T::value_type)) || !decode_key(in, name, key)) return in.in_member(name);
        const auto [place, added] = value.try_emplace(std::move(key));
        if (!added) return in.refuse("duplicate member"), in.in_member(name);
        // The name is gone once the value is read; the map still has it, or it is a short one.
        if constexpr (std::is_same_v<key_type, std::string>) {
            if (!detail::decode(in, place->second)) return in.in_member(place->first);
        } else {
            const std::string spelled(name);
            if (!detail::decode(in, place->second)) return in.in_member(spelled);
        }
    }
    return !in.failed();
}

// --- objects ---

template <class T, std::size_t... Index, class... Member>
constexpr std::uint64_t required_bits(std::index_sequence<Index...>, type_list<Member...>) {
    if constexpr (allows_missing<T>) return 0;
    else return ((may_be_absent<Member> ? 0u : std::uint64_t{1} << Index) | ... | 0u);
}

/// Reads member `Index` if the input goes on with exactly its name; true unless reading it failed.
template <class T, std::size_t Index, class Member>
bool decode_if_next(json_reader& in, Member& member, std::uint64_t& seen) {
    if (!in.take_member(member_label<T, Index>)) return true;
    seen |= std::uint64_t{1} << Index;
    return detail::decode(in, member) || in.in_member(member_names<T>[Index]);
}

template <class T, std::size_t Index, class Member>
bool decode_named(json_reader& in, std::string_view name, Member& member, std::uint64_t& seen, bool& good) {
    if (name != member_names<T>[Index]) return false;
    constexpr std::uint64_t bit = std::uint64_t{1} << Index;
    good = (seen & bit) != 0 ? in.refuse("duplicate member") : detail::decode(in, member);
    if (!good) in.in_member(member_names<T>[Index]);
    seen |= bit;
    return true;
}

inline bool refuse_missing(json_reader& in, const char* start, const std::string_view* names,
                           std::uint64_t missing) {
    in.refuse("missing", start);
    return in.in_member(names[__builtin_ctzll(missing)]);
}

template <class T, std::size_t... Index, class... Member>
bool decode_members(json_reader& in, std::index_sequence<Index...> indices, Member&... members) {
    static_assert(sizeof...(Index) <= 64, "tenon: a struct of more than 64 members needs a tenon::json_codec");
    const char* start = in.value_start();
    std::uint64_t seen = 0;
    if (!in.enter_object()) return false;
    // Peers write members in the order of the struct, as we do: try each in turn, at the price of one
    // comparison of known length, before looking names up.
    if (!(decode_if_next<T, Index>(in, members, seen) && ...)) return false;
    std::string_view name;
    while (in.next_member(name)) {
        bool good = true;
        if (!(decode_named<T, Index>(in, name, members, seen, good) || ...)) good = in.skip_value();
        if (!good) return false; // the path has been said
    }
    if (in.failed()) return false;
    constexpr std::uint64_t required = required_bits<T>(indices, type_list<Member...>());
    if ((seen & required) != required)
        return refuse_missing(in, start, member_names<T>.data(), required & ~seen);
    return true;
}

template <class T>
bool decode_object(json_reader& in, T& value) {
    if constexpr (member_count<T> == 0) {
        return in.enter_object() && in.skip_members();
    } else {
        return detail::visit_members(value, [&](auto&... members) {
            return decode_members<T>(in, std::make_index_sequence<sizeof...(members)>(), members...);
        });
    }
}

template <class T>
bool decode_codec(json_reader& in, T& value) {
    const char* start = in.value_start();
    // A codec may just say no. Where the reader has refused already, its words stay.
    return json_codec<T>::read(in, value) || in.refuse("refused by the codec of its type", start);
}

template <class T>
bool decode_foreign(json_reader& in, T& value) {
    std::string_view text;
    const char* start = in.value_start();
    if (!in.read_slice(text)) return false;
    value = T::parse(text, nullptr, false);
    return !value.is_discarded() || in.refuse("refused by the JSON library of its type", start);
}

template <class T>
bool decode(json_reader& in, T& value) {
    constexpr shape form = shape_of<T>;
    static_assert(can_be_read<T>());
    if constexpr (form == shape::codec) return decode_codec(in, value);
    else if constexpr (form == shape::any) return value.read(in);
    else if constexpr (form == shape::foreign) return decode_foreign(in, value);
    else if constexpr (form == shape::null) return in.read_null();
    else if constexpr (form == shape::boolean) return in.read_bool(value);
    else if constexpr (std::is_same_v<T, std::int64_t>) return in.read_int64(value);
    else if constexpr (std::is_same_v<T, std::uint64_t>) return in.read_uint64(value);
    else if constexpr (std::is_same_v<T, double>) return in.read_double(value);
    else if constexpr (form == shape::integer) return decode_integer(in, value);
    else if constexpr (form == shape::number) return decode_number(in, value);
    else if constexpr (form == shape::enumeration) return decode_enum(in, value);
    else if constexpr (form == shape::text) {
        static_assert(std::is_same_v<T, std::string>, "tenon: text is read into a std::string, which owns it");
        return in.read_string(value);
    } else if constexpr (form == shape::optional) {
        static_assert(can_be_read<typename T::value_type>());
        if (in.peek() == json_kind::null) return value.reset(), in.read_null();
        return detail::decode(in, value.emplace());
    } else if constexpr (form == shape::duration) {
        typename T::rep count{};
        if (!detail::decode(in, count)) return false;
        value = T(count);
        return true;
    } else if constexpr (form == shape::variant) return decode_variant(in, value, in.here());
    else if constexpr (form == shape::tuple) return decode_tuple(in, value);
    else if constexpr (form == shape::array) return decode_array(in, value);
    else if constexpr (form == shape::map) return decode_map(in, value);
    else if constexpr (form == shape::sequence) return decode_sequence(in, value);
    else if constexpr (form == shape::object) return decode_object(in, value);
    else return false;
}

} // namespace tenon::detail

namespace tenon {

/// Reads a whole JSON text. A fault names the path and the byte: `files[2].path: expected string, got number
/// at byte 71`.
template <class T>
result<T> from_json(std::string_view text, json_origin origin = {}) {
    json_reader in(text, origin);
    result<T> value(std::in_place);
    if (!detail::decode(in, *value) || !in.finish()) return in.error();
    return value;
}

} // namespace tenon

#endif
