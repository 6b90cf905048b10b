#include "processes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

using namespace tenon;
using namespace tenon::tests;
using detail::child;

namespace {

using kind = exit_status::kind;

/// A child with what it reported.
class watched {
public:
    watched(asio::io_context& loop, const detail::launch_spec& spec) : loop_(&loop) {
        auto made = must_launch(spec);
        input = std::move(made.input);
        output = std::move(made.output);
        process_ =
            std::make_unique<child>(loop.get_executor(), std::move(made), [this](const exit_status& how) {
                ++told;
                status = how;
            });
    }
    child& operator*() { return *process_; }
    child* operator->() { return process_.get(); }
    void destroy() { process_.reset(); }
    bool ends_soon() {
        loop_->restart();
        while (told == 0 && loop_->run_one_for(20s) > 0) {
        }
        return told == 1;
    }

    int told = 0;
    exit_status status;
    detail::descriptor input, output;

private:
    asio::io_context* loop_;
    std::unique_ptr<child> process_;
};

std::string unique_entry() {
    static int number = 0;
    return "TENON_TEST=" + std::to_string(::getpid()) + "." + std::to_string(++number);
}

} // namespace

TEST_CASE("P18: every way to end is told from the others, and none leaves a core file") {
    const scratch_folder folder;
    const auto end_of = [&](const std::string& script, int signal = 0) {
        asio::io_context loop;
        auto spec = shell(script);
        spec.directory = folder.path().string();
        watched one(loop, spec);
        if (signal != 0) one->signal_group(signal);
        CHECK(one.ends_soon());
        CHECK(one->over());
        CHECK(one->status() == one.status);
        return one.status;
    };
    CHECK(end_of("exit 0") == exit_status{kind::exited, 0});
    CHECK(end_of("exit 3") == exit_status{kind::exited, 3});
    CHECK(end_of("kill -SEGV $$") == exit_status{kind::signalled, SIGSEGV});
    CHECK(end_of("kill -ABRT $$") == exit_status{kind::signalled, SIGABRT});
    CHECK(end_of("kill -KILL $$") ==
          exit_status{kind::signalled, SIGKILL}); // as the system does without memory
    CHECK(end_of("read line", SIGTERM) == exit_status{kind::signalled, SIGTERM});
    CHECK(std::filesystem::is_empty(folder.path()));

    auto busy = shell("while :; do :; done");
    busy.limits.cpu_seconds = 1;
    asio::io_context loop;
    watched spinning(loop, busy);
    CHECK(spinning.ends_soon());
    CHECK(spinning.status == exit_status{kind::signalled, SIGXCPU});
}

TEST_CASE("the end is told once, on the loop, and not to who has destroyed the child") {
    asio::io_context loop;
    watched gone(loop, shell("exit 0"));
    watched destroyed(loop, shell("exit 0"));
    gone->kill_group();
    CHECK(gone.told == 0);
    destroyed.destroy();
    CHECK(gone.ends_soon());
    gone->kill_group();
    gone->signal_group(SIGTERM);
    loop.restart();
    loop.run();
    CHECK(gone.told == 1);
    CHECK(destroyed.told == 0);
    CHECK(zombies() == 0);
}

TEST_CASE("a child may be destroyed by its own end, and a loop may be destroyed before it") {
    auto loop = std::make_unique<asio::io_context>();
    std::unique_ptr<child> one;
    int told = 0;
    one =
        std::make_unique<child>(loop->get_executor(), must_launch(shell("exit 0")), [&](const exit_status&) {
            ++told;
            one.reset();
        });
    loop->run();
    CHECK(told == 1);
    CHECK(!one);

    const std::string mark = unique_entry();
    auto other = std::make_unique<child>(loop->get_executor(), must_launch(shell("read line", {mark})),
                                         [&](const exit_status&) { ++told; });
    loop->restart();
    loop->poll();
    other.reset();
    CHECK(with_environment(mark).empty());
    loop.reset();
    CHECK(told == 1);
    CHECK(zombies() == 0);
}

TEST_CASE("P10: the end is seen although a grandchild holds every pipe, and the grandchild goes as well") {
    asio::io_context loop;
    const std::string mark = unique_entry();
    SUBCASE("the plugin exits") {
        watched one(loop, shell("sleep 600 & exit 7", {mark}));
        const auto start = clock::now();
        CHECK(one.ends_soon());
        CHECK(clock::now() - start < 1s);
        CHECK(one.status == exit_status{kind::exited, 7});
        CHECK(read_all(one.output.get()).empty()); // ends only when the grandchild is dead
        CHECK(soon([&] { return with_environment(mark).empty(); }));
        CHECK(soon([&] { return !one->left_behind(); }));
    }
    SUBCASE("the plugin is killed") {
        watched one(loop, shell("sleep 600 & echo up; wait", {mark}));
        CHECK(read_line(one.output.get()) == "up");
        CHECK(::kill(one->pid(), SIGKILL) == 0); // it alone
        CHECK(one.ends_soon());
        CHECK(one.status == exit_status{kind::signalled, SIGKILL});
        CHECK(read_all(one.output.get()).empty());
        CHECK(soon([&] { return with_environment(mark).empty(); }));
    }
    CHECK(zombies() == 0);
}

TEST_CASE("P11: a tree of three levels whose root dies first is dead after the stop") {
    asio::io_context loop;
    const std::string mark = unique_entry();
    watched one(
        loop,
        shell("(trap '' TERM HUP INT; (trap '' TERM; echo up; sleep 600) & sleep 600) & read line", {mark}));
    CHECK(read_line(one.output.get()) == "up");
    // Until they are there, because a shell that is becoming sleep has no environment.
    CHECK(soon([&] { return with_environment(mark).size() >= 3; }));
    one.input.reset(); // the root reads the end of its input and exits
    CHECK(one.ends_soon());
    CHECK(soon([&] { return with_environment(mark).empty(); }));
    CHECK(read_all(one.output.get()).empty());
}

TEST_CASE("what a plugin had put into a process group of its own outlived it") {
    asio::io_context loop;
    const std::string mark = unique_entry();
    const std::string jobs = "timeout 600 sleep 600 & ";
    const auto groups = [&] { return with_environment(mark).size(); };
    SUBCASE("the plugin exits") {
        watched one(loop, shell(jobs + "echo up; read line", {mark}));
        CHECK(read_line(one.output.get()) == "up");
        CHECK(soon([&] { return groups() == 3; })); // timeout leads a group
        one.input.reset();
        CHECK(one.ends_soon());
        CHECK(soon([&] { return groups() == 0; }));
        CHECK(soon([&] { return !one->left_behind(); }));
    }
    SUBCASE("the child is destroyed") {
        watched one(loop, shell(jobs + "echo up; read line", {mark}));
        CHECK(read_line(one.output.get()) == "up");
        CHECK(soon([&] { return groups() == 3; })); // timeout leads a group
        one.destroy();
        CHECK(soon([&] { return groups() == 0; }));
    }
}

TEST_CASE("P11: who leaves the group by a session of its own lives on, and that is said") {
    if (::access("/usr/bin/setsid", X_OK) != 0) return skipped("no setsid program");
    asio::io_context loop;
    const std::string mark = unique_entry();
    watched one(loop, shell("setsid sh -c 'echo up; sleep 600' & read line", {mark}));
    CHECK(read_line(one.output.get()) == "up");
    CHECK(!one->left_behind()); // not while the plugin itself lives
    one.input.reset();
    CHECK(one.ends_soon());
    CHECK(soon([&] { return with_environment(mark).size() == 2; })); // the shell and its sleep
    CHECK(one->left_behind());
    CHECK(soon([&] {
        // Again where it is just becoming sleep: then it has no environment for a moment.
        for (const int pid : with_environment(mark)) ::kill(pid, SIGKILL);
        return !one->left_behind();
    }));
}

TEST_CASE("P12: 1,000 crashes leave no zombie and no descriptor") {
    asio::io_context loop;
    const detail::launch_spec spec{.command = {"/bin/false"}};
    { watched warm(loop, spec), up(loop, spec); }
    const int before = open_descriptors();
    int right = 0;
    for (int round = 0; round < 50; ++round) {
        std::vector<std::unique_ptr<watched>> all;
        for (int number = 0; number < 20; ++number) all.push_back(std::make_unique<watched>(loop, spec));
        for (auto& one : all) right += one->ends_soon() && one->status == exit_status{kind::exited, 1};
    }
    CHECK(right == 1'000);
    CHECK(open_descriptors() == before);
    CHECK(zombies() == 0);
}

TEST_CASE("P12: the application's children and its SIGCHLD handler are left alone") {
    forked host([] {
        static std::atomic<int> signals = 0;
        struct sigaction action {};
        action.sa_handler = [](int) { ++signals; };
        ::sigaction(SIGCHLD, &action, nullptr);
        const pid_t own = ::fork();
        if (own == 0) ::_exit(42);
        asio::io_context loop;
        int told = 0;
        child one(loop.get_executor(), std::move(*detail::launch(shell("exit 5"))),
                  [&](const exit_status& how) {
                      told = how == exit_status{kind::exited, 5} ? 1 : 2;
                  });
        while (told == 0) loop.run_one_for(5s);
        struct sigaction now {};
        ::sigaction(SIGCHLD, nullptr, &now);
        int status = 0;
        if (::waitpid(own, &status, 0) != own || WEXITSTATUS(status) != 42) return 1;
        if (now.sa_handler != action.sa_handler || signals == 0) return 2;
        return told == 1 ? 0 : 3;
    });
    CHECK(host.wait() == 0);
}

TEST_CASE(
    "P12: where the application takes every child's status, the end is told as unknown and the group dies") {
    const std::string mark = unique_entry();
    const auto run = [&](bool ignore) {
        forked host([&] {
            if (ignore) ::signal(SIGCHLD, SIG_IGN);
            else
                ::signal(SIGCHLD, [](int) {
                    const int kept = errno;
                    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
                    }
                    errno = kept;
                });
            asio::io_context loop;
            int right = 0;
            for (int round = 0; round < 20; ++round) {
                auto made = detail::launch(shell("sleep 600 & exit 5", {mark}));
                if (!made) return 1;
                bool over = false;
                child one(loop.get_executor(), std::move(*made), [&](const exit_status& how) {
                    over = true;
                    // Whoever comes first to a child that died has its status.
                    right += how == exit_status{} || how == exit_status{kind::exited, 5};
                });
                loop.restart();
                while (!over)
                    if (loop.run_one_for(5s) == 0) return 2;
                if (detail::launch({.command = {"/no/such/program"}})) return 3;
            }
            return right == 20 && soon([&] { return with_environment(mark).empty(); }) ? 0 : 4;
        });
        return host.wait();
    };
    CHECK(run(true) == 0);
    CHECK(run(false) == 0);
}

TEST_CASE("P13: who got the number of a plugin that is gone is never signalled") {
    forked host([] {
        ::signal(SIGCHLD, SIG_IGN); // so that the number is free as soon as the plugin ends
        asio::io_context loop;
        auto made = detail::launch(shell("read line"));
        if (!made) return 1;
        auto one = std::make_unique<child>(loop.get_executor(), std::move(*made), [](const exit_status&) {});
        const pid_t number = one->pid();
        ::kill(number, SIGKILL);
        if (!soon([&] { return ::kill(number, 0) != 0; })) return 2;

        // A stranger with the same number, leading a group of its own.
        pid_t wanted = number;
        struct {
            std::uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
                set_tid_size;
        } arguments{};
        arguments.exit_signal = SIGCHLD;
        arguments.set_tid = reinterpret_cast<std::uint64_t>(&wanted);
        arguments.set_tid_size = 1;
        const long stranger = ::syscall(SYS_clone3, &arguments, sizeof arguments);
        if (stranger < 0) return 77;
        if (stranger == 0) {
            ::setsid();
            for (;;) ::pause();
        }
        if (stranger != number || !soon([&] { return ::getpgid(number) == number; })) return 3;
        one->signal_group(SIGTERM);
        one->kill_group();
        loop.poll();
        one->kill_group();
        child* all[] = {one.get()};
        detail::stop_children(all, default_stop_policy());
        one.reset();
        const bool lives = ::kill(number, 0) == 0;
        ::kill(number, SIGKILL);
        return lives ? 0 : 4;
    });
    const int code = host.wait();
    if (code == 77) return skipped("not allowed to choose a process's number");
    CHECK(code == 0);
}

TEST_CASE("the guards are the descriptors 100 and 101, as the documents say") {
    asio::io_context loop;
    watched one(loop,
                shell("cd /proc/$$/fd; for n in 3 99 100 101 102; do test -e $n && printf '%s ' $n; done; "
                      "echo; read line"));
    CHECK(read_line(one.output.get()) == "100 101 ");
    one.destroy();
}

TEST_CASE("what a process uses is read while it lives") {
    asio::io_context loop;
    watched one(loop, shell("echo up; read line"));
    CHECK(read_line(one.output.get()) == "up");
    const auto usage = detail::usage_of(one->pid());
    REQUIRE(usage);
    CHECK(usage->resident_bytes > 100'000);
    CHECK(usage->resident_bytes < 100'000'000);
    CHECK(usage->threads == 1);
    CHECK(usage->descriptors == 5); // the streams and two guards
    CHECK(usage->cpu < 5s);
    const int pid = one->pid();
    one.destroy();
    CHECK(!detail::usage_of(pid));
    CHECK(!detail::usage_of(0));
    CHECK(!detail::usage_of(-1));
}
