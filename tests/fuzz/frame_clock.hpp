#ifndef TENON_TESTS_FUZZ_FRAME_CLOCK_HPP
#define TENON_TESTS_FUZZ_FRAME_CLOCK_HPP

// Until when a frame that has begun must be there: its time runs from the latest input when it was first seen to have
// begun.

#include <tenon/core/time.hpp>

#include <cstddef>

namespace tenon::fuzz {

class frame_clock {
public:
    void input_came(time_point now) noexcept { last_input_ = now; }
    /// `steps`: how many frames, and other things, are behind it.
    void look(bool inside_frame, std::size_t steps, milliseconds timeout) noexcept {
        if (!inside_frame) deadline_ = never;
        else if (deadline_ == never || steps != steps_) deadline_ = after(last_input_, timeout);
        steps_ = steps;
    }
    /// Nobody could read for so long.
    void excuse(time_point::duration busy) noexcept {
        if (busy > time_point::duration{} && deadline_ < never - busy) deadline_ += busy;
    }
    time_point deadline() const noexcept { return deadline_; }

private:
    time_point last_input_ = {}, deadline_ = never;
    std::size_t steps_ = 0;
};

} // namespace tenon::fuzz

#endif
