// What somebody types for a command or an event, as JSON.

#include "../../scratch_folder.hpp"

#include <command_line/fields.hpp>

#include <tenon/json/schema.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <span>

using namespace reference;
using tenon::json;

namespace {

enum class mood { good, bad };
constexpr auto describe(tenon::type<mood>) {
    return tenon::enumerators(tenon::enumerator("good", mood::good), tenon::enumerator("bad", mood::bad));
}

struct taken {
    std::string who;
    int times;
    double share;
    bool loud;
    std::optional<mood> how;
    std::optional<int> most;
    std::vector<std::string> tags;
    std::optional<json> any;
};

const std::vector<field>& fields() {
    static const std::vector<field> all = fields_of(json::parse(tenon::json_schema<taken>()).value().view());
    return all;
}

std::string made_of(const std::vector<std::string>& words, const std::vector<field>& by = fields()) {
    const auto made = payload_of(words, by);
    return made ? made->text() : made.error().message;
}

TEST_CASE("a value becomes what the command's schema wants") {
    CHECK(made_of({"who=3", "times=3", "share=0.5", "loud=true"}) ==
          R"({"who":"3","times":3,"share":0.5,"loud":true})");
    CHECK(made_of({"who=a=b \"c\"", "how=bad", "most=null", "tags=[\"x\"]"}) ==
          R"({"who":"a=b \"c\"","how":"bad","most":null,"tags":["x"]})");
    CHECK(made_of({"who=", "who2=null"}) == R"({"who":"","who2":null})");
    CHECK(made_of({}) == "{}");
}

TEST_CASE("without a schema a value is JSON where it is that, and else a text; := is always JSON") {
    CHECK(made_of({"a=3", "b=true", "c=hello", "d={\"x\":1}", "e=", "f=1.2.3"}, {}) ==
          R"({"a":3,"b":true,"c":"hello","d":{"x":1},"e":"","f":"1.2.3"})");
    CHECK(made_of({"any=3"}) == R"({"any":3})");
    CHECK(made_of({"who:=3", "x-y.z:=\"t\""}) == R"({"who":3,"x-y.z":"t"})");
}

TEST_CASE("one word may be all of it: JSON, or the content of a file") {
    CHECK(made_of({R"({"who":"a=b"})"}) == R"({"who":"a=b"})");
    CHECK(made_of({"[1]"}) == "[1]");
    const tenon::tests::scratch_folder here;
    here.write("args.json", R"({"who":"Bo"})", 0600);
    CHECK(made_of({"@" + (here / "args.json")}) == R"({"who":"Bo"})");
    CHECK(payload_of(std::vector<std::string>{"@" + (here / "none")}, {}).error().code ==
          tenon::codes::unavailable);
}

TEST_CASE("what is wrong names the value, what was expected and what came") {
    CHECK(made_of({"times=x"}) == R"(times: expected INTEGER, got "x")");
    CHECK(made_of({"share=\"x\""}) == R"(share: expected NUMBER, got ""x"")");
    CHECK(made_of({"loud=yes"}) == R"(loud: expected true|false, got "yes")");
    CHECK(made_of({"tags=x"}) == R"(tags: expected JSON, got "x")");
    CHECK(made_of({"times=null"}) == R"(times: expected INTEGER, got "null")");
    CHECK(made_of({"who=a", "who=b"}) == "who is given twice");
    CHECK(made_of({"who=a", "Bo"}) == R"(expected NAME=VALUE, got "Bo")");
    CHECK(made_of({"Bo"}).find(R"(expected NAME=VALUE or JSON, got "Bo": )") == 0);
    CHECK(made_of({"who:={"}).find("who: ") == 0);
}

TEST_CASE("what a command takes is said as it is typed") {
    CHECK(fields_words(fields()) == "who=TEXT times=INTEGER share=NUMBER loud=true|false [how=good|bad] "
                                    "[most=INTEGER] tags=JSON [any=JSON]");
    CHECK(fields_words({}).empty());
}

TEST_CASE("a stranger's schema is read as far as it makes sense") {
    const auto words = [](const char* schema) {
        return fields_words(fields_of(json::parse(schema).value().view()));
    };
    CHECK(words("null").empty());
    CHECK(words("[]").empty());
    CHECK(words(R"({"properties":3})").empty());
    CHECK(words(R"({"properties":{"a":true,"b":{"type":7},"c":{"$ref":"#"}},"required":"a"})") ==
          "[a=JSON] [b=JSON] [c=JSON]");
    CHECK(words(R"({"properties":{"a":{"$ref":"#/$defs/x"},"b":{"$ref":"#/$defs/none"}},
                    "$defs":{"x":{"type":["integer","null"]}},"required":["a"]})") == "a=INTEGER [b=JSON]");
}

} // namespace
