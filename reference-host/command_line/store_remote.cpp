// The store of a running host's packages: what `tenon-host store` asks it.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/json/decode.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;

/// Every file of every version is read, which may take long. `print` says the exit code, also where --json prints.
int ask_patiently(const arguments& given, const std::string& what,
                  const std::function<int(const json& answer, bool prints)>& print) {
    int code = exit_code::good;
    const auto answer = answer_of(given, "POST", "/api/v1/store/" + what, "{}", code, std::chrono::hours(6));
    if (!answer) return code;
    if (given.has("--json")) print_json(answer->text());
    return print(*answer, !given.has("--json"));
}

} // namespace

int check_store(const arguments& given) {
    return ask_patiently(given, "check", [](const json& answer, bool prints) {
        const auto found = answer["problems"].as<std::vector<json_view>>().value_or({});
        for (const json_view one : found) {
            const std::string id = text_of(one["id"]);
            if (prints)
                print_line({{id.empty() ? "store" : id + " " + text_of(one["version"]), look::bold},
                            ": ",
                            text_of(one["problem"])});
        }
        const auto packages = answer["packages"].as<std::uint64_t>().value_or(0);
        if (found.empty() && prints && packages == 0) print_line({"the store is empty: no package is in it"});
        else if (found.empty() && prints)
            print_line({"the store is ",
                        {"good", look::good},
                        ": nothing of its " + count_words(packages, "package") + " was changed or lost"});
        return found.empty() ? exit_code::good : exit_code::refused;
    });
}

int repair_store(const arguments& given) {
    return ask_patiently(given, "repair", [](const json& answer, bool prints) {
        if (!prints) return exit_code::good;
        const auto done = answer["done"].as<std::vector<std::string>>().value_or({});
        for (const std::string& one : done) print_line({one});
        if (done.empty()) print_line({"there was nothing to repair"});
        return exit_code::good;
    });
}

int collect_store(const arguments& given) {
    return ask_patiently(given, "collect", [](const json& answer, bool prints) {
        if (prints)
            print_line({"the store has ",
                        count_words(answer["trees"].as<std::uint64_t>().value_or(0), "version"), ", ",
                        bytes_words(answer["bytes"].as<std::uint64_t>().value_or(0))});
        return exit_code::good;
    });
}

} // namespace reference
