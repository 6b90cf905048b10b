#ifndef TENON_ASIO_HPP
#define TENON_ASIO_HPP

// The side of plugin authors who use Asio: `#include <tenon/asio.hpp>` for handlers that are coroutines and for calls
// to the host that are awaited. Needs Asio (standalone).

#include <tenon/joint/async_call.hpp>
#include <tenon/joint/coroutine_call.hpp>
#include <tenon/joint/serve_async.hpp>
#include <tenon/plugin/lambdas.hpp>

#endif
