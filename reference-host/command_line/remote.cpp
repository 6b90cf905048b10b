// One request each, and its answer for people or as the JSON that it is.

#include "command_line/commands.hpp"

#include "command_line/admin_file.hpp"
#include "command_line/exit_codes.hpp"

#include <tenon/host/logs/log_text.hpp>
#include <tenon/host/logs/system_log_writer.hpp>
#include <tenon/host/event_record.hpp>
#include <tenon/host/status.hpp>
#include <tenon/http/client.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include <unistd.h>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;
using tenon::http::client;
using tenon::http::url_part;

/// What others wrote, for a terminal.
std::string safe(std::string_view text) {
    std::string made;
    tenon::detail::append_safe(made, text, std::size_t{1} << 20);
    return made;
}
std::string text_of(json_view value) { return safe(value.as<std::string>().value_or("")); }

int complain(std::string_view words, int code) {
    std::cerr << "tenon-host: " << words << '\n';
    return code;
}

int complain(const tenon::fault& why) { return complain(why.message, exit_code::unavailable); }

/// RFC 9457: {"title","detail"}.
int complain(const client::answer& refused) {
    const json problem = json::parse(refused.body).value_or(json());
    std::string words = text_of(problem["detail"]);
    if (words.empty()) words = text_of(problem["title"]);
    if (words.empty()) words = "the host answered " + std::to_string(refused.status);
    if (refused.status != 401) return complain(words, exit_code::refused);
    return complain(words + " (--token, $TENON_ADMIN_TOKEN)", exit_code::no_permission);
}

client host_of(const arguments& given) {
    const admin_file known = read_admin_file(given.value("--socket", default_socket));
    const char* const environment = std::getenv("TENON_ADMIN_TOKEN");
    const std::string address =
        given.value("--address", known.address.empty() ? "127.0.0.1:8080" : known.address);
    // The file's token is for the host that wrote it, and for nobody else.
    std::string token = address == known.address ? known.token : "";
    if (environment != nullptr && *environment != '\0') token = environment;
    return {address, given.value("--token", token)};
}

/// Asks, and prints the answer: as it is, or by `print`, which says the exit code.
template <class Print>
int ask(const arguments& given, std::string_view method, const std::string& target, const std::string& body,
        Print print) {
    const auto answer = host_of(given).ask(method, target, body);
    if (!answer) return complain(answer.error());
    if (answer->status / 100 != 2) return complain(*answer);
    const auto value = json::parse(answer->body);
    if (!value) return complain("the host's answer is no JSON: is it a tenon-host?", exit_code::unavailable);
    if (!given.has("--json")) return print(*value);
    std::cout << answer->body << '\n';
    return exit_code::good;
}

template <class Print>
int follow(const arguments& given, const std::string& target, Print print) {
    const auto end = host_of(given).follow(target, [&](std::string_view event, std::string_view data) {
        if (given.has("--json")) std::cout << data << '\n';
        else print(event, data);
        std::cout.flush();
        return std::cout.good();
    });
    if (!end) return complain(end.error());
    return end->status == 200 ? exit_code::good : complain(*end);
}

/// Columns as wide as what is in them.
void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], row[at].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t at = 0; at < row.size(); ++at) {
            line += row[at];
            if (at + 1 < row.size()) line.append(widths[at] + 2 - row[at].size(), ' ');
        }
        std::cout << line << '\n';
    }
}

void print_outcomes(const std::vector<tenon::plugin_outcome>& plugins) {
    std::vector<std::vector<std::string>> rows;
    for (const tenon::plugin_outcome& one : plugins) {
        char time[32];
        std::snprintf(time, sizeof time, "%.1f ms", one.ms);
        rows.push_back(
            {"  " + safe(one.plugin), text_of(json::of(one.outcome).view()), time, safe(one.reason)});
    }
    print_table(rows);
}

int print_plugins(const json& list) {
    std::vector<std::vector<std::string>> rows{
        {"PLUGIN", "STATE", "HEALTH", "PID", "RESTARTS", "VERSION", "WHY"}};
    for (const auto& one : list["plugins"].as<std::vector<tenon::plugin_status>>().value_or({}))
        rows.push_back({safe(one.name), std::string(name_of(one.state)), std::string(name_of(one.health)),
                        one.pid ? std::to_string(*one.pid) : "-", std::to_string(one.restarts),
                        safe(one.version),
                        one.state == tenon::plugin_state::ready ? "" : safe(one.reason.text)});
    print_table(rows);
    return exit_code::good;
}

int print_plugin(const json& value) {
    const auto one = value.as<tenon::plugin_status>().value_or({});
    std::vector<std::vector<std::string>> rows{
        {"plugin", safe(one.name + " " + one.version)},
        {"state", std::string(name_of(one.state)), safe(one.reason.text)},
        {"health", std::string(name_of(one.health)), safe(one.health_message)},
        {"process", one.pid ? std::to_string(*one.pid) : "none", std::to_string(one.restarts) + " restarts"},
        {"calls", std::to_string(one.calls.asked) + ", p99 " + std::to_string(one.latency.p99_ms) + " ms"}};
    for (const auto& each : one.commands) rows.push_back({"command", safe(each.name)});
    for (const auto& each : one.routes) rows.push_back({"route", safe(each.method + " " + each.path)});
    for (const auto& each : one.subscriptions) rows.push_back({"event", safe(each.type)});
    for (const auto& each : one.refused) rows.push_back({"refused", safe(each)});
    print_table(rows);
    return exit_code::good;
}

} // namespace

int explain_event(const arguments& given) {
    return ask(given, "GET", "/api/v1/events/explain?type=" + url_part(given.words()[0]), {},
               [](const json& answer) {
                   std::vector<std::vector<std::string>> rows;
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
        std::cout << safe(answer["config"].text()) << '\n';
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
                      if (const auto record = tenon::from_json<tenon::log_record>(data))
                          std::cout << tenon::log_line(*record, colour) << '\n';
                  });
}

int follow_events(const arguments& given) {
    const std::string type = given.words().empty() ? "" : "?type=" + url_part(given.words()[0]);
    return follow(given, "/api/v1/events" + type, [](std::string_view name, std::string_view data) {
        if (name == "change") {
            const json change = json::parse(data).value_or(json());
            std::cout << text_of(change["plugin"]) << " is " << text_of(change["to"]) << ": "
                      << text_of(change["reason"]) << '\n';
        } else if (const auto event = tenon::from_json<tenon::event_record>(data)) {
            std::cout << safe(event->type)
                      << (event->stopped
                              ? " stopped by " + safe(event->stopped_by) + ": " + safe(event->reason)
                          : event->decided ? " passed"
                                           : " told to " + std::to_string(event->told))
                      << "  " << safe(event->payload) << '\n';
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
        if (delivered) std::cout << "delivered: " << text_of(receipt["content"]) << '\n';
        else
            std::cout << "stopped by " << text_of(receipt["stoppedBy"]) << ": " << text_of(receipt["reason"])
                      << '\n';
        print_outcomes(receipt["plugins"].as<std::vector<tenon::plugin_outcome>>().value_or({}));
        return delivered ? exit_code::good : exit_code::refused;
    });
}

} // namespace reference
