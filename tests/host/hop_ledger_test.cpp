#include <tenon/host/events/hop_ledger.hpp>

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::detail;

namespace {

constexpr time_point begin = time_point{} + milliseconds{1'000'000};
constexpr time_point at(int ms) { return begin + milliseconds{ms}; }

} // namespace

TEST_CASE("an event that a plugin emits by itself comes from nowhere") {
    hop_ledger ledger(8);
    CHECK(ledger.emit(1, "m.x", at(0)).value_or(-1) == 0);
    ledger.told(2, 5, at(0));
    CHECK(ledger.emit(1, "m.x", at(0)).value_or(-1) == 0); // what others were told is not its own
}

TEST_CASE("E8: a plugin that answers an event by emitting it again is refused at the limit") {
    for (const bool asked : {false, true}) {
        CAPTURE(asked);
        hop_ledger ledger(8);
        int hops = 0, rounds = 0;
        for (; rounds < 100; ++rounds) {
            if (asked) ledger.asked(1, hops, at(rounds));
            else ledger.told(1, hops, at(rounds));
            const auto emitted = ledger.emit(1, "m.x", at(rounds));
            if (asked) ledger.answered(1, hops, at(rounds));
            if (!emitted) {
                CHECK(emitted.error().code == codes::limit_exceeded);
                CHECK(emitted.error().message ==
                      "the event \"m.x\" is emitted in answer to an event that is 8 "
                      "hops from its origin already, and 8 are allowed");
                break;
            }
            CHECK(*emitted == hops + 1);
            hops = *emitted;
        }
        CHECK(rounds == 8);
    }
}

TEST_CASE("E8: two plugins that answer each other are refused as well") {
    hop_ledger ledger(8);
    int hops = 0, rounds = 0;
    for (; rounds < 100; ++rounds) {
        const auto plugin = static_cast<plugin_index>(rounds % 2);
        ledger.told(plugin, hops, at(rounds * 10));
        const auto emitted = ledger.emit(plugin, "m.x", at(rounds * 10 + 5));
        if (!emitted) break;
        hops = *emitted;
    }
    CHECK(rounds == 8);
}

TEST_CASE("E8: a plugin that answers first and emits afterwards is counted too") {
    hop_ledger ledger(8);
    ledger.asked(1, 3, at(0));
    ledger.answered(1, 3, at(50'000));
    CHECK(ledger.emit(1, "m.x", at(50'100)).value_or(-1) == 4);
}

TEST_CASE("what a plugin is being asked about counts however long it takes, and the farthest of it") {
    hop_ledger ledger(8);
    ledger.asked(1, 2, at(0));
    ledger.asked(1, 2, at(0));
    ledger.asked(1, 6, at(0));
    CHECK(ledger.emit(1, "m.x", at(1'000'000)).value_or(-1) == 7);
    ledger.answered(1, 6, at(1'000'000));
    CHECK(ledger.emit(1, "m.x", at(1'010'000)).value_or(-1) == 3);
    ledger.answered(1, 2, at(1'010'000));
    CHECK(ledger.emit(1, "m.x", at(1'020'000)).value_or(-1) == 3);
    ledger.answered(1, 2, at(1'020'000));
    ledger.answered(1, 2, at(1'030'000)); // once too often
    CHECK(ledger.emit(1, "m.x", at(1'030'000)).value_or(-1) == 0);
}

TEST_CASE("what a plugin was told is forgotten when it has been quiet for a moment") {
    hop_ledger ledger(8, milliseconds{2'000});
    ledger.told(1, 4, at(0));
    CHECK(ledger.emit(1, "m.x", at(1'999)).value_or(-1) == 5);
    CHECK(ledger.emit(1, "m.x", at(4'001)).value_or(-1) == 0);
    // Told late in one span, it is known through the next.
    ledger.told(1, 7, at(10'000));
    ledger.told(1, 1, at(11'900));
    ledger.told(1, 0, at(12'100));
    CHECK(ledger.emit(1, "m.x", at(12'200)).value_or(-1) == 8);
    ledger.told(1, 0, at(14'300));
    CHECK(ledger.emit(1, "m.x", at(14'400)).value_or(-1) == 1);
}

TEST_CASE("E8: a loop is let through at most the limit per moment, for ever") {
    hop_ledger ledger(8, milliseconds{2'000});
    int emitted = 0, hops = 0;
    for (int ms = 0; ms < 60'000; ++ms) {
        ledger.told(1, hops, at(ms));
        if (const auto next = ledger.emit(1, "m.x", at(ms))) {
            ++emitted;
            hops = *next;
        }
    }
    CHECK(emitted == 8); // it was never quiet
}

TEST_CASE("a new connection starts anew") {
    hop_ledger ledger(8);
    ledger.asked(1, 8, at(0));
    CHECK_FALSE(ledger.emit(1, "m.x", at(0)));
    ledger.forget(1);
    CHECK(ledger.emit(1, "m.x", at(0)).value_or(-1) == 0);
    ledger.answered(1, 8, at(0)); // of the old one
    CHECK(ledger.emit(1, "m.x", at(0)).value_or(-1) == 0);
}

TEST_CASE("with a limit of 0 nothing may be emitted in answer to an event") {
    hop_ledger ledger(0);
    CHECK(ledger.emit(1, "m.x", at(0)).value_or(-1) == 0);
    ledger.told(1, 0, at(0));
    CHECK_FALSE(ledger.emit(1, "m.x", at(0)));
}
