#ifndef TENON_HTTP_SERVER_INLINE_HPP
#define TENON_HTTP_SERVER_INLINE_HPP

// The bodies of http/server.hpp. Accepting, and who gives way when there is no place.

#include <tenon/http/server.hpp>

#include <tenon/http/answer_writer.hpp>
#include <tenon/http/address.hpp>
#include <tenon/http/connection.hpp>
#include <tenon/http/service.hpp>

#include <tenon/core/text.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tenon::detail {

inline http_service::http_service(const executor& given_where, const http::limits& given_bounds,
                                  http::handler given_handle, http::gate given_admit)
    : where(given_where), bounds(given_bounds), handle(std::move(given_handle)),
      admit(std::move(given_admit)), acceptor(where),
      accepts_again_(where, [this](time_point) { accept(); }) {}

inline result<void> http_service::listen(std::string_view address) {
    const auto refused = [&](std::string_view why) {
        return fault{codes::unavailable, join({"cannot listen on ", address, ": ", why})};
    };
    const auto at = http::split_address(address);
    if (!at) return refused("expected ADDRESS:PORT");
    const std::string_view host = at->host == "localhost" ? "127.0.0.1" : at->host;
    asio::error_code error;
    const asio::ip::tcp::endpoint place(asio::ip::make_address(host, error), at->port);
    if (!error) acceptor.open(place.protocol(), error);
    if (!error) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(place, error);
    if (!error) acceptor.listen(asio::ip::tcp::acceptor::max_listen_connections, error);
    if (error) {
        asio::error_code ignored;
        acceptor.close(ignored);
        return refused(error.message());
    }
    accept();
    return {};
}

inline void http_service::accept() {
    acceptor.async_accept(
        [kept = weak_from_this()](const asio::error_code& error, asio::ip::tcp::socket socket) {
            const auto self = kept.lock();
            if (!self || self->closed) return;
            if (error) return self->pause();
            self->pause_ = milliseconds{0};
            self->welcome(std::move(socket));
            self->accept();
        });
}

/// Whoever waits longest for its client goes. False: all are at work.
inline bool http_service::make_room() {
    const auto waits = [](const auto& one) { return one->idles() ? one->since() : never; };
    const auto longest = std::min_element(connections.begin(), connections.end(),
                                          [&](const auto& a, const auto& b) { return waits(a) < waits(b); });
    if (longest == connections.end() || !(*longest)->idles()) return false;
    std::shared_ptr<http_connection>(*longest)->leave();
    return true;
}

inline void http_service::welcome(asio::ip::tcp::socket socket) {
    asio::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (connections.size() >= bounds.connections && !make_room()) {
        // It fits into what the system keeps for a new connection.
        const response busy = http::problem(503, "too many are being served");
        socket.write_some(
            asio::buffer(write_answer(busy, answer_part::whole, after_answer::close, std::time(nullptr))),
            ignored);
        return;
    }
    const auto one = std::make_shared<http_connection>(*this, std::move(socket));
    connections.insert(one);
    one->start();
}

/// The system has no descriptor left, or no memory: whoever knocks waits there, and nobody here in a loop.
inline void http_service::pause() {
    make_room();
    pause_ = std::clamp(2 * pause_, milliseconds{50}, milliseconds{1'000});
    accepts_again_.set(after(std::chrono::steady_clock::now(), pause_));
}

inline void http_service::call_later(std::function<void()> call) {
    if (!call || closed) return;
    asio::post(where, [kept = weak_from_this(), call = std::move(call)] {
        const auto self = kept.lock();
        if (self && !self->closed) call();
    });
}

inline void http_service::close() {
    closed = true;
    accepts_again_.cancel();
    asio::error_code ignored;
    acceptor.close(ignored);
    for (const auto& one : std::exchange(connections, {})) one->leave();
}

} // namespace tenon::detail

namespace tenon::http {

inline server::server(const executor& where, const limits& bounds, handler handle, gate admit)
    : service_(std::make_shared<detail::http_service>(where, bounds, std::move(handle), std::move(admit))) {}
inline server::~server() { close(); }

inline result<void> server::listen(std::string_view address) { return service_->listen(address); }
inline void server::close() { service_->close(); }
inline std::size_t server::connections() const noexcept { return service_->connections.size(); }

inline std::string server::address() const {
    asio::error_code error;
    const auto place = service_->acceptor.local_endpoint(error);
    const std::string host = place.address().to_string(), port = std::to_string(place.port());
    return error ? "" : (place.address().is_v6() ? "[" + host + "]:" : host + ":") + port;
}

} // namespace tenon::http

#endif
