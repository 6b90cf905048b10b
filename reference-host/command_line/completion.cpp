// Candidates, and the scripts that ask for them.

#include "command_line/completion.hpp"

#include "command_line/asking.hpp"
#include "command_line/commands.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/fields.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;

using asked = std::function<json(const std::string& target)>;

std::vector<json_view> list_of(json_view value) { return value.as<std::vector<json_view>>().value_or({}); }

const option* find_option(const command& of, std::string_view name) {
    for (const option& each : of.options)
        if (each.name == name) return &each;
    return nullptr;
}

/// What stands behind a command, without its last word.
struct line {
    std::vector<std::string> words = {};
    std::set<std::string, std::less<>> options = {};
    const option* open = nullptr; // whose value is the last word
};

line read_line(const command& of, std::span<const std::string> typed) {
    line made;
    for (const std::string& one : typed) {
        if (of.runs_another && !made.words.empty()) break;
        if (std::exchange(made.open, nullptr) != nullptr) continue;
        if (one.size() < 2 || one[0] != '-') {
            made.words.push_back(one);
            continue;
        }
        const std::string name = one.substr(0, one.find('='));
        made.options.insert(name);
        const option* known = find_option(of, name);
        if (known != nullptr && !known->value.empty() && name.size() == one.size()) made.open = known;
    }
    return made;
}

/// "VERB" for the second one of "[NAME [VERB]]"; what stands behind | is another way to say it.
std::string word_at(std::string_view usage, std::size_t position) {
    std::vector<std::string> all;
    std::string one;
    for (const char byte : std::string(usage.substr(0, usage.find('|'))) + " ") {
        if (byte == '[' || byte == ']') continue;
        if (byte != ' ') one += byte;
        else if (!one.empty()) all.push_back(std::exchange(one, {}));
    }
    if (position < all.size()) return all[position].substr(0, all[position].find("..."));
    const bool repeats = !all.empty() && all.back().ends_with("...");
    return repeats ? all.back().substr(0, all.back().find("...")) : "";
}

std::vector<std::string> names_in(json_view list, std::string_view member) {
    std::vector<std::string> all;
    for (const json_view one : list_of(list)) all.push_back(text_of(one[member]));
    return all;
}

std::vector<std::string> event_types(const asked& ask) {
    auto all = names_in(ask("/api/v1/catalogue")["events"], "type");
    const json list = ask("/api/v1/plugins");
    for (const json_view plugin : list_of(list["plugins"]))
        for (std::string& type : names_in(plugin["subscriptions"], "type")) all.push_back(std::move(type));
    return all;
}

/// Up to where a caller has to say something of its own: "/api/plugins/one/hello/".
std::vector<std::string> route_paths(const asked& ask, std::string_view method) {
    std::vector<std::string> all;
    const json list = ask("/api/v1/plugins");
    for (const json_view plugin : list_of(list["plugins"]))
        for (const json_view route : list_of(plugin["routes"]))
            if (text_of(route["method"]) == method) {
                const std::string path = text_of(route["path"]);
                all.push_back(path.substr(0, path.find('{')));
            }
    return all;
}

std::vector<std::string> values_of(const std::vector<field>& fields, const line& typed,
                                   const std::string& last) {
    const std::string_view key = key_of(last);
    std::vector<std::string> all;
    for (const field& one : fields) {
        const auto is_given = [&](const std::string& word) { return key_of(word) == one.name; };
        if (key != one.name && std::none_of(typed.words.begin(), typed.words.end(), is_given))
            all.push_back(one.name + "=");
        if (key != one.name) continue;
        for (const std::string& value : one.values) all.push_back(one.name + "=" + value);
        if (one.type == "boolean") all.insert(all.end(), {one.name + "=true", one.name + "=false"});
    }
    return all;
}

completed complete_word(const command& of, const line& typed, const std::string& last, const asked& ask) {
    const std::string kind = word_at(of.words, typed.words.size());
    if (kind == "FILE" || kind == "FOLDER" || (of.runs_another && kind == "COMMAND")) return {.files = true};
    if (of.name == "new") return {};
    if (kind == "KEY") return {.files = true};
    if (kind == "NAME" && of.name == "token new") return {};
    if (kind == "NAME" && of.name == "token revoke")
        return {names_in(ask("/api/v1/access/tokens")["tokens"], "name")};
    if (kind == "NAME" && of.name.starts_with("package "))
        return {names_in(ask("/api/v1/packages")["packages"], "name")};
    if (kind == "NAME") return {names_in(ask("/api/v1/plugins")["plugins"], "name")};
    if (kind == "VERB") return {{"start", "stop", "restart", "enable", "disable", "config", "level"}};
    if (of.name == "plugins" && typed.words.size() == 2) {
        if (typed.words[1] == "level") return {{"debug", "info", "warn", "error"}};
        if (typed.words[1] == "config") return {{"reset"}};
    }
    if (kind == "EVENT" || kind == "TYPE") return {event_types(ask)};
    if (kind == "COMMAND") return {names_in(ask("/api/v1/commands")["commands"], "name")};
    if (kind == "METHOD") return {{"GET", "POST", "PUT", "PATCH", "DELETE"}};
    if (kind == "PATH") return {route_paths(ask, typed.words[0])};
    if (kind == "SHELL") return {{"bash", "zsh", "fish"}};
    if (kind != "NAME=VALUE") return {};
    return {values_of(of.name == "emit" ? fields_of_event(ask("/api/v1/catalogue"), typed.words[0])
                                        : fields_of_command(ask("/api/v1/commands"), typed.words[0]),
                      typed, last)};
}

completed complete_option(const option& of) {
    if (of.value == "LEVEL") return {{"debug", "info", "warn", "error"}};
    if (of.value == "ROLE") return {{"viewer", "operator", "installer", "publisher", "admin"}};
    if (of.value == "LANGUAGE") return {{"cpp", "node", "python", "rust"}};
    return {.files = of.value == "FILE" || of.value == "PATH" || of.value == "FOLDER"};
}

std::vector<std::string> option_names(const command& of, const line& typed) {
    std::vector<std::string> all = {"--help"};
    for (const option& each : of.options)
        if (each.repeats || typed.options.count(each.name) == 0) all.emplace_back(each.name);
    return all;
}

/// A shell puts it in as it is: nothing that it would run, expand or take apart.
bool is_plain(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               std::string_view("_./:=@%+,-").find(byte) != std::string_view::npos;
    });
}

/// Which host is meant: what was typed of the options that say it.
arguments remote_arguments(std::span<const std::string> typed) {
    const command remote{
        .name = "completion", .words = "", .summary = "", .options = remote_options(), .run = nullptr};
    std::vector<std::string_view> given;
    for (std::size_t at = 0; at + 1 < typed.size(); ++at) {
        const std::string_view word = typed[at];
        const option* known = find_option(remote, word.substr(0, word.find('=')));
        if (known == nullptr || known->value.empty()) continue;
        given.push_back(word);
        if (word.find('=') == word.npos && at + 2 < typed.size()) given.push_back(typed[++at]);
    }
    return remote.read(given).value_or({});
}

} // namespace

completed complete(std::span<const std::string> typed, const asked& ask) {
    if (typed.empty()) return {};
    const std::string& last = typed.back();
    completed found;
    const group* const of = typed.size() > 1 ? find_group(typed[0]) : nullptr;
    const std::size_t words = of == nullptr ? 1 : 2; // of the command's name
    if (typed.size() <= words) {
        const std::string before = of == nullptr ? "" : typed[0] + " ";
        for (const command& each : commands())
            if (each.name.starts_with(before)) found.words.emplace_back(each.name.substr(before.size()));
        if (of == nullptr) {
            std::erase_if(found.words, [](const std::string& one) { return one.find(' ') != one.npos; });
            for (const group& each : groups()) found.words.emplace_back(each.name);
            found.words.insert(found.words.end(), {"--help", "--version"});
        }
    } else if (const command* known = find_command(of == nullptr ? typed[0] : typed[0] + " " + typed[1]);
               known != nullptr) {
        const line before = read_line(*known, typed.subspan(words, typed.size() - words - 1));
        if (before.open != nullptr) found = complete_option(*before.open);
        else if (last.starts_with('-') && !(known->runs_another && !before.words.empty()))
            found.words = option_names(*known, before);
        else found = complete_word(*known, before, last, ask);
    }
    std::erase_if(found.words,
                  [&](const std::string& word) { return !is_plain(word) || !word.starts_with(last); });
    std::sort(found.words.begin(), found.words.end());
    found.words.erase(std::unique(found.words.begin(), found.words.end()), found.words.end());
    return found;
}

int complete_words(const arguments& given) {
    const std::string& shell = given.words()[0];
    if (shell != "words") {
        const std::string_view script = completion_script(shell);
        if (script.empty())
            return complain("expected bash, zsh or fish, got \"" + shell + "\"", exit_code::usage);
        std::cout << script;
        return exit_code::good;
    }
    // A person waits at the keyboard. A host that does not answer at once is not asked again.
    const auto typed = std::span(given.words()).subspan(1);
    std::optional<found_host> host;
    if (auto found = find_host(remote_arguments(typed), std::chrono::milliseconds(100))) host.emplace(*found);
    const auto found = complete(typed, [&](const std::string& target) {
        const auto answer = host ? host->client.ask("GET", target) : tenon::http::client::answer{.status = 0};
        if (!answer) host.reset();
        return answer && answer->status == 200 ? json::parse(answer->body).value_or(json()) : json();
    });
    if (found.files) print_line({":files"});
    for (const std::string& word : found.words) print_line({word});
    return exit_code::good;
}

} // namespace reference
