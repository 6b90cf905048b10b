// Queries of requests.

#include <tenon/web/query.hpp>

#include <doctest/doctest.h>

using namespace tenon;

TEST_CASE("a query is decoded in order, and names may come more than once") {
    const auto query = decode_query("a=1&b=x+y%20z&&c&d=%C3%A4&a=2&e==&=f").value();
    REQUIRE(query.size() == 7);
    CHECK(find_in_query(query, "a") == "1");
    CHECK(query[4].value == "2");
    CHECK(find_in_query(query, "b") == "x y z");
    CHECK(find_in_query(query, "c").empty());
    CHECK(find_in_query(query, "d") == "\xC3\xA4");
    CHECK(find_in_query(query, "e") == "=");
    CHECK(find_in_query(query, "") == "f");
    CHECK(find_in_query(query, "g").empty());
    CHECK(decode_query("").value().empty());
    CHECK(decode_query("&").value().empty());
    CHECK(query_of("/a?b=c?d") == "b=c?d");
    CHECK(query_of("/a?").empty());
    CHECK(query_of("/a").empty());
    CHECK(query_of("").empty());
}

TEST_CASE("a '%' without two hex digits is the client's mistake") {
    for (const char* bad : {"%", "a=%1", "a=%zz", "%0g=1", "a=1&b=%"})
        CHECK(decode_query(bad).error().code == codes::invalid_params);
}
