#ifndef TENON_JSON_DESCRIBE_HPP
#define TENON_JSON_DESCRIBE_HPP

// What a C++ type says about its own JSON. A plain aggregate needs nothing: its members are found by
// reflection. Everything here is for the other cases:
//
//     struct user {                                   // renamed members, or no aggregate
//         static constexpr auto describe() {
//             return tenon::members(tenon::member("from_uid", &user::from), tenon::member("age", &user::age));
//         }
//         static constexpr bool allow_missing = true; // absent members keep what they were
//         static constexpr bool allow_unknown = true; // also where unknown members are refused (a configuration)
//     };
//     struct receipt {                                // names as JavaScript writes them: deliveredTo
//         std::string delivered_to, note;
//         int ms = 0;
//         static constexpr auto describe() {          // the members in brackets are said otherwise, if there are any
//             return tenon::camel_case(tenon::member("tookMs", &receipt::ms),
//                                      tenon::member("note", &receipt::note, tenon::omit_empty)); // may be missing
//         }
//     };
//     // tenon::all_members(...): the same with the names as they are
//     constexpr auto describe(tenon::type<theirs>)    // the same for a type that is not yours
//     { return tenon::members(...); }
//     constexpr auto describe(tenon::type<colour>)    // an enum beyond 0..127, or with other names
//     { return tenon::enumerators(tenon::enumerator("dark red", colour::dark_red), ...); }
//
// A type that is no object at all (an identifier that travels as a string, say) has a codec:
//
//     template <> struct tenon::json_codec<uuid> {
//         static bool read(json_reader& in, uuid& value);
//         static void write(json_writer& out, const uuid& value);
//         static void schema(json_writer& out);       // optional
//     };

#include <tenon/core/time.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace tenon {

template <class T>
struct type {};

template <class T>
struct json_codec; // only specialisations exist

enum class member_mark : unsigned char { none, omit_empty };
/// Not written while there is nothing in it: no text, no elements, null, false. Reading does not miss it.
inline constexpr member_mark omit_empty = member_mark::omit_empty;

template <class Owner, class Value>
struct member {
    constexpr member(std::string_view json_name, Value Owner::*place, member_mark how = member_mark::none)
        : name(json_name), pointer(place), mark(how) {}
    std::string_view name;
    Value Owner::*pointer;
    member_mark mark;
};

template <class Enum>
struct enumerator {
    constexpr enumerator(std::string_view json_name, Enum named) : name(json_name), value(named) {}
    std::string_view name;
    Enum value;
};

/// These members and no others.
template <class... Member>
constexpr auto members(Member... all) {
    return [=](auto&& visit) { return visit(all...); };
}

namespace detail {

enum class naming { reflected, camel_case, listed };

template <naming Names, class Listed>
struct reflected_description : Listed {};

template <class Description>
inline constexpr naming naming_in = naming::listed;
template <naming Names, class Listed>
inline constexpr naming naming_in<reflected_description<Names, Listed>> = Names;

} // namespace detail

/// All members of a plain aggregate, of which these are said otherwise.
template <class... Member>
constexpr auto all_members(Member... otherwise) {
    const auto listed = tenon::members(otherwise...);
    return detail::reflected_description<detail::naming::reflected, decltype(tenon::members(otherwise...))>{
        listed};
}

/// The same with all other names in camelCase: `from_uid` travels as `fromUid`. Without members for an enum as well.
template <class... Member>
constexpr auto camel_case(Member... otherwise) {
    const auto listed = tenon::members(otherwise...);
    return detail::reflected_description<detail::naming::camel_case, decltype(tenon::members(otherwise...))>{
        listed};
}

template <class... Enumerator>
constexpr auto enumerators(Enumerator... all) {
    return [=](auto&& visit) { return visit(all...); };
}

namespace detail {

template <class T> concept described_inside = requires { T::describe(); };
template <class T> concept described_outside = requires { describe(type<T>()); };
template <class T> concept described = described_inside<T> || described_outside<T>;

template <class T>
constexpr auto description_of() {
    if constexpr (described_inside<T>) return T::describe();
    else return describe(type<T>());
}

template <class T>
constexpr naming find_naming() {
    if constexpr (described<T>) return naming_in<decltype(detail::description_of<T>())>;
    else return naming::reflected;
}
template <class T>
inline constexpr naming naming_of = find_naming<T>();

template <class T> concept allows_missing = requires { requires T::allow_missing; };

template <class T> concept allows_unknown = requires { requires T::allow_unknown; };

template <class T> concept has_codec = requires { sizeof(json_codec<T>); };

} // namespace detail

/// Which JSON a C++ type is, decided by what the type can do rather than by its name, so that no container's
/// header has to be included here. decode.hpp, encode.hpp and schema.hpp ask `shape_of<T>` and agree by that.
class json;
class json_view;

namespace detail {

enum class shape {
    codec,   // json_codec<T>
    any,     // tenon::json and tenon::json_view
    foreign, // nlohmann::json
    null,    // std::monostate, std::nullptr_t
    boolean,
    integer,
    number,
    enumeration,
    text, // std::string; std::string_view and const char* for writing
    optional,
    duration,
    variant,
    tuple,    // std::pair, std::tuple
    map,      // string or integer keys
    array,    // a fixed number of elements
    sequence, // std::vector and its like, sets
    object,   // a plain aggregate, or one with a describe()
    unknown
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t Size>
inline constexpr bool is_array<std::array<T, Size>> = true;

template <class T> concept tuple_like = requires { std::tuple_size<T>::value; };

template <class T> concept map_like = requires(T map, typename T::key_type key) {
    typename T::mapped_type;
    map.clear();
    map.try_emplace(key);
};

template <class T> concept set_like = requires(T set, typename T::value_type value) {
    typename T::key_type;
    set.clear();
    set.insert(value);
};

template <class T> concept vector_like = requires(T sequence) {
    typename T::value_type;
    sequence.clear();
    sequence.emplace_back();
    sequence.begin();
};

/// nlohmann::json, recognised without its header, so that the order of includes does not matter.
template <class T> concept foreign_json = requires(const T& value, std::string_view text) {
    typename T::json_pointer;
    T::parse(text, nullptr, false);
    { value.dump() } -> std::convertible_to<std::string>;
};

template <class T>
constexpr shape find_shape() {
    if constexpr (has_codec<T>) return shape::codec;
    else if constexpr (std::is_same_v<T, json> || std::is_same_v<T, json_view>) return shape::any;
    else if constexpr (std::is_same_v<T, bool>) return shape::boolean;
    else if constexpr (std::is_same_v<T, char> || std::is_same_v<T, wchar_t>) return shape::unknown;
    else if constexpr (std::is_integral_v<T>) return shape::integer;
    else if constexpr (std::is_floating_point_v<T>) return shape::number;
    else if constexpr (std::is_enum_v<T>) return shape::enumeration;
    else if constexpr (std::is_same_v<T, std::string>) return shape::text;
    else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, const char*>)
        return shape::text;
    else if constexpr (std::is_array_v<T> && std::is_convertible_v<T, std::string_view>) return shape::text;
    else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>)
        return shape::null;
    else if constexpr (!std::is_class_v<T>) return shape::unknown;
    else if constexpr (is_optional<T>) return shape::optional;
    else if constexpr (is_variant<T>) return shape::variant;
    else if constexpr (is_duration<T>) return shape::duration;
    else if constexpr (described<T>) return shape::object;
    else if constexpr (is_array<T>) return shape::array;
    else if constexpr (tuple_like<T>) return shape::tuple;
    else if constexpr (foreign_json<T>) return shape::foreign;
    else if constexpr (map_like<T>) return shape::map;
    else if constexpr (set_like<T> || vector_like<T>) return shape::sequence;
    else if constexpr (std::is_aggregate_v<T>) return shape::object;
    else return shape::unknown;
}

template <class T>
inline constexpr shape shape_of = find_shape<T>();

/// Whether a value of this type may be left out of an object: absent is one of its values.
template <class T>
inline constexpr bool may_be_absent = is_optional<T>;

/// The type of a map's key decides how it becomes a member's name.
template <class Key>
inline constexpr bool is_map_key =
    std::is_same_v<Key, std::string> || shape_of<Key> == shape::integer || std::is_enum_v<Key>;

} // namespace detail

} // namespace tenon

#endif
