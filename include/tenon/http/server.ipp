#ifndef TENON_HTTP_SERVER_IPP
#define TENON_HTTP_SERVER_IPP

// The bodies of http/server.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/core/text.hpp>
#include <tenon/http/answer_writer.hpp>
#include <tenon/http/connection.hpp>
#include <tenon/http/server.hpp>
#include <tenon/http/service.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/web/address.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace tenon::detail {

/// Where clients come in.
class http_listener final : public std::enable_shared_from_this<http_listener> {
public:
    explicit http_listener(std::shared_ptr<http_service> service)
        : service_(std::move(service)), acceptor_(service_->where),
          accepts_again_(service_->where, [this](time_point) { accept(); }) {}

    result<void> listen(std::string_view address);
    std::string address() const;
    void close() {
        accepts_again_.cancel();
        asio::error_code ignored;
        acceptor_.close(ignored);
    }

private:
    void accept();
    void welcome(asio::ip::tcp::socket socket);
    void pause();

    std::shared_ptr<http_service> service_;
    asio::ip::tcp::acceptor acceptor_;
    milliseconds pause_{0}; // of accepting
    alarm accepts_again_;
};

inline result<void> http_listener::listen(std::string_view address) {
    const auto refused = [&](std::string_view why) {
        return fault{codes::unavailable, join({"cannot listen on ", address, ": ", why})};
    };
    const auto at = http::split_address(address);
    if (!at) return refused("expected ADDRESS:PORT");
    const std::string_view host = at->host == "localhost" ? "127.0.0.1" : at->host;
    asio::error_code error;
    const asio::ip::tcp::endpoint place(asio::ip::make_address(host, error), at->port);
    if (!error) acceptor_.open(place.protocol(), error);
    if (!error) acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(place, error);
    if (!error) acceptor_.listen(asio::ip::tcp::acceptor::max_listen_connections, error);
    if (error) {
        asio::error_code ignored;
        acceptor_.close(ignored);
        return refused(error.message());
    }
    accept();
    return {};
}

inline std::string http_listener::address() const {
    asio::error_code error;
    const auto place = acceptor_.local_endpoint(error);
    const std::string host = place.address().to_string(), port = std::to_string(place.port());
    return error ? "" : (place.address().is_v6() ? "[" + host + "]:" : host + ":") + port;
}

inline void http_listener::accept() {
    acceptor_.async_accept(
        [kept = weak_from_this()](const asio::error_code& error, asio::ip::tcp::socket socket) {
            const auto self = kept.lock();
            if (!self || self->service_->closed) return;
            if (error) return self->pause();
            self->pause_ = milliseconds{0};
            self->welcome(std::move(socket));
            self->accept();
        });
}

inline void http_listener::welcome(asio::ip::tcp::socket socket) {
    asio::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (service_->connections.size() >= service_->bounds.connections && !service_->make_room()) {
        // It fits into what the system keeps for a new connection.
        const response busy = http::problem(503, "too many are being served");
        socket.write_some(
            asio::buffer(write_answer(busy, answer_part::whole, after_answer::close, std::time(nullptr))),
            ignored);
        return;
    }
    const auto one = std::make_shared<http_connection>(*service_, std::move(socket));
    service_->connections.insert(one);
    one->start();
}

/// The system has no descriptor left, or no memory: whoever knocks waits there, and nobody here in a loop.
inline void http_listener::pause() {
    service_->make_room();
    pause_ = std::clamp(2 * pause_, milliseconds{50}, milliseconds{1'000});
    accepts_again_.set(after(std::chrono::steady_clock::now(), pause_));
}

} // namespace tenon::detail

namespace tenon::http {

TENON_COMPILED_ONCE server::server(const executor& where, const limits& bounds, handler handle, gate admit)
    : service_(std::make_shared<detail::http_service>(where, bounds, std::move(handle), std::move(admit))),
      listener_(std::make_shared<detail::http_listener>(service_)) {}

TENON_COMPILED_ONCE server::server(const executor& where, router& paths, const limits& bounds)
    : server(
          where, bounds, [&paths](std::shared_ptr<exchange> call) { paths.answer(std::move(call)); },
          [&paths](const request& head) { return paths.admit(head); }) {
    paths_ = &paths;
}

TENON_COMPILED_ONCE server::server(asio::io_context& where, router& paths, const limits& bounds)
    : server(executor(where.get_executor()), paths, bounds) {}

TENON_COMPILED_ONCE server::~server() { close(); }

TENON_COMPILED_ONCE result<void> server::listen(std::string_view address) {
    auto good = listener_->listen(address);
    if (good && paths_ != nullptr) paths_->serves_at(this->address());
    return good;
}

TENON_COMPILED_ONCE std::string server::address() const { return listener_->address(); }

TENON_COMPILED_ONCE std::size_t server::connections() const noexcept { return service_->connections.size(); }

TENON_COMPILED_ONCE void server::close() {
    listener_->close();
    service_->close();
}

} // namespace tenon::http

#endif
