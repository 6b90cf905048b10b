#include <tenon/transport/busy_poll.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

using namespace std::chrono_literals;
using tenon::executor;
using tenon::detail::busy_poll;

namespace {

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

/// None where this machine has one CPU.
std::shared_ptr<busy_poll> watch(asio::io_context& loop) {
    return busy_poll::make(loop.get_executor(), 50us);
}

} // namespace

TEST_CASE("there is no busy_poll where it would be of no use") {
    asio::io_context loop;
    CHECK(busy_poll::make(loop.get_executor(), 0us) == nullptr);
    CHECK(busy_poll::make(asio::make_strand(loop), 50us) == nullptr);
    CHECK(busy_poll::make(asio::system_executor(), 50us) == nullptr);
    CHECK((watch(loop) != nullptr) == (tenon::detail::other_cpus() > 0));
}

TEST_CASE("a busy_poll ends when its time is over, and the loop has nothing more to do") {
    asio::io_context loop;
    const auto keeps = watch(loop);
    if (!keeps) return;
    busy_poll::wait answer;
    const auto until = now() + 20ms;
    keeps->begin(answer, now(), until);
    loop.run();
    CHECK(now() >= until);
}

TEST_CASE("a busy_poll ends when everybody has heard what he waited for") {
    asio::io_context loop;
    const auto keeps = watch(loop);
    if (!keeps) return;
    busy_poll::wait first, second;
    keeps->begin(first, now(), now() + 1h);
    keeps->begin(second, now(), now() + 1h);
    keeps->begin(second, now(), now() + 1h); // who says more waits still for one thing
    keeps->end(first);
    keeps->end(first);
    CHECK(loop.run_for(100ms) > 1);
    keeps->end(second);
    loop.restart();
    loop.run(); // it returns
}

TEST_CASE("who waits for more than there are other CPUs leaves his own to them") {
    asio::io_context loop;
    const auto keeps = watch(loop);
    if (!keeps) return;
    std::vector<busy_poll::wait> answers(static_cast<std::size_t>(tenon::detail::other_cpus()) + 1);
    for (busy_poll::wait& answer : answers) keeps->begin(answer, now(), now() + 1h);
    CHECK(loop.run() == 1); // it returns
}

TEST_CASE("who was not answered in the round before does not keep the loop awake for others") {
    asio::io_context loop;
    const auto keeps = watch(loop);
    if (!keeps) return;
    busy_poll::wait hung, other;
    keeps->begin(hung, now(), now());
    loop.run();
    loop.restart();
    keeps->begin(other, now(), now() + 1h);
    keeps->end(other);
    keeps->end(hung);
    loop.run(); // it returns
}

TEST_CASE("others have their turns while the loop is kept awake, and timers ring") {
    asio::io_context loop;
    const auto keeps = watch(loop);
    if (!keeps) return;
    busy_poll::wait answer;
    keeps->begin(answer, now(), now() + 1h);
    int turns = 0;
    std::function<void()> again = [&] {
        if (++turns < 100) asio::post(loop, again);
    };
    asio::post(loop, again);
    asio::steady_timer timer(loop, 10ms);
    timer.async_wait([&](const asio::error_code& error) {
        CHECK_FALSE(error);
        CHECK(turns == 100);
        keeps->end(answer);
    });
    loop.run(); // it returns
    CHECK(turns == 100);
}

TEST_CASE("a loop may be destroyed while it is kept awake, and the busy_poll before the loop") {
    std::shared_ptr<busy_poll> keeps;
    busy_poll::wait answer;
    {
        asio::io_context loop;
        keeps = watch(loop);
        if (!keeps) return;
        keeps->begin(answer, now(), now() + 1h);
        loop.run_one();
    }
    keeps->end(answer);
    asio::io_context loop;
    keeps = watch(loop);
    keeps->begin(answer, now(), now() + 1ms);
    keeps.reset();
    loop.run();
}
