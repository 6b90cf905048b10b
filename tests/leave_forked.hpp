#ifndef TENON_TESTS_LEAVE_FORKED_HPP
#define TENON_TESTS_LEAVE_FORKED_HPP

// How a child that a test has forked ends: without what is done at the test's own end. Where the lines that run are
// counted (tests/checks/coverage.py), it leaves its counts.

#include <unistd.h>

#if defined(TENON_TESTS_COUNT_LINES)
extern "C" void __gcov_dump();
#endif

namespace tenon::tests {

[[noreturn]] inline void leave_forked(int code) {
#if defined(TENON_TESTS_COUNT_LINES)
    __gcov_dump();
#endif
    ::_exit(code);
}

} // namespace tenon::tests

#endif
