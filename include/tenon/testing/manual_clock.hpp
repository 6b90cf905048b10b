#ifndef TENON_TESTING_MANUAL_CLOCK_HPP
#define TENON_TESTING_MANUAL_CLOCK_HPP

// A steady clock that is turned by hand, so that a test of a timeout takes no time and always goes the same way.
//
//     tenon::testing::manual_clock clock;
//     clock.advance(std::chrono::seconds(5));
//
// It starts at the steady clock's real time, because threads of the plugin's own that wait for the host wait on
// the real one. It never goes back. It may be read from any thread.

#include <tenon/core/time.hpp>

#include <atomic>
#include <chrono>

namespace tenon::testing {

class manual_clock {
public:
    explicit manual_clock(time_point start = std::chrono::steady_clock::now())
        : ticks_(start.time_since_epoch().count()) {}

    time_point now() const noexcept { return time_point(time_point::duration(ticks_.load())); }

    void advance(std::chrono::nanoseconds step) noexcept {
        if (step.count() > 0) ticks_ += step.count();
    }
    /// Does nothing where that time is over.
    void advance_to(time_point then) noexcept { advance(then - now()); }

private:
    std::atomic<time_point::rep> ticks_;
};

} // namespace tenon::testing

#endif
