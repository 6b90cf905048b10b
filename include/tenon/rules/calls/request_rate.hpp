#ifndef TENON_RULES_CALLS_REQUEST_RATE_HPP
#define TENON_RULES_CALLS_REQUEST_RATE_HPP

// So many requests a second for the routes of one plugin: a bucket that a second fills, and never less than one. Who
// was away for long may send a second's worth at once, and no more. The rate may change from one request to the next.

#include <tenon/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace tenon::detail {

class request_rate {
public:
    /// Whether one more may go through; `per_second` of 0 is without a limit.
    bool admit(double per_second, time_point now) noexcept {
        if (!(per_second > 0)) return true;
        const double room = std::max(per_second, 1.0);
        if (filled_ == time_point::min()) {
            filled_ = now;
            held_ = room;
        }
        if (now > filled_) {
            held_ += std::chrono::duration<double>(now - filled_).count() * per_second;
            filled_ = now;
        }
        held_ = std::min(held_, room);
        // A hair is forgiven: ten tenths of a second are one.
        if (held_ < 1 - 1e-9) return false;
        held_ = std::max(held_ - 1, 0.0);
        return true;
    }

    /// After a refusal: in how many whole seconds one more goes through.
    int seconds_to_wait(double per_second) const noexcept {
        return static_cast<int>(std::clamp(std::ceil((1 - held_) / per_second), 1.0, 3600.0));
    }

private:
    double held_ = 0;
    time_point filled_ = time_point::min(); // never
};

} // namespace tenon::detail

#endif
