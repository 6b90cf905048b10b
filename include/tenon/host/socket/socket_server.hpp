#ifndef TENON_HOST_SOCKET_SOCKET_SERVER_HPP
#define TENON_HOST_SOCKET_SOCKET_SERVER_HPP

// The host's socket: whoever connects speaks first (docs/protocol.md, the Unix socket). A plugin that attaches is
// handed to its actor with its connection; lines of events are decided by the host; everything else is refused in
// words. Only the host's own user may connect.
//
// How many have not said yet who they are is bounded, and so are their time and their bytes: whoever has been silent for
// the longest time goes for somebody new, or a few who never say anything would lock out everybody else. When the system has
// no descriptor left, accepting is tried again after a while, later each time, and nobody waits in a loop.
//
// It knows no plugins: what they are asked goes through its owner, the host.

#include <tenon/core/time.hpp>
#include <tenon/host/socket/event_client.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/host/socket/socket_newcomer.hpp>
#include <tenon/host/socket/socket_words.hpp>
#include <tenon/host/socket/system_socket.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

class socket_owner {
public:
    /// A plugin says who it is. With no fault the connection is the owner's: all bytes that came over it, the
    /// request itself first, and the request is to be answered.
    virtual result<void> on_attach(const attach_request& who) = 0;
    virtual void take_plugin(const attach_request& who, descriptor connection, std::string bytes) = 0;
    virtual void on_manual_event(const manual_event& event, event_client::decided done) = 0;
    /// Something that whoever looks after the host should know.
    virtual void on_socket_trouble(std::string_view words) = 0;

protected:
    ~socket_owner() = default;
};

struct socket_counters {
    std::uint64_t accepted = 0;
    std::uint64_t attached = 0;
    std::uint64_t refused = 0;
    std::uint64_t accept_failures = 0; // of the system
};

class socket_server final : public std::enable_shared_from_this<socket_server> {
public:
    /// `owner` is there until close().
    socket_server(const executor& where, socket_owner& owner, const socket_options& options)
        : where_(where), owner_(&owner), options_(options), acceptor_(where),
          alarm_(where, [this](time_point now) { wake(now); }) {}
    ~socket_server() { close(); }

    result<void> open(std::string_view path);
    /// Hangs up on everybody but the plugins, and removes the file.
    void close();
    /// The same, but an event that is being decided still gets its line.
    void finish();

    const std::string& path() const noexcept { return file_.path(); }
    const socket_counters& counters() const noexcept { return counters_; }
    std::size_t newcomers() const noexcept { return newcomers_.size(); }
    std::size_t clients() const noexcept { return clients_.size(); }

private:
    static constexpr int accepted_at_once = 16; // then others have their turn
    static constexpr milliseconds first_pause{50}, longest_pause{1'000};

    void wait_for_somebody();
    void accept_some();
    void welcome(descriptor connection, time_point now);
    void make_room();
    void hear(socket_newcomer& from, std::string_view message, const fault& why);
    void take_client(socket_newcomer& from);
    void refuse(socket_newcomer& from, std::string_view id, const fault& why);
    void pause(int error);
    void stop_accepting();
    void wake(time_point now);

    executor where_;
    socket_owner* owner_; // null: closed
    socket_options options_;
    listening_socket file_;
    asio::posix::stream_descriptor acceptor_;
    std::set<std::shared_ptr<socket_newcomer>> newcomers_;
    std::set<std::shared_ptr<event_client>> clients_;
    milliseconds pause_{0}; // of accepting; 0: none
    time_point accept_again_ = never;
    time_point last_deadline_ = {}; // of a newcomer
    socket_counters counters_;
    alarm alarm_; // the last: what it calls must be there
};

inline result<void> socket_server::open(std::string_view path) {
    auto file = listening_socket::open(path);
    if (!file) return file.error();
    descriptor listening = file->take_socket();
    asio::error_code error;
    acceptor_.assign(listening.get(), error);
    if (error) return socket_fault(path, join({"it cannot be waited for: ", error.message()}));
    static_cast<void>(listening.release());
    file_ = std::move(*file);
    wait_for_somebody();
    return {};
}

inline void socket_server::stop_accepting() {
    alarm_.cancel();
    file_.close();
    asio::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& one : std::exchange(newcomers_, {})) one->close();
}

inline void socket_server::close() {
    owner_ = nullptr;
    stop_accepting();
    for (const auto& one : std::exchange(clients_, {})) one->close();
}

inline void socket_server::finish() {
    stop_accepting();
    const auto all = clients_; // they leave meanwhile
    for (const auto& one : all) one->finish();
}

// --- accepting ---

inline void socket_server::wait_for_somebody() {
    acceptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [kept = weak_from_this()](const asio::error_code& error) {
                             const auto self = kept.lock();
                             if (!self || !self->acceptor_.is_open()) return;
                             if (error) self->pause(error.value());
                             else self->accept_some();
                         });
}

inline void socket_server::accept_some() {
    const auto self = shared_from_this();
    const time_point now = std::chrono::steady_clock::now();
    for (int count = 0; count < accepted_at_once; ++count) {
        accepted got = accept_next(acceptor_.native_handle());
        if (got.error != 0) return pause(got.error);
        pause_ = milliseconds{0};
        if (!got.connection) break;
        ++counters_.accepted;
        welcome(std::move(got.connection), now);
        if (!acceptor_.is_open()) return;
    }
    wait_for_somebody();
}

/// No descriptor is left, or no memory: whoever waits goes on waiting in the kernel.
inline void socket_server::pause(int error) {
    ++counters_.accept_failures;
    const bool first = pause_.count() == 0;
    pause_ = first ? first_pause : std::min(2 * pause_, longest_pause);
    accept_again_ = after(std::chrono::steady_clock::now(), pause_);
    alarm_.set(accept_again_);
    if (first && owner_ != nullptr)
        owner_->on_socket_trouble(
            join({"nobody can be accepted on the socket for now: ", words_of_errno(error)}));
}

inline void socket_server::welcome(descriptor connection, time_point now) {
    const auto kept = weak_from_this();
    // Each later than the one before, so that it is known who came first.
    last_deadline_ =
        std::max(after(now, options_.introduction_timeout), last_deadline_ + std::chrono::nanoseconds(1));
    const auto one = std::make_shared<socket_newcomer>(
        where_, std::move(connection), options_.max_line_bytes, last_deadline_,
        [kept](socket_newcomer& from, std::string_view message, const fault& why) {
            if (const auto self = kept.lock()) self->hear(from, message, why);
        });
    if (newcomers_.size() >= options_.max_newcomers) make_room();
    if (owner_ == nullptr) return;
    newcomers_.insert(one);
    if (auto good = check_peer(one->user(), own_user()); !good) return refuse(*one, {}, good.error());
    one->listen();
    alarm_.set(one->deadline());
}

/// Whoever has said something meanwhile has his place no more, and need not go.
inline void socket_server::make_room() {
    const auto oldest =
        *std::min_element(newcomers_.begin(), newcomers_.end(), [](const auto& left, const auto& right) {
            return left->deadline() < right->deadline();
        });
    oldest->look();
    if (newcomers_.find(oldest) != newcomers_.end())
        refuse(*oldest, {},
               {codes::overloaded,
                join({"too many have connected, and this one has not said who it is; ", expected_first})});
}

inline void socket_server::wake(time_point now) {
    const auto self = shared_from_this();
    const auto all = newcomers_;
    for (const auto& one : all)
        if (one->deadline() <= now)
            refuse(*one, {}, {codes::timeout, join({"nothing was said in time; ", expected_first})});
    time_point next = never;
    for (const auto& one : newcomers_) next = std::min(next, one->deadline());
    if (accept_again_ <= now && acceptor_.is_open()) {
        accept_again_ = never;
        accept_some();
    }
    if (acceptor_.is_open()) alarm_.set(std::min(next, accept_again_));
}

// --- who they are ---

inline void socket_server::refuse(socket_newcomer& from, std::string_view id, const fault& why) {
    ++counters_.refused;
    const auto kept = from.shared_from_this();
    newcomers_.erase(kept);
    from.refuse(refusal(id, from.newline_framed(), why));
}

inline void socket_server::hear(socket_newcomer& from, std::string_view message, const fault& why) {
    const auto kept = from.shared_from_this();
    if (owner_ == nullptr || newcomers_.find(kept) == newcomers_.end()) return;
    if (message.empty()) return refuse(from, {}, why);
    const first_words said = read_first_words(message);
    switch (said.what) {
    case first_words::kind::attach: {
        if (!said.why.message.empty()) return refuse(from, said.id, said.why);
        if (auto good = owner_->on_attach(said.attach); !good) return refuse(from, said.id, good.error());
        ++counters_.attached;
        newcomers_.erase(kept);
        descriptor connection = from.release();
        return owner_->take_plugin(said.attach, std::move(connection), from.take_bytes());
    }
    case first_words::kind::event:
        if (!from.newline_framed())
            return refuse(from, {}, {codes::invalid_request, "events are put in as lines, without headers"});
        return take_client(from);
    case first_words::kind::unknown: return refuse(from, said.id, said.why);
    }
}

inline void socket_server::take_client(socket_newcomer& from) {
    if (clients_.size() >= options_.max_clients)
        return refuse(from, {}, {codes::overloaded, "too many put in events already"});
    const auto kept = weak_from_this();
    const auto client = std::make_shared<event_client>(
        where_, from.release(), options_.max_line_bytes,
        [kept](const manual_event& event, event_client::decided done) {
            const auto self = kept.lock();
            if (self && self->owner_ != nullptr) self->owner_->on_manual_event(event, std::move(done));
        },
        [kept](event_client& gone) {
            if (const auto self = kept.lock()) self->clients_.erase(gone.shared_from_this());
        });
    newcomers_.erase(from.shared_from_this());
    clients_.insert(client);
    client->start(from.take_bytes());
}

} // namespace tenon::detail

#endif
