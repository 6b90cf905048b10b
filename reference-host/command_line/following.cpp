// Streams of a running host, until it ends or Ctrl-C does: logs and events.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/outcomes.hpp"

#include <tenon/rules/decision.hpp>
#include <tenon/host/system_log_writer.hpp>
#include <tenon/rules/status.hpp>

#include <iostream>

#include <unistd.h>

namespace reference {

namespace {

using tenon::json;
using tenon::http::url_part;

void print_lost(std::string_view data) {
    const auto count = json::parse(data).value_or(json())["count"].as<std::uint64_t>().value_or(0);
    print_line({{"... " + count_words(count, "record") + " left out: more came than could be shown",
                 look::warning}});
}

/// Its texts are made safe by log_line().
void print_log(const tenon::log_record& record) {
    std::cout << tenon::log_line(record, tenon::has_colour(STDOUT_FILENO)) << '\n';
}

void print_change(const json& change) {
    const auto to = change["to"].as<tenon::plugin_state>();
    const std::string why = text_of(change["reason"]);
    print_line({{clock_words(change["time"].as<std::int64_t>().value_or(0)) + " ", look::dim},
                {text_of(change["plugin"]), look::bold},
                " is ",
                {to ? std::string(words_of(*to)) : text_of(change["to"]), to ? look_of(*to) : look::plain},
                why.empty() ? "" : ": " + why});
}

void print_event(const tenon::event_record& event) {
    row line{{clock_words(event.unix_ms) + " ", look::dim}, {event.type, look::bold}};
    if (!event.source.empty()) line.push_back({" from " + event.source});
    if (event.stopped) line.push_back({" stopped by " + event.stopped_by + ": " + event.reason, look::bad});
    else if (event.decided) line.push_back({event.modified ? " passed, changed" : " passed", look::good});
    else line.push_back({" told to " + count_words(event.told, "plugin")});
    line.push_back({"  " + event.payload, look::dim});
    print_line(line);
    print_outcomes(event.plugins);
}

} // namespace

int follow_logs(const arguments& given) {
    std::string target =
        given.words().empty() ? "/api/v1/logs" : "/api/v1/plugins/" + url_part(given.words()[0]) + "/logs";
    if (given.has("--level")) target += "?level=" + url_part(given.value("--level"));
    return follow(given, target, [](std::string_view name, std::string_view data) {
        if (name == "lost") return print_lost(data);
        if (const auto record = tenon::from_json<tenon::log_record>(data)) print_log(*record);
    });
}

int follow_events(const arguments& given) {
    const std::string type = given.words().empty() ? "" : "?type=" + url_part(given.words()[0]);
    return follow(given, "/api/v1/events" + type, [](std::string_view name, std::string_view data) {
        if (name == "lost") return print_lost(data);
        if (name == "change") return print_change(json::parse(data).value_or(json()));
        if (const auto event = tenon::from_json<tenon::event_record>(data)) print_event(*event);
    });
}

} // namespace reference
