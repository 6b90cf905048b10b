// Two sessions joined by bytes that may come in pieces, late or not at all; and peers that follow a script.

#include <tenon/testing/pair.hpp>
#include <tenon/testing/scripted_peer.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon::testing;
using tenon::milliseconds;
using tenon::never;
using tenon::detail::event_kind;
using tenon::detail::session_phase;
using tenon::detail::session_role;

namespace {

TEST_CASE("a pair shakes hands and carries requests both ways") {
    pair joined;
    joined.shake_hands();
    CHECK(joined.host().phase() == session_phase::ready);
    CHECK(joined.plugin().phase() == session_phase::ready);
    CHECK(joined.heard_by_plugin().empty());

    const auto asked =
        joined.host().call("plugin/execute", R"({"command":"x"})", never, joined.clock.now()).value();
    joined.pump();
    REQUIRE(joined.heard_by_plugin().size() == 1);
    const heard request = joined.heard_by_plugin()[0];
    CHECK(request.kind == event_kind::request);
    CHECK(request.method == "plugin/execute");
    CHECK(request.params == R"({"command":"x"})");
    joined.plugin().reply(request.request, "7");
    joined.plugin().notify("host/log", R"({"level":"info"})");
    joined.pump();
    REQUIRE(joined.heard_by_host().size() == 2);
    CHECK(joined.heard_by_host()[0].call == asked.value);
    CHECK(joined.heard_by_host()[0].value == "7");
    CHECK(joined.heard_by_host()[1].method == "host/log");
    CHECK(
        joined.to_host.sent.ends_with(R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"info"}})"));
}

TEST_CASE("bytes that come one by one make the same messages") {
    pair joined;
    joined.to_plugin.piece = 1;
    joined.to_host.piece = 3;
    joined.shake_hands();
    for (int count = 0; count < 10; ++count)
        CHECK(joined.host().call("plugin/health", "{}", never, joined.clock.now()));
    joined.pump();
    CHECK(joined.heard_by_plugin().size() == 10);
}

TEST_CASE("bytes that are late arrive when their time has come") {
    pair joined;
    joined.shake_hands();
    joined.to_plugin.delay = milliseconds(300);
    const auto call = joined.host().call("plugin/health", "{}", joined.clock.now() + milliseconds(1'000),
                                         joined.clock.now());
    REQUIRE(call);
    joined.advance(milliseconds(299));
    CHECK(joined.heard_by_plugin().empty());
    joined.advance(milliseconds(1));
    REQUIRE(joined.heard_by_plugin().size() == 1);
    joined.to_host.delay = milliseconds(800);
    joined.plugin().reply(joined.heard_by_plugin()[0].request, "{}");
    joined.pump();
    joined.advance(milliseconds(699));
    CHECK(joined.heard_by_host().empty());
    joined.advance(milliseconds(1));
    REQUIRE(joined.heard_by_host().size() == 1); // the timeout; the answer comes 100 ms later and is dropped
    CHECK(joined.heard_by_host()[0].error.code == tenon::codes::timeout);
    joined.advance(milliseconds(10'000));
    CHECK(joined.heard_by_host().size() == 1);
    CHECK(joined.host().counters().late_replies == 1);
    CHECK(joined.plugin().counters().unknown_cancels == 1); // it crossed the answer
}

TEST_CASE("bytes that get lost are never heard of") {
    pair joined;
    joined.shake_hands();
    joined.to_plugin.dropped = true;
    REQUIRE(joined.host().call("plugin/health", "{}", joined.clock.now() + milliseconds(1'000),
                               joined.clock.now()));
    joined.advance(milliseconds(5'000));
    CHECK(joined.heard_by_plugin().empty());
    REQUIRE(joined.heard_by_host().size() == 1);
    CHECK(joined.heard_by_host()[0].error.code == tenon::codes::timeout);
    CHECK(joined.to_plugin.sent.find("plugin/health") != std::string::npos);
}

TEST_CASE("a pair ends from either side, and carries what nobody said") {
    pair joined;
    joined.shake_hands();
    joined.inject(joined.to_host, "hello\n");
    joined.pump();
    REQUIRE(joined.heard_by_host().size() == 1);
    CHECK(joined.heard_by_host()[0].kind == event_kind::polluted);
    joined.host().notify("exit");
    joined.to_plugin.delay = milliseconds(50);
    joined.pump();
    joined.end_to_plugin(); // first what is on its way
    REQUIRE(joined.heard_by_plugin().size() == 2);
    CHECK(joined.heard_by_plugin()[0].method == "exit");
    CHECK(joined.heard_by_plugin()[1].kind == event_kind::closed);
    CHECK(joined.heard_by_plugin()[1].reason == tenon::violation_reason::none);
    joined.end_to_host();
    CHECK(joined.heard_by_host().back().kind == event_kind::closed);
}

/// Lets two peers talk until nothing moves.
void exchange_bytes(answering_peer& a, answering_peer& b, tenon::time_point now) {
    for (bool moved = true; moved;) {
        const std::string to_b = a.transmit(now);
        b.receive(to_b, now);
        const std::string to_a = b.transmit(now);
        a.receive(to_a, now);
        moved = !to_a.empty() || !to_b.empty();
    }
}

TEST_CASE("a scripted plugin answers what its script expects, and writes down everything") {
    manual_clock clock;
    scripted_peer plugin(session_role::plugin,
                         {expect("plugin/handshake").replies_json(R"({"name":"shout","version":"1.0.0"})"),
                          expect("plugin/execute").with_json(R"({"args":[1, 2],"command":"add"})").replies(3),
                          expect("plugin/execute").after(milliseconds(500)).fails({7, "tired"}),
                          expect("plugin/health").never_answers()});
    scripted_peer host(session_role::host, {});
    const auto ask = [&](const char* method, const char* params) {
        const auto call = host.session().call(method, params, clock.now() + milliseconds(1'000), clock.now());
        REQUIRE(call);
        exchange_bytes(host, plugin, clock.now());
    };
    ask("plugin/handshake", "{}");
    host.session().handshake_done(true);
    CHECK(plugin.session().phase() == session_phase::ready);
    ask("plugin/execute", R"({"command":"add","args":[1,2.0]})");
    ask("plugin/execute", R"({"command":"sub"})");
    REQUIRE(host.everything().size() == 2);
    CHECK(host.everything()[1].value == "3");
    CHECK(plugin.next_time() == clock.now() + milliseconds(500));
    clock.advance(milliseconds(500));
    exchange_bytes(host, plugin, clock.now());
    REQUIRE(host.everything().size() == 3);
    CHECK(host.everything()[2].error.message == "tired");

    CHECK_FALSE(plugin.finished());
    ask("plugin/health", "{}");
    CHECK(plugin.finished());
    clock.advance(milliseconds(1'000));
    exchange_bytes(host, plugin, clock.now());
    CHECK(host.everything().back().error.code == tenon::codes::timeout);

    ask("plugin/health", "{}");
    CHECK_FALSE(plugin.finished());
    CHECK(plugin.surprises() == std::vector<std::string>{"asked plugin/health {}, and the script is over"});
    CHECK(host.everything().back().error.code == tenon::codes::method_not_found);
    CHECK(plugin.everything().front().method == "plugin/handshake");
    plugin.receive_end(clock.now());
    CHECK(plugin.everything().back().kind == event_kind::closed);
}

TEST_CASE("a scripted plugin may refuse the handshake") {
    manual_clock clock;
    scripted_peer plugin(session_role::plugin, {expect("plugin/handshake").fails({-32017, "too old"}),
                                                expect("plugin/handshake").replies_json("{}")});
    scripted_peer host(session_role::host, {});
    for (int times = 0; times < 2; ++times) {
        REQUIRE(host.session().call("plugin/handshake", "{}", never, clock.now()));
        exchange_bytes(host, plugin, clock.now());
        CHECK(plugin.session().phase() ==
              (times == 0 ? session_phase::awaiting_handshake : session_phase::ready));
    }
}

TEST_CASE("JSON is the same whatever it is spelled like") {
    CHECK(same_json("1", " 1.0 "));
    CHECK(same_json("1e2", "100"));
    CHECK(same_json(R"("\u0041")", R"("A")"));
    CHECK(same_json(R"({"a":1,"b":[true,null]})", R"({ "b" : [ true , null ] , "a" : 1 })"));
    CHECK_FALSE(same_json("1", "2"));
    CHECK_FALSE(same_json("9007199254740993", "9007199254740992"));
    CHECK_FALSE(same_json("1", "true"));
    CHECK_FALSE(same_json("[1,2]", "[2,1]"));
    CHECK_FALSE(same_json("[1]", "[1,1]"));
    CHECK_FALSE(same_json(R"({"a":1})", R"({"a":2})"));
    CHECK_FALSE(same_json(R"({"a":1})", R"({"b":1})"));
    CHECK_FALSE(same_json(R"({"a":1})", R"({"a":1,"b":1})"));
    CHECK_FALSE(same_json("{", "{"));
}

} // namespace
