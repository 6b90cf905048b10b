#ifndef TENON_JOINT_RUNNING_CALLS_HPP
#define TENON_JOINT_RUNNING_CALLS_HPP

// The handlers of one plugin that have begun and not ended yet, because they are coroutines. At most so many run at
// once; what comes beyond that waits for its turn, in order. Requests cannot be more than the session lets in; of
// events, which nobody waits for, those beyond 16 MiB are dropped.
//
// Everything happens on the executor of the loop.

#include <tenon/core/result.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/session/event.hpp>
#include <tenon/transport/asio.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace tenon::detail {

inline constexpr std::size_t max_waiting_call_bytes = std::size_t{16} << 20;

/// One call of such a handler.
class running_call {
public:
    running_call(request_token for_request, std::size_t size) : request(for_request), bytes(size) {}
    running_call(const running_call&) = delete;
    running_call& operator=(const running_call&) = delete;
    virtual ~running_call() = default;

    /// `ended` is called once, never from within this.
    virtual void begin(asio::cancellation_slot slot, unique_function<void()> ended) = 0;
    /// Instead of beginning.
    virtual void refuse(const fault& why) = 0;

    const request_token request; // generation 0: nobody waits for the answer
    const std::size_t bytes;     // of its parameters
    bool cancelled = false;
};

class running_calls : public std::enable_shared_from_this<running_calls> {
public:
    explicit running_calls(std::size_t most) : most_(most == 0 ? 1 : most) {}

    /// False if it was dropped.
    bool start(std::shared_ptr<running_call> call) {
        if (running_.size() < most_ && waiting_.empty()) return begin(std::move(call)), true;
        if (call->request.generation == 0 && waiting_bytes_ + call->bytes > max_waiting_call_bytes)
            return false;
        waiting_bytes_ += call->bytes;
        waiting_.push_back(std::move(call));
        return true;
    }

    void cancel(request_token request) {
        for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
            if ((*at)->request != request) continue;
            const auto dropped = std::move(*at);
            waiting_bytes_ -= dropped->bytes;
            waiting_.erase(at);
            return dropped->refuse({codes::cancelled, "cancelled"});
        }
        for (entry& one : running_)
            if (one.call->request == request) return stop(one);
    }

    /// For the end of the connection: nobody wants an answer any more.
    void cancel_all() {
        waiting_.clear();
        waiting_bytes_ = 0;
        for (auto at = running_.begin(); at != running_.end();) stop(*at++);
    }

    std::size_t running() const noexcept { return running_.size(); }
    std::size_t waiting() const noexcept { return waiting_.size(); }

    /// Called when the last one has ended.
    std::function<void()> emptied;

private:
    struct entry {
        std::shared_ptr<running_call> call;
        asio::cancellation_signal signal;
    };

    static void stop(entry& one) {
        if (std::exchange(one.call->cancelled, true)) return;
        const auto kept = one.call;
        one.signal.emit(asio::cancellation_type::terminal);
    }

    void begin(std::shared_ptr<running_call> call) {
        running_.emplace_back();
        const auto at = std::prev(running_.end());
        at->call = std::move(call);
        at->call->begin(at->signal.slot(), [self = shared_from_this(), at] {
            self->running_.erase(at);
            if (!self->waiting_.empty()) {
                auto next = std::move(self->waiting_.front());
                self->waiting_.pop_front();
                self->waiting_bytes_ -= next->bytes;
                self->begin(std::move(next));
            }
            if (self->running_.empty() && self->emptied) self->emptied();
        });
    }

    std::size_t most_;
    std::list<entry> running_;
    std::deque<std::shared_ptr<running_call>> waiting_;
    std::size_t waiting_bytes_ = 0;
};

} // namespace tenon::detail

#endif
