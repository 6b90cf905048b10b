// Rows of the fault catalogue about events, through a whole host: the plugins are scripted, the wire is real.

#include "inside.hpp"
#include "counting_plugin.hpp"

#include <malloc.h>

#include <algorithm>
#include <map>
#include <random>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using testing::scripted_reply;
using tests::counted;
using tests::counting;
using tests::message;
using tests::quick;
using tests::running_host;
using tests::start;

TEST_CASE("E1: of five plugins those behind the one that stops get nothing, those before it one copy") {
    for (int stopper = 0; stopper < 5; ++stopper) {
        running_host run;
        std::vector<std::unique_ptr<scripted_plugin>> plugins;
        std::string order;
        for (int at = 0; at < 5; ++at) {
            const std::string name = "p" + std::to_string(at);
            plugins.push_back(std::make_unique<scripted_plugin>(
                testing::scripted_declaration{.name = name, .events = {"message.*"}}));
            plugins.back()->on("plugin/onEvent", [&order, name, stops = at == stopper] {
                order += name;
                return json::parse(stops ? R"({"flow":"stop","reason":"no"})" : "{}").value();
            });
            // Started in any order, asked by priority.
            REQUIRE(start(run, *plugins.back(), quick(name, -at)));
        }
        const auto made = run.decide(message{"x"});
        CHECK(made.stopped_by() == "p" + std::to_string(stopper));
        CHECK(order == std::string("p0p1p2p3p4").substr(0, static_cast<std::size_t>(2 * stopper + 2)));
        for (int at = 0; at < 5; ++at)
            CHECK(run.status("p" + std::to_string(at)).events.delivered == (at <= stopper ? 1 : 0));
    }
}

TEST_CASE("E2: whatever nonsense a plugin answers, the event goes on as it was, and that plugin is counted") {
    running_host run;
    scripted_plugin odd({.name = "odd", .events = {"message.*"}}),
        good({.name = "good", .events = {"message.*"}});
    std::string answer;
    odd.on("plugin/onEvent", [&](const json&, scripted_reply reply) {
        if (answer == "hang up") odd.hang_up();
        else if (answer == "fail") reply.fail({-32603, "oops"});
        else reply.reply_json(answer);
    });
    good.on("plugin/onEvent", [](const json& event) {
        return json::parse(event["payload"]["content"].text() == R"("x")" ? "null" : R"({"flow":"stop"})")
            .value();
    });
    auto options = quick("odd", 1);
    options.breaker.failures = 0;
    REQUIRE(start(run, odd, options));
    REQUIRE(start(run, good, quick("good")));
    std::uint64_t failures = 0;
    for (const char* nonsense :
         {R"({"flow":"stop "})", R"({"flow":"STOP"})", R"({"flow":1})", R"({"flow":["stop"]})", "1", "true",
          R"("stop")", "[]", R"({"result":"stop"})", R"({"payload":7})", R"({"payload":{"content":7}})",
          R"({"reason":{}})", "fail", "hang up"}) {
        CAPTURE(nonsense);
        answer = nonsense;
        REQUIRE(run.wait_for([&] { return run.status("odd").state == plugin_state::ready; }));
        const auto made = run.decide(message{"x"});
        CHECK(!made.stopped());
        CHECK(made.payload().content == "x");
        CHECK(made.plugins().at(0).outcome == outcome_kind::failed);
        CHECK(made.plugins().at(1).outcome == outcome_kind::proceed);
        CHECK(run.status("odd").events.failed == ++failures);
    }
    for (const char* fine :
         {"null", "{}", R"({"flow":"continue","more":[1,2]})", R"({"result":"continue"})"}) {
        CAPTURE(fine);
        answer = fine;
        REQUIRE(run.wait_for([&] { return run.status("odd").state == plugin_state::ready; }));
        CHECK(run.decide(message{"x"}).plugins().at(0).outcome == outcome_kind::proceed);
    }
    CHECK(run.status("odd").events.failed == failures);
}

TEST_CASE("E3: a hung plugin costs a chain its deadline at most, then it is skipped; who is only told loses "
          "nothing") {
    constexpr milliseconds deadline(40);
    running_host run;
    scripted_plugin hung({.name = "hung", .events = {"message.*"}}),
        last({.name = "last", .events = {"message.*"}});
    counting told("told");
    hung.on("plugin/onEvent", [](const json&, const scripted_reply&) {});
    last.on("plugin/onEvent", [] { return json(); });
    auto options = quick("hung", 1);
    options.breaker = {.failures = 5, .open_for = milliseconds(60'000)};
    REQUIRE(start(run, hung, options));
    REQUIRE(start(run, last, quick("last")));
    REQUIRE(start(run, told.plugin, quick("told")));

    constexpr int count = 1'000;
    int begun = 0, over = 0, timed_out = 0, skipped = 0, passed = 0, stopped = 0;
    asio::steady_timer pace(run.io);
    std::function<void()> next = [&] {
        run.host.decide(message{"x"}, {.timeout = deadline}, [&](const decision<message>& made) {
            ++over;
            stopped += made.stopped();
            timed_out += made.plugins().at(0).outcome == outcome_kind::timed_out;
            skipped += made.plugins().at(0).outcome == outcome_kind::skipped;
            passed += made.plugins().at(1).outcome == outcome_kind::proceed;
        });
        CHECK(run.host.publish(counted{begun}) == 1);
        if (++begun == count) return;
        pace.expires_after(std::chrono::milliseconds(1)); // 1,000 events/s
        pace.async_wait([&](const asio::error_code&) { next(); });
    };
    next();
    REQUIRE(run.wait_for([&] { return over == count; }, std::chrono::seconds(60)));
    CHECK(stopped == 0);
    CHECK(timed_out + skipped == count);
    CHECK(run.status("hung").breakers.at(1).state == breaker_status::condition::open);
    // Five timeouts, one after another, at one place: what was begun meanwhile could not be asked in time.
    CHECK(timed_out < count / 2);
    CHECK(passed >
          0); // how many, the machine decides: who is behind a hung one has what is left of the deadline
    const auto begin = std::chrono::steady_clock::now();
    const auto made = run.decide(message{"x"}, {.timeout = milliseconds(10'000)});
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(5'000));
    CHECK(made.plugins().at(0).outcome == outcome_kind::skipped);
    CHECK(made.plugins().at(1).outcome == outcome_kind::proceed);
    REQUIRE(run.wait_for([&] { return told.received == count; }));
    CHECK(told.gaps == 0);
}

TEST_CASE("E4: while plugins join, leave, crash and are restarted, nobody gets an event twice, and who stays "
          "gets each") {
    constexpr std::int64_t count = 100'000;
    running_host run;
    counting first("first"), second("second");
    REQUIRE(start(run, first.plugin, quick("first")));
    REQUIRE(start(run, second.plugin, quick("second")));
    std::vector<std::unique_ptr<counting>> restless;
    for (int at = 0; at < 4; ++at) {
        restless.push_back(std::make_unique<counting>("restless-" + std::to_string(at)));
        REQUIRE(restless.back()->plugin.add_to(run.host, quick("restless-" + std::to_string(at))));
    }
    std::mt19937 random(4);
    const auto ignored = [](const result<void>&) {};
    for (std::int64_t value = 0; value < count; ++value) {
        run.host.publish(counted{value});
        if (value % 64 == 0) run.io.restart(), run.io.poll();
        if (value % 200 != 0) continue;
        const std::size_t at = random() % restless.size();
        const std::string name = "restless-" + std::to_string(at);
        switch (random() % 6) {
        case 0: restless[at]->plugin.hang_up(); break;
        case 1: run.host.stop(name, ignored); break;
        case 2: run.host.restart(name, ignored); break;
        case 3: run.host.remove(name, ignored); break;
        default:
            if (inside(run.host).find(name) == nullptr)
                REQUIRE(restless[at]->plugin.add_to(run.host, quick(name)));
            run.host.start(name, ignored);
        }
    }
    REQUIRE(run.wait_for([&] { return first.last == count - 1 && second.last == count - 1; }));
    for (const counting* steady : {&first, &second}) {
        CHECK(steady->received == count);
        CHECK(steady->gaps == 0);
        CHECK(steady->disordered == 0);
    }
    CHECK(run.status("first").events.delivered == count);
    CHECK(run.status("first").events.dropped == 0);
    for (const auto& one : restless) {
        CHECK(one->disordered == 0); // so none came twice
        CHECK(one->received > 0);
        CHECK(one->received < count);
        CHECK(one->plugin.instances() > 5);
    }
}

TEST_CASE("E5: numbers only ever grow, and every one that is missing was dropped and counted, or fell to a "
          "restart") {
    tests::hold_sequence(100'000, 20);
}

TEST_CASE("E6: a slow reader loses its own oldest events, counted exactly and said once for a burst; others "
          "lose none") {
    constexpr std::int64_t count = 20'000;
    running_host run;
    counting slow("slow"), quick_one("quick");
    auto options = quick("slow");
    options.write_timeout = milliseconds(60'000);
    REQUIRE(start(run, slow.plugin, options));
    REQUIRE(start(run, quick_one.plugin, quick("quick")));
    std::uint64_t most_queued = 0, most_bytes = 0;
    for (std::int64_t value = 0; value < count; ++value) {
        if (value % 2'500 == 0) slow.plugin.stop_reading();
        run.host.publish(counted{value});
        if (value % 64 == 0) run.io.restart(), run.io.poll();
        if (value % 2'500 == 2'499) { // it reads for a moment in each of eight bursts
            const auto queues = run.status("slow").queues;
            most_queued = std::max(most_queued, queues.queued_events);
            most_bytes = std::max(most_bytes, queues.output_bytes);
            slow.plugin.read_again();
            REQUIRE(run.wait_for([&] { return slow.last == value; }));
        }
    }
    CHECK(quick_one.received == count);
    CHECK(quick_one.gaps == 0);
    CHECK(slow.disordered == 0);
    const event_counts events = run.status("slow").events;
    CHECK(events.dropped > 0);
    CHECK(slow.received + events.dropped == count);
    CHECK(events.delivered == slow.received);
    CHECK(most_queued <= detail::max_backlog_events);
    CHECK(most_bytes <= detail::max_told_ahead + 4'096);
    CHECK(run.status("quick").events.dropped == 0);
    const auto said = std::count_if(run.logs.begin(), run.logs.end(), [](const log_record& record) {
        return record.plugin == "slow" && record.message.find("too slowly") != std::string::npos;
    });
    CHECK(said == 8);
}

TEST_CASE("E7: what a plugin wants at run time, and no longer wants after a restart, holds at once") {
    running_host run;
    scripted_plugin plugin({.name = "p", .events = {"message.incoming"}, .calls_host = true});
    std::vector<std::string> heard;
    plugin.on_told("plugin/onEvent",
                   [&](const json& event) { heard.emplace_back(event["eventType"].text()); });
    auto options = quick("p");
    options.allow_reverse_calls = true;
    options.permissions = {"events:*"};
    options.events = {.include = {"message.*", "room.*"}, .exclude = {"room.secret"}};
    REQUIRE(start(run, plugin, options));
    const auto publish = [&](std::string_view type) { return run.host.publish(type, 1); };
    const auto ask = [&](std::string_view method, std::string_view params) {
        const auto call = plugin.call_json(method, params);
        REQUIRE(run.wait_for([&] { return call.answered(); }));
        return call.outcome();
    };
    CHECK(publish("message.incoming") == 1);
    CHECK(publish("message.other") == 0);
    CHECK(publish("room.opened") == 0);
    CHECK(!ask("host/subscribe", R"({"type":"room.*"})")); // it has no capability for that family
    CHECK(ask("host/subscribe", R"({"type":"message.other"})"));
    CHECK(publish("message.other") == 1);
    CHECK(ask("host/unsubscribe", R"({"type":"message.other"})"));
    CHECK(!ask("host/unsubscribe", R"({"type":"message.other"})"));
    CHECK(publish("message.other") == 0);

    plugin.declare({.name = "p", .events = {"*", "room.*"}});
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("p", done); }));
    CHECK(publish("message.other") == 1);
    CHECK(publish("room.opened") == 1);
    CHECK(publish("room.secret") == 0);
    CHECK(publish("user.joined") == 0);
    CHECK(publish("no type at all") == 0);
    plugin.declare({.name = "p", .events = {"room.*"}});
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("p", done); }));
    CHECK(publish("message.incoming") == 0);
    CHECK(publish("room.opened") == 1);
    REQUIRE(run.wait_for([&] { return heard.size() == 5; }));
}

TEST_CASE("E8: a plugin that answers an event with the same event is stopped by the limit of hops") {
    running_host run({.max_hops = 8});
    scripted_plugin loop({.name = "loop", .events = {"room.*"}, .calls_host = true});
    int heard = 0;
    std::vector<testing::scripted_call> calls;
    loop.on_told("plugin/onEvent", [&](const json&) {
        ++heard;
        calls.push_back(
            loop.call_json("host/emit", R"({"eventType":"room.again","payload":{},"metadata":{"hops":0}})"));
    });
    auto options = quick("loop");
    options.allow_reverse_calls = true;
    options.permissions = {"events:emit"};
    REQUIRE(start(run, loop, options));
    CHECK(run.host.publish("room.again", 1) == 1);
    REQUIRE(run.wait_for([&] { return calls.size() == 9 && calls.back().answered(); }));
    CHECK(calls.back().outcome().error().code == codes::limit_exceeded);
    CHECK(heard == 9);
    CHECK(run.status("loop").events.emitted == 8);
    CHECK(run.status("loop").state == plugin_state::ready);
}

TEST_CASE("a plugin that emitted one event for each event, and heard its own, was refused as a loop") {
    for (const bool names : {false, true}) {
        CAPTURE(names);
        running_host run;
        scripted_plugin counter({.name = "counter", .events = {"room.*"}, .calls_host = true});
        std::vector<testing::scripted_call> calls;
        std::vector<std::string> seen;
        counter.on_told("plugin/onEvent", [&](const json& event) {
            if (event["eventType"].text() == R"("room.seen")")
                return seen.push_back(std::string(event["metadata"].text()));
            const std::string cause =
                names ? detail::join({R"({"cause":)", event["eventId"].text(), "}"}) : "{}";
            calls.push_back(counter.call_json(
                "host/emit",
                detail::join({R"({"eventType":"room.seen","payload":{},"metadata":)", cause, "}"})));
        });
        auto options = quick("counter");
        options.allow_reverse_calls = true;
        options.permissions = {"events:emit"};
        REQUIRE(start(run, counter, options));
        for (std::size_t count = 1; count <= 60; ++count) {
            CHECK(run.host.publish("room.counted", 1) == 1);
            REQUIRE(run.wait_for([&] { return seen.size() == count; }));
        }
        for (const testing::scripted_call& one : calls) CHECK(one.outcome());
        CHECK(run.status("counter").events.emitted == 60);
        const auto metadata = json::parse(seen.back()).value();
        CHECK(metadata["hops"].text() == "1");
        CHECK(metadata["chain"].text().size() > 3);
        CHECK((metadata["cause"].text() == metadata["chain"].text()) == names);
    }
}

TEST_CASE("E8: an event of 8 MiB for 100 plugins that do not read is held once") {
    running_host run;
    std::vector<std::unique_ptr<counting>> plugins;
    for (int at = 0; at < 100; ++at) {
        const std::string name = "p" + std::to_string(at);
        plugins.push_back(std::make_unique<counting>(name));
        REQUIRE(start(run, plugins.back()->plugin, quick(name)));
        plugins.back()->plugin.stop_reading();
    }
    const std::string payload(std::size_t{8} << 20, 'x');
    const auto held = [] {
        const struct mallinfo2 now = ::mallinfo2();
        return now.uordblks + now.hblkhd;
    };
    const std::size_t before = held();
    CHECK(run.host.publish("room.large", payload) == 100);
    run.wait_for([] { return false; }, std::chrono::milliseconds(50));
    CHECK(held() - before < 3 * payload.size()); // a sanitizer's allocator says 0 to both
    for (const auto& one : plugins) one->plugin.hang_up();
    REQUIRE(run.wait_for([&] {
        const auto plugins_now = run.host.status().plugins;
        return std::all_of(plugins_now.begin(), plugins_now.end(),
                           [](const plugin_status& one) { return one.generation == 2; });
    }));
    CHECK(held() < before + payload.size());
}

TEST_CASE("E8: what is emitted, told and decided while the host ends is refused in words") {
    running_host run;
    scripted_plugin last({.name = "last", .events = {"message.*"}, .calls_host = true});
    scripted_reply goodbye;
    bool asked = false;
    last.on("plugin/shutdown",
            [&](const json&, scripted_reply reply) { goodbye = std::move(reply), asked = true; });
    last.on("plugin/onEvent", [] { return json(); });
    auto options = quick("last");
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    REQUIRE(start(run, last, options));
    bool over = false;
    run.host.shutdown([&](const result<void>&) { over = true; });
    REQUIRE(run.wait_for([&] { return asked; }));
    const auto emitted = last.call_json("host/emit", R"({"eventType":"message.incoming","payload":{}})");
    REQUIRE(run.wait_for([&] { return emitted.answered(); }));
    CHECK(emitted.outcome().error().code == codes::shutting_down);
    CHECK(run.host.publish(message{"x"}) == 0);
    CHECK(run.decide(message{"x"}).plugins().empty());
    CHECK(!over);
    CHECK(goodbye.reply_json("null"));
    REQUIRE(run.wait_for([&] { return over; }));
    CHECK(run.status("last").state == plugin_state::stopped);
}

TEST_CASE("a plugin that never answered a decision cost every message the deadline, for ever, and its calls "
          "counted as "
          "cancelled") {
    struct row {
        std::string_view about;
        milliseconds call, decision;
    };
    for (const row& one : {row{"both deadlines at the same moment", milliseconds(30), milliseconds(30)},
                           row{"the call's is shorter", milliseconds(30), milliseconds(60'000)},
                           row{"the decision's is shorter", milliseconds(60'000), milliseconds(30)}}) {
        CAPTURE(one.about);
        running_host run({.decision_timeout = one.decision});
        scripted_plugin hung({.name = "hung", .events = {"message.*"}}),
            last({.name = "last", .events = {"message.*"}});
        hung.on("plugin/onEvent", [](const json&, const scripted_reply&) {});
        last.on("plugin/onEvent", [] { return json(); });
        auto options = quick("hung", 1);
        options.call_timeout = one.call;
        options.breaker = {.failures = 5, .open_for = milliseconds(600'000)};
        REQUIRE(start(run, hung, options));
        REQUIRE(start(run, last, quick("last")));
        int paid = 0;
        for (int count = 0; count != 20; ++count) {
            const auto made = run.decide(message{"x"});
            const bool pays = made.plugins().at(0).outcome == outcome_kind::timed_out;
            CHECK(pays == (count < 5));
            paid += pays;
            if (!pays) CHECK(made.plugins().at(0).outcome == outcome_kind::skipped);
            if (one.call < one.decision) CHECK(made.plugins().at(1).outcome == outcome_kind::proceed);
        }
        CHECK(paid == 5);
        const plugin_status status = run.status("hung");
        CHECK(status.calls.timed_out == 5);
        CHECK(status.calls.circuit_open == 15);
        CHECK(status.calls.cancelled == 0);
        CHECK(status.events.failed == 5);
        CHECK(status.breakers.at(1).state == breaker_status::condition::open);
    }
}

TEST_CASE("a decision has the time that its event's type is given, the most particular pattern first") {
    running_host run({.decision_timeout = milliseconds(50'000),
                      .decision_timeouts = {{"message.*", milliseconds(40'000)},
                                            {"message.incoming", milliseconds(30'000)}}});
    std::int64_t told = 0;
    scripted_plugin all({.name = "all", .events = {"*"}});
    all.on("plugin/onEvent", [&](const json& event) {
        told = event["deadlineMs"].as<std::int64_t>().value_or(0);
        return json();
    });
    auto options = quick("all");
    options.call_timeout = milliseconds(100'000);
    REQUIRE(start(run, all, options));
    const auto given = [&](const std::string& type) {
        static_cast<void>(run.until<decision<json>>(
            [&](auto done) { run.host.decide(type, json::parse("{}").value(), {}, done); }));
        return (told + 9'999) / 10'000; // in tens of seconds, begun ones too
    };
    CHECK(given("message.incoming") == 3);
    CHECK(given("message.other") == 4);
    CHECK(given("room.opened") == 5);
    REQUIRE(run.host.set_decision_timeouts(milliseconds(20'000)));
    CHECK(given("message.incoming") == 2);
    CHECK_FALSE(run.host.set_decision_timeouts(milliseconds(0)));
    CHECK_FALSE(run.host.set_decision_timeouts(milliseconds(1), {{"no pattern", milliseconds(1)}}));
    CHECK(given("message.incoming") == 2);
}

} // namespace
