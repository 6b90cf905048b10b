// A host with real plugins, end to end.

#include "run_on_host.hpp"

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid = {}, to_uid = {};
};
struct echo {
    std::string text;
};
struct number {
    int number;
};
struct host_call {
    std::string method;
    json params;
};

plugin_options obedient(std::string name) {
    plugin_options options{.name = std::move(name), .command = {fixture("obedient")}};
    options.environment["OBEDIENT_NAME"] = options.name;
    options.restart.backoff = milliseconds{10};
    return options;
}

TEST_CASE("a plugin is started, asked, told and stopped") {
    running_host run;
    const auto started = run.start(obedient("one"));
    REQUIRE_MESSAGE(started, started.error().message);

    CHECK(!run.decide(message{.content = "hello"}).stopped());
    const auto bad = run.decide(message{.content = "stop"});
    CHECK(bad.stopped());
    CHECK(bad.stopped_by() == "one");
    CHECK(bad.reason() == "told to");
    const auto changed = run.decide(message{.content = "add "});
    CHECK(changed.modified());
    CHECK(changed.payload().content == "add !");
    CHECK(run.host.publish(message{.content = "hello"}) == 1);
    CHECK(run.execute<std::string>("echo", echo{"text"}).value() == "text");

    CHECK(run.stop("one"));
    CHECK(run.states("one") == "starting handshaking ready stopping stopped");
    CHECK(run.status("one").last_exit->text == "exit code 0");
}

TEST_CASE("a command that no plugin has, or that fails, says so") {
    running_host run;
    REQUIRE(run.start(obedient("one")));
    CHECK(run.execute("dance", echo{"x"}).error().code == codes::method_not_found);
    const auto refused = run.execute("refuse", std::map<std::string, int>{{"code", 42}});
    CHECK(refused.error().code == 42);
    CHECK(refused.error().message == "as you wish");
}

TEST_CASE("an HTTP request goes to the plugin that has the route") {
    running_host run;
    REQUIRE(run.start(obedient("one")));
    const auto request = [&](std::string method, std::string path) {
        http_exchange exchange;
        exchange.method = std::move(method);
        exchange.path = std::move(path);
        return run.until<result<response>>([&](auto done) { run.host.request(exchange, done); });
    };
    const auto found = request("GET", "/api/plugins/one/hello/Bo");
    REQUIRE(found);
    CHECK(found->body == "hello Bo");
    CHECK(request("GET", "/api/plugins/two/hello/Bo")->status == 404);
    CHECK(request("PUT", "/api/plugins/one/hello/Bo")->status == 405);
}

TEST_CASE("a plugin that crashes is started again, and the report has its last lines") {
    running_host run;
    REQUIRE(run.start(obedient("one")));
    CHECK(run.execute("say", json::parse(R"({"text":"[WARN] last words","times":1})").value()));
    const auto gone = run.execute("crash", number{9});
    REQUIRE(!gone);
    CHECK(gone.error().code == codes::unavailable);
    REQUIRE(run.wait_for([&] { return run.host.status().plugins[0].generation == 2; }));
    REQUIRE(run.wait_for([&] { return run.status("one").state == plugin_state::ready; }));
    CHECK(run.states("one") == "starting handshaking ready backoff starting handshaking ready");
    const state_change& crash = run.changes[3];
    CHECK(crash.reason.cause == change_cause::crashed);
    CHECK(crash.reason.text.find("SIGKILL") != std::string::npos);
    CHECK(crash.log.find("warn: last words") != std::string::npos);
    CHECK(run.execute<std::string>("echo", echo{"again"}).value() == "again");
}

TEST_CASE("X5: a plugin calls the host with what it was granted, and nothing else") {
    running_host run;
    auto options = obedient("one");
    options.allow_reverse_calls = true;
    options.permissions = {"users:kick", "events:*"};
    caller asker;
    const auto provided =
        run.host.provide("users/kick", "users:kick", [&](const echo& wanted, const caller& who) {
            asker = who;
            return "kicked " + wanted.text;
        });
    CHECK(provided);
    REQUIRE(run.start(options));
    const auto ask = [&](std::string method, std::string_view params) {
        return run.execute<json>("ask_host", host_call{std::move(method), json::parse(params).value()});
    };
    CHECK(ask("users/kick", R"({"text":"bo","plugin":"two"})")->text() == R"("kicked bo")");
    CHECK(asker.plugin == "one");
    CHECK(ask("host/execute", R"({"command":"echo","args":{"text":"x"}})").error().code ==
          codes::permission_denied);
    CHECK(ask("users/ban", "{}").error().code == codes::method_not_found);
    CHECK(ask("host/emit", R"({"eventType":"room.opened","payload":{"text":"hi"}})"));
    CHECK(run.status("one").reverse.denied == 1);
}

TEST_CASE("R9: a plugin that asks itself through the host hears so at once") {
    running_host run;
    auto options = obedient("one");
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    REQUIRE(run.start(options));
    const auto answer = run.execute<json>(
        "ask_host",
        host_call{"host/execute", json::parse(R"({"command":"echo","args":{"text":"x"}})").value()});
    CHECK(answer.error().code == codes::reentrant_call);
}

TEST_CASE("a plugin takes another configuration, or refuses it and keeps the old one") {
    running_host run;
    auto options = obedient("one");
    options.config = json::parse(R"({"mood":"good"})").value();
    REQUIRE(run.start(options));
    const auto configure = [&](std::string_view mood) {
        return run.until<result<void>>([&](auto done) {
            run.host.configure("one", std::map<std::string, std::string>{{"mood", std::string(mood)}}, done);
        });
    };
    CHECK(configure("better"));
    CHECK(configure("bad").error().code == 7);
    CHECK(run.execute<json>("whole_config", json::parse("{}").value())->text() == R"({"mood":"better"})");
}

TEST_CASE("a plugin that cannot be started says why and has failed after its retries") {
    running_host run;
    plugin_options options{.name = "none", .command = {"/no/such/program"}};
    options.restart = {.max_retries = 2, .backoff = milliseconds{1}};
    const auto started = run.start(options);
    REQUIRE(!started);
    CHECK(started.error().message.find("/no/such/program") != std::string::npos);
    REQUIRE(run.wait_for([&] { return run.status("none").state == plugin_state::failed; }));
    CHECK(run.states("none") == "starting backoff starting backoff starting failed");
}

} // namespace
