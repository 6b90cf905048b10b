#include "../scratch_folder.hpp"

#include <tenon/config/system_trusted.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <unistd.h>

using namespace tenon;
namespace fs = std::filesystem;

namespace {

struct folder {
    std::string make(const std::string& name, unsigned mode = 0755) const {
        return scratch.write(name, "#!/bin/sh\n", mode);
    }
    std::string make_folder(const std::string& name, unsigned mode = 0755) const {
        fs::create_directories(path + "/" + name);
        change(name, mode);
        return path + "/" + name;
    }
    void link(const std::string& to, const std::string& name) const {
        fs::create_symlink(to, path + "/" + name);
    }
    void change(const std::string& name, unsigned mode) const {
        fs::permissions(path + "/" + name, fs::perms(mode));
    }

    tests::scratch_folder scratch;
    std::string path = scratch.path().string();
};

std::string outcome(const std::string& command, const program_places& places) {
    const auto program = trusted_program(command, places);
    return program ? *program : program.error().message;
}

/// Whether `words` begin and end like that; the names of users differ from one machine to the next.
bool says(const std::string& words, const std::string& begin, const std::string& end) {
    CAPTURE(words);
    return words.starts_with(begin) && words.ends_with(end);
}

} // namespace

TEST_CASE("a command is a path, or a name that is looked for in the plugin directories alone") {
    const folder at;
    const program_places places{.plugins = {"one", at.path + "/two"}, .trusted = {"."}, .base = at.path};
    at.make("two/echo");
    at.make("two/both");
    at.make("one/both");
    at.make("one/half", 0644);
    at.make("two/half");
    at.make("one/plain", 0644);
    at.make_folder("one/echo");
    CHECK(outcome("echo", places) == at.path + "/two/echo");
    CHECK(outcome("both", places) == at.path + "/one/both");
    CHECK(outcome("half", places) == at.path + "/two/half");
    CHECK(outcome("plain", places) == at.path + "/one/plain"); // why it cannot be run says who starts it
    CHECK(outcome("one/both", places) == at.path + "/one/both");
    CHECK(outcome("./one/../two/echo", places) == at.path + "/two/echo");
    CHECK(outcome(at.path + "/two/echo", places) == at.path + "/two/echo");
    CHECK(outcome("sh", places) ==
          "there is no \"sh\" in the plugin directories (pluginDirs: one, " + at.path + "/two)");
    CHECK(outcome("sh", {.trusted = {"/"}}) ==
          "there is no \"sh\" in the plugin directories (pluginDirs: there is none)");
    CHECK(outcome("one/none", places) == at.path + "/one/none: there is no such file");
    CHECK(outcome("none/none", places) == at.path + "/none/none: there is no " + at.path + "/none");
    CHECK(outcome("./one", places) == at.path + "/./one: it is a directory");
    CHECK(outcome("", places) == "expected a program");
    CHECK(outcome(std::string("a\0b", 3), places) == "expected a program");
}

TEST_CASE("what lies in no trusted directory is refused, whatever way leads there") {
    const folder at;
    const program_places places{.plugins = {"in"}, .trusted = {"in", "gone"}, .base = at.path};
    at.make("in/good");
    at.make("out/bad");
    at.make("inside/bad"); // begins like "in"
    at.link("../out/bad", "in/link");
    at.link("good", "in/alias");
    at.link("../out", "in/way");
    at.link("nowhere", "in/dangling");
    const std::string nowhere =
        " lies in no trusted directory (trustedDirs: " + at.path + "/in, gone, which is not there)";
    CHECK(outcome("in/good", places) == at.path + "/in/good");
    CHECK(outcome("alias", places) == at.path + "/in/good");
    CHECK(outcome("out/bad", places) == at.path + "/out/bad" + nowhere);
    CHECK(outcome("inside/bad", places) == at.path + "/inside/bad" + nowhere);
    CHECK(outcome("in/../out/bad", places) ==
          at.path + "/in/../out/bad, which is " + at.path + "/out/bad," + nowhere);
    CHECK(outcome("link", places) == at.path + "/in/link, which is " + at.path + "/out/bad," + nowhere);
    CHECK(outcome("in/way/bad", places) ==
          at.path + "/in/way/bad, which is " + at.path + "/out/bad," + nowhere);
    CHECK(outcome("in/dangling", places) ==
          at.path + "/in/dangling: " + at.path + "/in/dangling is a symbolic link to nothing");
    CHECK(outcome("in/good", {.base = at.path}) ==
          at.path + "/in/good lies in no trusted directory (trustedDirs: there is none)");
    at.link("in", "trusted-link");
    CHECK(outcome("in/good", {.trusted = {"trusted-link"}, .base = at.path}) == at.path + "/in/good");
    at.change("out", 0777);
    CHECK(outcome(at.path + "/out/bad", {.trusted = {"/"}}) != at.path + "/out/bad"); // whatever is trusted
}

TEST_CASE("what others may write is refused, be it the file or a directory on its way") {
    const folder at;
    const program_places places{.plugins = {"in"}, .trusted = {"in"}, .base = at.path};
    const std::string file = at.make("in/deep/x");
    const auto words_for = [&](const std::string& name) {
        return [path = at.path + "/" + name](unsigned mode) {
            return path + " may be written by others than its owner (its mode is 0" +
                   std::string(1, static_cast<char>('0' + (mode >> 6))) +
                   static_cast<char>('0' + (mode >> 3 & 7)) + static_cast<char>('0' + (mode & 7)) +
                   " and its owner ";
        };
    };
    for (const std::string name : {"in/deep/x", "in/deep", "in"}) {
        for (const unsigned mode : {0775U, 0757U, 0777U}) {
            at.change(name, mode);
            CHECK(says(outcome("in/deep/x", places), words_for(name)(mode),
                       "): chmod go-w " + at.path + "/" + name));
        }
        at.change(name, 0755);
        CHECK(outcome("in/deep/x", places) == file);
    }
    // Above it is another's business; and one of two trusted directories is enough.
    at.make_folder(".", 0777);
    CHECK(outcome("in/deep/x", places) == file);
    CHECK(outcome("in/deep/x", {.trusted = {".", "in/deep"}, .base = at.path}) == file);
}

TEST_CASE("what belongs to somebody else is refused") {
    if (::geteuid() != 0) return; // only root can give files away
    const folder at;
    const std::string file = at.make("in/x");
    REQUIRE(::chown(file.c_str(), 12'345, 12'345) == 0);
    CHECK(outcome("in/x", {.trusted = {"in"}, .base = at.path}) ==
          file + " belongs to somebody else (its mode is 0755 and its owner 12345); it has to be root's");
}
