// What a handler can say to its host: logs, progress, calls, events, configuration; and what it learns of the
// request: whether it is still wanted, and for how long.

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon::tests;
namespace codes = tenon::codes;
using tenon::milliseconds;

namespace {

struct kick {
    std::string userId;
    int minutes = 0;
};
struct kicked {
    static constexpr auto event = "user.kicked";
    std::string uid;
};
struct point {
    int x = 0;
};

// A command whose handler does what the test says.
struct run {
    static constexpr auto command = "run";
    int step = 0;
};
struct ping {
    static constexpr auto event = "ping";
    int step = 0;
};
struct echo {
    static constexpr auto command = "echo";
    std::string text;
};

class worker {
public:
    static constexpr tenon::about about{.name = "worker", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<run, ping, echo>;

    void receive(const run&, tenon::context& here) { todo(here); }
    void receive(const ping&, tenon::context& here) { todo(here); }
    std::string receive(const echo& e) { return e.text; }

    std::function<void(tenon::context&)> todo = [](tenon::context&) {};
};

struct silent_worker : worker {
    static constexpr tenon::about about{.name = "silent", .version = "1.0.0"};
};

constexpr auto health = R"({"jsonrpc":"2.0","id":"h","method":"plugin/health"})";
const auto healthy = result_of(R"("h")", R"({"status":"healthy"})");

/// A host that answers every call of the plugin with `answer`, once `delay` has passed.
void answer_calls(raw_host<worker>& host, std::string answer) {
    host.react = [&host, answer](const std::string& body) {
        if (member_of(body, "id") != "null" && !method_of(body).empty())
            host.put(R"({"jsonrpc":"2.0","id":)" + member_of(body, "id") + "," + answer + "}");
    };
}

TEST_CASE("a handler logs with a level, a message and fields, before its answer") {
    raw_host<worker> host;
    host.plugin().todo = [](tenon::context& here) {
        here.debug("a");
        here.info("b");
        here.warn("c");
        here.error("d \"quoted\"");
        here.log(tenon::log_level::info, "e", point{3});
    };
    CHECK(
        host.say(execute("1", "run", "[1]")) ==
        texts{
            R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"debug","message":"a"}})",
            R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"info","message":"b"}})",
            R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"warn","message":"c"}})",
            R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"error","message":"d \"quoted\""}})",
            R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"info","message":"e","fields":{"x":3}}})",
            result_of("1", "null")});
}

TEST_CASE("progress names the request as the host did, and says nothing where nobody waits") {
    raw_host<worker> host;
    host.plugin().todo = [](tenon::context& here) { here.progress(point{1}); };
    CHECK(host.say(execute(R"("job \u00e9")", "run", "[1]")) ==
          texts{R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":"job \u00e9","value":{"x":1}}})",
                result_of(R"("job \u00e9")", "null")});
    CHECK(host.say(publish("ping", R"({"step":1})")).empty());
}

// --- calls ---

TEST_CASE("a handler calls the host and goes on with the answer") {
    raw_host<worker> host;
    std::vector<std::string> got;
    host.plugin().todo = [&](tenon::context& here) {
        const auto typed = here.call<point>("users/find", kick{"ada", 5});
        got.push_back(typed ? std::to_string(typed->x) : typed.error().message);
        const auto any = here.call("users/find", nullptr);
        got.push_back(any ? any->text() : any.error().message);
        const auto nothing = here.call<void>("users/kick", kick{"bo", 1});
        got.push_back(nothing ? "good" : nothing.error().message);
    };
    answer_calls(host, R"("result":{"x":7})");
    CHECK(host.say(execute("1", "run", "[1]")) ==
          texts{request("1", "users/find", R"({"userId":"ada","minutes":5})"), request("2", "users/find"),
                request("3", "users/kick", R"({"userId":"bo","minutes":1})"), result_of("1", "null")});
    CHECK(got == std::vector<std::string>{"7", R"({"x":7})", "good"});
}

struct find_somebody {
    static constexpr auto method = "users/find";
    using result = point;
    std::string userId;
};
struct forget_somebody {
    static constexpr auto method = "users/forget";
    using result = void;
};

TEST_CASE("a struct that names its method and its result is a call by itself") {
    raw_host<worker> host;
    std::vector<std::string> got;
    host.plugin().todo = [&](tenon::context& here) {
        const tenon::result<point> found = here.call(find_somebody{"ada"});
        got.push_back(found ? std::to_string(found->x) : found.error().message);
        const tenon::result<void> forgotten = here.call(forget_somebody{}, milliseconds(100));
        got.push_back(forgotten ? "good" : forgotten.error().message);
    };
    answer_calls(host, R"("result":{"x":7})");
    CHECK(host.say(execute("1", "run", "[1]")) == texts{request("1", "users/find", R"({"userId":"ada"})"),
                                                        request("2", "users/forget", "{}"),
                                                        result_of("1", "null")});
    CHECK(got == std::vector<std::string>{"7", "good"});
}

TEST_CASE("the host's errors, and answers of another type, are faults") {
    raw_host<worker> host;
    tenon::result<point> got = point{};
    host.plugin().todo = [&](tenon::context& here) { got = here.call<point>("users/find", nullptr); };
    answer_calls(host, R"("error":{"code":-32013,"message":"not granted","data":{"a":[1]}})");
    host.say(execute("1", "run", "[1]"));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == codes::permission_denied);
    CHECK(got.error().message == "not granted");
    CHECK(got.error().data == R"({"a":[1]})");

    answer_calls(host, R"("result":{"x":"seven"})");
    host.say(execute("2", "run", "[1]"));
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find("result.x: expected integer") != std::string::npos);

    answer_calls(host, R"("result":1,"error":{"code":1,"message":"both"})");
    host.say(execute("3", "run", "[1]"));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == codes::internal_error);
    CHECK(got.error().message.find("malformed reply") != std::string::npos);
}

TEST_CASE(
    "an event may be emitted to one plugin or some capabilities, and the host says to how many it went") {
    raw_host<worker> host;
    std::vector<std::uint64_t> told;
    host.plugin().todo = [&](tenon::context& here) {
        for (const tenon::emit_options& options :
             {tenon::emit_options{.to = "bo"},
              tenon::emit_options{.capabilities = {"room", "game"}, .metadata = tenon::json::of(point{1})}})
            told.push_back(here.emit(kicked{"ada"}, options).value_or(tenon::emitted{99}).delivered);
    };
    answer_calls(host, R"("result":{"delivered":3})");
    CHECK(host.say(execute("1", "run", "[1]")) ==
          texts{request("1", "host/emit", R"({"eventType":"user.kicked","payload":{"uid":"ada"},"to":"bo"})"),
                request("2", "host/emit",
                        R"({"eventType":"user.kicked","payload":{"uid":"ada"},)"
                        R"("metadata":{"x":1},"capabilities":["room","game"]})"),
                result_of("1", "null")});
    answer_calls(host, R"("result":null)"); // a host that is older
    host.say(execute("2", "run", "[1]"));
    answer_calls(host, R"("result":{"delivered":"many"})");
    host.say(execute("3", "run", "[1]"));
    CHECK(told == std::vector<std::uint64_t>{3, 3, 0, 0, 99, 99});
}

TEST_CASE("what a handler emits names the event that it answers; what a link of its own emits, and a "
          "command, does not") {
    raw_host<worker> host;
    std::optional<tenon::host_link> kept;
    tenon::emit_options options;
    host.plugin().todo = [&](tenon::context& here) {
        kept = here;
        static_cast<void>(here.emit(kicked{"ada"}, options));
        if (options.metadata.is_null()) static_cast<void>(kept->emit("words.record", point{3}));
    };
    answer_calls(host, R"("result":{"delivered":1})");
    const auto emits = [](std::string_view id, std::string_view more) {
        return request(id, "host/emit",
                       R"({"eventType":"user.kicked","payload":{"uid":"ada"})" + std::string(more) + "}");
    };
    CHECK(host.say(publish("ping", R"({"step":1})")) ==
          texts{emits("1", R"(,"metadata":{"cause":"e1"})"),
                request("2", "host/emit", R"({"eventType":"words.record","payload":{"x":3}})")});
    options.metadata = tenon::json::parse(R"({ "trace" : 7 })").value();
    CHECK(host.say(publish("ping", R"({"step":1})")) ==
          texts{emits("3", R"(,"metadata":{"cause":"e1", "trace" : 7 })")});
    options.metadata = tenon::json::parse(R"({"cause":"e9"})").value(); // it says so itself
    CHECK(host.say(publish("ping", R"({"step":1})")) == texts{emits("4", R"(,"metadata":{"cause":"e9"})")});
    options.metadata = tenon::json::parse("{}").value();
    CHECK(host.say(publish("ping", R"({"step":1})")) == texts{emits("5", R"(,"metadata":{"cause":"e1"})")});
    CHECK(host.say(execute("9", "run", "[1]")) ==
          texts{emits("6", R"(,"metadata":{})"), result_of("9", "null")});
}

TEST_CASE("emit, execute and acknowledge are calls of the wire") {
    raw_host<worker> host;
    bool good = false;
    host.plugin().todo = [&](tenon::context& here) {
        good = here.emit(kicked{"ada"}).has_value() && here.emit("words.record", point{3}).has_value() &&
               here.execute("greet", kick{"bo", 1}).has_value() && here.acknowledge().has_value();
    };
    answer_calls(host, R"("result":null)");
    CHECK(host.say(decide("9", "ping", R"({"step":1})")) ==
          texts{request("1", "host/emit",
                        R"({"eventType":"user.kicked","payload":{"uid":"ada"},"metadata":{"cause":"e1"}})"),
                request("2", "host/emit",
                        R"({"eventType":"words.record","payload":{"x":3},"metadata":{"cause":"e1"}})"),
                request("3", "host/execute", R"({"command":"greet","args":{"userId":"bo","minutes":1}})"),
                request("4", "plugin/ackEvent", R"({"eventId":"e1"})"),
                result_of("9", R"({"flow":"continue"})")});
    CHECK(good);
}

TEST_CASE("what has no event cannot be acknowledged") {
    raw_host<worker> host;
    tenon::result<void> acknowledged;
    host.plugin().todo = [&](tenon::context& here) { acknowledged = here.acknowledge(); };
    answer_calls(host, R"("result":null)");
    CHECK(host.say(execute("1", "run", "[1]")) == texts{result_of("1", "null")});
    CHECK_FALSE(acknowledged);
    // An event without the id that it should have.
    CHECK(host.say(notification("plugin/onEvent", R"({"eventType":"ping","payload":{"step":1}})")).empty());
    CHECK_FALSE(acknowledged);
    // One whose id is no string goes back as it came.
    const auto said =
        host.say(notification("plugin/onEvent", R"({"eventId":7,"eventType":"ping","payload":{"step":1}})"));
    CHECK(said == texts{request("1", "plugin/ackEvent", R"({"eventId":7})")});
}

TEST_CASE("a plugin that does not say calls_host may log and acknowledge, and nothing else") {
    raw_host<silent_worker> host;
    std::vector<int> failed;
    host.plugin().todo = [&](tenon::context& here) {
        here.info("logged");
        failed = {here.call("users/kick", nullptr).error().code, here.emit(kicked{"ada"}).error().code,
                  here.execute("greet", 1).error().code};
    };
    CHECK(host.say(publish("ping", R"({"step":1})")).size() == 1);
    CHECK(failed == std::vector<int>(3, codes::permission_denied));

    bool acknowledged = false;
    host.plugin().todo = [&](tenon::context& here) { acknowledged = here.acknowledge().has_value(); };
    host.react = [&](const std::string& body) { host.put(result_of(member_of(body, "id"), "null")); };
    host.say(publish("ping", R"({"step":1})"));
    CHECK(acknowledged);
}

TEST_CASE("before the handshake a plugin can log, and its calls fail at once") {
    struct early {};
    raw_host<worker> host(false);
    const tenon::host_link link(host.engine());
    link.info("starting");
    const auto called = link.call("users/find", nullptr);
    REQUIRE_FALSE(called);
    CHECK(called.error().code == codes::unavailable);
    const auto said = host.work();
    REQUIRE(said.size() == 1);
    CHECK(method_of(said[0]) == "host/log");
}

// --- time ---

TEST_CASE("R10: a call ends when its time is up, and the host is told") {
    raw_host<worker> host;
    tenon::result<tenon::json> got = tenon::json();
    host.plugin().todo = [&](tenon::context& here) {
        got = here.call("users/find", nullptr, milliseconds(2'000));
    };
    const auto begin = host.clock->now();
    const auto said = host.say(execute("1", "run", "[1]"));
    CHECK(host.clock->now() - begin == milliseconds(2'000));
    CHECK(said == texts{request("1", "users/find"), notification("$/cancelRequest", R"({"id":1})"),
                        result_of("1", "null")});
    REQUIRE_FALSE(got);
    CHECK(got.error().code == codes::timeout);
    // The answer comes after all: it is dropped, and belongs to no other call.
    answer_calls(host, R"("result":"second")");
    CHECK(host.say(result_of("1", R"("first")"), execute("2", "run", "[1]")).size() == 2);
    REQUIRE(got);
    CHECK(got->text() == R"("second")");
}

TEST_CASE("R10: a call without time fails without being sent, one with endless time waits for the answer") {
    raw_host<worker> host;
    tenon::result<tenon::json> got = tenon::json();
    host.plugin().todo = [&](tenon::context& here) {
        got = here.call("users/find", nullptr, milliseconds(0));
    };
    CHECK(host.say(execute("1", "run", "[1]")) == texts{result_of("1", "null")});
    CHECK(got.error().code == codes::timeout);

    for (const auto wait : {milliseconds::max(), milliseconds(86'400'000)}) {
        host.plugin().todo = [&](tenon::context& here) { got = here.call("users/find", nullptr, wait); };
        answer_calls(host, R"("result":1)");
        host.say(execute("1", "run", "[1]"));
        CHECK(got);
    }
    host.react = nullptr;
    host.plugin().todo = [&](tenon::context& here) {
        got = here.call("users/find", nullptr, milliseconds(-1));
    };
    CHECK(host.say(execute("1", "run", "[1]")) == texts{result_of("1", "null")});
    CHECK(got.error().code == codes::timeout);
}

TEST_CASE("R10: progress of the host restarts a call's time, up to four times the original") {
    raw_host<worker> host;
    tenon::result<tenon::json> got = tenon::json();
    host.plugin().todo = [&](tenon::context& here) {
        got = here.call("users/find", nullptr, milliseconds(1'000));
    };
    const auto begin = host.clock->now();
    // The host reports whenever the plugin is about to give up.
    int reports = 0;
    const auto attend = host.stream->attend;
    host.stream->attend = [&] {
        const auto next = attend();
        const auto waited = host.clock->now() - begin;
        if (waited < milliseconds(900) * (reports + 1))
            return std::min(next, begin + milliseconds(900) * (reports + 1));
        if (reports < 20) {
            ++reports;
            host.put(notification("$/progress", R"({"token":1,"value":1})"));
        }
        return next;
    };
    host.say(execute("1", "run", "[1]"));
    CHECK(host.clock->now() - begin == milliseconds(4'000));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == codes::timeout);
    host.stream->attend = attend;
}

TEST_CASE("nested calls end in their own time, the inner one first") {
    // The first command waits for the host; health comes, whose check waits for the host as well.
    struct nosy_worker : worker {
        tenon::health health() {
            const auto got = tenon::host_link(*engine).call("inner", nullptr, milliseconds(500));
            return {.message = got ? "answered" : got.error().message};
        }
        tenon::detail::engine* engine = nullptr;
    };
    raw_host<nosy_worker> host;
    host.plugin().engine = &host.engine();
    tenon::result<tenon::json> got = tenon::json();
    host.plugin().todo = [&](tenon::context& here) {
        got = here.call("outer", nullptr, milliseconds(1'000));
    };
    host.react = [&](const std::string& body) {
        if (method_of(body) == "outer") host.put(health);
    };
    const auto begin = host.clock->now();
    const auto said = host.say(execute("1", "run", "[1]"));
    CHECK(host.clock->now() - begin == milliseconds(1'000));
    REQUIRE(said.size() == 6);
    CHECK(said[2] == notification("$/cancelRequest", R"({"id":2})"));
    CHECK(said[3] == result_of(R"("h")", R"({"status":"healthy","message":"no answer in time"})"));
    CHECK(said[4] == notification("$/cancelRequest", R"({"id":1})"));
    CHECK_FALSE(got);
}

TEST_CASE("an outer call may be answered while an inner one still waits") {
    struct nosy_worker : worker {
        tenon::health health() {
            static_cast<void>(tenon::host_link(*engine).call("inner", nullptr));
            return {};
        }
        tenon::detail::engine* engine = nullptr;
    };
    raw_host<nosy_worker> host;
    host.plugin().engine = &host.engine();
    tenon::result<tenon::json> got = tenon::json();
    host.plugin().todo = [&](tenon::context& here) { got = here.call("outer", nullptr); };
    host.react = [&](const std::string& body) {
        if (method_of(body) == "outer") host.put(health);
        if (method_of(body) != "inner") return;
        host.put(result_of("1", R"("outer")"));
        host.put(result_of("2", R"("inner")"));
    };
    CHECK(host.say(execute("1", "run", "[1]")).size() == 4);
    REQUIRE(got);
    CHECK(got->text() == R"("outer")");
}

TEST_CASE("a handler knows when the host stops waiting") {
    raw_host<worker> host;
    tenon::time_point deadline = {};
    host.plugin().todo = [&](tenon::context& here) { deadline = here.deadline(); };
    host.say(execute("1", "run", "[1]"));
    CHECK(deadline == tenon::never);
    const auto ask = [&](const char* left) {
        host.say(request("1", "plugin/onEvent",
                         event_params("ping", "[1]", R"(,"deadlineMs":)" + std::string(left))));
        return deadline - host.clock->now();
    };
    CHECK(ask("1500") == milliseconds(1'500));
    CHECK(ask("0") == milliseconds(0));
    CHECK(deadline - host.clock->now() == milliseconds(0));
    host.say(
        request("1", "plugin/onEvent", event_params("ping", "[1]", R"(,"deadlineMs":9223372036854775807)")));
    CHECK(deadline == tenon::never);
    host.say(request("1", "plugin/onEvent", event_params("ping", "[1]", R"(,"deadlineMs":"soon")")));
    CHECK(deadline == tenon::never); // nonsense is none
}

TEST_CASE("the deadline of an event that had to wait counts from when it came") {
    raw_host<worker> host;
    tenon::time_point deadline = {}, came = {};
    host.plugin().todo = [&](tenon::context& here) {
        if (here.name() != "run") deadline = here.deadline();
        else static_cast<void>(here.call("users/find", nullptr, milliseconds(3'000)));
    };
    host.react = [&](const std::string& body) {
        if (method_of(body) != "users/find") return;
        came = host.clock->now();
        host.put(request("2", "plugin/onEvent", event_params("ping", "[1]", R"(,"deadlineMs":1000)")));
    };
    host.say(execute("1", "run", "[1]"));
    CHECK(host.clock->now() - came == milliseconds(3'000));
    CHECK(deadline == came + milliseconds(1'000));
}

// --- cancelling ---

TEST_CASE("R10: a running handler notices a cancel when it asks, and may answer all the same") {
    raw_host<worker> host;
    std::vector<bool> saw;
    host.plugin().todo = [&](tenon::context& here) {
        saw.push_back(here.cancelled());
        host.put(notification("$/cancelRequest", R"({"id":2})")); // another one
        saw.push_back(here.cancelled());
        host.put(notification("$/cancelRequest", R"({"id":1})"));
        host.put(notification("$/cancelRequest", R"({"id":1})"));
        saw.push_back(here.cancelled());
        saw.push_back(here.cancelled());
    };
    CHECK(host.say(execute("1", "run", "[1]")) == texts{result_of("1", "null")});
    CHECK(saw == std::vector<bool>{false, false, true, true});
    // After completion a cancel means nothing.
    CHECK(host.say(notification("$/cancelRequest", R"({"id":1})"), health) == texts{healthy});
}

TEST_CASE("R10: asking whether it is cancelled attends to health, and keeps other work") {
    raw_host<worker> host;
    host.plugin().todo = [&](tenon::context& here) {
        if (host.clock->now() == tenon::time_point()) return;
        host.put(execute("2", "echo", R"({"text":"kept"})"));
        host.put(health);
        CHECK_FALSE(here.cancelled());
    };
    CHECK(host.say(execute("1", "run", "[1]")) ==
          texts{healthy, result_of("1", "null"), result_of("2", R"("kept")")});
}

TEST_CASE("R10: asking whether it is cancelled does not wait") {
    raw_host<worker> host;
    const auto begin = host.clock->now();
    host.plugin().todo = [&](tenon::context& here) {
        for (int times = 0; times < 1'000; ++times) CHECK_FALSE(here.cancelled());
    };
    host.say(execute("1", "run", "[1]"));
    CHECK(host.clock->now() == begin);
}

TEST_CASE("R10: a request that is cancelled before it begins is answered -32800 and never runs") {
    raw_host<worker> host;
    int runs = 0;
    host.plugin().todo = [&](tenon::context& here) {
        if (++runs > 1) return;
        host.put(execute("2", "run", "[2]"));
        host.put(execute("3", "echo", R"({"text":"third"})"));
        host.put(notification("$/cancelRequest", R"({"id":2})"));
        CHECK_FALSE(here.cancelled());
    };
    CHECK(host.say(execute("1", "run", "[1]")) == texts{error_of("2", codes::cancelled, "cancelled"),
                                                        result_of("1", "null"),
                                                        result_of("3", R"("third")")});
    CHECK(runs == 1);
}

TEST_CASE("R10: cancels of requests that nobody knows are ignored") {
    raw_host<worker> host;
    CHECK(host.say(notification("$/cancelRequest", R"({"id":77})"),
                   notification("$/cancelRequest", R"({"id":"x"})"), notification("$/cancelRequest", "{}"),
                   R"({"jsonrpc":"2.0","method":"$/cancelRequest"})", health) == texts{healthy});
}

TEST_CASE("a handler whose host is gone is cancelled") {
    raw_host<worker> host;
    bool saw = false;
    host.plugin().todo = [&](tenon::context& here) {
        host.stream->end_input();
        saw = here.cancelled() && here.cancelled();
    };
    host.say(execute("1", "run", "[1]"));
    CHECK(saw);
    CHECK(host.over());
}

TEST_CASE("cancelled() of an event that nobody waits for is false until the connection is over") {
    raw_host<worker> host;
    std::vector<bool> saw;
    host.plugin().todo = [&](tenon::context& here) {
        saw.push_back(here.cancelled());
        host.put(notification("exit"));
        saw.push_back(here.cancelled());
    };
    host.say(publish("ping", "[1]"));
    CHECK(saw == std::vector<bool>{false, true});
}

// --- configuration and names ---

TEST_CASE("the configuration is at hand, as a type or as JSON") {
    raw_host<worker> host(false);
    host.say(handshake(R"({"x":12})"));
    tenon::result<point> typed = point{};
    std::string text;
    host.plugin().todo = [&](tenon::context& here) {
        typed = here.config<point>();
        text = here.config().value().text();
        CHECK(here.config<std::vector<int>>().error().message.find("config: expected array") !=
              std::string::npos);
    };
    host.say(execute("1", "run", "[1]"));
    CHECK(typed.value().x == 12);
    CHECK(text == R"({"x":12})");
}

TEST_CASE("a handler's context keeps its own words when more input comes") {
    raw_host<worker> host;
    std::string name;
    host.plugin().todo = [&](tenon::context& here) {
        for (int times = 0; times < 100; ++times) host.put(health);
        static_cast<void>(here.cancelled());
        name = here.name();
        static_cast<void>(here.acknowledge());
    };
    host.react = [&](const std::string& body) {
        if (method_of(body) == "plugin/ackEvent")
            CHECK(body == request("1", "plugin/ackEvent", R"({"eventId":"e1"})"));
        if (method_of(body) == "plugin/ackEvent") host.put(result_of("1", "null"));
    };
    CHECK(host.say(decide("1", "ping", R"({"step":1})")).size() == 102);
    CHECK(name == "ping");
}

TEST_CASE("a link to the host may outlive the connection, and its verbs fail then") {
    raw_host<worker> host;
    const tenon::host_link link(host.engine());
    host.leave();
    CHECK(host.over());
    CHECK(link.call("users/find", nullptr).error().code == codes::unavailable);
    CHECK(link.emit(kicked{"ada"}).error().code == codes::unavailable);
    link.info("nobody hears this");
    CHECK(link.config().value().text() == "{}");
    CHECK(host.work().empty());
}

} // namespace
