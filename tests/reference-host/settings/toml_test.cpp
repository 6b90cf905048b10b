#include <settings/toml.hpp>

#include <tenon/packages/format/package_manifest.hpp>

#include <doctest/doctest.h>

#include <string>

using reference::json_of_toml;

TEST_CASE("a plugin.toml is read as the manifest that it is") {
    const auto text = json_of_toml(R"(
name = "rooms"
version = "1.0.0"
author = "Ada"
entry_point = "rooms.wasm"
abi_version = "1.0.0"

[dependencies]
users = ">=1.0.0"

[optional-dependencies]
chat = "*"

[permissions]
read_users = true
write_config = false

[config]
max_rooms = 20
rate = 0.5
names = ["a", "b"]
)");
    REQUIRE(text);
    const auto reading = tenon::read_manifest(*text);
    REQUIRE(reading.manifest);
    CHECK(reading.manifest->id == "local.rooms");
    CHECK(reading.manifest->entry_for("any") == "rooms.wasm");
    CHECK(reading.manifest->permissions == std::vector<std::string>{"users:read"});
    CHECK(reading.manifest->optional_dependencies.count("local.chat") == 1);
    CHECK(reading.manifest->default_config["max_rooms"].text() == "20");
    CHECK(reading.manifest->default_config["names"].text() == R"(["a","b"])");
}

TEST_CASE("TOML that JSON cannot say is text or null, and what is no TOML is said with its line") {
    CHECK(*json_of_toml("a = 2026-11-30\nb = inf\nc = 07:32:00") ==
          R"({"a":"2026-11-30","b":null,"c":"07:32:00"})");
    CHECK(*json_of_toml("") == "{}");
    CHECK(*json_of_toml("\xef\xbb\xbf'\u00e9' = '\u00fc' # \u00e4\nX0x = \"X1x\\u00e9X2xc3\"") ==
          "{\"X0x\":\"X1x\u00e9X2xc3\",\"\u00e9\":\"\u00fc\"}");
    CHECK(json_of_toml("a = 1\n'\u00e9' = 2\n'\u00e9' = 3").error().message.starts_with("line 3: "));
    CHECK(*json_of_toml("[a.b]\nc = {d = []}") == R"({"a":{"b":{"c":{"d":[]}}}})");
    CHECK(json_of_toml("a = 1\nb = ").error().message.find("line 2") == 0);
    CHECK(!json_of_toml("a = 1\na = 2"));
    CHECK(!json_of_toml("[`"));
    CHECK(!json_of_toml("\ufe7f"));
    CHECK(!json_of_toml("\xff"));
    CHECK(!json_of_toml("[[`.b]]\nx = [1]"));
    CHECK(!json_of_toml(std::string(300'000, ' ')));
    std::string deep = "a";
    for (int level = 0; level < 100; ++level) deep += ".a";
    CHECK(!json_of_toml("[" + deep + "]"));
    CHECK(!json_of_toml("a = " + std::string(10'000, '[')));
}

TEST_CASE("a key of 100,000 parts does not end the stack") {
    std::string deep = "a";
    for (int level = 0; level < 100'000; ++level) deep += ".a";
    CHECK(json_of_toml("[" + deep + "]").error().message == "line 1: expected at most 64 dots");
    CHECK(json_of_toml("b = 1\n" + deep + " = 1").error().message == "line 2: expected at most 64 dots");
    std::string nested;
    for (int level = 0; level < 500; ++level) {
        nested += "[\n{a";
        for (int part = 0; part < 60; ++part) nested += ".a";
        nested += " = ";
    }
    CHECK_FALSE(json_of_toml("a = " + nested));
    // What is not too deep for TOML and too deep for JSON.
    std::string within = "a = ";
    for (int level = 0; level < 12; ++level) within += "[\n{a.a.a.a.a.a.a.a = ";
    within += "1";
    for (int level = 0; level < 12; ++level) within += "}]";
    CHECK(json_of_toml(within).error().message.find("deep") != std::string::npos);
}
