// Files are read whole and written whole; what plugins have saved goes over what the file says.

#include <tenon/host/config/saved_config.hpp>

#include "processes.hpp"

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

TEST_CASE("a saved configuration goes over the file's, member by member") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    const auto config = json::parse(R"({"a":1,"b":{"c":2}})").value();
    CHECK(with_saved_config(folder.path().string(), "words", config).value().text() == config.text());
    REQUIRE(save_config(folder.path().string(), "words", json::parse(R"({"b":3,"d":4})").value()));
    CHECK(with_saved_config(folder.path().string(), "words", config).value().text() ==
          R"({"a":1,"b":3,"d":4})");
    CHECK(with_saved_config(folder.path().string(), "words", {}).value().text() == R"({"b":3,"d":4})");
    CHECK(with_saved_config(folder.path().string(), "other", config).value().text() == config.text());
}

TEST_CASE("a saved configuration that is broken is said, with its path") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    REQUIRE(write_small_file(here + "words.json", "[1"));
    const auto merged = with_saved_config(folder.path().string(), "words", {});
    REQUIRE(!merged);
    CHECK(merged.error().message.find("words.json") != std::string::npos);
}

} // namespace
