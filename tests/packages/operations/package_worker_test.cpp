#include <tenon/packages/operations/package_worker.hpp>

#include <doctest/doctest.h>

#include <asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

using namespace tenon;
using detail::package_worker;

namespace {

struct loop_and_worker {
    asio::io_context loop;
    std::shared_ptr<const detail::home> home = std::make_shared<const detail::home>(loop.get_executor());
    package_worker worker{home};
};

} // namespace

TEST_CASE("a job runs beside the loop, and what it found comes back to the loop, which waits for it") {
    loop_and_worker here;
    const auto loop_thread = std::this_thread::get_id();
    std::vector<int> told;
    for (int number = 0; number < 3; ++number)
        here.worker.run(
            [number, loop_thread] {
                CHECK(std::this_thread::get_id() != loop_thread);
                return number;
            },
            [&told, loop_thread](int number_back) {
                CHECK(std::this_thread::get_id() == loop_thread);
                told.push_back(number_back);
            });
    here.loop.run(); // returns when nothing is on its way any more
    CHECK(told == std::vector<int>{0, 1, 2});
}

TEST_CASE("stopping waits for the job that runs and drops those behind it") {
    asio::io_context loop;
    const auto home = std::make_shared<const detail::home>(loop.get_executor());
    std::atomic<bool> begun = false, saw_the_end = false;
    bool told = false;
    const auto held = std::make_shared<int>(1);
    {
        package_worker worker(home);
        worker.run(
            [&] {
                begun = true;
                while (!worker.stopping()) std::this_thread::yield();
                saw_the_end = true;
                return 0;
            },
            [](int) {});
        worker.run([held] { return 0; }, [&told](int) { told = true; });
        while (!begun) std::this_thread::yield();
        worker.stop();
        CHECK(saw_the_end);
        worker.run([held] { return 0; }, [&told](int) { told = true; }); // too late
    }
    CHECK(held.use_count() == 1);
    loop.run();
    CHECK_FALSE(told);
}

TEST_CASE("what nobody waits for is done between jobs, and a job waits for no more than a bit of it") {
    loop_and_worker here;
    std::atomic<int> bits = 0;
    std::atomic<bool> enough = false;
    here.worker.when_idle([&] {
        ++bits;
        return !enough;
    });
    // While there is more of it all the time.
    for (int number = 0; number < 3; ++number) {
        bool told = false;
        here.worker.run([] { return 0; }, [&told](int) { told = true; });
        here.loop.restart();
        here.loop.run();
        CHECK(told);
    }
    // Until there is no more; and it is asked again after a job.
    while (bits == 0) std::this_thread::yield();
    enough = true;
    const int before = bits;
    here.worker.run([] { return 0; }, [](int) {});
    here.loop.restart();
    here.loop.run();
    while (bits == before) std::this_thread::yield();
}
