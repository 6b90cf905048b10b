// What reaches a terminal or a pipe.

#include <command_line/screen.hpp>

#include <tenon/json/value.hpp>

#include <doctest/doctest.h>

using namespace reference;

namespace {

const std::string hostile = std::string("a\nb\x1b[31m\0c", 10) + "\xE2\x80\xAE"
                                                                 "d\x9B"
                                                                 "e"; // U+202E, and a byte that is no UTF-8
const std::string harmless = "a\\nb\\x1b[31m\\x00c\\u{202e}d\xEF\xBF\xBD"
                             "e";

TEST_CASE("a newline, ESC, NUL or U+202E of somebody else reached the terminal raw") {
    CHECK(safe(hostile) == harmless);
    CHECK(line_text({"name ", hostile}, false) == "name " + harmless + "\n");
    CHECK(table_text({{hostile, hostile}}, false, 0) == harmless + "  " + harmless + "\n");
    CHECK(line_text({{hostile, look::bad}}, true) == "\x1b[31m" + harmless + "\x1b[0m\n");
}

TEST_CASE("what a host answers is the same JSON on one line, with nothing in it that acts on a terminal") {
    const std::string raw =
        "{\"a\":\"\xE2\x80\xAE\xC2\x9B\x7F\xF3\xA0\x80\x81\",\n\t\"b\\\"\\\\\":[\"\xC3\xA4\"]}";
    const std::string shown = safe_json(raw);
    CHECK(shown == "{\"a\":\"\\u202e\\u009b\\u007f\\udb40\\udc01\",  \"b\\\"\\\\\":[\"\xC3\xA4\"]}");
    const auto before = tenon::json::parse(raw), after = tenon::json::parse(shown);
    REQUIRE(before);
    REQUIRE(after);
    CHECK((*before)["a"].as<std::string>().value() == (*after)["a"].as<std::string>().value());
    CHECK(safe_json("\"\x1b[31m") == "\"\\u001b[31m"); // not JSON, and harmless all the same
}

TEST_CASE("columns are as wide as their characters, and nothing stands behind the last one") {
    CHECK(table_text({{"NAME", "WHY"},
                      {"gr\xC3\xBC\xC3\x9F"
                       "e",
                       "x"},
                      {"b", ""}},
                     false, 0) == "NAME   WHY\n"
                                  "gr\xC3\xBC\xC3\x9F"
                                  "e  x\n"
                                  "b\n");
}

TEST_CASE("on a terminal the last column is broken between words, and stays a column") {
    const std::vector<row> rows = {{"one", "words that do not fit into one line"},
                                   {"two", std::string(50, 'x')}};
    CHECK(table_text(rows, false, 25) == "one  words that do not\n"
                                         "     fit into one line\n"
                                         "two  xxxxxxxxxxxxxxxxxxxx\n"
                                         "     xxxxxxxxxxxxxxxxxxxx\n"
                                         "     xxxxxxxxxx\n");
    CHECK(table_text(rows, false, 20).find("words that do not fit into one line\n") != std::string::npos);
    CHECK(table_text({{"one", "b c"}}, true, 5) == "one  b c\n");
}

TEST_CASE("colours stand around the text alone, and only where they are wanted") {
    CHECK(table_text({{{"ready", look::good}, "x"}, {"no", "y"}}, true, 0) == "\x1b[32mready\x1b[0m  x\n"
                                                                              "no     y\n");
    CHECK(line_text({{"ready", look::good}, {"", look::bad}}, false) == "ready\n");
}

} // namespace
