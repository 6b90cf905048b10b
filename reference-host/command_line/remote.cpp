// One request each, and its answer for people or as the JSON that it is.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include <tenon/host/logs/system_log_writer.hpp>
#include <tenon/host/event_record.hpp>
#include <tenon/host/status.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>

#include <unistd.h>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;
using tenon::http::url_part;

std::string text_of(json_view value) { return value.as<std::string>().value_or(""); }

void print_outcomes(const std::vector<tenon::plugin_outcome>& plugins) {
    std::vector<row> rows;
    for (const tenon::plugin_outcome& one : plugins) {
        char time[32];
        std::snprintf(time, sizeof time, "%.1f ms", one.ms);
        rows.push_back({"  " + one.plugin, text_of(json::of(one.outcome).view()), time, one.reason});
    }
    print_table(rows);
}

int print_plugins(const json& list) {
    std::vector<row> rows{{"PLUGIN", "STATE", "HEALTH", "PID", "RESTARTS", "VERSION", "WHY"}};
    for (const auto& one : list["plugins"].as<std::vector<tenon::plugin_status>>().value_or({}))
        rows.push_back({one.name, std::string(name_of(one.state)), std::string(name_of(one.health)),
                        one.pid ? std::to_string(*one.pid) : "-", std::to_string(one.restarts), one.version,
                        one.state == tenon::plugin_state::ready ? "" : one.reason.text});
    print_table(rows);
    return exit_code::good;
}

int print_plugin(const json& value) {
    const auto one = value.as<tenon::plugin_status>().value_or({});
    std::vector<row> rows{
        {"plugin", one.name + " " + one.version},
        {"state", std::string(name_of(one.state)), one.reason.text},
        {"health", std::string(name_of(one.health)), one.health_message},
        {"process", one.pid ? std::to_string(*one.pid) : "none", std::to_string(one.restarts) + " restarts"},
        {"calls", std::to_string(one.calls.asked) + ", p99 " + std::to_string(one.latency.p99_ms) + " ms"}};
    for (const auto& each : one.commands) rows.push_back({"command", each.name});
    for (const auto& each : one.routes) rows.push_back({"route", each.method + " " + each.path});
    for (const auto& each : one.subscriptions) rows.push_back({"event", each.type});
    for (const auto& each : one.refused) rows.push_back({"refused", each});
    print_table(rows);
    return exit_code::good;
}

} // namespace

int explain_event(const arguments& given) {
    return ask(given, "GET", "/api/v1/events/explain?type=" + url_part(given.words()[0]), {},
               [](const json& answer) {
                   std::vector<row> rows;
                   for (const json_view one : answer["plugins"].as<std::vector<json_view>>().value_or({}))
                       rows.push_back({text_of(one["plugin"]),
                                       one["receives"].text() == "true" ? "yes" : "no",
                                       text_of(one["words"])});
                   print_table(rows);
                   return exit_code::good;
               });
}

int plugins(const arguments& given) {
    const auto& words = given.words();
    if (words.empty()) return ask(given, "GET", "/api/v1/plugins", {}, print_plugins);
    const std::string target = "/api/v1/plugins/" + url_part(words[0]);
    if (words.size() == 1) return ask(given, "GET", target, {}, print_plugin);
    if (words[1] != "config") {
        constexpr std::string_view verbs[] = {"start", "stop", "restart", "enable", "disable"};
        if (std::find(std::begin(verbs), std::end(verbs), words[1]) == std::end(verbs) || words.size() > 2)
            return complain("expected start, stop, restart, enable, disable or config", exit_code::usage);
        return ask(given, "POST", target + "/" + words[1], {}, print_plugin);
    }
    const auto print = [](const json& answer) {
        print_json(answer["config"].text());
        return exit_code::good;
    };
    if (words.size() == 2) return ask(given, "GET", target + "/config", {}, print);
    std::string config = words[2];
    if (config == "-") config.assign(std::istreambuf_iterator<char>(std::cin), {});
    return ask(given, "PUT", target + "/config", config, print);
}

int follow_logs(const arguments& given) {
    std::string target =
        given.words().empty() ? "/api/v1/logs" : "/api/v1/plugins/" + url_part(given.words()[0]) + "/logs";
    if (given.has("--level")) target += "?level=" + url_part(given.value("--level"));
    return follow(given, target,
                  [colour = tenon::has_colour(STDOUT_FILENO)](std::string_view, std::string_view data) {
                      if (auto record = tenon::from_json<tenon::log_record>(data)) {
                          for (std::string* text : {&record->plugin, &record->message, &record->fields})
                              *text = safe(*text);
                          std::cout << tenon::log_line(*record, colour) << '\n';
                      }
                  });
}

int follow_events(const arguments& given) {
    const std::string type = given.words().empty() ? "" : "?type=" + url_part(given.words()[0]);
    return follow(given, "/api/v1/events" + type, [](std::string_view name, std::string_view data) {
        if (name == "change") {
            const json change = json::parse(data).value_or(json());
            print_line(
                {text_of(change["plugin"]), " is ", text_of(change["to"]), ": ", text_of(change["reason"])});
        } else if (const auto event = tenon::from_json<tenon::event_record>(data)) {
            print_line({event->type,
                        event->stopped   ? " stopped by " + event->stopped_by + ": " + event->reason
                        : event->decided ? " passed"
                                         : " told to " + std::to_string(event->told),
                        "  ", event->payload});
            print_outcomes(event->plugins);
        }
    });
}

int send_message(const arguments& given) {
    if (!given.has("--from") || !given.has("--to"))
        return complain("who says it to whom? --from U --to U", exit_code::usage);
    struct message {
        std::string content, from_uid, to_uid;
    };
    const message said{given.words()[0], given.value("--from"), given.value("--to")};
    return ask(given, "POST", "/api/v1/messages", tenon::to_json(said), [](const json& receipt) {
        const bool delivered = receipt["delivered"].text() == "true";
        if (delivered) print_line({"delivered: ", text_of(receipt["content"])});
        else print_line({"stopped by ", text_of(receipt["stoppedBy"]), ": ", text_of(receipt["reason"])});
        print_outcomes(receipt["plugins"].as<std::vector<tenon::plugin_outcome>>().value_or({}));
        return delivered ? exit_code::good : exit_code::refused;
    });
}

} // namespace reference
