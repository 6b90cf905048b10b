// Looking for answers instead of sleeping is for who is answered: whoever has nothing to do, or waits for plugins that
// do not answer, uses no CPU for it.

#include "misbehaving.hpp"

#include <map>
#include <string>
#include <utility>

#include <signal.h>

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

constexpr int many = tests::sanitized ? 10 : 100;

std::string name_of(int plugin) { return "plugin-" + std::to_string(plugin); }

/// Many plugins that have been asked so often, one call after the other, that looking for their answers has been tried.
struct talked_with_many : running_host {
    explicit talked_with_many(host_options options = {}) : running_host(std::move(options)) {
        int ready = 0;
        for (int plugin = 0; plugin != many; ++plugin)
            host.start({.name = name_of(plugin),
                        .command = {fixture("obedient")},
                        .environment = {{"OBEDIENT_NAME", name_of(plugin)}}},
                       [&](const result<void>& started) { ready += started ? 1 : 0; });
        REQUIRE(wait_for([&] { return ready == many; }, std::chrono::seconds(60)));
        for (int plugin = 0; plugin != many; ++plugin)
            for (int count = 0; count != 50; ++count)
                REQUIRE(until<result<json>>([&](auto done) { ask(plugin, done); }));
    }
    template <class Done>
    void ask(int plugin, Done done) {
        host.call(name_of(plugin), "plugin/execute", tests::command_of{"echo", {"hi"}},
                  {.timeout = milliseconds(60'000)}, done);
    }
    void signal_all(int number) {
        for (int plugin = 0; plugin != many; ++plugin)
            ::kill(tests::pid_of(*this, name_of(plugin)).value(), number);
    }
    milliseconds cpu_of_plugins() {
        milliseconds sum{0};
        for (int plugin = 0; plugin != many; ++plugin)
            sum += detail::usage_of(tests::pid_of(*this, name_of(plugin)).value()).value().cpu;
        return sum;
    }
    /// What the host's process, and all its plugins together, use in two seconds.
    std::pair<milliseconds, milliseconds> used_in_two_seconds() {
        const milliseconds host_before = detail::usage_of(::getpid()).value().cpu;
        const milliseconds plugins_before = cpu_of_plugins();
        io.restart();
        io.run_for(std::chrono::seconds(2));
        return {detail::usage_of(::getpid()).value().cpu - host_before, cpu_of_plugins() - plugins_before};
    }
};

} // namespace

TEST_CASE("a host with a hundred plugins that have nothing to do uses no CPU, nor do they") {
    talked_with_many run;
    const auto [host, plugins] = run.used_in_two_seconds();
    MESSAGE("in 2 s: ", host.count(), " ms the host, ", plugins.count(), " ms its plugins");
    CHECK(host < milliseconds(200));
    CHECK(plugins < milliseconds(400));
}

TEST_CASE("a host does not look for the answers of a hundred plugins that hang") {
    talked_with_many run;
    int answered = 0;
    run.signal_all(SIGSTOP);
    for (int count = 0; count != 10; ++count)
        for (int plugin = 0; plugin != many; ++plugin)
            run.ask(plugin, [&](const result<json>& answer) { answered += answer ? 1 : 0; });
    const auto [host, plugins] = run.used_in_two_seconds();
    MESSAGE("in 2 s: ", host.count(), " ms the host");
    CHECK(answered == 0);
    CHECK(host < milliseconds(200));
    run.signal_all(SIGCONT);
    CHECK(run.wait_for([&] { return answered == 10 * many; }));
}

TEST_CASE("plugins are told how long to look where the host was told") {
    const auto told = [](host_options options, std::map<std::string, std::string> own) {
        running_host run(std::move(options));
        plugin_options plugin{.name = "it", .command = {"/bin/sh", "-c", "echo look=$TENON_WAIT_US >&2"}};
        plugin.restart.enabled = false;
        plugin.environment = std::move(own);
        static_cast<void>(run.start(plugin));
        REQUIRE(run.wait_for([&] { return run.logged("look="); }));
        for (const log_record& record : run.logs)
            if (record.message.starts_with("look=")) return record.message.substr(5);
        return std::string("?");
    };
    CHECK(told({}, {}) == "");
    CHECK(told({.longest_look = std::chrono::microseconds(0)}, {}) == "0");
    CHECK(told({.longest_look = std::chrono::microseconds(20)}, {}) == "20");
    CHECK(told({.longest_look = std::chrono::microseconds(20)}, {{"TENON_WAIT_US", "7"}}) == "7");
}

TEST_CASE("a longest look that would be no look but a busy loop is refused") {
    CHECK(check_options(host_options{.longest_look = std::chrono::microseconds(100'000)}));
    for (const int wrong : {-1, 100'001}) {
        const auto checked = check_options(host_options{.longest_look = std::chrono::microseconds(wrong)});
        REQUIRE_FALSE(checked);
        CHECK(checked.error().message ==
              "longest_look: expected 0 to 100000 microseconds, got " + std::to_string(wrong));
    }
}
