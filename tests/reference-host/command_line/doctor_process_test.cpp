// What `tenon-host doctor` prints, and what it says to a shell.

#include "../../python_patient.hpp"

#include <command_line/commands.hpp>

#include <tenon/json/value.hpp>
#include <tenon/doctor/finding.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace {

struct outcome {
    int code = -1;
    std::string printed = {}, complained = {};
};

// Takes what is written to a descriptor while it lives.
class captured {
public:
    explicit captured(int number) : number_(number), kept_(::dup(number)), file_(std::tmpfile()) {
        REQUIRE(file_ != nullptr);
        std::fflush(nullptr);
        ::dup2(::fileno(file_), number_);
    }
    captured(const captured&) = delete;
    captured& operator=(const captured&) = delete;
    ~captured() { std::fclose(file_); }
    std::string text() {
        std::fflush(nullptr);
        ::dup2(kept_, number_);
        ::close(kept_);
        std::string all(static_cast<std::size_t>(std::ftell(file_)), '\0');
        std::rewind(file_);
        all.resize(std::fread(all.data(), 1, all.size(), file_));
        return all;
    }

private:
    int number_, kept_;
    std::FILE* file_;
};

outcome doctor(std::vector<std::string> words) {
    std::string command = "doctor";
    std::vector<char*> arguments{command.data()};
    for (std::string& word : words) arguments.push_back(word.data());
    captured out(1), error(2);
    outcome made{.code = reference::run_command_line(arguments)};
    made.printed = out.text();
    made.complained = error.text();
    return made;
}

std::vector<std::string> with_patient(std::vector<std::string> words, const std::string& name) {
    for (std::string& word : tenon::tests::python_patient(name)) words.push_back(std::move(word));
    return words;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

struct told {
    std::string name, version;
    bool healthy;
    std::vector<tenon::testing::finding> findings;
};

} // namespace

TEST_CASE("a good plugin is 0, with a line for each finding and a sum, and no colour in a file") {
    const auto made = doctor(with_patient({"--skip", "memory", "--skip=speed"}, "patient"));
    INFO(made.printed);
    CHECK(made.code == 0);
    CHECK(made.complained.empty());
    CHECK(has(made.printed, "  good  the handshake is answered: patient 1.0.0"));
    CHECK(has(made.printed, "  --    memory does not leak: not examined, left out"));
    CHECK(has(made.printed, "\npatient 1.0.0: 42 good, 0 bad, 0 hints, 2 not examined\n"));
    CHECK(made.printed.ends_with("\nworks with hosts that keep the contract: yes\n"));
    CHECK(has(made.printed, "all its commands and its routes are called, mostly with nonsense"));
    CHECK_FALSE(has(made.printed, "\x1b"));
}

TEST_CASE("a bad one is 1, with what was seen and what to mend") {
    const auto made = doctor(with_patient({"--timeout", "500", "--"}, "hangs"));
    INFO(made.printed);
    CHECK(made.code == 1);
    CHECK(has(made.printed, "  BAD   the handshake is answered [handshake]\n          seen: no answer within "
                            "500 ms\n          mend: "));
    CHECK(has(made.printed, "1 bad"));
    const std::size_t first = made.printed.find("there was no handshake");
    CHECK(first != std::string::npos); // and not once for each of the others
    CHECK(made.printed.find("there was no handshake", first + 1) == std::string::npos);
}

TEST_CASE("what acts on a terminal is named, in a report and in JSON") {
    const std::string script = "printf 'a\\033[31m\\342\\200\\256b\\302\\233\\n' >&2; exit 1";
    for (const char* how : {"--timeout=5000", "--json"}) {
        const auto made = doctor({how, "sh", "-c", script});
        INFO(made.printed);
        CHECK(made.code == 1);
        for (const std::string_view raw : {"\x1b", "\u202e", "\xc2\x9b"}) CHECK_FALSE(has(made.printed, raw));
        CHECK(has(made.printed, "202e"));
    }
}

TEST_CASE("what a plugin calls itself reached the doctor's terminal raw") {
    for (const char* const form : {"--timeout=5000", "--json"}) {
        CAPTURE(form);
        const auto made = doctor(with_patient({form}, "hostile_version"));
        REQUIRE(has(made.printed, "hostile"));
        CHECK_FALSE(has(made.printed, "\x1b"));
        CHECK_FALSE(has(made.printed, "\xE2\x80\xAE"));
        CHECK_FALSE(has(made.printed, "\nforged"));
    }
}

TEST_CASE("--json is one object with the findings") {
    const auto made = doctor({"--json", "/nowhere/plugin"});
    CHECK(made.code == 1);
    const auto read = tenon::from_json<told>(made.printed);
    REQUIRE_MESSAGE(read, made.printed);
    CHECK_FALSE(read->healthy);
    REQUIRE(!read->findings.empty());
    CHECK(read->findings.front().id == "start");
    CHECK(read->findings.front().verdict == tenon::testing::verdict::bad);
    CHECK(has(read->findings.front().seen, "there is no /nowhere"));
}

TEST_CASE("wrong use is 64 and says what is wrong") {
    struct row {
        std::vector<std::string> words;
        std::string complaint;
    };
    for (const row& one : std::vector<row>{{{}, "which COMMAND?"},
                                           {{"--"}, "which COMMAND?"},
                                           {{"--config"}, "--config needs a value"},
                                           {{"--config", "{", "x"}, "--config: "},
                                           {{"--payload", "a.b", "x"}, "--payload: expected TYPE=JSON"},
                                           {{"--payload=a.b={", "x"}, "--payload: expected TYPE=JSON"},
                                           {{"--env", "=1", "x"}, "--env: expected NAME=VALUE"},
                                           {{"--timeout", "soon", "x"}, "--timeout: expected 1 to 600000"},
                                           {{"--timeout", "0", "x"}, "--timeout: expected 1 to 600000"},
                                           {{"--skip", "nothing", "x"}, "there is no check nothing"},
                                           {{"--colour=red", "x"}, "there is no option --colour"}}) {
        const auto made = doctor(one.words);
        CAPTURE(one.complaint);
        CHECK(made.code == 64);
        CHECK(made.printed.empty());
        CHECK(has(made.complained, one.complaint));
        CHECK(has(made.complained, "usage: tenon-host doctor"));
    }
}

TEST_CASE("--help and --checks start nothing") {
    CHECK(doctor({"--help"}).code == 0);
    CHECK(has(doctor({"-h"}).printed, "usage: tenon-host doctor [OPTIONS] COMMAND..."));
    const auto checks = doctor({"--checks", "/nowhere/plugin"});
    CHECK(checks.code == 0);
    CHECK(has(checks.printed, "  end-of-input"));
}
