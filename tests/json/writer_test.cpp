#include <tenon/json/writer.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

using namespace std::string_view_literals;
using tenon::byte_buffer;
using tenon::json_writer;

namespace {

template <class Write>
std::string written(Write write) {
    byte_buffer buffer;
    json_writer out(buffer);
    write(out);
    return std::string(buffer.view());
}

std::string quoted(std::string_view text) {
    return written([&](json_writer& out) { out.string(text); });
}

} // namespace

TEST_CASE("commas and colons come by themselves") {
    CHECK(written([](json_writer& out) { out.null(); }) == "null");
    CHECK(written([](json_writer& out) {
              out.begin_array();
              out.end_array();
          }) == "[]");
    CHECK(written([](json_writer& out) {
              out.begin_object();
              out.key("a");
              out.begin_array();
              out.integer(-1);
              out.unsigned_integer(2);
              out.number(0.5);
              out.boolean(true);
              out.boolean(false);
              out.null();
              out.string("x");
              out.raw("{\"raw\":1}");
              out.begin_array();
              out.end_array();
              out.begin_object();
              out.end_object();
              out.begin_array();
              out.begin_array();
              out.end_array();
              out.end_array();
              out.end_array();
              out.key("b");
              out.begin_object();
              out.key("c");
              out.string("");
              out.key("d");
              out.null();
              out.end_object();
              out.end_object();
          }) == R"({"a":[-1,2,0.5,true,false,null,"x",{"raw":1},[],{},[[]]],"b":{"c":"","d":null}})");
}

TEST_CASE("strings that end like brackets or colons do not swallow a comma") {
    CHECK(written([](json_writer& out) {
              out.begin_array();
              for (const char* text : {"{", "[", ":", ",", "\"", ""}) out.string(text);
              out.end_array();
          }) == R"(["{","[",":",",","\"",""])");
    CHECK(written([](json_writer& out) {
              out.begin_object();
              out.key("{");
              out.string(":");
              out.key("[");
              out.integer(1);
              out.end_object();
          }) == R"({"{":":","[":1})");
}

TEST_CASE("a writer that starts behind other bytes writes no comma before its first value") {
    byte_buffer buffer;
    buffer.append("Content-Length: 4\r\n\r\n");
    json_writer out(buffer);
    out.null();
    CHECK(buffer.view() == "Content-Length: 4\r\n\r\nnull");
    CHECK(&out.buffer() == &buffer);
}

TEST_CASE("the ends of every number type are written in full") {
    CHECK(written([](json_writer& out) { out.integer(std::numeric_limits<std::int64_t>::min()); }) ==
          "-9223372036854775808");
    CHECK(written([](json_writer& out) { out.integer(std::numeric_limits<std::int64_t>::max()); }) ==
          "9223372036854775807");
    CHECK(written([](json_writer& out) {
              out.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
          }) == "18446744073709551615");
    CHECK(written([](json_writer& out) { out.number(std::numeric_limits<double>::lowest()); }) ==
          "-1.7976931348623157e+308");
    CHECK(written([](json_writer& out) { out.number(0.1f); }) == "0.1");
    CHECK(written([](json_writer& out) { out.number(static_cast<double>(0.1f)); }) == "0.10000000149011612");
    CHECK(written([](json_writer& out) { out.number(std::numeric_limits<double>::quiet_NaN()); }) == "null");
    CHECK(written([](json_writer& out) { out.number(-std::numeric_limits<float>::infinity()); }) == "null");
}

TEST_CASE("what a string may not hold is escaped, and nothing else") {
    CHECK(quoted("") == "\"\"");
    CHECK(quoted({}) == "\"\"");
    CHECK(quoted("plain / text \x7F") == "\"plain / text \x7F\"");
    CHECK(quoted("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
    CHECK(quoted("\x01\x0B\x1F") == R"("\u0001\u000b\u001f")");
    CHECK(quoted("\u00E9\u20AC\U0001F600\u2028") == "\"\u00E9\u20AC\U0001F600\u2028\"");
    CHECK(written([](json_writer& out) {
              out.begin_object();
              out.key("a\"\n");
              out.null();
              out.end_object();
          }) == R"({"a\"\n":null})");
}

TEST_CASE("J7: a zero byte does not end a string") {
    CHECK(quoted("admin\0x"sv) == R"("admin\u0000x")");
    CHECK(quoted("\0"sv) == R"("\u0000")");
}

TEST_CASE("J3: bytes that are no UTF-8 are replaced, each by one U+FFFD") {
    CHECK(quoted("\xFF") == "\"\uFFFD\"");
    CHECK(quoted("a\x80z") == "\"a\uFFFDz\"");
    CHECK(quoted("\xC3") == "\"\uFFFD\"");
    CHECK(quoted("\xC3\x28") == "\"\uFFFD(\"");
    CHECK(quoted("\xC0\x80") == "\"\uFFFD\uFFFD\"");
    CHECK(quoted("\xED\xA0\x80") == "\"\uFFFD\uFFFD\uFFFD\"");
    CHECK(quoted("\xE2\x82") == "\"\uFFFD\uFFFD\"");
    CHECK(quoted("\xF0\x9F\x98") == "\"\uFFFD\uFFFD\uFFFD\"");
    CHECK(quoted("\xF5\x80\x80\x80") == "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
    CHECK(quoted(std::string(5000, '\xFF')) == '"' + json_tests::times(5000, "\uFFFD") + '"');
}

TEST_CASE("a string is written right at every length and with the odd byte in every place") {
    for (std::size_t length = 1; length < 70; ++length) {
        REQUIRE(quoted(std::string(length, 'a')) == '"' + std::string(length, 'a') + '"');
        for (std::size_t place = 0; place < length; ++place) {
            const std::string head(place, 'a'), tail(length - place - 1, 'b');
            REQUIRE(quoted(head + '\n' + tail) == '"' + head + "\\n" + tail + '"');
            REQUIRE(quoted(head + '\x02' + tail) == '"' + head + "\\u0002" + tail + '"');
            REQUIRE(quoted(head + '\xFE' + tail) == '"' + head + "\uFFFD" + tail + '"');
            REQUIRE(quoted(head + "\u20AC" + tail) == '"' + head + "\u20AC" + tail + '"');
        }
    }
}

TEST_CASE(
    "whatever bytes a string has, what is written is JSON and reads back as them where they were UTF-8") {
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string bytes(random() % 100, '\0');
        // Half of them ASCII, so that runs of plain bytes occur.
        for (char& byte : bytes)
            byte = static_cast<char>(random() % 2 == 0 ? random() % 128 : random() % 256);
        if (random() % 2 == 0)
            for (char& byte : bytes) byte = static_cast<char>(byte & 0x7F);
        const std::string json = quoted(bytes);
        const auto back = tenon::from_json<std::string>(json);
        REQUIRE(back);
        bool utf8 = true;
        for (const char* at = bytes.data(); at != bytes.data() + bytes.size();) {
            const std::size_t step = tenon::detail::utf8_sequence(at, bytes.data() + bytes.size());
            utf8 = step != 0;
            if (!utf8) break;
            at += step;
        }
        REQUIRE((*back == bytes) == utf8);
        REQUIRE(quoted(*back) == json);
    }
}

TEST_CASE("a name whose text is known is written with its comma, without it behind an opening brace") {
    constexpr std::array<char, 5> name{',', '"', 'a', '"', ':'};
    CHECK(written([&](json_writer& out) {
              out.begin_object();
              out.member_literal(name);
              out.integer(1);
              out.member_literal(name);
              out.begin_object();
              out.member_literal(name);
              out.string("{");
              out.member_literal(name);
              out.begin_array();
              out.end_array();
              out.end_object();
              out.member_literal(name);
              out.null();
              out.end_object();
          }) == R"({"a":1,"a":{"a":"{","a":[]},"a":null})");
}

TEST_CASE("a long text is written in time that grows with its length") {
    // Every byte needs an escape: the buffer must grow by doubling, not by one escape.
    const std::string text(300'000, '\x01');
    CHECK(quoted(text).size() == 300'000 * 6 + 2);
}
