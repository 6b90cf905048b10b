#include "asked_plugin.hpp"

#include <doctest/doctest.h>

using namespace asked;

namespace {

lane_options with(std::size_t max_queued, breaker_policy breaker = {}) {
    return {.plugin = "backup", .max_queued = max_queued, .breaker = breaker};
}
constexpr milliseconds ms(int count) { return milliseconds(count); }

} // namespace

TEST_CASE("a call is sent at once, and its answer comes to whoever asked") {
    lane_bench at;
    outcome one;
    const call_ticket ticket = at.ask(one, "plugin/execute", R"({"command":"x"})");
    CHECK(ticket);
    CHECK(one.pending());
    at.move();
    REQUIRE(at.heard() == 1);
    CHECK(at.last().method == "plugin/execute");
    CHECK(at.last().params == R"({"command":"x"})");
    at.now += ms(3);
    at.answer(0, R"({"words":4})");
    CHECK(one.once(0));
    CHECK(one.text == R"({"words":4})");
    CHECK(at.lanes->counts(lane::calls).asked == 1);
    CHECK(at.lanes->counts(lane::calls).answered == 1);
    CHECK(at.lanes->latency(lane::calls).count() == 1);
    CHECK(at.lanes->latency(lane::calls).longest() == ms(3));
    CHECK(at.lanes->in_flight() == 0);
}

TEST_CASE("a plugin's own error comes untouched, with its data") {
    lane_bench at;
    outcome one;
    at.ask(one);
    at.move();
    at.wire->plugin.reject(at.last().request, {42, "no such project", R"({"id":7})"});
    at.move();
    CHECK(one.once(42));
    CHECK(one.text == "no such project");
    CHECK(one.data == R"({"id":7})");
    CHECK(at.lanes->counts(lane::calls).errors == 1);
}

TEST_CASE("shared bytes are sent and may wait like any other params") {
    lane_bench at;
    outcome first, second;
    const shared_bytes params(R"({"payload":[1,2,3]})");
    at.lanes->ask(lane::calls, "a", params, never, at.now, first.taker());
    at.lanes->ask(lane::calls, "b", params, never, at.now, second.taker());
    CHECK(at.lanes->queued_bytes() == params.view().size() + 1);
    at.move();
    at.answer(0);
    CHECK(at.heard() == 2);
    CHECK(at.last().method == "b");
    CHECK(at.last().params == params.view());
    CHECK(at.lanes->queued_bytes() == 0);
    at.answer(1);
    CHECK(second.once(0));
}

TEST_CASE("no more than the plugin's concurrency is in flight, the rest waits in order") {
    lane_bench at(with(100), 2);
    outcome many[6];
    for (int index = 0; index < 6; ++index) at.ask(many[index], "work", "[" + std::to_string(index) + "]");
    at.move();
    CHECK(at.heard() == 2);
    CHECK(at.lanes->in_flight() == 2);
    CHECK(at.lanes->queued(lane::calls) == 4);
    for (std::size_t index = 0; index < 6; ++index) {
        REQUIRE(at.heard() > index);
        CHECK(at.wire->asked[index].params == "[" + std::to_string(index) + "]");
        at.answer(index);
    }
    for (const outcome& one : many) CHECK(one.once(0));
}

TEST_CASE("whoever asks again when it is answered goes behind those that wait") {
    lane_bench at(with(100));
    outcome waits, again;
    at.lanes->ask(lane::calls, "first", "{}", never, at.now,
                  [&](const result<std::string_view>&, time_point) { at.ask(again, "again"); });
    at.ask(waits, "waits");
    at.move();
    at.answer(0);
    CHECK(at.last().method == "waits");
    at.answer(1);
    CHECK(at.last().method == "again");
    at.answer(2);
    CHECK(again.once(0));
}

TEST_CASE("calls that wait go before events that wait longer already") {
    lane_bench at(with(100));
    outcome busy, event, call;
    at.ask(busy, "busy");
    at.ask(event, "event", "{}", ms(1'000), lane::events);
    at.ask(call, "call");
    at.move();
    at.answer(0);
    CHECK(at.last().method == "call");
    at.answer(1);
    CHECK(at.last().method == "event");
    at.answer(2);
    CHECK(event.once(0));
}

TEST_CASE("S4: health is asked at once behind 10,000 calls that wait") {
    lane_bench at(with(10'000));
    std::vector<outcome> many(10'001);
    for (outcome& one : many) at.ask(one);
    CHECK(at.lanes->queued() == 10'000);
    outcome health, control;
    at.ask(health, "plugin/health", "{}", ms(500), lane::health);
    at.ask(control, "plugin/shutdown", "{}", ms(500), lane::control);
    at.move();
    REQUIRE(at.heard() == 3);
    at.answer(1, "{}");
    at.answer(2, "null");
    CHECK(health.once(0));
    CHECK(control.once(0));
    CHECK(at.lanes->counts(lane::health).answered == 1);
}

TEST_CASE("beyond the bound of its lane a call fails at once, and the other lane still takes some") {
    lane_bench at(with(2));
    outcome busy, waits[2], extra, event;
    at.ask(busy);
    for (outcome& one : waits) at.ask(one);
    CHECK_FALSE(at.ask(extra));
    CHECK(extra.once(codes::overloaded));
    CHECK(extra.data == R"({"source":"host","plugin":"backup","retryable":true})");
    CHECK(at.lanes->counts(lane::calls).overloaded == 1);
    at.ask(event, "event", "{}", ms(1'000), lane::events);
    CHECK(event.pending());
}

TEST_CASE("bounds can be changed while the plugin runs") {
    lane_bench at(with(100));
    outcome busy, fits, extra;
    at.ask(busy);
    at.ask(fits);
    at.lanes->use({.name = "backup", .breaker = {.failures = 1}, .max_queued_calls = 1});
    at.ask(extra);
    CHECK(extra.once(codes::overloaded));
    at.move();
    at.fail(0, codes::internal_error);
    CHECK(fits.once(codes::circuit_open));
}

TEST_CASE("what waits is bounded in bytes as well") {
    lane_options options = with(100);
    options.max_queued_bytes = 1'000;
    lane_bench at(options);
    outcome busy, fits, extra;
    const std::string large = R"([")" + std::string(600, 'x') + R"("])";
    at.ask(busy, "work", large);
    at.ask(fits, "work", large);
    at.ask(extra, "work", large);
    CHECK(fits.pending());
    CHECK(extra.once(codes::overloaded));
    at.move();
    at.answer(0);
    CHECK(at.lanes->queued_bytes() == 0);
}

TEST_CASE("a plugin that reads nothing is overloaded at once, and is asked again when it reads") {
    session_limits limits = host_limits();
    limits.max_output_bytes = 1'000;
    lane_bench at(with(100), 10, limits);
    at.plugin_reads = false;
    outcome first, second, third;
    at.ask(first, "work", R"([")" + std::string(2'000, 'x') + R"("])");
    at.ask(second);
    CHECK(second.once(codes::overloaded));
    at.plugin_reads = true;
    at.move();
    at.ask(third);
    CHECK(third.pending());
}

TEST_CASE("what is larger than the plugin reads is refused, and is not worth a repetition") {
    lane_bench at;
    at.wire->host.limit_sent_frames(100);
    outcome large, small;
    at.ask(large, "work", R"([")" + std::string(200, 'x') + R"("])");
    CHECK(large.once(codes::too_large));
    CHECK(large.data == R"({"source":"host","plugin":"backup","retryable":false})");
    at.ask(small);
    CHECK(small.pending());
    CHECK(at.lanes->counts(lane::calls).too_large == 1);
}

TEST_CASE("before the handshake only control and health go out") {
    call_lanes lanes({.plugin = "backup"});
    session host(session_role::host, host_limits());
    outcome none, early, greeting;
    const time_point now = time_point(std::chrono::hours(1));
    lanes.ask(lane::control, "plugin/handshake", "{}", never, now, none.taker());
    CHECK(none.once(codes::unavailable));
    CHECK(none.text == "backup is not running");
    lanes.connect(host);
    lanes.ask(lane::calls, "work", "{}", never, now, early.taker());
    CHECK(early.once(codes::unavailable));
    CHECK(early.text == "backup is not ready");
    lanes.ask(lane::control, "plugin/handshake", "{}", never, now, greeting.taker());
    CHECK(greeting.pending());
    lanes.set_concurrency(1, now);
    outcome call;
    lanes.ask(lane::calls, "work", "{}", never, now, call.taker());
    CHECK(call.pending());
}

TEST_CASE("a concurrency beyond what the session has in flight leaves room for health") {
    session_limits limits = host_limits();
    limits.max_outgoing = 32;
    lane_bench at(with(100), 1'000'000, limits);
    CHECK(at.lanes->concurrency() == 30);
    std::vector<outcome> many(50);
    for (outcome& one : many) at.ask(one);
    CHECK(at.lanes->in_flight() == 30);
    CHECK(at.lanes->counts(lane::calls).overloaded == 0);
    outcome health;
    at.ask(health, "plugin/health", "{}", ms(500), lane::health);
    at.move();
    at.answer(30);
    CHECK(health.once(0));
}

TEST_CASE("progress comes to whoever asked, and puts off the deadline") {
    lane_bench at;
    std::vector<std::string> heard;
    outcome one;
    at.lanes->ask(lane::calls, "work", "{}", after(at.now, ms(1'000)), at.now, one.taker(),
                  {.progress = [&](std::string_view value, time_point) { heard.emplace_back(value); }});
    at.move();
    at.advance(ms(900));
    at.wire->plugin.progress(at.last().request, R"({"percent":50})");
    at.move();
    at.wire->plugin.progress(at.last().request, R"({"percent":60})");
    at.move();
    CHECK(heard == std::vector<std::string>{R"({"percent":50})", R"({"percent":60})"});
    at.advance(ms(900));
    CHECK(one.pending());
    at.advance(ms(200));
    CHECK(one.once(codes::timeout));
    CHECK(at.lanes->counts(lane::calls).timeouts == 1);
}

TEST_CASE("S4: a plugin whose every call times out is not asked any more, until a probe succeeds") {
    lane_bench at(with(100, {.failures = 3, .open_for = ms(5'000)}));
    outcome fails[3], refused, waiting;
    for (outcome& one : fails) {
        at.ask(one);
        at.advance(ms(1'000));
        CHECK(one.once(codes::timeout));
    }
    at.ask(refused);
    CHECK(refused.once(codes::circuit_open));
    CHECK(refused.at == at.now);
    CHECK(at.lanes->breaker_of(lane::calls).state(at.now) == breaker_state::open);
    CHECK(at.lanes->breaker_of(lane::events).state(at.now) == breaker_state::closed);
    outcome event;
    at.ask(event, "event", "{}", ms(100), lane::events);
    at.move();
    at.answer(3);
    CHECK(event.once(0));

    at.advance(ms(5'000));
    outcome probe, beside;
    at.ask(probe);
    at.ask(beside, "work", "{}", ms(1'000));
    at.move();
    CHECK(at.heard() == 5);
    at.answer(4);
    CHECK(probe.once(0));
    CHECK(at.lanes->breaker_of(lane::calls).state(at.now) == breaker_state::closed);
    CHECK(at.heard() == 6); // what waited beside the probe is asked now
    at.answer(5);
    CHECK(beside.once(0));
}

TEST_CASE("what waits behind a plugin that fails too often fails with it") {
    lane_bench at(with(100, {.failures = 2, .open_for = ms(5'000)}));
    outcome many[5];
    for (outcome& one : many) at.ask(one, "work", "{}", ms(10'000));
    at.move();
    at.fail(0, codes::internal_error);
    at.fail(1, codes::unavailable);
    CHECK(many[0].once(codes::internal_error));
    CHECK(many[1].once(codes::unavailable));
    for (int index = 2; index < 5; ++index) CHECK(many[index].once(codes::circuit_open));
    CHECK(at.heard() == 2);
    CHECK(at.lanes->counts(lane::calls).circuit_open == 3);
}

TEST_CASE("a plugin's business errors, unknown methods and refused params are signs of life") {
    lane_bench at(with(100, {.failures = 2, .open_for = ms(5'000)}));
    std::size_t index = 0;
    for (const int code : {1, 42, codes::method_not_found, codes::invalid_params, codes::cancelled, 7}) {
        outcome one;
        at.ask(one);
        at.move();
        at.fail(index++, code);
        CHECK(one.once(code));
    }
    CHECK(at.lanes->breaker_of(lane::calls).state(at.now) == breaker_state::closed);
    CHECK(at.lanes->breaker_of(lane::calls).failures_in_row() == 0);
}

TEST_CASE("a probe that is cancelled tells nothing: the next call is one") {
    lane_bench at(with(100, {.failures = 1, .open_for = ms(1'000)}));
    outcome failed, probe, next;
    at.ask(failed);
    at.move();
    at.fail(0, codes::internal_error);
    at.advance(ms(1'000));
    const call_ticket ticket = at.ask(probe);
    at.lanes->cancel(ticket, at.now);
    CHECK(probe.once(codes::cancelled));
    at.ask(next);
    CHECK(next.pending());
    at.move();
    at.answer(2);
    CHECK(next.once(0));
    CHECK(at.lanes->breaker_of(lane::calls).state(at.now) == breaker_state::closed);
}

TEST_CASE("another instance starts with closed breakers") {
    lane_bench at(with(100, {.failures = 1, .open_for = ms(60'000)}));
    outcome failed, next;
    at.ask(failed);
    at.move();
    at.fail(0, codes::internal_error);
    CHECK(at.lanes->breaker_of(lane::calls).state(at.now) == breaker_state::open);
    at.lose();
    at.connect();
    at.ask(next);
    CHECK(next.pending());
}
