// Patterns of paths, and queries.

#include <api/path.hpp>

#include <doctest/doctest.h>

using namespace reference;
using taken = std::vector<std::string>;

TEST_CASE("a pattern takes whole segments, and a star the rest") {
    CHECK(match("/", "/") == taken{});
    CHECK(match("/a/b", "/a/b") == taken{});
    CHECK(match("/a/{name}/c", "/a/b/c") == taken{"b"});
    CHECK(match("/a/{name}", "/a/b c") == taken{"b c"});
    CHECK(match("/a/*", "/a/b/c") == taken{});
    CHECK(match("/a/*", "/a/") == taken{});
    for (const char* path : {"", "/", "a/b", "/a", "/a/", "/a/b/", "/A/b", "/a/bb", "/a/b/c"})
        CHECK_MESSAGE(!match("/a/b", path), path);
    CHECK_FALSE(match("/a/{name}", "/a/"));
    CHECK_FALSE(match("/a/{name}", "/a/b/c"));
    CHECK_FALSE(match("/a/*", "/ab/c"));
    CHECK_FALSE(match("/a/*", "/a"));
}

TEST_CASE("a query is decoded, and a broken one is refused") {
    const auto query = decode_query("a=1&b=x+y%20z&&c&d=%C3%A4&a=2&e==").value();
    REQUIRE(query.size() == 6);
    CHECK(find(query, "a") == "1");
    CHECK(find(query, "b") == "x y z");
    CHECK(find(query, "c").empty());
    CHECK(find(query, "d") == "\xC3\xA4");
    CHECK(find(query, "e") == "=");
    CHECK(find(query, "f").empty());
    CHECK(decode_query("").value().empty());
    for (const char* bad : {"%", "a=%1", "a=%zz", "%0g=1"}) CHECK_FALSE(decode_query(bad));
}
