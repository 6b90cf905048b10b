// Plugins that are not there while events should be decided, through a whole host: the plugins are scripted, the wire is
// real.

#include "counting_plugin.hpp"

#include <functional>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using testing::scripted_reply;
using tests::message;
using tests::quick;
using tests::running_host;
using tests::start;

/// Stops what has "spam" in it.
scripted_plugin moderating(const std::string& name = "moderator") {
    scripted_plugin plugin({.name = name, .events = {"message.*"}});
    plugin.on("plugin/onEvent", [](const json& event) {
        const bool bad = event["payload"]["content"].text().find("spam") != std::string_view::npos;
        return json::parse(bad ? R"({"flow":"stop","reason":"spam"})" : "null").value();
    });
    return plugin;
}
/// Comes back after a time that no test waits for.
plugin_options slow_to_return(std::string name) {
    auto options = quick(std::move(name));
    options.restart.backoff = options.restart.max_backoff = std::chrono::hours(1);
    return options;
}
void lose(running_host& run, scripted_plugin& plugin, const std::string& name) {
    plugin.hang_up();
    REQUIRE(run.wait_for([&] { return run.status(name).state != plugin_state::ready; }));
}
explanation why(const running_host& run, std::string_view name) {
    for (const explanation& one : run.host.explain("message.incoming"))
        if (one.name == name) return one;
    return {};
}

TEST_CASE("spam passed while the moderator was down, and its receipt had no line for it") {
    running_host run;
    scripted_plugin moderator = moderating();
    REQUIRE(start(run, moderator, slow_to_return("moderator")));
    CHECK(run.decide(message{"buy spam"}).stopped_by() == "moderator");
    lose(run, moderator, "moderator");
    const auto made = run.decide(message{"buy spam"});
    CHECK_FALSE(made.stopped()); // the default
    REQUIRE(made.plugins().size() == 1);
    CHECK(made.plugins()[0].plugin == "moderator");
    CHECK(made.plugins()[0].outcome == outcome_kind::absent);
    CHECK(made.plugins()[0].reason.starts_with("it is waiting to retry: "));
    CHECK(made.to_json().find(R"({"plugin":"moderator","outcome":"absent","ms":0)") != std::string::npos);
    CHECK(run.status("moderator").events.absent == 1);
    CHECK(run.host.publish(message{"told to nobody"}) == 0);
    CHECK(why(run, "moderator").why_not == exclusion::state);
    CHECK(why(run, "moderator").words.ends_with("; such an event passes without it"));
    CHECK(to_json(why(run, "moderator")).find(R"("absent":"pass")") != std::string::npos);
}

TEST_CASE("nothing passes without a required plugin: before its first handshake, while it is down, when it "
          "has failed, "
          "when it is stopped, when the host ends") {
    running_host run;
    scripted_plugin moderator = moderating();
    scripted_reply greeted;
    moderator.on("plugin/handshake", [&](const json&, scripted_reply reply) { greeted = std::move(reply); });
    auto options = slow_to_return("moderator");
    options.required = {"*"};
    REQUIRE(moderator.add_to(run.host, options));
    const auto stopped = [&](std::string_view state) {
        const auto made = run.decide(message{"hello"});
        REQUIRE(made.plugins().size() == 1);
        CHECK(made.plugins()[0].reason.find(state) != std::string::npos);
        return made.stopped() && made.stopped_by() == "moderator";
    };
    CHECK(stopped("stopped"));
    CHECK(why(run, "moderator").required);
    CHECK(why(run, "moderator").words.ends_with("; such an event is stopped"));
    bool began = false;
    run.host.start("moderator", [&](result<void>) { began = true; });
    REQUIRE(run.wait_for([&] { return run.status("moderator").state == plugin_state::handshaking; }));
    CHECK(stopped("it is shaking hands"));
    greeted.reply_json(R"({"name":"moderator","version":"1","capabilities":["message"]})");
    REQUIRE(run.wait_for([&] { return run.status("moderator").state == plugin_state::ready; }));
    CHECK_FALSE(run.decide(message{"hello"}).stopped());
    lose(run, moderator, "moderator");
    CHECK(stopped("it is waiting to retry"));
    REQUIRE(run.stop("moderator"));
    CHECK(stopped("stopped"));
    CHECK(run.status("moderator").events.absent == 4);
    bool over = false;
    run.host.shutdown([&](result<void>) { over = true; });
    REQUIRE(run.wait_for([&] { return over; }));
    CHECK(run.decide(message{"hello"}).stopped());
}

TEST_CASE(
    "who was stopped on purpose or was never started is missed by nobody where events may pass without it") {
    running_host run;
    scripted_plugin moderator = moderating(), never = moderating("never");
    REQUIRE(never.add_to(run.host, quick("never")));
    REQUIRE(start(run, moderator, quick("moderator")));
    CHECK(run.decide(message{"hello"}).plugins().size() == 1);
    REQUIRE(run.stop("moderator"));
    const auto made = run.decide(message{"buy spam"});
    CHECK(made.plugins().empty());
    CHECK_FALSE(made.stopped());
    CHECK_FALSE(why(run, "moderator").missed);
}

TEST_CASE(
    "spam passed whose absence stops or holds messages, before its first handshake and after it was stopped "
    "by hand, and the receipt had no line") {
    running_host run({.decision_timeout = milliseconds(60'000)});
    scripted_plugin stops = moderating("stops"), holds = moderating("holds");
    auto options = quick("stops");
    options.absent = absence::stop;
    REQUIRE(stops.add_to(run.host, options));
    const auto stopped = [&] {
        const auto made = run.decide(message{"hello"});
        REQUIRE(made.plugins().size() == 1);
        CHECK(made.plugins()[0].outcome == outcome_kind::absent);
        return made.stopped_by() == "stops";
    };
    CHECK(stopped()); // never started
    CHECK(why(run, "stops").words.ends_with("; such an event is stopped"));
    bool began = false;
    run.host.start("stops", [&](const result<void>&) { began = true; });
    CHECK(stopped()); // on its way
    REQUIRE(run.wait_for([&] { return began; }));
    CHECK_FALSE(run.decide(message{"hello"}).stopped());
    REQUIRE(run.stop("stops"));
    CHECK(stopped());
    bool gone = false;
    run.host.remove("stops", [&](const result<void>&) { gone = true; });
    REQUIRE(run.wait_for([&] { return gone; }));

    auto patient = quick("holds");
    patient.absent = absence::hold;
    REQUIRE(holds.add_to(run.host, patient));
    const auto unstarted = run.decide(message{"buy spam"}); // nobody starts it, so nobody waits
    REQUIRE(unstarted.plugins().size() == 1);
    CHECK(unstarted.plugins()[0].outcome == outcome_kind::absent);
    CHECK(why(run, "holds").words.ends_with("; such an event passes without it"));
    run.host.start("holds", [](const result<void>&) {});
    CHECK(run.decide(message{"buy spam"}).stopped_by() == "holds"); // it waited for the first handshake
    REQUIRE(run.stop("holds"));
    CHECK(run.decide(message{"buy spam"}).plugins().size() == 1);
}

/// Hangs up on the first `times` questions about spam, and decides afterwards.
struct dying {
    dying(running_host& of, int times) : left(times) {
        plugin.on("plugin/onEvent", [this, &of](const json&, scripted_reply reply) {
            ++asked;
            if (left-- <= 0) {
                reply.reply_json(R"({"flow":"stop","reason":"spam"})");
                return;
            }
            unanswered.push_back(std::move(reply));
            asio::post(of.io, [this] { plugin.hang_up(); });
        });
    }
    scripted_plugin plugin{{.name = "moderator", .events = {"message.*"}}};
    std::vector<scripted_reply> unanswered;
    int left, asked = 0;
};

TEST_CASE(
    "spam passed as failed when the moderator was killed while it was asked, though its absence stops or "
    "holds messages") {
    for (const absence absent : {absence::stop, absence::hold, absence::pass}) {
        running_host run({.decision_timeout = milliseconds(60'000)});
        dying moderator(run, 1);
        auto options = quick("moderator");
        options.absent = absent;
        options.restart.backoff = options.restart.max_backoff = milliseconds(20);
        REQUIRE(start(run, moderator.plugin, options));
        const auto made = run.decide(message{"buy spam"});
        REQUIRE(made.plugins().size() == 1);
        CHECK(made.stopped() == (absent != absence::pass));
        CHECK(made.plugins()[0].outcome == (absent == absence::stop   ? outcome_kind::absent
                                            : absent == absence::hold ? outcome_kind::stop
                                                                      : outcome_kind::failed));
        CHECK(moderator.asked == (absent == absence::hold ? 2 : 1));
    }
}

TEST_CASE("an event that ends whoever is asked about it is held once, and not for a third instance") {
    running_host run({.decision_timeout = milliseconds(60'000)});
    dying moderator(run, 1'000);
    auto options = quick("moderator");
    options.absent = absence::hold;
    options.restart.max_retries = 1'000;
    options.restart.backoff = options.restart.max_backoff = milliseconds(20);
    REQUIRE(start(run, moderator.plugin, options));
    const auto made = run.decide(message{"buy spam"});
    CHECK(made.plugins().at(0).outcome == outcome_kind::failed);
    CHECK(moderator.asked == 2);
}

TEST_CASE(
    "messages passed a required plugin that only observes them, and neither the log nor its status said so") {
    running_host run;
    scripted_plugin moderator({.name = "moderator"});
    moderator.on("plugin/handshake", [] {
        return json::parse(R"({"name":"moderator","version":"1","capabilities":["message"],)"
                           R"("events":[{"type":"message.incoming","mode":"observe"}]})")
            .value();
    });
    auto options = quick("moderator");
    options.required = {"message.*"};
    REQUIRE(start(run, moderator, options));
    CHECK_FALSE(run.decide(message{"buy spam"}).stopped());
    const std::string words =
        "required: it decides about no event of \"message.*\", and they pass: it only observes them";
    CHECK(run.status("moderator").warnings == std::vector{words});
    CHECK(run.logged(words));
}

TEST_CASE("an event is held until the moderator is there again, and then it is asked") {
    running_host run({.decision_timeout = milliseconds(60'000)});
    scripted_plugin moderator = moderating();
    auto options = quick("moderator");
    options.absent_of = {{"message.*", absence::hold}};
    options.restart.backoff = options.restart.max_backoff = milliseconds(50);
    REQUIRE(start(run, moderator, options));
    lose(run, moderator, "moderator");
    const auto spam = run.decide(message{"buy spam"});
    CHECK(spam.stopped_by() == "moderator");
    CHECK(spam.plugins().at(0).outcome == outcome_kind::stop);
    CHECK(spam.plugins().at(0).ms >= 10);
    lose(run, moderator, "moderator");
    CHECK_FALSE(run.decide(message{"hello"}).stopped());
    CHECK(run.status("moderator").events.absent == 0);
}

TEST_CASE("an event is not held for one that will not return in time, nor longer once that is known") {
    running_host run({.decision_timeout = milliseconds(60'000)});
    scripted_plugin moderator = moderating(), doomed = moderating("doomed");
    auto options = slow_to_return("moderator");
    options.absent = absence::hold;
    REQUIRE(start(run, moderator, options));
    lose(run, moderator, "moderator");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(run.decide(message{"buy spam"}).plugins().at(0).outcome == outcome_kind::absent);
    REQUIRE(run.stop("moderator"));

    bool refuses = false;
    scripted_reply greeted;
    doomed.on("plugin/handshake", [&](const json&, scripted_reply reply) {
        if (refuses) greeted = std::move(reply);
        else reply.reply_json(R"({"name":"doomed","version":"1","capabilities":["message"]})");
    });
    auto once = quick("doomed");
    once.absent = absence::hold;
    REQUIRE(start(run, doomed, once));
    refuses = true;
    lose(run, doomed, "doomed");
    bool decided = false;
    run.host.decide(message{"buy spam"}, [&](const decision<message>& made) {
        decided = true;
        CHECK(made.plugins().at(0).outcome == outcome_kind::absent);
        CHECK(made.plugins().at(0).reason.find("failed") != std::string::npos);
    });
    REQUIRE(run.wait_for([&] { return run.status("doomed").state == plugin_state::handshaking; }));
    CHECK_FALSE(decided);
    greeted.reply_json(R"({"name":"somebody else","version":"1"})"); // for which it is failed at once
    REQUIRE(run.wait_for([&] { return decided; }));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(50));
}

TEST_CASE(
    "two decisions that were held to their end were destroyed before it, and the host used them still") {
    running_host run({.decision_timeout = milliseconds(30)});
    scripted_plugin moderator = moderating();
    scripted_reply greeted;
    moderator.on("plugin/handshake", [&](const json&, scripted_reply reply) { greeted = std::move(reply); });
    auto options = quick("moderator");
    options.absent = absence::hold;
    options.required = {"*"};
    options.handshake_timeout = milliseconds(60'000);
    REQUIRE(moderator.add_to(run.host, options));
    run.host.start("moderator", [](const result<void>&) {});
    REQUIRE(run.wait_for([&] { return run.status("moderator").state == plugin_state::handshaking; }));
    for (int round = 0; round != 10; ++round) {
        int decided = 0;
        for (int count = 0; count != 2; ++count)
            run.host.decide(message{"buy spam"}, [&](const decision<message>& made) {
                ++decided;
                REQUIRE(made.plugins().size() == 1);
                CHECK(made.plugins()[0].outcome == outcome_kind::absent);
                CHECK(made.stopped());
            });
        REQUIRE(run.wait_for([&] { return decided == 2; }));
    }
}

TEST_CASE("a plugin that returns and wants other events lets go of what was held for it") {
    running_host run({.decision_timeout = milliseconds(60'000)});
    scripted_plugin moderator({.name = "moderator", .events = {"message.*"}});
    std::string family = "message";
    int asked = 0;
    moderator.on("plugin/handshake", [&] {
        return json::parse(R"({"name":"moderator","version":"1","capabilities":[")" + family + R"("]})")
            .value();
    });
    moderator.on("plugin/onEvent", [&] { return ++asked, json(); });
    auto options = quick("moderator");
    options.absent = absence::hold;
    options.required = {"message.*"};
    REQUIRE(start(run, moderator, options));
    family = "room";
    lose(run, moderator, "moderator");
    const auto made = run.decide(message{"hello"});
    CHECK_FALSE(made.stopped());
    CHECK(asked == 0);
}

TEST_CASE("a host that goes away while an event is held ends that decision, and nothing passes") {
    bool over = false;
    {
        running_host run({.decision_timeout = milliseconds(60'000)});
        scripted_plugin moderator = moderating();
        auto options = quick("moderator");
        options.required = {"*"};
        options.absent = absence::hold;
        options.restart.backoff = options.restart.max_backoff = milliseconds(30'000);
        REQUIRE(start(run, moderator, options));
        lose(run, moderator, "moderator");
        run.host.decide(message{"hello"}, [&](const decision<message>& made) {
            over = true;
            CHECK(made.stopped());
        });
        run.io.restart();
        run.io.poll();
        CHECK_FALSE(over);
    }
    CHECK(over);
}

} // namespace
