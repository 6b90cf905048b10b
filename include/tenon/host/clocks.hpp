#ifndef TENON_HOST_CLOCKS_HPP
#define TENON_HOST_CLOCKS_HPP

// The two clocks that a host reads. Below it time is an argument.

#include <tenon/core/time.hpp>

#include <chrono>
#include <cstdint>

namespace tenon::detail {

inline time_point steady_now() noexcept { return std::chrono::steady_clock::now(); }

inline std::int64_t wall_clock_ms() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(since).count();
}

} // namespace tenon::detail

#endif
