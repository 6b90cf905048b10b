// Files are read whole and written whole; what plugins have saved goes over what the file says.

#include <tenon/config/saved_config.hpp>

#include "../process/processes.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace tenon;
using namespace tenon::tests;

namespace {

TEST_CASE("a file that is written is there whole, for its owner alone, and nothing else stays") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    const std::string path = here + "deep/er/file.json";
    REQUIRE(write_small_file(path, "one"));
    REQUIRE(write_small_file(path, "two"));
    CHECK(read_small_file(path, 3).value() == "two");
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
    CHECK(std::filesystem::status(here + "deep/er").permissions() == std::filesystem::perms(0700));
    int files = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(here + "deep/er")) ++files;
    CHECK(files == 1);
}

TEST_CASE("whether a folder can be written is tried before it matters, and leaves nothing") {
    const scratch_folder folder;
    const std::string here = folder.path().string();
    CHECK(try_small_files(here));
    CHECK(try_small_files(here + "/not/yet/there"));
    CHECK(std::filesystem::is_empty(here));
    REQUIRE(write_small_file(here + "/file", "x"));
    CHECK(try_small_files(here + "/file/config").error().message ==
          here + "/file/config cannot be written: " + here + "/file: Not a directory");
    CHECK(!try_small_files("/proc/nowhere")); // where permissions say yes
}

TEST_CASE("what cannot be read is said, with its path") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    REQUIRE(write_small_file(here + "file", "four"));
    CHECK(read_small_file(here + "none", 9).error().message ==
          (here + "none") + ": No such file or directory");
    CHECK(read_small_file(here + "file", 3).error().message == (here + "file") + ": has more than 3 bytes");
    CHECK(read_small_file(folder.path().string(), 3).error().message ==
          folder.path().string() + ": is no regular file");
    CHECK(read_small_file("/dev/zero", 3).error().message == "/dev/zero: is no regular file");
    CHECK(!write_small_file(here + "file/below", "x"));
}

saved_config found(const scratch_folder& folder, const char* plugin) {
    const auto read = read_saved_config(folder.path().string(), plugin);
    REQUIRE_MESSAGE(read, read.error().message);
    return read->value_or(saved_config());
}

TEST_CASE("what was set replaced as long as the host ran, and was merged after a restart") {
    const scratch_folder folder;
    const std::string here = folder.path().string();
    const auto in_file = json::parse(R"({"a":1,"b":{"c":2}})").value();
    const auto now = [&](const char* plugin) {
        return with_saved_config(found(folder, plugin), in_file).text();
    };
    CHECK(now("words") == in_file.text());

    // The whole of it, by an administrator: "a" is gone, as it was before the restart.
    REQUIRE(
        write_saved_config(here, "words", {.unix_ms = 5, .config = json::parse(R"({"b":{"d":4}})").value()}));
    CHECK(now("words") == R"({"b":{"d":4}})");
    CHECK(found(folder, "words").unix_ms == 5);
    CHECK(found(folder, "words").by == "administrator");

    // Single members, by the plugin: each replaces the one that it is.
    REQUIRE(write_saved_config(here, "words",
                               {.by = "plugin", .members = {{"b", json::of(3)}, {"d", json::of(4)}}}));
    CHECK(now("words") == R"({"a":1,"b":3,"d":4})");
    CHECK(with_saved_config(found(folder, "words"), {}).text() == R"({"b":3,"d":4})");
    CHECK(now("other") == in_file.text());

    // Both: first the whole, then what the plugin has set of it.
    REQUIRE(write_saved_config(
        here, "words", {.config = json::parse(R"({"x":1,"y":1})").value(), .members = {{"y", json::of(2)}}}));
    CHECK(now("words") == R"({"x":1,"y":2})");
    REQUIRE(write_saved_config(here, "words", {.config = json::parse("{}").value()}));
    CHECK(now("words") == "{}");

    REQUIRE(remove_saved_config(here, "words"));
    REQUIRE(remove_saved_config(here, "words"));
    CHECK(now("words") == in_file.text());
}

TEST_CASE("a saved configuration that is broken is said, with its path") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    for (const char* text : {"[1", R"({"mood":"good"})", R"({"config":3})", R"({"members":[]})"}) {
        REQUIRE(write_small_file(here + "words.json", text));
        const auto read = read_saved_config(folder.path().string(), "words");
        REQUIRE(!read);
        CHECK(read.error().message.find("words.json: ") != std::string::npos);
    }
}

} // namespace
