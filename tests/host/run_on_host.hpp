#ifndef TENON_TESTS_HOST_RUN_ON_HOST_HPP
#define TENON_TESTS_HOST_RUN_ON_HOST_HPP

// A host and its loop in one place: a test begins operations and runs the loop until they are done. What takes longer
// than the deadline fails the test, it never hangs.
//
//     running_host run;
//     auto started = run.until<result<void>>([&](auto done) { run.host.start(options, done); });

#include <tenon/host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::tests {

/// A program of tests/fixtures, or an example.
inline std::string fixture(const std::string& name) {
    const char* folder = std::getenv("TENON_FIXTURES");
    return (folder == nullptr ? std::string(".") : std::string(folder)) + "/" + name;
}

struct running_host {
    explicit running_host(host_options options = {}) : host(io, std::move(options)) {
        host.on_log([this](const log_record& record) { logs.push_back(record); });
        host.on_change([this](const state_change& change) { changes.push_back(change); });
    }
    ~running_host() {
        // What the host leaves behind completes now.
        host.core()->close();
        io.restart();
        io.poll();
    }

    template <class Condition>
    bool wait_for(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            io.restart();
            io.run_one_until(deadline);
        }
        return condition();
    }

    /// Runs the loop until `start`'s operation has completed.
    template <class Result, class Start>
    Result until(Start start, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        auto outcome = std::make_shared<std::optional<Result>>();
        start([outcome](Result result) { outcome->emplace(std::move(result)); });
        REQUIRE(wait_for([&] { return outcome->has_value(); }, limit));
        return std::move(**outcome);
    }

    result<void> start(plugin_options options) {
        return until<result<void>>([&](auto done) { host.start(std::move(options), done); });
    }
    result<void> stop(const std::string& name) {
        return until<result<void>>([&](auto done) { host.stop(name, done); });
    }
    template <class Event>
    decision<Event> decide(const Event& event, decide_options options = {}) {
        return until<decision<Event>>([&](auto done) { host.decide(event, options, done); });
    }
    template <class Result = json, class Args>
    result<Result> execute(const std::string& command, const Args& args, call_options options = {}) {
        return until<result<Result>>([&](auto done) { host.execute<Result>(command, args, options, done); });
    }
    plugin_status status(std::string_view name) const {
        for (auto& plugin : host.status().plugins)
            if (plugin.name == name) return plugin;
        return {};
    }
    bool logged(std::string_view text) const {
        for (const log_record& record : logs)
            if (record.message.find(text) != std::string::npos) return true;
        return false;
    }
    /// "starting handshaking ready".
    std::string states(std::string_view name) const {
        std::string all;
        for (const state_change& change : changes)
            if (change.plugin == name) all += (all.empty() ? "" : " ") + std::string(name_of(change.to));
        return all;
    }

    asio::io_context io;
    tenon::host host;
    std::vector<log_record> logs;
    std::vector<state_change> changes;
};

} // namespace tenon::tests

#endif
