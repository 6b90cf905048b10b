#ifndef TENON_TESTS_JSON_NLOHMANN_MEMBERS_HPP
#define TENON_TESTS_JSON_NLOHMANN_MEMBERS_HPP

// What nlohmann::json has to do as a member, an element and a value of its own, whichever header came first.
// Included by two test files behind both headers.

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

struct holds_nlohmann {
    int id = 0;
    nlohmann::json payload;
    std::optional<nlohmann::json> perhaps;
    std::vector<nlohmann::ordered_json> list;
};

inline void check_nlohmann() {
    using json_tests::outcome;
    using tenon::detail::shape;
    using tenon::detail::shape_of;
    static_assert(shape_of<nlohmann::json> == shape::foreign);
    static_assert(shape_of<nlohmann::ordered_json> == shape::foreign);

    CHECK(outcome<nlohmann::json>(R"( {"b":[1,2.5,null,true,"\u00e9"],"a":{}} )") ==
          "{\"a\":{},\"b\":[1,2.5,null,true,\"\u00E9\"]}");
    CHECK(outcome<nlohmann::ordered_json>(R"({"b":1,"a":2})") == R"({"b":1,"a":2})");
    CHECK(outcome<nlohmann::json>("-9223372036854775808") == "-9223372036854775808");
    CHECK(outcome<nlohmann::json>("18446744073709551615") == "18446744073709551615");

    // What is no JSON to us is none to its members either, and is told in our words.
    CHECK(outcome<nlohmann::json>("[1,]") == "-32700 not a JSON value at byte 3");
    CHECK(outcome<nlohmann::json>("1e999") == "-32700 number beyond the range of a double at byte 0");
    CHECK(outcome<nlohmann::json>(json_tests::times(65, "[")) == "-32700 nested too deep at byte 64");
    CHECK(outcome<nlohmann::json>("\"\xFF\"") == "-32700 invalid UTF-8 at byte 1");

    CHECK(outcome<holds_nlohmann>(R"({"id":1,"payload":{"x":[1]},"perhaps":null,"list":[1,"a"]})") ==
          R"({"id":1,"payload":{"x":[1]},"list":[1,"a"]})");
    CHECK(outcome<holds_nlohmann>(R"({"id":1,"payload":null,"perhaps":[],"list":[]})") ==
          R"({"id":1,"payload":null,"perhaps":[],"list":[]})");
    CHECK(outcome<holds_nlohmann>(R"({"id":1,"list":[]})") == "-32602 payload: missing at byte 0");
    CHECK(outcome<holds_nlohmann>(R"({"id":1,"payload":{"x":},"list":[]})") ==
          "-32700 payload: not a JSON value at byte 23");
    CHECK(outcome<std::map<std::string, nlohmann::json>>(R"({"a":{"b":1}})") == R"({"a":{"b":1}})");
    CHECK(outcome<std::variant<int, nlohmann::json>>(R"({"a":1})") == R"({"a":1})");
    CHECK(outcome<std::pair<nlohmann::json, int>>(R"([[1],2])") == "[[1],2]");

    CHECK(tenon::to_json(nlohmann::json{{"a", 1}}) == R"({"a":1})");
    CHECK(tenon::to_json(nlohmann::json("\xFF")) == "\"\uFFFD\"");
    CHECK(tenon::to_json(std::vector<nlohmann::json>(2)) == "[null,null]");
    CHECK(tenon::json::of(nlohmann::json{1, 2}).text() == "[1,2]");
    CHECK((*tenon::json::parse("[1,2]")->as<nlohmann::json>())[1] == 2);

    CHECK(tenon::json_schema<nlohmann::json>() == "{}");
    CHECK(tenon::json_schema<std::vector<nlohmann::json>>() == R"({"type":"array","items":{}})");
}

} // namespace

#endif
