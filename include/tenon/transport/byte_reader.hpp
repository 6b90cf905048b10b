#ifndef TENON_TRANSPORT_BYTE_READER_HPP
#define TENON_TRANSPORT_BYTE_READER_HPP

// Reads a descriptor until its end and hands on what comes, as it is: a plugin's stderr. One read per turn of the
// loop, so a flood leaves the others their turn; nothing is kept, so it costs one buffer whatever comes.
//
// Destroying it ends the reading: nothing is handed on after that.

#include <tenon/core/time.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/system_streams.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

class byte_reader {
public:
    /// Called with bytes, and at the end once with none. It may destroy the reader.
    using sink = std::function<void(std::string_view bytes, time_point now)>;

    byte_reader(const executor& where, descriptor from, sink told)
        : self_(std::make_shared<state>(where, from.release(), std::move(told))) {
        state::read_on(self_);
    }
    byte_reader(const byte_reader&) = delete;
    byte_reader& operator=(const byte_reader&) = delete;
    ~byte_reader() {
        self_->over = true; // the sink itself may be running: it lives as long as the state
        asio::error_code ignored;
        self_->from.close(ignored);
    }

    /// Hands on what is there already, but no more than a pipe can hold, and then the end: for the last words of a
    /// process that is gone. Processes that still hold the other end are heard no more.
    void finish() {
        const auto self = self_;
        asio::error_code error;
        self->from.non_blocking(true, error);
        for (std::size_t total = 0; !error && !self->over && total < largest_pipe;) {
            const std::size_t count = self->from.read_some(asio::buffer(self->buffer), error);
            if (!error) self->told({self->buffer.data(), count}, std::chrono::steady_clock::now());
            total += count;
        }
        state::end(self);
    }

private:
    // 1 MiB: as large as a pipe of an ordinary user can be made.
    static constexpr std::size_t largest_pipe = std::size_t{1} << 20;
    // 64 KiB: the default pipe buffer on Linux, so one read empties it.
    static constexpr std::size_t room = std::size_t{64} << 10;

    // Outlives the reader while a read is under way.
    struct state {
        state(const executor& where, int descriptor, sink given)
            : from(where, descriptor), told(std::move(given)), buffer(room) {}

        static void read_on(const std::shared_ptr<state>& self) {
            self->from.async_read_some(
                asio::buffer(self->buffer), [self](const asio::error_code& error, std::size_t count) {
                    if (self->over) return;
                    if (error) return end(self);
                    self->told({self->buffer.data(), count}, std::chrono::steady_clock::now());
                    if (!self->over) read_on(self);
                });
        }
        static void end(const std::shared_ptr<state>& self) {
            if (std::exchange(self->over, true)) return;
            asio::error_code ignored;
            self->from.close(ignored);
            self->told({}, std::chrono::steady_clock::now());
        }

        asio::posix::stream_descriptor from;
        sink told;
        std::vector<char> buffer;
        bool over = false;
    };

    std::shared_ptr<state> self_;
};

} // namespace tenon::detail

#endif
