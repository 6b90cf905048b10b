#include "linked.hpp"

#include <tenon/transport/stream_link.hpp>

#include <asio/local/connect_pair.hpp>

using namespace linked;

namespace {

using local_socket = asio::local::stream_protocol::socket;
using socket_link = tenon::detail::stream_link<local_socket>;

struct joined {
    asio::io_context loop{1};
    owner host, plugin;

    explicit joined(milliseconds write_timeout = 10s) {
        local_socket one(loop), other(loop);
        asio::local::connect_pair(one, other);
        host.link =
            socket_link::open(session_role::host, tenon::host_limits(), host, std::move(one), write_timeout);
        plugin.link = socket_link::open(session_role::plugin, {}, plugin, std::move(other), write_timeout);
        host.peer().handshake_done(true);
        plugin.peer().handshake_done(true);
    }
};

} // namespace

TEST_CASE("sessions talk over any stream, with messages of any size") {
    joined both;
    const std::string large = "[\"" + std::string(2'000'000, 'x') + "\"]";
    both.host.call("small", "[1]");
    both.host.call("large", large);
    both.plugin.call("large", large);
    both.host.link->flush();
    both.plugin.link->flush();
    REQUIRE(run_until(both.loop, [&] { return both.host.count == 3 && both.plugin.count == 3; }));
    CHECK(both.host.last_of(event_kind::response)->text == large);
    CHECK(both.plugin.last_of(event_kind::response)->text == large);
}

TEST_CASE("the end of a stream completes every call once, and closed comes last") {
    joined both;
    both.plugin.answers = false;
    for (int call = 0; call != 10; ++call) both.host.call("ask", "[]");
    both.host.link->flush();
    both.plugin.also = [&](session_event&, time_point) {
        if (both.plugin.count == 10) both.plugin.link.reset();
    };
    REQUIRE(run_until(both.loop, [&] { return both.host.link->told_end(); }));
    CHECK(both.host.count_of(event_kind::response) == 10);
    CHECK(both.host.events.size() == 11);
    CHECK(both.host.events.back().kind == event_kind::closed);
    both.host.link.reset();
    both.loop.restart();
    both.loop.run(); // would wait for ever if anything were left
    CHECK(both.host.events.size() == 11);
}

TEST_CASE("over a stream the peer sees the end of its input after what was queued, and may still speak") {
    joined both;
    CHECK(both.host.peer().notify("event", "[\"" + std::string(1'000'000, 'x') + "\"]"));
    both.host.link->close_output();
    REQUIRE(run_until(both.loop, [&] { return both.plugin.link->told_end(); }));
    CHECK(both.plugin.events[0].method == "event");
    CHECK(both.plugin.events[1].reason == tenon::violation_reason::none);
    CHECK(both.host.count == 0);
}

TEST_CASE("over a stream calls time out, and a peer that reads nothing is told as stalled") {
    asio::io_context loop(1);
    local_socket one(loop), other(loop);
    asio::local::connect_pair(one, other);
    owner host;
    host.link = socket_link::open(session_role::host, tenon::host_limits(), host, std::move(one), 50ms);
    host.peer().handshake_done(true);
    host.call("ask", "[]", 20ms);
    host.call("ask", "[]");
    CHECK(host.peer().notify("event", "[\"" + std::string(1'000'000, 'x') + "\"]"));
    host.link->flush();
    REQUIRE(run_until(loop, [&] { return host.link->told_end(); }));
    REQUIRE(host.events.size() == 3);
    CHECK(host.events[0].text == "no answer in time");
    CHECK(host.events[1].failed);
    CHECK(host.events[2].reason == tenon::violation_reason::output_stalled);
}

TEST_CASE("over a stream a peer that has closed its input ends every call, behind what it said before") {
    asio::io_context loop(1);
    local_socket one(loop), other(loop);
    asio::local::connect_pair(one, other);
    asio::write(other, asio::buffer(frame(R"({"jsonrpc":"2.0","method":"last/words"})")));
    other.shutdown(local_socket::shutdown_receive);
    owner host;
    host.link = socket_link::open(session_role::host, tenon::host_limits(), host, std::move(one), 10s);
    host.peer().handshake_done(true);
    host.call("ask", "[]");
    host.link->flush();
    REQUIRE(run_until(loop, [&] { return host.link->told_end(); }));
    REQUIRE(host.events.size() == 3);
    CHECK(host.events[0].method == "last/words");
    CHECK(host.events[1].failed);
    CHECK(host.events[2].kind == event_kind::closed);
    CHECK(host.events[2].text == "it has closed its input");
}

TEST_CASE("Z4: a stream's link that is closed within on_event tells nothing more") {
    for (int way = 0; way != 2; ++way) {
        joined both;
        for (int event = 0; event != 3; ++event) CHECK(both.plugin.peer().notify("event", "[]"));
        both.plugin.link->flush();
        both.host.also = [&](session_event&, time_point) {
            if (way == 0) both.host.link->close();
            else both.host.link.reset();
        };
        REQUIRE(run_until(both.loop, [&] { return both.plugin.link->told_end(); }));
        CHECK(both.host.count == 1);
    }
}
