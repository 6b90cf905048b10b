#ifndef TENON_HTTP_CONNECTION_HPP
#define TENON_HTTP_CONNECTION_HPP

// One client: its requests one after the other, each answered before the next is looked at.
//
// It always waits for one thing and for no longer than a deadline, unless that is the handler's answer: the program
// knows how long that may take. It waits for bytes with no memory in hand, so that an idle client costs little. The
// last answer is followed by a while of reading and dropping what the client still sends: closing at once would
// make its system throw away the answer that it has not read.

#include <tenon/http/answer_writer.hpp>
#include <tenon/http/exchange.hpp>
#include <tenon/http/parser.hpp>
#include <tenon/http/service.hpp>
#include <tenon/http/spool.hpp>

#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

// What may wait behind a request that is being answered; then the client is no longer listened to.
inline constexpr std::size_t most_read_ahead = std::size_t{64} << 10;

class http_connection final : public http_line,
                              public http_guest,
                              public std::enable_shared_from_this<http_connection> {
public:
    http_connection(http_service& owner, asio::ip::tcp::socket socket);

    void start();

    void leave() override;
    bool idles() const noexcept override { return place_ == place::reading || place_ == place::lingering; }
    time_point since() const noexcept override { return since_; }
    bool is_known() const noexcept override { return admitted_.known; }
    bool lets_wait() const noexcept override { return in_flight_ && writing_.size() >= worth_leaving; }

    void answer(const response& given) override;
    bool begin_stream() override;
    bool send(std::string_view event, std::string_view data) override;
    void write_last(std::string_view event, std::string_view data) override;
    void end_stream() override;

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
    void begin_spooling(http_service& owner);
    bool spool_body(bool whole);
    void written_down(const result<void>& outcome);
    void let_body_come();
    bool takes_too_much(http_service& owner) const;
    void give_back(http_service* owner);
    bool may_go_on() const { return !admitted_.still || admitted_.still(); }
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
    std::shared_ptr<spool> spool_; // null: the body is kept in memory
    time_point spooled_by_ = never;
    bool whole_ = false;  // ... and has come, all of it
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

// --- coming and going ---

inline http_connection::http_connection(http_service& owner, asio::ip::tcp::socket socket)
    : owner_(owner.weak_from_this()), socket_(std::move(socket)), bounds_(owner.bounds),
      parser_(owner.bounds), since_(clock()), alarm_(owner.where, [this](time_point now) { wake(now); }) {}

inline void http_connection::start() {
    asio::error_code gone;
    from_ = socket_.remote_endpoint(gone).address();
    advance();
}

inline void http_connection::leave() {
    const auto self = shared_from_this();
    if (place_ == place::closed) return;
    const auto owner = owner_.lock();
    if (owner && place_ == place::streaming) owner->end_stream(admitted_.known);
    give_back(owner.get());
    if (owner) owner->hold({}, std::exchange(held_, {}));
    place_ = place::closed;
    spool_ = nullptr;
    alarm_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
    if (owner) owner->connections.erase(self);
    if (const auto from = std::exchange(client_, nullptr)) from->went();
}

// --- reading ---

inline void http_connection::listen() {
    if (listening_ || ended_ || place_ == place::closed) return;
    if (place_ < place::streaming && parser_.waiting() >= most_read_ahead) return;
    listening_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](const asio::error_code& error) {
                           self->listening_ = false;
                           if (!error && self->place_ != place::closed) self->take();
                       });
}

inline void http_connection::take() {
    std::array<char, 16'384> bytes;
    asio::error_code error;
    const std::size_t got = socket_.read_some(asio::buffer(bytes), error);
    if (error && error != asio::error::would_block) return ended(error == asio::error::eof);
    // Nothing is read during a stream and behind the last answer: what comes is dropped, so that it does not pile up.
    if (place_ < place::streaming) parser_.append({bytes.data(), got});
    count();
    if (place_ == place::reading) advance();
    else listen();
}

inline void http_connection::ended(bool cleanly) {
    ended_ = true;
    if (cleanly && place_ == place::answering)
        client_->went(); // or it only stopped sending: the answer is tried
    else if (!cleanly || place_ != place::writing) leave();
}

inline void http_connection::advance() {
    const auto owner = owner_.lock();
    const auto self = shared_from_this();
    while (owner && place_ == place::reading) {
        switch (parser_.next()) {
        case http_step::need_more:
            if (spool_ && !spool_body(false)) return;
            if (takes_too_much(*owner)) return refuse(503, "too much is being sent at once");
            return ended_ ? leave() : wait_for_rest();
        case http_step::refused: return refuse(parser_.why().status, parser_.why().words);
        case http_step::head:
            head_only_ = parser_.asked().method == "HEAD";
            last_ = parser_.is_last();
            admitted_ = owner->admit ? owner->admit(parser_.asked()) : http::admission{};
            if (!admitted_.refused) admitted_.refused = owner->crowded(admitted_, from_);
            if (admitted_.refused) {
                // Without a body there is nothing behind the head that could be taken for a request.
                if (parser_.in_body() || parser_.next() != http_step::whole) last_ = true;
                reply(*admitted_.refused);
                break;
            }
            if (!(admitted_.spool ? parser_.bound_body(admitted_.spool->body, admitted_.spool->told)
                                  : parser_.bound_body(std::min(bounds_.body, admitted_.body))))
                break;
            if (admitted_.spool) return begin_spooling(*owner);
            let_body_come();
            break;
        case http_step::whole:
            if (spool_ && !spool_body(true)) return;
            dispatch(*owner);
            break;
        }
    }
    listen();
}

inline void http_connection::let_body_come() {
    if (parser_.expects_continue() && parser_.waiting() == 0) write("HTTP/1.1 100 Continue\r\n\r\n");
}

inline void http_connection::dispatch(http_service& owner) {
    const auto sent = std::exchange(spool_, nullptr);
    // While the body came, others did.
    if (const auto no = owner.crowded(admitted_, from_)) return reply(*no);
    http::request asked = std::exchange(parser_.asked(), {});
    auto query = decode_query(query_of(asked.target));
    if (!query) return reply(http::problem(400, query.error().message));
    asked.query = std::move(*query);
    if (!admitted_.known) owner.enter(admitted_, from_);
    placed_ = asking_ = !admitted_.known;
    asked_ = asked.body.size() + (sent ? sent->held() : 0);
    place_ = place::answering;
    due(never);
    client_ = std::make_shared<http_asker>(http_asker{.line = weak_from_this(), .owner = owner_});
    owner.handle(std::make_shared<http::exchange>(
        client_, std::move(asked), std::exchange(admitted_.routed, {}), sent ? sent->take() : nullptr));
}

inline void http_connection::wait_for_rest() {
    const stage now = parser_.in_body() ? stage::body : parser_.begun() ? stage::head : stage::idle;
    if (std::exchange(stage_, now) != now)
        due_in(now == stage::body   ? bounds_.body_time
               : now == stage::head ? bounds_.head_time
                                    : bounds_.idle);
    listen();
}

// --- a body that goes to the disk ---

inline void http_connection::begin_spooling(http_service& owner) {
    const auto bounds = admitted_.spool;
    const std::uint64_t bytes = parser_.body_length().value_or(bounds->body);
    spool_ =
        std::make_shared<spool>(bounds, parser_.asked().header("content-type"), owner.disk(), owner.where);
    if (const auto why = spool_->why(); why.status != 0) return refuse(why.status, why.words);
    whole_ = false;
    stage_ = stage::body;
    spooled_by_ = after(clock(), bounds->time);
    due_in(bounds_.body_time);
    spool_->ask_for_room(bytes, [weak = weak_from_this()](const result<void>& outcome) {
        const auto self = weak.lock();
        if (!self || self->place_ != place::reading) return;
        if (outcome) self->let_body_come();
        self->written_down(outcome);
    });
}

/// What has come of it. False: it is refused, or waits for the disk, and nothing is read meanwhile.
inline bool http_connection::spool_body(bool whole) {
    whole_ = whole;
    if (!spool_->read(parser_.take_body(), whole)) {
        const http_refusal why = spool_->why();
        refuse(why.status, why.words);
        return false;
    }
    count();
    if (!spool_->is_full() && !(whole && spool_->has_unwritten())) return true;
    spool_->write([weak = weak_from_this()](const result<void>& outcome) {
        if (const auto self = weak.lock()) self->written_down(outcome);
    });
    return false;
}

inline void http_connection::written_down(const result<void>& outcome) {
    const auto self = shared_from_this();
    const auto owner = owner_.lock();
    if (!owner || place_ != place::reading) return;
    if (!outcome) return refuse(507, outcome.error().message);
    since_ = clock();
    if (whole_) dispatch(*owner);
    advance();
}

/// Bodies of strangers do not take the room of everybody's.
inline bool http_connection::takes_too_much(http_service& owner) const {
    return !admitted_.known && parser_.in_body() && owner.is_asked_too_much();
}

/// What a stranger had.
inline void http_connection::give_back(http_service* owner) {
    if (owner != nullptr && std::exchange(asking_, false)) owner->answered(admitted_);
    if (owner != nullptr && std::exchange(placed_, false)) owner->leave(from_);
}

/// Says what is held here.
inline void http_connection::count() {
    const auto owner = owner_.lock();
    if (!owner || place_ == place::closed) return;
    const http_held now{parser_.held() + asked_ + (spool_ ? spool_->held() : 0),
                        writing_.size() + next_.size()};
    owner->hold(now, std::exchange(held_, now));
}

// --- answering ---

inline void http_connection::refuse(int status, std::string_view words) {
    last_ = true;
    parser_.give_up();
    spool_ = nullptr;
    reply(status == 413   ? http::problem(status, words, "too_large")
          : status == 507 ? http::problem(status, words, "disk")
                          : http::problem(status, words));
    listen();
}

inline void http_connection::answer(const response& given) {
    if (place_ == place::answering) reply(given);
}

inline void http_connection::reply(const response& given) {
    if (place_ == place::closed) return;
    const auto self = shared_from_this(); // what follows may close this connection
    const auto owner = owner_.lock();
    if (owner && std::exchange(asking_, false)) owner->answered(admitted_);
    asked_ = 0;
    place_ = place::writing;
    client_ = nullptr;
    write(write_answer(given, head_only_ ? answer_part::head : answer_part::whole,
                       last_ ? after_answer::close : after_answer::next, std::time(nullptr)));
    if (owner) owner->relieve();
}

inline void http_connection::write(std::string bytes) {
    if (next_.empty()) next_ = std::move(bytes); // an answer may be large
    else next_ += bytes;
    count();
    if (!in_flight_) flush();
}

inline void http_connection::flush() {
    in_flight_ = true;
    writing_ = std::exchange(next_, {});
    since_ = clock();
    if (place_ != place::reading) due_in(bounds_.write_time);
    asio::async_write(
        socket_, asio::buffer(writing_),
        [self = shared_from_this()](const asio::error_code& error, std::size_t) { self->written(error); });
}

inline void http_connection::written(const asio::error_code& error) {
    in_flight_ = false;
    writing_ = {};
    if (place_ == place::closed) return;
    count();
    if (error) return leave();
    if (!next_.empty()) return flush();
    if (place_ == place::streaming) return due_in(bounds_.heartbeat);
    if (place_ != place::writing) return;
    if (last_) return linger();
    give_back(owner_.lock().get());
    place_ = place::reading;
    stage_ = stage::none;
    head_only_ = false;
    since_ = clock();
    advance();
}

inline void http_connection::linger() {
    asio::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    if (ended_) return leave();
    give_back(owner_.lock().get());
    place_ = place::lingering;
    since_ = clock();
    due_in(bounds_.linger);
    listen();
}

inline void http_connection::due_in(milliseconds wait) { due(after(clock(), wait)); }

inline void http_connection::due(time_point when) {
    deadline_ = when;
    alarm_.set(when);
}

inline void http_connection::wake(time_point now) {
    if (now < deadline_) return alarm_.set(deadline_);
    // Of a long body something comes all the time: a byte for each millisecond at least.
    if (place_ == place::reading && spool_ && now < spooled_by_ &&
        (spool_->is_writing() || spool_->brought(static_cast<std::uint64_t>(bounds_.body_time.count()))))
        return due_in(bounds_.body_time);
    if (place_ == place::streaming && !in_flight_ && may_go_on()) return write(":\n\n");
    if (place_ != place::reading || stage_ == stage::idle) return leave();
    refuse(408, "the rest of the request did not come in time");
}

// --- streams ---

inline bool http_connection::begin_stream() {
    const auto owner = owner_.lock();
    if (!owner || place_ != place::answering) return false;
    if (!owner->may_stream(admitted_.known) || ended_ || head_only_) {
        answer(head_only_ ? response{} : http::problem(503, "no stream can begin now"));
        return false;
    }
    if (std::exchange(asking_, false)) owner->answered(admitted_);
    asked_ = 0;
    place_ = place::streaming;
    owner->begin_stream(admitted_.known);
    write(write_stream_head(std::time(nullptr)));
    return true;
}

inline bool http_connection::send(std::string_view event, std::string_view data) {
    if (place_ != place::streaming) return false;
    const auto self = shared_from_this();
    if (!may_go_on()) return leave(), false;
    write(write_event(event, data));
    if (next_.size() + writing_.size() > bounds_.backlog) leave();
    else if (const auto owner = owner_.lock()) owner->relieve();
    return place_ == place::streaming;
}

inline void http_connection::write_last(std::string_view event, std::string_view data) {
    if (place_ == place::streaming && may_go_on()) write(write_event(event, data));
}

inline void http_connection::end_stream() {
    if (place_ != place::streaming) return;
    if (const auto owner = owner_.lock()) owner->end_stream(admitted_.known);
    client_ = nullptr;
    last_ = true;
    place_ = place::writing;
    if (!in_flight_) linger();
}

} // namespace tenon::detail

#endif
