#ifndef TENON_HOST_COMPLETION_HPP
#define TENON_HOST_COMPLETION_HPP

// From a completion token of Asio to a callback of ours and back. Every asynchronous operation of a host is begun
// on the host's executor, wherever it was called, and completes exactly once on the handler's own. Where the handler
// has a cancellation slot, what it emits ends the operation early: a cancelled operation completes, too.
//
// Where everything happens on the host's own executor already, nothing goes through it: a call costs no more than
// its handler then, and as a callback it allocates nothing.

#include <tenon/core/compiled.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/host/home.hpp>
#include <tenon/transport/asio.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace tenon::detail {

#ifdef ASIO_HAS_CO_AWAIT
using default_token = asio::use_awaitable_t<>;
#else
/// Where the compiler has no coroutines that Asio knows, every operation is given its token.
struct default_token {};
#endif

/// How an operation that is under way is ended early. Everything here happens on the host's executor.
class cancel_point {
public:
    /// What to do then; at once where it was cancelled before it was begun.
    void set(unique_function<void()> how) {
        if (fired_) how();
        else how_ = std::move(how);
    }
    void fire() {
        fired_ = true;
        if (how_) std::exchange(how_, nullptr)();
    }

private:
    unique_function<void()> how_;
    bool fired_ = false;
};

/// What the slot emits tells the point, for as long as the operation holds it. Null where nobody can cancel.
TENON_COMPILED_ONCE std::shared_ptr<cancel_point> connect_slot(const executor& where,
                                                               asio::cancellation_slot slot);

/// Where a handler is to be called once its operation is over, and how to get there from the host's executor. The
/// handler's executor is kept busy meanwhile, so that its run() does not return early.
class way_back {
public:
    using function = unique_function<void()>;
    using road = unique_function<void(function tell)>;

    way_back(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point, const executor& to);
    /// The same to an executor that Asio's any_io_executor cannot hold.
    way_back(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point, road to);
    way_back(way_back&& other) noexcept;
    ~way_back();

    /// Whether the handler has a slot.
    bool slotted() const noexcept { return point_ != nullptr; }
    /// To be called once, on the host's executor. `tell` may end everything, what this is a part of too.
    template <class Tell>
    void go(Tell tell) {
        go(
            &tell, [](void* what) { (*static_cast<Tell*>(what))(); },
            [](void* what) { return function(std::move(*static_cast<Tell*>(what))); });
    }

private:
    /// What is told stays where it is if it can be told at once, so that nothing is allocated for it.
    void go(void* what, void (*tell)(void* what), function (*take)(void* what));

    std::shared_ptr<const home> home_;
    std::shared_ptr<cancel_point> point_;
    // Either. Apart, so that an operation with a small handler stays within a unique_function.
    std::unique_ptr<road> elsewhere_;
    std::optional<home::tracked_work> work_;
};

/// Completes one operation: to be called once, on the host's executor.
template <class Result, class Handler>
class operation_end {
public:
    operation_end(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point, Handler handler)
        : back_(make_way(std::move(from), std::move(point), handler)), handler_(std::move(handler)) {}

    void operator()(Result outcome) {
        const bool slotted = back_.slotted();
        back_.go(answer{std::move(handler_), std::move(outcome), slotted});
    }

private:
    struct answer {
        Handler given;
        Result outcome;
        bool slotted;

        // Called from three places, each of which would be all of it once more.
        [[gnu::noinline]] void operator()() {
            // The handler may use its slot for what it does next.
            if (slotted) asio::get_associated_cancellation_slot(given).clear();
            std::move(given)(std::move(outcome));
        }
    };

    static way_back make_way(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point,
                             const Handler& handler) {
        auto own = asio::get_associated_executor(handler, from->where());
        if constexpr (std::is_convertible_v<decltype(own), executor>) {
            return {std::move(from), std::move(point), executor(own)};
        } else {
            return {std::move(from), std::move(point),
                    way_back::road([to = asio::prefer(own, asio::execution::outstanding_work.tracked)](
                                       way_back::function tell) { asio::dispatch(to, std::move(tell)); })};
        }
    }

    way_back back_;
    Handler handler_;
};

/// `start` is called with what takes a Result, on the executor of `from`, and, where it takes one, with a
/// cancel_point*, which is null where nobody can cancel.
template <class Result, class Token, class Start>
auto begin_operation(std::shared_ptr<const home> from, Token&& token, Start start) {
    return asio::async_initiate<Token, void(Result)>(
        [from = std::move(from)](auto handler, Start begun) {
            using end = operation_end<Result, decltype(handler)>;
            constexpr bool cancels = std::is_invocable_v<Start&, end, cancel_point*>;
            std::shared_ptr<cancel_point> point;
            if constexpr (cancels)
                point = connect_slot(from->where(), asio::get_associated_cancellation_slot(handler));
            end done(from, point, std::move(handler));
            const auto go = [](Start& how, end&& told, cancel_point* cancel) {
                if constexpr (cancels) how(std::move(told), cancel);
                else how(std::move(told));
            };
            if (from->here()) return go(begun, std::move(done), point.get());
            run_on(from->where(), [begun = std::move(begun), point, done = std::move(done), go]() mutable {
                go(begun, std::move(done), point.get());
            });
        },
        token, std::move(start));
}

template <class Result, class Token, class Start>
auto begin_operation(const executor& where, Token&& token, Start start) {
    return begin_operation<Result>(std::make_shared<const home>(where), token, std::move(start));
}

} // namespace tenon::detail

#ifndef TENON_COMPILED
#include <tenon/host/completion.ipp>
#endif

#endif
