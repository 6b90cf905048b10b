#ifndef TENON_HOST_COMPLETION_HPP
#define TENON_HOST_COMPLETION_HPP

// From a completion token of Asio to a callback of ours and back. Every asynchronous operation of a host is begun
// on the host's executor, wherever it was called, and completes exactly once on the handler's own. Where the handler
// has a cancellation slot, what it emits ends the operation early: a cancelled operation completes, too.

#include <tenon/host/contain.hpp>
#include <tenon/host/calls/unique_function.hpp>
#include <tenon/transport/asio.hpp>

#include <memory>
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

/// `start` is called with a unique_function<void(Result)> on the executor `where`, and, where it takes one, with a
/// cancel_point*, which is null where nobody can cancel.
template <class Result, class Token, class Start>
auto begin_operation(const executor& where, Token&& token, Start start) {
    return asio::async_initiate<Token, void(Result)>(
        [where](auto handler, Start begun) {
            // Keeps the handler's executor busy meanwhile, so that its run() does not return early.
            auto home = asio::prefer(asio::get_associated_executor(handler, where),
                                     asio::execution::outstanding_work.tracked);
            constexpr bool cancels =
                std::is_invocable_v<Start&, unique_function<void(Result)>, cancel_point*>;
            std::shared_ptr<cancel_point> point;
            if constexpr (cancels) point = connect_slot(where, handler);
            auto done = [where, home, point, kept = std::move(handler)](Result outcome) mutable {
                const bool slotted = point != nullptr;
                point.reset();
                auto tell = [given = std::move(kept), answer = std::move(outcome), slotted]() mutable {
                    // The handler may use its slot for what it does next.
                    if (slotted) asio::get_associated_cancellation_slot(given).clear();
                    std::move(given)(std::move(answer));
                };
                contain(where, [&] { asio::dispatch(home, std::move(tell)); });
            };
            asio::dispatch(where, [begun = std::move(begun), point, done = std::move(done)]() mutable {
                if constexpr (cancels) begun(unique_function<void(Result)>(std::move(done)), point.get());
                else begun(unique_function<void(Result)>(std::move(done)));
            });
        },
        token, std::move(start));
}

} // namespace tenon::detail

#endif
