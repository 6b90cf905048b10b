#ifndef TENON_TRANSPORT_SYSTEM_STREAMS_HPP
#define TENON_TRANSPORT_SYSTEM_STREAMS_HPP

// What reading and writing descriptors needs from a POSIX system: the calls themselves, with the endings told
// apart, and nothing that waits. Waiting is the matter of the caller's event loop.
//
// Every descriptor here is meant to be non-blocking (make_nonblocking); on a blocking one these calls block.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <span>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace tenon::detail {

enum class transfer_state : std::uint8_t {
    some,        // count bytes went over, at least one
    would_block, // none now
    over,        // none ever again: the end of the input, or the peer does not read any more
};

struct transfer {
    transfer_state state;
    std::size_t count = 0;
};

inline void close_descriptor(int descriptor) noexcept { ::close(descriptor); }

inline bool make_nonblocking(int descriptor) noexcept {
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && ((flags & O_NONBLOCK) != 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0);
}

inline bool is_socket(int descriptor) noexcept {
    struct stat state {};
    return ::fstat(descriptor, &state) == 0 && S_ISSOCK(state.st_mode);
}

/// Linux lets a pipe grow beyond its 64 KiB. Elsewhere, and for an ordinary user with very many pipes, it stays.
inline bool grow_pipe([[maybe_unused]] int descriptor, [[maybe_unused]] int bytes) noexcept {
#ifdef F_SETPIPE_SZ
    return ::fcntl(descriptor, F_SETPIPE_SZ, bytes) >= bytes;
#else
    return false;
#endif
}

/// The peer sees the end of what we send; the other direction stays open.
inline void shut_socket_output(int socket) noexcept { ::shutdown(socket, SHUT_WR); }

/// A write into a pipe without a reader must fail, not end this process, and pipes have no flag for that. So
/// the signal gets a handler that does nothing, unless the program has decided about it already. A handler rather
/// than SIG_IGN, because children inherit what is ignored.
inline void survive_closed_pipes() noexcept {
    struct sigaction action {};
    if (::sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGPIPE, &action, nullptr);
}

inline transfer transferred(ssize_t count) noexcept {
    if (count > 0) return {transfer_state::some, static_cast<std::size_t>(count)};
    const bool later = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return {later ? transfer_state::would_block : transfer_state::over};
}

inline transfer read_some(int descriptor, std::span<char> room) noexcept {
    for (;;) {
        const ssize_t got = ::read(descriptor, room.data(), room.size());
        if (got >= 0 || errno != EINTR) return transferred(got);
    }
}

/// At most 64 pieces are written at once; none of them may be empty.
inline transfer write_some(int descriptor, bool socket, std::span<const std::string_view> pieces) noexcept {
    iovec vectors[64];
    std::size_t used = 0;
    for (const std::string_view piece : pieces) {
        if (used == 64) break;
        vectors[used++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    for (;;) {
        ssize_t put = 0;
        if (socket) {
            msghdr message{};
            message.msg_iov = vectors;
            message.msg_iovlen = used;
            put = ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
        } else if (used == 1) {
            put = ::write(descriptor, vectors[0].iov_base, vectors[0].iov_len);
        } else {
            put = ::writev(descriptor, vectors, static_cast<int>(used));
        }
        if (put >= 0 || errno != EINTR) return transferred(put);
    }
}

/// Into a file, which takes all of it or fails: errno says why.
inline bool wrote_all(int file, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// Of a pipe that we write to.
inline bool nobody_holds_other_end(int pipe) noexcept {
    pollfd entry{pipe, 0, 0};
    return ::poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

/// Two connected stream sockets, close-on-exec and non-blocking. False if the system refuses.
inline bool make_socket_pair(int (&ends)[2]) noexcept {
    return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0;
}

/// A pipe, close-on-exec: what is written to [1] is read from [0]. False if the system refuses.
inline bool make_pipe(int (&ends)[2]) noexcept { return ::pipe2(ends, O_CLOEXEC) == 0; }

/// The owner of one file descriptor: closed when its owner ends. It knows nothing about what it is.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int owned) noexcept : number_(owned) {}
    descriptor(descriptor&& other) noexcept : number_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~descriptor() { reset(); }

    /// The number, or -1 for none.
    int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }
    void reset(int owned = -1) noexcept {
        if (number_ >= 0) close_descriptor(number_);
        number_ = owned;
    }

private:
    int number_ = -1;
};

/// Whether reading and writing a descriptor waits is shared by all programs that have it: the shell, the next program of a
/// script. So it is put back at the end, and what is neither a pipe nor a socket (a terminal, a file) is left alone.
class descriptor_mode {
public:
    explicit descriptor_mode(int descriptor) noexcept
        : descriptor_(descriptor), flags_(::fcntl(descriptor, F_GETFL)) {
        struct stat state {};
        const bool waits_for_others =
            ::fstat(descriptor, &state) == 0 && (S_ISFIFO(state.st_mode) || S_ISSOCK(state.st_mode));
        nonblocking_ =
            flags_ >= 0 && waits_for_others && ::fcntl(descriptor, F_SETFL, flags_ | O_NONBLOCK) == 0;
    }
    descriptor_mode(const descriptor_mode&) = delete;
    descriptor_mode& operator=(const descriptor_mode&) = delete;
    ~descriptor_mode() {
        if (flags_ >= 0 && (flags_ & O_NONBLOCK) == 0) ::fcntl(descriptor_, F_SETFL, flags_);
    }

    /// Whether it can be waited for in a loop.
    bool nonblocking() const noexcept { return nonblocking_; }

private:
    int descriptor_;
    int flags_;
    bool nonblocking_ = false;
};

} // namespace tenon::detail

#endif
