#ifndef TENON_HTTP_HPP
#define TENON_HTTP_HPP

// HTTP for a program with plugins: `#include <tenon/http.hpp>`. A server on the program's own executor, a router that
// knows who may ask, and a client for commands. Needs Asio.

#include <tenon/http/client.hpp>
#include <tenon/http/router.hpp>
#include <tenon/http/server.hpp>

#endif
