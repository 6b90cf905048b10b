#ifndef TENON_HTTP_SERVICE_HPP
#define TENON_HTTP_SERVICE_HPP

// What a server shares with its connections. It outlives the server for as long as one of its functions runs.

#include <tenon/http/exchange.hpp>

#include <tenon/core/time.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace tenon::detail {

/// Bytes in memory: what clients sent, until it is answered, and what they have not taken yet.
struct http_held {
    std::size_t asked = 0, answers = 0;
};

class http_service final : public std::enable_shared_from_this<http_service> {
public:
    http_service(const executor& given_where, const http::limits& given_bounds, http::handler given_handle,
                 http::gate given_admit);

    result<void> listen(std::string_view address);
    void close();

    /// Why a stranger's request from there cannot be answered now.
    std::optional<response> crowded(const http::admission& asks, const asio::ip::address& from) const;
    /// What a stranger's request takes until its connection waits for the next one, and what until it is answered.
    void enter(const http::admission& asks, const asio::ip::address& from);
    void leave(const asio::ip::address& from);
    void answered(const http::admission& asked);
    /// Whether one more stream may begin.
    bool may_stream(bool known) const noexcept;
    void begin_stream(bool known) noexcept { ++(known ? known_streams_ : strange_streams_); }
    void end_stream(bool known) noexcept { --(known ? known_streams_ : strange_streams_); }
    /// A connection holds so much now, and held so much before.
    void hold(const http_held& now, const http_held& before) noexcept {
        held_.asked += now.asked - before.asked;
        held_.answers += now.answers - before.answers;
    }
    bool is_asked_too_much() const noexcept { return held_.asked > bounds.held; }
    /// Whoever leaves its answer waiting for longest goes, strangers first, until the rest fits.
    void relieve();

    /// Calls it from the executor, if the service is still open then.
    void call_later(std::function<void()> call);

    executor where;
    http::limits bounds;
    http::handler handle;
    http::gate admit;
    asio::ip::tcp::acceptor acceptor;
    std::set<std::shared_ptr<http_connection>> connections;
    bool closed = false;

private:
    void accept();
    void welcome(asio::ip::tcp::socket socket);
    bool make_room();
    void pause();
    /// Of so many places.
    std::size_t for_strangers(std::size_t places) const noexcept;

    // Those that are there, by number: what is not is zero.
    std::map<asio::ip::address, std::size_t> addresses_;
    std::map<std::string, std::size_t, std::less<>> routes_;
    std::size_t strangers_ = 0, known_streams_ = 0, strange_streams_ = 0;
    http_held held_;

    milliseconds pause_{0}; // of accepting
    alarm accepts_again_;
};

} // namespace tenon::detail

#endif
