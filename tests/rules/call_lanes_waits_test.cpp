// R9: calls that come back to a plugin which waits for them.

#include "asked_plugin.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace asked;

namespace {

constexpr milliseconds ms(int count) { return milliseconds(count); }

/// Plugins of one host that call each other through it.
struct circle {
    call_waits waits;
    std::deque<lane_bench> plugins;

    explicit circle(std::initializer_list<std::size_t> concurrency) {
        std::uint32_t index = 0;
        for (const std::size_t places : concurrency)
            plugins.emplace_back(lane_options{.plugin = "p" + std::to_string(index),
                                              .max_queued = 100,
                                              .waits = &waits,
                                              .index = index},
                                 places),
                ++index;
    }
    call_ticket ask(std::uint32_t asker, std::uint32_t asked, outcome& to, milliseconds within = ms(1'000)) {
        lane_bench& at = plugins[asked];
        const call_ticket ticket = at.lanes->ask(lane::calls, "work", "{}", after(at.now, within), at.now,
                                                 to.taker(), {.asker = asker});
        at.move();
        return ticket;
    }
};

} // namespace

TEST_CASE("R9: a plugin that calls itself while it is busy to the last place is refused at once") {
    circle of({1});
    outcome outer, inner;
    of.ask(call_waits::nobody, 0, outer);
    CHECK_FALSE(of.ask(0, 0, inner));
    CHECK(inner.once(codes::reentrant_call));
    CHECK(inner.text == "p0 is busy with what waits for this call");
    CHECK(inner.data == R"({"source":"host","plugin":"p0","retryable":false})");
    CHECK(outer.pending());
    of.plugins[0].answer(0);
    CHECK(outer.once(0));
    outcome later;
    of.ask(0, 0, later); // idle: it may call itself
    CHECK(later.pending());
    CHECK(of.plugins[0].lanes->counts(lane::calls).reentrant == 1);
}

TEST_CASE("R9: with a place left a plugin may call itself, as deep as it has places") {
    circle of({64});
    outcome depth[65];
    of.ask(call_waits::nobody, 0, depth[0]);
    for (int level = 1; level < 64; ++level) {
        of.ask(0, 0, depth[level]);
        CHECK(depth[level].pending());
    }
    of.ask(0, 0, depth[64]);
    CHECK(depth[64].once(codes::reentrant_call));
    for (std::size_t level = 64; level-- > 0;) of.plugins[0].answer(level);
    for (int level = 0; level < 64; ++level) CHECK(depth[level].once(0));
}

TEST_CASE("R9: A to B and back to A is refused at once, and both go on") {
    circle of({1, 1});
    outcome first, second, back;
    of.ask(call_waits::nobody, 0, first);
    of.ask(0, 1, second);
    CHECK(second.pending());
    of.ask(1, 0, back);
    CHECK(back.once(codes::reentrant_call));
    of.plugins[1].answer(0);
    of.plugins[0].answer(0);
    CHECK(second.once(0));
    CHECK(first.once(0));
    outcome again;
    of.ask(1, 0, again);
    CHECK(again.pending());
}

TEST_CASE("R9: a circle of 64 plugins is found") {
    circle of({});
    for (std::uint32_t index = 0; index < 64; ++index)
        of.plugins.emplace_back(
            lane_options{.plugin = "p" + std::to_string(index), .waits = &of.waits, .index = index}, 1);
    std::vector<outcome> calls(65);
    of.ask(call_waits::nobody, 0, calls[0]);
    for (std::uint32_t index = 1; index < 64; ++index) {
        of.ask(index - 1, index, calls[index]);
        CHECK(calls[index].pending());
    }
    of.ask(63, 0, calls[64]);
    CHECK(calls[64].once(codes::reentrant_call));
}

TEST_CASE("a call to a busy plugin waits when the plugin works on something that does not wait") {
    circle of({2, 1});
    outcome plain, outer, inner, back, other;
    of.ask(call_waits::nobody, 0, plain);
    of.ask(call_waits::nobody, 0, outer);
    of.ask(0, 1, inner);
    of.ask(1, 0, back); // `plain` will make a place
    CHECK(back.pending());
    of.plugins[0].answer(0);
    CHECK(plain.once(0));
    CHECK(of.plugins[0].heard() == 3);
    of.plugins[0].answer(2);
    CHECK(back.once(0));
    // Somebody who waits for nobody may always wait.
    of.ask(call_waits::nobody, 1, other);
    CHECK(other.pending());
}

TEST_CASE("two plugins that are busy with work of their own may wait for each other's places") {
    circle of({1, 1});
    outcome a, b, wants_b;
    of.ask(call_waits::nobody, 0, a);
    of.ask(call_waits::nobody, 1, b);
    of.ask(0, 1, wants_b);
    CHECK(wants_b.pending());
    outcome wants_a; // now both wait for each other
    of.ask(1, 0, wants_a);
    CHECK(wants_a.once(codes::reentrant_call));
    of.plugins[1].answer(0);
    of.plugins[1].answer(1);
    CHECK(wants_b.once(0));
}

TEST_CASE("whatever way a call ends, nobody waits for it any more") {
    circle of({1, 1});
    for (int way = 0; way < 5; ++way) {
        CAPTURE(way);
        lane_bench& b = of.plugins[1];
        outcome outer, inner, queued, free;
        of.ask(call_waits::nobody, 0, outer, ms(60'000));
        const call_ticket ticket = of.ask(0, 1, inner, ms(1'000));
        const call_ticket waiting = of.ask(0, 1, queued, ms(1'000));
        if (way == 0) b.answer(0), b.answer(1);
        if (way == 1) b.fail(0, 5), b.fail(1, 6);
        if (way == 2) b.lanes->cancel(waiting, b.now), b.lanes->cancel(ticket, b.now);
        if (way == 3) b.advance(ms(2'000));
        if (way == 4) b.lose();
        CHECK(inner.completions == 1);
        CHECK(queued.completions == 1);
        if (way == 4) b.connect();
        b.move();
        b.wire->asked.clear();
        of.plugins[1].now = of.plugins[0].now;
        outcome busy;
        of.ask(call_waits::nobody, 1, busy, ms(60'000));
        of.ask(1, 0, free, ms(60'000)); // A works, but waits for nobody
        CHECK(free.pending());
        of.plugins[0].answer(0);
        of.plugins[0].answer(1);
        b.answer(0);
        CHECK(free.once(0));
        of.plugins[0].wire->asked.clear();
        b.wire->asked.clear();
    }
}
