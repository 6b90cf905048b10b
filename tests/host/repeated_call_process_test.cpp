#include "run_on_host.hpp"

#include <map>

#include <signal.h>

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

plugin_options obedient(milliseconds backoff) {
    plugin_options options{.name = "obedient", .command = {fixture("obedient")}};
    options.restart.backoff = backoff;
    return options;
}

// Kills the plugin while it works on the call.
result<json> killed_at_work(running_host& run, const call_options& options) {
    std::optional<result<json>> answer;
    const std::map<std::string, int> work{{"ms", 100}};
    run.host.execute<json>("wait", work, options, [&](result<json> given) { answer = std::move(given); });
    CHECK(run.wait_for([&] { return run.status("obedient").queues.calls_in_flight == 1; }));
    CHECK(::kill(*run.status("obedient").pid, SIGKILL) == 0);
    REQUIRE(run.wait_for([&] { return answer.has_value(); }));
    return *answer;
}

TEST_CASE("S6: a call whose plugin is gone is not made again") {
    running_host run;
    REQUIRE(run.start(obedient(milliseconds{1})));
    const auto answer = killed_at_work(run, {});
    REQUIRE(!answer);
    CHECK(answer.error().code == codes::unavailable);
}

TEST_CASE("an idempotent call is made again when its plugin is back") {
    running_host run;
    REQUIRE(run.start(obedient(milliseconds{1})));
    CHECK(killed_at_work(run, {.timeout = milliseconds{10'000}, .idempotent = true}));
    CHECK(run.status("obedient").generation == 2);
}

TEST_CASE("an idempotent call ends at its deadline when its plugin stays away") {
    running_host run;
    REQUIRE(run.start(obedient(milliseconds{60'000})));
    const auto answer = killed_at_work(run, {.timeout = milliseconds{300}, .idempotent = true});
    REQUIRE(!answer);
    CHECK(answer.error().code == codes::timeout);
}

TEST_CASE("an idempotent call is given up when its caller cancels it, at work or waiting for its plugin") {
    running_host run;
    REQUIRE(run.start(obedient(milliseconds{60'000})));
    const auto cancelled_where = [&](auto is_there) {
        std::optional<result<json>> answer;
        asio::cancellation_signal cancel;
        run.host.execute<json>(
            "wait", std::map<std::string, int>{{"ms", 60'000}}, {.idempotent = true},
            asio::bind_cancellation_slot(cancel.slot(), [&](const result<json>& given) { answer = given; }));
        CHECK(run.wait_for([&] { return run.status("obedient").queues.calls_in_flight == 1; }));
        is_there();
        CHECK(!answer);
        cancel.emit(asio::cancellation_type::terminal);
        REQUIRE(run.wait_for([&] { return answer.has_value(); }));
        REQUIRE(!*answer);
        return answer->error().code;
    };
    CHECK(cancelled_where([] {}) == codes::cancelled);
    CHECK(cancelled_where([&] {
              CHECK(::kill(*run.status("obedient").pid, SIGKILL) == 0);
              REQUIRE(run.wait_for([&] { return run.status("obedient").state == plugin_state::backoff; }));
          }) == codes::cancelled);
}

TEST_CASE("an idempotent call ends when its plugin is stopped") {
    running_host run;
    REQUIRE(run.start(obedient(milliseconds{60'000})));
    std::optional<result<json>> answer;
    run.host.execute<json>("wait", std::map<std::string, int>{{"ms", 60'000}}, {.idempotent = true},
                           [&](result<json> given) { answer = std::move(given); });
    CHECK(run.wait_for([&] { return run.status("obedient").queues.calls_in_flight == 1; }));
    CHECK(::kill(*run.status("obedient").pid, SIGKILL) == 0);
    REQUIRE(run.wait_for([&] { return run.status("obedient").state == plugin_state::backoff; }));
    CHECK(!answer);
    CHECK(run.stop("obedient"));
    REQUIRE(answer);
    CHECK(answer->error().code == codes::unavailable);
}

} // namespace
