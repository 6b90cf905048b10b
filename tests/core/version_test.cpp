#include <tenon/core/version.hpp>

#include <doctest/doctest.h>

TEST_CASE("the version is three numbers that a preprocessor can compare") {
#if TENON_VERSION_MAJOR * 10000 + TENON_VERSION_MINOR * 100 + TENON_VERSION_PATCH > 0
    CHECK(true);
#else
    FAIL("no version");
#endif
}

TEST_CASE("this SDK speaks version 1 of the wire") { CHECK(tenon::protocol_version == 1); }
