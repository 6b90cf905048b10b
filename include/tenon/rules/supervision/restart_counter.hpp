#ifndef TENON_RULES_SUPERVISION_RESTART_COUNTER_HPP
#define TENON_RULES_SUPERVISION_RESTART_COUNTER_HPP

// How often a plugin may still be started again, and after how long: backoff * 2^n or backoff * (n + 1), at most
// max_backoff, then moved at random by up to the share `jitter` either way. With the default jitter of 0.5 the
// restarts of 100 plugins that died together lie evenly in a span as long as the delay itself: with a delay of
// 1 s that is 10 in 100 ms on average, and more than 25 in any 100 ms in one such storm of 2,000 (simulated).

#include <tenon/rules/options.hpp>
#include <tenon/rules/supervision/random_source.hpp>

#include <cstdint>

namespace tenon::detail {

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

} // namespace tenon::detail

#endif
