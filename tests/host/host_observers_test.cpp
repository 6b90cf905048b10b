// Who is told what was decided, and why somebody is not asked, through a whole host with scripted plugins.

#include "counting_plugin.hpp"

#include <algorithm>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::message;
using tests::quick;
using tests::running_host;
using tests::start;

scripted_plugin observer_named(const std::string& name) {
    return scripted_plugin(
        {.name = name,
         .json = detail::join({R"({"name":")", name, R"(","version":"1",)", R"("capabilities":["message"],)",
                               R"("events":[{"type":"message.*","mode":"observe"}]})"})});
}

explanation why(const running_host& run, std::string_view plugin) {
    const auto all = run.host.explain(message::event);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const explanation& one) { return one.name == plugin; });
    REQUIRE(found != all.end());
    return *found;
}

TEST_CASE("who observes is told once what became of an event, and of one that was stopped nothing") {
    running_host run;
    scripted_plugin author({.name = "author", .events = {"message.*"}});
    author.on("plugin/onEvent", [](const json& event) {
        const bool stops = event["payload"]["content"].text() == R"("spam")";
        return json::parse(stops ? R"({"flow":"stop"})" : R"({"payload":{"content":"edited"}})").value();
    });
    scripted_plugin witness = observer_named("witness");
    std::vector<std::string> told;
    witness.on_told("plugin/onEvent", [&](std::string_view event) {
        told.emplace_back(json::parse(event).value()["payload"]["content"].text());
    });
    REQUIRE(start(run, author, quick("author", 1)));
    REQUIRE(start(run, witness, quick("witness")));

    CHECK(run.decide(message{"spam"}).stopped());
    const auto made = run.decide(message{"first"});
    CHECK(made.payload().content == "edited");
    REQUIRE(run.wait_for([&] { return !told.empty(); }));
    CHECK(told == std::vector<std::string>{R"("edited")"});
    CHECK(run.status("witness").events.delivered == 1);
}

TEST_CASE("who is down, or has failed too often, is explained so, until it is well again") {
    running_host run;
    scripted_plugin weak({.name = "weak", .events = {"message.*"}});
    bool fails = true;
    weak.on("plugin/onEvent", [&](const json&, testing::scripted_reply reply) {
        fails ? reply.fail({codes::internal_error, "oops"}) : reply.reply_json("{}");
    });
    scripted_plugin witness = observer_named("witness");
    auto options = quick("weak");
    options.breaker = {.failures = 3, .open_for = milliseconds(2'000)};
    REQUIRE(start(run, weak, options));
    REQUIRE(start(run, witness, quick("witness")));
    CHECK(why(run, "weak").receives());

    for (int time = 0; time < 3; ++time) run.decide(message{"x"});
    CHECK(why(run, "weak").why_not == exclusion::breaker);
    CHECK(why(run, "weak").words.find("too often") != std::string::npos);
    CHECK(why(run, "witness").receives()); // nobody asks it, so nothing it answers can fail
    const auto unasked = run.decide(message{"x"});
    CHECK(!unasked.stopped());
    CHECK(unasked.plugins().at(0).outcome == outcome_kind::skipped);

    fails = false;
    REQUIRE(run.wait_for([&] { return why(run, "weak").receives(); }));
    CHECK(run.decide(message{"x"}).plugins().at(0).outcome == outcome_kind::proceed);

    REQUIRE(run.stop("weak"));
    CHECK(why(run, "weak").why_not == exclusion::state);
    CHECK(why(run, "weak").words.starts_with("it is stopped"));
}

} // namespace
