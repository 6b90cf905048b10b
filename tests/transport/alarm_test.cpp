#include <tenon/transport/alarm.hpp>
#include <tenon/transport/system_streams.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>

using namespace std::chrono_literals;
using tenon::time_point;

namespace {
time_point clock_now() { return std::chrono::steady_clock::now(); }
} // namespace

TEST_CASE("an alarm rings once, not before its time") {
    asio::io_context loop(1);
    int rings = 0;
    const time_point start = clock_now();
    tenon::detail::alarm alarm(loop.get_executor(), [&](time_point now) {
        ++rings;
        CHECK(now >= start + 5ms);
    });
    alarm.set(start + 5ms);
    loop.run();
    CHECK(rings == 1);
    CHECK(alarm.armed() == tenon::never);
}

TEST_CASE("a later time leaves an alarm alone, an earlier one moves it, never means nothing") {
    asio::io_context loop(1);
    int rings = 0;
    const time_point start = clock_now();
    tenon::detail::alarm alarm(loop.get_executor(), [&](time_point) { ++rings; });
    alarm.set(tenon::never);
    CHECK(loop.run() == 0);
    loop.restart();
    alarm.set(start + 1h);
    alarm.set(start + 2h);
    CHECK(alarm.armed() == start + 1h);
    alarm.set(start + 5ms);
    alarm.set(start + 3h);
    CHECK(alarm.armed() == start + 5ms);
    loop.run();
    CHECK(rings == 1);
}

TEST_CASE("an alarm that was cancelled or destroyed does not ring, even if it is due already") {
    asio::io_context loop(1);
    int rings = 0;
    std::optional<tenon::detail::alarm> alarm;
    alarm.emplace(loop.get_executor(), [&](time_point) { ++rings; });
    alarm->set(clock_now() - 1s);
    loop.poll_one(); // the timer's handler may be on its way from here on
    const int before = rings;
    alarm->set(clock_now() - 1s);
    alarm->cancel();
    loop.restart();
    loop.run();
    CHECK(rings == before);
    alarm->set(clock_now() - 1s);
    alarm.reset();
    loop.restart();
    loop.run();
    CHECK(rings == before);
}

TEST_CASE("an alarm may be destroyed, or set again, by what it calls") {
    asio::io_context loop(1);
    int rings = 0;
    std::unique_ptr<tenon::detail::alarm> alarm;
    const auto large = std::make_shared<int>(4711);
    alarm = std::make_unique<tenon::detail::alarm>(loop.get_executor(), [&, large](time_point now) {
        if (++rings < 3) return alarm->set(now + 1ms);
        alarm.reset();
        CHECK(*large == 4711);
    });
    alarm->set(clock_now());
    loop.run();
    CHECK(rings == 3);
}

TEST_CASE("a descriptor is closed once, by whoever owns it last") {
    int ends[2];
    REQUIRE(tenon::detail::make_pipe(ends));
    tenon::detail::descriptor output(ends[1]);
    char byte = 0;
    tenon::detail::make_nonblocking(ends[0]);
    {
        const tenon::detail::descriptor input(ends[0]);
        CHECK(tenon::detail::read_some(input.get(), {&byte, 1}).state ==
              tenon::detail::transfer_state::would_block);
        tenon::detail::descriptor moved(std::move(output));
        CHECK(output.get() == -1);
        CHECK(moved.get() == ends[1]);
        moved = tenon::detail::descriptor();
        CHECK(tenon::detail::read_some(input.get(), {&byte, 1}).state == tenon::detail::transfer_state::over);
    }
    CHECK(tenon::detail::read_some(ends[0], {&byte, 1}).state == tenon::detail::transfer_state::over);
    CHECK(!tenon::detail::make_nonblocking(ends[0]));
}
