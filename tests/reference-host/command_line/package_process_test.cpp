// `tenon-host package ...`, as an author types it, and the program minisign with the same files.

#include "whole_host.hpp"

#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/zip_writer.hpp>

using namespace reference::tests;

namespace {

using tenon::tests::scratch_folder;

/// A folder with a plugin in it that is a script.
void write_plugin(const scratch_folder& here, const std::string& more = "") {
    here.write(
        "p/plugin.json",
        R"({"id":"dev.example.words","version":"1.2.0","runtime":"python3","entry":"main.py","description":"It counts.")" +
            more + "}",
        0644);
    here.write("p/main.py", "#!/usr/bin/env python3\nprint('hello')\n", 0755);
}

std::string package_of(const scratch_folder& here) {
    write_plugin(here);
    const typed built = type(here, {"package", "build", here / "p", "--output", here / "w.zip"});
    REQUIRE_MESSAGE(built.code == 0, built.errors);
    return here / "w.zip";
}

std::string member(const std::string& text, std::string_view name) {
    const auto whole = json::parse(text);
    return whole ? (*whole)[name].as<std::string>().value_or("") : "";
}

} // namespace

TEST_CASE("a folder becomes a package, and its words and its JSON say the same") {
    const scratch_folder here;
    write_plugin(here);
    const typed said = type(here, {"package", "build", here / "p", "--output", here.path().string()});
    CHECK_MESSAGE(said.code == 0, said.errors);
    const std::string file = here / "dev.example.words-1.2.0.zip";
    CHECK(has(said.output, file));
    CHECK(has(said.output, "2 files"));
    const std::string first = text_in(file);
    const typed again =
        type(here, {"package", "build", here / "p", "--output", here / "other.zip", "--json"});
    CHECK(text_in(here / "other.zip") == first);
    CHECK(member(again.output, "id") == "dev.example.words");
    CHECK(member(again.output, "version") == "1.2.0");
    CHECK(member(again.output, "platform") == "any");
    CHECK(member(again.output, "file") == here / "other.zip");
    CHECK(has(said.output, member(again.output, "tree")));

    const typed shown = type(here, {"package", "show", file});
    CHECK(shown.code == 0);
    for (const char* part :
         {"dev.example.words", "1.2.0", "It counts.", "main.py", "python3", "signed by    nobody"})
        CHECK_MESSAGE(has(shown.output, part), shown.output);
    CHECK(member(type(here, {"package", "show", file, "--json"}).output, "tree") ==
          member(again.output, "tree"));
    const typed files = type(here, {"package", "show", file, "--files"});
    CHECK(tenon::digest_of(files.output)->text() == member(again.output, "tree"));
}

TEST_CASE(
    "a package is built by its manifest's command, in its folder, and what that prints is not in the way") {
    const scratch_folder here;
    write_plugin(here,
                 R"(,"build":{"command":["sh","-c","echo noise; cat main.py >made"],"outputs":["made"]})");
    const typed built = type(here, {"package", "build", here / "p", "--output", here / "w.zip", "--json"});
    CHECK(built.code == 0);
    CHECK(has(built.errors, "[build] sh -c echo noise; cat main.py >made\nnoise\n"));
    CHECK(member(built.output, "id") == "dev.example.words");
    CHECK(has(type(here, {"package", "show", here / "w.zip", "--files"}).output, " made\n"));

    std::filesystem::remove(here / "p/made");
    const typed unbuilt = type(here, {"package", "build", here / "p", "--no-build"});
    CHECK(unbuilt.code == 1);
    CHECK(has(unbuilt.errors, "build.outputs: \"made\": it is not in the folder: build it first"));

    const std::string before = text_in(here / "w.zip");
    write_plugin(here, R"(,"build":{"command":["sh","-c","exit 3"]})");
    const typed failed = type(here, {"package", "build", here / "p", "--output", here / "w.zip"});
    CHECK(failed.code == 1);
    CHECK(has(failed.errors, "build: sh -c exit 3 ended with 3"));
    CHECK(text_in(here / "w.zip") == before);
    write_plugin(here, R"(,"build":{"command":["no-such-compiler"]})");
    CHECK(has(type(here, {"package", "build", here / "p"}).errors, "build: no-such-compiler is not there"));
}

TEST_CASE("what cannot be read, written or understood has its exit code") {
    const scratch_folder here;
    CHECK(type(here, {"package", "build", here / "nowhere"}).code == 66);
    CHECK(has(type(here, {"package", "build", here.path().string()}).errors,
              "`tenon-host package init` writes one"));
    here.write("p/plugin.json", "{}", 0644);
    CHECK(type(here, {"package", "build", here / "p"}).code == 1);
    CHECK(type(here, {"package", "show", here / "nothing.zip"}).code == 66);
    here.write("text.zip", "hello", 0644);
    const typed text = type(here, {"package", "show", here / "text.zip"});
    CHECK(text.code == 1);
    CHECK(has(text.errors, "text.zip: archive: "));
    CHECK(type(here, {"package", "verify", here / "text.zip"}).code == 1);
    CHECK(type(here, {"package"}).code == 64);
    CHECK(type(here, {"package", "show"}).code == 64);
    const std::string file = package_of(here);
    CHECK(type(here, {"package", "build", here / "p", "--output", here / "p/main.py/x.zip"}).code == 74);
    CHECK(type(here, {"package", "sign", file}).code == 64);
    CHECK(type(here, {"package", "sign", file, "--key", here / "nothing"}).code == 66);
    CHECK(type(here, {"package", "build", here / "p", "--platform", "Linux"}).code == 1);
}

TEST_CASE("all that is wrong with a manifest is said at once, and a folder's is found") {
    const scratch_folder here;
    write_plugin(here);
    const typed good = type(here, {"package", "validate", here / "p"});
    CHECK(good.code == 0);
    CHECK(has(good.output, "plugin.json is good: dev.example.words 1.2.0"));
    here.write("bad.json", R"({"id":"Words","version":"1","entry":"a.so","typ":"filter"})", 0644);
    const typed bad = type(here, {"package", "validate", here / "bad.json"});
    CHECK(bad.code == 1);
    for (const char* part :
         {"error: id: ", "error: version: ", "error: entry: ", "warning: typ: is not known"})
        CHECK_MESSAGE(has(bad.output, part), bad.output);
    const typed as_json = type(here, {"package", "validate", here / "bad.json", "--json"});
    CHECK(as_json.code == 1);
    CHECK(has(as_json.output, R"({"valid":false,"findings":[{"path":)"));
    CHECK(type(here, {"package", "validate", here / "none.json"}).code == 66);

    here.write("other/manifest.json", "{}", 0644);
    const typed others = type(here, {"package", "validate", here / "other"});
    CHECK(others.code == 66);
    CHECK(has(others.errors, "`tenon-host package convert` reads those of other systems"));
    tenon::zip_writer writer;
    REQUIRE(writer.add("manifest.json", "{}", false));
    here.write("other.zip", writer.write().value(), 0644);
    CHECK(has(type(here, {"package", "show", here / "other.zip"}).errors, "`tenon-host package convert`"));
}

TEST_CASE("init writes a manifest for what can be run, and nothing over one") {
    const scratch_folder here;
    here.write("my plugin/main.py", "#!/usr/bin/env python3\n", 0755);
    here.write("my plugin/help.txt", "", 0644);
    const typed made = type(here, {"package", "init", here / "my plugin"});
    CHECK_MESSAGE(made.code == 0, made.errors);
    CHECK(has(made.output, "local.my-plugin runs main.py"));
    CHECK(has(text_in(here / "my plugin/plugin.json"), R"("runtime": {"name": "python3"})"));
    CHECK(type(here, {"package", "build", here / "my plugin", "--output", here / "m.zip"}).code == 0);
    CHECK(type(here, {"package", "init", here / "my plugin"}).code == 1);

    here.write("two/a", "#!/bin/sh\n", 0755);
    here.write("two/b", "#!/bin/sh\n", 0755);
    const typed which = type(here, {"package", "init", here / "two"});
    CHECK(which.code == 64);
    CHECK(has(which.errors, "--entry FILE"));
    CHECK(type(here, {"package", "init", here / "two", "--entry", "b", "--id", "dev.example.two"}).code == 0);
    CHECK(has(text_in(here / "two/plugin.json"), R"("entry": "b")"));
    CHECK(type(here, {"package", "init", here / "p", "--id", "Two"}).code == 66);
}

TEST_CASE("a signed package is held against keys, and a changed one is refused") {
    const scratch_folder here;
    const std::string file = package_of(here);
    REQUIRE(type(here, {"key", "new", here / "me"}).code == 0);
    REQUIRE(type(here, {"key", "new", here / "other"}).code == 0);
    CHECK(has(type(here, {"package", "verify", file}).output, "it is not signed"));
    const typed unsigned_one = type(here, {"package", "verify", file, "--key", here / "me.pub"});
    CHECK(unsigned_one.code == 1);
    CHECK(has(unsigned_one.errors, "w.zip: it is whole, and not signed\n")); // it spoke of a policy

    const std::string tree = member(type(here, {"package", "show", file, "--json"}).output, "tree");
    const typed made = type(here, {"package", "sign", file, "--key", here / "me.key"});
    CHECK_MESSAGE(made.code == 0, made.errors);
    CHECK(has(made.output, "w.zip is signed by "));
    CHECK(member(type(here, {"package", "show", file, "--json"}).output, "tree") == tree);
    const std::string signed_once = text_in(file);
    CHECK(type(here, {"package", "sign", file, "--key", here / "me.key"}).code == 0);
    CHECK(text_in(file) == signed_once);
    CHECK(made.errors.empty());
    std::filesystem::permissions(here / "me.key", std::filesystem::perms(0644));
    const typed open =
        type(here, {"package", "sign", file, "--key", here / "me.key"}); // it signed without a word
    CHECK(open.code == 0);
    CHECK(has(open.errors, "me.key: others can read this secret key: chmod 600 "));
    const typed half =
        type(here, {"package", "sign", file, "--key", here / "me.pub"}); // it was "no secret key"
    CHECK(half.code != 0);
    CHECK_MESSAGE(
        has(half.errors, "me.pub: it is the public half of a key, and the secret half signs: it is "),
        half.errors);
    CHECK(has(half.errors, "/me.key, where"));

    const typed good =
        type(here, {"package", "verify", file, "--key", here / "other.pub", "--key", here / "me.pub"});
    CHECK(good.code == 0);
    CHECK(has(good.output, "w.zip is whole: dev.example.words 1.2.0"));
    CHECK(has(good.output, "signed by RW"));
    CHECK(member(type(here, {"package", "verify", file, "--key", here / "me.pub", "--json"}).output,
                 "trust") == "signed");
    const typed unknown = type(here, {"package", "verify", file, "--key", here / "other.pub"});
    CHECK(unknown.code == 1);
    CHECK(has(unknown.errors, "w.zip: it is whole, and none of these keys signed it, but "));
    CHECK(has(type(here, {"package", "verify", file}).output, "its signatures are not verified"));

    // The only "hello" is in main.py, which is stored: it is too small to be packed better.
    std::string changed = text_in(file);
    const std::size_t at = changed.find("main.py");
    REQUIRE(at != changed.npos);
    changed[at + 10] = static_cast<char>(changed[at + 10] ^ 1);
    here.write("changed.zip", changed, 0644);
    CHECK(type(here, {"package", "verify", here / "changed.zip", "--key", here / "me.pub"}).code == 1);
}

TEST_CASE("a package of ours is verified by minisign, and one that minisign signed by us") {
    if (!is_installed("minisign")) return;
    const scratch_folder here;
    const std::string file = package_of(here), in_here = "cd '" + here.path().string() + "' && ";
    const auto shell = [&](const std::string& line) { return std::system((in_here + line).c_str()); };
    REQUIRE(type(here, {"key", "new", here / "ours"}).code == 0);
    REQUIRE(type(here, {"package", "sign", file, "--key", here / "ours.key"}).code == 0);
    REQUIRE(shell("mkdir out && cd out && python3 -m zipfile -e ../w.zip .") == 0);
    CHECK(shell("minisign -V -p ours.pub -m out/FILES -x out/signatures/*.minisig >said") == 0);
    CHECK(has(text_in(here / "said"), "Trusted comment: dev.example.words 1.2.0"));

    // Its key without a password signs here; a signature that it makes itself is one of the package.
    REQUIRE(shell("minisign -G -W -s theirs.key -p theirs.pub </dev/null >said 2>&1") == 0);
    REQUIRE(type(here, {"package", "sign", file, "--key", here / "theirs.key"}).code == 0);
    CHECK(type(here, {"package", "verify", file, "--key", here / "theirs.pub"}).code == 0);
    REQUIRE(shell("minisign -S -s theirs.key -m out/FILES -x theirs.minisig -t 'made by minisign' </dev/null "
                  ">said 2>&1") == 0);
    const std::string plain = package_of(here);
    const typed added = type(here, {"package", "sign", plain, "--signature", here / "theirs.minisig"});
    CHECK_MESSAGE(added.code == 0, added.errors);
    CHECK(type(here, {"package", "verify", plain, "--key", here / "theirs.pub"}).code == 0);
    CHECK(type(here, {"package", "verify", plain, "--key", here / "ours.pub"}).code == 1);
    CHECK(has(type(here, {"package", "show", plain, "--json"}).output, "made by minisign"));
}

TEST_CASE("packages of other systems are converted, and what was understood is said") {
    const scratch_folder here;
    here.write("toml/plugin.toml", "name = \"Words\"\nversion = \"1.0.0\"\nentry_point = \"words.wasm\"\n",
               0644);
    here.write("toml/words.wasm", std::string("\0asm\1\0\0\0", 8), 0644);
    const typed toml =
        type(here, {"package", "convert", here / "toml", "--output", here / "t.zip", "--json"});
    CHECK_MESSAGE(toml.code == 0, toml.errors);
    CHECK(member(toml.output, "id") == "local.words");
    CHECK(has(toml.errors, "note: entry_point: is read as \"entry\""));

    here.write("vp/plugin.json", R"({"plugin_no":"words","version":"1.0.0","binary":"run"})", 0644);
    here.write("vp/run", "#!/bin/sh\n", 0755);
    REQUIRE(std::system(
                ("tar -C '" + (here / "vp") + "' -czf '" + (here / "w.vp") + "' plugin.json run").c_str()) ==
            0);
    CHECK(type(here, {"package", "convert", here / "w.vp", "--output", here / "v.zip"}).code == 0);
    CHECK(type(here, {"package", "verify", here / "v.zip"}).code == 0);

    here.write("w.json", R"({"id":"dev.example.words","version":"1.0.0"})", 0644);
    const typed wrapped = type(here, {"package", "convert", here / "toml/words.wasm", "--manifest",
                                      here / "w.json", "--output", here / "b.zip"});
    CHECK_MESSAGE(wrapped.code == 0, wrapped.errors);
    const typed neither = type(here, {"package", "convert", here / "vp/run"});
    CHECK(neither.code == 1);
    CHECK(has(neither.errors, "it is neither a zip, nor a .vp or .tar.gz, nor a folder"));
    CHECK(type(here, {"package", "convert", here / "nothing"}).code == 66);
}
