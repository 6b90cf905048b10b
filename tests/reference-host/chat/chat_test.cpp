// The chat on a host: messages that plugins stop, change or let pass, what is published, and what plugins may ask.

#include "chat_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace reference;
using tenon::json;
using tenon::testing::scripted_plugin;

namespace {

/// A plugin that decides every message by its content, and keeps what it is told.
struct deciding {
    scripted_plugin plugin{{.name = "judge", .events = {"*"}}};
    std::vector<std::string> told;

    deciding() {
        plugin.on("plugin/onEvent", [](const json& event) {
            const std::string content = event["payload"]["content"].as<std::string>().value_or("");
            if (content == "spam") return json::parse(R"({"flow":"stop","reason":"no spam"})").value();
            if (content == "damn")
                return json::
                    parse(R"({"flow":"continue","payload":{"content":"d***","from_uid":"mallory","to_uid":"bo"}})")
                        .value();
            if (content == "lost")
                return json::
                    parse(R"({"flow":"continue","payload":{"content":"x","from_uid":"ada","to_uid":"#none"}})")
                        .value();
            return json::parse(R"({"flow":"continue"})").value();
        });
        plugin.on_told("plugin/onEvent", [this](std::string_view params) {
            const json event = json::parse(params).value();
            if (event["eventType"].text() != R"("message.incoming")")
                told.push_back(std::string(event["eventType"].text()) + std::string(event["payload"].text()));
        });
    }
};

} // namespace

TEST_CASE("a message that passes reaches whom it is for once, and its sender, who gets a receipt") {
    chat_host run;
    run.enter("ada");
    run.enter("bo");
    run.enter("cy");
    const auto slip = run.say("ada", "bo", "hi");
    REQUIRE(slip);
    CHECK(slip->delivered);
    CHECK(slip->recipients == 1);
    CHECK(tenon::to_json(*slip) ==
          R"({"id":"m1","delivered":true,"content":"hi","recipients":1,"plugins":[]})");
    const chat_host::heard expected{
        {"message", R"({"id":"m1","content":"hi","from_uid":"ada","to_uid":"bo"})"}};
    CHECK(run.all["ada"] == expected);
    CHECK(run.all["bo"] == expected);
    CHECK(run.all["cy"].empty());

    CHECK(run.say("ada", "#lobby", "all")->recipients == 2);
    for (const char* uid : {"ada", "bo", "cy"})
        CHECK(run.all[uid].back().second.find("\"m2\"") != std::string::npos);
    CHECK(run.say("ada", "ada", "me")->recipients == 1);
    CHECK(run.all["ada"].size() == 3);
    CHECK(run.say("user123", "away", "hi")->recipients == 0);
    CHECK(run.say("ada", "#none", "hi").error().code == 404);
}

TEST_CASE("plugins stop and change messages, but never who said them") {
    chat_host run;
    deciding judge;
    run.enter("ada");
    run.enter("bo");
    REQUIRE(run.add(judge.plugin, {.name = "judge"}));
    const auto stopped = run.say("ada", "bo", "spam");
    CHECK_FALSE(stopped->delivered);
    CHECK(stopped->stopped_by == "judge");
    CHECK(stopped->reason == "no spam");
    CHECK(stopped->plugins.at(0).outcome == tenon::outcome_kind::stop);
    CHECK(run.all["bo"].empty());
    CHECK(run.all["ada"].empty());

    CHECK(run.say("ada", "bo", "damn")->content == "d***");
    CHECK(run.all["bo"].at(0).second ==
          R"({"id":"m2","content":"d***","from_uid":"ada","to_uid":"bo","by":"judge"})");
    const auto lost = run.say("ada", "bo", "lost");
    CHECK_FALSE(lost->delivered);
    CHECK_FALSE(lost->stopped_by);
    CHECK(run.all["bo"].size() == 1);
}

TEST_CASE("what happens is published") {
    chat_host run;
    deciding judge;
    REQUIRE(run.add(judge.plugin, {.name = "judge"}));
    const auto ada = run.enter("ada");
    REQUIRE(run.talk.create("#garden", "ada"));
    REQUIRE(run.talk.join("#garden", "ada"));
    CHECK(run.say("ada", "#garden", "hi"));
    run.talk.disconnect(ada);
    run.talk.disconnect(ada);
    const std::vector<std::string> expected{
        R"("user.connected"{"uid":"ada"})",
        R"("room.joined"{"room":"#lobby","uid":"ada"})",
        R"("room.created"{"room":"#garden","owner":"ada"})",
        R"("room.joined"{"room":"#garden","uid":"ada"})",
        R"("message.delivered"{"id":"m1","content":"hi","from_uid":"ada","to_uid":"#garden","recipients":0})",
        R"("room.left"{"room":"#garden","uid":"ada"})",
        R"("room.disbanded"{"room":"#garden"})",
        R"("room.left"{"room":"#lobby","uid":"ada"})",
        R"("user.disconnected"{"uid":"ada"})"};
    run.wait_for([&] { return judge.told.size() >= expected.size(); });
    CHECK(judge.told == expected);
}

TEST_CASE("X5: every service does what it says for a plugin that may, and is -32013 for one that may not") {
    struct service {
        std::string method, permission, params;
        std::string answer; // "": any
    };
    const std::vector<service> all{
        {"users/get", "users:read", R"({"userId":"bo"})",
         R"({"userId":"bo","online":true,"banned":false,"rooms":["#lobby"]})"},
        {"users/online", "users:read", "{}", R"({"users":["ada","bo","cy"]})"},
        {"rooms/create", "rooms:create", R"({"room":"#new","maxUsers":1})", "null"},
        {"rooms/get", "rooms:read", R"({"room":"#new"})",
         R"({"room":"#new","owner":"plugin:may","locked":false,"members":[]})"},
        {"rooms/lock", "rooms:lock", R"({"room":"#new","locked":true})", "null"},
        {"rooms/disband", "rooms:disband", R"({"room":"#new"})", "null"},
        {"messages/send", "messages:send", R"({"userId":"bo","content":"psst"})",
         R"({"id":"m1","recipients":1})"},
        {"messages/broadcast", "messages:broadcast", R"({"content":"all"})", R"({"id":"m2","recipients":3})"},
        {"users/kick", "users:kick", R"({"userId":"bo","reason":"rude"})", "null"},
        {"users/ban", "users:ban", R"({"userId":"cy"})", "null"},
        {"time/now", "time:read", R"({"place":"UTC"})", ""},
        {"host/getConfig", "config:read", "{}", R"({"mine":1})"},
        {"host/setConfig", "config:write", R"({"key":"mine","value":2})", "null"},
        {"host/saveConfig", "config:write", "{}", "null"},
        {"host/emit", "events:emit", R"({"eventType":"some.thing","payload":{}})", R"({"delivered":0})"},
    };
    chat_host run;
    std::vector<std::string> saved;
    run.host.on_save_config([&](const std::string& plugin, const json& config) {
        saved.push_back(plugin + config.text());
        return tenon::result<void>();
    });
    for (const char* uid : {"ada", "bo", "cy"}) run.enter(uid);
    scripted_plugin may({.name = "may", .calls_host = true}),
        may_not({.name = "may-not", .calls_host = true}), silent({.name = "silent", .calls_host = true});
    tenon::plugin_options options{.name = "may", .allow_reverse_calls = true};
    options.config = json::parse(R"({"mine":1})").value();
    for (const service& one : all) options.permissions.push_back(one.permission);
    REQUIRE(run.add(may, options));
    // All the permissions in the world, and the name of the other one, and yet no leave to call at all.
    REQUIRE(run.add(silent, {.name = "silent", .permissions = {"*"}}));
    for (const service& one : all) {
        // Granted everything but what it asks for.
        options.name = "may-not";
        options.permissions = {"users:other", "rooms:other", "other:*"};
        for (const service& other : all)
            if (other.permission != one.permission) options.permissions.push_back(other.permission);
        scripted_plugin without({.name = "may-not", .calls_host = true});
        REQUIRE(run.add(without, options));
        for (scripted_plugin* const plugin : {&without, &silent}) {
            const auto refused = plugin->call_json(one.method, one.params);
            REQUIRE(run.wait_for([&] { return refused.answered(); }));
            REQUIRE_MESSAGE(!refused.outcome(), one.method);
            CHECK_MESSAGE(refused.outcome().error().code == tenon::codes::permission_denied, one.method);
        }
        REQUIRE(run.until<tenon::result<void>>([&](auto done) { run.host.remove("may-not", done); }));

        const auto granted = may.call_json(one.method, one.params);
        REQUIRE(run.wait_for([&] { return granted.answered(); }));
        REQUIRE_MESSAGE(granted.outcome(), one.method, ": ", granted.outcome().error().message);
        if (!one.answer.empty()) CHECK_MESSAGE(granted.outcome()->text() == one.answer, one.method);
    }
    CHECK(saved == std::vector<std::string>{R"(may{"mine":2})"});
    CHECK(run.closed == std::vector<std::string>{"bo", "cy"});
    CHECK(run.talk.connect("cy", {}).error().code == 403);
    CHECK(run.talk.users_json() == R"({"users":["ada"]})");
    const chat_host::heard bo{
        {"message", R"({"id":"m1","content":"psst","from_uid":"plugin:may","to_uid":"bo"})"},
        {"message", R"({"id":"m2","content":"all","from_uid":"plugin:may","to_uid":"*"})"},
        {"kicked", R"({"reason":"rude"})"}};
    CHECK(run.all["bo"] == bo);
}

TEST_CASE("what a plugin emits as message.outgoing is said in its name, whatever it says of itself") {
    chat_host run;
    run.enter("ada");
    scripted_plugin clock({.name = "clock", .calls_host = true});
    REQUIRE(run.add(clock, {.name = "clock", .allow_reverse_calls = true, .permissions = {"events:emit"}}));
    for (const char* payload : {R"({"room":"#none","content":"x"})", R"("nonsense")",
                                R"({"room":"#lobby","content":"tick","from_uid":"ada"})"})
        clock.call_json(
            "host/emit",
            std::string(R"({"eventType":"message.outgoing","metadata":{"source":"ada"},"payload":)") +
                payload + "}");
    REQUIRE(run.wait_for([&] { return !run.all["ada"].empty(); }));
    const chat_host::heard expected{
        {"message", R"({"id":"m1","content":"tick","from_uid":"plugin:clock","to_uid":"#lobby"})"}};
    CHECK(run.all["ada"] == expected);
    run.host.publish("message.outgoing", json::parse(R"({"room":"#lobby","content":"nobody's"})").value());
    run.io.restart();
    run.io.poll();
    CHECK(run.all["ada"].size() == 1);
}

TEST_CASE("everybody hears who is there, once for all that happened in a turn") {
    chat_host run;
    std::vector<std::string> lists;
    const auto entered = run.talk.connect(
        "ada",
        {.hear = [&](std::string_view event,
                     std::string_view data) { lists.push_back(std::string(event) + std::string(data)); },
         .close = [] {}});
    run.enter("bo");
    run.io.restart();
    run.io.poll();
    CHECK(lists == std::vector<std::string>{
                       R"(users{"users":["ada","bo"]})",
                       R"(rooms{"rooms":[{"room":"#lobby","locked":false,"members":["ada","bo"]}]})"});
    run.talk.disconnect(*entered);
    run.io.restart();
    run.io.poll();
    CHECK(lists.size() == 2);
}

TEST_CASE("of 700 who came at once each was told of each other one, and the host stood still for seconds") {
    const auto come = [](chat_host& run, std::vector<int>& lists, std::vector<std::string>& last) {
        lists.assign(700, 0);
        last.assign(700, "");
        for (std::size_t at = 0; at < lists.size(); ++at) {
            const auto entered = run.talk.connect(
                "user" + std::to_string(at), {.hear =
                                                  [&, at](std::string_view event, std::string_view data) {
                                                      if (event != "users") return;
                                                      ++lists[at];
                                                      last[at] = data;
                                                  },
                                              .close = [] {}});
            REQUIRE(entered);
            run.io.restart();
            run.io.poll(); // each in a turn of their own
        }
    };
    std::vector<int> lists;
    std::vector<std::string> last;
    {
        chat_host run(games::any_number, std::chrono::hours(1));
        come(run, lists, last);
        CHECK(lists == std::vector<int>(700, 1)); // at once, and not with those who came later
    }
    chat_host run(games::any_number, std::chrono::milliseconds(10));
    come(run, lists, last);
    CHECK(run.wait_for([&] {
        return std::all_of(last.begin(), last.end(),
                           [&](const std::string& one) { return one == run.talk.users_json(); });
    }));
}
