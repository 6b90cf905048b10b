#ifndef TENON_PROCESS_SYSTEM_PROCESS_HPP
#define TENON_PROCESS_SYSTEM_PROCESS_HPP

// Asks and signals processes that run already. Every call names the process by its pidfd where the system lets it,
// so none can meet a stranger that got the same number; none waits for longer than it was told.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstdint>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tenon::detail {

/// What a process uses, as /proc/PID/stat says it.
///
/// It is of one process, not of those that it started, and only worth something while the process is ours: a
/// number may be given to another once its process was reaped.
struct process_usage {
    std::uint64_t resident_bytes = 0;
    milliseconds cpu{0}; // of all its threads, in the program and in the kernel
    int threads = 0;
    int descriptors = -1; // -1: not known
};

struct system_units {
    std::uint64_t page_bytes = 4'096;
    std::uint64_t ticks_per_second = 100;
};

/// The text of /proc/PID/stat. The program's name is in it, in parentheses and with whatever its author put
/// there, so what counts starts after the last parenthesis.
inline std::optional<process_usage> read_usage(std::string_view stat, const system_units& units) {
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos || units.ticks_per_second == 0) return {};
    stat.remove_prefix(name_end + 1);
    process_usage usage;
    std::uint64_t ticks = 0;
    for (int field = 3; field <= 24; ++field) { // as proc(5) counts them
        const std::size_t begin = stat.find_first_not_of(" \n");
        if (begin == std::string_view::npos) return {};
        stat.remove_prefix(begin);
        const std::string_view word = stat.substr(0, stat.find_first_of(" \n"));
        stat.remove_prefix(word.size());
        std::uint64_t number = 0;
        if (field == 14 || field == 15 || field == 20 || field == 24)
            if (std::from_chars(word.data(), word.data() + word.size(), number).ec != std::errc()) return {};
        if (field == 14 || field == 15) ticks += number;
        if (field == 20) usage.threads = static_cast<int>(number);
        if (field == 24) usage.resident_bytes = number * units.page_bytes;
    }
    usage.cpu = milliseconds(static_cast<milliseconds::rep>(ticks * 1'000 / units.ticks_per_second));
    return usage;
}

inline constexpr int terminate_signal = SIGTERM;
inline constexpr int kill_signal = SIGKILL;

enum class process_state {
    running,
    ended, // and still ours to reap, so its number belongs to no other process
    lost,  // ended, and its status was taken elsewhere
};

inline int wait_for_pidfd(int process, int flags, siginfo_t& told) noexcept {
    constexpr auto by_pidfd = static_cast<idtype_t>(3); // P_PIDFD, which old C libraries do not name
    for (;;) {
        const int done = ::waitid(by_pidfd, static_cast<id_t>(process), &told, WEXITED | WNOHANG | flags);
        if (done == 0 || errno != EINTR) return done;
    }
}

inline process_state state_of(int process) noexcept {
    siginfo_t told{};
    if (wait_for_pidfd(process, WNOWAIT, told) != 0) return process_state::lost;
    return told.si_pid == 0 ? process_state::running : process_state::ended;
}

/// Takes the status of a process that has ended.
inline exit_status reap_ended(int process) noexcept {
    siginfo_t told{};
    if (wait_for_pidfd(process, 0, told) != 0 || told.si_pid == 0) return {};
    const auto how = told.si_code == CLD_EXITED ? exit_status::kind::exited : exit_status::kind::signalled;
    return {how, told.si_status};
}

/// Signals everybody in the group that the process leads.
inline void signal_group_of(int process, int pid, int signal) noexcept {
    // PIDFD_SIGNAL_PROCESS_GROUP, since Linux 6.9, means this group and never one that got its number.
    constexpr unsigned process_group = 1U << 2;
    if (::syscall(SYS_pidfd_send_signal, process, signal, nullptr, process_group) == 0 || errno == ESRCH)
        return;
    if (pid > 1 && state_of(process) != process_state::lost) ::kill(-pid, signal);
}

/// Waits until one of the processes has ended, or until the deadline.
inline void wait_for_end(std::span<const int> processes, time_point deadline) {
    std::vector<pollfd> entries;
    entries.reserve(processes.size());
    for (const int process : processes) entries.push_back({process, POLLIN, 0});
    for (;;) {
        const auto left =
            std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) return;
        const int wait = deadline == never ? -1 : static_cast<int>(std::min<long long>(left, INT_MAX));
        const int ready = ::poll(entries.data(), static_cast<nfds_t>(entries.size()), wait);
        if (ready > 0 || (ready < 0 && errno != EINTR)) return;
    }
}

/// Whether a process that has ended and was reaped has left others in the session or group that it led: as long as it has,
/// no other process gets its number. It costs a few calls of the system.
inline bool number_in_use(int pid) noexcept {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return true;
    const bool known = ::fcntl(ends[0], F_SETOWN, pid) == 0; // ESRCH where it is not
    for (const int end : ends) ::close(end);
    return known;
}

/// Kills all processes in the session that such a process led. False where there was none.
inline bool kill_session(int session) noexcept {
    DIR* const folder = ::opendir("/proc");
    if (folder == nullptr) return false;
    bool found = false;
    while (const dirent* const entry = ::readdir(folder)) {
        const int pid = std::atoi(entry->d_name);
        if (pid <= 1 || ::getsid(pid) != session) continue;
        const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
        if (process < 0) continue;
        // Asked again: what the number stands for cannot change any more.
        if (::getsid(pid) == session)
            found = ::syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0) == 0 || found;
        ::close(process);
    }
    ::closedir(folder);
    return found;
}

// --- /proc ---

inline int process_id() noexcept { return ::getpid(); }

/// A file of /proc, whole; empty if it cannot be read. Those that are read here are small.
inline std::string read_proc(int pid, const char* name) {
    const std::string path = join({"/proc/", digits(static_cast<std::uint64_t>(pid)), "/", name});
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return {};
    std::array<char, 4096> room;
    const ssize_t count = ::read(file, room.data(), room.size());
    ::close(file);
    return std::string(room.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
}

/// How many descriptors a process has open; -1 where we may not know.
inline int count_descriptors(int pid) {
    const std::string path = join({"/proc/", digits(static_cast<std::uint64_t>(pid)), "/fd"});
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return -1;
    if (found.st_size > 0)
        return static_cast<int>(std::min<long long>(found.st_size, INT_MAX)); // since Linux 6.2
    DIR* folder = ::opendir(path.c_str());
    if (folder == nullptr) return -1;
    int count = 0;
    while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
    ::closedir(folder);
    return count;
}

inline std::optional<process_usage> usage_of(int pid) {
    if (pid <= 0) return {};
    const system_units units{.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                             .ticks_per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))};
    auto usage = read_usage(read_proc(pid, "stat"), units);
    if (usage) usage->descriptors = count_descriptors(pid);
    return usage;
}

} // namespace tenon::detail

#endif
