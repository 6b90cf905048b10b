#include "processes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <random>

using namespace tenon;
using namespace tenon::tests;

namespace {

/// Deaf to the end of its input and to every signal that can be ignored, with a grandchild that is as well and holds
/// no pipe of the host.
const char* const deaf_family =
    "trap '' HUP INT TERM PIPE; (exec <&- >&- 2>&-; sleep 600) & echo up; sleep 600";

/// Three that have closed all they were given, the guard as well. The first plugin is deaf, the second ends with its
/// input, so it may be gone before the guard is; the children of the third fork all the time.
const char* const closed_families[] = {
    "trap '' HUP INT TERM PIPE; for child in 1 2 3; do (exec 0<&- 1>&- 2>&- 100<&- 101<&-; exec sleep 600) & "
    "done; "
    "echo up; exec sleep 600",
    "for child in 1 2 3; do (exec 0<&- 1>&- 2>&- 100<&- 101<&-; exec sleep 600) & done; echo up; read end",
    "for child in 1 2 3; do (exec 0<&- 1>&- 2>&- 100<&- 101<&-; while :; do (exec sleep 600 &); sleep 0.005; "
    "done) & "
    "done; echo up; read end"};

struct kept {
    std::vector<detail::launched> all;
    void start(const std::string& mark, const char* script = nullptr) {
        auto spec = shell(script == nullptr ? deaf_family : script, {mark});
        if (script != nullptr)
            spec.command.front() = "/bin/bash"; // it can close a descriptor of three digits
        auto made = detail::launch(spec);
        if (made) all.push_back(std::move(*made));
    }
};

/// A host of several threads: which of them ends first when it is killed is up to the kernel.
void have_threads() {
    for (int number = 0; number < 3; ++number)
        std::thread([] {
            for (;;) ::pause();
        }).detach();
}

std::string mark_of(int round) {
    return "TENON_TEST=" + std::to_string(::getpid()) + "/" + std::to_string(round);
}

bool all_gone(const std::string& mark) {
    return soon([&] { return with_environment(mark).empty(); }, 2s);
}

} // namespace

TEST_CASE("P14: when the host is killed, every plugin and all that it started is gone, whichever thread "
          "launched it") {
    const std::string mark = mark_of(-1);
    forked host([&] {
        kept mine;
        mine.start(mark);
        std::thread([&] { mine.start(mark); }).join();
        std::atomic<bool> launched = false;
        std::thread lasting([&] {
            mine.start(mark);
            launched = true;
            for (;;) ::pause();
        });
        while (!launched) std::this_thread::yield();
        for (auto& one : mine.all)
            if (read_line(one.output.get()) != "up") return 1;
        if (mine.all.size() != 3) return 2;
        std::printf("all up\n");
        std::fflush(stdout);
        for (;;) ::pause();
    });
    REQUIRE(read_line(host.output()) == "all up");
    CHECK(soon([&] { return with_environment(mark).size() == 9; })); // per plugin a shell and two that sleep
    host.kill();
    CHECK(all_gone(mark));
}

TEST_CASE(
    "P14: nothing survives a host that is killed at any moment, also while it launches, 100 times in 100") {
    std::mt19937 random(20261121);
    int clean = 0, launched_any = 0;
    std::chrono::microseconds until_launched{15'000}; // and longer where that takes longer, on a busy machine
    for (int round = 0; round < 100; ++round) {
        const std::string mark = mark_of(round);
        const auto begun = clock::now();
        forked host([&]() -> int {
            kept mine;
            std::thread([&] { mine.start(mark); }).join();
            for (int number = 0; number < 20; ++number) mine.start(mark);
            for (;;) ::pause();
        });
        if (round == 0) {
            CHECK(soon([&] { return !with_environment(mark).empty(); }));
            until_launched += std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
        } else {
            std::this_thread::sleep_for(until_launched * (random() % 1'000) / 1'000);
        }
        launched_any += !with_environment(mark).empty();
        host.kill();
        clean += all_gone(mark);
    }
    CHECK(clean == 100);
    CHECK(launched_any > 20);
}

TEST_CASE(
    "children of plugins survived the SIGKILL of a host with threads: those that had closed all descriptors, "
    "200 kills at rest and in start-up") {
    std::mt19937 random(20261129);
    int clean = 0;
    std::chrono::microseconds until_up{1'000};
    for (int round = 0; round < 200; ++round) {
        const std::string mark = mark_of(4'000 + round);
        const bool at_rest = round % 2 == 0;
        const auto begun = clock::now();
        forked host([&]() -> int {
            have_threads();
            kept mine;
            for (const char* script : closed_families) mine.start(mark, script);
            for (auto& one : mine.all)
                if (read_line(one.output.get()) != "up") return 1;
            std::printf("all up\n");
            std::fflush(stdout);
            while (!at_rest) mine.start(mark, closed_families[0]);
            for (;;) ::pause();
        });
        if (at_rest) {
            REQUIRE(read_line(host.output()) == "all up");
            until_up = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
            // What the children have closed is closed: only the plugins hold a guard now.
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 30));
        } else {
            std::this_thread::sleep_for(2 * until_up * (random() % 1'000) / 1'000);
        }
        host.kill();
        const bool gone = soon([&] { return with_environment(mark).empty(); }, 10s);
        for (const int pid : with_environment(mark)) ::kill(pid, SIGKILL);
        clean += gone;
    }
    CHECK(clean == 200);
}

TEST_CASE("P14: plugins end with a host that returns from main or is ended by a signal of its own") {
    for (const int signal : {0, SIGSEGV, SIGTERM}) {
        CAPTURE(signal);
        const std::string mark = mark_of(1'000 + signal);
        forked host([&] {
            const rlimit none{0, 0};
            ::setrlimit(RLIMIT_CORE, &none);
            kept mine;
            mine.start(mark);
            if (mine.all.size() != 1 || read_line(mine.all[0].output.get()) != "up") return 1;
            if (signal != 0) ::raise(signal);
            return 0;
        });
        CHECK(host.wait() == (signal == 0 ? 0 : 256 + signal));
        CHECK(all_gone(mark));
    }
}

TEST_CASE("P14: the plugin's end of the guard is not needed while the host's main thread launched it") {
    const std::string mark = mark_of(2'000);
    forked host([&]() -> int {
        // A program that closes what it does not know, as daemons do.
        auto spec = shell("exec 100<&-; trap '' HUP INT TERM PIPE; echo up; exec sleep 600", {mark});
        spec.command.front() = "/bin/bash";
        auto made = detail::launch(spec);
        if (!made || read_line(made->output.get()) != "up") return 1;
        std::printf("up\n");
        std::fflush(stdout);
        for (;;) ::pause();
    });
    REQUIRE(read_line(host.output()) == "up");
    host.kill();
    CHECK(all_gone(mark));
}

TEST_CASE("P14: a plugin whose guard is closed by the host dies with its group, also with what it is "
          "forking, 200 times in "
          "200") {
    int clean = 0;
    for (int round = 0; round < 200; ++round) {
        const std::string mark = mark_of(3'000 + round);
        auto made = must_launch(shell(deaf_family, {mark})); // says that it is up and goes on with a fork
        CHECK(read_line(made.output.get()) == "up");
        made.guard.reset();
        // Whoever is missed lives on for minutes; the machine may take its time.
        clean += soon([&] { return with_environment(mark).empty(); }, 10s);
        detail::reap(made.pid);
    }
    CHECK(clean == 200);
}

TEST_CASE("P15: a plugin that was launched by a thread that has ended lives on and answers") {
    std::unique_ptr<detail::launched> made;
    std::thread([&] {
        made = std::make_unique<detail::launched>(must_launch({.command = {"/bin/cat"}}));
    }).join();
    for (int time = 0; time < 100; ++time) {
        REQUIRE(::write(made->input.get(), "still here\n", 11) == 11);
        REQUIRE(read_line(made->output.get()) == "still here");
    }
    CHECK(::waitpid(made->pid, nullptr, WNOHANG) == 0);
    made->input.reset();
    int status = -1;
    CHECK(::waitpid(made->pid, &status, 0) == made->pid);
    CHECK(status == 0);
}
