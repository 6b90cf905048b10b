// Two sessions back to back: a whole life of a connection, checked on both sides at once.

#include "peer.hpp"

using namespace tenon;
using namespace tenon::detail;

namespace {

struct pair {
    peer host{session_role::host, host_limits()};
    peer plugin{session_role::plugin};

    // Moves what one side has queued to the other, as a read() into its room would.
    static told_list carry(peer& from, peer& to) {
        to.now = from.now;
        const std::string bytes = from.sent_bytes();
        const std::span<char> room = to.session.input_room();
        REQUIRE(room.size() >= bytes.size());
        std::copy(bytes.begin(), bytes.end(), room.begin());
        to.session.input_received(bytes.size(), to.now);
        return to.events();
    }
    told_list to_plugin() { return carry(host, plugin); }
    told_list to_host() { return carry(plugin, host); }

    void shake_hands() {
        REQUIRE(host.session.call("plugin/handshake", "{}", after(host.now, milliseconds(5000)), host.now));
        const told_list hello = to_plugin();
        REQUIRE(hello.size() == 1);
        CHECK(hello[0].kind == event_kind::handshake);
        plugin.session.reply(hello[0].request, R"({"name":"p"})");
        plugin.session.handshake_done(true);
        const told_list answer = to_host();
        REQUIRE(answer.size() == 1);
        CHECK(answer[0].value == R"({"name":"p"})");
        host.session.handshake_done(true);
    }
};

} // namespace

TEST_CASE("a connection lives from the handshake to the end of input") {
    pair both;
    both.shake_hands();
    // Both call at once, with the same id.
    REQUIRE(both.host.session.call("plugin/execute", R"({"command":"a"})", never, both.host.now));
    REQUIRE(both.plugin.session.call("host/getConfig", "{}", never, both.plugin.now));
    const told asked = both.to_plugin().at(0), reverse = both.to_host().at(0);
    CHECK(asked.params == R"({"command":"a"})");
    CHECK(reverse.method == "host/getConfig");
    both.plugin.session.progress(asked.request, "0.5");
    both.plugin.session.reply(asked.request, "1");
    both.host.session.reject(reverse.request, {codes::permission_denied, "no", ""});
    const told_list reported = both.to_host();
    REQUIRE(reported.size() == 2);
    CHECK(reported[0].kind == event_kind::progress);
    CHECK(reported[1].value == "1");
    CHECK(both.to_plugin().at(0).error.code == codes::permission_denied);

    REQUIRE(both.host.session.call("plugin/shutdown", "{}", never, both.host.now));
    both.host.session.begin_shutdown();
    const told shutdown = both.to_plugin().at(0);
    both.plugin.session.begin_shutdown();
    both.plugin.session.reply(shutdown.request, "null");
    CHECK(both.to_host().at(0).value == "null");
    CHECK(both.host.session.notify("exit"));
    CHECK(both.to_plugin().at(0).method == "exit");
    CHECK(both.plugin.receive_end().at(0).kind == event_kind::closed);
    CHECK(both.host.receive_end().at(0).reason == violation_reason::none);
}

TEST_CASE("a call that times out on one side is cancelled on the other") {
    pair both;
    both.shake_hands();
    REQUIRE(both.host.session.call("slow", "", after(both.host.now, milliseconds(100)), both.host.now));
    const told request = both.to_plugin().at(0);
    CHECK(both.host.wait(100).at(0).error.code == codes::timeout);
    const told_list cancel = both.to_plugin();
    REQUIRE(cancel.size() == 1);
    CHECK(cancel[0].kind == event_kind::cancelled);
    CHECK(both.plugin.session.cancelled(request.request));
    both.plugin.session.reject(request.request, {codes::cancelled, "cancelled", ""});
    CHECK(both.to_host().empty());
    CHECK(both.host.session.counters().late_replies == 1);
}

TEST_CASE("a broadcast is encoded once, and may be a call as well") {
    const shared_bytes payload("{\"text\":\"" + std::string(10'000, 'x') + "\"}");
    pair first, second;
    for (pair* both : {&first, &second}) {
        both->shake_hands();
        CHECK(both->host.session.notify("plugin/onEvent", payload));
        REQUIRE(both->host.session.call("plugin/onEvent", payload, never, both->host.now));
        REQUIRE(both->host.session.call("none", shared_bytes(), never, both->host.now));
        CHECK(both->host.session.notify("none", shared_bytes()));
        std::size_t same = 0;
        for (const std::string_view piece : both->host.session.transmit())
            if (piece.data() == payload.view().data()) ++same;
        CHECK(same == 2);
        const told_list all = both->to_plugin();
        REQUIRE(all.size() == 4);
        CHECK(all[0].params == payload.view());
        CHECK(all[1].params == payload.view());
        CHECK(all[1].kind == event_kind::request);
        CHECK(all[2].params == "{}");
        CHECK(all[3].params == "{}");
    }
    first.host.session.limit_sent_frames(5'000);
    CHECK_FALSE(first.host.session.notify("plugin/onEvent", payload));
    CHECK(first.host.session.call("plugin/onEvent", payload, never, first.host.now).error().code ==
          codes::too_large);
    CHECK_FALSE(first.host.session.wants_write());
}

TEST_CASE("two sessions that read nothing but nonsense of each other fall silent") {
    pair both;
    both.shake_hands();
    both.plugin.session.receive_bytes(framed("{") + framed("[]") + framed("1"), both.plugin.now);
    both.plugin.events();
    CHECK(both.to_host().size() == 3); // peer errors: told, and not answered
    CHECK(both.to_plugin().empty());
    CHECK(both.to_host().empty());
}

TEST_CASE("the time that nobody could read is excused, and a call's deadline can be asked for") {
    pair both;
    both.shake_hands();
    const result<call_id> id = both.host.session.call("m", "", peer::at(500), both.host.now);
    REQUIRE(id);
    CHECK(both.host.session.deadline_of(*id) == peer::at(500));
    CHECK(both.host.session.deadline_of(call_id{99}) == time_point::min());
    both.plugin.receive_raw("Content-Length: 5\r\n\r\n");
    CHECK(both.plugin.session.next_deadline() == peer::at(10'000));
    both.plugin.session.excuse(milliseconds(3'000));
    both.plugin.session.excuse(milliseconds(-1));
    CHECK(both.plugin.wait(12'999).empty());
    CHECK(both.plugin.wait(1).size() == 1);
    both.plugin.session.excuse(milliseconds(1)); // nothing runs any more
    CHECK(both.plugin.session.next_deadline() == never);
}
