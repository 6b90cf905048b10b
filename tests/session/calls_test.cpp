#include "peer.hpp"

#include <random>

using namespace tenon;
using namespace tenon::detail;

namespace {

call_id call(peer& from, std::string_view method, time_point deadline = never) {
    const result<call_id> made = from.session.call(method, "", deadline, from.now);
    REQUIRE(made);
    return *made;
}

std::string cancel_text(std::int64_t id) {
    return R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":)" + std::to_string(id) + "}}";
}

std::string progress_text(std::int64_t id, std::string_view value = "1") {
    return R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":)" + std::to_string(id) +
           R"(,"value":)" + std::string(value) + "}}";
}

} // namespace

TEST_CASE("a call is answered by the reply with its id, with a result or an error") {
    ready_host host;
    CHECK(call(host, "a").value == 1);
    CHECK(call(host, "b").value == 2);
    CHECK(host.sent() == texts{R"({"jsonrpc":"2.0","id":1,"method":"a","params":{}})",
                               R"({"jsonrpc":"2.0","id":2,"method":"b","params":{}})"});
    const told second =
        host.receive_one(R"({"jsonrpc":"2.0","id":2,"error":{"code":7,"message":"no","data":[1]}})");
    CHECK(second.kind == event_kind::response);
    CHECK(second.call == 2);
    CHECK(second.failed);
    CHECK(second.error.code == 7);
    CHECK(second.error.message == "no");
    CHECK(second.error.data == "[1]");
    const told first = host.receive_one(result_text(1, "{\"x\":1}"));
    CHECK(first.call == 1);
    CHECK_FALSE(first.failed);
    CHECK(first.value == "{\"x\":1}");
    CHECK(host.session.pending_calls() == 0);
}

TEST_CASE("R4: a reply to an id that was never used completes nothing and is counted") {
    ready_host host;
    call(host, "a");
    for (const char* id : {"2", "99", "0", "-1", "\"1\"", "1234567890123456789"}) {
        CAPTURE(id);
        CHECK(host.receive(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"result":1})").empty());
    }
    CHECK(host.session.counters().orphan_replies == 6);
    CHECK(host.session.pending_calls() == 1);
    CHECK(host.receive_one(result_text(1)).call == 1);
}

TEST_CASE("R4: the same reply twice completes once") {
    ready_host host;
    call(host, "a");
    CHECK(host.receive(result_text(1)).size() == 1);
    CHECK(host.receive(result_text(1)).empty());
    CHECK(host.session.counters().late_replies == 1);
    CHECK(host.session.counters().orphan_replies == 0);
}

TEST_CASE("R4: a reply after the timeout or after the cancel is dropped, also when ids have moved on") {
    ready_host host;
    call(host, "slow", peer::at(100));
    const call_id cancelled = call(host, "other");
    CHECK(host.wait(100).size() == 1);
    host.session.cancel(cancelled, host.now);
    CHECK(host.events().size() == 1);
    for (int index = 0; index < 1000; ++index) {
        const call_id next = call(host, "more");
        if (index % 100 == 0) CHECK(host.receive(result_text(1 + index / 100 % 2)).empty());
        CHECK(host.receive_one(result_text(next.value)).call == next.value);
    }
    CHECK(host.session.counters().late_replies == 10);
    CHECK(host.session.pending_calls() == 0);
}

TEST_CASE("R5: a malformed reply completes its call once with an internal error, and the connection lives") {
    for (const char* outcome :
         {R"("jsonrpc":"2.0","result":1,"error":{"code":1,"message":""})", R"("jsonrpc":"2.0")",
          R"("jsonrpc":"2.0","error":"text")", R"("jsonrpc":"2.0","error":{"code":"1","message":""})",
          R"("result":1)", R"("jsonrpc":"1.0","result":1)"}) {
        CAPTURE(outcome);
        ready_host host;
        call(host, "a");
        host.sent();
        const std::string body = "{" + std::string(outcome) + ",\"id\":1}";
        const told answer = host.receive_one(body);
        CHECK(answer.kind == event_kind::response);
        CHECK(answer.call == 1);
        CHECK(answer.failed);
        CHECK(answer.error.code == codes::internal_error);
        CHECK(answer.error.message.find("malformed reply: ") == 0);
        CHECK(host.session.counters().malformed_replies == 1);
        CHECK(host.sent().empty()); // an answer is not answered
        const told again = host.receive_one(body);
        CHECK(again.kind == event_kind::bad_body);
        CHECK(host.session.phase() == session_phase::ready);
        call(host, "b");
        CHECK(host.receive_one(result_text(2)).call == 2);
    }
}

TEST_CASE("R5: what may be a request without a method is answered, what has an outcome is not") {
    ready_host host;
    CHECK(host.receive_one(R"({"jsonrpc":"2.0","id":5})").kind == event_kind::bad_body);
    CHECK(error_of(host.sent_one()) == "5 -32600");
    CHECK(host.receive_one(R"({"jsonrpc":"2.0","id":5,"result":1,"error":{"code":1,"message":""}})").kind ==
          event_kind::bad_body);
    CHECK(host.sent().empty());
    CHECK(host.session.counters().orphan_replies == 1);
}

TEST_CASE("an error without an id says that the peer could not read something of ours") {
    ready_host host;
    call(host, "a");
    host.session.notify("b", "{}"); // it may be this one
    const told error =
        host.receive_one(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}})");
    CHECK(error.kind == event_kind::peer_error);
    CHECK(error.error.message == "what?");
    CHECK(host.session.counters().peer_errors == 1);
    CHECK(host.session.pending_calls() == 1);
}

TEST_CASE("a call that the peer could not read, and refused without its id, waited for its whole time") {
    constexpr auto what = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"too deep"}})";
    ready_host host;
    const call_id first = call(host, "a");
    CHECK(host.receive_one(result_text(first.value)).call == first.value);
    const call_id refused = call(host, "b");
    const told error = host.receive_one(what);
    CHECK(error.kind == event_kind::response);
    CHECK(error.call == refused.value);
    CHECK(error.error.code == -32700);
    CHECK(error.error.message == "too deep");
    CHECK(host.session.pending_calls() == 0);
    CHECK(host.session.counters().peer_errors == 1);
    // Also the next one, as that was its answer.
    const call_id again = call(host, "c");
    CHECK(host.receive_one(what).call == again.value);
}

TEST_CASE("an error without an id is nobody's where it may be about something else") {
    constexpr auto what = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"what?"}})";
    SUBCASE("two calls") {
        ready_host host;
        call(host, "a");
        call(host, "b");
        CHECK(host.receive_one(what).kind == event_kind::peer_error);
        CHECK(host.session.pending_calls() == 2);
    }
    SUBCASE("a notification before it, which nobody knows to be read") {
        ready_host host;
        host.session.notify("told", "{}");
        const call_id only = call(host, "a");
        CHECK(host.receive_one(what).kind == event_kind::peer_error);
        CHECK(host.receive_one(result_text(only.value)).call == only.value);
        const call_id next = call(host, "b"); // now it is known
        CHECK(host.receive_one(what).call == next.value);
    }
    SUBCASE("a call that was given up") {
        ready_host host;
        const call_id given_up = call(host, "a");
        host.session.cancel(given_up, host.now);
        CHECK(host.events().size() == 1);
        call(host, "b");
        CHECK(host.receive_one(what).kind == event_kind::peer_error);
        CHECK(host.session.pending_calls() == 1);
    }
    SUBCASE("no call") {
        ready_host host;
        CHECK(host.receive_one(what).kind == event_kind::peer_error);
    }
}

TEST_CASE("R10: a cancelled call completes once, the peer is told, and its answer is dropped") {
    ready_host host;
    const call_id id = call(host, "slow");
    host.session.cancel(id, host.now); // before it was sent, so that both are
    const told_list all = host.events();
    REQUIRE(all.size() == 1);
    CHECK(all[0].kind == event_kind::response);
    CHECK(all[0].call == id.value);
    CHECK(all[0].error.code == codes::cancelled);
    CHECK(host.sent() == texts{call_text("1", "slow", "{}"), cancel_text(1)});
    host.session.cancel(id, host.now); // twice
    host.session.cancel(call_id{99}, host.now);
    host.session.cancel(call_id{0}, host.now);
    CHECK(host.events().empty());
    CHECK(host.sent().empty());
    CHECK(host.receive(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"cancelled"}})").empty());
    const call_id quick = call(host, "quick");
    CHECK(host.receive(result_text(quick.value)).size() == 1);
    host.session.cancel(quick, host.now); // after completion
    CHECK(host.events().empty());
    CHECK(host.sent() == texts{call_text("2", "quick", "{}")});
}

TEST_CASE("R10: a deadline that is over completes at once without sending anything") {
    ready_host host;
    for (const time_point deadline :
         {host.now, host.now - milliseconds(5), time_point{}, time_point::min()}) {
        const call_id id = call(host, "late", deadline);
        const told_list all = host.events();
        REQUIRE(all.size() == 1);
        CHECK(all[0].call == id.value);
        CHECK(all[0].error.code == codes::timeout);
    }
    CHECK(host.sent().empty());
    CHECK(host.session.pending_calls() == 0);
    CHECK(host.session.next_deadline() == never);
    CHECK(host.session.counters().timeouts == 4);
    CHECK(host.receive(result_text(1)).empty());
}

TEST_CASE("R10: no deadline overflows") {
    ready_host host;
    const time_point end_of_time = after(host.now, milliseconds::max());
    CHECK(end_of_time == never);
    call(host, "a", end_of_time);
    call(host, "b", never - milliseconds(1));
    call(host, "c", host.now + (never - host.now) / 2);
    CHECK(host.session.next_deadline() > host.now);
    CHECK(host.wait(1'000'000'000).empty());
    for (std::int64_t id = 1; id <= 3; ++id)
        CHECK(host.receive_one(progress_text(id)).kind == event_kind::progress);
    CHECK(host.session.next_deadline() > host.now);
    CHECK(host.session.pending_calls() == 3);
    for (std::int64_t id = 1; id <= 3; ++id) CHECK(host.receive_one(result_text(id)).call == id);
}

TEST_CASE("R12: a reply one millisecond before the deadline is taken, one after it is not") {
    ready_host host;
    call(host, "a", peer::at(5000));
    call(host, "b", peer::at(5000));
    CHECK(host.session.next_deadline() == peer::at(5000));
    host.sent();
    CHECK(host.wait(4999).empty());
    CHECK_FALSE(host.receive_one(result_text(1)).failed);
    const told_list late = host.wait(2);
    REQUIRE(late.size() == 1);
    CHECK(late[0].call == 2);
    CHECK(late[0].error.code == codes::timeout);
    CHECK(host.sent() == texts{cancel_text(2)});
    CHECK(host.receive(result_text(2)).empty());
    CHECK(host.session.counters().timeouts == 1);
    CHECK(host.session.counters().late_replies == 1);
}

TEST_CASE("deadlines are kept in any order, and the next one is never told too late") {
    ready_host host;
    std::mt19937 random(3);
    std::vector<std::int64_t> deadlines;
    for (int index = 0; index < 500; ++index) {
        deadlines.push_back(static_cast<std::int64_t>(random() % 10'000) + 1);
        call(host, "m", peer::at(deadlines.back()));
    }
    host.sent();
    std::size_t completed = 0;
    while (completed < deadlines.size()) {
        const time_point next = host.session.next_deadline();
        for (std::size_t index = 0; index < deadlines.size(); ++index)
            if (peer::at(deadlines[index]) > host.now) CHECK(next <= peer::at(deadlines[index]));
        REQUIRE(next > host.now);
        host.now = next;
        host.session.handle_timeout(host.now);
        std::int64_t before = 0;
        for (const told& event : host.events()) {
            CHECK(peer::at(deadlines[static_cast<std::size_t>(event.call - 1)]) <= host.now);
            CHECK(event.call > before);
            before = event.call;
            ++completed;
        }
    }
    CHECK(host.session.next_deadline() == never);
    CHECK(host.session.counters().timeouts == 500);
}

TEST_CASE("progress restarts a call's deadline, up to four times the original") {
    ready_host host;
    call(host, "job", peer::at(1000));
    host.sent();
    for (int step = 1; step <= 3; ++step) {
        CHECK(host.wait(900).empty());
        const told report = host.receive_one(progress_text(1, R"({"done":)" + std::to_string(step) + "}"));
        CHECK(report.kind == event_kind::progress);
        CHECK(report.call == 1);
        CHECK(report.value == R"({"done":)" + std::to_string(step) + "}");
    }
    CHECK(host.wait(900).empty()); // 3600
    CHECK(host.receive(progress_text(1)).size() == 1);
    CHECK(host.wait(399).empty()); // 3999
    CHECK(host.receive(progress_text(1)).size() == 1);
    const told_list over = host.wait(1);
    REQUIRE(over.size() == 1);
    CHECK(over[0].error.code == codes::timeout);
    CHECK(host.receive(progress_text(1)).empty());
    CHECK(host.receive(progress_text(7)).empty());
    CHECK(host.receive(R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":"1"}})").empty());
    CHECK(host.receive(R"({"jsonrpc":"2.0","method":"$/progress"})").empty());
    CHECK(host.session.counters().unknown_progress == 4);
}

TEST_CASE("progress never brings a deadline forward") {
    ready_host host;
    call(host, "job", peer::at(1000));
    CHECK(host.receive_one(R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":1}})").value ==
          "null");
    CHECK(host.wait(999).empty());
    CHECK(host.wait(1).size() == 1);
}

TEST_CASE("R11: ten thousand calls in flight get each its own answer, and lost ones time out") {
    session_limits limits = host_limits();
    limits.max_outgoing = 10'000;
    ready_host host(limits);
    std::vector<std::int64_t> ids;
    for (int index = 0; index < 10'000; ++index) ids.push_back(call(host, "m", peer::at(5000)).value);
    CHECK(host.session.call("m", "", peer::at(5000), host.now).error().code == codes::overloaded);
    host.sent_bytes();
    std::shuffle(ids.begin(), ids.end(), std::mt19937(5));
    std::size_t results = 0, errors = 0;
    std::vector<char> completed(10'001);
    for (std::size_t index = 100; index < ids.size(); ++index) { // the first hundred are lost
        const std::string id = std::to_string(ids[index]);
        const bool fails = index % 100 == 0;
        const told answer = host.receive_one(fails ? R"({"jsonrpc":"2.0","id":)" + id +
                                                         R"(,"error":{"code":)" + id + R"(,"message":"m"}})"
                                                   : result_text(ids[index], id));
        CHECK(answer.call == ids[index]);
        CHECK(answer.failed == fails);
        if (fails) CHECK(answer.error.code == ids[index]);
        else CHECK(answer.value == id);
        ++(fails ? errors : results);
        CHECK(completed[static_cast<std::size_t>(answer.call)]++ == 0);
    }
    for (const told& event : host.wait(5000)) {
        CHECK(event.error.code == codes::timeout);
        CHECK(completed[static_cast<std::size_t>(event.call)]++ == 0);
    }
    CHECK(std::count(completed.begin() + 1, completed.end(), 1) == 10'000);
    CHECK(results == 9801);
    CHECK(errors == 99);
    CHECK(host.session.pending_calls() == 0);
}

TEST_CASE("every call completes once when the connection ends, however it ends") {
    const auto check = [](peer& host, std::string_view why) {
        told_list all = host.events();
        REQUIRE(all.size() == 4);
        for (std::int64_t id = 1; id <= 3; ++id) {
            const told& event = all[static_cast<std::size_t>(id - 1)];
            CHECK(event.kind == event_kind::response);
            CHECK(event.call == id);
            CHECK(event.error.code == codes::unavailable);
            CHECK(event.error.message.find(why) != std::string::npos);
        }
        CHECK(all[3].kind == event_kind::closed);
        CHECK(host.session.phase() == session_phase::closed);
        CHECK(host.session.next_deadline() == never);
        CHECK(host.wait(1'000'000).empty());
        CHECK(host.receive(result_text(1)).empty());
        const result<call_id> refused = host.session.call("m", "", never, host.now);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == codes::unavailable);
        CHECK_FALSE(host.session.notify("m"));
        CHECK(host.events().empty());
    };
    const auto calling = [](peer& host) {
        for (int index = 0; index < 3; ++index) call(host, "m", peer::at(1000));
    };
    SUBCASE("by end of input") {
        ready_host host;
        calling(host);
        host.session.receive_end(host.now);
        check(host, "the peer closed it");
    }
    SUBCASE("by us") {
        ready_host host;
        calling(host);
        host.session.close("stopped by hand");
        host.session.close("twice");
        check(host, "stopped by hand");
        CHECK(host.sent().size() == 3); // what was queued may still go
    }
    SUBCASE("by a violation") {
        ready_host host;
        calling(host);
        host.session.receive_bytes("Content-Length: x\r\n\r\n", host.now);
        check(host, "Content-Length is no plain number");
    }
}

TEST_CASE("after the end of input requests that came before are still answered") {
    ready_plugin plugin;
    const told_list all = plugin.receive_raw(framed(call_text("1", "m")) + framed(call_text("2", "m")));
    const told_list end = plugin.receive_end();
    REQUIRE(end.size() == 1);
    CHECK(end[0].kind == event_kind::closed);
    CHECK(end[0].reason == violation_reason::none);
    CHECK(plugin.session.reply(all[0].request, "1"));
    CHECK(plugin.sent_one() == result_text(1, "1"));
    plugin.session.close("goodbye");
    CHECK_FALSE(plugin.session.reply(all[1].request, "2"));
    CHECK(plugin.events().empty());
}

TEST_CASE("a peer that does not read gets no new calls, and answers up to a bound") {
    session_limits limits;
    limits.max_output_bytes = 10'000;
    ready_host host(limits);
    const std::string params = "\"" + std::string(6000, 'x') + "\"";
    CHECK(host.session.notify("m", params));
    CHECK(host.session.notify("m", params));
    CHECK_FALSE(host.session.notify("m", params));
    CHECK(host.session.call("m", "", never, host.now).error().code == codes::overloaded);
    CHECK(host.session.counters().dropped_notifications == 1);
    CHECK(host.session.phase() == session_phase::ready);
    for (std::int64_t id = 1; id <= 5; ++id) {
        CAPTURE(id);
        const told request = host.receive_one(call_text(std::to_string(id), "m"));
        CHECK(host.session.reply(request.request, params));
    }
    const told_list end = host.events();
    REQUIRE(end.size() == 1);
    CHECK(end[0].kind == event_kind::closed);
    CHECK(end[0].reason == violation_reason::output_overflow);
}

TEST_CASE("a peer that reads again gets calls again") {
    session_limits limits;
    limits.max_output_bytes = 1000;
    ready_host host(limits);
    CHECK(host.session.notify("m", "\"" + std::string(2000, 'x') + "\""));
    CHECK_FALSE(host.session.notify("m"));
    host.sent();
    CHECK(host.session.notify("m"));
}
