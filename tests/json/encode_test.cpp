#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using tenon::from_json;
using tenon::to_json;

namespace {

enum class colour { red, green = 5 };
enum class bytes : unsigned char { low = 1, high = 127 };

struct point {
    int x;
    int y;
};
struct nothing {};
struct mixed {
    std::optional<int> first;
    std::string text;
    std::optional<point> middle;
    std::vector<std::optional<int>> list;
    std::optional<std::string> last;
};
struct only_optional {
    std::optional<int> a, b;
};
struct borrowed {
    std::string_view view;
    const char* pointer;
};
struct tree {
    int value;
    std::vector<tree> children;
};

} // namespace

TEST_CASE("scalars are written in full") {
    CHECK(to_json(true) == "true");
    CHECK(to_json(false) == "false");
    CHECK(to_json(0) == "0");
    CHECK(to_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(to_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(to_json(std::numeric_limits<long long>::max()) == "9223372036854775807");
    CHECK(to_json(static_cast<signed char>(-128)) == "-128");
    CHECK(to_json(static_cast<unsigned char>(255)) == "255");
    CHECK(to_json(char16_t{65}) == "65");
    CHECK(to_json(0.1) == "0.1");
    CHECK(to_json(0.1f) == "0.1");
    CHECK(to_json(-0.0) == "-0");
    CHECK(to_json(2.5L) == "2.5");
    CHECK(to_json(nullptr) == "null");
    CHECK(to_json(std::monostate()) == "null");
}

TEST_CASE("what JSON cannot say is written as the nearest that it can") {
    CHECK(to_json(std::numeric_limits<double>::infinity()) == "null");
    CHECK(to_json(std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()}) == "[1,null]");
    CHECK(to_json(static_cast<colour>(3)) == "3");
    CHECK(to_json(static_cast<colour>(-3)) == "-3");
    CHECK(to_json(static_cast<bytes>(200)) == "200");
    CHECK(to_json(std::map<colour, int>{{static_cast<colour>(3), 1}, {static_cast<colour>(4), 2}}) ==
          R"({"3":1,"4":2})");
    CHECK(to_json(std::string("\xFF")) == "\"\uFFFD\"");
    CHECK(to_json(std::map<std::string, int>{{"\xFF", 1}}) == "{\"\uFFFD\":1}");
}

TEST_CASE("text may be owned, borrowed or literal") {
    CHECK(to_json(std::string("a\"b")) == R"("a\"b")");
    CHECK(to_json(std::string_view("view")) == R"("view")");
    CHECK(to_json("literal") == R"("literal")");
    const char* pointer = "pointer";
    CHECK(to_json(pointer) == R"("pointer")");
    CHECK(to_json(borrowed{"v", "p"}) == R"({"view":"v","pointer":"p"})");
}

TEST_CASE("enums are written by name, durations as their count") {
    CHECK(to_json(colour::green) == R"("green")");
    CHECK(to_json(bytes::high) == R"("high")");
    CHECK(to_json(std::vector<colour>{colour::red, colour::green}) == R"(["red","green"])");
    CHECK(to_json(1500ms) == "1500");
    CHECK(to_json(-2h) == "-2");
    CHECK(to_json(std::chrono::duration<double>(0.25)) == "0.25");
}

TEST_CASE("an empty optional is left out of an object and is null elsewhere") {
    CHECK(to_json(std::optional<int>()) == "null");
    CHECK(to_json(std::optional<int>(5)) == "5");
    CHECK(to_json(mixed{}) == R"({"text":"","list":[]})");
    CHECK(to_json(mixed{1, "t", point{1, 2}, {1, {}, 3}, "l"}) ==
          R"({"first":1,"text":"t","middle":{"x":1,"y":2},"list":[1,null,3],"last":"l"})");
    CHECK(to_json(only_optional{}) == "{}");
    CHECK(to_json(only_optional{{}, 2}) == R"({"b":2})");
    CHECK(to_json(std::map<std::string, std::optional<int>>{{"a", {}}}) == R"({"a":null})");
    CHECK(to_json(std::tuple(std::optional<int>(), 1)) == "[null,1]");
}

TEST_CASE("containers of every kind are written") {
    CHECK(to_json(std::vector<int>{}) == "[]");
    CHECK(to_json(std::vector<bool>{true, false}) == "[true,false]");
    const std::vector<bool> fixed{true};
    CHECK(to_json(fixed) == "[true]");
    CHECK(to_json(std::deque<std::string>{"a"}) == R"(["a"])");
    CHECK(to_json(std::list<point>{{1, 2}, {3, 4}}) == R"([{"x":1,"y":2},{"x":3,"y":4}])");
    CHECK(to_json(std::set<int>{2, 1}) == "[1,2]");
    CHECK(to_json(std::array<int, 2>{1, 2}) == "[1,2]");
    CHECK(to_json(std::array<int, 0>{}) == "[]");
    CHECK(to_json(std::pair(1, "a")) == R"([1,"a"])");
    CHECK(to_json(std::tuple<>()) == "[]");
    CHECK(to_json(std::map<std::string, int>{}) == "{}");
    CHECK(to_json(std::map<std::string, std::vector<point>>{{"a\n", {{1, 2}}}}) ==
          R"({"a\n":[{"x":1,"y":2}]})");
    CHECK(to_json(std::unordered_map<int, bool>{{-1, true}}) == R"({"-1":true})");
    CHECK(to_json(std::map<std::uint64_t, int>{{18'446'744'073'709'551'615u, 1}}) ==
          R"({"18446744073709551615":1})");
    CHECK(to_json(std::map<std::int64_t, int>{{std::numeric_limits<std::int64_t>::min(), 1}}) ==
          R"({"-9223372036854775808":1})");
    CHECK(to_json(std::map<colour, int>{{colour::red, 1}, {colour::green, 2}}) == R"({"red":1,"green":2})");
    CHECK(to_json(nothing{}) == "{}");
    CHECK(to_json(std::vector<nothing>(3)) == "[{},{},{}]");
    CHECK(to_json(std::vector<std::vector<int>>{{}, {1}, {}}) == "[[],[1],[]]");
}

TEST_CASE("a variant is written as what it holds") {
    using any = std::variant<int, std::string, point, std::vector<std::variant<bool, std::monostate>>>;
    CHECK(to_json(any(1)) == "1");
    CHECK(to_json(any("x")) == R"("x")");
    CHECK(to_json(any(point{1, 2})) == R"({"x":1,"y":2})");
    CHECK(to_json(any(std::vector<std::variant<bool, std::monostate>>{true, std::monostate()})) ==
          "[true,null]");
}

TEST_CASE("json of any type is written as its own text") {
    CHECK(to_json(*tenon::json::parse(" { \"a\" : [ 1 ] } ")) == R"({ "a" : [ 1 ] })");
    CHECK(to_json(std::vector<tenon::json>(2)) == "[null,null]");
    CHECK(to_json(tenon::json_view()) == "null");
}

TEST_CASE("values are encoded behind what the buffer already holds") {
    tenon::byte_buffer buffer;
    buffer.append("head:");
    tenon::json_writer out(buffer);
    tenon::detail::encode(out, point{1, 2});
    CHECK(buffer.view() == R"(head:{"x":1,"y":2})");
}

// --- round trips ---

namespace {

struct everything {
    bool flag;
    std::int64_t integer;
    std::uint64_t natural;
    double number;
    float single;
    std::string text;
    colour shade;
    std::optional<std::string> perhaps;
    std::vector<std::string> list;
    std::vector<bool> flags;
    std::set<int> set;
    std::map<std::string, point> table;
    std::map<int, double> numbered;
    std::pair<int, std::string> pair;
    std::array<double, 2> fixed;
    std::variant<std::int64_t, std::string, point> either;
    std::chrono::milliseconds wait;
    std::vector<tree> trees;
};

// Values of all sizes from all over their ranges, by one generator.
struct dice {
    std::mt19937_64 random;

    std::uint64_t below(std::uint64_t end) { return random() % end; }
    std::int64_t integer() {
        return static_cast<std::int64_t>(random() >> below(64)) * (below(2) == 0 ? 1 : -1);
    }
    double number() {
        for (;;) {
            const auto value = std::bit_cast<double>(random());
            if (value - value == 0) return below(2) == 0 ? value : static_cast<double>(integer()) / 8;
        }
    }
    float single() {
        for (;;) {
            const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
            if (value - value == 0) return value;
        }
    }
    std::string text() {
        std::string value;
        for (auto left = below(30); left > 0; --left) {
            const char* const pieces[] = {"a",      "\"",     "\\",         "\n", "\x01",
                                          "\u00E9", "\u20AC", "\U0001F600", "/",  "plain words"};
            value += pieces[below(10)];
        }
        if (below(10) == 0) value += '\0';
        return value;
    }
    tree branch(unsigned depth) {
        tree made{static_cast<int>(integer()), {}};
        if (depth > 0)
            for (auto left = below(3); left > 0; --left) made.children.push_back(branch(depth - 1));
        return made;
    }
    everything all() {
        everything made{};
        made.flag = below(2) == 0;
        made.integer = integer();
        made.natural = random();
        made.number = number();
        made.single = single();
        made.text = text();
        made.shade = below(2) == 0 ? colour::red : colour::green;
        if (below(2) == 0) made.perhaps = text();
        for (auto left = below(5); left > 0; --left) {
            made.list.push_back(text());
            made.flags.push_back(below(2) == 0);
            made.set.insert(static_cast<int>(integer()));
            made.table[text()] = {static_cast<int>(integer()), 0};
            made.numbered[static_cast<int>(integer())] = number();
            made.trees.push_back(branch(3));
        }
        made.pair = {static_cast<int>(integer()), text()};
        made.fixed = {number(), number()};
        switch (below(3)) {
        case 0: made.either = integer(); break;
        case 1: made.either = text(); break;
        default: made.either = point{1, static_cast<int>(integer())};
        }
        made.wait = std::chrono::milliseconds(integer());
        return made;
    }
};

} // namespace

TEST_CASE("whatever is written reads back as what writes the same text again") {
    dice dice{std::mt19937_64(11)};
    for (int round = 0; round < 1000; ++round) {
        const everything value = dice.all();
        const std::string text = to_json(value);
        CAPTURE(text);
        REQUIRE(json_tests::outcome<everything>(text) == text);
        const auto back = from_json<everything>(text);
        REQUIRE(back->text == value.text);
        REQUIRE(std::bit_cast<std::uint64_t>(back->number) == std::bit_cast<std::uint64_t>(value.number));
        REQUIRE(std::bit_cast<std::uint32_t>(back->single) == std::bit_cast<std::uint32_t>(value.single));
        REQUIRE(back->integer == value.integer);
        REQUIRE(back->natural == value.natural);
        REQUIRE(back->list == value.list);
        REQUIRE(back->flags == value.flags);
        REQUIRE(back->numbered == value.numbered);
        REQUIRE(back->wait == value.wait);
    }
}
