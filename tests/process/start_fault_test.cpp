#include <tenon/process/start_fault.hpp>

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::detail;

namespace {

start_failure failed(launch_step step, int error, std::string text) {
    return {.step = step, .error = error, .error_text = std::move(text), .program = "/opt/plugin"};
}

start_failure failed_program(program_facts facts, std::string text = "Permission denied") {
    auto failure = failed(launch_step::program, 13, std::move(text));
    facts.file.path = "/opt/plugin";
    facts.user = "alice";
    facts.host_machine = "x86_64";
    failure.facts = std::move(facts);
    return failure;
}

file_facts good(std::string path) {
    return {.path = std::move(path),
            .kind = file_kind::regular,
            .mode = "0755",
            .owner = "root",
            .executable = true};
}

std::string words(const start_failure& failure) {
    const fault why = explain(failure);
    CHECK(why.code == codes::unavailable);
    return why.message;
}

} // namespace

TEST_CASE("P5: what was tried is said before what the system answered") {
    CHECK(words(failed(launch_step::fork, 11, "Resource temporarily unavailable")) ==
          "cannot start /opt/plugin: making a process: Resource temporarily unavailable");
    CHECK(words(failed(launch_step::limits, 1, "Operation not permitted")) ==
          "cannot start /opt/plugin: setting its limits: Operation not permitted");
    auto directory = failed(launch_step::directory, 2, "No such file or directory");
    directory.directory = "/srv/none";
    CHECK(words(directory) == "cannot start /opt/plugin in /srv/none: No such file or directory");
    for (const auto step : {launch_step::descriptors, launch_step::session, launch_step::parent_death,
                            launch_step::streams, launch_step::closing, launch_step::privileges})
        CHECK(words(failed(step, 1, "x")).starts_with("cannot start /opt/plugin: "));
    CHECK(words({.step = launch_step::describe, .detail = "its command is empty"}) ==
          "cannot start the plugin: its command is empty");
}

TEST_CASE("P5: a file that may not be executed shows its mode, its owner and who we are") {
    file_facts file = good("/opt/plugin");
    file.mode = "0644";
    file.executable = false;
    CHECK(words(failed_program({.file = file})) == "cannot start /opt/plugin: Permission denied: its mode is "
                                                   "0644 and its owner root, so user alice may not "
                                                   "execute it");
    file.executable = true;
    file.on_noexec_mount = true;
    CHECK(words(failed_program({.file = file})).ends_with("it is on a file system that is mounted noexec"));
}

TEST_CASE("P5: a file that is not there is told from one in a folder that is not") {
    const auto missing = [](std::string culprit, bool link, file_kind kind = file_kind::missing) {
        return words(failed_program(
            {.file = {.path = "/opt/plugin", .kind = kind, .culprit = culprit, .dangling_link = link}},
            "No such file or directory"));
    };
    CHECK(missing("/opt/plugin", false).ends_with("directory: there is no such file"));
    CHECK(missing("/opt", false).ends_with("directory: there is no /opt"));
    CHECK(missing("/opt/plugin", true).ends_with("/opt/plugin is a symbolic link to nothing"));
    CHECK(missing("/opt", false, file_kind::unreachable).ends_with("user alice may not look into /opt"));
    CHECK(missing("", false, file_kind::folder).ends_with("it is a directory"));
    CHECK(missing("", false, file_kind::other).ends_with("it is not a regular file"));
}

TEST_CASE("P5: a script's interpreter is held to the same questions") {
    program_facts facts{.file = good("/opt/plugin"), .is_script = true};
    CHECK(words(failed_program(facts)).ends_with("its first line begins with #! but names no interpreter"));
    facts.interpreter_named = true;
    facts.interpreter = {.path = "/usr/bin/python9", .culprit = "/usr/bin/python9"};
    CHECK(words(failed_program(facts))
              .ends_with("the interpreter that its first line names, /usr/bin/python9, cannot "
                         "be run: there is no such file"));
    facts.interpreter_ends_in_cr = true;
    CHECK(words(failed_program(facts)).find("CR LF, as on Windows") != std::string::npos);
}

TEST_CASE("P5: a program for another machine, a missing loader and no program at all are told apart") {
    program_facts facts{.file = good("/opt/plugin")};
    CHECK(words(failed_program(facts)).find("it is neither a program of this system nor a script") !=
          std::string::npos);
    facts.machine = "aarch64";
    facts.interpreter_named = true;
    facts.interpreter = good("/lib/ld.so");
    CHECK(words(failed_program(facts)).ends_with("it is a program for aarch64, this machine is x86_64"));
    facts.machine = "x86_64";
    facts.interpreter = {.path = "/lib/ld-musl.so", .culprit = "/lib/ld-musl.so"};
    CHECK(words(failed_program(facts))
              .ends_with("the loader that it asks for, /lib/ld-musl.so, cannot be run: there "
                         "is no such file"));
    facts.interpreter = good("/lib/ld.so");
    CHECK(words(failed_program(facts, "Text file busy")) == "cannot start /opt/plugin: Text file busy");
    facts.file.empty = true;
    CHECK(words(failed_program(facts)).ends_with("the file is empty"));
}
