#ifndef TENON_JSON_DECODE_SCALAR_HPP
#define TENON_JSON_DECODE_SCALAR_HPP

// The integers, numbers and enums of json/decode.hpp, and the two ways to call it that everything else uses.

#include <tenon/json/reader.hpp>
#include <tenon/json/reflect.hpp>
#include <tenon/json/shape.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace tenon::detail {

/// Reads a value at `at` and returns the position behind it, null where it refused (json/reader.hpp, steps).
template <class T>
const char* decode_at(json_reader& in, const char* at, T& value);

/// Says what is wrong with the type of elements before their container is instantiated for reading, whose own
/// words would come first.
template <class T>
constexpr bool can_be_read() {
    static_assert(shape_of<T> != shape::unknown,
                  "tenon: this type cannot be described: it is neither a plain aggregate nor a known "
                  "container, and it has no describe() and no tenon::json_codec");
    static_assert(std::is_default_constructible_v<T>,
                  "tenon: a type that is read needs a default constructor");
    return true;
}

/// The same with the reader's own position, for whoever is not deep inside.
template <class T>
bool decode(json_reader& in, T& value) {
    return in.arrive(detail::decode_at(in, in.position(), value));
}

template <class T>
const char* decode_integer(json_reader& in, const char* at, T& value) {
    using limits = std::numeric_limits<T>;
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    Wide wide = 0; // g++ -O2 warns otherwise
    const char* end = nullptr;
    if constexpr (std::is_signed_v<T>) end = in.int64_at(at, wide);
    else end = in.uint64_at(at, wide);
    if (end == nullptr) return nullptr;
    if (wide < limits::min() || wide > limits::max())
        return in.refuse_at("integer out of range", in.behind_space(at), end);
    value = static_cast<T>(wide);
    return end;
}

template <class T>
const char* decode_number(json_reader& in, const char* at, T& value) {
    double wide = 0;
    const char* end = in.double_at(at, wide);
    if (end == nullptr) return nullptr;
    if constexpr (std::is_same_v<T, float>) {
        // Not by way of the double: rounded twice, 7.038531e-26 becomes the float beside the one it names.
        const char* start = in.behind_space(at);
        const std::string_view text(start, static_cast<std::size_t>(end - start));
        return number_from_text(text, value) ? end : in.refuse_at("number out of range", start, end);
    } else {
        value = static_cast<T>(wide);
        return end;
    }
}

/// `expected one of "red", "green"`, written once for all enums.
inline const char* refuse_name(json_reader& in, const char* start, const char* end, std::string_view names) {
    std::string sentence = "expected one of ";
    return in.refuse_at(sentence.append(names), start, end);
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
const char* decode_enum(json_reader& in, const char* at, T& value) {
    std::string scratch;
    std::string_view name;
    const char* end = in.text_at(at, name, scratch);
    if (end == nullptr || find_enum(name, value)) return end;
    return refuse_name(in, in.behind_space(at), end, list_enum_names<T>());
}

} // namespace tenon::detail

#endif
