// tenon::serve_async() as the main() of a program: a child process that this test forks, and what a host would see.

#include "../leave_forked.hpp"
#include "../scratch_folder.hpp"

#include <tenon/asio.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

struct nap {
    static constexpr auto command = "nap";
    int ms;
};
struct echo {
    static constexpr auto command = "echo";
    std::string text;
};
struct flood {
    static constexpr auto command = "flood";
    int lines;
};

struct ask {
    static constexpr auto command = "ask";
    std::string method;
};

class server {
public:
    static constexpr tenon::about about{.name = "server", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<nap, echo, flood, ask>;

#ifdef ASIO_HAS_CO_AWAIT
    asio::awaitable<int> receive(const nap& n) {
        if (n.ms < 0) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        asio::steady_timer timer(co_await asio::this_coro::executor,
                                 tenon::milliseconds(n.ms < 0 ? 60'000 : n.ms));
        co_await timer.async_wait(asio::use_awaitable);
        co_return n.ms;
    }
#else
    int receive(const nap& n) { return n.ms; }
#endif
    std::string receive(const echo& e) { return e.text; }
    tenon::result<std::string> receive(const ask& a, tenon::context& here) { // waits where it is
        const tenon::json nothing;
        return here.call<std::string>(a.method, nothing);
    }
    int receive(const flood& f, tenon::context& here) {
        const std::string line(1000, 'x');
        for (int number = 0; number < f.lines; ++number) here.info(line);
        return f.lines;
    }
};

std::string framed(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
std::string handshake() {
    return framed(
        R"({"jsonrpc":"2.0","id":"h","method":"plugin/handshake","params":{"name":"t","version":"1"}})");
}
std::string execute(int id, std::string_view command, std::string_view args) {
    return framed(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                  R"(,"method":"plugin/execute","params":{"command":")" + std::string(command) +
                  R"(","args":)" + std::string(args) + "}}");
}

class child {
public:
    /// `file`: its standard input instead of a pipe.
    explicit child(std::vector<std::string> arguments = {}, int file = -1) {
        int in[2], out[2];
        REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
        std::fflush(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::unsetenv("TENON_SOCKET");
            ::dup2(file >= 0 ? file : in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            for (int number = 3; number < 64; ++number) ::close(number);
            std::vector<char*> argv{const_cast<char*>("server")};
            for (std::string& one : arguments) argv.push_back(one.data());
            tenon::tests::leave_forked(
                tenon::serve_async<server>(static_cast<int>(argv.size()), argv.data()));
        }
        input_ = in[1];
        shared_input = in[0]; // the same open file as the child's
        output_ = out[0];
        shared_output = out[1];
    }
    ~child() {
        close_input();
        for (const int one : {output_, shared_input, shared_output})
            if (one >= 0) ::close(one);
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    void say(std::string_view text) {
        REQUIRE(::write(input_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void close_input() {
        if (input_ >= 0) ::shutdown(input_, SHUT_WR), ::close(input_);
        input_ = -1;
    }
    /// From now on it is spoken to over a socket.
    void connect_to(int socket) {
        ::close(std::exchange(input_, socket));
        ::close(std::exchange(output_, ::dup(socket)));
    }
    /// Reads until `text` was said; false if it is not within 20 s.
    bool hears(std::string_view text) {
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (heard.find(text) == std::string::npos) {
            pollfd entry{output_, POLLIN, 0};
            if (std::chrono::steady_clock::now() > until || ::poll(&entry, 1, 20'000) <= 0) return false;
            char room[65536];
            const ssize_t got = ::read(output_, room, sizeof room);
            if (got <= 0) return false;
            heard.append(room, static_cast<std::size_t>(got));
        }
        return true;
    }
    /// Until it cannot write any more, or 20 s.
    void wait_until_full() {
        const auto until = std::chrono::steady_clock::now() + 20s;
        for (pollfd entry{shared_output, POLLOUT, 0}; std::chrono::steady_clock::now() < until;
             ::poll(nullptr, 0, 1))
            if (::poll(&entry, 1, 0) == 0) return;
    }
    /// Its exit code, or -1.
    int wait() {
        ::close(std::exchange(shared_output, -1)); // so that its output ends
        while (hears("nothing that anybody says")) {
        }
        return wait_for_exit();
    }
    int wait_for_exit() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    std::string heard;
    int shared_input, shared_output;

private:
    int pid_, input_, output_;
};

TEST_CASE("--describe, --help and a socket that is not there are as with serve()") {
    child describe({"--describe"});
    CHECK(describe.wait() == 0);
    CHECK(describe.heard.find(R"("name":"nap")") != std::string::npos);
#ifdef ASIO_HAS_CO_AWAIT
    CHECK(describe.heard.find(R"("maxConcurrency":64)") != std::string::npos);
    CHECK(describe.heard.find(R"("result":{"type":"integer")") != std::string::npos);
#endif
    child help({"--help"});
    CHECK(help.wait() == 0);
    CHECK(help.heard.find("This is a plugin") != std::string::npos);
    child lost({"--socket", "/nowhere/at/all"});
    CHECK(lost.wait() == 69);
}

TEST_CASE("coroutines answer as they end, and the plugin leaves with 0 when its input ends") {
    child plugin;
    plugin.say(handshake() + execute(1, "nap", R"({"ms":300})") + execute(2, "nap", R"({"ms":1})") +
               execute(3, "echo", R"({"text":"hi"})"));
    CHECK(plugin.hears(R"("id":1,"result":300)"));
    CHECK(plugin.hears(R"("id":2,"result":1)"));
    CHECK(plugin.hears(R"("id":3,"result":"hi")"));
#ifdef ASIO_HAS_CO_AWAIT
    CHECK(plugin.heard.find(R"("id":2)") < plugin.heard.find(R"("id":1)"));
#endif
    plugin.say(execute(4, "nap", R"({"ms":60000})"));
    plugin.close_input();
    const auto began = std::chrono::steady_clock::now();
    CHECK(plugin.wait() == 0);
    CHECK(std::chrono::steady_clock::now() - began < 30s);
}

TEST_CASE("goodbye is answered, and others find their pipes as they were") {
    child plugin;
    const int output = ::dup(plugin.shared_output);
    plugin.say(handshake() + framed(R"({"jsonrpc":"2.0","id":9,"method":"plugin/shutdown"})") +
               framed(R"({"jsonrpc":"2.0","method":"exit"})"));
    CHECK(plugin.hears(R"("id":9,"result":null)"));
    CHECK(plugin.wait_for_exit() == 0);
    // As pipes are made: by the time that this process looks, the plugin may have changed them already.
    CHECK((::fcntl(plugin.shared_input, F_GETFL) & O_NONBLOCK) == 0);
    CHECK((::fcntl(output, F_GETFL) & O_NONBLOCK) == 0);
    ::close(output);
}

TEST_CASE("an ordinary handler may wait for the host, which is heard meanwhile") {
    child plugin;
    plugin.say(handshake() + execute(1, "ask", R"({"method":"what"})"));
    CHECK(plugin.hears(R"("method":"what")"));
    plugin.say(framed(R"({"jsonrpc":"2.0","id":"still there","method":"plugin/health"})") +
               execute(2, "echo", R"({"text":"in turn"})"));
    CHECK(plugin.hears(R"("id":"still there","result":)"));
    CHECK(plugin.heard.find("in turn") == std::string::npos);
    plugin.say(framed(R"({"jsonrpc":"2.0","id":1,"result":"that"})"));
    CHECK(plugin.hears(R"("id":2,"result":"in turn")"));
    CHECK(plugin.heard.find(R"("id":1,"result":"that")") != std::string::npos);
    plugin.close_input();
    CHECK(plugin.wait() == 0);
}

TEST_CASE("the plugin attaches to a socket, says who it is and is served there") {
    const tenon::tests::scratch_folder folder;
    const std::string path = folder / "host.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening, 1) == 0);
    for (const bool accepted : {true, false}) {
        child plugin({"--socket", path});
        pollfd entry{listening, POLLIN, 0};
        REQUIRE(::poll(&entry, 1, 20'000) == 1);
        plugin.connect_to(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
        CHECK(plugin.hears(R"("method":"plugin/attach")"));
        if (accepted) {
            plugin.say(framed(R"({"jsonrpc":"2.0","id":1,"result":null})") + handshake() +
                       execute(1, "nap", R"({"ms":1})"));
            CHECK(plugin.hears(R"("id":1,"result":1)"));
        } else {
            plugin.say(framed(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32013,"message":"not you"}})"));
        }
        plugin.close_input();
        CHECK(plugin.wait() == (accepted ? 0 : 69));
    }
    ::close(listening);
}

TEST_CASE("standard input may be a file") {
    char name[] = "/tmp/tenon-serve-async-XXXXXX";
    const int file = ::mkstemp(name);
    REQUIRE(file >= 0);
    ::unlink(name);
    const std::string all = handshake() + execute(1, "echo", R"({"text":"from a file"})");
    REQUIRE(::write(file, all.data(), all.size()) == static_cast<ssize_t>(all.size()));
    ::lseek(file, 0, SEEK_SET);
    child plugin({}, file);
    ::close(file);
    CHECK(plugin.wait() == 0);
    CHECK(plugin.heard.find(R"("result":"from a file")") != std::string::npos);
}

TEST_CASE("a host that reads late gets everything, in order, and nothing is lost at the end") {
    child plugin;
    plugin.say(handshake() + execute(1, "flood", R"({"lines":12000})") +
               execute(2, "echo", R"({"text":"after"})"));
    plugin.wait_until_full(); // 12 MB wait for a reader: more than the pipe holds and more than is kept
    CHECK(plugin.hears(R"("result":"after")"));
    CHECK(plugin.heard.find(R"("result":12000)") < plugin.heard.find(R"("result":"after")"));
    CHECK(plugin.heard.size() > 12'000'000);
    plugin.say(execute(3, "flood", R"({"lines":1000})"));
    plugin.close_input();
    CHECK(plugin.wait() == 0);
    CHECK(plugin.heard.find(R"("result":1000)") != std::string::npos);
}

#ifdef ASIO_HAS_CO_AWAIT
TEST_CASE("a coroutine that will not be cancelled does not keep the process") {
    child plugin;
    plugin.say(handshake() + execute(1, "nap", R"({"ms":-1})") + execute(2, "echo", R"({"text":"begun"})"));
    CHECK(plugin.hears("begun"));
    plugin.close_input();
    const auto began = std::chrono::steady_clock::now();
    CHECK(plugin.wait() == 0);
    CHECK(std::chrono::steady_clock::now() - began < 30s); // its nap is a minute
}
#endif

} // namespace
