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

    /// Writes some of the pieces, at least one byte; how many, or 0 if nobody reads any more.
    virtual std::size_t write(std::span<const std::string_view> pieces) = 0;

    virtual time_point now() = 0;

    /// A line for the plugin's log that the protocol cannot carry.
    virtual void report(std::string_view line) = 0;
};

} // namespace tenon::detail

#endif
