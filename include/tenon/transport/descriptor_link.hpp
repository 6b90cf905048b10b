#ifndef TENON_TRANSPORT_DESCRIPTOR_LINK_HPP
#define TENON_TRANSPORT_DESCRIPTOR_LINK_HPP

// A link over file descriptors: two pipes, or one socket for both directions.
//
// What it costs: one read() and one write() for what came at once, and one epoll_wait() of Asio's. Asio is asked only
// whether the descriptor is ready. Reading by ourselves goes straight into the session, holds no buffer for a silent
// peer, and needs no second read() that finds nothing. The end of a pipe may come with its last bytes and be overlooked
// that way: it is looked for a moment later. Output is written at once where there is room, and Asio is asked for room
// only when the peer falls behind. That a peer has closed its end of a pipe is told at once, also when there is nothing
// to write.
//
// A peer is read at most turn_bytes at a time, so that others get their turn. After the end of the session what
// still comes is read and forgotten: a plugin that is being stopped must not block in its last words.

#include <tenon/core/time.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/busy_poll.hpp>
#include <tenon/transport/link.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Memory for one asynchronous operation at a time, within the object that starts it: waiting for a descriptor again and
/// again allocates nothing. What is larger, or a second one at the same time, comes from the heap.
///
/// The handler must keep the owner of the memory alive, as Asio gives the memory back through the handler.
class handler_memory {
public:
    handler_memory() = default;
    handler_memory(const handler_memory&) = delete;
    handler_memory& operator=(const handler_memory&) = delete;

    void* allocate(std::size_t size) {
        if (used_ || size > sizeof room_) return ::operator new(size);
        used_ = true;
        return room_;
    }
    void deallocate(void* memory) noexcept {
        if (memory == room_) used_ = false;
        else ::operator delete(memory);
    }

private:
    // An operation of Asio with a small handler takes some 150 bytes.
    alignas(std::max_align_t) unsigned char room_[384];
    bool used_ = false;
};

template <class T>
class handler_allocator {
public:
    using value_type = T;

    explicit handler_allocator(handler_memory& memory) noexcept : memory_(&memory) {}
    template <class Other>
    handler_allocator(const handler_allocator<Other>& other) noexcept : memory_(other.memory_) {}

    T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t) noexcept { memory_->deallocate(memory); }

    template <class Other>
    bool operator==(const handler_allocator<Other>& other) const noexcept {
        return memory_ == other.memory_;
    }

private:
    template <class>
    friend class handler_allocator;

    handler_memory* memory_;
};

/// A completion handler whose operation lives in `memory`.
template <class Function>
class placed_handler {
public:
    using allocator_type = handler_allocator<std::byte>;

    placed_handler(handler_memory& memory, Function function)
        : memory_(&memory), function_(std::move(function)) {}
    allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }
    template <class... Arguments>
    void operator()(Arguments&&... arguments) {
        function_(std::forward<Arguments>(arguments)...);
    }

private:
    handler_memory* memory_;
    Function function_;
};

} // namespace tenon::detail

// Waiting for more input of a descriptor that was just read until it was empty. Asio's async_wait() tells the kernel
// anew each time what it waits for, a system call for every message; its reads do not, but look for input first,
// another system call. This is a read of Asio's that reads nothing: it completes when something comes.
//
// The caller must know that there is nothing left: what is there already is not told. That includes the end of the
// input where it came together with the last bytes. The specialisation below is the one place that knows Asio
// from within, and only in versions that it was tried with; elsewhere async_wait() does the same.

#if defined(ASIO_HAS_EPOLL) && !defined(ASIO_HAS_IO_URING_AS_DEFAULT) && ASIO_VERSION >= 102200 &&           \
    ASIO_VERSION < 102300
#define TENON_WAITS_FOR_MORE_INPUT 1
#else
#define TENON_WAITS_FOR_MORE_INPUT 0
#endif

namespace tenon::detail {

/// Stands for the buffer, because a read into an empty one completes at once.
struct nothing_to_read_into : asio::mutable_buffer {
    nothing_to_read_into() : asio::mutable_buffer(this, 1) {}
};

} // namespace tenon::detail

#if TENON_WAITS_FOR_MORE_INPUT
template <>
class asio::detail::descriptor_read_op_base<tenon::detail::nothing_to_read_into> : public reactor_op {
public:
    descriptor_read_op_base(const asio::error_code& success, int, const tenon::detail::nothing_to_read_into&,
                            func_type completed)
        : reactor_op(success, &do_perform, completed) {}

    // Exhausted: the next one waits for the kernel's word.
    static status do_perform(reactor_op*) { return done_and_exhausted; }
};
#endif

namespace tenon::detail {

/// The handler takes an error and a number that means nothing.
template <class Handler>
void async_wait_for_more(asio::posix::stream_descriptor& from, Handler handler) {
#if TENON_WAITS_FOR_MORE_INPUT
    from.async_read_some(nothing_to_read_into(), std::move(handler));
#else
    from.async_wait(asio::posix::stream_descriptor::wait_read, std::move(handler));
#endif
}

} // namespace tenon::detail

#undef TENON_WAITS_FOR_MORE_INPUT

namespace tenon::detail {

/// What is read from one peer, and written to it, in one turn of the loop.
inline constexpr std::size_t turn_bytes = std::size_t{256} << 10;

/// As much as a pipe of an ordinary user can hold: the last words of a peer that is gone.
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
                                                 std::shared_ptr<busy_poll> awake = nullptr) {
        survive_closed_pipes();
        // Operations in Asio hold the link itself. Letting go of the pointer returned here closes it.
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
                    link_owner& owner, milliseconds write_timeout, std::shared_ptr<busy_poll> awake)
        : link(role, limits, owner), write_timeout_(write_timeout), poll_(std::move(awake)), input_(where),
          output_(where), alarm_(where, [this](time_point now) { wake(now); }) {}

    inline void flush() override;
    inline void close_output() override;
    inline void read_rest() override;
    inline void close() override;
    /// Bytes that were read from the connection before it was a link, told now.
    void hear(std::string_view bytes);

private:
    enum class reading : std::uint8_t { waiting, idle, over };
    enum class outcome : std::uint8_t { abandoned, going_on }; // abandoned: the owner is gone
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
    connection_poll poll_; // for answers
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

// --- the owner ---

inline void descriptor_link::flush() {
    if (closed_ || telling()) return;
    write_now(peer().wants_write() ? clock() : time_point()); // without output the time is not needed
    if (peer().has_news()) look_again();
    settle();
}

inline void descriptor_link::close_output() {
    end_wanted_ = true;
    if (!telling()) flush();
}

inline void descriptor_link::read_rest() {
    if (closed_ || telling()) return;
    const auto self = shared_from_this();
    if (read_now(clock(), most_at_once) != outcome::abandoned) settle();
}

inline void descriptor_link::hear(std::string_view bytes) {
    if (closed_ || telling()) return;
    const auto self = shared_from_this();
    const time_point now = clock();
    peer().receive_bytes(bytes, now);
    if (tell_and_write(now) != outcome::abandoned) settle();
}

inline void descriptor_link::close() {
    abandon();
    if (closed_) return;
    closed_ = true;
    poll_.end();
    alarm_.cancel();
    reading_ = reading::over;
    shut_output();
    asio::error_code ignored;
    input_.close(ignored);
}

// --- the loop ---

inline void descriptor_link::start(descriptor input, descriptor output) {
    one_socket_ = !output;
    output_number_ = one_socket_ ? input.get() : output.get();
    output_is_socket_ = is_socket(output_number_);
    const auto watch = [](asio::posix::stream_descriptor& by, descriptor& one) {
        asio::error_code error;
        if (!make_nonblocking(one.get())) return false;
        by.assign(one.get(), error);
        if (!error) static_cast<void>(one.release());
        return !error;
    };
    if (!watch(input_, input) || (!one_socket_ && !watch(output_, output))) {
        reading_ = reading::over;
        writing_ = writing::over;
        peer().close("its descriptors cannot be used");
        return look_again();
    }
    wait_for_input(clock());
    if (is_pipe()) wait_for_reader_to_go();
}

inline void descriptor_link::wait_for_input(time_point now) {
    reading_ = reading::waiting;
    auto heard =
        placed_handler(read_memory_, [self = this_link()](const asio::error_code& error, std::size_t = 0) {
            self->become_readable(error);
        });
    // A socket has no other end whose going would be noticed besides.
    if (!emptied_ || !is_pipe())
        return input_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(heard));
    if (end_looked_for_ == never) end_looked_for_ = after(now, end_looked_for_after);
    async_wait_for_more(input_, std::move(heard));
}

inline void descriptor_link::wait_for_output() {
    writing_ = writing::waiting;
    if (blocked_since_ == never) blocked_since_ = clock();
    auto& watched = one_socket_ ? input_ : output_;
    watched.async_wait(asio::posix::stream_descriptor::wait_write,
                       placed_handler(write_memory_, [self = this_link()](const asio::error_code&) {
                           self->become_writable();
                       }));
}

// A peer may close its end while there is nothing to write, and for long.
inline void descriptor_link::wait_for_reader_to_go() {
    output_.async_wait(asio::posix::stream_descriptor::wait_error,
                       [self = this_link()](const asio::error_code&) { self->become_unread(); });
    // On another thread of the executor Asio may have heard of it before it was asked.
    if (nobody_holds_other_end(output_number_)) lose_output();
}

inline void descriptor_link::become_unread() {
    if (closed_ || writing_ == writing::over) return;
    if (nobody_holds_other_end(output_number_)) lose_output();
}

inline void descriptor_link::become_readable(const asio::error_code& error) {
    if (closed_ || reading_ == reading::over) return;
    reading_ = reading::idle;
    const time_point now = clock();
    excuse(now);
    if (read_now(now, turn_bytes) == outcome::abandoned) return;
    if (reading_ == reading::idle) {
        // Files cannot be waited for and need not be; with any other trouble nothing will ever come.
        if (!error || error == asio::error::operation_not_supported) wait_for_input(now);
        else if (end_input(now) == outcome::abandoned) return;
    }
    poll_.was_busy();
    settle();
}

inline void descriptor_link::become_writable() {
    if (closed_ || writing_ != writing::waiting) return;
    writing_ = writing::idle;
    pipes_minded_until_ = {};
    const time_point now = clock();
    write_now(now);
    if (writing_ == writing::idle) {
        if (!tell_drained(now)) return;
        write_now(now);
    }
    settle();
}

// A deadline of the session's, or of the output.
inline void descriptor_link::wake(time_point now) {
    const auto self = shared_from_this();
    excuse(now);
    end_looked_for_ = never;
    // What has come meanwhile is in time.
    if (read_now(now, turn_bytes) == outcome::abandoned) return;
    peer().handle_timeout(now);
    if (stall_deadline() <= now) check_stall(now);
    if (tell_and_write(now) != outcome::abandoned) settle();
}

// It may have read meanwhile, and only the word of it not be here yet.
inline void descriptor_link::check_stall(time_point now) {
    static_cast<void>(write_queued(now));
    if (blocked_since_ == never) {
        blocked_since_ = now;
        return;
    }
    peer().close("it does not read what it is sent", violation_reason::output_stalled);
    shut_output();
}

// Tells what no input brought: soon, but never within the verb that caused it.
inline void descriptor_link::look_again() {
    if (std::exchange(looking_again_, true)) return;
    asio::post(input_.get_executor(), [self = this_link()] {
        self->looking_again_ = false;
        if (self->closed_) return;
        const time_point now = clock();
        if (self->output_lost_) {
            // What it said before it closed its input is still worth reading.
            if (self->read_now(now, most_at_once) == outcome::abandoned) return;
            self->peer().close("it has closed its input");
        }
        if (self->tell_and_write(now) != outcome::abandoned) self->settle();
    });
}

// The time between the alarm and now was not the peer's: this process was busy, or stopped.
inline void descriptor_link::excuse(time_point now) noexcept {
    const time_point since = std::max(due_, excused_until_);
    if (since >= now) return;
    peer().excuse(now - since);
    if (blocked_since_ < now) blocked_since_ += now - since;
    excused_until_ = now;
}

inline void descriptor_link::settle() {
    if (closed_) return;
    if (peer().has_news()) look_again();
    alarm_.set(std::min({peer().next_deadline(), stall_deadline(), end_looked_for_}));
    due_ = alarm_.armed();
}

// --- reading ---

inline descriptor_link::outcome descriptor_link::read_now(time_point now, std::size_t budget) {
    outcome came = outcome::going_on;
    while (reading_ != reading::over) {
        char forgotten[4096];
        const std::span<char> room = told_end() ? std::span<char>(forgotten) : peer().input_room();
        const transfer got = read_some(input_.native_handle(), room);
        emptied_ = got.state == transfer_state::would_block || got.count < room.size();
        if (got.state == transfer_state::would_block) break;
        if (got.state == transfer_state::over) return end_input(now);
        if (!told_end()) {
            if (poll_) poll_.heard(now);
            peer().input_received(got.count, now);
            came = tell_and_write(now);
            if (came == outcome::abandoned) break;
        }
        // What did not fill the room was all there is.
        if (got.count < room.size() || got.count >= budget) break;
        budget -= got.count;
        if (std::exchange(may_grow_input_, false)) grow_pipe(input_.native_handle(), grown_pipe_bytes);
    }
    return came;
}

inline descriptor_link::outcome descriptor_link::end_input(time_point now) {
    reading_ = reading::over;
    asio::error_code ignored;
    if (!one_socket_) input_.close(ignored);
    peer().receive_end(now);
    return tell_and_write(now);
}

inline descriptor_link::outcome descriptor_link::tell_and_write(time_point now) {
    if (!tell(now)) return outcome::abandoned;
    write_now(now);
    return outcome::going_on;
}

// --- writing ---

inline void descriptor_link::write_now(time_point now) {
    if (writing_ != writing::idle) return;
    const bool says_something = poll_ && peer().wants_write();
    const transfer_state left = write_queued(now);
    // What was written is likely to be a call, or an answer that the peer needs for one.
    if (says_something && peer().pending_calls() != 0) poll_.expect();
    if (left == transfer_state::would_block) wait_for_output();
    else if (left == transfer_state::over) lose_output();
    else if (end_wanted_) shut_output();
}

// Others in this process may have let the signal end it again. To look costs as much as half a write, so it is not
// done before each: a peer that goes is noticed by itself, and a write to it is rare.
inline void descriptor_link::mind_closed_pipes(time_point now) noexcept {
    if (!is_pipe()) return;
    if (now < pipes_minded_until_) return;
    pipes_minded_until_ = after(now, milliseconds{100});
    survive_closed_pipes();
}

// `some`: all of it was written. would_block: the rest goes later.
inline transfer_state descriptor_link::write_queued(time_point now) {
    for (std::size_t written = 0;;) {
        const std::span<const std::string_view> pieces = peer().transmit();
        if (pieces.empty()) return transfer_state::some;
        if (written == 0) mind_closed_pipes(now);
        std::size_t wanted = 0;
        for (const std::string_view piece : pieces) wanted += piece.size();
        const transfer put = write_some(output_number_, output_is_socket_, pieces);
        if (put.state == transfer_state::over) return put.state;
        peer().sent(put.count);
        written += put.count;
        if (put.count != 0) blocked_since_ = never;
        if (written >= turn_bytes) return transfer_state::would_block; // others have their turn
        if (put.count == wanted) continue;
        const bool grown = std::exchange(may_grow_output_, false) && !output_is_socket_ &&
                           grow_pipe(output_number_, grown_pipe_bytes);
        if (!grown) return transfer_state::would_block;
    }
}

// The peer does not read any more.
inline void descriptor_link::lose_output() {
    shut_output();
    output_lost_ = true;
    look_again();
}

inline void descriptor_link::shut_output() noexcept {
    if (writing_ == writing::over) return;
    writing_ = writing::over;
    blocked_since_ = never;
    if (output_is_socket_ && output_number_ >= 0) shut_socket_output(output_number_);
    output_number_ = -1;
    asio::error_code ignored;
    output_.close(ignored);
}

/// Reads a descriptor until its end and hands on what comes, as it is: a plugin's stderr. One read per turn of the
/// loop, so a flood leaves the others their turn; nothing is kept, so it costs one buffer whatever comes.
///
/// Destroying it ends the reading: nothing is handed on after that.
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
