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

#include <string_view>
#include <type_traits>

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
constexpr naming find_naming() {
    if constexpr (described<T>) return naming_in<decltype(detail::description_of<T>())>;
    else return naming::reflected;
}
template <class T>
inline constexpr naming naming_of = find_naming<T>();

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
