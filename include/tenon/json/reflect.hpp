#ifndef TENON_JSON_REFLECT_HPP
#define TENON_JSON_REFLECT_HPP

// The members of a struct and the names of an enum, known while compiling: from describe() where there is
// one, otherwise read out of the signature that the compiler gives a function template. Works on g++ 12,
// clang 14 and clang 14 for wasm32-wasi, where a member's address must travel inside a class.

#include <tenon/json/describe.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon::detail {

// How many members a plain aggregate has, and how to get at each of them: the part of reflection that C++20
// leaves to counting braces. Up to 32 members; bases and C arrays are recognised and refused, bit-fields are
// not understood.
//
// The ladder below is long because a structured binding must spell out every name.

/// Converts to whatever a member needs, in unevaluated code only. It has a body all the same: clang asks for one
/// where a std::optional of a type in an anonymous namespace is made from it.
struct anything {
    template <class T>
    operator T() const {
        __builtin_unreachable();
    }
};

template <class T, std::size_t... Index>
constexpr bool takes_initialisers(std::index_sequence<Index...>) {
    return requires { T{(static_cast<void>(Index), anything{})...}; };
}

inline constexpr std::size_t max_members = 32;

// Counts upward, because structs are small and each step costs the compiler an overload resolution.
template <class T, std::size_t Count = 0>
constexpr std::size_t count_members() {
    if constexpr (Count > max_members) return Count;
    else if constexpr (takes_initialisers<T>(std::make_index_sequence<Count + 1>()))
        return count_members<T, Count + 1>();
    else return Count;
}

/// Converts to a base class of T alone, which is what comes first in the braces of an aggregate that has one.
template <class T>
struct only_base_of {
    template <class Base>
        requires(__is_base_of(Base, T) && !std::is_same_v<Base, T>)
    operator Base() const { __builtin_unreachable(); }
};

template <class T> concept has_base = requires { T{only_base_of<T>{}}; };

// A C array takes one initialiser for each of its elements, or one pair of braces for them all. What does not
// take empty braces is no array.
template <class T, std::size_t... Before, std::size_t... Behind>
constexpr bool begins_array(std::index_sequence<Before...>, std::index_sequence<Behind...>) {
    if constexpr (
        requires {
            T{(static_cast<void>(Before), anything{})..., {}, (static_cast<void>(Behind), anything{})...};
        })
        return false;
    else return requires {
            T{(static_cast<void>(Before), anything{})..., {}};
        };
}

template <class T, std::size_t... Index>
constexpr bool any_array_begins(std::index_sequence<Index...>) {
    return (begins_array<T>(std::make_index_sequence<Index>(),
                            std::make_index_sequence<sizeof...(Index) - 1 - Index>()) ||
            ...);
}
template <class T> concept has_c_array = any_array_begins<T>(std::make_index_sequence<count_members<T>()>());

/// What count_members() says, where that is the number of members.
template <class T>
constexpr std::size_t member_count_of() {
    constexpr std::size_t count = count_members<T>();
    if constexpr (count > max_members) {
        static_assert(count <= max_members, "tenon: a struct of more than 32 members needs a describe()");
    } else if constexpr (has_base<T>) {
        static_assert(!has_base<T>, "tenon: a struct that has a base class needs a describe()");
    } else if constexpr (has_c_array<T>) {
        static_assert(!has_c_array<T>, "tenon: a struct with a C array as a member needs a describe(); a "
                                       "std::array needs nothing");
    } else {
        return count;
    }
    return 0;
}

/// Calls `visit` with a reference to each of the `count` members of `value`, in order.
template <std::size_t count, class T, class Visitor>
constexpr decltype(auto) unpack(T& value, Visitor&& visit) {
    static_assert(count <= max_members, "tenon: a struct of more than 32 members needs a describe()");
    if constexpr (count == 1) {
        auto& [m0] = value;
        return visit(m0);
    } else if constexpr (count == 2) {
        auto& [m0, m1] = value;
        return visit(m0, m1);
    } else if constexpr (count == 3) {
        auto& [m0, m1, m2] = value;
        return visit(m0, m1, m2);
    } else if constexpr (count == 4) {
        auto& [m0, m1, m2, m3] = value;
        return visit(m0, m1, m2, m3);
    } else if constexpr (count == 5) {
        auto& [m0, m1, m2, m3, m4] = value;
        return visit(m0, m1, m2, m3, m4);
    } else if constexpr (count == 6) {
        auto& [m0, m1, m2, m3, m4, m5] = value;
        return visit(m0, m1, m2, m3, m4, m5);
    } else if constexpr (count == 7) {
        auto& [m0, m1, m2, m3, m4, m5, m6] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6);
    } else if constexpr (count == 8) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7);
    } else if constexpr (count == 9) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8);
    } else if constexpr (count == 10) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9);
    } else if constexpr (count == 11) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10);
    } else if constexpr (count == 12) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11);
    } else if constexpr (count == 13) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12);
    } else if constexpr (count == 14) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13);
    } else if constexpr (count == 15) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14);
    } else if constexpr (count == 16) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15);
    } else if constexpr (count == 17) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16);
    } else if constexpr (count == 18) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17);
    } else if constexpr (count == 19) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18);
    } else if constexpr (count == 20) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19] =
            value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18,
                     m19);
    } else if constexpr (count == 21) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
               m20] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20);
    } else if constexpr (count == 22) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21);
    } else if constexpr (count == 23) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22);
    } else if constexpr (count == 24) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23);
    } else if constexpr (count == 25) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24);
    } else if constexpr (count == 26) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25);
    } else if constexpr (count == 27) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25, m26] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25, m26);
    } else if constexpr (count == 28) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25, m26, m27] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25, m26, m27);
    } else if constexpr (count == 29) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25, m26, m27, m28] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25, m26, m27, m28);
    } else if constexpr (count == 30) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25, m26, m27, m28, m29] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25, m26, m27, m28, m29);
    } else if constexpr (count == 31) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25, m26, m27, m28, m29, m30] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30);
    } else if constexpr (count == 32) {
        auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
               m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31] = value;
        return visit(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
                     m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31);
    } else {
        return visit();
    }
}

} // namespace tenon::detail

// An object that is named and never read, so it has no definition.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

namespace tenon::detail {

template <class T>
struct never_read {
    T value;
};
template <class T>
extern const never_read<T> no_object;

template <class T>
struct address {
    const T* pointer;
};

template <auto Address>
constexpr std::string_view signature() {
    return __PRETTY_FUNCTION__;
}

constexpr bool is_name(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || static_cast<unsigned char>(byte) >= 0x80;
}

/// The identifier that ends at `end`.
constexpr std::string_view name_before(std::string_view text, std::size_t end) {
    std::size_t begin = end;
    while (begin > 0 && is_name(text[begin - 1])) --begin;
    return text.substr(begin, end - begin);
}

/// The member in `...{(& no_object<...>.value.path)}...` as g++ says it, `...{&no_object.value.path}]` as clang.
constexpr std::string_view member_in(std::string_view signature) {
    const std::size_t parenthesis = signature.find(")}");
    return name_before(signature, parenthesis != signature.npos ? parenthesis : signature.rfind('}'));
}

template <class T>
inline constexpr std::size_t plain_member_count = member_count_of<T>();

// The members' addresses. No std::tuple, which would cost every plugin some 10 ms of compile time.
template <std::size_t Index, class Member>
struct address_at {
    address<Member> where;
};
template <class Indices, class... Member>
struct address_pack;
template <std::size_t... Index, class... Member>
struct address_pack<std::index_sequence<Index...>, Member...> : address_at<Index, Member>... {};

template <std::size_t Index, class Member>
constexpr address<Member> address_of(const address_at<Index, Member>& entry) {
    return entry.where;
}

template <class T>
consteval auto plain_addresses() {
    return detail::unpack<plain_member_count<T>>(
        no_object<T>.value, []<class... Member>(const Member&... member) {
            return address_pack<std::make_index_sequence<sizeof...(Member)>, Member...>{{{&member}}...};
        });
}

template <class T, std::size_t... Index>
consteval auto plain_names(std::index_sequence<Index...>) {
    [[maybe_unused]] constexpr auto addresses = plain_addresses<T>(); // unused where T has no members
    return std::array<std::string_view, sizeof...(Index)>{
        member_in(signature<detail::address_of<Index>(addresses)>())...};
}

/// `from_uid` as `fromUid`: an underscore between two others goes, and what is behind it becomes a capital letter.
/// Returns the length, which is never more.
constexpr std::size_t write_camel_case(std::string_view name, char* to) {
    std::size_t length = 0;
    bool capital = false;
    for (std::size_t at = 0; at < name.size(); ++at) {
        const char byte = name[at];
        if (byte == '_' && at != 0 && at + 1 != name.size()) {
            capital = true;
            continue;
        }
        to[length++] = capital && byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
        capital = false;
    }
    return length;
}

// All names of one type in camelCase, one behind the other, which outlives the views of them.
template <const auto& Names>
constexpr auto make_camel_text() {
    constexpr std::size_t room = [] {
        std::size_t sum = 1; // an array of no bytes would have no data()
        for (const std::string_view name : Names) sum += name.size();
        return sum;
    }();
    std::array<char, room> text{};
    char* to = text.data();
    for (const std::string_view name : Names) to += write_camel_case(name, to);
    return text;
}
template <const auto& Names>
inline constexpr auto camel_text = make_camel_text<Names>();

template <const auto& Names>
constexpr auto camel_names() {
    auto names = Names;
    const char* from = camel_text<Names>.data();
    char scratch[camel_text<Names>.size()] = {};
    for (std::string_view& name : names) {
        name = {from, write_camel_case(name, scratch)};
        from += name.size();
    }
    return names;
}

template <class T>
inline constexpr auto reflected_names = plain_names<T>(std::make_index_sequence<plain_member_count<T>>());

template <std::size_t Count>
struct member_table {
    std::array<std::string_view, Count> names{};
    std::array<member_mark, Count> marks{};
};

// The other members of a description stand at the place of a member that has the same address.
template <class T, std::size_t... Index, class Member>
constexpr void say_otherwise(member_table<sizeof...(Index)>& table, std::index_sequence<Index...>,
                             Member member) {
    constexpr auto addresses = plain_addresses<T>();
    const void* place = &(no_object<T>.value.*(member.pointer));
    const bool is_here[] = {place == detail::address_of<Index>(addresses).pointer...};
    for (std::size_t index = 0; index < sizeof...(Index); ++index) {
        if (!is_here[index]) continue;
        table.names[index] = member.name;
        table.marks[index] = member.mark;
    }
}

template <class T>
constexpr auto make_member_table() {
    if constexpr (naming_of<T> == naming::listed) {
        return description_of<T>()([](auto... all) {
            return member_table<sizeof...(all)>{{all.name...}, {all.mark...}};
        });
    } else {
        constexpr std::size_t count = plain_member_count<T>;
        member_table<count> table{reflected_names<T>};
        if constexpr (naming_of<T> == naming::camel_case) table.names = camel_names<reflected_names<T>>();
        if constexpr (described<T>)
            description_of<T>()([&](auto... otherwise) {
                (detail::say_otherwise<T>(table, std::make_index_sequence<count>(), otherwise), ...);
            });
        return table;
    }
}
template <class T>
inline constexpr auto member_table_of = make_member_table<T>();

/// The JSON names of T's members, in order.
template <class T>
inline constexpr const auto& member_names = member_table_of<T>.names;

template <class T>
inline constexpr const auto& member_marks = member_table_of<T>.marks;

template <class T>
inline constexpr std::size_t member_count = member_names<T>.size();

/// Calls `visit` with a reference to each member of `value`, in the order of `member_names`.
template <class T, class Visitor>
constexpr decltype(auto) visit_members(T& value, Visitor&& visit) {
    using Plain = std::remove_const_t<T>;
    if constexpr (naming_of<Plain> == naming::listed)
        return description_of<Plain>()([&](auto... all) { return visit(value.*(all.pointer)...); });
    else return detail::unpack<plain_member_count<Plain>>(value, visit);
}

template <class... T>
struct type_list {};

struct to_type_list {
    template <class... Member>
    constexpr type_list<Member...> operator()(const Member&...) const {
        return {};
    }
};

/// The types of T's members as a type_list.
template <class T>
using member_types = decltype(detail::visit_members(std::declval<const T&>(), to_type_list()));

constexpr bool needs_no_escape(std::string_view name) {
    for (const char byte : name)
        if (byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20) return false;
    return true;
}

/// `,"name":`, the bytes that come before a member's value on the wire.
template <class T, std::size_t Index>
constexpr auto make_member_label() {
    constexpr std::string_view name = member_names<T>[Index];
    static_assert(needs_no_escape(name),
                  "tenon: a member's JSON name may not hold a quote, a backslash or a control character");
    std::array<char, name.size() + 4> text{};
    text[0] = ',';
    text[1] = '"';
    for (std::size_t at = 0; at < name.size(); ++at) text[at + 2] = name[at];
    text[name.size() + 2] = '"';
    text[name.size() + 3] = ':';
    return text;
}
template <class T, std::size_t Index>
inline constexpr auto member_label = make_member_label<T, Index>();

// --- enums ---

template <class Enum, Enum... Values>
constexpr std::string_view enum_signature() {
    return __PRETTY_FUNCTION__;
}

/// Enumerators are looked for among these values; others, and other names, need a describe().
inline constexpr std::size_t enum_search_range = 128;

template <class Enum>
struct enum_name {
    std::string_view name = {};
    Enum value = {};
};

template <class Enum>
struct enum_names_found {
    std::array<enum_name<Enum>, enum_search_range> names{};
    std::size_t count = 0;
};

// The signature lists every value asked for: `colour::red` where it has a name, `(colour)7` where it has none.
template <class Enum, std::size_t... Value>
constexpr auto find_enum_names(std::index_sequence<Value...>) {
    enum_names_found<Enum> found;
    std::string_view list = enum_signature<Enum, static_cast<Enum>(Value)...>();
    list.remove_prefix(list.find("Values = ") + 10); // and the bracket around them: { or <
    for (std::size_t value = 0; value < sizeof...(Value); ++value) {
        // What is in brackets belongs to the name: <unnamed> and (anonymous namespace), the arguments of a
        // class template, the parameters of a function that an enum is local to.
        std::size_t end = 0;
        for (int open = 0; open != 0 || (list[end] != ',' && list[end] != '}' && list[end] != '>'); ++end) {
            if (list[end] == '<' || list[end] == '(') ++open;
            else if (list[end] == '>' || list[end] == ')') --open;
        }
        const std::string_view name = name_before(list, end);
        if (name[0] < '0' || name[0] > '9') found.names[found.count++] = {name, static_cast<Enum>(value)};
        list.remove_prefix(list[end] == ',' ? end + 2 : end);
    }
    return found;
}

template <class Enum>
constexpr auto reflect_enum() {
    static_assert(
        requires { Enum{0}; },
        "tenon: an enum needs a fixed underlying type (enum class, or enum x : int) or a describe()");
    constexpr std::size_t range = std::is_same_v<std::underlying_type_t<Enum>, bool> ? 2 : enum_search_range;
    constexpr auto found = find_enum_names<Enum>(std::make_index_sequence<range>());
    static_assert(found.count != 0,
                  "tenon: an enum that names none of the values 0 to 127 needs a describe()");
    std::array<enum_name<Enum>, found.count> names{};
    for (std::size_t index = 0; index < found.count; ++index) names[index] = found.names[index];
    return names;
}
template <class Enum>
inline constexpr auto reflected_enum = reflect_enum<Enum>();

template <class Enum>
constexpr auto list_reflected_enum() {
    std::array<std::string_view, reflected_enum<Enum>.size()> names{};
    for (std::size_t index = 0; index < names.size(); ++index)
        names[index] = reflected_enum<Enum>[index].name;
    return names;
}
template <class Enum>
inline constexpr auto reflected_enum_list = list_reflected_enum<Enum>();

template <class Enum>
constexpr auto names_of_enum() {
    if constexpr (naming_of<Enum> == naming::listed) {
        return description_of<Enum>()([](auto... all) {
            return std::array<enum_name<Enum>, sizeof...(all)>{enum_name<Enum>{all.name, all.value}...};
        });
    } else {
        auto names = reflected_enum<Enum>;
        if constexpr (naming_of<Enum> == naming::camel_case) {
            constexpr auto camel = camel_names<reflected_enum_list<Enum>>();
            for (std::size_t index = 0; index < names.size(); ++index) names[index].name = camel[index];
        }
        return names;
    }
}

template <class Enum>
inline constexpr auto enum_names = names_of_enum<Enum>();

} // namespace tenon::detail

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
