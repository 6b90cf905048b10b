// What a host says of its events and services, to its program, to plugins, and as a page.

#include "counting_plugin.hpp"

#include <tenon/host/catalogue_text.hpp>

#include <set>
#include <string>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::quick;
using tests::running_host;
using tests::start;

struct said {
    static constexpr auto event = "chat.said", description = "somebody wants to say something.";
    std::string content;
    std::optional<int> tone;
};
struct opened {
    static constexpr auto event = "room.opened";
    std::string description; // a member, and no description of the event
};
struct look_up {
    static constexpr auto description = "who somebody is.";
    std::string userId;
};
struct person {
    std::string name;
    std::vector<std::string> rooms;
};

struct offering_host : running_host {
    offering_host() {
        host.publishes<opened>();
        host.decides<said>();
        REQUIRE(host.provide("users/get", "users:read", [](const look_up& asked) -> result<person> {
            return person{asked.userId, {}};
        }));
        REQUIRE(
            host.provide("users/wait", "", [](const json_view&, const caller&, service_reply<void> answer) {
                answer.reply();
            }));
    }
};

TEST_CASE(
    "a host offers the events that it was told of and the services that were provided, with their types") {
    offering_host run;
    const host_catalogue all = run.host.catalogue();
    REQUIRE(all.events.size() == 2);
    CHECK(
        to_json(all.events[0]) ==
        R"({"type":"chat.said","description":"somebody wants to say something.","schema":{"type":"object",)"
        R"("properties":{"content":{"type":"string"},"tone":{"anyOf":[{"type":"integer","minimum":-2147483648,)"
        R"("maximum":2147483647},{"type":"null"}]}},"required":["content"]},"decide":true})");
    CHECK(to_json(all.events[1]) ==
          R"({"type":"room.opened","schema":{"type":"object","properties":{)"
          R"("description":{"type":"string"}},"required":["description"]},"decide":false})");

    std::vector<std::string> methods;
    for (const offered_service& one : all.services) methods.push_back(one.method);
    CHECK(std::is_sorted(methods.begin(), methods.end()));
    CHECK(std::count(methods.begin(), methods.end(), "host/describe") == 1);
    REQUIRE(methods.size() > 2);
    CHECK(to_json(all.services[all.services.size() - 2]) ==
          R"({"method":"users/get","description":"who somebody is.","params":{"type":"object","properties":{)"
          R"("userId":{"type":"string"}},"required":["userId"]},"result":{"type":"object","properties":{)"
          R"("name":{"type":"string"},"rooms":{"type":"array","items":{"type":"string"}}},)"
          R"("required":["name","rooms"]},"permission":"users:read"})");
    CHECK(to_json(all.services.back()) ==
          R"({"method":"users/wait","params":{},"result":{"type":"null"},"permission":""})");

    run.host.publishes<said>(); // the last word counts
    CHECK(!run.host.catalogue().events[0].decide);
}

TEST_CASE("a plugin without any permission is told what the host offers, one that may not call is not") {
    offering_host run;
    scripted_plugin curious({.name = "curious", .calls_host = true}), silent({.name = "silent"}),
        forbidden({.name = "forbidden", .calls_host = true});
    auto options = quick("curious");
    options.allow_reverse_calls = true;
    REQUIRE(start(run, curious, options));
    options.name = "silent";
    REQUIRE(start(run, silent, options));
    REQUIRE(start(run, forbidden, quick("forbidden")));
    const auto told = curious.call_json("host/describe", "{}"), also = curious.call_json("host/describe", ""),
               not_told = silent.call_json("host/describe", "{}"),
               refused = forbidden.call_json("host/describe", "{}");
    REQUIRE(run.wait_for(
        [&] { return told.answered() && also.answered() && not_told.answered() && refused.answered(); }));
    REQUIRE(told.outcome());
    CHECK(told.outcome()->text() == to_json(run.host.catalogue()));
    CHECK(also.outcome());
    REQUIRE(!not_told.outcome());
    CHECK(not_told.outcome().error().code == codes::permission_denied);
    REQUIRE(!refused.outcome());
    CHECK(refused.outcome().error().code == codes::permission_denied);
}

TEST_CASE("the catalogue reads as a list, without what every host has") {
    offering_host run;
    CHECK(catalogue_text(run.host.catalogue()) == R"(## Events

`chat.said` (plugins decide): somebody wants to say something.

- `content`: string
- `tone`: integer, optional

`room.opened` (plugins are told)

- `description`: string

## Services

`users/get` (permission `users:read`): who somebody is.

- `userId`: string
- result: {name: string, rooms: list of string}

`users/wait` (no permission)

- any JSON
- result: nothing
)");
}

TEST_CASE("schemas of every kind have words") {
    const auto words = [](std::string_view schema) {
        return detail::schema_words(json::parse(schema).value().view());
    };
    struct tree {
        std::vector<tree> children;
    };
    enum class colour { red, green };
    CHECK(words(json_schema<tree>()) == "{children: list of the same again}");
    CHECK(words(json_schema<std::optional<colour>>()) == R"("red" or "green" or null)");
    CHECK(words(json_schema<std::map<std::string, std::set<std::string>>>()) == "object of set of string");
    CHECK(words(json_schema<std::tuple<int, bool>>()) == "list of integer, boolean");
    CHECK(words(json_schema<std::uint16_t>()) == "integer from 0");
    CHECK(words(json_schema<json>()) == "any JSON");
    for (const char* odd : {"true", "null", "7", "[]", R"({"type":["string","null"]})", R"({"anyOf":[]})"})
        static_cast<void>(words(odd)); // whatever a codec of somebody's says
}

} // namespace
