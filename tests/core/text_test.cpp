#include <tenon/core/text.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon::detail;

TEST_CASE("words are equal in any case, and only ASCII has cases") {
    CHECK(equals_ignoring_case("Content-Length", "content-lENGTH"));
    CHECK(equals_ignoring_case("", ""));
    CHECK_FALSE(equals_ignoring_case("a", "ab"));
    CHECK_FALSE(equals_ignoring_case("\u00C4", "\u00E4"));
    for (int one = 0; one < 256; ++one)
        for (int other = 0; other < 256; ++other) {
            const char left = static_cast<char>(one), right = static_cast<char>(other);
            const bool letter = (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z');
            const bool same = one == other || (letter && (one ^ other) == 0x20);
            if (equals_ignoring_case({&left, 1}, {&right, 1}) != same) FAIL(one << " and " << other);
        }
    CHECK(lower_case("X-Y_\u00C4z") == "x-y_\u00C4z");
}

TEST_CASE("a pattern covers an id, what is below a dot, or everything") {
    CHECK(covers_id("*", "a.b"));
    CHECK(covers_id("dev.example.chat", "dev.example.chat"));
    CHECK(covers_id("dev.example.*", "dev.example.chat"));
    CHECK(covers_id("dev.*", "dev.example.chat"));
    CHECK_FALSE(covers_id("dev.example.*", "dev.examples.chat"));
    CHECK_FALSE(covers_id("dev.example.*", "dev.example"));
    CHECK_FALSE(covers_id("dev.example.chat", "dev.example.chatter"));
}

TEST_CASE("blanks at both ends are trimmed, and none within") {
    CHECK(trimmed(" \t a b\t ") == "a b");
    CHECK(trimmed("\t \t").empty());
    CHECK(trimmed("").empty());
    CHECK(trimmed("\na\r") == "\na\r");
}

TEST_CASE("a header's name has letters, digits and 15 other marks") {
    int allowed = 0;
    for (int byte = 0; byte < 256; ++byte) allowed += is_token(static_cast<char>(byte)) ? 1 : 0;
    CHECK(allowed == 26 + 26 + 10 + 15);
    CHECK(is_token(std::string_view("X-Nice_1")));
    for (const std::string_view wrong : {"", "a b", "a:", "\u00E4", "a\n"}) CHECK_FALSE(is_token(wrong));
}
