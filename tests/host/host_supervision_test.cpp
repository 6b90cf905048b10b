// Rows of the fault catalogue about supervision, through a whole host with scripted plugins. Those that need real
// processes are in host_storms_process_test.cpp, those of the clock in supervisor_*_test.cpp.

#include "inside.hpp"
#include "counting_plugin.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <thread>

namespace {

using namespace tenon;
using testing::expect;
using testing::scripted_plugin;
using testing::scripted_reply;
using tests::quick;
using tests::running_host;
using tests::start;

struct number {
    std::int64_t value;
};

bool becomes(running_host& run, std::string_view name, plugin_state state, std::uint64_t generation = 0) {
    return run.wait_for([&] {
        const plugin_status now = run.status(name);
        return now.state == state && now.generation >= generation;
    });
}

TEST_CASE("S1: delays between retries grow as the policy says, in the handshake and behind it") {
    running_host run;
    scripted_plugin poor({.name = "poor"});
    int handshakes = 0;
    poor.on("plugin/handshake", [&](const json&, scripted_reply reply) {
        if (++handshakes % 2 == 0) return poor.hang_up();
        reply.reply_json(R"({"name":"poor","version":"1"})");
        poor.hang_up();
    });
    auto options = quick("poor");
    options.restart = {
        .max_retries = 4, .backoff = milliseconds(20), .max_backoff = milliseconds(100), .jitter = 0};
    REQUIRE(poor.add_to(run.host, options));
    run.host.start("poor", [](const result<void>&) {});
    REQUIRE(becomes(run, "poor", plugin_state::failed));
    std::vector<milliseconds> delays;
    for (std::size_t at = 1; at < run.changes.size(); ++at)
        if (run.changes[at].from == plugin_state::backoff)
            delays.push_back(
                std::chrono::duration_cast<milliseconds>(run.changes[at].at - run.changes[at - 1].at));
    const milliseconds expected[] = {milliseconds(20), milliseconds(40), milliseconds(80), milliseconds(100)};
    REQUIRE(delays.size() == 4);
    for (std::size_t at = 0; at < 4; ++at) {
        CHECK(delays[at] >= expected[at]);
        CHECK(delays[at] < expected[at] + milliseconds(2'000)); // a busy machine
    }
}

TEST_CASE("S2: a plugin that ends for ever has failed after the limit, and a start by hand begins anew") {
    running_host run;
    scripted_plugin poor({.name = "poor"});
    poor.on("plugin/handshake", [&](const json&, const scripted_reply&) { poor.hang_up(); });
    auto options = quick("poor");
    options.restart.max_retries = 3;
    CHECK(!start(run, poor, options));
    REQUIRE(becomes(run, "poor", plugin_state::failed));
    CHECK(poor.instances() == 4);
    CHECK(run.status("poor").reason.text.find("3") != std::string::npos);
    run.wait_for([] { return false; }, std::chrono::milliseconds(30));
    CHECK(poor.instances() == 4);
    CHECK(run.status("poor").next_retry == std::nullopt);
    run.host.start("poor", [](const result<void>&) {});
    REQUIRE(run.wait_for(
        [&] { return poor.instances() == 8 && run.status("poor").state == plugin_state::failed; }));
}

TEST_CASE("S4: a plugin that answers no check any more is restarted after so many in a row, not before") {
    running_host run;
    scripted_plugin sick({.name = "sick"});
    int asked = 0, answered = 0;
    bool recovers = true;
    std::vector<scripted_reply> kept;
    sick.on("plugin/health", [&](const json&, scripted_reply reply) {
        ++asked;
        // Two of three are missed; one of them is answered with nonsense instead of not at all.
        if (asked % 3 == 0 && recovers)
            ++answered, reply.reply_json(R"({"status":"warning","message":"tired"})");
        else if (asked % 3 == 1) reply.reply_json(R"({"status":"splendid"})");
        else kept.push_back(std::move(reply));
    });
    auto options = quick("sick");
    options.health_interval = milliseconds(10);
    options.health_timeout = milliseconds(10);
    options.health_misses = 3;
    REQUIRE(start(run, sick, options));
    REQUIRE(run.wait_for([&] { return answered == 5; }));
    CHECK(run.status("sick").generation == 1);
    CHECK(run.status("sick").health == plugin_health::warning);
    CHECK(run.status("sick").health_message == "tired");
    recovers = false;
    REQUIRE(becomes(run, "sick", plugin_state::ready, 2));
    const auto restart = std::find_if(run.changes.begin(), run.changes.end(), [](const state_change& change) {
        return change.from == plugin_state::ready;
    });
    REQUIRE(restart != run.changes.end());
    CHECK(restart->reason.cause == change_cause::health);
}

TEST_CASE("S4: health is asked and answered behind 10,000 calls that wait for a plugin with one place") {
    running_host run;
    scripted_plugin busy({.name = "busy", .commands = {"ask"}});
    std::vector<scripted_reply> kept;
    std::uint64_t checks = 0;
    busy.on("plugin/execute", [&](const json&, scripted_reply reply) { kept.push_back(std::move(reply)); });
    busy.on("plugin/health", [&] { return ++checks, json::parse(R"({"status":"healthy"})").value(); });
    auto options = quick("busy");
    options.health_interval = milliseconds(10);
    options.max_queued_calls = 10'000;
    REQUIRE(start(run, busy, options));
    int completed = 0, overloaded = 0;
    for (int call = 0; call < 10'050; ++call)
        run.host.execute<int>("ask", number{call}, {.timeout = milliseconds(60'000)},
                              [&](const result<int>& answer) {
                                  ++completed;
                                  overloaded += !answer && answer.error().code == codes::overloaded;
                              });
    REQUIRE(run.wait_for([&] { return overloaded == 49; })); // at once: one is with the plugin
    CHECK(run.status("busy").queues.queued_calls == 10'000);
    const std::uint64_t before = checks;
    REQUIRE(run.wait_for([&] { return checks >= before + 5; }));
    CHECK(run.status("busy").health == plugin_health::healthy);
    CHECK(run.status("busy").queues.queued_calls == 10'000);
    CHECK(kept.size() == 1);
    busy.hang_up();
    REQUIRE(run.wait_for([&] { return completed == 10'050; }));
}

TEST_CASE("S4: where every call times out the breaker opens, fails fast, and a probe closes it again") {
    running_host run;
    scripted_plugin slow({.name = "slow", .commands = {"ask"}, .max_concurrency = 4});
    bool works = false;
    int asked = 0;
    slow.on("plugin/execute", [&](const json&, scripted_reply reply) {
        ++asked;
        if (works) reply.reply(7);
    });
    auto options = quick("slow");
    options.breaker = {.failures = 3, .open_for = milliseconds(100)};
    REQUIRE(start(run, slow, options));
    for (int call = 0; call < 3; ++call)
        CHECK(run.execute<int>("ask", number{1}, {.timeout = milliseconds(5)}).error().code ==
              codes::timeout);
    CHECK(run.status("slow").breakers.at(0).state == breaker_status::condition::open);
    const auto begun = std::chrono::steady_clock::now();
    const auto refused = run.execute<int>("ask", number{1}, {.timeout = milliseconds(60'000)});
    CHECK(refused.error().code == codes::circuit_open);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(5'000));
    CHECK(asked == 3);
    works = true;
    run.wait_for([] { return false; }, std::chrono::milliseconds(120)); // then a probe is let through
    CHECK(run.execute<int>("ask", number{1}).value() == 7);
    CHECK(run.status("slow").breakers.at(0).state == breaker_status::condition::closed);
    CHECK(run.status("slow").state == plugin_state::ready);
    CHECK(run.status("slow").generation == 1);
}

TEST_CASE("S5: a stop that somebody takes back before its end completes nevertheless") {
    running_host run;
    scripted_plugin torn({.name = "torn"});
    REQUIRE(torn.add_to(run.host, quick("torn")));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("torn", done); }));
    int completed = 0;
    run.host.stop("torn", [&](const result<void>& stopped) { completed += stopped.has_value(); });
    run.host.start("torn", [&](const result<void>& started) { completed += started.has_value(); });
    CHECK(run.wait_for([&] { return completed == 2; }));
    CHECK(run.status("torn").state == plugin_state::ready);
}

TEST_CASE(
    "S5: whatever 16 threads command in whatever order, all complete, and only legal changes come of it") {
    using enum plugin_state;
    const std::set<std::pair<plugin_state, plugin_state>> legal = {
        {stopped, starting},     {stopped, blocked},     {starting, handshaking}, {starting, stopping},
        {starting, backoff},     {starting, failed},     {starting, stopped},     {handshaking, ready},
        {handshaking, stopping}, {handshaking, backoff}, {handshaking, failed},   {handshaking, stopped},
        {ready, stopping},       {ready, backoff},       {ready, failed},         {stopping, stopped},
        {stopping, backoff},     {stopping, failed},     {stopping, blocked},     {backoff, starting},
        {backoff, stopped},      {backoff, blocked},     {failed, starting},      {failed, stopped},
        {failed, blocked},       {blocked, starting},    {blocked, stopped},      {stopping, starting}};
    constexpr int threads = 16, plugins = 10, commands = 400;
    running_host run;
    std::vector<std::unique_ptr<scripted_plugin>> all;
    for (int at = 0; at < plugins; ++at) {
        const std::string name = "p" + std::to_string(at);
        all.push_back(std::make_unique<scripted_plugin>(testing::scripted_declaration{.name = name}));
        auto options = quick(name);
        options.restart.backoff = milliseconds(0);
        REQUIRE(all.back()->add_to(run.host, options));
    }
    int completed = 0; // counted on the host's thread
    std::vector<std::thread> callers;
    for (int at = 0; at < threads; ++at)
        callers.emplace_back([&run, &completed, seed = static_cast<unsigned>(at)] {
            std::mt19937 random(seed);
            const auto done = [&completed](const result<void>&) { ++completed; };
            for (int command = 0; command < commands; ++command) {
                const std::string name = "p" + std::to_string(random() % plugins);
                switch (random() % 4) {
                case 0: run.host.stop(name, done); break;
                case 1: run.host.restart(name, done); break;
                case 2: run.host.configure(name, json::parse(R"({"a":1})").value(), done); break;
                default: run.host.start(name, done);
                }
                if (command % 20 == 0) std::this_thread::yield();
            }
        });
    std::mt19937 random(99);
    const bool all_done = run.wait_for(
        [&] {
            if (random() % 50 == 0) all[random() % plugins]->hang_up(); // and they crash meanwhile
            return completed == threads * commands;
        },
        std::chrono::seconds(60));
    for (std::thread& caller : callers) caller.join();
    REQUIRE(all_done);
    for (int at = 0; at < plugins; ++at) {
        const std::string name = "p" + std::to_string(at);
        const auto& life = inside(run.host).find(name)->actor->supervised();
        REQUIRE(becomes(run, name, life.wanted() ? ready : stopped));
    }
    std::map<std::string, state_change> last;
    int illegal = 0;
    for (const state_change& change : run.changes) {
        const auto before = last.find(change.plugin);
        if (!legal.contains({change.from, change.to})) {
            ++illegal;
            MESSAGE(name_of(change.from) << " -> " << name_of(change.to));
        }
        if (before != last.end()) {
            CHECK(change.from == before->second.to);
            CHECK(change.generation >= before->second.generation);
        }
        last[change.plugin] = change;
    }
    CHECK(illegal == 0);
}

TEST_CASE(
    "S6: what a plugin was asked when it went is neither asked again nor said to be worth asking again") {
    running_host run;
    scripted_plugin poor({.name = "poor", .commands = {"pay"}});
    int effects = 0;
    poor.on("plugin/execute", [&](const json&, const scripted_reply&) {
        ++effects;
        poor.hang_up();
    });
    REQUIRE(start(run, poor, quick("poor")));
    const auto answer = run.execute<int>("pay", number{1});
    CHECK(answer.error().code == codes::unavailable);
    CHECK(answer.error().data.find(R"("retryable":false)") != std::string::npos);
    REQUIRE(becomes(run, "poor", plugin_state::ready, 2));
    CHECK(run.execute<int>("pay", number{1}, {.timeout = milliseconds(1'000)}).error().code ==
          codes::unavailable);
    CHECK(effects == 2);
}

TEST_CASE("S7: an answer of the host's for an instance that is gone is nothing for the next one") {
    running_host run;
    std::vector<service_reply<int>> kept;
    REQUIRE(run.host.provide("users/count", "users:count", [&](const json_view&, service_reply<int> reply) {
        kept.push_back(std::move(reply));
    }));
    scripted_plugin asking({.name = "asking", .calls_host = true});
    auto options = quick("asking");
    options.allow_reverse_calls = true;
    options.permissions = {"users:count"};
    REQUIRE(start(run, asking, options));
    const auto first = asking.call_json("users/count", "{}");
    REQUIRE(run.wait_for([&] { return kept.size() == 1; }));
    asking.hang_up();
    REQUIRE(becomes(run, "asking", plugin_state::ready, 2));
    const auto second = asking.call_json("users/count", "{}");
    REQUIRE(run.wait_for([&] { return kept.size() == 2; }));
    kept[0].reply(1);
    run.wait_for([] { return false; }, std::chrono::milliseconds(10));
    CHECK(!second.answered());
    kept[1].reply(2);
    REQUIRE(run.wait_for([&] { return second.answered(); }));
    CHECK(second.outcome<int>().value() == 2);
    CHECK(first.outcome().error().code == codes::unavailable); // its connection ended
}

TEST_CASE(
    "S9: one of 20 that hangs in its handshake, or fails, keeps nobody waiting but those that need it") {
    running_host run;
    std::vector<std::unique_ptr<scripted_plugin>> all;
    int ready = 0, needing = 0;
    for (int at = 0; at < 20; ++at) {
        const std::string name = "p" + std::to_string(at);
        all.push_back(std::make_unique<scripted_plugin>(testing::scripted_declaration{.name = name}));
        auto options = quick(name);
        options.handshake_timeout = milliseconds(60'000);
        if (at == 0) all.back()->on("plugin/handshake", [](const json&, const scripted_reply&) {});
        if (at == 19) options.needs = {"p0"};
        REQUIRE(all.back()->add_to(run.host, options));
        run.host.start(name, [&ready, &needing, at](const result<void>& done) {
            (at == 19 ? needing : ready) += static_cast<bool>(done);
        });
    }
    REQUIRE(run.wait_for([&] { return ready == 18; }));
    CHECK(run.status("p0").state == plugin_state::handshaking);
    CHECK(run.status("p19").state == plugin_state::blocked);
    CHECK(run.status("p19").reason.cause == change_cause::dependency);
    CHECK(run.status("p19").reason.text.find("p0") != std::string::npos);
    CHECK(all[19]->instances() == 0);

    // It fails for good: who needs it still waits, and says for whom.
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.stop("p0", done); }));
    all[0]->on("plugin/handshake", [] { return json::parse(R"({"name":"other","version":"1"})").value(); });
    run.host.start("p0", [](const result<void>&) {});
    REQUIRE(becomes(run, "p0", plugin_state::failed));
    CHECK(run.status("p19").state == plugin_state::blocked);
    CHECK(needing == 0);
    all[0]->on("plugin/handshake", [] { return json::parse(R"({"name":"p0","version":"1"})").value(); });
    run.host.start("p0", [](const result<void>&) {});
    REQUIRE(becomes(run, "p19", plugin_state::ready));
    CHECK(needing == 1);

    // What runs goes on without it, and the next start waits again.
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.stop("p0", done); }));
    CHECK(run.status("p19").state == plugin_state::ready);
    all[19]->hang_up();
    REQUIRE(becomes(run, "p19", plugin_state::blocked));
    scripted_plugin circle({.name = "circle"}), back({.name = "back"});
    auto one = quick("circle"), other = quick("back");
    one.needs = {"back"};
    other.needs = {"circle"};
    CHECK(circle.add_to(run.host, one));
    const auto refused = back.add_to(run.host, other);
    REQUIRE(!refused);
    CHECK(refused.error().message.find("circle") != std::string::npos);
    CHECK(inside(run.host).find("back") == nullptr);
}

TEST_CASE("S10: the host's end waits for its slowest plugin and no longer, all of them side by side") {
    running_host run;
    std::vector<std::unique_ptr<scripted_plugin>> all;
    for (int at = 0; at < 100; ++at) {
        const std::string name = "p" + std::to_string(at);
        all.push_back(std::make_unique<scripted_plugin>(testing::scripted_declaration{.name = name}));
        auto options = quick(name);
        options.stop = {{stop_action::ask, milliseconds(100)},
                        {stop_action::close_stdin, milliseconds(100)},
                        {stop_action::terminate, milliseconds(100)},
                        {stop_action::kill, milliseconds(0)}};
        if (at % 10 == 0) all.back()->on("plugin/shutdown", [](const json&, const scripted_reply&) {});
        REQUIRE(start(run, *all.back(), options));
    }
    const auto begun = std::chrono::steady_clock::now();
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.shutdown(done); }));
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(took >= std::chrono::milliseconds(100));
    CHECK(took < std::chrono::milliseconds(3'000)); // one after another it would be more than that
    for (const plugin_status& one : run.host.status().plugins) CHECK(one.state == plugin_state::stopped);
    for (const bool again : {false, true}) {
        const auto late = run.until<result<void>>([&](auto done) {
            if (again) run.host.restart("p1", done);
            else run.host.start("p1", done);
        });
        CHECK(late.error().code == codes::shutting_down);
    }
}

} // namespace
