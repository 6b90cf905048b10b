// What a plugin that crashes again and again leaves behind in its host: nothing.

#include "inside.hpp"
#include "misbehaving.hpp"

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

struct left_behind {
    int descriptors, zombies, threads;
    std::uint64_t resident_bytes;
};

left_behind look() {
    const auto usage = detail::usage_of(::getpid());
    REQUIRE(usage);
    return {usage->descriptors, tests::zombies(), usage->threads, usage->resident_bytes};
}

} // namespace

TEST_CASE("Q5: after 1,000 crashes and restarts there is no descriptor, zombie or thread more than before, "
          "and at most "
          "2 MiB of memory") {
    running_host run;
    plugin_options options{.name = "victim",
                           .command = {fixture("misbehaving"), "falls", "plugin/execute", "9"}};
    options.restart = {.max_retries = 1'000'000, .backoff = milliseconds{0}};
    const auto started = run.start(options);
    REQUIRE_MESSAGE(started, started.error().message);
    const detail::plugin_actor& plugin = *inside(run.host).find("victim")->actor;

    const auto crash = [&](int times) {
        for (int time = 0; time < times; ++time) {
            const auto before = plugin.generation();
            bool ended = false;
            run.host.call("victim", "plugin/execute", std::map<std::string, std::string>{{"command", "x"}},
                          {}, [&](const result<json>& answer) {
                              CHECK(answer.error().code == codes::unavailable);
                              ended = true;
                          });
            REQUIRE(
                run.wait_for([&] { return ended && plugin.generation() == before + 1 && plugin.ready(); }));
            // What the test itself remembers is not the host's.
            run.changes = {};
            run.logs = {};
        }
    };
    crash(200);
    const left_behind before = look();
    crash(1'000);
    const left_behind after = look();

    CHECK(after.descriptors <= before.descriptors);
    CHECK(after.zombies == 0);
    CHECK(after.threads == before.threads);
    const auto grown =
        static_cast<std::int64_t>(after.resident_bytes) - static_cast<std::int64_t>(before.resident_bytes);
    MESSAGE("memory grew by ", grown / 1024, " KiB");
    if (tests::memory_is_ours) CHECK(grown <= 2 << 20);
    CHECK(plugin.supervised().retries() == 1'200);
}
