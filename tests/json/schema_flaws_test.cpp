#include <tenon/json/schema_flaws.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

/// All that is said, one on a line; what breaks the schema begins with '!'.
std::string flaws(std::string_view schema, std::string_view root = {}) {
    std::string all;
    const tenon::json read = tenon::json::parse(schema).value();
    for (const tenon::schema_flaw& one : tenon::flaws_of_schema(read.view(), root))
        all += (one.breaks_it ? "!" : "") + one.path + ": " + one.words + "\n";
    return all;
}

} // namespace

TEST_CASE("a schema that can be one has no flaw") {
    CHECK(flaws("true") == "");
    CHECK(flaws("{}") == "");
    CHECK(flaws(R"({"$schema":"http://json-schema.org/draft-07/schema#","type":["object","null"],"title":"t",
        "properties":{"a":{"type":"integer","minimum":-1.5,"multipleOf":0.5,"default":3,"x-order":1},
                      "type":{"$ref":"#/definitions/a~1b"},"b":{"enum":[1]},"c":false},
        "required":["a"],"additionalProperties":{"type":"string","maxLength":3,"minLength":0},
        "definitions":{"a/b":{"items":[{"const":1}],"additionalItems":false,"uniqueItems":true}},
        "allOf":[{"not":{"anyOf":[true]}}],"if":{},"then":{"items":{"maxItems":1}},"else":{"$ref":"#"}})") ==
          "");
}

TEST_CASE("a broken schema counted as a good one, and what was held to it could never fit") {
    struct broken {
        std::string_view schema, said;
    };
    for (const auto& [schema, said] : {
             broken{R"({"type":"bogus"})", "!c.type: \"bogus\" is no type\n"},
             {R"({"properties":{"a":{"type":"strnig"}}})",
              "!c.properties.a.type: \"strnig\" is no type; did you mean \"string\"?\n"},
             {R"({"type":["string",1]})", "!c.type[1]: expected the name of a type, got number\n"},
             {R"({"type":[]})", "!c.type: it is empty, and nothing fits it\n"},
             {R"({"enum":"x"})", "!c.enum: expected an array of values, got string\n"},
             {R"({"enum":[]})", "!c.enum: it is empty, and nothing fits it\n"},
             {R"({"required":"a"})", "!c.required: expected an array of names, got string\n"},
             {R"({"required":[["a"]]})", "!c.required[0]: expected a name, got array\n"},
             {R"({"properties":["a"]})",
              "!c.properties: expected an object of schemas, each by its name, got array\n"},
             {R"({"properties":{"a":1}})",
              "!c.properties.a: expected a schema, which is an object or a truth value, got number\n"},
             {R"({"additionalProperties":"no"})",
              "!c.additionalProperties: expected a schema, which is an object or a truth value, got "
              "string\n"},
             {R"({"pattern":5})", "!c.pattern: expected a text, got number\n"},
             {R"({"minLength":-1})", "!c.minLength: expected a whole number from 0 on\n"},
             {R"({"maxItems":1.5})", "!c.maxItems: expected a whole number from 0 on\n"},
             {R"({"exclusiveMinimum":true})", "!c.exclusiveMinimum: expected a number, got boolean\n"},
             {R"({"multipleOf":0})", "!c.multipleOf: expected more than 0\n"},
             {R"({"uniqueItems":1})", "!c.uniqueItems: expected a truth value, got number\n"},
             {R"({"anyOf":[]})", "!c.anyOf: it is empty: expected a schema in it\n"},
             {R"({"oneOf":{}})", "!c.oneOf: expected an array of schemas, got object\n"},
             {R"({"$ref":1})", "!c.$ref: expected a text, got number\n"},
             {R"({"items":{"$ref":"#/definitions/a"}})",
              "!c.items.$ref: there is nothing at \"#/definitions/a\"\n"},
             {"[]", "!c: expected a schema, which is an object or a truth value, got array\n"},
         })
        CHECK(flaws(schema, "c") == said);
}

TEST_CASE("a keyword that is not looked at is no mistake, and its author hears of it") {
    CHECK(flaws(R"({"pattern":"("})") == "pattern: is not looked at\n");
    CHECK(flaws(R"({"items":{"format":"email"}})") == "items.format: is not looked at\n");
    CHECK(flaws(R"({"$ref":"http://elsewhere.example/x"})")
              .starts_with("$ref: is not looked at: it is no place in this schema"));
    CHECK(flaws(R"({"propertys":{}})") == "propertys: is not looked at; did you mean \"properties\"?\n");
    CHECK(flaws(R"({"contains":{"type":"bogus"}})").starts_with("contains: is not looked at"));
}

TEST_CASE(
    "the author of patternProperties was not told that additionalProperties lets everything in beside it") {
    CHECK(flaws(R"({"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false})") ==
          "patternProperties: is not looked at, nor is additionalProperties beside it\n");
    CHECK(flaws(R"({"patternProperties":["^x-"]})") ==
          "!patternProperties: expected an object of schemas, each by its pattern, got array\n");
}

TEST_CASE("what is said of a stranger's schema is bounded, and so is what it costs") {
    std::string deep = "1";
    for (int level = 0; level < 60; ++level) deep = R"({"not":)" + deep + "}";
    CHECK(flaws(deep).find("expected a schema") != std::string::npos);

    std::string unknown = "{", broken = "{\"properties\":{", refers = "{\"allOf\":[true";
    for (int at = 0; at < 8'000; ++at) {
        unknown += (at == 0 ? "\"" : ",\"") + ("k" + std::to_string(at)) + "\":1";
        broken += (at == 0 ? "\"" : ",\"") + std::to_string(at) + R"(":{"type":"x"})";
        refers += R"(,{"$ref":"#/allOf/8000"})";
    }
    const auto many = [](const std::string& schema) {
        const tenon::json read = tenon::json::parse(schema).value();
        return tenon::flaws_of_schema(read.view(), {}, 20);
    };
    CHECK(many(unknown + R"(,"type":"x"})").size() == 21); // what breaks it is said in any case
    CHECK(many(broken + "}}").size() == 20);
    CHECK(many(refers + "]}").empty()); // at the end of what it may cost nothing is claimed
}
