// What completions may do: anything, and every call still completes exactly once, whatever happens and in whatever
// order.

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

TEST_CASE("Z4: the end of the lanes completes everything, and refuses what a completion asks then") {
    lane_bench at(roomy());
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
        lane_bench at({.plugin = "backup", .max_queued = 2, .breaker = {.failures = 0}});
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
        lane_bench at(roomy());
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
    lane_bench at(roomy(), 2);
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
    lane_bench at(roomy());
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
    lane_bench at(roomy());
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
        lane_bench at(options, 3);
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
            case 4: at.advance(ms(below(40))); break;
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
