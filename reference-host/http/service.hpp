#ifndef REFERENCE_HTTP_SERVICE_HPP
#define REFERENCE_HTTP_SERVICE_HPP

// What a server shares with its connections. It outlives the server for as long as one of its functions runs.

#include "server.hpp"

#include <tenon/core/time.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <set>

namespace reference::http {

class service final : public std::enable_shared_from_this<service> {
public:
    service(const tenon::executor& given_where, const limits& given_bounds, server::handler given_handle,
            server::gate given_admit);

    tenon::result<void> listen(std::string_view address);
    void close();
    /// Calls it from the executor, if the service is still open then.
    void call_later(std::function<void()> call);

    tenon::executor where;
    limits bounds;
    server::handler handle;
    server::gate admit;
    asio::ip::tcp::acceptor acceptor;
    std::set<std::shared_ptr<connection>> connections;
    std::size_t streams = 0;
    bool closed = false;

private:
    void accept();
    void welcome(asio::ip::tcp::socket socket);
    bool make_room();
    void pause();

    milliseconds pause_{0}; // of accepting
    tenon::detail::alarm accepts_again_;
};

} // namespace reference::http

#endif
