#include <tenon/json/same_value.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace tenon;
using detail::decimal;
using detail::same_value;

TEST_CASE("values are the same however they are spelled") {
    const std::pair<std::string, std::string> same[] = {
        {"1", "1.0"},
        {"100", "1e2"},
        {"-0", "0"},
        {"0.1", "1e-1"},
        {"18446744073709551615", "18446744073709551615.0"},
        {R"("a\u0062")", R"("ab")"},
        {R"({"a":1,"b":[2]})", R"({ "b" : [ 2.0 ], "\u0061" : 1 })"},
        {"[ ]", "[]"},
        {"null", "null"}};
    for (const auto& pair : same) CHECK_MESSAGE(same_value(pair.first, pair.second), pair.first);
    const std::pair<std::string, std::string> different[] = {{"1", "2"},
                                                             {"1", "-1"},
                                                             {"9007199254740993", "9007199254740992"},
                                                             {"1", R"("1")"},
                                                             {"[1,2]", "[2,1]"},
                                                             {"[[1],2]", "[1,[2]]"},
                                                             {"{}", "[]"},
                                                             {"true", "false"},
                                                             {R"({"a":1})", R"({"a":1,"b":1})"},
                                                             {"null", "false"},
                                                             {R"({"a":1})", R"({"b":1})"}};
    for (const auto& pair : different) CHECK_MESSAGE(!same_value(pair.first, pair.second), pair.first);
}

TEST_CASE("numbers are compared as they were written, not as doubles") {
    const std::vector<std::string> ascending = {"-1e400",
                                                "-18446744073709551615",
                                                "-2",
                                                "-1.5",
                                                "0",
                                                "1e-400",
                                                "0.1",
                                                "0.11",
                                                "1",
                                                "9007199254740992",
                                                "9007199254740993",
                                                "18446744073709551615",
                                                "1e20"};
    for (std::size_t one = 0; one < ascending.size(); ++one)
        for (std::size_t other = 0; other < ascending.size(); ++other) {
            const int order = decimal(ascending[one]).compare(decimal(ascending[other]));
            CHECK_MESSAGE(order == (one > other) - (one < other), (ascending[one] + " " + ascending[other]));
        }
    CHECK(decimal("1.0").is_whole());
    CHECK(decimal("12e1").is_whole());
    CHECK(!decimal("1.5").is_whole());
    std::int64_t whole = 0;
    CHECK(decimal("-3e2").as_int64(whole));
    CHECK(whole == -300);
    CHECK(!decimal("1e19").as_int64(whole));
    CHECK(!decimal("18446744073709551615").as_int64(whole));
}
