#ifndef TENON_RULES_SUPERVISION_HEALTH_SCHEDULE_HPP
#define TENON_RULES_SUPERVISION_HEALTH_SCHEDULE_HPP

// When a plugin's health is asked for, and what the answers and their absence mean. One check at a time. So many
// misses in a row, and the plugin counts as hung; any answer, also "critical", is a sign of life and starts the
// count anew.
//
// Whoever asks says missed() when its call has failed. Where it forgets to, the check is missed some time after
// its deadline by itself. A check that is late because the host itself stood still says nothing about the plugin:
// it is asked again.

#include <tenon/core/time.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/supervision/random_source.hpp>
#include <tenon/rules/state.hpp>

#include <string>
#include <utility>

namespace tenon::detail {

/// What comes this much later than it was due comes from a host that stood still (stopped by a signal, in a
/// debugger, swapped out), not from a busy loop: its plugins may have answered long ago, unread.
inline constexpr milliseconds host_pause{500};

inline bool is_pause(time_point due, time_point now) noexcept { return now > after(due, host_pause); }

class health_schedule {
public:
    enum class step { nothing, check, hung };

    void use(const plugin_options& options) noexcept {
        interval_ = options.health_interval;
        timeout_ = options.health_timeout;
        allowed_misses_ = options.health_misses;
    }
    /// The plugin is ready. The first check comes within the second half of an interval, so that plugins that
    /// were started together are not all asked at the same moment.
    void begin(time_point now, random_source& random) {
        end();
        if (interval_.count() <= 0) return;
        const auto half = static_cast<double>(interval_.count() / 2);
        const auto early = static_cast<milliseconds::rep>(half * random.share());
        deadline_ = after(now, interval_ - milliseconds(early));
    }
    void end() noexcept {
        deadline_ = never;
        asking_ = false;
        misses_ = 0;
        health_ = plugin_health::unknown;
        message_.clear();
    }
    time_point next_deadline() const noexcept { return deadline_; }
    /// Until when the check that was just begun is to be answered.
    time_point answer_by() const noexcept { return answer_by_; }
    plugin_health health() const noexcept { return health_; }
    const std::string& message() const noexcept { return message_; }
    int misses() const noexcept { return misses_; }

    void answered(plugin_health health, std::string message) noexcept {
        misses_ = 0;
        health_ = health;
        message_ = std::move(message);
        if (asking_) deadline_ = after(asked_, interval_);
        asking_ = false;
    }
    step missed(time_point now) noexcept {
        if (!asking_) return step::nothing;
        asking_ = false;
        if (is_pause(answer_by_, now)) {
            deadline_ = after(now, interval_);
            return step::nothing;
        }
        deadline_ = after(asked_, interval_); // at once where it took longer than an interval
        return ++misses_ >= allowed_misses_ ? step::hung : step::nothing;
    }
    step handle_timeout(time_point now) noexcept {
        if (now < deadline_) return step::nothing;
        if (asking_) return missed(now);
        asking_ = true;
        asked_ = now;
        answer_by_ = after(now, timeout_);
        deadline_ = after(answer_by_, host_pause / 2);
        return step::check;
    }

private:
    milliseconds interval_{0}, timeout_{0};
    int allowed_misses_ = 0;
    time_point deadline_ = never, asked_ = {}, answer_by_ = {};
    bool asking_ = false;
    int misses_ = 0;
    plugin_health health_ = plugin_health::unknown;
    std::string message_;
};

} // namespace tenon::detail

#endif
