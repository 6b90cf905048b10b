#include "belongings.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include <sys/mman.h>

using namespace tenon;
using namespace tenon::tests;

namespace {

std::string limit_of(int pid, const std::string& name) {
    std::istringstream limits(read_file("/proc/" + std::to_string(pid) + "/limits"));
    for (std::string line; std::getline(limits, line);)
        if (line.starts_with(name))
            return line.substr(name.size(), line.find_last_not_of(' ') + 1 - name.size());
    return {};
}

} // namespace

TEST_CASE("P6: signals, descriptors, session, directory and environment are what was said, whatever the "
          "host's are") {
    asio::io_context loop; // ignores SIGPIPE for the whole process
    sigset_t blocked, before;
    ::sigemptyset(&blocked);
    for (const int one : {SIGTERM, SIGINT, SIGRTMIN + 3}) ::sigaddset(&blocked, one);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto ignored_before = ::signal(SIGHUP, SIG_IGN);
    asio::ip::tcp::acceptor listening(loop, {asio::ip::address_v4::loopback(), 0}); // not close-on-exec
    const int open_file = ::open("/dev/null", O_RDONLY);

    auto spec = waiting({"NAME=a value", "EMPTY="});
    spec.directory = "/usr";
    auto made = must_launch(spec);
    REQUIRE(read_line(made.output.get()) == "up");
    auto has = belongings_of(made.pid);
    const std::string none(16, '0');
    CHECK(has.status["SigBlk"] == none);
    CHECK(has.status["SigIgn"] == none);
    CHECK(has.status["ShdPnd"] == none);
    CHECK(has.status["NoNewPrivs"] == "1");
    CHECK(has_exactly_what_it_should(made.pid));
    CHECK(has.group == made.pid);
    CHECK(has.session == made.pid);
    CHECK(has.directory == "/usr");
    CHECK(has.environment == "NAME=a value" + std::string(1, '\0') + "EMPTY=" + '\0' + shell_path + '\0');
    sigset_t after_launch;
    ::pthread_sigmask(SIG_SETMASK, &before, &after_launch);
    CHECK(::sigismember(&after_launch, SIGTERM) == 1); // the host has its own mask again
    CHECK(::sigismember(&after_launch, SIGUSR1) == 0);
    const bool still_ignored = ::signal(SIGHUP, ignored_before) == SIG_IGN;
    CHECK(still_ignored);
    ::close(open_file);
    finish(made);
}

TEST_CASE("P6: limits hold for the child alone, and no core is kept unless one is wanted") {
    auto spec = waiting();
    auto plain = must_launch(spec);
    constexpr std::uint64_t room = std::uint64_t{1} << 40; // beyond what a sanitizer takes
    spec.limits = {.address_space_bytes = 1 << 30,
                   .cpu_seconds = 77,
                   .open_files = 33,
                   .memory_bytes = room,
                   .stack_bytes = 1 << 20,
                   .file_bytes = 5'000,
                   .processes = 12'345,
                   .core_bytes = 4'096};
    auto limited = must_launch(spec);
    for (auto* one : {&plain, &limited}) REQUIRE(read_line(one->output.get()) == "up");
    std::istringstream core(limit_of(plain.pid, "Max core file size"));
    std::string soft, hard;
    core >> soft >> hard;
    CHECK(soft == "0");
    CHECK(hard == "0");
    const auto soft_and_hard = [&](const char* name) {
        std::istringstream both(limit_of(limited.pid, name));
        both >> soft >> hard;
        return soft + " " + hard;
    };
    rlimit own{};
    ::getrlimit(RLIMIT_CORE, &own);
    const bool may_have_cores = own.rlim_max >= 4'096 || ::geteuid() == 0;
    CHECK(soft_and_hard("Max core file size") == (may_have_cores ? "4096 4096" : "0 0"));
    CHECK(soft_and_hard("Max cpu time") == "77 78");
    CHECK(soft_and_hard("Max open files") == "33 33");
    CHECK(soft_and_hard("Max address space") == "1073741824 1073741824");
    CHECK(soft_and_hard("Max data size") == "1099511627776 1099511627776");
    CHECK(soft_and_hard("Max stack size") == "1048576 1048576");
    CHECK(soft_and_hard("Max file size") == "5000 5000");
    CHECK(soft_and_hard("Max processes") == "12345 12345");
    CHECK(limit_of(plain.pid, "Max open files") == limit_of(::getpid(), "Max open files"));
    finish(plain);
    finish(limited);
}

TEST_CASE("P6: a limit above the host's own was a failed start for who may not raise that") {
    forked host([] {
        const rlimit own{64, 64};
        ::setrlimit(RLIMIT_NOFILE, &own);
        if (::geteuid() == 0 && ::setuid(65'534) != 0) return 1;
        auto made = detail::launch(
            {.command = {"/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"}, .limits = {.open_files = 128}});
        if (!made) return 2;
        std::printf("%s %s\n", read_line(made->output.get()).c_str(), read_line(made->output.get()).c_str());
        std::fflush(stdout);
        return 0;
    });
    CHECK(read_all(host.output()) == "64 64\n");
    CHECK(host.wait() == 0);
}

TEST_CASE(
    "P6: no handler of the host runs in the child, and what was sent to the host's group does not end it") {
    forked host([] {
        ::setpgid(0, 0);
        auto* in_child = static_cast<volatile int*>(
            ::mmap(nullptr, 4'096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        static volatile int* seen = nullptr;
        static pid_t self = 0;
        seen = in_child;
        self = ::getpid();
        struct sigaction action {};
        action.sa_handler = [](int) {
            if (::getpid() != self) *seen = 1;
        };
        ::sigaction(SIGUSR1, &action, nullptr);
        std::atomic<bool> over = false;
        std::thread noise([&] {
            while (!over) ::kill(0, SIGUSR1); // to everybody in the group: for a moment the child is in it
        });
        int failed = 0;
        for (int time = 0; time < 200 && failed == 0; ++time) {
            auto made = detail::launch({.command = {"/bin/true"}});
            if (!made) failed = 1;
            else {
                int status = 0;
                while (::waitpid(made->pid, &status, 0) < 0 && errno == EINTR) {
                }
                if (status != 0) failed = 2;
            }
        }
        over = true;
        noise.join();
        return failed != 0 ? failed : *seen != 0 ? 3 : 0;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE("P6: a host whose standard descriptors are closed connects the right ends") {
    for (const unsigned closed : {1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
        CAPTURE(closed);
        forked host([closed] {
            const int result = ::dup(1);
            for (int one = 0; one < 3; ++one)
                if ((closed >> one & 1) != 0) ::close(one);
            auto made = detail::launch(shell("read line; echo \"out $line\"; echo \"err $line\" >&2"));
            if (!made) return 1;
            for (const auto* mine : {&made->input, &made->output, &made->error, &made->process, &made->guard})
                if (mine->get() < 3) return 2;
            if (::write(made->input.get(), "hello\n", 6) != 6) return 3;
            const bool right =
                read_all(made->output.get()) == "out hello\n" && read_all(made->error.get()) == "err hello\n";
            ::close(result);
            return right ? 0 : 4;
        });
        CHECK(host.wait() == 0);
    }
}

TEST_CASE("P7: with other threads that open descriptors and fork meanwhile, the child's are exact 100 times "
          "in 100") {
    std::atomic<bool> over = false;
    std::vector<std::thread> others;
    for (int number = 0; number < 2; ++number)
        others.emplace_back([&over] {
            while (!over) {
                const int leaky = ::open("/dev/null", O_RDONLY); // without O_CLOEXEC
                int ends[2];
                const bool have_pipe = ::pipe(ends) == 0;
                if (const pid_t one = ::fork(); one == 0) {
                    ::execl("/bin/true", "true", nullptr);
                    ::_exit(1);
                } else {
                    detail::reap(one);
                }
                if (have_pipe) ::close(ends[0]), ::close(ends[1]);
                ::close(leaky);
            }
        });
    int exact = 0;
    std::vector<detail::launched> all;
    for (int time = 0; time < 100; ++time) all.push_back(must_launch(waiting()));
    for (auto& one : all) exact += read_line(one.output.get()) == "up" && has_exactly_what_it_should(one.pid);
    CHECK(exact == 100);
    over = true;
    for (auto& one : others) one.join();

    // The first one was started before all others, and before a program of the application's own; none of them holds
    // its pipes.
    const pid_t own = ::fork();
    if (own == 0) {
        ::execl("/bin/sleep", "sleep", "600", nullptr);
        ::_exit(1);
    }
    CHECK(
        soon([&] { return link_of("/proc/" + std::to_string(own) + "/exe") != link_of("/proc/self/exe"); }));
    ::kill(-all.front().pid, SIGKILL);
    pollfd entry{all.front().output.get(), POLLIN, 0};
    CHECK(::poll(&entry, 1, 1'000) == 1);
    CHECK(read_all(all.front().output.get()).empty());
    all[1].input.reset(); // its end of input comes although others were started since
    detail::reap(all[1].pid);
    all.erase(all.begin() + 1);
    for (const auto* end : {&all.front().input, &all.front().output, &all.front().error, &all.front().guard})
        CHECK(link_of("/proc/" + std::to_string(own) + "/fd/" + std::to_string(end->get())).empty());
    ::kill(own, SIGKILL);
    detail::reap(own);
    for (auto& one : all) finish(one);
    CHECK(zombies() == 0);
}

TEST_CASE("P7: launching from several threads at once works as often as from one") {
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&good] {
            for (int time = 0; time < 50; ++time) {
                const auto told = detail::launch(shell("exit 0"));
                const auto refused = detail::launch({.command = {"/no/such/program"}});
                if (told) detail::reap(told->pid);
                good += told && !refused;
            }
        });
    for (auto& one : threads) one.join();
    CHECK(good == 200);
    CHECK(zombies() == 0);
}
