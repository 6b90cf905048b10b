// Plugins, as a running host sees them, and what is done to them.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/fields.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/rules/status.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;
using tenon::plugin_status;
using tenon::http::url_part;

double ms_of(tenon::milliseconds time) { return static_cast<double>(time.count()); }

std::string state_row(const plugin_status& one) {
    const std::string name(name_of(one.state));
    return one.next_retry ? name + ", retry in " + duration_words(ms_of(*one.next_retry))
                          : name + " for " + duration_words(ms_of(one.in_state));
}

int print_plugins(const json& list) {
    constexpr std::size_t longest_version = 20; // `plugins NAME` has all of it
    constexpr look head = look::bold;
    std::vector<row> rows{{{"PLUGIN", head},
                           {"STATE", head},
                           {"HEALTH", head},
                           {"PID", head},
                           {"RESTARTS", head},
                           {"VERSION", head},
                           {"WHY", head}}};
    for (const auto& one : list["plugins"].as<std::vector<plugin_status>>().value_or({}))
        rows.push_back({one.name,
                        {name_of(one.state), look_of(one.state)},
                        {name_of(one.health), look_of(one.health)},
                        one.pid ? std::to_string(*one.pid) : "-",
                        std::to_string(one.restarts),
                        one.version.size() > longest_version
                            ? std::string(tenon::detail::beginning_of(one.version, longest_version)) + "..."
                            : one.version,
                        one.state == tenon::plugin_state::ready ? "" : one.reason.text});
    print_table(rows);
    return exit_code::good;
}

std::string process_words(const plugin_status& one) {
    std::string text = one.pid ? std::to_string(*one.pid) : "none";
    if (one.process) {
        text += ", " + bytes_words(one.process->memory_bytes) + " of memory, " +
                duration_words(ms_of(one.process->cpu)) + " of CPU, " +
                count_words(static_cast<std::uint64_t>(one.process->threads), "thread");
        if (one.process->descriptors >= 0)
            text += ", " + count_words(static_cast<std::uint64_t>(one.process->descriptors), "descriptor");
    }
    if (one.start_level) text += ", " + std::string(name_of(*one.start_level));
    if (one.restarts != 0) text += ", " + count_words(one.restarts, "restart");
    return text;
}

std::string call_words(const plugin_status& one) {
    std::string text = std::to_string(one.calls.asked);
    if (one.calls.failed != 0) text += ", " + std::to_string(one.calls.failed) + " failed";
    if (one.calls.timed_out != 0) text += ", " + std::to_string(one.calls.timed_out) + " too late";
    if (one.latency.count != 0)
        text += "; half within " + duration_words(one.latency.p50_ms) + ", 99 % within " +
                duration_words(one.latency.p99_ms);
    return text;
}

std::string event_words(const tenon::subscription_status& one) {
    std::string text = one.type;
    if (one.mode) text += " " + text_of(json::of(*one.mode).view());
    if (one.priority != 0) text += ", priority " + std::to_string(one.priority);
    if (one.on_failure) text += ", on failure " + text_of(json::of(*one.on_failure).view());
    return text;
}

int print_plugin(const json& value) {
    const auto one = value.as<plugin_status>().value_or({});
    std::vector<row> rows;
    const auto add = [&](const char* what, std::string text, look how = look::plain) {
        rows.push_back({{what, look::dim}, {std::move(text), how}});
    };
    const auto add_all = [&](const char* what, const auto& all, const auto& words) {
        for (const auto& each : all) add(what, words(each));
    };
    const auto as_it_is = [](const std::string& text) { return text; };
    add("plugin", one.name, look::bold);
    add("version", one.version.empty() ? "not known: it has not said so yet" : one.version);
    add("state", state_row(one), look_of(one.state));
    if (!one.reason.text.empty()) add("why", one.reason.text);
    add("health",
        std::string(name_of(one.health)) + (one.health_message.empty() ? "" : ": ") + one.health_message,
        look_of(one.health));
    add("process", process_words(one));
    if (one.sandbox) {
        add("sandbox", std::string(name_of(one.sandbox->level)) + ", " +
                           std::string(name_of(one.sandbox->mode)) + ", for " +
                           std::string(name_of(one.sandbox->preset)));
        add_all("not held", one.sandbox->missing, as_it_is);
    }
    add("calls", call_words(one));
    if (one.level != tenon::log_level::debug)
        add("log",
            text_of(json::of(one.level).view()) + (one.level == tenon::log_level::error ? "" : " and worse"));
    add_all("event", one.subscriptions, event_words);
    add_all("required", one.required, as_it_is);
    const auto name_of_absence = [](tenon::absence absent) { return text_of(json::of(absent).view()); };
    if (one.absent != tenon::absence::pass) add("absent", name_of_absence(one.absent));
    for (const auto& [pattern, absent] : one.absent_of)
        add("absent", pattern + ": " + name_of_absence(absent));
    add_all("command", one.commands, [](const auto& each) {
        const std::string takes = each.params ? fields_words(fields_of(each.params->view())) : "";
        return each.name + (takes.empty() ? "" : " ") + takes + (each.description.empty() ? "" : ": ") +
               each.description;
    });
    add_all("route", one.routes, [](const auto& each) {
        return each.method + " " + each.path + (each.auth ? " (token)" : "") +
               (each.description.empty() ? "" : ": ") + each.description;
    });
    add_all("permission", one.permissions, as_it_is);
    add_all("needs", one.needs, as_it_is);
    add_all("refused", one.refused, as_it_is);
    for (const std::string& words : one.warnings) add("warning", words, look::warning);
    print_table(rows);
    return exit_code::good;
}

} // namespace

int status(const arguments& given) {
    return ask(given, "GET", "/api/v1/status", {}, [](const json& answer) {
        const auto host = answer.as<tenon::host_status>().value_or({});
        const auto ago = [&](std::int64_t when) {
            return tenon::detail::time_ago(tenon::milliseconds(host.unix_ms - when));
        };
        std::vector<row> rows{
            {"host", host.name + " " + host.version + ", process " + std::to_string(host.pid)},
            {"since", tenon::detail::time_ago(host.uptime)},
            {"plugins",
             std::to_string(host.plugins_ready) + " of " + std::to_string(host.plugins_known) + " ready"}};
        for (const json_view one : answer["notReady"].as<std::vector<json_view>>().value_or({})) {
            const std::string why = text_of(one["reason"]);
            const auto state = one["state"].as<tenon::plugin_state>();
            rows.push_back({"", text_of(one["name"]) + " is " + std::string(state ? words_of(*state) : "") +
                                    (why.empty() ? "" : ": " + why)});
        }
        if (host.configuration) {
            const auto& file = *host.configuration;
            const std::string words = text_of(answer["configurationWords"]);
            rows.push_back({"configuration", words.substr(0, words.find('\n'))});
            for (const std::string& one : file.mistakes) rows.push_back({"", one});
            if (file.good && !file.last_mistake.empty())
                rows.push_back(
                    {"last mistake", file.last_mistake + " (" + ago(file.last_mistake_unix_ms) + ")"});
        }
        if (host.attaches_refused != 0)
            rows.push_back({"socket", std::to_string(host.attaches_refused) +
                                          (host.attaches_refused == 1 ? " attach" : " attaches") +
                                          " refused"});
        print_table(rows);
        return exit_code::good;
    });
}

int explain_event(const arguments& given) {
    return ask(given, "GET", "/api/v1/events/explain?type=" + url_part(given.words()[0]), {},
               [](const json& answer) {
                   std::vector<row> rows;
                   for (const json_view one : answer["plugins"].as<std::vector<json_view>>().value_or({})) {
                       const bool gets_it = one["receives"].text() == "true";
                       rows.push_back({text_of(one["plugin"]),
                                       {gets_it ? "yes" : "no", gets_it ? look::good : look::plain},
                                       text_of(one["words"])});
                   }
                   print_table(rows);
                   return exit_code::good;
               });
}

int plugins(const arguments& given) {
    const auto& words = given.words();
    if (words.empty()) return ask(given, "GET", "/api/v1/plugins", {}, print_plugins);
    const std::string target = "/api/v1/plugins/" + url_part(words[0]);
    const auto print_changed = [&](const json& answer) {
        // Who changes a package is answered with the package, or its operation: how its plugin is, the host says in its row.
        if (answer["operation"].is_null()) return print_plugin(answer);
        return ask(given, "GET", target, {}, print_plugin);
    };
    if (words.size() == 1) return ask(given, "GET", target, {}, print_plugin);
    if (words[1] == "level") {
        if (words.size() == 2)
            return ask(given, "GET", target, {}, [](const json& answer) {
                print_line({text_of(answer["logLevel"])});
                return exit_code::good;
            });
        return ask(given, "PUT", target + "/logs/level",
                   tenon::to_json(std::map<std::string, std::string>{{"level", words[2]}}), print_plugin);
    }
    if (words[1] != "config") {
        constexpr std::string_view verbs[] = {"start", "stop", "restart", "enable", "disable"};
        if (std::find(std::begin(verbs), std::end(verbs), words[1]) == std::end(verbs) || words.size() > 2)
            return complain("expected start, stop, restart, enable, disable, config or level",
                            exit_code::usage);
        return ask(given, "POST", target + "/" + words[1], {}, print_changed);
    }
    const auto print = [&](const json& answer) {
        print_json(answer["config"].text());
        std::cout.flush();
        if (!answer["set"].is_null()) // beside the JSON, which goes into other programs
            std::cerr << safe(text_of(answer["set"]["words"])) << "; the file says "
                      << safe(answer["file"].text()) << "\nback to the file's own: tenon-host plugins "
                      << words[0] << " config reset\n";
        return exit_code::good;
    };
    if (words.size() == 2) return ask(given, "GET", target + "/config", {}, print);
    if (words[2] == "reset") return ask(given, "DELETE", target + "/config", {}, print_changed);
    std::string config = words[2];
    if (config == "-") config.assign(std::istreambuf_iterator<char>(std::cin), {});
    const auto typed = json::parse(config);
    if (!typed || typed->kind() != tenon::json_kind::object)
        return complain("config: expected JSON like {\"key\": 1}, got \"" +
                            std::string(tenon::detail::beginning_of(config, 64)) + "\"" +
                            (typed ? "" : ": " + typed.error().message),
                        exit_code::usage);
    return ask(given, "PUT", target + "/config", config, print_changed);
}

} // namespace reference
