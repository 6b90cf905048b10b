// What programs say of themselves before a host runs them.

#include "../sanitized.hpp"
#include "processes.hpp"

#include <tenon/process/system_described.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

using namespace tenon;

plugin_options program(const std::string& path, std::string_view config = "{}") {
    plugin_options options{.name = "one", .command = {path}};
    options.config = json::parse(config).value();
    return options;
}

TEST_CASE(
    "a typing error in a configuration is found by what the program says of itself, in the host's words") {
    const char* const fixtures = std::getenv("TENON_FIXTURES");
    REQUIRE(fixtures != nullptr);
    const std::string obedient = std::string(fixtures) + "/obedient";
    CHECK(check_described_config(program(obedient)));
    CHECK(check_described_config(program(obedient, R"({"mood":"good"})")));
    const auto wrong = check_described_config(program(obedient, R"({"moood":"good","greeting":7})"));
    REQUIRE(!wrong);
    CHECK(wrong.error().message == "config.moood: unknown member; did you mean \"mood\"?; "
                                   "config.greeting: expected string or null, got number");
}

TEST_CASE(
    "a program is asked in its sandbox: outside of it, reading a configuration ran it with all rights") {
    const char* const fixtures = std::getenv("TENON_FIXTURES");
    REQUIRE(fixtures != nullptr);
    plugin_options options = program(std::string(fixtures) + "/obedient");
    if (tests::sanitized) options.limits.memory_bytes = ~std::uint64_t{0} >> 1;
    options.sandbox = sandbox_policy{.mode = sandbox_mode::best_effort};
    CHECK(!detail::describe_program(options).is_null());
    options.sandbox = sandbox_policy{.filesystem = {{"/nowhere"}}};
    CHECK(detail::describe_program(options).is_null());

    const tests::scratch_folder folder;
    const std::string ran = folder / "ran";
    options = program(folder.write(
        "script", "#!/bin/sh\n#" + std::string(detail::line_about_describe) + "echo x > " + ran + "\n",
        0700));
    static_cast<void>(detail::describe_program(options));
    CHECK(std::filesystem::exists(ran));
    std::filesystem::remove(ran);
    options.sandbox = sandbox_policy{};
    static_cast<void>(detail::describe_program(options));
    CHECK_FALSE(std::filesystem::exists(ran));
}

TEST_CASE("a program that is not known to understand --describe is not started") {
    const tests::scratch_folder folder;
    const std::string ran = folder / "ran";
    const std::string path = folder.write("script", "#!/bin/sh\ntouch " + ran + "\n", 0700);
    CHECK(detail::describe_program(program(path)).is_null());
    CHECK_FALSE(std::filesystem::exists(ran));
    CHECK(check_described_config(program(folder / "none")));
    CHECK(check_described_config(program("/dev/zero")));
    CHECK(check_described_config({.name = "attached", .attach = true}));
}

TEST_CASE("a program that takes for ever to describe itself is ended with all that it started") {
    const tests::scratch_folder folder;
    const std::string path =
        folder.write("script",
                     "#!/bin/sh\n#" + std::string(detail::line_about_describe) +
                         "/bin/sleep 1000 &\necho $! $$ > " + (folder / "pids") + ".new\n/bin/mv " +
                         (folder / "pids") + ".new " + (folder / "pids") + "\nwait\n",
                     0700);
    // Until it was so far, which may take its time on a busy machine.
    for (milliseconds patience(200); !std::filesystem::exists(folder / "pids"); patience *= 2)
        CHECK(detail::describe_program(program(path), patience).is_null());
    std::ifstream pids(folder / "pids");
    int sleeper = 0, shell = 0;
    pids >> sleeper >> shell;
    REQUIRE(shell > 0);
    CHECK(tests::soon([&] { return ::kill(sleeper, 0) != 0; }));
    CHECK(::kill(shell, 0) != 0);
}

} // namespace
