#include "chain_bench.hpp"

#include <string>

using namespace tenon;
using namespace tenon::detail;

TEST_CASE("without anybody to ask an event goes on at once") {
    bench bench({});
    CHECK(bench.chain.done());
    CHECK(bench.chain.deadline() == never);
    CHECK(bench.outcomes().empty());
    CHECK_FALSE(bench.decided.stopped);
    CHECK(bench.decided.payload == "{\"n\":0}");
    CHECK(bench.chain.encodings() == 0);
}

TEST_CASE("E1: the highest priority is asked first, and the next only when it has answered") {
    bench bench({{"low", mutates, -1}, {"high", mutates, 5}, {"middle", validates, 0}});
    CHECK(bench.happened() == "high?");
    bench.answer("high", "null");
    CHECK(bench.happened() == "middle?");
    bench.answer("middle", "{}");
    CHECK(bench.happened() == "low?");
    CHECK_FALSE(bench.chain.done());
    bench.answer("low", R"({"flow":"continue"})");
    CHECK(bench.outcomes() == "high continue, middle continue, low continue");
}

TEST_CASE("E1: of five in a row, those behind the one that stops get nothing, those before it one copy") {
    for (std::size_t stopper = 0; stopper < 5; ++stopper) {
        CAPTURE(stopper);
        std::vector<participant> all;
        for (int place = 0; place < 5; ++place)
            all.push_back({std::string(1, static_cast<char>('a' + place)),
                           place % 2 == 0 ? validates : mutates, 10 - place});
        all.push_back({"watcher", observes, 100});
        bench bench(all);
        for (std::size_t place = 0; place <= stopper; ++place)
            bench.answer(all[place].name, place == stopper ? R"({"flow":"stop","reason":"no"})" : "null");
        REQUIRE(bench.chain.done());
        for (std::size_t place = 0; place < 5; ++place)
            CHECK(bench.copies_of(all[place].name) == (place <= stopper ? 1u : 0u));
        CHECK(bench.copies_of("watcher") == 0);
        (void)bench.outcomes();
        CHECK(bench.decided.stopped);
        CHECK(bench.decided.stopped_by == all[stopper].name);
        CHECK(bench.decided.reason == "no");
        for (std::size_t place = 0; place < 5; ++place)
            CHECK(bench.decided.plugins[place].outcome == (place < stopper    ? outcome_kind::proceed
                                                           : place == stopper ? outcome_kind::stop
                                                                              : outcome_kind::skipped));
    }
}

TEST_CASE("in a tier each that mutates sees what the former made of it, then all that validate at once") {
    bench bench({{"d", validates}, {"c", validates}, {"b", mutates}, {"a", mutates}, {"w", observes, 9}});
    CHECK(bench.happened() == "a?");
    CHECK(bench.seen_by("a") == R"({"n":0})");
    bench.answer("a", R"({"payload":{"n":1}})");
    CHECK(bench.happened() == "b?");
    CHECK(bench.seen_by("b") == R"({"n":1})");
    bench.answer("b", R"({"flow":"continue","payload":{"n":2}})");
    CHECK(bench.happened() == "c? d?");
    CHECK(bench.seen_by("c") == R"({"n":2})");
    CHECK(bench.seen_by("d") == R"({"n":2})");
    bench.answer("d", "null");
    CHECK(bench.happened().empty());
    bench.answer("c", "null");
    CHECK(bench.happened() == "w!");
    CHECK(bench.seen_by("w") == R"({"n":2})");
    CHECK(bench.outcomes() == "a modified, b modified, c continue, d continue");
    CHECK(bench.decided.modified);
    CHECK(bench.decided.payload == R"({"n":2})");
}

TEST_CASE("a payload is taken from those that mutate only, and the same again is no change") {
    bench bench({{"a", mutates, 1}, {"b", validates}});
    bench.answer("a", R"({"payload":{"n":0}})");
    bench.answer("b", R"({"payload":{"n":7}})");
    CHECK(bench.outcomes() == "a continue, b continue");
    CHECK_FALSE(bench.decided.modified);
    CHECK(bench.decided.payload == R"({"n":0})");
}

TEST_CASE("who stops the event changes nothing in it") {
    bench bench({{"a", mutates, 1}, {"b", mutates}});
    bench.answer("a", R"({"payload":{"n":1}})");
    bench.answer("b", R"({"flow":"stop","payload":{"n":7},"reason":"spam","data":{"score":9}})");
    CHECK(bench.outcomes() == "a modified, b stop (spam)");
    CHECK(bench.decided.payload == R"({"n":1})");
    CHECK(bench.decided.data == R"({"score":9})");
}

TEST_CASE("a stop of one that mutates spares the rest of its tier") {
    bench bench({{"a", mutates}, {"b", mutates}, {"c", validates}, {"d", mutates, -1}, {"w", observes}});
    bench.answer("a", R"({"flow":"stop"})");
    CHECK(bench.happened() == "a?");
    CHECK(bench.chain.done());
    CHECK(bench.outcomes() ==
          "a stop, b skipped (stopped by a), c skipped (stopped by a), d skipped (stopped by a)");
}

TEST_CASE("E1: a stop of one that validates cancels the rest of its tier, once each") {
    bench bench(
        {{"a", validates}, {"b", validates}, {"c", validates}, {"d", validates}, {"z", validates, -1}});
    CHECK(bench.happened() == "a? b? c? d?");
    bench.answer("b", "null");
    bench.let_pass(milliseconds{20});
    bench.answer("c", R"({"flow":"stop","reason":"c says so"})");
    CHECK(bench.happened() == "-a -d");
    CHECK(bench.chain.done());
    CHECK(bench.outcomes() ==
          "a skipped (stopped by c), b continue, c stop (c says so), d skipped (stopped by c), "
          "z skipped (stopped by c)");
    CHECK(bench.decided.stopped_by == "c");
    CHECK(bench.decided.plugins[0].ms == doctest::Approx(20));
    CHECK(bench.decided.plugins[4].ms == 0);
}

TEST_CASE("E1: of several stops the first in the order of ids is reported, whichever came first") {
    bench bench({{"a", validates}, {"b", validates}, {"c", validates}});
    bench.answer("c", R"({"flow":"stop","reason":"third","data":3})");
    CHECK(bench.happened() == "a? b? c? -a -b");
    // The others' answers were on their way already.
    bench.fail("b", {codes::cancelled, "cancelled"});
    bench.answer("a", R"({"flow":"stop","reason":"first","data":1})");
    CHECK(bench.outcomes() == "a stop (first), b skipped (stopped by a), c stop (third)");
    CHECK(bench.decided.stopped_by == "a");
    CHECK(bench.decided.reason == "first");
    CHECK(bench.decided.data == "1");
}

TEST_CASE("whoever answers before it could be cancelled is not cancelled") {
    line_up line({{"a", validates}, {"b", validates}});
    decision_chain chain(line.interests(), {.id = "e", .type = "m.x", .timestamp = "T"}, "1", never,
                         time_point{});
    chain_ask ask;
    REQUIRE(chain.next_ask(ask));
    REQUIRE(chain.next_ask(ask));
    chain.answered(1, R"({"flow":"stop"})", time_point{});
    chain.answered(0, "null", time_point{});
    chain_cancel unneeded;
    CHECK_FALSE(chain.next_cancel(unneeded));
    CHECK(chain.take().plugins[0].outcome == outcome_kind::proceed);
}

TEST_CASE("by which call each was asked is remembered by the chain, and said when it is cancelled") {
    line_up line({{"a", validates}, {"b", validates}, {"w", observes}});
    decision_chain chain(line.interests(), {.id = "e", .type = "m.x", .timestamp = "T"}, "1", never,
                         time_point{});
    const auto calls = [&] {
        std::string all;
        chain.each_call([&](plugin_index plugin, call_ticket call) {
            all += line.name_of(plugin) + std::to_string(call.slot) + ' ';
        });
        return all;
    };
    chain_ask ask;
    REQUIRE(chain.next_ask(ask));
    CHECK(calls().empty());
    chain.asked_by(ask.step, {.slot = 7, .generation = 1});
    REQUIRE(chain.next_ask(ask));
    chain.asked_by(ask.step, {.slot = 9, .generation = 1});
    CHECK(calls() == "a7 b9 ");
    chain.answered(0, R"({"flow":"stop"})", time_point{});
    CHECK(calls() == "a7 b9 ");
    chain_cancel unneeded;
    REQUIRE(chain.next_cancel(unneeded));
    CHECK(unneeded.plugin == 1);
    CHECK(unneeded.call == call_ticket{.slot = 9, .generation = 1});
}

TEST_CASE("a handler within the host that stops an event while it is asked spares those not asked yet") {
    line_up line({{"a", validates}, {"b", validates}});
    decision_chain chain(line.interests(), {.id = "e", .type = "m.x", .timestamp = "T"}, "1", never,
                         time_point{});
    chain_ask ask;
    REQUIRE(chain.next_ask(ask));
    chain.answered(ask.plugin, R"({"flow":"stop"})", time_point{});
    CHECK_FALSE(chain.next_ask(ask));
    CHECK(chain.done());
    const raw_decision decided = chain.take();
    CHECK(decided.plugins[1].outcome == outcome_kind::skipped);
}

TEST_CASE("data is of the last one that gave any, when nobody stopped the event") {
    bench bench({{"a", mutates, 2}, {"b", validates, 1}, {"c", validates, 1}, {"d", validates}});
    bench.answer("a", R"({"data":"a"})");
    bench.answer("c", R"({"data":"c"})");
    bench.answer("b", R"({"data":"b"})");
    bench.answer("d", "null");
    (void)bench.outcomes();
    CHECK(bench.decided.data == "\"c\"");
}

TEST_CASE("observers are told once, without a deadline, and wait for nothing") {
    bench bench({{"a", mutates}, {"v", observes, 3}, {"w", observes}});
    bench.answer("a", R"({"payload":1})");
    CHECK(bench.happened() == "a? v! w!");
    CHECK_FALSE(bench.last_ask("v").wants_answer);
    CHECK(bench.last_ask("v").message.view() ==
          R"({"eventId":"e1","eventType":"m.x","metadata":{},"timestamp":"T","payload":1})");
    CHECK(bench.chain.done());
    bench.answer("v", R"({"flow":"stop"})"); // nobody asked
    CHECK(bench.outcomes() == "a modified");
    CHECK_FALSE(bench.decided.stopped);
}

TEST_CASE("an event that everybody only observes is told at once") {
    bench bench({{"v", observes}, {"w", observes, 1}});
    CHECK(bench.happened() == "w! v!");
    CHECK(bench.chain.done());
    CHECK(bench.chain.encodings() == 1);
}

TEST_CASE("a changed payload that whoever asked cannot take is the plugin's failure") {
    const auto small = [](void* context, std::string_view payload) -> result<void> {
        if (payload.size() <= *static_cast<std::size_t*>(context)) return {};
        return fault{codes::invalid_params, "decision.payload.n: expected a digit, got a number"};
    };
    std::size_t limit = 3;
    for (const failure_policy policy : {failure_policy::proceed, failure_policy::stop}) {
        bench bench({{"a", mutates, 2}, {"b", mutates, 1, policy}, {"c", mutates}}, "0", milliseconds{1'000},
                    {&limit, small});
        bench.answer("a", R"({"payload":1})");
        bench.answer("b", R"({"payload":12345,"data":1})");
        if (policy == failure_policy::proceed) {
            CHECK(bench.seen_by("c") == "1");
            bench.answer("c", "null");
            CHECK(bench.outcomes() ==
                  "a modified, b failed (decision.payload.n: expected a digit, got a number), c continue");
            CHECK(bench.decided.data.empty());
        } else {
            (void)bench.outcomes();
            CHECK(bench.decided.stopped_by == "b");
        }
        CHECK(bench.decided.payload == "1");
    }
}

TEST_CASE("the message is written once for all that validate in a tier and once for all that observe") {
    std::vector<participant> all;
    for (int number = 0; number < 100; ++number) {
        all.push_back({"a" + std::to_string(number), validates, 2});
        all.push_back({"b" + std::to_string(number), validates, 1});
        all.push_back({"o" + std::to_string(number), observes});
    }
    bench bench(all);
    CHECK(bench.chain.encodings() == 1);
    const char* const bytes = bench.last_ask("a0").message.view().data();
    CHECK(bench.last_ask("a99").message.view().data() == bytes);
    for (int number = 0; number < 100; ++number) {
        bench.let_pass(milliseconds{1});
        bench.answer("a" + std::to_string(number), "null");
    }
    CHECK(bench.chain.encodings() == 2);
    for (int number = 0; number < 100; ++number) bench.answer("b" + std::to_string(number), "null");
    CHECK(bench.chain.done());
    CHECK(bench.chain.encodings() == 3);
    CHECK(bench.last_ask("o0").message.view().data() == bench.last_ask("o99").message.view().data());
}

TEST_CASE(
    "a handler within the host that answers while the others are asked does not make them another message") {
    line_up line({{"a", validates}, {"b", validates}, {"c", validates}});
    const time_point begin = time_point{} + milliseconds{1'000};
    decision_chain chain(line.interests(), {.id = "e", .type = "m.x", .timestamp = "T"}, "1",
                         after(begin, milliseconds{100}), begin);
    chain_ask first, second;
    REQUIRE(chain.next_ask(first));
    chain.answered(first.plugin, "null", after(begin, milliseconds{5}));
    REQUIRE(chain.next_ask(second));
    CHECK(second.message.view().data() == first.message.view().data());
    CHECK(second.remaining == milliseconds{100}); // as the message says
    CHECK(chain.encodings() == 1);
}

TEST_CASE("those that mutate share a message while nothing changes, and get another when something does") {
    bench bench({{"a", mutates}, {"b", mutates}, {"c", mutates}, {"d", mutates}});
    bench.answer("a", "null");
    CHECK(bench.chain.encodings() == 1);
    bench.answer("b", R"({"payload":1})");
    CHECK(bench.chain.encodings() == 2);
    bench.let_pass(milliseconds{10}); // less is left
    bench.answer("c", "null");
    CHECK(bench.chain.encodings() == 3);
}

TEST_CASE("what comes after the decision was taken is nothing") {
    bench bench({{"a", validates}, {"b", validates}});
    bench.answer("a", R"({"flow":"stop"})");
    CHECK(bench.outcomes() == "a stop, b skipped (stopped by a)");
    bench.answer("b", R"({"flow":"stop"})");
    bench.fail("b", {codes::timeout, "late"});
    bench.skip("b", "late");
    bench.turn(milliseconds{5'000});
    CHECK(bench.happened() == "a? b? -b");
    CHECK(bench.chain.done());
    CHECK(bench.chain.take().plugins.empty());
}

TEST_CASE("an answer that nobody asked for is nothing") {
    bench bench({{"a", mutates, 1}, {"b", mutates}});
    bench.answer("b", R"({"flow":"stop"})");
    CHECK_FALSE(bench.chain.done());
    bench.answer("a", R"({"payload":1})");
    bench.answer("a", R"({"payload":2})");
    CHECK(bench.seen_by("b") == "1");
    bench.answer("b", "null");
    CHECK(bench.outcomes() == "a modified, b continue");
}
