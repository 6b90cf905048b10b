#ifndef TENON_PLUGIN_SYSTEM_WASI_HPP
#define TENON_PLUGIN_SYSTEM_WASI_HPP

// The plugin's side of wasm32-wasi: no threads, no sockets, no signals, and no dup(), so that the protocol
// keeps the standard streams as they are. What a plugin prints to stdout there reaches the host between
// frames, which the host recovers from and logs. See system_posix.hpp for what each name means.

#include <tenon/core/poll_budget.hpp>
#include <tenon/core/text.hpp>
#include <tenon/plugin/stream.hpp>

#include <cerrno>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace tenon::detail {

class mutex {
public:
    void lock() noexcept {}
    void unlock() noexcept {}
};

class condition {
public:
    void wait(mutex&, time_point) noexcept {}
    void wake_all() noexcept {}
};

class thread_identity {
public:
    bool is_this() const noexcept { return true; }
    void set_this() noexcept {}
};

inline bool start_thread(void* (*)(void*), void*) noexcept { return false; }

inline void write_error(std::string_view text) noexcept {
    static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()));
}
inline void write_output(std::string_view text) noexcept {
    static_cast<void>(::write(STDOUT_FILENO, text.data(), text.size()));
}

class descriptor_stream final : public stream {
public:
    descriptor_stream(int input, int output, poll_budget = poll_budget()) noexcept
        : input_(input), output_(output) {}

    read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) override {
        for (;;) {
            const bool may_wait = deadline == never || deadline > now();
            if (!may_wait) stop_waiting();
            if (deadline != never && (may_wait || !never_waits_) && !wait_for(input_, POLLIN, deadline))
                return read_outcome::timed_out;
            const ssize_t got = ::read(input_, room.data(), room.size());
            if (got > 0) {
                count = static_cast<std::size_t>(got);
                return read_outcome::bytes;
            }
            if (got == 0 || errno != EAGAIN) return read_outcome::ended;
            if (!may_wait) return read_outcome::timed_out;
            if (deadline == never) wait_for(input_, POLLIN, never);
        }
    }

    std::size_t write(std::span<const std::string_view> pieces) override {
        for (;;) {
            const ssize_t put = ::write(output_, pieces.front().data(), pieces.front().size());
            if (put > 0) return static_cast<std::size_t>(put);
            if (put < 0 && errno == EAGAIN && wait_for(output_, POLLOUT, never)) continue;
            return 0;
        }
    }

    time_point now() override { return std::chrono::steady_clock::now(); }

    void report(std::string_view line) override { write_error(join({"tenon: ", line, "\n"})); }

private:
    // node's poll() sees nothing with a timeout of 0, so a look at what is there is a read that cannot wait. It
    // makes descriptors that it waited for non-blocking anyway, for good.
    void stop_waiting() {
        if (never_waits_) return;
        never_waits_ = ::fcntl(input_, F_SETFL, ::fcntl(input_, F_GETFL) | O_NONBLOCK) == 0;
    }

    bool wait_for(int descriptor, short what, time_point deadline) {
        const int wait = poll_timeout(deadline, now());
        pollfd entry{descriptor, what, 0};
        return ::poll(&entry, 1, wait == 0 ? 1 : wait) != 0; // read() or write() name the trouble
    }

    int input_;
    int output_;
    bool never_waits_ = false; // reads do not
};

inline void guard_output() noexcept {}

inline bool claim_standard_streams(int& input, int& output) noexcept {
    input = STDIN_FILENO;
    output = STDOUT_FILENO;
    return true;
}

inline int connect_socket(const char*, std::string& why) {
    why = "there are no sockets on this system";
    return -1;
}

inline bool stdin_is_terminal() noexcept { return ::isatty(STDIN_FILENO) == 1; }

inline std::string_view environment(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

inline poll_budget poll_budget_from_host() noexcept { return poll_budget(); }

inline void survive_broken_pipes() noexcept {}

[[noreturn]] inline void leave_now(int code) noexcept { std::_Exit(code); }

} // namespace tenon::detail

#endif
