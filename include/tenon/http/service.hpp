#ifndef TENON_HTTP_SERVICE_HPP
#define TENON_HTTP_SERVICE_HPP

// What a server shares with its connections: what it was given, who is there, and who gives way when places are short.
// It outlives the server for as long as one of its functions runs.

#include <tenon/http/exchange.hpp>
#include <tenon/http/limits.hpp>
#include <tenon/http/spool.hpp>

#include <tenon/transport/asio_io.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// Bytes in memory: what clients sent, until it is answered, and what they have not taken yet.
struct http_held {
    std::size_t asked = 0, answers = 0;
};

/// A client, for the service that may ask it to leave.
class http_guest {
public:
    /// Closes; whoever waits for the client is told that it went.
    virtual void leave() = 0;
    /// Its place may be given to somebody else.
    virtual bool idles() const noexcept = 0;
    /// Since when it waits for the client.
    virtual time_point since() const noexcept = 0;
    virtual bool is_known() const noexcept = 0;
    /// It has not taken what it was sent, and that is more than the system keeps for it.
    virtual bool lets_wait() const noexcept = 0;

protected:
    ~http_guest() = default;
};

class http_service final : public http_caller, public std::enable_shared_from_this<http_service> {
public:
    http_service(const executor& given_where, const http::limits& given_bounds, http::handler given_handle,
                 http::gate given_admit)
        : where(given_where), bounds(given_bounds), handle(std::move(given_handle)),
          admit(std::move(given_admit)) {}

    void close() {
        closed = true;
        for (const auto& one : std::exchange(connections, {})) one->leave();
        if (disk_) disk_->drain(); // what they were writing comes back to an executor that is there, and goes
    }

    /// Why a stranger's request from there cannot be answered now.
    std::optional<response> crowded(const http::admission& asks, const asio::ip::address& from) const;
    /// What a stranger's request takes until its connection waits for the next one, and what until it is answered.
    void enter(const http::admission& asks, const asio::ip::address& from);
    void leave(const asio::ip::address& from);
    void answered(const http::admission& asked);
    /// Whether one more stream may begin.
    bool may_stream(bool known) const noexcept {
        return known_streams_ + strange_streams_ < bounds.streams &&
               (known || strange_streams_ < for_strangers(bounds.streams));
    }
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
    /// Whoever waits longest for its client goes. False: all are at work.
    bool make_room();

    /// Where uploads are written; there is none before the first.
    const std::shared_ptr<spool_thread>& disk() {
        if (!disk_) disk_ = std::make_shared<spool_thread>();
        return disk_;
    }
    /// Calls it from the executor, if the service is still open then.
    void call_later(std::function<void()> call) override;

    executor where;
    http::limits bounds;
    http::handler handle;
    http::gate admit;
    std::set<std::shared_ptr<http_guest>> connections;
    bool closed = false;

private:
    /// Of so many places. Without a gate nobody is known, and nothing is kept for those who are.
    std::size_t for_strangers(std::size_t places) const noexcept {
        return admit ? places - std::min(bounds.reserved, places / 4) : places;
    }

    // Those that are there, by number: what is not is zero.
    std::map<asio::ip::address, std::size_t> addresses_;
    std::map<std::string, std::size_t, std::less<>> routes_;
    std::size_t strangers_ = 0, known_streams_ = 0, strange_streams_ = 0;
    http_held held_;
    std::shared_ptr<spool_thread> disk_;
};

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

inline void http_service::relieve() {
    while (held_.answers > bounds.held) {
        std::shared_ptr<http_guest> slowest;
        for (const auto& one : connections)
            if (one->lets_wait() && (!slowest || std::pair(one->is_known(), one->since()) <
                                                     std::pair(slowest->is_known(), slowest->since())))
                slowest = one;
        if (!slowest) return;
        slowest->leave();
    }
}

inline bool http_service::make_room() {
    const auto waits = [](const auto& one) { return one->idles() ? one->since() : never; };
    const auto longest = std::min_element(connections.begin(), connections.end(),
                                          [&](const auto& a, const auto& b) { return waits(a) < waits(b); });
    if (longest == connections.end() || !(*longest)->idles()) return false;
    std::shared_ptr<http_guest>(*longest)->leave();
    return true;
}

inline void http_service::call_later(std::function<void()> call) {
    if (!call || closed) return;
    asio::post(where, [kept = weak_from_this(), call = std::move(call)] {
        const auto self = kept.lock();
        if (self && !self->closed) call();
    });
}

} // namespace tenon::detail

#endif
