#include <tenon/core/nearest_name.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace tenon;

TEST_CASE("a key that is almost one of the known ones is guessed, anything else is not") {
    const std::vector<std::string_view> known = {"jitter", "maxRetries", "env", "cwd", "command"};
    CHECK(detail::nearest_name("jiter", known) == "jitter");
    CHECK(detail::nearest_name("jittre", known) == "jitter");
    CHECK(detail::nearest_name("Max-Retries", known) == "maxRetries");
    CHECK(detail::nearest_name("maxRetrie", known) == "maxRetries");
    CHECK(detail::nearest_name("commnad", known) == "command");
    CHECK(detail::nearest_name("evn", known) == "env");
    CHECK(detail::nearest_name("xyz", known).empty());
    CHECK(detail::nearest_name("", known).empty());
    CHECK(detail::nearest_name(std::string(1'000'000, 'a'), known).empty());
    CHECK(detail::nearest_name("x", {}).empty());
}

TEST_CASE("a known name that is too long to be compared is no guess") {
    const std::string endless(1'000'000, 'a');
    const std::vector<std::string_view> known = {endless, "aab"};
    CHECK(detail::nearest_name("aaa", known) == "aab");
    CHECK(detail::or_meant("aaa", known) == "; did you mean \"aab\"?");
    CHECK(detail::or_meant("xyz", known).empty());
}
