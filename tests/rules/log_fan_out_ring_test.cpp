#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/logs/log_fan_out.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;
using tenon::detail::log_ring;

namespace {

tenon::log_record record(std::string message, std::uint64_t generation = 1) {
    return {.unix_ms = 1'700'000'000'123,
            .level = log_level::warn,
            .plugin = "echo",
            .pid = 42,
            .generation = generation,
            .source = "stderr",
            .message = std::move(message)};
}

} // namespace

TEST_CASE("a record becomes JSON with its fields as an object, and is read back") {
    tenon::log_record one = record("disk \"full\"");
    CHECK(to_json(one) == R"({"time":1700000000123,"level":"warn","plugin":"echo","pid":42,"generation":1,)"
                          R"("source":"stderr","message":"disk \"full\""})");
    one.fields = R"({"free":3})";
    const std::string text = to_json(one);
    CHECK(text.ends_with(R"("message":"disk \"full\"","fields":{"free":3}})"));
    const auto back = from_json<tenon::log_record>(text);
    REQUIRE(back);
    CHECK(to_json(*back) == text);
    CHECK(back->fields == one.fields);
    CHECK(back->level == log_level::warn);
    CHECK_FALSE(from_json<tenon::log_record>(R"({"time":1})"));
    CHECK_FALSE(from_json<tenon::log_record>("3"));
}

TEST_CASE("a ring keeps the last records and tells them oldest first") {
    log_ring ring(3);
    CHECK(ring.text().empty());
    for (const char* message : {"one", "two", "three", "four"}) ring.add(record(message));
    CHECK(ring.records().size() == 3);
    CHECK(ring.text() == "warn: two\nwarn: three\nwarn: four\n");
    tenon::log_record fields = record("five");
    fields.level = log_level::error;
    fields.fields = R"({"a":1})";
    ring.add(fields);
    CHECK(ring.text().ends_with("warn: four\nerror: five {\"a\":1}\n"));
    ring.clear();
    CHECK(ring.records().empty());
    CHECK(ring.bytes() == 0);
}

TEST_CASE("a crash report holds what its own instance wrote") {
    log_ring ring(10);
    ring.add(record("old", 1));
    ring.add(record("new", 2));
    CHECK(ring.text(2) == "warn: new\n");
    CHECK(ring.text(3).empty());
}

TEST_CASE("a ring holds a bounded number of bytes, but always the newest record") {
    log_ring ring(50, 1'000);
    for (int round = 0; round < 20; ++round) ring.add(record(std::string(300, 'x')));
    CHECK(ring.records().size() == 3);
    CHECK(ring.bytes() <= 1'000);
    ring.add(record(std::string(5'000, 'y')));
    REQUIRE(ring.records().size() == 1);
    CHECK(ring.records().front().message.size() == 5'000);
    ring.add(record("z"));
    REQUIRE(ring.records().size() == 1);
    CHECK(ring.records().front().message == "z");
}

TEST_CASE("a ring that is to keep nothing keeps nothing") {
    log_ring ring(0);
    ring.add(record("one"));
    CHECK(ring.records().empty());
}
