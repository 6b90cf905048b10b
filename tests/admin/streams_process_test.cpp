// Logs and events as streams, and what real processes write: programs in one line of shell.

#include "../host/inside.hpp"
#include "listener.hpp"

#include "../process/belongings.hpp"

#include <doctest/doctest.h>

using namespace tenon::tests;
using tenon::json;
using tenon::testing::scripted_plugin;

TEST_CASE("X7: what a process writes to its log stays one line of data, and says nothing about who it is") {
    running_admin run;
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
    running_admin run;
    const auto note = [&](const std::string& plugin, tenon::log_level level, const std::string& words) {
        run.there([&] { inside(run.host()).find(plugin)->actor->note(level, words); });
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
    running_admin run;
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
}
