// What is put into a running host from outside, and what became of it.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/fields.hpp"
#include "command_line/outcomes.hpp"

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/text.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <span>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;
using tenon::http::url_part;

int print_decision(const json& decision) {
    const bool stopped = text_of(decision["flow"]) == "stop";
    if (stopped)
        print_line(
            {{"stopped by " + text_of(decision["stoppedBy"]), look::bad}, ": ", text_of(decision["reason"])});
    else print_line({{"passed", look::good}, ": ", decision["payload"].text()});
    print_outcomes(decision["plugins"].as<std::vector<tenon::plugin_outcome>>().value_or({}));
    return stopped ? exit_code::refused : exit_code::good;
}

/// Names that a command does not know, where one that it needs is missing: "there is no whom; who is missing".
std::string misnamed(std::span<const std::string> words, const std::vector<field>& fields) {
    std::set<std::string_view> given;
    for (const std::string& word : words) given.insert(key_of(word));
    std::string missing, unknown;
    const auto add = [](std::string& to, std::string_view name) { (to += to.empty() ? "" : ", ") += name; };
    for (const field& one : fields)
        if (given.erase(one.name) == 0 && one.required) add(missing, one.name);
    for (const std::string_view name : given) add(unknown, name);
    if (missing.empty()) return {};
    return (unknown.empty() ? "" : "there is no " + unknown + "; ") + missing + " is missing";
}

/// What was typed behind the first word, by what the host says at `target` about it; said why not.
std::optional<json> typed_payload(const arguments& given, const std::string& target,
                                  std::vector<field> (*fields_in)(const json&, std::string_view), int& code) {
    const bool arguments_of_command = fields_in == fields_of_command;
    const std::string& name = given.words()[0];
    const auto words = std::span(given.words()).subspan(1);
    std::vector<field> fields;
    if (std::any_of(words.begin(), words.end(),
                    [](const std::string& one) { return !key_of(one).empty(); })) {
        const auto list = answer_of(given, "GET", target, {}, code);
        if (!list) return {};
        fields = fields_in(*list, name);
    }
    auto payload = payload_of(words, fields);
    if (payload && arguments_of_command)
        if (const std::string wrong = misnamed(words, fields); !wrong.empty())
            payload = tenon::fault{tenon::codes::invalid_params, wrong};
    if (payload) return std::move(*payload);
    code = complain_of_words(payload.error(),
                             fields.empty() ? "" : " (" + name + " " + fields_words(fields) + ")");
    return {};
}

/// Where the host has no such event, but one that is called almost so.
std::string or_meant(std::string_view type, const json& catalogue) {
    std::vector<std::string> names;
    for (const json_view one : catalogue["events"].as<std::vector<json_view>>().value_or({}))
        names.push_back(text_of(one["type"]));
    if (std::find(names.begin(), names.end(), type) != names.end()) return {};
    const std::vector<std::string_view> known(names.begin(), names.end());
    return tenon::detail::or_meant(type, known);
}

bool is_method(const std::string& text) {
    return !text.empty() && text.size() <= 16 &&
           std::all_of(text.begin(), text.end(), [](char byte) { return byte >= 'A' && byte <= 'Z'; });
}

/// Of a request: without blanks, and nothing that could end its line.
bool is_target(const std::string& text) {
    return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char byte) {
               return !tenon::detail::is_control(byte) && byte != ' ' && byte != '#';
           });
}

void print_body(const std::string& body) {
    if (body.empty()) return;
    if (json::parse(body)) print_json(body);
    else print_text(body);
}

} // namespace

int execute_command(const arguments& given) {
    int code = exit_code::good;
    const auto payload = typed_payload(given, "/api/v1/commands", fields_of_command, code);
    if (!payload) return code;
    const std::string target = "/api/v1/commands/" + url_part(given.words()[0]);
    return ask(given, "POST", target, payload->text(), [](const json& answer) {
        const json_view result = answer["result"];
        if (const auto text = result.as<std::string>()) print_text(*text);
        else if (!result.is_null()) print_json(result.text());
        return exit_code::good;
    });
}

int emit_event(const arguments& given) {
    struct event {
        std::string type;
        json payload;
        bool decide;
    };
    int code = exit_code::good;
    const auto payload = typed_payload(given, "/api/v1/catalogue", fields_of_event, code);
    if (!payload) return code;
    const event said{given.words()[0], *payload, given.has("--decide")};
    const auto answer = answer_of(given, "POST", "/api/v1/events", tenon::to_json(said), code);
    if (!answer) return code;
    if (given.has("--json")) print_json(answer->text());
    if (said.decide) {
        if (!given.has("--json")) return print_decision(*answer);
        return text_of((*answer)["flow"]) == "stop" ? exit_code::refused : exit_code::good;
    }
    const auto told = (*answer)["told"].as<std::uint64_t>().value_or(0);
    if (given.has("--json")) return exit_code::good;
    std::string why;
    if (told == 0) {
        const auto known = answer_of(given, "GET", "/api/v1/catalogue", {}, code);
        why = known ? or_meant(said.type, *known) : "";
        if (why.empty()) why = "; `tenon-host explain " + said.type + "` says why";
    }
    print_line({"told " + count_words(told, "plugin"), {why, look::dim}});
    return exit_code::good;
}

int ask_route(const arguments& given) {
    std::string method = given.words()[0];
    for (char& byte : method)
        if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 'a' + 'A');
    const std::string& path = given.words()[1];
    if (!is_method(method))
        return complain("expected a method like GET, got \"" + method + "\"", exit_code::usage);
    if (!is_target(path))
        return complain("expected a path like /api/plugins/NAME/orders, got \"" + path + "\"",
                        exit_code::usage);
    const auto body = text_behind(given.value("-d"));
    if (!body) return complain_of_words(body.error());
    const auto to = find_host(given);
    if (!to) return complain_of_address(to.error());
    const auto answer = to->client.ask(method, path, *body);
    if (!answer) return complain(answer.error(), *to);
    if (answer->status == 401) return complain(*answer, *to);
    if (given.has("--output")) {
        std::ofstream file(given.value("--output"), std::ios::binary); // it may be a device, which stays one
        file << answer->body << std::flush;
        if (!file) return complain(given.value("--output") + " cannot be written", exit_code::unwritten);
    } else if (given.has("--json")) {
        struct answered {
            int status;
            json body;
        };
        print_json(tenon::to_json(
            answered{answer->status, json::parse(answer->body).value_or(json::of(answer->body))}));
    } else {
        print_body(answer->body);
    }
    if (answer->status < 400) return exit_code::good;
    const auto sent = json::parse(body->empty() ? "null" : std::string_view(*body));
    return complain("the answer's status is " + std::to_string(answer->status) +
                        (sent ? "" : "; what -d gives is no JSON: " + sent.error().message),
                    exit_code::refused);
}

int send_message(const arguments& given) {
    if (!given.has("--from") || !given.has("--to"))
        return complain("who says it to whom? --from U --to U", exit_code::usage);
    struct message {
        std::string content, from_uid, to_uid;
    };
    const message said{given.words()[0], given.value("--from"), given.value("--to")};
    int code = exit_code::good;
    const auto receipt = answer_of(given, "POST", "/api/v1/messages", tenon::to_json(said), code);
    if (!receipt) return code;
    const bool delivered = (*receipt)["delivered"].text() == "true";
    code = delivered ? exit_code::good : exit_code::refused;
    if (given.has("--json")) return print_json(receipt->text()), code;
    if (delivered) print_line({{"delivered", look::good}, ": ", text_of((*receipt)["content"])});
    else
        print_line({{"stopped by " + text_of((*receipt)["stoppedBy"]), look::bad},
                    ": ",
                    text_of((*receipt)["reason"])});
    print_outcomes((*receipt)["plugins"].as<std::vector<tenon::plugin_outcome>>().value_or({}));
    return code;
}

} // namespace reference
