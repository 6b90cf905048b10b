#ifndef TENON_PLUGIN_SYSTEM_POSIX_HPP
#define TENON_PLUGIN_SYSTEM_POSIX_HPP

// The plugin's side of a POSIX system. The protocol's two descriptors are private, close-on-exec copies: from
// the first moment on fd 0 is /dev/null and fd 1 goes where stderr goes, so that printf, std::cout, write(1)
// and the output of child processes land in the plugin's log and never within a frame.
//
// Threads are POSIX threads rather than <thread> and <mutex>, which would cost every plugin as much compile
// time as everything else together.

#include <tenon/core/poll_budget.hpp>
#include <tenon/core/system_cpus.hpp>
#include <tenon/core/text.hpp>
#include <tenon/plugin/stream.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace tenon::detail {

// --- locks and threads ---

class mutex {
public:
    mutex() = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;
    ~mutex() { ::pthread_mutex_destroy(&handle_); }
    void lock() noexcept { ::pthread_mutex_lock(&handle_); }
    void unlock() noexcept { ::pthread_mutex_unlock(&handle_); }
    pthread_mutex_t* native() noexcept { return &handle_; }

private:
    pthread_mutex_t handle_ = PTHREAD_MUTEX_INITIALIZER;
};

class condition {
public:
    condition() noexcept {
        pthread_condattr_t attributes;
        ::pthread_condattr_init(&attributes);
        ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); // the clock of time_point
        ::pthread_cond_init(&handle_, &attributes);
        ::pthread_condattr_destroy(&attributes);
    }
    condition(const condition&) = delete;
    condition& operator=(const condition&) = delete;
    ~condition() { ::pthread_cond_destroy(&handle_); }

    void wait(mutex& held, time_point deadline) noexcept {
        ++waiting_;
        wait_until(held, deadline);
        --waiting_;
    }
    /// The caller holds the lock. Where no thread waits, nothing is asked of the system.
    void wake_all() noexcept {
        if (waiting_ != 0) ::pthread_cond_broadcast(&handle_);
    }

private:
    void wait_until(mutex& held, time_point deadline) noexcept {
        if (deadline == never) {
            ::pthread_cond_wait(&handle_, held.native());
            return;
        }
        const auto since = deadline.time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
        const timespec until{static_cast<time_t>(seconds.count()),
                             static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
        ::pthread_cond_timedwait(&handle_, held.native(), &until);
    }

    pthread_cond_t handle_;
    int waiting_ = 0; // under the lock
};

class thread_identity {
public:
    bool is_this() const noexcept { return ::pthread_equal(thread_, ::pthread_self()) != 0; }
    void set_this() noexcept { thread_ = ::pthread_self(); }

private:
    pthread_t thread_ = ::pthread_self();
};

/// Starts a detached thread; false if the system refuses.
inline bool start_thread(void* (*run)(void*), void* argument) noexcept {
    pthread_t thread;
    if (::pthread_create(&thread, nullptr, run, argument) != 0) return false;
    ::pthread_detach(thread);
    return true;
}

// --- streams ---

inline void write_all(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t put = ::write(descriptor, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}
inline void write_error(std::string_view text) noexcept { write_all(STDERR_FILENO, text); }
inline void write_output(std::string_view text) noexcept { write_all(STDOUT_FILENO, text); }

class descriptor_stream final : public stream {
public:
    descriptor_stream(int input, int output, poll_budget waits = poll_budget()) noexcept
        : input_(input), output_(output), budget_(waits) {}

    read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) override {
        const bool polls = budget_.may_look() && deadline != time_point::min();
        for (bool there = polls && look(deadline);; there = false) {
            if (!there && deadline != never && !wait_for(input_, POLLIN, deadline))
                return read_outcome::timed_out;
            const ssize_t got = ::read(input_, room.data(), room.size());
            if (got > 0) {
                if (polls && !there) budget_.heard(now());
                count = static_cast<std::size_t>(got);
                return read_outcome::bytes;
            }
            if (got < 0 && errno == EINTR) continue;
            // Another program may have made the shared file description non-blocking; it is not ours to change.
            if (got < 0 && errno == EAGAIN && (deadline != never || wait_for(input_, POLLIN, never)))
                continue;
            return read_outcome::ended;
        }
    }

    std::size_t write(std::span<const std::string_view> pieces) override {
        iovec vectors[64];
        std::size_t used = 0;
        for (const auto piece : pieces) {
            if (used == 64) break;
            vectors[used++] = {const_cast<char*>(piece.data()), piece.size()};
        }
        for (;;) {
            const ssize_t put = used == 1 ? ::write(output_, vectors[0].iov_base, vectors[0].iov_len)
                                          : ::writev(output_, vectors, static_cast<int>(used));
            if (put >= 0) return static_cast<std::size_t>(put);
            if (errno == EINTR) continue;
            if (errno == EAGAIN && wait_for(output_, POLLOUT, never)) continue;
            return 0;
        }
    }

    time_point now() override { return std::chrono::steady_clock::now(); }

    void report(std::string_view line) override { write_error(join({"tenon: ", line, "\n"})); }

private:
    /// Whether something came while it was worth looking. Not by sched_yield(): on a busy machine a thread that gives
    /// its CPU away gets it back milliseconds later, while one that sleeps is woken at once.
    bool look(time_point deadline) {
        time_point looked = now();
        time_point until = budget_.begin(looked);
        if (deadline < until) until = deadline;
        while (looked < until) {
            pollfd entry{input_, POLLIN, 0};
            const bool there = ::poll(&entry, 1, 0) > 0;
            const time_point before = std::exchange(looked, now());
            if (!there) continue;
            budget_.heard(looked, looked - before);
            return true;
        }
        return false;
    }

    bool wait_for(int descriptor, short what, time_point deadline) {
        for (;;) {
            pollfd entry{descriptor, what, 0};
            const int ready = ::poll(&entry, 1, poll_timeout(deadline, now()));
            if (ready > 0) return true;
            if (ready < 0 && errno != EINTR) return true; // let read() or write() name the trouble
            if (deadline != never && now() >= deadline) return false;
        }
    }

    int input_;
    int output_;
    poll_budget budget_;
};

inline int private_copy(int descriptor) noexcept {
    // 10: above what programs expect to find at fixed numbers.
    return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 10);
}

/// What is printed belongs in the log, also over a socket; without a usable stderr it goes nowhere. Children get
/// both descriptors, so that no file of theirs becomes their stderr.
inline bool guard_output() noexcept {
    if (::fcntl(STDERR_FILENO, F_GETFD) < 0) {
        const int nothing = ::open("/dev/null", O_WRONLY);
        if (nothing < 0 || ::dup2(nothing, STDERR_FILENO) < 0) return false;
        if (nothing != STDERR_FILENO) ::close(nothing);
    }
    return ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
}

/// Takes the standard streams for the protocol; see the top of this file. False if they cannot be had.
inline bool claim_standard_streams(int& input, int& output) noexcept {
    input = private_copy(STDIN_FILENO);
    output = private_copy(STDOUT_FILENO);
    if (input < 0 || output < 0 || !guard_output()) return false;
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const bool guarded = nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0;
    ::close(nothing);
    return guarded;
}

/// Connects to a Unix socket; -1 and `why` on failure.
inline int connect_socket(const char* path, std::string& why) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(path);
    if (length >= sizeof address.sun_path) {
        why = join({"the path is longer than a socket's address may be"});
        return -1;
    }
    std::memcpy(address.sun_path, path, length + 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        descriptor >= 0 && ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int copy =
        connected ? private_copy(descriptor) : -1; // it may have the number of a stream that is closed
    if (copy < 0) why = join({std::strerror(errno)});
    if (descriptor >= 0) ::close(descriptor);
    return copy;
}

inline bool stdin_is_terminal() noexcept { return ::isatty(STDIN_FILENO) == 1; }

inline std::string_view environment(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

/// For how long to look for the host's next message before sleeping: TENON_WAIT_US says so in microseconds, 0 for
/// never. In vain where the host can only run when this process does not.
inline poll_budget poll_budget_from_host() noexcept {
    std::chrono::microseconds longest = default_longest_look;
    if (const std::string_view given = environment("TENON_WAIT_US"); !given.empty() && given.size() < 7) {
        longest = {};
        for (const char digit : given) {
            if (digit < '0' || digit > '9') return poll_budget();
            longest = longest * 10 + std::chrono::microseconds(digit - '0');
        }
    }
    return longest.count() > 0 && other_cpus() > 0 ? poll_budget(longest) : poll_budget();
}

/// A host that is gone must show as a failed write, not kill the plugin. A handler rather than SIG_IGN,
/// because children inherit what is ignored.
inline void survive_broken_pipes() noexcept {
    struct sigaction action {};
    if (::sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGPIPE, &action, nullptr);
}

/// Ends the process without waiting for threads that do not end.
[[noreturn]] inline void leave_now(int code) noexcept { ::_exit(code); }

} // namespace tenon::detail

#endif
