#ifndef TENON_TRANSPORT_ASIO_HPP
#define TENON_TRANSPORT_ASIO_HPP

// What everybody needs of Asio: standalone, never Boost's. Its own asio.hpp takes two thirds more to compile. Sockets and
// pipes are in transport/asio_io.hpp.

#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE
#endif

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/defer.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#ifdef ASIO_HAS_CO_AWAIT
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#endif

#include <typeinfo>

namespace tenon {

/// Where a host, and everything that it owns, runs: an io_context's executor that one thread runs, or a strand.
using executor = asio::any_io_executor;

namespace detail {

/// The executor behind `where` if it is of this type. Asio's own target() does not look at the type in every version:
/// 1.22 takes a strand for the loop below it.
template <class Executor>
const Executor* executor_as(const executor& where) noexcept {
#if !defined(ASIO_NO_TYPEID)
    if (where.target_type() == typeid(Executor)) return where.target<Executor>();
#endif
    return nullptr;
}

} // namespace detail

} // namespace tenon

#endif
