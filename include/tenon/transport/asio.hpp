#ifndef TENON_TRANSPORT_ASIO_HPP
#define TENON_TRANSPORT_ASIO_HPP

// The one place that includes Asio: standalone, never Boost's.

#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE
#endif

#include <asio.hpp>

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
