#include <tenon/session/handshake.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

std::string refusal(std::string_view answer, std::string_view expected_name = {}) {
    const result<handshake_answer> read = read_handshake_answer(answer, {1}, expected_name);
    REQUIRE_FALSE(read);
    return read.error().message;
}

} // namespace

TEST_CASE("a handshake is written as the page says, without what is absent") {
    handshake_request hello{.name = "chat", .version = "2.0.0"};
    CHECK(to_json(hello) == R"({"name":"chat","version":"2.0.0","protocolVersions":[1]})");
    const json config = json::parse("{\"maxWords\":50}").value();
    hello.supports_reverse_rpc = true;
    hello.process_id = 4711;
    hello.plugin = plugin_identity{"dev.example.words", "words"};
    hello.config = config.view();
    hello.permissions = std::vector<std::string>{"events:emit"};
    hello.features = std::vector<std::string>{};
    hello.limits = peer_limits{16777216};
    const std::string text = to_json(hello);
    CHECK(
        text ==
        R"({"name":"chat","version":"2.0.0","protocolVersions":[1],"supportsReverseRpc":true,"processId":4711,)"
        R"("plugin":{"id":"dev.example.words","name":"words"},"config":{"maxWords":50},)"
        R"("permissions":["events:emit"],"features":[],"limits":{"maxFrameBytes":16777216}})");
    const auto read = from_json<handshake_request>(text);
    REQUIRE(read);
    CHECK(read->plugin->name == "words");
    CHECK(read->config->text() == "{\"maxWords\":50}");
    CHECK(read->limits->max_frame_bytes == 16777216u);
}

TEST_CASE("only name and version are required in the answer, and unknown members are ignored") {
    const auto answer = read_handshake_answer(
        R"({"name":"words","version":"1.0.0","later":{"x":[1]},"events":null})", {1, 2});
    REQUIRE(answer);
    CHECK(answer->name == "words");
    CHECK_FALSE(answer->capabilities);
    CHECK_FALSE(answer->events);
    CHECK_FALSE(answer->max_concurrency);
}

TEST_CASE("an event is wished for by a string or an object") {
    const std::string text =
        R"({"name":"words","version":"1","capabilities":["message","room"],"events":["room.*",)"
        R"({"type":"message.incoming","mode":"validate","priority":10,"onFailure":"continue"}],)"
        R"("routes":[{"path":"/top","method":"GET"}],"commands":[{"name":"count","params":{"type":"object"}}],)"
        R"("reverseRpc":true,"maxConcurrency":4,"features":["configure"],"disable":"no GPU"})";
    const auto answer = read_handshake_answer(text, {1});
    REQUIRE(answer);
    REQUIRE(answer->events->size() == 2);
    CHECK(answer->events->at(0) == event_interest{"room.*"});
    CHECK(answer->events->at(1) ==
          event_interest{"message.incoming", event_mode::validate, 10, failure_policy::proceed});
    CHECK(answer->routes->at(0).path == "/top");
    CHECK(answer->commands->at(0).params->text() == R"({"type":"object"})");
    CHECK(answer->disable == "no GPU");
    CHECK(to_json(*answer) == text);
}

TEST_CASE("R12: an answer that is wrong is refused with what was expected and what came") {
    CHECK(refusal("{}").find("handshake.name: missing") == 0);
    CHECK(refusal(R"({"name":"x"})").find("handshake.version: missing") == 0);
    CHECK(refusal(R"({"name":"","version":"1"})").find("handshake.name: expected a name") == 0);
    CHECK(refusal(R"({"name":"x","version":"1","capabilities":"message"})")
              .find("handshake.capabilities: expected array, got string") == 0);
    CHECK(refusal(R"({"name":"x","version":"1","events":[{"type":"a","mode":"watch"}]})")
              .find("handshake.events[0].mode: ") == 0);
    CHECK(refusal(R"({"name":"x","version":"1","maxConcurrency":0})").find("handshake.maxConcurrency: ") ==
          0);
    CHECK(refusal(R"({"name":"x","version":"1"})", "words") ==
          R"(handshake.name: expected "words", got "x")");
    CHECK(refusal("[]").find("handshake: expected object, got array") == 0);
    CHECK(refusal("null").find("handshake: expected object, got null") == 0);
}

TEST_CASE("R12: a version mismatch names the versions of both sides") {
    const auto answer = read_handshake_answer(R"({"name":"x","version":"1","protocolVersion":3})", {1, 2});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == codes::version_mismatch);
    CHECK(answer.error().message == "no common protocol version: here 1, 2, there 3");
    CHECK_FALSE(read_handshake_answer(R"({"name":"x","version":"1"})", {2})); // absent means 1
}

TEST_CASE("the highest common version is chosen") {
    CHECK(choose_version({1, 2, 3}, {2, 1, 5}).value() == 2);
    CHECK(choose_version({1}, {1}).value() == 1);
    CHECK(choose_version({1}, {}).error().message == "no common protocol version: here 1, there none");
}
