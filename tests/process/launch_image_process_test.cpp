// A program that is an open file: execveat in the child, and what is given to it beside.

#include "belongings.hpp"

#include <tenon/process/program_to_start.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>

using namespace tenon;
using namespace tenon::tests;

namespace {

program_image image_of(const std::string& path) {
    detail::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(detail::lift(file));
    return program_image(std::move(file));
}

} // namespace

TEST_CASE("K6: an image is run, whatever the command names, and is not open in its program") {
    const program_image shell_image = image_of("/bin/sh");
    auto spec = waiting();
    spec.command.front() = "/no/such/shell";
    spec.image = shell_image.number();
    auto made = must_launch(spec);
    REQUIRE(read_line(made.output.get()) == "up");
    CHECK(has_exactly_what_it_should(made.pid));
    std::string words = read_file("/proc/" + std::to_string(made.pid) + "/cmdline");
    CHECK(words.starts_with("/no/such/shell"));
    finish(made);
    CHECK(zombies() == 0);
}

TEST_CASE("K6: what was opened is run when another file has its name by then") {
    const scratch_folder folder;
    std::filesystem::copy_file("/bin/echo", folder.path() / "tool");
    const program_image image = image_of((folder.path() / "tool").string());
    std::filesystem::copy_file("/bin/false", folder.path() / "other");
    std::filesystem::rename(folder.path() / "other", folder.path() / "tool");
    auto made =
        must_launch({.command = {(folder.path() / "tool").string(), "verified"}, .image = image.number()});
    CHECK(read_all(made.output.get()) == "verified\n");
    detail::reap(made.pid);
}

TEST_CASE("a file that is given to a program is open in it under the same number, and nothing else is") {
    const scratch_folder folder;
    const program_image file = image_of(folder.write("module", "its bytes\n", 0400));
    const program_image other = image_of("/bin/true");
    auto made = must_launch({.command = {"/bin/cat", file.path()}, .given = file.number()});
    CHECK(read_all(made.output.get()) == "its bytes\n");
    detail::reap(made.pid);
    made = must_launch({.command = {"/bin/cat", other.path()}, .given = file.number()});
    CHECK(read_all(made.output.get()) == "");
    detail::reap(made.pid);
}

TEST_CASE("K6: an image that cannot be run is a failed start that says what it is") {
    const scratch_folder folder;
    const auto refused = [](const std::string& path) {
        const program_image image = image_of(path);
        return why_not_launched({.command = {"/the/tool"}, .image = image.number()});
    };
    CHECK(refused(folder.write("script", "#!/bin/sh\necho\n", 0755)) ==
          "cannot start /the/tool from its image: No such file or directory: it is a script, which its "
          "interpreter has to open by a path");
    const std::string why = refused(folder.write("plain", "", 0644));
    CHECK(why.starts_with("cannot start /the/tool from its image: Permission denied: its mode is 0644"));
    CHECK(refused(folder.write("text", "hello", 0755)).find("neither a program of this system") !=
          std::string::npos);
    CHECK(why_not_launched({.command = {"/bin/true"}, .image = 1}) ==
          "cannot start /bin/true: its image has the number of a standard stream, which the plugin's takes");
    CHECK(zombies() == 0);
}
