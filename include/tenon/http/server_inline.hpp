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

// --- what strangers may take ---

/// Without a gate nobody is known, and nothing is kept for those who are.
inline std::size_t http_service::for_strangers(std::size_t places) const noexcept {
    return admit ? places - std::min(bounds.reserved, places / 4) : places;
}

/// One stranger: an address, or of IPv6 a whole network, as a customer has one.
inline asio::ip::address stranger_at(const asio::ip::address& from) {
    if (!from.is_v6()) return from;
    const asio::ip::address_v6 six = from.to_v6();
    if (six.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, six);
    auto bytes = six.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return asio::ip::address_v6(bytes);
}

inline std::optional<response> http_service::crowded(const http::admission& asks,
                                                     const asio::ip::address& from) const {
    if (asks.known) return {};
    const auto count = [](const auto& counts, const auto& of) {
        const auto found = counts.find(of);
        return found == counts.end() ? 0 : found->second;
    };
    const auto refused = [](int status, std::string_view why) {
        response answer = http::problem(status, why);
        answer.headers.push_back({"Retry-After", "1"});
        return answer;
    };
    if (count(addresses_, stranger_at(from)) >= bounds.per_address)
        return refused(429, "too many requests of this address are under way");
    if (strangers_ >= for_strangers(bounds.connections)) return refused(503, "too many are being served");
    if (count(routes_, asks.route) >= asks.at_once)
        return refused(503, "too many requests for this are under way");
    return {};
}

inline void http_service::enter(const http::admission& asks, const asio::ip::address& from) {
    ++strangers_;
    ++addresses_[stranger_at(from)];
    ++routes_[asks.route];
}

inline void http_service::leave(const asio::ip::address& from) {
    --strangers_;
    const auto found = addresses_.find(stranger_at(from));
    if (--found->second == 0) addresses_.erase(found);
}

inline void http_service::answered(const http::admission& asked) {
    const auto found = routes_.find(asked.route);
    if (--found->second == 0) routes_.erase(found);
}

inline bool http_service::may_stream(bool known) const noexcept {
    return known_streams_ + strange_streams_ < bounds.streams &&
           (known || strange_streams_ < for_strangers(bounds.streams));
}

inline void http_service::relieve() {
    while (held_.answers > bounds.held) {
        std::shared_ptr<http_connection> slowest;
        for (const auto& one : connections)
            if (one->lets_wait() && (!slowest || std::pair(one->is_known(), one->since()) <
                                                     std::pair(slowest->is_known(), slowest->since())))
                slowest = one;
        if (!slowest) return;
        slowest->leave();
    }
}

// --- clients ---

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
