#include <tenon/packages/operations/staged_folder.hpp>

#include "../../scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using tenon::tests::scratch_folder;
namespace fs = std::filesystem;

namespace {

result<void> anybody(const std::string&) { return {}; }

struct store_and_folder {
    scratch_folder scratch;
    std::unique_ptr<package_store> store;
    std::string folder = scratch / "rooms";

    store_and_folder() {
        auto opened = package_store::open({.folder = scratch / "store"}, 1'000);
        REQUIRE_MESSAGE(opened, opened.error().message);
        store = *std::move(opened);
        scratch.write("rooms/plugin.json",
                      R"({"id":"dev.example.rooms","version":"1.2.0","entry":{"linux-sparc":"there",")" +
                          std::string(this_platform()) +
                          R"(":"main.py"},"runtime":"python3","files":["more.py"]})",
                      0644);
        scratch.write("rooms/main.py", "print()", 0644);
        scratch.write("rooms/more.py", "", 0644);
        scratch.write("rooms/notes.txt", "are nobody's business", 0644);
    }
    result<staged_folder> stage(const file_trust& trusted = anybody) {
        return stage_folder(*store, folder, trusted);
    }
    std::string why(const file_trust& trusted = anybody) {
        const auto staged = stage(trusted);
        return staged ? "it was staged" : staged.error().message;
    }
    std::size_t in_staging() const {
        const fs::directory_iterator all(scratch.path() / "store/staging");
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }
    /// As an installation does it.
    void record(const staged_folder& staged) {
        auto change = store->records().begin();
        REQUIRE(change);
        if (staged.manifest.version.text().ends_with("dev.1"))
            REQUIRE(change->put({.id = staged.manifest.id, .name = staged.manifest.name}));
        REQUIRE(change->put(version_record{
            .id = staged.manifest.id, .version = staged.manifest.version.text(), .tree = staged.tree}));
        REQUIRE(change->commit());
    }
};

} // namespace

TEST_CASE("a folder is staged as the package that it is, in a version of its own") {
    store_and_folder here;
    const auto staged = here.stage();
    REQUIRE_MESSAGE(staged, staged.error().message);
    CHECK(staged->manifest.version.text() == "1.2.0-dev.1");
    auto file = file_source::open(staged->archive);
    REQUIRE(file);
    auto archive = zip_reader::open(*file);
    REQUIRE(archive);
    const auto opened = open_package(*archive, package_wrapping::refused);
    REQUIRE(opened);
    CHECK(opened->manifest.version.text() == "1.2.0-dev.1");
    CHECK(opened->tree == staged->tree);
    std::string files;
    for (const package_file& one : opened->files.files) files += one.path + " ";
    CHECK(files == "main.py more.py plugin.json ");
}

TEST_CASE("a folder that has not changed is the version that is there") {
    store_and_folder here;
    const auto first = here.stage();
    REQUIRE(first);
    here.record(*first);
    const std::size_t before = here.in_staging();
    const auto again = here.stage();
    REQUIRE(again);
    CHECK(again->archive.empty());
    CHECK(again->manifest.version.text() == "1.2.0-dev.1");
    CHECK(again->tree == first->tree);
    CHECK(here.in_staging() == before);

    here.scratch.write("rooms/more.py", "pass", 0644);
    const auto changed = here.stage();
    REQUIRE(changed);
    CHECK_FALSE(changed->archive.empty());
    CHECK(changed->manifest.version.text() == "1.2.0-dev.2");
    here.record(*changed);
    CHECK(here.stage()->archive.empty());
}

TEST_CASE("what cannot be run, or could be changed by others, is not registered") {
    store_and_folder here;
    CHECK(here.why({}) == "no folder is registered here: none is trusted");
    std::vector<std::string> asked;
    const auto not_that = [&](std::string_view which) {
        return [&asked, which](const std::string& file) -> result<void> {
            asked.push_back(file);
            if (file.ends_with(which)) return package_fault(package_code::policy, "others may write it");
            return {};
        };
    };
    CHECK(here.why(not_that("/plugin.json")) == "others may write it");
    CHECK(here.why(not_that("/more.py")) == "others may write it");
    asked.clear();
    CHECK(here.why(not_that("/notes.txt")) == "it was staged");
    CHECK(asked == std::vector<std::string>{here.folder + "/plugin.json", here.folder + "/main.py",
                                            here.folder + "/more.py"});
    fs::remove(here.scratch.path() / "rooms/more.py");
    CHECK(here.why() == "files: \"more.py\": it is not in the folder");
    fs::remove(here.scratch.path() / "rooms/main.py");
    const auto missing = here.stage();
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message == "its entry main.py is not there, or not within the folder");
    CHECK(code_of(missing.error()) == package_code::manifest);
}

TEST_CASE("a folder is registered below the version that it will be released as") {
    const auto version = [](std::string_view text) { return read_version(text).value(); };
    const auto next = [&](std::string_view of, std::vector<package_version> there_are = {}) {
        return dev_version(version(of), last_dev_version(version(of), there_are) + 1).text();
    };
    CHECK(next("1.2.0") == "1.2.0-dev.1");
    CHECK(next("1.2.0", {version("1.2.0-dev.9"), version("1.2.0-dev.10"), version("1.1.0-dev.20"),
                         version("1.2.0-dev.x"), version("1.2.0")}) == "1.2.0-dev.11");
    CHECK(next("1.2.0-beta+b", {version("1.2.0-beta.dev.3")}) == "1.2.0-beta.dev.4");
    CHECK(version("1.2.0-dev.11") < version("1.2.0"));
}
