// The host's socket with peers that say anything: plugins by hand, events by hand, and worse.

#include "inside.hpp"
#include "socket_client.hpp"

#include <sys/resource.h>

#include <vector>

namespace {

using namespace tenon;
using tests::error_words;
using tests::running_host;
using tests::scratch_folder;
using tests::socket_client;

constexpr std::string_view attach_line =
    R"({"jsonrpc":"2.0","id":"a","method":"plugin/attach","params":{"name":"hand"}})";

plugin_options by_hand(std::string name = "hand") { return {.name = std::move(name), .attach = true}; }

struct listening_host : running_host {
    explicit listening_host(socket_options options = {}) {
        const auto listens = host.listen(path, options);
        REQUIRE_MESSAGE(listens, listens.error().message);
    }
    socket_client connect() { return {*this, path}; }
    std::string state_of(std::string_view name) { return std::string(name_of(status(name).state)); }

    scratch_folder folder;
    std::string path = folder / "host.sock";
};

bool says(const std::string& words, std::string_view part) { return words.find(part) != words.npos; }

/// The answer to the handshake, as a line.
std::string shaken(const json& request, std::string_view more = "") {
    return R"({"jsonrpc":"2.0","id":)" + std::string(request["id"].text()) +
           R"(,"result":{"name":"hand","version":"1")" + std::string(more) + "}}";
}

TEST_CASE("a plugin that nobody configured wanted to attach, and only that plugin heard of it") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    std::vector<std::string> lines;
    run.host.on_log([&](const log_record& record) { lines.push_back(record.message); });
    const auto knock = [&](std::string_view name) {
        auto stranger = run.connect();
        stranger.line(R"({"jsonrpc":"2.0","id":1,"method":"plugin/attach","params":{"name":")" +
                      std::string(name) + R"("}})");
        return error_words(stranger.next());
    };
    CHECK(says(knock("nobody\\u001b"), "there is no plugin"));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == R"(a plugin wanted to attach that the configuration does not know: "nobody\x1b")");
    CHECK(run.host.status().attaches_refused == 1);
    for (int count = 0; count < 30; ++count) knock("nobody");
    CHECK(run.host.status().attaches_refused == 31);
    CHECK(lines.size() <= 31); // ten a second; what was not told is counted in the next one
    CHECK(run.host.logs().size() == lines.size());
}

TEST_CASE("whoever attaches is answered first, then greeted, and is a plugin like any other") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    auto plugin = run.connect();
    bool lines = true;
    SUBCASE("in lines") { plugin.line(attach_line); }
    SUBCASE("in lines, byte by byte, with spaces in front") {
        for (const char byte : " \n" + std::string(attach_line) + "\n") {
            plugin.send(std::string(1, byte));
            run.io.restart();
            run.io.poll();
        }
    }
    SUBCASE("in frames") {
        plugin.frame(attach_line);
        lines = false;
    }
    if (!lines) {
        REQUIRE(run.wait_for([&] { return says(plugin.received(), "plugin/handshake"); }));
        const std::string answer = R"({"jsonrpc":"2.0","id":"a","result":{}})";
        CHECK(plugin.received().starts_with("Content-Length: " + std::to_string(answer.size()) + "\r\n\r\n" +
                                            answer + "Content-Length: "));
        CHECK(run.state_of("hand") == "handshaking");
        return;
    }
    CHECK(plugin.next_line() == R"({"jsonrpc":"2.0","id":"a","result":{}})");
    const json handshake = plugin.next();
    CHECK(handshake["method"].as<std::string>().value_or("") == "plugin/handshake");
    CHECK(run.state_of("hand") == "handshaking");
    plugin.line(shaken(handshake, R"(,"capabilities":["message"],"commands":[{"name":"wave"}])"));
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "ready"; }));

    std::optional<result<json>> waved;
    run.host.execute("wave", std::vector<int>{1}, {},
                     [&](result<json> answer) { waved = std::move(answer); });
    const json asked = plugin.next();
    CHECK(asked["method"].as<std::string>().value_or("") == "plugin/execute");
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(asked["id"].text()) + R"(,"result":"hello"})");
    REQUIRE(run.wait_for([&] { return waved.has_value(); }));
    CHECK((*waved)->text() == R"("hello")");

    plugin.hang_up();
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "stopped"; }));
    CHECK(inside(run.host).commands().find("wave") == nullptr);
    auto again = run.connect(); // as after a rebuild under the debugger
    again.line(attach_line);
    CHECK(again.next_line() == R"({"jsonrpc":"2.0","id":"a","result":{}})");
    again.line(shaken(again.next()));
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "ready"; }));
    CHECK(run.status("hand").generation == 2);
}

TEST_CASE("what a plugin says in one go with its attaching is heard by its own") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    auto plugin = run.connect();
    plugin.send(std::string(attach_line) + "\n" +
                R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"info","message":"here I am"}})" +
                "\n");
    CHECK(plugin.next_line() == R"({"jsonrpc":"2.0","id":"a","result":{}})");
    REQUIRE(run.wait_for([&] { return run.logged("here I am"); }));
    CHECK(run.logs.back().plugin == "hand");
}

TEST_CASE("a plugin that may not attach hears why, in its framing, and is hung up on") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    REQUIRE(run.host.add({.name = "started", .command = {"/bin/true"}}));
    const auto refused = [&](std::string_view params, bool frame = false) {
        auto plugin = run.connect();
        const std::string request =
            R"({"jsonrpc":"2.0","id":7,"method":"plugin/attach","params":)" + std::string(params) + "}";
        if (frame) plugin.frame(request);
        else plugin.line(request);
        CHECK(plugin.ended());
        std::string answer = plugin.received();
        if (frame) {
            const std::size_t body = answer.find("\r\n\r\n") + 4;
            CHECK(answer.starts_with("Content-Length: " + std::to_string(answer.size() - body) + "\r\n\r\n"));
            answer.erase(0, body);
        }
        const json read = json::parse(answer).value_or(json());
        CHECK(read["id"].text() == "7");
        return error_words(read);
    };
    CHECK(refused(R"({"name":"nobody"})") == "there is no plugin \"nobody\"");
    CHECK(refused(R"({"name":"nobody"})", true) == "there is no plugin \"nobody\"");
    CHECK(says(refused(R"({"name":"started"})"), "started may not attach by itself"));
    CHECK(says(refused(R"({"name":"hand","token":"0123"})"), "has no process that this token could be of"));
    CHECK(says(refused(R"({"nom":"hand"})"), "name"));
    CHECK(says(refused(R"({"name":5})"), "name"));
    CHECK(says(refused("[]"), "params"));
    CHECK(run.state_of("hand") == "stopped");
    CHECK(run.logged("a connection was refused: started may not attach by itself"));

    auto first = run.connect(), second = run.connect();
    first.line(attach_line);
    CHECK(first.next_line() == R"({"jsonrpc":"2.0","id":"a","result":{}})");
    second.line(attach_line);
    CHECK(error_words(second.next()) == "hand is connected already"); // while it is greeted
    first.line(shaken(first.next()));
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "ready"; }));
    auto third = run.connect();
    third.line(attach_line);
    CHECK(error_words(third.next()) == "hand is connected already");
    CHECK(third.ended());
    CHECK(run.state_of("hand") == "ready");
}

TEST_CASE("whoever says anything else first is refused in words") {
    listening_host run({.max_line_bytes = 2'000});
    const auto answer_to = [&](std::string text, bool end = false) {
        auto peer = run.connect();
        peer.send(std::move(text));
        if (end) peer.end_input();
        CHECK(peer.ended());
        return peer.received();
    };
    const auto words_for = [&](std::string text, bool end = false) {
        return error_words(json::parse(answer_to(std::move(text), end)).value_or(json()));
    };
    CHECK(says(words_for("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "expected a plugin that attaches"));
    CHECK(says(words_for("hello?\n"), "expected a plugin that attaches"));
    CHECK(says(words_for("{}\n"), "expected a plugin that attaches"));
    CHECK(says(words_for("[]\n"), "expected a plugin that attaches"));
    CHECK(says(words_for("{\"event\":\n"), "x"));
    CHECK(says(words_for("Content-Length: 99999999999\r\n\r\n"), "limit"));
    CHECK(says(words_for("Content-Length: x\r\n\r\n"), "expected a plugin that attaches"));
    CHECK(says(words_for("Content-Length: 18\r\n\r\n{\"event\":\"a.b\" } \r\n"), "as lines"));
    CHECK(says(words_for("{" + std::string(10'000, ' ')), "2000 bytes"));
    CHECK(says(words_for(std::string(100'000, '\n')), "2000 bytes"));
    CHECK(says(words_for("{\"event\"", true), "hung up before"));
    CHECK(says(words_for("", true), "hung up before"));
    // A request gets an answer to it.
    const std::string other = answer_to(R"({"jsonrpc":"2.0","id":"x","method":"host/emit","params":{}})"
                                        "\n");
    CHECK(other.starts_with(R"({"jsonrpc":"2.0","id":"x","error":{"code":-32600,)"));
    // So is what looks right, but is none of JSON-RPC.
    REQUIRE(run.host.add(by_hand()));
    CHECK(says(answer_to(R"({"id":1,"method":"plugin/attach","params":{"name":"hand"}})"
                         "\n"),
               "-32600"));
    CHECK(run.state_of("hand") == "stopped");
    CHECK(inside(run.host).socket()->newcomers() == 0);
}

TEST_CASE("events are put in by hand, a line each, and their outcomes come back in order") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    auto plugin = run.connect();
    plugin.line(attach_line);
    plugin.next();
    plugin.line(shaken(plugin.next(), R"(,"capabilities":["message"])"));
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "ready"; }));

    auto person = run.connect();
    person.send(R"({"event":"message.incoming","payload":{"n":1},"metadata":{"from":"me"}})"
                "\n"
                R"({"event":"message.incoming","payload":{"n":2}})"
                "\n"
                "\n"
                R"({"event":"nobody.listens","payload":[3]})"
                "\n"
                R"({"event":"a..b","payload":4})"
                "\n"
                R"({"event":"a.b"})"
                "\n"
                "nonsense\n"
                R"({"event":"a.b","payload":5,"metadata":6})"
                "\n"
                R"({"event":"a.b","payload":7})"); // without an end of line
    person.end_input();
    const json first = plugin.next();
    CHECK(first["params"]["eventType"].text() == R"("message.incoming")");
    CHECK(first["params"]["payload"].text() == R"({"n":1})");
    CHECK(first["params"]["metadata"]["from"].text() == R"("me")");
    CHECK(person.received().empty()); // the second one waits for its turn
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(first["id"].text()) +
                R"(,"result":{"flow":"stop","reason":"not today"}})");
    const json stopped = person.next();
    CHECK(stopped["flow"].text() == R"("stop")");
    CHECK(stopped["plugins"][0]["plugin"].text() == R"("hand")");
    const json second = plugin.next();
    CHECK(second["params"]["payload"].text() == R"({"n":2})");
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(second["id"].text()) +
                R"(,"result":{"flow":"continue","payload":{"n":20}}})");
    CHECK(person.next()["payload"].text() == R"({"n":20})");
    CHECK(person.next_line() == R"({"flow":"continue","payload":[3],"plugins":[]})");
    CHECK(error_words(person.next()) == "event: expected a name like message.incoming");
    CHECK(says(error_words(person.next()), "payload"));
    CHECK(says(person.next_line(), R"({"error":{"code":-32700,)"));
    CHECK(error_words(person.next()) == "metadata: expected object");
    CHECK(person.next_line() == R"({"flow":"continue","payload":7,"plugins":[]})");
    CHECK(person.ended());
    CHECK(inside(run.host).socket()->clients() == 0);
}

TEST_CASE("who puts in one event, without an end of line, and ends its input still hears what came of it") {
    listening_host run;
    for (const std::string end : {"\n", ""}) {
        auto person = run.connect();
        person.send(R"({"event":"a.b","payload":7})" + end);
        person.end_input();
        CHECK(person.next_line() == R"({"flow":"continue","payload":7,"plugins":[]})");
        CHECK(person.ended());
    }
}

TEST_CASE("a line beyond the limit is refused, and the next one is read") {
    listening_host run({.max_line_bytes = 1'024});
    auto person = run.connect();
    person.line(R"({"event":"a.b","payload":1})");
    CHECK(person.next_line() == R"({"flow":"continue","payload":1,"plugins":[]})");
    person.line(R"({"event":"a.b","payload":")" + std::string(5'000, 'x') + "\"}");
    person.line(R"({"event":"a.b","payload":2})");
    CHECK(error_words(person.next()) == "a line may have 1024 bytes");
    CHECK(person.next_line() == R"({"flow":"continue","payload":2,"plugins":[]})");
    person.send(std::string(100'000, 'x')); // far beyond
    CHECK(error_words(person.next()) == "a line may have 1024 bytes");
    CHECK(says(error_words(person.next()), "far beyond the limit"));
    CHECK(person.ended());
}

TEST_CASE("whoever puts in events and does not read has to wait, and gets all of them in the end") {
    listening_host run;
    auto person = run.connect();
    person.stop_reading();
    const std::string line = R"({"event":"a.b","payload":")" + std::string(50'000, 'x') + "\"}\n";
    constexpr int count = 200; // 10 MB
    for (int sent = 0; sent < count; ++sent) {
        person.send(line);
        run.io.restart();
        run.io.poll();
    }
    CHECK(person.sent() < 40 * line.size()); // what the kernel holds, and one line here
    person.read_on();
    for (int got = 0; got < count; ++got) REQUIRE(person.next_line().size() > 50'000);
}

TEST_CASE("who hangs up while its event is decided leaves nothing behind") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    auto plugin = run.connect();
    plugin.line(attach_line);
    plugin.next();
    plugin.line(shaken(plugin.next(), R"(,"capabilities":["a"])"));
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "ready"; }));
    auto person = run.connect();
    person.line(R"({"event":"a.b","payload":1})");
    const json asked = plugin.next();
    person.hang_up();
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(asked["id"].text()) + R"(,"result":{}})");
    CHECK(run.wait_for([&] { return inside(run.host).socket()->clients() == 0; }));
    CHECK(run.state_of("hand") == "ready");
}

TEST_CASE("who says nothing, or half a message, is hung up on in time") {
    listening_host run({.introduction_timeout = milliseconds{50}});
    auto silent = run.connect(), slow = run.connect(), headed = run.connect();
    slow.send("{\"ev");
    headed.send("Content-Length: 5\r\n");
    for (auto* one : {&silent, &slow, &headed}) {
        CHECK(one->ended());
        CHECK(says(one->received(), "nothing was said in time"));
    }
    auto quick = run.connect();
    quick.line(R"({"event":"a.b","payload":1})");
    CHECK(quick.next_line() == R"({"flow":"continue","payload":1,"plugins":[]})");
    CHECK_FALSE(
        run.wait_for([&] { return quick.ended_already(); }, milliseconds{150})); // it has introduced itself
}

TEST_CASE("there is a limit to those who have not said who they are, and to those who put in events") {
    listening_host run({.max_newcomers = 3, .max_clients = 2});
    std::vector<std::unique_ptr<socket_client>> silent;
    for (int count = 0; count < 5; ++count) silent.push_back(std::make_unique<socket_client>(run, run.path));
    CHECK(run.wait_for([&] { return inside(run.host).socket()->counters().accepted == 5; }));
    CHECK(inside(run.host).socket()->newcomers() == 3);
    for (int one : {0, 1}) {
        CHECK(says(error_words(silent[static_cast<std::size_t>(one)]->next()), "too many have connected"));
        CHECK(silent[static_cast<std::size_t>(one)]->ended());
    }
    for (int one : {2, 3}) {
        silent[static_cast<std::size_t>(one)]->line(R"({"event":"a.b","payload":1})");
        CHECK(says(silent[static_cast<std::size_t>(one)]->next_line(), "continue"));
    }
    silent[4]->line(R"({"event":"a.b","payload":1})");
    CHECK(says(error_words(silent[4]->next()), "too many put in events already"));
    silent[2]->hang_up();
    CHECK(run.wait_for([&] { return inside(run.host).socket()->clients() == 1; }));
    auto next = run.connect();
    next.line(R"({"event":"a.b","payload":1})");
    CHECK(says(next.next_line(), "continue"));
}

TEST_CASE("16 silent connections locked everybody else out") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    std::vector<std::unique_ptr<socket_client>> silent;
    for (int count = 0; count < 16; ++count) silent.push_back(std::make_unique<socket_client>(run, run.path));
    silent[0]->send("{"); // half a message is no introduction either
    CHECK(run.wait_for([&] { return inside(run.host).socket()->newcomers() == 16; }));
    auto plugin = run.connect();
    plugin.line(attach_line);
    CHECK(plugin.next()["result"].text() == "{}");
    CHECK(silent[0]->ended());
    // Who spoke before the host came to hear it keeps its place.
    silent[1]->line(R"({"event":"a.b","payload":1})");
    auto next = run.connect();
    CHECK(says(silent[1]->next_line(), "continue"));
    CHECK(run.wait_for([&] { return inside(run.host).socket()->newcomers() <= 16; }));
}

TEST_CASE("Z1: a host without descriptors waits without spinning, and recovers") {
    listening_host run({.max_newcomers = 32});
    auto before = run.connect();
    before.line(R"({"event":"a.b","payload":1})");
    before.next();
    rlimit usual{};
    ::getrlimit(RLIMIT_NOFILE, &usual);
    std::vector<std::unique_ptr<socket_client>> waiting;
    for (int count = 0; count < 20; ++count)
        waiting.push_back(std::make_unique<socket_client>(run, run.path));
    // They wait in the kernel; what this process may open ends here.
    rlimit none = usual;
    none.rlim_cur = 3;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto failures = [&] { return inside(run.host).socket()->counters().accept_failures; };
    int turns = 0;
    run.wait_for([&] { return ++turns > 100'000; }, milliseconds{1'000});
    ::setrlimit(RLIMIT_NOFILE, &usual);
    CHECK(failures() >= 2);
    CHECK(failures() <= 6); // after 50, 150, 350, 750 ms
    CHECK(turns < 100);
    CHECK(run.logged("nobody can be accepted on the socket for now: Too many open files"));
    for (auto& one : waiting) {
        one->line(R"({"event":"a.b","payload":1})");
        CHECK(says(one->next_line(), "continue"));
    }
}

TEST_CASE("a host listens once, and its socket goes with it") {
    auto run = std::make_unique<listening_host>();
    CHECK(says(run->host.listen(run->folder / "other.sock").error().message, "listens on"));
    CHECK_FALSE(std::filesystem::exists(run->folder / "other.sock"));
    CHECK(says(running_host().host.listen(run->path).error().message, "another host listens on it"));
    CHECK(says(running_host().host.listen("/dev/null/x").error().message, "no folder"));
    CHECK(says(running_host().host.listen("x", {.max_newcomers = 0}).error().message, "max_newcomers"));
    auto person = run->connect(), silent = run->connect();
    person.line(R"({"event":"a.b","payload":1})");
    CHECK(says(person.next_line(), "continue"));
    SUBCASE("it is shut down") {
        CHECK(run->until<result<void>>([&](auto done) { run->host.shutdown(done); }));
        CHECK(says(run->host.listen(run->path).error().message, "shutting down"));
    }
    SUBCASE("it is destroyed") { run->host.core()->close(); }
    CHECK(person.ended());
    CHECK(silent.ended());
    CHECK_FALSE(std::filesystem::exists(run->path));
}

TEST_CASE("an event that is being decided when the host shuts down still gets its line") {
    listening_host run;
    REQUIRE(run.host.add(by_hand()));
    auto plugin = run.connect();
    plugin.line(attach_line);
    plugin.next();
    plugin.line(shaken(plugin.next(), R"(,"capabilities":["a"])"));
    REQUIRE(run.wait_for([&] { return run.state_of("hand") == "ready"; }));
    auto person = run.connect();
    person.line(R"({"event":"a.b","payload":1})");
    person.line(R"({"event":"a.b","payload":2})");
    const json asked = plugin.next();
    std::optional<result<void>> down;
    run.host.shutdown([&](result<void> done) { down = done; });
    const json goodbye = plugin.next();
    CHECK(goodbye["method"].text() == R"("plugin/shutdown")");
    plugin.line(R"({"jsonrpc":"2.0","id":)" + std::string(asked["id"].text()) +
                R"(,"result":{"flow":"stop"}})");
    CHECK(person.next()["flow"].text() == R"("stop")");
    CHECK(person.ended());
    CHECK(person.received().empty());
    plugin.hang_up();
    REQUIRE(run.wait_for([&] { return down.has_value(); }));
}

TEST_CASE("Z4: the host may be destroyed by whoever hears what somebody at the socket brought about") {
    auto run = std::make_unique<listening_host>();
    REQUIRE(run->host.add(by_hand()));
    bool closed = false;
    SUBCASE("a change of state") {
        run->host.on_change([&](const state_change&) {
            if (!std::exchange(closed, true)) run->host.core()->close();
        });
        auto plugin = run->connect();
        plugin.line(attach_line);
        CHECK(plugin.ended());
    }
    SUBCASE("an event") {
        run->host.core()->on_event_told = [&](std::string_view, std::string_view) {
            if (!std::exchange(closed, true)) asio::post(run->io, [&] { run->host.core()->close(); });
        };
        auto person = run->connect();
        person.line(R"({"event":"a.b","payload":1})");
        CHECK(person.ended());
    }
    CHECK(run->wait_for([&] { return closed; }));
}

} // namespace
