#ifndef TENON_HTTP_EXCHANGE_INLINE_HPP
#define TENON_HTTP_EXCHANGE_INLINE_HPP

// The bodies of http/exchange.hpp: what the program has of a connection.

#include <tenon/http/answers.hpp>
#include <tenon/http/connection.hpp>
#include <tenon/http/exchange.hpp>

#include <utility>

namespace tenon::detail {

inline void http_asker::on_gone(std::function<void()> call) {
    const auto there = owner.lock();
    if (left && there) there->call_later(std::move(call));
    else if (!line.expired()) gone = std::move(call);
}

inline void http_asker::went() {
    left = true;
    if (const auto there = owner.lock()) there->call_later(std::exchange(gone, nullptr));
}

} // namespace tenon::detail

namespace tenon::http {

inline bool stream::send(std::string_view event, std::string_view data) const {
    const auto line = client_ ? client_->line.lock() : nullptr;
    return line && line->send(event, data);
}

inline void stream::on_gone(std::function<void()> call) const {
    if (client_) client_->on_gone(std::move(call));
}

inline void stream::close() const {
    if (!client_) return;
    client_->gone = nullptr;
    if (const auto line = std::exchange(client_->line, {}).lock()) line->end_stream();
}

inline void stream::close(std::string_view event, std::string_view data) const {
    if (const auto line = client_ ? client_->line.lock() : nullptr) line->write_last(event, data);
    close();
}

inline exchange::~exchange() {
    if (!answered_) answer(problem(500, "nobody answered"));
}

inline void exchange::answer(const response& given) {
    if (std::exchange(answered_, true)) return;
    client_->gone = nullptr;
    if (const auto line = std::exchange(client_->line, {}).lock()) line->answer(given);
}

inline stream exchange::answer_with_events() {
    if (std::exchange(answered_, true)) return {};
    client_->gone = nullptr;
    const auto line = client_->line.lock();
    if (!line || line->begin_stream()) return stream(client_);
    client_->line.reset();
    client_->left = true;
    return stream(client_);
}

} // namespace tenon::http

#endif
