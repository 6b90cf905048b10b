// Logs and events as streams, the chat over HTTP, and what real processes write: programs in one line of shell.

#include "running_api.hpp"

#include "../../host/belongings.hpp"

#include <doctest/doctest.h>

using namespace reference;
using tenon::json;
using tenon::testing::scripted_plugin;

namespace {

/// A stream that is open, and its events one by one.
class listener {
public:
    listener(running_api& run, std::string_view target) : client_(run.client()) {
        client_.say(run.head("GET", target, "", "Authorization: Bearer " + token + "\r\n"));
        head = client_.hear(false).head;
    }
    /// The name and the data of the next one; comments are no events.
    std::pair<std::string, std::string> next() {
        for (;;) {
            if (!client_.hear_until("\n\n")) return {};
            std::string block;
            while (!block.ends_with("\n\n")) block += client_.take(1);
            if (block.starts_with("event: "))
                return {block.substr(7, block.find('\n') - 7),
                        block.substr(block.find("data: ") + 6, block.size() - block.find("data: ") - 8)};
        }
    }
    /// The next one of this name.
    std::string next(std::string_view name) {
        for (;;) {
            auto [event, data] = next();
            if (event == name || event.empty()) return data;
        }
    }
    bool ends() { return client_.ends(); }

    std::string head;

private:
    raw_client client_;
};

std::string member(const std::string& data, std::string_view name) {
    return json::parse(data).value_or(json())[name].as<std::string>().value_or("");
}

} // namespace

TEST_CASE("X7: what a process writes to its log stays one line of data, and says nothing about who it is") {
    running_api run;
    tenon::plugin_options rude{.name = "rude"};
    rude.command = {
        "/bin/sh", "-c",
        R"(printf '\033[2Jcleared\nover\rwritten\nnul\000byte\nc1\302\233byte\nturned\342\200\256round\n' >&2;
                       printf '[ERROR] host: forged\n' >&2;
                       printf '{"level":"error","plugin":"host","source":"host","pid":1,"message":"as json\\ndata: x"}\n' >&2;
                       printf 'the password is hunter2\nevent: evil\ndata: x\n\n' >&2; exec sleep 60)"};
    rude.logs.secrets = {"hunter2"};
    rude.handshake_timeout = tenon::milliseconds(60'000);
    rude.stop = {{tenon::stop_action::kill, tenon::milliseconds(0)}};
    run.there([&] { run.host().start(rude, [](const tenon::result<void>&) {}); });
    REQUIRE(run.soon([&] { return run.host().logs("rude").size() >= 10; }));

    listener kept(run, "/api/v1/plugins/rude/logs");
    CHECK(has(kept.head, "text/event-stream"));
    std::vector<std::string> messages;
    for (int count = 0; count != 10; ++count) {
        const auto [event, data] = kept.next();
        CHECK(event == "log");
        for (const char byte : data) CHECK((static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F));
        for (const char* raw : {"\xC2\x9B", "\xE2\x80\xAE", "hunter2"}) CHECK_FALSE(has(data, raw));
        CHECK(member(data, "plugin") == "rude");
        CHECK(member(data, "source") == "stderr");
        messages.push_back(member(data, "message"));
    }
    CHECK(has(messages[0], "cleared"));
    CHECK(has(messages[5], "forged"));
    CHECK(has(messages[6], "as json"));
    CHECK(messages[7] == "the password is ***");
    CHECK(messages[8] == "event: evil");
    CHECK(messages[9] == "data: x");

    // The same for whoever asks for all logs, and only what is bad enough.
    listener bad(run, "/api/v1/logs?level=error");
    CHECK(has(member(bad.next("log"), "message"), "forged"));
    CHECK(has(member(bad.next("log"), "message"), "as json"));

    // H1, X2: the token is in nobody's environment or arguments.
    const int pid = run.status("rude").pid.value();
    const auto has_it = tenon::tests::belongings_of(pid);
    CHECK(has(has_it.environment, "TENON_PROTOCOL=1"));
    CHECK_FALSE(has(has_it.environment, token));
    CHECK_FALSE(has(tenon::tests::read_file("/proc/" + std::to_string(pid) + "/cmdline"), token));
    CHECK_FALSE(has(tenon::tests::read_file("/proc/self/cmdline"), token));
}

TEST_CASE("a stream of logs begins with what was kept and goes on with what comes") {
    running_api run;
    const auto note = [&](const std::string& plugin, tenon::log_level level, const std::string& words) {
        run.there([&] { run.host().core()->find(plugin)->actor->note(level, words); });
    };
    for (const char* name : {"one", "two"})
        run.there([&] { return run.host().add({.name = name, .attach = true}).has_value(); });
    for (int count = 0; count != 60; ++count)
        note("one", tenon::log_level::info, "old " + std::to_string(count));
    note("two", tenon::log_level::warn, "other");
    listener one(run, "/api/v1/plugins/one/logs"), all(run, "/api/v1/logs"),
        warnings(run, "/api/v1/logs?level=warn");
    for (int count = 10; count != 60; ++count)
        CHECK(member(one.next("log"), "message") == "old " + std::to_string(count));
    CHECK(member(all.next("log"), "message") == "old 11"); // 50 in all
    CHECK(member(warnings.next("log"), "message") == "other");
    note("two", tenon::log_level::error, "new from two");
    note("one", tenon::log_level::error, "new from one");
    CHECK(member(one.next("log"), "message") == "new from one");
    CHECK(member(warnings.next("log"), "message") == "new from two");
    CHECK(run.admin("GET", "/api/v1/logs?level=loud").status == 400);
    CHECK(run.admin("GET", "/api/v1/plugins/none/logs").status == 404);
}

TEST_CASE("events and changes of state are streamed, put in, decided and explained") {
    running_api run;
    scripted_plugin one({.name = "one", .events = {"message.*"}});
    one.on("plugin/onEvent",
           [](const json&) { return json::parse(R"({"flow":"stop","reason":"no"})").value(); });
    listener all(run, "/api/v1/events"), messages(run, "/api/v1/events?type=message.*");
    REQUIRE(run.start(one, "one"));
    const std::string first = all.next("change");
    CHECK(member(first, "plugin") == "one");
    CHECK(member(first, "from") == "stopped");
    CHECK(member(first, "to") == "starting");
    CHECK(member(first, "cause") == "requested");
    CHECK(member(all.next("change"), "to") == "handshaking");
    CHECK(member(all.next("change"), "to") == "ready");

    CHECK(run.admin("POST", "/api/v1/events", R"({"type":"room.opened","payload":{"a":1}})").body ==
          R"({"told":0})");
    CHECK(run.admin("POST", "/api/v1/events", R"({"type":"message.seen","metadata":{"b":2}})").body ==
          R"({"told":1})");
    const answer decided = run.admin(
        "POST", "/api/v1/events", R"({"type":"message.incoming","payload":{"content":"hi"},"decide":true})");
    CHECK(has(decided.body, R"("flow":"stop")"));
    CHECK(has(decided.body, R"("stoppedBy":"one")"));
    for (const char* bad : {R"({"type":"*"})", R"({"type":""})", R"({"type":"a","metadata":[]})", "{}", "x"})
        CHECK_MESSAGE(run.admin("POST", "/api/v1/events", bad).status == 400, bad);
    CHECK(member(all.next("event"), "type") == "room.opened");
    CHECK(member(messages.next("event"), "type") == "message.seen");
    const std::string stopped = messages.next("event");
    CHECK(member(stopped, "type") == "message.incoming");
    CHECK(member(stopped, "stoppedBy") == "one");
    CHECK(run.admin("GET", "/api/v1/events?type=a*").status == 400);

    const answer why = run.admin("GET", "/api/v1/events/explain?type=user.renamed");
    CHECK(has(why.body,
              R"({"type":"user.renamed","plugins":[{"plugin":"one","receives":false,"whyNot":"capability")"));
    CHECK(run.admin("GET", "/api/v1/events/explain").status == 400);

    const answer test = run.ask("POST", "/api/v1/plugin/test", R"({"content":"hello","from_uid":"user123"})");
    CHECK(has(test.body, R"({"status":"ok","flow":"stop",)"));
    CHECK(has(
        test.body,
        R"("plugin_responses":[{"plugin_name":"one","response":{"flow":"stop","outcome":"stop","reason":"no"}}])"));
}

TEST_CASE("the chat over HTTP: who listens is there, hears messages, and is gone when the connection is") {
    running_api run;
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
    CHECK(run.soon([&] { return run.chat().users_json() == R"({"users":[]})"; }));
}
