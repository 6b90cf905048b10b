// What needs a process of its own to be tried: a store of a user who is not root, one that cannot be written, a kernel
// that does not know the newer calls, a host that is killed while it has a store.

#include <tenon/packages/store/package_store.hpp>

#include "../../leave_forked.hpp"
#include "../../scratch_folder.hpp"
#include "store_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tenon;
using namespace tenon::tests;
namespace fs = std::filesystem;

namespace {

constexpr unsigned deadline = 120; // s
constexpr unsigned nobody = 65'534;

/// What `work` answers in a process of its own, or how that ended.
std::string apart(const std::function<std::string()>& work) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(deadline);
        ::close(ends[0]);
        const std::string said = work();
        const bool wrote = ::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
        leave_forked(wrote ? 0 : 1);
    }
    ::close(ends[1]);
    std::string said;
    std::array<char, 4'096> bytes;
    for (ssize_t count; (count = ::read(ends[0], bytes.data(), bytes.size())) > 0;)
        said.append(bytes.data(), static_cast<std::size_t>(count));
    ::close(ends[0]);
    int state = 0;
    REQUIRE(::waitpid(child, &state, 0) == child);
    return WIFEXITED(state) && WEXITSTATUS(state) == 0 ? said : "it ended with " + std::to_string(state);
}

result<std::unique_ptr<package_store>> opened(const std::string& folder) {
    store_options options;
    options.folder = folder;
    options.kept_versions = 1;
    return package_store::open(options, 1'000);
}

/// Installed, updated, looked at, collected, removed, and opened in between: what went wrong first, or "good".
std::string whole_life(const std::string& folder) {
    const auto first = make_package("a.b.c", "1.0.0"), second = make_package("a.b.c", "2.0.0"),
               third = make_package("a.b.c", "3.0.0");
    {
        auto store = opened(folder);
        if (!store) return store.error().message;
        for (const std::string& note : (*store)->notes()) return note;
        for (const auto* one : {&first, &second, &third})
            if (auto good = install(**store, *one); !good) return good.error().message;
        if (auto good = (*store)->make_data("a.b.c"); !good) return good.error().message;
        const std::string bytes = "an archive";
        memory_source source(bytes);
        if (auto kept = (*store)->put_archive(source); !kept) return kept.error().message;
        if (auto good = (*store)->collect(); !good) return good.error().message;
    }
    auto store = opened(folder);
    if (!store) return store.error().message;
    for (const std::string& note : (*store)->notes()) return note;
    if (auto good = (*store)->check(third.tree); !good) return good.error().message;
    if ((*store)->check(first.tree)) return "an old version was not collected";
    // A tree that somebody damaged is made good again: it has to be moved out of the way.
    const std::string file = (*store)->tree_path(third.tree) + "/bin/run";
    ::chmod(file.c_str(), 0700);
    if ((*store)->check(third.tree)) return "a damaged tree is good";
    if (auto good = (*store)->put(third.content(), third.giver()); !good) return good.error().message;
    if (auto good = (*store)->check(third.tree); !good) return good.error().message;
    if (auto good = uninstall(**store, "a.b.c"); !good) return good.error().message;
    if (auto good = (*store)->erase_all(); !good) return good.error().message;
    for (const char* name : {"/staging", "/trees", "/data", "/archives/sha256"})
        if (!fs::is_empty(folder + name)) return std::string(name) + " is not empty";
    return "good";
}

/// Whoever asks for this call is told that there is none.
bool deny(long call, unsigned error) {
    sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{static_cast<unsigned short>(std::size(steps)), steps};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool become_nobody() { return ::setgid(nobody) == 0 && ::setuid(nobody) == 0; }

/// A store with one package; of nobody's.
void make_nobodys(const scratch_folder& folder) {
    REQUIRE(::chown(folder.path().c_str(), nobody, nobody) == 0);
    REQUIRE(apart([&]() -> std::string {
                if (!become_nobody()) return "no other user";
                auto store = opened(folder / "store");
                if (!store) return store.error().message;
                auto good = install(**store, make_package("a.b.c", "1.0.0"));
                return good ? "good" : good.error().message;
            }) == "good");
}

/// A store that cannot be written says what it has, changes nothing and says why.
std::string look_only(const std::string& folder, std::string_view why) {
    const auto one = make_package("a.b.c", "1.0.0");
    auto store = opened(folder);
    if (!store) return store.error().message;
    if (!(*store)->degraded()) return "it is not degraded";
    const auto package = (*store)->records().package("a.b.c");
    if (!package || !*package || (*package)->active != "1.0.0") return "the package is not known";
    if (auto good = (*store)->check(one.tree); !good) return good.error().message;
    const auto put = install(**store, make_package("a.b.c", "2.0.0"));
    if (put) return "it was changed";
    if (code_of(put.error()) != package_code::disk) return "the code is another one";
    if (put.error().message.find(why) == std::string::npos) return put.error().message;
    for (const bool tried : {(*store)->collect().has_value(), (*store)->sweep().has_value(),
                             (*store)->repair(1).has_value(), (*store)->staging_file(1).has_value()})
        if (tried) return "something was changed";
    return "good";
}

} // namespace

TEST_CASE(
    "a store works for a user who is not root, whose folders of mode 0500 are not moved as root moves them") {
    if (::geteuid() != 0) {
        const scratch_folder folder;
        CHECK(whole_life(folder / "store") == "good");
        return;
    }
    const scratch_folder folder;
    REQUIRE(::chown(folder.path().c_str(), nobody, nobody) == 0);
    CHECK(apart([&] { return become_nobody() ? whole_life(folder / "store") : "no other user"; }) == "good");
}

TEST_CASE("a store works where the kernel does not know the newer calls, or a container forbids them") {
    long call = 0;
    unsigned error = 0;
    SUBCASE("openat2, before Linux 5.6") { call = SYS_openat2, error = ENOSYS; }
    SUBCASE("openat2, in an older container") { call = SYS_openat2, error = EPERM; }
    SUBCASE("renameat2, on another file system") { call = SYS_renameat2, error = EINVAL; }
    const scratch_folder folder;
    CHECK(apart([&] {
              return deny(call, error) ? whole_life(folder / "store") : "no filter can be set here";
          }) == "good");
}

TEST_CASE("a link in a tree is no way out, also without openat2") {
    const scratch_folder folder;
    const std::string secret = folder.write("outside/run", "secret", 0600);
    CHECK(apart([&]() -> std::string {
              if (!deny(SYS_openat2, ENOSYS)) return "no filter can be set here";
              auto store = opened(folder / "store");
              const auto one = make_package("a.b.c", "1.0.0");
              if (!store || !install(**store, one)) return "not installed";
              const std::string tree = (*store)->tree_path(one.tree);
              ::chmod(tree.c_str(), 0700);
              ::chmod((tree + "/bin").c_str(), 0700);
              fs::rename(tree + "/bin", folder / "bin");
              fs::create_directory_symlink(folder / "outside", tree + "/bin");
              ::chmod(tree.c_str(), 0500);
              const auto good = (*store)->check(one.tree);
              return good ? "it is good" : good.error().message.substr(19);
          }) == "\"bin\": it is no folder");
}

TEST_CASE("a folder that its user may not write is looked at and not changed") {
    if (::geteuid() != 0) return;
    const scratch_folder folder;
    make_nobodys(folder);
    REQUIRE(::chmod((folder / "store").c_str(), 0500) == 0);
    CHECK(apart([&] {
              return become_nobody() ? look_only(folder / "store", "cannot be changed") : "no other user";
          }) == "good");
    REQUIRE(::chmod((folder / "store").c_str(), 0700) == 0);
    CHECK(apart([&]() -> std::string {
              if (!become_nobody()) return "no other user";
              auto store = opened(folder / "store");
              return !store ? store.error().message : (*store)->degraded() ? "degraded" : "good";
          }) == "good");
}

TEST_CASE("a store on a file system that is mounted to be read is looked at and not changed") {
    const scratch_folder folder;
    {
        auto store = opened(folder / "store");
        REQUIRE(store);
        REQUIRE(install(**store, make_package("a.b.c", "1.0.0")));
    }
    const std::string said = apart([&]() -> std::string {
        const std::string path = folder.path().string();
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
            ::mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0)
            return "not to be tried";
        return look_only(folder / "store", "cannot be changed");
    });
    if (said == "not to be tried") MESSAGE("no file system can be mounted here");
    else CHECK(said == "good");
    auto store = opened(folder / "store");
    REQUIRE(store);
    CHECK_FALSE((*store)->degraded());
}

TEST_CASE("a host that is killed leaves its store to the next, and until then is named to who wants it") {
    const scratch_folder folder;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // where the test ends before it does that
        auto store = opened(folder / "store");
        const bool good = store && install(**store, make_package("a.b.c", "1.0.0"));
        static_cast<void>(::write(ends[1], good ? "y" : "n", 1) == 1);
        while (true) ::pause();
    }
    char answer = 0;
    REQUIRE(::read(ends[0], &answer, 1) == 1);
    REQUIRE(answer == 'y');
    const auto second = opened(folder / "store");
    REQUIRE_FALSE(second);
    CHECK(code_of(second.error()) == package_code::busy);
    CHECK(second.error().message == "the store " + folder / "store" + " is in use by another host (process " +
                                        std::to_string(child) + ")");
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    ::close(ends[0]), ::close(ends[1]);
    auto third = opened(folder / "store");
    REQUIRE_MESSAGE(third, third.error().message);
    CHECK((*third)->notes().empty());
    CHECK((*(*third)->records().package("a.b.c"))->active == "1.0.0");
}
