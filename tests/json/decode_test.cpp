#include <tenon/json/decode.hpp>
#include <tenon/json/value.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

using namespace std::string_view_literals;
using json_tests::outcome;
using json_tests::row;
using json_tests::times;
using json_tests::told;
using tenon::from_json;

namespace {

template <class T, std::size_t Size>
void check(const row (&rows)[Size]) {
    for (const row& row : rows) {
        CAPTURE(row.text);
        CHECK(outcome<T>(row.text) == row.outcome);
    }
}

enum class colour { red, green, blue };

struct point {
    int x;
    int y;
};

struct file {
    std::string path;
    std::optional<std::int64_t> size;
    std::vector<std::string> tags;
};

struct request {
    std::int64_t id;
    std::string method;
    std::optional<std::vector<file>> files;
    std::map<std::string, point> places;
    bool urgent;
};

struct no_members {};

struct all_optional {
    std::optional<int> a;
    std::optional<std::string> b;
    std::optional<std::optional<int>> c;
};

struct tree {
    std::string name;
    std::vector<tree> children;
};

struct linked {
    int value;
    std::optional<std::map<std::string, linked>> next;
};

struct of_32 {
    int m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
        m22, m23, m24, m25, m26, m27, m28, m29, m30, m31;
};

struct circle {
    double radius;
};
struct square {
    double side;
};
struct named {
    std::string name;
    int number;
};
using figure = std::variant<circle, square, named>;

} // namespace

// --- scalars ---

TEST_CASE("booleans are true and false and nothing else") {
    check<bool>({
        {"true", "true"},
        {" false ", "false"},
        {"1", "-32602 expected boolean, got number at byte 0"},
        {"\"true\"", "-32602 expected boolean, got string at byte 0"},
        {"null", "-32602 expected boolean, got null at byte 0"},
        {"tru", "-32700 not a JSON value at byte 0"},
        {"", "-32700 expected a value at byte 0"},
    });
}

namespace {

template <class T>
void check_integer() {
    using limits = std::numeric_limits<T>;
    const auto lowest = std::to_string(limits::min()), highest = std::to_string(limits::max());
    CHECK(outcome<T>("0") == "0");
    CHECK(outcome<T>("-0") == "0");
    CHECK(outcome<T>(lowest) == lowest);
    CHECK(outcome<T>(highest) == highest);
    // One further by arithmetic on the text: the last digit of either end is no 9.
    const auto further = [](std::string text) {
        ++text.back();
        return text;
    };
    CHECK(outcome<T>(further(highest)) == "-32602 integer out of range at byte 0");
    CHECK(outcome<T>(limits::is_signed ? further(lowest) : "-1") == "-32602 integer out of range at byte 0");
    CHECK(outcome<T>("  " + further(highest)) == "-32602 integer out of range at byte 2");
    CHECK(outcome<T>(highest + "0") == "-32602 integer out of range at byte 0");
    CHECK(outcome<T>("99999999999999999999999999") == "-32602 integer out of range at byte 0");
    CHECK(outcome<T>("-99999999999999999999999999") == "-32602 integer out of range at byte 0");
    CHECK(outcome<T>("1.0") == "-32602 expected integer, got fraction at byte 0");
    CHECK(outcome<T>("1e1") == "-32602 expected integer, got fraction at byte 0");
    CHECK(outcome<T>("\"1\"") == "-32602 expected integer, got string at byte 0");
    CHECK(outcome<T>("null") == "-32602 expected integer, got null at byte 0");
    CHECK(outcome<T>("true") == "-32602 expected integer, got boolean at byte 0");
    CHECK(outcome<T>("[1]") == "-32602 expected integer, got array at byte 0");
    CHECK(outcome<T>("01") == "-32700 text behind the value at byte 1");
}

} // namespace

TEST_CASE("J5: integers of every width take exactly their own range") {
    check_integer<signed char>();
    check_integer<unsigned char>();
    check_integer<short>();
    check_integer<unsigned short>();
    check_integer<int>();
    check_integer<unsigned>();
    check_integer<long>();
    check_integer<unsigned long>();
    check_integer<long long>();
    check_integer<unsigned long long>();
    CHECK(outcome<char8_t>("255") == "255");
    CHECK(outcome<char8_t>("256") == "-32602 integer out of range at byte 0");
    CHECK(outcome<char16_t>("65535") == "65535");
    CHECK(outcome<char32_t>("4294967296") == "-32602 integer out of range at byte 0");
}

TEST_CASE("J5: doubles take any number, floats what a float can hold") {
    check<double>({
        {"1", "1"},
        {"-1.25e2", "-125"},
        {"0.1", "0.1"},
        {"1e-400", "0"},
        {"1e400", "-32700 number beyond the range of a double at byte 0"},
        {"\"1\"", "-32602 expected number, got string at byte 0"},
        {"null", "-32602 expected number, got null at byte 0"},
    });
    check<float>({
        {"0.1", "0.1"},
        {"16777217", "16777216"},
        {"3.4028235e38", "3.4028235e+38"},
        {" 3.5e38", "-32602 number out of range at byte 1"},
        {"-1e300", "-32602 number out of range at byte 0"},
        {"1e400", "-32700 number beyond the range of a double at byte 0"},
        {"1e-60", "0"},
        {"7.038531e-26", "7.038531e-26"},
    });
    CHECK(outcome<long double>("0.1") == "0.1");
}

TEST_CASE("text is read into a string, whatever is in it") {
    check<std::string>({
        {"\"\"", "\"\""},
        {R"("a\u00e9\ud83d\ude00")", "\"a\u00E9\U0001F600\""},
        {R"("\u0000")", R"("\u0000")"},
        {"1", "-32602 expected string, got number at byte 0"},
        {"null", "-32602 expected string, got null at byte 0"},
        {"\"", "-32700 string without an end at byte 0"},
    });
}

TEST_CASE("null is the only value of the types that have one value") {
    check<std::nullptr_t>({{"null", "null"}, {"0", "-32602 expected null, got number at byte 0"}});
    check<std::monostate>({{" null", "null"}, {"{}", "-32602 expected null, got object at byte 0"}});
}

TEST_CASE("an enum travels as its name, and only as that") {
    check<colour>({
        {R"("red")", R"("red")"},
        {R"("bl\u0075e")", R"("blue")"},
        {R"("Red")", R"(-32602 expected one of "red", "green", "blue" at byte 0)"},
        {R"(  "")", R"(-32602 expected one of "red", "green", "blue" at byte 2)"},
        {R"("red\u0000")", R"(-32602 expected one of "red", "green", "blue" at byte 0)"},
        {R"("colour::red")", R"(-32602 expected one of "red", "green", "blue" at byte 0)"},
        {"0", "-32602 expected string, got number at byte 0"},
    });
}

TEST_CASE("a duration is its count in its own unit") {
    CHECK(from_json<std::chrono::milliseconds>("1500")->count() == 1500);
    CHECK(from_json<std::chrono::hours>("-2")->count() == -2);
    CHECK(outcome<std::chrono::seconds>("1.5") == "-32602 expected integer, got fraction at byte 0");
    CHECK(outcome<std::chrono::nanoseconds>("9223372036854775807") == "9223372036854775807");
    CHECK(outcome<std::chrono::nanoseconds>("9223372036854775808") ==
          "-32602 integer out of range at byte 0");
    CHECK(outcome<std::chrono::duration<double>>("1.5") == "1.5");
    CHECK(outcome<std::chrono::duration<short, std::ratio<60>>>("32768") ==
          "-32602 integer out of range at byte 0");
    CHECK(outcome<std::chrono::milliseconds>("\"1s\"") == "-32602 expected integer, got string at byte 0");
}

// --- optional ---

TEST_CASE("an optional takes null for nothing and anything else for its value") {
    check<std::optional<int>>({
        {"null", "null"},
        {" 5", "5"},
        {"\"x\"", "-32602 expected integer, got string at byte 0"},
        {"nul", "-32700 not a JSON value at byte 0"},
        {"", "-32700 expected a value at byte 0"},
    });
    check<std::optional<std::vector<std::optional<std::string>>>>({
        {"null", "null"},
        {R"([null,"a",null])", R"([null,"a",null])"},
        {"[1]", "-32602 [0]: expected string, got number at byte 1"},
    });
    CHECK(!from_json<std::optional<std::optional<int>>>("null")->has_value());
    CHECK(!from_json<std::optional<tenon::json>>("null")->has_value());
}

TEST_CASE("an optional member may be absent or null, and is left out again") {
    check<all_optional>({
        {"{}", "{}"},
        {R"({"a":null,"b":null,"c":null})", "{}"},
        {R"({"a":1})", R"({"a":1})"},
        {R"({"c":3,"b":"x"})", R"({"b":"x","c":3})"},
        {R"({"a":"1"})", "-32602 a: expected integer, got string at byte 5"},
        {R"({"a":1,"a":null})", "-32602 a: duplicate member at byte 11"},
    });
}

// --- lists ---

TEST_CASE("sequences of every kind take an array") {
    check<std::vector<int>>({
        {"[]", "[]"},
        {" [ ] ", "[]"},
        {"[1,2,3]", "[1,2,3]"},
        {"[ 1 , 2 ]", "[1,2]"},
        {"[1,\"2\"]", "-32602 [1]: expected integer, got string at byte 3"},
        {"[1,2", "-32700 expected ',' or ']' at byte 4"},
        {"[1 2]", "-32700 expected ',' or ']' at byte 3"},
        {"[1,]", "-32700 [1]: not a JSON value at byte 3"},
        {"{}", "-32602 expected array, got object at byte 0"},
        {"null", "-32602 expected array, got null at byte 0"},
    });
    CHECK(outcome<std::deque<std::string>>(R"(["a","b"])") == R"(["a","b"])");
    CHECK(outcome<std::list<point>>(R"([{"x":1,"y":2}])") == R"([{"x":1,"y":2}])");
    CHECK(outcome<std::vector<std::vector<std::vector<int>>>>("[[[1],[]],[]]") == "[[[1],[]],[]]");
    CHECK(outcome<std::vector<std::vector<int>>>("[[],[1,[]]]") ==
          "-32602 [1][1]: expected integer, got array at byte 7");
}

TEST_CASE("a list of booleans is read although its elements have no address") {
    check<std::vector<bool>>({
        {"[]", "[]"},
        {"[true,false,true]", "[true,false,true]"},
        {"[true,0]", "-32602 [1]: expected boolean, got number at byte 6"},
    });
}

TEST_CASE("what was in the target is replaced, not added to") {
    std::vector<int> list{9, 9};
    tenon::json_reader in("[1]");
    CHECK(tenon::detail::decode(in, list));
    CHECK(list == std::vector<int>{1});
    std::map<std::string, int> table{{"old", 1}};
    tenon::json_reader next(R"({"new":2})");
    CHECK(tenon::detail::decode(next, table));
    CHECK(table == std::map<std::string, int>{{"new", 2}});
    std::optional<int> perhaps = 1;
    tenon::json_reader last("null");
    CHECK(tenon::detail::decode(last, perhaps));
    CHECK(!perhaps);
}

TEST_CASE("sets take an array and keep one of each") {
    CHECK(outcome<std::set<int>>("[3,1,2,1]") == "[1,2,3]");
    CHECK(outcome<std::set<colour>>(R"(["green","red"])") == R"(["red","green"])");
    CHECK(outcome<std::unordered_set<std::string>>(R"(["one"])") == R"(["one"])");
    CHECK(outcome<std::set<std::string>>(R"(["a",1])") ==
          "-32602 [1]: expected string, got number at byte 5");
    CHECK(outcome<std::set<std::vector<int>>>("[[2],[1]]") == "[[1],[2]]");
}

TEST_CASE("arrays, tuples and pairs need exactly their number of elements") {
    check<std::array<int, 3>>({
        {"[1,2,3]", "[1,2,3]"},
        {" [ 1 , 2 , 3 ] ", "[1,2,3]"},
        {"[1,2]", "-32602 too few elements at byte 5"},
        {"[]", "-32602 too few elements at byte 2"},
        {"[1,2,3,4]", "-32602 too many elements at byte 7"},
        {"[1,2,3", "-32700 expected ',' or ']' at byte 6"},
        {"[1,null,3]", "-32602 [1]: expected integer, got null at byte 3"},
    });
    check<std::array<int, 0>>({{"[]", "[]"}, {"[1]", "-32602 too many elements at byte 1"}});
    check<std::pair<std::string, point>>({
        {R"(["a",{"x":1,"y":2}])", R"(["a",{"x":1,"y":2}])"},
        {R"(["a"])", "-32602 too few elements at byte 5"},
        {R"(["a",{"x":1,"y":"2"}])", "-32602 [1].y: expected integer, got string at byte 16"},
    });
    check<std::tuple<int, bool, std::optional<int>, std::string>>({
        {R"([1,true,null,"x"])", R"([1,true,null,"x"])"},
        {R"([1,true,7,"x"])", R"([1,true,7,"x"])"},
        {R"([1,true,7,"x",0])", "-32602 too many elements at byte 14"},
        {R"([1,true])", "-32602 too few elements at byte 8"},
        {R"([1,"true",7,"x"])", "-32602 [1]: expected boolean, got string at byte 3"},
    });
    check<std::tuple<>>({{"[]", "[]"},
                         {"[[]]", "-32602 too many elements at byte 1"},
                         {"{}", "-32602 expected array, got object at byte 0"}});
}

// --- maps ---

TEST_CASE("maps take an object whose names are their keys") {
    check<std::map<std::string, int>>({
        {"{}", "{}"},
        {R"({"b":2,"a":1})", R"({"a":1,"b":2})"},
        {R"({"":0,"\u0000":1})", R"({"":0,"\u0000":1})"},
        {R"({ "a" : 1 , "b" : 2 })", R"({"a":1,"b":2})"},
        {R"({"a":"x"})", "-32602 a: expected integer, got string at byte 5"},
        {R"({"\u0061\n":"x"})", "-32602 a\n: expected integer, got string at byte 12"},
        {"[]", "-32602 expected object, got array at byte 0"},
        {R"({"a":1)", "-32700 expected ',' or '}' at byte 6"},
        {R"({"a" 1})", "-32700 expected ':' at byte 5"},
        {R"({"a":})", "-32700 a: not a JSON value at byte 5"},
        {R"({a:1})", "-32700 expected a member's name at byte 1"},
    });
    CHECK(outcome<std::unordered_map<std::string, std::vector<int>>>(R"({"a":[1,2]})") == R"({"a":[1,2]})");
    CHECK(outcome<std::map<std::string, std::map<std::string, std::vector<point>>>>(
              R"({"a":{"b":[{"x":1,"y":null}]}})") ==
          "-32602 a.b[0].y: expected integer, got null at byte 22");
}

TEST_CASE("J4: a key given twice is refused, however it is spelled") {
    check<std::map<std::string, int>>({
        {R"({"a":1,"a":2})", "-32602 a: duplicate member at byte 11"},
        {R"({"a":1,"a":1})", "-32602 a: duplicate member at byte 11"},
        {R"({"a":1,"\u0061":2})", "-32602 a: duplicate member at byte 16"},
        {"{\"\\u00e9\":1,\"b\":2,\"\u00E9\":3}", "-32602 \u00E9: duplicate member at byte 23"},
        {R"({"a":1,"A":2})", R"({"A":2,"a":1})"},
    });
    CHECK(outcome<std::map<int, int>>(R"({"1":1,"1":2})") == "-32602 1: duplicate member at byte 11");
    CHECK(outcome<std::map<int, int>>(R"({"0":1,"-0":2})") == "-32602 -0: duplicate member at byte 12");
    CHECK(outcome<std::map<colour, int>>(R"({"red":1,"red":2})") ==
          "-32602 red: duplicate member at byte 15");
}

TEST_CASE("maps may have integers and enums for keys") {
    check<std::map<int, std::string>>({
        {R"({"-5":"a","10":"b","9":"c"})", R"({"-5":"a","9":"c","10":"b"})"},
        {R"({"2147483648":"a"})", "-32602 2147483648: expected a number as the member's name at byte 14"},
        {R"({"x":"a"})", "-32602 x: expected a number as the member's name at byte 5"},
        {R"({"":"a"})", "-32602 expected a number as the member's name at byte 4"},
        {R"({"1.0":"a"})", "-32602 1.0: expected a number as the member's name at byte 7"},
        {R"({"1x":"a"})", "-32602 1x: expected a number as the member's name at byte 6"},
        {R"({" 1":"a"})", "-32602  1: expected a number as the member's name at byte 6"},
        {R"({"1 ":"a"})", "-32602 1 : expected a number as the member's name at byte 6"},
        {R"({"01":"a"})", "-32602 01: expected a number as the member's name at byte 6"},
        {R"({"1":2})", "-32602 1: expected string, got number at byte 5"},
    });
    CHECK(outcome<std::map<std::uint64_t, int>>(R"({"18446744073709551615":1})") ==
          R"({"18446744073709551615":1})");
    CHECK(outcome<std::map<std::int64_t, int>>(R"({"-9223372036854775808":1})") ==
          R"({"-9223372036854775808":1})");
    CHECK(outcome<std::map<unsigned char, int>>(R"({"256":1})") ==
          "-32602 256: expected a number as the member's name at byte 7");
    CHECK(outcome<std::unordered_map<int, int>>(R"({"7":1})") == R"({"7":1})");
    check<std::map<colour, int>>({
        {R"({"green":1,"red":2})", R"({"red":2,"green":1})"},
        {R"({"gr\u0065en":1})", R"({"green":1})"},
        {R"({"yellow":1})", R"(-32602 yellow: expected one of "red", "green", "blue" at byte 10)"},
        {R"({"red":"x"})", "-32602 red: expected integer, got string at byte 7"},
    });
}

// --- objects ---

TEST_CASE("a struct takes its members in any order, with any space") {
    check<point>({
        {R"({"x":1,"y":2})", R"({"x":1,"y":2})"},
        {R"({"y":2,"x":1})", R"({"x":1,"y":2})"},
        {"\n{\t\"x\"\r:\n1 ,\"y\" : 2\n}\n", R"({"x":1,"y":2})"},
        {R"({ "x":1,"y":2})", R"({"x":1,"y":2})"},
        {R"({"x" :1,"y":2})", R"({"x":1,"y":2})"},
        {R"({"x":1, "y":2})", R"({"x":1,"y":2})"},
        {R"({"x":1,"y":2 })", R"({"x":1,"y":2})"},
        {R"({"\u0078":1,"\u0079":2})", R"({"x":1,"y":2})"},
        {R"({"x":1,"\u0079":2})", R"({"x":1,"y":2})"},
    });
}

TEST_CASE("every order of members and every mixture of spellings gives the same struct") {
    std::mt19937 random(8);
    std::vector<std::string> members = {
        R"("id":7)",        R"("method":"m")",       R"("files":[])",       R"("places":{"p":{"x":1,"y":2}})",
        R"("urgent":true)", R"("other":[{"id":8}])", R"("more":{"id":"9"})"};
    for (int round = 0; round < 1000; ++round) {
        std::shuffle(members.begin(), members.end(), random);
        std::string text = "{";
        for (const std::string& member : members) {
            if (text.size() > 1) text += ',';
            if (random() % 3 == 0) text += ' ';
            text += member;
            if (random() % 3 == 0) text += '\n';
        }
        text += "}";
        CAPTURE(text);
        REQUIRE(outcome<request>(text) ==
                R"({"id":7,"method":"m","files":[],"places":{"p":{"x":1,"y":2}},"urgent":true})");
    }
}

TEST_CASE("a missing member is named, at the byte where its struct starts") {
    check<point>({
        {"{}", "-32602 x: missing at byte 0"},
        {R"( {"y":1})", "-32602 x: missing at byte 1"},
        {R"({"x":1})", "-32602 y: missing at byte 0"},
        {R"({"x":1,"z":2})", "-32602 y: missing at byte 0"},
        {R"({"X":1,"Y":2})", "-32602 x: missing at byte 0"},
        {"[1,2]", "-32602 expected object, got array at byte 0"},
    });
    CHECK(outcome<request>(R"({"id":1,"method":"m","urgent":true,"places":{"home":{"x":1}}})") ==
          "-32602 places.home.y: missing at byte 52");
    CHECK(
        outcome<request>(
            R"({"id":1,"method":"m","files":[{"path":"a","tags":[]},{"path":"b"}],"places":{},"urgent":true})") ==
        "-32602 files[1].tags: missing at byte 53");
}

TEST_CASE("J4: a member given twice is refused, however it is spelled and wherever it stands") {
    check<point>({
        {R"({"x":1,"y":2,"x":3})", "-32602 x: duplicate member at byte 17"},
        {R"({"x":1,"x":1,"y":2})", "-32602 x: duplicate member at byte 11"},
        {R"({"y":1,"y":2,"x":3})", "-32602 y: duplicate member at byte 11"},
        {R"({"x":1,"y":2,"\u0078":3})", "-32602 x: duplicate member at byte 22"},
        {R"({"x":1,"y":2, "y" : 3})", "-32602 y: duplicate member at byte 19"},
        {R"({"x":1,"y":2,"X":3,"Y":4})", R"({"x":1,"y":2})"},
        {R"({"x":1,"y":2,"z":3,"z":4})", R"({"x":1,"y":2})"},
    });
    CHECK(outcome<no_members>(R"({"a":1,"a":2})") == "{}");
}

TEST_CASE("an unknown member is skipped, whatever it is, and checked") {
    for (const char* unknown : {"null", "true", "-1.5e3", "\"\\u00e9\"", "[]", "{}", "[1,[2,{\"x\":[]}]]",
                                "{\"x\":{\"x\":1}}", "1e308"}) {
        const std::string value = unknown;
        CAPTURE(value);
        for (const std::string& text :
             {"{\"u\":" + value + ",\"x\":1,\"y\":2}", "{\"x\":1,\"u\":" + value + ",\"y\":2}",
              "{\"x\":1,\"y\":2,\"u\":" + value + "}", "{\"y\":2, \"\" : " + value + " ,\"x\":1}"})
            CHECK(outcome<point>(text) == R"({"x":1,"y":2})");
    }
    check<point>({
        {R"({"x":1,"y":2,"u":01})", "-32700 expected ',' or '}' at byte 18"},
        {R"({"x":1,"y":2,"u":[1,]})", "-32700 not a JSON value at byte 20"},
        {R"({"x":1,"y":2,"u":"\ud800"})", "-32700 surrogate without its partner at byte 18"},
        {R"({"x":1,"y":2,"u":1e999})", "-32700 number beyond the range of a double at byte 17"},
        {R"({"u":tru,"x":1,"y":2})", "-32700 not a JSON value at byte 5"},
        {R"({"x":1,"y":2,"u":{"a":1)", "-32700 expected ',' or '}' at byte 23"},
    });
}

TEST_CASE("an object cut off anywhere is refused") {
    const std::string text =
        R"({"id":1,"method":"m\u0041","files":[{"path":"a","size":5,"tags":["t"]}],"places":{"p":{"x":1,"y":2}},"urgent":true})";
    REQUIRE(outcome<request>(text)[0] == '{');
    for (std::size_t length = 0; length < text.size(); ++length) {
        CAPTURE(length);
        REQUIRE(outcome<request>(text.substr(0, length))[0] == '-');
    }
    for (const char* tail : {"x", "}", ",", "{}", "\0"}) CHECK(outcome<request>(text + tail + "!")[0] == '-');
}

TEST_CASE("every byte of a text can be changed without harm") {
    const std::string text =
        R"({"id":1,"method":"m\u0041","files":[{"path":"a","size":5,"tags":["t"]}],"places":{"p":{"x":1,"y":2}},"urgent":true})";
    std::mt19937 random(9);
    for (int round = 0; round < 20'000; ++round) {
        std::string broken = text;
        for (auto changes = random() % 3 + 1; changes > 0; --changes)
            broken[random() % broken.size()] = static_cast<char>(
                random() % 3 == 0 ? random() % 256
                                  : static_cast<unsigned char>("{}[],:\"\\0e"[random() % 10]));
        const auto value = from_json<request>(broken);
        // What is refused as a type may be JSON; what is accepted must be.
        if (value) REQUIRE(json_tests::is_json(broken));
    }
}

TEST_CASE("a struct without members takes any object") {
    check<no_members>({
        {"{}", "{}"},
        {R"({"a":{"b":[]}})", "{}"},
        {R"({"a":})", "-32700 a: not a JSON value at byte 5"},
        {"[]", "-32602 expected object, got array at byte 0"},
        {"null", "-32602 expected object, got null at byte 0"},
    });
}

TEST_CASE("a struct may have 32 members, in any order") {
    std::vector<int> order(32);
    for (int index = 0; index < 32; ++index) order[static_cast<std::size_t>(index)] = index;
    const auto text_in = [&](const std::vector<int>& members) {
        std::string text;
        for (const int index : members)
            text += (text.empty() ? "{\"m" : ",\"m") + std::to_string(index) +
                    "\":" + std::to_string(-index * index);
        return text + "}";
    };
    const std::string ordered = text_in(order);
    CHECK(outcome<of_32>(ordered) == ordered);
    std::mt19937 random(10);
    for (int round = 0; round < 100; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        REQUIRE(outcome<of_32>(text_in(order)) == ordered);
        const int last = order.back();
        order.pop_back();
        REQUIRE(outcome<of_32>(text_in(order)) == "-32602 m" + std::to_string(last) + ": missing at byte 0");
        order.push_back(last);
    }
}

TEST_CASE("structs that contain themselves are read to any depth that JSON may have") {
    check<tree>({
        {R"({"name":"a","children":[{"name":"b","children":[]},{"children":[],"name":"c"}]})",
         R"({"name":"a","children":[{"name":"b","children":[]},{"name":"c","children":[]}]})"},
        {R"({"name":"a","children":[{"name":"b","children":[{"name":1}]}]})",
         "-32602 children[0].children[0].name: expected string, got number at byte 56"},
    });
    CHECK(outcome<linked>(R"({"value":1,"next":{"n":{"value":2,"next":null}}})") ==
          R"({"value":1,"next":{"n":{"value":2}}})");
}

TEST_CASE("structs local to a function are read and written") {
    struct local {
        int number;
        std::optional<std::string> text;
    };
    CHECK(outcome<local>(R"({"number":1,"text":"t"})") == R"({"number":1,"text":"t"})");
    CHECK(outcome<std::vector<local>>(R"([{"number":1},{}])") == "-32602 [1].number: missing at byte 14");
}

TEST_CASE("a fault names the path from the root and the byte in the larger text") {
    CHECK(outcome<request>(
              R"({"id":1,"method":"m","files":[{"path":"a","tags":[]},{"path":"b","tags":["x",5]}]})",
              {.root = "params", .offset = 1000}) ==
          "-32602 params.files[1].tags[1]: expected string, got number at byte 1077");
    CHECK(outcome<std::vector<int>>("[1,x]", {.root = "result", .offset = 5}) ==
          "-32700 result[1]: not a JSON value at byte 8");
    CHECK(outcome<int>("", {.root = "params", .offset = 7}) == "-32700 params: expected a value at byte 7");
}

// --- variants ---

TEST_CASE("a variant takes its first alternative that can read the value") {
    check<std::variant<int, double, std::string, std::vector<int>, point, std::monostate>>({
        {"1", "1"},
        {"1.5", "1.5"},
        {"3000000000", "3e+09"},
        {R"("x")", R"("x")"},
        {"[1,2]", "[1,2]"},
        {R"({"x":1,"y":2})", R"({"x":1,"y":2})"},
        {" null ", "null"},
        {"true", "-32602 expected one of several types, got none of them at byte 0"},
        {"[1,\"2\"]", "-32602 expected one of several types, got none of them at byte 0"},
        {R"({"x":1})", "-32602 expected one of several types, got none of them at byte 0"},
        {"[1,", "-32700 [1]: expected a value at byte 3"},
        {R"({"x":1,"y":2)", "-32700 expected ',' or '}' at byte 12"},
        {"tru", "-32602 expected one of several types, got none of them at byte 0"},
        {"nul", "-32700 not a JSON value at byte 0"},
        {"", "-32700 expected a value at byte 0"},
    });
    CHECK(from_json<std::variant<int, double>>("1")->index() == 0);
    CHECK(from_json<std::variant<double, int>>("1")->index() == 0);
    CHECK(from_json<std::variant<std::string, int>>("1")->index() == 1);
}

TEST_CASE("structs among alternatives are told apart by the members they need") {
    check<std::vector<figure>>({
        {R"([{"radius":1},{"side":2},{"name":"n","number":3}])",
         R"([{"radius":1},{"side":2},{"name":"n","number":3}])"},
        {R"([{"side":2,"radius":1}])", R"([{"radius":1}])"},
        {R"([{"radius":1},{"edge":2}])",
         "-32602 [1]: expected one of several types, got none of them at byte 14"},
        {R"([{"radius":"1"}])", "-32602 [0]: expected one of several types, got none of them at byte 1"},
    });
}

TEST_CASE("a variant within others starts again at its own place, not at theirs") {
    using deep = std::variant<
        std::vector<std::variant<int, std::string>>,
        std::map<std::string, std::variant<bool, std::vector<std::variant<std::nullptr_t, double>>>>>;
    check<deep>({
        {R"([1,"a",2])", R"([1,"a",2])"},
        {R"({"a":true,"b":[null,1.5]})", R"({"a":true,"b":[null,1.5]})"},
        {R"({"a":true,"b":[null,"x"]})", "-32602 expected one of several types, got none of them at byte 0"},
        {R"([1,["a"],2])", "-32602 expected one of several types, got none of them at byte 0"},
    });
    struct holder {
        std::optional<std::variant<int, std::string>> either;
        int behind;
    };
    CHECK(outcome<holder>(R"({"either":"x","behind":1})") == R"({"either":"x","behind":1})");
    CHECK(outcome<holder>(R"({"either": "x" , "behind":1})") == R"({"either":"x","behind":1})");
    CHECK(outcome<holder>(R"({"either":null,"behind":1})") == R"({"behind":1})");
    CHECK(outcome<holder>(R"({"either":[],"behind":1})") ==
          "-32602 either: expected one of several types, got none of them at byte 10");
}

TEST_CASE("an alternative that failed leaves nothing behind") {
    using lists = std::variant<std::vector<int>, std::vector<std::string>, std::map<std::string, int>>;
    const auto value = from_json<lists>(R"(["a","b"])");
    REQUIRE(value);
    CHECK(value->index() == 1);
    CHECK(std::get<1>(*value).size() == 2);
    // Each try forgets what the last one stored, so trying does not count against the memory that is allowed.
    using many = std::variant<std::vector<std::string>, std::deque<std::string>, std::list<std::string>,
                              std::vector<tenon::json>>;
    const auto kept = from_json<many>("[" + times(100'000, "\"\",") + "7]");
    REQUIRE(kept);
    CHECK(kept->index() == 3);
}

TEST_CASE("json among the alternatives takes what no other does") {
    using any = std::variant<int, point, tenon::json>;
    check<any>({
        {"1", "1"},
        {R"({"x":1})", R"({"x":1})"},
        {R"({"x": [ 1 ]})", R"({"x": [ 1 ]})"},
    });
    CHECK(from_json<any>(R"({"x":1})")->index() == 2);
    CHECK(from_json<any>(R"({"x":1,"y":2})")->index() == 1);
}

// --- codecs ---

namespace {

struct says_no {
    std::string text;
};
struct overlooks {
    std::int64_t first = 0, second = 0;
};

} // namespace

template <>
struct tenon::json_codec<says_no> {
    static bool read(json_reader& in, says_no& value) {
        return in.read_string(value.text) && value.text == "yes";
    }
    static void write(json_writer& out, const says_no& value) { out.string(value.text); }
};
template <>
struct tenon::json_codec<overlooks> {
    static bool read(json_reader& in, overlooks& value) {
        if (!in.enter_array()) return false;
        in.next_element();
        in.read_int64(value.first);
        in.next_element();
        in.read_int64(value.second);
        in.next_element();
        return true;
    }
    static void write(json_writer& out, const overlooks& value) { out.integer(value.first + value.second); }
};

TEST_CASE("a codec that says no without a reason is answered for") {
    check<says_no>({
        {R"("yes")", R"("yes")"},
        {R"( "no")", "-32602 refused by the codec of its type at byte 1"},
        {"1", "-32602 expected string, got number at byte 0"},
        {"", "-32700 expected a value at byte 0"},
    });
    CHECK(outcome<std::map<std::string, says_no>>(R"({"a":"yes","b":"no"})") ==
          "-32602 b: refused by the codec of its type at byte 15");
    CHECK(outcome<std::variant<says_no, std::string>>(R"("no")") == R"("no")");
}

TEST_CASE("a codec that overlooks a failure does not turn it into success") {
    check<overlooks>({
        {"[1,2]", "3"},
        {R"(["1",2])", "-32602 expected integer, got string at byte 1"},
        {R"([1,2.5])", "-32602 expected integer, got fraction at byte 3"},
        {"[1", "-32700 expected ',' or ']' at byte 2"},
        {"{}", "-32602 expected array, got object at byte 0"},
    });
    CHECK(outcome<std::vector<overlooks>>(R"([[1,2],["1",2],[1,2]])") ==
          "-32602 expected integer, got string at byte 8");
}

TEST_CASE("types that can only be moved are read") {
    struct owner {
        std::vector<std::vector<std::string>> rows;
        std::unique_ptr<int> unused = {};
        static constexpr auto describe() { return tenon::members(tenon::member("rows", &owner::rows)); }
    };
    auto value = from_json<owner>(R"({"rows":[["a"]]})");
    REQUIRE(value);
    CHECK(value->rows[0][0] == "a");
    const owner taken = *std::move(value);
    CHECK(taken.rows.size() == 1);
}
