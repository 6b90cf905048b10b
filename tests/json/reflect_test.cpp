#include <tenon/json/reflect.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using tenon::detail::enum_names;
using tenon::detail::member_names;

namespace {

template <class T>
std::string names_of() {
    std::string all;
    for (const std::string_view name : member_names<T>) all.append(all.empty() ? "" : " ").append(name);
    return all;
}

template <class Enum>
std::string enumerators_of() {
    std::string all;
    for (const auto& known : enum_names<Enum>) {
        all.append(all.empty() ? "" : " ").append(known.name);
        all.append("=").append(std::to_string(static_cast<int>(known.value)));
    }
    return all;
}

struct hidden {
    int a;
    std::string text_;
    std::vector<hidden> children;
    int Camel, _under, x1, a_very_long_name_of_more_than_thirty_two_letters;
};

struct nothing {};

struct holds_hidden {
    hidden inside;
    std::optional<hidden> perhaps;
};

enum class anonymous_enum { first, second, third };
enum class byte_enum : unsigned char { zero, comma = ',', brace = '}', letter = 'x', last = 127 };
enum class char_enum : char { zero, comma = ',', less = '<', greater = '>', letter = 'x' };
enum class signed_enum : signed char { negative = -1, zero, top = 127 };
enum class wide_enum : std::uint64_t { low = 1, high = 127, out_of_sight = 128 };
enum class bool_enum : bool { no, yes };
enum fixed_plain : short { plain_one = 1, plain_two };
enum class aliased { one = 1, also_one = 1, two };
enum class gaps { a = 3, b = 100, c = 50 };
enum class full : int {
    e0,
    e1,
    e2,
    e3,
    e4,
    e5,
    e6,
    e7,
    e8,
    e9,
    e10,
    e11,
    e12,
    e13,
    e14,
    e15,
    e16,
    e17,
    e18,
    e19,
    e20,
    e21,
    e22,
    e23,
    e24,
    e25,
    e26,
    e27,
    e28,
    e29,
    e30,
    e31
};

template <class T>
struct holder {
    enum class kind { small, large };
    struct entry {
        T key;
        int value;
    };
};

template <class First, class... Rest>
struct many {
    First first;
    std::array<int, sizeof...(Rest)> rest;
};

} // namespace

namespace json_tests::reflect_test::deep {
enum class colour { red, green };
struct pixel {
    colour shade;
    int x, y;
};
} // namespace json_tests::reflect_test::deep

struct global_struct_of_reflect_test {
    int global_member;
};
enum class global_enum_of_reflect_test { global_value };

TEST_CASE("members are known by the names they have in the source") {
    CHECK(names_of<hidden>() ==
          "a text_ children Camel _under x1 a_very_long_name_of_more_than_thirty_two_letters");
    CHECK(names_of<holds_hidden>() == "inside perhaps");
    CHECK(names_of<json_tests::reflect_test::deep::pixel>() == "shade x y");
    CHECK(names_of<global_struct_of_reflect_test>() == "global_member");
    CHECK(names_of<nothing>() == "");
}

TEST_CASE("members of class templates are known, whatever stands in the brackets") {
    CHECK(names_of<holder<int>::entry>() == "key value");
    CHECK(names_of<holder<std::pair<int, std::string>>::entry>() == "key value");
    CHECK(names_of<holder<std::map<std::string, std::vector<hidden>>>::entry>() == "key value");
    CHECK(names_of<many<hidden, int, char>>() == "first rest");
    CHECK(names_of<many<std::array<int, 3>>>() == "first rest");
}

TEST_CASE("members of structs local to functions and lambdas are known") {
    struct local {
        int in_function;
        std::string two;
    };
    CHECK(names_of<local>() == "in_function two");
    const auto check = [](int, std::pair<int, int>) {
        struct inner {
            int in_lambda;
        };
        enum class kind { round, square };
        CHECK(names_of<inner>() == "in_lambda");
        CHECK(enumerators_of<kind>() == "round=0 square=1");
    };
    check(1, {});
}

TEST_CASE("names beyond ASCII are known") {
    struct local {
        int gr\u00F6\u00DFe;
        int \u540D;
    };
    CHECK(names_of<local>() == "gr\u00F6\u00DFe \u540D");
    enum class words { \u00FCber, gr\u00FCn };
    CHECK(enumerators_of<words>() == "\u00FCber=0 gr\u00FCn=1");
}

TEST_CASE("enumerators are known by name, in anonymous namespaces too") {
    CHECK(enumerators_of<anonymous_enum>() == "first=0 second=1 third=2");
    CHECK(enumerators_of<json_tests::reflect_test::deep::colour>() == "red=0 green=1");
    CHECK(enumerators_of<global_enum_of_reflect_test>() == "global_value=0");
    CHECK(enumerators_of<gaps>() == "a=3 c=50 b=100");
    CHECK(enum_names<full>.size() == 32);
    CHECK(enum_names<full>[31].name == "e31");
}

TEST_CASE("enums of every underlying type are understood") {
    CHECK(enumerators_of<byte_enum>() == "zero=0 comma=44 letter=120 brace=125 last=127");
    CHECK(enumerators_of<char_enum>() == "zero=0 comma=44 less=60 greater=62 letter=120");
    CHECK(enumerators_of<signed_enum>() == "zero=0 top=127");
    CHECK(enumerators_of<wide_enum>() == "low=1 high=127");
    CHECK(enumerators_of<bool_enum>() == "no=0 yes=1");
    CHECK(enumerators_of<fixed_plain>() == "plain_one=1 plain_two=2");
}

TEST_CASE("of two enumerators with one value one is the name") {
    const std::string names = enumerators_of<aliased>();
    CHECK((names == "one=1 two=2" || names == "also_one=1 two=2"));
}

TEST_CASE("enums inside class templates are known, whatever stands in the brackets") {
    CHECK(enumerators_of<holder<int>::kind>() == "small=0 large=1");
    CHECK(enumerators_of<holder<std::pair<int, char>>::kind>() == "small=0 large=1");
    CHECK(enumerators_of<holder<std::map<std::string, std::pair<int, anonymous_enum>>>::kind>() ==
          "small=0 large=1");
}

namespace {
std::string enumerators_of_local(int, std::pair<int, char>) {
    enum class local { here, there = 9 };
    return enumerators_of<local>();
}
} // namespace

TEST_CASE("enums local to a function with parameters are known") {
    CHECK(enumerators_of_local(1, {}) == "here=0 there=9");
}

TEST_CASE("members are visited in order, by reference") {
    holds_hidden value{};
    tenon::detail::visit_members(value, [&](hidden& inside, std::optional<hidden>& perhaps) {
        CHECK(&inside == &value.inside);
        CHECK(&perhaps == &value.perhaps);
    });
    using types = tenon::detail::member_types<holds_hidden>;
    static_assert(std::is_same_v<types, tenon::detail::type_list<hidden, std::optional<hidden>>>);
}
