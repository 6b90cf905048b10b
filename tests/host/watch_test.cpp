// Watching a host: state changes, log lines and events, for as many as want to, each at its own pace.

#include "inside.hpp"
#include "socket_client.hpp"

#ifdef ASIO_HAS_CO_AWAIT
#include <asio/experimental/awaitable_operators.hpp>
#endif

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace tenon;
using tests::running_host;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};

/// Knows a plugin that nobody starts, and can be made to say something in its log.
struct watched_host : running_host {
    watched_host() { REQUIRE(host.add({.name = "one", .attach = true})); }
    void say(std::string_view words) { inside(host).find("one")->actor->note(log_level::info, words); }
    void say_numbers(int first, int last) {
        for (int number = first; number <= last; ++number) say(std::to_string(number));
    }
    template <class Item>
    result<watched<Item>> next(watch<Item>& of) {
        return until<result<watched<Item>>>([&](auto done) { of.next(done); });
    }
    std::string next_words(watch<log_record>& of) {
        const auto got = next(of);
        if (!got) return got.error().message;
        return (got->lost == 0 ? "" : "(" + std::to_string(got->lost) + " lost) ") + got->item->message;
    }
};

TEST_CASE("who watches gets every item in order, those that came before it asked too") {
    watched_host run;
    run.say("too early");
    auto logs = run.host.watch_logs();
    run.say_numbers(1, 3);
    for (const std::string_view expected : {"1", "2", "3"}) CHECK(run.next_words(logs) == expected);
    std::optional<std::string> late;
    logs.next([&](const result<watched<log_record>>& got) { late = got->item->message; });
    run.io.restart();
    run.io.poll();
    CHECK_FALSE(late);
    run.say("4");
    CHECK_FALSE(late); // whoever publishes goes on first
    REQUIRE(run.wait_for([&] { return late.has_value(); }));
    CHECK(*late == "4");
    CHECK(run.logs.size() == 5); // on_log is told as ever
}

TEST_CASE("who is slow loses its own oldest items, and is told how many") {
    watched_host run;
    auto slow = run.host.watch_logs({.max_items = 3}), quick = run.host.watch_logs();
    auto small = run.host.watch_logs({.max_bytes = 40});
    run.say_numbers(1, 10);
    CHECK(run.next_words(slow) == "(7 lost) 8");
    CHECK(run.next_words(slow) == "9");
    run.say_numbers(11, 12);
    CHECK(run.next_words(slow) == "10");
    CHECK(slow.lost() == 7);
    for (int number = 1; number <= 12; ++number) CHECK(run.next_words(quick) == std::to_string(number));
    CHECK(quick.lost() == 0);
    CHECK(run.next_words(small).find(" lost) ") != std::string::npos);
}

TEST_CASE("a watch may want only some of it") {
    watched_host run;
    auto odd = run.host.watch_logs(
        {.wants = [](const log_record& record) { return (record.message.back() - '0') % 2 == 1; }});
    run.say_numbers(1, 6);
    for (const std::string_view expected : {"1", "3", "5"}) CHECK(run.next_words(odd) == expected);
}

TEST_CASE("state changes are watched with their reasons, by as many as want to") {
    running_host run;
    std::vector<watch<state_change>> many;
    for (int count = 0; count < 20; ++count) many.push_back(run.host.watch_changes());
    plugin_options options{.name = "none", .command = {"/no/such/program"}};
    options.restart.enabled = false;
    CHECK_FALSE(run.start(options));
    for (auto& one : many) {
        const auto next = [&] {
            return run.until<result<watched<state_change>>>([&](auto done) { one.next(done); });
        };
        CHECK(next()->item->to == plugin_state::starting);
        const auto failed = next();
        CHECK(failed->item->to == plugin_state::failed);
        CHECK(failed->item->reason.text.find("/no/such/program") != std::string::npos);
    }
}

TEST_CASE("events are watched with what became of them") {
    tests::scratch_folder folder;
    running_host run;
    REQUIRE(run.host.listen(folder / "host.sock"));
    REQUIRE(run.host.add({.name = "hand", .attach = true}));
    tests::socket_client plugin(run, folder / "host.sock");
    plugin.line(R"({"jsonrpc":"2.0","id":1,"method":"plugin/attach","params":{"name":"hand"}})");
    plugin.next();
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(plugin.next()["id"].text()) +
                R"(,"result":{"name":"hand","version":"1","capabilities":["message"]}})");
    REQUIRE(run.wait_for([&] { return run.status("hand").state == plugin_state::ready; }));

    auto events = run.host.watch_events();
    const auto next = [&] {
        const auto got = run.until<result<watched<event_record>>>([&](auto done) { events.next(done); });
        REQUIRE(got);
        return *got->item;
    };
    CHECK(run.host.publish(message{"hi"}) == 1);
    const event_record told = next();
    CHECK(told.type == "message.incoming");
    CHECK(told.payload == R"({"content":"hi"})");
    CHECK_FALSE(told.decided);
    CHECK(told.told == 1);
    CHECK(plugin.next()["params"]["eventId"].as<std::string>().value() == told.id);

    std::optional<decision<message>> decided;
    run.host.decide(message{"bad"}, [&](decision<message> outcome) { decided = std::move(outcome); });
    const json asked = plugin.next();
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(asked["id"].text()) +
                R"(,"result":{"flow":"stop","reason":"no"}})");
    const event_record stopped = next();
    CHECK(stopped.decided);
    CHECK(stopped.stopped);
    CHECK(stopped.stopped_by == "hand");
    CHECK(stopped.reason == "no");
    REQUIRE(stopped.plugins.size() == 1);
    CHECK(stopped.plugins[0].outcome == outcome_kind::stop);
    CHECK(asked["params"]["eventId"].as<std::string>().value() == stopped.id);
    REQUIRE(run.wait_for([&] { return decided.has_value(); }));
    CHECK(decided->stopped());
}

TEST_CASE("a watch ends with the host: what waits is taken first") {
    watched_host run;
    auto logs = run.host.watch_logs(), waiting = run.host.watch_logs();
    std::optional<result<watched<log_record>>> pending;
    run.say("1");
    CHECK(run.next_words(waiting) == "1");
    waiting.next([&](result<watched<log_record>> got) { pending = std::move(got); });
    run.host.core()->close();
    CHECK_FALSE(pending); // not from within the end of the host
    REQUIRE(run.wait_for([&] { return pending.has_value(); }));
    CHECK(pending->error().code == codes::shutting_down);
    CHECK(run.next_words(logs) == "1");
    CHECK(run.next_words(logs) == "the host is gone");
    CHECK(run.next_words(logs) == "the host is gone");
    auto late = run.host.watch_logs();
    CHECK(run.next_words(late) == "the stream has ended");
}

TEST_CASE("there is one who waits at a watch, who hears of its end") {
    watched_host run;
    auto logs = run.host.watch_logs();
    std::optional<fault> first, second;
    const auto into = [](std::optional<fault>& to) {
        return [&to](const result<watched<log_record>>& got) {
            to = got ? fault{0, got->item->message} : got.error();
        };
    };
    logs.next(into(first));
    logs.next(into(second));
    REQUIRE(run.wait_for([&] { return second.has_value(); }));
    CHECK(second->code == codes::invalid_request);
    CHECK_FALSE(first);
    SUBCASE("an item") {
        run.say("1");
        REQUIRE(run.wait_for([&] { return first.has_value(); }));
        CHECK(first->message == "1");
    }
    SUBCASE("it is stopped") {
        logs.stop();
        REQUIRE(run.wait_for([&] { return first.has_value(); }));
        CHECK(first->code == codes::cancelled);
        CHECK(run.next_words(logs) == "nobody watches any more");
        run.say("1");
        CHECK(run.host.core()->watched_logs.watchers() == 0);
    }
    SUBCASE("another takes its place") {
        logs = run.host.watch_logs();
        REQUIRE(run.wait_for([&] { return first.has_value(); }));
        CHECK(first->code == codes::cancelled);
        run.say("1");
        CHECK(run.next_words(logs) == "1");
    }
}

TEST_CASE("who keeps the watch that he waits at goes with a loop that never runs again") {
    struct reader {
        std::optional<watch<log_record>> logs;
    };
    auto io = std::make_unique<asio::io_context>();
    auto host = std::make_unique<tenon::host>(*io);
    auto kept = std::make_shared<reader>();
    const std::weak_ptr<reader> gone = kept;
    kept->logs.emplace(host->watch_logs());
    kept->logs->next([kept](const result<watched<log_record>>&) {});
    kept.reset();
    io->poll();
    CHECK_FALSE(gone.expired());
    host.reset();
    io.reset();
    CHECK(gone.expired());
}

TEST_CASE("a watch may be destroyed by who is given an item, and may outlive its host") {
    auto run = std::make_unique<watched_host>();
    auto logs = std::make_unique<watch<log_record>>(run->host.watch_logs());
    auto outlives = std::make_unique<watch<state_change>>(run->host.watch_changes());
    logs->next([&](const result<watched<log_record>>&) { logs.reset(); });
    run->say_numbers(1, 3);
    REQUIRE(run->wait_for([&] { return logs == nullptr; }));
    CHECK(run->host.core()->watched_logs.watchers() == 0);
    run.reset();
    outlives->stop();
}

#ifdef ASIO_HAS_CO_AWAIT
TEST_CASE("a coroutine watches until the host is gone, however much waits for it") {
    watched_host run;
    std::vector<std::string> seen;
    bool over = false;
    asio::co_spawn(
        run.io,
        [&]() -> asio::awaitable<void> {
            auto logs = run.host.watch_logs({.max_items = 100'000});
            run.say_numbers(1, 20'000);
            for (;;) {
                auto next = co_await logs.next();
                if (!next) break;
                seen.push_back(next->item->message);
                if (seen.size() == 20'000) run.host.core()->close();
            }
            over = true;
        },
        asio::detached);
    REQUIRE(run.wait_for([&] { return over; }));
    CHECK(seen.size() == 20'000);
    CHECK(seen.back() == "20000");
}

TEST_CASE("who waits for an item or a timer loses nothing to the timer") {
    using namespace asio::experimental::awaitable_operators;
    watched_host run;
    auto logs = run.host.watch_logs();
    bool timed_out = false;
    asio::co_spawn(
        run.io,
        [&]() -> asio::awaitable<void> {
            asio::steady_timer soon(run.io, std::chrono::milliseconds(5));
            const auto first = co_await (logs.next() || soon.async_wait(asio::use_awaitable));
            timed_out = first.index() == 1;
        },
        asio::detached);
    REQUIRE(run.wait_for([&] { return timed_out; }));
    run.say("1");
    CHECK(run.next_words(logs) == "1");
}
#endif

} // namespace
