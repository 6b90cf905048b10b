// Real plugins on a host's socket: run by hand as under a debugger, or started by the host.

#include "inside.hpp"
#include "socket_client.hpp"

#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace tenon;
using tests::error_words;
using tests::fixture;
using tests::running_host;
using tests::scratch_folder;
using tests::socket_client;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid = {}, to_uid = {};
};
struct echo { // the command's arguments
    std::string text;
};
struct room_opened {
    static constexpr auto event = "room.opened";
    std::string text;
};

struct listening_host : running_host {
    listening_host() {
        const auto listens = host.listen(path);
        REQUIRE_MESSAGE(listens, listens.error().message);
    }
    bool becomes(std::string_view name, plugin_state state) {
        return wait_for([&] { return status(name).state == state; });
    }
    /// What the plugin wrote after `name=`, on a line of its own.
    std::string logged_value(std::string_view name) {
        const std::string front = std::string(name) + "=";
        for (const log_record& record : logs)
            if (record.message.starts_with(front)) return record.message.substr(front.size());
        return {};
    }

    scratch_folder folder;
    std::string path = folder / "host.sock";
};

/// A process that the test runs, not the host.
class by_hand {
public:
    by_hand(const std::string& name, std::vector<std::string> arguments, const std::string& errors) {
        arguments.insert(arguments.begin(), fixture("obedient"));
        std::vector<char*> words;
        for (std::string& one : arguments) words.push_back(one.data());
        words.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ != 0) return;
        ::setenv("OBEDIENT_NAME", name.c_str(), 1);
        if (::freopen(errors.c_str(), "w", stderr) != nullptr) ::execv(words[0], words.data());
        ::_exit(127);
    }
    by_hand(const by_hand&) = delete;
    by_hand& operator=(const by_hand&) = delete;
    ~by_hand() {
        kill();
        end();
    }

    void kill() const {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
    }
    /// Its exit code; that of a shell for a signal.
    int end() {
        if (pid_ <= 0) return code_;
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    /// The same while the host goes on.
    int end(running_host& run) {
        int status = 0;
        bool over = false;
        REQUIRE(run.wait_for([&] {
            if (over) return true;
            // Nothing wakes the loop when it ends.
            asio::steady_timer soon(run.io, std::chrono::milliseconds(5));
            soon.async_wait([](const asio::error_code&) {});
            run.io.restart();
            run.io.run_one();
            return over = ::waitpid(pid_, &status, WNOHANG) == pid_;
        }));
        pid_ = 0;
        return code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t pid_ = -1;
    int code_ = -1;
};

std::string contents(const std::string& path) {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    return all.str();
}

plugin_options on_socket(std::string name) {
    plugin_options options{
        .name = std::move(name), .command = {fixture("obedient")}, .channel = plugin_channel::socket};
    options.environment["OBEDIENT_NAME"] = options.name;
    options.restart.backoff = milliseconds{10};
    return options;
}

plugin_options shell(std::string name, std::string script, plugin_channel channel = plugin_channel::socket) {
    return {.name = std::move(name), .command = {"/bin/sh", "-c", std::move(script)}, .channel = channel};
}

TEST_CASE("a plugin that is run by hand attaches to a running host, is asked and told, and leaves") {
    listening_host run;
    REQUIRE(run.host.add({.name = "one", .attach = true}));
    by_hand plugin("one", {"--socket", run.path}, run.folder / "errors");
    REQUIRE(run.becomes("one", plugin_state::ready));
    CHECK(run.states("one") == "handshaking ready");
    CHECK(run.decide(message{.content = "stop"}).stopped_by() == "one");
    CHECK(run.decide(message{.content = "add "}).payload().content == "add !");
    CHECK(run.host.publish(room_opened{"hi"}) == 1);
    CHECK(run.execute<std::string>("echo", echo{"text"}).value() == "text");
    CHECK(run.execute<json>("counted", echo{}).value()["rooms"].text() == "1");

    SUBCASE("a second one of the same name is refused and says why") {
        by_hand second("one", {"--socket", run.path}, run.folder / "second");
        CHECK(second.end(run) == 69);
        CHECK(contents(run.folder / "second").find("one is connected already") != std::string::npos);
        CHECK(run.execute<std::string>("echo", echo{"still"}).value() == "still");
    }
    SUBCASE("it is killed, and comes again by itself") {
        plugin.kill();
        CHECK(run.becomes("one", plugin_state::stopped));
        CHECK(run.decide(message{.content = "stop"}).stopped() == false);
        by_hand again("one", {"--socket", run.path}, run.folder / "errors");
        REQUIRE(run.becomes("one", plugin_state::ready));
        CHECK(run.execute<std::string>("echo", echo{"again"}).value() == "again");
        CHECK(run.status("one").generation == 2);
        CHECK(run.stop("one"));
        CHECK(again.end(run) == 0);
        return;
    }
    SUBCASE("it is killed while it is asked") {
        std::optional<result<json>> answer;
        run.host.execute("wait", std::map<std::string, int>{{"ms", 60'000}},
                         {.timeout = milliseconds{60'000}},
                         [&](result<json> given) { answer = std::move(given); });
        run.wait_for([] { return false; }, std::chrono::milliseconds(20));
        plugin.kill();
        REQUIRE(run.wait_for([&] { return answer.has_value(); }));
        CHECK(answer->error().code == codes::unavailable);
        return;
    }
    CHECK(run.stop("one"));
    CHECK(plugin.end(run) == 0);
    CHECK(run.states("one") == "handshaking ready stopping stopped");
}

TEST_CASE("a plugin of another name is told that nobody knows it") {
    listening_host run;
    by_hand plugin("stranger", {"--socket", run.path}, run.folder / "errors");
    CHECK(plugin.end(run) == 69);
    CHECK(contents(run.folder / "errors").find("there is no plugin \"stranger\"") != std::string::npos);
}

TEST_CASE("a plugin that finds no host did not say where it had looked") {
    const scratch_folder here;
    by_hand plugin("one", {"--socket", "/no/where.sock"}, here / "errors");
    CHECK(plugin.end() == 69);
    CHECK(contents(here / "errors").find("no connection to a host at /no/where.sock: No such file") !=
          std::string::npos);
}

TEST_CASE("one that is run by hand takes the place of one that keeps crashing, until it leaves") {
    listening_host run;
    auto options = on_socket("one");
    options.channel = plugin_channel::pipes;
    options.attach = true;
    options.restart.backoff = milliseconds{60'000};
    REQUIRE(run.start(options));
    {
        by_hand early("one", {"--socket", run.path}, run.folder / "errors");
        CHECK(early.end(run) == 69);
        CHECK(contents(run.folder / "errors").find("spoken with over pipes") != std::string::npos);
    }
    CHECK_FALSE(run.execute("leave", std::map<std::string, int>{{"code", 3}}));
    REQUIRE(run.becomes("one", plugin_state::backoff));
    by_hand plugin("one", {"--socket", run.path}, run.folder / "errors");
    REQUIRE(run.wait_for([&] { return run.status("one").generation == 2; }));
    REQUIRE(run.becomes("one", plugin_state::ready));
    CHECK_FALSE(run.status("one").pid);
    plugin.kill();
    // It is wanted, and there is a command: the host will start it again.
    REQUIRE(run.becomes("one", plugin_state::backoff));
    CHECK(run.until<result<void>>([&](auto done) { run.host.start("one", done); }));
    CHECK(run.status("one").pid);
}

TEST_CASE(
    "a plugin that the host starts for its socket attaches with its token, and comes again after a crash") {
    listening_host run;
    const auto started = run.start(on_socket("one"));
    REQUIRE_MESSAGE(started, started.error().message);
    CHECK(run.states("one") == "starting handshaking ready");
    CHECK(run.execute<std::string>("echo", echo{"text"}).value() == "text");
    CHECK(run.status("one").pid);
    {
        by_hand second("one", {"--socket", run.path}, run.folder / "errors");
        CHECK(second.end(run) == 69);
        CHECK(contents(run.folder / "errors").find("TENON_TOKEN") != std::string::npos);
    }
    CHECK_FALSE(run.execute("crash", std::map<std::string, int>{{"number", SIGKILL}}));
    REQUIRE(run.wait_for([&] { return run.status("one").generation == 2; }));
    REQUIRE(run.becomes("one", plugin_state::ready));
    CHECK(run.changes[3].reason.text.find("SIGKILL") != std::string::npos);
    CHECK(run.execute<std::string>("echo", echo{"again"}).value() == "again");
    CHECK(run.stop("one"));
    CHECK(run.status("one").last_exit->text == "exit code 0");
}

TEST_CASE("a process that does not attach in time has failed") {
    listening_host run;
    auto options = shell("late", "echo to nobody; exec sleep 600");
    options.handshake_timeout = milliseconds{100};
    options.stop = {{stop_action::kill, milliseconds{0}}};
    const auto started = run.start(options);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("no answer to the handshake within 100 ms") != std::string::npos);
    CHECK(run.becomes("late", plugin_state::failed));
    CHECK(run.logged("to nobody"));
    CHECK(run.logs[0].source == "stdout");
}

TEST_CASE("where the host listens on no socket, a plugin that needs one says so") {
    running_host run;
    auto options = on_socket("one");
    options.restart.enabled = false;
    const auto started = run.start(options);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("does not listen on one") != std::string::npos);
}

TEST_CASE("a token is given to whom it is for, good once, and gone with the process") {
    listening_host run;
    const auto attach = [&](std::string_view token) {
        return R"({"jsonrpc":"2.0","id":1,"method":"plugin/attach","params":{"name":"one")" +
               (token.empty() ? std::string() : R"(,"token":")" + std::string(token) + "\"") + "}}";
    };
    const auto words = [&](std::string_view token) {
        socket_client peer(run, run.path);
        peer.line(attach(token));
        return error_words(peer.next());
    };
    // Its end of input is what it waits for.
    auto options = shell("one", "env >&2; read end; echo input ended >&2");
    options.restart.enabled = false;
    std::optional<result<void>> started;
    run.host.start(options, [&](result<void> done) { started = done; });
    REQUIRE(run.wait_for([&] { return !run.logged_value("TENON_TOKEN").empty(); }));
    const std::string token = run.logged_value("TENON_TOKEN");
    REQUIRE(run.wait_for([&] { return run.logged_value("TENON_SOCKET") == run.path; }));
    CHECK(words("").find("shows the token") != std::string::npos);
    CHECK(words(token.substr(1) + "x").find("not the token") != std::string::npos);
    CHECK(words(token + token).find("not the token") != std::string::npos);
    CHECK_FALSE(started);

    socket_client plugin(run, run.path);
    plugin.line(attach(token));
    CHECK(plugin.next_line() == R"({"jsonrpc":"2.0","id":1,"result":{}})");
    CHECK(words(token).find("used already") != std::string::npos);
    const json handshake = plugin.next();
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(handshake["id"].text()) +
                R"(,"result":{"name":"one","version":"1"}})");
    REQUIRE(run.wait_for([&] { return started.has_value(); }));
    CHECK(*started);
    CHECK(words(token).find("used already") != std::string::npos);

    std::optional<result<void>> stopped;
    run.host.stop("one", [&](result<void> done) { stopped = done; });
    const json goodbye = plugin.next();
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(goodbye["id"].text()) + R"(,"result":null})");
    REQUIRE(run.wait_for([&] { return stopped.has_value(); }));
    CHECK(run.logged("input ended")); // rather than a signal
    CHECK(run.status("one").last_exit->text == "exit code 0");
    CHECK(words(token).find("may not attach by itself") != std::string::npos);
}

TEST_CASE("a plugin whose connection ends while its process lives is started again") {
    listening_host run;
    auto options = shell("one", "echo TOKEN=$TENON_TOKEN >&2; read end");
    options.restart.backoff = milliseconds{1};
    run.host.start(options, [](const result<void>&) {});
    for (std::uint64_t generation = 1; generation <= 2; ++generation) {
        REQUIRE(run.wait_for([&] { return !run.logged_value("TOKEN").empty(); }));
        socket_client plugin(run, run.path);
        plugin.line(R"({"jsonrpc":"2.0","id":1,"method":"plugin/attach","params":{"name":"one","token":")" +
                    run.logged_value("TOKEN") + "\"}}");
        plugin.next();
        const json handshake = plugin.next();
        plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(handshake["id"].text()) +
                    R"(,"result":{"name":"one","version":"1"}})");
        REQUIRE(run.becomes("one", plugin_state::ready));
        CHECK(run.status("one").generation == generation);
        run.logs.clear();
        plugin.hang_up();
        REQUIRE(run.wait_for([&] { return run.status("one").state != plugin_state::ready; }));
    }
    CHECK(run.states("one").find("ready stopping backoff starting handshaking ready") != std::string::npos);
}

TEST_CASE("one that is spoken with over pipes learns nothing of the socket") {
    listening_host run;
    auto options = shell("one", "env >&2; echo that is all >&2; exec sleep 600", plugin_channel::pipes);
    options.handshake_timeout = milliseconds{60'000};
    run.host.start(options, [](const result<void>&) {});
    REQUIRE(run.wait_for([&] { return run.logged("that is all"); }));
    CHECK(run.logged("TENON_PROTOCOL=1"));
    CHECK_FALSE(run.logged("TENON_SOCKET"));
    CHECK_FALSE(run.logged("TENON_TOKEN"));
}

TEST_CASE("R8: another user who gets as far as the socket is refused in words") {
    if (::geteuid() != 0) return; // nobody can become somebody else
    listening_host run;
    // As if the modes were no help.
    ::chmod(run.folder.path().c_str(), 0777);
    ::chmod(run.path.c_str(), 0777);
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t other = ::fork();
    if (other == 0) {
        if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
        const int peer = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        run.path.copy(to.sun_path, sizeof to.sun_path - 1);
        if (::connect(peer, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) ::_exit(2);
        char room[1024];
        const ssize_t got = ::read(peer, room, sizeof room);
        const bool put = got > 0 && ::write(told[1], room, static_cast<std::size_t>(got)) == got;
        ::_exit(put ? 0 : 3);
    }
    ::close(told[1]);
    REQUIRE(run.wait_for([&] { return inside(run.host).socket()->counters().refused == 1; }));
    int status = 0;
    ::waitpid(other, &status, 0);
    CHECK(status == 0);
    char room[1024];
    const ssize_t got = ::read(told[0], room, sizeof room);
    ::close(told[0]);
    REQUIRE(got > 0);
    CHECK(error_words(json::parse(std::string(room, static_cast<std::size_t>(got))).value_or(json())) ==
          "only the host's own user may connect: that is user 0, and you are user 65534");
}

} // namespace
