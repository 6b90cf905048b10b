#ifndef TENON_RULES_SUPERVISION_SCHEDULES_HPP
#define TENON_RULES_SUPERVISION_SCHEDULES_HPP

// When a supervisor acts by itself: restarts and health checks, spread so that many plugins do not act at once, and the
// steps of stopping a plugin.

#include <tenon/core/time.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// Numbers that spread things in time: the same ones for the same seed, so that a test can be repeated. Seeds that
/// follow each other (one per plugin) give unrelated numbers, because every bit of the state is mixed into every
/// bit of a number (a counter in steps of an odd constant, then multiply and shift). Not for tokens: two numbers
/// tell the rest.
class random_source {
public:
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U; // 2^64 over the golden ratio: every state comes once
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31);
    }
    /// From 0 up to but not 1, all multiples of 2^-53 alike.
    double share() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    std::uint64_t state_;
};

inline std::uint64_t seed_of(std::string_view name, std::uint64_t seed) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
    for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    return hash ^ random_source(seed).next();
}

/// How often a plugin may still be started again, and after how long: backoff * 2^n or backoff * (n + 1), at most
/// max_backoff, then moved at random by up to the share `jitter` either way. With the default jitter of 0.5 the
/// restarts of 100 plugins that died together lie evenly in a span as long as the delay itself: with a delay of
/// 1 s that is 10 in 100 ms on average, and more than 25 in any 100 ms in one such storm of 2,000 (simulated).
class restart_counter {
public:
    restart_counter(const restart_policy& policy, std::uint64_t seed) : policy_(policy), random_(seed) {}

    void use(const restart_policy& policy) { policy_ = policy; }
    const restart_policy& policy() const noexcept { return policy_; }

    /// How many retries there were since the last reset.
    int count() const noexcept { return count_; }
    bool may_retry() const noexcept { return policy_.enabled && count_ < policy_.max_retries; }
    void reset() noexcept { count_ = 0; }
    /// How long the next retry is put off. Counts it.
    milliseconds next_delay() noexcept {
        const double middle = capped(count_);
        if (count_ < INT32_MAX) ++count_;
        const double jitter = within(policy_.jitter, 0.0, 1.0);
        return rounded(middle * (1.0 + jitter * (2.0 * random_.share() - 1.0)));
    }
    /// A retry that is overdue because the host was paused: moved by up to the share `jitter`, so that not all
    /// plugins come back at the same moment.
    milliseconds spread(milliseconds delay) noexcept {
        return rounded(static_cast<double>(delay.count()) * within(policy_.jitter, 0.0, 1.0) *
                       random_.share());
    }
    random_source& random() noexcept { return random_; }

private:
    static double within(double value, double low, double high) noexcept {
        return value > low ? (value < high ? value : high) : low; // NaN is low
    }
    // A double holds every sum of years in milliseconds that a person configures.
    double capped(int retries) const noexcept {
        const double most = within(static_cast<double>(policy_.max_backoff.count()), 0.0, 0x1p52);
        const double base = within(static_cast<double>(policy_.backoff.count()), 0.0, 0x1p52);
        double delay = base;
        if (policy_.growth == backoff_growth::linear) delay = base * (static_cast<double>(retries) + 1.0);
        else
            for (int doubled = 0; doubled < retries && delay < most && delay > 0.0; ++doubled) delay *= 2.0;
        return delay < most ? delay : most;
    }
    static milliseconds rounded(double delay) noexcept {
        return milliseconds(static_cast<milliseconds::rep>(delay + 0.5));
    }

    restart_policy policy_;
    random_source random_;
    int count_ = 0;
};

// When a plugin's health is asked for, and what the answers and their absence mean. One check at a time. So many
// misses in a row, and the plugin counts as hung; any answer, also "critical", is a sign of life and starts the
// count anew.
//
// The owner says missed() when its call has failed. Where it does not, the check counts as missed some time after its
// deadline. A check that is late because the host itself stood still says nothing about the plugin:
// it is asked again.

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

// The steps of stopping one plugin, each at most once, in the order of its policy, each with its own time. Steps
// that cannot work are left out: a plugin that is not listening is not asked. A process that outlives the last
// step is killed, also when the policy forgot to say so; after that there is nothing to do but to wait.

/// A plugin that has answered plugin/shutdown, or whose connection ended while it stops, has nothing left to do:
/// it is given this long to end, or what is left of its step where that is less.
inline constexpr milliseconds exit_grace{1'000};

class stop_sequence {
public:
    void begin(stop_policy policy, bool with_ask, bool with_close) {
        policy_ = std::move(policy);
        with_ask_ = with_ask;
        with_close_ = with_close;
        next_ = 0;
        last_ = {};
        killed_ = false;
        deadline_ = never;
    }
    /// What to do now; nothing when everything was done.
    std::optional<stop_action> next(time_point now) {
        rearmed_ = false;
        while (next_ < policy_.size()) {
            const stop_step step = policy_[next_++];
            if ((step.action == stop_action::ask && !with_ask_) ||
                (step.action == stop_action::close_stdin && !with_close_))
                continue;
            return take(step.action, step.wait, now);
        }
        deadline_ = never;
        if (killed_) return {};
        return take(stop_action::kill, milliseconds{0}, now);
    }
    time_point deadline() const noexcept { return deadline_; }
    /// The step that was taken last, if any.
    std::optional<stop_action> last() const noexcept { return last_; }
    /// It is likely to be over soon: no more than this for the step that is under way.
    void hasten(time_point now, milliseconds most) noexcept {
        if (deadline_ != never && after(now, most) < deadline_) deadline_ = after(now, most);
    }
    /// The plugin cannot be asked any more.
    void without_connection() noexcept { with_ask_ = false; }
    /// The same step once more from now on, because the host was paused. Once in a step: stopping must end.
    bool rearm(time_point now) noexcept {
        if (rearmed_) return false;
        rearmed_ = true;
        deadline_ = after(now, wait_);
        return true;
    }
    void end() noexcept { deadline_ = never; }

private:
    std::optional<stop_action> take(stop_action action, milliseconds wait, time_point now) noexcept {
        last_ = action;
        killed_ = killed_ || action == stop_action::kill;
        wait_ = wait;
        // After a kill there is nothing else to wait for than the end, unless the policy has more steps.
        deadline_ = killed_ && next_ >= policy_.size() ? never : after(now, wait);
        return action;
    }

    stop_policy policy_;
    std::size_t next_ = 0;
    std::optional<stop_action> last_;
    milliseconds wait_{0};
    time_point deadline_ = never;
    bool with_ask_ = true, with_close_ = true;
    bool killed_ = false, rearmed_ = false;
};

} // namespace tenon::detail

#endif
