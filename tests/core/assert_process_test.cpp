// What TENON_ASSERT does can be seen only from outside: each check runs in a child that has to die of it.

#include <tenon/core/result.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using tenon::fault;
using tenon::result;

namespace {

// The signal that ended a child doing this; 0 if it came to its end.
int signal_of(void (*run)()) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        std::signal(SIGABRT, SIG_DFL); // doctest watches it
        ::alarm(10);
        run();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

TEST_CASE("an assertion that holds does nothing") {
    CHECK(signal_of([] { TENON_ASSERT(1 + 1 == 2); }) == 0);
}

TEST_CASE("an assertion that does not hold stops the program") {
    CHECK(signal_of([] { TENON_ASSERT(1 + 1 == 3); }) == SIGABRT);
}

TEST_CASE("reading the value of a failed result stops the program") {
    CHECK(signal_of([] {
              const result<int> bad = fault{1, "bad"};
              ::_exit(*bad);
          }) == SIGABRT);
}

TEST_CASE("reading the fault of a good result stops the program") {
    CHECK(signal_of([] {
              const result<int> good = 1;
              ::_exit(good.error().code);
          }) == SIGABRT);
    CHECK(signal_of([] {
              const result<void> good;
              ::_exit(good.error().code);
          }) == SIGABRT);
}
