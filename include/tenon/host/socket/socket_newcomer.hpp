#ifndef TENON_HOST_SOCKET_SOCKET_NEWCOMER_HPP
#define TENON_HOST_SOCKET_SOCKET_NEWCOMER_HPP

// Somebody who has connected to the host's socket and not said yet who it is. Reads until its first message is
// whole, and no further than a limit; then it is looked at by the server, which takes the connection over, with all
// that was read, or refuses it. How long that may take is kept by the server.

#include <tenon/core/time.hpp>
#include <tenon/host/socket/socket_words.hpp>
#include <tenon/host/socket/system_socket.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/system_streams.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

class socket_newcomer final : public std::enable_shared_from_this<socket_newcomer> {
public:
    /// Told once: the message, or an empty text where none can come, and the fault says why. Not from within a verb.
    using hearer = std::function<void(socket_newcomer& from, std::string_view message, const fault& why)>;

    socket_newcomer(const executor& where, descriptor connection, std::size_t max_bytes, time_point deadline,
                    hearer heard)
        : connection_(where, connection.release()), frames_(max_bytes), max_bytes_(max_bytes),
          deadline_(deadline), heard_(std::move(heard)) {}

    void listen() {
        if (std::exchange(listening_, true)) return;
        connection_.async_wait(asio::posix::stream_descriptor::wait_read,
                               [self = shared_from_this()](const asio::error_code& error) {
                                   self->listening_ = false;
                                   if (!self->heard_) return;
                                   if (error) self->finish({}, {codes::unavailable, "its connection broke"});
                                   else self->read_more();
                               });
    }

    /// What has come already is heard now: the loop may not have come to it.
    void look() {
        if (heard_) read_more();
    }

    time_point deadline() const noexcept { return deadline_; }
    std::optional<std::uint32_t> user() { return peer_user(connection_.native_handle()); }
    bool newline_framed() const noexcept { return frames_.newline_framed(); }
    /// The connection and what was read from it, for who takes it over.
    descriptor release() { return descriptor(connection_.release()); }
    std::string take_bytes() { return std::move(bytes_); }

    /// Says no and hangs up.
    void refuse(std::string_view words) {
        heard_ = nullptr;
        const int number = connection_.native_handle();
        make_nonblocking(number);
        // Nothing was written before: it goes into the kernel's buffer as a whole.
        if (!words.empty()) write_some(number, true, std::span(&words, 1));
        // What is left unread makes the end look like a fault to the other side.
        char forgotten[4096];
        for (int count = 0; count < 64 && read_some(number, forgotten).state == transfer_state::some;)
            ++count;
        close();
    }
    void close() {
        heard_ = nullptr;
        asio::error_code ignored;
        connection_.close(ignored);
    }

private:
    void read_more() {
        char room[4096];
        const transfer got = read_some(connection_.native_handle(), room);
        if (got.state == transfer_state::would_block) return listen();
        std::string_view bytes(room, got.count);
        if (got.state == transfer_state::over) {
            // People leave out the end of the last line.
            if (!json::parse(bytes_))
                return finish({}, {codes::unavailable, "it hung up before its first message was whole"});
            bytes = "\n";
        }
        bytes_.append(bytes);
        frames_.append(bytes);
        std::string_view message;
        switch (frames_.next(message)) {
        case frame_step::body: return finish(message, {});
        case frame_step::need_more:
            if (bytes_.size() <= max_bytes_) return listen();
            [[fallthrough]];
        case frame_step::too_large:
            return finish(
                {}, {codes::too_large, join({"a first message may have ", digits(max_bytes_), " bytes"})});
        case frame_step::violation:
            return finish(
                {}, {codes::invalid_request, join({frames_.violation().message, "; ", expected_first})});
        default: return finish({}, {codes::invalid_request, std::string(expected_first)});
        }
    }

    void finish(std::string_view message, const fault& why) {
        const auto told = std::exchange(heard_, nullptr);
        if (told) told(*this, message, why);
    }

    asio::posix::stream_descriptor connection_;
    frame_reader frames_;
    std::string bytes_;
    std::size_t max_bytes_;
    time_point deadline_;
    hearer heard_;
    bool listening_ = false;
};

} // namespace tenon::detail

#endif
