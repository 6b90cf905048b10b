#ifndef TENON_HTTP_EXCHANGE_HPP
#define TENON_HTTP_EXCHANGE_HPP

// A request that is to be answered once: at once, later, or, by letting go of it, with 500. Whoever holds one may
// keep it for longer than the client or the server is there: then it answers nobody.
//
// Callbacks are never called from within a function of these classes, and not at all once the server was closed: what
// they capture need not outlive it. All of it belongs to the server's executor.

#include <tenon/http/principal.hpp>
#include <tenon/http/upload.hpp>
#include <tenon/web/problem.hpp>
#include <tenon/web/request.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// The connection that a request came on, for who answers it.
class http_line {
public:
    virtual void answer(const response& given) = 0;
    /// False: there are too many, and the client has heard that.
    virtual bool begin_stream() = 0;
    /// False: there is nobody to hear it.
    virtual bool send(std::string_view event, std::string_view data) = 0;
    /// Before end_stream(): there is no bound for what nothing follows.
    virtual void write_last(std::string_view event, std::string_view data) = 0;
    virtual void end_stream() = 0;

protected:
    ~http_line() = default;
};

/// Calls functions of the program from the server's executor, for as long as the server is open.
class http_caller {
public:
    virtual void call_later(std::function<void()> call) = 0;

protected:
    ~http_caller() = default;
};

/// Who asked, for whoever answers; made by the connection, and forgotten by it with the answer.
struct http_asker {
    std::weak_ptr<http_line> line; // none: answered, or over
    std::weak_ptr<http_caller> owner;
    std::function<void()> gone = {};
    bool left = false;

    void on_gone(std::function<void()> call) {
        const auto there = owner.lock();
        if (left && there) there->call_later(std::move(call));
        else if (!line.expired()) gone = std::move(call);
    }
    void went() {
        left = true;
        if (const auto there = owner.lock()) there->call_later(std::exchange(gone, nullptr));
    }
};

} // namespace tenon::detail

namespace tenon::http {

struct call;
struct endpoint;

} // namespace tenon::http

namespace tenon::detail {

/// Where a router has found that a request goes.
struct routed {
    const void* by = nullptr; // the router
    std::shared_ptr<const http::endpoint> where;
    std::shared_ptr<const std::function<void(const http::call&)>> run;
    std::string name;                           // what the pattern's first parameter took
    std::shared_ptr<const http::principal> who; // null: nobody is known
    std::shared_ptr<const std::function<void(const http::audited&)>> audit = {}; // null: nobody hears of it
    http::audited about = {};
};

} // namespace tenon::detail

namespace tenon::http {

/// An answer without an end: server-sent events. Copies are the same stream. Letting go of it does not end it.
class stream {
public:
    stream() = default;
    explicit stream(std::shared_ptr<detail::http_asker> to) : client_(std::move(to)) {}

    /// False where there were too many, and when it is over.
    bool open() const noexcept { return client_ && !client_->line.expired(); }

    /// False: the client is gone, or let too much wait and was cut off. Line breaks in the data come through.
    bool send(std::string_view event, std::string_view data) const;
    /// Called once when the client goes, also when it is gone already; not when it is close() that ends it.
    void on_gone(std::function<void()> call) const;
    void close() const;
    /// The last event, which may be as long as any answer: it is not held against what a client may let wait.
    void close(std::string_view event, std::string_view data) const;

private:
    std::shared_ptr<detail::http_asker> client_;
};

class exchange {
public:
    exchange(std::shared_ptr<detail::http_asker> from, request asked,
             std::shared_ptr<const detail::routed> to = {}, std::shared_ptr<upload> sent = {})
        : client_(std::move(from)), asked_(std::move(asked)), routed_(std::move(to)),
          uploaded_(std::move(sent)) {}
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange();

    const request& asked() const noexcept { return asked_; }
    /// The request itself, for who hands it on: asked() is empty then.
    request take() { return std::exchange(asked_, {}); }
    /// What came by multipart/form-data, where the endpoint spools it: there is no other body then. Null: nothing did. The
    /// files are there for as long as somebody has this.
    const std::shared_ptr<upload>& uploaded() const noexcept { return uploaded_; }
    /// What the gate has found out, where it asked a router.
    const std::shared_ptr<const detail::routed>& routed() const noexcept { return routed_; }
    /// Later ones are ignored. The server adds what is about the connection: content-length, date and so on.
    void answer(const response& given);
    /// What the request changed, as JSON, for who writes that down.
    void changed(std::string before, std::string after) {
        before_ = std::move(before);
        after_ = std::move(after);
    }
    /// Whoever answers writes that down by itself: the router writes nothing of this one, however it is answered.
    void audits_itself() noexcept { audits_itself_ = true; }
    /// Where there are too many streams the answer is 503, and the stream is over.
    stream answer_with_events();
    /// Called once if the client goes before it was answered: what is done for it may be cancelled. An answer that
    /// comes nevertheless is tried, because some clients only stop sending.
    void on_gone(std::function<void()> call) {
        if (!answered_) client_->on_gone(std::move(call));
    }

private:
    std::shared_ptr<detail::http_asker> client_;
    request asked_;
    void tell(int status);

    std::shared_ptr<const detail::routed> routed_;
    std::shared_ptr<upload> uploaded_;
    std::string before_, after_;
    bool answered_ = false, audits_itself_ = false;
};

using handler = std::function<void(std::shared_ptr<exchange>)>;

/// What a gate makes of a request.
struct admission {
    std::optional<response> refused = {}; // all that the client gets
    /// A stranger's, unless it is a probe's or of somebody who is known: those have `limits::reserved` places that
    /// strangers cannot take, and no limits but the server's own.
    bool known = false;
    std::size_t body = SIZE_MAX;    // longest; 413
    std::string route = {};         // which ones belong together: of strangers' requests for it ...
    std::size_t at_once = SIZE_MAX; // ... no more are under way; 503
    std::shared_ptr<const spooling> spool =
        {}; // the body is parts that go there, within its bounds and not within `body`
    std::shared_ptr<const detail::routed> routed = {}; // for the router when it answers: exchange::routed()
    std::function<bool()> still = {}; // asked while it is answered by a stream: false ends that
};
/// Sees a request before its body is read, which is empty then, as is its query: who may not ask need not be let send 10 MiB first.
using gate = std::function<admission(const request&)>;

// --- bodies ---

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
    if (!answered_) answer(problem(500, "the program did not answer"));
}

inline void exchange::answer(const response& given) {
    if (std::exchange(answered_, true)) return;
    tell(given.status);
    client_->gone = nullptr;
    if (const auto line = std::exchange(client_->line, {}).lock()) line->answer(given);
}

inline void exchange::tell(int status) {
    if (!routed_ || !routed_->audit || audits_itself_) return;
    const auto there = client_->owner.lock();
    if (!there) return;
    audited about = routed_->about;
    about.status = status;
    about.before = std::move(before_);
    about.after = std::move(after_);
    there->call_later([audit = routed_->audit, about = std::move(about)] { (*audit)(about); });
}

inline stream exchange::answer_with_events() {
    if (std::exchange(answered_, true)) return {};
    tell(200);
    client_->gone = nullptr;
    const auto line = client_->line.lock();
    if (!line || line->begin_stream()) return stream(client_);
    client_->line.reset();
    client_->left = true;
    return stream(client_);
}

} // namespace tenon::http

#endif
