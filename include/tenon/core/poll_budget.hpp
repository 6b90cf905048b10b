#ifndef TENON_CORE_POLL_BUDGET_HPP
#define TENON_CORE_POLL_BUDGET_HPP

// How long to look for a peer's next words before going to sleep. To be woken costs tens of microseconds where host
// and plugin run on two CPUs; a peer that answers at once is heard in two. Looking costs CPU time. So it is done only
// while it pays, which is learned from the waits themselves:
//
//     const time_point until = budget.begin(now);   // said something; until then it is worth looking
//     budget.heard(now);                            // something came, however it was waited for
//
// - A look that finds something doubles the next look. A look in vain halves it, and after three in a row looking
//   ends. So looking ends by itself where the peer is slow or shares our CPU. On a busy machine it ends as well: a look
//   counts as in vain when another process had this CPU meanwhile.
// - While it does not look, it counts the waits that looking might make shorter. After some in a row it looks again.
//   After each look in vain it takes twice as many.
// - After a pause it does not look. It looks only while messages follow each other closely.
//
// It knows no clock. One thread, or a lock.

#include <tenon/core/time.hpp>

namespace tenon::detail {

/// The default. Longer than a sleeping CPU takes to wake (25 to 45 µs on virtual machines): what
/// is to be heard by looking may have to wake the peer first.
inline constexpr std::chrono::microseconds default_longest_look{50};

class poll_budget {
public:
    using duration = time_point::duration;

    /// 0: it never looks.
    explicit poll_budget(duration longest = {}) noexcept : longest_(longest) {}

    duration longest() const noexcept { return longest_; }
    bool may_look() const noexcept { return longest_.count() > 0; }

    /// Something was said, or is waited for anew. Until when to look; `now` means not at all.
    time_point begin(time_point now) noexcept {
        if (waiting_) {
            if (now < until_) return until_; // there is more to say meanwhile
            if (looked()) look_in_vain();
        }
        waiting_ = true;
        since_ = until_ = now;
        if (now - heard_ <= longest_ * pause_looks) until_ += next_;
        return until_;
    }

    /// `blind`: how long ago the last look was, if there was one. Where that is long, another process ran on our CPU
    /// meanwhile: perhaps the peer, which only waited for us to leave it.
    void heard(time_point now, duration blind = {}) noexcept {
        heard_ = now;
        if (!waiting_) return;
        waiting_ = false;
        if (looked()) {
            if (now > until_ || blind > longest_blink) return look_in_vain();
            next_ = next_ * 2 < longest_ ? next_ * 2 : longest_;
            if (++found_ >= steady) wanted_ = first_wanted;
        } else if (now - since_ < shortest_sleep || now - since_ > longest_ * promising_looks) {
            promises_ = 0;
        } else if (++promises_ >= wanted_) {
            next_ = longest_;
        }
    }

private:
    // A look takes less than 1 µs. To switch to another process and back takes 2, and that does something, too.
    static constexpr std::chrono::microseconds longest_blink{3};
    // An answer that wakes us sooner was given on our own CPU, in 2 to 5 µs: nothing is won there.
    static constexpr std::chrono::microseconds shortest_sleep{8};
    // Two CPUs that sleep and wake each other take 50 to 100 µs for a round trip, which looking makes 3.
    static constexpr int promising_looks = 4;
    // 3 ms with the longest look of 50 µs: calls that come less often do not wait for each other.
    static constexpr int pause_looks = 64;
    // At 5 µs a message, where looking never pays, 90 µs of looking in vain in 4,096 messages are half a percent.
    static constexpr unsigned first_wanted = 8, most_wanted = 4096;
    // So many looks that paid, with few in vain among them: a machine that is not busy.
    static constexpr unsigned steady = 256;

    bool looked() const noexcept { return until_ != since_; }
    void look_in_vain() noexcept {
        next_ /= 2;
        promises_ = 0;
        if (next_ * 8 > longest_) return;
        next_ = {};
        found_ = 0;
        if (wanted_ < most_wanted) wanted_ *= 2;
    }

    duration longest_;
    duration next_ = {};
    time_point since_ = {}, until_ = {};
    time_point heard_ = time_point() - std::chrono::hours(1);
    bool waiting_ = false;
    unsigned promises_ = 0, found_ = 0, wanted_ = first_wanted;
};

} // namespace tenon::detail

#endif
