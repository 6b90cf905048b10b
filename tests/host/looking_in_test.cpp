// What a program can ask a host about one plugin: its status, its log, its configuration, and who emitted an event.

#include "inside.hpp"
#include "run_on_host.hpp"

#include <tenon/testing/scripted_plugin.hpp>

namespace {

using namespace tenon;
using detail::event_mode;
using tests::running_host;

struct opened {
    static constexpr auto event = "room.opened";
    std::string room;
};

TEST_CASE("one plugin's status, log and configuration can be asked for by its name") {
    running_host run;
    plugin_options options{.name = "one", .attach = true};
    options.config = json::parse(R"({"mood":"good"})").value();
    REQUIRE(run.host.add(std::move(options)));
    inside(run.host).find("one")->actor->note(log_level::warn, "first");
    inside(run.host).find("one")->actor->note(log_level::info, "second");

    REQUIRE(run.host.status("one"));
    CHECK(run.host.status("one")->name == "one");
    const auto logs = run.host.logs("one");
    REQUIRE(logs.size() == 2);
    CHECK(logs[0].message == "first");
    CHECK(logs[1].message == "second");
    CHECK(run.host.config("one").text() == R"({"mood":"good"})");

    CHECK_FALSE(run.host.status("two"));
    CHECK(run.host.logs("two").empty());
    CHECK(run.host.config("two").is_null());
}

TEST_CASE("events that were refused, or given up again, were shown as what the plugin gets") {
    running_host run;
    testing::scripted_plugin picky(
        {.name = "picky",
         .json =
             R"({"name":"picky","version":"1","capabilities":["room"],"reverseRpc":true,)"
             R"("events":[{"type":"room.*","mode":"observe","priority":3},{"type":"no pattern"},{"type":"room.x"}]})"});
    plugin_options options{.name = "picky", .allow_reverse_calls = true, .permissions = {"events:subscribe"}};
    REQUIRE(picky.add_to(run.host, options));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("picky", done); }));
    const auto shown = [&] {
        std::string all;
        for (const subscription_status& one : run.status("picky").subscriptions)
            all += one.type + " " + one.source + " " + std::to_string(one.priority) + "\n";
        return all;
    };
    CHECK(shown() == "room.* handshake 3\nroom.x handshake 0\n");
    CHECK(run.status("picky").refused.size() == 1);
    const auto ask = [&](std::string_view method, std::string_view params) {
        const testing::scripted_call call = picky.call_json(method, params);
        REQUIRE(run.wait_for([&] { return call.answered(); }));
        return call.outcome().has_value();
    };
    CHECK_FALSE(ask("host/subscribe", R"({"type":"message.*"})"));
    CHECK(ask("host/subscribe", R"({"type":"room.y","mode":"validate","priority":7})"));
    CHECK(ask("host/unsubscribe", R"({"type":"room.x"})"));
    CHECK(shown() == "room.* handshake 3\nroom.y subscribed 7\n");
    CHECK(run.status("picky").subscriptions.back().mode == event_mode::validate);
}

TEST_CASE("who watches events learns which plugin emitted one, whatever the plugin says of itself") {
    running_host run;
    testing::scripted_plugin clock({.name = "clock", .calls_host = true});
    plugin_options options;
    options.allow_reverse_calls = true;
    options.permissions = {"events:emit"};
    REQUIRE(clock.add_to(run.host, options));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("clock", done); }));

    auto events = run.host.watch_events();
    clock.call_json("host/emit",
                    R"({"eventType":"room.opened","payload":{"room":"a"},"metadata":{"source":"another"}})");
    const auto next = [&] {
        return run.until<result<watched<event_record>>>([&](auto done) { events.next(done); });
    };
    const auto first = next();
    REQUIRE(first);
    CHECK(first->item->source == "clock");
    run.host.publish(opened{"b"});
    const auto second = next();
    REQUIRE(second);
    CHECK(second->item->source.empty());
}

} // namespace
