#ifndef TENON_PLUGIN_STREAM_HPP
#define TENON_PLUGIN_STREAM_HPP

// The two directions to the host and the clock, as the plugin's loop needs them. Everything that is particular
// to a system stands behind it (system_posix.hpp, system_wasi.hpp); tests put a scripted host there.
//
// One thread reads at a time and one writes at a time; both may happen at once.

#include <tenon/core/time.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace tenon::detail {

enum class read_outcome { bytes, timed_out, ended };

class stream {
public:
    virtual ~stream() = default;

    /// Waits for bytes until `deadline` (`never`: for ever) and puts at least one into `room`. A deadline that
    /// is over already takes what is there without waiting.
    virtual read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) = 0;

    /// Writes some of the pieces, at least one byte; how many, or 0 if the host does not read any more.
    virtual std::size_t write(std::span<const std::string_view> pieces) = 0;

    virtual time_point now() = 0;

    /// A line for the plugin's log that the protocol cannot carry.
    virtual void report(std::string_view line) = 0;
};

/// What poll() takes for a wait until `deadline`: rounded up, so that the deadline is over when poll() says that
/// it is, and at most a minute, after which the caller looks again.
inline int poll_timeout(time_point deadline, time_point now) noexcept {
    if (deadline == never) return -1;
    if (deadline <= now) return 0; // as far back as time_point::min(), out of reach of a subtraction
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - now).count() + 1;
    return left > 60'000 ? 60'000 : static_cast<int>(left);
}

} // namespace tenon::detail

#endif
