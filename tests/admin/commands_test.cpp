// Commands that take their time, for who looks on: progress, the end, and the client that goes.

#include "listener.hpp"

#include <tenon/host.hpp>

#include <doctest/doctest.h>

#include <optional>

using namespace tenon::tests;

namespace {

struct dig { // a command of the host's own, so that no process is needed
    static constexpr auto command = "dig";
    using result = std::string;
    std::string how;
};
struct depth {
    int done = 0, of = 3;
};

/// A host with the command "dig", whose answer is the test's.
struct digging {
    digging() {
        run.there([this] {
            run.host().receive(
                [this](const dig&, tenon::responder<dig> given) { answer = std::move(given); });
        });
    }
    /// Who asks for it, and waits until the plugin was asked.
    listener begin() {
        listener client(run, "/api/v1/commands/dig", R"({"how":"deep"})");
        REQUIRE(run.soon([this] { return answer.has_value(); }));
        return client;
    }

    running_admin run;
    std::optional<tenon::responder<dig>> answer; // within run.there() alone
};

} // namespace

TEST_CASE("who takes events hears how far a command is, and then its result") {
    digging on;
    listener client = on.begin();
    CHECK(has(client.head, "text/event-stream"));
    on.run.there([&] { on.answer->progress(depth{.done = 1}); });
    CHECK(client.next() == std::pair<std::string, std::string>("progress", R"({"done":1,"of":3})"));
    on.run.there([&] { on.answer->reply("gold"); });
    CHECK(client.next() == std::pair<std::string, std::string>("result", R"({"result":"gold"})"));
    CHECK(client.ends());
}

TEST_CASE("a command that fails ends its events with the problem") {
    digging on;
    listener client = on.begin();
    on.run.there([&] { on.answer->fail({tenon::codes::invalid_params, "how: too deep"}); });
    const auto [event, data] = client.next();
    CHECK(event == "problem");
    CHECK(has(member(data, "detail"), "too deep"));
    CHECK(client.ends());
}

TEST_CASE("a flood of progress is told in few events, and the last report is not lost") {
    digging on;
    listener client = on.begin();
    on.run.there([&] {
        for (int done = 1; done <= 1'000; ++done) on.answer->progress(depth{done, 1'000});
        on.answer->progress(std::string(100'000, 'x')); // nobody reads that much
    });
    int told = 0;
    std::string last;
    while (last != R"({"done":1000,"of":1000})") {
        const auto [event, data] = client.next();
        REQUIRE(event == "progress");
        last = data;
        ++told;
    }
    CHECK(told < 1'000);
    on.run.there([&] { on.answer->reply(""); });
    CHECK(client.next().first == "result");
}

TEST_CASE("a result that is longer than what a stream may hold back arrives all the same") {
    digging on;
    raw_client client = on.run.client();
    client.say(on.run.head("POST", "/api/v1/commands/dig", R"({"how":"deep"})",
                           "Authorization: Bearer " + token + "\r\nAccept: text/event-stream\r\n"));
    REQUIRE(on.run.soon([&] { return on.answer.has_value(); }));
    const std::string much(3'000'000, 'x');
    on.run.there([&] { on.answer->reply(much); });
    std::string heard;
    CHECK(client.ends(&heard));
    CHECK(heard.ends_with("event: result\ndata: {\"result\":\"" + much + "\"}\n\n"));
}

TEST_CASE("a client that goes cancels its command, with events or without") {
    for (const bool events : {true, false}) {
        digging on;
        {
            std::optional<listener> client;
            if (events) client.emplace(on.begin());
            raw_client plain = on.run.client();
            if (!events) {
                plain.say(on.run.head("POST", "/api/v1/commands/dig", R"({"how":"deep"})",
                                      "Authorization: Bearer " + token + "\r\n"));
                REQUIRE(on.run.soon([&] { return on.answer.has_value(); }));
            }
        }
        CHECK(on.run.soon([&] { return on.answer->cancelled(); }));
    }
}
