// The file of a host's socket: who may reach it, and what is done about what is there already.

#include "../leave_forked.hpp"
#include "../scratch_folder.hpp"

#include <tenon/host/socket/attach_token.hpp>
#include <tenon/host/socket/system_socket.hpp>
#include <tenon/transport/system_streams.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::detail;
namespace files = std::filesystem;

unsigned mode_of(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0U;
}
bool connects(const std::string& path) {
    const descriptor asking(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    return ::connect(asking.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}
/// Why it cannot be opened; empty if it can.
std::string refused(const std::string& path) {
    const auto opened = listening_socket::open(path);
    return opened ? "" : opened.error().message;
}
bool says(const std::string& words, std::string_view part) { return words.find(part) != words.npos; }

TEST_CASE("a socket is for its user alone, in a folder that is made for it, and is gone at the end") {
    const tests::scratch_folder in;
    const std::string path = in / "new/host.sock";
    const mode_t usual = ::umask(0); // nothing depends on it
    {
        const auto opened = listening_socket::open(path);
        ::umask(usual);
        REQUIRE_MESSAGE(opened, opened.error().message);
        CHECK(mode_of(in / "new") == 0700);
        CHECK(mode_of(path) == 0600);
        CHECK(opened->path() == path);
        CHECK(connects(path));
    }
    CHECK_FALSE(files::exists(path));
    CHECK(files::exists(in / "new"));
}

TEST_CASE("a relative path is one from the current folder") {
    const tests::scratch_folder in;
    const files::path before = files::current_path();
    files::current_path(in.path());
    {
        const auto opened = listening_socket::open("host.sock");
        files::current_path(before);
        REQUIRE(opened);
        CHECK(opened->path() == in.path().string() + "/host.sock");
    }
    CHECK_FALSE(files::exists(in / "host.sock"));
}

TEST_CASE("P14: what a host that was killed left behind is replaced") {
    const tests::scratch_folder in;
    const std::string path = in / "host.sock";
    {
        const descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        path.copy(at.sun_path, sizeof at.sun_path - 1);
        REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    }
    REQUIRE(files::exists(path));
    const auto opened = listening_socket::open(path);
    REQUIRE_MESSAGE(opened, opened.error().message);
    CHECK(mode_of(path) == 0600);
    CHECK(connects(path));
}

TEST_CASE("a socket on which a host listens is refused, also when its queue is full, and goes on") {
    const tests::scratch_folder in;
    const std::string path = in / "host.sock";
    const auto first = listening_socket::open(path);
    REQUIRE(first);
    SUBCASE("there is room") {}
    SUBCASE("there is none") {
        std::vector<descriptor> waiting;
        for (int count = 0; count < 200; ++count) {
            waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
            sockaddr_un to{};
            to.sun_family = AF_UNIX;
            path.copy(to.sun_path, sizeof to.sun_path - 1);
            if (::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) break;
        }
        CHECK(waiting.size() < 200);
        CHECK(says(refused(path), "another host listens on it"));
        return;
    }
    CHECK(says(refused(path), "another host listens on it"));
    CHECK(connects(path));
    CHECK(first->is_ours());
}

TEST_CASE(
    "a host that was started at once after a killed one was refused: the kernel was still ending that") {
    const tests::scratch_folder in;
    const std::string path = in / "host.sock";
    const auto first = listening_socket::open(path);
    REQUIRE(first);
    ::unlink(path.c_str()); // this process has it no more: the next one has its own
    int ready[2];
    REQUIRE(make_pipe(ready));
    const pid_t killed = ::fork();
    if (killed == 0) {
        auto listening = listening_socket::open(path);
        const pid_t host = ::getpid();
        // As between vfork and exec: it has the socket while its host is there, and a moment longer.
        if (listening && ::fork() == 0) {
            while (::getppid() == host) ::poll(nullptr, 0, 1);
            ::poll(nullptr, 0, 100);
            tests::leave_forked(0);
        }
        const bool told = listening && ::write(ready[1], "x", 1) == 1;
        for (;;) ::poll(nullptr, 0, told ? -1 : 0);
    }
    char one = 0;
    CHECK(::read(ready[0], &one, 1) == 1);
    ::kill(killed, SIGKILL);
    CHECK(refused(path) == "");
    ::waitpid(killed, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("what else has the name stays, and is refused") {
    const tests::scratch_folder in;
    const std::string path = in / "host.sock";
    std::string expected;
    SUBCASE("a file") {
        std::ofstream(path) << "precious";
        expected = "there is something else of this name";
    }
    SUBCASE("a folder") {
        files::create_directory(path);
        expected = "there is something else of this name";
    }
    SUBCASE("a symbolic link to nothing") {
        files::create_symlink(in / "target", path);
        expected = "there is something else of this name";
    }
    SUBCASE("a socket of somebody else's") {
        if (::geteuid() != 0) return;
        const auto other = listening_socket::open(path);
        REQUIRE(::lchown(path.c_str(), 65534, 65534) == 0);
        CHECK(says(refused(path), "it is there and belongs to user 65534"));
        return;
    }
    CHECK(says(refused(path), expected));
    CHECK(files::symlink_status(path).type() != files::file_type::not_found);
    CHECK_FALSE(files::exists(in / "target"));
}

TEST_CASE("a folder that others can enter, or that is not ours, is refused") {
    const tests::scratch_folder in;
    SUBCASE("others can enter") {
        ::chmod(in.path().c_str(), 0711);
        CHECK(says(refused(in / "host.sock"), "lets others in: expected mode 0700"));
    }
    SUBCASE("it is a symbolic link") {
        files::create_directory(in / "real");
        ::chmod((in / "real").c_str(), 0700);
        files::create_symlink("real", in / "link");
        CHECK(says(refused(in / "link/host.sock"), "is no folder, or a symbolic link"));
    }
    SUBCASE("it is a file") {
        std::ofstream(in / "file") << "x";
        CHECK(says(refused(in / "file/host.sock"), "is no folder, or a symbolic link"));
    }
    SUBCASE("it cannot be made") {
        CHECK(says(refused(in / "a/b/host.sock"), "cannot be made: No such file"));
    }
    SUBCASE("it belongs to somebody else") {
        if (::geteuid() != 0) return;
        files::create_directory(in / "theirs");
        ::chmod((in / "theirs").c_str(), 0700);
        REQUIRE(::chown((in / "theirs").c_str(), 65534, 65534) == 0);
        CHECK(says(refused(in / "theirs/host.sock"), "belongs to user 65534"));
    }
}

TEST_CASE("a path that is none of a file, or too long for a socket, is refused in words") {
    const tests::scratch_folder in;
    CHECK(says(refused(""), "expected the path of a file"));
    CHECK(says(refused(in / ""), "expected the path of a file"));
    CHECK(says(refused(in / ".."), "expected the path of a file"));
    CHECK(says(refused(std::string("\0abstract", 9)), "holds a NUL character"));
    const std::string room = in / "";
    const std::string longest = room + std::string(longest_socket_path - room.size(), 'x');
    CHECK(refused(longest) == "");
    CHECK(says(refused(longest + "x"), "has 108 bytes, and a socket's may have 107"));
}

TEST_CASE("the file that somebody else made in our place is not removed") {
    const tests::scratch_folder in;
    const std::string path = in / "host.sock";
    {
        const auto opened = listening_socket::open(path);
        REQUIRE(opened);
        files::remove(path);
        std::ofstream(path) << "another";
        CHECK_FALSE(opened->is_ours());
    }
    CHECK(files::exists(path));
}

TEST_CASE("R8: nobody but the same user may connect, not even root") {
    CHECK(check_peer(1000, 1000));
    CHECK(says(check_peer(0, 1000).error().message, "you are user 0"));
    CHECK(says(check_peer(65534, 0).error().message, "only the host's own user may connect: that is user 0"));
    CHECK_FALSE(check_peer({}, 0));
    int ends[2];
    REQUIRE(make_socket_pair(ends));
    const descriptor one(ends[0]), other(ends[1]);
    CHECK(peer_user(one.get()) == own_user());
    CHECK_FALSE(peer_user(-1));
}

TEST_CASE("a token is good once, for the process that it was made for") {
    attach_token token;
    CHECK_FALSE(token.judge(std::string("")));
    CHECK_FALSE(token.judge(std::string("anything")));
    REQUIRE(token.renew());
    const std::string first = token.text();
    CHECK(first.size() == 32);
    CHECK(token.judge(first));
    CHECK(token.judge({}).error().code == codes::permission_denied);
    CHECK_FALSE(token.judge(first.substr(1)));
    CHECK_FALSE(token.judge(first + "0"));
    std::string near = first;
    near.back() = near.back() == '0' ? '1' : '0';
    CHECK_FALSE(token.judge(near));
    token.use();
    CHECK(says(token.judge(first).error().message, "used already"));
    CHECK_FALSE(says(token.judge(near).error().message, "used already")); // who guesses learns nothing
    REQUIRE(token.renew());
    CHECK(token.text() != first);
    CHECK_FALSE(token.judge(first));
    CHECK(token.judge(token.text()));
    token.withdraw();
    CHECK_FALSE(token.judge(first));
}

} // namespace
