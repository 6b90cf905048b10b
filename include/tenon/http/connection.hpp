#ifndef TENON_HTTP_CONNECTION_HPP
#define TENON_HTTP_CONNECTION_HPP

// One client: its requests one after the other, each answered before the next is looked at.
//
// It always waits for one thing and for no longer than a deadline, unless that is the handler's answer: the program
// knows how long that may take. It waits for bytes with no memory in hand, so that an idle client costs little. The
// last answer is followed by a while of reading and dropping what the client still sends: closing at once would
// make its system throw away the answer that it has not read.

#include <tenon/http/exchange.hpp>
#include <tenon/http/parser.hpp>
#include <tenon/http/service.hpp>

#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace tenon::detail {

class http_connection final : public std::enable_shared_from_this<http_connection> {
public:
    http_connection(http_service& owner, asio::ip::tcp::socket socket);

    void start();
    /// Closes; whoever waits for the client is told that it went.
    void leave();
    /// Its place may be given to somebody else; since when it waits for the client.
    bool idles() const noexcept { return place_ == place::reading || place_ == place::lingering; }
    time_point since() const noexcept { return since_; }
    bool is_known() const noexcept { return admitted_.known; }
    /// It has not taken what it was sent, and that is more than the system keeps for it.
    bool lets_wait() const noexcept { return in_flight_ && writing_.size() >= worth_leaving; }

    // For the handles of the program. False: there is nobody to hear it.
    void answer(const response& given);
    bool begin_stream();
    bool send(std::string_view event, std::string_view data);
    /// Before end_stream(): there is no bound for what nothing follows.
    void write_last(std::string_view event, std::string_view data);
    void end_stream();

private:
    // Of smaller answers it takes many to hold much, and they are gone in a moment.
    static constexpr std::size_t worth_leaving = std::size_t{64} << 10;

    static time_point clock() noexcept { return std::chrono::steady_clock::now(); }
    enum class place { reading, answering, writing, streaming, lingering, closed };
    enum class stage { none, idle, head, body }; // of reading

    void listen();
    void take();
    void advance();
    void dispatch(http_service& owner);
    void wait_for_rest();
    void ended(bool cleanly);
    void refuse(int status, std::string_view words);
    bool takes_too_much(http_service& owner) const;
    void give_back(http_service* owner);
    void count();
    void reply(const response& given);
    void write(std::string bytes);
    void flush();
    void written(const asio::error_code& error);
    void linger();
    void due(time_point when);
    void due_in(milliseconds wait);
    void wake(time_point now);

    std::weak_ptr<http_service> owner_;
    asio::ip::tcp::socket socket_;
    http::limits bounds_;
    http_parser parser_;
    place place_ = place::reading;
    stage stage_ = stage::none;
    std::shared_ptr<http_asker> client_; // answering and streaming
    asio::ip::address from_;
    http::admission admitted_;
    bool placed_ = false; // a stranger's request has one of their places
    bool asking_ = false; // ... and one of its route's
    http_held held_;
    std::size_t asked_ = 0;  // bytes of the body that the program has
    bool head_only_ = false; // the request's method is HEAD
    bool last_ = false;      // nothing is read behind this request
    bool ended_ = false;     // the client says nothing more
    bool listening_ = false;
    bool in_flight_ = false;
    std::string writing_, next_; // what the system has, and what waits
    time_point since_, deadline_ = never;
    alarm alarm_;
};

} // namespace tenon::detail

#endif
