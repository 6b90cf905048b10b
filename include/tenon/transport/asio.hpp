#ifndef TENON_TRANSPORT_ASIO_HPP
#define TENON_TRANSPORT_ASIO_HPP

// The one place that includes Asio: standalone, never Boost's.

#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE
#endif

#include <asio.hpp>

namespace tenon {

/// Where a host, and everything that it owns, runs: an io_context's executor that one thread runs, or a strand.
using executor = asio::any_io_executor;

} // namespace tenon

#endif
