// What the commands say about a running host, for people: on a terminal and in a pipe.

#include "whole_host.hpp"

#include <pty.h>

using namespace reference;
using namespace reference::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("one plugin that is shown lacked version, memory, events, routes and permissions") {
    whole_host whole(
        whole_host::plugin("one", R"("permissions":["events:emit","users:kick"],"needs":["two"])") + "," +
        whole_host::plugin("two"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string shown = whole.ask({"plugins", "one"}).output;
    for (const auto* row : {"plugin      one\n", "version     1.0.0\n", "state       ready for ",
                            " of memory, ", " of CPU, 1 thread, ", "event       message.incoming mutate\n",
                            "event       room.* observe\n", "route       GET /api/plugins/one/hello/{who}\n",
                            "permission  events:emit\n", "permission  users:kick\n", "needs       two\n"})
        CHECK_MESSAGE(says(shown, row), shown);
    CHECK(!says(shown, "restart"));
}

TEST_CASE("an event had no time, and a plugin that waits to retry was \"backoff\"") {
    whole_host whole(whole_host::plugin("one", R"("restart":{"backoffMs":60000,"maxRetries":3})"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    program events({"events", "--socket", whole.socket()}, whole.here / "events",
                   whole.here / "events.errors");
    REQUIRE(soon([&] { // it may have begun to follow only now
        static_cast<void>(whole.ask({"send", "stop", "--from", "ada", "--to", "bo"}));
        return says(events.output(), "message.incoming stopped by one: told to");
    }));
    CHECK(events.output()[2] == ':');
    CHECK(events.output()[5] == ':');
    CHECK(says(events.output(), " ms  told to"));
    static_cast<void>(whole.admin().ask("POST", "/api/v1/commands/crash", R"({"number":9})"));
    REQUIRE(soon([&] { return says(events.output(), " one is waiting to retry: signal 9 (SIGKILL)"); }));
    CHECK(says(whole.ask({"plugins", "one"}).output, "state    backoff, retry in "));
    CHECK(says(whole.ask({"plugins", "one"}).output, "why      signal 9 (SIGKILL)"));
    CHECK(whole.logs("one: is waiting to retry: signal 9 (SIGKILL)"));
}

TEST_CASE("a mistyped name is answered with those that there are") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    const auto mistyped = whole.ask({"plugins", "oen"});
    CHECK(mistyped.code == 1);
    CHECK(mistyped.errors == "tenon-host: there is no plugin \"oen\"; did you mean \"one\"?\n");
    CHECK(whole.ask({"logs", "moderator"}).errors ==
          "tenon-host: there is no plugin \"moderator\"; there is only one\n");
}

/// Somebody's terminal. What is written to it is read at the end: a line more than it has room for would wait.
class terminal {
public:
    explicit terminal(unsigned short columns) {
        winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        char name[128] = "";
        REQUIRE(::openpty(&master_, &slave_, name, nullptr, &size) == 0);
        path_ = name;
    }
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;
    ~terminal() {
        ::close(master_);
        ::close(slave_);
    }
    const std::string& path() const { return path_; }
    std::string text() const {
        std::string all(8'192, '\0');
        const ssize_t count = ::read(master_, all.data(), all.size());
        all.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return all;
    }

private:
    int master_ = -1, slave_ = -1;
    std::string path_;
};

TEST_CASE("colours are for a terminal, unless NO_COLOR says no, and never for a pipe") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    const auto on = [&](const terminal& somebodys) {
        program asked({"plugins", "--socket", whole.socket()}, somebodys.path(), whole.here / "e");
        CHECK(asked.wait() == 0);
        return somebodys.text();
    };
    CHECK(says(on(terminal(80)), "\x1b[32mready\x1b[0m"));
    CHECK(!says(whole.ask({"plugins"}).output, "\x1b"));
    ::setenv("NO_COLOR", "1", 1);
    const std::string plain = on(terminal(80));
    CHECK(says(plain, "ready"));
    CHECK(!says(plain, "\x1b"));
    ::unsetenv("NO_COLOR");
}

} // namespace
