// Server-sent events.

#include "raw_client.hpp"

#include <tenon/http/answer_writer.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>

using namespace tenon::http;

namespace {

struct streaming {
    explicit streaming(const limits& bounds = {})
        : web(
              [this](const std::shared_ptr<exchange>& call) {
                  web.streams.push_back(call->answer_with_events());
                  web.streams.back().on_gone([this] { ++gone; });
                  call->answer(tenon::text("this is ignored"));
              },
              bounds) {}

    bool send(std::string_view event, std::string_view data) {
        return web.there([&] { return web.streams.back().send(event, data); });
    }

    std::atomic<int> gone = 0;
    running_server web;
};

} // namespace

TEST_CASE("every line of an event's data is a field of its own") {
    CHECK(tenon::detail::write_event("a", "b") == "event: a\ndata: b\n\n");
    CHECK(tenon::detail::write_event("a", "") == "event: a\ndata: \n\n");
    CHECK(tenon::detail::write_event("", "b") == "data: b\n\n");
    CHECK(tenon::detail::write_event("a", "b\nc\r\nd\re\n\n") ==
          "event: a\ndata: b\ndata: c\ndata: d\ndata: e\ndata: \ndata: \n\n");
    CHECK(tenon::detail::write_event("a\ndata: x", "b\n\nevent: evil") ==
          "data: b\ndata: \ndata: event: evil\n\n");
}

TEST_CASE("a stream says what it is, then its events as they come, until it is closed") {
    streaming on;
    raw_client client = on.web.client();
    const auto heard = client.get("/").hear();
    CHECK(heard.status == 200);
    CHECK(heard.head.find("Content-Type: text/event-stream\r\n") != heard.head.npos);
    CHECK(heard.head.find("Cache-Control: no-store\r\n") != heard.head.npos);
    CHECK(on.send("log", "one"));
    CHECK(on.send("log", "two"));
    CHECK(client.hear_until("event: log\ndata: one\n\nevent: log\ndata: two\n\n"));
    on.web.there([&] { on.web.streams.back().close(); });
    CHECK_FALSE(on.send("log", "three"));
    std::string rest;
    CHECK(client.ends(&rest));
    CHECK(rest.find("three") == rest.npos);
    CHECK(on.gone == 0);
}

TEST_CASE("a stream with nothing to say shows that it is there") {
    streaming on({.heartbeat = tenon::milliseconds{20}});
    raw_client client = on.web.client();
    client.get("/").hear();
    CHECK(client.hear_until(":\n\n:\n\n:\n\n"));
    CHECK(on.send("a", "b"));
    CHECK(client.hear_until("event: a\ndata: b\n\n"));
}

TEST_CASE("H9: a client that does not read its events is cut off, and nobody else waits for it") {
    streaming on;
    raw_client slow(on.web.address(), 4'096);
    slow.get("/").hear();
    const std::string data(100'000, 'x');
    int sent = 0;
    while (on.send("a", data)) ++sent;
    CHECK(sent >= 10);
    CHECK(sent < 200); // 1 MiB waits here, and some in the system
    CHECK_FALSE(on.send("a", "b"));
    raw_client other = on.web.client();
    CHECK(other.get("/").hear().status == 200);
    while (on.gone == 0) std::this_thread::yield();
    CHECK(slow.is_cut_off());
    CHECK(on.web.connections() == 1);
}

TEST_CASE("the last event of a stream may be longer than what a client may let wait") {
    streaming on({.backlog = 1'000});
    raw_client client = on.web.client();
    client.get("/").hear();
    const std::string data(3'000'000, 'x');
    on.web.there([&] { on.web.streams.back().close("end", data); });
    CHECK(client.hear_until("event: end\ndata: " + data + "\n\n"));
    CHECK(client.ends());
    CHECK_FALSE(on.send("a", "b"));
}

TEST_CASE("H9: events that wait for longer than a client may take end its stream") {
    streaming on({.write_time = tenon::milliseconds{60}});
    raw_client slow(on.web.address(), 4'096);
    slow.get("/").hear();
    const std::string data(1'000, 'x');
    while (on.send("a", data)) {
    }
    while (on.gone == 0) std::this_thread::yield();
    CHECK(on.web.connections() == 0);
}

TEST_CASE("H10: whoever sends is told once that the client went, also when it asks too late") {
    streaming on;
    raw_client client = on.web.client();
    client.get("/").hear();
    client.close();
    while (on.gone == 0) std::this_thread::yield();
    CHECK_FALSE(on.send("a", "b"));
    on.web.there([&] {
        const stream same = on.web.streams.back();
        same.on_gone([&] { on.gone += 10; });
        same.close();
    });
    while (on.gone != 11) std::this_thread::yield();
}

TEST_CASE("streams leave places for requests") {
    streaming on({.connections = 4, .streams = 2});
    raw_client first = on.web.client(), second = on.web.client();
    CHECK(first.get("/").hear().head.find("event-stream") != std::string::npos);
    CHECK(second.get("/").hear().status == 200);
    CHECK(on.web.client().get("/").hear().status == 503);
    first.close();
    while (on.gone != 2) std::this_thread::yield(); // the refused one, too
    CHECK(on.web.client().get("/").hear().status == 200);
}

TEST_CASE("what a client says during a stream is not read as a request, and HEAD begins none") {
    streaming on;
    raw_client client = on.web.client();
    client.get("/").hear();
    client.get("/second");
    CHECK(on.send("a", "b"));
    CHECK(client.hear_until("event: a\ndata: b\n\n"));
    CHECK(on.web.there([&] { return on.web.streams.size(); }) == 1);
    raw_client head = on.web.client();
    head.say("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(head.hear(false).status == 200);
    CHECK(head.ends());
}
