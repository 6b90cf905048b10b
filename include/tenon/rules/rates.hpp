#ifndef TENON_RULES_RATES_HPP
#define TENON_RULES_RATES_HPP

// How much may come in a second: requests for a plugin's routes, and lines of its log.

#include <tenon/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tenon::detail {

/// So many requests a second for the routes of one plugin: a bucket that a second fills, and never less than one. After a
/// long pause a second's worth may come at once, and no more. The rate may change from one request to the next.
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

// So many lines a second, counted in windows that begin with the first line that comes after the last one is
// over. A window lets a burst through as it is, and what it suppresses is one run that one line can stand for; a
// bucket that drips would let single lines of a flood through, each with such a line before it.

inline constexpr milliseconds log_window{1'000};

class log_rate {
public:
    /// 0: without a limit.
    explicit log_rate(std::size_t lines_per_window) noexcept : allowed_(lines_per_window) {}

    /// Whether one more line may go through; if not it is counted.
    bool admit(time_point now) noexcept {
        if (allowed_ == 0) return true;
        open_window(now);
        if (used_ < allowed_) {
            ++used_;
            return true;
        }
        ++suppressed_;
        return false;
    }
    /// A line that is not worth telling costs nothing, but a flood of them is a flood.
    void see_blank(time_point now) noexcept {
        if (allowed_ == 0) return;
        open_window(now);
        if (++blank_ / blanks_for_a_line >= allowed_) used_ = allowed_;
    }
    /// Whether nothing goes through at this time.
    bool is_closed(time_point now) const noexcept {
        return allowed_ != 0 && used_ >= allowed_ && now < window_end_;
    }
    void suppress(std::uint64_t lines) noexcept { suppressed_ += lines; }

    std::uint64_t take_suppressed() noexcept { return std::exchange(suppressed_, 0); }
    bool overdue(time_point now) const noexcept { return suppressed_ != 0 && now >= window_end_; }
    time_point next_deadline() const noexcept { return suppressed_ != 0 ? window_end_ : never; }

private:
    // Text with a blank line behind each line, or some, goes through as well as any.
    static constexpr std::size_t blanks_for_a_line = 16;

    void open_window(time_point now) noexcept {
        if (now < window_end_) return;
        window_end_ = after(now, log_window);
        used_ = blank_ = 0;
    }

    std::size_t allowed_;
    std::size_t used_ = 0, blank_ = 0;
    std::uint64_t suppressed_ = 0;
    time_point window_end_ = time_point::min();
};

} // namespace tenon::detail

#endif
