#ifndef TENON_TESTS_REFERENCE_HOST_COMMAND_LINE_WHOLE_HOST_HPP
#define TENON_TESTS_REFERENCE_HOST_COMMAND_LINE_WHOLE_HOST_HPP

// The real tenon-host as a process, with a configuration and a socket in a folder of its own, and what somebody at a
// terminal does with it.

#include "../../scratch_folder.hpp"
#include "../../soon.hpp"

#include <command_line/admin_file.hpp>

#include <tenon/config/system_small_file.hpp>
#include <tenon/http/client.hpp>
#include <tenon/json/value.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace reference::tests {

using namespace std::chrono_literals;
using tenon::json;
using tenon::tests::soon;

inline std::string fixtures() {
    const char* folder = std::getenv("TENON_FIXTURES");
    REQUIRE(folder != nullptr);
    return folder;
}

inline std::string text_in(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf(); // of a process that goes meanwhile it is as much as came
    return text.str();
}

/// tenon-host with these arguments, its output in files.
class program {
public:
    /// `last` is done in the process before it becomes the program.
    program(std::vector<std::string> arguments, std::string output, std::string errors,
            void (*last)() = nullptr)
        : output_(std::move(output)), errors_(std::move(errors)) {
        arguments.insert(arguments.begin(), fixtures() + "/../../reference-host/tenon-host");
        std::vector<char*> words;
        for (std::string& one : arguments) words.push_back(one.data());
        words.push_back(nullptr);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL); // doctest has handlers
        const int flags = O_WRONLY | O_CREAT | O_TRUNC;
        ::dup2(::open(output_.c_str(), flags, 0600), 1);
        ::dup2(::open(errors_.c_str(), flags, 0600), 2);
        if (last != nullptr) last();
        ::execv(words[0], words.data());
        ::_exit(127);
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    ~program() {
        signal(SIGKILL);
        wait();
    }

    int pid() const { return pid_; }
    void signal(int number) const {
        if (pid_ > 0) ::kill(pid_, number);
    }
    bool ended() {
        int status = 0;
        if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return pid_ <= 0;
        end(status);
        return true;
    }
    int wait() {
        int status = 0;
        if (pid_ > 0 && ::waitpid(pid_, &status, 0) == pid_) end(status);
        return code_;
    }
    std::string output() const { return text_in(output_); }
    std::string errors() const { return text_in(errors_); }

private:
    void end(int status) {
        pid_ = 0;
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    std::string output_, errors_;
    int pid_ = -1, code_ = -1;
};

/// What became of a command that needs no host.
struct typed {
    int code = 0;
    std::string output = {}, errors = {};
};
inline typed type(const tenon::tests::scratch_folder& here, std::vector<std::string> words) {
    program asked(std::move(words), here / ".output", here / ".errors");
    const int code = asked.wait();
    return {code, asked.output(), asked.errors()};
}
inline bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
/// Whether a program is to be had; a test that wants one says so and is left out without it.
inline bool is_installed(const std::string& name) {
    if (std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0) return true;
    MESSAGE("skipped: ", name, " is missing");
    return false;
}

/// A host that `run` starts with what `file` says; {FIXTURES} stands for the folder of the tests' plugins.
class whole_host {
public:
    /// With a socket in a folder of its own, unless it is told where.
    explicit whole_host(std::string plugins, std::string more = "", std::string socket = "")
        : socket_(socket.empty() ? here / "s/host.sock" : std::move(socket)) {
        configure(std::move(plugins), std::move(more));
    }

    std::string file() const { return here / "host.json"; }
    const std::string& socket() const { return socket_; }

    void configure(std::string plugins, std::string more = "") const {
        write(R"({"listen":"127.0.0.1:0","socket":")" + socket_ + R"(","trustedDirs":[")" + fixtures() +
              "\"]," + more + "\"plugins\":[" + plugins + "]}");
    }
    void write(const std::string& text) const { REQUIRE(tenon::write_small_file(file(), text)); }
    /// One that does everything that it is asked to.
    static std::string plugin(const std::string& name, const std::string& more = "",
                              const std::string& env = "") {
        return R"({"name":")" + name + R"(","command":")" + fixtures() +
               R"(/obedient","env":{"OBEDIENT_NAME":")" + name + "\"" + env + "}" +
               (more.empty() ? "" : ",") + more + "}";
    }

    program& start(std::string errors = "") {
        if (errors.empty()) errors = here / "errors";
        host.emplace(std::vector<std::string>{"run", "--config", file()}, here / "output", errors);
        REQUIRE(soon([&] { return host->output().find('\n') != std::string::npos || host->ended(); }));
        return *host;
    }
    struct outcome {
        int code;
        std::string output, errors;
    };
    /// One of the commands that ask it.
    outcome ask(std::vector<std::string> words) const {
        words.insert(words.end(), {"--socket", socket()});
        return run(std::move(words));
    }
    outcome run(std::vector<std::string> words) const {
        program asked(std::move(words), here / "asked", here / "complaints");
        const int code = asked.wait();
        return {code, asked.output(), asked.errors()};
    }

    tenon::http::client admin() const {
        const admin_file known = read_admin_file(socket()).value_or({});
        return {known.address, known.token};
    }
    json status(const std::string& plugin) const {
        const auto answer = admin().ask("GET", "/api/v1/plugins/" + plugin);
        return answer && answer->status == 200 ? json::parse(answer->body).value_or(json()) : json();
    }
    std::string state(const std::string& plugin) const { return std::string(status(plugin)["state"].text()); }
    std::string pid(const std::string& plugin) const { return std::string(status(plugin)["pid"].text()); }
    bool becomes(const std::string& plugin, const std::string& wanted) const {
        return soon([&] { return state(plugin) == "\"" + wanted + "\""; });
    }
    bool logs(const std::string& words) const {
        return soon([&] { return host->errors().find(words) != std::string::npos; });
    }

    tenon::tests::scratch_folder here;
    std::optional<program> host;

private:
    std::string socket_;
};

/// Processes that have this in their environment.
inline int count_with(const std::string& entry) {
    int found = 0;
    std::error_code ignored;
    for (const auto& each : std::filesystem::directory_iterator("/proc", ignored))
        if (std::atoi(each.path().filename().c_str()) > 0)
            found += ('\0' + text_in(each.path() / "environ")).find('\0' + entry + '\0') != std::string::npos;
    return found;
}

} // namespace reference::tests

#endif
