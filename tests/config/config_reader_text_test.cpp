#include <tenon/config/config_reader.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

TEST_CASE("a mistake in the JSON of a configuration was said by its byte: nobody finds byte 1203") {
    struct row {
        std::string text, words;
    };
    const row rows[] = {
        {"", "line 1, column 1: expected a value, got the end of the file"},
        {"{\n  \"listen\":}", "line 2, column 12: not a JSON value, got '}'"},
        {"{\n  \"a\": 1,\n}",
         "line 3, column 1: expected a member's name, got '}': is there a comma too many before it?"},
        {R"({"a":1,,"b":2})",
         "line 1, column 8: expected a member's name, got ',': is there a comma too many before it?"},
        {"[1,\n 2,\n]", "line 3, column 1: not a JSON value, got ']': is there a comma too many before it?"},
        {"{\n  \"a\": 1\n  \"b\": 2\n}",
         "line 3, column 3: expected ',' or '}', got '\"': is there a comma missing before it?"},
        {"{\n  // here\n}", "line 2, column 3: expected a member's name, got '/': JSON has no comments"},
        {"{'a': 1}", "line 1, column 2: expected a member's name, got ''': JSON has double quotes alone"},
        {"{\"\xC3\xBC\xE2\x82\xAC\": x}", "line 1, column 8: not a JSON value, got 'x'"},
        {"{\"a\": \"no end", "line 1, column 7: string without an end"},
        {"{} {}", "line 1, column 4: text behind the value"},
        {"{\"a\": [1, 2", "line 1, column 12: expected ',' or ']', got the end of the file"},
    };
    for (const row& one : rows) {
        const auto read = parse_config(one.text);
        REQUIRE(!read);
        CHECK(read.error().message == one.words);
    }
    CHECK(parse_config(" {\"a\": [1, {}]}\n").value()["a"].text() == "[1, {}]");
}
