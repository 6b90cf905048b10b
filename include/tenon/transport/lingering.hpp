#ifndef TENON_TRANSPORT_LINGERING_HPP
#define TENON_TRANSPORT_LINGERING_HPP

// Whether to look for an answer once more before going to sleep in the kernel. A peer on the same CPU that is
// given the CPU has answered when we get it back, and sleeping, being woken and asking what there is would cost
// more than the message. On another CPU it has not, and the attempt was for nothing.
//
// So success keeps it on, and failure turns it off for twice as long each time: a peer that never answers that
// quickly costs one attempt in a thousand. On a busy machine, where giving the CPU away takes long, it is off
// as well. It is bounded, so that everybody else on the loop gets their turn.

#include <tenon/core/time.hpp>

namespace tenon::detail {

class lingering {
public:
    bool worth_it() noexcept {
        if (left_out_ == 0) return true;
        --left_out_;
        return false;
    }

    /// After the attempt number `round` of this turn, which has taken so long in all.
    bool goes_on(bool came, int round, time_point::duration turn) noexcept {
        if (came && turn <= patience) {
            missed_ = 0;
            return round < most_rounds;
        }
        missed_ = missed_ >= most_missed ? most_missed : 2 * missed_ + 1;
        left_out_ = missed_;
        return false;
    }

private:
    // A round trip on one CPU takes some 5 microseconds, so this is far from what others would notice.
    static constexpr int most_rounds = 8;
    static constexpr time_point::duration patience = std::chrono::microseconds{200};
    static constexpr unsigned most_missed = 1023;

    unsigned missed_ = 0, left_out_ = 0;
};

} // namespace tenon::detail

#endif
