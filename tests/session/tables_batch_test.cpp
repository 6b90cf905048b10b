#include "peer.hpp"

using namespace tenon;
using namespace tenon::detail;

namespace {

std::string batch_of(const texts& entries) {
    std::string batch = "[";
    for (const std::string& entry : entries) batch += (batch.size() == 1 ? "" : ",") + entry;
    return batch + "]";
}

} // namespace

TEST_CASE("a batch is answered as one when its last request is") {
    ready_plugin plugin;
    const told_list all =
        plugin.receive(batch_of({call_text("1", "a"), call_text("2", "b"), call_text("\"3\"", "c")}));
    REQUIRE(all.size() == 3);
    plugin.session.reply(all[2].request, "3");
    plugin.session.reject(all[0].request, {7, "no", ""});
    CHECK(plugin.sent().empty());
    plugin.session.begin_reply(all[1].request).integer(2);
    plugin.session.finish_reply();
    CHECK(plugin.sent_one() == R"([{"jsonrpc":"2.0","id":"3","result":3},)"
                               R"({"jsonrpc":"2.0","id":1,"error":{"code":7,"message":"no"}},)"
                               R"({"jsonrpc":"2.0","id":2,"result":2}])");
    CHECK_FALSE(plugin.session.reply(all[1].request, "2"));
}

TEST_CASE("batches and single requests are answered independently of each other") {
    ready_plugin plugin;
    const told_list first = plugin.receive(batch_of({call_text("1", "a"), call_text("2", "a")}));
    const told single = plugin.receive_one(call_text("3", "a"));
    const told_list second = plugin.receive(batch_of({call_text("4", "a"), call_text("5", "a")}));
    plugin.session.reply(first[0].request, "1");
    plugin.session.reply(second[0].request, "4");
    plugin.session.begin_reply(second[1].request).string("taken back");
    plugin.session.rollback();
    plugin.session.reply(single.request, "3");
    plugin.session.reply(second[1].request, "5");
    plugin.session.reply(first[1].request, "2");
    CHECK(plugin.sent() == texts{result_text(3, "3"), batch_of({result_text(4, "4"), result_text(5, "5")}),
                                 batch_of({result_text(1, "1"), result_text(2, "2")})});
    const told_list third = plugin.receive(batch_of({call_text("6", "a")}));
    plugin.session.reply(third[0].request, "6");
    CHECK(plugin.sent_one() == batch_of({result_text(6, "6")}));
}

TEST_CASE("an entry of a batch may be answered before the next one is told") {
    ready_plugin plugin;
    plugin.session.receive_bytes(framed(batch_of({call_text("1", "a"), call_text("2", "a")})), plugin.now);
    session_event event;
    REQUIRE(plugin.session.next_event(event, plugin.now));
    plugin.session.reply(event.request, "1");
    plugin.session.input_room(); // more input may come in between
    CHECK(plugin.session.queued_bytes() == 0);
    REQUIRE(plugin.session.next_event(event, plugin.now));
    CHECK(event.id == "2");
    plugin.session.reply(event.request, "2");
    CHECK(plugin.session.queued_bytes() == 0);
    CHECK_FALSE(plugin.session.next_event(event, plugin.now));
    CHECK(plugin.sent_one() == batch_of({result_text(1, "1"), result_text(2, "2")}));
}

TEST_CASE("replies, cancels and refusals may come in a batch") {
    ready_plugin plugin;
    REQUIRE(plugin.session.call("ask", "", never, plugin.now));
    plugin.sent();
    const told_list all =
        plugin.receive(batch_of({result_text(1, "5"), call_text("1", "a"), call_text("1", "again"),
                                 R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}})"}));
    REQUIRE(all.size() == 3);
    CHECK(all[0].kind == event_kind::response);
    CHECK(all[1].kind == event_kind::request);
    CHECK(all[2].kind == event_kind::cancelled);
    plugin.session.reply(all[1].request, "1");
    const std::string answer = plugin.sent_one();
    CHECK(answer.find("[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600") ==
          0); // R6, also within a batch
    CHECK(answer.find(result_text(1, "1") + "]") != std::string::npos);
}

TEST_CASE("a batch of replies is not answered") {
    ready_host host;
    REQUIRE(host.session.call("a", "", never, host.now));
    REQUIRE(host.session.call("b", "", never, host.now));
    host.sent();
    CHECK(host.receive(batch_of({result_text(2), result_text(1)})).size() == 2);
    CHECK(host.sent().empty());
}

TEST_CASE("a batch inside a batch, and one that is too long, are refused") {
    ready_plugin plugin;
    CHECK(plugin.receive_one("[[]]").kind == event_kind::bad_body);
    CHECK(plugin.sent_one().find(R"([{"jsonrpc":"2.0","id":null,"error":{"code":-32600)") == 0);
    texts many(max_batch + 1, R"({"jsonrpc":"2.0","method":"m"})");
    CHECK(plugin.receive_one(batch_of(many)).kind == event_kind::bad_body);
    CHECK(error_of(plugin.sent_one()) == "null -32600");
    many.pop_back();
    CHECK(plugin.receive(batch_of(many)).size() == max_batch);
    CHECK(plugin.sent().empty());
}

TEST_CASE("an answer that makes a batch's too large is replaced by the fault") {
    session_limits limits;
    limits.max_frame_bytes = 600;
    ready_plugin plugin(limits);
    const told_list all = plugin.receive(batch_of({call_text("1", "a"), call_text("2", "a")}));
    const std::string half = "\"" + std::string(300, 'x') + "\"";
    CHECK(plugin.session.reply(all[0].request, half));
    CHECK_FALSE(plugin.session.reply(all[1].request, half));
    const std::string answer = plugin.sent_one();
    CHECK(answer.find(result_text(1, half)) == 1);
    CHECK(answer.find("\"id\":2,\"error\":{\"code\":-32014") != std::string::npos);
    CHECK(answer.size() <= limits.max_frame_bytes);
}

TEST_CASE("a connection that ends in the middle of a batch tells no more of it") {
    ready_plugin plugin;
    plugin.session.receive_bytes(framed(batch_of({call_text("1", "a"), call_text("2", "a")})), plugin.now);
    session_event event;
    REQUIRE(plugin.session.next_event(event, plugin.now));
    const request_token token = event.request;
    plugin.session.close("enough");
    REQUIRE(plugin.session.next_event(event, plugin.now));
    CHECK(event.kind == event_kind::closed);
    CHECK_FALSE(plugin.session.next_event(event, plugin.now));
    CHECK_FALSE(plugin.session.reply(token, "1"));
    CHECK(plugin.sent().empty());
}

TEST_CASE("a plugin answers a batch before its handshake like the messages in it") {
    peer plugin(session_role::plugin);
    const told_list all =
        plugin.receive(batch_of({call_text("1", "early"), call_text("2", "plugin/handshake")}));
    REQUIRE(all.size() == 1);
    CHECK(all[0].kind == event_kind::handshake);
    plugin.session.reply(all[0].request, "{}");
    const std::string answer = plugin.sent_one();
    CHECK(answer.find("\"id\":1,\"error\":{\"code\":-32600") != std::string::npos);
    CHECK(answer.find(result_text(2, "{}") + "]") != std::string::npos);
}
