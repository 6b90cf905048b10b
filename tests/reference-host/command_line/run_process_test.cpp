// The whole program: it starts, answers, refuses and ends.

#include "whole_host.hpp"

#include <asio.hpp>

#include <memory>

using namespace reference;
using namespace reference::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("it starts, says where its page is, and answers the commands") {
    whole_host whole(whole_host::plugin("one"));
    program& host = whole.start();
    const std::string address = host.output();
    CHECK(says(address, "http://127.0.0.1:"));
    CHECK(says(address, "/#token="));
    REQUIRE(whole.becomes("one", "ready"));

    CHECK(says(whole.ask({"plugins"}).output, "one     ready"));
    CHECK(says(whole.ask({"plugins", "one"}).output, "command  echo text=TEXT\n"));
    CHECK(json::parse(whole.ask({"plugins", "one", "--json"}).output).value()["name"].text() == R"("one")");
    CHECK(says(whole.ask({"explain", "message.incoming"}).output, "one  yes"));

    const auto stopped = whole.ask({"send", "stop", "--from", "ada", "--to", "bo"});
    CHECK(stopped.code == 1);
    CHECK(says(stopped.output, "stopped by one: told to"));
    const auto changed = whole.ask({"send", "add ", "--from", "ada", "--to", "bo"});
    CHECK(changed.code == 0);
    CHECK(says(changed.output, "delivered: add !"));

    CHECK(whole.ask({"plugins", "one", "stop"}).code == 0);
    CHECK(whole.state("one") == "\"stopped\"");
    CHECK(whole.ask({"plugins", "one", "start"}).code == 0);
    CHECK(whole.state("one") == "\"ready\"");
    CHECK(whole.ask({"plugins", "one", "config", R"({"mood":"good"})"}).code == 0);
    CHECK(says(whole.ask({"plugins", "one", "config"}).output, R"("mood":"good")"));
    const auto refused = whole.ask({"plugins", "one", "config", R"({"mood":"bad"})"});
    CHECK(refused.code == 1);
    CHECK(says(refused.errors, "no bad moods"));
    CHECK(whole.ask({"plugins", "nobody"}).code == 1);
    CHECK(whole.ask({"plugins", "--token", "wrong"}).code == 77);
}

TEST_CASE("plugins are told once that the host is there and, before they are stopped, that it ends") {
    whole_host whole(whole_host::plugin("one") + "," + whole_host::plugin("two") + "," +
                     whole_host::plugin("unwilling", R"("config":{"mood":"bad"})"));
    program& host = whole.start();
    REQUIRE(soon([&] {
        return says(host.errors(), "one: heard server.started") &&
               says(host.errors(), "two: heard server.started");
    }));
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
    const std::string all = host.errors();
    for (const std::string name : {"one", "two"}) {
        const std::size_t started = all.find(name + ": heard server.started"),
                          stopping = all.find(name + ": heard server.stopping");
        CHECK(all.find(name + ": heard server.started", started + 1) == all.npos);
        REQUIRE(stopping != all.npos);
        CHECK(stopping > started);
    }
}

TEST_CASE("what plugins can hear and ask is printed without a host that runs") {
    whole_host whole(whole_host::plugin("one"));
    const auto list = whole.run({"catalogue"});
    CHECK(list.code == 0);
    CHECK(says(list.output, "`users/kick` (permission `users:kick`)"));
    CHECK(says(list.output, "`game.started` (plugins are told)"));
    const json told = json::parse(whole.run({"catalogue", "--json"}).output).value();
    CHECK(told["events"][0]["type"].text() == R"("command.input")");
    CHECK(says(whole.run({"catalogue", "--header"}).output, "struct users_kick {"));
    CHECK(whole.run({"catalogue", "all"}).code == 64);
}

/// The host, as somebody starts it who has done `last` first. It has to come up, work, and end by SIGTERM.
void works_after(void (*last)()) {
    whole_host whole(whole_host::plugin("one"));
    program host({"run", "--config", whole.file()}, whole.here / "output", whole.here / "errors", last);
    REQUIRE(soon([&] { return read_admin_file(whole.socket()).has_value() || host.ended(); }));
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.ask({"send", "hello", "--from", "ada", "--to", "bo"}).code == 0);
    host.signal(SIGTERM);
    CHECK(soon([&] { return host.ended(); }));
    CHECK(host.wait() == 0);
}

TEST_CASE("a closed stdout at the start killed the host with SIGPIPE") {
    works_after([] {
        int ends[2];
        if (::pipe(ends) != 0) ::_exit(126);
        ::dup2(ends[1], 1);
        ::close(ends[0]);
        ::close(ends[1]);
    });
    works_after([] {
        for (const int stream : {0, 1, 2}) ::close(stream);
    });
}

TEST_CASE("a host that was started with SIGTERM blocked could not be ended by it") {
    works_after([] {
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, nullptr);
    });
}

TEST_CASE("logs and events are followed as they happen") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const auto follow = [&](std::vector<std::string> words, const std::string& name) {
        words.insert(words.end(), {"--socket", whole.socket()});
        return std::make_unique<program>(words, whole.here / name, whole.here / (name + ".errors"));
    };
    const auto logs = follow({"logs", "one", "--level", "warn"}, "logs");
    const auto events = follow({"events", "message.incoming"}, "events");
    // They may have begun to follow only now: it is said until they have heard.
    const auto said = [&] {
        for (const auto* text : {"quiet", "[WARN] loud"})
            static_cast<void>(whole.admin().ask("POST", "/api/v1/commands/say",
                                                R"({"text":")" + std::string(text) + R"(","times":1})"));
        static_cast<void>(whole.ask({"send", "stop", "--from", "ada", "--to", "bo"}));
        return says(logs->output(), "loud") && says(events->output(), "one");
    };
    REQUIRE(soon(said));
    CHECK(says(logs->output(), " warn  one: loud"));
    CHECK(!says(logs->output(), "quiet"));
    CHECK(says(events->output(), "message.incoming stopped by one: told to"));
    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    CHECK(logs->wait() == 69); // the host is gone
    CHECK(events->wait() == 69);
}

TEST_CASE(
    "an event that is put in over the socket is answered, though whoever puts it in has ended its side") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    for (const std::string end : {"\n", ""}) {
        asio::io_context io;
        asio::local::stream_protocol::socket person(io);
        person.connect(asio::local::stream_protocol::endpoint(whole.socket()));
        const std::string line =
            R"({"event":"message.incoming","payload":{"content":"stop","from_uid":"a","to_uid":"b"}})" + end;
        asio::write(person, asio::buffer(line));
        person.shutdown(asio::socket_base::shutdown_send);
        std::string answer;
        asio::error_code over;
        asio::read(person, asio::dynamic_buffer(answer), over);
        CHECK(says(answer, R"("flow":"stop")"));
        CHECK(says(answer, R"("plugin":"one","outcome":"stop")"));
        CHECK(answer.back() == '\n');
    }
}

TEST_CASE("SIGTERM ends it with 0: no plugin is left, and nothing beside its socket") {
    whole_host whole("");
    const std::string mark = "TENON_TEST_MARK=" + whole.here.path().string();
    const std::string env = R"(,"TENON_TEST_MARK":")" + whole.here.path().string() + "\"";
    whole.configure(whole_host::plugin("one", "", env) + "," + whole_host::plugin("two", "", env));
    program& host = whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    REQUIRE(whole.becomes("two", "ready"));
    CHECK(count_with(mark) == 2);
    CHECK(std::filesystem::exists(whole.here / "s/host.sock.admin.json"));
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
    CHECK(count_with(mark) == 0);
    CHECK(std::filesystem::is_empty(whole.here / "s"));
    CHECK(says(host.errors(), "ending"));
}

TEST_CASE("a second SIGINT does not wait for a plugin that hangs") {
    whole_host whole(whole_host::plugin(
        "one",
        R"("rpcTimeoutMs":60000,"stop":[{"action":"ask","waitMs":60000},{"action":"kill","waitMs":0}])"));
    program& host = whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    program sending({"send", "hang", "--from", "a", "--to", "b", "--socket", whole.socket()},
                    whole.here / "o", whole.here / "e");
    REQUIRE(soon([&] { return whole.status("one")["queues"]["callsInFlight"].text() == "1"; }));
    host.signal(SIGINT);
    REQUIRE(whole.logs("ending"));
    const auto begun = std::chrono::steady_clock::now();
    host.signal(SIGINT);
    CHECK(host.wait() == 0);
    CHECK(says(host.errors(), "hurrying"));
    CHECK(std::chrono::steady_clock::now() - begun < 20s);
}

TEST_CASE("a second host on the same socket, or the same port, is refused in words") {
    whole_host whole("");
    program& host = whole.start();
    const auto second = whole.run({"run", "--config", whole.file()});
    CHECK(second.code == 69);
    CHECK(says(second.errors, "another host listens on it"));

    const std::string address = whole.admin().address();
    whole_host other("");
    const auto third = other.run({"run", "--config", other.file(), "--listen", address});
    CHECK(third.code == 69);
    CHECK(says(third.errors, address));
    CHECK(!std::filesystem::exists(other.here / "s/host.sock.admin.json"));
    CHECK(whole.ask({"plugins"}).code == 0); // the first one goes on
    CHECK(!host.ended());
}

TEST_CASE("no host, no configuration, or nonsense: an exit code for each") {
    whole_host whole("");
    CHECK(whole.ask({"plugins"}).code == 69);
    CHECK(whole.ask({"plugins", "one", "dance"}).code == 64);
    CHECK(whole.run({}).code == 64);
    CHECK(whole.run({"dance"}).code == 64);
    CHECK(whole.run({"run", "--fast"}).code == 64);
    CHECK(whole.run({"run", "--config", "/nowhere.json"}).code == 66);
    CHECK(whole.run({"--help"}).code == 0);
    CHECK(whole.run({"--version"}).output.find("tenon-host ") == 0);
    for (const auto* name :
         {"run", "check", "explain", "plugins", "logs", "events", "send", "exec", "emit", "route"}) {
        const auto help = whole.run({name, "--help"});
        CHECK(help.code == 0);
        CHECK(says(help.output, "usage: tenon-host " + std::string(name)));
    }
}

TEST_CASE("H2: what others can reach needs a token") {
    whole_host whole("");
    const auto open = whole.run({"run", "--config", whole.file(), "--listen", "0.0.0.0:0"});
    CHECK(open.code == 64);
    CHECK(says(open.errors, "adminToken"));
    whole.write(R"({"listen":"[::]:8080"})");
    CHECK(whole.run({"check", whole.file()}).code == 78);
    whole.write(R"({"listen":"[::]:8080","adminToken":"0123456789abcdef"})");
    CHECK(whole.run({"check", whole.file()}).code == 0);
}

TEST_CASE("H1: the token is not in what plugins and other users can see") {
    whole_host whole(whole_host::plugin("one"));
    program& host = whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string token = read_admin_file(whole.socket()).value().token;
    REQUIRE(token.size() == 43);
    for (const std::string& process : {std::to_string(host.pid()), whole.pid("one")})
        for (const auto* file : {"cmdline", "environ"})
            CHECK(!says(text_in("/proc/" + process + "/" + file), token));
    CHECK(!says(host.errors(), token));
    const auto permissions = std::filesystem::status(whole.here / "s/host.sock.admin.json").permissions();
    CHECK(permissions == std::filesystem::perms(0600));
}

TEST_CASE("check says what is wrong, with the path of the key") {
    whole_host whole(whole_host::plugin("one"));
    const auto good = whole.run({"check", whole.file()});
    CHECK(good.code == 0);
    CHECK(says(good.output, "is good: 1 plugin\n"));
    whole.configure(whole_host::plugin("one", R"("restart":{"jitter":1.5})"));
    const auto bad = whole.run({"check", whole.file()});
    CHECK(bad.code == 78);
    CHECK(says(bad.errors, "plugins[0].restart.jitter: expected 0 to 1, got 1.5"));
    const auto as_json = whole.run({"check", "--json", whole.file()});
    CHECK(as_json.code == 78);
    CHECK(json::parse(as_json.output).value()["good"].text() == "false");
    CHECK(whole.run({"run", "--config", whole.file()}).code == 78);
    CHECK(whole.run({"check", whole.here / "none"}).code == 66);
}

TEST_CASE("Z3: nobody reads its log, and it works and ends as ever") {
    whole_host whole(whole_host::plugin("one", R"("logs":{"linesPerSecond":0})"));
    const std::string pipe = whole.here / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    program& host = whole.start(pipe);
    REQUIRE(whole.becomes("one", "ready"));
    const auto said = whole.admin().ask("POST", "/api/v1/commands/say",
                                        R"({"text":")" + std::string(100, 'x') + R"(","times":20000})");
    REQUIRE(said);
    CHECK(said->status == 200);
    CHECK(whole.ask({"send", "hello", "--from", "a", "--to", "b"}).code == 0);
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
    ::close(reader);
}

} // namespace
