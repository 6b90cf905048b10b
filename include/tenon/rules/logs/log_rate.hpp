#ifndef TENON_RULES_LOGS_LOG_RATE_HPP
#define TENON_RULES_LOGS_LOG_RATE_HPP

// So many lines a second, counted in windows that begin with the first line that comes after the last one is
// over. A window lets a burst through as it is, and what it suppresses is one run that one line can stand for; a
// bucket that drips would let every so-manieth line of a flood through, with such a line before each.

#include <tenon/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace tenon::detail {

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
