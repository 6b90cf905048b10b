// Prints for people, or as JSON, what tenon::testing::examine() finds. Its options stand before the COMMAND, whose own
// are not touched.

#include "command_line/doctor.hpp"
#include "command_line/exit_codes.hpp"

#include <tenon/host/logs/system_log_writer.hpp>
#include <tenon/testing/doctor.hpp>
#include <tenon/testing/doctor_report.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

namespace {

using tenon::testing::diagnosis;
using tenon::testing::finding;
using tenon::testing::patient;
using tenon::testing::verdict;

constexpr std::string_view usage = "usage: tenon-host doctor [OPTIONS] COMMAND...\n";

constexpr std::string_view help = R"(
Starts the plugin COMMAND, of any language, holds it to the contract of the wire (docs/protocol.md), and says what it saw
and what to mend. The plugin's events, commands and routes are really called, mostly with nonsense; what it asks of the
host is refused. Takes some seconds.

  --config JSON         the plugin's configuration; absent: {}
  --payload TYPE=JSON   a payload for events of TYPE, instead of a guess; may be repeated
  --env NAME=VALUE      for its environment, besides PATH, HOME, LANG and TMPDIR; may be repeated
  --directory FOLDER    where it runs
  --timeout MS          how long the handshake and each answer may take; absent: 5000
  --skip ID             leaves this check out; may be repeated
  --json                prints one JSON object: name, version, healthy, findings
  --checks              lists the checks with their IDs

Exit code: 0 nothing is bad, 1 something is, 64 wrong use.
)";

struct wishes {
    patient given;
    bool json = false;
};

int wrong(const std::string& words) {
    std::fprintf(stderr, "tenon-host: %s\n%s", words.c_str(), std::string(usage).c_str());
    return exit_code::usage;
}

void put(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

struct report {
    std::string name, version;
    bool healthy = false;
    std::vector<finding> findings;
};

int examine(const wishes& wanted) {
    const bool colour = tenon::has_colour(1);
    if (wanted.json) {
        auto made = tenon::testing::examine(wanted.given);
        const bool healthy = made.healthy();
        put(tenon::to_json(report{made.name, made.version, healthy, std::move(made.findings)}) + "\n");
        return healthy ? exit_code::good : exit_code::refused;
    }
    std::string why; // one reason for many that could not be examined is said once
    const auto made = tenon::testing::examine(wanted.given, [&](const finding& one) {
        const bool again = one.verdict == verdict::skipped && one.seen == why;
        why = one.verdict == verdict::skipped ? one.seen : std::string();
        if (!again) put(tenon::testing::told(one, colour));
    });
    put("\n" + tenon::testing::summary(made, colour));
    return made.healthy() ? exit_code::good : exit_code::refused;
}

/// What is wrong with it, or nothing.
std::string take(wishes& wanted, std::string_view name, const std::string& value) {
    patient& given = wanted.given;
    const std::size_t equals = value.find('=');
    if (name == "--config") {
        auto config = tenon::json::parse(value);
        if (!config) return "--config: " + config.error().message;
        given.config = *config;
    } else if (name == "--payload") {
        auto payload = tenon::json::parse(equals == value.npos ? value : value.substr(equals + 1));
        if (equals == value.npos || !payload) return "--payload: expected TYPE=JSON, got " + value;
        given.payloads[value.substr(0, equals)] = *payload;
    } else if (name == "--env") {
        if (equals == value.npos || equals == 0) return "--env: expected NAME=VALUE, got " + value;
        given.environment.push_back(value);
    } else if (name == "--directory") {
        given.directory = value;
    } else if (name == "--timeout") {
        char* end = nullptr;
        const long number = std::strtol(value.c_str(), &end, 10);
        if (*end != 0 || number < 1 || number > 600'000)
            return "--timeout: expected 1 to 600000, got " + value;
        given.answer_time = given.handshake_time = tenon::milliseconds(number);
    } else if (name == "--skip") {
        bool known = false;
        for (const auto& check : tenon::detail::doctor_checks) known = known || check.id == value;
        if (!known) return "--skip: there is no check " + value;
        given.leave_out.push_back(value);
    } else {
        return "there is no option " + std::string(name);
    }
    return {};
}

} // namespace

int doctor(std::span<char*> arguments) {
    wishes wanted;
    std::size_t at = 0;
    for (; at < arguments.size() && arguments[at][0] == '-'; ++at) {
        const std::string_view whole = arguments[at], name = whole.substr(0, whole.find('='));
        if (whole == "--" && ++at != 0) break;
        if (whole == "--help" || whole == "-h") return put(usage), put(help), exit_code::good;
        if (whole == "--checks") {
            for (const auto& check : tenon::detail::doctor_checks) {
                std::string line = "  " + std::string(check.id);
                line.resize(24, ' ');
                put(line + std::string(check.title) + "\n");
            }
            return exit_code::good;
        }
        if (whole == "--json") {
            wanted.json = true;
            continue;
        }
        const bool joined = name.size() != whole.size();
        if (!joined && at + 1 == arguments.size())
            return wrong(std::string(name) + " needs a value, or is none");
        const std::string value(joined ? whole.substr(name.size() + 1) : std::string_view(arguments[++at]));
        if (const std::string problem = take(wanted, name, value); !problem.empty()) return wrong(problem);
    }
    for (; at < arguments.size(); ++at) wanted.given.command.emplace_back(arguments[at]);
    if (wanted.given.command.empty()) return wrong("doctor: which COMMAND?");
    return examine(wanted);
}

} // namespace reference
