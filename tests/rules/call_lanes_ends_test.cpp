// Every call completes exactly once, whatever happens and in whatever order.

#include "asked_plugin.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace asked;

namespace {

constexpr milliseconds ms(int count) { return milliseconds(count); }
lane_options roomy() { return {.plugin = "backup", .max_queued = 10'000, .breaker = {.failures = 0}}; }

} // namespace

TEST_CASE(
    "R10: a call that is cancelled before it was sent completes once, and the plugin never hears of it") {
    lane_bench at(roomy());
    outcome busy, waits;
    at.ask(busy);
    const call_ticket ticket = at.ask(waits);
    at.lanes->cancel(ticket, at.now);
    CHECK(waits.once(codes::cancelled));
    CHECK(waits.data == R"({"source":"host","plugin":"backup","retryable":true})");
    at.lanes->cancel(ticket, at.now);
    at.move();
    at.answer(0);
    CHECK(at.heard() == 1);
    CHECK(waits.completions == 1);
    CHECK(at.lanes->counts(lane::calls).cancelled == 1);
}

TEST_CASE(
    "R10: a call that is cancelled in flight completes at once, the plugin is told, its answer is dropped") {
    lane_bench at(roomy());
    outcome one, next;
    const call_ticket ticket = at.ask(one);
    at.ask(next);
    at.move();
    at.lanes->cancel(ticket, at.now);
    CHECK(one.once(codes::cancelled));
    CHECK(one.data == R"({"source":"host","plugin":"backup","retryable":false})");
    at.lanes->cancel(ticket, at.now);
    at.move();
    CHECK(at.wire->asked[0].cancelled);
    CHECK(at.wire->cancels == 1);
    CHECK(at.heard() == 2); // its place is free
    at.answer(0);
    CHECK(one.completions == 1);
    CHECK(at.wire->host.counters().late_replies == 1);
    at.answer(1);
    CHECK(next.once(0));
}

TEST_CASE("R10: a ticket of a call that was completed, of another call or of none cancels nothing") {
    lane_bench at(roomy());
    outcome one, two;
    const call_ticket ticket = at.ask(one);
    at.move();
    at.answer(0);
    at.ask(two); // in the same slot
    at.lanes->cancel(ticket, at.now);
    at.lanes->cancel({}, at.now);
    at.lanes->cancel({12'345, 1}, at.now);
    CHECK(one.once(0));
    CHECK(two.pending());
}

TEST_CASE(
    "R10: a deadline of now or before is a timeout at once, and one that never comes overflows nothing") {
    lane_bench at(roomy(), 1);
    outcome zero, past, endless, waits;
    at.lanes->ask(lane::calls, "work", "{}", at.now, at.now, zero.taker());
    at.lanes->ask(lane::health, "work", "{}", at.now - ms(1), at.now, past.taker());
    CHECK(zero.once(codes::timeout));
    CHECK(past.once(codes::timeout));
    at.lanes->ask(lane::calls, "work", "{}", never, at.now, endless.taker());
    at.lanes->ask(lane::calls, "work", "{}", time_point::max() - ms(1), at.now, waits.taker());
    at.advance(milliseconds(1'000'000'000));
    CHECK(endless.pending());
    CHECK(waits.pending());
    CHECK(at.heard() == 1);
    at.answer(0);
    at.answer(1);
    CHECK(endless.once(0));
    CHECK(waits.once(0));
}

TEST_CASE("a call that waits times out while it waits, at its own deadline") {
    lane_bench at(roomy());
    outcome busy, late, later;
    at.ask(busy, "work", "{}", ms(10'000));
    at.ask(later, "work", "{}", ms(3'000));
    at.ask(late, "work", "{}", ms(2'000), lane::events);
    CHECK(at.lanes->next_deadline() == at.now + ms(2'000));
    const time_point start = at.now;
    at.advance(ms(2'500));
    CHECK(late.once(codes::timeout));
    CHECK(late.at == start + ms(2'000));
    CHECK(late.data == R"({"source":"host","plugin":"backup","retryable":true})");
    CHECK(at.lanes->next_deadline() == start + ms(3'000));
    at.advance(ms(1'000));
    CHECK(later.once(codes::timeout));
    CHECK(later.at == start + ms(3'000));
    CHECK(at.lanes->next_deadline() == never);
    at.move();
    CHECK(at.heard() == 1); // neither was sent
    CHECK(at.wire->cancels == 0);
    CHECK(at.lanes->breaker_of(lane::calls).failures_in_row() == 0);
}

TEST_CASE(
    "a call in flight times out by its deadline, is cancelled there, and the next one takes its place") {
    lane_bench at(roomy());
    outcome one, next;
    at.ask(one, "work", "{}", ms(1'000));
    at.ask(next, "work", "{}", ms(5'000));
    const time_point start = at.now;
    at.advance(ms(1'500));
    CHECK(one.once(codes::timeout));
    CHECK(one.at == start + ms(1'000));
    CHECK(one.data == R"({"source":"host","plugin":"backup","retryable":false})");
    CHECK(one.text == "backup did not answer within 1000 ms"); // it named neither the plugin nor the time
    CHECK(at.wire->asked[0].cancelled);
    CHECK(at.heard() == 2);
    at.answer(0);
    CHECK(one.completions == 1);
    at.answer(1);
    CHECK(next.once(0));
}

TEST_CASE("R4: answers to unknown calls, twice, and late complete no other call") {
    lane_bench at(roomy(), 10);
    outcome first, second;
    const call_ticket ticket = at.ask(first);
    at.move();
    at.answer(0, "1");
    at.ask(second);
    at.move();
    at.wire->host.receive_bytes("Content-Length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":66}",
                                at.now);
    at.wire->host.receive_bytes("Content-Length: 38\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":9999,\"result\":6}",
                                at.now);
    at.move();
    at.lanes->cancel(ticket, at.now);
    CHECK(first.once(0));
    CHECK(second.pending());
    CHECK(at.wire->host.counters().late_replies == 1);
    CHECK(at.wire->host.counters().orphan_replies == 1);
    at.answer(1, "2");
    CHECK(second.once(0));
    CHECK(second.text == "2");
    session_event stranger;
    stranger.kind = event_kind::response;
    stranger.call = {777};
    stranger.value = "1";
    CHECK_FALSE(at.lanes->on_response(stranger, at.now));
    CHECK_FALSE(at.lanes->on_progress(stranger, at.now));
}

TEST_CASE("S6: what was in flight when the plugin went is not worth a repetition, what was never sent is") {
    lane_bench at(roomy());
    outcome sent, waits, event, health;
    at.ask(sent);
    at.ask(waits);
    at.ask(event, "event", "{}", ms(1'000), lane::events);
    at.ask(health, "plugin/health", "{}", ms(1'000), lane::health);
    at.move();
    at.lose();
    CHECK(sent.once(codes::unavailable));
    CHECK(sent.data == R"({"source":"host","plugin":"backup","retryable":false})");
    CHECK(sent.text.starts_with("backup is gone: ")); // it named nobody
    CHECK(waits.once(codes::unavailable));
    CHECK(waits.data == R"({"source":"host","plugin":"backup","retryable":true})");
    CHECK(event.once(codes::unavailable));
    CHECK(health.once(codes::unavailable));
    at.connect();
    at.move();
    CHECK(at.heard() == 0); // nothing is sent again by itself
    outcome after;
    at.ask(after);
    at.move();
    at.answer(0);
    CHECK(after.once(0));
    CHECK(sent.completions == 1);
    CHECK(at.lanes->counts(lane::calls).lost == 1);
    CHECK(at.lanes->counts(lane::calls).unavailable == 1);
}

TEST_CASE("without the session's own events the loss of the connection completes everything, in order") {
    lane_bench at(roomy(), 2);
    std::vector<int> order;
    for (int index = 0; index < 5; ++index)
        at.lanes->ask(index == 2 ? lane::events : lane::calls, "work", "{}", never, at.now,
                      [&order, index](const result<std::string_view>& answer, time_point) {
                          CHECK(answer.error().code == codes::unavailable);
                          CHECK(answer.error().message == "signal 9 (SIGKILL)");
                          order.push_back(index);
                      });
    at.lanes->connection_lost({codes::unavailable, "signal 9 (SIGKILL)"}, at.now);
    CHECK(order == std::vector<int>{0, 1, 3, 4, 2});
    at.lanes->connection_lost({codes::unavailable, "again"}, at.now);
    CHECK(order.size() == 5);
    outcome later;
    at.ask(later);
    CHECK(later.once(codes::unavailable));
    CHECK(later.text == "signal 9 (SIGKILL)");
    at.move(); // what the session still says of them is nobody's
}

TEST_CASE("another connection ends what belonged to the one before") {
    lane_bench at(roomy());
    outcome sent, waits, next;
    at.ask(sent);
    at.ask(waits);
    const auto old = std::move(at.wire);
    at.connect();
    CHECK(sent.once(codes::unavailable));
    CHECK(waits.once(codes::unavailable));
    CHECK(sent.text == "backup has another connection");
    at.ask(next);
    at.move();
    at.answer(0);
    CHECK(next.once(0));
}

TEST_CASE("calls and events are refused while a plugin stops; what is in flight and control go on") {
    lane_bench at(roomy());
    outcome flying, waits, refused, control;
    at.ask(flying);
    at.ask(waits);
    at.lanes->stop_taking({codes::shutting_down, "backup is stopping"}, at.now);
    CHECK(waits.once(codes::shutting_down));
    at.ask(refused);
    CHECK(refused.once(codes::shutting_down));
    CHECK(refused.text == "backup is stopping");
    at.ask(control, "plugin/shutdown", "{}", ms(1'000), lane::control);
    at.move();
    at.answer(0);
    at.answer(1);
    CHECK(flying.once(0));
    CHECK(control.once(0));
}

TEST_CASE("a queue before a plugin that hangs cost everybody in it the whole time, and the breaker heard of "
          "one failure") {
    lane_bench at({.plugin = "backup", .max_queued = 10, .breaker = {.failures = 5}});
    outcome calls[6];
    for (outcome& one : calls) at.ask(one);
    at.advance(ms(1'000));
    for (const outcome& one : calls) CHECK(one.once(codes::timeout));
    CHECK(at.lanes->breaker_of(lane::calls).state(at.now) == breaker_state::open);
}

TEST_CASE("what waits too long for a plugin that works is not that plugin's failure") {
    lane_bench at({.plugin = "backup", .max_queued = 10, .breaker = {.failures = 2}});
    outcome first, second, waits[4];
    at.ask(first, "work", "{}", ms(5'000));
    at.ask(second, "work", "{}", ms(5'000));
    for (outcome& one : waits) at.ask(one);
    at.advance(ms(500));
    at.answer(0);
    CHECK(first.once(0));
    at.advance(ms(500));
    for (const outcome& one : waits) CHECK(one.once(codes::timeout));
    CHECK(at.lanes->breaker_of(lane::calls).failures_in_row() == 0);
}

TEST_CASE(
    "a call that is expired by who waits for it is a timeout, and the plugin's failure if it was sent") {
    lane_bench at({.plugin = "backup", .max_queued = 10, .breaker = {.failures = 2}});
    outcome sent, waits;
    const call_ticket tickets[] = {at.ask(sent, "work", "{}", ms(9'000)),
                                   at.ask(waits, "work", "{}", ms(9'000))};
    at.advance(ms(10));
    at.lanes->expire(tickets[1], at.now);
    at.lanes->expire(tickets[0], at.now);
    at.lanes->expire(tickets[0], at.now);
    CHECK(sent.once(codes::timeout));
    CHECK(sent.data == R"({"source":"host","plugin":"backup","retryable":false})");
    CHECK(waits.once(codes::timeout));
    CHECK(waits.data == R"({"source":"host","plugin":"backup","retryable":true})");
    at.move();
    CHECK(at.wire->asked.at(0).cancelled);
    CHECK(at.lanes->counts(lane::calls).timeouts == 2);
    CHECK(at.lanes->counts(lane::calls).cancelled == 0);
    CHECK(at.lanes->breaker_of(lane::calls).failures_in_row() == 1); // of the one that was sent
}
