#ifndef TENON_TESTS_FUZZ_REQUIRE_HPP
#define TENON_TESTS_FUZZ_REQUIRE_HPP

// An invariant of a fuzz target: stops the program where it does not hold, in every build.

#include <cstdio>
#include <cstdlib>

#define FUZZ_REQUIRE(condition)                                                                              \
    ((condition) ? static_cast<void>(0)                                                                      \
                 : (std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition),      \
                    std::abort()))

#endif
