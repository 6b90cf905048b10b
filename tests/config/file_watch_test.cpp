// A file that becomes another one is told of, however that happens.

#include <tenon/config/system_file_watch.hpp>
#include <tenon/config/system_small_file.hpp>

#include "../process/processes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

using namespace tenon;
using namespace tenon::tests;

namespace {

struct watched {
    asio::io_context io;
    int told = 0;
    file_watch watch;

    explicit watched(const std::string& path) : watch(io.get_executor(), path, [this] { ++told; }) {}

    bool hears(int times) {
        for (const auto end = std::chrono::steady_clock::now() + 10s; told < times;) {
            if (std::chrono::steady_clock::now() > end) return false;
            io.run_for(10ms);
        }
        return told == times;
    }
    /// Longer than it takes to tell of anything.
    bool hears_nothing() {
        const int before = told;
        io.run_for(700ms);
        return told == before;
    }
};

void write_in_place(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST_CASE("a file is told of when it is written in place, replaced, removed and made again") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    const std::string path = here + "host.json";
    write_in_place(path, "1");
    watched one(path);
    CHECK(one.hears_nothing());
    write_in_place(path, "22");
    CHECK(one.hears(1));
    REQUIRE(write_small_file(path, "333")); // as editors do: another file, renamed
    CHECK(one.hears(2));
    std::filesystem::remove(path);
    CHECK(one.hears(3));
    write_in_place(path, "4444");
    CHECK(one.hears(4));
    CHECK(one.hears_nothing());
}

TEST_CASE("many changes at once are told of once, and those of other files not at all") {
    const scratch_folder folder;
    const std::string here = folder.path().string() + "/";
    const std::string path = here + "host.json";
    write_in_place(path, "");
    watched one(path);
    for (int count = 1; count <= 50; ++count)
        write_in_place(path, std::string(static_cast<std::size_t>(count), ' '));
    CHECK(one.hears(1));
    CHECK(one.hears_nothing());
    write_in_place(here + "other", "1");
    CHECK(one.hears_nothing());
}

TEST_CASE("a file behind a link is told of when the file changes, and when the link does") {
    const scratch_folder one_folder, other_folder;
    const std::string here = one_folder.path().string() + "/", there = other_folder.path().string() + "/";
    write_in_place(there + "one.json", "1");
    write_in_place(there + "two.json", "22");
    std::filesystem::create_symlink(there + "one.json", here + "host.json");
    watched one(here + "host.json");
    write_in_place(there + "one.json", "333");
    CHECK(one.hears(1));
    std::filesystem::create_symlink(there + "two.json", here + "next");
    std::filesystem::rename(here + "next", here + "host.json");
    CHECK(one.hears(2));
}

} // namespace
