#ifndef TENON_DOCTOR_SYSTEM_DOCTOR_PROCESS_HPP
#define TENON_DOCTOR_SYSTEM_DOCTOR_PROCESS_HPP

// A plugin's process as the doctor has it: started as a host starts one, in a session of its own, read and written
// by one thread that waits in poll(2) with a deadline. Its output is always read to the end, whatever is being
// waited for, so that neither side can block the other. Its end takes everybody with it whom it started.
//
// The launcher of the host (process/system_launcher.hpp) would do the same and costs three seconds of
// compile time for Asio and Boost; what both prepare, and do in the child, is one file each.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/process/start_fault.hpp>
#include <tenon/process/system_child_setup.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/process/system_program.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/doctor/finding.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace tenon::detail {

/// A process of the plugin's.
struct doctor_member {
    int pid;
    std::string name;
};

/// Whether a process began with this entry in its environment, or one that it comes from did. Wrappers put others in front.
inline bool has_mark(int pid, std::string_view mark) {
    const std::string path = join({"/proc/", digits(static_cast<std::uint64_t>(pid)), "/environ"});
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(1, '\0');
    std::array<char, 4096> room;
    while (file && text.size() < std::size_t{1} << 20) {
        const transfer got = read_some(file.get(), room);
        if (got.state != transfer_state::some) break;
        text.append(room.data(), got.count);
    }
    return text.find(std::string(1, '\0').append(mark) + '\0') != text.npos;
}

/// All that run in the session, and all that left it and still have the mark in their environment. Zombies do not run.
inline std::vector<doctor_member> members_of(int session, std::string_view mark) {
    std::vector<doctor_member> found;
    DIR* const folder = ::opendir("/proc");
    if (folder == nullptr) return found;
    while (const dirent* entry = ::readdir(folder)) {
        const int pid = std::atoi(entry->d_name);
        if (pid <= 0) continue;
        const std::string stat = read_proc(pid, "stat");
        const std::size_t name = stat.find('('), end = stat.rfind(')');
        if (name == stat.npos || end == stat.npos || end + 2 >= stat.size()) continue;
        int parent = 0, group = 0, its_session = 0;
        char state = 0;
        if (std::sscanf(stat.c_str() + end + 2, "%c %d %d %d", &state, &parent, &group, &its_session) != 4)
            continue;
        if (state == 'Z' || state == 'X') continue;
        if (its_session == session || has_mark(pid, mark))
            found.push_back({pid, stat.substr(name + 1, end - name - 1)});
    }
    ::closedir(folder);
    return found;
}

inline bool descriptor_is_open(int pid, int number) {
    const std::string path = join({"/proc/", digits(static_cast<std::uint64_t>(pid)), "/fd/",
                                   digits(static_cast<std::uint64_t>(number))});
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0;
}

class doctor_process {
public:
    static result<doctor_process> start(const testing::patient& given);

    doctor_process(doctor_process&& other) noexcept = default;
    doctor_process& operator=(doctor_process&&) = delete;
    ~doctor_process() {
        if (!process_) return; // moved from
        if (!over_) await_end_of_killed();
        kill_everybody();
        if (!status_) reap_ended(process_.get());
    }

    int pid() const noexcept { return pid_; }
    std::string& output() noexcept { return output_text_; } // not taken yet
    bool output_over() const noexcept { return !output_; }
    const std::string& log() const noexcept { return log_; }

    /// False if the plugin does not take it all until then.
    bool write(std::string_view bytes, time_point deadline) {
        while (!bytes.empty()) {
            if (!input_ || over_) return false;
            const transfer put = write_some(input_.get(), false, {&bytes, 1});
            if (put.state == transfer_state::over) return input_.reset(), false;
            if (put.state == transfer_state::some) bytes.remove_prefix(put.count);
            else if (!wait(deadline, true)) return false;
        }
        return true;
    }
    void close_input() noexcept { input_.reset(); }

    /// Until there is more output, or its end, or the end of the process, or with `writable` room for more input.
    /// False if the deadline came first.
    bool wait(time_point deadline, bool writable = false) {
        for (;;) {
            const bool flooded = output_text_.size() > most_output;
            pollfd entries[] = {{flooded ? -1 : output_.get(), POLLIN, 0},
                                {error_.get(), POLLIN, 0},
                                {over_ ? -1 : process_.get(), POLLIN, 0},
                                {writable ? input_.get() : -1, POLLOUT, 0}};
            const auto left =
                std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
            const int time = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
            const int ready = ::poll(entries, 4, time);
            if (ready < 0 && errno == EINTR) continue;
            bool news = ready > 0 && entries[3].revents != 0;
            if (ready > 0 && entries[1].revents != 0) read_into(error_, log_);
            if (ready > 0 && entries[0].revents != 0) news = read_into(output_, output_text_) || news;
            if (ready > 0 && entries[2].revents != 0) {
                over_ = news = true;
                while (output_ && output_text_.size() <= most_output && read_into(output_, output_text_)) {
                }
                while (error_ && read_into(error_, log_)) {
                }
            }
            if (news) return true;
            if (ready <= 0 && left <= 0) return false;
        }
    }

    bool over() const noexcept { return over_; }
    /// False if the process still runs by then.
    bool await_end(time_point deadline) {
        while (!over_ && wait(deadline)) {
        }
        return over_;
    }
    /// Of a process that is over. Processes that are left of its session are killed first and named, after `grace`.
    const exit_status& status(std::vector<std::string>& left_behind) {
        if (status_) return *status_;
        const time_point grace = after(std::chrono::steady_clock::now(), milliseconds(300));
        auto left = members();
        while (!left.empty() && std::chrono::steady_clock::now() < grace) {
            ::poll(nullptr, 0, 10);
            left = members();
        }
        for (const auto& one : left)
            left_behind.push_back(
                join({one.name, " (process ", digits(static_cast<std::uint64_t>(one.pid)), ")"}));
        kill_everybody();
        status_ = reap_ended(process_.get());
        return *status_;
    }

    std::vector<doctor_member> members() const { return members_of(pid_, mark_); }
    void signal(int number) noexcept { signal_group_of(process_.get(), pid_, number); }

private:
    doctor_process() = default;

    // Of a plugin that floods, the rest is left in the pipe, or forgotten if it is log.
    static constexpr std::size_t most_output = std::size_t{64} << 20;

    bool read_into(descriptor& from, std::string& to) {
        std::array<char, 65536> room;
        const transfer got = read_some(from.get(), room);
        if (got.state == transfer_state::some && to.size() <= most_output) to.append(room.data(), got.count);
        if (got.state == transfer_state::over) from.reset();
        return got.state != transfer_state::would_block;
    }
    void kill_everybody() noexcept {
        signal_group_of(process_.get(), pid_, kill_signal);
        for (const auto& one : members()) ::kill(one.pid, kill_signal);
    }
    void await_end_of_killed() {
        kill_everybody();
        const int one = process_.get();
        wait_for_end({&one, 1}, after(std::chrono::steady_clock::now(), milliseconds(5'000)));
    }

    int pid_ = 0;
    std::string mark_;                        // an entry of its environment, which children inherit
    std::array<descriptor, 4> guard_readers_; // as launched has them
    descriptor process_, input_, output_, error_, guard_;
    std::string output_text_, log_;
    bool over_ = false;
    std::optional<exit_status> status_;
};

namespace doctor_start {

inline std::vector<std::string> environment_of(const testing::patient& given, const std::string& mark) {
    std::vector<std::string> entries{mark};
    entries.insert(entries.end(), given.environment.begin(), given.environment.end());
    const auto has = [&](std::string_view name) {
        return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
            return entry.starts_with(name) && entry.substr(name.size()).starts_with('=');
        });
    };
    for (const char* name : {"PATH", "HOME", "LANG", "TMPDIR"})
        if (const char* value = std::getenv(name); value != nullptr && !has(name))
            entries.push_back(join({name, "=", value}));
    if (!has("TENON_PROTOCOL")) entries.push_back("TENON_PROTOCOL=1");
    return entries;
}

} // namespace doctor_start

inline result<doctor_process> doctor_process::start(const testing::patient& given) {
    survive_closed_pipes();
    start_failure failure{.step = launch_step::describe};
    if (given.command.empty() || given.command.front().empty()) {
        failure.detail = "its command is empty";
        return explain(failure);
    }
    doctor_process made;
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    made.mark_ = join({"TENON_DOCTOR=", digits(static_cast<std::uint64_t>(::getpid())), ".",
                       digits(static_cast<std::uint64_t>(now))});
    const auto environment = doctor_start::environment_of(given, made.mark_);
    const std::string_view search_path = search_path_of(environment);
    const std::string program = find_program(given.command.front(), search_path);
    failure.program = program.empty() ? given.command.front() : program;
    if (program.empty()) {
        failure.detail = join({"there is no such program in the folders of its PATH, ", search_path});
        return explain(failure);
    }

    const auto failed = [&](launch_step step, int error) {
        failure.step = step;
        failure.error = error;
        failure.error_text = std::system_category().message(error);
        failure.directory = given.directory;
        if (step == launch_step::program) failure.facts = look_at_program(program);
        return explain(failure);
    };
    child_pipes pipes;
    if (!pipes.open()) return failed(launch_step::descriptors, errno);

    const auto arguments = pointers_to(given.command), entries = pointers_to(environment);
    volatile bool shares_memory = false;
    child_plan plan{.program = program.c_str(),
                    .arguments = arguments.data(),
                    .environment = entries.data(),
                    .directory = given.directory.empty() ? nullptr : given.directory.c_str(),
                    .parent = ::getpid(),
                    .dies_with_thread = ::syscall(SYS_gettid) == ::getpid(),
                    .shares_memory = &shares_memory};
    pipes.connect(plan);
    made.pid_ = ::fork();
    if (made.pid_ < 0) return failed(launch_step::fork, errno);
    if (made.pid_ == 0) become_program(plan);

    pipes.close_far_ends();
    child_report told{};
    if (::read(pipes.report.read.get(), &told, sizeof told) == static_cast<ssize_t>(sizeof told)) {
        reap(made.pid_);
        return failed(told.step, told.error);
    }
    made.input_ = std::move(pipes.input.write);
    made.output_ = std::move(pipes.output.read);
    made.error_ = std::move(pipes.error.read);
    made.guard_readers_ = std::move(pipes.guard_readers);
    made.guard_ = std::move(pipes.guard.write);
    made.process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, made.pid_, 0)));
    if (!made.process_) {
        const int why = errno;
        ::kill(-made.pid_, SIGKILL);
        return failed(launch_step::descriptors, why);
    }
    for (const descriptor* one : {&made.input_, &made.output_, &made.error_}) make_nonblocking(one->get());
    return made;
}

} // namespace tenon::detail

#endif
