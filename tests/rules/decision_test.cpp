#include <tenon/rules/decision.hpp>

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::detail;

TEST_CASE("a decision is one line of JSON, as the protocol has it") {
    raw_decision decided;
    decided.payload = R"({"content":"HI"})";
    decided.plugins = {{"shout", outcome_kind::modified, 0.4, {}}};
    CHECK(decided.to_json() == R"({"flow":"continue","payload":{"content":"HI"},)"
                               R"("plugins":[{"plugin":"shout","outcome":"modified","ms":0.4}]})");
}

TEST_CASE("a decision that stops says who and why, and what they gave for who asked") {
    raw_decision decided;
    decided.stopped = true;
    decided.stopped_by = "guard";
    decided.reason = "spam";
    decided.payload = "1";
    decided.data = R"({"score":9})";
    decided.plugins = {{"guard", outcome_kind::stop, 1.25, "spam"},
                       {"late", outcome_kind::skipped, 0, "stopped by guard"}};
    CHECK(decided.to_json() ==
          R"({"flow":"stop","stoppedBy":"guard","reason":"spam","payload":1,"data":{"score":9},"plugins":[)"
          R"({"plugin":"guard","outcome":"stop","ms":1.25,"reason":"spam"},)"
          R"({"plugin":"late","outcome":"skipped","ms":0,"reason":"stopped by guard"}]})");
}

TEST_CASE("a decision is one line also when its payload is not") {
    raw_decision decided;
    decided.payload = "{\n  \"a\": \"x\\ny\"\r\n}";
    decided.data = "[1,\n2]";
    const std::string line = decided.to_json();
    CHECK(line == R"({"flow":"continue","payload":{   "a": "x\ny"  },"data":[1, 2],"plugins":[]})");
    CHECK(json::parse(line));
}

TEST_CASE("outcomes go through JSON and come back") {
    for (const outcome_kind kind : {outcome_kind::proceed, outcome_kind::stop, outcome_kind::modified,
                                    outcome_kind::failed, outcome_kind::timed_out, outcome_kind::skipped}) {
        const plugin_outcome outcome{"p", kind, 0.5, kind == outcome_kind::failed ? "no" : ""};
        const auto back = from_json<plugin_outcome>(to_json(outcome));
        REQUIRE(back);
        CHECK(*back == outcome);
    }
    CHECK(to_json(plugin_outcome{"p", outcome_kind::timed_out, 2, "late"}) ==
          R"({"plugin":"p","outcome":"timed_out","ms":2,"reason":"late"})");
    CHECK_FALSE(from_json<plugin_outcome>(R"({"plugin":"p","outcome":"timedOut","ms":2})"));
}
