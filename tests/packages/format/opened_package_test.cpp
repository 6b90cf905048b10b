#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_builder.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;

namespace {

const std::string manifest =
    R"({"id":"dev.example.moderator","version":"1.2.0","entry":"bin/moderator","runtime":"python3"})";

using files = std::map<std::string, std::string>;

std::string zip_of(const files& all) {
    zip_writer writer;
    for (const auto& [path, bytes] : all) REQUIRE(writer.add(path, bytes, false));
    return *writer.write();
}

/// FILES as they are, of this head.
std::string listed(const files& all, const std::string& id = "dev.example.moderator",
                   const std::string& version = "1.2.0", const std::string& platform = "any") {
    std::string text = "tenon-package 1\nid " + id + "\nversion " + version + "\nplatform " + platform + "\n";
    for (const auto& [path, bytes] : all)
        text += digest_of(bytes)->text() + " - " + std::to_string(bytes.size()) + " " + path + "\n";
    return text;
}

std::string opened(const std::string& archive, package_wrapping wrapping = package_wrapping::refused) {
    memory_source source(archive);
    const auto zip = zip_reader::open(source);
    if (!zip) return zip.error().message;
    const auto package = open_package(*zip, wrapping);
    return package ? "taken" : package.error().message;
}

secret_key key_of(char seed) { return *make_secret_key(std::string(40, seed)); }

package_builder good_builder() {
    package_builder builder;
    REQUIRE(builder.add("plugin.json", manifest));
    REQUIRE(builder.add("bin/moderator", std::string(3'000, 'x') + "print()"));
    REQUIRE(builder.add("README", "read me"));
    return builder;
}

/// Everything that stands in an archive, verified as an installation does it; or nothing.
struct verified {
    bool good = false;
    digest tree;
    files all;
};
verified verify_all(const std::string& archive, const public_key& by) {
    verified found;
    memory_source source(archive);
    const auto zip = zip_reader::open(source);
    if (!zip) return found;
    const auto package = open_package(*zip, package_wrapping::refused);
    if (!package || package->signatures.size() != 1) return found;
    if (!verify(package->signatures[0], by, package->files_text)) return found;
    for (const package_file& file : package->files.files) {
        auto bytes = zip->unpack(*zip->find(file.path), static_cast<std::size_t>(file.size));
        if (!bytes || *digest_of(*bytes) != file.content) return found;
        found.all.emplace(file.path, std::move(*bytes));
    }
    found.tree = package->tree;
    found.good = true;
    return found;
}

} // namespace

TEST_CASE("what is built is opened, and is what it was") {
    package_builder builder = good_builder();
    const secret_key key = key_of('k');
    REQUIRE(builder.sign(key, "dev.example.moderator 1.2.0"));
    const auto archive = builder.build();
    REQUIRE(archive);
    memory_source source(*archive);
    const auto zip = zip_reader::open(source);
    REQUIRE(zip);
    const auto package = open_package(*zip, package_wrapping::refused);
    REQUIRE(package);
    CHECK(package->manifest.id == "dev.example.moderator");
    CHECK(package->files.files.size() == 3);
    CHECK(package->files.platform == "any");
    CHECK(!package->files.find("bin/moderator")->executable); // python3 runs it
    CHECK(package->tree == *digest_of(package->files_text));
    REQUIRE(package->signatures.size() == 1);
    CHECK(package->signatures[0].key_id() == key.open.id());
    CHECK(verify(package->signatures[0], key.open, package->files_text));
}

TEST_CASE("the same files make the same package to the byte, in whatever order they come") {
    package_builder other;
    REQUIRE(other.add("README", "read me"));
    REQUIRE(other.add("bin/moderator", std::string(3'000, 'x') + "print()"));
    REQUIRE(other.add("plugin.json", manifest));
    const secret_key key = key_of('k');
    package_builder one = good_builder();
    REQUIRE(one.sign(key, "c"));
    REQUIRE(other.sign(key, "c"));
    CHECK(*one.build() == *other.build());
}

TEST_CASE("a package that is signed again has both signatures and the same identity") {
    package_builder first = good_builder();
    REQUIRE(first.sign(key_of('a'), "first"));
    const std::string archive = *first.build();
    memory_source source(archive);
    const auto zip = zip_reader::open(source);
    const auto package = open_package(*zip, package_wrapping::refused);
    REQUIRE(package);
    package_builder again;
    REQUIRE(again.add_all(*zip, *package));
    REQUIRE(again.sign(key_of('b'), "second"));
    const std::string both = *again.build();
    memory_source second(both);
    const auto reopened = open_package(*zip_reader::open(second), package_wrapping::refused);
    REQUIRE(reopened);
    CHECK(reopened->signatures.size() == 2);
    CHECK(reopened->tree == package->tree);
    CHECK(again.add("more", "").error().message.find("it is signed") != std::string::npos);
}

TEST_CASE("of a package with one bit flipped nothing else is ever taken than what was signed") {
    package_builder builder = good_builder();
    const secret_key key = key_of('k');
    REQUIRE(builder.sign(key, "c"));
    const std::string archive = *builder.build();
    const verified right = verify_all(archive, key.open);
    REQUIRE(right.good);
    std::uint32_t random = 12'345;
    int refused = 0;
    for (int round = 0; round < 1'000; ++round) {
        random = random * 1'664'525u + 1'013'904'223u;
        std::string flipped = archive;
        char& byte = flipped[(random >> 8) % flipped.size()];
        byte = static_cast<char>(byte ^ (1 << (round % 8)));
        const verified found = verify_all(flipped, key.open);
        // Dates and modes in the zip, and the comment that nobody signs, say nothing about what is installed.
        if (found.good) CHECK((found.tree == right.tree && found.all == right.all));
        else ++refused;
    }
    CHECK(refused > 700);
    for (std::size_t size = 0; size < archive.size(); size += 7)
        CHECK(!verify_all(archive.substr(0, size), key.open).good);
}

TEST_CASE("packages whose parts disagree are refused") {
    const files good = {{"plugin.json", manifest}, {"bin/moderator", "print()"}};
    const auto with = [](files all, const std::string& list) {
        all["FILES"] = list;
        return all;
    };
    const auto more = [](files all, const std::string& path, const std::string& bytes) {
        all[path] = bytes;
        return all;
    };
    CHECK(opened(zip_of(with(good, listed(good)))) == "taken");
    const files two = more(good, "manifest.json", manifest);
    const files toml = more(good, "plugin.toml", "name = 1");
    const files other_case = {{"Plugin.json", manifest}, {"bin/moderator", "print()"}};
    const files only_theirs = {{"manifest.json", manifest}, {"bin/moderator", "print()"}};
    const files in_folder = {{"x/plugin.json", manifest}, {"x/bin/moderator", "print()"}};
    const files no_entry = {{"plugin.json", manifest}, {"bin/other", "print()"}};
    const files not_run = {{"plugin.json", R"({"id":"dev.a","version":"1.0.0","entry":"a"})"},
                           {"a", "hello"}};
    const files wasm = {{"plugin.json", R"({"id":"dev.a","version":"1.0.0","entry":"a.wasm"})"},
                        {"a.wasm", "hello"}};
    const files no_platform = {
        {"plugin.json", R"({"id":"dev.a","version":"1.0.0","entry":{"linux-x86_64":"a"},"runtime":"node"})"},
        {"a", "x"}};
    package_builder signing = good_builder();
    REQUIRE(signing.sign(key_of('k'), "c"));
    const std::string id = key_of('k').open.id();
    const std::string signature = tenon::sign(key_of('k'), "anything", "c")->text("u");
    files many = with(good, listed(good));
    for (char seed = 'a'; seed < 'a' + 9; ++seed)
        many["signatures/" + key_of(seed).open.id() + ".minisig"] =
            tenon::sign(key_of(seed), "x", "c")->text("u");
    std::string changed = listed(good);
    changed.replace(changed.find("\n", changed.find("platform")) + 1, 4, "0000");
    std::string other_manifest = manifest;
    other_manifest.insert(other_manifest.size() - 1, ",\"autoStart\":false");
    const files swapped = {{"plugin.json", other_manifest}, {"bin/moderator", "print()"}};
    std::string same_size = manifest;
    same_size.replace(same_size.find("python3"), 7, "python2");

    for (const auto& [archive, why] : {
             std::pair<files, std::string>{good, "it has no FILES"},
             {with(two, listed(two)), "it has two manifests, manifest.json and plugin.json"},
             {with(toml, listed(toml)), "it has two manifests"},
             {with(other_case, listed(other_case)), "its manifest is called Plugin.json"},
             {with(only_theirs, listed(only_theirs)), "its manifest is called manifest.json"},
             {with(in_folder, listed(in_folder)), "its manifest is in the folder x"},
             {with({{"a", "b"}}, listed({{"a", "b"}})), "it has no plugin.json"},
             {with(good, ""), "does not end"},
             {with(good, "tenon-package 2\n"), "does not know"},
             {with(good, listed(good, "dev.example.other")),
              "by FILES it is dev.example.other, and by its manifest"},
             {with(good, listed(good, "dev.example.moderator", "1.2.1")), "by FILES it is of version 1.2.1"},
             {with(good, listed(good, "dev.example.moderator", "1.2.0+x")),
              "by FILES it is of version 1.2.0+x"},
             {with(good, listed(more(good, "lib/a", "b"))), "FILES lists lib/a, and it is not there"},
             {with(good, listed(more(good, "z", "b"))), "FILES lists z, and it is not there"},
             {with(more(good, "a", "b"), listed(good)), "a is there, and FILES does not list it"},
             {with(more(good, "z", "b"), listed(good)), "z is there, and FILES does not list it"},
             {with(more(good, "bin/moderator", "print(1)"), listed(good)),
              "bin/moderator has 8 bytes, and by FILES it has 7"},
             {with(more(good, "plugin.json", same_size), listed(good)),
              "plugin.json is not the one that FILES lists"},
             {with(swapped, listed(good)), "plugin.json has"},
             {with(no_entry, listed(no_entry)), "entry: bin/moderator is not in the package"},
             {with(not_run, listed(not_run, "dev.a", "1.0.0")), "entry: a may not be run"},
             {with(no_platform, listed(no_platform, "dev.a", "1.0.0", "linux-aarch64")), "no entry for that"},
             {with({{"plugin.json", "{}"}}, listed({{"plugin.json", "{}"}})), "plugin.json: id: is missing"},
             {more(with(good, listed(good)), "signatures/x", "y"), "expected signatures/KEYID.minisig"},
             {more(with(good, listed(good)), "Signatures/x.minisig", "y"),
              "expected signatures/KEYID.minisig"},
             {more(with(good, listed(good)), "signatures/a/b.minisig", "y"), "signatures/a/b.minisig: "},
             {more(with(good, listed(good)), "signatures/" + id + ".minisig", "y"), "signatures/"},
             {more(with(good, listed(good)), "signatures/0000000000000000.minisig", signature),
              "named after another key"},
             {more(with(good, listed(good)), "signatures/" + id + ".minisig", std::string(9'000, 'y')),
              "at most 8192"},
             {many, "more than 8 signatures"},
         }) {
        const std::string sentence = why, said = opened(zip_of(archive));
        CHECK_MESSAGE(said.find(sentence) != std::string::npos, said, " where expected: ", sentence);
    }
    CHECK(opened(zip_of(with(wasm, listed(wasm, "dev.a", "1.0.0")))) == "taken");
    CHECK(opened(zip_of(with(no_platform, listed(no_platform, "dev.a", "1.0.0", "linux-x86_64")))) ==
          "taken");
    CHECK(opened(zip_of(more(with(good, listed(good)), "signatures/" + id + ".minisig", signature))) ==
          "taken");
}

TEST_CASE("a plain zip is taken where that is allowed, by either name of its manifest, and gets its FILES") {
    const std::string theirs =
        R"({"name":"notify","version":"1.0.0","entryPoint":"notify","pluginType":"notify"})";
    const std::string archive = zip_of(
        {{"manifest.json", theirs}, {"notify", "#!/bin/sh\necho"}, {"tool", "#!/bin/sh\n"}, {"a.txt", "x"}});
    CHECK(opened(archive).find("it has no FILES") != std::string::npos);
    memory_source source(archive);
    const auto package = open_package(*zip_reader::open(source), package_wrapping::made);
    REQUIRE(package);
    CHECK(package->manifest.id == "local.notify");
    CHECK(package->files.find("notify")->executable);
    CHECK(package->files.find("tool")->executable);
    CHECK(!package->files.find("a.txt")->executable);
    CHECK(package->files_text == package->files.text());
    CHECK(package->signatures.empty());
    CHECK(read_package_files(package->files_text));

    const auto made = package_wrapping::made;
    CHECK(opened(zip_of({{"manifest.json", theirs}, {"plugin.json", theirs}, {"notify", "x"}}), made)
              .find("two manifests") != std::string::npos);
    CHECK(opened(zip_of({{"manifest.json", theirs}, {"notify", "x"}, {"signatures/x", "y"}}), made)
              .find("it has signatures/x and no FILES") != std::string::npos);
    CHECK(opened(zip_of({{"manifest.json", theirs}, {"notify", "x"}, {"files", "y"}}), made)
              .find("it has files and no FILES") != std::string::npos);
    CHECK(opened(zip_of({{"manifest.json", theirs}}), made).find("notify is not in the package") !=
          std::string::npos);
}

TEST_CASE("a folder that is called FILES was taken for a full disk, and a manifest.json was said to be "
          "plugin.json") {
    const std::string theirs = R"({"name":"notify","version":"1.0.0","entryPoint":"notify"})";
    const auto made = package_wrapping::made;
    CHECK(opened(zip_of({{"manifest.json", theirs}, {"notify", "x"}, {"FILES/x", "y"}}), made)
              .find("FILES is a list of files, and no folder") != std::string::npos);
    CHECK(opened(zip_of({{"manifest.json", "{"}, {"notify", "x"}}), made).starts_with("manifest.json: "));
}

TEST_CASE("what cannot be a package is not built") {
    package_builder builder;
    CHECK(builder.build().error().message == "it has no plugin.json");
    CHECK(!builder.add("../x", ""));
    CHECK(!builder.add("FILES", ""));
    CHECK(!builder.add("files", ""));
    CHECK(!builder.add("signatures/x", ""));
    CHECK(!builder.add("manifest.json", ""));
    REQUIRE(builder.add("plugin.json", manifest));
    CHECK(!builder.add("plugin.json", manifest));
    CHECK(builder.build().error().message == "entry: bin/moderator is not in the package");
    REQUIRE(builder.add("bin/moderator", "x"));
    REQUIRE(builder.add("bin/Moderator", "x"));
    CHECK(builder.build().error().message.find("there twice") != std::string::npos);
    CHECK(builder.sign(key_of('k'), "c").error().message.find("there twice") != std::string::npos);
}

TEST_CASE("what a file is, is told by its bytes") {
    CHECK(kind_of_program("#!/bin/sh") == program_kind::script);
    CHECK(kind_of_program(std::string_view("\0asm\1\0\0\0", 8)) == program_kind::wasm);
    CHECK(kind_of_program("") == program_kind::other);
    CHECK(kind_of_program("\x7f"
                          "ELF") == program_kind::other);
    std::string elf(200, '\0');
    elf.replace(0, 6,
                "\x7f"
                "ELF\2\1");
    elf[16] = 3; // could be anywhere in memory
    elf[18] = 62;
    CHECK(kind_of_program(elf) == program_kind::shared_library);
    CHECK(platform_of_program(elf) == "linux-x86_64");
    elf[24] = 1; // begins somewhere
    CHECK(kind_of_program(elf) == program_kind::program);
    elf[24] = 0;
    elf[32] = 64, elf[54] = 56, elf[56] = 1, elf[64] = 3; // names its loader
    CHECK(kind_of_program(elf) == program_kind::program);
    elf[16] = 1;
    CHECK(kind_of_program(elf) == program_kind::other);
    elf[16] = 2;
    CHECK(kind_of_program(elf) == program_kind::program);
}
