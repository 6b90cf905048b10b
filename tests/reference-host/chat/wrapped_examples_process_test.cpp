// Any example behind a wrapper that prints a line of a structured log first: what shells, containers and loggers do.

#include <tenon/host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace tenon;

std::string folder(const char* name) {
    const char* const said = std::getenv(name);
    REQUIRE(said != nullptr);
    return said;
}

struct example {
    std::string name; // that it says of itself
    std::vector<std::string> command;
};

std::vector<example> examples() {
    std::vector<example> all;
    for (const std::string name : {"hello", "moderator", "clock", "slow", "calc"})
        all.push_back({name, {folder("TENON_EXAMPLES") + "/" + name + "/example_" + name}});
    all.push_back({"words", {"python3", folder("TENON_PATIENTS") + "/../../../examples/python/words.py"}});
    return all;
}

struct seen {
    std::string states, last_step, interests;
    std::vector<std::string> log;
};

/// Its whole life on a host: started, asked about its health, told and asked about an event, stopped.
seen life_of(const example& one, const std::string& printed) {
    asio::io_context io;
    tenon::host host(io);
    seen made;
    host.on_change([&](const state_change& change) { made.states += std::string(name_of(change.to)) + " "; });
    host.on_log([&](const log_record& record) {
        made.log.push_back(record.source + ": " + record.message + record.fields);
    });
    const auto until = [&](auto begin) {
        std::optional<result<void>> done;
        begin([&](result<void> outcome) { done = std::move(outcome); });
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!done && std::chrono::steady_clock::now() < deadline) {
            io.restart();
            io.run_one_until(deadline);
        }
        REQUIRE(done.has_value());
        REQUIRE_MESSAGE(done->has_value(), one.name << ": " << done->error().message);
    };
    plugin_options options{.name = one.name, .command = one.command};
    if (!printed.empty()) {
        options.command = {"/bin/sh", "-c", "echo '" + printed + "'; exec \"$0\" \"$@\""};
        options.command.insert(options.command.end(), one.command.begin(), one.command.end());
    }
    options.handshake_timeout = milliseconds{20'000};
    options.restart.enabled = false;
    until([&](auto done) { host.start(options, done); });
    until([&](auto done) {
        host.call(one.name, "plugin/health", json(), {},
                  [done](const result<json>& answer) mutable { answer ? done({}) : done(answer.error()); });
    });
    for (const explanation& why : host.explain("message.incoming")) made.interests += why.words;
    until([&](auto done) { host.stop(one.name, done); });
    made.last_step = host.status().plugins.at(0).last_exit->stop_step;
    return made;
}

} // namespace

TEST_CASE("a line of JSON in front of any example changed all: now it is one line of its log") {
    for (const example& one : examples()) {
        CAPTURE(one.name);
        const seen plain = life_of(one, "");
        seen wrapped = life_of(one, R"({"level":"info","msg":"starting"})");
        CHECK(wrapped.states == plain.states);
        CHECK(wrapped.last_step == "ask");
        CHECK(wrapped.interests == plain.interests);
        REQUIRE_FALSE(wrapped.log.empty());
        CHECK(wrapped.log.front() == "stdout: starting");
        wrapped.log.erase(wrapped.log.begin());
        CHECK(wrapped.log == plain.log);
    }
}
