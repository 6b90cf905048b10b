#include <tenon/rules/events/event_message.hpp>
#include <tenon/session/messages.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

std::string at(std::int64_t unix_ms) {
    return format_timestamp(std::chrono::system_clock::time_point(std::chrono::milliseconds(unix_ms)));
}

} // namespace

TEST_CASE("a timestamp is RFC 3339 in UTC with milliseconds") {
    struct row {
        std::int64_t unix_ms;
        std::string_view text;
    };
    const row rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1'748'779'200'000, "2025-06-01T12:00:00.000Z"},
        {951'782'399'999, "2000-02-28T23:59:59.999Z"},
        {951'868'799'007, "2000-02-29T23:59:59.007Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {4'107'542'400'000, "2100-03-01T00:00:00.000Z"},
        {-2'208'988'800'000, "1900-01-01T00:00:00.000Z"},
    };
    for (const row& one : rows) CHECK(at(one.unix_ms) == one.text);
}

TEST_CASE("a timestamp cuts what is less than a millisecond, also before 1970") {
    using namespace std::chrono;
    CHECK(format_timestamp(system_clock::time_point(microseconds(1'999))) == "1970-01-01T00:00:00.001Z");
    CHECK(format_timestamp(system_clock::time_point(microseconds(-1))) == "1969-12-31T23:59:59.999Z");
    CHECK(format_timestamp(system_clock::time_point::max()).size() == 24);
    CHECK(format_timestamp(system_clock::time_point::min()).size() == 24);
}

TEST_CASE("ids differ within a run and between runs") {
    std::set<std::string> seen;
    for (const std::uint64_t run :
         {std::uint64_t(0), std::uint64_t(1), std::uint64_t(0x1f3a), ~std::uint64_t(0)}) {
        event_ids ids(run);
        for (int count = 0; count < 100; ++count) CHECK(seen.insert(ids.next()).second);
    }
    CHECK(seen.count("e1f3a-1") == 1);
    CHECK(seen.count("e0-100") == 1);
    CHECK(seen.count("effffffffffffffff-7") == 1);
}

TEST_CASE("an event's params are what a plugin reads") {
    const event_head head{"e1-2", "message.incoming", R"({"source":"chat"})", "2025-06-01T12:00:00.000Z"};
    const shared_bytes message = encode_event(head, R"({"content":"caf\u00e9"})", 1'500);
    CHECK(message.view() ==
          R"({"eventId":"e1-2","eventType":"message.incoming","metadata":{"source":"chat"},)"
          R"("timestamp":"2025-06-01T12:00:00.000Z","deadlineMs":1500,)"
          R"("payload":{"content":"caf\u00e9"}})");
    const auto read = from_json<event_delivery>(message.view());
    REQUIRE(read);
    CHECK(read->event_id == "e1-2");
    CHECK(read->event_type == "message.incoming");
    CHECK(read->payload.text() == R"({"content":"caf\u00e9"})");
    CHECK(read->deadline_ms == 1'500);
    CHECK(encode_event(head, "null").view().find("deadlineMs") == std::string_view::npos);
}

TEST_CASE("what an event is called cannot break the message") {
    const event_head head{"e\"1", "a\\b\n", "{}", "T"};
    const shared_bytes message = encode_event(head, "1");
    const auto read = from_json<event_delivery>(message.view());
    REQUIRE(read);
    CHECK(read->event_id == "e\"1");
    CHECK(read->event_type == "a\\b\n");
}

TEST_CASE("a plugin cannot say itself where its event comes from") {
    CHECK(stamp_metadata("{}", {"clock", 1}) == R"({"source":"clock","hops":1})");
    CHECK(stamp_metadata(R"({"trace":"x"})", {"clock", 1}) == R"({"source":"clock","hops":1,"trace":"x"})");
    CHECK(stamp_metadata(R"({ "source":"root", "a":[1, 2], "hops":-5, "b":{"source":1} })", {"clock", 3}) ==
          R"({"source":"clock","hops":3,"a":[1, 2],"b":{"source":1}})");
    // Also not by writing it in another way.
    CHECK(stamp_metadata(R"({"s\u006furce":"root","ho\u0070s":0})", {"clock", 3}) ==
          R"({"source":"clock","hops":3})");
    CHECK(stamp_metadata(R"({"source":1,"source":2})", {"clock", 3}) == R"({"source":"clock","hops":3})");
}

TEST_CASE("metadata that is no object is left out whole") {
    for (const std::string_view bad :
         {"", "null", "[]", "1", "{", R"({"a":1,)", R"({"a":1} x)", R"({"a" 1})", R"({"a":})"}) {
        CAPTURE(bad);
        CHECK(stamp_metadata(bad, {"clock", 2}) == R"({"source":"clock","hops":2})");
    }
}

TEST_CASE("names in metadata are escaped again") {
    const std::string stamped = stamp_metadata(R"({"a\"b":1})", {"c\"d", 0});
    CHECK(stamped == R"({"source":"c\"d","hops":0,"a\"b":1})");
}

TEST_CASE("what an emitted event answers, and the event that its chain goes back to, are the host's to say") {
    CHECK(stamp_metadata(R"({"cause":"e1-9","chain":"e1-1","a":1})",
                         {.source = "clock", .hops = 2, .chain = "e1-4"}) ==
          R"({"source":"clock","hops":2,"chain":"e1-4","a":1})");
    CHECK(stamp_metadata("{}", {.source = "clock", .hops = 2, .chain = "e1-4", .cause = "e1-7"}) ==
          R"({"source":"clock","hops":2,"chain":"e1-4","cause":"e1-7"})");
}

TEST_CASE("the number of an event is known again by its id, and nothing else is taken for one") {
    event_ids ids(0x1f3a);
    const std::string first = ids.next(), second = ids.next();
    CHECK(first == "e1f3a-1");
    CHECK(ids.last() == 2);
    CHECK(ids.number_of(first) == 1);
    CHECK(ids.number_of(second) == 2);
    for (const std::string_view other : {"", "-", "e1f3a-", "e1f3a-0", "e1f3a-3", "e1f3a-01", "e1f3b-1",
                                         "e1f3a-1x", "1", "e1f3a-18446744073709551617", "e1f3a--1"})
        CHECK(ids.number_of(other) == 0);
}
