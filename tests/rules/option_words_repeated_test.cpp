#include <tenon/rules/option_words.hpp>

#include <doctest/doctest.h>

using tenon::detail::repeated_member;

TEST_CASE("a member that is there twice is found wherever it stands, however it is written") {
    CHECK(repeated_member(R"({"a":1,"b":[{"a":1},{"a":2}],"c":{"a":{"b":{}}}})").empty());
    CHECK(repeated_member("[1,\"a\",null]").empty());
    CHECK(repeated_member("{}").empty());
    CHECK(repeated_member(R"({"a":1,"b":2,"a":3})") == "a");
    CHECK(repeated_member(R"({"a":1,"\u0061":3})") == "a");
    CHECK(repeated_member(R"({"x":{"y":[0,[{"d":1,"d":2}]]}})") == "x.y[1][0].d");
}
