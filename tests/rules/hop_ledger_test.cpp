#include <tenon/rules/events/hop_ledger.hpp>

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::detail;

namespace {

constexpr time_point begin = time_point{} + milliseconds{1'000'000};
constexpr time_point at(int ms) { return begin + milliseconds{ms}; }

/// A ledger in which events are given by their hops alone, and each has a number of its own.
struct ledger_bench {
    explicit ledger_bench(int max_hops = 8, int plugins = 3) : ledger(max_hops) {
        for (int plugin = 0; plugin != plugins; ++plugin) ledger.follow(static_cast<plugin_index>(plugin));
    }
    /// An event from outside, or one that was emitted.
    event_place made(const event_place& from = {}) {
        event_place event = from;
        event.number = ++last;
        if (event.root == 0) event.root = event.number;
        return event;
    }
    event_place far(int hops) {
        event_place event = made();
        event.hops = hops;
        return event;
    }
    /// The hops of what the plugin emits, -1 where it is refused.
    int emit(plugin_index plugin, time_point now, std::uint64_t cause = 0) {
        const auto place = ledger.emit(plugin, "m.x", cause, now);
        named = cause;
        why = place ? std::string() : place.error().message;
        if (place) emitted = *place;
        return place ? place->hops : -1;
    }

    hop_ledger ledger;
    std::uint64_t last = 0, named = 0;
    event_place emitted = {};
    std::string why;
};

} // namespace

TEST_CASE("an event that a plugin emits by itself comes from nowhere") {
    ledger_bench on;
    CHECK(on.emit(1, at(0)) == 0);
    CHECK(on.emitted.root == 0);
    on.ledger.told(2, on.far(5), at(0));
    CHECK(on.emit(1, at(0)) == 0);  // what others were told is not its own
    CHECK(on.emit(77, at(0)) == 0); // nobody follows it
}

TEST_CASE("E8: a plugin that answers an event by emitting it again is refused at the limit") {
    for (const bool names : {false, true})
        for (const bool asked : {false, true}) {
            CAPTURE(names);
            CAPTURE(asked);
            ledger_bench on;
            event_place event = on.made();
            const std::uint64_t root = event.number;
            int rounds = 0;
            for (; rounds < 100; ++rounds) {
                if (asked) on.ledger.asked(1, event, at(rounds));
                else on.ledger.told(1, event, at(rounds));
                const int hops = on.emit(1, at(rounds), names ? event.number : 0);
                if (asked) on.ledger.answered(1, event, at(rounds));
                if (hops < 0) break;
                CHECK(hops == rounds + 1);
                CHECK(on.emitted.root == root);
                event = on.made(on.emitted);
            }
            CHECK(rounds == 8);
            CHECK(
                on.why ==
                "the event \"m.x\" is emitted in answer to an event that is 8 hops from its origin already, "
                "and 8 are allowed");
        }
}

TEST_CASE("E8: two plugins that answer each other are refused as well, named or not, and however slowly "
          "where named") {
    for (const bool names : {false, true}) {
        ledger_bench on;
        event_place event = on.made();
        int rounds = 0;
        for (; rounds < 100; ++rounds) {
            const auto plugin = static_cast<plugin_index>(rounds % 2);
            const int pace = names ? 60'000 : 10;
            on.ledger.told(plugin, event, at(rounds * pace));
            if (on.emit(plugin, at(rounds * pace + 5), names ? event.number : 0) < 0) break;
            event = on.made(on.emitted);
        }
        CHECK(rounds == 8);
    }
}

TEST_CASE("a plugin that emitted one event for each event, and heard its own, was refused 44 times of 60 as "
          "a loop") {
    for (const bool names : {false, true})
        for (const int pace : {0, 1, 100}) {
            CAPTURE(names);
            CAPTURE(pace);
            ledger_bench on;
            for (int count = 0; count != 600; ++count) {
                const event_place event = on.made();
                on.ledger.told(1, event, at(count * pace));
                REQUIRE(on.emit(1, at(count * pace), names ? event.number : 0) == 1);
                on.ledger.told(1, on.made(on.emitted), at(count * pace)); // its own, which it leaves alone
            }
        }
}

TEST_CASE("E8: a plugin that answers first and emits afterwards is counted too") {
    ledger_bench on;
    const event_place event = on.far(3);
    on.ledger.asked(1, event, at(0));
    on.ledger.answered(1, event, at(50'000));
    CHECK(on.emit(1, at(50'100)) == 4);
    CHECK(on.emit(1, at(90'000), event.number) == 4); // named, at any time
}

TEST_CASE("what a plugin is being asked about counts however long it takes; who emits more than it was given "
          "goes farthest") {
    ledger_bench on;
    const event_place near = on.far(2), far = on.far(6);
    on.ledger.asked(1, near, at(0));
    on.ledger.asked(1, far, at(0));
    CHECK(on.emit(1, at(1'000'000)) == 3);
    CHECK(on.emit(1, at(1'000'000)) == 7);
    CHECK(on.emit(1, at(1'000'000)) == 7); // both have their answer
    on.ledger.answered(1, far, at(1'000'000));
    CHECK(on.emit(1, at(1'010'000)) == 3);
    on.ledger.answered(1, near, at(1'010'000));
    on.ledger.answered(1, near, at(1'010'000)); // once too often
    CHECK(on.emit(1, at(1'020'000)) == 0);
}

TEST_CASE("what a plugin was told is forgotten when it has been quiet for a moment, where it names nothing") {
    ledger_bench on;
    const event_place event = on.far(4);
    on.ledger.told(1, event, at(0));
    CHECK(on.emit(1, at(499)) == 5);
    CHECK(on.emit(1, at(500)) == 0);
    CHECK(on.emit(1, at(500), event.number) == 5);
}

TEST_CASE("a cause counts only for the plugin that was given it") {
    ledger_bench on;
    const event_place mine = on.far(5), others = on.far(0);
    on.ledger.told(1, mine, at(0));
    on.ledger.told(2, others, at(0));
    CHECK(on.emit(1, at(0), others.number) == 6);
    CHECK(on.named == 0); // it is not repeated as the cause
    CHECK(on.emit(1, at(0), 12'345) == 6);
    CHECK(on.emit(1, at(0), mine.number) == 6);
    CHECK(on.named == mine.number);
    for (std::size_t more = 0; more != max_known_causes; ++more) on.ledger.told(1, on.far(0), at(0));
    CHECK(on.emit(1, at(10'000), mine.number) == 0); // too long ago
    CHECK(on.named == 0);
}

TEST_CASE("a plugin that names the same cause for ever, or several for each, is refused when its chain is "
          "long enough") {
    ledger_bench on;
    const event_place first = on.made();
    on.ledger.told(1, first, at(0));
    std::uint32_t emitted = 0;
    for (; emitted < 100'000; ++emitted) {
        if (on.emit(1, at(0), first.number) < 0) break;
        on.ledger.told(1, on.made(on.emitted), at(0));
        if (emitted % 512 == 0) on.ledger.told(1, first, at(0));
    }
    CHECK(emitted == max_chain_events);
    CHECK(on.why ==
          "the event \"m.x\" is one too many: 1024 events were emitted already that go back to the same one");
    const event_place other = on.made();
    on.ledger.told(1, other, at(0));
    CHECK(on.emit(1, at(0), other.number) == 1); // another chain
}

TEST_CASE("E8: a loop that names nothing is let through at most the limit per moment, for ever") {
    ledger_bench on;
    int emitted = 0;
    event_place event = on.made();
    for (int ms = 0; ms < 6'000; ++ms) {
        on.ledger.told(1, event, at(ms));
        if (on.emit(1, at(ms)) >= 0) {
            ++emitted;
            event = on.made(on.emitted);
        }
    }
    CHECK(emitted == 8); // it was never quiet
}

TEST_CASE("an avalanche of a plugin that emits ten for each and names nothing comes to an end") {
    ledger_bench on;
    std::vector<event_place> waiting{on.made()};
    std::size_t emitted = 0;
    for (std::size_t heard = 0; heard != waiting.size() && emitted < 100'000; ++heard) {
        on.ledger.told(1, waiting[heard], at(0));
        for (int times = 0; times != 10; ++times)
            if (on.emit(1, at(0)) >= 0) {
                ++emitted;
                waiting.push_back(on.made(on.emitted));
            }
    }
    CHECK(emitted < 1'100);
}

TEST_CASE("a new connection starts anew") {
    ledger_bench on;
    const event_place event = on.far(8);
    on.ledger.asked(1, event, at(0));
    CHECK(on.emit(1, at(0)) == -1);
    on.ledger.forget(1);
    on.ledger.follow(1);
    CHECK(on.emit(1, at(0)) == 0);
    on.ledger.answered(1, event, at(0)); // of the old one
    CHECK(on.emit(1, at(0)) == 0);
}

TEST_CASE("with a limit of 0 nothing may be emitted in answer to an event") {
    ledger_bench on(0);
    CHECK(on.emit(1, at(0)) == 0);
    on.ledger.told(1, on.made(), at(0));
    CHECK(on.emit(1, at(0)) == -1);
}
