#include <tenon/packages/operations/folder_package.hpp>

#include "../../scratch_folder.hpp"
#include "../format/program_fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

using namespace tenon;
using tests::program_for;
using tests::scratch_folder;

namespace {

std::string manifest_with(const std::string& more, const std::string& entry = R"("main.py")") {
    return R"({"id":"dev.example.words","version":"1.2.0","runtime":"python3","entry":)" + entry +
           (more.empty() ? "" : "," + more) + "}";
}

std::string paths_of(const package_files& files) {
    std::string all;
    for (const package_file& file : files.files) all += (all.empty() ? "" : " ") + file.path;
    return all;
}

/// The paths that are packed, or why not.
std::string packed(const scratch_folder& folder, std::string_view platform = {}) {
    const auto made = pack_folder(folder.path().string(), platform);
    return made ? paths_of(made->files) : made.error().message;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("what the manifest names is packed, and nothing that merely lies beside it") {
    const scratch_folder folder;
    folder.write("plugin.json",
                 manifest_with(R"("icon":"face.png","files":["words","data/names.txt"],)"
                               R"("build":{"command":["make"],"outputs":["made"]})"),
                 0644);
    for (const char* path :
         {"main.py", "face.png", "words/a.txt", "words/deep/b.txt", "data/names.txt", "made/table",
          "README.md", "LICENSE", "LICENSE.MIT", // these are
          "main_test.py", "data/other.txt", "notes.txt", "words/.git/config", "words/.hidden",
          "words/__pycache__/a.pyc", "words-1.2.0.zip", ".env"}) // these are not
        folder.write(path, path, 0644);
    std::filesystem::create_directory(folder.path() / "LICENSES");
    CHECK(packed(folder) ==
          "LICENSE LICENSE.MIT README.md data/names.txt face.png made/table main.py plugin.json "
          "words/a.txt words/deep/b.txt");
}

TEST_CASE("a folder is packed to the same bytes, whenever and by whomever it was written") {
    const scratch_folder one, other;
    const auto fill = [](const scratch_folder& folder, const std::vector<std::string>& order, unsigned mode) {
        folder.write("plugin.json", manifest_with(R"("files":["words"])"), mode);
        folder.write("main.py", "#!/usr/bin/env python3\n", mode | 0100);
        for (const std::string& name : order) folder.write("words/" + name, name, mode);
    };
    fill(one, {"a", "b", "c"}, 0644);
    fill(other, {"c", "a", "b"}, 0600);
    std::filesystem::last_write_time(other.path() / "main.py", std::filesystem::file_time_type::clock::now() -
                                                                   std::chrono::hours(50'000));
    const auto first = pack_folder(one.path().string()), second = pack_folder(other.path().string());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->archive == second->archive);
    CHECK(first->tree == second->tree);
    CHECK(first->manifest.id == "dev.example.words");
    CHECK(first->files.find("main.py")->executable);
    CHECK_FALSE(first->files.find("words/a")->executable);

    // A file that may be run is another one, as is another byte.
    std::filesystem::permissions(other.path() / "words/a", std::filesystem::perms::owner_all);
    CHECK(pack_folder(other.path().string())->tree != first->tree);
}

TEST_CASE("a manifest that comes from elsewhere is packed in the place of the folder's own") {
    const scratch_folder folder;
    folder.write("plugin.toml", "anything", 0644);
    folder.write("main.py", "", 0644);
    const auto made = pack_folder(folder.path().string(), {}, manifest_with(""));
    REQUIRE(made);
    CHECK(paths_of(made->files) == "main.py plugin.json");
    CHECK(has(packed(folder), "the folder has no plugin.json"));
}

TEST_CASE("links are followed in the folder, and none leads out of it") {
    const scratch_folder outside, folder;
    outside.write("secret", "secret", 0600);
    folder.write("main.py", "", 0644);
    folder.write("shared/list", "list", 0644);
    folder.write("plugin.json", manifest_with(R"("files":["words","all"],"icon":"face.png")"), 0644);
    folder.write("face.png", "", 0644);
    std::filesystem::create_directory(folder.path() / "words");
    std::filesystem::create_symlink("../shared/list", folder.path() / "words/list");
    std::filesystem::create_directory_symlink("shared", folder.path() / "all");
    CHECK(packed(folder) == "all/list face.png main.py plugin.json words/list");

    const auto link = folder.path() / "words/link";
    for (const std::string& target :
         {outside / "secret", std::string("../../etc/passwd"), std::string("/dev/null"),
          std::string("nowhere"), outside.path().string(), folder.path().string() + "x", std::string("."),
          std::string("..")}) {
        std::filesystem::create_symlink(target, link);
        CAPTURE(target);
        CHECK(packed(folder) == "\"words/link\": it is a link to no file within the folder");
        std::filesystem::remove(link);
    }
    std::filesystem::remove(folder.path() / "face.png");
    std::filesystem::create_symlink(outside / "secret", folder.path() / "face.png");
    CHECK(packed(folder) == "\"face.png\": it leads out of the folder");
}

TEST_CASE("what is missing is named, and who makes it") {
    const scratch_folder folder;
    const auto with = [&](const std::string& manifest) {
        folder.write("plugin.json", manifest, 0644);
        return packed(folder);
    };
    CHECK(with(manifest_with("")) == "entry: \"main.py\": it is not in the folder");
    CHECK(with(manifest_with(R"("build":{"command":["make"]})")) ==
          "entry: \"main.py\": it is not in the folder: build it first");
    folder.write("main.py", "", 0644);
    CHECK(with(manifest_with(R"("build":{"command":["make"],"outputs":["made"]})")) ==
          "build.outputs: \"made\": it is not in the folder: build it first");
    CHECK(with(manifest_with(R"("files":["wrods"])")) == "files: \"wrods\": it is not in the folder");
    std::filesystem::create_directory(folder.path() / "empty");
    CHECK(with(manifest_with("", R"("empty")")) == "entry: \"empty\": it is no file");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(with(manifest_with(R"("files":["pipe"])")) == "files: \"pipe\": it is no file");
    CHECK(has(with("{}"), "plugin.json: id: is missing"));
    CHECK(has(with(manifest_with(R"("files":["../x"])")), "files[0]"));
    CHECK(pack_folder(folder / "nowhere").error().message.ends_with("No such file or directory"));
}

TEST_CASE("names that no package may have are refused where they are found") {
    const scratch_folder folder;
    folder.write("main.py", "", 0644);
    folder.write("plugin.json", manifest_with(R"("files":["words"])"), 0644);
    folder.write("words/\xC3\xA4.txt", "", 0644);
    CHECK(has(packed(folder), "its name has other letters"));
    std::filesystem::remove_all(folder.path() / "words");
    folder.write("words/A", "", 0644);
    folder.write("words/a", "", 0644);
    CHECK(has(packed(folder), "it is there twice"));
}

TEST_CASE("a package for one platform has the entry of that platform alone") {
    const scratch_folder folder;
    folder.write(
        "plugin.json",
        R"({"id":"dev.example.words","version":"1.0.0","entry":{"linux-x86_64":"bin/x86","linux-aarch64":"bin/arm"}})",
        0644);
    folder.write("bin/x86", program_for(62), 0755);
    folder.write("bin/arm", program_for(183), 0755);
    CHECK(packed(folder, "linux-aarch64") == "bin/arm plugin.json");
    CHECK(pack_folder(folder.path().string(), "linux-aarch64")->files.platform == "linux-aarch64");
    CHECK(packed(folder) == "bin/arm bin/x86 plugin.json");
    CHECK(pack_folder(folder.path().string())->files.platform == "any");
    CHECK(packed(folder, "linux-riscv64") == "entry: it has none for linux-riscv64");
    CHECK(has(packed(folder, "Linux"), "platform: expected one as in linux-x86_64"));

    folder.write("bin/arm", program_for(62), 0755);
    CHECK(packed(folder, "linux-aarch64") ==
          "entry: bin/arm is a program for linux-x86_64, and not for linux-aarch64");
}

TEST_CASE("a file of nothing but zeros is packed, and is no bomb") {
    const scratch_folder folder;
    folder.write("plugin.json", manifest_with(R"("files":["zeros"])"), 0644);
    folder.write("main.py", "", 0644);
    folder.write("zeros", std::string(4'000'000, '\0'), 0644);
    CHECK(packed(folder) == "main.py plugin.json zeros");
}
