#include <tenon/json/indented.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

TEST_CASE("JSON for people has a member on each line, and what is short and flat on one") {
    CHECK(indented_json(R"({"a":1,"b":["x","y"],"c":{"d":{"e":[]}},"f":{}})") ==
          "{\n  \"a\": 1,\n  \"b\": [\"x\", \"y\"],\n  \"c\": {\n    \"d\": {\n      \"e\": []\n    }\n  "
          "},\n  \"f\": "
          "{}\n}\n");
    CHECK(indented_json("[]") == "[]\n");
    CHECK(indented_json("{}") == "{}\n");
    CHECK(indented_json("\"a, {b\"") == "\"a, {b\"\n");
    const std::string many =
        "[" + std::string(30, '1') + "," + std::string(30, '2') + "," + std::string(30, '3') + "]";
    CHECK(indented_json("{\"a\":" + many + "}").find("\n    2222") != std::string::npos);
}

TEST_CASE("JSON for people comes out the same however it was spaced") {
    const std::string once = indented_json(R"({"a":[1,2,{"b":"a \" ] } b"}],"c":null})");
    CHECK(indented_json(once) == once);
    CHECK(indented_json("{ \"a\" :\t[1,\n\n2 , {\"b\":\"a \\\" ] } b\"} ],\"c\"  : null}") == once);
}
