#ifndef TENON_JSON_UNPACK_HPP
#define TENON_JSON_UNPACK_HPP

// How many members a plain aggregate has, and how to get at each of them: the part of reflection that C++20
// leaves to counting braces. Up to 32 members; bases and C arrays are recognised and refused, bit-fields are
// not understood.
//
// The ladder below is long because a structured binding must spell out every name.

#include <cstddef>
#include <type_traits>
#include <utility>

namespace tenon::detail {

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

template <class T>
concept has_base = requires {
    T{only_base_of<T>{}};
};

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
template <class T>
concept has_c_array = any_array_begins<T>(std::make_index_sequence<count_members<T>()>());

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

#endif
