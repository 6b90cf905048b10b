#ifndef TENON_DOCTOR_HANDSHAKE_CHECKS_HPP
#define TENON_DOCTOR_HANDSHAKE_CHECKS_HPP

// The doctor's checks of how a plugin begins: what it declares, and that the handshake comes first and once. What it
// declares is judged by what a host takes and leaves out.

#include <tenon/rules/calls/commands.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/doctor/request_checks.hpp>
#include <tenon/doctor/visit.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace tenon::detail {

/// A host leaves these out and says so in the plugin's log.
inline std::string left_out_of(const handshake_answer& declared) {
    std::string problems;
    const auto add = [&](std::string_view problem) {
        append(problems, join({problems.empty() ? "" : "; ", problem}));
    };
    for (const event_interest& one : declared.events.value_or(std::vector<event_interest>{}))
        if (!is_event_pattern(one.type)) add(join({"no type of events: ", doctor_quote(one.type)}));
    plugin_routes routes;
    for (const route_declaration& one : declared.routes.value_or(std::vector<route_declaration>{}))
        if (const auto taken = routes.add(1, declared.name, "", one); !taken) add(taken.error().message);
    command_table commands;
    for (const command_declaration& one : declared.commands.value_or(std::vector<command_declaration>{}))
        if (const auto taken = commands.add(1, declared.name, one); !taken) add(taken.error().message);
    return problems;
}

/// What does nothing although it seems meant to.
inline std::string useless_in(const handshake_answer& declared) {
    const auto families = declared.capabilities.value_or(std::vector<std::string>{});
    const bool all = std::find(families.begin(), families.end(), "*") != families.end();
    for (const event_interest& one : declared.events.value_or(std::vector<event_interest>{})) {
        const std::string_view family = event_family(one.type);
        if (!all && std::find(families.begin(), families.end(), family) == families.end())
            return join({"it lists the event ", doctor_quote(one.type),
                         ", whose family is not among its capabilities"});
    }
    for (const std::string& one : families)
        if (one != "*" && (!is_event_type(one) || one.find('.') != one.npos))
            return join({"the capability ", doctor_quote(one), " is no family of events"});
    return {};
}

inline doctor_outcome check_declaration(doctor_visit& visit) {
    const handshake_answer& declared = visit.declared;
    if (const std::string problems = left_out_of(declared); !problems.empty())
        return found_bad(problems,
                         "A host leaves these out: declare them as docs/protocol.md, section 4, says.");
    if (const std::string useless = useless_in(declared); !useless.empty())
        return warned(useless,
                      "It will never come: name the first word of the event's type in \"capabilities\".");
    const auto count = [](const auto& list, std::string_view noun) {
        const std::size_t number = list ? list->size() : 0;
        return join({digits(number), " ", noun, number == 1 ? "" : "s"});
    };
    return found_good(join({count(declared.events, "event"), ", ", count(declared.commands, "command"), ", ",
                            count(declared.routes, "route")}));
}

inline doctor_outcome check_early(doctor_visit& visit) {
    auto talk = visit.fresh(false);
    if (!talk) return skipped("it could not be started again");
    constexpr std::string_view mend = "Answer requests before plugin/handshake with -32600 and ignore "
                                      "notifications: the host may be confused.";
    talk->tell(methods::on_event, "{}");
    const auto heard = visit.ask(*talk, methods::health);
    if (!heard.alive) return warned(join({"a request before the handshake: ", heard.how}), std::string(mend));
    const auto& reply = heard.answers.front();
    if (unknown_is_answered(visit, heard)) return warned("it answers a notification", std::string(mend));
    if (!visit.shake(*talk)) return warned("afterwards the handshake fails", std::string(mend));
    if (!reply || !reply->failed)
        return warned("a request before the handshake is answered as one behind it", std::string(mend));
    if (reply->error.code != codes::invalid_request)
        return warned(join({"answered with ", std::to_string(reply->error.code)}), std::string(mend));
    return {};
}

inline doctor_outcome check_versions(doctor_visit& visit) {
    auto talk = visit.fresh(false);
    if (!talk) return skipped("it could not be started again");
    constexpr std::string_view mend = "Look for 1 in protocolVersions; where it is missing, answer the error "
                                      "-32017 and name both sides' versions.";
    const auto reply = talk->shake_hands(visit.handshake_params({999}));
    if (!reply) return warned(talk->gone() ? talk->end_words() : "no answer", std::string(mend));
    if (!reply->failed) return warned("it takes part in a protocol that it cannot know", std::string(mend));
    if (reply->error.code != codes::version_mismatch)
        return warned(join({"answered with ", std::to_string(reply->error.code)}), std::string(mend));
    return found_good(doctor_quote(reply->error.message));
}

inline doctor_outcome check_second_handshake(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    constexpr std::string_view mend = "Answer a second plugin/handshake with -32600 and change nothing.";
    const auto heard = visit.ask(*talk, methods::handshake, visit.handshake_params());
    if (!heard.alive) return visit.spoil(), warned(heard.how, std::string(mend));
    const auto& reply = heard.answers.front();
    if (!reply) return visit.spoil(), warned("no answer", std::string(mend));
    if (!reply->failed) return visit.spoil(), warned("it is answered like the first", std::string(mend));
    if (reply->error.code != codes::invalid_request)
        return warned(join({"answered with ", std::to_string(reply->error.code)}), std::string(mend));
    return {};
}

inline doctor_outcome check_configure(doctor_visit& visit) {
    const auto features = visit.declared.features.value_or(std::vector<std::string>{});
    if (std::find(features.begin(), features.end(), "configure") == features.end())
        return skipped("it does not declare the feature \"configure\": a host restarts it instead");
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    auto heard =
        visit.ask(*talk, methods::configure, join({R"({"config":)", visit.patient.config.text(), "}"}));
    if (!heard.alive || !heard.answers.front())
        return found_bad(heard.alive ? "no answer" : heard.how, "Answer plugin/configure with null.");
    if (heard.answers.front()->failed)
        return found_bad(join({"the configuration that it began with is refused: ",
                               doctor_quote(heard.answers.front()->error.message)}),
                         "Take in plugin/configure what the handshake takes.");
    // A configuration that is made up. Whether it is taken is the plugin's business; afterwards the old one is given again.
    heard = visit.ask(*talk, methods::configure, R"({"config":{"doctor":[{}]}})");
    if (!heard.alive || !heard.answers.front())
        return found_bad(join({"another configuration: ", heard.alive ? "no answer" : heard.how}),
                         "Answer -32602 where a configuration does not do, and keep the old one.");
    visit.ask(*talk, methods::configure, join({R"({"config":)", visit.patient.config.text(), "}"}));
    return {};
}

} // namespace tenon::detail

#endif
