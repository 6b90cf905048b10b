// Whom an event that a plugin emits goes to, and what the plugin is told about that.

#include "counting_plugin.hpp"

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::quick;
using tests::running_host;

struct neighbours : running_host {
    neighbours() {
        auto options = quick("one");
        options.allow_reverse_calls = true;
        options.permissions = {"events:emit"};
        REQUIRE(tests::start(*this, one, options));
        REQUIRE(tests::start(*this, two, quick("two")));
        options = quick("three");
        options.events.exclude = {"room.secret"};
        REQUIRE(tests::start(*this, three, options));
        REQUIRE(tests::start(*this, four, quick("four")));
        for (scripted_plugin* each : {&one, &two, &three, &four})
            each->on_told("plugin/onEvent", [this, each](const json& event) {
                heard += (heard.empty() ? "" : " ") + name_of_plugin(each) + ":" +
                         event["payload"].as<std::string>().value_or("?");
            });
    }
    std::string name_of_plugin(const scripted_plugin* each) const {
        return each == &one ? "one" : each == &two ? "two" : each == &three ? "three" : "four";
    }
    /// What the host answers, and everybody has heard what there was.
    std::string emit(const std::string& params) {
        heard.clear();
        const auto call = one.call_json("host/emit", params);
        REQUIRE(wait_for([&] { return call.answered(); }));
        const auto outcome = call.outcome();
        // Behind it, so that who hears this has heard the other.
        const std::size_t mark = host.publish("room.mark", "mark");
        REQUIRE(wait_for([&] {
            std::size_t marks = 0;
            for (std::size_t at = heard.find("mark"); at != heard.npos; at = heard.find("mark", at + 1))
                ++marks;
            return marks == mark;
        }));
        return outcome ? outcome->text() : outcome.error().message;
    }
    std::vector<std::string> who_heard(const std::string& payload) const {
        std::vector<std::string> all;
        for (const char* name : {"one", "two", "three", "four"})
            if (heard.find(std::string(name) + ":" + payload) != heard.npos) all.emplace_back(name);
        return all;
    }

    scripted_plugin one{{.name = "one", .events = {"room.*"}, .calls_host = true}},
        two{{.name = "two", .json = R"({"name":"two","version":"1","capabilities":["room","games"]})"}},
        three{{.name = "three", .json = R"({"name":"three","version":"1","capabilities":["room","games"]})"}},
        four{{.name = "four", .events = {"message.*"}}};
    std::string heard;
};

using names = std::vector<std::string>;

TEST_CASE("an event that is emitted goes to everybody who wants it, and the plugin hears to how many") {
    neighbours run;
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"a"})") == R"({"delivered":3})");
    CHECK(run.who_heard("a") == names{"one", "two", "three"});
    CHECK(run.emit(R"({"eventType":"nobody.cares","payload":"b"})") == R"({"delivered":0})");
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"c","to":null,"capabilities":[]})") ==
          R"({"delivered":3})");
}

TEST_CASE("metadata that was no object was left out without a word") {
    neighbours run;
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"a","metadata":[]})") ==
          "metadata: expected object, got array");
    CHECK(run.who_heard("a").empty());
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"b","metadata":null})") == R"({"delivered":3})");
}

TEST_CASE("an event that is emitted to one plugin goes to that one alone, if that one wants it") {
    neighbours run;
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"a","to":"two"})") == R"({"delivered":1})");
    CHECK(run.who_heard("a") == names{"two"});
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"b","to":"one"})") == R"({"delivered":1})");
    CHECK(run.who_heard("b") == names{"one"});
    // What it did not subscribe to, or the configuration keeps from it, does not reach it in this way either.
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"c","to":"four"})") == R"({"delivered":0})");
    CHECK(run.emit(R"({"eventType":"room.secret","payload":"d","to":"three"})") == R"({"delivered":0})");
    CHECK(run.who_heard("d").empty());
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"e","to":"nobody"})") ==
          R"(to: there is no plugin "nobody")");
    CHECK(run.status("one").events.emitted == 4);

    REQUIRE(run.stop("two"));
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"f","to":"two"})") == R"({"delivered":0})");
}

TEST_CASE("an event that is emitted to a capability goes to those who named it in the handshake") {
    neighbours run;
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"a","capabilities":["games"]})") ==
          R"({"delivered":2})");
    CHECK(run.who_heard("a") == names{"two", "three"});
    CHECK(
        run.emit(
            R"({"eventType":"room.opened","payload":"b","capabilities":["message","games"],"to":"three"})") ==
        R"({"delivered":1})");
    CHECK(run.who_heard("b") == names{"three"});
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"c","capabilities":["message"]})") ==
          R"({"delivered":0})");
    std::string many = R"("x")";
    for (int count = 0; count < 64; ++count) many += R"(,"x")";
    CHECK(run.emit(R"({"eventType":"room.opened","payload":"d","capabilities":[)" + many + "]}") ==
          "capabilities: more than 64");
}

TEST_CASE("who watches events sees that one was meant for some alone") {
    neighbours run;
    auto events = run.host.watch_events();
    for (const char* params : {R"({"eventType":"room.opened","payload":"a","to":"two"})",
                               R"({"eventType":"room.opened","payload":"b"})"}) {
        run.one.call_json("host/emit", params);
        const auto next = run.until<result<watched<event_record>>>([&](auto done) { events.next(done); });
        REQUIRE(next);
        CHECK(next->item->directed == (next->item->payload == R"("a")"));
        const auto read = from_json<event_record>(to_json(*next->item));
        REQUIRE(read);
        CHECK(read->directed == next->item->directed);
    }
}

} // namespace
