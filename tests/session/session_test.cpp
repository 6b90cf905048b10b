#include "peer.hpp"

using namespace tenon;
using namespace tenon::detail;

TEST_CASE("a request is told with slices of its body and answered with its id") {
    ready_plugin plugin;
    const std::string body = R"({"jsonrpc":"2.0","id":7,"method":"m","params":{"a":1}})";
    const told request = plugin.receive_one(body);
    CHECK(request.kind == event_kind::request);
    CHECK(request.id == "7");
    CHECK(request.method == "m");
    CHECK(request.params == "{\"a\":1}");
    CHECK(request.params_offset == body.find("{\"a\""));
    CHECK(plugin.session.open(request.request));
    CHECK(plugin.session.reply(request.request, "[1]"));
    CHECK(plugin.sent_one() == R"({"jsonrpc":"2.0","id":7,"result":[1]})");
    CHECK_FALSE(plugin.session.open(request.request));
}

TEST_CASE("a request is answered once; a second answer is nothing") {
    ready_plugin plugin;
    const told request = plugin.receive_one(call_text("1", "m"));
    CHECK(plugin.session.reject(request.request, {5, "no", "{\"why\":1}"}));
    CHECK(plugin.sent_one() ==
          R"({"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"no","data":{"why":1}}})");
    CHECK_FALSE(plugin.session.reply(request.request, "1"));
    CHECK_FALSE(plugin.session.reject(request.request, {}));
    CHECK_FALSE(plugin.session.progress(request.request, "1"));
    CHECK_FALSE(plugin.session.cancelled(request.request));
    plugin.session.begin_reply(request.request).string("late");
    CHECK_FALSE(plugin.session.finish_reply());
    CHECK_FALSE(plugin.session.reply(request_token{}, "1"));
    CHECK_FALSE(plugin.session.reply(request_token{1000, 1}, "1"));
    // The slot is used again, the token is not.
    const told next = plugin.receive_one(call_text("1", "m"));
    CHECK(next.request.slot == request.request.slot);
    CHECK_FALSE(plugin.session.reply(request.request, "1"));
    CHECK(plugin.session.reply(next.request, "2"));
    CHECK(plugin.sent_one() == result_text(1, "2"));
}

TEST_CASE("values are written in place, and nothing written means none") {
    ready_plugin plugin;
    const told_list requests = plugin.receive_raw(framed(call_text("1", "m")) + framed(call_text("2", "m")) +
                                                  framed(call_text("3", "m")));
    json_writer out = plugin.session.begin_reply(requests[0].request);
    out.begin_array();
    out.integer(1);
    out.integer(2);
    out.end_array();
    CHECK(plugin.session.finish_reply());
    plugin.session.begin_reply(requests[1].request);
    CHECK(plugin.session.finish_reply());
    plugin.session.begin_notify("tick");
    CHECK(plugin.session.finish_notify());
    plugin.session.begin_call("ask").string("x");
    CHECK(plugin.session.finish_call(never, plugin.now));
    CHECK(plugin.session.notify("tock", "{}"));
    CHECK(plugin.sent() == texts{R"({"jsonrpc":"2.0","id":1,"result":[1,2]})",
                                 R"({"jsonrpc":"2.0","id":2,"result":null})",
                                 R"({"jsonrpc":"2.0","method":"tick","params":{}})",
                                 R"({"jsonrpc":"2.0","id":1,"method":"ask","params":"x"})",
                                 R"({"jsonrpc":"2.0","method":"tock","params":{}})"});
    // Taken back, it is as if nothing had been begun.
    plugin.session.begin_reply(requests[2].request).string("oh no");
    plugin.session.rollback();
    plugin.session.begin_call("never");
    plugin.session.rollback();
    plugin.session.rollback();
    CHECK(plugin.session.reply(requests[2].request, "3"));
    CHECK(plugin.sent_one() == result_text(3, "3"));
    CHECK(plugin.session.call("next", "", never, plugin.now).value().value == 2);
}

TEST_CASE("R3: ids keep their type and text, and 1 and \"1\" are two requests") {
    ready_plugin plugin;
    const texts ids = {"0",
                       "\"\"",
                       "-5",
                       "1",
                       "\"1\"",
                       "\"\\u0031\"",
                       "\"0\"",
                       "9223372036854775807",
                       "\"\xC3\xA4 long id that needs memory of its own\""};
    std::vector<request_token> tokens;
    for (const std::string& id : ids) {
        const told request = plugin.receive_one(call_text(id, "m"));
        CHECK(request.kind == event_kind::request);
        CHECK(request.id == id);
        tokens.push_back(request.request);
    }
    CHECK(plugin.session.open_requests() == ids.size());
    for (std::size_t index = ids.size(); index-- != 0;) {
        CHECK(plugin.session.reply(tokens[index], "1"));
        CHECK(plugin.sent_one() == R"({"jsonrpc":"2.0","id":)" + ids[index] + R"(,"result":1})");
    }
    for (const char* id : {"null", "1.5", "true", "{}", "[]", "9223372036854775808"}) {
        CHECK(plugin.receive_one(call_text(id, "m")).kind == event_kind::bad_body);
        CHECK(error_of(plugin.sent_one()) == "null -32600");
    }
    const std::string endless = "\"" + std::string(max_id_bytes, 'x') + "\"";
    CHECK(plugin.receive_one(call_text(endless, "m")).kind == event_kind::bad_body);
}

TEST_CASE("R2: a refused message is answered with its id if that can be read, and the next one is taken") {
    ready_plugin plugin;
    CHECK(plugin.receive_one(R"({"id":5,"method":"m"})").kind == event_kind::bad_body);
    CHECK(error_of(plugin.sent_one()) == "5 -32600");
    CHECK(plugin.receive_one(R"({"jsonrpc":"2.0","id":"x","method":"m","params":1})").kind ==
          event_kind::bad_body);
    CHECK(error_of(plugin.sent_one()) == "\"x\" -32600");
    const told bad = plugin.receive_one(R"({"jsonrpc":"2.0","id":6,"method":"m")");
    CHECK(bad.kind == event_kind::bad_body);
    CHECK(bad.error.code == codes::parse_error);
    CHECK(bad.text == R"({"jsonrpc":"2.0","id":6,"method":"m")");
    CHECK(error_of(plugin.sent_one()) == "null -32700");
    CHECK(plugin.receive_one(call_text("7", "rpc.discover")).kind ==
          event_kind::request); // -32601 is the dispatcher's word
    CHECK(plugin.session.counters().bad_bodies == 3);
    CHECK(plugin.session.counters().received == 5); // with the handshake
}

TEST_CASE("J4: a request with a member twice never reaches a handler") {
    ready_plugin plugin;
    CHECK(plugin.receive_one(R"({"jsonrpc":"2.0","id":1,"method":"a","method":"b"})").kind ==
          event_kind::bad_body);
    CHECK(plugin.receive_one(R"({"jsonrpc":"2.0","id":1,"method":"a","Method":"b"})").kind ==
          event_kind::bad_body);
    CHECK(plugin.receive_one(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"a"})").kind == event_kind::bad_body);
    const texts answers = plugin.sent();
    REQUIRE(answers.size() == 3);
    CHECK(error_of(answers[0]) == "1 -32600");
    CHECK(error_of(answers[1]) == "1 -32600");
    CHECK(error_of(answers[2]) == "null -32600");
}

TEST_CASE("R6: a second request with an id in flight is refused and the first one goes on") {
    ready_plugin plugin;
    const told first = plugin.receive_one(call_text("1", "slow"));
    CHECK(plugin.receive(call_text("1", "other")).empty());
    CHECK(error_of(plugin.sent_one()) == "1 -32600");
    CHECK(plugin.session.counters().refused_requests == 1);
    CHECK(plugin.session.open(first.request));
    CHECK(plugin.session.reply(first.request, "\"first\""));
    CHECK(plugin.sent_one() == R"({"jsonrpc":"2.0","id":1,"result":"first"})");
    CHECK(plugin.receive_one(call_text("1", "again")).kind == event_kind::request);
}

TEST_CASE("more requests in flight than the limit are overloaded, until one is answered") {
    session_limits limits;
    limits.max_incoming = 3;
    ready_plugin plugin(limits);
    std::vector<request_token> tokens;
    for (const char* id : {"1", "2", "3"}) tokens.push_back(plugin.receive_one(call_text(id, "m")).request);
    CHECK(plugin.receive(call_text("4", "m")).empty());
    CHECK(error_of(plugin.sent_one()) == "4 -32016");
    CHECK(plugin.session.counters().overloaded_requests == 1);
    plugin.session.reply(tokens[1], "1");
    CHECK(plugin.receive_one(call_text("4", "m")).kind == event_kind::request);
}

TEST_CASE("R10: a cancelled request is told once and is still answered") {
    ready_plugin plugin;
    const told request = plugin.receive_one(call_text("\"a\"", "slow"));
    CHECK_FALSE(plugin.session.cancelled(request.request));
    const std::string cancel = R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}})";
    const told cancelled = plugin.receive_one(cancel);
    CHECK(cancelled.kind == event_kind::cancelled);
    CHECK(cancelled.request == request.request);
    CHECK(plugin.session.cancelled(request.request));
    CHECK(plugin.receive(cancel).empty()); // twice
    CHECK(plugin.sent().empty());
    CHECK(plugin.session.reject(request.request, {codes::cancelled, "cancelled", ""}));
    CHECK(error_of(plugin.sent_one()) == "\"a\" -32800");
    CHECK(plugin.session.counters().unknown_cancels == 0);
    CHECK(plugin.receive(cancel).empty()); // after completion
    CHECK(plugin.receive(R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}})").empty());
    CHECK(plugin.receive(R"({"jsonrpc":"2.0","method":"$/cancelRequest"})").empty());
    CHECK(plugin.receive(R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":[1]})").empty());
    CHECK(plugin.session.counters().unknown_cancels == 4);
    CHECK(plugin.sent().empty());
}

TEST_CASE("unknown notifications with $/ are ignored, other ones are told") {
    ready_plugin plugin;
    CHECK(plugin.receive(R"({"jsonrpc":"2.0","method":"$/setTrace","params":{}})").empty());
    CHECK(plugin.session.counters().ignored_notifications == 1);
    const told event = plugin.receive_one(R"({"jsonrpc":"2.0","method":"plugin/onEvent","params":[1]})");
    CHECK(event.kind == event_kind::notification);
    CHECK(event.method == "plugin/onEvent");
    CHECK(event.params == "[1]");
    CHECK(plugin.sent().empty());
}

TEST_CASE("progress names the request, and stops with its answer") {
    ready_plugin plugin;
    const told request = plugin.receive_one(call_text("\"job\"", "slow"));
    CHECK(plugin.session.progress(request.request, R"({"done":0.5})"));
    CHECK(plugin.sent_one() ==
          R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":"job","value":{"done":0.5}}})");
}

TEST_CASE("a result beyond the frame limit is answered as too large") {
    session_limits limits;
    limits.max_frame_bytes = 300;
    ready_plugin plugin(limits);
    const told_list requests = plugin.receive_raw(framed(call_text("1", "m")) + framed(call_text("2", "m")));
    plugin.session.begin_reply(requests[0].request).string(std::string(400, 'x'));
    CHECK_FALSE(plugin.session.finish_reply());
    CHECK(error_of(plugin.sent_one()) == "1 -32014");
    CHECK(plugin.session.counters().oversized_replies == 1);
    CHECK(plugin.session.reject(requests[1].request, {7, std::string(400, 'x'), ""}));
    CHECK(error_of(plugin.sent_one()) == "2 7");
    CHECK_FALSE(plugin.session.notify("m", "\"" + std::string(400, 'x') + "\""));
    CHECK(plugin.session.call("m", "\"" + std::string(400, 'x') + "\"", never, plugin.now).error().code ==
          codes::too_large);
    CHECK(plugin.sent().empty());
    CHECK(plugin.session.counters().dropped_notifications == 1);
    CHECK(plugin.session.counters().refused_calls == 1);
}

TEST_CASE("a peer that reads smaller frames is sent none that are larger") {
    ready_host host;
    const std::string params = "\"" + std::string(200, 'x') + "\"";
    CHECK(host.session.notify("m", params));
    host.session.limit_sent_frames(100);
    CHECK_FALSE(host.session.notify("m", params));
    host.session.limit_sent_frames(1000); // a limit is never raised
    CHECK_FALSE(host.session.notify("m", params));
}

TEST_CASE("R12: before its handshake a plugin takes nothing but that and exit") {
    peer plugin(session_role::plugin);
    CHECK(plugin.session.phase() == session_phase::awaiting_handshake);
    CHECK(plugin.receive(call_text("1", "plugin/execute")).empty());
    CHECK(error_of(plugin.sent_one()) == "1 -32600");
    CHECK(plugin.receive(R"({"jsonrpc":"2.0","method":"plugin/onEvent","params":{}})").empty());
    CHECK(plugin.session.counters().refused_requests == 1);
    CHECK(plugin.session.counters().ignored_notifications == 1);
    CHECK(plugin.receive_one(R"({"jsonrpc":"2.0","method":"exit"})").kind == event_kind::notification);

    CHECK_FALSE(plugin.session.notify("host/emit"));
    CHECK(plugin.session.notify("host/log", "{}"));
    CHECK(plugin.session.call("host/getConfig", "", never, plugin.now).error().code == codes::unavailable);
    CHECK(plugin.session.call("plugin/attach", "", never, plugin.now));
    plugin.sent();

    const told hello = plugin.receive_one(call_text("2", "plugin/handshake"));
    CHECK(hello.kind == event_kind::handshake);
    CHECK(plugin.receive(call_text("3", "plugin/handshake")).empty()); // while the first is answered
    CHECK(error_of(plugin.sent_one()) == "3 -32600");
    plugin.session.reject(hello.request, {codes::version_mismatch, "we speak 1, you 2", ""});
    plugin.session.handshake_done(false);
    CHECK(plugin.session.phase() == session_phase::awaiting_handshake);

    const told again = plugin.receive_one(call_text("4", "plugin/handshake"));
    CHECK(again.kind == event_kind::handshake);
    plugin.session.reply(again.request, "{}");
    plugin.session.handshake_done(true);
    CHECK(plugin.session.phase() == session_phase::ready);
    plugin.sent();
    CHECK(plugin.receive(call_text("5", "plugin/handshake")).empty()); // twice
    CHECK(error_of(plugin.sent_one()) == "5 -32600");
    CHECK(plugin.receive_one(call_text("6", "plugin/execute")).kind == event_kind::request);
}

TEST_CASE("R12: before the plugin's answer a host takes nothing but logs and attaching") {
    peer host(session_role::host, host_limits());
    CHECK(host.receive_one(call_text("1", "plugin/attach")).kind == event_kind::request);
    REQUIRE(host.session.call("plugin/handshake", "{}", never, host.now));
    host.sent();
    CHECK(host.receive(call_text("2", "host/getConfig")).empty());
    CHECK(error_of(host.sent_one()) == "2 -32600");
    CHECK(host.receive(R"({"jsonrpc":"2.0","method":"host/emit","params":{}})").empty());
    CHECK(host.receive_one(R"({"jsonrpc":"2.0","method":"host/log","params":{}})").method == "host/log");
    CHECK(host.receive_one(result_text(1, "{}")).kind == event_kind::response);
    host.session.handshake_done(true);
    CHECK(host.receive_one(call_text("2", "host/getConfig")).kind == event_kind::request);
    CHECK(host.session.counters().ignored_notifications == 1);
    CHECK(host.session.counters().refused_requests == 1);
}

TEST_CASE("a plugin that shuts down refuses new requests, finishes those in flight and may still call") {
    ready_plugin plugin;
    const told running = plugin.receive_one(call_text("1", "m"));
    const told shutdown = plugin.receive_one(call_text("2", "plugin/shutdown"));
    plugin.session.begin_shutdown();
    CHECK(plugin.session.phase() == session_phase::shutting_down);
    CHECK(plugin.receive(call_text("3", "m")).empty());
    CHECK(error_of(plugin.sent_one()) == "3 -32018");
    CHECK(plugin.session.call("host/saveConfig", "", never, plugin.now));
    CHECK(plugin.session.reply(running.request, "1"));
    CHECK(plugin.session.reply(shutdown.request, "null"));
    CHECK(plugin.sent().size() == 3);
    CHECK(plugin.receive_one(R"({"jsonrpc":"2.0","method":"exit"})").method == "exit");
    plugin.session.handshake_done(true); // there is no way back
    CHECK(plugin.session.phase() == session_phase::shutting_down);
}

TEST_CASE("R13: one message after another is told one after another, whatever their number") {
    ready_host host;
    std::string burst;
    for (int index = 0; index < 1000; ++index)
        burst += framed(R"({"jsonrpc":"2.0","method":"host/emit","params":[)" + std::to_string(index) + "]}");
    host.session.receive_bytes(burst, host.now);
    session_event event;
    for (int index = 0; index < 1000; ++index) {
        REQUIRE(host.session.next_event(event, host.now));
        CHECK(event.params == "[" + std::to_string(index) + "]");
    }
    CHECK_FALSE(host.session.next_event(event, host.now));
    CHECK(host.session.queued_bytes() == 0);
}

TEST_CASE("a line of JSON, such as a structured log writes it, never switches the framing of a host") {
    peer host(session_role::host);
    const std::string log = R"({"level":"info","msg":"starting"})";
    const auto stray = [&] {
        const std::vector<told> heard = host.receive_raw(log + "\n");
        REQUIRE(heard.size() == 1);
        CHECK(heard[0].kind == event_kind::polluted);
        CHECK(heard[0].text == log);
        CHECK_FALSE(host.session.newline_framed());
    };
    stray();
    const auto call = host.session.call("plugin/handshake", "{}", never, host.now);
    REQUIRE(call);
    CHECK(host.sent_bytes().find("Content-Length: ") == 0);
    CHECK(host.receive_one(R"({"jsonrpc":"2.0","id":1,"result":{}})").kind == event_kind::response);
    host.session.handshake_done(true);
    stray();
    CHECK(host.receive_one(R"({"jsonrpc":"2.0","method":"host/log","params":{}})").kind ==
          event_kind::notification);
}

TEST_CASE("a host that is told so writes lines from its first message on and reads them") {
    peer host(session_role::host);
    host.session.use_framing(framing_rule::lines);
    const auto call = host.session.call("plugin/handshake", "{}", never, host.now);
    REQUIRE(call);
    CHECK(host.sent_bytes() == R"({"jsonrpc":"2.0","id":1,"method":"plugin/handshake","params":{}})"
                               "\n");
    const auto heard = host.receive_raw("Loading...\n"
                                        R"({"jsonrpc":"2.0","id":1,"result":{}})"
                                        "\n");
    REQUIRE(heard.size() == 2);
    CHECK(heard[0].kind == event_kind::polluted);
    CHECK(heard[1].kind == event_kind::response);
    CHECK(host.session.counters().bad_bodies == 0);
}

TEST_CASE("a message without params is sent with an empty object: some libraries lose it without") {
    ready_host host;
    host.session.notify("exit");
    REQUIRE(host.session.call("plugin/health", std::string_view(), never, host.now));
    CHECK(host.sent() == texts{R"({"jsonrpc":"2.0","method":"exit","params":{}})",
                               R"({"jsonrpc":"2.0","id":1,"method":"plugin/health","params":{}})"});
}

TEST_CASE("a peer that speaks lines is answered in lines") {
    peer plugin(session_role::plugin);
    const told hello =
        plugin.receive_raw("  {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"plugin/handshake\"}\n").at(0);
    CHECK(plugin.session.newline_framed());
    plugin.session.reply(hello.request, "{\n  \"name\": \"x\"\n}");
    plugin.session.handshake_done(true);
    plugin.session.notify("m", shared_bytes("[\n" + std::string(smallest_shared_piece, ' ') + "]"));
    const std::string sent = plugin.sent_bytes();
    CHECK(sent.find("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{   \"name\": \"x\" }}\n{\"jsonrpc\"") == 0);
    CHECK(std::count(sent.begin(), sent.end(), '\n') == 2);
    CHECK(sent.back() == '\n');
}
