#ifndef TENON_HTTP_SERVER_HPP
#define TENON_HTTP_SERVER_HPP

// An HTTP/1.1 server on the program's own executor, for a few hundred clients: strict about what it takes, it says
// no in words and with a status, and one that is slow or hostile costs a place, which it loses when places are short.
//
//     server web(io.get_executor(), {}, [](std::shared_ptr<exchange> call) { call->answer(text("hello")); });
//     if (auto good = web.listen("127.0.0.1:8080"); !good) return good.error();
//
// Mostly it is given a router, whose guard it tells where it listens:
//
//     router paths{guard(token)};
//     server web(io, paths);
//
// Destroying it, also from within a handler, closes every connection; no callback is called after that. It does no
// TLS, no HTTP/2, no compression and no ranges, and knows nothing of paths: that is the router's business.

#include <tenon/core/result.hpp>
#include <tenon/http/exchange.hpp>
#include <tenon/http/limits.hpp>
#include <tenon/http/router.hpp>
#include <tenon/transport/asio.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tenon::detail {

class http_listener;
class http_service;

} // namespace tenon::detail

namespace tenon::http {

class server {
public:
    server(const executor& where, const limits& bounds, handler handle, gate admit = {});
    /// The router has to be there for as long as this.
    server(const executor& where, router& paths, const limits& bounds = {});
    server(asio::io_context& where, router& paths, const limits& bounds = {});
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// "127.0.0.1:8080", "[::1]:0" or "localhost:8080"; port 0: any that is free.
    result<void> listen(std::string_view address);
    /// Where it listens, with the port that it got.
    std::string address() const;
    std::size_t connections() const noexcept;
    void close();

private:
    std::shared_ptr<detail::http_service> service_;
    std::shared_ptr<detail::http_listener> listener_;
    router* paths_ = nullptr;
};

} // namespace tenon::http

#ifndef TENON_COMPILED
#include <tenon/http/server.ipp>
#endif

#endif
