#ifndef TENON_RULES_SUPERVISION_STOP_SEQUENCE_HPP
#define TENON_RULES_SUPERVISION_STOP_SEQUENCE_HPP

// The steps of stopping one plugin, each at most once, in the order of its policy, each with its own time. Steps
// that cannot work are left out: nobody asks a plugin that is not listening. A process that outlives the last
// step is killed, also when the policy forgot to say so; after that there is nothing to do but to wait.

#include <tenon/core/time.hpp>
#include <tenon/rules/options.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace tenon::detail {

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
    /// Nobody is there any more to be asked.
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
