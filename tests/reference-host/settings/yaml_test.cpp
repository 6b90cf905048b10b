// YAML becomes the JSON that means the same, or a complaint with its line.

#include <settings/yaml.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using reference::json_of_yaml;

namespace {

constexpr std::size_t most = 100'000;

std::string json_of(const std::string& text) {
    const auto made = json_of_yaml(text, most);
    REQUIRE_MESSAGE(made, made.error().message);
    return *made;
}

std::string complaint_of(const std::string& text) {
    const auto made = json_of_yaml(text, most);
    REQUIRE(!made);
    return made.error().message;
}

TEST_CASE("YAML: values of the core schema become JSON's, everything else is a text") {
    struct row {
        std::string yaml, json;
    };
    const std::vector<row> rows = {
        {"a: 1", R"({"a":1})"},
        {"a: -1.5e3", R"({"a":-1.5e3})"},
        {"a: 9223372036854775807", R"({"a":9223372036854775807})"},
        {"a: true\nb: False", R"({"a":true,"b":false})"},
        {"a: null\nb: ~\nc:", R"({"a":null,"b":null,"c":null})"},
        {"a: 'true'\nb: \"1\"", R"({"a":"true","b":"1"})"},
        {"a: yes\nb: on", R"({"a":"yes","b":"on"})"},
        {"a: 0x1F\nb: 007\nc: .inf\nd: 1_000\ne: 2026-01-01",
         R"({"a":"0x1F","b":"007","c":".inf","d":"1_000","e":"2026-01-01"})"},
        {"a: ''", R"({"a":""})"},
        {"- 1\n- [2, {a: b}]", R"([1,[2,{"a":"b"}]])"},
        {"a: |\n  two\n  lines\n", R"({"a":"two\nlines\n"})"},
        {"a: &x {b: 1}\nc: *x", R"({"a":{"b":1},"c":{"b":1}})"},
        {"", "null"},
        {"# only this", "null"},
        {"1: one", R"({"1":"one"})"},
        {"a: \"\\u00e9\\x01\"", "{\"a\":\"\xC3\xA9\\u0001\"}"},
    };
    for (const row& one : rows) {
        CAPTURE(one.yaml);
        CHECK(json_of(one.yaml) == one.json);
    }
}

TEST_CASE("YAML: a key that is there twice stays twice, for the reader to refuse") {
    CHECK(json_of("a: 1\na: 2") == R"({"a":1,"a":2})");
}

TEST_CASE("YAML: what is no YAML is refused with its line") {
    CHECK(complaint_of("a: 1\nb: [1, 2").find("line ") == 0);
    CHECK(complaint_of("a: 1\n b: 2").find("line 2") == 0);
    CHECK(complaint_of("a: *nobody").find("line 1") == 0);
    CHECK(complaint_of("? [1, 2]\n: 3").find("a key has to be a text") != std::string::npos);
    CHECK(complaint_of("a: 1\n---\nb: 2").find("one YAML document") != std::string::npos);
}

TEST_CASE("YAML: aliases that stand for ever more, or for themselves, end at a bound") {
    std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (int level = 1; level < 12; ++level) {
        const std::string last = std::to_string(level - 1), next = std::to_string(level);
        laughs += "a" + next + ": &a" + next + " [";
        for (int count = 0; count < 9; ++count) laughs += (count == 0 ? "*a" : ", *a") + last;
        laughs += "]\n";
    }
    CHECK(complaint_of(laughs).find("too large") != std::string::npos);
    CHECK(complaint_of("a: &a [*a]").find("too deep") != std::string::npos);
    CHECK(complaint_of(std::string(100, '[') + std::string(100, ']')).find("too deep") != std::string::npos);
    CHECK(!json_of_yaml(std::string(50'000, '['), most));
}

} // namespace
