// `tenon-host key ...`, and the program minisign with the same files.

#include "whole_host.hpp"

#include <tenon/packages/format/package_signature.hpp>

using namespace reference::tests;

namespace {

unsigned mode_of(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

} // namespace

TEST_CASE("a new key is two files, of which the secret one is for its owner alone") {
    const tenon::tests::scratch_folder here;
    ::umask(0); // of this process alone; what is left out of a mode must not be the umask's doing
    const typed made = type(here, {"key", "new", here / "me"});
    ::umask(022);
    CHECK(made.code == 0);
    CHECK(mode_of(here / "me.key") == 0600);
    CHECK(mode_of(here / "me.pub") == 0644);
    const auto secret = tenon::read_secret_key(text_in(here / "me.key"));
    const auto open = tenon::read_public_key(text_in(here / "me.pub"));
    REQUIRE(secret);
    REQUIRE(open);
    CHECK(secret->open == *open);
    CHECK(has(made.output, open->text()));
    CHECK_FALSE(has(made.output, text_in(here / "me.key").substr(60, 100)));

    const typed shown = type(here, {"key", "show", here / "me.key"});
    CHECK(has(shown.output, open->id()));
    CHECK(has(shown.output, open->text()));
    CHECK(type(here, {"key", "show", here / "me.pub"}).output == shown.output);
    CHECK(type(here, {"key", "show", open->text()}).output == shown.output);
}

TEST_CASE("a key is never written over, and half a pair is not left behind") {
    const tenon::tests::scratch_folder here;
    REQUIRE(type(here, {"key", "new", here / "me"}).code == 0);
    const std::string before = text_in(here / "me.key");
    const typed again = type(here, {"key", "new", here / "me"});
    CHECK(again.code == 1);
    CHECK(has(again.errors, "me.pub is there already, and stays as it is"));
    CHECK(text_in(here / "me.key") == before);

    std::filesystem::remove(here / "me.pub");
    const typed half = type(here, {"key", "new", here / "me"});
    CHECK(half.code == 1);
    CHECK(has(half.errors, "me.key is there already, and stays as it is"));
    CHECK_FALSE(std::filesystem::exists(here / "me.pub"));
    CHECK(text_in(here / "me.key") == before);
    CHECK(type(here, {"key", "new", here / "no/such/folder"}).code == 74);
}

TEST_CASE("a secret key that others can read was shown without a word") {
    const tenon::tests::scratch_folder here;
    REQUIRE(type(here, {"key", "new", here / "me"}).code == 0);
    CHECK(type(here, {"key", "show", here / "me.key"}).errors.empty());
    std::filesystem::permissions(here / "me.key", std::filesystem::perms(0644));
    const typed shown = type(here, {"key", "show", here / "me.key"});
    CHECK(shown.code == 0);
    CHECK(has(shown.errors, "me.key: others can read this secret key: chmod 600 "));
    CHECK(type(here, {"key", "show", here / "me.pub"}).errors.empty());
}

TEST_CASE("what is no key is said with its file") {
    const tenon::tests::scratch_folder here;
    here.write("text", "hello\n", 0644);
    const typed wrong = type(here, {"key", "show", here / "text"});
    CHECK(wrong.code == 66);
    CHECK(has(wrong.errors, "text: public key: expected what minisign writes"));
    CHECK(type(here, {"key", "show", here / "nothing"}).code == 66);
}

TEST_CASE("commands of two words are found, and said where they are not") {
    const tenon::tests::scratch_folder here;
    CHECK(type(here, {"key"}).code == 64);
    const typed all = type(here, {"key", "--help"});
    CHECK(all.code == 0);
    CHECK(has(all.output, "key new"));
    CHECK(has(type(here, {"key", "new", "--help"}).output, "usage: tenon-host key new FILE"));
    CHECK(
        has(type(here, {"key", "nwe"}).errors, "there is no command \"key nwe\"; did you mean \"key new\"?"));
    CHECK(has(type(here, {"kye"}).errors, "did you mean \"key\"?"));
    CHECK(has(type(here, {"--help"}).output, "  key ..."));
}

TEST_CASE("a key of ours signs with minisign, and one of minisign's is read") {
    if (!is_installed("minisign")) return;
    const tenon::tests::scratch_folder here;
    here.write("file", "some bytes", 0644);
    REQUIRE(type(here, {"key", "new", here / "me"}).code == 0);
    const std::string in_here = "cd '" + here.path().string() + "' && ";
    CHECK(std::system((in_here + "minisign -S -s me.key -m file </dev/null >out 2>&1").c_str()) == 0);
    CHECK(std::system((in_here + "minisign -V -p me.pub -m file >out 2>&1").c_str()) == 0);

    REQUIRE(std::system(
                (in_here + "minisign -G -W -s theirs.key -p theirs.pub </dev/null >out 2>&1").c_str()) == 0);
    const typed shown = type(here, {"key", "show", here / "theirs.key"});
    CHECK(shown.code == 0);
    CHECK(shown.output == type(here, {"key", "show", here / "theirs.pub"}).output);
}

TEST_CASE("the keys of a folder are listed, the secret ones as such") {
    const tenon::tests::scratch_folder here;
    REQUIRE(type(here, {"key", "new", here / "me"}).code == 0);
    here.write("torn.pub", "hello", 0644);
    here.write("notes.txt", "hello", 0644);
    const typed listed = type(here, {"key", "list", here.path().string()});
    CHECK(listed.code == 0);
    CHECK(has(listed.output, "me.key  secret"));
    CHECK(has(listed.output, "me.pub\n"));
    CHECK(has(listed.errors, "torn.pub: public key: expected what minisign writes"));
    CHECK_FALSE(has(listed.output + listed.errors, "notes.txt"));
    const json all = json::parse(type(here, {"key", "list", here.path().string(), "--json"}).output).value();
    CHECK(all["keys"].as<std::vector<tenon::json_view>>()->size() == 2);
    CHECK(type(here, {"key", "list", here / "nowhere"}).code == 66);
}
