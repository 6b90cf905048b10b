#include <tenon/json/schema.hpp>
#include <tenon/json/schema_check.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

using namespace tenon;

namespace {

/// All that is wrong, one sentence a line; or why the schema is none.
std::string check(const std::string& schema, const std::string& value, schema_check_options options = {}) {
    const auto with = json::parse(schema), of = json::parse(value);
    REQUIRE_MESSAGE(with.has_value(), schema);
    REQUIRE_MESSAGE(of.has_value(), value);
    const auto faults = check_schema(with->view(), of->view(), options);
    if (!faults) return faults.error().message;
    std::string lines;
    for (const schema_fault& one : *faults) lines += (lines.empty() ? "" : "\n") + one.sentence();
    return lines;
}

std::string within(const std::string& schema, const std::string& value) {
    return check(schema, value, {.root = "config"});
}

struct place {
    std::string name;
    int floor = 0;
};
enum class colour { red, green };
struct settings {
    std::string greeting;
    std::optional<std::uint8_t> age;
    std::vector<place> places;
    std::map<std::string, double> weights;
    std::set<int> numbers;
    std::variant<bool, place> choice;
    std::pair<int, std::string> both;
    colour paint = colour::red;
};

} // namespace

TEST_CASE("every mistake is said with its path, all at once") {
    const std::string schema = json_schema<settings>();
    CHECK(within(schema, R"({"greeting":"hi","places":[{"name":"a","floor":-3}],"weights":{"x":0.5},
        "numbers":[1,2],"choice":{"name":"b","floor":1},"both":[1,"x"],"paint":"green"})") == "");
    CHECK(within(schema, R"({"greeting":1,"age":300,"places":[{"name":"a","floor":1},{"floor":"x"}],
        "weights":{"x":"heavy"},"numbers":[1,2,1.0],"choice":"no","both":[1,"x",3],"paint":"blue"})") ==
          "config.greeting: expected string, got number\n"
          "config.age: expected at most 255\n"
          "config.places[1].name: missing\n"
          "config.places[1].floor: expected integer, got string\n"
          "config.weights.x: expected number, got string\n"
          "config.numbers[2]: is there twice\n"
          "config.choice: expected boolean or object, got string\n"
          "config.both: too many elements\n"
          "config.paint: expected one of \"red\", \"green\"");
}

TEST_CASE("a member that nobody knows is refused where the schema says so, with the one that was meant") {
    const std::string schema = R"({"properties":{"greeting":{},"inner":{"properties":{"maxWords":{}},
        "additionalProperties":false}},"additionalProperties":false})";
    CHECK(within(schema, R"({"greting":1})") ==
          R"(config.greting: unknown member; did you mean "greeting"?)");
    CHECK(within(schema, R"({"zzz":1,"inner":{"max_word":1}})") ==
          "config.zzz: unknown member\n"
          "config.inner.max_word: unknown member; did you mean \"maxWords\"?");
    CHECK(within(R"({"properties":{"a":{}}})", R"({"b":1})") == "");
    CHECK(within(R"({"additionalProperties":{"type":"string"}})", R"({"b":1})") ==
          "config.b: expected string, got number");
    // Nobody looks at the patterns, so what they may allow is let through.
    CHECK(within(R"({"patternProperties":{"^x":{}},"additionalProperties":false})", R"({"b":1})") == "");
}

TEST_CASE("each keyword says what it expects") {
    struct row {
        std::string schema, value, words;
    };
    const row rows[] = {
        {R"({"type":["string","null"]})", "1", "expected string or null, got number"},
        {R"({"type":"integer"})", "1.5", "expected integer, got a fraction"},
        {R"({"type":"integer"})", "1.0", ""},
        {R"({"type":"number"})", "1", ""},
        {R"({"enum":[1,"a",null]})", "1.0", ""},
        {R"({"enum":[1,"a",null]})", "2", R"(expected one of 1, "a", null)"},
        {R"({"const":{"a":[1]}})", R"({"a":[1.0]})", ""},
        {R"({"const":3})", "4", "expected 3"},
        {R"({"minimum":0.1})", "0.05", "expected at least 0.1"},
        {R"({"maximum":18446744073709551615})", "18446744073709551616",
         "expected at most 18446744073709551615"},
        {R"({"exclusiveMinimum":1})", "1", "expected more than 1"},
        {R"({"exclusiveMaximum":1})", "1", "expected less than 1"},
        {R"({"multipleOf":3})", "7", "expected a multiple of 3"},
        {R"({"minLength":2})", R"("ä")", "expected at least 2 characters"},
        {R"({"maxLength":2})", R"("\u00e4bc")", "expected at most 2 characters"},
        {R"({"maxLength":2})", R"("\u00e4b")", ""},
        {R"({"required":["a","b"]})", R"({"b":1})", "a: missing"},
        {R"({"minProperties":1})", "{}", "too few members"},
        {R"({"maxProperties":1})", R"({"a":1,"b":1})", "too many members"},
        {R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})", "ab: expected at most 1 characters"},
        {R"({"items":{"type":"string"}})", R"(["a",1])", "[1]: expected string, got number"},
        {R"({"prefixItems":[{"type":"string"}],"items":{"type":"null"}})", R"(["a",1])",
         "[1]: expected null, got number"},
        {R"({"items":[{"type":"string"}],"additionalItems":false})", R"(["a",1,2])", "too many elements"},
        {R"({"minItems":1})", "[]", "too few elements"},
        {R"({"maxItems":1})", "[1,2]", "too many elements"},
        {R"({"uniqueItems":true})", R"([{"a":1,"b":2},1,{"b":2,"a":1}])", "[2]: is there twice"},
        {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "4", "expected at most 3"},
        {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "4", "expected string or null, got number"},
        {R"({"anyOf":[{"properties":{"a":{"type":"string"}}},{"type":"null"}]})", R"({"a":1})",
         "a: expected string, got number"},
        {R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3", "fits more than one of the alternatives"},
        {R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "1", ""},
        {R"({"not":{"type":"string"}})", R"("a")", "is what it must not be"},
        {R"({"if":{"minimum":5},"then":{"maximum":6},"else":{"minimum":1}})", "7", "expected at most 6"},
        {R"({"if":{"minimum":5},"then":{"maximum":6},"else":{"minimum":1}})", "0", "expected at least 1"},
        {R"({"properties":{"a":false}})", R"({"a":1})", "a: is not allowed"},
        {R"({"format":"email","pattern":"^x","unheardOf":1})", R"("a")", ""},
        {"true", "1", ""},
        {"{}", "1", ""},
    };
    for (const row& one : rows)
        CHECK_MESSAGE(check(one.schema, one.value) == one.words, (one.schema + " " + one.value));
}

TEST_CASE("a reference leads to its place in the schema, however that is named") {
    const std::string schema = R"({"$defs":{"a/b c":{"type":"string"}},"definitions":{"d":{"type":"null"}},
        "anyOf":[{"type":"object"}],"properties":{"x":{"$ref":"#/$defs/a~1b%20c"},"y":{"$ref":"#/definitions/d"},
        "z":{"$ref":"#/anyOf/0"},"all":{"$ref":"#"},"far":{"$ref":"https://example.com/s"},"at":{"$ref":"#here"}}})";
    CHECK(check(schema, R"({"x":1,"y":1,"z":1,"all":{"x":2},"far":1,"at":1})") ==
          "x: expected string, got number\ny: expected null, got number\nz: expected object, got number\n"
          "all.x: expected string, got number");
    CHECK(check(R"({"$ref":"#/nothing"})", "1") == R"(schema: there is nothing at $ref "#/nothing")");
}

TEST_CASE("what is no schema is said of the schema and not of the value") {
    CHECK(check("1", "1") == "schema: expected an object or a truth value where a schema is");
    CHECK(check(R"({"properties":{"a":[]}})", R"({"a":1})") ==
          "schema: expected an object or a truth value where a schema is");
    CHECK(check(R"({"type":7,"required":"x","enum":{},"minimum":"a","properties":[]})", R"({"a":1})") ==
          "expected one of ");
}

TEST_CASE("a hostile schema ends in bounded work and depth") {
    CHECK(check(R"({"$ref":"#"})", "1") == "schema: it goes too deep");
    // 2^40 ways through it.
    std::string doubling = R"({"$defs":{)";
    for (int at = 0; at < 40; ++at) {
        const std::string next = R"({"$ref":"#/$defs/)" + std::to_string(at + 1) + "\"}";
        doubling += "\"" + std::to_string(at) + R"(":{"allOf":[)" + next + "," + next + "]},";
    }
    doubling += R"("40":{}},"$ref":"#/$defs/0"})";
    CHECK(check(doubling, "1") == "schema: it takes too much to check with");
    // A search of each of many members among many.
    std::string many = R"({"properties":{)", value = "{";
    for (int at = 0; at < 20'000; ++at) {
        many += (at == 0 ? "\"p" : ",\"p") + std::to_string(at) + "\":{}";
        value += (at == 0 ? "\"v" : ",\"v") + std::to_string(at) + "\":1";
    }
    CHECK(check(many + R"(},"additionalProperties":false})", value + "}") ==
          "schema: it takes too much to check with");
}

TEST_CASE("no more faults than wanted are collected, and names are cut") {
    std::string value = "{";
    for (int at = 0; at < 100; ++at) value += (at == 0 ? "\"" : ",\"") + std::to_string(at) + "\":1";
    const auto schema = json::parse(R"({"additionalProperties":false})").value();
    const auto given = json::parse(value + "}").value();
    CHECK(check_schema(schema.view(), given.view()).value().size() == 20);
    CHECK(check_schema(schema.view(), given.view(), {.most_faults = 3}).value().size() == 3);
    const std::string endless(1'000, 'x');
    CHECK(within(schema.text(), "{\"" + endless + "\":1}") ==
          "config." + endless.substr(0, 64) + ": unknown member");
}

TEST_CASE("a list that is long and unique takes no quadratic time to check") {
    std::string value = "[0";
    for (int at = 1; at < 200'000; ++at) value += "," + std::to_string(at);
    CHECK(check(R"({"uniqueItems":true})", value + "]") == "");
    CHECK(check(R"({"uniqueItems":true})", value + ",77]") == "[200000]: is there twice");
}
