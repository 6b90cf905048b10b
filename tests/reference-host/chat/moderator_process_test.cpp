// The chat with a real plugin: the example `moderator`, which stops what has "spam" in it.

#include "chat_host.hpp"

#include <doctest/doctest.h>

#include <set>

#include <signal.h>

using namespace reference;
using tenon::plugin_state;

TEST_CASE("the moderator stops a message with spam in it, and lets another one pass") {
    chat_host run;
    run.enter("bo");
    const auto started = run.start(example_moderator());
    REQUIRE_MESSAGE(started, started.error().message);
    const auto spam = run.say("ada", "bo", "buy spam");
    CHECK_FALSE(spam->delivered);
    CHECK(spam->stopped_by == "moderator");
    CHECK(spam->reason == "spam");
    CHECK(run.say("ada", "bo", "lunch?")->delivered);
    REQUIRE(run.all["bo"].size() == 1);
    CHECK(run.all["bo"][0].second == R"({"id":"m2","content":"lunch?","from_uid":"ada","to_uid":"bo"})");
}

TEST_CASE(
    "a plugin killed while 200 messages wait for it: each has one receipt, none is lost, none comes twice") {
    chat_host run;
    run.enter("ada");
    run.enter("bo");
    auto options = example_moderator();
    options.restart.backoff = tenon::milliseconds(200);
    options.restart.jitter = 0;
    REQUIRE(run.start(options));
    const int pid = run.status("moderator").pid.value();
    constexpr int count = 200;
    std::vector<int> receipts(count);
    std::vector<receipt> slips(count);
    for (int number = 0; number != count; ++number)
        run.talk.say({"message " + std::to_string(number), "ada", "bo"},
                     [&receipts, &slips, number](const tenon::result<receipt>& slip) {
                         ++receipts[static_cast<std::size_t>(number)];
                         if (slip) slips[static_cast<std::size_t>(number)] = *slip;
                     });
    // Some of them are answered, the rest is on its way, or waits to be asked.
    REQUIRE(run.wait_for([&] { return std::count(receipts.begin(), receipts.end(), 1) >= 20; }));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    const auto killed = std::chrono::steady_clock::now();
    REQUIRE(run.wait_for([&] { return std::count(receipts.begin(), receipts.end(), 0) == 0; }));
    REQUIRE(run.wait_for([&] { return run.status("moderator").generation == 2; }));
    REQUIRE(run.wait_for([&] { return run.status("moderator").state == plugin_state::ready; }));
    const auto back = std::chrono::steady_clock::now() - killed;
    CHECK(back >= std::chrono::milliseconds(150));
    CHECK(back < std::chrono::seconds(5));

    CHECK(std::count(receipts.begin(), receipts.end(), 1) == count);
    std::set<std::string> ids;
    std::size_t answered = 0, failed = 0;
    for (const receipt& slip : slips) {
        CHECK(slip.delivered); // nothing in them was to be stopped
        CHECK(ids.insert(slip.id).second);
        for (const auto& one : slip.plugins)
            ++(one.outcome == tenon::outcome_kind::proceed ? answered : failed);
    }
    CHECK(answered >= 20);
    CHECK(failed >= 1); // those that it had not answered say so
    for (const char* uid : {"ada", "bo"}) {
        std::set<std::string> heard;
        for (const auto& [event, data] : run.all[uid]) CHECK(heard.insert(data).second);
        CHECK(heard.size() == count);
    }
    CHECK(run.say("ada", "bo", "spam again")->stopped_by == "moderator");
}
