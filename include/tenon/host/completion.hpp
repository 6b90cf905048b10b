#ifndef TENON_HOST_COMPLETION_HPP
#define TENON_HOST_COMPLETION_HPP

// From a completion token of Asio to a callback of ours and back. Every asynchronous operation of a host is begun
// on the host's executor, wherever it was called, and completes exactly once on the handler's own. Where the handler
// has a cancellation slot, what it emits ends the operation early: a cancelled operation completes, too.
//
// Where everything happens on the host's own executor already, nothing goes through it: a call costs no more than
// its handler then, and as a callback it allocates nothing.

#include <tenon/host/contain.hpp>
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

/// The handler's slot tells the point, for as long as the operation holds it. Null where nobody can cancel.
template <class Handler>
std::shared_ptr<cancel_point> connect_slot(const executor& where, const Handler& handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (!slot.is_connected()) return nullptr;
    auto point = std::make_shared<cancel_point>();
    slot.assign([where, weak = std::weak_ptr(point)](asio::cancellation_type type) {
        if (type == asio::cancellation_type::none) return;
        asio::dispatch(where, [weak] {
            if (const auto still = weak.lock()) still->fire();
        });
    });
    return point;
}

/// Completes one operation: to be called once, on the host's executor.
template <class Result, class Handler>
class operation_end {
public:
    operation_end(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point, Handler handler)
        : home_(std::move(from)), point_(std::move(point)), handler_(std::move(handler)) {
        const auto own = asio::get_associated_executor(handler_, home_->where());
        if (home_->is(own)) work_ = home_->work();
        if (!work_) elsewhere_ = std::make_unique<foreign>(asio::prefer(own, tracked));
    }

    void operator()(Result outcome) {
        // The handler may end everything, what this is a part of too.
        const auto kept = std::move(home_);
        const auto elsewhere = std::move(elsewhere_);
        const auto work = std::move(work_);
        const bool slotted = point_ != nullptr;
        point_.reset();
        auto tell = [given = std::move(handler_), answer = std::move(outcome), slotted]() mutable {
            // The handler may use its slot for what it does next.
            if (slotted) asio::get_associated_cancellation_slot(given).clear();
            std::move(given)(std::move(answer));
        };
        contain(kept->where(), [&] {
            if (elsewhere) asio::dispatch(*elsewhere, std::move(tell));
            else if (kept->here()) tell();
            else asio::dispatch(kept->where(), std::move(tell)); // a host that ends after its loop
        });
    }

private:
    static constexpr auto tracked = asio::execution::outstanding_work.tracked;
    using own_executor = std::decay_t<decltype(asio::get_associated_executor(
        std::declval<const Handler&>(), std::declval<const executor&>()))>;
    using foreign = std::decay_t<decltype(asio::prefer(std::declval<const own_executor&>(), tracked))>;

    std::shared_ptr<const home> home_;
    std::shared_ptr<cancel_point> point_;
    // Either keeps the handler's executor busy meanwhile, so that its run() does not return early.
    std::unique_ptr<foreign> elsewhere_;
    std::optional<home::tracked_work> work_;
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
            if constexpr (cancels) point = connect_slot(from->where(), handler);
            end done(from, point, std::move(handler));
            const auto go = [](Start& how, end&& told, cancel_point* cancel) {
                if constexpr (cancels) how(std::move(told), cancel);
                else how(std::move(told));
            };
            if (from->here()) return go(begun, std::move(done), point.get());
            asio::dispatch(from->where(), [begun = std::move(begun), point, done = std::move(done),
                                           go]() mutable { go(begun, std::move(done), point.get()); });
        },
        token, std::move(start));
}

template <class Result, class Token, class Start>
auto begin_operation(const executor& where, Token&& token, Start start) {
    return begin_operation<Result>(std::make_shared<const home>(where), token, std::move(start));
}

} // namespace tenon::detail

#endif
