#include <tenon/packages/format/package_version.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

namespace {

std::string read_back(std::string_view text) {
    const auto version = read_version(text);
    return version ? version->text() : version.error().message;
}

} // namespace

TEST_CASE("versions of the standard are read and written as they were") {
    for (const char* text : {"0.0.0",
                             "0.0.4",
                             "1.2.3",
                             "10.20.30",
                             "1.1.2-prerelease+meta",
                             "1.1.2+meta",
                             "1.1.2+meta-valid",
                             "1.0.0-alpha",
                             "1.0.0-alpha.beta.1",
                             "1.0.0-alpha0.valid",
                             "1.0.0-alpha.0valid",
                             "1.0.0-rc.1+build.1",
                             "2.0.1-alpha.1227",
                             "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
                             "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
                             "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
                             "999999999999999999.0.0",
                             "1.0.0-0A.is.legal",
                             "1.2.3-0",
                             "1.0.0+001"}) {
        CAPTURE(text);
        CHECK(read_back(text) == text);
    }
}

TEST_CASE("what only looks like a version is refused") {
    for (const char* text : {"",
                             "1",
                             "1.2",
                             "1.2.3.4",
                             "v1.2.3",
                             "=1.2.3",
                             " 1.2.3",
                             "1.2.3 ",
                             "01.1.1",
                             "1.01.1",
                             "1.1.01",
                             "1.2.3-",
                             "1.2.3+",
                             "1.2.3-+b",
                             "1.2.3-0123",
                             "1.2.3-0123.0123",
                             "1.1.2+.123",
                             "1.2.3-a..b",
                             "1.2.3-a_b",
                             "1.2.3+a+b",
                             "1.0.0-alpha_beta",
                             "alpha",
                             "-1.0.3",
                             "+1.2.3",
                             "1.2.-3",
                             "1..3",
                             "1.2.3-\xC3\xA4",
                             "1.2.x",
                             "1000000000000000000.0.0",
                             "99999999999999999999999.999999999999999999.99999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(read_version(text));
    }
    CHECK_FALSE(read_version(std::string_view("1.2.3\0", 6)));
    CHECK(read_back("1.2.3-01") == "version \"1.2.3-01\": after -, a number begins with 0");
    CHECK(read_back("1.2") == "version \"1.2\": expected three numbers as in 1.2.3, without zeros in front");
    CHECK(read_back("1.2.3-" + std::string(200, 'a')).ends_with("expected at most 128 letters, got 206"));
}

TEST_CASE("a number that was too large was said to be none") {
    const std::string why = ": a number is too large: expected at most 999999999999999999";
    CHECK(read_back("99999999999999999999.0.0") == "version \"99999999999999999999.0.0\"" + why);
    CHECK(read_back("1.0.1000000000000000000-rc.1").ends_with(why));
    for (const char* text : {"1.99999999999999999999", "0000000000000000000001.0.0"})
        CHECK(read_back(text).ends_with("expected three numbers as in 1.2.3, without zeros in front"));
    CHECK(read_version("999999999999999999.0.0-99999999999999999999"));
}

TEST_CASE("each version of the standard's row is before all that follow it") {
    const char* row[] = {"0.0.0-0",
                         "0.0.0",
                         "0.0.1",
                         "0.1.0",
                         "1.0.0-0",
                         "1.0.0-2",
                         "1.0.0-10",
                         "1.0.0-A",
                         "1.0.0-a",
                         "1.0.0-alpha",
                         "1.0.0-alpha.1",
                         "1.0.0-alpha.1.0",
                         "1.0.0-alpha.beta",
                         "1.0.0-beta",
                         "1.0.0-beta.2",
                         "1.0.0-beta.11",
                         "1.0.0-beta.99999999999999999998",
                         "1.0.0-beta.99999999999999999999",
                         "1.0.0-rc.1",
                         "1.0.0",
                         "1.0.1",
                         "1.2.0",
                         "1.10.0",
                         "2.0.0"};
    for (std::size_t one = 0; one < std::size(row); ++one)
        for (std::size_t other = 0; other < std::size(row); ++other) {
            CAPTURE(row[one]);
            CAPTURE(row[other]);
            const auto left = read_version(row[one]), right = read_version(row[other]);
            REQUIRE(left);
            REQUIRE(right);
            CHECK((*left <=> *right) == (one <=> other));
        }
    CHECK(*read_version("1.0.0+a") == *read_version("1.0.0+b"));
}
