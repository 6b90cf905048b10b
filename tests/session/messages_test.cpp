#include <tenon/session/messages.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

// Reads the text as the type and writes it again, which must yield the same text.
template <class T>
T same(std::string_view text) {
    auto read = from_json<T>(text);
    CAPTURE(std::string(text));
    REQUIRE(read);
    CHECK(to_json(*read) == text);
    return *read;
}

} // namespace

TEST_CASE("the messages of the page are read and written as they stand there") {
    const auto event = same<event_delivery>(
        R"({"eventId":"e42","eventType":"message.incoming","payload":{"content":"buy now"},"metadata":{},)"
        R"("timestamp":"2025-06-01T12:00:00.000Z","deadlineMs":1500})");
    CHECK(event.payload.text() == R"({"content":"buy now"})");
    CHECK(event.deadline_ms == 1500);
    const auto request = same<route_request>(
        R"({"requestId":"r7","method":"GET","path":"/users/7","route":"/users/{id}","params":{"id":"7"},)"
        R"("query":{"tag":["a","b"]},"headers":{"accept":"application/json"},"body":"","bodyEncoding":"utf8"})");
    CHECK(request.query->text() == R"({"tag":["a","b"]})");
    CHECK(
        same<route_answer>(R"({"status":200,"headers":{},"body":"QQ==","bodyEncoding":"base64"})").encoding ==
        body_encoding::base64);
    CHECK(same<command_request>(R"({"command":"count","args":{"text":"to be"}})").command == "count");
    CHECK(same<health_answer>("{}").status.value_or(health_status::healthy) == health_status::healthy);
    CHECK(same<health_answer>(R"({"status":"warning","message":"cold","metrics":{"entries":12}})").status ==
          health_status::warning);
    CHECK(same<configure_request>(R"({"config":{"maxWords":20}})").config.text() == R"({"maxWords":20})");
    CHECK(same<shutdown_request>(R"({"reason":"reload","deadlineMs":3000})").deadline_ms == 3000);
    CHECK(same<attach_request>(R"({"name":"words","token":"5f0c"})").token == "5f0c");
    CHECK(same<log_notice>(R"({"level":"info","message":"stopped","fields":{"words":61}})").level == "info");
    CHECK(same<acknowledged_event>(R"({"eventId":"e42"})").event_id == "e42");
    CHECK(same<emitted_event>(R"({"eventType":"words.record","payload":{"words":61}})").event_type ==
          "words.record");
    CHECK(same<subscribe_request>(R"({"type":"room.closed","mode":"observe"})").mode == event_mode::observe);
    CHECK(same<unsubscribe_request>(R"({"type":"room.closed"})").type == "room.closed");
    CHECK(same<command_declaration>(R"({"name":"reset","description":"Forgets all words."})").name ==
          "reset");
    CHECK(same<unregister_request>(R"({"name":"reset"})").name == "reset");
    CHECK(same<config_key>("{}").key == std::nullopt);
    CHECK(same<config_entry>(R"({"key":"maxWords","value":20})").value.text() == "20");
}

TEST_CASE("null, an empty object and an older spelling mean continue") {
    for (const char* text :
         {"null", "{}", R"({"result":"continue"})", R"({"flow":"continue"})", R"({"more":1})"}) {
        CAPTURE(text);
        const auto decision = read_decision(text);
        REQUIRE(decision);
        CHECK_FALSE(decision->stops());
    }
    const auto stop = read_decision(R"({"flow":"stop","reason":"spam","data":[1]})");
    REQUIRE(stop);
    CHECK(stop->stops());
    CHECK(stop->reason == "spam");
    CHECK(stop->data->text() == "[1]");
    CHECK(read_decision(R"({"flow":"continue","payload":{"a":1}})")->payload->text() == "{\"a\":1}");
}

TEST_CASE("E2: an answer that is no decision is nonsense, and says why") {
    for (const char* text : {"1", "\"stop \"", "[]", "true", R"({"flow":"stop "})", R"({"flow":1})",
                             R"({"result":"stop"})", R"({"flow":"stop","reason":5})"}) {
        CAPTURE(text);
        const auto decision = read_decision(text);
        REQUIRE_FALSE(decision);
        CHECK(decision.error().message.find("decision") == 0);
    }
}
