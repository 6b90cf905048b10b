// A program that embeds plugins, tested without a process: testing/scripted_plugin.hpp.

#include "run_on_host.hpp"

#include <tenon/testing/scripted_plugin.hpp>

namespace {

using namespace tenon;
using testing::expect;
using testing::scripted_plugin;
using testing::scripted_reply;
using tests::running_host;
using event_kind = detail::event_kind;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct number {
    int value;
};

result<void> start_it(running_host& run, scripted_plugin& plugin, plugin_options options = {}) {
    if (options.name.empty()) options.name = "bouncer";
    const std::string name = options.name;
    if (auto added = plugin.add_to(run.host, std::move(options)); !added) return added;
    return run.until<result<void>>([&](auto done) { run.host.start(name, done); });
}

TEST_CASE("a scripted plugin is started, asked in the order of its script, and stopped") {
    running_host run;
    scripted_plugin bouncer({.name = "bouncer", .events = {"message.*"}, .commands = {"ban"}},
                            {expect("plugin/onEvent").replies_json(R"({"flow":"stop","reason":"spam"})"),
                             expect("plugin/execute").fails({7, "no such user"}),
                             expect("plugin/onEvent").replies_json("null").after(milliseconds(5))});
    REQUIRE(start_it(run, bouncer));
    CHECK(bouncer.connected());
    const auto first = run.decide(message{"buy spam"});
    CHECK(first.stopped());
    CHECK(first.stopped_by() == "bouncer");
    CHECK(run.execute("ban", number{1}).error().code == 7);
    CHECK(!run.decide(message{"hello"}).stopped());
    CHECK(bouncer.finished());
    CHECK(run.stop("bouncer"));
    CHECK(run.states("bouncer") == "starting handshaking ready stopping stopped");
    CHECK(!bouncer.connected());
}

TEST_CASE("what a script does not expect is refused and noted, and the script waits") {
    running_host run;
    scripted_plugin bouncer({.name = "bouncer", .events = {"message.*"}, .commands = {"ban"}},
                            {expect("plugin/execute").replies(1)});
    REQUIRE(start_it(run, bouncer));
    CHECK(run.decide(message{"hello"}).plugins()[0].outcome == outcome_kind::failed);
    CHECK(bouncer.surprises().size() == 1);
    CHECK(run.execute<int>("ban", number{1}).value() == 1);
    CHECK(!bouncer.finished());
}

TEST_CASE("functions answer what they are given, at once or later, and may be put in place of each other") {
    running_host run;
    struct command {
        std::string command;
        number args;
    };
    scripted_plugin bouncer({.name = "bouncer", .commands = {"ban"}, .max_concurrency = 2});
    bouncer.on("plugin/execute", [](const command& asked) -> result<int> {
        if (asked.args.value < 0) return fault{9, "negative"};
        return asked.args.value * 2;
    });
    REQUIRE(start_it(run, bouncer));
    CHECK(run.execute<int>("ban", number{21}).value() == 42);
    CHECK(run.execute<int>("ban", number{-1}).error().code == 9);

    std::vector<scripted_reply> kept;
    bouncer.on("plugin/execute",
               [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    std::vector<int> answers;
    for (int call = 0; call < 2; ++call)
        run.host.execute<int>("ban", number{call}, {},
                              [&](result<int> answer) { answers.push_back(answer.value()); });
    REQUIRE(run.wait_for([&] { return kept.size() == 2; }));
    CHECK(kept[1].reply(20));
    CHECK(kept[0].reply(10));
    CHECK(!kept[0].reply(11)); // it was answered
    REQUIRE(run.wait_for([&] { return answers.size() == 2; }));
    CHECK(answers == std::vector<int>{20, 10});
}

TEST_CASE("a scripted plugin calls its host, tells it, and hears what it is told") {
    running_host run;
    REQUIRE(run.host.provide("users/kick", "users:kick", [](const number& who) { return who.value + 1; }));
    scripted_plugin bouncer({.name = "bouncer", .events = {"message.*"}, .calls_host = true});
    std::vector<std::string> heard;
    bouncer.on_told("plugin/onEvent",
                    [&](const json& event) { heard.emplace_back(event["payload"]["content"].text()); });
    REQUIRE(start_it(run, bouncer, {.allow_reverse_calls = true, .permissions = {"users:kick"}}));
    const auto kicked = bouncer.call("users/kick", number{4});
    const auto banned = bouncer.call("users/ban", number{4});
    REQUIRE(run.wait_for([&] { return kicked.answered() && banned.answered(); }));
    CHECK(kicked.outcome<int>().value() == 5);
    CHECK(banned.outcome().error().code == codes::method_not_found);
    CHECK(bouncer.tell_json("host/log", R"({"level":"warn","message":"who is bo?"})"));
    CHECK(run.wait_for([&] { return run.logged("who is bo?"); }));
    CHECK(run.host.publish(message{"hello"}) == 1);
    CHECK(run.wait_for([&] { return heard == std::vector<std::string>{R"("hello")"}; }));
}

TEST_CASE("a scripted plugin that hangs up is started again, and its script goes on") {
    running_host run;
    scripted_plugin bouncer({.name = "bouncer", .commands = {"ban"}},
                            {expect("plugin/execute").never_answers(), expect("plugin/execute").replies(2)});
    plugin_options options;
    options.restart.backoff = milliseconds(1);
    REQUIRE(start_it(run, bouncer, options));
    std::optional<result<int>> first;
    run.host.execute<int>("ban", number{1}, {}, [&](result<int> answer) { first = std::move(answer); });
    REQUIRE(run.wait_for([&] {
        return !bouncer.everything().empty() && bouncer.everything().back().method == "plugin/execute";
    }));
    bouncer.hang_up();
    REQUIRE(run.wait_for([&] { return first.has_value(); }));
    CHECK(first->error().code == codes::unavailable);
    REQUIRE(run.wait_for(
        [&] { return run.status("bouncer").state == plugin_state::ready && bouncer.instances() == 2; }));
    CHECK(run.execute<int>("ban", number{1}).value() == 2);
    CHECK(bouncer.finished());
}

TEST_CASE("a scripted plugin says any bytes, and nothing of its host's while it does not read") {
    running_host run;
    scripted_plugin bouncer({.name = "bouncer", .commands = {"ban"}}, {expect("plugin/execute").replies(2)});
    REQUIRE(start_it(run, bouncer, {.write_timeout = milliseconds(50)}));
    bouncer.say_message("this is no JSON");
    REQUIRE(run.wait_for([&] { return run.status("bouncer").connection->bad_bodies == 1; }));
    bouncer.stop_reading();
    std::optional<result<int>> answer;
    run.host.execute<int>("ban", number{1}, {}, [&](result<int> given) { answer = std::move(given); });
    run.wait_for([] { return false; }, std::chrono::milliseconds(10));
    CHECK(!answer);
    bouncer.read_again();
    REQUIRE(run.wait_for([&] { return answer.has_value(); }));
    CHECK(answer->value() == 2);
    bouncer.stop_reading();
    CHECK(run.execute<int>("ban", number{1}).error().code == codes::unavailable);
    CHECK(run.logged("output.stalled"));
}

TEST_CASE("a scripted plugin may refuse its handshake, and may outlive its host") {
    scripted_plugin bouncer({.name = "bouncer"});
    {
        running_host run;
        bouncer.declare({.name = "somebody else"});
        const auto refused = start_it(run, bouncer);
        REQUIRE(!refused);
        CHECK(refused.error().message.find("somebody else") != std::string::npos);
        bouncer.declare({.name = "bouncer", .calls_host = true});
        REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("bouncer", done); }));
    }
    CHECK(!bouncer.connected());
    CHECK(!bouncer.tell("host/log", 1));
    CHECK(!bouncer.call("host/getConfig", json()).answered());
    bouncer.hang_up();
}

} // namespace
