// What may stand where somebody presses Tab.

#include <command_line/completion.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace reference;
using tenon::json;

namespace {

/// A host that answers these.
json host(const std::string& target) {
    const char* text = "null";
    if (target == "/api/v1/plugins")
        text = R"json({"plugins":[
            {"name":"moderator","subscriptions":[{"type":"message.incoming"},{"type":"room.*"}],
             "routes":[{"method":"GET","path":"/api/plugins/moderator/rules/{id}"},{"method":"POST","path":"/p"}]},
            {"name":"clock","subscriptions":[],"routes":[]},{"name":"$(id)"},{"name":"a b"},{"name":""}]})json";
    if (target == "/api/v1/packages")
        text = R"json({"packages":[{"id":"dev.example.moderator","name":"moderator"}]})json";
    if (target == "/api/v1/commands")
        text = R"json({"commands":[{"name":"greet","params":{"properties":{
            "who":{"type":"string"},"mood":{"enum":["good","bad","`id`"]},"loud":{"type":"boolean"}}}}]})json";
    if (target == "/api/v1/catalogue")
        text =
            R"json({"events":[{"type":"room.created","schema":{"properties":{"room":{"type":"string"}}}}]})json";
    return json::parse(text).value();
}

std::string of(const std::vector<std::string>& typed) {
    const completed found = complete(typed, host);
    std::string text = found.files ? ":files" : "";
    for (const std::string& word : found.words) text += (text.empty() ? "" : " ") + word;
    return text;
}

TEST_CASE("a command, its options and their values") {
    CHECK(of({"pl"}) == "plugins");
    CHECK(of({"e"}) == "emit events exec explain");
    CHECK(of({"--"}) == "--help --version");
    CHECK(of({"dance", ""}).empty());
    CHECK(of({"logs", "--l"}) == "--level");
    CHECK(of({"logs", "--level", ""}) == "debug error info warn");
    CHECK(of({"logs", "--level", "debug", "--level", "w"}) == "warn");
    CHECK(of({"logs", "--level", "debug", "--le"}).empty()); // once is enough
    CHECK(of({"doctor", "--env", "A=B", "--en"}) == "--env");
    CHECK(of({"run", "--config", ""}) == ":files");
    CHECK(of({"send", "--from", ""}).empty());
    CHECK(of({}).empty());
}

TEST_CASE("words are completed by what the table of commands calls them") {
    CHECK(of({"plugins", ""}) == "clock moderator");
    CHECK(of({"plugins", "--json", "m"}) == "moderator");
    CHECK(of({"plugins", "clock", "st"}) == "start stop");
    CHECK(of({"plugins", "clock", "start", ""}).empty());
    CHECK(of({"logs", "cl"}) == "clock");
    CHECK(of({"explain", ""}) == "message.incoming room.created");
    CHECK(of({"events", "mess"}) == "message.incoming");
    CHECK(of({"check", ""}) == ":files");
    CHECK(of({"doctor", "./my"}) == ":files");
    CHECK(of({"doctor", "./mine", "--js"}) == ":files"); // the plugin's own
    CHECK(of({"completion", ""}) == "bash fish zsh");
    CHECK(of({"route", ""}) == "DELETE GET PATCH POST PUT");
    CHECK(of({"route", "GET", "/api"}) == "/api/plugins/moderator/rules/");
    CHECK(of({"route", "POST", ""}) == "/p");
}

TEST_CASE("commands of two words are completed one word after the other") {
    CHECK(of({"ke"}) == "key");
    CHECK(of({"pack"}) == "package");
    CHECK(of({"key", ""}) == "forget list new revoke show trust trusted unrevoke");
    CHECK(of({"package", "s"}) == "show sign");
    CHECK(of({"package", "rollback", ""}) == "moderator");
    CHECK(of({"token", "new", "ci", "--role", "o"}) == "operator");
    CHECK(of({"package", "sign", "--k"}) == "--key");
    CHECK(of({"package", "sign", "--key", ""}) == ":files");
    CHECK(of({"package", "build", ""}) == ":files");
    CHECK(of({"package", "convert", "my"}) == ":files");
    CHECK(of({"package", "dance", ""}).empty());
    CHECK(of({"new", ""}).empty()); // a name that nothing has yet
    CHECK(of({"new", "--language", ""}) == "cpp node python rust");
}

TEST_CASE("members and values of a command or an event come from its schema") {
    CHECK(of({"exec", ""}) == "greet");
    CHECK(of({"exec", "greet", ""}) == "loud= mood= who=");
    CHECK(of({"exec", "greet", "who=Bo", ""}) == "loud= mood=");
    CHECK(of({"exec", "greet", "mood="}) == "mood=bad mood=good");
    CHECK(of({"exec", "greet", "loud=t"}) == "loud=true");
    CHECK(of({"exec", "greet", "who="}).empty());
    CHECK(of({"exec", "dance", ""}).empty());
    CHECK(of({"emit", "room.created", ""}) == "room=");
}

TEST_CASE("a name that a shell would run or take apart is not put in") {
    CHECK(of({"plugins", ""}).find('$') == std::string::npos);
    CHECK(of({"exec", "greet", "mood="}).find('`') == std::string::npos);
}

TEST_CASE("without a host there is nothing to say") {
    const auto nobody = [](const std::string&) { return json(); };
    for (const std::vector<std::string>& typed :
         {std::vector<std::string>{"plugins", ""}, {"exec", ""}, {"exec", "a", ""}, {"route", "GET", ""}})
        CHECK(complete(typed, nobody).words.empty());
    CHECK(complete(std::vector<std::string>{"plugins", "one", "st"}, nobody).words.size() == 2);
}

} // namespace
