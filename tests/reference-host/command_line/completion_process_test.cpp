// Tab in a real bash, at a terminal, with a host that runs.

#include "whole_host.hpp"

#include <poll.h>
#include <pty.h>

using namespace reference;
using namespace reference::tests;

namespace {

/// Somebody at a terminal.
class shell {
public:
    explicit shell(std::vector<std::string> command) {
        std::vector<char*> words;
        for (std::string& one : command) words.push_back(one.data());
        words.push_back(nullptr);
        winsize size{.ws_row = 24, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
        pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
        REQUIRE(pid_ >= 0);
        if (pid_ != 0) return;
        for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL); // doctest has handlers
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    shell(const shell&) = delete;
    shell& operator=(const shell&) = delete;
    ~shell() {
        ::kill(pid_, SIGKILL);
        ::close(terminal_);
        ::waitpid(pid_, nullptr, 0);
    }
    void type(const std::string& keys) {
        seen_.clear();
        REQUIRE(::write(terminal_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
    }
    bool shows(const std::string& text) {
        return soon([&] { return has_shown(text); });
    }
    /// The end of the line is shown when the key was dealt with; Ctrl-U takes all of it away. Completion does not wait
    /// for a host that is slow to answer: whoever sees nothing presses the key again.
    bool completes(const std::string& typed, const std::string& completed) {
        for (int time = 0; time < 20; ++time) {
            type("\x15" + typed + "\t<");
            if (!soon([&] { return has_shown(completed + "<") || has_shown(typed + "<"); })) return false;
            if (has_shown(completed + "<")) return true;
        }
        return false;
    }
    const std::string& seen() const { return seen_; }

private:
    bool has_shown(const std::string& text) {
        pollfd waiting{terminal_, POLLIN, 0};
        char room[4096];
        if (::poll(&waiting, 1, 0) == 1)
            if (const ssize_t count = ::read(terminal_, room, sizeof room); count > 0)
                seen_.append(room, static_cast<std::size_t>(count));
        return seen_.find(text) != std::string::npos;
    }

    int terminal_ = -1, pid_ = -1;
    std::string seen_;
};

TEST_CASE("bash completes commands, options, plugins, verbs and values") {
    const tenon::tests::scratch_folder home;
    whole_host whole(whole_host::plugin("one"), "", home / ".tenon/runtime.sock");
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string folder = std::filesystem::canonical(fixtures() + "/../../reference-host");
    ::setenv("HOME", home.path().c_str(), 1);
    ::setenv("PATH", (folder + ":" + std::getenv("PATH")).c_str(), 1);
    ::setenv("PS1", "", 1);
    ::unsetenv("TENON_ADMIN_TOKEN");
    shell bash({"bash", "--norc", "--noprofile", "-i"});
    bash.type("bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; eval \"$(tenon-host "
              "completion bash)\"; echo lo''aded\n");
    REQUIRE_MESSAGE(bash.shows("loaded"), bash.seen());
    struct {
        const char *typed, *completed;
    } const rows[] = {
        {"tenon-host plu", "tenon-host plugins "},
        {"tenon-host plugins o", "tenon-host plugins one "},
        {"tenon-host plugins one rest", "tenon-host plugins one restart "},
        {"tenon-host logs --level=x one --jso", "tenon-host logs --level=x one --json "},
        {"tenon-host exec whole", "tenon-host exec whole_config "},
        {"tenon-host exec echo te", "tenon-host exec echo text="},
        {"tenon-host exec add a=3 ", "tenon-host exec add a=3 b="},
        {"tenon-host route GET /api/plugins/o", "tenon-host route GET /api/plugins/one/hello/"},
    };
    for (const auto& [typed, completed] : rows) {
        CHECK_MESSAGE(bash.completes(typed, completed), bash.seen());
    }
    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    bash.type("\x15tenon-host plugins o\t<");
    CHECK_MESSAGE(bash.shows("tenon-host plugins o<"), bash.seen());
}

TEST_CASE("another shell is told what there is") {
    whole_host whole("");
    CHECK(whole.run({"completion", "fish"}).output.find("complete -c tenon-host") != std::string::npos);
    CHECK(whole.run({"completion", "zsh"}).output.find("compdef _tenon_host tenon-host") !=
          std::string::npos);
    CHECK(whole.run({"completion", "tcsh"}).code == 64);
    CHECK(whole.run({"completion"}).code == 64);
    CHECK(whole.run({"completion", "words", "plu"}).output == "plugins\n");
}

} // namespace
