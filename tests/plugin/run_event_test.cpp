// Which handler takes an event when several could: the most particular one.

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tenon::tests;

namespace {

struct incoming {
    static constexpr auto event = "message.incoming";
};
struct any_reaction {
    static constexpr auto event = "message.reaction.*";
};
struct any_message {
    static constexpr auto event = "message.*";
    tenon::json anything; // never there: wildcards see payloads of many shapes
    static constexpr bool allow_missing = true;
};
struct anything {
    static constexpr auto event = "*";
};

class listener {
public:
    static constexpr tenon::about about{.name = "listener", .version = "1.0.0"};
    // The order of the list does not matter.
    using receives = tenon::list<anything, any_message, any_reaction, incoming>;
    tenon::flow receive(const incoming&) { return tenon::stop("incoming"); }
    tenon::flow receive(const any_reaction&, tenon::context& here) {
        return tenon::stop("reaction " + here.name());
    }
    tenon::flow receive(const any_message&, tenon::context& here) {
        return tenon::stop("message " + here.name());
    }
    tenon::flow receive(const anything&, tenon::context& here) { return tenon::stop("any " + here.name()); }
};

struct family_only {
    static constexpr tenon::about about{.name = "family", .version = "1.0.0"};
    using receives = tenon::list<any_message>;
    tenon::flow receive(const any_message&) { return tenon::stop("taken"); }
};

TEST_CASE("an event goes to its own handler, else to that of its family, else to that of all") {
    raw_host<listener> host;
    const auto taker = [&](const char* type) {
        const std::string answer = host.ask(decide("1", type, R"({"x":[1]})"));
        std::string scratch;
        return std::string(tenon::json::parse(answer).value()["result"]["reason"].as_text(scratch));
    };
    CHECK(taker("message.incoming") == "incoming");
    CHECK(taker("message.outgoing") == "message message.outgoing");
    CHECK(taker("message.incoming.late") == "message message.incoming.late");
    CHECK(taker("message.reaction.added") == "reaction message.reaction.added");
    CHECK(taker("message.") == "message message.");
    CHECK(taker("message") == "any message");
    CHECK(taker("messages.x") == "any messages.x");
    CHECK(taker("room.opened") == "any room.opened");
    CHECK(taker("caf\\u00e9") == "any café");
}

TEST_CASE("a payload may be absent") {
    raw_host<listener> host;
    for (const char* params :
         {R"({"eventType":"x"})", R"({"eventType":"x","payload":null})", R"(["e1","x"])"})
        CHECK(host.ask(request("1", "plugin/onEvent", params)) ==
              result_of("1", R"({"flow":"stop","reason":"any x"})"));
}

TEST_CASE("without a wildcard other families go on") {
    raw_host<family_only> host;
    CHECK(host.ask(decide("1", "message.x")) == result_of("1", R"({"flow":"stop","reason":"taken"})"));
    CHECK(host.ask(decide("1", "room.x")) == result_of("1", R"({"flow":"continue"})"));
}

TEST_CASE("an event whose params are broken is refused") {
    raw_host<family_only> host;
    const std::string twice =
        host.ask(request("1", "plugin/onEvent", R"({"eventType":"a","eventType":"b"})"));
    CHECK(code_of(twice) == tenon::codes::invalid_params);
    CHECK(twice.find("params.eventType: duplicate member") != std::string::npos);
}

} // namespace
