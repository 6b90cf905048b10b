// Every fault of tests/fixtures/patients is found, by the finding that names it and by no other.

#include "../python_patient.hpp"
#include "../scratch_folder.hpp"

#include <tenon/doctor.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

using namespace tenon;
using namespace tenon::testing;

namespace {

patient python(const std::string& name) {
    patient one{.command = tests::python_patient(name)};
    one.leave_out = {"memory", "speed"}; // seconds each
    return one;
}

std::vector<std::string> ids_of(const diagnosis& made, verdict wanted) {
    std::vector<std::string> ids;
    for (const finding& one : made.findings)
        if (one.verdict == wanted) ids.push_back(one.id);
    return ids;
}

void only(const diagnosis& made, const std::string& id, std::string_view seen, verdict how = verdict::bad) {
    INFO(to_text(made));
    const std::vector<std::string> one{id}, none;
    CHECK(ids_of(made, verdict::bad) == (how == verdict::bad ? one : none));
    CHECK(ids_of(made, verdict::warning) == (how == verdict::warning ? one : none));
    const finding* const found = made.find(id);
    REQUIRE(found != nullptr);
    CHECK(found->seen.find(seen) != std::string::npos);
    CHECK(!found->mend.empty());
}

struct row {
    const char* name;
    const char* id;
    const char* seen;
    verdict how = verdict::bad;
};

void each(std::initializer_list<row> rows) {
    for (const row& one : rows) {
        CAPTURE(one.name);
        only(examine(python(one.name)), one.id, one.seen, one.how);
    }
}

std::string program_for_nobody() {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = EM_SPARCV9;
    return {reinterpret_cast<const char*>(&header), sizeof header};
}

} // namespace

TEST_CASE("a plugin in good health has no finding that is not good") {
    patient whole = python("patient");
    whole.leave_out.clear();
    const diagnosis made = examine(whole);
    INFO(to_text(made));
    CHECK(made.healthy());
    CHECK(made.count(verdict::good) == made.findings.size());
    CHECK(made.name == "patient");
    CHECK(made.version == "1.0.0");
    CHECK(to_text(made).empty());
}

TEST_CASE("what spoils stdout is found by its finding alone") {
    each({{"prints", "stdout", "loading the model ..."},
          {"prints_between", "stdout", "health was asked"},
          {"line_ends", "framing", "a line end behind the body"},
          {"lower_case", "framing", "content-length: "},
          {"json_lines", "framing", "a message without a header"},
          {"other_header", "framing", "Content-Type: application/json", verdict::warning},
          {"characters", "length", "which has that many characters"},
          {"too_long", "length", "in front of a body of"}});
}

TEST_CASE("what spoils answers is found by its finding alone") {
    each({{"answers_twice", "once", "a second answer"},
          {"answers_notifications", "once", "an answer to a notification"},
          {"refuses_notifications", "unknown-notification", "doctor/unknown", verdict::warning},
          {"string_ids", "ids", "the id 1 came back as \"1\""},
          {"result_and_error", "messages", "no JSON-RPC message"},
          {"dies_on_unknown", "unknown-request", "what is doctor/unknown?", verdict::warning},
          {"dies_of_bad_json", "bad-json", "exit code 1", verdict::warning}});
}

TEST_CASE("what spoils a plugin's own work is found by its finding alone") {
    each({{"crashes_on_args", "commands", "the process ended"},
          {"odd_status", "routes", "expected 200 to 599"},
          {"nonsense_decision", "events", "maybe"},
          {"strict_payload", "events", "unknown members"},
          {"declares_wrongly", "declaration", "expected a method like GET"},
          {"asks_early", "own-calls", "host/getConfig"},
          {"latin_1", "stderr", "caf\\xe9", verdict::warning}});
}

TEST_CASE("what spoils a handshake is found by its finding alone, and nothing else is examined") {
    for (const row& one :
         {row{"hangs", "handshake", "no answer within 1000 ms"}, row{"no_flush", "handshake", "no answer"},
          row{"no_version", "handshake", "handshake.version"},
          row{"dies_in_handshake", "handshake", "no licence"}}) {
        CAPTURE(one.name);
        patient given = python(one.name);
        given.handshake_time = milliseconds(1'000);
        const diagnosis made = examine(given);
        only(made, one.id, one.seen);
        CHECK(made.find("exit")->verdict == verdict::skipped);
        CHECK(made.find("stdout")->verdict == verdict::skipped);
        CHECK(made.count(verdict::good) == 1);
    }
}

TEST_CASE("a plugin that reads lines, and a language server, are known for what they are") {
    for (const row& one :
         {row{"reads_lines", "handshake", "it speaks in lines, without headers"},
          row{"language_server", "handshake", "it is a language server: it answers -32002"}}) {
        CAPTURE(one.name);
        patient given = python(one.name);
        given.handshake_time = milliseconds(2'000);
        only(examine(given), one.id, one.seen);
    }
}

TEST_CASE("what spoils the end is found by its finding alone") {
    each({{"ignores_end_of_input", "end-of-input", "it still runs 2000 ms later"},
          {"exit_3", "exit", "exit code 3", verdict::warning},
          {"leaves_child", "children", "sleep"},
          {"leaves_daemon", "children", "sleep"}});
    for (const row& one :
         {row{"hangs_on_broken_frame", "broken-frame", "answers nothing any more", verdict::warning},
          row{"spins", "broken-frame", "works without end", verdict::warning},
          row{"no_shutdown", "shutdown", "is not answered"}}) {
        CAPTURE(one.name);
        patient given = python(one.name);
        given.answer_time = milliseconds(2'000);
        only(examine(given), one.id, one.seen, one.how);
    }
}

TEST_CASE("a plugin that loses requests without params was found ill: hosts always send them") {
    const diagnosis made = examine(python("needs_params"));
    INFO(to_text(made));
    CHECK(made.healthy());
    CHECK(made.find("health")->verdict == verdict::good);
}

TEST_CASE("the doctor quoted what was logged long before the check") {
    const diagnosis made = examine(python("dies_quietly"));
    const std::string seen = made.find("commands")->seen;
    CHECK(made.find("commands")->verdict == verdict::bad);
    CHECK_MESSAGE(seen.find("exit code 1") != std::string::npos, seen);
    CHECK_MESSAGE(seen.find("loaded 3 models") == std::string::npos, seen);
}

TEST_CASE("what leaks is found by its finding alone") {
    each({{"leaks_descriptors", "descriptors", "behind them"},
          {"closes_stdin_number", "descriptors", "descriptor 0 is closed"}});
    patient given = python("leaks_memory");
    given.leave_out = {"speed"};
    only(examine(given), "memory", "KiB behind them");
}

TEST_CASE("a program that cannot be started is told why") {
    const tests::scratch_folder folder;
    const auto why = [](const std::string& program) {
        const diagnosis made = examine({.command = {program}});
        INFO(to_text(made));
        CHECK(ids_of(made, verdict::bad) == std::vector<std::string>{"start"});
        CHECK(made.count(verdict::skipped) == made.findings.size() - 1);
        return made.findings.front().seen;
    };
    const auto has = [](const std::string& text, std::string_view part) {
        CHECK_MESSAGE(text.find(part) != std::string::npos, "'", text, "' should say: ", part);
    };
    has(why("/nowhere/plugin"), "there is no /nowhere");
    has(why("no-such-program-anywhere"), "in the folders of its PATH");
    has(why(folder.write("plain", "#!/bin/sh\n", 0644)), "its mode is 0644");
    has(why(folder.write("script", "#!/no/such/interpreter\n", 0755)),
        "the interpreter that its first line names");
    has(why(folder.write("windows", "#!/bin/sh\r\n", 0755)), "CR LF");
    has(why(folder.write("text", "hello", 0755)), "neither a program of this system nor a script");
    has(why(folder.write("foreign", program_for_nobody(), 0755)), "this machine is");
    has(why(""), "its command is empty");
}

TEST_CASE("words of a plugin reached the terminal as they were") {
    const std::string hostile = "a\x1b[31m\n\u202eb\xc2\x9b" + std::string(1, '\0') + "\x7f\xff";
    diagnosis made{.name = hostile, .version = hostile};
    for (const verdict how : {verdict::good, verdict::bad, verdict::warning, verdict::skipped})
        made.findings.push_back({.id = "x", .title = "x", .verdict = how, .seen = hostile, .mend = hostile});
    std::string all = summary(made) + to_text(made);
    for (const finding& one : made.findings) all += told(one);
    for (const std::string_view raw : {"\x1b", "\u202e", "\xc2\x9b", "\x7f", "\xff", "31m\n"})
        CHECK(all.find(raw) == std::string::npos);
    CHECK(all.find('\0') == std::string::npos);
    CHECK(all.find("a\\x1b[31m\\n\\u{202e}b") != std::string::npos);
}

TEST_CASE("the last line of a report says whether it works") {
    diagnosis made{
        .name = "words", .version = "1", .findings = {{.id = "x", .title = "", .verdict = verdict::warning}}};
    CHECK(summary(made) == "words 1: 0 good, 0 bad, 1 hint, 0 not examined\n"
                           "works with hosts that keep the contract: yes\n");
    made.findings.push_back({.id = "y", .title = "", .verdict = verdict::bad});
    CHECK(summary(made).ends_with("\nworks with hosts that keep the contract: no\n"));
}

TEST_CASE("findings are told as they are made, and can be left out") {
    std::vector<std::string> told;
    patient given = python("string_ids");
    given.leave_out.push_back("ids");
    const diagnosis made = examine(given, [&](const finding& one) { told.push_back(one.id); });
    CHECK(made.healthy());
    CHECK(made.find("ids")->verdict == verdict::skipped);
    CHECK(told.size() == made.findings.size());
    CHECK(told.front() == "start");
}

TEST_CASE("a configuration, an environment and payloads reach the plugin") {
    patient given{.command = {"sh", "-c", "test \"$WORD\" = good && exec \"$0\" \"$@\""}};
    for (const std::string& word : tests::python_patient("patient")) given.command.push_back(word);
    given.leave_out = {"memory", "speed", "descriptors"};
    given.environment = {"WORD=good"};
    CHECK(examine(given).healthy());
    given.environment = {"WORD=bad"};
    const diagnosis made = examine(given);
    CHECK(made.find("handshake")->verdict == verdict::bad);
    CHECK(made.find("handshake")->seen.find("exit code 1") != std::string::npos);
}
