#include <tenon/json/value.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using json_tests::outcome;
using json_tests::times;
using json_tests::told;
using tenon::json;
using tenon::json_kind;
using tenon::json_view;

namespace {

json parsed(std::string_view text) {
    auto value = json::parse(text);
    REQUIRE(value);
    return *std::move(value);
}

struct user {
    std::string name;
    int age;
};
struct envelope {
    int id;
    json params;
    std::optional<json> extra;
};
struct borrowed {
    json_view params;
};

} // namespace

TEST_CASE("json keeps the text of a value as it was written, without the space around it") {
    CHECK(parsed("  {\"a\" : [1.0, 1e2, \"\\u0041\"] }\n").text() == "{\"a\" : [1.0, 1e2, \"\\u0041\"] }");
    CHECK(parsed("18446744073709551616").text() == "18446744073709551616");
    CHECK(parsed("-0").text() == "-0");
    CHECK(json().text() == "null");
    CHECK(json_view().text() == "null");
}

TEST_CASE("json refuses what is no JSON, with the byte") {
    CHECK(outcome<json>("") == "-32700 expected a value at byte 0");
    CHECK(outcome<json>("[1,]") == "-32700 not a JSON value at byte 3");
    CHECK(outcome<json>("{} {}") == "-32700 text behind the value at byte 3");
    CHECK(outcome<json>("\"\xFF\"") == "-32700 invalid UTF-8 at byte 1");
    CHECK(outcome<json>(times(65, "[")) == "-32700 nested too deep at byte 64");
}

TEST_CASE("json knows its kind") {
    CHECK(parsed("null").is_null());
    CHECK(parsed("null").kind() == json_kind::null);
    CHECK(parsed("false").kind() == json_kind::boolean);
    CHECK(parsed("-1").kind() == json_kind::number);
    CHECK(parsed("\"\"").kind() == json_kind::string);
    CHECK(parsed("[]").kind() == json_kind::array);
    CHECK(parsed(" {}").kind() == json_kind::object);
    CHECK(!parsed("0").is_null());
    CHECK(json().is_null());
    CHECK(json_view().is_null());
}

TEST_CASE("json converts to a type and from one") {
    const json numbers = json::of(std::vector<int>{1, 2});
    CHECK(numbers.text() == "[1,2]");
    CHECK(*numbers.as<std::vector<int>>() == std::vector<int>{1, 2});
    CHECK(told(numbers.as<std::string>().error()) == "-32602 expected string, got array at byte 0");
    CHECK(told(numbers.as<std::vector<bool>>({.root = "data", .offset = 10}).error()) ==
          "-32602 data[0]: expected boolean, got number at byte 11");
    CHECK(parsed(R"({"age":3,"name":"n"})").as<user>()->age == 3);
    CHECK(json::of(user{"n", 3}).text() == R"({"name":"n","age":3})");
    CHECK(json::of(json::of(5)).text() == "5");
    CHECK(json::of(nullptr).is_null());
}

TEST_CASE("members and elements are found, and null stands for what is not there") {
    const json value =
        parsed(R"({ "user" : {"name":"n", "tags":["a", {"b":2}], "":0}, "\u0065scaped":1, "user2":null })");
    CHECK(value["user"]["name"].text() == "\"n\"");
    CHECK(value["user"]["tags"][1]["b"].text() == "2");
    CHECK(value["user"]["tags"][std::size_t{0}].text() == "\"a\"");
    CHECK(value["user"][""].text() == "0");
    CHECK(value["escaped"].text() == "1");
    CHECK(value["user2"].is_null());
    CHECK(value["missing"].is_null());
    CHECK(value["missing"]["deeper"][7].is_null());
    CHECK(value["user"]["tags"][2].is_null());
    CHECK(value["user"]["tags"]["b"].is_null());
    CHECK(value[0].is_null());
    CHECK(parsed("5")["a"].is_null());
    CHECK(parsed("[]")[0].is_null());
    CHECK(parsed("{}")[""].is_null());
    CHECK(value["user"].kind() == json_kind::object);
}

TEST_CASE("of two members with one name the first is found") {
    CHECK(parsed(R"({"a":1,"a":2})")["a"].text() == "1");
}

TEST_CASE("J7: a name is compared to its last byte, zero bytes included") {
    using namespace std::string_view_literals;
    const json value = parsed(R"({"admin\u0000x":1,"admin":2})");
    CHECK(value["admin"].text() == "2");
    CHECK(value["admin\0x"sv].text() == "1");
    CHECK(value["admin\0"sv].is_null());
}

TEST_CASE("a string is had without its quotes") {
    std::string scratch;
    CHECK(parsed(R"("plain")").view().as_text(scratch) == "plain");
    CHECK(parsed(R"("\u00e9\n")").view().as_text(scratch) == "\u00E9\n");
    CHECK(parsed("1").view().as_text(scratch).empty());
    CHECK(json_view().as_text(scratch).empty());
}

TEST_CASE("json within a struct keeps its member's text") {
    const std::string text = R"({"id":1,"params": {"a" : 1} ,"extra":[ 1 ]})";
    CHECK(outcome<envelope>(text) == R"({"id":1,"params":{"a" : 1},"extra":[ 1 ]})");
    CHECK(outcome<envelope>(R"({"id":1,"params":null,"extra":null})") == R"({"id":1,"params":null})");
    CHECK(outcome<envelope>(R"({"id":1})") == "-32602 params: missing at byte 0");
    CHECK(outcome<envelope>(R"({"id":1,"params":{"a":nul}})") ==
          "-32700 params: not a JSON value at byte 22");
    CHECK(outcome<std::map<std::string, json>>(R"({"a":[1, 2],"b":"x"})") == R"({"a":[1, 2],"b":"x"})");
}

TEST_CASE("a view borrows the text that it was read from") {
    const std::string text = R"({"params": [1, 2] })";
    const auto value = tenon::from_json<borrowed>(text);
    REQUIRE(value);
    CHECK(value->params.text() == "[1, 2]");
    CHECK(value->params.text().data() == text.data() + 11);
    const json owned(value->params);
    CHECK(owned.text() == "[1, 2]");
    CHECK(owned.text().data() != value->params.text().data());
    CHECK(owned.view().text().data() == owned.text().data());
}

TEST_CASE("what was moved from is null, and can be written") {
    for (const char* text : {"[1]", R"(["longer than what a string keeps within itself"])"}) {
        json first = parsed(text);
        json second = std::move(first);
        CHECK(second.text() == text);
        CHECK(first.is_null()); // NOLINT: that is what is promised
        CHECK(tenon::to_json(std::vector<json>{first, second}) == "[null," + std::string(text) + "]");
        json third;
        third = std::move(second);
        CHECK(third.text() == text);
        CHECK(json_tests::is_json(second.text()));
        first = third;
        CHECK(first.text() == third.text());
        first = *&first;
        CHECK(first.text() == text);
    }
}
