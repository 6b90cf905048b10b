// A plugin that should be asked and is not there, and one without which nothing passes: rules/events/decision_chain.hpp.

#include "chain_bench.hpp"

#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

participant one_that(absence absent, failure_policy on_failure = failure_policy::proceed,
                     bool required = false) {
    return {.name = "k",
            .mode = mutates,
            .priority = 1,
            .on_failure = on_failure,
            .absent = absent,
            .required = required};
}
participant required_one() { return one_that(absence::pass, failure_policy::proceed, true); }

} // namespace

TEST_CASE(
    "who is absent is named, and the event goes on or is stopped as the host says, whatever its onFailure") {
    for (const failure_policy on_failure : {failure_policy::proceed, failure_policy::stop}) {
        bench passes({one_that(absence::pass, on_failure), {"z", mutates}, {"w", observes}});
        passes.miss("k", "it is backoff");
        passes.answer("z", "null");
        CHECK(passes.happened() == "k? z? w!");
        CHECK(passes.outcomes() == "k absent (it is backoff), z continue");
        CHECK_FALSE(passes.decided.stopped);

        bench stops({one_that(absence::stop, on_failure), {"z", mutates}, {"w", observes}});
        stops.miss("k", "it is failed");
        CHECK(stops.happened() == "k?");
        CHECK(stops.outcomes() == "k absent (it is failed), z skipped (stopped by k)");
        CHECK(stops.decided.stopped_by == "k");
        CHECK(stops.decided.reason == "it is failed");
    }
}

TEST_CASE("who is held for is asked when it returns, about what those before it made of the payload") {
    bench bench({{"a", mutates, 2}, one_that(absence::hold), {"z", mutates}});
    bench.answer("a", R"({"payload":1})");
    CHECK(bench.hold("k", "it is backoff"));
    CHECK(bench.hold("k", "it is starting")); // it is on its way
    CHECK(bench.happened() == "a? k?");       // and nobody behind it is asked
    bench.let_pass(milliseconds{400});
    bench.back("k");
    bench.back("k");
    CHECK(bench.happened() == "k?");
    CHECK(bench.seen_by("k") == "1");
    CHECK(bench.last_ask("k").remaining == milliseconds{600});
    bench.let_pass(milliseconds{100});
    bench.answer("k", R"({"payload":2})");
    CHECK(bench.seen_by("z") == "2");
    bench.answer("z", "null");
    CHECK(bench.outcomes() == "a modified, k modified, z continue");
    CHECK(bench.decided.plugins[1].ms == doctest::Approx(500)); // with the wait
}

TEST_CASE("those that validate beside one that is held for are asked meanwhile, and a stop ends the wait") {
    participant held = one_that(absence::hold);
    held.mode = validates;
    bench bench({{"a", validates, 1}, held, {"z", validates, 1}});
    CHECK(bench.happened() == "a? k? z?");
    CHECK(bench.hold("k", "it is backoff"));
    bench.answer("a", "null");
    CHECK_FALSE(bench.chain.done());
    bench.answer("z", R"({"flow":"stop"})");
    CHECK(bench.happened().empty()); // it was not asked: there is nothing to cancel
    CHECK(bench.outcomes() == "a continue, k skipped (stopped by z), z stop");
}

TEST_CASE("when a hold is over, by time or because nobody will return, onFailure decides") {
    for (const failure_policy on_failure : {failure_policy::proceed, failure_policy::stop}) {
        const bool stops = on_failure == failure_policy::stop;
        bench late({one_that(absence::hold, on_failure), {"w", observes}});
        CHECK(late.hold("k", "it is backoff"));
        late.turn(milliseconds{999});
        CHECK_FALSE(late.chain.done());
        late.turn(milliseconds{1});
        CHECK(late.outcomes() == "k absent (it did not return before the deadline: it is backoff)");
        CHECK(late.decided.stopped == stops);
        CHECK(late.copies_of("w") == (stops ? 0u : 1u));
        CHECK(late.decided.plugins[0].ms == doctest::Approx(1'000));

        bench gone({one_that(absence::hold, on_failure)});
        CHECK(gone.hold("k", "it is backoff"));
        gone.miss("k", "it is failed");
        CHECK(gone.outcomes() == "k absent (it is failed)");
        CHECK(gone.decided.stopped == stops);

        bench hopeless({one_that(absence::hold, on_failure)});
        hopeless.miss("k", "it is failed");
        CHECK(hopeless.outcomes() == "k absent (it is failed)");
        CHECK(hopeless.decided.stopped == stops);
    }
}

TEST_CASE("nobody is held for whom the policy does not hold for, nor after the deadline") {
    bench passes({one_that(absence::pass)});
    CHECK_FALSE(passes.hold("k", "it is backoff"));
    bench late({one_that(absence::hold)});
    late.let_pass(milliseconds{1'000});
    CHECK_FALSE(late.hold("k", "it is backoff"));
    late.miss("k", "it is backoff");
    CHECK(late.outcomes() == "k absent (it is backoff)");
}

TEST_CASE("who returns and wants no such events any more stands in nobody's way") {
    bench bench({one_that(absence::hold, failure_policy::stop, true), {"z", mutates}});
    CHECK(bench.hold("k", "it is starting"));
    bench.release("k", "it wants no such events");
    bench.answer("z", "null");
    CHECK(bench.outcomes() == "k skipped (it wants no such events), z continue");
    CHECK_FALSE(bench.decided.stopped);
}

TEST_CASE("a decision that is given up ends a hold") {
    bench bench({one_that(absence::hold)});
    CHECK(bench.hold("k", "it is backoff"));
    bench.chain.cancel(bench.now());
    CHECK(bench.outcomes() == "k skipped (cancelled)");
}

TEST_CASE("nothing passes that a required plugin has not decided about, whatever kept it from that") {
    struct row {
        std::string_view about;
        void (*happen)(bench&);
        std::string_view outcome;
    };
    const row rows[] = {
        {"absent", [](bench& on) { on.miss("k", "it is backoff"); }, "absent (it is backoff)"},
        {"failed",
         [](bench& on) {
             on.fail("k", {codes::unavailable, "gone"});
         },
         "failed (gone)"},
        {"nonsense", [](bench& on) { on.answer("k", "1"); },
         "failed (decision: expected object, got number at byte 0)"},
        {"its own timeout",
         [](bench& on) {
             on.fail("k", {codes::timeout, "no answer"});
         },
         "timed_out (no answer)"},
        {"the deadline", [](bench& on) { on.turn(milliseconds{1'000}); },
         "timed_out (no answer before the deadline)"},
        {"breaker", [](bench& on) { on.skip("k", "failing too often"); }, "skipped (failing too often)"},
    };
    for (const row& one : rows) {
        CAPTURE(one.about);
        bench bench({required_one(), {"w", observes}});
        one.happen(bench);
        CHECK(bench.outcomes() == "k " + std::string(one.outcome));
        CHECK(bench.decided.stopped);
        CHECK(bench.decided.stopped_by == "k");
        CHECK(bench.copies_of("w") == 0);
    }
    bench hold_over({one_that(absence::hold, failure_policy::proceed, true)});
    CHECK(hold_over.hold("k", "it is backoff"));
    hold_over.turn(milliseconds{1'000});
    (void)hold_over.outcomes();
    CHECK(hold_over.decided.stopped);
    bench no_time_left({{"hung", mutates, 2}, required_one()});
    no_time_left.turn(milliseconds{1'000});
    CHECK(no_time_left.outcomes() ==
          "hung timed_out (no answer before the deadline), k skipped (the deadline had passed)");
    CHECK(no_time_left.decided.stopped_by == "k");
    bench decided({required_one(), {"w", observes}});
    decided.answer("k", R"({"payload":1})");
    CHECK(decided.outcomes() == "k modified");
    CHECK_FALSE(decided.decided.stopped);
}
