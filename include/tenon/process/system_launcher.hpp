#ifndef TENON_PROCESS_SYSTEM_LAUNCHER_HPP
#define TENON_PROCESS_SYSTEM_LAUNCHER_HPP

// Starts a program as a plugin: three pipes, a session and process group of its own, nothing inherited but what
// was said, gone when the host is gone. The only header that names Boost, for the vfork of Boost.Process v1;
// with standalone Asio v2 of it does not work in any version.
//
// vfork, because a fork takes the longer the more memory the host has. What the child does until it is the program
// is in process/system_child_setup.hpp.
//
// launch() may be called from several threads at once, and from a thread that ends before the plugin.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/process/start_fault.hpp>
#include <tenon/process/system_child_setup.hpp>
#include <tenon/process/system_program.hpp>
#include <tenon/transport/asio.hpp>
#include <tenon/transport/system_streams.hpp>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BOOST_POSIX_HAS_VFORK
#define BOOST_POSIX_HAS_VFORK 1
#endif
#ifndef BOOST_PROCESS_USE_STD_FS
#define BOOST_PROCESS_USE_STD_FS 1
#endif
// Boost.Process v1 declares Boost.Asio ahead, and uses it only where it is given an io_context. With 1.74 those
// declarations and standalone Asio do not get along.
#ifndef BOOST_PROCESS_DETAIL_POSIX_ASIO_FWD_HPP_
#define BOOST_PROCESS_DETAIL_POSIX_ASIO_FWD_HPP_
namespace boost::asio {
class io_context;
}
#endif
#if __has_include(<boost/process/v1/child.hpp>) // from 1.86 on
#include <boost/process/v1/child.hpp>
#include <boost/process/v1/error.hpp>
#include <boost/process/v1/extend.hpp>
#include <boost/process/v1/posix.hpp>
namespace tenon::detail {
namespace boost_process = boost::process::v1;
}
#else
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
namespace tenon::detail {
namespace boost_process = boost::process;
}
#endif

namespace tenon::detail {

struct launch_spec {
    std::vector<std::string> command;          // the program and its arguments
    int image = -1;                            // an open file that is run in the place of the program
    int given = -1;                            // another one that stays open in it, under its number
    std::string directory = {};                // the host's own where it is empty
    std::vector<std::string> environment = {}; // "NAME=value": exactly what the child gets
    resource_limits limits = {};
    const confinement* within = nullptr; // what the child is held to, or nothing
};

struct launched {
    int pid = 0;
    descriptor process; // a pidfd; none if the process is gone and its status was taken elsewhere
    descriptor input;   // its stdin: to be written
    descriptor output, error;
    /// Other ends of the guard, with the child's orders for the kernel, but only the host holds them: they bring the
    /// signal also when the plugin is dead already. (The plugin's own would not do. What two processes hold closes with
    /// the later of them, and the plugin may end between the host's turns.)
    /// A process that is killed closes its descriptors by number, upwards or downwards as the kernel's version has it.
    /// So two of them are numbered below `guard` and two above: in either order two are still open when it closes.
    /// Two, because the kernel signals a group one process after another and may miss one that is forked meanwhile.
    /// Each open file brings a signal of its own, and what the first one missed is there for the second.
    std::array<descriptor, 4> guard_readers;
    /// While this is open the process group lives. As soon as it is closed everywhere, the kernel itself kills the group: also
    /// when the host was killed, whichever thread started the child, and however old its number is. (It is the last
    /// member, so it is closed before its readers.)
    descriptor guard;
};

// --- in the child ---

/// Does Boost's exec in its place: what Boost does after one that failed writes a std::string in the child, and
/// may or may not reap it.
struct child_setup : boost_process::extend::handler {
    const child_plan* plan;
    explicit child_setup(const child_plan& given) noexcept : plan(&given) {}
    template <class Executor>
    void on_exec_setup(Executor&) const noexcept {
        become_program(*plan);
    }
};

// --- in the host ---

/// No signal reaches this thread while it lives.
class all_signals_blocked {
public:
    all_signals_blocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    all_signals_blocked(const all_signals_blocked&) = delete;
    all_signals_blocked& operator=(const all_signals_blocked&) = delete;
    ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

inline fault failed_to_start(start_failure failure) {
    if (failure.error != 0) failure.error_text = std::system_category().message(failure.error);
    return explain(failure);
}

/// What is wrong with the words of a spec; empty if nothing is.
inline std::string misspelled(const launch_spec& spec) {
    if (spec.command.empty() || spec.command.front().empty()) return "its command is empty";
    const auto cut = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    for (const std::string& word : spec.command)
        if (cut(word)) return "a word of its command has a zero byte, at which the system would cut it off";
    for (const std::string& entry : spec.environment) {
        if (cut(entry))
            return "a value of its environment has a zero byte, at which the system would cut it off";
        if (entry.find('=') == std::string::npos || entry.front() == '=')
            return join({"an entry of its environment is not of the form NAME=value: ", entry});
    }
    const auto is_stream = [](int number) { return number >= 0 && number <= STDERR_FILENO; };
    if (is_stream(spec.image) || is_stream(spec.given))
        return "its image has the number of a standard stream, which the plugin's takes";
    if (cut(spec.directory)) return "its directory has a zero byte, at which the system would cut it off";
    return {};
}

inline bool is_our_child(int process) noexcept {
    siginfo_t state{};
    constexpr auto by_pidfd = static_cast<idtype_t>(3); // P_PIDFD, which old C libraries do not name
    return ::waitid(by_pidfd, static_cast<id_t>(process), &state, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// What the child reported, if it failed. After a real vfork it is all there already; under tools that make it a
/// fork (sanitizers, emulators) its end has to be awaited.
inline bool read_report(int from, bool complete, child_report& report) noexcept {
    for (;;) {
        pollfd entry{from, POLLIN, 0};
        const int ready = ::poll(&entry, 1, complete ? 0 : -1);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0 || (entry.revents & POLLIN) == 0) return false;
        const ssize_t count = ::read(from, &report, sizeof report);
        if (count < 0 && errno == EINTR) continue;
        return count == static_cast<ssize_t>(sizeof report);
    }
}

inline result<launched> launch(const launch_spec& spec) {
    start_failure failure{.step = launch_step::describe};
    if (!spec.command.empty()) failure.program = spec.command.front();
    failure.detail = misspelled(spec);
    if (!failure.detail.empty()) return explain(failure);
    failure.from_image = spec.image >= 0;
    failure.sandboxed = spec.within != nullptr;
    const std::string program = failure.from_image
                                    ? spec.command.front()
                                    : find_program(spec.command.front(), search_path_of(spec.environment));
    if (program.empty()) {
        failure.detail =
            join({"there is no such program in the folders of its PATH, ", search_path_of(spec.environment)});
        return explain(failure);
    }
    failure.program = program;

    child_pipes pipes;
    failure.step = launch_step::descriptors;
    if (!pipes.open()) {
        failure.error = errno;
        return failed_to_start(std::move(failure));
    }

    const auto arguments = pointers_to(spec.command), environment = pointers_to(spec.environment);
    volatile bool shares_memory = false;
    child_plan plan{.program = program.c_str(),
                    .image = spec.image,
                    .given = spec.given,
                    .arguments = arguments.data(),
                    .environment = environment.data(),
                    .directory = spec.directory.empty() ? nullptr : spec.directory.c_str(),
                    .parent = ::getpid(),
                    .dies_with_thread = ::syscall(SYS_gettid) == ::getpid(),
                    .limits = spec.limits,
                    .within = spec.within,
                    .shares_memory = &shares_memory};
    pipes.connect(plan);
    std::error_code not_forked;
    pid_t pid = -1;
    {
        const all_signals_blocked quiet;
        boost_process::child child(child_setup(plan), boost_process::posix::use_vfork, not_forked);
        pid = child.id();
        child.detach(); // the process is ours; Boost would end it
    }
    if (not_forked) {
        failure.step = launch_step::fork;
        failure.error = not_forked.value();
        return failed_to_start(std::move(failure));
    }

    pipes.close_far_ends();
    child_report told{};
    if (read_report(pipes.report.read.get(), shares_memory, told)) {
        reap(pid);
        failure.step = told.step;
        failure.error = told.error;
        failure.directory = spec.directory;
        if (told.step == launch_step::program)
            failure.facts = look_at_program(failure.from_image ? path_of_open_file(spec.image) : program);
        return failed_to_start(std::move(failure));
    }

    launched made{.pid = pid,
                  .process = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
                  .input = std::move(pipes.input.write),
                  .output = std::move(pipes.output.read),
                  .error = std::move(pipes.error.read),
                  .guard_readers = std::move(pipes.guard_readers),
                  .guard = std::move(pipes.guard.write)};
    if ((!made.process && errno != ESRCH) || (made.process && !lift(made.process))) {
        failure.error = errno;
        ::kill(-pid, SIGKILL);
        reap(pid);
        return failed_to_start(std::move(failure));
    }
    // Where the host ignores SIGCHLD or waits for any child, this one may be gone already and its number another's.
    if (made.process && !is_our_child(made.process.get())) made.process.reset();
    return made;
}

} // namespace tenon::detail

#endif
