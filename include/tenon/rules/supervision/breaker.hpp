#ifndef TENON_RULES_SUPERVISION_BREAKER_HPP
#define TENON_RULES_SUPERVISION_BREAKER_HPP

// Keeps a plugin from being asked for a kind of work that fails every time. Closed: everything is asked. After
// so many failures in a row it opens: nothing is asked for a while. Then it is half open: one call goes through
// as a probe, and its outcome closes it or opens it for another while.
//
//     if (!breaker.may_ask(now)) return fault{codes::circuit_open, ...};
//     ... succeeded(now), failed(now), or abandoned(now) when the call told nothing (it was cancelled)
//
// What counts as a failure is the caller's to say: a plugin's own business error is a success.

#include <tenon/core/time.hpp>
#include <tenon/json/describe.hpp>
#include <tenon/rules/options.hpp>

#include <cstdint>

namespace tenon {

enum class breaker_state { closed, half_open, open };
constexpr auto describe(type<breaker_state>) { return camel_case(); }

} // namespace tenon

namespace tenon::detail {

class breaker {
public:
    explicit breaker(const breaker_policy& policy = {}) noexcept : policy_(policy) {}

    void use(const breaker_policy& policy) noexcept { policy_ = policy; }

    /// Whether the next call may be made. Counts those that may not. In half open `true` is the probe.
    bool may_ask(time_point now) noexcept;
    void succeeded(time_point now) noexcept;
    void failed(time_point now) noexcept;
    /// A call that was let through ended without telling anything about the plugin.
    void abandoned(time_point now) noexcept;
    /// Another instance runs: what the last one did says nothing about it.
    void reset() noexcept;

    /// As a person sees it now: an open one whose time is over is half open.
    breaker_state state(time_point now) const noexcept;
    /// When an open breaker lets a probe through; never if it is not open.
    time_point probe_at() const noexcept { return state_ == breaker_state::open ? until_ : never; }
    int failures_in_row() const noexcept { return failures_; }
    std::uint64_t times_opened() const noexcept { return opened_; }
    std::uint64_t refused() const noexcept { return refused_; }

private:
    void open(time_point now) noexcept;

    breaker_policy policy_;
    breaker_state state_ = breaker_state::closed;
    time_point until_ = never; // open: until then. Half open: until then the probe is waited for
    int failures_ = 0;
    std::uint64_t opened_ = 0, refused_ = 0;
};

inline breaker_state breaker::state(time_point now) const noexcept {
    return state_ == breaker_state::open && now >= until_ ? breaker_state::half_open : state_;
}

inline bool breaker::may_ask(time_point now) noexcept {
    if (state_ == breaker_state::closed) return true;
    // A probe whose outcome is never told must not keep it half open for ever: after as long again comes another.
    if (now < until_) return ++refused_, false;
    state_ = breaker_state::half_open;
    until_ = after(now, policy_.open_for);
    return true;
}

inline void breaker::succeeded(time_point) noexcept {
    failures_ = 0;
    // An answer to a call from before it opened is a sign of life as well, but only a probe closes it.
    if (state_ == breaker_state::half_open) state_ = breaker_state::closed;
}

inline void breaker::failed(time_point now) noexcept {
    if (failures_ < INT32_MAX) ++failures_;
    if (state_ == breaker_state::half_open ||
        (state_ == breaker_state::closed && policy_.failures > 0 && failures_ >= policy_.failures))
        open(now);
}

inline void breaker::abandoned(time_point now) noexcept {
    if (state_ == breaker_state::half_open) until_ = now; // the next call is the probe
}

inline void breaker::reset() noexcept {
    state_ = breaker_state::closed;
    failures_ = 0;
}

inline void breaker::open(time_point now) noexcept {
    state_ = breaker_state::open;
    until_ = after(now, policy_.open_for);
    ++opened_;
}

} // namespace tenon::detail

#endif
