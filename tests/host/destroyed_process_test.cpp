// A host that is destroyed, or whose callbacks throw or block, at the worst time.

#include "inside.hpp"
#include "misbehaving.hpp"

#include <functional>
#include <stdexcept>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// A host that a callback of its own may destroy, and the loop that outlives it.
struct mortal {
    asio::io_context io{1};
    std::unique_ptr<tenon::host> host = std::make_unique<tenon::host>(io);
    int destroyed = 0;

    void destroy() {
        host.reset();
        ++destroyed;
    }
    template <class Condition>
    bool wait_for(Condition condition) {
        const auto deadline = clock::now() + std::chrono::seconds(20);
        while (!condition() && clock::now() < deadline) {
            io.restart();
            io.run_one_until(deadline);
        }
        return condition();
    }
    void run_out() {
        const auto deadline = clock::now() + std::chrono::seconds(20);
        io.restart();
        io.run_until(deadline);
        CHECK(clock::now() < deadline);
    }
    bool start(plugin_options options) {
        std::optional<result<void>> how;
        host->start(std::move(options), [&](result<void> started) { how = std::move(started); });
        return wait_for([&] { return how.has_value(); }) && how->has_value();
    }
    template <class Done>
    void ask(const std::string& plugin, Done done) {
        host->call(plugin, "plugin/execute", command_of{"echo", {"x"}}, {.timeout = milliseconds{60'000}},
                   std::move(done));
    }
};

void never_left_behind(const mortal& one) {
    CHECK(one.destroyed == 1);
    CHECK(zombies() == 0);
}

} // namespace

TEST_CASE("Z4: a host may be destroyed within any of its own callbacks") {
    mortal one;
    int completions = 0;
    const auto end = [&](const auto&...) {
        ++completions;
        one.destroy();
    };
    SUBCASE("of a start") {
        one.host->start(misbehaving("good", {"good"}), end);
        one.run_out();
    }
    SUBCASE("of a start that fails") {
        one.host->start(plugin_options{.name = "none", .command = {"/no/such/program"}}, end);
        one.run_out();
    }
    SUBCASE("of a call") {
        REQUIRE(one.start(misbehaving("good", {"good"})));
        one.ask("good", end);
        one.run_out();
    }
    SUBCASE("of a call that fails at once") {
        one.ask("nobody", end);
        one.run_out();
    }
    SUBCASE("of a call to a plugin that crashes") {
        REQUIRE(one.start(misbehaving("falls", {"falls", "plugin/execute", "11"})));
        one.ask("falls", end);
        one.run_out();
    }
    SUBCASE("of a command, a request and a decision") {
        REQUIRE(one.start(misbehaving("good", {"good"})));
        SUBCASE("command") { one.host->execute("echo", echo{"x"}, {}, end); }
        SUBCASE("request") { one.host->request({.method = "GET", .path = "/nowhere"}, end); }
        SUBCASE("decision") { one.host->decide(room_event{"x"}, end); }
        one.run_out();
    }
    SUBCASE("of a stop, a restart, a removal, a shutdown") {
        REQUIRE(one.start(misbehaving("good", {"good"})));
        SUBCASE("stop") { one.host->stop("good", end); }
        SUBCASE("restart") { one.host->restart("good", end); }
        SUBCASE("remove") { one.host->remove("good", end); }
        SUBCASE("shutdown") { one.host->shutdown(end); }
        one.run_out();
    }
    SUBCASE("of a change of state, whichever") {
        for (const plugin_state state :
             {plugin_state::starting, plugin_state::handshaking, plugin_state::ready, plugin_state::stopping,
              plugin_state::backoff, plugin_state::stopped}) {
            CAPTURE(name_of(state));
            mortal other;
            const std::string own = "held by the callback, and read after the host is gone";
            int told_after = 0;
            other.host->on_change([&other, &told_after, state, own](const state_change& change) {
                told_after += other.destroyed;
                if (change.to != state || other.destroyed != 0) return;
                other.destroy();
                CHECK(own.starts_with("held by"));
            });
            auto options = misbehaving("good", {state == plugin_state::backoff ? "exit-later" : "good", "0"});
            int started = 0;
            other.host->start(options, [&](const result<void>&) { ++started; });
            if (state == plugin_state::stopping || state == plugin_state::stopped) {
                other.wait_for([&] { return started == 1; });
                other.host->stop("good", [](const result<void>&) {});
            }
            other.run_out();
            CHECK(started == 1);
            CHECK(told_after == 0);
            never_left_behind(other);
        }
        one.destroy();
    }
    SUBCASE("of a line of a log") {
        one.host->on_log([&](const log_record&) {
            if (one.destroyed == 0) one.destroy();
        });
        int started = 0;
        one.host->start(misbehaving("loud", {"stderr-lines", "1"}), [&](const result<void>&) { ++started; });
        one.run_out();
        CHECK(started == 1);
    }
    SUBCASE("of a service that a plugin calls") {
        auto options = misbehaving("asks", {"calls", "some/service", "100"});
        options.allow_reverse_calls = true;
        options.permissions = {"*"};
        CHECK(one.host->provide("some/service", "some:service", [&](const json&) {
            if (one.destroyed == 0) one.destroy();
            return 1;
        }));
        one.host->start(options, [](const result<void>&) {});
        one.run_out();
    }
    CHECK(completions <= 1);
    never_left_behind(one);
}

TEST_CASE("Z4: a host that is destroyed with 1,000 calls in flight completes each once") {
    mortal one;
    auto options = misbehaving("silent", {"never", "plugin/execute"});
    REQUIRE(one.start(options));
    constexpr std::size_t calls = 1'000;
    std::vector<int> completions(calls);
    std::size_t completed = 0, unavailable = 0;
    for (std::size_t call = 0; call < calls; ++call)
        one.ask("silent", [&, call](const result<json>& answer) {
            ++completions[call];
            ++completed;
            unavailable += !answer && (answer.error().code == codes::unavailable ||
                                       answer.error().code == codes::shutting_down);
        });
    int decided = 0, stopped = 0;
    one.host->decide(room_event{"x"}, [&](const decision<room_event>&) { ++decided; });
    SUBCASE("while the loop runs") {
        one.io.restart();
        one.io.poll();
        REQUIRE(one.host->status().plugins[0].queues.calls_in_flight == 64);
        one.host->stop("silent", [&](const result<void>&) { ++stopped; });
        asio::post(one.io, [&] { one.destroy(); });
        one.run_out();
        CHECK(stopped == 1);
    }
    SUBCASE("while it stands still, and runs again later") {
        one.io.restart();
        one.io.poll();
        one.destroy();
        CHECK(zombies() == 0);
        CHECK(completed == 0); // never from within the destructor
        one.run_out();
    }
    SUBCASE("before it has begun a single one") {
        one.destroy();
        one.run_out();
    }
    CHECK(completed == calls);
    CHECK(unavailable == calls);
    CHECK(std::count(completions.begin(), completions.end(), 1) == calls);
    CHECK(decided == 1);
    never_left_behind(one);
}

TEST_CASE("Z4: a host and its loop may both be destroyed with calls in flight") {
    const auto held = std::make_shared<int>();
    int completions = 0;
    {
        mortal one;
        REQUIRE(one.start(misbehaving("silent", {"never", "plugin/execute"})));
        for (int call = 0; call < 100; ++call)
            one.ask("silent", [&, held](const result<json>&) { ++completions; });
        one.io.restart();
        one.io.poll();
        SUBCASE("the host first") { one.destroy(); }
        SUBCASE("the host as a member after its loop") {}
    }
    CHECK(completions <= 100);
    CHECK(held.use_count() == 1); // what the handlers held is gone with them
    CHECK(zombies() == 0);
}

TEST_CASE("Z4: what is begun after shutdown is refused, and completes") {
    running_host run;
    REQUIRE(run.start(misbehaving("good", {"good"})));
    CHECK(run.until<result<void>>([&](auto done) { run.host.shutdown(done); }));
    CHECK(run.start(misbehaving("other", {"good"})).error().code == codes::shutting_down);
    const auto refused = [&](auto verb) { return run.until<result<void>>(verb).error().code; };
    CHECK(refused([&](auto done) { run.host.start("good", done); }) == codes::shutting_down);
    CHECK(refused([&](auto done) { run.host.restart("good", done); }) == codes::shutting_down);
    CHECK(refused([&](auto done) { run.host.configure("good", std::map<std::string, int>{}, done); }) ==
          codes::shutting_down);
    CHECK(!run.execute("echo", echo{"x"}));
    CHECK(!run.decide(room_event{"x"}).stopped());
    CHECK(run.stop("good"));
}

TEST_CASE(
    "Z5: what a callback throws leaves run() as from any handler, and the host goes on when it runs again") {
    mortal one;
    // In the midst of everything, and each time that it is called.
    int thrown = 0, caught = 0;
    const auto fail = [&](const auto&...) {
        ++thrown;
        throw std::runtime_error("from a callback");
    };
    const auto run_until = [&](const std::function<bool()>& condition) {
        const auto deadline = clock::now() + std::chrono::seconds(20);
        while (!condition() && clock::now() < deadline) try {
                one.io.restart();
                one.io.run_one_until(deadline);
            } catch (const std::exception&) { // of Asio's, where several were thrown in one turn
                ++caught;
            }
        REQUIRE(condition());
    };
    one.host->on_change(fail);
    one.host->on_log(fail);
    one.host->core()->on_event_told = fail;
    auto options = misbehaving("good", {"banner", "a banner"});
    options.allow_reverse_calls = true;
    one.host->start(options, fail);
    const auto state = [&] {
        auto* const plugin = inside(*one.host).find("good");
        return plugin == nullptr ? plugin_state::stopped : plugin->actor->state();
    };
    run_until([&] { return state() == plugin_state::ready && caught > 0; });
    CHECK(thrown >= 4); // three changes, and the start itself
    for (int time = 0; time < 20; ++time) {
        const int before = thrown;
        one.host->call("good", "plugin/execute", command_of{"echo", {"x"}}, {}, fail);
        one.host->decide(room_event{"x"}, fail);
        run_until([&] {
            return thrown >= before + 3 && one.host->status().plugins[0].queues.calls_in_flight == 0;
        });
    }
    CHECK(one.host->status().plugins[0].calls.succeeded >= 20);
    bool answered = false;
    one.host->call<echo>("good", "plugin/execute", command_of{"echo", {"still"}}, {},
                         [&](const result<echo>& answer) { answered = answer && answer->text == "still"; });
    run_until([&] { return answered; });
    one.host->restart("good", fail);
    run_until([&] {
        return inside(*one.host).find("good")->actor->generation() == 2 && state() == plugin_state::ready;
    });
    one.host->stop("good", fail);
    run_until([&] { return state() == plugin_state::stopped && caught > 0; });
    one.destroy();
    run_until([&] {
        try {
            one.io.restart();
            return one.io.poll() == 0;
        } catch (const std::exception&) {
            return false;
        }
    });
    never_left_behind(one);
}

TEST_CASE("Z5: a callback that blocks for longer than every deadline delays, but nothing fails for it") {
    running_host run;
    auto options = misbehaving("good", {"good"});
    options.call_timeout = milliseconds{500};
    options.health_interval = milliseconds{100};
    options.health_timeout = milliseconds{200};
    options.health_misses = 1;
    options.write_timeout = milliseconds{300};
    REQUIRE(run.start(options));
    auto late = misbehaving("late", {"late", "100"}); // its handshake is under way meanwhile
    late.handshake_timeout = milliseconds{400};
    std::optional<bool> started;
    run.host.start(late, [&](const result<void>& how) { started = how.has_value(); });
    run.io.poll();

    // Their answers are all in the pipe meanwhile. What does not fit there is late, as a deadline is a promise.
    int answers = 0, failures = 0;
    for (int call = 0; call < 64; ++call)
        run.host.call("good", "plugin/execute", command_of{"echo", {"short"}}, {},
                      [&](const result<json>& answer) {
                          if (answers + failures == 0) std::this_thread::sleep_for(std::chrono::seconds(2));
                          ++(answer ? answers : failures);
                      });
    CHECK(run.wait_for([&] { return answers + failures == 64 && started.has_value(); }));
    CHECK(answers == 64);
    CHECK(failures == 0);
    CHECK(started == true);
    for (int call = 0; call < 10; ++call) CHECK(run.execute<echo>("echo", echo{"x"}));
    CHECK(run.status("good").generation == 1);
    CHECK(run.status("late").generation == 1);
    CHECK(run.states("good") == "starting handshaking ready");
}

TEST_CASE("Z5: a service that throws answers with an error that says nothing of it") {
    running_host run;
    CHECK(
        run.host.provide("some/service", "", [](const json&) -> int { throw std::runtime_error("secret"); }));
    auto options = misbehaving("asks", {"calls", "some/service", "50"});
    options.allow_reverse_calls = true;
    REQUIRE(run.start(options));
    CHECK(run.wait_for([&] { return run.status("asks").reverse.asked > 10; }));
    CHECK(state_of(run, "asks") == plugin_state::ready);
    CHECK(!run.logged("secret"));
}
