#ifndef TENON_JSON_SHAPE_HPP
#define TENON_JSON_SHAPE_HPP

// Which JSON a C++ type is, decided by what the type can do rather than by its name, so that no container's
// header has to be included here. decode.hpp, encode.hpp and schema.hpp ask `shape_of<T>` and agree by that.

#include <tenon/core/time.hpp>
#include <tenon/json/describe.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace tenon {

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

template <class T>
concept tuple_like = requires {
    std::tuple_size<T>::value;
};

template <class T>
concept map_like = requires(T map, typename T::key_type key) {
    typename T::mapped_type;
    map.clear();
    map.try_emplace(key);
};

template <class T>
concept set_like = requires(T set, typename T::value_type value) {
    typename T::key_type;
    set.clear();
    set.insert(value);
};

template <class T>
concept vector_like = requires(T sequence) {
    typename T::value_type;
    sequence.clear();
    sequence.emplace_back();
    sequence.begin();
};

/// nlohmann::json, recognised without its header, so that the order of includes does not matter.
template <class T>
concept foreign_json = requires(const T& value, std::string_view text) {
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
