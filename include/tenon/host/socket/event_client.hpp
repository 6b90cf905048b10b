#ifndef TENON_HOST_SOCKET_EVENT_CLIENT_HPP
#define TENON_HOST_SOCKET_EVENT_CLIENT_HPP

// Somebody who puts events in by hand over the host's socket: one line of JSON each, and one line back, in order.
//
// One event at a time: the next one is looked at when the outcome of the former was written. So nothing piles up
// here whoever does not read, and whoever writes faster than plugins decide waits in write(). A line that is wrong
// is answered with an error and the next one is read; a line far beyond the limit ends the connection. At the end of
// its input the last line is answered still, with or without an end of line.

#include <tenon/rules/decision.hpp>
#include <tenon/host/socket/socket_words.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/system_streams.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

class event_client final : public std::enable_shared_from_this<event_client> {
public:
    using decided = std::function<void(raw_decision&& outcome)>;
    /// Asks the plugins. The outcome may come at once.
    using decider = std::function<void(const manual_event& event, decided done)>;
    /// Told once, last: the connection is over.
    using ended = std::function<void(event_client& gone)>;

    event_client(const executor& where, descriptor connection, std::size_t max_line_bytes, decider decide,
                 ended over)
        : connection_(where, connection.release()), lines_(max_line_bytes), max_line_bytes_(max_line_bytes),
          decide_(std::move(decide)), over_(std::move(over)) {}

    /// Begins with what was read already. Nothing is told from within this but what decides.
    void start(std::string_view bytes) {
        lines_.append(bytes);
        go();
    }
    /// No more events; the outcome of the one that is being decided is still told.
    void finish() {
        input_over_ = true;
        finishing_ = true;
        if (!deciding_ && output_.empty()) close();
    }
    void close() {
        if (!connection_.is_open()) return;
        asio::error_code ignored;
        connection_.close(ignored);
        decide_ = nullptr;
        if (const auto over = std::exchange(over_, nullptr)) over(*this);
    }

private:
    /// Takes lines until there is something to wait for.
    void go() {
        if (going_) return; // an outcome came at once
        const auto self = shared_from_this();
        going_ = true;
        while (open() && !deciding_ && write_now() && !finishing_ && take_step()) {
        }
        going_ = false;
    }
    bool open() const noexcept { return connection_.is_open(); }

    /// False if there is nothing to do but to wait.
    bool take_step() {
        std::string_view line;
        switch (lines_.next(line)) {
        case frame_step::body: take_line(line); return true;
        case frame_step::need_more: read_more(); return false;
        case frame_step::too_large:
            say({codes::too_large, join({"a line may have ", digits(max_line_bytes_), " bytes"})});
            return true;
        case frame_step::skipped_text:
        case frame_step::ignored_empty: return true;
        case frame_step::violation:
            say({codes::invalid_request, lines_.violation().message});
            finishing_ = true;
            return true;
        case frame_step::end: break;
        }
        close();
        return false;
    }

    void take_line(std::string_view line) {
        const auto event = read_manual_event(line);
        if (!event) return say(event.error());
        deciding_ = true;
        const auto decide = decide_; // it may close this
        decide(*event, [self = shared_from_this()](raw_decision&& outcome) {
            self->deciding_ = false;
            if (!self->open()) return;
            self->output_ = join({outcome.to_json(), "\n"});
            self->go();
        });
    }

    void say(const fault& why) { output_ = error_line(why); }

    /// False while something is left. Closes it when nothing more is to come.
    bool write_now() {
        while (!output_.empty()) {
            const std::string_view left = std::string_view(output_).substr(written_);
            const transfer put = write_some(connection_.native_handle(), true, std::span(&left, 1));
            if (put.state == transfer_state::over) return close(), false;
            written_ += put.count;
            if (written_ == output_.size()) {
                output_ = {};
                written_ = 0;
            } else if (put.state == transfer_state::would_block) {
                wait(asio::posix::stream_descriptor::wait_write);
                return false;
            }
        }
        if (finishing_) close();
        return open();
    }

    void read_more() {
        if (!input_over_) return wait(asio::posix::stream_descriptor::wait_read);
        close();
    }

    void wait(asio::posix::stream_descriptor::wait_type what) {
        connection_.async_wait(what, [self = shared_from_this(), what](const asio::error_code& error) {
            if (!self->open()) return;
            if (error) return self->close();
            if (what == asio::posix::stream_descriptor::wait_read) self->read_now();
            self->go();
        });
    }

    void read_now() {
        const std::span<char> room = lines_.input_room();
        const transfer got = read_some(connection_.native_handle(), room);
        if (got.state == transfer_state::some) lines_.input_received(got.count);
        if (got.state != transfer_state::over) return;
        input_over_ = true;
        lines_.append("\n"); // people leave it out
        lines_.end();
    }

    asio::posix::stream_descriptor connection_;
    frame_reader lines_;
    std::size_t max_line_bytes_;
    decider decide_;
    ended over_;
    std::string output_;
    std::size_t written_ = 0; // of output_
    bool deciding_ = false, going_ = false, input_over_ = false, finishing_ = false;
};

} // namespace tenon::detail

#endif
