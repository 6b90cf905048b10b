#ifndef TENON_TESTS_BENCH_CHILDREN_HPP
#define TENON_TESTS_BENCH_CHILDREN_HPP

// What the benchmarks of the host's side share: child processes with two pipes, raw reading and writing, one CPU
// for everybody, medians.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace bench {

[[noreturn]] inline void give_up(const std::string& why) {
    std::fprintf(stderr, "bench: %s\n", why.c_str());
    std::exit(70);
}

inline void write_whole(int to, const std::string& bytes) {
    for (std::size_t at = 0; at != bytes.size();) {
        const ssize_t put = write(to, bytes.data() + at, bytes.size() - at);
        if (put <= 0) give_up("nobody reads");
        at += static_cast<std::size_t>(put);
    }
}

inline void read_whole(int from, std::string& room) {
    for (std::size_t at = 0; at != room.size();) {
        const ssize_t got = read(from, room.data() + at, room.size() - at);
        if (got <= 0) give_up("an answer ended too soon");
        at += static_cast<std::size_t>(got);
    }
}

/// A child with a pipe to it and one from it. The ends may be taken away; what is left is closed at the end. It has
/// a session of its own, as a host gives to its plugins: where Linux schedules by sessions (autogroup), that alone
/// makes a round trip slower by a sixth.
class process {
public:
    explicit process(const std::vector<std::string>& command) {
        int in[2], out[2];
        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) give_up("no pipes");
        child_ = fork();
        if (child_ < 0) give_up("no process");
        if (child_ == 0) {
            setsid();
            dup2(in[0], 0);
            dup2(out[1], 1);
            std::vector<char*> arguments;
            for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
            arguments.push_back(nullptr);
            execvp(arguments[0], arguments.data());
            std::perror(arguments[0]);
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        to_ = in[1];
        from_ = out[0];
    }
    process(process&& other) noexcept
        : child_(std::exchange(other.child_, -1)), to_(other.take_to()), from_(other.take_from()) {}
    process& operator=(process&&) = delete;
    ~process() {
        if (to_ >= 0) close(to_);
        if (from_ >= 0) close(from_);
        if (child_ > 0) waitpid(child_, nullptr, 0);
    }

    pid_t pid() const { return child_; }
    int to() const { return to_; }
    int from() const { return from_; }
    int take_to() { return std::exchange(to_, -1); }
    int take_from() { return std::exchange(from_, -1); }

private:
    pid_t child_ = -1;
    int to_ = -1, from_ = -1;
};

/// Goes with all that is in it.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "tenon-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) give_up("no folder");
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

inline double median(std::vector<double> of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
}

inline double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round != a.size(); ++round) ratios.push_back(a[round] / b[round]);
    return median(ratios);
}

/// What a process (0: this one) has used, in µs.
inline double cpu_time_of(pid_t process) {
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    timespec used{};
    if ((process != 0 && clock_getcpuclockid(process, &clock) != 0) || clock_gettime(clock, &used) != 0)
        give_up("nobody says what it has used");
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

/// Pins this process, and the children it starts from now on. `cpu` below 0: the last one that we may use,
/// because the first does most of the machine's chores.
inline void pin(int cpu) {
    cpu_set_t set;
    if (cpu < 0) {
        if (sched_getaffinity(0, sizeof set, &set) != 0) give_up("no affinity");
        for (int candidate = 0; candidate != CPU_SETSIZE; ++candidate)
            if (CPU_ISSET(candidate, &set)) cpu = candidate;
    }
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) give_up("this CPU is not ours");
}

} // namespace bench

#endif
