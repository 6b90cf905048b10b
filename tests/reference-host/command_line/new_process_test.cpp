// `tenon-host new` in each language: what it writes is tested, packed and good with the doctor, without a change.

#include "whole_host.hpp"

#include <tenon/packages/format/package_files.hpp>

using namespace reference::tests;

namespace {

using tenon::tests::scratch_folder;

struct language {
    const char *name, *needs, *program;
};

/// All that a newcomer types, one after the other.
void try_language(const language& of, const std::string& before = "") {
    if (!is_installed(of.needs)) return;
    CAPTURE(of.name);
    const scratch_folder here;
    const std::string folder = here / "shop_words";
    const typed made = type(here, {"new", "shop_words", "--language", of.name, "--id",
                                   "dev.example.shop-words", "--into", folder});
    REQUIRE_MESSAGE(made.code == 0, made.errors);
    if (!before.empty()) REQUIRE(std::system(("cd '" + folder + "' && " + before).c_str()) == 0);
    CHECK(std::system((folder + "/test >'" + (here / "said") + "' 2>&1").c_str()) == 0);
    const typed built = type(here, {"package", "build", folder, "--output", here / "w.zip"});
    REQUIRE_MESSAGE(built.code == 0, built.errors);
    CHECK_FALSE(has(built.errors, "warning: "));
    const typed shown = type(here, {"package", "show", here / "w.zip"});
    CHECK(has(shown.output, "dev.example.shop-words"));
    CHECK_FALSE(has(shown.output, "seedling"));
    const typed healthy = type(here, {"doctor", folder + "/" + of.program});
    CHECK_MESSAGE(healthy.code == 0, healthy.output);
    CHECK(has(healthy.output, "shop_words 0.1.0: "));
    CHECK(has(healthy.output, " 0 bad, 0 hints"));
}

} // namespace

TEST_CASE("a plugin was made under a name that no host lets in, and its package could not be built") {
    const scratch_folder here;
    for (const char* name : {"install", "list"}) {
        const typed made = type(here, {"new", name, "--into", here / name});
        CHECK(made.code == 64);
        CHECK(made.errors ==
              "tenon-host: NAME: \"" + std::string(name) + "\" is the host's own word; take another name\n");
        CHECK_FALSE(std::filesystem::exists(here / name));
    }
    CHECK(type(here, {"new", "update", "--into", here / "update"}).code ==
          0); // `package update update` is no matter
    here.write("folder/run", "#!/bin/sh\n", 0700);
    const typed init = type(here, {"package", "init", here / "folder", "--id", "dev.example.install"});
    CHECK(init.code == 64);
    CHECK(has(init.errors, "--id: \"install\" is the host's own word; take another name"));
    CHECK_FALSE(std::filesystem::exists(here / "folder/plugin.json"));
}

TEST_CASE("a new plugin in C++ is tested, packed and good with the doctor at once") {
    try_language({"cpp", "g++", "bin/shop_words"});
}
TEST_CASE("a new plugin in Python is tested, packed and good with the doctor at once") {
    try_language({"python", "python3", "main.py"});
}
TEST_CASE("a new plugin in JavaScript is tested, packed and good with the doctor at once") {
    try_language({"node", "node", "main.mjs"});
}
TEST_CASE("a new plugin in Rust is tested, packed and good with the doctor at once") {
    // serde_json comes from Debian's packages: a test fetches nothing.
    std::error_code ignored;
    bool is_there = false;
    for (const auto& each : std::filesystem::directory_iterator("/usr/share/cargo/registry", ignored))
        is_there = is_there || has(each.path().filename().string(), "serde_json-");
    if (!is_there) {
        MESSAGE("skipped: serde_json is missing (Debian: librust-serde-json-dev)");
        return;
    }
    try_language({"rust", "cargo", "target/release/shop_words"},
                 "mkdir .cargo && printf '[source.crates-io]\\nreplace-with = \"debian\"\\n"
                 "[source.debian]\\ndirectory = \"/usr/share/cargo/registry\"\\n' >.cargo/config.toml");
}

TEST_CASE("new writes into no folder that is there, and takes no name that is none") {
    const scratch_folder here;
    std::filesystem::create_directory(here.path() / "taken");
    const typed taken = type(here, {"new", "taken", "--into", here / "taken"});
    CHECK(taken.code == 1);
    CHECK(has(taken.errors, "is there already"));
    CHECK(std::filesystem::is_empty(here.path() / "taken"));
    for (const char* name : {"Words", "a.b", "-x", "../up", "9lives", ""}) {
        CAPTURE(name);
        CHECK(type(here, {"new", "--into", here / "n", "--", name}).code == 64);
    }
    CHECK(type(here, {"new", "words", "--language", "cobol", "--into", here / "n"}).code == 64);
    CHECK(type(here, {"new", "words", "--id", "Words", "--into", here / "n"}).code == 64);
    const typed dotless = type(here, {"new", "words", "--id", "bad", "--into", here / "n"});
    CHECK(dotless.code == 64); // its `package build` would refuse it
    CHECK(has(dotless.errors, "--id: expected a dot, as in dev.example.moderator, got \"bad\""));
    CHECK_FALSE(std::filesystem::exists(here / "n"));
}
