// What numbers, times and states are called.

#include <command_line/words.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include <time.h>

using namespace reference;

namespace {

TEST_CASE("an answer in capitals counted as no") {
    for (const char* typed : {"y", "Y", "yes", "Yes", "YES", " yes "}) CHECK(is_yes(typed));
    for (const char* typed : {"", "n", "no", "ye", "yes!", "yy"}) CHECK_FALSE(is_yes(typed));
}

TEST_CASE("one is not several: it said \"1 plugins\"") {
    CHECK(count_words(0, "plugin") == "0 plugins");
    CHECK(count_words(1, "plugin") == "1 plugin");
    CHECK(count_words(2, "plugin") == "2 plugins");
}

TEST_CASE("times are in units that make sense: everything was in milliseconds") {
    struct {
        double ms;
        const char* words;
    } const rows[] = {
        {0, "0 ms"},
        {-1, "0 ms"},
        {std::nan(""), "0 ms"},
        {0.004, "0.00 ms"},
        {0.034, "0.03 ms"},
        {0.34, "0.3 ms"},
        {9.94, "9.9 ms"},
        {9.96, "10 ms"},
        {999.4, "999 ms"},
        {999.6, "1.0 s"},
        {12'345, "12 s"},
        {59'499, "59 s"},
        {59'600, "1 min"},
        {200'000, "3 min 20 s"},
        {3'600'000, "1 h"},
        {7'500'000, "2 h 5 min"},
        {86'400'000.0 * 3 + 3'600'000 * 4, "3 d 4 h"},
    };
    for (const auto& [ms, words] : rows) CHECK(duration_words(ms) == words);
}

TEST_CASE("bytes are in units that make sense") {
    CHECK(bytes_words(1) == "1 byte");
    CHECK(bytes_words(1'023) == "1023 bytes");
    CHECK(bytes_words(1'024) == "1.0 KiB");
    CHECK(bytes_words(3'200'000) == "3.1 MiB");
    CHECK(bytes_words(1'048'575) == "1.0 MiB");
    CHECK(bytes_words(std::uint64_t{68} << 30) == "68 GiB");
}

TEST_CASE("a time of day is this machine's") {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    CHECK(clock_words(1'700'000'000'999) == "22:13:20");
}

TEST_CASE("a plugin that is in backoff is waiting to retry") {
    CHECK(words_of(tenon::plugin_state::backoff) == "waiting to retry");
    CHECK(words_of(tenon::plugin_state::ready) == "ready");
    CHECK(look_of(tenon::plugin_state::failed) == look::bad);
    CHECK(look_of(tenon::plugin_state::ready) == look::good);
}

} // namespace
