// Where a host's file is, and who may remove it.

#include "../../scratch_folder.hpp"

#include <command_line/admin_file.hpp>

#include <doctest/doctest.h>

#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

using namespace reference;

namespace {

TEST_CASE("two sockets in one folder have a file each") {
    const tenon::tests::scratch_folder here;
    const std::string one = here / "one.sock", other = here / "other.sock";
    REQUIRE(write_admin_file(one, {.address = "127.0.0.1:1", .token = "a", .pid = 11}));
    REQUIRE(write_admin_file(other, {.address = "127.0.0.1:2", .token = "b", .pid = 12}));
    CHECK(admin_path(one) == one + ".admin.json");
    CHECK(read_admin_file(one).value().address == "127.0.0.1:1");
    CHECK(read_admin_file(other).value().address == "127.0.0.1:2");
}

TEST_CASE("a host that ends leaves alone what another one has written meanwhile") {
    const tenon::tests::scratch_folder here;
    const std::string socket = here / "host.sock";
    REQUIRE(write_admin_file(socket, {.address = "127.0.0.1:2", .token = {}, .pid = 12}));
    remove_admin_file(socket, 11);
    CHECK(read_admin_file(socket).value().pid == 12);
    remove_admin_file(socket, 12);
    CHECK(!std::filesystem::exists(admin_path(socket)));
    remove_admin_file(socket, 12); // there is nothing to be done
}

TEST_CASE("what is wrong with a file is said with its path") {
    const tenon::tests::scratch_folder here;
    const std::string socket = here / "host.sock";
    CHECK(read_admin_file(socket).error().message == socket + ".admin.json: No such file or directory");
    here.write("host.sock.admin.json", "{", 0600);
    CHECK(read_admin_file(socket).error().message.find(socket + ".admin.json: ") == 0);
}

TEST_CASE("a file is left over when its process is gone") {
    CHECK(!is_left_over({.address = {}, .token = {}, .pid = ::getpid()}));
    CHECK(!is_left_over({})); // it does not say whose it is
    const int child = ::fork();
    if (child == 0) ::_exit(0);
    REQUIRE(child > 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(is_left_over({.address = {}, .token = {}, .pid = child}));
}

} // namespace
