#ifndef TENON_JOINT_EVENT_LOOP_HPP
#define TENON_JOINT_EVENT_LOOP_HPP

// What an engine is driven by where it does not have a thread to itself: the loop of a plugin that is served on Asio
// (serve_async.hpp), or a host that has mounted it (mounted_link.hpp). Handlers that are coroutines run on its
// executor, which is also where everything here is to be called.
//
// It belongs to the engine's stream and lives as long as the engine. Its driver may be gone before: then it calls end().

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/plugin/dispatch.hpp>
#include <tenon/session/event.hpp>
#include <tenon/transport/asio.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace tenon::detail {

// The handlers of one plugin that have begun and not ended yet, because they are coroutines. At most so many run at
// once; what comes beyond that waits for its turn, in order. Requests cannot be more than the session lets in; of
// events, which have no answer, those beyond 16 MiB are dropped.
//
// Everything happens on the executor of the loop.

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

    const request_token request; // generation 0: it has no answer
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

    /// For the end of the connection: answers are not wanted any more.
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

/// Gives the engine its turns.
class loop_driver {
public:
    virtual void turn_at(time_point when) = 0;

protected:
    ~loop_driver() = default;
};

/// Makes one instance of a plugin.
using plugin_maker = std::function<std::shared_ptr<void>(engine& runs_in, const executor& where)>;

class event_loop {
public:
    event_loop(executor where, loop_driver& driver, int max_concurrency)
        : where_(std::move(where)), driver_(&driver),
          calls_(std::make_shared<running_calls>(
              static_cast<std::size_t>(max_concurrency < 1 ? 1 : max_concurrency))) {}
    event_loop(const event_loop&) = delete;
    event_loop& operator=(const event_loop&) = delete;

    const executor& where() const noexcept { return where_; }
    const std::shared_ptr<running_calls>& calls() const noexcept { return calls_; }
    /// The engine gets a turn by then.
    void turn_at(time_point when) {
        if (driver_ != nullptr) driver_->turn_at(when);
    }

    /// The plugin, which lives as long as a handler of it runs.
    const std::shared_ptr<void>& plugin() const noexcept { return plugin_; }
    void set_plugin(std::shared_ptr<void> plugin) noexcept { plugin_ = std::move(plugin); }

    void end() {
        driver_ = nullptr;
        calls_->cancel_all();
        const auto dropped = std::move(plugin_); // may hold the engine, and that this loop
    }

private:
    executor where_;
    loop_driver* driver_;
    std::shared_ptr<running_calls> calls_;
    std::shared_ptr<void> plugin_;
};

/// Handlers that are coroutines: known where Asio has them (coroutine_call.hpp).
template <class P, class Messages>
inline constexpr bool any_coroutine = false;

/// What an engine in a loop is made with: one thread, and many handlers in flight where they are coroutines.
template <class P>
plugin_hooks make_loop_hooks(const about& identity) {
    plugin_hooks hooks = make_hooks<P>(identity);
    hooks.threads = 1;
    hooks.start_workers = nullptr;
    if constexpr (any_coroutine<P, typename P::receives>) {
        if constexpr (!requires { P::max_concurrency; }) hooks.max_concurrency = deferred_concurrency;
        hooks.request_cancelled = [](engine& runs_in, request_token request) {
            event_loop* const loop = runs_in.hooks().loop;
            if (loop == nullptr) return;
            asio::post(loop->where(), [calls = loop->calls(), request] { calls->cancel(request); });
        };
    }
    return hooks;
}

template <class P> concept made_with_executor = std::is_constructible_v<P, host_link, executor>;

/// The plugin by its type: from a host_link and the loop's executor, from a host_link, or from nothing.
template <class P>
std::shared_ptr<P> make_plugin(engine& runs_in, [[maybe_unused]] const executor& where) {
    if constexpr (made_with_executor<P>) return std::make_shared<P>(host_link(runs_in), where);
    else if constexpr (std::is_constructible_v<P, host_link>) return std::make_shared<P>(host_link(runs_in));
    else return std::make_shared<P>();
}

/// check_plugin_class() for plugins that may also want the executor.
template <class P>
constexpr bool check_loop_plugin_class() {
    if constexpr (!made_with_executor<P>) return check_plugin_class<P>();
    else if constexpr (!check_plugin<P>()) return false;
    else {
        static_assert(says_who_it_is_without_object<P>, "tenon: `about` of a plugin's class must be static");
        return says_who_it_is_without_object<P>;
    }
}

} // namespace tenon::detail

#endif
