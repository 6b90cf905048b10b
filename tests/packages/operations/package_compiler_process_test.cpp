#include <tenon/packages/operations/package_compiler.hpp>

#include "../../scratch_folder.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace tenon;
using tenon::tests::scratch_folder;

namespace {

struct loop_and_compiler {
    scratch_folder scratch;
    asio::io_context loop;
    std::unique_ptr<package_compiler> compiler;
    std::vector<std::string> heard;

    loop_and_compiler() {
        build_options options;
        options.trusted = [](const std::string&) { return result<void>(); };
        compiler = std::make_unique<package_compiler>(
            std::make_shared<const detail::home>(loop.get_executor()), std::move(options));
    }
    std::string plugin(const std::string& name, const std::string& script) const {
        scratch.write(name + "/plugin.json",
                      R"({"id":"dev.example.)" + name +
                          R"(","version":"1.0.0","entry":"run","runtime":"python3",)"
                          R"("build":{"command":["sh","build.sh"],"outputs":["run"]}})",
                      0644);
        scratch.write(name + "/build.sh", script, 0644);
        return scratch / name;
    }
    bool compile(const std::string& folder) {
        return compiler->compile(
            folder, [this](log_level, std::string line) { heard.push_back(std::move(line)); },
            [this](result<build_report> outcome) {
                heard.push_back(outcome ? "built" : outcome.error().message);
            });
    }
};

} // namespace

TEST_CASE("source plugins are built beside the loop, one after the other, and it hears of it") {
    loop_and_compiler here;
    const std::string one = here.plugin("one", "echo 1 > run\necho made one\n");
    const std::string two = here.plugin("two", "exit 1\n");
    CHECK(here.compile(one));
    CHECK_FALSE(here.compile(one));
    CHECK(here.compile(two));
    CHECK(here.compiler->is_building(one));
    here.loop.run(); // until nothing is under way
    CHECK(here.heard == std::vector<std::string>{"[build] one: sh build.sh", "[build] one: made one", "built",
                                                 "[build] two: sh build.sh",
                                                 "[build] two: sh build.sh: exit code 1",
                                                 "sh build.sh: exit code 1"});
    CHECK_FALSE(here.compiler->is_building(one));
    CHECK(here.compile(one));
}

TEST_CASE("what a host that was killed had built stayed in the folder until its next build") {
    loop_and_compiler here;
    const std::string one = here.plugin("one", ""), two = here.plugin("two", "echo 1 > run\n");
    for (const char* name : {"copy/build.sh", "home/.cache/deep/file", "made/run", "built"})
        here.scratch.write(std::string("one/.tenon-build/") + name, "x", 0600);
    here.scratch.write("plain/file", "x", 0600);
    here.compiler->clean_up({here.scratch.path().string(), here.scratch / "is not there"});
    CHECK(here.compile(two)); // after it
    here.loop.run();
    namespace fs = std::filesystem;
    for (const char* name : {"copy", "home", "made"}) CHECK_FALSE(fs::exists(one + "/.tenon-build/" + name));
    CHECK(fs::exists(one + "/.tenon-build/built"));
    CHECK_FALSE(fs::exists(here.scratch.path() / "plain/.tenon-build"));
}

TEST_CASE("a build is stopped, also one that waits, and the others go on") {
    loop_and_compiler here;
    const std::string slow = here.plugin("slow", "echo begun\nsleep 1000\n");
    const std::string next = here.plugin("next", "echo 1 > run\n");
    const std::string last = here.plugin("last", "echo 1 > run\n");
    for (const std::string& folder : {slow, next, last}) CHECK(here.compile(folder));
    here.compiler->stop(next);
    while (here.heard.empty() || here.heard.back() != "[build] slow: begun") here.loop.run_one();
    here.compiler->stop(slow);
    here.loop.run();
    CHECK(here.heard == std::vector<std::string>{"[build] slow: sh build.sh", "[build] slow: begun",
                                                 "it was stopped", "it was stopped",
                                                 "[build] last: sh build.sh", "built"});
}

TEST_CASE("who lets go of the compiler waits for no build") {
    loop_and_compiler here;
    CHECK(here.compile(here.plugin("slow", "echo begun\nsleep 1000\n")));
    CHECK(here.compile(here.plugin("next", "echo 1 > run\n")));
    while (here.heard.empty() || here.heard.back() != "[build] slow: begun") here.loop.run_one();
    here.compiler.reset();
    here.loop.run();
    CHECK_FALSE(std::filesystem::exists(here.scratch / "next/run"));
}
