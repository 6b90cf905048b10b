#ifndef TENON_TESTS_CATALOGUE_ODDITIES_HPP
#define TENON_TESTS_CATALOGUE_ODDITIES_HPP

// Events and services with every type and the worst names that C++ and JSON allow: their header has to compile.

#include <tenon/host.hpp>

#include <array>
#include <map>
#include <set>
#include <tuple>
#include <variant>

namespace oddities {

enum class colour { red, green };
enum class word { yes, other };
constexpr auto describe(tenon::type<word>) { // words of C++ among them
    return tenon::enumerators(tenon::enumerator("default", word::yes), tenon::enumerator("x y", word::other));
}

struct tree {
    std::string name;
    std::vector<tree> children;
};

struct everything {
    static constexpr auto event = "all.types", description = "a \"quoted\" \\ line\nand another \\";
    std::string text;
    bool truth;
    std::int8_t i8;
    std::uint8_t u8;
    std::int16_t i16;
    std::uint32_t u32;
    std::int64_t i64;
    std::uint64_t u64;
    double number;
    colour plain;
    std::optional<word> odd;
    std::vector<std::string> list;
    std::set<int> numbers;
    std::array<int, 3> three;
    std::map<std::string, std::vector<int>> table;
    std::tuple<int, std::string> pair;
    std::variant<std::string, int> either;
    tenon::json any;
    tree root;
    std::optional<tree> other;
};

struct names {
    static constexpr auto event = "names.with-dash.7";
    std::string a, b, c, d, e, f, g, names_;
    static constexpr auto describe() {
        return tenon::members(tenon::member("class", &names::a), tenon::member("class_", &names::b),
                              tenon::member("from-uid", &names::c), tenon::member("7th", &names::d),
                              tenon::member("event", &names::e), tenon::member("std", &names::f),
                              tenon::member("naïve", &names::g),
                              tenon::member("names_with_dash_7", &names::names_));
    }
};
struct same_name {
    static constexpr auto event = "names.with_dash.7";
};

struct method {
    std::string method, result, answer;
};
struct lenient {
    static constexpr bool allow_missing = true;
    int depth = 3;
};

inline tenon::host_catalogue catalogue() {
    asio::io_context io;
    tenon::host host(io);
    host.publishes<everything, names, same_name>();
    const auto provided = {
        host.provide("odd/method", "", [](const method& one) { return one; }),
        host.provide("odd/tree", "odd:tree", [](const lenient&) { return std::vector<tree>(); }),
        host.provide("odd/any", "", [](const tenon::json&) { return tenon::json(); }),
        host.provide("delete", "", [](const lenient&) { return colour::red; }),
    };
    for (const auto& one : provided) TENON_ASSERT(one);
    return host.catalogue();
}

} // namespace oddities

#endif
