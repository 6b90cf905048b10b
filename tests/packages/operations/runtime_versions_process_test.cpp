#include <tenon/packages/operations/system_runtime_versions.hpp>

#include "kept_packages.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;
using namespace tenon::tests;

namespace {

std::string said(const result<package_version>& version) {
    return version ? version->text() : version.error().message;
}
std::string found_in(std::string_view text) {
    const auto version = detail::version_said(text);
    return version ? version->text() : "none";
}
/// What it prints, and on how many lines of `asked` it was asked.
std::string script(const std::string& says, const std::string& asked) {
    return "#!/bin/sh\necho asked >> " + asked + "\n" + says + "\n";
}

} // namespace

TEST_CASE("the version of a runtime is found in what runtimes say") {
    CHECK(found_in("Python 3.11.2\n") == "3.11.2");
    CHECK(found_in("Python 3.13.0rc1\n") == "3.13.0");
    CHECK(found_in("v18.19.0\n") == "18.19.0");
    CHECK(found_in("openjdk 17 2021-09-14\n") == "17.0.0");
    CHECK(found_in("openjdk version \"1.8.0_392\"\n") == "1.8.0");
    CHECK(found_in("This is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64") == "5.36.0");
    CHECK(found_in("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)") == "5.2.15");
    CHECK(found_in("deno 1.40 (release, x86_64)") == "1.40.0");
    CHECK(found_in("1.2.3.4") == "1.2.3");
    CHECK(found_in("") == "none");
    CHECK(found_in("v") == "none");
    CHECK(found_in("x86_64 no2 .5") == "none");
    CHECK(found_in(std::string(1'000, '9') + ".1") == "999999999.1.0");
}

TEST_CASE("a runtime is asked once for its version, and again when its file is another one") {
    const scratch_folder folder;
    const std::string asked = folder / "asked";
    const std::string path = folder.write("python3", script("echo Python 3.11.2", asked), 0700);
    runtime_versions versions;
    CHECK(said(versions.of("python3", path)) == "3.11.2");
    CHECK(said(versions.of("python3.11", path)) == "3.11.2");
    CHECK(bytes_of(asked) == "asked\n");
    folder.write("python3", script("echo Python 3.12.10 >&2", asked), 0700);
    CHECK(said(versions.of("python3", path)) == "3.12.10");
    CHECK(bytes_of(asked) == "asked\nasked\n");
}

TEST_CASE("a program that may take --version for anything is not run with it") {
    const scratch_folder folder;
    const std::string path = folder.write("reboot", script("echo 1.2.3", folder / "asked"), 0700);
    for (const char* const name : {"reboot", "pythonic", "", "3.11"})
        CHECK(said(runtime_versions().of(name, path)) ==
              std::string(name) + " is none that is asked for its version");
    CHECK(bytes_of(folder / "asked").empty());
}

TEST_CASE("a runtime that does not say its version is not waited for, and is no fault of the package") {
    const scratch_folder folder;
    const auto outcome = [&](const std::string& says, milliseconds longest = longest_runtime_answer,
                             bool stopped = false) {
        const std::string path = folder.write("node", script(says, folder / "asked"), 0700);
        const std::string told =
            said(runtime_versions(longest).of("node", path, [stopped] { return stopped; }));
        return told.substr(told.find(": ") + 2);
    };
    CHECK(outcome("exec sleep 600", milliseconds{20}) == "it took too long");
    CHECK(outcome("exec sleep 600", longest_runtime_answer, true) == "it was stopped");
    CHECK(outcome("exec yes") == "it printed more than 16384 bytes");
    CHECK(outcome("echo nothing of use") == "it says no version");
    CHECK(outcome("echo 1.2.3; exit 3").find("3") != std::string::npos);
    CHECK(said(runtime_versions().of("node", folder / "gone")) == folder / "gone is gone");
}

TEST_CASE("a package whose runtime is older than it needs was installed, and failed in its own words") {
    kept_packages kept;
    const auto give = [&](package_options& options) {
        options.runtime = [path = kept.folder / "python3"](const std::string& name) -> result<std::string> {
            if (name == "python3") return path;
            return fault{codes::invalid_params, "there is no \"" + name + "\""};
        };
    };
    kept.folder.write("python3", script("echo Python 3.11.2", kept.folder / "asked"), 0700);
    give(kept.options);
    kept.open();
    const auto needs = [](std::string_view version, std::string_view runtime) {
        return package_wish{.version = std::string(version),
                            .more = detail::join({",\"runtime\":", runtime})};
    };
    CHECK(told(kept.install(needs("1.0.0", R"({"name":"python3","version":">=99"})"))) ==
          "manifest: dev.example.tool 1.0.0 needs python3 >=99, and this host has 3.11.2");
    CHECK(told(kept.install(needs("1.0.0", R"({"name":"python3","version":">=3.9"})"))) == "1.0.0 ready");
    CHECK(told(kept.install(needs("1.1.0", R"({"name":"python3","version":">=3.10"})"))) == "1.1.0 ready");
    // The runtime was changed: the version before needs what is not here any more.
    kept.folder.write("python3", script("echo Python 3.9.18.", kept.folder / "asked"), 0700);
    CHECK(told(kept.rollback({.package = "tool"})) == "1.0.0 ready");
    CHECK(told(kept.update({.package = "tool", .version = "1.1.0"})) ==
          "manifest: dev.example.tool 1.1.0 needs python3 >=3.10, and this host has 3.9.18");
    const auto plan =
        kept.plan({.source = {.file = kept.file_of(needs("1.2.0", R"({"name":"python4","version":">=4"})")),
                              .origin = "path"}});
    REQUIRE(plan);
    CHECK(plan->notes ==
          std::vector<std::string>{"its runtime is not to be had here: there is no \"python4\""});
}
