#ifndef TENON_DOCTOR_WORK_CHECKS_HPP
#define TENON_DOCTOR_WORK_CHECKS_HPP

// The doctor's checks of the plugin's own work: events that it wants and others, its commands and routes with
// nonsense, and the cancelling of one that takes its time. They really run.

#include <tenon/doctor/finding.hpp>
#include <tenon/doctor/request_checks.hpp>
#include <tenon/doctor/visit.hpp>
#include <tenon/rules/calls/exchange_wire.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/session/handshake.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

// Values that a plugin might take: payloads of events by guess, arguments of commands by their schema. A guess that
// is wrong costs nothing but depth, because a plugin may refuse it.

/// What a value of this schema may look like, with numbers so large that they mean work.
inline std::string sample_of(json_view schema, unsigned depth = 0) {
    if (schema.kind() != json_kind::object || depth > 8) return "{}";
    if (const json_view first = schema["enum"][0]; !first.is_null()) return std::string(first.text());
    json_view wanted = schema["type"];
    if (wanted.kind() == json_kind::array) wanted = wanted[0];
    const std::string_view type = wanted.text();
    if (type == "\"string\"") return "\"doctor\"";
    if (type == "\"boolean\"") return "false";
    if (type == "\"array\"") return "[]";
    if (type == "\"null\"") return "null";
    if (type == "\"integer\"" || type == "\"number\"") {
        const auto most = schema["maximum"].as<double>();
        return most && *most < 3'000'000 ? std::string(schema["maximum"].text()) : "3000000";
    }
    const json_view properties = schema["properties"];
    std::string text = "{";
    json_reader in(properties.text());
    std::string_view name;
    if (properties.kind() == json_kind::object && in.enter_object()) {
        while (in.next_member(name)) {
            const std::string member = json::of(name).text();
            json_view property;
            if (!property.read(in)) break;
            append(text, join({text.size() > 1 ? "," : "", member, ":", sample_of(property, depth + 1)}));
        }
    }
    return text + "}";
}

/// The payload of an event: as the patient's owner says, else an object with whatever chats speak of.
inline std::string payload_of(const testing::patient& given, const std::string& type) {
    if (const auto found = given.payloads.find(type); found != given.payloads.end())
        return found->second.text();
    if (type == "message.incoming" || type == "message.outgoing")
        return R"({"content":"hello","from_uid":"ada","to_uid":"bo"})";
    return R"({"id":"1","uid":"ada","userId":"ada","room":"lobby","name":"doctor","content":"hello","text":"hello",)"
           R"("from_uid":"ada","to_uid":"bo","reason":"examined","recipients":[],"pages":[],"count":1})";
}

/// An object with members more than anybody asked for.
inline std::string with_more_members(std::string_view object) {
    if (object.size() < 2 || object.front() != '{') return std::string(object);
    const bool empty = object.find_first_not_of(" \t\r\n", 1) == object.size() - 1;
    return join({object.substr(0, object.size() - 1), empty ? "" : ",",
                 R"("addedLater":{"by":["a","newer","host"]}})"});
}

/// The types of events that it wants, one for each pattern, at most 16.
inline std::vector<event_interest> wanted_events(const handshake_answer& declared) {
    std::vector<event_interest> wanted;
    if (declared.events) {
        wanted = *declared.events;
    } else {
        for (const std::string& family : declared.capabilities.value_or(std::vector<std::string>{}))
            wanted.push_back({.type = family == "message" ? "message.incoming"
                                      : family == "*"     ? "*"
                                                          : family + ".*"});
    }
    std::erase_if(wanted, [](const event_interest& one) { return !is_event_pattern(one.type); });
    if (wanted.size() > 16) wanted.resize(16);
    for (event_interest& one : wanted) {
        if (one.type == "*") one.type = "message.incoming";
        else if (one.type == "message.*") one.type = "message.incoming";
        else if (one.type.ends_with('*')) one.type.replace(one.type.size() - 1, 1, "doctor");
    }
    return wanted;
}

inline std::string event_params(std::string_view type, std::string_view payload, bool more) {
    std::string params =
        join({R"({"eventId":"doctor-1","eventType":)", json::of(type).text(), R"(,"payload":)", payload,
              R"(,"metadata":{},"timestamp":"2025-06-01T12:00:00.000Z","deadlineMs":5000})"});
    return more ? with_more_members(params) : params;
}

inline constexpr std::size_t most_examined = 16; // of commands, and of routes

inline doctor_outcome judge_decision(const event_interest& wanted, const doctor_reply& reply) {
    if (reply.failed && reply.error.code == codes::internal_error)
        return warned(join({wanted.type, " is answered -32603: ", doctor_quote(reply.error.message)}),
                      "See on stderr which exception it was. If the doctor's payload is nothing that can "
                      "come, tell it a real one.");
    if (reply.failed) return {};
    const auto decision = read_decision(reply.result);
    if (!decision)
        return found_bad(
            join({wanted.type, ": ", decision.error().message, ": ", doctor_quote(reply.result)}),
            "Answer null, or an object with flow (\"continue\" or \"stop\"), payload, reason, data.");
    const event_mode mode = wanted.mode.value_or(event_mode::mutate);
    if (decision->payload && mode != event_mode::mutate)
        return warned(join({wanted.type, ": a payload in the answer, which is not looked at"}),
                      "Declare \"mode\":\"mutate\" to change events, or leave the payload out.");
    if (decision->stops() && mode == event_mode::observe)
        return warned(join({wanted.type, ": a stop, which is not looked at"}),
                      "Declare \"mode\":\"validate\" to stop events.");
    return {};
}

inline doctor_outcome check_events(doctor_visit& visit) {
    const auto events = wanted_events(visit.declared);
    if (events.empty()) return skipped("it wants no events");
    constexpr std::string_view mend =
        "Answer every plugin/onEvent that is a request, and none that is a notification.";
    doctor_outcome worst;
    std::size_t refused = 0;
    std::string refusal;
    for (const event_interest& one : events) {
        const std::string payload = payload_of(visit.patient, one.type);
        for (const bool more : {false, true}) {
            doctor_talk* const talk = visit.talk();
            if (talk == nullptr) return skipped("it could not be started again");
            const std::string params =
                event_params(one.type, more ? with_more_members(payload) : payload, more);
            const auto heard = visit.ask(*talk, methods::on_event, params);
            if (!heard.alive) return found_bad(join({one.type, ": ", heard.how}), std::string(mend));
            const auto& reply = heard.answers.front();
            if (!reply) return found_bad(join({one.type, " is not answered"}), std::string(mend));
            if (reply->failed && !more) {
                ++refused;
                refusal = join({one.type, ": ", doctor_quote(reply->error.message)});
            }
            auto judged = judge_decision(one, *reply);
            if (more && reply->failed)
                judged = found_bad(join({one.type, " with members that it does not know is refused: ",
                                         doctor_quote(reply->error.message)}),
                                   "Ignore members that you do not know: new ones may come at any time.");
            if (judged.verdict == testing::verdict::bad) return judged;
            if (worst.verdict == testing::verdict::good) worst = std::move(judged);
            const auto told =
                visit.exchange(*talk, doctor_frame(doctor_message({}, methods::on_event, params)));
            if (!told.alive)
                return found_bad(join({one.type, " as a notification: ", told.how}), std::string(mend));
            if (unknown_is_answered(visit, told))
                return found_bad(join({one.type, " as a notification is answered"}), std::string(mend));
            if (reply->failed) break;
        }
    }
    if (worst.verdict != testing::verdict::good) return worst;
    std::string seen = join({digits(events.size() - refused), " of ", digits(events.size()), " decided"});
    if (refused != 0) append(seen, join({"; the doctor's payload was refused: ", refusal}));
    return found_good(std::move(seen));
}

inline doctor_outcome check_other_event(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    constexpr std::string_view mend = "Answer an event that you did not list with null or an error.";
    const std::string params = event_params("doctor.visit", "{}", false);
    auto heard = visit.exchange(*talk, doctor_frame(doctor_message({}, methods::on_event, params)));
    if (!heard.alive) return found_bad(join({"as a notification: ", heard.how}), std::string(mend));
    if (unknown_is_answered(visit, heard))
        return found_bad("the notification is answered", "Answer no notification.");
    heard = visit.ask(*talk, methods::on_event, params);
    if (!heard.alive) return found_bad(heard.how, std::string(mend));
    const auto& reply = heard.answers.front();
    if (!reply) return found_bad("it is not answered", std::string(mend));
    if (reply->failed) return found_good(join({"answered with ", std::to_string(reply->error.code)}));
    const auto decision = read_decision(reply->result);
    if (decision && decision->stops())
        return warned("it stops an event that it did not ask for", std::string(mend));
    return found_good(join({"answered ", doctor_quote(reply->result, 80)}));
}

inline bool requires_members(const command_declaration& command) {
    return command.params && (*command.params)["required"].kind() == json_kind::array &&
           (*command.params)["required"].text() != "[]";
}

inline doctor_outcome check_commands(doctor_visit& visit) {
    auto commands = visit.declared.commands.value_or(std::vector<command_declaration>{});
    if (commands.size() > most_examined) commands.resize(most_examined);
    commands.push_back({.name = "doctor.unknown"}); // no plugin has it
    constexpr std::string_view mend =
        "Answer arguments that make no sense with -32602, a command that you do not have with an error.";
    doctor_outcome worst;
    for (const command_declaration& one : commands) {
        const bool unknown = &one == &commands.back();
        visit.notes.take_for_hints(unknown);
        for (const char* args : {"{}", "\"nonsense\"", "[[],{}]", "null"}) {
            doctor_talk* const talk = visit.talk();
            if (talk == nullptr) return skipped("it could not be started again");
            const auto heard =
                visit.ask(*talk, methods::execute,
                          join({R"({"command":)", json::of(one.name).text(), R"(,"args":)", args, "}"}));
            const std::string what = join({one.name, " with ", args});
            const auto judge = unknown ? warned : found_bad; // no host sends a command that was not declared
            if (unknown && (!heard.alive || !heard.answers.front())) visit.spoil();
            if (!heard.alive) return judge(join({what, ": ", heard.how}), std::string(mend));
            const auto& reply = heard.answers.front();
            if (!reply) return judge(join({what, " is not answered"}), std::string(mend));
            if (worst.verdict != testing::verdict::good) continue;
            if (reply->failed && reply->error.code == codes::internal_error)
                worst = warned(join({what, " is answered -32603: ", doctor_quote(reply->error.message)}),
                               std::string(mend));
            else if (!reply->failed && unknown)
                worst = warned(join({what, ", which it does not have, is answered with a result"}),
                               std::string(mend));
            else if (!reply->failed && requires_members(one) && std::string_view(args) != "null")
                worst = warned(join({what, " is taken, although its schema requires members"}),
                               std::string(mend));
        }
    }
    return worst;
}

/// "/users/{id}" as a client asks for it.
inline std::string path_like(std::string_view route, std::string& params) {
    std::string path;
    params = "{";
    for (std::string_view rest = route; !rest.empty();) {
        const std::size_t open = rest.find('{'), close = rest.find('}');
        append(path, rest.substr(0, open));
        if (open == rest.npos || close == rest.npos || close < open) break;
        append(path, "doctor");
        append(params, join({params.size() > 1 ? "," : "",
                             json::of(rest.substr(open + 1, close - open - 1)).text(), R"(:"doctor")"}));
        rest.remove_prefix(close + 1);
    }
    append(params, "}");
    return path;
}

inline doctor_outcome check_routes(doctor_visit& visit) {
    auto routes = visit.declared.routes.value_or(std::vector<route_declaration>{});
    if (routes.empty()) return skipped("it has no routes");
    if (routes.size() > most_examined) routes.resize(most_examined);
    routes.push_back({.path = "/doctor/unknown", .method = "GET"});
    constexpr std::string_view mend = "Answer with a status from 200 to 599, headers and a body; 400 and 404 "
                                      "are the client's faults, an error is yours.";
    doctor_outcome worst;
    for (const route_declaration& one : routes) {
        const bool unknown = &one == &routes.back();
        visit.notes.take_for_hints(unknown);
        for (const char* body : {"", "nonsense", "{}"}) {
            doctor_talk* const talk = visit.talk();
            if (talk == nullptr) return skipped("it could not be started again");
            std::string params;
            const std::string path = path_like(one.path, params);
            const auto heard = visit.ask(
                *talk, methods::handle_request,
                join({R"({"requestId":"doctor-1","method":)", json::of(one.method).text(), R"(,"path":)",
                      json::of(path).text(), R"(,"route":)", json::of(one.path).text(), R"(,"params":)",
                      params, R"(,"query":{"n":["nonsense","2"]},"headers":{"accept":"*/*"},"body":)",
                      json::of(std::string(body)).text(), R"(,"bodyEncoding":"utf8"})"}));
            const std::string what = join({one.method, " ", path});
            const auto judge = unknown ? warned : found_bad;
            if (unknown && (!heard.alive || !heard.answers.front())) visit.spoil();
            if (!heard.alive) return judge(join({what, ": ", heard.how}), std::string(mend));
            const auto& reply = heard.answers.front();
            if (!reply) return judge(join({what, " is not answered"}), std::string(mend));
            if (reply->failed) {
                if (reply->error.code == codes::internal_error && worst.verdict == testing::verdict::good)
                    worst = warned(join({what, " is answered -32603: ", doctor_quote(reply->error.message)}),
                                   std::string(mend));
                continue;
            }
            const auto answer = read_exchange_answer(reply->result);
            if (!answer)
                return judge(join({what, ": ", answer.error().message, ": ", doctor_quote(reply->result)}),
                             std::string(mend));
            if (unknown && answer->status < 400 && worst.verdict == testing::verdict::good)
                worst = warned(
                    join({what, ", which it did not declare, is answered ", std::to_string(answer->status)}),
                    std::string(mend));
        }
    }
    return worst;
}

inline doctor_outcome check_cancel(doctor_visit& visit) {
    doctor_talk* talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    const auto cancel = [](std::string_view id) {
        return doctor_frame(doctor_message({}, "$/cancelRequest", join({R"({"id":)", id, "}"})));
    };
    constexpr std::string_view mend =
        "Answer a cancelled request once: with -32800, or with its result if that was quicker.";
    std::string id = talk->new_id();
    auto heard = visit.exchange(*talk, doctor_frame(doctor_message(id, methods::health)) + cancel(id), {id});
    if (!heard.alive) return found_bad(heard.how, std::string(mend));
    if (!heard.answers.front())
        return found_bad("a request that is cancelled at once is not answered", std::string(mend));

    auto commands = visit.declared.commands.value_or(std::vector<command_declaration>{});
    if (commands.size() > most_examined) commands.resize(most_examined);
    for (const command_declaration& one : commands) {
        talk = visit.talk();
        if (talk == nullptr) return skipped("it could not be started again");
        id = talk->new_id();
        talk->expect(id);
        const std::string args = sample_of(one.params.value_or(json_view()));
        talk->say(doctor_frame(
            doctor_message(id, methods::execute,
                           join({R"({"command":)", json::of(one.name).text(), R"(,"args":)", args, "}"}))));
        if (talk->await(id, talk->in(milliseconds(50)))) continue;
        if (talk->gone())
            return found_bad(join({one.name, ": ", talk->end_words()}), "Survive any arguments.");
        heard = visit.exchange(*talk, cancel(id));
        const auto reply = talk->await(id, talk->answer_deadline());
        if (!reply && talk->gone())
            return found_bad(join({one.name, " cancelled: ", talk->end_words()}), std::string(mend));
        if (!reply) {
            visit.spoil();
            return warned(join({one.name, " with ", args, " goes on after it was cancelled"}),
                          "Look now and then whether a long piece of work is still wanted.");
        }
        visit.exchange(*talk, {}); // a second answer would come now
        return found_good(
            join({one.name, " was at work and is answered ",
                  reply->failed ? std::to_string(reply->error.code) : std::string("with its result")}));
    }
    return found_good("no command was found that takes long enough to be cancelled at work");
}

} // namespace tenon::detail

#endif
