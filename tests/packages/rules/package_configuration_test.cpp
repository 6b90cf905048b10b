#include <tenon/packages/rules/package_configuration.hpp>

#include "installed_fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;

namespace {

std::string merged(std::string_view defaults, std::string_view set) {
    return with_defaults(json::parse(defaults).value(), json::parse(set).value()).text();
}

} // namespace

TEST_CASE("what was set stands over the defaults, member by member") {
    CHECK(merged(R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"c":9},"e":5})") ==
          R"({"a":1,"b":{"c":9,"d":3},"e":5})");
    CHECK(merged(R"({"a":[1,2]})", R"({"a":[3]})") == R"({"a":[3]})");
    CHECK(merged(R"({"a":{"b":1}})", R"({"a":null})") == R"({"a":null})");
    CHECK(merged(R"({"a":1})", R"({"a":{"b":1}})") == R"({"a":{"b":1}})");
    CHECK(merged(R"({"a":1})", R"({"\u0061":2})") == R"({"a":2})");
}

TEST_CASE("where nothing was set the defaults count, and without defaults what was set") {
    CHECK(merged(R"({"a":1})", "null") == R"({"a":1})");
    CHECK(merged("null", R"({"a":1})") == R"({"a":1})");
    CHECK(merged("null", "null") == "null");
    CHECK(merged(R"({"a":1})", "[1]") == "[1]");
}

TEST_CASE("a configuration is held to the schema with its defaults, and all that is wrong is said") {
    const package_manifest chat = tests::manifest_of(
        "a.chat", "1.0.0",
        R"("defaultConfig":{"greeting":"hi"},"configSchema":{"type":"object","required":["greeting"],"properties":{"greeting":{"type":"string"},"max":{"type":"integer"}}})");
    const auto config = [&](std::string_view set) {
        auto whole = config_for(chat, json::parse(set).value());
        return whole ? whole->text() : whole.error().message;
    };
    CHECK(config("null") == R"({"greeting":"hi"})");
    CHECK(config(R"({"max":3})") == R"({"greeting":"hi","max":3})");
    CHECK(config(R"({"greeting":1,"max":"x"})") ==
          "config.greeting: expected string, got number; config.max: expected integer, got string");
}
