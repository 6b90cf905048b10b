#include <tenon/packages/operations/discovery.hpp>

#include "../../scratch_folder.hpp"
#include "../format/program_fixture.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/stat.h>

using namespace tenon;
using tenon::tests::program_for;
using tenon::tests::scratch_folder;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view bytes, bool executable = false) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    fs::permissions(path, executable ? fs::perms(0755) : fs::perms(0644));
}

std::string manifest(std::string_view id, std::string_view more = {}) {
    return "{\"id\":\"" + std::string(id) + "\",\"version\":\"1.2.0\",\"entry\":\"bin/run\"" +
           std::string(more) + "}";
}

/// "available", or "incomplete: why".
std::string found(const discovery& all, std::string_view folder) {
    const discovered_folder* const one = all.find(folder);
    if (one == nullptr) return "not found";
    const std::string state(name_of(one->state));
    return one->why.empty() ? state : state + ": " + one->why;
}

std::string found(const fs::path& dir, std::string_view folder) {
    return found(discover({dir.string()}), folder);
}

} // namespace

TEST_CASE("a folder is available, source only, or incomplete with a sentence") {
    const scratch_folder scratch;
    const fs::path dir = scratch.path();
    write(dir / "good/plugin.json", manifest("dev.example.good"));
    write(dir / "good/bin/run",
          "\x7f"
          "ELF",
          true);
    write(dir / "seed/manifest.json", manifest("dev.example.seed"));
    write(dir / "seed/bin/run",
          "\x7f"
          "ELF",
          true);
    write(dir / "source/plugin.json",
          manifest("dev.example.source",
                   R"(,"build":{"command":["make","all"],"inputs":["src"],"outputs":["bin/run"]})"));
    write(dir / "empty/plugin.json", manifest("dev.example.empty"));
    write(dir / "unmarked/plugin.json", manifest("dev.example.unmarked"));
    write(dir / "unmarked/bin/run", "\x7f"
                                    "ELF");
    write(dir / "script/plugin.json", manifest("dev.example.script"));
    write(dir / "script/bin/run", "#!/usr/bin/python3\n", true);
    write(dir / "run/plugin.json", manifest("dev.example.run", R"(,"runtime":"python3")"));
    write(dir / "run/bin/run", "#!/usr/bin/python3\n");
    write(dir / "wasm/plugin.json", manifest("dev.example.wasm"));
    write(dir / "wasm/bin/run", std::string_view("\0asm", 4));
    write(dir / "machine/plugin.json", manifest("dev.example.machine"));
    write(dir / "machine/bin/run", program_for(22), true); // s390x
    write(
        dir / "stale/plugin.json",
        manifest("dev.example.stale", R"(,"build":{"command":["make"],"inputs":[],"outputs":["bin/run"]})"));
    write(dir / "stale/bin/run", program_for(22), true);
    write(dir / "other/plugin.json",
          R"({"id":"dev.example.other","version":"1.0.0","entry":{"linux-sparc":"bin/run"}})");
    write(dir / "toml/plugin.toml", "");
    write(dir / "both/plugin.json", manifest("dev.example.both"));
    write(dir / "both/manifest.json", manifest("dev.example.both"));
    write(dir / "broken/plugin.json", "{");
    write(dir / "no_plugin/readme.txt", "");
    write(dir / ".git/plugin.json", manifest("dev.example.git"));
    write(dir / "file", "");

    const discovery all = discover({dir.string(), (dir / "nowhere").string()});
    CHECK(found(all, "good") == "available");
    CHECK(found(all, "seed") == "available");
    CHECK(found(all, "run") == "available");
    CHECK(found(all, "wasm") == "available");
    CHECK(found(all, "source") == "source_only: its entry bin/run is not there, or not within the folder: it "
                                  "has to be built: make all");
    CHECK(found(all, "empty") == "incomplete: its entry bin/run is not there, or not within the folder");
    CHECK(found(all, "unmarked") == "incomplete: its entry bin/run may not be executed: chmod +x bin/run");
    CHECK(found(all, "script") ==
          "incomplete: its entry bin/run is a script, and its manifest names no runtime, as in "
          "\"runtime\": \"python3\"");
    CHECK(found(all, "machine") ==
          "incomplete: its entry bin/run is a program for linux-s390x, and this is " +
              std::string(this_platform()));
    CHECK(found(all, "other") ==
          "incomplete: its entry is for linux-sparc, and this is " + std::string(this_platform()));
    CHECK(found(all, "toml") == "incomplete: its manifest is plugin.toml, and TOML is not read here");
    CHECK(found(all, "both") ==
          "incomplete: it has two manifests, plugin.json and manifest.json: one has to go");
    CHECK(found(all, "broken")
              .starts_with("incomplete: plugin.json: it is no JSON")); // the file was named twice
    CHECK(found(all, "stale")
              .starts_with("source_only: its entry bin/run is a program for linux-s390x, and this is "));
    CHECK(all.folders.size() == 14);
    CHECK(all.usable("good")->path == (dir / "good").string());
    CHECK(all.usable("stale"));
    CHECK(all.usable("both").error().message ==
          "both: it has two manifests, plugin.json and manifest.json: one has to go");
    CHECK(code_of(all.usable("nowhere").error()) == package_code::unknown);
    CHECK(all.notes == std::vector<std::string>{"pluginDirs: \"" + (dir / "nowhere").string() +
                                                "\": No such file or directory"});
}

TEST_CASE("a plugin directory that nobody had named was missed where it was not there") {
    const scratch_folder scratch;
    const fs::path dir = scratch.path();
    write(dir / "file", "no folder");
    const std::vector<std::string> nowhere{(dir / "nowhere").string()}, file{(dir / "file").string()};
    CHECK(discover(nowhere).notes.size() == 1);
    CHECK(discover(nowhere, {}, missing_dirs::empty).notes.empty());
    CHECK(discover(file, {}, missing_dirs::empty).notes.size() == 1); // it is there, and of no use
}

TEST_CASE("a plugin.toml is a folder's manifest where something reads TOML") {
    const scratch_folder scratch;
    const fs::path dir = scratch.path();
    write(dir / "one/plugin.toml", "the TOML");
    write(dir / "one/bin/run", std::string_view("\0asm", 4));
    const toml_reader reads = [](std::string_view toml) -> result<std::string> {
        CHECK(toml == "the TOML");
        return manifest("dev.example.one");
    };
    CHECK(found(discover({dir.string()}, reads), "one") == "available");
    const toml_reader fails = [](std::string_view) -> result<std::string> { return fault{0, "line 1"}; };
    CHECK(found(discover({dir.string()}, fails), "one") == "incomplete: plugin.toml: line 1");
}

TEST_CASE("of two folders with one id the first one wins, and the second says so") {
    const scratch_folder scratch;
    const fs::path dir = scratch.path();
    for (const char* folder : {"one/a", "two/b"}) {
        write(dir / folder / "plugin.json", manifest("dev.example.twice"));
        write(dir / folder / "bin/run",
              "\x7f"
              "ELF",
              true);
    }
    const discovery all = discover({(dir / "two").string(), (dir / "one").string()});
    CHECK(found(all, "b") == "available");
    CHECK(found(all, "a") == "incomplete: its id dev.example.twice is that of " + (dir / "two/b").string() +
                                 ", which was found first");
}

TEST_CASE("links are followed within a folder, and lead nowhere else") {
    const scratch_folder scratch;
    const fs::path dir = fs::path(scratch.path()) / "plugins";
    write(fs::path(scratch.path()) / "outside/run",
          "\x7f"
          "ELF",
          true);
    write(fs::path(scratch.path()) / "outside/plugin.json", manifest("dev.example.outside"));
    write(dir / "in/plugin.json", manifest("dev.example.in"));
    write(dir / "in/build/run",
          "\x7f"
          "ELF",
          true);
    fs::create_directories(dir / "in/bin");
    fs::create_symlink("../build/run", dir / "in/bin/run");
    write(dir / "out/plugin.json", manifest("dev.example.out"));
    fs::create_directories(dir / "out/bin");
    fs::create_symlink("../../../outside/run", dir / "out/bin/run");
    fs::create_directory_symlink("../outside", dir / "away");
    fs::create_directory_symlink("in", dir / "near");
    CHECK(found(dir, "in") == "available");
    CHECK(found(dir, "out") == "incomplete: its entry bin/run is not there, or not within the folder");
    CHECK(found(dir, "away") == "not found");
    CHECK(found(dir, "near").find("which was found first") != std::string::npos);

    const auto files = source_folder::open((dir / "out").string())->files();
    REQUIRE_FALSE(files);
    CHECK(files.error().message == "\"bin/run\": it is a link to no file within the folder");
}

TEST_CASE(
    "of more folders than are looked at the first ones are found, and it is said: all of them vanished") {
    const scratch_folder scratch;
    const fs::path dir = fs::path(scratch.path()) / "many", other = fs::path(scratch.path()) / "other";
    for (std::size_t at = most_discovered + 20; at > 0; --at)
        fs::create_directories(dir / ("p" + std::to_string(10'000 + at)));
    write(dir / "p10003/plugin.json", manifest("dev.example.third"));
    write(dir / "p10999/plugin.json", manifest("dev.example.last"));
    write(dir / "p11001/plugin.json", manifest("dev.example.over"));
    write(other / "a/plugin.json", manifest("dev.example.other"));
    const discovery all = discover({dir.string(), other.string()});
    const std::string said = "pluginDirs: \"" + dir.string() +
                             "\": there are more than 1000 folders, and only the first of them are looked at";
    CHECK(all.notes == std::vector<std::string>{said});
    std::string names;
    for (const discovered_folder& one : all.folders) names += one.folder + " ";
    CHECK(names == "p10003 p10999 a ");
    CHECK(all.usable("p11001").error().message == "\"p11001\" is no folder of a plugin directory; " + said);

    // As many as there may be.
    for (std::size_t at = most_discovered; at <= most_discovered + 20; ++at)
        fs::remove_all(dir / ("p" + std::to_string(10'001 + at)));
    CHECK(discover({dir.string()}).notes.empty());
}

TEST_CASE("a folder has the files that a package may have") {
    const scratch_folder scratch;
    const fs::path dir = scratch.path();
    write(dir / "bin/run", "program", true);
    write(dir / "data/words.txt", "words");
    write(dir / "FILES", "of another time");
    write(dir / "signatures/A.minisig", "of another time");
    write(dir / ".git/config", "");
    fs::create_symlink("words.txt", dir / "data/more.txt");
    const auto folder = source_folder::open(dir.string());
    REQUIRE(folder);
    const auto files = folder->files();
    REQUIRE(files);
    std::string found;
    for (const folder_file& one : *files) found += one.path + (one.executable ? " x\n" : "\n");
    CHECK(found == "bin/run x\ndata/more.txt\ndata/words.txt\n");
    CHECK(*folder->read("data/more.txt", 5) == "words");
    CHECK(code_of(folder->read("data/more.txt", 4).error()) == package_code::too_large);

    CHECK(code_of(folder->files({.files = 2}).error()) == package_code::too_large);
    CHECK(folder->files({.bytes = 11}).error().message == "its files have more than 11 bytes");
    CHECK(folder->files_at({"data", "bin/run", "data/words.txt"})->size() == 3);
    CHECK(folder->files_at({".git"})->size() == 1);
    CHECK(folder->files_at({"bin/../data"}).error().message == "\"bin/../data\": its name leads elsewhere");

    REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
    CHECK(folder->files().error().message ==
          "\"pipe\": it is neither a file nor a folder, or cannot be read");
    fs::remove(dir / "pipe");
    write(dir / "a*b", "");
    CHECK(folder->files().error().message.starts_with("\"a*b\": "));
    CHECK_FALSE(source_folder::open((dir / "nowhere").string()));
    CHECK(look_at_folder((dir / "nowhere").string()).why.find("No such file") != std::string::npos);
}
