// What a host says of a plugin has the plugin's words in it, and is masked as its log is.

#include "counting_plugin.hpp"

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::quick;
using tests::running_host;
using tests::start;

plugin_options keeping(std::string name) {
    auto options = quick(std::move(name));
    options.logs.secrets = {"topsecret123456"};
    options.restart.enabled = false;
    return options;
}
/// Nowhere in what anybody is shown.
bool leaks(const running_host& run) {
    return to_json(run.host.status()).find("topsecret") != std::string::npos || run.logged("topsecret") ||
           to_json(run.host.explain("message.incoming")).find("topsecret") != std::string::npos;
}

TEST_CASE(
    "a secret that a plugin put into its handshake, its health or its refusal was shown in clear, though its "
    "log was masked") {
    running_host run;
    scripted_plugin plugin({.name = "leak"});
    plugin.on("plugin/handshake", [] {
        return json::
            parse(R"({"name":"leak","version":"1topsecret123456","description":"d topsecret123456",)"
                  R"("capabilities":["message"],"features":["configure"],)"
                  R"("commands":[{"name":"c","description":"topsecret123456"},{"name":"bad\u0001topsecret123456"}],)"
                  R"("configSchema":{"type":"object","properties":{"key":{"enum":["topsecret123456"]}}}})")
                .value();
    });
    plugin.on("plugin/health",
              [] { return json::parse(R"({"status":"critical","message":"h topsecret123456"})").value(); });
    plugin.on("plugin/configure", [](const json&) -> result<json> {
        return fault{7, "no: topsecret123456"};
    });
    auto options = keeping("leak");
    options.health_interval = milliseconds(10);
    REQUIRE(start(run, plugin, options));
    REQUIRE(run.wait_for([&] { return run.status("leak").health == plugin_health::critical; }));
    CHECK(run.status("leak").health_message == "h ***");
    CHECK(run.status("leak").version == "1***");
    CHECK(run.status("leak").refused.size() == 1);
    std::vector<std::string> refusals;
    for (const auto* config : {R"({"key":"other"})", R"({"x":1})"}) {
        bool told = false;
        run.host.configure("leak", json::parse(config).value(), [&](const result<void>& taken) {
            told = true;
            REQUIRE_FALSE(taken);
            refusals.push_back(taken.error().message);
        });
        REQUIRE(run.wait_for([&] { return told; }));
    }
    for (const std::string& one : refusals) CHECK_MESSAGE(one.find("topsecret") == std::string::npos, one);
    CHECK(refusals[1] == "no: ***");
    CHECK_FALSE(leaks(run));
}

TEST_CASE("the reason why a plugin has failed named a secret, also in receipts") {
    for (const auto* answer : {R"({"name":"leaktopsecret123456","version":"1"})",
                               R"({"name":"leak","version":"1","disable":"without topsecret123456"})"}) {
        running_host run;
        scripted_plugin plugin({.name = "leak"});
        plugin.on("plugin/handshake", [&] { return json::parse(answer).value(); });
        auto options = keeping("leak");
        options.required = {"*"};
        CHECK_FALSE(start(run, plugin, options));
        CHECK(run.status("leak").reason.text.find("***") != std::string::npos);
        CHECK_FALSE(leaks(run));
        CHECK(run.decide(tests::message{"hi"}).to_json().find("topsecret") == std::string::npos);
    }
}

} // namespace
