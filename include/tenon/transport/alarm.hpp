#ifndef TENON_TRANSPORT_ALARM_HPP
#define TENON_TRANSPORT_ALARM_HPP

// A timer for deadlines that come and go with every message. Setting a timer costs a system call, so it is touched
// only for a time EARLIER than the one it is set to: it may ring early, never late. The callback handles what is due,
// and sets it again to what comes next.
//
//     alarm wakes(executor, [this](time_point now) { peer.handle_timeout(now); wakes.set(peer.next_deadline()); });
//
// Destroying it, also from within the callback, ends it: nothing is called after that.

#include <tenon/core/time.hpp>
#include <tenon/transport/asio.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace tenon::detail {

class alarm {
public:
    using callback = std::function<void(time_point now)>;

    alarm(const executor& where, callback ring) : self_(std::make_shared<state>(where, std::move(ring))) {}
    alarm(const alarm&) = delete;
    alarm& operator=(const alarm&) = delete;
    ~alarm() {
        self_->over = true;
        cancel();
    }

    /// Rings at `when` or before; `never` asks for nothing.
    void set(time_point when) {
        if (when < self_->armed) state::arm(self_, when);
    }
    /// Does not ring before set() is called again.
    void cancel() noexcept {
        if (self_->armed == never) return;
        self_->armed = never;
        ++self_->generation;
        self_->timer.cancel();
    }
    /// When it rings next, or `never`.
    time_point armed() const noexcept { return self_->armed; }

private:
    // Outlives the alarm while the timer's handler is on its way.
    struct state {
        state(const executor& where, callback given) : timer(where), ring(std::move(given)) {}

        static void arm(const std::shared_ptr<state>& self, time_point when) {
            self->armed = when;
            self->timer.expires_at(when);
            // A handler that is on its way already cannot be called back: it knows by its number that it is not meant.
            self->timer.async_wait([self, number = ++self->generation](const asio::error_code&) {
                if (self->over || number != self->generation) return;
                self->armed = never;
                self->ring(std::chrono::steady_clock::now());
            });
        }

        asio::steady_timer timer;
        callback ring;
        time_point armed = never;
        unsigned generation = 0;
        bool over = false;
    };

    std::shared_ptr<state> self_;
};

} // namespace tenon::detail

#endif
