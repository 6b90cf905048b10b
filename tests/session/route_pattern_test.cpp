#include <tenon/session/route_pattern.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon::detail;

namespace {

/// The parameters as JSON, "no" where the path does not match.
std::string match(std::string_view pattern, std::string_view path) {
    tenon::json params;
    return match_path(pattern, path, params) ? params.text() : "no";
}

TEST_CASE("a route is a method and a path") {
    static_assert(is_route("GET /"));
    static_assert(is_route("DELETE /a/{b}"));
    static_assert(!is_route("GET"));
    static_assert(!is_route("GET "));
    static_assert(!is_route("/a"));
    static_assert(!is_route("get /a"));
    static_assert(!is_route("GET a"));
    static_assert(!is_route(" /a"));
    static_assert(!is_route("GET /a b"));
    static_assert(!is_route("GET  /a"));
    CHECK(route_method("GET /a") == "GET");
    CHECK(route_path("GET /a") == "/a");
}

TEST_CASE("a path matches segment by segment") {
    CHECK(match("/", "/") == "{}");
    CHECK(match("/a/b", "/a/b") == "{}");
    CHECK(match("/a/b", "/a") == "no");
    CHECK(match("/a", "/a/b") == "no");
    CHECK(match("/a", "/b") == "no");
    CHECK(match("/a", "/ab") == "no");
    CHECK(match("/a", "/A") == "no");
    CHECK(match("/a", "") == "no");
    CHECK(match("/a", "a") == "no");
}

TEST_CASE("a slash at the end makes another path") {
    CHECK(match("/a", "/a/") == "no");
    CHECK(match("/a/", "/a") == "no");
    CHECK(match("/a/", "/a/") == "{}");
    CHECK(match("/{a}", "/x/") == "no");
}

TEST_CASE("parameters take one segment that is not empty") {
    CHECK(match("/{a}", "/x") == R"({"a":"x"})");
    CHECK(match("/{a}", "/") == "no");
    CHECK(match("/{a}/b/{c}", "/x/b/y z") == R"({"a":"x","c":"y z"})");
    CHECK(match("/{a}/b", "//b") == "no");
    CHECK(match("/{a}", "/\"quoted\"") == R"({"a":"\"quoted\""})");
    CHECK(match("/{}", "/x") == "no");
    CHECK(match("/{}", "/{}") == "{}");
    CHECK(match("/x{a}", "/xy") == "no");
}

} // namespace
