// Every call completes exactly once, whatever happens and in whatever order.

#include "asked_plugin.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <random>

using namespace asked;

namespace {

constexpr milliseconds ms(int count) { return milliseconds(count); }
lane_options roomy() { return {.plugin = "backup", .max_queued = 10'000, .breaker = {.failures = 0}}; }

std::uint64_t ended(const lane_counts& counts) {
    return counts.answered + counts.errors + counts.timeouts + counts.cancelled + counts.lost +
           counts.overloaded + counts.circuit_open + counts.unavailable + counts.reentrant + counts.too_large;
}

} // namespace

TEST_CASE(
    "R10: a call that is cancelled before it was sent completes once, and the plugin never hears of it") {
    bench at(roomy());
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
    bench at(roomy());
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
    bench at(roomy());
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
    bench at(roomy(), 1);
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
    bench at(roomy());
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
    bench at(roomy());
    outcome one, next;
    at.ask(one, "work", "{}", ms(1'000));
    at.ask(next, "work", "{}", ms(5'000));
    const time_point start = at.now;
    at.advance(ms(1'500));
    CHECK(one.once(codes::timeout));
    CHECK(one.at == start + ms(1'000));
    CHECK(one.data == R"({"source":"host","plugin":"backup","retryable":false})");
    CHECK(at.wire->asked[0].cancelled);
    CHECK(at.heard() == 2);
    at.answer(0);
    CHECK(one.completions == 1);
    at.answer(1);
    CHECK(next.once(0));
}

TEST_CASE("R4: answers to unknown calls, twice, and late complete no other call") {
    bench at(roomy(), 10);
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
    bench at(roomy());
    outcome sent, waits, event, health;
    at.ask(sent);
    at.ask(waits);
    at.ask(event, "event", "{}", ms(1'000), lane::events);
    at.ask(health, "plugin/health", "{}", ms(1'000), lane::health);
    at.move();
    at.lose();
    CHECK(sent.once(codes::unavailable));
    CHECK(sent.data == R"({"source":"host","plugin":"backup","retryable":false})");
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
    bench at(roomy(), 2);
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
    bench at(roomy());
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
    bench at(roomy());
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

TEST_CASE("Z4: the end of the lanes completes everything, and refuses what a completion asks then") {
    bench at(roomy());
    outcome sent, again;
    at.lanes->ask(lane::calls, "work", "{}", never, at.now, [&](const auto& answer, time_point now) {
        sent.take(answer, now);
        at.lanes->ask(lane::control, "work", "{}", never, now, again.taker());
    });
    outcome waits, health;
    at.ask(waits);
    at.ask(health, "plugin/health", "{}", ms(1'000), lane::health);
    call_lanes& lanes = *at.lanes;
    at.move();
    lanes.~call_lanes(); // by hand, so that the completion above may still name the object
    CHECK(sent.once(codes::unavailable));
    CHECK(again.once(codes::unavailable));
    CHECK(waits.once(codes::unavailable));
    CHECK(health.once(codes::unavailable));
    new (&lanes) call_lanes();
}

TEST_CASE("Z4: a completion may destroy the lanes, whatever called it") {
    enum how { answer, error, timeout_sent, timeout_queued, cancel_sent, cancel_queued, lost, pumped, stop };
    for (const how way :
         {answer, error, timeout_sent, timeout_queued, cancel_sent, cancel_queued, lost, pumped, stop}) {
        CAPTURE(int(way));
        bench at({.plugin = "backup", .max_queued = 2, .breaker = {.failures = 0}});
        outcome first, last;
        int destroyed = 0;
        const auto destroys = [&](const result<std::string_view>&, time_point) {
            ++destroyed;
            at.lanes.reset();
        };
        const bool is_second = way == timeout_queued || way == cancel_queued || way == pumped || way == stop;
        call_ticket ticket;
        if (is_second) at.ask(first, "work", "{}", ms(10'000));
        // Larger than the plugin says it reads, once it waits.
        const std::string params = way == pumped ? "[\"" + std::string(500, 'x') + "\"]" : "{}";
        ticket = at.lanes->ask(lane::calls, "work", params, after(at.now, ms(1'000)), at.now, destroys);
        at.ask(last, "work", "{}", ms(10'000));
        at.move();
        if (way == answer) at.answer(0);
        if (way == error) at.fail(0, 42);
        if (way == timeout_sent || way == timeout_queued) at.advance(ms(2'000));
        if (way == cancel_sent || way == cancel_queued) at.lanes->cancel(ticket, at.now);
        if (way == lost) at.lose();
        if (way == stop) at.lanes->stop_taking({codes::shutting_down, "bye"}, at.now);
        if (way == pumped) {
            at.wire->host.limit_sent_frames(200);
            at.answer(0);
        }
        CHECK(destroyed == 1);
        CHECK(at.lanes == nullptr);
        CHECK(last.once(codes::unavailable));
    }
}

TEST_CASE("Z4: a report of progress may destroy the lanes, or cancel the call that it is about") {
    for (const bool destroy : {true, false}) {
        bench at(roomy());
        outcome one;
        call_ticket ticket;
        int reports = 0;
        ticket = at.lanes->ask(lane::calls, "work", "{}", after(at.now, ms(1'000)), at.now, one.taker(),
                               {.progress = [&](std::string_view, time_point now) {
                                   ++reports;
                                   if (destroy) at.lanes.reset();
                                   else at.lanes->cancel(ticket, now);
                               }});
        at.move();
        at.wire->plugin.progress(at.last().request, "1");
        at.move();
        at.wire->plugin.progress(at.last().request, "2");
        at.move();
        CHECK(reports == 1);
        CHECK(one.once(destroy ? codes::unavailable : codes::cancelled));
    }
}

TEST_CASE("a completion may ask again, also from its own refusal, and reconnect while everything ends") {
    bench at(roomy(), 2);
    std::unique_ptr<connection> old;
    outcome again, others[4];
    at.lanes->ask(lane::calls, "work", "{}", never, at.now, [&](const auto& answer, time_point now) {
        CHECK_FALSE(answer);
        old = std::make_unique<connection>();
        at.lanes->connect(old->host);
        at.lanes->set_concurrency(1, now);
        at.lanes->ask(lane::calls, "again", "{}", never, now, again.taker());
    });
    for (outcome& one : others) at.ask(one);
    at.lanes->connection_lost({codes::unavailable, "gone"}, at.now);
    for (const outcome& one : others) CHECK(one.once(codes::unavailable));
    CHECK(again.pending()); // it belongs to the new connection
    CHECK(at.lanes->in_flight() == 1);
    std::swap(at.wire, old);
    at.lanes->connection_lost({codes::unavailable, "gone"}, at.now);
    CHECK(again.once(codes::unavailable));
}

TEST_CASE("a completion may cancel calls that are about to end: each still completes once") {
    bench at(roomy());
    outcome busy, waits[3];
    call_ticket tickets[3];
    at.lanes->ask(lane::calls, "work", "{}", never, at.now, [&](const auto& answer, time_point now) {
        busy.take(answer, now);
        at.lanes->cancel(tickets[1], now);
        CHECK(waits[1].once(codes::cancelled));
    });
    for (int index = 0; index < 3; ++index) tickets[index] = at.ask(waits[index]);
    at.lanes->connection_lost({codes::unavailable, "gone"}, at.now);
    CHECK(busy.once(codes::unavailable));
    CHECK(waits[0].once(codes::unavailable));
    CHECK(waits[1].completions == 1);
    CHECK(waits[2].once(codes::unavailable));
}

TEST_CASE("what a completion owns is gone when the call is completed") {
    bench at(roomy());
    const auto owned = std::make_shared<int>(1);
    at.lanes->ask(lane::calls, "work", "{}", never, at.now, [kept = owned](const auto&, time_point) {},
                  {.progress = [kept = owned](std::string_view, time_point) {}});
    CHECK(owned.use_count() == 3);
    at.move();
    at.answer(0);
    CHECK(owned.use_count() == 1);
}

TEST_CASE("at random: every call completes exactly once, by its deadline, and all are counted") {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto below = [&](unsigned bound) { return static_cast<int>(random() % bound); };
        lane_options options{
            .plugin = "backup", .max_queued = 20, .breaker = {.failures = below(2) * 5, .open_for = ms(50)}};
        bench at(options, 3);
        struct asked_call {
            outcome of;
            call_ticket ticket;
            time_point deadline;
        };
        std::deque<asked_call> all;
        bool up = true;
        for (int step = 0; step < 800; ++step) {
            switch (below(up ? 12 : 6)) {
            case 0:
            case 1:
            case 2:
            case 3: {
                asked_call& one = all.emplace_back();
                const int wait = below(8) == 0 ? 0 : 1 + below(200);
                one.deadline = after(at.now, ms(wait));
                const bool again = below(5) == 0;
                one.ticket = at.lanes->ask(static_cast<lane>(below(4)), "work", "{}", one.deadline, at.now,
                                           [&, again, kept = one.of.taker()](result<std::string_view> answer,
                                                                             time_point now) mutable {
                                               kept(std::move(answer), now);
                                               if (!again) return;
                                               asked_call& next = all.emplace_back();
                                               next.deadline = after(now, ms(30));
                                               next.ticket =
                                                   at.lanes->ask(lane::calls, "again", "{}", next.deadline,
                                                                 now, next.of.taker());
                                           });
                break;
            }
            case 4:
                at.advance(ms(below(40)));
                break;
            case 5:
                if (!all.empty()) at.lanes->cancel(all[random() % all.size()].ticket, at.now);
                if (!up && below(3) == 0) at.connect(1 + static_cast<std::size_t>(below(4))), up = true;
                break;
            case 6:
                if (below(15) != 0) break;
                up = false;
                if (below(2) == 0) at.lose();
                else at.lanes->connection_lost({codes::unavailable, "killed"}, at.now);
                break;
            default: {
                at.move();
                if (at.heard() == 0) break;
                const std::size_t which = random() % at.heard();
                if (below(4) == 0) at.fail(which, below(2) == 0 ? codes::internal_error : 5);
                else at.answer(which);
            }
            }
        }
        at.advance(ms(1'000));
        for (const asked_call& one : all) {
            CHECK(one.of.completions == 1);
            CHECK(one.of.at <= one.deadline);
        }
        std::uint64_t asked_for = 0, over = 0;
        for (std::size_t index = 0; index < lane_count; ++index) {
            asked_for += at.lanes->counts(static_cast<lane>(index)).asked;
            over += ended(at.lanes->counts(static_cast<lane>(index)));
        }
        CHECK(asked_for == over);
        CHECK(at.lanes->in_flight() == 0);
        CHECK(at.lanes->queued() == 0);
        CHECK(at.lanes->queued_bytes() == 0);
    }
}
