#ifndef TENON_TESTS_HOST_COUNTING_PLUGIN_HPP
#define TENON_TESTS_HOST_COUNTING_PLUGIN_HPP

// Scripted plugins on a running host, and one that counts the events that it is told of.

#include "run_on_host.hpp"

#include <tenon/testing/scripted_plugin.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::tests {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct counted {
    static constexpr auto event = "room.counted";
    std::int64_t value;
};

/// Comes back at once, whatever happens to it.
inline plugin_options quick(std::string name, int priority = 0) {
    plugin_options options{.name = std::move(name), .priority = priority};
    options.restart.backoff = milliseconds(1);
    options.restart.jitter = 0;
    options.restart.max_retries = 1'000'000;
    return options;
}

inline result<void> start(running_host& run, testing::scripted_plugin& plugin, plugin_options options) {
    const std::string name = options.name;
    if (auto added = plugin.add_to(run.host, std::move(options)); !added) return added;
    return run.until<result<void>>([&](auto done) { run.host.start(name, done); });
}

/// One that is told of everything and notes the numbers that it gets.
struct counting {
    explicit counting(const std::string& name)
        : plugin({.name = name,
                  .json = detail::join(
                      {R"({"name":")", name, R"(","version":"1","capabilities":["room"],)",
                       R"("events":[{"type":"room.*","mode":"observe"}],"reverseRpc":true})"})}) {
        plugin.on_told("plugin/onEvent", [this](std::string_view event) {
            constexpr std::string_view before = R"("payload":{"value":)";
            const std::size_t at = event.find(before) + before.size();
            const std::int64_t value = std::strtoll(event.data() + at, nullptr, 10);
            ++received;
            if (value <= last) ++disordered;
            if (value != last + 1) ++gaps;
            last = value;
        });
    }
    testing::scripted_plugin plugin;
    std::uint64_t received = 0, disordered = 0, gaps = 0;
    std::int64_t last = -1;
};

/// What is published, what of it counts as told to the plugin, what it lost, and what it got, over many instances.
inline void hold_sequence(std::int64_t count, int restarts) {
    running_host run;
    counting slow("slow"), steady("steady");
    REQUIRE(start(run, slow.plugin, quick("slow")));
    REQUIRE(start(run, steady.plugin, quick("steady")));
    std::uint64_t told = 0, bursts = 0;
    int restarted = 0;
    bool reads = true;
    for (std::int64_t value = 0; value < count; ++value) {
        told += run.host.publish(counted{value}) - 1; // steady gets all
        if (value % 64 == 0) run.io.restart(), run.io.poll();
        const std::int64_t part = count / restarts;
        if (value % part == part / 8) slow.plugin.stop_reading(), reads = false, ++bursts;
        if (value % part == part / 8 * 7) slow.plugin.read_again(), reads = true;
        if (value % part != part - 1) continue;
        REQUIRE(reads);
        // It reads what it was told before it goes: what is missing now was dropped, or never told.
        run.host.restart("slow", [&](const result<void>& done) { restarted += static_cast<bool>(done); });
        run.io.restart(), run.io.poll();
    }
    REQUIRE(run.wait_for([&] { return restarted == restarts && steady.last == count - 1; }));
    REQUIRE(run.wait_for([&] {
        const event_counts events = run.status("slow").events;
        return slow.received == told - events.dropped;
    }));
    CHECK(run.status("slow").generation == static_cast<std::uint64_t>(restarts) + 1);
    CHECK(run.status("slow").events.delivered == slow.received);
    CHECK(run.status("slow").events.dropped > 0);
    CHECK(slow.disordered == 0);
    CHECK(slow.gaps <= static_cast<std::uint64_t>(restarts) + bursts + 1);
    CHECK(steady.received == static_cast<std::uint64_t>(count));
    CHECK(steady.gaps == 0);
}

} // namespace tenon::tests

#endif
