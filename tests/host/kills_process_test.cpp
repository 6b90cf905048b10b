// A plugin that is killed while it has calls, many times over: each call ends once and soon.

#include "inside.hpp"
#include "run_on_host.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <signal.h>

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;
using clock = std::chrono::steady_clock;

struct numbered {
    std::string command;
    int number;
};

constexpr int kills = 200, calls = 64;

} // namespace

TEST_CASE("Q4: 200 kills of a plugin with 64 calls in flight complete every call once, within a second, and "
          "none is "
          "asked twice") {
    running_host run;
    plugin_options options{.name = "victim", .command = {fixture("misbehaving"), "takes"}};
    options.restart = {.max_retries = 1'000'000, .backoff = milliseconds{0}};
    options.logs.lines_per_second = 0;
    options.call_timeout = milliseconds{60'000};
    const auto started = run.start(options);
    REQUIRE_MESSAGE(started, started.error().message);

    std::vector<int> completions(kills * calls), taken(kills * calls);
    int wrong_faults = 0;
    clock::duration slowest{0};
    for (int kill = 0; kill < kills; ++kill) {
        const int pid = inside(run.host).find("victim")->actor->pid();
        std::optional<clock::time_point> killed;
        int ended = 0;
        for (int call = 0; call < calls; ++call) {
            const int number = kill * calls + call;
            const auto done = [&, number](const result<json>& answer) {
                ++completions[static_cast<std::size_t>(number)];
                ++ended;
                wrong_faults += answer || answer.error().code != codes::unavailable;
                if (killed) slowest = std::max(slowest, clock::now() - *killed);
            };
            run.host.call("victim", "plugin/execute", numbered{"take", number}, {}, done);
        }
        // In every other round the plugin has surely read all of them, in the others it may be anywhere.
        const auto all_taken = [&] { return run.logs.size() >= calls; };
        const auto all_sent = [&] { return run.status("victim").queues.calls_in_flight == calls; };
        if (kill % 2 == 0) REQUIRE(run.wait_for(all_taken));
        else REQUIRE(run.wait_for(all_sent));
        CHECK(ended == 0);
        CHECK(all_sent());
        REQUIRE(::kill(pid, SIGKILL) == 0);
        killed = clock::now();
        REQUIRE(run.wait_for([&] { return ended == calls; }));
        REQUIRE(run.wait_for([&] {
            return inside(run.host).find("victim")->actor->ready() &&
                   inside(run.host).find("victim")->actor->pid() != pid;
        }));
        for (const log_record& record : run.logs)
            if (record.message.starts_with("took "))
                ++taken.at(static_cast<std::size_t>(std::atoi(record.message.c_str() + 5)));
        run.logs.clear();
    }
    REQUIRE(run.stop("victim"));

    CHECK(std::count(completions.begin(), completions.end(), 1) == kills * calls);
    CHECK(wrong_faults == 0);
    CHECK(slowest < std::chrono::seconds(1));
    CHECK(std::count_if(taken.begin(), taken.end(), [](int times) { return times > 1; }) == 0);
    CHECK(std::count(taken.begin(), taken.end(), 1) >= kills / 2 * calls);
    const auto& counts = run.status("victim").calls;
    CHECK(counts.asked == kills * calls);
    CHECK(counts.unavailable == kills * calls);
    MESSAGE("slowest completion after its kill: ", std::chrono::duration<double, std::milli>(slowest).count(),
            " ms");
}
