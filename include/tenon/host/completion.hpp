#ifndef TENON_HOST_COMPLETION_HPP
#define TENON_HOST_COMPLETION_HPP

// From a completion token of Asio to a callback of ours and back. Every asynchronous operation of a host is begun
// on the host's executor, wherever it was called, and completes exactly once on the handler's own.

#include <tenon/host/unique_function.hpp>
#include <tenon/transport/asio.hpp>

#include <type_traits>
#include <utility>

namespace tenon::detail {

#ifdef ASIO_HAS_CO_AWAIT
using default_token = asio::use_awaitable_t<>;
#else
/// Where the compiler has no coroutines that Asio knows, every operation is given its token.
struct default_token {};
#endif

/// `start` is called with a unique_function<void(Result)> on the executor `where`.
template <class Result, class Token, class Start>
auto begin_operation(const executor& where, Token&& token, Start start) {
    return asio::async_initiate<Token, void(Result)>(
        [where](auto handler, Start begun) {
            // Keeps the handler's executor busy meanwhile, so that its run() does not return early.
            auto home = asio::prefer(asio::get_associated_executor(handler, where),
                                     asio::execution::outstanding_work.tracked);
            auto done = [home, kept = std::move(handler)](Result outcome) mutable {
                asio::dispatch(home, [given = std::move(kept), answer = std::move(outcome)]() mutable {
                    std::move(given)(std::move(answer));
                });
            };
            asio::dispatch(where, [begun = std::move(begun), done = std::move(done)]() mutable {
                begun(unique_function<void(Result)>(std::move(done)));
            });
        },
        token, std::move(start));
}

} // namespace tenon::detail

#endif
