#include <tenon/process/system_surroundings.hpp>

#include "../leave_forked.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <sys/wait.h>

namespace {

/// The number of the check that fails, or 0.
int mended() {
    for (int stream = 0; stream <= 2; ++stream) ::close(stream);
    sigset_t blocked;
    ::sigemptyset(&blocked);
    for (const int signal : {SIGTERM, SIGUSR1}) ::sigaddset(&blocked, signal);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    tenon::mend_surroundings({SIGTERM});

    struct stat null {};
    if (::stat("/dev/null", &null) != 0) return 1;
    for (int stream = 0; stream <= 2; ++stream) {
        struct stat found {};
        if (::fstat(stream, &found) != 0 || found.st_rdev != null.st_rdev) return 2;
    }
    if (::open("/dev/null", O_RDONLY) != 3) return 3; // it left nothing open
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    if (::sigismember(&blocked, SIGTERM) != 0 || ::sigismember(&blocked, SIGUSR1) != 1) return 4;
    int ends[2];
    if (!tenon::detail::make_pipe(ends)) return 5;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == -1 ? 0 : 6; // and here it still is
}

TEST_CASE("a program whose streams were closed wrote what it printed into its first file, and SIGTERM did "
          "not end it") {
    const pid_t child = ::fork();
    if (child == 0) {
        for (int more = 3; more < 64; ++more) ::close(more);
        tenon::tests::leave_forked(mended());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

} // namespace
