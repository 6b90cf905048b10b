#ifndef TENON_HTTP_SERVICE_HPP
#define TENON_HTTP_SERVICE_HPP

// What a server shares with its connections. It outlives the server for as long as one of its functions runs.

#include <tenon/http/exchange.hpp>

#include <tenon/core/time.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <set>

namespace tenon::detail {

class http_service final : public std::enable_shared_from_this<http_service> {
public:
    http_service(const executor& given_where, const http::limits& given_bounds, http::handler given_handle,
                 http::gate given_admit);

    result<void> listen(std::string_view address);
    void close();
    /// Calls it from the executor, if the service is still open then.
    void call_later(std::function<void()> call);

    executor where;
    http::limits bounds;
    http::handler handle;
    http::gate admit;
    asio::ip::tcp::acceptor acceptor;
    std::set<std::shared_ptr<http_connection>> connections;
    std::size_t streams = 0;
    bool closed = false;

private:
    void accept();
    void welcome(asio::ip::tcp::socket socket);
    bool make_room();
    void pause();

    milliseconds pause_{0}; // of accepting
    alarm accepts_again_;
};

} // namespace tenon::detail

#endif
