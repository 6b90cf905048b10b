#include "linked.hpp"

using namespace linked;

TEST_CASE("what one side calls the other hears, and the answer comes back") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        couple both(over);
        both.host.call("plugin/execute", R"({"command":"greet"})");
        both.plugin.call("host/execute", R"({"command":"kick"})");
        both.host.link->flush();
        both.plugin.link->flush();
        REQUIRE(run_until(both.loop, [&] { return both.host.count == 2 && both.plugin.count == 2; }));
        CHECK(both.host.last_of(event_kind::response)->text == R"({"command":"greet"})");
        CHECK(both.plugin.last_of(event_kind::response)->text == R"({"command":"kick"})");
        CHECK(both.plugin.last_of(event_kind::request)->method == "plugin/execute");
    }
}

TEST_CASE("a message larger than any buffer of the system arrives whole, both ways at once") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        couple both(over);
        const std::string large = "[\"" + std::string(3'000'000, 'x') + "\"]";
        both.host.call("plugin/execute", large);
        both.plugin.call("host/execute", large);
        both.host.link->flush();
        both.plugin.link->flush();
        REQUIRE(run_until(both.loop, [&] { return both.host.count == 2 && both.plugin.count == 2; }));
        CHECK(both.host.last_of(event_kind::response)->text == large);
        CHECK(both.plugin.last_of(event_kind::response)->text == large);
    }
}

TEST_CASE("P1: what does not go at once goes when the peer reads, in order and once") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        const std::string filler(1000, 'x');
        std::string expected;
        for (int index = 0; index != 2000; ++index) {
            const std::string params = "[" + std::to_string(index) + ",\"" + filler + "\"]";
            REQUIRE(one.host.peer().notify("event", params));
            expected += frame(R"({"jsonrpc":"2.0","method":"event","params":)" + params + "}");
            if (index % 7 == 0) one.host.link->flush();
        }
        one.host.link->flush();
        CHECK(one.host.peer().wants_write());
        std::string heard;
        REQUIRE(run_until(one.loop, [&] {
            heard += one.hear();
            return heard.size() >= expected.size();
        }));
        CHECK(heard == expected);
        CHECK(!one.host.peer().wants_write());
    }
}

TEST_CASE("shared payloads go out between what is around them") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        couple both(over);
        const tenon::detail::shared_bytes payload("[\"" + std::string(100'000, 's') + "\"]");
        for (int index = 0; index != 60; ++index) {
            CHECK(both.host.peer().notify("large", payload));
            CHECK(both.host.peer().notify("small", "[1]"));
        }
        both.host.link->flush();
        REQUIRE(run_until(both.loop, [&] { return both.plugin.count == 120; }));
        for (std::size_t index = 0; index != 120; ++index)
            CHECK(both.plugin.events[index].method == (index % 2 == 0 ? "large" : "small"));
    }
}

TEST_CASE("what is queued while events are told leaves after the pause, in one write") {
    lone_host one(medium::pipes);
    std::string seen_during_pause = "?";
    one.host.also = [&](session_event&, time_point) { one.host.link->flush(); };
    one.host.at_pause = [&] {
        CHECK(one.host.peer().notify("paused", "[]"));
        seen_during_pause = one.hear();
    };
    REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","id":1,"method":"a"})") +
                    frame(R"({"jsonrpc":"2.0","id":2,"method":"b"})")));
    REQUIRE(run_until(one.loop, [&] { return one.host.pauses == 1; }));
    CHECK(one.host.count == 2);
    CHECK(seen_during_pause.empty());
    CHECK(one.hear() == frame(R"({"jsonrpc":"2.0","id":1,"result":null})") +
                            frame(R"({"jsonrpc":"2.0","id":2,"result":null})") +
                            frame(R"({"jsonrpc":"2.0","method":"paused","params":[]})"));
}

TEST_CASE("S7: the end of the input completes every call once, and closed comes last") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        for (int index = 0; index != 64; ++index) one.host.call("ask", "[]");
        one.host.link->flush();
        REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","id":3,"result":true})")));
        one.to_host.reset();
        REQUIRE(run_until(one.loop, [&] { return one.host.link->told_end(); }));
        run_ready(one.loop);
        REQUIRE(one.host.events.size() == 65);
        std::vector<bool> completed(65);
        for (std::size_t index = 0; index != 64; ++index) {
            const told& event = one.host.events[index];
            CHECK(event.kind == event_kind::response);
            CHECK(event.failed == (event.call != 3));
            CHECK(!completed[static_cast<std::size_t>(event.call)]);
            completed[static_cast<std::size_t>(event.call)] = true;
        }
        CHECK(one.host.events[64].kind == event_kind::closed);
        CHECK(one.host.events[64].reason == tenon::violation_reason::none);
    }
}

TEST_CASE("F6: a peer that closes within a frame has cut it short") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        one.host.call("ask", "[]");
        one.host.link->flush();
        REQUIRE(one.say("Content-Length: 100\r\n\r\n{\"jsonrpc\""));
        run_ready(one.loop);
        CHECK(one.host.events.empty());
        one.to_host.reset();
        REQUIRE(run_until(one.loop, [&] { return one.host.link->told_end(); }));
        REQUIRE(one.host.events.size() == 2);
        CHECK(one.host.events[0].failed);
        CHECK(one.host.events[1].reason == tenon::violation_reason::truncated);
    }
}

TEST_CASE("after a violation what still comes is read and forgotten") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        REQUIRE(one.say("Content-Length: x\r\n\r\n"));
        REQUIRE(run_until(one.loop, [&] { return one.host.link->told_end(); }));
        CHECK(one.host.events[0].reason == tenon::violation_reason::bad_length);
        const std::string noise(4096, 'n');
        for (int index = 0; index != 1000; ++index) {
            run_ready(one.loop);
            REQUIRE(one.say(noise));
        }
        CHECK(one.host.events.size() == 1);
    }
}

TEST_CASE("a peer that no longer reads has gone, after its last words were heard") {
    lone_host one(medium::pipes);
    one.host.call("ask", "[]");
    one.host.link->flush();
    one.from_host.reset();
    REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","id":1,"result":"last words"})")));
    CHECK(one.host.peer().notify("lost", "[]"));
    one.host.link->flush();
    CHECK(one.host.events.empty()); // nothing is told within a verb
    one.host.call("lost", "[]");
    REQUIRE(run_until(one.loop, [&] { return one.host.link->told_end(); }));
    REQUIRE(one.host.events.size() == 3);
    CHECK(one.host.events[0].text == "\"last words\"");
    CHECK(one.host.events[1].failed);
    CHECK(one.host.events[2].text == "it has closed its input");
}

TEST_CASE(
    "P1: a peer that reads nothing for the write timeout is told as stalled, one that reads slowly is not") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over, tenon::host_limits(), 300ms);
        const std::string params = "[\"" + std::string(1'500'000, 'x') + "\"]";
        CHECK(one.host.peer().notify("event", params));
        one.host.call("ask", "[]");
        one.host.link->flush();
        // Twice the timeout, and no more than half of what is queued.
        for (int turn = 0; turn != 15; ++turn) {
            one.loop.restart();
            one.loop.run_for(40ms);
            std::string room(40'000, '\0');
            tenon::detail::read_some(one.reading_end(), room);
        }
        CHECK(one.host.events.empty());
        REQUIRE(run_until(one.loop, [&] { return one.host.link->told_end(); }));
        REQUIRE(one.host.events.size() == 2);
        CHECK(one.host.events[0].failed);
        CHECK(one.host.events[1].reason == tenon::violation_reason::output_stalled);
        CHECK(name_of(one.host.events[1].reason) == "output.stalled");
    }
}

TEST_CASE("a call's deadline is kept without anybody asking, and the late answer is dropped") {
    lone_host one(medium::pipes);
    one.host.call("ask", "[]", 30ms);
    one.host.link->flush();
    REQUIRE(run_until(one.loop, [&] { return one.host.count == 1; }));
    CHECK(one.host.events[0].text == "no answer in time");
    CHECK(one.hear().find("$/cancelRequest") != std::string::npos);
    REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","id":1,"result":1})")));
    run_ready(one.loop);
    CHECK(one.host.count == 1);
}

TEST_CASE("S8: an answer that came while this process was stopped is in time") {
    lone_host one(medium::pipes);
    one.host.call("ask", "[]", 5ms);
    one.host.link->flush();
    REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","id":1,"result":1})")));
    const time_point stopped = clock_now();
    while (clock_now() < stopped + 10ms) continue;
    REQUIRE(run_until(one.loop, [&] { return one.host.count == 1; }));
    CHECK(!one.host.events[0].failed);
}

TEST_CASE("a call that is cancelled, or too late already, completes soon, but not within the verb") {
    lone_host one(medium::pipes);
    const time_point now = clock_now();
    const auto call = one.host.peer().call("ask", "[]", now + 60s, now);
    one.host.peer().cancel(*call, now);
    one.host.call("late", "[]", milliseconds{-1});
    one.host.link->flush();
    CHECK(one.host.events.empty());
    REQUIRE(run_until(one.loop, [&] { return one.host.count == 2; }));
    CHECK(one.host.events[0].text == "cancelled");
    CHECK(one.host.events[1].text == "no answer in time");
}

TEST_CASE("the peer sees the end of its input after what was queued, and may still speak") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        const std::string params = "[\"" + std::string(1'000'000, 'x') + "\"]";
        CHECK(one.host.peer().notify("event", params));
        one.host.link->close_output();
        std::string heard;
        REQUIRE(run_until(one.loop, [&] {
            heard += one.hear();
            return heard.size() > 1'000'000 && heard.ends_with("]}");
        }));
        REQUIRE(run_until(one.loop, [&] { return one.hears_end(); }));
        CHECK(one.host.events.empty());
        REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","method":"bye"})")));
        REQUIRE(run_until(one.loop, [&] { return one.host.count == 1; }));
        CHECK(one.host.events[0].method == "bye");
    }
}

TEST_CASE("the last words of a process that has ended are told at once") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        REQUIRE(one.say(frame(R"({"jsonrpc":"2.0","method":"bye"})")));
        one.host.link->read_rest();
        CHECK(one.host.count == 1);
        one.to_host.reset();
        one.host.link->read_rest();
        CHECK(one.host.link->told_end());
        run_ready(one.loop);
        CHECK(one.host.count == 2);
    }
}

TEST_CASE("descriptors that are none end the link, soon") {
    asio::io_context loop(1);
    owner host;
    host.link = descriptor_link::open(loop.get_executor(), session_role::host, tenon::host_limits(), host,
                                      descriptor(), descriptor());
    CHECK(host.events.empty());
    REQUIRE(run_until(loop, [&] { return host.link->told_end(); }));
    CHECK(host.events[0].text == "its descriptors cannot be used");
}
