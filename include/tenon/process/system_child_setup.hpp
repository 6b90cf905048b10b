#ifndef TENON_PROCESS_SYSTEM_CHILD_SETUP_HPP
#define TENON_PROCESS_SYSTEM_CHILD_SETUP_HPP

// What happens in the child between vfork and exec: everything that the host must not pass on is taken back, and
// what the plugin is to have is set.
//
// Until exec the child shares the host's memory, and the thread that made it stands still. So: nothing is written
// but locals, nothing is called that allocates, locks, or changes what the C library remembers, and every way out is
// exec or _exit. All signals are blocked, lest a handler of the host runs in the child. What fails is told through a
// pipe, so that it also arrives where a tool turns vfork into fork.

#include <tenon/core/text.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/process/start_fault.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tenon::detail {

/// What a child takes upon itself before it becomes the program: a sandbox. It is prepared before the child exists, and is
/// not moved until that has become the program.
class confinement {
public:
    /// Bare system calls alone. launch_step::program where all is done; else what has failed, and errno.
    virtual launch_step enter() const noexcept = 0;

protected:
    ~confinement() = default;
};

/// What the child has to know, made before it exists. It only reads it.
struct child_plan {
    const char* program = nullptr;
    int image = -1; // is run in its place
    int given = -1; // the program keeps it
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    const char* directory = nullptr;
    int input = -1, output = -1, error = -1;           // all above 2
    std::array<int, 2> guards = {-1, -1};              // which it keeps
    std::array<int, 4> host_guards = {-1, -1, -1, -1}; // which only the host keeps
    int report = -1;                                   // where a child_report is written if it fails
    pid_t parent = 0;
    bool dies_with_thread = false;
    resource_limits limits = {};
    const confinement* within = nullptr;    // or none
    volatile bool* shares_memory = nullptr; // set by the child; true for the parent only after a real vfork
};

struct child_report {
    launch_step step;
    int error;
};

[[noreturn]] inline void give_up(const child_plan& plan, launch_step step) noexcept {
    const child_report report{step, errno};
    [[maybe_unused]] const auto written = ::write(plan.report, &report, sizeof report);
    // Not exit(): what the host registered with atexit, and what it has in its stdio buffers, is the host's.
    ::_exit(127);
}

inline bool limit(decltype(RLIMIT_CORE) what, std::uint64_t soft, std::uint64_t hard) noexcept {
    rlimit both{static_cast<rlim_t>(soft), static_cast<rlim_t>(hard)}, own{};
    if (::setrlimit(what, &both) == 0) return true;
    // Above the host's own limit, and the host may not raise that: the child has what the host has.
    if (errno != EPERM || ::getrlimit(what, &own) != 0) return false;
    if (both.rlim_cur > own.rlim_max) both.rlim_cur = own.rlim_max;
    if (both.rlim_max > own.rlim_max) both.rlim_max = own.rlim_max;
    return ::setrlimit(what, &both) == 0;
}
inline bool apply_limits(const resource_limits& limits) noexcept {
    // One second between SIGXCPU, which says what happened, and SIGKILL.
    const auto cpu = limits.cpu_seconds.value_or(0);
    return limit(RLIMIT_CORE, limits.core_bytes, limits.core_bytes) &&
           (!limits.cpu_seconds || limit(RLIMIT_CPU, cpu, cpu + (cpu != UINT64_MAX))) &&
           (!limits.open_files || limit(RLIMIT_NOFILE, *limits.open_files, *limits.open_files)) &&
           (!limits.address_space_bytes ||
            limit(RLIMIT_AS, *limits.address_space_bytes, *limits.address_space_bytes)) &&
           (!limits.memory_bytes || limit(RLIMIT_DATA, *limits.memory_bytes, *limits.memory_bytes)) &&
           (!limits.stack_bytes || limit(RLIMIT_STACK, *limits.stack_bytes, *limits.stack_bytes)) &&
           (!limits.file_bytes || limit(RLIMIT_FSIZE, *limits.file_bytes, *limits.file_bytes)) &&
           (!limits.processes || limit(RLIMIT_NPROC, *limits.processes, *limits.processes));
}

/// Nothing above 2 survives exec. What the host's other code opens without O_CLOEXEC, Asio's sockets among it,
/// would otherwise be the plugin's as well.
inline bool close_inherited() noexcept {
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) return true;
#endif
    // Before Linux 5.11. The table is our own copy and neither needs /proc nor allocates; with a limit of a million
    // it takes some 50 ms.
    rlimit open_files{};
    if (::getrlimit(RLIMIT_NOFILE, &open_files) != 0) return false;
    for (rlim_t one = 3; one < open_files.rlim_cur && one <= INT32_MAX; ++one)
        if (::fcntl(static_cast<int>(one), F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF) return false;
    return true;
}

/// The guard's other ends get their orders for the kernel. Where that is not to be had, what is left is the
/// parent-death signal and the end of stdin.
inline bool arm_guard(int guard) noexcept {
    return ::fcntl(guard, F_SETOWN, -::getpid()) == 0 && ::fcntl(guard, F_SETSIG, SIGKILL) == 0 &&
           ::fcntl(guard, F_SETFL, O_ASYNC | O_NONBLOCK) == 0;
}
inline void arm_guards(const child_plan& plan) noexcept {
    for (const int guard : plan.host_guards) arm_guard(guard);
    for (const int guard : plan.guards)
        // Out of the way of programs that use small numbers by hand, such as shell scripts.
        if (arm_guard(guard) && ::fcntl(guard, F_DUPFD, 100) < 0) ::fcntl(guard, F_DUPFD, 3);
}

/// The host's handlers must be gone before signals are let in, and what it ignores would be ignored by the
/// program too. What came meanwhile was meant for the host's group (Ctrl-C): ignoring it for a moment drops it.
inline void reset_signals() noexcept {
    sigset_t pending, none;
    ::sigemptyset(&none);
    ::sigemptyset(&pending);
    ::sigpending(&pending);
    struct sigaction action {};
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        action.sa_handler = SIG_IGN;
        if (::sigismember(&pending, signal) == 1) ::sigaction(signal, &action, nullptr);
        action.sa_handler = SIG_DFL;
        ::sigaction(signal, &action, nullptr);
    }
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] inline void become_program(const child_plan& plan) noexcept {
    *plan.shares_memory = true;
    if (::setsid() < 0) give_up(plan, launch_step::session);
    // The signal comes when the thread ends that made the child, so only the thread that lives as long as the
    // process may use it. Where the parent is another one already, the host has ended before the signal was set.
    if (plan.dies_with_thread && ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up(plan, launch_step::parent_death);
    if (::getppid() != plan.parent) ::_exit(127);
    if (::dup2(plan.input, 0) < 0 || ::dup2(plan.output, 1) < 0 || ::dup2(plan.error, 2) < 0)
        give_up(plan, launch_step::streams);
    if (!close_inherited()) give_up(plan, launch_step::closing);
    if (plan.given >= 0 && ::fcntl(plan.given, F_SETFD, 0) != 0) give_up(plan, launch_step::closing);
    arm_guards(plan);
    if (plan.directory != nullptr && ::chdir(plan.directory) != 0) give_up(plan, launch_step::directory);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) give_up(plan, launch_step::privileges);
    if (plan.within != nullptr)
        if (const launch_step step = plan.within->enter(); step != launch_step::program) give_up(plan, step);
    // The limits come last: to enter takes a descriptor, and until exec it has all of the host's.
    if (!apply_limits(plan.limits)) give_up(plan, launch_step::limits);
    reset_signals();
    if (plan.image < 0) ::execve(plan.program, plan.arguments, plan.environment);
    else ::syscall(SYS_execveat, plan.image, "", plan.arguments, plan.environment, AT_EMPTY_PATH);
    give_up(plan, launch_step::program);
}

// What has to be there before a child is made: its pipes, its words as execve wants them, and where its program is looked
// for. Fills in a child_plan, which is carried out in the child.

struct pipe_ends {
    descriptor read, write;
};

/// Above 2, whatever is closed in the host: otherwise connecting the child's streams would overwrite it, and what
/// the host prints would go to a plugin.
inline bool lift(descriptor& one, int above = 2) noexcept {
    if (one.get() > above) return true;
    if (!one) return false; // why stands in errno
    const int lifted = ::fcntl(one.get(), F_DUPFD_CLOEXEC, above + 1);
    const int error = errno == EINVAL ? EMFILE : errno; // numbers end at the limit
    one.reset(lifted);
    if (lifted < 0) errno = error;
    return lifted >= 0;
}
inline bool make_pipe(pipe_ends& ends) noexcept {
    int both[2];
    if (::pipe2(both, O_CLOEXEC) != 0) return false;
    ends.read.reset(both[0]);
    ends.write.reset(both[1]);
    return lift(ends.read) && lift(ends.write);
}

/// The reading end once more, as an open file of its own: what is ordered for one holds whatever becomes of the
/// others. Where /proc is missing it is the same file again.
inline descriptor another_reader(const descriptor& read_end) {
    const std::string name = path_of_open_file(read_end.get());
    descriptor again(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!again) again.reset(::fcntl(read_end.get(), F_DUPFD_CLOEXEC, 3));
    return again;
}

struct child_pipes {
    pipe_ends input, output, error, guard, report;
    std::array<descriptor, 4> guard_readers; // see launched
    std::array<descriptor, 2> child_guards;  // the child's own

    /// False where there is none to be had: errno says why.
    bool open() {
        for (pipe_ends* ends : {&input, &output, &error, &guard, &report})
            if (!make_pipe(*ends)) return false;
        for (descriptor* one : {&guard_readers[0], &guard_readers[1], &guard_readers[2], &guard_readers[3],
                                &child_guards[0], &child_guards[1]}) {
            *one = another_reader(guard.read);
            if (!lift(*one)) return false;
        }
        // Two readers stay below the writer, two go above it.
        guard.read.reset();
        return lift(guard.write, std::max(guard_readers[0].get(), guard_readers[1].get())) &&
               lift(guard_readers[2], guard.write.get()) && lift(guard_readers[3], guard.write.get());
    }
    void connect(child_plan& plan) const noexcept {
        plan.input = input.read.get();
        plan.output = output.write.get();
        plan.error = error.write.get();
        plan.guards = {child_guards[0].get(), child_guards[1].get()};
        for (std::size_t one = 0; one < guard_readers.size(); ++one)
            plan.host_guards[one] = guard_readers[one].get();
        plan.report = report.write.get();
    }
    /// Those that the child has now.
    void close_far_ends() noexcept {
        for (descriptor* one :
             {&input.read, &output.write, &error.write, &report.write, &child_guards[0], &child_guards[1]})
            one->reset();
    }
};

inline std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

/// Of entries like "PATH=/bin".
inline std::string_view search_path_of(const std::vector<std::string>& environment) noexcept {
    for (const std::string& entry : environment)
        if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
    return "/usr/local/bin:/usr/bin:/bin";
}

/// Takes the status of a child that never became the program, or must not live.
inline void reap(pid_t pid) noexcept {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

} // namespace tenon::detail

#endif
