#ifndef TENON_TESTS_SOON_HPP
#define TENON_TESTS_SOON_HPP

// Waiting for something to become true rather than for time to pass. The limit is for what never does: a machine that
// is busy may take its time.

#include <chrono>
#include <functional>
#include <thread>

namespace tenon::tests {

inline bool soon(const std::function<bool()>& holds,
                 std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    using clock = std::chrono::steady_clock;
    for (const auto end = clock::now() + limit; !holds();
         std::this_thread::sleep_for(std::chrono::milliseconds(1)))
        if (clock::now() > end) return holds();
    return true;
}

} // namespace tenon::tests

#endif
