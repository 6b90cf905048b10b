// Whom a method and a path belong to. Plugins' routes, which have more to them, are in tests/rules/routes_test.cpp.

#include <tenon/web/route_table.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using tenon::http::route_table;

TEST_CASE("an owner is of any type, also one that cannot be copied, and stays where it is") {
    route_table<std::unique_ptr<int>> at;
    CHECK(at.add("GET", "/a/{b}", std::make_unique<int>(1)) == nullptr);
    const auto* first = at.find("GET", "/a/x").owner;
    for (int count = 0; count < 100; ++count)
        CHECK(at.add("GET", "/a/" + std::to_string(count), std::make_unique<int>(count)) == nullptr);
    CHECK(at.find("GET", "/a/x").owner == first);
    CHECK(**first == 1);
    CHECK(**at.find("GET", "/a/7").owner == 7);
    CHECK(at.list().size() == 101);
}

TEST_CASE("who comes second is told who has it") {
    route_table<std::string> at;
    CHECK(at.add("GET", "/rooms/{room}", "first") == nullptr);
    const std::string* taken = at.add("GET", "/rooms/{name}", "second");
    REQUIRE(taken != nullptr);
    CHECK(*taken == "first");
    CHECK(at.add("POST", "/rooms/{name}", "second") == nullptr);
    CHECK(at.find("PUT", "/rooms/x").allowed == std::vector<std::string_view>{"GET", "POST"});
    CHECK(at.find("PUT", "/rooms").allowed.empty());
}

TEST_CASE("a pattern that ends in a slash is found with it and without it, and no other is") {
    route_table<int> at;
    CHECK(at.add("GET", "/files/", 1) == nullptr);
    CHECK(at.add("GET", "/rooms", 2) == nullptr);
    CHECK(at.add("GET", "/", 3) == nullptr);
    CHECK(*at.find("GET", "/files").owner == 1);
    CHECK(*at.find("GET", "/files/").owner == 1);
    CHECK(*at.find("GET", "/rooms").owner == 2);
    CHECK(at.find("GET", "/rooms/").owner == nullptr);
    CHECK(at.find("PUT", "/rooms/").allowed.empty());
    CHECK(*at.find("GET", "/").owner == 3);
    CHECK(at.find("GET", "").owner == nullptr);
}

TEST_CASE("an encoded slash that was decoded once is no separator: nothing here decodes again") {
    route_table<int> at;
    CHECK(at.add("GET", "/files/{name}", 1) == nullptr);
    const std::string path = tenon::decode_path("/files/a%252Fb").value();
    const auto match = at.find("GET", path);
    REQUIRE(match.owner != nullptr);
    CHECK(match.params[0].second == "a%2Fb");
}

TEST_CASE("what is erased is found no more, and the rest is") {
    route_table<int> at;
    for (int owner = 0; owner < 4; ++owner)
        CHECK(at.add("GET", "/{a}/" + std::to_string(owner), owner % 2) == nullptr);
    at.erase_if([](int owner) { return owner == 1; });
    CHECK(at.list().size() == 2);
    CHECK(at.find("GET", "/x/1").owner == nullptr);
    CHECK(*at.find("GET", "/x/2").owner == 0);
    at.erase_if([](int) { return true; });
    CHECK(at.list().empty());
    CHECK(at.find("PUT", "/x/2").allowed.empty());
}
