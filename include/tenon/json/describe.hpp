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

#include <string_view>
#include <type_traits>

namespace tenon {

template <class T>
struct type {};

template <class T>
struct json_codec; // only specialisations exist

template <class Owner, class Value>
struct member {
    constexpr member(std::string_view json_name, Value Owner::*place) : name(json_name), pointer(place) {}
    std::string_view name;
    Value Owner::*pointer;
};

template <class Enum>
struct enumerator {
    constexpr enumerator(std::string_view json_name, Enum named) : name(json_name), value(named) {}
    std::string_view name;
    Enum value;
};

template <class... Member>
constexpr auto members(Member... all) {
    return [=](auto&& visit) { return visit(all...); };
}

template <class... Enumerator>
constexpr auto enumerators(Enumerator... all) {
    return [=](auto&& visit) { return visit(all...); };
}

namespace detail {

template <class T>
concept described_inside = requires {
    T::describe();
};
template <class T>
concept described_outside = requires {
    describe(type<T>());
};
template <class T>
concept described = described_inside<T> || described_outside<T>;

template <class T>
constexpr auto description_of() {
    if constexpr (described_inside<T>) return T::describe();
    else return describe(type<T>());
}

template <class T>
concept allows_missing = requires {
    requires T::allow_missing;
};

template <class T>
concept allows_unknown = requires {
    requires T::allow_unknown;
};

template <class T>
concept has_codec = requires {
    sizeof(json_codec<T>);
};

} // namespace detail

} // namespace tenon

#endif
