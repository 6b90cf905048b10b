// What a host does for plugins that run: another configuration, their own figures, a shutdown that is in a hurry.

#include "counting_plugin.hpp"

#include <algorithm>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using testing::scripted_reply;
using tests::quick;
using tests::running_host;
using tests::start;

std::string config_of(const json& handshake) { return std::string(handshake["config"].text()); }

TEST_CASE("another configuration is told to who takes it as it runs, and to others by a restart") {
    running_host run;
    scripted_plugin able({.name = "able", .features = {"configure"}}), simple({.name = "simple"});
    std::vector<std::string> told;
    able.on("plugin/configure", [&](const json& asked) {
        told.push_back(config_of(asked));
        return json();
    });
    simple.on("plugin/handshake", [&](const json& asked) {
        told.push_back(config_of(asked));
        return json::parse(R"({"name":"simple","version":"1"})").value();
    });
    REQUIRE(start(run, able, quick("able")));
    REQUIRE(start(run, simple, quick("simple")));
    told.clear();

    const auto configure = [&](const std::string& name) {
        return run.until<result<void>>([&](auto done) {
            run.host.configure(name, std::map<std::string, int>{{"words", 3}}, done);
        });
    };
    CHECK(configure("able"));
    CHECK(run.status("able").generation == 1);
    CHECK(configure("simple"));
    CHECK(run.status("simple").generation == 2);
    CHECK(run.status("simple").state == plugin_state::ready);
    CHECK(told == std::vector<std::string>(2, R"({"words":3})"));
    CHECK(std::any_of(run.changes.begin(), run.changes.end(), [](const state_change& change) {
        return change.plugin == "simple" && change.reason.cause == change_cause::reload;
    }));
}

TEST_CASE("a configuration that a plugin refuses leaves it with the one it has") {
    running_host run;
    scripted_plugin proud({.name = "proud", .features = {"configure"}});
    std::vector<std::string> told;
    proud.on("plugin/handshake", [&](const json& asked) {
        told.push_back(config_of(asked));
        return json::parse(R"({"name":"proud","version":"1","features":["configure"]})").value();
    });
    proud.on("plugin/configure", [](const json&, scripted_reply reply) {
        reply.fail({codes::invalid_params, "words: expected at most 2"});
    });
    auto options = quick("proud");
    options.config = json::parse(R"({"words":1})").value();
    REQUIRE(start(run, proud, options));
    const auto refused = run.until<result<void>>([&](auto done) {
        run.host.configure("proud", std::map<std::string, int>{{"words", 3}}, done);
    });
    REQUIRE(!refused);
    CHECK(refused.error().message.find("expected at most 2") != std::string::npos);
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("proud", done); }));
    CHECK(told == std::vector<std::string>(2, R"({"words":1})"));
}

constexpr auto says_its_config =
    R"({"name":"strict","version":"1","features":["configure"],"configSchema":{"type":"object","properties":)"
    R"({"words":{"type":"integer"},"mood":{"enum":["good","bad"]}},"additionalProperties":false}})";

TEST_CASE("a typing error in a configuration is refused by what the plugin declared, before it is asked") {
    running_host run;
    scripted_plugin strict({.name = "strict", .json = says_its_config});
    int asked = 0;
    strict.on("plugin/configure", [&](const json&) {
        ++asked;
        return json();
    });
    auto options = quick("strict");
    options.config = json::parse(R"({"words":1})").value();
    REQUIRE(start(run, strict, options));
    const auto configure = [&](std::string_view text) {
        const json config = json::parse(text).value();
        return run.until<result<void>>([&](auto done) { run.host.configure("strict", config, done); });
    };
    CHECK(configure(R"({"words":2})"));
    CHECK(asked == 1);
    const std::string all_of_it = "config.word: unknown member; did you mean \"words\"?; "
                                  "config.mood: expected one of \"good\", \"bad\"";
    CHECK(configure(R"({"word":3,"mood":"odd"})").error().message == all_of_it);
    CHECK(asked == 1);
    CHECK(run.host.config("strict").text() == R"({"words":2})");
    // Also while it does not run.
    REQUIRE(run.stop("strict"));
    CHECK(configure(R"({"word":3,"mood":"odd"})").error().message == all_of_it);
    CHECK(configure("{}"));
}

TEST_CASE(
    "a plugin that refuses its first configuration says what it would take, and all mistakes are told") {
    running_host run;
    scripted_plugin strict({.name = "strict", .json = says_its_config});
    bool refuses = true;
    strict.on("plugin/handshake", [&](const json&, scripted_reply reply) {
        const json answer = json::parse(says_its_config).value();
        if (!std::exchange(refuses, false)) return static_cast<void>(reply.reply(answer));
        reply.fail({codes::invalid_params, "config.word: unknown member",
                    detail::join({R"({"configSchema":)", answer["configSchema"].text(), "}"})});
    });
    auto options = quick("strict");
    options.config = json::parse(R"({"word":3,"mood":"odd"})").value();
    const auto started = start(run, strict, options);
    REQUIRE(!started);
    CHECK(started.error().message.find("config.word: unknown member; did you mean \"words\"?; config.mood: "
                                       "expected one of") != std::string::npos);
    const auto changed = [&](std::string_view text) {
        const json config = json::parse(text).value();
        return run.until<result<void>>([&](auto done) { run.host.configure("strict", config, done); });
    };
    CHECK(!changed(R"({"wordz":3})"));
    REQUIRE(changed(R"({"words":3})"));
    CHECK(run.until<result<void>>([&](auto done) { run.host.start(std::string("strict"), done); }));
}

TEST_CASE("a schema that nobody could check with refuses no configuration") {
    running_host run;
    scripted_plugin odd({.name = "odd",
                         .features = {},
                         .json = R"({"name":"odd","version":"1","features":["configure"],)"
                                 R"("configSchema":{"$ref":"#"}})"});
    REQUIRE(start(run, odd, quick("odd")));
    CHECK(run.until<result<void>>([&](auto done) {
        run.host.configure("odd", std::map<std::string, int>{{"a", 1}}, done);
    }));
}

TEST_CASE("what a plugin has taken against its own word is said and does not stop it") {
    running_host run;
    scripted_plugin lax({.name = "strict", .json = says_its_config});
    auto options = quick("strict");
    options.config = json::parse(R"({"wrds":1})").value();
    REQUIRE(start(run, lax, options));
    CHECK(run.logged("config.wrds: unknown member; did you mean \"words\"?"));
}

TEST_CASE("the figures that a plugin reports with its health are its status's, as long as they are numbers") {
    running_host run;
    scripted_plugin gauge({.name = "gauge"});
    std::string report = R"({"status":"warning","message":"warm","metrics":{"degrees":38.5,"fans":2}})";
    gauge.on("plugin/health", [&](const json&, scripted_reply reply) { reply.reply_json(report); });
    auto options = quick("gauge");
    options.health_interval = milliseconds(5);
    REQUIRE(start(run, gauge, options));
    REQUIRE(run.wait_for([&] { return run.status("gauge").health == plugin_health::warning; }));
    const auto metrics = run.status("gauge").metrics;
    REQUIRE(metrics.size() == 2);
    CHECK(metrics[0].name == "degrees");
    CHECK(metrics[0].value == 38.5);
    CHECK(metrics[1].value == 2);

    report = R"({"status":"healthy","metrics":{"degrees":"warm"}})";
    REQUIRE(run.wait_for([&] { return run.status("gauge").health == plugin_health::healthy; }));
    CHECK(run.status("gauge").metrics.empty());
}

TEST_CASE("a plugin that is removed once more when it is told to have stopped is forgotten once") {
    running_host run;
    scripted_plugin plugin({.name = "p"});
    REQUIRE(start(run, plugin, quick("p")));
    bool again = false;
    run.host.on_change([&](const state_change& change) {
        if (change.to == plugin_state::stopped) run.host.remove("p", [&](result<void>) { again = true; });
    });
    CHECK(run.until<result<void>>([&](auto done) { run.host.remove("p", done); }));
    CHECK(run.wait_for([&] { return again; }));
    CHECK_FALSE(run.host.knows("p"));
}

TEST_CASE("who shuts down twice does not wait for who is asked politely") {
    running_host run;
    scripted_plugin slow({.name = "slow"});
    slow.on("plugin/shutdown", [](const json&, scripted_reply) {});
    auto options = quick("slow");
    options.stop.front().wait = milliseconds(60'000);
    REQUIRE(start(run, slow, options));
    bool first = false, second = false;
    run.host.shutdown([&](const result<void>&) { first = true; });
    REQUIRE(run.wait_for([&] { return run.status("slow").state == plugin_state::stopping; }));
    run.host.shutdown([&](const result<void>&) { second = true; });
    CHECK(run.wait_for([&] { return first && second; }));
    CHECK(run.status("slow").state == plugin_state::stopped);
}

} // namespace
