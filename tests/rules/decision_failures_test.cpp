#include "chain_bench.hpp"

#include <string>

using namespace tenon;
using namespace tenon::detail;

TEST_CASE(
    "E2: nonsense for an answer is the plugin's failure, and the event goes on with what others made of it") {
    for (const std::string_view nonsense :
         {R"("stop ")", R"("stop")", "1", "true", "[]", R"(["stop"])", R"({"flow":"stop "})", R"({"flow":1})",
          R"({"flow":"Stop"})", R"({"flow":["stop"]})", R"({"result":"stop"})",
          R"({"flow":"stop","reason":5})", R"({"flow":"continue","flow":"stop"})", "", "{",
          R"({"flow":"stop"} x)", "nul"}) {
        CAPTURE(nonsense);
        bench bench({{"a", mutates, 2}, {"k", mutates, 1}, {"z", validates}, {"w", observes}});
        bench.answer("a", R"({"payload":{"n":1}})");
        bench.answer("k", nonsense);
        CHECK(bench.seen_by("z") == R"({"n":1})");
        bench.answer("z", "null");
        CHECK(bench.copies_of("w") == 1);
        (void)bench.outcomes();
        CHECK_FALSE(bench.decided.stopped);
        CHECK(bench.decided.payload == R"({"n":1})");
        CHECK(bench.decided.plugins[1].outcome == outcome_kind::failed);
        CHECK_FALSE(bench.decided.plugins[1].reason.empty());
    }
}

TEST_CASE("E2: null, nothing, an older word and unknown members all mean continue") {
    for (const std::string_view fine :
         {"null", "{}", R"({"result":"continue"})", R"({"flow":"continue","ttl":5,"x":{"flow":"stop"}})",
          R"({"flow":null})", R"({"payload":null,"reason":null,"data":null})"}) {
        CAPTURE(fine);
        bench bench({{"k", mutates, 0, must_pass}});
        bench.answer("k", fine);
        CHECK(bench.outcomes() == "k continue");
        CHECK_FALSE(bench.decided.stopped);
        CHECK(bench.decided.payload == R"({"n":0})");
    }
}

TEST_CASE("E2: whatever goes wrong with a plugin is treated by its onFailure") {
    struct row {
        std::string_view about;
        void (*happen)(bench&);
        std::string_view outcome;
    };
    const row rows[] = {
        {"crash",
         [](bench& on) {
             on.fail("k", {codes::unavailable, "gone: signal 11 (SIGSEGV)"});
         },
         "failed (gone: signal 11 (SIGSEGV))"},
        {"exception",
         [](bench& on) {
             on.fail("k", {codes::internal_error, "m.x failed"});
         },
         "failed (m.x failed)"},
        {"its own timeout",
         [](bench& on) {
             on.fail("k", {codes::timeout, "no answer in 50 ms"});
         },
         "timed_out (no answer in 50 ms)"},
        {"the deadline", [](bench& on) { on.turn(milliseconds{1'000}); },
         "timed_out (no answer before the deadline)"},
        {"nonsense", [](bench& on) { on.answer("k", "1"); }, "failed (decision: expected object, got number"},
        {"breaker", [](bench& on) { on.skip("k", "failing too often"); }, "skipped (failing too often)"},
        {"a cancel that nobody sent",
         [](bench& on) {
             on.fail("k", {codes::cancelled, "cancelled"});
         },
         "failed (cancelled)"},
    };
    for (const row& one : rows) {
        CAPTURE(one.about);
        for (const failure_policy policy : {failure_policy::proceed, failure_policy::stop}) {
            bench bench({{"a", mutates, 2}, {"k", mutates, 1, policy}, {"w", observes}});
            bench.answer("a", R"({"payload":1})");
            one.happen(bench);
            const std::string outcomes = bench.outcomes();
            CHECK(outcomes.find("a modified, k " + std::string(one.outcome)) == 0);
            CHECK(bench.decided.payload == "1");
            CHECK(bench.decided.stopped == (policy == failure_policy::stop));
            CHECK(bench.decided.stopped_by == (policy == failure_policy::stop ? "k" : ""));
            CHECK(bench.decided.reason ==
                  (policy == failure_policy::stop ? bench.decided.plugins[1].reason : ""));
            CHECK(bench.copies_of("w") == (policy == failure_policy::stop ? 0u : 1u));
        }
    }
}

TEST_CASE("one deadline is over the whole chain, and each is told what is left of it") {
    bench bench(
        {{"a", mutates, 3}, {"b", mutates, 2}, {"c", validates, 1}, {"d", validates, 1}, {"e", mutates}});
    CHECK(bench.last_ask("a").remaining == milliseconds{1'000});
    CHECK(bench.last_ask("a").message.view().find(R"("deadlineMs":1000,)") != std::string_view::npos);
    bench.let_pass(milliseconds{300});
    bench.answer("a", "null");
    CHECK(bench.last_ask("b").remaining == milliseconds{700});
    CHECK(bench.last_ask("b").message.view().find(R"("deadlineMs":700,)") != std::string_view::npos);
    bench.let_pass(milliseconds{699});
    bench.answer("b", "null");
    CHECK(bench.last_ask("c").remaining == milliseconds{1});
    CHECK(bench.last_ask("d").remaining == milliseconds{1});
    CHECK(bench.happened() == "a? b? c? d?");
    CHECK(bench.chain.deadline() == bench.now() + milliseconds{1});
    bench.answer("d", "null");
    bench.turn(milliseconds{0});
    CHECK_FALSE(bench.chain.done());
    bench.turn(milliseconds{1});
    CHECK(bench.happened() == "-c");
    CHECK(bench.outcomes() ==
          "a continue, b continue, c timed_out (no answer before the deadline), d continue, "
          "e skipped (the deadline had passed)");
    CHECK_FALSE(bench.decided.stopped);
    CHECK(bench.decided.plugins[1].ms == doctest::Approx(699));
}

TEST_CASE("E3: a hung plugin costs its chain the deadline, and what came before it is kept") {
    bench bench({{"a", mutates, 2}, {"hung", mutates, 1}, {"z", mutates}, {"w", observes}});
    bench.answer("a", R"({"payload":1})");
    bench.turn(milliseconds{999});
    CHECK_FALSE(bench.chain.done());
    bench.turn(milliseconds{1});
    CHECK(bench.happened() == "a? hung? -hung w!");
    CHECK(bench.seen_by("w") == "1");
    bench.answer("hung", R"({"payload":2})"); // too late
    CHECK(bench.outcomes() == "a modified, hung timed_out (no answer before the deadline), "
                              "z skipped (the deadline had passed)");
    CHECK(bench.decided.payload == "1");
}

TEST_CASE("E3: a breaker that skips the hung plugin costs the chain nothing") {
    bench bench({{"hung", mutates, 1}, {"z", mutates}});
    bench.skip("hung", "circuit open");
    CHECK(bench.happened() == "hung? z?");
    CHECK(bench.last_ask("z").remaining == milliseconds{1'000});
    bench.answer("z", "null");
    CHECK(bench.outcomes() == "hung skipped (circuit open), z continue");
}

TEST_CASE("E2: who must not be passed over stops the event also when there was no time left to ask it") {
    bench bench(
        {{"hung", mutates, 2}, {"b", mutates, 1}, {"guard", validates, 0, must_pass}, {"w", observes}});
    bench.turn(milliseconds{1'000});
    CHECK(bench.happened() == "hung? -hung");
    CHECK(bench.outcomes() ==
          "hung timed_out (no answer before the deadline), b skipped (the deadline had passed), "
          "guard skipped (the deadline had passed)");
    CHECK(bench.decided.stopped);
    CHECK(bench.decided.stopped_by == "guard");
    CHECK(bench.decided.reason == "the deadline had passed");
}

TEST_CASE("a deadline that has passed before anybody is asked asks nobody and tells who observes") {
    for (const int late : {0, -5}) {
        bench bench({{"a", mutates}, {"w", observes}}, "1", milliseconds{late});
        CHECK(bench.happened() == "w!");
        CHECK(bench.outcomes() == "a skipped (the deadline had passed)");
    }
}

TEST_CASE("an answer that comes with the deadline but before it was told counts") {
    bench bench({{"a", mutates, 1}, {"b", mutates}});
    bench.let_pass(milliseconds{1'000});
    bench.answer("a", R"({"payload":1})");
    CHECK(bench.happened() == "a?");
    CHECK(bench.outcomes() == "a modified, b skipped (the deadline had passed)");
    CHECK(bench.decided.payload == "1");
}

TEST_CASE("less than a millisecond that is left is told as one, not as none") {
    line_up line({{"a", mutates}});
    const time_point begin = time_point{} + milliseconds{1};
    decision_chain chain(line.interests(), {.id = "e", .type = "m.x", .timestamp = "T"}, "1",
                         begin + std::chrono::microseconds(300), begin);
    chain_ask ask;
    REQUIRE(chain.next_ask(ask));
    CHECK(ask.remaining == milliseconds{1});
}

TEST_CASE("without a deadline there is none in the message") {
    bench bench({{"a", mutates}}, "1", std::nullopt);
    CHECK(bench.chain.deadline() == never);
    CHECK(bench.last_ask("a").remaining == milliseconds::max());
    CHECK(bench.last_ask("a").message.view().find("deadlineMs") == std::string_view::npos);
    bench.turn(milliseconds{1'000'000'000});
    CHECK_FALSE(bench.chain.done());
    bench.answer("a", "null");
    CHECK(bench.chain.done());
}

TEST_CASE("time that goes backwards takes nothing back") {
    bench bench({{"a", mutates, 1}, {"b", mutates}});
    bench.let_pass(milliseconds{100});
    bench.answer("a", "null");
    bench.let_pass(milliseconds{-50});
    bench.answer("b", "null");
    (void)bench.outcomes();
    CHECK(bench.decided.plugins[1].ms == 0);
}

TEST_CASE("E2: a failure with onFailure stop cancels the rest of its tier like a stop") {
    bench bench({{"a", validates}, {"k", validates, 0, must_pass}, {"z", validates}});
    bench.fail("k", {codes::unavailable, "gone"});
    CHECK(bench.happened() == "a? k? z? -a -z");
    CHECK(bench.outcomes() == "a skipped (stopped by k), k failed (gone), z skipped (stopped by k)");
    CHECK(bench.decided.stopped_by == "k");
}

TEST_CASE("a fault without end is cut in an outcome, between characters") {
    bench bench({{"a", mutates}});
    std::string words = "x";
    for (int count = 0; count < 100'000; ++count) words += "\xC3\xA9";
    bench.fail("a", {codes::internal_error, words});
    (void)bench.outcomes();
    const std::string& reason = bench.decided.plugins[0].reason;
    CHECK(reason.size() <= longest_outcome_reason + 3);
    CHECK(reason == words.substr(0, reason.size() - 3) + "...");
    CHECK(static_cast<unsigned char>(reason[reason.size() - 4]) == 0xA9);
}

TEST_CASE("every plugin of a large tier is answered once, in any order") {
    std::vector<participant> all;
    for (int number = 0; number < 500; ++number) all.push_back({"p" + std::to_string(number), validates});
    bench bench(all);
    for (int number = 499; number >= 0; --number)
        bench.answer("p" + std::to_string(number), number == 250 ? "1" : "null");
    (void)bench.outcomes();
    CHECK(bench.decided.plugins.size() == 500);
    std::size_t failures = 0;
    for (const plugin_outcome& one : bench.decided.plugins)
        failures += one.outcome == outcome_kind::failed ? 1u : 0u;
    CHECK(failures == 1);
}

TEST_CASE("each is told its own timeout where that is less than what is left of the chain's deadline") {
    bench bench({{"a", mutates, 1, failure_policy::proceed, milliseconds{400}},
                 {"b", validates, 0},
                 {"c", validates, 0, failure_policy::proceed, milliseconds{300}},
                 {"d", validates, 0, failure_policy::proceed, milliseconds{300}}});
    CHECK(bench.last_ask("a").remaining == milliseconds{400});
    CHECK(bench.last_ask("a").deadline == bench.now() + milliseconds{400});
    CHECK(bench.last_ask("a").message.view().find(R"("deadlineMs":400,)") != std::string_view::npos);
    bench.let_pass(milliseconds{400});
    bench.fail("a", {codes::timeout, "no answer in time"});
    CHECK(bench.last_ask("b").remaining == milliseconds{600});
    CHECK(bench.last_ask("b").deadline == bench.now() + milliseconds{600});
    CHECK(bench.last_ask("c").remaining == milliseconds{300});
    CHECK(bench.last_ask("c").deadline == bench.now() + milliseconds{300});
    CHECK(bench.last_ask("d").message.view().data() == bench.last_ask("c").message.view().data());
    CHECK(bench.chain.encodings() == 3);
    for (const char* name : {"b", "c", "d"}) bench.answer(name, "null");
    CHECK(bench.outcomes() == "a timed_out (no answer in time), b continue, c continue, d continue");
}
