#include <tenon/rules/logs/log_text.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace tenon::detail;

namespace {

std::string safe(std::string_view text, std::size_t limit = 1000) {
    std::string to;
    append_safe(to, text, limit);
    return to;
}

} // namespace

TEST_CASE("X7: what a terminal acts on is written as its name") {
    CHECK(safe("plain ~ \"quoted\" C:\\path") == "plain ~ \"quoted\" C:\\path");
    CHECK(safe("\x1b[31mred") == "\\x1b[31mred");
    CHECK(safe("50%\r100%") == "50%\\r100%");
    CHECK(safe("a\tb\nc") == "a\\tb\\nc");
    CHECK(safe(std::string_view("nul\0end", 7)) == "nul\\x00end");
    CHECK(safe("\x7f\x01\x1f") == "\\x7f\\x01\\x1f");
    CHECK(safe("\xC2\x9B"
               "31m") == "\\u{9b}31m"); // C1: CSI
    CHECK(safe("\xC2\x80\xC2\x9F\xC2\xA0") == "\\u{80}\\u{9f}\xC2\xA0");
    CHECK(safe("exe.\xE2\x80\xAEgpj") == "exe.\\u{202e}gpj"); // U+202E
    CHECK(safe("\xD8\x9C\xE2\x81\xA6\xE2\x80\xA8\xEF\xBB\xBF") == "\\u{61c}\\u{2066}\\u{2028}\\u{feff}");
    CHECK(safe("\xF3\xA0\x81\xA1") == "\\u{e0061}");
}

TEST_CASE("text of any script stays as it is") {
    const std::string text =
        "gr\xC3\xBC\xC3\x9F \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB";
    CHECK(safe(text) == text);
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD") {
    CHECK(safe("a\xFFz") == "a\xEF\xBF\xBDz");
    CHECK(safe("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                 // overlong
    CHECK(safe("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); // a surrogate
    CHECK(safe("\xE4\xBD") == "\xEF\xBF\xBD\xEF\xBF\xBD");                 // half a character
}

TEST_CASE("no more than the limit is written, and never half a character or name") {
    std::string to;
    CHECK(append_safe(to, "12345", 5));
    CHECK_FALSE(append_safe(to, "6", 5));
    CHECK(to == "12345");
    CHECK(safe("1234\x1b", 7) == "1234");
    CHECK(safe("1234\x1b", 8) == "1234\\x1b");
    CHECK(safe("1234\xE4\xBD\xA0", 6) == "1234");
    CHECK(safe("1234567", 3) == "123");
}

TEST_CASE("X7: whatever comes, what goes out is valid UTF-8 without a control character") {
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string bytes;
        for (int at = 0; at < 400; ++at) bytes.push_back(static_cast<char>(random()));
        const std::string text = safe(bytes, 900);
        CHECK(text.size() <= 900);
        for (const char* at = text.data(); at != text.data() + text.size();) {
            const std::size_t length = utf8_sequence(at, text.data() + text.size());
            REQUIRE(length != 0);
            if (length == 1) {
                REQUIRE(static_cast<unsigned char>(*at) >= 0x20);
                REQUIRE(*at != 0x7F);
            } else {
                REQUIRE_FALSE(acts_unseen(utf8_code(at, length)));
            }
            at += length;
        }
    }
}

TEST_CASE("the beginning of a character at the end is taken off, a whole one is not") {
    CHECK(without_half_character("ab") == "ab");
    CHECK(without_half_character("a\xC3") == "a");
    CHECK(without_half_character("a\xC3\xBC") == "a\xC3\xBC");
    CHECK(without_half_character("a\xE4\xBD") == "a");
    CHECK(without_half_character("a\xF0\x9F\x92") == "a");
    CHECK(without_half_character("a\xF0\x9F\x92\xBB") == "a\xF0\x9F\x92\xBB");
    CHECK(without_half_character("\x80\x80\x80\x80") == "\x80\x80\x80\x80");
    CHECK(without_half_character("") == "");
}
