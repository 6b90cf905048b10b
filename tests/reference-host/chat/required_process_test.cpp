// The chat with a moderator that dies: the example `moderator`, which stops what has "spam" in it.

#include "chat_host.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include <signal.h>

using namespace reference;
using tenon::outcome_kind;
using tenon::plugin_state;

namespace {

tenon::plugin_options moderator() {
    tenon::plugin_options options = example_moderator();
    options.restart.backoff = tenon::milliseconds(20);
    options.restart.jitter = 0;
    options.restart.growth = tenon::backoff_growth::linear;
    options.restart.max_retries = 1'000;
    options.handshake_timeout = tenon::milliseconds(60'000);
    return options;
}

struct spammed : chat_host {
    spammed() {
        enter("ada");
        enter("bo");
    }
    /// Says something forbidden without waiting for what becomes of it.
    void spam(int times) {
        for (int time = 0; time != times; ++time)
            talk.say({"buy spam", "ada", "bo"}, [this](const tenon::result<receipt>& slip) {
                ++receipts;
                REQUIRE(slip);
                delivered += slip->delivered;
                REQUIRE(slip->plugins.size() == 1);
                REQUIRE(slip->plugins[0].plugin == "moderator");
                ++outcomes[slip->plugins[0].outcome];
            });
    }
    bool is_ready() const { return status("moderator").state == plugin_state::ready; }
    void kill_it() {
        if (const auto pid = status("moderator").pid) REQUIRE(::kill(*pid, SIGKILL) == 0);
    }
    bool all_answered(int count) {
        return wait_for([&] { return receipts == count; }, std::chrono::seconds(100));
    }

    int receipts = 0, delivered = 0;
    std::map<outcome_kind, int> outcomes;
};

} // namespace

TEST_CASE(
    "of 1,000 forbidden messages none passes while a required moderator is killed ten times and comes back") {
    spammed run;
    auto options = moderator();
    options.required = {"*"};
    bool begun = false;
    run.host.start(options, [&](const tenon::result<void>& started) { begun = started.has_value(); });
    run.spam(100); // before its first handshake
    REQUIRE(run.all_answered(100));
    CHECK(run.outcomes[outcome_kind::absent] == 100);
    REQUIRE(run.wait_for([&] { return begun; }));
    for (int kill = 0; kill != 10; ++kill) {
        REQUIRE(run.wait_for([&] { return run.is_ready(); }, std::chrono::seconds(60)));
        run.spam(30); // some are answered, the rest is on its way, or waits
        const int enough = run.receipts + 5;
        REQUIRE(run.wait_for([&] { return run.receipts >= enough; }));
        run.kill_it();
        run.spam(30);
        REQUIRE(run.wait_for([&] { return !run.is_ready(); }));
        run.spam(30);
    }
    REQUIRE(run.all_answered(1'000));
    CHECK(run.delivered == 0);
    CHECK(run.all["bo"].empty());
    CHECK(run.outcomes[outcome_kind::stop] >= 50);    // it decided,
    CHECK(run.outcomes[outcome_kind::absent] >= 400); // was not there,
    CHECK(run.outcomes[outcome_kind::failed] >= 10);  // or died over it
    CHECK(run.status("moderator").events.absent ==
          static_cast<std::uint64_t>(run.outcomes[outcome_kind::absent]));
    REQUIRE(run.wait_for([&] { return run.is_ready(); }, std::chrono::seconds(60)));
    CHECK(run.say("ada", "bo", "lunch?")->delivered);
}

TEST_CASE("of 1,000 forbidden messages none passes when a required moderator is killed more often than it is "
          "restarted") {
    spammed run;
    auto options = moderator();
    options.required = {"message.*"};
    options.restart.max_retries = 3;
    REQUIRE(run.start(options));
    for (int kill = 0; kill != 10; ++kill) {
        run.spam(50);
        run.kill_it(); // while it is there
        run.spam(50);
        if (kill < 4)
            REQUIRE(run.wait_for(
                [&] {
                    return run.status("moderator").generation > static_cast<std::uint64_t>(kill + 1) ||
                           run.status("moderator").state == plugin_state::failed;
                },
                std::chrono::seconds(60)));
    }
    REQUIRE(run.wait_for([&] { return run.status("moderator").state == plugin_state::failed; }));
    REQUIRE(run.all_answered(1'000));
    CHECK(run.delivered == 0);
    CHECK(run.all["bo"].empty());
    const auto last = run.say("ada", "bo", "lunch?");
    CHECK_FALSE(last->delivered);
    CHECK(last->stopped_by == "moderator");
    CHECK(last->reason.value_or("").starts_with("it is failed: "));
}

TEST_CASE("without `required` messages pass while the moderator is away, and the receipt of each names it") {
    spammed run;
    auto options = moderator();
    options.restart.backoff = options.restart.max_backoff = std::chrono::hours(1);
    REQUIRE(run.start(options));
    run.kill_it();
    REQUIRE(run.wait_for([&] { return !run.is_ready(); }));
    run.spam(1'000);
    REQUIRE(run.all_answered(1'000));
    CHECK(run.delivered == 1'000);
    CHECK(run.outcomes[outcome_kind::absent] == 1'000);
    CHECK(run.status("moderator").events.absent == 1'000);
}
