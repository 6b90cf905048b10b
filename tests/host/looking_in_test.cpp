// What a program can ask a host about one plugin: its status, its log, its configuration, and who emitted an event.

#include "run_on_host.hpp"

#include <tenon/testing/scripted_plugin.hpp>

namespace {

using namespace tenon;
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
    run.host.core()->find("one")->actor->note(log_level::warn, "first");
    run.host.core()->find("one")->actor->note(log_level::info, "second");

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
