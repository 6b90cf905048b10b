// The conversation as a whole: the handshake and what comes before it, what is no message, the order of work, the
// end. Single-threaded; workers_test.cpp has the threads.

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tenon::tests;
namespace codes = tenon::codes;

namespace {

struct note {
    static constexpr auto event = "note";
    std::string text;
};
struct echo {
    static constexpr auto command = "echo";
    std::string text;
};
struct ask_host {
    static constexpr auto command = "askHost";
    std::string method;
};
struct fail {
    static constexpr auto command = "fail";
    std::string how;
};
struct fail_event {
    static constexpr auto event = "fail";
    std::string how;
};

class talker {
public:
    static constexpr tenon::about about{.name = "talker", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<note, echo, ask_host, fail, fail_event>;

    void receive(const note& n) { log += n.text; }
    std::string receive(const echo& e) {
        log += e.text;
        return e.text;
    }
    tenon::result<tenon::json> receive(const ask_host& a, tenon::context& host) {
        log += "<";
        auto answer = host.call(a.method, nullptr);
        log += ">";
        return answer;
    }
    void receive(const fail& f) { throw_it(f.how); }
    void receive(const fail_event& f) { throw_it(f.how); }

    std::string log;

private:
    static void throw_it(const std::string& how) {
        if (how == "std") throw std::runtime_error("secret at 0xDEADBEEF");
        if (how == "int") throw 7;
        if (how == "memory") throw std::bad_alloc();
    }
};

constexpr auto health = R"({"jsonrpc":"2.0","id":"h","method":"plugin/health"})";
const auto healthy = result_of(R"("h")", R"({"status":"healthy"})");
constexpr auto shutdown =
    R"({"jsonrpc":"2.0","id":"s","method":"plugin/shutdown","params":{"reason":"requested"}})";
constexpr auto leave = R"({"jsonrpc":"2.0","method":"exit"})";

std::string put_in(std::string_view text) { return R"({"text":")" + std::string(text) + "\"}"; }

// --- the handshake ---

TEST_CASE("R12: before the handshake requests are refused and notifications ignored") {
    raw_host<talker> host(false);
    CHECK(host.ask(health) == error_of(R"("h")", codes::invalid_request, "handshake first"));
    CHECK(code_of(host.ask(execute("1", "echo", put_in("a")))) == codes::invalid_request);
    CHECK(code_of(host.ask(shutdown)) == codes::invalid_request);
    CHECK(host.say(publish("note", put_in("b"))).empty());
    CHECK(code_of(host.ask(handshake())) == 0);
    CHECK(host.plugin().log.empty());
    CHECK(host.ask(health) == healthy);
}

TEST_CASE("exit before the handshake ends the plugin") {
    raw_host<talker> host(false);
    CHECK(host.say(leave).empty());
    CHECK(host.over());
}

TEST_CASE("R12: a second handshake is refused and changes nothing") {
    raw_host<talker> host;
    const std::string refused = host.ask(handshake(R"({"other":true})"));
    CHECK(code_of(refused) == codes::invalid_request);
    CHECK(host.engine().config() == "{}");
    CHECK(host.ask(health) == healthy);
}

TEST_CASE("R12: a host of another version is told both versions, and may ask again") {
    raw_host<talker> host(false);
    const auto offer = [](const char* versions) {
        return request("1", "plugin/handshake",
                       R"({"name":"h","version":"1","protocolVersions":)" + std::string(versions) + "}");
    };
    CHECK(host.ask(offer("[2,3]")) ==
          error_of("1", codes::version_mismatch, "this plugin speaks protocol version 1, the host [2,3]"));
    CHECK(code_of(host.ask(offer("[]"))) == codes::version_mismatch);
    CHECK(code_of(host.ask(offer("7"))) == codes::version_mismatch);
    CHECK(code_of(host.ask(offer(R"(["1"])"))) == codes::version_mismatch);
    CHECK(code_of(host.ask(health)) == codes::invalid_request);
    CHECK(code_of(host.ask(offer("[2,1]"))) == 0);
    CHECK(host.ask(health) == healthy);
}

TEST_CASE("R12: a handshake whose params are no object is refused, and may be tried again") {
    raw_host<talker> host(false);
    CHECK(code_of(host.ask(request("1", "plugin/handshake", R"({"config":1,"config":2})"))) ==
          codes::invalid_params);
    CHECK(code_of(host.ask(R"({"jsonrpc":"2.0","id":1,"method":"plugin/handshake","params":"x"})")) ==
          codes::invalid_request);
    CHECK(code_of(host.ask(handshake())) == 0);
}

TEST_CASE("a handshake may come without params, by position, and with members of a later version") {
    for (
        const std::string& body :
        {std::string(R"({"jsonrpc":"2.0","id":1,"method":"plugin/handshake"})"),
         request("1", "plugin/handshake", "{}"),
         request("1", "plugin/handshake",
                 R"(["host","1",[1],true,4711,{"id":"t","name":"t"},{"a":1},[],[],{}])"),
         request(
             "1", "plugin/handshake",
             R"({"name":"h","version":"9","protocolVersions":[1],"limits":{},"later":[{}],"config":null})")}) {
        CAPTURE(body);
        raw_host<talker> host(false);
        CHECK(code_of(host.ask(body)) == 0);
        CHECK(host.engine().config() == (body.find(R"({"a":1})") == std::string::npos ? "{}" : R"({"a":1})"));
        CHECK(host.ask(health) == healthy);
    }
}

TEST_CASE("a configuration from a handshake that failed is forgotten") {
    raw_host<talker> host(false);
    CHECK(code_of(
              host.ask(request("1", "plugin/handshake", R"({"protocolVersions":[2],"config":{"old":1}})"))) ==
          codes::version_mismatch);
    CHECK(code_of(host.ask(request("2", "plugin/handshake", R"({"protocolVersions":[1]})"))) == 0);
    CHECK(host.engine().config() == "{}");
}

TEST_CASE("what the host cannot read is not sent: the answer is -32014") {
    raw_host<talker> host(false);
    host.say(handshake("{}", R"(,"limits":{"maxFrameBytes":400})"));
    const std::string large(400, 'x');
    CHECK(code_of(host.ask(execute("1", "echo", put_in(large)))) == codes::too_large);
    CHECK(host.ask(execute("2", "echo", put_in("small"))) == result_of("2", R"("small")"));
    // A call that is too large never leaves, and says so at once.
    host.react = [&](const std::string&) { FAIL("nothing was expected"); };
    host.react = nullptr;
    CHECK(code_of(host.ask(execute("3", "askHost", R"({"method":")" + large + "\"}"))) == codes::too_large);
}

// --- what is no message, or no known one ---

TEST_CASE("R8: unknown methods are answered -32601, unknown notifications are ignored") {
    raw_host<talker> host;
    CHECK(host.ask(request("1", "plugin/dance")) ==
          error_of("1", codes::method_not_found, "unknown method 'plugin/dance'"));
    CHECK(code_of(host.ask(request("1", ""))) == codes::method_not_found);
    CHECK(code_of(host.ask(request("1", "exit"))) == codes::method_not_found);
    CHECK(code_of(host.ask(request("1", "$/unknown"))) == codes::method_not_found);
    CHECK(code_of(host.ask(request("1", "rpc.discover"))) == codes::method_not_found);
    CHECK(host.say(notification("plugin/dance"), notification("$/unknown"), notification("plugin/health"),
                   notification("plugin/shutdown"), notification("plugin/execute", R"({"command":"echo"})"))
              .empty());
    CHECK(host.plugin().log.empty());
    CHECK(host.ask(health) == healthy);
}

struct only_command {
    static constexpr tenon::about about{.name = "only", .version = "1.0.0"};
    using receives = tenon::list<echo>;
    std::string receive(const echo& e) { return e.text; }
};

struct settings {
    std::optional<int> size;
};
struct only_configured {
    static constexpr tenon::about about{.name = "configured", .version = "1.0.0"};
    using receives = tenon::list<>;
    tenon::result<void> configure(const settings& given) {
        size = given.size.value_or(0);
        return {};
    }
    int size = -1;
};

TEST_CASE("R8: what a plugin has no handlers for at all is refused or ignored like anything unknown") {
    raw_host<only_command> host;
    CHECK(code_of(host.ask(decide("1", "note"))) == codes::method_not_found);
    CHECK(code_of(host.ask(request("1", "plugin/handleRequest"))) == codes::method_not_found);
    CHECK(code_of(host.ask(request("1", "plugin/configure", R"({"config":{}})"))) == codes::method_not_found);
    CHECK(host.say(publish("note", put_in("x"))).empty());
    CHECK(host.ask(health) == healthy);

    raw_host<only_configured> other(false);
    CHECK(code_of(other.ask(handshake(R"({"size":3})"))) == 0);
    CHECK(other.say(publish("note", put_in("x"))).empty());
    CHECK(other.say(notification("plugin/configure", R"({"config":{"size":5}})")).empty());
    CHECK(other.plugin().size == 3); // an event is no configuration, and a notification asks for nothing
    CHECK(code_of(other.ask(execute("1", "echo"))) == codes::method_not_found);
}

TEST_CASE("bad bodies are answered in between, and the connection goes on") {
    raw_host<talker> host;
    CHECK(code_of(host.ask("{")) == codes::parse_error);
    CHECK(code_of(host.ask("\"\xff\"")) == codes::parse_error);
    CHECK(code_of(host.ask("7")) == codes::invalid_request);
    CHECK(code_of(host.ask("[]")) == codes::invalid_request);
    CHECK(code_of(host.ask(R"({"jsonrpc":"2.0","id":null,"method":"plugin/health"})")) ==
          codes::invalid_request);
    CHECK(code_of(host.ask(R"({"jsonrpc":"2.0","id":1,"method":"plugin/health","Method":"x"})")) ==
          codes::invalid_request);
    const auto all = host.say(health, "{", execute("1", "echo", put_in("a")), "[", health);
    REQUIRE(all.size() == 5);
    CHECK(all[0] == healthy);
    CHECK(code_of(all[1]) == codes::parse_error);
    CHECK(all[2] == result_of("1", R"("a")"));
    CHECK(code_of(all[3]) == codes::parse_error);
    CHECK(all[4] == healthy);
    for (int times = 0; times < 50; ++times) CHECK(code_of(host.ask("{")) == codes::parse_error);
    CHECK(host.ask(health) == healthy); // a host may be as bad as it likes: there is no other
}

TEST_CASE("a batch is answered as one array") {
    raw_host<talker> host;
    const std::string answer =
        host.ask("[" + execute("1", "echo", put_in("a")) + "," + publish("note", put_in("b")) + ",7," +
                 execute("2", "echo", put_in("c")) + "]");
    const auto entries = tenon::json::parse(answer).value().as<std::vector<tenon::json>>().value();
    REQUIRE(entries.size() == 3);
    CHECK(host.plugin().log == "abc");
}

TEST_CASE("newline framing is answered in kind") {
    raw_host<talker> host(false);
    host.stream->put(handshake() + "\n" + execute("1", "echo", put_in("a")) + "\n");
    host.stream->attend = nullptr;
    host.engine().turn();
    const std::string said = host.stream->take_output();
    CHECK(said.ends_with("\n" + result_of("1", R"("a")") + "\n"));
    CHECK(said.find("Content-Length") == std::string::npos);
}

TEST_CASE("R6: an id that is in flight is refused, and the first request goes on") {
    raw_host<talker> host;
    bool said = false;
    host.react = [&](const std::string& body) {
        if (method_of(body) != "users/kick") return;
        host.put(execute("7", "echo", put_in("again")));
        host.put(result_of("1", "true"));
        said = true;
    };
    const auto all = host.say(execute("7", "askHost", R"({"method":"users/kick"})"));
    CHECK(said);
    REQUIRE(all.size() == 3); // the call, the refusal, the answer
    CHECK(code_of(all[1]) == codes::invalid_request);
    CHECK(all[2] == result_of("7", "true"));
}

TEST_CASE("R3: ids come back as they were") {
    raw_host<talker> host;
    for (const char* id : {"0", "-1", R"("")", R"("0")", R"("\u00e9\n")", "9223372036854775807"})
        CHECK(host.ask(execute(id, "echo", put_in("a"))) == result_of(id, R"("a")"));
}

// --- handlers that fail ---

TEST_CASE("R7: a handler that throws answers -32603 without what it said, and the plugin lives") {
    raw_host<talker> host;
    for (const char* how : {"std", "int", "memory"}) {
        CAPTURE(how);
        const auto all = host.say(execute("1", "fail", R"({"how":")" + std::string(how) + "\"}"));
        REQUIRE(all.size() == 2);
        CHECK(method_of(all[0]) == "host/log");
        CHECK(all[0].find(R"("level":"error")") != std::string::npos);
        CHECK((all[0].find("secret") != std::string::npos) == (std::string(how) == "std"));
        CHECK(all[1] == error_of("1", codes::internal_error, "the handler of 'fail' failed"));
        CHECK(host.ask(health) == healthy);
    }
    CHECK(host.ask(execute("2", "fail", R"({"how":"not"})")) == result_of("2", "null"));
}

TEST_CASE("R7: a handler that throws in a notification is only logged") {
    raw_host<talker> host;
    for (const char* how : {"std", "int", "memory"}) {
        CAPTURE(how);
        const std::string log = host.ask(publish("fail", R"({"how":")" + std::string(how) + "\"}"));
        CHECK(method_of(log) == "host/log");
        CHECK(log.find("the handler of 'fail' threw") != std::string::npos);
        const auto asked = host.say(decide("1", "fail", R"({"how":")" + std::string(how) + "\"}"));
        REQUIRE(asked.size() == 2);
        CHECK(code_of(asked[1]) == codes::internal_error);
        CHECK(host.ask(health) == healthy);
    }
}

// --- while a handler waits for the host ---

TEST_CASE("while a handler waits, health and cancellation are attended to and other work is kept in order") {
    raw_host<talker> host;
    host.react = [&](const std::string& body) {
        if (method_of(body) != "users/kick") return;
        host.put(execute("11", "echo", put_in("a")));
        host.put(health);
        host.put(publish("note", put_in("b")));
        host.put(execute("12", "echo", put_in("c")));
        host.put(decide("13", "note", put_in("d")));
        host.put(request("14", "plugin/dance"));
        host.put(notification("$/cancelRequest", R"({"id":12})"));
        host.put(result_of("1", R"("kicked")"));
    };
    const auto all =
        host.say(execute("10", "askHost", R"({"method":"users/kick"})"), execute("15", "echo", put_in("e")));
    const texts expected = {
        request("1", "users/kick"),
        healthy,
        error_of("14", codes::method_not_found, "unknown method 'plugin/dance'"),
        error_of("12", codes::cancelled, "cancelled"),
        result_of("10", R"("kicked")"),
        result_of("15", R"("e")"),
        result_of("11", R"("a")"),
        result_of("13", R"({"flow":"continue"})"),
    };
    CHECK(host.plugin().log == "<>eabd");
    CHECK(all == expected);
}

TEST_CASE("what came together with a request is attended to while its handler waits") {
    raw_host<talker> host;
    const auto all = host.say(execute("1", "askHost", R"({"method":"users/kick"})"), health,
                              execute("2", "echo", put_in("a")), result_of("1", "7"));
    CHECK(all == texts{request("1", "users/kick"), healthy, result_of("1", "7"), result_of("2", R"("a")")});
}

TEST_CASE("work that was kept may wait for the host itself") {
    raw_host<talker> host;
    int calls = 0;
    host.react = [&](const std::string& body) {
        if (method_of(body) != "users/kick") return;
        const std::string id = member_of(body, "id");
        if (++calls == 1) {
            host.put(execute("11", "askHost", R"({"method":"users/kick"})"));
            host.put(execute("12", "askHost", R"({"method":"users/kick"})"));
        }
        host.put(result_of(id, id));
    };
    const auto all = host.say(execute("10", "askHost", R"({"method":"users/kick"})"));
    REQUIRE(all.size() == 6);
    CHECK(all[1] == result_of("10", "1"));
    CHECK(all[3] == result_of("11", "2"));
    CHECK(all[5] == result_of("12", "3"));
    CHECK(host.plugin().log == "<><><>");
}

TEST_CASE("events are dropped and counted, not hoarded, while a handler waits too long") {
    raw_host<talker> host;
    const std::string large = publish("note", put_in(std::string(1 << 20, 'n')));
    host.react = [&](const std::string& body) {
        if (method_of(body) != "users/kick") return;
        for (int count = 0; count < 20; ++count) host.put(large);
        host.put(execute("11", "echo", put_in("e")));
        host.put(result_of("1", "1"));
    };
    const auto all = host.say(execute("10", "askHost", R"({"method":"users/kick"})"));
    REQUIRE(all.size() == 3);
    CHECK(all[2] == result_of("11", R"("e")"));
    CHECK(host.plugin().log.size() == 3 + (std::size_t{15} << 20)); // 16 MiB less what the books take
    const auto reports = host.reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].find("dropped") != std::string::npos);
}

struct slow {
    static constexpr auto command = "slow";
};
struct waits {
    static constexpr tenon::about about{.name = "waits", .version = "1.0.0"};
    using receives = tenon::list<slow>;
    std::size_t receive(const slow&) { return stream->take_output().size(); }
    tenon::testing::memory_stream* stream = nullptr;
};

TEST_CASE("what is answered at once leaves before a handler that takes long begins") {
    raw_host<waits> host;
    host.plugin().stream = host.stream;
    const std::string answer = host.ask(health);
    const auto all = host.say(health, execute("1", "slow"));
    REQUIRE(all.size() == 1); // the first one was taken by the handler
    CHECK(all[0] == result_of("1", std::to_string(framed(answer).size())));
}

// --- time and bytes ---

TEST_CASE("F1: the conversation is the same in whatever pieces the bytes come and go") {
    const auto talk = [](raw_host<talker>& host) {
        host.react = [&host](const std::string& body) {
            if (method_of(body) == "users/kick") host.put(result_of(member_of(body, "id"), "[]"));
        };
        return host.say(execute("1", "echo", put_in("first")), publish("note", put_in("second")), health, "{",
                        execute("2", "askHost", R"({"method":"users/kick"})"), execute("3", "nothing"));
    };
    raw_host<talker> whole;
    const texts expected = talk(whole);
    REQUIRE(expected.size() == 6);
    for (const std::size_t piece : {1u, 2u, 7u, 64u}) {
        CAPTURE(piece);
        raw_host<talker> host;
        host.stream->most_read = piece;
        host.stream->most_written = piece;
        CHECK(talk(host) == expected);
    }
}

TEST_CASE("F9: a frame that was begun and does not become whole in time ends the connection") {
    raw_host<talker> host;
    const std::string frame = framed(execute("1", "echo", put_in("late")));
    CHECK(host.say_raw(frame.substr(0, 30)).empty());
    CHECK(host.due == host.clock->now() + tenon::milliseconds(10'000));
    CHECK(host.advance(9'999).empty());
    CHECK_FALSE(host.over());
    CHECK(host.advance(1).empty());
    CHECK(host.over());
    const auto reports = host.reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].find("did not become whole in time") != std::string::npos);
}

TEST_CASE("F9: a byte a second does not keep a frame alive, silence between frames is no fault") {
    raw_host<talker> host;
    CHECK(host.advance(86'400'000).empty());
    CHECK(host.ask(health) == healthy);
    const std::string frame = framed(health);
    for (std::size_t at = 0; at < 10; ++at) {
        CHECK(host.say_raw(frame.substr(at, 1)).empty());
        CHECK_FALSE(host.over());
        host.advance(1'000);
    }
    CHECK(host.over());
}

struct sleep {
    static constexpr auto command = "sleep";
};
struct sleeper {
    static constexpr tenon::about about{.name = "sleeper", .version = "1.0.0"};
    using receives = tenon::list<sleep, echo>;
    void receive(const sleep&) { clock->advance(std::chrono::seconds(60)); }
    std::string receive(const echo& e) { return e.text; }
    tenon::testing::manual_clock* clock = nullptr;
};

TEST_CASE("F9: a frame that waited in the pipe while a handler was busy has not stalled") {
    raw_host<sleeper> host;
    host.plugin().clock = host.clock.get();
    const std::string frame = framed(execute("2", "echo", put_in("hello")));
    // The host has written half of its frame, and goes on as soon as there is room in the pipe.
    CHECK(host.say_raw(framed(execute("1", "sleep")) + frame.substr(0, 40)) == texts{result_of("1", "null")});
    CHECK_FALSE(host.over());
    CHECK(host.say_raw(frame.substr(40, 10)).empty());
    CHECK_FALSE(host.over());
    CHECK(host.say_raw(frame.substr(50)) == texts{result_of("2", R"("hello")")});

    // It does stall when the host stops while the plugin reads.
    CHECK(host.say_raw(framed(execute("3", "sleep")) + frame.substr(0, 40)) == texts{result_of("3", "null")});
    CHECK_FALSE(host.over());
    host.advance(10'000);
    CHECK(host.over());
}

TEST_CASE("F10: the end within a frame is reported, the end between frames is not") {
    raw_host<talker> clean;
    clean.leave();
    CHECK(clean.over());
    CHECK(clean.reports().empty());

    raw_host<talker> cut;
    cut.say_raw("Content-Length: 20\r\n\r\n{\"jsonrpc\"");
    cut.leave();
    CHECK(cut.over());
    CHECK(cut.reports().size() == 1);
}

TEST_CASE("text between messages is skipped and reported") {
    raw_host<talker> host;
    CHECK(host.say_raw("hello?\n" + framed(health)) == texts{healthy});
    CHECK(host.reports().size() == 1);
}

TEST_CASE("a broken frame ends the connection and says why") {
    raw_host<talker> host;
    host.say_raw("Content-Length: +5\r\n\r\n12345");
    CHECK(host.over());
    const auto reports = host.reports();
    REQUIRE(reports.size() == 1);
    CHECK_FALSE(reports[0].empty());
}

TEST_CASE("a frame beyond the limit is answered and read past") {
    raw_host<talker> host;
    const std::string large(tenon::default_max_frame_bytes + 1, ' ');
    const auto all = host.say(large, health);
    REQUIRE(all.size() == 2);
    CHECK(code_of(all[0]) == codes::too_large);
    CHECK(all[1] == healthy);
}

// --- the end ---

TEST_CASE("after shutdown requests are refused with -32018 until exit") {
    raw_host<talker> host;
    CHECK(host.ask(shutdown) == result_of(R"("s")", "null"));
    CHECK(code_of(host.ask(health)) == codes::shutting_down);
    CHECK(code_of(host.ask(execute("1", "echo", put_in("a")))) == codes::shutting_down);
    CHECK(code_of(host.ask(handshake())) == codes::shutting_down);
    CHECK_FALSE(host.over());
    CHECK(host.say(leave).empty());
    CHECK(host.over());
    CHECK(host.plugin().log.empty());
}

TEST_CASE("exit without shutdown ends the plugin, and nothing behind it is read") {
    raw_host<talker> host;
    CHECK(host.say(execute("1", "echo", put_in("a")), leave, execute("2", "echo", put_in("b"))) ==
          texts{result_of("1", R"("a")")});
    CHECK(host.over());
    CHECK(host.plugin().log == "a");
}

TEST_CASE("whole messages before the end of the input are still answered") {
    raw_host<talker> host;
    host.put(execute("1", "echo", put_in("a")));
    host.put(health);
    host.leave();
    CHECK(host.work() == texts{result_of("1", R"("a")"), healthy});
    CHECK(host.over());
}

TEST_CASE("a call that waits when the host goes away fails, and so does every later one") {
    raw_host<talker> host;
    host.react = [&](const std::string& body) {
        if (method_of(body) == "users/kick") host.stream->end_input();
    };
    const auto all = host.say(execute("1", "askHost", R"({"method":"users/kick"})"));
    CHECK(host.plugin().log == "<>");
    CHECK(host.over());
    REQUIRE(all.size() == 2); // there may still be somebody who reads
    CHECK(code_of(all[1]) == codes::unavailable);
}

TEST_CASE("exit while a handler waits for the host ends the wait") {
    raw_host<talker> host;
    host.react = [&](const std::string& body) {
        if (method_of(body) != "users/kick") return;
        host.put(leave);
        host.put(execute("2", "echo", put_in("never")));
    };
    host.say(execute("1", "askHost", R"({"method":"users/kick"})"), execute("3", "echo", put_in("never")));
    CHECK(host.plugin().log == "<>");
    CHECK(host.over());
}

TEST_CASE("a host that stops reading ends the plugin") {
    raw_host<talker> host;
    host.stream->stop_reading();
    host.say(health);
    CHECK(host.over());
}

} // namespace
