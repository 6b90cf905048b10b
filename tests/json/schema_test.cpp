#include <tenon/json/schema.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

using tenon::json_schema;

namespace {

enum class colour { red, green };

struct point {
    int x;
    std::optional<double> y;
};
struct line {
    point from;
    point to;
    std::optional<std::vector<colour>> colours;
};
struct nothing {};
struct lenient {
    int a = 0;
    static constexpr bool allow_missing = true;
};
struct tree {
    std::string name;
    std::vector<tree> children;
};
struct person;
struct company {
    std::string name;
    std::vector<person> staff;
};
struct person {
    std::string name;
    std::optional<std::map<std::string, company>> companies;
    std::vector<person> friends;
};
struct twice {
    point first;
    point second;
};
struct wraps_tree {
    std::variant<int, tree> either;
    std::pair<tree, std::string> both;
};
struct odd_names {
    std::vector<odd_names> children;
    static constexpr auto describe() {
        return tenon::members(tenon::member("a/b~c d%\u00E9", &odd_names::children));
    }
};

constexpr std::string_view any_int = R"({"type":"integer","minimum":-2147483648,"maximum":2147483647})";

// --- a validator of the keywords that are written, to hold schemas against values ---

using document = nlohmann::json;

struct validator {
    document root;

    bool accepts(std::string_view text) const { return valid(root, document::parse(text)); }

    bool valid(const document& schema, const document& value) const {
        for (const auto& [keyword, expected] : schema.items())
            if (!holds(keyword, expected, schema, value)) return false;
        return true;
    }

    bool holds(const std::string& keyword, const document& expected, const document& schema,
               const document& value) const {
        if (keyword == "$ref") return valid(target(expected.get<std::string>()), value);
        if (keyword == "type") return is_of_type(expected.get<std::string>(), value);
        if (keyword == "enum") return std::find(expected.begin(), expected.end(), value) != expected.end();
        if (keyword == "anyOf")
            return std::any_of(expected.begin(), expected.end(),
                               [&](const document& one) { return valid(one, value); });
        if (keyword == "minimum") return !value.is_number() || value >= expected;
        if (keyword == "maximum") return !value.is_number() || value <= expected;
        if (keyword == "minItems") return !value.is_array() || value.size() >= expected;
        if (keyword == "maxItems") return !value.is_array() || value.size() <= expected;
        if (keyword == "uniqueItems") return true; // a set takes an element twice and keeps it once
        if (keyword == "prefixItems") {
            for (std::size_t index = 0; value.is_array() && index < value.size() && index < expected.size();
                 ++index)
                if (!valid(expected[index], value[index])) return false;
            return true;
        }
        if (keyword == "items") {
            const std::size_t first = schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
            for (std::size_t index = first; value.is_array() && index < value.size(); ++index)
                if (expected.is_boolean() ? !expected.get<bool>() : !valid(expected, value[index]))
                    return false;
            return true;
        }
        if (keyword == "properties") {
            for (const auto& [name, one] : expected.items())
                if (value.is_object() && value.contains(name) && !valid(one, value[name])) return false;
            return true;
        }
        if (keyword == "additionalProperties") {
            for (const auto& [name, member] : value.items())
                if (value.is_object() && !valid(expected, member)) return false;
            return true;
        }
        if (keyword == "required")
            return !value.is_object() ||
                   std::all_of(expected.begin(), expected.end(),
                               [&](const document& name) { return value.contains(name.get<std::string>()); });
        FAIL("a keyword that the validator does not know: ", keyword);
        return false;
    }

    static bool is_of_type(const std::string& type, const document& value) {
        if (type == "null") return value.is_null();
        if (type == "boolean") return value.is_boolean();
        if (type == "integer") return value.is_number_integer();
        if (type == "number") return value.is_number();
        if (type == "string") return value.is_string();
        if (type == "array") return value.is_array();
        return type == "object" && value.is_object();
    }

    const document& target(const std::string& reference) const {
        REQUIRE(reference.starts_with('#'));
        std::string pointer;
        for (std::size_t at = 1; at < reference.size(); ++at) {
            if (reference[at] == '%') {
                pointer += static_cast<char>(std::stoi(reference.substr(at + 1, 2), nullptr, 16));
                at += 2;
            } else {
                pointer += reference[at];
            }
        }
        return root.at(document::json_pointer(pointer));
    }
};

// A value that goes with the schema is read as the type, one that does not is refused.
template <class T>
void agree(const std::vector<std::string>& texts) {
    const validator schema{document::parse(json_schema<T>())};
    for (const std::string& text : texts) {
        CAPTURE(text);
        CHECK(schema.accepts(text) == tenon::from_json<T>(text).has_value());
    }
}

} // namespace

TEST_CASE("scalars have the schema of their kind and range") {
    CHECK(json_schema<bool>() == R"({"type":"boolean"})");
    CHECK(json_schema<int>() == any_int);
    CHECK(json_schema<unsigned char>() == R"({"type":"integer","minimum":0,"maximum":255})");
    CHECK(json_schema<std::int64_t>() ==
          R"({"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807})");
    CHECK(json_schema<std::uint64_t>() == R"({"type":"integer","minimum":0,"maximum":18446744073709551615})");
    CHECK(json_schema<float>() == R"({"type":"number"})");
    CHECK(json_schema<double>() == R"({"type":"number"})");
    CHECK(json_schema<std::string>() == R"({"type":"string"})");
    CHECK(json_schema<std::string_view>() == R"({"type":"string"})");
    CHECK(json_schema<std::nullptr_t>() == R"({"type":"null"})");
    CHECK(json_schema<std::monostate>() == R"({"type":"null"})");
    CHECK(json_schema<colour>() == R"({"type":"string","enum":["red","green"]})");
    CHECK(json_schema<std::chrono::seconds>() == R"({"type":"integer"})");
    CHECK(json_schema<std::chrono::duration<double>>() == R"({"type":"number"})");
}

TEST_CASE("json of any type has the schema that accepts everything") {
    CHECK(json_schema<tenon::json>() == "{}");
    CHECK(json_schema<tenon::json_view>() == "{}");
    CHECK(json_schema<std::vector<tenon::json>>() == R"({"type":"array","items":{}})");
}

TEST_CASE("containers have the schemas of their elements inside") {
    CHECK(json_schema<std::vector<int>>() == R"({"type":"array","items":)" + std::string(any_int) + "}");
    CHECK(json_schema<std::vector<bool>>() == R"({"type":"array","items":{"type":"boolean"}})");
    CHECK(json_schema<std::deque<std::string>>() == R"({"type":"array","items":{"type":"string"}})");
    CHECK(json_schema<std::set<std::string>>() ==
          R"({"type":"array","items":{"type":"string"},"uniqueItems":true})");
    CHECK(json_schema<std::unordered_set<bool>>() ==
          R"({"type":"array","items":{"type":"boolean"},"uniqueItems":true})");
    CHECK(json_schema<std::array<bool, 3>>() ==
          R"({"type":"array","items":{"type":"boolean"},"minItems":3,"maxItems":3})");
    CHECK(
        json_schema<std::pair<bool, std::string>>() ==
        R"({"type":"array","prefixItems":[{"type":"boolean"},{"type":"string"}],"minItems":2,"items":false})");
    CHECK(json_schema<std::map<std::string, bool>>() ==
          R"({"type":"object","additionalProperties":{"type":"boolean"}})");
    CHECK(json_schema<std::map<int, std::vector<bool>>>() ==
          R"({"type":"object","additionalProperties":{"type":"array","items":{"type":"boolean"}}})");
    CHECK(json_schema<std::optional<bool>>() == R"({"anyOf":[{"type":"boolean"},{"type":"null"}]})");
    CHECK(json_schema<std::variant<bool, std::string, std::monostate>>() ==
          R"({"anyOf":[{"type":"boolean"},{"type":"string"},{"type":"null"}]})");
}

TEST_CASE("a struct's schema names its members and requires those that may not be absent") {
    CHECK(json_schema<nothing>() == R"({"type":"object"})");
    CHECK(json_schema<lenient>() == R"({"type":"object","properties":{"a":)" + std::string(any_int) + "}}");
    const std::string a_point = R"({"type":"object","properties":{"x":)" + std::string(any_int) +
                                R"(,"y":{"anyOf":[{"type":"number"},{"type":"null"}]}},"required":["x"]})";
    CHECK(json_schema<point>() == a_point);
    CHECK(
        json_schema<line>() ==
        R"({"type":"object","properties":{"from":)" + a_point + R"(,"to":)" + a_point +
            R"(,"colours":{"anyOf":[{"type":"array","items":{"type":"string","enum":["red","green"]}},{"type":"null"}]}},)"
            R"("required":["from","to"]})");
}

TEST_CASE("a struct that contains itself refers to where it was first written") {
    CHECK(
        json_schema<tree>() ==
        R"({"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#"}}},)"
        R"("required":["name","children"]})");
    CHECK(json_schema<std::vector<tree>>() ==
          R"({"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},)"
          R"("children":{"type":"array","items":{"$ref":"#/items"}}},"required":["name","children"]}})");
    CHECK(json_schema<std::map<std::string, tree>>().find(R"({"$ref":"#/additionalProperties"})") !=
          std::string::npos);
    const std::string wrapped = json_schema<wraps_tree>();
    CHECK(wrapped.find(R"({"$ref":"#/properties/either/anyOf/1"})") != std::string::npos);
    CHECK(wrapped.find(R"({"$ref":"#/properties/both/prefixItems/0"})") != std::string::npos);
}

TEST_CASE("structs that contain each other refer back without an end") {
    const std::string schema = json_schema<company>();
    CHECK(schema.find(R"("friends":{"type":"array","items":{"$ref":"#/properties/staff/items"}})") !=
          std::string::npos);
    CHECK(schema.find(R"("additionalProperties":{"$ref":"#"})") != std::string::npos);
    CHECK(document::parse(schema).is_object());
}

TEST_CASE("a struct that is only used twice is written twice") {
    const std::string schema = json_schema<twice>();
    CHECK(schema.find("$ref") == std::string::npos);
}

TEST_CASE("a reference is escaped as a JSON pointer within a URI") {
    CHECK(json_schema<std::vector<odd_names>>().find(R"({"$ref":"#/items"})") != std::string::npos);
    struct outer {
        std::vector<odd_names> list;
        static constexpr auto describe() {
            return tenon::members(tenon::member("a/b~c d%\u00E9", &outer::list));
        }
    };
    const std::string schema = json_schema<outer>();
    CHECK(schema.find(R"({"$ref":"#/properties/a~1b~0c%20d%25%C3%A9/items"})") != std::string::npos);
    agree<outer>({"{\"a/b~c d%\u00E9\":[{\"a/b~c d%\u00E9\":[]}]}",
                  "{\"a/b~c d%\u00E9\":[{\"a/b~c d%\u00E9\":[1]}]}"});
}

TEST_CASE("every schema is JSON") {
    for (const std::string& schema :
         {json_schema<line>(), json_schema<person>(), json_schema<wraps_tree>(), json_schema<tenon::json>()})
        CHECK(json_tests::is_json(schema));
}

TEST_CASE("what a schema accepts is what decoding accepts") {
    const std::vector<std::string> scalars = {"null",    "true",       "0",          "-1",  "255",
                                              "256",     "2147483647", "2147483648", "1.5", "\"\"",
                                              "\"red\"", "\"blue\"",   "[]",         "{}"};
    agree<bool>(scalars);
    agree<int>(scalars);
    agree<unsigned char>(scalars);
    agree<double>(scalars);
    agree<std::string>(scalars);
    agree<std::nullptr_t>(scalars);
    agree<colour>(scalars);
    agree<std::optional<int>>(scalars);
    agree<std::variant<std::string, bool>>(scalars);
    agree<std::chrono::seconds>(scalars);
    agree<tenon::json>(scalars);
    agree<nothing>(scalars);
    agree<lenient>(scalars);

    agree<std::vector<int>>({"[]", "[1]", "[1,2,3]", "[1,\"2\"]", "[null]", "[[1]]", "{}", "[1.5]"});
    agree<std::array<int, 2>>({"[]", "[1]", "[1,2]", "[1,2,3]", "[1,true]"});
    agree<std::tuple<int, std::string, std::optional<bool>>>(
        {"[]", "[1]", "[1,\"a\"]", "[1,\"a\",true]", "[1,\"a\",null]", "[1,\"a\",true,4]", "[\"a\",1,true]"});
    agree<std::set<int>>({"[]", "[1,2]", "[1,1]", "[\"1\"]"});
    agree<std::map<std::string, std::vector<bool>>>(
        {"{}", "{\"a\":[]}", "{\"a\":[true],\"b\":[false]}", "{\"a\":1}", "{\"a\":[1]}"});
    agree<line>({R"({})", R"({"from":{"x":1},"to":{"x":2}})", R"({"from":{"x":1},"to":{"x":2,"y":null}})",
                 R"({"from":{"x":1},"to":{"x":2,"y":1.5},"colours":["red"]})",
                 R"({"from":{"x":1},"to":{"x":2},"colours":null})",
                 R"({"from":{"x":1},"to":{"x":2},"colours":["blue"]})", R"({"from":{"x":1},"to":{"y":2}})",
                 R"({"from":{"x":1},"to":{"x":2},"unknown":[{}]})", R"({"from":{"x":"1"},"to":{"x":2}})",
                 "[]"});
    agree<tree>({R"({"name":"a","children":[]})", R"({"name":"a","children":[{"name":"b","children":[]}]})",
                 R"({"name":"a","children":[{"name":"b"}]})",
                 R"({"name":"a","children":[{"name":"b","children":[{"name":1,"children":[]}]}]})"});
    agree<company>(
        {R"({"name":"c","staff":[]})", R"({"name":"c","staff":[{"name":"p","friends":[]}]})",
         R"({"name":"c","staff":[{"name":"p","friends":[{"name":"q","friends":[]}],"companies":{"d":{"name":"d","staff":[]}}}]})",
         R"({"name":"c","staff":[{"name":"p","friends":[{"name":"q"}]}]})",
         R"({"name":"c","staff":[{"name":"p","friends":[],"companies":{"d":{"name":"d"}}}]})"});
    agree<wraps_tree>(
        {R"({"either":1,"both":[{"name":"a","children":[]},"s"]})",
         R"({"either":{"name":"a","children":[{"name":"b","children":[]}]},"both":[{"name":"a","children":[]},"s"]})",
         R"({"either":{"name":"a","children":[{"name":"b"}]},"both":[{"name":"a","children":[]},"s"]})",
         R"({"either":1,"both":[{"name":"a","children":[{}]},"s"]})"});
}
