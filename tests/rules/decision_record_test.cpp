#include <tenon/rules/status.hpp>
#include <tenon/rules/decision.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

TEST_CASE("an event and what became of it is one line of JSON, with the payload as it is") {
    const event_record record{.unix_ms = 1'700'000'000'000,
                              .id = "e7",
                              .type = "message.incoming",
                              .payload = "{\n\"content\": \"a\\nb\"}",
                              .decided = true,
                              .stopped = true,
                              .stopped_by = "moderator",
                              .reason = "spam",
                              .plugins = {{"moderator", outcome_kind::stop, 1.5, "spam"}}};
    const std::string text = to_json(record);
    CHECK(text ==
          R"({"time":1700000000000,"id":"e7","type":"message.incoming","payload":{ "content": "a\nb"},)"
          R"("decided":true,"told":0,"stopped":true,"modified":false,"stoppedBy":"moderator",)"
          R"("reason":"spam",)"
          R"("plugins":[{"plugin":"moderator","outcome":"stop","ms":1.5,"reason":"spam"}]})");
    const auto back = from_json<event_record>(text);
    REQUIRE(back);
    CHECK(to_json(*back) == text);
    CHECK(back->plugins == record.plugins);
    CHECK(from_json<event_record>(to_json(event_record{.type = "a", .source = "clock"}))->source == "clock");
}

TEST_CASE("an event that was only told has no decision in it, and none needs a payload") {
    CHECK(to_json(event_record{.unix_ms = 1, .type = "a.b", .told = 3}) ==
          R"({"time":1,"id":"","type":"a.b","payload":null,"decided":false,"told":3,"stopped":false,)"
          R"("modified":false,"plugins":[]})");
    const auto least = from_json<event_record>(R"({"type":"x","later":1})");
    REQUIRE(least);
    CHECK(least->payload == "null");
    CHECK_FALSE(from_json<event_record>(R"({"told":-1})"));
}

TEST_CASE("a change of state says who, from what, to what, why and when") {
    state_change change{.plugin = "echo",
                        .from = plugin_state::ready,
                        .to = plugin_state::backoff,
                        .reason = {.cause = change_cause::crashed, .text = "signal 9 (SIGKILL)"},
                        .generation = 3};
    CHECK(change_json(change, 1'700'000'000'000) ==
          R"({"plugin":"echo","from":"ready","to":"backoff","cause":"crashed",)"
          R"j("reason":"signal 9 (SIGKILL)","generation":3,"time":1700000000000})j");
    change.log = "last \"words\"";
    CHECK(change_json(change, 5).ends_with(R"("generation":3,"log":"last \"words\"","time":5})"));
}
