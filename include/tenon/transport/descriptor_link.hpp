#ifndef TENON_TRANSPORT_DESCRIPTOR_LINK_HPP
#define TENON_TRANSPORT_DESCRIPTOR_LINK_HPP

// A link over file descriptors: two pipes, or one socket for both directions.
//
// What it costs: one read() and one write() for what came at once, and one epoll_wait() of Asio's. Asio is asked only
// whether the descriptor is ready; reading by ourselves goes straight into the session, holds no buffer for whoever
// is silent, and needs no second read() that finds nothing. Of a pipe the end may have come with the last bytes and
// be overlooked so: it is looked for a moment later. Output is
// written at once where it goes, and Asio is asked for room only when the peer falls behind. That a peer has closed
// its end of a pipe is told at once, also when there is nothing to write.
//
// A peer is read at most turn_bytes at a time, so that others get their turn. After the end of the session what
// still comes is read and forgotten: a plugin that is being stopped must not block in its last words.

#include <tenon/core/time.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio.hpp>
#include <tenon/transport/descriptor.hpp>
#include <tenon/transport/handler_memory.hpp>
#include <tenon/transport/link.hpp>
#include <tenon/transport/more_input.hpp>
#include <tenon/transport/system_streams.hpp>
#include <tenon/transport/vigil.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// What is read from one peer, and written to it, in one turn of the loop.
inline constexpr std::size_t turn_bytes = std::size_t{256} << 10;

/// As much as a pipe of an ordinary user can hold: the last words of whoever is gone.
inline constexpr std::size_t most_at_once = 4 * turn_bytes;

/// When the end of a pipe is looked for that may have come with its last bytes.
inline constexpr milliseconds end_looked_for_after{100};

/// A pipe that was full once grows to this: across CPUs, messages of 64 KiB take half the time then.
inline constexpr int grown_pipe_bytes = 256 << 10;

class descriptor_link final : public link {
    struct key {}; // only open() makes links

public:
    /// Starts to read. `output` may be none: then `input` is a socket for both directions. `awake`, if there is one,
    /// keeps the loop awake while an answer is likely to come at once.
    static std::shared_ptr<descriptor_link> open(const executor& where, session_role role,
                                                 const session_limits& limits, link_owner& owner,
                                                 descriptor input, descriptor output,
                                                 milliseconds write_timeout = milliseconds{10'000},
                                                 std::shared_ptr<vigil> awake = nullptr) {
        survive_closed_pipes();
        // What is on its way in Asio holds the link itself; whoever lets go of the one returned here closes it.
        auto held = std::make_shared<descriptor_link>(key{}, where, role, limits, owner, write_timeout,
                                                      std::move(awake));
        held->start(std::move(input), std::move(output));
        descriptor_link* const opened = held.get();
        return {opened, [held = std::move(held)](descriptor_link* dropped) mutable {
                    dropped->forget_owner();
                    held.reset();
                }};
    }

    descriptor_link(key, const executor& where, session_role role, const session_limits& limits,
                    link_owner& owner, milliseconds write_timeout, std::shared_ptr<vigil> awake)
        : link(role, limits, owner), write_timeout_(write_timeout), lookout_(std::move(awake)), input_(where),
          output_(where), alarm_(where, [this](time_point now) { wake(now); }) {}

    inline void flush() override;
    inline void close_output() override;
    inline void read_rest() override;
    inline void close() override;
    /// Bytes that somebody else has read from the connection already, told now.
    void hear(std::string_view bytes);

private:
    enum class reading : std::uint8_t { waiting, idle, over };
    enum class outcome : std::uint8_t { abandoned, going_on }; // abandoned: nobody listens any more
    enum class writing : std::uint8_t { idle, waiting, over };

    static time_point clock() noexcept { return std::chrono::steady_clock::now(); }

    std::shared_ptr<descriptor_link> this_link() {
        return std::static_pointer_cast<descriptor_link>(shared_from_this());
    }
    void start(descriptor input, descriptor output);
    void wait_for_input(time_point now);
    void wait_for_output();
    void become_readable(const asio::error_code& error);
    void become_writable();
    void wait_for_reader_to_go();
    void become_unread();
    void wake(time_point now);
    void look_again();
    bool is_pipe() const noexcept { return !one_socket_ && !output_is_socket_; }
    void mind_closed_pipes(time_point now) noexcept;

    outcome read_now(time_point now, std::size_t budget);
    outcome tell_and_write(time_point now);
    outcome end_input(time_point now);
    void write_now(time_point now);
    transfer_state write_queued(time_point now);
    void check_stall(time_point now);
    void lose_output();
    void shut_output() noexcept;
    void excuse(time_point now) noexcept;
    void settle();
    time_point stall_deadline() const noexcept {
        return writing_ == writing::waiting ? after(blocked_since_, write_timeout_) : never;
    }

    milliseconds write_timeout_;
    lookout lookout_; // for answers
    asio::posix::stream_descriptor input_;
    asio::posix::stream_descriptor output_; // none where input_ is for both directions
    int output_number_ = -1;
    bool output_is_socket_ = false;
    bool one_socket_ = false; // input_ is for both directions
    bool closed_ = false;
    bool end_wanted_ = false; // close_output() was called
    bool may_grow_input_ = true, may_grow_output_ = true;
    bool output_lost_ = false;
    bool looking_again_ = false;
    bool emptied_ = false; // the last read found less than there was room for
    reading reading_ = reading::idle;
    writing writing_ = writing::idle;
    time_point blocked_since_ = never;
    time_point pipes_minded_until_ = {};
    time_point end_looked_for_ = never;
    time_point due_ = never; // what the alarm was set to
    time_point excused_until_ = {};
    handler_memory read_memory_, write_memory_;
    alarm alarm_; // the last: what it calls must be there
};

} // namespace tenon::detail

#include <tenon/transport/descriptor_link_inline.hpp>

#endif
