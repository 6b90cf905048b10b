// `tenon-host doctor`: prints for people, or as JSON, what tenon::testing::examine() finds.

#include "command_line/commands.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include <tenon/doctor.hpp>
#include <tenon/host/system_log_writer.hpp>

#include <charconv>
#include <iostream>
#include <utility>

namespace reference {

namespace {

using tenon::fault;
using tenon::json;
using tenon::result;
using tenon::testing::finding;
using tenon::testing::patient;
using tenon::testing::verdict;

fault wrong(std::string words) { return {tenon::codes::invalid_params, std::move(words)}; }

/// "NAME=VALUE" in two.
std::pair<std::string, std::string> split(const std::string& text) {
    const std::size_t equals = text.find('=');
    return {text.substr(0, equals), equals == text.npos ? "" : text.substr(equals + 1)};
}

result<patient> patient_of(const arguments& given) {
    patient made{.command = given.words()};
    if (made.command.empty()) return wrong("doctor: which COMMAND?");
    auto config = json::parse(given.value("--config", "{}"));
    if (!config) return wrong("--config: " + config.error().message);
    made.config = std::move(*config);
    for (const std::string& each : given.values("--payload")) {
        const auto [type, text] = split(each);
        const auto payload = json::parse(text);
        if (!payload) return wrong("--payload: expected TYPE=JSON, got " + each);
        made.payloads[type] = *payload;
    }
    made.environment = given.values("--env");
    for (const std::string& each : made.environment)
        if (each.find('=') == each.npos || each[0] == '=')
            return wrong("--env: expected NAME=VALUE, got " + each);
    made.directory = given.value("--directory");
    if (given.has("--timeout")) {
        const std::string text = given.value("--timeout");
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > 600'000)
            return wrong("--timeout: expected 1 to 600000, got " + text);
        made.answer_time = made.handshake_time = tenon::milliseconds(number);
    }
    made.leave_out = given.values("--skip");
    for (const std::string& each : made.leave_out) {
        bool known = false;
        for (const auto& check : tenon::detail::doctor_checks) known = known || check.id == each;
        if (!known) return wrong("--skip: there is no check " + each);
    }
    return made;
}

int list_checks() {
    for (const auto& check : tenon::detail::doctor_checks) {
        std::string line = "  " + std::string(check.id);
        line.resize(24, ' ');
        std::cout << line << check.title << '\n';
    }
    return exit_code::good;
}

int report_as_json(const patient& given) {
    struct report {
        std::string name, version;
        bool healthy;
        std::vector<finding> findings;
    };
    const auto made = tenon::testing::examine(given);
    print_json(tenon::to_json(report{made.name, made.version, made.healthy(), made.findings}));
    return made.healthy() ? exit_code::good : exit_code::refused;
}

int report(const patient& given) {
    const bool colour = tenon::has_colour(1);
    std::cout << "The plugin is started a dozen times. Its events, all its commands and its routes are "
                 "called, mostly "
                 "with nonsense.\n\n"
              << std::flush;
    std::string why; // one reason for many that could not be examined is said once
    const auto made = tenon::testing::examine(given, [&](const finding& one) {
        const bool again = one.verdict == verdict::skipped && one.seen == why;
        why = one.verdict == verdict::skipped ? one.seen : std::string();
        if (!again) std::cout << tenon::testing::told(one, colour) << std::flush;
    });
    std::cout << '\n' << tenon::testing::summary(made, colour);
    return made.healthy() ? exit_code::good : exit_code::refused;
}

} // namespace

int doctor(const arguments& given) {
    if (given.has("--checks")) return list_checks();
    const auto asked = patient_of(given);
    if (asked) return given.has("--json") ? report_as_json(*asked) : report(*asked);
    complain(asked.error().message, exit_code::usage);
    std::cerr << "usage: tenon-host doctor [OPTIONS] COMMAND...\n";
    return exit_code::usage;
}

} // namespace reference
