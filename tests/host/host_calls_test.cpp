// Rows of the fault catalogue about calls, through a whole host: the other end is scripted, its bytes are real.

#include "counting_plugin.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using testing::scripted_reply;
using tests::message;
using tests::quick;
using tests::running_host;
using tests::start;

struct number {
    std::int64_t value;
};
struct command_call {
    std::string command;
    number args;
};

template <class Args>
std::shared_ptr<std::vector<result<json>>> begin(running_host& run, const std::string& command,
                                                 const Args& args, call_options options = {}) {
    auto answers = std::make_shared<std::vector<result<json>>>();
    run.host.execute<json>(command, args, options,
                           [answers](result<json> answer) { answers->push_back(std::move(answer)); });
    return answers;
}

std::string response_to(std::int64_t id, std::string_view result) {
    return detail::join({R"({"jsonrpc":"2.0","id":)", std::to_string(id), R"(,"result":)", result, "}"});
}

struct digger {
    struct dig {
        static constexpr auto command = "dig";
        bool deep = false;
    };
    static constexpr tenon::about about{.name = "digger", .version = "1.0.0", .description = "Digs"};
    using receives = list<dig>;
    int receive(const dig&, context& here) const {
        for (int done = 1; done <= 3; ++done) here.progress(done);
        return 3;
    }
};

TEST_CASE("a caller hears what a plugin reports before it answers, also of a call that may be repeated") {
    running_host run;
    REQUIRE(run.host.mount(digger()));
    CHECK(run.status("digger").description == "Digs");
    for (const bool idempotent : {false, true}) {
        std::string heard;
        call_options options{.idempotent = idempotent};
        options.progress = [&](json_view value) { detail::append(heard, value.text()); };
        const auto answers = begin(run, "dig", digger::dig(), options);
        REQUIRE(run.wait_for([&] { return !answers->empty(); }));
        CHECK(heard == "123");
        CHECK(answers->front()->text() == "3");
    }
}

TEST_CASE("R4: late, repeated and unknown answers complete nobody's call, also across a restart") {
    running_host run;
    scripted_plugin slow({.name = "slow", .commands = {"ask"}});
    std::vector<scripted_reply> kept;
    slow.on("plugin/execute", [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    REQUIRE(start(run, slow, quick("slow")));

    // Late: after the deadline, and after a cancel.
    const auto late = begin(run, "ask", number{1}, {.timeout = milliseconds(20)});
    REQUIRE(run.wait_for([&] { return !late->empty() && kept.size() == 1; }));
    CHECK(late->front().error().code == codes::timeout);
    CHECK(kept[0].reply(1));
    REQUIRE(run.wait_for([&] { return run.status("slow").connection->late_replies == 1; }));

    // Twice, and of calls that never were. The handshake was call 1.
    const auto once = begin(run, "ask", number{2});
    REQUIRE(run.wait_for([&] { return kept.size() == 2; }));
    for (int id = 1; id <= 3; ++id) {
        slow.say_message(response_to(id, "666"));
        slow.say_message(response_to(id, "667"));
    }
    slow.say_message(response_to(9'000'000'000, "668"));
    REQUIRE(run.wait_for([&] { return !once->empty(); }));
    REQUIRE(run.wait_for([&] {
        const auto counters = *run.status("slow").connection;
        return counters.orphan_replies + counters.late_replies == 7;
    }));
    CHECK(once->size() == 1);
    CHECK(once->front()->text() == "666"); // its own number, answered first by say()

    // What an instance was asked is lost with it, and what is said about that number to the next one is another's.
    const auto lost = begin(run, "ask", number{3});
    REQUIRE(run.wait_for([&] { return kept.size() == 3; }));
    slow.hang_up();
    REQUIRE(run.wait_for(
        [&] { return slow.instances() == 2 && run.status("slow").state == plugin_state::ready; }));
    REQUIRE(lost->size() == 1);
    CHECK(lost->front().error().code == codes::unavailable);
    CHECK(!kept[2].reply(3));
    const auto next = begin(run, "ask", number{4});
    REQUIRE(run.wait_for([&] { return kept.size() == 4; }));
    for (int id = 3; id <= 6; ++id) slow.say_message(response_to(id, "669"));
    CHECK(kept[3].reply(4));
    REQUIRE(run.wait_for([&] { return !next->empty(); }));
    CHECK(next->front()->text() == "4");
    CHECK(lost->size() == 1);
    CHECK(late->size() == 1);
    CHECK(run.status("slow").state == plugin_state::ready);
}

TEST_CASE("R8: unknown methods are refused, unknown notifications ignored, and abuse stops the plugin") {
    running_host run;
    scripted_plugin rude({.name = "rude", .calls_host = true}),
        polite({.name = "polite", .commands = {"echo"}});
    polite.on("plugin/execute", [](const command_call& asked) { return asked.args.value; });
    auto options = quick("rude");
    options.allow_reverse_calls = true;
    options.permissions = {"events:subscribe"};
    options.restart.enabled = false;
    REQUIRE(start(run, polite, quick("polite")));
    REQUIRE(start(run, rude, options));

    const auto unknown = rude.call("no/such", number{1}), denied = rude.call_json("host/getConfig", "{}"),
               reserved = rude.call("rpc.discover", number{1});
    REQUIRE(rude.tell("no/such", number{1}));
    REQUIRE(run.wait_for([&] { return unknown.answered() && denied.answered() && reserved.answered(); }));
    CHECK(unknown.outcome().error().code == codes::method_not_found);
    CHECK(reserved.outcome().error().code == codes::method_not_found);
    CHECK(denied.outcome().error().code == codes::permission_denied);
    CHECK(run.status("rude").state == plugin_state::ready);

    std::vector<testing::scripted_call> calls;
    for (int call = 0; call < 1'000; ++call) calls.push_back(rude.call_json("host/getConfig", "{}"));
    REQUIRE(run.wait_for([&] { return run.status("rude").state == plugin_state::failed; }));
    CHECK(run.status("rude").reason.cause == change_cause::limit);
    CHECK(run.status("rude").reason.text.find("rpc.abuse") != std::string::npos);
    const reverse_call_counts counts = run.status("rude").reverse;
    CHECK(counts.denied + counts.unknown == detail::max_refusals_per_second + 1);
    CHECK(run.logged("rpc.abuse"));
    CHECK(!rude.connected());
    CHECK(run.execute<int>("echo", number{5}).value() == 5);
}

TEST_CASE("R8: unknown notifications without end are abuse as well, before the handshake they are nothing") {
    running_host run;
    scripted_plugin rude({.name = "rude"});
    auto options = quick("rude");
    options.restart.enabled = false;
    rude.on("plugin/handshake", [&](const json&, scripted_reply reply) {
        for (int call = 0; call < 1'000; ++call) rude.say_message(R"({"jsonrpc":"2.0","method":"no/such"})");
        reply.reply_json(R"({"name":"rude","version":"1.0.0"})");
    });
    REQUIRE(start(run, rude, options));
    CHECK(run.status("rude").connection->ignored_notifications == 1'000);
    for (int call = 0; call < 1'000; ++call) rude.tell_json("no/such", "{}");
    REQUIRE(run.wait_for([&] { return run.status("rude").state == plugin_state::failed; }));
    CHECK(run.status("rude").reason.text.find("rpc.abuse") != std::string::npos);
}

/// Plugins that ask the next one through the host before they answer.
struct ring {
    running_host run;
    std::vector<std::unique_ptr<scripted_plugin>> plugins;
    std::vector<std::pair<testing::scripted_call, scripted_reply>> waiting;

    ring(std::size_t count, unsigned places) {
        for (std::size_t at = 0; at < count; ++at) {
            const std::string name = "p" + std::to_string(at), next = "p" + std::to_string((at + 1) % count);
            plugins.push_back(std::make_unique<scripted_plugin>(testing::scripted_declaration{
                .name = name, .commands = {name}, .max_concurrency = places, .calls_host = true}));
            scripted_plugin& plugin = *plugins.back();
            plugin.on("plugin/execute", [this, &plugin, next](const json& asked, scripted_reply reply) {
                const auto depth = asked["args"]["value"].as<std::int64_t>().value();
                if (depth == 0) return void(reply.reply(0));
                waiting.emplace_back(
                    plugin.call_json("host/execute",
                                     detail::join({R"({"command":")", next, R"(","args":{"value":)",
                                                   std::to_string(depth - 1), "}}"})),
                    std::move(reply));
            });
            auto options = quick(name);
            options.allow_reverse_calls = true;
            options.permissions = {"commands:execute"};
            REQUIRE(start(run, plugin, options));
        }
    }
    /// The depth that was reached, or the code of the fault.
    std::int64_t ask(std::int64_t depth) {
        const auto answer = begin(run, "p0", number{depth});
        REQUIRE(run.wait_for([&] {
            for (auto& [call, reply] : waiting)
                if (call.answered()) {
                    const auto outcome = call.outcome<std::int64_t>();
                    if (outcome) reply.reply(*outcome + 1);
                    else reply.fail(outcome.error());
                    std::swap(call, waiting.back().first), std::swap(reply, waiting.back().second);
                    waiting.pop_back();
                    break;
                }
            return !answer->empty();
        }));
        CHECK(waiting.empty());
        return answer->front() ? answer->front()->as<std::int64_t>().value() : answer->front().error().code;
    }
};

TEST_CASE("R9: a plugin with one place that calls itself, or is called back by another, is refused at once") {
    const auto begun = std::chrono::steady_clock::now();
    CHECK(ring(1, 1).ask(0) == 0);
    CHECK(ring(1, 1).ask(1) == codes::reentrant_call);
    CHECK(ring(2, 1).ask(1) == 1);
    CHECK(ring(2, 1).ask(2) == codes::reentrant_call);
    CHECK(ring(2, 1).ask(64) == codes::reentrant_call);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(5'000)); // the call's deadline
}

TEST_CASE("R9: chains of 64 different plugins with one place each are answered, and again") {
    ring chain(64, 1);
    CHECK(chain.ask(63) == 63);
    CHECK(chain.ask(64) == codes::reentrant_call);
    CHECK(chain.ask(63) == 63);
}

TEST_CASE("R9: with places left a plugin is called back as often as it has places") {
    CHECK(ring(1, 8).ask(7) == 7);
    CHECK(ring(1, 8).ask(8) == codes::reentrant_call);
    CHECK(ring(2, 4).ask(7) == 7);
    CHECK(ring(2, 4).ask(8) == codes::reentrant_call);
    CHECK(ring(1, 64).ask(63) == 63);
}

TEST_CASE("R10: a call is cancelled by its slot before it is sent, in flight and after; once, and the plugin "
          "hears it") {
    running_host run;
    scripted_plugin slow({.name = "slow", .commands = {"ask"}});
    std::vector<scripted_reply> kept;
    slow.on("plugin/execute", [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    REQUIRE(start(run, slow, quick("slow")));
    const auto cancelled_there = [&] {
        return std::count_if(slow.everything().begin(), slow.everything().end(),
                             [](const auto& heard) { return heard.kind == detail::event_kind::cancelled; });
    };
    std::vector<result<int>> answers;
    asio::cancellation_signal in_flight, queued, early, late;
    const auto ask = [&](asio::cancellation_signal& signal, int value) {
        run.host.execute<int>("ask", number{value}, {},
                              asio::bind_cancellation_slot(signal.slot(), [&](result<int> answer) {
                                  answers.push_back(std::move(answer));
                              }));
    };
    ask(in_flight, 1);
    ask(queued, 2); // one place: this one waits
    REQUIRE(run.wait_for([&] { return kept.size() == 1; }));

    queued.emit(asio::cancellation_type::all);
    REQUIRE(run.wait_for([&] { return answers.size() == 1; }));
    CHECK(answers[0].error().code == codes::cancelled);
    CHECK(cancelled_there() == 0);

    in_flight.emit(asio::cancellation_type::terminal);
    in_flight.emit(asio::cancellation_type::terminal);
    REQUIRE(run.wait_for([&] { return answers.size() == 2 && cancelled_there() == 1; }));
    CHECK(answers[1].error().code == codes::cancelled);
    CHECK(kept[0].reply(1)); // its answer is late

    ask(late, 3);
    REQUIRE(run.wait_for([&] { return kept.size() == 2; }));
    CHECK(kept[1].reply(3));
    REQUIRE(run.wait_for([&] { return answers.size() == 3; }));
    CHECK(answers[2].value() == 3);
    late.emit(asio::cancellation_type::all); // nothing is left to cancel
    ask(early, 4);
    early.emit(asio::cancellation_type::all); // it has not even begun
    REQUIRE(run.wait_for([&] { return answers.size() == 4; }));
    CHECK(answers[3].error().code == codes::cancelled);
    asio::cancellation_signal nothing;
    nothing.emit(asio::cancellation_type::all);
    run.wait_for([] { return false; }, std::chrono::milliseconds(20));
    CHECK(answers.size() == 4);
    const call_counts counts = run.status("slow").calls;
    CHECK(counts.asked == counts.succeeded + counts.cancelled);
}

TEST_CASE(
    "R10: a decision is cancelled by its slot: stopped by nobody, nobody else is asked, nobody is told") {
    running_host run;
    scripted_plugin first({.name = "first", .events = {"message.*"}}),
        second({.name = "second", .events = {"message.*"}}),
        watcher({.name = "watcher",
                 .json = R"({"name":"watcher","version":"1","capabilities":["message"],)"
                         R"("events":[{"type":"message.*","mode":"observe"}]})"});
    std::vector<scripted_reply> kept;
    first.on("plugin/onEvent", [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    second.on("plugin/onEvent", [] { return 0; });
    REQUIRE(start(run, first, quick("first")));
    REQUIRE(start(run, second, quick("second")));
    REQUIRE(start(run, watcher, quick("watcher")));

    asio::cancellation_signal signal;
    std::vector<decision<message>> made;
    run.host.decide(message{"hello"},
                    asio::bind_cancellation_slot(
                        signal.slot(), [&](decision<message> given) { made.push_back(std::move(given)); }));
    REQUIRE(run.wait_for([&] { return kept.size() == 1; }));
    signal.emit(asio::cancellation_type::all);
    REQUIRE(run.wait_for([&] { return made.size() == 1; }));
    CHECK(made[0].stopped());
    CHECK(made[0].stopped_by().empty());
    CHECK(made[0].reason() == "cancelled");
    REQUIRE(made[0].plugins().size() == 2);
    for (const auto& outcome : made[0].plugins()) CHECK(outcome.outcome == outcome_kind::skipped);
    REQUIRE(run.wait_for([&] {
        return !first.everything().empty() && first.everything().back().kind == detail::event_kind::cancelled;
    }));
    CHECK(kept[0].reply_json("null"));
    CHECK(run.status("watcher").events.delivered == 0);
    CHECK(run.status("second").events.delivered == 0);
    CHECK(run.host.status().events_in_flight == 0);
    CHECK(made.size() == 1);
}

TEST_CASE("R10: deadlines of nothing, next to nothing, for ever and beyond complete once") {
    running_host run;
    scripted_plugin slow({.name = "slow", .events = {"message.*"}, .commands = {"ask", "answer"}});
    std::vector<scripted_reply> kept;
    const auto take = [&](const json& asked, scripted_reply reply) {
        if (asked["command"].text() == R"("answer")") reply.reply(1);
        else kept.push_back(std::move(reply));
    };
    slow.on("plugin/execute", take).on("plugin/onEvent", take);
    auto options = quick("slow");
    options.call_timeout = milliseconds(30);
    REQUIRE(start(run, slow, options));
    using limits = std::numeric_limits<milliseconds::rep>;
    for (const milliseconds::rep timeout :
         {limits::min(), milliseconds::rep(-1), milliseconds::rep(0), milliseconds::rep(1)}) {
        const auto asked = run.execute("ask", number{1}, {.timeout = milliseconds(timeout)});
        CHECK(asked.error().code == codes::timeout);
    }
    const auto decided = run.decide(message{"x"}, {.timeout = milliseconds(1)});
    CHECK(!decided.stopped());
    CHECK(decided.plugins().at(0).outcome == outcome_kind::timed_out);
    for (const milliseconds::rep timeout : {limits::max(), limits::max() / 1'000'000, limits::max() - 1}) {
        CHECK(run.execute<int>("answer", number{1}, {.timeout = milliseconds(timeout)}).value() == 1);
        const auto endless = begin(run, "ask", number{1}, {.timeout = milliseconds(timeout)});
        kept.clear();
        REQUIRE(run.wait_for([&] { return kept.size() == 1; }));
        run.wait_for([] { return false; }, std::chrono::milliseconds(50));
        CHECK(endless->empty());
        CHECK(kept[0].reply(7));
        REQUIRE(run.wait_for([&] { return !endless->empty(); }));
        kept.clear();
        std::optional<decision<message>> made;
        run.host.decide(message{"x"}, {.timeout = milliseconds(timeout)},
                        [&](decision<message> given) { made.emplace(std::move(given)); });
        REQUIRE(run.wait_for([&] { return kept.size() == 1; }));
        CHECK(kept[0].reply_json(R"({"flow":"stop"})"));
        REQUIRE(run.wait_for([&] { return made.has_value(); }));
        CHECK(made->stopped());
    }
}

TEST_CASE(
    "R11: 10,000 calls in flight, answered in disorder, some with errors, some never: each has its own") {
    constexpr int count = 10'000;
    running_host run;
    scripted_plugin wide({.name = "wide", .commands = {"ask"}, .max_concurrency = count});
    std::vector<std::pair<std::int64_t, scripted_reply>> kept;
    wide.on("plugin/execute", [&](const json& asked, scripted_reply reply) {
        kept.emplace_back(asked["args"]["value"].as<std::int64_t>().value(), std::move(reply));
    });
    auto options = quick("wide");
    options.connection.max_outgoing = 2 * count;
    options.breaker.failures = 0;
    REQUIRE(start(run, wide, options));

    std::vector<int> completions(count, 0);
    std::vector<result<std::int64_t>> answers(count, result<std::int64_t>(fault{}));
    for (int call = 0; call < count; ++call)
        run.host.execute<std::int64_t>("ask", number{call},
                                       {.timeout = milliseconds(call % 100 == 13 ? 3'000 : 60'000)},
                                       [&, call](result<std::int64_t> answer) {
                                           ++completions[static_cast<std::size_t>(call)];
                                           answers[static_cast<std::size_t>(call)] = std::move(answer);
                                       });
    REQUIRE(run.wait_for([&] { return kept.size() == count; }));
    CHECK(run.status("wide").queues.calls_in_flight == count);
    std::shuffle(kept.begin(), kept.end(), std::mt19937(20'241'121));
    for (auto& [value, reply] : kept) {
        if (value % 100 == 7) reply.fail({static_cast<int>(value) + 1, "as you wish"});
        else if (value % 100 != 13) reply.reply(value);
    }
    REQUIRE(run.wait_for([&] { return std::count(completions.begin(), completions.end(), 1) == count; },
                         std::chrono::seconds(60)));
    int wrong = 0;
    for (int call = 0; call < count; ++call) {
        const auto& answer = answers[static_cast<std::size_t>(call)];
        const bool right = call % 100 == 7    ? !answer && answer.error().code == call + 1
                           : call % 100 == 13 ? !answer && answer.error().code == codes::timeout
                                              : answer && *answer == call;
        if (!right) ++wrong;
    }
    CHECK(wrong == 0);
    const call_counts counts = run.status("wide").calls;
    CHECK(counts.asked == count);
    CHECK(counts.failed == count / 100);
    CHECK(counts.timed_out == count / 100);
    CHECK(counts.succeeded == count - 2 * (count / 100));
}

TEST_CASE(
    "R12: every bad handshake fails its own plugin, in words that say what was expected and what came") {
    struct row {
        std::string_view answer, words;
    };
    constexpr row rows[] = {
        {R"({"name":"p","version":"1","protocolVersion":7})", "here 1, there 7"},
        {R"({"name":"p","version":"1","protocolVersion":"1"})", "handshake.protocolVersion"},
        {R"({"name":"p","version":"1","capabilities":"message"})", "handshake.capabilities: expected"},
        {R"({"name":"p","version":"1","events":[1]})", "handshake.events"},
        {R"({"name":"another","version":"1"})", R"(expected "p", got "another")"},
        {R"({"name":"","version":"1"})", "handshake.name"},
        {R"({"version":"1"})", "handshake.name"},
        {R"({"name":"p"})", "handshake.version"},
        {R"({"name":"p","version":"1","maxConcurrency":0})", "handshake.maxConcurrency: expected at least 1"},
        {R"({"name":"p","version":"1","maxConcurrency":-1})", "handshake.maxConcurrency"},
        {R"({"name":"p","version":"1","disable":"no licence"})", "no licence"},
        {"null", "handshake: expected"},
        {"[]", "handshake: expected"},
        {"17", "handshake: expected"},
    };
    running_host run;
    scripted_plugin good({.name = "good", .commands = {"ask"}});
    good.on("plugin/execute", [] { return 1; });
    std::vector<std::unique_ptr<scripted_plugin>> bad;
    int number_of_bad = 0;
    for (const row& one : rows) {
        CAPTURE(one.answer);
        bad.push_back(std::make_unique<scripted_plugin>(
            testing::scripted_declaration{.name = "p", .json = std::string(one.answer)}));
        auto options = quick("p");
        run.logs.clear();
        const auto started = start(run, *bad.back(), options);
        REQUIRE(!started);
        CAPTURE(started.error().message);
        CHECK(started.error().message.find(one.words) != std::string::npos);
        CHECK(run.status("p").reason.cause == change_cause::handshake);
        CHECK(run.status("p").state == plugin_state::failed);
        CHECK(run.status("p").restarts == 0);
        CHECK(run.status("p").commands.empty());
        CHECK(bad.back()->instances() == 1);
        REQUIRE(run.until<result<void>>([&](auto done) { run.host.remove("p", done); }));
        ++number_of_bad;
    }
    CHECK(number_of_bad == 14);
    REQUIRE(start(run, good, quick("good")));
    CHECK(run.execute<int>("ask", number{1}).value() == 1);
}

TEST_CASE("R12: what a plugin says before its handshake is not done, and a second one is refused") {
    running_host run;
    int called = 0;
    REQUIRE(run.host.provide("users/kick", "users:kick", [&](const number&) { return ++called; }));
    scripted_plugin eager({.name = "eager", .calls_host = true});
    std::vector<scripted_reply> kept;
    eager.on("plugin/handshake",
             [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    auto options = quick("eager");
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    REQUIRE(eager.add_to(run.host, options));
    std::optional<result<void>> started;
    run.host.start("eager", [&](result<void> outcome) { started = std::move(outcome); });
    REQUIRE(run.wait_for([&] { return kept.size() == 1; }));
    eager.say_message(R"({"jsonrpc":"2.0","id":1,"method":"users/kick","params":{"value":1}})");
    eager.say_message(R"({"jsonrpc":"2.0","method":"users/kick","params":{"value":1}})");
    eager.say_message(R"({"jsonrpc":"2.0","id":2,"method":"plugin/handshake","params":{}})");
    eager.say_message(
        R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"info","message":"wait for me"}})");
    REQUIRE(run.wait_for([&] { return run.logged("wait for me"); }));
    CHECK(called == 0);
    CHECK(!started);
    const auto counters = *run.status("eager").connection;
    CHECK(counters.refused_requests == 2);
    CHECK(counters.ignored_notifications == 1);
    CHECK(kept[0].reply_json(R"({"name":"eager","version":"1","reverseRpc":true})"));
    eager.say_message(response_to(1, R"({"name":"another","version":"2"})"));
    REQUIRE(run.wait_for([&] { return started.has_value(); }));
    CHECK(*started);
    const auto kicked = eager.call("users/kick", number{1});
    REQUIRE(run.wait_for([&] { return kicked.answered(); }));
    CHECK(kicked.outcome<int>().value() == 1);
    CHECK(run.status("eager").version == "1");
}

TEST_CASE("R12: a handshake that comes too late is a failed one, one that is refused or lost says so") {
    running_host run;
    scripted_plugin late({.name = "late"}), refuses({.name = "refuses"}), leaves({.name = "leaves"});
    std::vector<scripted_reply> kept;
    late.on("plugin/handshake", [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    refuses.on("plugin/handshake", []() -> result<int> { return fault{-32603, "not today"}; });
    leaves.on("plugin/handshake", [&](const json&, const scripted_reply&) { leaves.hang_up(); });
    auto options = quick("late");
    options.handshake_timeout = milliseconds(30);
    const auto overdue = start(run, late, options);
    REQUIRE(!overdue);
    CHECK(run.status("late").reason.cause == change_cause::handshake);
    CHECK(overdue.error().message.find("30 ms") != std::string::npos);
    kept[0].reply_json(R"({"name":"late","version":"1"})");
    run.wait_for([] { return false; }, std::chrono::milliseconds(20));
    CHECK(run.status("late").state == plugin_state::failed);

    const auto refused = start(run, refuses, quick("refuses"));
    REQUIRE(!refused);
    CHECK(refused.error().message.find("not today") != std::string::npos);
    CHECK(run.status("refuses").state == plugin_state::failed);

    auto once = quick("leaves");
    once.restart.max_retries = 1;
    const auto left = start(run, leaves, once);
    REQUIRE(!left);
    CHECK(left.error().message.find("the connection ended") != std::string::npos);
    REQUIRE(run.wait_for([&] { return run.status("leaves").state == plugin_state::failed; }));
    CHECK(leaves.instances() == 2);
}

TEST_CASE("R13: notifications without end are counted, and neither the log nor memory grows with them") {
    running_host run;
    scripted_plugin loud({.name = "loud"}), good({.name = "good", .commands = {"ask"}});
    good.on("plugin/execute", [] { return 1; });
    auto options = quick("loud");
    options.logs.lines_per_second = 200;
    REQUIRE(start(run, loud, options));
    REQUIRE(start(run, good, quick("good")));
    const auto begun = std::chrono::steady_clock::now();
    for (int round = 0; round < 100; ++round) {
        for (int line = 0; line < 1'000; ++line)
            loud.tell_json("host/log", R"({"level":"info","message":"once more"})");
        CHECK(run.execute<int>("ask", number{1}).value() == 1);
    }
    REQUIRE(run.wait_for([&] {
        const log_counts logs = run.status("loud").logs;
        return logs.lines + logs.suppressed == 100'000;
    }));
    const auto seconds =
        1 + std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
    const auto told = std::count_if(run.logs.begin(), run.logs.end(),
                                    [](const log_record& record) { return record.message == "once more"; });
    CHECK(told <= 200 * seconds);
    CHECK(run.status("loud").logs.suppressed == 100'000 - static_cast<std::uint64_t>(told));
    CHECK(run.status("loud").state == plugin_state::ready);
}

} // namespace
