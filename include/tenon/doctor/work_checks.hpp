#ifndef TENON_DOCTOR_WORK_CHECKS_HPP
#define TENON_DOCTOR_WORK_CHECKS_HPP

// The doctor's checks of the plugin's own work: events that it wants and others, its commands and routes with
// nonsense, and the cancelling of one that takes its time. They really run.

#include <tenon/rules/calls/exchange_wire.hpp>
#include <tenon/doctor/request_checks.hpp>
#include <tenon/doctor/samples.hpp>
#include <tenon/doctor/visit.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

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
    commands.push_back({.name = "doctor.unknown"}); // that nobody has
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
            const auto judge = unknown ? warned : found_bad; // no host sends what nobody has
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

/// "/users/{id}" as somebody asks for it.
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
