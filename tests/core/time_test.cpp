#include <tenon/core/time.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using tenon::after;
using tenon::milliseconds;
using tenon::never;
using tenon::time_point;

TEST_CASE("a deadline lies as far ahead as the wait is long") {
    const time_point start{std::chrono::seconds(1000)};
    CHECK(after(start, 250ms) - start == 250ms);
    CHECK(after(start, 24h) - start == 24h);
}

TEST_CASE("a wait of nothing or less is over at once") {
    const time_point start{std::chrono::seconds(1000)};
    CHECK(after(start, 0ms) == start);
    CHECK(after(start, -1ms) == start);
    CHECK(after(start, milliseconds::min()) == start);
}

TEST_CASE("R10: a wait that no clock can count never ends, and nothing overflows") {
    CHECK(after(time_point{}, milliseconds::max()) == never);
    CHECK(after(time_point{std::chrono::seconds(1000)}, milliseconds::max()) == never);
    CHECK(after(never, 1ms) == never);
    CHECK(after(never - 5ms, 10ms) == never);
    CHECK(after(never - 20ms, 10ms) < never);
    CHECK(after(never, 0ms) == never);
}

TEST_CASE("deadlines can be computed while compiling") {
    static_assert(after(time_point{}, milliseconds(2)) == time_point{} + milliseconds(2));
    static_assert(after(time_point{}, milliseconds::max()) == never);
}
