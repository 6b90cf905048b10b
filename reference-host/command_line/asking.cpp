// Finding the host, and saying what it refused.

#include "command_line/asking.hpp"

#include "command_line/admin_file.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/web/address.hpp>

#include <cstdlib>
#include <iostream>
#include <iterator>

namespace reference {

namespace {

using tenon::json;
using tenon::result;
using tenon::http::client;

struct address {
    std::string text, found_by;
    admin_file file = {}; // where one said it
};

/// "params.args.who: missing at byte 85" is about the wire; somebody typed `who`.
std::string typed_words(std::string words) {
    for (const std::string_view place : {"params.args.", "params.payload.", "body.payload.", "body."})
        if (words.starts_with(place)) {
            words.erase(0, place.size());
            break;
        }
    const std::size_t at = words.rfind(" at byte ");
    if (at != words.npos && words.find_first_not_of("0123456789", at + 9) == words.npos) words.resize(at);
    return words;
}

result<address> find_address(const arguments& given) {
    const std::string socket = given.value("--socket", default_socket);
    auto known = read_admin_file(socket);
    if (given.has("--address")) {
        address made{given.value("--address"), "--address"};
        if (!tenon::http::split_address(made.text))
            return tenon::fault{tenon::codes::invalid_params,
                                "--address: expected HOST:PORT, got \"" + made.text + "\""};
        if (known && known->address == made.text) made.file = std::move(*known);
        return made;
    }
    if (known) {
        if (is_left_over(*known))
            return tenon::fault{tenon::codes::unavailable, "no host answers: process " +
                                                               std::to_string(known->pid) + ", which wrote " +
                                                               admin_path(socket) + ", is gone"};
        return address{known->address, admin_path(socket), std::move(*known)};
    }
    if (given.has("--socket"))
        return tenon::fault{tenon::codes::unavailable,
                            "no host is known at " + socket + ": " + known.error().message};
    return address{"127.0.0.1:8080",
                   "a guess, since " + known.error().message + "; --socket or --address says where it is"};
}

} // namespace

std::vector<option> remote_options(std::vector<option> own) {
    const option all[] = {
        {"--json", "", "prints what the host answers"},
        {"--socket", "PATH", "the host's socket, beside which PATH.admin.json lies (~/.tenon/runtime.sock)"},
        {"--address", "HOST:PORT", "of the host, where no such file says it"},
        {"--token", "TOKEN", "else the file's, else $TENON_ADMIN_TOKEN"}};
    own.insert(own.end(), std::begin(all), std::end(all));
    return own;
}

result<found_host> find_host(const arguments& given, std::chrono::milliseconds patience) {
    auto at = find_address(given);
    if (!at) return at.error();
    const auto made = [&](std::string token, std::string from) {
        return found_host{client(at->text, std::move(token), patience), at->found_by, std::move(from)};
    };
    if (given.has("--token")) return made(given.value("--token"), "--token");
    if (!at->file.token.empty())
        return made(at->file.token, admin_path(given.value("--socket", default_socket)));
    const char* const environment = std::getenv("TENON_ADMIN_TOKEN");
    const bool said = environment != nullptr && *environment != '\0';
    return made(said ? environment : "", said ? "$TENON_ADMIN_TOKEN" : "");
}

int complain_of_address(const tenon::fault& why) {
    return complain(why.message,
                    why.code == tenon::codes::invalid_params ? exit_code::usage : exit_code::unavailable);
}

int complain(const tenon::fault& why, const found_host& asked) {
    return complain(why.message + " (found by " + asked.found_by + ")", exit_code::unavailable);
}

/// RFC 9457: {"title","detail"}.
int complain(const client::answer& refused, const found_host& asked) {
    const json problem = json::parse(refused.body).value_or(json());
    std::string words = text_of(problem["detail"]);
    if (words.empty()) words = text_of(problem["title"]);
    // Of a router without the path, or with one of its plugins in the place of it.
    if (words == "there is nothing here" || words == "not this method")
        words =
            "this host keeps no packages, as its configuration has no \"packages\"; or it is older than this "
            "command";
    if (words.empty()) words = "the host answered " + std::to_string(refused.status);
    if (refused.status != 401) return complain(typed_words(std::move(words)), exit_code::refused);
    return complain(words + " (" +
                        (asked.token_from.empty() ? "--token or $TENON_ADMIN_TOKEN gives one"
                                                  : "the token is that of " + asked.token_from) +
                        "; the host at " + asked.client.address() + " was found by " + asked.found_by + ")",
                    exit_code::no_permission);
}

std::optional<json> answer_of(const arguments& given, std::string_view method, const std::string& target,
                              const std::string& body, int& code, std::chrono::milliseconds patience) {
    const auto refuse = [&](int why) {
        code = why;
        return std::nullopt;
    };
    const auto to = find_host(given, patience);
    if (!to) return refuse(complain_of_address(to.error()));
    const auto answer = to->client.ask(method, target, body);
    if (!answer) return refuse(complain(answer.error(), *to));
    if (answer->status / 100 != 2) return refuse(complain(*answer, *to));
    auto value = json::parse(answer->body);
    if (!value)
        return refuse(
            complain("what answers at " + to->client.address() + " writes no JSON: is it a tenon-host?",
                     exit_code::unavailable));
    return std::move(*value);
}

int ask(const arguments& given, std::string_view method, const std::string& target, const std::string& body,
        const std::function<int(const json& answer)>& print) {
    int code = exit_code::good;
    const auto answer = answer_of(given, method, target, body, code);
    if (!answer) return code;
    if (!given.has("--json")) return print(*answer);
    print_json(answer->text());
    return exit_code::good;
}

int follow(const arguments& given, const std::string& target,
           const std::function<void(std::string_view event, std::string_view data)>& print) {
    const auto to = find_host(given);
    if (!to) return complain_of_address(to.error());
    const auto end = to->client.follow(target, [&](std::string_view event, std::string_view data) {
        if (given.has("--json")) print_json(data);
        else print(event, data);
        std::cout.flush();
        return std::cout.good();
    });
    if (!end) return complain(end.error(), *to);
    return end->status == 200 ? exit_code::good : complain(*end, *to);
}

} // namespace reference
