// Files are read whole and written whole; what plugins have saved goes over what the file says.

#include <settings/files.hpp>
#include <settings/saved.hpp>

#include "folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace reference;

namespace {

TEST_CASE("a file that is written is there whole, for its owner alone, and nothing else stays") {
    const tests::folder here;
    const std::string path = here / "deep/er/file.json";
    REQUIRE(write_file(path, "one"));
    REQUIRE(write_file(path, "two"));
    CHECK(read_file(path, 3).value() == "two");
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
    CHECK(std::filesystem::status(here / "deep/er").permissions() == std::filesystem::perms(0700));
    int files = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(here / "deep/er")) ++files;
    CHECK(files == 1);
}

TEST_CASE("what cannot be read is said, with its path") {
    const tests::folder here;
    REQUIRE(write_file(here / "file", "four"));
    CHECK(read_file(here / "none", 9).error().message == (here / "none") + ": No such file or directory");
    CHECK(read_file(here / "file", 3).error().message == (here / "file") + ": has more than 3 bytes");
    CHECK(read_file(here.path(), 3).error().message == here.path() + ": is no regular file");
    CHECK(read_file("/dev/zero", 3).error().message == "/dev/zero: is no regular file");
    CHECK(!write_file(here / "file/below", "x"));
}

TEST_CASE("paths: ~ is the home, what is relative is below the folder") {
    ::setenv("HOME", "/home/ada", 1);
    CHECK(full_path("~", "/etc") == "/home/ada");
    CHECK(full_path("~/x/../y", "/etc") == "/home/ada/y");
    CHECK(full_path("~bo", "/etc") == "/etc/~bo");
    CHECK(full_path("./plugins", "/etc/tenon") == "/etc/tenon/plugins");
    CHECK(full_path("../plugins", "/etc/tenon") == "/etc/plugins");
    CHECK(full_path("/srv", "/etc") == "/srv");
}

TEST_CASE("a saved configuration goes over the file's, member by member") {
    const tests::folder here;
    const auto config = tenon::json::parse(R"({"a":1,"b":{"c":2}})").value();
    CHECK(with_saved_config(here.path(), "words", config).value().text() == config.text());
    REQUIRE(save_config(here.path(), "words", tenon::json::parse(R"({"b":3,"d":4})").value()));
    CHECK(with_saved_config(here.path(), "words", config).value().text() == R"({"a":1,"b":3,"d":4})");
    CHECK(with_saved_config(here.path(), "words", {}).value().text() == R"({"b":3,"d":4})");
    CHECK(with_saved_config(here.path(), "other", config).value().text() == config.text());
}

TEST_CASE("a saved configuration that is broken is said, with its path") {
    const tests::folder here;
    REQUIRE(write_file(here / "config/words.json", "[1"));
    const auto merged = with_saved_config(here.path(), "words", {});
    REQUIRE(!merged);
    CHECK(merged.error().message.find("words.json") != std::string::npos);
}

} // namespace
