// JSON that may be read alone and not within a message: refused at the door, where a plugin would never have answered.

#include "running_admin.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tenon::tests;
using tenon::json;
using tenon::testing::scripted_plugin;

namespace {

/// An object of so many levels.
std::string nested(std::size_t levels) {
    std::string text;
    for (std::size_t level = 1; level < levels; ++level) text += R"({"a":)";
    return text + "{}" + std::string(levels - 1, '}');
}

scripted_plugin deep_one() {
    scripted_plugin deep(
        {.name = "deep", .events = {"message.incoming"}, .commands = {"echo"}, .features = {"configure"}});
    deep.on("plugin/onEvent", [](const json&) { return json::parse(R"({"flow":"continue"})").value(); });
    deep.on("plugin/execute", [](const json&) { return 1; });
    return deep;
}

} // namespace

TEST_CASE("an event of 63 levels waited 5 s for a plugin that could not read it") {
    running_admin run;
    scripted_plugin deep = deep_one();
    REQUIRE(run.start(deep, "deep"));
    const auto event = [&](std::size_t levels, const char* where, const char* decide) {
        return run.admin("POST", "/api/v1/events",
                         std::string(R"({"type":"message.incoming","decide":)") + decide + ",\"" + where +
                             "\":" + nested(levels) + "}");
    };
    for (const char* decide : {"true", "false"})
        for (const char* where : {"payload", "metadata"}) {
            CHECK(event(62, where, decide).status == 200);
            const answer refused = event(63, where, decide);
            CHECK(refused.status == 400);
            CHECK(has(refused.body, std::string("body.") + where +
                                        ": expected at most 62 levels of arrays and objects, got 63"));
        }
    CHECK(run.status("deep").events.failed == 0);
    CHECK(run.status("deep").generation == 1);
}

TEST_CASE("a command's arguments and a configuration of 63 levels were sent, and left the plugin failed") {
    running_admin run;
    scripted_plugin deep = deep_one();
    REQUIRE(run.start(deep, "deep"));
    CHECK(run.admin("POST", "/api/v1/commands/echo", nested(62)).status == 200);
    CHECK(run.admin("POST", "/api/v1/commands/echo", nested(63)).status == 400);
    CHECK(
        run.admin("POST", "/api/v1/plugins/deep/execute", R"({"method":"echo","payload":)" + nested(63) + "}")
            .status == 400);
    CHECK(has(run.admin("POST", "/api/plugin/execute",
                        R"({"id":"deep","method":"echo","payload":)" + nested(63) + "}")
                  .body,
              "body.payload: expected at most 62 levels"));
    CHECK(run.admin("PUT", "/api/v1/plugins/deep/config", nested(62)).status == 200);
    const answer refused = run.admin("PUT", "/api/v1/plugins/deep/config", nested(63));
    CHECK(refused.status == 400);
    CHECK(has(refused.body, "config: expected at most 62 levels of arrays and objects, got 63"));
    // And the handshake carries it.
    CHECK(run.admin("POST", "/api/v1/plugins/deep/restart").status == 200);
    CHECK(run.status("deep").state == tenon::plugin_state::ready);
}

TEST_CASE("a schema of 60 levels made the list of all plugins too deep for its readers") {
    running_admin run;
    scripted_plugin deep({.name = "deep",
                          .json = R"({"name":"deep","version":"1","commands":[{"name":"a","params":)" +
                                  nested(33) + R"(},{"name":"b","params":)" + nested(32) +
                                  R"(}],"routes":[{"method":"GET",
                                  "path":"/x","schema":)" +
                                  nested(33) + "}]}"});
    REQUIRE(run.start(deep, "deep"));
    CHECK(json::parse(run.admin("GET", "/api/v1/plugins").body));
    CHECK(run.status("deep").commands.size() == 1);
    CHECK(run.status("deep").refused ==
          std::vector<std::string>{"command 'a': a schema has more than 32 levels",
                                   "route 'GET /x': its schema has more than 32 levels"});
}
