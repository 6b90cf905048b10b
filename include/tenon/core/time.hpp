#ifndef TENON_CORE_TIME_HPP
#define TENON_CORE_TIME_HPP

// Points in time on the steady clock, which arithmetic on deadlines cannot overflow. Nothing below the
// program's edge reads a clock: time comes in as an argument.
//
// The calendar half of <chrono> costs every plugin 0.1 s of compile time and is not used, so libstdc++ is
// asked for the clock half alone.

#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif

namespace tenon {

using time_point = std::chrono::steady_clock::time_point;
using milliseconds = std::chrono::milliseconds;

/// A deadline that never comes.
inline constexpr time_point never = time_point::max();

/// `from + wait`, or `never` where that cannot be represented. A negative wait is over at once.
constexpr time_point after(time_point from, milliseconds wait) noexcept {
    if (wait.count() <= 0) return from;
    const auto room = std::chrono::duration_cast<milliseconds>(never - from);
    return wait >= room ? never : from + wait;
}

} // namespace tenon

#endif
