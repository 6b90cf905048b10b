// What a session makes of a broken wire: which faults end the connection, which are answered, and what is told.

#include "peer.hpp"

using namespace tenon;
using namespace tenon::detail;

namespace {

const std::string notification = R"({"jsonrpc":"2.0","method":"n"})";

void check_fatal(std::string_view bytes, violation_reason reason) {
    CAPTURE(std::string(bytes));
    for (const bool bytewise : {false, true}) {
        ready_host host;
        REQUIRE(host.session.call("m", "", never, host.now));
        host.sent();
        told_list all;
        if (bytewise) {
            for (const char byte : bytes)
                for (told& event : host.receive_raw({&byte, 1})) all.push_back(event);
        } else {
            all = host.receive_raw(bytes);
        }
        REQUIRE(all.size() == 2);
        CHECK(all[0].error.code == codes::unavailable); // the call fails once
        CHECK(all[1].kind == event_kind::closed);
        CHECK(all[1].reason == reason);
        CHECK_FALSE(all[1].text.empty());
        CHECK(host.receive(notification).empty()); // nothing behind it is interpreted
    }
}

} // namespace

TEST_CASE("F1: a conversation cut anywhere is the same conversation") {
    const std::string bytes =
        framed(call_text("1", "a")) + framed(notification) + framed(call_text("\"x\"", "b"));
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        ready_plugin plugin;
        texts methods;
        for (const std::string& piece : {bytes.substr(0, cut), bytes.substr(cut)})
            for (const told& event : plugin.receive_raw(piece)) methods.push_back(event.method);
        CHECK(methods == texts{"a", "n", "b"});
    }
}

TEST_CASE("F2: F3: F5: F7: a fault in a header block ends the connection with its reason") {
    check_fatal("Content-Type: a/b\r\n\r\n{}", violation_reason::no_length);
    check_fatal("Content-Length: -1\r\n\r\n{}", violation_reason::bad_length);
    check_fatal("Content-Length: 18446744073709551616\r\n\r\n{}", violation_reason::bad_length);
    check_fatal("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", violation_reason::duplicate_length);
    check_fatal("Content-Length: 2\r\n folded\r\n\r\n{}", violation_reason::syntax);
    check_fatal("Content-" + std::string(max_header_bytes, 'A'), violation_reason::header_too_large);
}

TEST_CASE("F4: a frame beyond the limit is answered as too large and the next one is taken") {
    session_limits limits;
    limits.max_frame_bytes = 200;
    ready_plugin plugin(limits);
    const told_list all = plugin.receive_raw(framed(std::string(201, 'x')) + framed(notification));
    REQUIRE(all.size() == 2);
    CHECK(all[0].kind == event_kind::bad_body);
    CHECK(all[0].error.code == codes::too_large);
    CHECK(all[1].kind == event_kind::notification);
    CHECK(error_of(plugin.sent_one()) == "null -32014");
    CHECK(plugin.session.counters().oversized_frames == 1);
    CHECK(plugin.session.counters().bad_bodies == 0);
}

TEST_CASE("F6: another charset is answered, then the connection ends") {
    ready_plugin plugin;
    const told_list all =
        plugin.receive_raw("Content-Length: 2\r\nContent-Type: application/json; charset=utf-16\r\n\r\n{}");
    REQUIRE(all.size() == 1);
    CHECK(all[0].reason == violation_reason::bad_charset);
    CHECK(error_of(plugin.sent_one()) == "null -32700");
}

TEST_CASE("F9: a frame that does not become whole in time ends the connection") {
    for (const char* begun : {"Content-Le", "Content-Length: 100\r\n", "Content-Length: 100\r\n\r\n{",
                              "Content-Length: 100\r\n\r\n"}) {
        CAPTURE(begun);
        ready_host host;
        CHECK(host.session.next_deadline() == never);
        CHECK(host.receive_raw(begun).empty());
        CHECK(host.session.next_deadline() == peer::at(10'000));
        CHECK(host.wait(9'999).empty());
        const told_list all = host.wait(1);
        REQUIRE(all.size() == 1);
        CHECK(all[0].kind == event_kind::closed);
        CHECK(all[0].reason == violation_reason::stalled);
        CHECK(name_of(all[0].reason) == "frame.stalled");
    }
}

TEST_CASE("F9: a byte a second does not extend a frame's deadline") {
    ready_host host;
    CHECK(host.receive_raw("Content-Length: 100\r\n\r\n").empty());
    for (int second = 1; second < 10; ++second) {
        CHECK(host.wait(1000).empty());
        CHECK(host.receive_raw("x").empty());
    }
    CHECK(host.wait(1000).size() == 1);
    CHECK(host.session.phase() == session_phase::closed);
}

TEST_CASE("F9: bytes that never stop coming do not put off the deadline") {
    ready_host host;
    CHECK(host.receive_raw("Content-Length: 1000000\r\n\r\n").empty());
    told_list all;
    for (int tenth = 0; tenth < 200 && all.empty(); ++tenth) {
        host.now += milliseconds(100);
        host.session.receive_bytes("x", host.now);
        host.session.handle_timeout(host.now); // always with something unread
        all = host.events();
    }
    REQUIRE(all.size() == 1);
    CHECK(all[0].reason == violation_reason::stalled);
    CHECK(host.now == peer::at(10'000));
}

TEST_CASE("F9: each frame has its own deadline, and silence between frames is none") {
    ready_host host;
    const std::string frame = framed(notification);
    CHECK(host.wait(60'000).empty());
    CHECK(host.receive_raw(frame.substr(0, 30)).empty());
    CHECK(host.wait(9'000).empty());
    CHECK(host.receive_raw(frame.substr(30) + frame.substr(0, 30)).size() == 1);
    CHECK(host.session.next_deadline() == peer::at(79'000));
    CHECK(host.wait(9'999).empty());
    CHECK(host.receive_raw(frame.substr(30)).size() == 1);
    CHECK(host.session.next_deadline() == never);
    CHECK(host.wait(3'600'000).empty());
    CHECK(host.receive_raw("still here? ").empty()); // text without an end may take its time
    CHECK(host.session.next_deadline() == never);
    CHECK(host.receive(notification).size() == 2);
}

TEST_CASE("F9: bytes that came in time count, however late they are looked at") {
    ready_host host;
    const std::string frame = framed(notification);
    CHECK(host.receive_raw(frame.substr(0, 30)).empty());
    host.session.receive_bytes(frame.substr(30), host.now);
    host.now += milliseconds(20'000);
    host.session.handle_timeout(host.now);
    CHECK(host.events().size() == 1);
    CHECK(host.session.phase() == session_phase::ready);
}

TEST_CASE("F10: a length that is too long spoils one body, one that is too short the next header") {
    ready_plugin plugin;
    const std::string trailing = notification + "xx";
    told_list all = plugin.receive_raw(framed(trailing) + framed(notification));
    REQUIRE(all.size() == 2);
    CHECK(all[0].kind == event_kind::bad_body);
    CHECK(all[1].kind == event_kind::notification);
    CHECK(error_of(plugin.sent_one()) == "null -32700");
    // Cut short, no part of it is done; the rest stands between frames.
    const std::string cut = "Content-Length: 10\r\n\r\n" + notification + framed(notification);
    all = plugin.receive_raw(cut);
    REQUIRE(all.size() == 3);
    CHECK(all[0].kind == event_kind::bad_body);
    CHECK(all[1].kind == event_kind::polluted);
    CHECK(all[1].text == notification.substr(10));
    CHECK(all[2].kind == event_kind::notification);
}

TEST_CASE("F10: an empty frame is told and ignored") {
    ready_plugin plugin;
    const told_list all = plugin.receive_raw("Content-Length: 0\r\n\r\n" + framed(notification));
    REQUIRE(all.size() == 2);
    CHECK(all[0].kind == event_kind::bad_body);
    CHECK(all[1].kind == event_kind::notification);
    CHECK(plugin.sent().empty());
    CHECK(plugin.session.counters().empty_frames == 1);
}

TEST_CASE("F10: the end of input inside a frame is truncated, between frames clean") {
    const std::string whole = framed(notification);
    for (std::size_t size = 1; size < whole.size(); ++size) {
        ready_host host;
        CHECK(host.receive_raw(whole.substr(0, size)).empty());
        const told_list end = host.receive_end();
        REQUIRE(end.size() == 1);
        CHECK(end[0].reason == violation_reason::truncated);
    }
    ready_host host;
    host.session.receive_bytes(whole, host.now);
    const told_list all = host.receive_end();
    REQUIRE(all.size() == 2); // what came whole is still told
    CHECK(all[0].kind == event_kind::notification);
    CHECK(all[1].kind == event_kind::closed);
    CHECK(all[1].reason == violation_reason::none);
    CHECK(host.receive_end().empty());
}

TEST_CASE("F11: what a plugin prints is told and survived, before the handshake and between frames") {
    peer host(session_role::host, host_limits());
    REQUIRE(host.session.call("plugin/handshake", "{}", never, host.now));
    told_list all = host.receive_raw("Starting...\n\x1b[1mBanner\x1b[0m\n" + framed(result_text(1, "{}")));
    REQUIRE(all.size() == 3);
    CHECK(all[0].kind == event_kind::polluted);
    CHECK(all[0].text == "Starting...");
    CHECK(all[1].text == "\x1b[1mBanner\x1b[0m");
    CHECK(all[2].kind == event_kind::response);
    host.session.handshake_done(true);
    all = host.receive_raw("debug: 1" + framed(notification));
    REQUIRE(all.size() == 2);
    CHECK(all[0].text == "debug: 1");
    CHECK(all[1].kind == event_kind::notification);
    CHECK(host.session.counters().pollution_bytes == 12 + 15 + 8);
}

TEST_CASE("F11: too much of it ends the connection with a reason that quotes it") {
    ready_host host;
    told_list all;
    for (int index = 0; index < 2000 && host.session.phase() != session_phase::closed; ++index)
        for (told& event : host.receive_raw("this is no protocol, this is a log\n")) all.push_back(event);
    CHECK(all.back().kind == event_kind::closed);
    CHECK(all.back().reason == violation_reason::polluted);
    CHECK(all.back().text.find("stdout is reserved for the protocol") == 0);
    CHECK(all.back().text.find("this is no protocol") != std::string::npos);
    CHECK(host.session.counters().pollution_bytes > max_pollution_bytes);
}

TEST_CASE("more than ten bad bodies in a minute end a host's connection, but not a plugin's") {
    ready_host host;
    ready_plugin plugin;
    for (int index = 0; index < 10; ++index) CHECK(host.receive_one("{").kind == event_kind::bad_body);
    CHECK(host.session.phase() == session_phase::ready);
    const told_list end = host.receive("{");
    REQUIRE(end.size() == 2);
    CHECK(end[0].kind == event_kind::bad_body);
    CHECK(end[1].reason == violation_reason::too_many_bad_bodies);
    for (int index = 0; index < 100; ++index) CHECK(plugin.receive_one("{").kind == event_kind::bad_body);
    CHECK(plugin.session.phase() == session_phase::ready);
    CHECK(plugin.session.counters().bad_bodies == 100);
}

TEST_CASE("ten bad bodies a minute are borne for ever") {
    ready_host host;
    for (int index = 0; index < 100; ++index) {
        CHECK(host.receive_one("{").kind == event_kind::bad_body);
        CHECK(host.wait(6000).empty());
    }
    CHECK(host.session.phase() == session_phase::ready);
}

TEST_CASE("a batch of bad entries is one bad body") {
    ready_host host;
    std::string batch = "[1";
    for (int index = 0; index < 100; ++index) batch += ",1";
    CHECK(host.receive(batch + "]").size() == 101);
    CHECK(host.session.phase() == session_phase::ready);
}
