#ifndef TENON_TRANSPORT_STREAM_LINK_HPP
#define TENON_TRANSPORT_STREAM_LINK_HPP

// A link over any stream of Asio's: TLS, a TCP socket, what a test makes up. The contract is descriptor_link's;
// for descriptors use that one, which is faster. One read and one write are under way at a time, the read into
// the session's own room, the write straight from what it has queued.
//
// A stream cannot be asked what is there already, so read_rest() does nothing: a host with a process behind a
// stream waits for the end of the stream.

#include <tenon/core/time.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/link.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace tenon::detail {

template <class Stream>
class stream_link final : public link {
    struct key {}; // only open() makes links

public:
    /// Starts to read. The stream is connected, and has shaken hands if it does that.
    static std::shared_ptr<stream_link> open(session_role role, const session_limits& limits,
                                             link_owner& owner, Stream stream,
                                             milliseconds write_timeout = milliseconds{10'000}) {
        // Operations in Asio hold the link itself. Letting go of the pointer returned here closes it.
        auto held =
            std::make_shared<stream_link>(key{}, role, limits, owner, std::move(stream), write_timeout);
        held->read();
        stream_link* const opened = held.get();
        return {opened, [held = std::move(held)](stream_link* dropped) mutable {
                    dropped->forget_owner();
                    held.reset();
                }};
    }

    stream_link(key, session_role role, const session_limits& limits, link_owner& owner, Stream stream,
                milliseconds write_timeout)
        : link(role, limits, owner), stream_(std::move(stream)), write_timeout_(write_timeout),
          alarm_(stream_.get_executor(), [this](time_point) { wake(); }) {}

    void flush() override {
        if (closed_ || telling()) return;
        write();
        settle();
    }

    void close_output() override {
        end_wanted_ = true;
        if (!telling()) flush();
    }

    void read_rest() override {}

    void close() override {
        abandon();
        if (closed_) return;
        closed_ = true;
        alarm_.cancel();
        asio::error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

private:
    static time_point clock() noexcept { return std::chrono::steady_clock::now(); }
    std::shared_ptr<stream_link> this_link() {
        return std::static_pointer_cast<stream_link>(shared_from_this());
    }

    // --- reading ---

    void read() {
        // After the end what still comes is read and forgotten: the peer must not block in its last words.
        const std::span<char> room = told_end() ? std::span<char>(forgotten_) : peer().input_room();
        into_session_ = !told_end();
        stream_.async_read_some(asio::buffer(room.data(), std::min(room.size(), most_read)),
                                [self = this_link()](const asio::error_code& error, std::size_t count) {
                                    self->have_read(error, count);
                                });
    }

    void have_read(const asio::error_code& error, std::size_t count) {
        if (closed_) return;
        const time_point now = clock();
        excuse(now);
        if (into_session_) peer().input_received(count, now);
        if (error) peer().receive_end(now);
        if (!tell_and_write(now)) return;
        if (!error) read();
        settle();
    }

    // --- writing ---

    void write() {
        if (writing_ || output_over_) return;
        std::size_t used = 0;
        for (const std::string_view piece : peer().transmit()) pieces_[used++] = asio::buffer(piece);
        if (used == 0) {
            if (end_wanted_) end_output();
            return;
        }
        writing_ = true;
        blocked_since_ = clock();
        stream_.async_write_some(std::span<const asio::const_buffer>(pieces_.data(), used),
                                 [self = this_link()](const asio::error_code& error, std::size_t count) {
                                     self->have_written(error, count);
                                 });
    }

    void have_written(const asio::error_code& error, std::size_t count) {
        writing_ = false;
        if (closed_) return;
        peer().sent(count);
        if (error) {
            // What the peer has said before is on its way: its end follows, or the deadline of what it was asked.
            output_over_ = true;
            peer().close("it has closed its input");
        } else {
            write();
        }
        settle();
    }

    void end_output() {
        output_over_ = true;
        if constexpr (requires { stream_.async_shutdown([](const asio::error_code&) {}); }) {
            stream_.async_shutdown([self = this_link()](const asio::error_code&) {});
        } else {
            asio::error_code ignored;
            stream_.lowest_layer().shutdown(asio::socket_base::shutdown_send, ignored);
        }
    }

    // --- time ---

    void wake() {
        // What has come meanwhile is in time: its handlers stand in the queue before this one.
        asio::post(stream_.get_executor(), [self = this_link()] {
            if (self->closed_) return;
            const time_point now = clock();
            self->excuse(now);
            self->peer().handle_timeout(now);
            if (self->stall_deadline() <= now) {
                self->peer().close("it does not read what it is sent", violation_reason::output_stalled);
                self->output_over_ = true;
            }
            if (self->tell_and_write(now)) self->settle();
        });
    }

    // Tells what no input brought: soon, but never within the verb that caused it.
    void look_again() {
        if (std::exchange(looking_again_, true)) return;
        asio::post(stream_.get_executor(), [self = this_link()] {
            self->looking_again_ = false;
            if (!self->closed_ && self->tell_and_write(clock())) self->settle();
        });
    }

    // The time between the alarm and now was not the peer's: this process was busy, or stopped.
    void excuse(time_point now) noexcept {
        const time_point since = std::max(due_, excused_until_);
        if (since >= now) return;
        peer().excuse(now - since);
        blocked_since_ += now - since;
        excused_until_ = now;
    }

    void settle() {
        if (closed_) return;
        if (peer().has_news()) look_again();
        alarm_.set(std::min(peer().next_deadline(), stall_deadline()));
        due_ = alarm_.armed();
    }

    bool tell_and_write(time_point now) {
        if (!tell(now)) return false;
        write();
        return true;
    }

    time_point stall_deadline() const noexcept {
        return writing_ && !output_over_ ? after(blocked_since_, write_timeout_) : never;
    }

    // One peer's share of a turn of the loop.
    static constexpr std::size_t most_read = std::size_t{256} << 10;

    Stream stream_;
    milliseconds write_timeout_;
    bool closed_ = false;
    bool into_session_ = true; // what the read under way brings
    bool writing_ = false;
    bool output_over_ = false;
    bool end_wanted_ = false; // close_output() was called
    bool looking_again_ = false;
    time_point blocked_since_ = {};
    time_point due_ = never; // what the alarm was set to
    time_point excused_until_ = {};
    std::array<asio::const_buffer, max_pieces> pieces_;
    std::array<char, 4096> forgotten_;
    alarm alarm_; // the last: what it calls must be there
};

} // namespace tenon::detail

#endif
