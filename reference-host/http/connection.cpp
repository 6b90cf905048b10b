// Reading, answering, streaming, going; and the handles that the program has of it.

#include "connection.hpp"

#include "answer.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <utility>

namespace reference::http {

namespace {

// What may wait behind a request that is being answered; then the client is no longer listened to.
constexpr std::size_t most_read_ahead = std::size_t{64} << 10;

time_point in(milliseconds wait) { return tenon::after(std::chrono::steady_clock::now(), wait); }

} // namespace

connection::connection(service& owner, asio::ip::tcp::socket socket)
    : owner_(owner.weak_from_this()), socket_(std::move(socket)), bounds_(owner.bounds),
      parser_(owner.bounds), since_(std::chrono::steady_clock::now()),
      alarm_(owner.where, [this](time_point now) { wake(now); }) {}

void connection::start() { advance(); }

void connection::leave() {
    const auto self = shared_from_this();
    if (place_ == place::closed) return;
    const auto owner = owner_.lock();
    if (owner && place_ == place::streaming) --owner->streams;
    place_ = place::closed;
    alarm_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
    if (owner) owner->connections.erase(self);
    if (const auto from = std::exchange(client_, nullptr)) from->went();
}

// --- reading ---

void connection::listen() {
    if (listening_ || ended_ || place_ == place::closed) return;
    if (place_ < place::streaming && parser_.waiting() >= most_read_ahead) return;
    listening_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](const asio::error_code& error) {
                           self->listening_ = false;
                           if (!error && self->place_ != place::closed) self->take();
                       });
}

void connection::take() {
    std::array<char, 16'384> bytes;
    asio::error_code error;
    const std::size_t got = socket_.read_some(asio::buffer(bytes), error);
    if (error && error != asio::error::would_block) return ended(error == asio::error::eof);
    // Nothing is read during a stream and behind the last answer: what comes is dropped, so that it does not pile up.
    if (place_ < place::streaming) parser_.append({bytes.data(), got});
    if (place_ == place::reading) advance();
    else listen();
}

void connection::ended(bool cleanly) {
    ended_ = true;
    if (cleanly && place_ == place::answering)
        client_->went(); // or it only stopped sending: the answer is tried
    else if (!cleanly || place_ != place::writing) leave();
}

void connection::advance() {
    const auto owner = owner_.lock();
    const auto self = shared_from_this();
    while (owner && place_ == place::reading) {
        switch (parser_.next()) {
        case step::need_more:
            return ended_ ? leave() : wait_for_rest();
        case step::refused:
            return refuse(parser_.why().status, parser_.why().words);
        case step::head:
            head_only_ = parser_.asked().method == "HEAD";
            last_ = parser_.asked().last;
            if (owner->admit) {
                if (const auto no = owner->admit(parser_.asked())) {
                    // Without a body there is nothing behind the head that could be taken for a request.
                    if (parser_.in_body() || parser_.next() != step::whole) last_ = true;
                    reply(*no);
                    break;
                }
            }
            if (parser_.expects_continue() && parser_.waiting() == 0) write("HTTP/1.1 100 Continue\r\n\r\n");
            break;
        case step::whole:
            dispatch(*owner);
            break;
        }
    }
    listen();
}

void connection::dispatch(service& owner) {
    place_ = place::answering;
    due(tenon::never);
    client_ = std::make_shared<client>(client{.line = weak_from_this(), .owner = owner_});
    owner.handle(std::make_shared<exchange>(client_, std::move(parser_.asked())));
}

void connection::wait_for_rest() {
    const stage now = parser_.in_body() ? stage::body : parser_.begun() ? stage::head : stage::idle;
    if (std::exchange(stage_, now) != now)
        due(in(now == stage::body   ? bounds_.body_time
               : now == stage::head ? bounds_.head_time
                                    : bounds_.idle));
    listen();
}

// --- answering ---

void connection::refuse(int status, std::string_view words) {
    last_ = true;
    reply(problem(status, words));
    listen();
}

void connection::answer(const response& given) {
    if (place_ == place::answering) reply(given);
}

void connection::reply(const response& given) {
    if (place_ == place::closed) return;
    place_ = place::writing;
    client_ = nullptr;
    write(write_answer(given, head_only_ ? part::head : part::whole, last_ ? after_it::close : after_it::next,
                       std::time(nullptr)));
}

void connection::write(std::string bytes) {
    if (next_.empty()) next_ = std::move(bytes); // an answer may be large
    else next_ += bytes;
    if (!in_flight_) flush();
}

void connection::flush() {
    in_flight_ = true;
    writing_ = std::exchange(next_, {});
    if (place_ != place::reading) due(in(bounds_.write_time));
    asio::async_write(
        socket_, asio::buffer(writing_),
        [self = shared_from_this()](const asio::error_code& error, std::size_t) { self->written(error); });
}

void connection::written(const asio::error_code& error) {
    in_flight_ = false;
    writing_ = {};
    if (place_ == place::closed) return;
    if (error) return leave();
    if (!next_.empty()) return flush();
    if (place_ == place::streaming) return due(in(bounds_.heartbeat));
    if (place_ != place::writing) return;
    if (last_) return linger();
    place_ = place::reading;
    stage_ = stage::none;
    head_only_ = false;
    since_ = std::chrono::steady_clock::now();
    advance();
}

void connection::linger() {
    asio::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    if (ended_) return leave();
    place_ = place::lingering;
    since_ = std::chrono::steady_clock::now();
    due(in(bounds_.linger));
    listen();
}

void connection::due(time_point when) {
    deadline_ = when;
    alarm_.set(when);
}

void connection::wake(time_point now) {
    if (now < deadline_) return alarm_.set(deadline_);
    if (place_ == place::streaming && !in_flight_) return write(":\n\n");
    if (place_ != place::reading || stage_ == stage::idle) return leave();
    refuse(408, "the rest of the request did not come in time");
}

// --- streams ---

bool connection::begin_stream() {
    const auto owner = owner_.lock();
    if (!owner || place_ != place::answering) return false;
    if (owner->streams >= bounds_.streams || ended_ || head_only_) {
        answer(head_only_ ? response{} : problem(503, "no stream can begin now"));
        return false;
    }
    place_ = place::streaming;
    ++owner->streams;
    write(write_stream_head(std::time(nullptr)));
    return true;
}

bool connection::send(std::string_view event, std::string_view data) {
    if (place_ != place::streaming) return false;
    write(write_event(event, data));
    if (next_.size() + writing_.size() <= bounds_.backlog) return true;
    leave();
    return false;
}

void connection::end_stream() {
    if (place_ != place::streaming) return;
    if (const auto owner = owner_.lock()) --owner->streams;
    client_ = nullptr;
    last_ = true;
    place_ = place::writing;
    if (!in_flight_) linger();
}

// --- what the program has of it ---

void client::on_gone(std::function<void()> call) {
    const auto there = owner.lock();
    if (left && there) there->call_later(std::move(call));
    else if (!line.expired()) gone = std::move(call);
}

void client::went() {
    left = true;
    if (const auto there = owner.lock()) there->call_later(std::exchange(gone, nullptr));
}

bool stream::send(std::string_view event, std::string_view data) const {
    const auto line = client_ ? client_->line.lock() : nullptr;
    return line && line->send(event, data);
}

void stream::on_gone(std::function<void()> call) const {
    if (client_) client_->on_gone(std::move(call));
}

void stream::close() const {
    if (!client_) return;
    client_->gone = nullptr;
    if (const auto line = std::exchange(client_->line, {}).lock()) line->end_stream();
}

exchange::~exchange() {
    if (!answered_) answer(problem(500, "nobody answered"));
}

void exchange::answer(const response& given) {
    if (std::exchange(answered_, true)) return;
    client_->gone = nullptr;
    if (const auto line = std::exchange(client_->line, {}).lock()) line->answer(given);
}

stream exchange::answer_with_events() {
    if (std::exchange(answered_, true)) return {};
    client_->gone = nullptr;
    const auto line = client_->line.lock();
    if (!line || line->begin_stream()) return stream(client_);
    client_->line.reset();
    client_->left = true;
    return stream(client_);
}

} // namespace reference::http
