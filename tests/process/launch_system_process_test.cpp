#include "belongings.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>

using namespace tenon;
using namespace tenon::tests;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool vfork_is_fork = true;
#elif defined(__has_feature)
constexpr bool vfork_is_fork = __has_feature(thread_sanitizer);
#else
constexpr bool vfork_is_fork = false;
#endif

/// Makes a system call fail with ENOSYS for this process from now on, as on a system that does not have it.
bool take_away(unsigned call) {
    sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{4, steps};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

} // namespace

TEST_CASE("P8: a limit of a million descriptors costs no time") {
    forked host([] {
        rlimit many{1'048'576, 1'048'576};
        if (::setrlimit(RLIMIT_NOFILE, &many) != 0) { // then as many as we may
            ::getrlimit(RLIMIT_NOFILE, &many);
            many.rlim_cur = many.rlim_max;
            if (::setrlimit(RLIMIT_NOFILE, &many) != 0) return 1;
        }
        if (::dup2(1, static_cast<int>(many.rlim_cur - 1)) < 0) return 2;
        const auto start = clock::now();
        auto made = detail::launch(waiting());
        if (!made || clock::now() - start > 50ms) return 3;
        return read_line(made->output.get()) == "up" && has_exactly_what_it_should(made->pid) ? 0 : 4;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE("P8: without close_range, as before Linux 5.11, the descriptors are exact as well") {
    forked host([] {
        for (int copies = 0; copies < 50; ++copies) ::dup(1);
        if (!take_away(SYS_close_range)) return 77;
        auto made = detail::launch(waiting());
        if (!made) return 1;
        return read_line(made->output.get()) == "up" && has_exactly_what_it_should(made->pid) ? 0 : 2;
    });
    const int code = host.wait();
    if (code == 77) return skipped("no seccomp filters here");
    CHECK(code == 0);
}

TEST_CASE("P8: without pidfds, as before Linux 5.3, the start fails in words and leaves no process") {
    forked host([] {
        if (!take_away(SYS_pidfd_open)) return 77;
        auto made = detail::launch(waiting());
        if (made) return 1;
        if (made.error().message.find("Function not implemented") == std::string::npos) return 2;
        return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 3;
    });
    const int code = host.wait();
    if (code == 77) return skipped("no seccomp filters here");
    CHECK(code == 0);
}

TEST_CASE(
    "P8: without signals to process groups by pidfd, as before Linux 6.9, the whole group is ended as well") {
    forked host([] {
        if (!take_away(SYS_pidfd_send_signal)) return 77;
        asio::io_context loop;
        auto made = detail::launch(shell("sleep 600 & echo up; wait"));
        if (!made || read_line(made->output.get()) != "up") return 1;
        const detail::descriptor output = std::move(made->output);
        detail::child one(loop.get_executor(), std::move(*made), [](const exit_status&) {});
        one.kill_group();
        read_all(output.get()); // ends with the last of the group
        loop.run_one_for(5s);
        return one.over() && one.status() == exit_status{exit_status::kind::signalled, SIGKILL} ? 0 : 2;
    });
    const int code = host.wait();
    if (code == 77) return skipped("no seccomp filters here");
    CHECK(code == 0);
}

TEST_CASE("P8: with nothing in /proc and no /dev/fd a program starts and a failure is explained") {
    forked host([] {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", "/proc", "tmpfs", MS_RDONLY, nullptr) != 0)
            return 77;
        if (::access("/proc/self", F_OK) == 0 || ::access("/dev/fd/0", F_OK) == 0) return 1;
        auto made = detail::launch(shell("echo here"));
        if (!made || read_all(made->output.get()) != "here\n") return 2;
        if (detail::usage_of(made->pid)) return 3;
        const auto refused = detail::launch({.command = {"/no/such/program"}});
        return !refused && refused.error().message.ends_with("there is no /no") ? 0 : 4;
    });
    const int code = host.wait();
    if (code == 77) return skipped("not allowed to unmount /proc");
    CHECK(code == 0);
}

TEST_CASE("the time of a start does not grow with the memory of the host") {
    if (vfork_is_fork) return skipped("ThreadSanitizer makes every vfork a fork");
    // The quickest of many, because this machine may be busy with something else.
    const auto quickest_start = [] {
        auto best = clock::duration::max();
        for (int time = 0; time < 40; ++time) {
            const auto begin = clock::now();
            const auto made = detail::launch({.command = {"/bin/true"}});
            best = std::min(best, clock::now() - begin);
            REQUIRE(made);
            detail::reap(made->pid);
        }
        return best;
    };
    const auto small = quickest_start();
    constexpr std::size_t heap = std::size_t{1} << 29; // a fork copies its page tables in some 20 ms
    void* touched = ::mmap(nullptr, heap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(touched != MAP_FAILED);
    ::madvise(touched, heap, MADV_NOHUGEPAGE);
    for (std::size_t at = 0; at < heap; at += 4'096) static_cast<char*>(touched)[at] = 1;
    const auto large = quickest_start();
    ::munmap(touched, heap);
    CHECK_MESSAGE(large < small + 10ms, std::chrono::duration<double, std::milli>(small).count(),
                  " ms, then ", std::chrono::duration<double, std::milli>(large).count(), " ms");
}
