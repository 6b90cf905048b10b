#ifndef TENON_TRANSPORT_BUSY_POLL_HPP
#define TENON_TRANSPORT_BUSY_POLL_HPP

// Keeps an event loop awake for as long as it is worth looking for an answer. It is a handler that hands itself to the
// loop again and again, so the loop looks for input instead of sleeping. Other handlers have their turns as ever, and
// input is read the way it always is. One for all connections of a loop.
//
// A loop that waits for more connections than there are other CPUs does not look: the peers need this CPU to answer.
//
// There is none where it would be of no use: with one CPU, and on an executor that is not simply a loop's. A strand
// means that several threads may run the loop. Then one of them sleeps for the input and has to be woken anyway.

#include <tenon/core/poll_budget.hpp>
#include <tenon/core/system_cpus.hpp>
#include <tenon/core/time.hpp>
#include <tenon/transport/asio.hpp>

#include <memory>
#include <utility>

namespace tenon::detail {

class busy_poll : public std::enable_shared_from_this<busy_poll> {
    struct key {}; // only make() makes one
    using loop = asio::io_context::executor_type;

public:
    /// Null where it would be of no use, and where `longest_look` is 0.
    static std::shared_ptr<busy_poll> make(const executor& where, poll_budget::duration longest_look) {
        const auto* const runs_on = executor_as<loop>(where);
        const int others = other_cpus();
        if (runs_on == nullptr || longest_look.count() <= 0 || others <= 0) return nullptr;
        return std::make_shared<busy_poll>(key{}, *runs_on, longest_look, static_cast<unsigned>(others));
    }
    busy_poll(key, const loop& where, poll_budget::duration longest_look, unsigned other_cpus)
        : where_(where), longest_look_(longest_look), other_cpus_(other_cpus) {}

    poll_budget::duration longest_look() const noexcept { return longest_look_; }

    /// What one connection waits for.
    class wait {
        friend class busy_poll;
        unsigned round_ = 0; // 0: for nothing
    };

    void begin(wait& one, time_point now, time_point until) {
        looked_ = now;
        if (!awake_) {
            // Connections that still wait from an earlier round do not count any more.
            waits_ = 0;
            if (++round_ == 0) ++round_;
            until_ = until;
        }
        if (one.round_ != round_) ++waits_;
        one.round_ = round_;
        if (until > until_) until_ = until;
        if (awake_) return;
        look_on(shared_from_this());
        awake_ = true;
    }
    /// When the loop looked for input the last time.
    time_point looked() const noexcept { return looked_; }
    /// To be called after work that kept the loop from looking.
    void was_busy() noexcept {
        if (awake_) looked_ = std::chrono::steady_clock::now();
    }
    void end(wait& one) noexcept {
        if (std::exchange(one.round_, 0) == round_ && waits_ != 0) --waits_;
    }

private:
    struct look {
        std::shared_ptr<busy_poll> self;
        void operator()() {
            busy_poll& keeps = *self;
            keeps.awake_ = false;
            if (keeps.waits_ == 0 || keeps.waits_ > keeps.other_cpus_) return;
            keeps.looked_ = std::chrono::steady_clock::now();
            if (keeps.looked_ >= keeps.until_) return;
            keeps.look_on(std::move(self));
            keeps.awake_ = true;
        }
    };

    // defer: behind what the loop has to do already, and without waking other threads of it.
    void look_on(std::shared_ptr<busy_poll> self) { asio::defer(where_, look{std::move(self)}); }

    loop where_;
    poll_budget::duration longest_look_;
    unsigned other_cpus_;
    time_point until_ = {}, looked_ = {};
    unsigned round_ = 0, waits_ = 0;
    bool awake_ = false;
};

/// One connection's part in it: what is to be heard there, and for how long that is worth looking.
class connection_poll {
public:
    /// Without a busy_poll, only end() and was_busy() may be called.
    explicit connection_poll(std::shared_ptr<busy_poll> awake)
        : awake_(std::move(awake)), budget_(awake_ ? awake_->longest_look() : poll_budget::duration()) {}

    explicit operator bool() const noexcept { return awake_ != nullptr; }

    /// Something was said that is likely to be answered.
    void expect() {
        // The time is asked for anew: the handler before this one may have been slow.
        const time_point now = std::chrono::steady_clock::now();
        const time_point until = budget_.begin(now);
        if (until > now) awake_->begin(wait_, now, until);
    }
    void heard(time_point now) noexcept {
        budget_.heard(now, now - awake_->looked());
        awake_->end(wait_);
    }
    void end() noexcept {
        if (awake_) awake_->end(wait_);
    }
    void was_busy() noexcept {
        if (awake_) awake_->was_busy();
    }

private:
    std::shared_ptr<busy_poll> awake_;
    poll_budget budget_;
    busy_poll::wait wait_;
};

} // namespace tenon::detail

#endif
