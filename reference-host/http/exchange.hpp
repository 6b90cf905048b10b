#ifndef REFERENCE_HTTP_EXCHANGE_HPP
#define REFERENCE_HTTP_EXCHANGE_HPP

// A request that is to be answered once: at once, later, or, by letting go of it, with 500. Whoever holds one may
// keep it for longer than the client or the server is there: then it answers nobody.
//
// Callbacks are never called from within a function of these classes, and not at all once the server was closed:
// what they capture need not outlive it. All of it belongs to the server's executor.

#include "request.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace reference::http {

class connection;
class service;

/// An answer without an end: server-sent events. Copies are the same stream. Letting go of it does not end it.
class stream {
public:
    stream() = default;

    /// False: the client is gone, or let too much wait and was cut off. Line breaks in the data come through.
    bool send(std::string_view event, std::string_view data) const;
    /// Called once when the client goes, also when it is gone already; not when it is close() that ends it.
    void on_gone(std::function<void()> call) const;
    void close() const;

private:
    friend class connection;
    friend class exchange;
    struct state {
        std::weak_ptr<connection> line; // none: over
        std::weak_ptr<service> owner;
        std::function<void()> gone;
        bool left = false; // by the client
    };
    std::shared_ptr<state> state_;
};

class exchange {
public:
    exchange(std::weak_ptr<connection> line, request asked)
        : line_(std::move(line)), asked_(std::move(asked)) {}
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange();

    const request& asked() const noexcept { return asked_; }
    /// Later ones are ignored. The server adds what is about the connection: content-length, date and so on.
    void answer(response given);
    /// Where there are too many streams the answer is 503, and the stream is over.
    stream answer_with_events();
    /// Called once if the client goes before it was answered: what is done for it may be cancelled. An answer that
    /// comes nevertheless is tried, because some clients only stop sending.
    void on_gone(std::function<void()> call);

private:
    friend class connection;
    std::weak_ptr<connection> line_; // none: answered
    request asked_;
    std::function<void()> gone_;
};

} // namespace reference::http

#endif
