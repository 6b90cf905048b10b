#include <tenon/json/reflect.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using tenon::detail::count_members;
using tenon::detail::unpack;

namespace {

struct none {};
struct one {
    int a;
};
struct inner {
    int x;
    std::string y;
};
struct recursive {
    std::vector<recursive> children;
    std::unique_ptr<recursive> next;
};
enum class colour { red, green };

struct everything {
    bool boolean;
    char character;
    unsigned char small;
    long long large;
    float single;
    double number;
    colour shade;
    std::string text;
    std::string_view view;
    const char* pointer;
    std::optional<int> perhaps;
    std::optional<std::string> perhaps_text;
    std::vector<int> list;
    std::vector<bool> flags;
    std::deque<std::string> queue;
    std::list<inner> chain;
    std::map<std::string, std::vector<inner>> table;
    std::set<int> set;
    std::pair<int, inner> pair;
    std::tuple<int, std::string> tuple;
    std::array<inner, 3> fixed;
    std::variant<int, std::string> either;
    std::chrono::milliseconds wait;
    inner nested;
    none nothing;
    std::nullptr_t null;
    std::monostate state;
    std::unique_ptr<int> owner;
};

struct with_defaults {
    int a = 1;
    std::string b = "two";
    std::vector<int> c = {3};
};

struct of_31 {
    int m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
        m22, m23, m24, m25, m26, m27, m28, m29, m30;
};
struct of_32 {
    int m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
        m22, m23, m24, m25, m26, m27, m28, m29, m30, m31;
};

// Every rung of the ladder: a structured binding of `Size` elements whose addresses must come out in order.
template <std::size_t Size>
bool rung_is_right() {
    std::array<int, Size> all{};
    return unpack<Size>(all, [&](auto&... members) {
        const std::array<int*, Size> addresses{&members...};
        for (std::size_t index = 0; index < Size; ++index)
            if (addresses[index] != &all[index]) return false;
        return sizeof...(members) == Size;
    });
}

} // namespace

TEST_CASE("the members of plain structs are counted") {
    static_assert(count_members<none>() == 0);
    static_assert(count_members<one>() == 1);
    static_assert(count_members<inner>() == 2);
    static_assert(count_members<recursive>() == 2);
    static_assert(count_members<with_defaults>() == 3);
    static_assert(count_members<everything>() == 28);
    static_assert(count_members<of_31>() == 31);
    static_assert(count_members<of_32>() == 32);
}

TEST_CASE("the members of a struct that is local to a function are counted") {
    struct local {
        int a;
        inner b;
    };
    static_assert(count_members<local>() == 2);
    CHECK(count_members<local>() == 2);
}

TEST_CASE("every rung of the ladder hands out its members in order") {
    const bool right = []<std::size_t... Index>(std::index_sequence<Index...>) {
        return (rung_is_right<Index + 1>() && ...);
    }
    (std::make_index_sequence<tenon::detail::max_members>());
    CHECK(right);
}

TEST_CASE("members are handed out by reference, writable where the struct is") {
    inner value{1, "a"};
    unpack<2>(value, [](int& x, std::string& y) {
        x = 2;
        y = "b";
    });
    CHECK(value.x == 2);
    CHECK(value.y == "b");
    const inner& fixed = value;
    CHECK(unpack<2>(fixed, [](const int& x, const std::string& y) { return std::to_string(x) + y; }) == "2b");
    none nothing;
    CHECK(unpack<0>(nothing, [] { return 5; }) == 5);
}
