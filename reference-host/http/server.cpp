// Accepting, and who gives way when there is no place.

#include "server.hpp"

#include "answer.hpp"
#include "connection.hpp"

#include <tenon/core/text.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace reference::http {

using asio::ip::tcp;

service::service(const tenon::executor& given_where, const limits& given_bounds, server::handler given_handle,
                 server::gate given_admit)
    : where(given_where), bounds(given_bounds), handle(std::move(given_handle)),
      admit(std::move(given_admit)), acceptor(where),
      accepts_again_(where, [this](tenon::time_point) { accept(); }) {}

tenon::result<void> service::listen(std::string_view address) {
    const auto refused = [&](std::string_view why) {
        return tenon::fault{tenon::codes::unavailable,
                            tenon::detail::join({"cannot listen on ", address, ": ", why})};
    };
    const std::size_t colon = address.rfind(':');
    std::string_view host = address.substr(0, colon),
                     port = colon == address.npos ? "" : address.substr(colon + 1);
    unsigned short number = 0;
    const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (bad != std::errc() || end != port.data() + port.size()) return refused("expected ADDRESS:PORT");
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    asio::error_code error;
    const tcp::endpoint place(asio::ip::make_address(host, error), number);
    if (!error) acceptor.open(place.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(place, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error) {
        asio::error_code ignored;
        acceptor.close(ignored);
        return refused(error.message());
    }
    accept();
    return {};
}

void service::accept() {
    acceptor.async_accept([kept = weak_from_this()](const asio::error_code& error, tcp::socket socket) {
        const auto self = kept.lock();
        if (!self || self->closed) return;
        if (error) return self->pause();
        self->pause_ = milliseconds{0};
        self->welcome(std::move(socket));
        self->accept();
    });
}

/// Whoever waits longest for its client goes. False: all are at work.
bool service::make_room() {
    const auto waits = [](const auto& one) { return one->idles() ? one->since() : tenon::never; };
    const auto longest = std::min_element(connections.begin(), connections.end(),
                                          [&](const auto& a, const auto& b) { return waits(a) < waits(b); });
    if (longest == connections.end() || !(*longest)->idles()) return false;
    std::shared_ptr<connection>(*longest)->leave();
    return true;
}

void service::welcome(tcp::socket socket) {
    asio::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    if (connections.size() >= bounds.connections && !make_room()) {
        // It fits into what the system keeps for a new connection.
        const response busy = problem(503, "too many are being served");
        socket.write_some(asio::buffer(write_answer(busy, part::whole, after_it::close, std::time(nullptr))),
                          ignored);
        return;
    }
    const auto one = std::make_shared<connection>(*this, std::move(socket));
    connections.insert(one);
    one->start();
}

/// The system has no descriptor left, or no memory: whoever knocks waits there, and nobody here in a loop.
void service::pause() {
    make_room();
    pause_ = std::clamp(2 * pause_, milliseconds{50}, milliseconds{1'000});
    accepts_again_.set(tenon::after(std::chrono::steady_clock::now(), pause_));
}

void service::call_later(std::function<void()> call) {
    if (!call || closed) return;
    asio::post(where, [kept = weak_from_this(), call = std::move(call)] {
        const auto self = kept.lock();
        if (self && !self->closed) call();
    });
}

void service::close() {
    closed = true;
    accepts_again_.cancel();
    asio::error_code ignored;
    acceptor.close(ignored);
    for (const auto& one : std::exchange(connections, {})) one->leave();
}

server::server(const tenon::executor& where, const limits& bounds, handler handle, gate admit)
    : service_(std::make_shared<service>(where, bounds, std::move(handle), std::move(admit))) {}
server::~server() { close(); }

tenon::result<void> server::listen(std::string_view address) { return service_->listen(address); }
void server::close() { service_->close(); }
std::size_t server::connections() const noexcept { return service_->connections.size(); }

std::string server::address() const {
    asio::error_code error;
    const auto place = service_->acceptor.local_endpoint(error);
    const std::string host = place.address().to_string(), port = std::to_string(place.port());
    return error ? "" : (place.address().is_v6() ? "[" + host + "]:" : host + ":") + port;
}

} // namespace reference::http
