// The chat over HTTP.

#include "../../admin/listener.hpp"

#include <chat/paths.hpp>

#include <doctest/doctest.h>

using namespace tenon::tests;
using reference::chat;
using tenon::json;
using tenon::testing::scripted_plugin;

namespace {

/// `made`, within there() alone.
running_admin::more_paths with_chat(chat*& made) {
    return [&made](tenon::http::router& to, tenon::host& host) {
        const auto talk = std::make_shared<chat>(host);
        reference::add_chat_paths(to, *talk, host);
        made = talk.get();
        return talk;
    };
}

} // namespace

TEST_CASE("what plugins would make of a message can be asked without saying it") {
    chat* talk = nullptr;
    running_admin run({}, {}, with_chat(talk));
    scripted_plugin one({.name = "one", .events = {"message.*"}});
    one.on("plugin/onEvent",
           [](const json&) { return json::parse(R"({"flow":"stop","reason":"no"})").value(); });
    REQUIRE(run.start(one, "one"));
    const answer test = run.ask("POST", "/api/v1/plugin/test", R"({"content":"hello","from_uid":"user123"})");
    CHECK(has(test.body, R"({"status":"ok","flow":"stop",)"));
    CHECK(has(
        test.body,
        R"("plugin_responses":[{"plugin_name":"one","response":{"flow":"stop","outcome":"stop","reason":"no"}}])"));
}

TEST_CASE("the chat over HTTP: who listens is there, hears messages, and is gone when the connection is") {
    chat* talk = nullptr;
    running_admin run({}, {}, with_chat(talk));
    {
        listener ada(run, "/api/v1/chat/stream?uid=ada"), bo(run, "/api/v1/chat/stream?uid=bo");
        CHECK(run.ask("GET", "/api/v1/chat/users").body == R"({"users":["ada","bo"]})");
        const answer slip =
            run.ask("POST", "/api/v1/messages", R"({"content":"hi","from_uid":"ada","to_uid":"bo"})");
        CHECK(slip.body == R"({"id":"m1","delivered":true,"content":"hi","recipients":1,"plugins":[]})");
        for (listener* one : {&ada, &bo})
            CHECK(one->next("message") == R"({"id":"m1","content":"hi","from_uid":"ada","to_uid":"bo"})");
        CHECK(run.ask("POST", "/api/v1/messages", R"({"content":"hi","from_uid":"ada"})").status == 400);
        CHECK(run.ask("POST", "/api/v1/messages", R"({"content":"hi","from_uid":"a b","to_uid":"bo"})")
                  .status == 400);
        CHECK(run.ask("POST", "/api/v1/messages", R"({"content":"hi","from_uid":"ada","to_uid":"#none"})")
                  .status == 404);

        CHECK(run.ask("POST", "/api/v1/chat/rooms", R"({"room":"garden","uid":"ada","maxUsers":2})").status ==
              201);
        CHECK(run.ask("POST", "/api/v1/chat/rooms", R"({"room":"#garden"})").status == 409);
        CHECK(run.ask("POST", "/api/v1/chat/rooms/%23garden/members", R"({"uid":"bo"})").status == 200);
        CHECK(run.ask("GET", "/api/v1/chat/rooms").body ==
              R"({"rooms":[{"room":"#garden","owner":"ada","locked":false,"members":["ada","bo"]},)"
              R"({"room":"#lobby","locked":false,"members":["ada","bo"]}]})");
        CHECK(run.ask("DELETE", "/api/v1/chat/rooms/garden/members", R"({"uid":"bo"})").status == 200);
        CHECK(run.ask("DELETE", "/api/v1/chat/rooms/garden/members", R"({"uid":"bo"})").status == 404);

        scripted_plugin police({.name = "police", .calls_host = true});
        REQUIRE(run.start(police, "police", {.allow_reverse_calls = true, .permissions = {"users:*"}}));
        run.there([&] { police.call_json("users/ban", R"({"userId":"bo","reason":"rude"})"); });
        CHECK(bo.next("kicked") == R"({"reason":"rude"})");
        CHECK(bo.ends());
        CHECK(run.ask("GET", "/api/v1/chat/stream?uid=bo").status == 403);
        CHECK(run.ask("GET", "/api/v1/chat/stream?uid=plugin:x").status == 400);
        CHECK(run.ask("GET", "/api/v1/chat/stream").status == 400);
    }
    CHECK(run.soon([&] { return talk->users_json() == R"({"users":[]})"; }));
}
