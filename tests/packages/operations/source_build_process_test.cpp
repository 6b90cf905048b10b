#include <tenon/packages/operations/source_build.hpp>

#include "../../scratch_folder.hpp"
#include "../../soon.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <signal.h>

using namespace tenon;
using tenon::tests::scratch_folder;
using tenon::tests::soon;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A plugin whose program is made by a shell script.
struct source_plugin {
    scratch_folder scratch;
    fs::path folder = scratch.path() / "rooms";
    build_options options;
    build_watch watch;
    std::vector<std::string> said;
    int looked_at = 0;

    explicit source_plugin(std::string_view script, std::string_view outputs = R"(["bin/run"])") {
        write("build.sh", script);
        write("source.txt", "one");
        manifest(R"("command":["sh","build.sh"],"inputs":["build.sh","source.txt"],"outputs":)" +
                 std::string(outputs));
        options.trusted = [this](const std::string&) -> result<void> {
            ++looked_at;
            return {};
        };
        watch.line = [this](log_level, std::string line) { said.push_back(std::move(line)); };
    }
    void manifest(const std::string& build) const {
        write("plugin.json", R"({"id":"dev.example.rooms","version":"1.0.0","entry":"bin/run",)"
                             R"("runtime":"python3","build":{)" +
                                 build + "}}");
    }
    void write(const std::string& name, std::string_view content, unsigned mode = 0644) const {
        static_cast<void>(scratch.write("rooms/" + name, content, mode));
    }
    result<build_report> build() const { return build_source(folder.string(), options, watch); }
    std::string why() const {
        const auto report = build();
        return report ? "it was built" : report.error().message;
    }
    /// What a build leaves beside the plugin's own.
    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& one : fs::directory_iterator(folder / ".tenon-build"))
            if (one.path().filename() != ".gitignore") names.push_back(one.path().filename().string());
        return names;
    }
};

constexpr std::string_view copies = "cp source.txt bin/run\necho copied\n";

} // namespace

TEST_CASE("what is source only is built, and is available; the same again builds nothing") {
    source_plugin plugin(copies);
    CHECK(look_at_folder(plugin.folder.string()).state == folder_state::source_only);
    const auto first = plugin.build();
    REQUIRE_MESSAGE(first, first.error().message);
    CHECK(first->built);
    CHECK(first->last_lines == std::vector<std::string>{"copied"});
    CHECK(to_json(*first).ends_with(R"("lastLines":["copied"]})"));
    CHECK(plugin.said == std::vector<std::string>{"[build] rooms: sh build.sh", "[build] rooms: copied"});
    CHECK(text_of(plugin.folder / "bin/run") == "one");
    CHECK(look_at_folder(plugin.folder.string()).state == folder_state::available);
    CHECK(plugin.left() == std::vector<std::string>{"built"});
    CHECK(text_of(plugin.folder / ".tenon-build/.gitignore") == "*\n");
    CHECK(plugin.looked_at == 3); // the manifest, and two inputs

    const auto again = plugin.build();
    REQUIRE(again);
    CHECK_FALSE(again->built);
    CHECK(again->key == first->key);
    CHECK(plugin.said.size() == 2);

    plugin.write("source.txt", "two");
    const auto changed = plugin.build();
    REQUIRE(changed);
    CHECK(changed->built);
    CHECK(changed->key != first->key);
    CHECK(text_of(plugin.folder / "bin/run") == "two");

    plugin.write("bin/run", "by hand");
    REQUIRE(plugin.build());
    CHECK(text_of(plugin.folder / "bin/run") == "two");
    plugin.write("readme.txt", "is no input");
    CHECK_FALSE(plugin.build()->built);
    plugin.options.inherit_environment = {"HOME"};
    CHECK(plugin.build()->built);
}

TEST_CASE("a build that fails says so with its last lines, and what was built before stays") {
    source_plugin plugin(copies);
    REQUIRE(plugin.build());
    plugin.write("build.sh", "echo half > bin/run\nfor n in $(seq 60); do echo line $n; done\n"
                             "echo error: it went wrong >&2\nexit 3\n");
    const auto failed = plugin.build();
    REQUIRE_FALSE(failed);
    CHECK(code_of(failed.error()) == package_code::build);
    const std::string& why = failed.error().message;
    CHECK(why.starts_with("sh build.sh: exit code 3. It said last:\n"));
    CHECK(why.find("\nline 60\n") != std::string::npos);
    CHECK(why.find("it went wrong") != std::string::npos);
    CHECK(why.find("line 10\n") == std::string::npos);
    CHECK(plugin.said.back() == "[build] rooms: sh build.sh: exit code 3");
    CHECK(text_of(plugin.folder / "bin/run") == "one");
    CHECK(plugin.left() == std::vector<std::string>{"built"});
    plugin.write("build.sh", copies);
    CHECK_FALSE(plugin.build()->built); // it is the build of before
}

TEST_CASE("outputs are taken over when all of them are there, and none of them otherwise") {
    source_plugin plugin("mkdir -p lib/deep\ncp source.txt bin/run\ncp source.txt lib/deep/words\n",
                         R"(["bin/run","lib"])");
    plugin.write("lib/stale", "");
    REQUIRE(plugin.why() == "it was built");
    CHECK(text_of(plugin.folder / "lib/deep/words") == "one");
    CHECK_FALSE(fs::exists(plugin.folder / "lib/stale"));

    const auto stays = [&](const std::string& script, std::string_view why) {
        plugin.write("build.sh", script);
        CHECK(plugin.why() == why);
        CHECK(text_of(plugin.folder / "bin/run") == "one");
        CHECK(text_of(plugin.folder / "lib/deep/words") == "one");
        CHECK(plugin.left() == std::vector<std::string>{"built"});
    };
    stays("echo two > bin/run\n", "its outputs: \"lib\": No such file or directory");
    stays("echo two > bin/run\nmkdir lib\n", "its outputs: \"lib\": there is no file in it");
    stays("ln -s /etc/passwd bin/run\nmkdir lib\ncp source.txt lib\n",
          "its outputs: \"bin/run\": it is a link to no file within the folder");
    stays("echo two > bin/run\nmkdir lib\nln -s ../../../../source.txt lib/out\n",
          "its outputs: \"lib/out\": it is a link to no file within the folder");
    stays("echo two > bin/run\nmkdir lib\nmkfifo lib/pipe\n",
          "its outputs: \"lib/pipe\": it is neither a file nor a folder, or cannot be read");
    plugin.options.sources.bytes = 1'000;
    stays("head -c 2000 /dev/zero > bin/run\nmkdir lib\ncp source.txt lib\n",
          "its outputs: its files have more than 1000 bytes");
}

TEST_CASE("an output that cannot get to its place takes those before it back") {
    source_plugin plugin("echo new > alone\necho new > bin/run\necho new > lib/x\n",
                         R"(["alone","bin/run","lib/x"])");
    plugin.write("alone", "old");
    plugin.write("bin/run", "old");
    plugin.write("lib", "a file in the place of a folder");
    CHECK(plugin.why() == "\"lib\": it is no folder of its own");
    CHECK(text_of(plugin.folder / "alone") == "old");
    CHECK(text_of(plugin.folder / "bin/run") == "old");
    CHECK(plugin.left().empty());
}

TEST_CASE("there is no shell, and only variables that were named") {
    source_plugin plugin("");
    ::setenv("TENON_TEST_SECRET", "secret", 1);
    ::setenv("TENON_TEST_NAMED", "named", 1);
    plugin.manifest(R"x("command":["cp","a;b $(c)","bin/run"],"inputs":["a;b $(c)"],"outputs":["bin/run"])x");
    CHECK(plugin.why().find("a;b $(c)") != std::string::npos); // no package may have such a name
    plugin.manifest(
        R"x("command":["sh","-c","echo $0 > bin/run; env","$(id); true"],"outputs":["bin/run"])x");
    plugin.options.inherit_environment = {"TENON_TEST_NAMED", "TENON_TEST_UNSET"};
    const auto report = plugin.build();
    REQUIRE_MESSAGE(report, report.error().message);
    CHECK(text_of(plugin.folder / "bin/run") == "$(id); true\n");
    std::vector<std::string> names;
    for (const std::string& line : report->last_lines) {
        const std::string name = line.substr(0, line.find('='));
        if (name != "_" && name != "PWD" && name != "OLDPWD" && name != "SHLVL")
            names.push_back(name); // the shell's
    }
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{"HOME", "LANG", "PATH", "TENON_TEST_NAMED", "TMPDIR"});
    ::unsetenv("TENON_TEST_SECRET");
    ::unsetenv("TENON_TEST_NAMED");
}

TEST_CASE("a build has limits, and nothing that it started outlives it") {
    source_plugin plugin("sleep 1000 &\necho $! > \"$HERE/pid\"\nwait\n");
    ::setenv("HERE", plugin.scratch.path().c_str(), 1);
    plugin.options.inherit_environment = {"HERE"};
    const auto pid = [&] { return std::atoi(text_of(plugin.scratch.path() / "pid").c_str()); };
    const auto gone = [&] { return pid() > 1 && ::kill(pid(), 0) != 0; };

    // On a busy machine it may take too long before it has begun.
    for (milliseconds longest(500); pid() <= 1; longest *= 2) {
        plugin.options.longest = longest;
        CHECK(plugin.why() == "sh build.sh: it took too long");
    }
    CHECK(soon(gone));

    plugin.options.longest = milliseconds(600'000);
    plugin.watch.stopped = [&] { return pid() > 1 && !gone(); };
    fs::remove(plugin.scratch.path() / "pid");
    const auto stopped = plugin.build();
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == codes::cancelled);
    CHECK(soon(gone));
    plugin.watch.stopped = [] { return true; };
    CHECK(plugin.why() == "it was stopped");
    plugin.watch.stopped = {};

    plugin.options.most_output = 100'000;
    plugin.write("build.sh", "yes");
    CHECK(plugin.why().starts_with("sh build.sh: it printed more than 100000 bytes. It said last:\ny\ny\n"));
    CHECK(plugin.said.size() < most_build_lines + 10);
    plugin.options.most_output =
        build_options().most_output; // many short lines were read until it took too long
    CHECK(plugin.why().starts_with("sh build.sh: it printed more than 100000 lines. It said last:\ny\ny\n"));

    plugin.options.limits.address_space_bytes = std::uint64_t{1} << 30;
    plugin.write("build.sh", "ulimit -v\nexit 1\n");
    CHECK(plugin.why() == "sh build.sh: exit code 1. It said last:\n1048576");
    ::unsetenv("HERE");
}

TEST_CASE("what a build started in a session of its own lives on, and the log says so") {
    source_plugin plugin(
        "setsid sh -c 'echo $$ > \"$HERE/pid\"; exec sleep 1000' < /dev/null > /dev/null 2>&1 &\n"
        "until [ -s \"$HERE/pid\" ]; do :; done\n" +
        std::string(copies));
    ::setenv("HERE", plugin.scratch.path().c_str(), 1);
    plugin.options.inherit_environment = {"HERE"};
    const auto report = plugin.build();
    CHECK_MESSAGE(report, report.error().message);
    const int pid = std::atoi(text_of(plugin.scratch.path() / "pid").c_str());
    REQUIRE(pid > 1);
    CHECK(::kill(pid, 0) == 0);
    ::kill(pid, SIGKILL);
    const std::string left = "something that it started has taken a session of its own and lives on";
    CHECK(std::count_if(plugin.said.begin(), plugin.said.end(),
                        [&](const std::string& line) { return line.ends_with(left); }) == 1);
    ::unsetenv("HERE");
}

TEST_CASE("a folder that is hostile, or not to be trusted, is not built") {
    source_plugin plugin(copies);
    const auto refused = [&](package_code code, std::string_view why) {
        const auto report = plugin.build();
        REQUIRE_FALSE(report);
        CHECK(report.error().message == why);
        CHECK(code_of(report.error()) == code);
        CHECK_FALSE(fs::exists(plugin.folder / "bin"));
    };
    const auto all_is_well = plugin.options;
    plugin.options.trusted = {};
    refused(package_code::policy, "nothing is built here: there are no trusted directories");
    plugin.options.trusted = [](const std::string& file) -> result<void> {
        if (file.ends_with("/rooms/source.txt"))
            return fault{codes::permission_denied, "others may write it"}; // as trusted_program() says it
        return {};
    };
    refused(package_code::policy, "others may write it");
    plugin.options = all_is_well;
    plugin.options.sources.bytes = 10;
    refused(package_code::too_large, "its inputs: its files have more than 10 bytes");
    plugin.options.sources = {.files = 1};
    refused(package_code::too_large, "its inputs: it has more than 1 files");
    plugin.options = all_is_well;

    fs::remove(plugin.folder / "source.txt");
    refused(package_code::manifest, "its inputs: \"source.txt\": No such file or directory");
    fs::create_symlink("/etc/passwd", plugin.folder / "source.txt");
    refused(package_code::manifest, "its inputs: \"source.txt\": it is a link to no file within the folder");
    fs::remove(plugin.folder / "source.txt");
    plugin.write("source.txt", "one");

    const std::string outputs = R"(,"inputs":["build.sh","source.txt"],"outputs":)";
    plugin.manifest(R"("command":["./other.sh"])" + outputs + R"(["bin/run"])");
    refused(package_code::manifest, "build.command: \"./other.sh\" is not among its inputs");
    plugin.manifest(R"("command":["tenon-no-such-compiler"])" + outputs + R"(["bin/run"])");
    CHECK(plugin.why().starts_with("there is no program \"tenon-no-such-compiler\" in PATH, which is "));
    plugin.manifest(R"("command":["sh","build.sh"])" + outputs + R"(["plugin.json"])");
    refused(package_code::manifest,
            "plugin.json: build.outputs: \"plugin.json\": it is not for a build to make");
    plugin.manifest(R"("command":["sh","build.sh"])" + outputs + R"([".tenon-build/built"])");
    refused(package_code::manifest,
            "plugin.json: build.outputs: \".tenon-build/built\": it is not for a build to make");
    plugin.write("plugin.json", R"({"id":"dev.example.rooms","version":"1.0.0","entry":"bin/run"})");
    refused(package_code::manifest, "plugin.json: build: is missing, so it cannot be built");

    plugin.manifest(R"("command":["sh","build.sh"])" + outputs + R"(["bin/run"])");
    fs::create_directories(plugin.scratch.path() / "elsewhere");
    fs::remove_all(plugin.folder / ".tenon-build");
    fs::create_directory_symlink("../elsewhere", plugin.folder / ".tenon-build");
    CHECK(code_of(plugin.build().error()) == package_code::disk);
    CHECK(fs::is_empty(plugin.scratch.path() / "elsewhere"));
    fs::remove(plugin.folder / ".tenon-build");
    {
        const auto held = detail::build_folder::open(plugin.folder.string());
        REQUIRE(held);
        refused(package_code::busy, plugin.folder.string() + " is being built by another host");
    }
    CHECK(plugin.why() == "it was built");
    CHECK(build_source((plugin.scratch.path() / "nowhere").string(), plugin.options)
              .error()
              .message.find("there is no such folder") != std::string::npos);
}

TEST_CASE("a script of its own is run as one of its inputs, and a build that makes no program is none") {
    source_plugin plugin(copies);
    plugin.write("tools/make", "#!/bin/sh\ncp source.txt made\n", 0755);
    plugin.manifest(R"("command":["./tools/make"],"inputs":["tools","source.txt"],"outputs":["made"])");
    CHECK(plugin.why() ==
          "it was built, and cannot be run: its entry bin/run is not there, or not within the folder");
    CHECK(text_of(plugin.folder / "made") == "one");
    plugin.write("tools/make", "#!/bin/sh\ncp source.txt made\n", 0644);
    CHECK(plugin.why().find("its mode is 0644") != std::string::npos);
}

TEST_CASE("what a killed build has left is gone with the next one") {
    source_plugin plugin(copies);
    plugin.write(".tenon-build/copy/half", "");
    plugin.write(".tenon-build/old/0", "");
    plugin.write(".tenon-build/built", "{\"key\":3");
    CHECK(plugin.why() == "it was built");
    CHECK(plugin.left() == std::vector<std::string>{"built"});
}
