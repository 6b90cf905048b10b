#include <tenon/config/variables.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace tenon;

namespace {

const std::map<std::string, std::string> known = {
    {"HOME", "/home/ada"}, {"EMPTY", ""}, {"QUOTES", "a\"b\\c\n${HOME}"}, {"N", "5"}};

result<expanded_config> expand(const std::string& text) {
    const auto parsed = json::parse(text);
    REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
    return expand_variables(parsed->view(), [](const std::string& name) -> std::optional<std::string> {
        const auto found = known.find(name);
        if (found == known.end()) return std::nullopt;
        return found->second;
    });
}

std::string text_of(const std::string& text) {
    const auto expanded = expand(text);
    return expanded ? expanded->value.text() : expanded.error().message;
}

} // namespace

TEST_CASE("a variable stands in a text, alone or among other characters") {
    CHECK(text_of(R"({"a":"${HOME}/x","b":["${N}${N}"]})") == R"({"a":"/home/ada/x","b":["55"]})");
    CHECK(text_of(R"("${HOME}")") == R"("/home/ada")");
    CHECK(text_of(
              R"({"a":"${NONE:-/tmp}","b":"${EMPTY:-x}","c":"${EMPTY}","d":"${HOME:-x}","e":"${NONE:-}"})") ==
          R"({"a":"/tmp","b":"x","c":"","d":"/home/ada","e":""})");
    CHECK(text_of(R"({"a":"${NONE:-a:-b c}"})") == R"({"a":"a:-b c"})");
}

TEST_CASE("two dollars stand for one where a variable would begin, and a dollar alone for itself") {
    CHECK(text_of(R"(["$${HOME}","$$${HOME}","$","$$","$HOME","a$","{HOME}","$$x"])") ==
          R"(["${HOME}","$${HOME}","$","$$","$HOME","a$","{HOME}","$$x"])");
    CHECK(text_of(R"(["$${HOME}${N}","${N}$${N}","$\u007bN}"])") == R"(["${HOME}5","5${N}","5"])");
}

TEST_CASE("what a variable holds is a text and nothing else, and is not looked at again") {
    CHECK(text_of(R"({"a":"${QUOTES}"})") == R"({"a":"a\"b\\c\n${HOME}"})");
    CHECK(text_of(R"({"n":"${N}"})") == R"({"n":"5"})");
}

TEST_CASE("keys, numbers and the rest stay as they are") {
    const std::string text =
        R"({"${HOME}":1.50,"n":-0,"t":true,"z":null,"o":{},"a":[[],[1e3]],"u":"ü\u0000"})";
    CHECK(text_of(text) == text);
    CHECK(expand(text)->from_variables.empty());
    CHECK(text_of("7") == "7");
}

TEST_CASE("what cannot be put in is refused with the path of the key, and without any value") {
    CHECK(text_of(R"({"plugins":[{},{"env":{"TOKEN":"x${NONE}"}}]})") ==
          "plugins[1].env.TOKEN: the variable NONE is not set, and there is no ${NONE:-...} in its place");
    CHECK(text_of(R"({"a":"${HOME"})") == "a: a variable has no end: expected } behind ${");
    CHECK(text_of(R"({"a":"${}"})") == "a: expected a variable's name in ${...}, got \"\"");
    CHECK(text_of(R"({"a":{"b":"${HO ME}"}})") == "a.b: expected a variable's name in ${...}, got \"HO ME\"");
    CHECK(text_of(R"({"a":"${1X}"})") == "a: expected a variable's name in ${...}, got \"1X\"");
    CHECK(text_of(R"("${NONE}")").starts_with("the variable NONE is not set"));
    const auto parsed = json::parse(R"({"a":"${HOME}"})");
    CHECK_FALSE(expand_variables(parsed->view(), {}));
}

TEST_CASE("it is known which paths hold what came from a variable, and what that was") {
    const auto expanded =
        expand(R"({"a":"${HOME}","b":[1,{"c":"x","d":"${N}-${N}"}],"e":"${NONE:-plain}","f":"$${N}"})");
    REQUIRE(expanded);
    CHECK(expanded->from_variables == std::vector<std::string>{"a", "b[1].d", "e"});
    CHECK(expanded->values == std::vector<std::string>{"/home/ada", "5", "5"});
}

TEST_CASE("a deep or a long text is no trouble") {
    const std::string deep = std::string(60, '[') + R"("${N}")" + std::string(60, ']');
    CHECK(text_of(deep) == std::string(60, '[') + "\"5\"" + std::string(60, ']'));
    std::string many = "[";
    for (int at = 0; at < 20'000; ++at) many += "\"${N}\",";
    CHECK(expand(many + "0]")->from_variables.size() == 20'000);
    const std::string dollars = "\"" + std::string(200'000, '$') + "\"";
    CHECK(text_of(dollars) == dollars);
}

TEST_CASE("a secret from a variable was written down in clear with the configuration that held it") {
    const json written =
        json::parse(R"({"key":"${HOME}","list":["${N}","plain"],"deep":{"k":"a ${N}"},"n":1})").value();
    const json expanded = expand(written.text())->value;
    const auto kept = [&](const std::string& config) {
        return keep_variables(json::parse(config)->view(), written.view(), expanded.view()).text();
    };
    CHECK(kept(expanded.text()) ==
          R"({"deep":{"k":"a ${N}"},"key":"${HOME}","list":["${N}","plain"],"n":1})");
    // What is another text now was set, and what was set stands for itself.
    CHECK(kept(R"({"key":"/home/bo","deep":{"k":"a 5","more":"${HOME}"},"list":["6","plain","5"],"n":2})") ==
          R"({"deep":{"k":"a ${N}","more":"$${HOME}"},"key":"/home/bo","list":["6","plain","5"],"n":2})");
    CHECK(kept(R"({"key":{"deeper":"/home/ada"},"list":"5","deep":["a 5"]})") ==
          R"({"deep":["a 5"],"key":{"deeper":"/home/ada"},"list":"5"})");
    for (const std::string text : {"${HOME}", "$${HOME}", "$$${N}", "$", "${", "a$${", "{HOME}"}) {
        const json set = json::of(text);
        CHECK(text_of(keep_variables(set.view(), {}, {}).text()) == set.text());
    }
}

TEST_CASE("a secret that a plugin had copied into another member was written down in clear") {
    const json written =
        json::parse(R"({"auth":"Bearer ${HOME}","url":"${HOME}","n":"${N} and more"})").value();
    const auto expanded = expand(written.text());
    REQUIRE(expanded);
    CHECK(expanded->references ==
          variable_references{{"/home/ada", "${HOME}"}, {"Bearer /home/ada", "Bearer ${HOME}"}});
    const auto kept = [&](const std::string& config) {
        return keep_variables(json::parse(config)->view(), written.view(), expanded->value.view(),
                              expanded->references)
            .text();
    };
    CHECK(kept(R"({"copy":"/home/ada","deep":[{"copy":"Bearer /home/ada"}],"url":"/home/ada"})") ==
          R"({"copy":"${HOME}","deep":[{"copy":"Bearer ${HOME}"}],"url":"${HOME}"})");
    // What is short is the same by chance, and a part of a text is not the whole.
    CHECK(kept(R"({"copy":"5","more":"5 and more","longer":"/home/ada/x"})") ==
          R"({"copy":"5","longer":"/home/ada/x","more":"5 and more"})");
    CHECK(expand(R"(["${NONE:-something long}","a ${NONE:-something long}"])")->references.empty());
}

TEST_CASE("fifty thousand members are written down in the time of fifty thousand members") {
    std::string many = "{";
    for (int at = 0; at < 50'000; ++at) many += "\"m" + std::to_string(at) + "\":\"${N}\",";
    many.back() = '}';
    const json written = json::parse(many).value();
    const json expanded = expand(many)->value;
    CHECK(keep_variables(expanded.view(), written.view(), expanded.view()).text().find("\"5\"") ==
          std::string::npos);
}
