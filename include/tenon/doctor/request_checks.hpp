#ifndef TENON_DOCTOR_REQUEST_CHECKS_HPP
#define TENON_DOCTOR_REQUEST_CHECKS_HPP

// The doctor's checks of section 2 of docs/protocol.md: ids, what is unknown, what is no message, batches. What one
// must do is bad where it is not done; what one should do is a warning, as long as the plugin lives on.

#include <tenon/doctor/visit.hpp>

#include <string>
#include <string_view>

namespace tenon::detail {

inline constexpr const char* no_second_start = "it could not be started again";

/// A message that is no proper request, and the error that is due with the id null.
inline doctor_outcome expect_refusal(doctor_visit& visit, std::string_view body, int code,
                                     std::string_view mend) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped(no_second_start);
    const auto heard = visit.exchange(*talk, doctor_frame(body), {}, 1);
    if (!heard.alive) return found_bad(join({doctor_quote(body), ": ", heard.how}), std::string(mend));
    if (heard.others.empty())
        return warned(join({doctor_quote(body), " is passed over in silence"}), std::string(mend));
    for (const doctor_reply& reply : heard.others) {
        if (!reply.failed)
            return warned(join({doctor_quote(body), " is answered ", doctor_quote(reply.text)}),
                          std::string(mend));
        if (reply.error.code != code && reply.error.code != codes::invalid_request)
            return warned(join({doctor_quote(body), " is answered with ", std::to_string(reply.error.code)}),
                          std::string(mend));
    }
    return {};
}

inline doctor_outcome check_ids(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped(no_second_start);
    // The letters beyond ASCII also show whether lengths count bytes.
    for (const std::string_view id :
         {"4711", "9007199254740991", "\"4712\"", "0", "\"\"", "-3", "\"caf\u00e9 \u65e5\u672c\""}) {
        const bool sent_by_hosts = id.front() >= '1' && id.front() <= '9'; // the others are for other peers
        visit.notes.take_for_hints(!sent_by_hosts);
        const auto judge = sent_by_hosts ? found_bad : warned;
        const auto heard =
            visit.exchange(*talk, doctor_frame(doctor_message(id, methods::health)), {std::string(id)});
        if (!sent_by_hosts && (!heard.alive || !heard.answers.front())) visit.spoil();
        if (!heard.alive)
            return judge(join({"the id ", id, ": ", heard.how}), "Take any string and any integer as id.");
        if (!heard.answers.front())
            return judge(join({"a request with the id ", id, " is not answered with it"}),
                         "Send the id back as it came, a number as a number and a string as a string.");
    }
    return visit.notes.outcome("ids");
}

inline doctor_outcome check_null_id(doctor_visit& visit) {
    return expect_refusal(visit, R"({"jsonrpc":"2.0","id":null,"method":"plugin/health"})",
                          codes::invalid_request,
                          "Answer a request whose id is null with -32600 and \"id\":null.");
}

inline doctor_outcome check_unknown_request(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped(no_second_start);
    constexpr std::string_view mend =
        "Answer every request whose method you do not know with the error -32601.";
    for (const char* method : {"doctor/unknown", "$/doctor"}) {
        const auto heard = visit.ask(*talk, method, "{}");
        if (!heard.alive) return found_bad(join({method, ": ", heard.how}), std::string(mend));
        const auto& reply = heard.answers.front();
        if (!reply) return found_bad(join({method, " is not answered"}), std::string(mend));
        if (!reply->failed) return found_bad(join({method, " is answered with a result"}), std::string(mend));
        if (reply->error.code != codes::method_not_found)
            return found_bad(join({method, " is answered with ", std::to_string(reply->error.code)}),
                             std::string(mend));
    }
    return {};
}

/// Whether a notification was answered with -32601. Any other answer to one is noted.
inline bool unknown_is_answered(doctor_visit& visit, const doctor_heard& heard) {
    for (const doctor_reply& reply : heard.others) {
        if (reply.failed && reply.error.code == codes::method_not_found) return true;
        visit.notes.note("once", testing::verdict::bad,
                         join({"an answer to a notification: ", doctor_quote(reply.text)}),
                         "What has no id gets no answer.");
    }
    return false;
}

/// Notifications that nothing may come of.
inline doctor_outcome expect_silence(doctor_visit& visit, std::initializer_list<std::string_view> bodies,
                                     std::string_view mend,
                                     testing::verdict answered = testing::verdict::bad) {
    for (const std::string_view body : bodies) {
        doctor_talk* const talk = visit.talk();
        if (talk == nullptr) return skipped(no_second_start);
        const auto heard = visit.exchange(*talk, doctor_frame(body));
        if (!heard.alive) return found_bad(join({doctor_quote(body), ": ", heard.how}), std::string(mend));
        if (unknown_is_answered(visit, heard))
            return {answered,
                    join({doctor_quote(body), " is answered ", doctor_quote(heard.others.front().text)}),
                    std::string(mend)};
    }
    return {};
}

inline doctor_outcome check_unknown_notification(doctor_visit& visit) {
    return expect_silence(visit,
                          {R"({"jsonrpc":"2.0","method":"doctor/unknown","params":[1]})",
                           R"({"jsonrpc":"2.0","method":"$/doctor"})"},
                          "Ignore notifications that you do not know; answer none at all.");
}

inline doctor_outcome check_cancel_unknown(doctor_visit& visit) {
    return expect_silence(visit,
                          {R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":987654321}})",
                           R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"nobody"}})",
                           R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}})"},
                          "Ignore $/cancelRequest for what is unknown or finished.",
                          testing::verdict::warning); // said by the check before
}

inline doctor_outcome check_unknown_members(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped(no_second_start);
    constexpr std::string_view mend = "Ignore members that you do not know: new ones may come at any time.";
    for (const char* rest : {R"("params":{"later":1},"also":[{}]})", R"("params":null})"}) {
        const std::string id = talk->new_id();
        const std::string body =
            join({R"({"jsonrpc":"2.0","id":)", id, R"(,"method":"plugin/health",)", rest});
        const auto heard = visit.exchange(*talk, doctor_frame(body), {id});
        const auto& reply = heard.answers.front();
        if (body.ends_with("null}")) { // which no host sends
            if (heard.alive && reply && !reply->failed) return {};
            if (!heard.alive) visit.spoil();
            return warned(
                join({doctor_quote(body), !heard.alive ? ": " : " is not answered with a result", heard.how}),
                "Take params that are null, or not there, for none.");
        }
        if (!heard.alive) return found_bad(join({doctor_quote(body), ": ", heard.how}), std::string(mend));
        if (!reply) return found_bad(join({doctor_quote(body), " is not answered"}), std::string(mend));
        if (reply->failed && visit.health.verdict == testing::verdict::good)
            return found_bad(join({doctor_quote(body), " is refused: ", doctor_quote(reply->error.message)}),
                             std::string(mend));
    }
    return {};
}

inline doctor_outcome check_params(doctor_visit& visit) {
    constexpr std::string_view mend =
        "Look at what came before using it, and answer -32602 with the name of the member.";
    struct row {
        std::string_view method, params;
    };
    doctor_outcome worst;
    for (const auto& [method, params] :
         {row{methods::on_event, R"({"eventId":7,"eventType":[],"payload":null,"timestamp":{}})"},
          row{methods::execute, R"({"command":{}})"}, row{methods::execute, "[]"},
          row{methods::health, R"("x")"}}) {
        doctor_talk* const talk = visit.talk();
        if (talk == nullptr) return skipped(no_second_start);
        const auto heard = visit.ask(*talk, method, params);
        const std::string what = join({method, " with ", params});
        if (!heard.alive) return found_bad(join({what, ": ", heard.how}), std::string(mend));
        const auto& reply = heard.answers.front();
        if (!reply) return found_bad(join({what, " is not answered"}), std::string(mend));
        if (worst.verdict != testing::verdict::good) continue;
        // Which of the errors is a matter of what is looked at first; a failed handler is none of them.
        if (!reply->failed) worst = warned(join({what, " is taken"}), std::string(mend));
        else if (reply->error.code == codes::internal_error)
            worst = warned(join({what, " is answered -32603: ", doctor_quote(reply->error.message)}),
                           std::string(mend));
    }
    return worst;
}

inline doctor_outcome check_bad_json(doctor_visit& visit) {
    doctor_outcome worst;
    for (const std::string_view body :
         {R"({"jsonrpc":"2.0","method":)", R"({'jsonrpc':'2.0'})", "\"\xff\""}) {
        doctor_outcome one =
            expect_refusal(visit, body, codes::parse_error,
                           "Answer -32700 with \"id\":null and read the next frame: its place is known.");
        if (one.verdict == testing::verdict::bad) return one;
        if (worst.verdict == testing::verdict::good) worst = std::move(one);
    }
    return worst;
}

inline doctor_outcome check_bad_message(doctor_visit& visit) {
    doctor_outcome worst;
    for (const std::string_view body : {"7", "null", R"({"foo":"boo"})"}) {
        doctor_outcome one = expect_refusal(visit, body, codes::invalid_request,
                                            "Answer -32600 with \"id\":null and read the next frame.");
        if (one.verdict == testing::verdict::bad) return one;
        if (worst.verdict == testing::verdict::good) worst = std::move(one);
    }
    return worst;
}

inline doctor_outcome check_batch(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped(no_second_start);
    constexpr std::string_view mend =
        "Answer a batch with one array. Hosts send none, so surviving one is what counts.";
    const std::string first = talk->new_id(), second = talk->new_id();
    talk->expect(first); // one by one is wrong as well, and not what "once" is about
    talk->expect(second);
    const std::string body =
        join({"[", doctor_message(first, methods::health), ",", doctor_message({}, "$/doctor"), ",",
              doctor_message(second, methods::health), "]"});
    const auto heard = visit.exchange(*talk, doctor_frame(body), {}, 1);
    if (!heard.alive) return found_bad(heard.how, std::string(mend));
    if (talk->take(first) || talk->take(second))
        return warned("its entries are answered one by one", std::string(mend));
    if (heard.others.empty()) return warned("it is not answered", std::string(mend));
    const doctor_reply& reply = heard.others.front();
    if (reply.id != "[")
        return warned(join({"it is answered ", doctor_quote(reply.text)}), std::string(mend));
    const auto entries = from_json<std::vector<json_view>>(reply.text);
    std::size_t answers = 0;
    for (const json_view entry : entries.value_or({})) answers += !entry["id"].is_null();
    if (answers != 2)
        return warned(join({"two requests in it are answered ", doctor_quote(reply.text)}),
                      std::string(mend));
    return {};
}

} // namespace tenon::detail

#endif
