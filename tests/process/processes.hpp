#ifndef TENON_TESTS_PROCESS_PROCESSES_HPP
#define TENON_TESTS_PROCESS_PROCESSES_HPP

// What tests of processes need: programs in one line of shell, and a host that can be killed (a fork of the test).

#include "../leave_forked.hpp"
#include "../scratch_folder.hpp"
#include "../soon.hpp"

#include <tenon/process/child.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/prctl.h>

namespace tenon::tests {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

inline const std::string shell_path = "PATH=/usr/local/bin:/usr/bin:/bin";

inline detail::launch_spec shell(std::string script, std::vector<std::string> environment = {}) {
    environment.push_back(shell_path);
    return {.command = {"/bin/sh", "-c", std::move(script)}, .environment = std::move(environment)};
}

inline detail::launched must_launch(const detail::launch_spec& spec) {
    auto made = detail::launch(spec);
    REQUIRE_MESSAGE(made, made.error().message);
    return std::move(*made);
}

inline std::string why_not_launched(const detail::launch_spec& spec) {
    auto made = detail::launch(spec);
    REQUIRE(!made);
    CHECK(made.error().code == codes::unavailable);
    return made.error().message;
}

/// All until the end of the stream. A program that never ends is ended by the test's own time limit.
inline std::string read_all(int from) {
    std::string text;
    char room[4096];
    for (;;) {
        const ssize_t count = ::read(from, room, sizeof room);
        if (count > 0) text.append(room, static_cast<std::size_t>(count));
        else if (count == 0 || errno != EINTR) return text;
    }
}

/// One line, without its end.
inline std::string read_line(int from) {
    std::string text;
    for (char one = 0; ::read(from, &one, 1) == 1 && one != '\n';) text += one;
    return text;
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    // By the stream, which takes it for the end when the process goes meanwhile; its buffer alone would throw.
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Processes that live and have this entry in their environment: zombies have none.
inline std::vector<int> with_environment(const std::string& entry) {
    std::vector<int> found;
    std::error_code ignored;
    for (const auto& folder : std::filesystem::directory_iterator("/proc", ignored)) {
        const int pid = std::atoi(folder.path().filename().c_str());
        if (pid <= 0) continue;
        if (('\0' + read_file(folder.path() / "environ")).find('\0' + entry + '\0') != std::string::npos)
            found.push_back(pid);
    }
    return found;
}

/// Runs a part of the test as a process of its own, which may be killed or spoil what a process has only one of.
/// Within it, no doctest: it exits with what `run` returns.
class forked {
public:
    explicit forked(const std::function<int()>& run) {
        std::fflush(nullptr);
        int both[2];
        REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::dup2(both[1], 1);
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL); // doctest has handlers
            leave_forked(run());
        }
        ::close(both[1]);
        output_.reset(both[0]);
    }
    forked(const forked&) = delete;
    forked& operator=(const forked&) = delete;
    ~forked() { kill(); }

    int pid() const { return pid_; }
    int output() const { return output_.get(); }
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    /// Its exit code, or 256 and the signal that ended it.
    int wait() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    }

private:
    pid_t pid_ = 0;
    detail::descriptor output_;
};

inline void skipped(const std::string& why) { MESSAGE("skipped: ", why); }

/// Children of this process that nobody has waited for.
inline int zombies() {
    int count = 0;
    std::error_code ignored;
    for (const auto& folder : std::filesystem::directory_iterator("/proc", ignored)) {
        if (std::atoi(folder.path().filename().c_str()) <= 0) continue;
        const std::string stat = read_file(folder.path() / "stat");
        const auto name_end = stat.rfind(')');
        if (name_end == std::string::npos) continue;
        count += stat.substr(name_end + 2).starts_with("Z " + std::to_string(::getpid()) + " ");
    }
    return count;
}

inline int open_descriptors() { return detail::count_descriptors(::getpid()); }

} // namespace tenon::tests

#endif
