// Many calls at once, and what a call costs in steady state.

#include "../counted_memory.hpp"
#include "asked_plugin.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <random>

using namespace asked;

namespace {

constexpr milliseconds ms(int count) { return milliseconds(count); }

session_limits wide(std::size_t calls) {
    session_limits limits;
    limits.max_incoming = limits.max_outgoing = calls * 2;
    return limits;
}

} // namespace

TEST_CASE(
    "R11: of 10,000 calls in flight, answered in any order, each gets its own answer; lost ones time out") {
    constexpr std::size_t count = 10'000;
    lane_bench at({.plugin = "backup", .max_queued = count, .breaker = {.failures = 0}}, count, wide(count),
                  wide(count));
    std::vector<outcome> calls(count);
    for (std::size_t index = 0; index < count; ++index)
        at.ask(calls[index], "work", "[" + std::to_string(index) + "]", ms(5'000));
    at.move();
    REQUIRE(at.heard() == count);
    REQUIRE(at.lanes->in_flight() == count);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937(11));
    for (std::size_t turn = 0; turn < count; ++turn) {
        const question& one = at.wire->asked[order[turn]];
        if (turn % 100 == 1) continue; // lost
        if (turn % 100 == 2) at.wire->plugin.reject(one.request, {7, one.params});
        else at.wire->plugin.reply(one.request, one.params);
        if (turn % 64 == 0) at.move();
    }
    at.move();
    CHECK(at.lanes->in_flight() == count / 100);
    at.advance(ms(6'000));
    std::size_t good = 0, errors = 0, timeouts = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const outcome& one = calls[index];
        const bool own = one.text == "[" + std::to_string(index) + "]";
        good += one.once(0) && own ? 1 : 0;
        errors += one.once(7) && own ? 1 : 0;
        timeouts += one.once(codes::timeout) ? 1 : 0;
    }
    CHECK(good == count / 100 * 98);
    CHECK(errors == count / 100);
    CHECK(timeouts == count / 100);
    CHECK(at.lanes->latency(lane::calls).count() == count / 100 * 99);
}

TEST_CASE("10,000 calls through 8 places are all answered in order, however the answers come") {
    constexpr std::size_t count = 10'000;
    lane_bench at({.plugin = "backup", .max_queued = count}, 8);
    std::vector<outcome> calls(count);
    for (std::size_t index = 0; index < count; ++index)
        at.ask(calls[index], "work", "[" + std::to_string(index) + "]", ms(60'000));
    std::mt19937 random(5);
    std::size_t begun = 0;
    std::vector<question> open;
    for (std::size_t done = 0; done < count; ++done) {
        at.move();
        while (begun != at.heard()) {
            CHECK(at.wire->asked[begun].params == "[" + std::to_string(begun) + "]");
            open.push_back(at.wire->asked[begun++]);
        }
        CHECK(open.size() <= 8);
        const std::size_t which = random() % open.size();
        at.wire->plugin.reply(open[which].request, open[which].params);
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
    }
    at.move();
    for (std::size_t index = 0; index < count; ++index) CHECK(calls[index].once(0));
}

TEST_CASE("in steady state nothing is allocated for a call, whether it is sent at once or waits") {
    lane_bench at({.plugin = "backup", .max_queued = 100}, 4);
    at.wire->asked.reserve(100);
    const std::string params = R"({"command":"backup","args":{"path":"/home/somebody/documents/and/more"}})";
    const shared_bytes shared(params);
    std::size_t completed = 0;
    const auto round = [&] {
        at.now += ms(1);
        for (int index = 0; index < 24; ++index) {
            // Three references: what a caller usually keeps.
            call_completion done = [&completed, &at, &params](const result<std::string_view>& answer,
                                                              time_point now) {
                completed += answer && now == at.now && !params.empty() ? 1 : 0;
            };
            const lane where = index % 5 == 0 ? lane::health : index % 3 == 0 ? lane::events : lane::calls;
            const time_point deadline = after(at.now, ms(5'000));
            if (index % 2 == 0)
                at.lanes->ask(where, "plugin/execute", shared, deadline, at.now, std::move(done));
            else at.lanes->ask(where, "plugin/execute", params, deadline, at.now, std::move(done));
        }
        session_event event;
        for (std::size_t left = 24; left != 0;) {
            lane_bench::carry(at.wire->host, at.wire->plugin, at.now);
            while (at.wire->plugin.next_event(event, at.now))
                if (event.kind == event_kind::request) at.wire->plugin.reply(event.request, "true"), --left;
            lane_bench::carry(at.wire->plugin, at.wire->host, at.now);
            while (at.wire->host.next_event(event, at.now)) at.tell(event);
        }
    };
    for (int warm = 0; warm < 20; ++warm) round();
    completed = 0;
    const tenon::tests::memory_since before;
    for (int turn = 0; turn < 200; ++turn) round();
    CHECK(before.allocations() == 0);
    CHECK(completed == 200 * 24);
}

TEST_CASE("room that large calls needed while they waited is given back") {
    lane_bench at({.plugin = "backup", .max_queued = 100});
    outcome busy, large;
    at.ask(busy);
    at.ask(large, "work", "[\"" + std::string(1'000'000, 'x') + "\"]");
    CHECK(at.lanes->queued_bytes() > 1'000'000);
    at.move();
    at.answer(0);
    CHECK(at.lanes->queued_bytes() == 0);
    at.answer(1);
    CHECK(large.once(0));
}
