#include <tenon/json/reader.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_view_literals;
using json_tests::is_json;
using json_tests::times;
using json_tests::told;
using tenon::json_kind;
using tenon::json_reader;

namespace {

constexpr std::string_view space = " \t\r\n \n\n\t  \r";

// Runs one read over a whole text and tells what came out.
template <class Read>
std::string reading(std::string_view text, Read read) {
    json_reader in(text);
    std::string value = read(in);
    return in.finish() ? value : told(in.error());
}

std::string null_in(std::string_view text) {
    return reading(text, [](json_reader& in) { return in.read_null() ? "null" : ""; });
}
std::string bool_in(std::string_view text) {
    return reading(text, [](json_reader& in) {
        bool value = false;
        return in.read_bool(value) ? value ? "true" : "false" : "";
    });
}
std::string string_in(std::string_view text) {
    return reading(text, [](json_reader& in) {
        std::string value = "what was there before";
        return in.read_string(value) ? value : "";
    });
}
std::string text_in(std::string_view text) {
    return reading(text, [](json_reader& in) {
        std::string scratch;
        std::string_view value;
        return in.read_text(value, scratch) ? std::string(value) : "";
    });
}
std::string int64_in(std::string_view text) {
    return reading(text, [](json_reader& in) {
        std::int64_t value = 0;
        return in.read_int64(value) ? std::to_string(value) : "";
    });
}
std::string uint64_in(std::string_view text) {
    return reading(text, [](json_reader& in) {
        std::uint64_t value = 0;
        return in.read_uint64(value) ? std::to_string(value) : "";
    });
}
std::string double_in(std::string_view text) {
    return reading(text, [](json_reader& in) {
        double value = 0;
        return in.read_double(value) ? tenon::to_json(value) : "";
    });
}
std::string skipping(std::string_view text) {
    return reading(text, [](json_reader& in) { return in.skip_value() ? "skipped" : ""; });
}

// Walks over any value with the verbs that read, and writes it again, without space and with `/` unescaped.
bool walk(json_reader& in, tenon::json_writer& out) {
    switch (in.peek()) {
    case json_kind::null: return in.read_null() && (out.null(), true);
    case json_kind::boolean: {
        bool value;
        return in.read_bool(value) && (out.boolean(value), true);
    }
    case json_kind::number: {
        double value;
        return in.read_double(value) && (out.number(value), true);
    }
    case json_kind::string: {
        std::string value;
        return in.read_string(value) && (out.string(value), true);
    }
    case json_kind::array:
        if (!in.enter_array()) return false;
        out.begin_array();
        while (in.next_element())
            if (!walk(in, out)) return false;
        out.end_array();
        return !in.failed();
    case json_kind::object: {
        if (!in.enter_object()) return false;
        out.begin_object();
        std::string_view name;
        while (in.next_member(name)) {
            out.key(name);
            if (!walk(in, out)) return false;
        }
        out.end_object();
        return !in.failed();
    }
    case json_kind::none: return in.mismatch("a value");
    }
    return false;
}

std::string walked(std::string_view text) {
    tenon::byte_buffer buffer;
    tenon::json_writer out(buffer);
    json_reader in(text);
    return walk(in, out) && in.finish() ? std::string(buffer.view()) : told(in.error());
}

} // namespace

// --- values ---

TEST_CASE("what comes next is told by its first byte, behind any space") {
    const auto peeked = [](std::string_view text) { return json_reader(text).peek(); };
    CHECK(peeked("") == json_kind::none);
    CHECK(peeked("   ") == json_kind::none);
    CHECK(peeked("\t\n\r null") == json_kind::null);
    CHECK(peeked("true") == json_kind::boolean);
    CHECK(peeked("false") == json_kind::boolean);
    CHECK(peeked("0") == json_kind::number);
    CHECK(peeked("-1") == json_kind::number);
    CHECK(peeked("9") == json_kind::number);
    CHECK(peeked("\"\"") == json_kind::string);
    CHECK(peeked("[") == json_kind::array);
    CHECK(peeked("{") == json_kind::object);
    for (const auto* text :
         {"+1", ".5", "}", "]", ",", ":", "N", "T", "'a'", "/", "\xEF\xBB\xBF{}", "\x0B", "\x0C", "\xC2\xA0"})
        CHECK(peeked(text) == json_kind::none);
    CHECK(peeked("\0"sv) == json_kind::none);
}

TEST_CASE("words are read whole, in lower case, with nothing behind") {
    CHECK(null_in("null") == "null");
    CHECK(null_in("\n null\t") == "null");
    CHECK(bool_in("true") == "true");
    CHECK(bool_in(" false ") == "false");

    CHECK(null_in("nul") == "-32700 not a JSON value at byte 0");
    CHECK(null_in("nulL") == "-32700 not a JSON value at byte 0");
    CHECK(null_in("nullx") == "-32700 text behind the value at byte 4");
    CHECK(null_in("null null") == "-32700 text behind the value at byte 5");
    CHECK(null_in("Null") == "-32700 not a JSON value at byte 0");
    CHECK(bool_in("t") == "-32700 not a JSON value at byte 0");
    CHECK(bool_in("True") == "-32700 not a JSON value at byte 0");
    CHECK(bool_in("fals") == "-32700 not a JSON value at byte 0");
    CHECK(bool_in("falsy") == "-32700 not a JSON value at byte 0");
    CHECK(bool_in(" truefalse") == "-32700 text behind the value at byte 5");
}

TEST_CASE("a value of another kind is told with what was expected and what came") {
    CHECK(null_in("1") == "-32602 expected null, got number at byte 0");
    CHECK(bool_in("null") == "-32602 expected boolean, got null at byte 0");
    CHECK(bool_in(" \"true\"") == "-32602 expected boolean, got string at byte 1");
    CHECK(string_in("17") == "-32602 expected string, got number at byte 0");
    CHECK(text_in("[]") == "-32602 expected string, got array at byte 0");
    CHECK(int64_in("\"1\"") == "-32602 expected integer, got string at byte 0");
    CHECK(uint64_in("{}") == "-32602 expected integer, got object at byte 0");
    CHECK(double_in("true") == "-32602 expected number, got boolean at byte 0");
    CHECK(reading("[]", [](json_reader& in) { return in.enter_object() ? "in" : ""; }) ==
          "-32602 expected object, got array at byte 0");
    CHECK(reading("  {}", [](json_reader& in) { return in.enter_array() ? "in" : ""; }) ==
          "-32602 expected array, got object at byte 2");
}

TEST_CASE("what is no value at all is a parse error, whatever was expected") {
    for (const auto& in : {null_in, bool_in, string_in, text_in, int64_in, uint64_in, double_in, skipping}) {
        CHECK(in("") == "-32700 expected a value at byte 0");
        CHECK(in(std::string_view()) == "-32700 expected a value at byte 0");
        CHECK(in("   ") == "-32700 expected a value at byte 3");
        CHECK(in("?") == "-32700 not a JSON value at byte 0");
        CHECK(in(" ,") == "-32700 not a JSON value at byte 1");
        CHECK(in("\0"sv) == "-32700 not a JSON value at byte 0");
        CHECK(in("\xEF\xBB\xBF null") == "-32700 not a JSON value at byte 0");
    }
}

TEST_CASE("J5: integers are exact up to the ends of 64 bits and refused one further") {
    CHECK(int64_in("0") == "0");
    CHECK(int64_in("-0") == "0");
    CHECK(int64_in(" 42 ") == "42");
    CHECK(int64_in("9007199254740993") == "9007199254740993");
    CHECK(int64_in("9223372036854775807") == "9223372036854775807");
    CHECK(int64_in("-9223372036854775808") == "-9223372036854775808");
    CHECK(int64_in("9223372036854775808") == "-32602 integer out of range at byte 0");
    CHECK(int64_in(" -9223372036854775809") == "-32602 integer out of range at byte 1");
    CHECK(int64_in("100000000000000000000") == "-32602 integer out of range at byte 0");

    CHECK(uint64_in("0") == "0");
    CHECK(uint64_in("-0") == "0");
    CHECK(uint64_in("18446744073709551615") == "18446744073709551615");
    CHECK(uint64_in("18446744073709551616") == "-32602 integer out of range at byte 0");
    CHECK(uint64_in("18446744073709551620") == "-32602 integer out of range at byte 0");
    CHECK(uint64_in("-1") == "-32602 integer out of range at byte 0");
}

TEST_CASE("J5: a fraction is no integer, not even one of nothing") {
    for (const auto& in : {int64_in, uint64_in}) {
        CHECK(in("1.0") == "-32602 expected integer, got fraction at byte 0");
        CHECK(in("  1e2") == "-32602 expected integer, got fraction at byte 2");
        CHECK(in("1E2") == "-32602 expected integer, got fraction at byte 0");
        CHECK(in("1e400") == "-32602 expected integer, got fraction at byte 0");
        CHECK(in("01") == "-32700 text behind the value at byte 1");
        CHECK(in("1.") == "-32700 not a JSON number at byte 0");
        CHECK(in("-") == "-32700 not a JSON number at byte 0");
        CHECK(in("- 1") == "-32700 not a JSON number at byte 0");
        CHECK(in("+1") == "-32700 not a JSON value at byte 0");
    }
}

TEST_CASE("J5: doubles take every JSON number that fits one") {
    CHECK(double_in("0") == "0");
    CHECK(double_in("-0") == "-0");
    CHECK(double_in("-0.0e5") == "-0");
    CHECK(double_in("1.50") == "1.5");
    CHECK(double_in("0.1") == "0.1");
    CHECK(double_in("1e-400") == "0");
    CHECK(double_in("9007199254740993") == "9007199254740992");
    CHECK(double_in("1e400") == "-32700 number beyond the range of a double at byte 0");
    CHECK(double_in(" -1e999999") == "-32700 number beyond the range of a double at byte 1");
    CHECK(double_in("1e") == "-32700 not a JSON number at byte 0");
    CHECK(double_in("1.") == "-32700 not a JSON number at byte 0");
    CHECK(double_in("-1.e5") == "-32700 not a JSON number at byte 0");
    CHECK(double_in("01") == "-32700 text behind the value at byte 1");
    CHECK(double_in("00.5") == "-32700 text behind the value at byte 1");
    CHECK(double_in("-") == "-32700 not a JSON number at byte 0");
    CHECK(double_in("-.5") == "-32700 not a JSON number at byte 0");
    CHECK(double_in("0.00000000000000000001") == "1e-20");
    CHECK(double_in("-9007199254740993.0") == "-9007199254740992");
    CHECK(double_in(".5") == "-32700 not a JSON value at byte 0");
    CHECK(double_in("1.5.5") == "-32700 text behind the value at byte 3");
    CHECK(double_in("NaN") == "-32700 not a JSON value at byte 0");
    CHECK(double_in("Infinity") == "-32700 not a JSON value at byte 0");
    CHECK(double_in("nan") == "-32602 expected number, got null at byte 0"); // judged by its first byte
}

// --- strings ---

TEST_CASE("strings come without quotes and escapes, through both ways of reading them") {
    const struct {
        std::string_view json, value;
    } rows[] = {
        {"\"\"", ""},
        {"\"a\"", "a"},
        {" \"with space\" ", "with space"},
        {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
        {R"("a\nb")", "a\nb"},
        {R"("\u0041\u00e9\u20AC")", "A\u00E9\u20AC"},
        {R"("\u0000")", "\0"sv},
        {R"("before\u0000behind")", "before\0behind"sv},
        {R"("\ud83d\ude00")", "\U0001F600"},
        {R"("\uD834\uDD1E!")", "\U0001D11E!"},
        {R"("\uDBFF\uDFFF")", "\U0010FFFF"},
        {R"("\uD800\uDC00")", "\U00010000"},
        {R"("\uFFFF\uFFFE")", "\uFFFF\uFFFE"},
        {R"("\u007f\u0080\u07ff\u0800")", "\x7F\u0080\u07FF\u0800"},
        {R"("\ud7ff\ue000")", "\uD7FF\uE000"},
        {"\"\x7F\"", "\x7F"},
        {"\"\u00E9\u20AC\U0001F600\"", "\u00E9\u20AC\U0001F600"},
        {R"("\\u0041")", "\\u0041"},
        {R"("\\\"")", "\\\""},
        {R"("sixteen bytes and\tthen an escape")", "sixteen bytes and\tthen an escape"},
        {R"("\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\")", R"(\\\\\\\\\\\\\\\\)"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.json);
        CHECK(string_in(row.json) == row.value);
        CHECK(text_in(row.json) == row.value);
        CHECK(skipping(row.json) == "skipped");
    }
}

TEST_CASE("J3: strings that are not well formed are refused where they go wrong") {
    const json_tests::row rows[] = {
        {"\"", "-32700 string without an end at byte 0"},
        {" \"abc", "-32700 string without an end at byte 1"},
        {"\"abc\\", "-32700 string without an end at byte 4"},
        {"\"abc\\\"", "-32700 string without an end at byte 0"},
        {"\"\n\"", "-32700 control character in a string at byte 1"},
        {"\"ab\tc\"", "-32700 control character in a string at byte 3"},
        {"\"\x1F\"", "-32700 control character in a string at byte 1"},
        {"\"\0\""sv, "-32700 control character in a string at byte 1"},
        {R"("\x41")", "-32700 unknown escape in a string at byte 1"},
        {R"("\'")", "-32700 unknown escape in a string at byte 1"},
        {R"("\U0041")", "-32700 unknown escape in a string at byte 1"},
        {R"("\0")", "-32700 unknown escape in a string at byte 1"},
        {"\"\\\n\"", "-32700 unknown escape in a string at byte 1"},
        {"\"\\\xC3\xA9\"", "-32700 unknown escape in a string at byte 1"},
        {R"("\u")", "-32700 \\u without four hexadecimal digits at byte 1"},
        {R"("\u004")", "-32700 \\u without four hexadecimal digits at byte 1"},
        {R"("\u004g")", "-32700 \\u without four hexadecimal digits at byte 1"},
        {R"("\u 041")", "-32700 \\u without four hexadecimal digits at byte 1"},
        {R"("\u+041")", "-32700 \\u without four hexadecimal digits at byte 1"},
        {R"("\u00)", "-32700 \\u without four hexadecimal digits at byte 1"},
        {R"("ok\ud800")", "-32700 surrogate without its partner at byte 3"},
        {R"("\ud800\ud800")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud800\u0041")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud800\n")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud800 \udc00")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud800\nlonger")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud800\ue000")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud800\udbff")", "-32700 surrogate without its partner at byte 1"},
        {R"("\udc00")", "-32700 surrogate without its partner at byte 1"},
        {R"("\udc00\ud800")", "-32700 surrogate without its partner at byte 1"},
        {R"("\udfff")", "-32700 surrogate without its partner at byte 1"},
        {R"("\udc00\udc00")", "-32700 surrogate without its partner at byte 1"},
        {R"("\udbff\udbff")", "-32700 surrogate without its partner at byte 1"},
        {R"("\ud7ff\udc00")", "-32700 surrogate without its partner at byte 7"},
        {R"("\ud83d\ude0)", "-32700 surrogate without its partner at byte 1"},
        {"\"\x80\"", "-32700 invalid UTF-8 at byte 1"},
        {"\"abc\xFF\"", "-32700 invalid UTF-8 at byte 4"},
        {"\"\xC0\x80\"", "-32700 invalid UTF-8 at byte 1"},
        {"\"\xED\xA0\x80\"", "-32700 invalid UTF-8 at byte 1"},
        {"\"\xF4\x90\x80\x80\"", "-32700 invalid UTF-8 at byte 1"},
        {"\"\xC3\"", "-32700 invalid UTF-8 at byte 1"},
        {"\"\xE2\x82\"", "-32700 invalid UTF-8 at byte 1"},
        {"\"\xE2\x82", "-32700 invalid UTF-8 at byte 1"},
        {"\"\xC3\xA9", "-32700 string without an end at byte 0"},
        {"'a'", "-32700 not a JSON value at byte 0"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(string_in(row.text) == row.outcome);
        CHECK(text_in(row.text) == row.outcome);
        CHECK(skipping(row.text) == row.outcome);
    }
}

TEST_CASE("J3: UTF-16 and a byte order mark are no JSON") {
    CHECK(!is_json("\xEF\xBB\xBF{}"));
    CHECK(!is_json("\xFF\xFE{\0}\0"sv));
    CHECK(!is_json("\xFE\xFF\0{\0}"sv));
    CHECK(!is_json("{\0}\0"sv));
    CHECK(!is_json("\0{\0}"sv));
    CHECK(!is_json("[\0\"\0a\0\"\0]\0"sv));
}

TEST_CASE("a string is scanned right at every length and with the odd byte in every place") {
    for (std::size_t length = 1; length < 70; ++length) {
        for (std::size_t place = 0; place < length; ++place) {
            const std::string head(place, 'a'), tail(length - place - 1, 'b');
            REQUIRE(string_in('"' + head + "\\t" + tail + '"') == head + '\t' + tail);
            REQUIRE(string_in('"' + head + "\xC3\xA9" + tail + '"') == head + "\xC3\xA9" + tail);
            REQUIRE(string_in('"' + head + "\\u00e9" + tail + '"') == head + "\xC3\xA9" + tail);
            REQUIRE(string_in('"' + head + '\x01' + tail + '"') ==
                    "-32700 control character in a string at byte " + std::to_string(place + 1));
            REQUIRE(string_in('"' + head + '\xFF' + tail + '"') ==
                    "-32700 invalid UTF-8 at byte " + std::to_string(place + 1));
        }
        REQUIRE(string_in('"' + std::string(length, 'a')) == "-32700 string without an end at byte 0");
    }
}

TEST_CASE("a long string is unescaped right wherever its escapes stand") {
    for (std::size_t length = 230; length < 300; ++length) {
        for (std::size_t place = 230; place < length; ++place) {
            const std::string head(place, 'a'), tail(length - place - 1, 'b');
            REQUIRE(string_in('"' + head + "\\t" + tail + '"') == head + '\t' + tail);
            REQUIRE(string_in('"' + head + "\\ud83d\\ude00" + tail + '"') == head + "\U0001F600" + tail);
        }
    }
    for (const std::size_t count : {1u, 15u, 16u, 17u, 255u, 256u, 257u, 10'000u}) {
        REQUIRE(string_in('"' + times(count, "\\n") + '"') == times(count, "\n"));
        REQUIRE(string_in('"' + times(count, "\\u00e9x") + '"') == times(count, "\u00E9x"));
        REQUIRE(string_in('"' + times(count, "\\ud83d\\ude00") + '"') == times(count, "\U0001F600"));
    }
}

TEST_CASE("text without escapes is handed out as the input's own bytes, other text as a copy") {
    const std::string_view json = R"(["plain", "\u0065scaped"])";
    json_reader in(json);
    std::string scratch;
    std::string_view value;
    REQUIRE(in.enter_array());
    REQUIRE(in.next_element());
    REQUIRE(in.read_text(value, scratch));
    CHECK(value.data() == json.data() + 2);
    CHECK(scratch.empty());
    REQUIRE(in.next_element());
    REQUIRE(in.read_text(value, scratch));
    CHECK(value == "escaped");
    CHECK(value.data() == scratch.data());
}

// --- containers ---

TEST_CASE("a reader walks over any value with its verbs") {
    CHECK(walked("null") == "null");
    CHECK(walked("[]") == "[]");
    CHECK(walked("{}") == "{}");
    CHECK(walked("[[],{},[[]],{\"\":{}}]") == "[[],{},[[]],{\"\":{}}]");
    CHECK(walked("[1,2.5,-3e2,true,false,null,\"\"]") == "[1,2.5,-300,true,false,null,\"\"]");
    CHECK(walked(R"({"a":{"b":[{"c":null}]},"a":1,"":2})") == R"({"a":{"b":[{"c":null}]},"a":1,"":2})");
    CHECK(walked(R"({"\u0061\n":"\/"})") == R"({"a\n":"/"})");
}

TEST_CASE("space may stand everywhere between the tokens and nowhere else") {
    std::string spaced;
    for (const std::string_view token :
         {"{", "\"a\"", ":", "[", "1", ",",     "true", ",", "null",  ",", "\"x\"", ",", "{", "}",
          ",", "[",     "]", "]", ",", "\"b\"", ":",    "{", "\"c\"", ":", "-1.5",  "}", "}"}) {
        spaced += space;
        spaced += token;
    }
    spaced += space;
    CHECK(walked(spaced) == R"({"a":[1,true,null,"x",{},[]],"b":{"c":-1.5}})");
    CHECK(is_json(spaced));

    for (const char* odd :
         {"\v", "\f", "\x01", "\xC2\xA0", "\xE2\x80\xA8", "\xEF\xBB\xBF", "//\n", "/**/", "#\n"}) {
        CAPTURE(odd);
        CHECK(!is_json(std::string(odd) + "[1]"));
        CHECK(!is_json("[" + std::string(odd) + "1]"));
        CHECK(!is_json("[1" + std::string(odd) + "]"));
        CHECK(!is_json("[1]" + std::string(odd)));
        CHECK(!is_json("{\"a\"" + std::string(odd) + ":1}"));
    }
}

TEST_CASE("broken containers are refused alike by walking and by skipping, at the same byte") {
    const json_tests::row rows[] = {
        {"[", "-32700 expected ',' or ']' at byte 1"},
        {"[1", "-32700 expected ',' or ']' at byte 2"},
        {"[1 2]", "-32700 expected ',' or ']' at byte 3"},
        {"[1,", "-32700 expected a value at byte 3"},
        {"[1,]", "-32700 not a JSON value at byte 3"},
        {"[,1]", "-32700 not a JSON value at byte 1"},
        {"[1,,2]", "-32700 not a JSON value at byte 3"},
        {"[1}", "-32700 expected ',' or ']' at byte 2"},
        {"[1:2]", "-32700 expected ',' or ']' at byte 2"},
        {"[}", "-32700 not a JSON value at byte 1"},
        {"]", "-32700 not a JSON value at byte 0"},
        {"[]]", "-32700 text behind the value at byte 2"},
        {"[],", "-32700 text behind the value at byte 2"},
        {"[[]", "-32700 expected ',' or ']' at byte 3"},
        {"{", "-32700 expected ',' or '}' at byte 1"},
        {"{]", "-32700 expected a member's name at byte 1"},
        {"{1:2}", "-32700 expected a member's name at byte 1"},
        {"{a:1}", "-32700 expected a member's name at byte 1"},
        {"{'a':1}", "-32700 expected a member's name at byte 1"},
        {"{null:1}", "-32700 expected a member's name at byte 1"},
        {"{,}", "-32700 expected a member's name at byte 1"},
        {R"({"a")", "-32700 expected ':' at byte 4"},
        {R"({"a"})", "-32700 expected ':' at byte 4"},
        {R"({"a" 1})", "-32700 expected ':' at byte 5"},
        {R"({"a",1})", "-32700 expected ':' at byte 4"},
        {R"({"a"::1})", "-32700 not a JSON value at byte 5"},
        {R"({"a":})", "-32700 not a JSON value at byte 5"},
        {R"({"a":)", "-32700 expected a value at byte 5"},
        {R"({"a":1)", "-32700 expected ',' or '}' at byte 6"},
        {R"({"a":1 "b":2})", "-32700 expected ',' or '}' at byte 7"},
        {R"({"a":1,})", "-32700 expected a member's name at byte 7"},
        {R"({"a":1,,"b":2})", "-32700 expected a member's name at byte 7"},
        {R"({"a":1,)", "-32700 expected a member's name at byte 7"},
        {R"({"a":1])", "-32700 expected ',' or '}' at byte 6"},
        {R"({"a":1}})", "-32700 text behind the value at byte 7"},
        {R"({"a)", "-32700 string without an end at byte 1"},
        {R"({"\ud800":1})", "-32700 surrogate without its partner at byte 2"},
        {"{\"\xFF\":1}", "-32700 invalid UTF-8 at byte 2"},
        {"[tru]", "-32700 not a JSON value at byte 1"},
        {"[nul]", "-32700 not a JSON value at byte 1"},
        {"[1e]", "-32700 not a JSON number at byte 1"},
        {"[-]", "-32700 not a JSON number at byte 1"},
        {"[1e999]", "-32700 number beyond the range of a double at byte 1"},
        {"[\"a", "-32700 string without an end at byte 1"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(walked(row.text) == row.outcome);
        CHECK(skipping(row.text) == row.outcome);
    }
}

TEST_CASE("members and elements are counted out, empty containers have none") {
    json_reader in(R"({"a":[],"b":[1,[2],3],"c":{}})");
    std::vector<std::string> names;
    std::size_t elements = 0;
    std::string_view name;
    REQUIRE(in.enter_object());
    while (in.next_member(name)) {
        names.emplace_back(name);
        if (in.peek() == json_kind::object) {
            REQUIRE(in.skip_value());
            continue;
        }
        REQUIRE(in.enter_array());
        while (in.next_element()) {
            ++elements;
            REQUIRE(in.skip_value());
        }
    }
    CHECK(in.finish());
    CHECK(names == std::vector<std::string>{"a", "b", "c"});
    CHECK(elements == 3);
}

TEST_CASE("a key lives until the next call, escaped or not") {
    json_reader in(R"({"plain":1,"\u0065scaped":2,"l\u00f6ng \u0000 one":3})");
    std::string_view name;
    REQUIRE(in.enter_object());
    REQUIRE(in.next_member(name));
    CHECK(name == "plain");
    REQUIRE(in.skip_value());
    REQUIRE(in.next_member(name));
    CHECK(name == "escaped");
    REQUIRE(in.skip_value());
    REQUIRE(in.next_member(name));
    CHECK(name == "l\u00F6ng \0 one"sv);
    REQUIRE(in.skip_value());
    CHECK(!in.next_member(name));
    CHECK(in.finish());
}

TEST_CASE("the rest of an object can be skipped, and is checked") {
    const auto after_first = [](std::string_view text) {
        return reading(text, [](json_reader& in) -> std::string {
            std::string_view name;
            if (!in.enter_object() || !in.next_member(name)) return "";
            return in.skip_value() && in.skip_members() ? "skipped" : "";
        });
    };
    CHECK(after_first(R"({"a":1})") == "skipped");
    CHECK(after_first(R"({"a":1,"b":[{"c":2}],"d":{}} )") == "skipped");
    CHECK(after_first(R"({"a":1,"b":[{"c":2x}]})") == "-32700 b: expected ',' or '}' at byte 18");
    CHECK(after_first(R"({"a":1,"b"})") == "-32700 expected ':' at byte 10");
    CHECK(after_first(R"({"a":1,"a\u0062c":nil})") == "-32700 abc: not a JSON value at byte 18");
}

TEST_CASE("a value's own text is a slice of the input, without the space around it") {
    const std::string_view json = "  [ {\"a\" : [1, 2] } , \"x\" ]  ";
    json_reader in(json);
    std::string_view slice;
    REQUIRE(in.enter_array());
    REQUIRE(in.next_element());
    REQUIRE(in.read_slice(slice));
    CHECK(slice == "{\"a\" : [1, 2] }");
    CHECK(slice.data() == json.data() + 4);
    REQUIRE(in.next_element());
    REQUIRE(in.read_slice(slice));
    CHECK(slice == "\"x\"");
    CHECK(!in.next_element());
    CHECK(in.finish());

    json_reader broken("[1, {\"a\": }]");
    REQUIRE(broken.enter_array());
    REQUIRE(broken.next_element());
    REQUIRE(broken.read_slice(slice));
    REQUIRE(broken.next_element());
    slice = "untouched";
    CHECK(!broken.read_slice(slice));
    CHECK(slice == "untouched");
}

// --- depth ---

TEST_CASE("J2: 64 levels are read, the 65th is refused, by entering and by skipping") {
    for (const bool objects : {false, true}) {
        const std::string open = objects ? "{\"\":" : "[", close = objects ? "}" : "]";
        const auto nested = [&](std::size_t depth) {
            return times(depth - 1, open) + (objects ? "{}" : "[]") + times(depth - 1, close);
        };
        const std::string too_deep = "-32700 nested too deep at byte " + std::to_string(64 * open.size());
        CHECK(walked(nested(64)) == nested(64));
        CHECK(skipping(nested(64)) == "skipped");
        CHECK(walked(nested(65)) == too_deep);
        CHECK(skipping(nested(65)) == too_deep);
        CHECK(skipping(times(100'000, open)) == too_deep);
    }
}

TEST_CASE("J2: what was entered counts when the rest is skipped") {
    const auto skip_within = [](unsigned entered, std::size_t skipped) {
        const std::string text = times(entered + skipped, "[") + times(entered + skipped, "]");
        json_reader in(text);
        for (unsigned level = 0; level < entered; ++level) {
            REQUIRE(in.enter_array());
            if (!in.next_element()) return false;
        }
        return in.skip_value();
    };
    CHECK(skip_within(1, 63));
    CHECK(!skip_within(1, 64));
    CHECK(skip_within(63, 1));
    CHECK(!skip_within(63, 2));
    CHECK(!skip_within(64, 1));
}

TEST_CASE("J2: a container that was left makes room for another") {
    std::string text = "[";
    for (int round = 0; round < 1000; ++round) text += "[[[]]],{\"a\":{}},";
    text += "0]";
    CHECK(skipping(text) == "skipped");
    CHECK(walked(text) == text);
}

// --- faults ---

TEST_CASE("a fault says where it is in a larger text") {
    json_reader in(" 7", {.root = "params", .offset = 100});
    std::string value;
    CHECK(!in.read_string(value));
    CHECK(in.error().message == "params: expected string, got number at byte 101");
    CHECK(in.error().code == tenon::codes::invalid_params);
    CHECK(in.error().data.empty());
}

TEST_CASE("the path is said innermost first and read outermost first") {
    json_reader in("17");
    bool value;
    CHECK(!in.read_bool(value));
    CHECK(!in.in_member("path"));
    CHECK(!in.in_element(12));
    CHECK(!in.in_member("files"));
    CHECK(in.error().message == "files[12].path: expected boolean, got number at byte 0");

    json_reader rooted("17", {.root = "params"});
    CHECK(!rooted.read_bool(value));
    CHECK(!rooted.in_element(0));
    CHECK(rooted.error().message == "params[0]: expected boolean, got number at byte 0");
    CHECK(!rooted.in_member("a"));
    CHECK(rooted.error().message == "params.a[0]: expected boolean, got number at byte 0");

    json_reader list("17");
    CHECK(!list.read_bool(value));
    CHECK(!list.in_element(18'446'744'073'709'551'615u));
    CHECK(list.error().message == "[18446744073709551615]: expected boolean, got number at byte 0");
}

TEST_CASE("a long name is not repeated in full, and is cut between characters") {
    const auto path_of = [](const std::string& name) {
        json_reader in("1");
        CHECK(!in.read_null());
        in.in_member(name);
        const std::string message = in.error().message;
        return message.substr(0, message.find(": "));
    };
    CHECK(path_of(std::string(64, 'k')) == std::string(64, 'k'));
    CHECK(path_of(std::string(65, 'k')) == std::string(64, 'k'));
    CHECK(path_of(std::string(100'000, 'k')) == std::string(64, 'k'));
    CHECK(path_of(std::string(63, 'k') + "\xC3\xA9") == std::string(63, 'k'));
    CHECK(path_of(std::string(62, 'k') + "\xC3\xA9z") == std::string(62, 'k') + "\xC3\xA9");
    CHECK(path_of(std::string(61, 'k') + "\xF0\x9F\x98\x80zzz") == std::string(61, 'k'));
}

TEST_CASE("the first failure is kept, and after it there is nothing to read") {
    json_reader in(R"([1, "two", 3])");
    REQUIRE(in.enter_array());
    REQUIRE(in.next_element());
    std::string text;
    CHECK(!in.read_string(text));
    const std::string first = told(in.error());
    CHECK(first == "-32602 expected string, got number at byte 1");

    std::int64_t number = 0;
    std::string_view slice;
    bool flag;
    double fraction;
    CHECK(!in.read_int64(number));
    CHECK(!in.read_string(text));
    CHECK(!in.read_null());
    CHECK(!in.read_bool(flag));
    CHECK(!in.read_double(fraction));
    CHECK(!in.skip_value());
    CHECK(!in.read_slice(slice));
    CHECK(!in.enter_array());
    CHECK(!in.enter_object());
    CHECK(!in.next_element());
    CHECK(!in.next_member(slice));
    CHECK(!in.skip_members());
    CHECK(!in.mismatch("something else"));
    CHECK(!in.refuse("refused again"));
    CHECK(!in.finish());
    CHECK(in.failed());
    CHECK(in.peek() == json_kind::none);
    CHECK(told(in.error()) == first);
}

TEST_CASE("a codec refuses in its own words") {
    json_reader in(R"( "hello")");
    const char* start = in.value_start();
    std::string text;
    REQUIRE(in.read_string(text));
    CHECK(!in.refuse("not a colour", start));
    CHECK(told(in.error()) == "-32602 not a colour at byte 1");

    json_reader next("[1 , {}]");
    std::int64_t number;
    REQUIRE(next.enter_array());
    REQUIRE(next.next_element());
    REQUIRE(next.read_int64(number));
    REQUIRE(next.next_element());
    CHECK(!next.mismatch("a colour"));
    CHECK(told(next.error()) == "-32602 expected a colour, got object at byte 5");
}

TEST_CASE("an empty text without an address is refused like any empty text") {
    json_reader in{std::string_view()};
    CHECK(in.peek() == json_kind::none);
    CHECK(!in.failed());
    bool value;
    CHECK(!in.read_bool(value));
    CHECK(in.failed());
    CHECK(told(in.error()) == "-32700 expected a value at byte 0");
}

TEST_CASE("a name is recognised as whole bytes in its place, and only there") {
    constexpr std::array<char, 5> name{',', '"', 'a', '"', ':'};
    constexpr std::array<char, 5> other{',', '"', 'b', '"', ':'};
    json_reader in(R"({"a":1, "b":2 ,"a" :3})");
    std::int64_t number;
    auto next = in.open_object(in.position());
    REQUIRE(next.more);
    CHECK(!in.is_label_at(next.at, other));
    REQUIRE(in.is_label_at(next.at, name));
    next = in.after_member(in.int64_at(next.at + 4, number));
    REQUIRE(next.more);
    CHECK(!in.is_label_at(next.at, name));
    REQUIRE(in.is_label_at(next.at, other));
    next = in.after_member(in.int64_at(next.at + 4, number));
    REQUIRE(next.more);
    CHECK(!in.is_label_at(next.at, name)); // a space stands before the colon
    std::string_view key;
    const char* value = in.name_at(next.at, key);
    CHECK(key == "a");
    next = in.after_member(in.int64_at(value, number));
    CHECK(!next.more);
    REQUIRE(in.arrive(next.at));
    CHECK(in.finish());
}

TEST_CASE("a name is not looked for behind the end of the text") {
    constexpr std::array<char, 5> name{',', '"', 'a', '"', ':'};
    const std::string text = R"({"a":)";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
        json_reader in({exact.data(), exact.size()});
        CHECK(in.is_label_at(exact.data() + 1, name) == (size == text.size()));
    }
}
