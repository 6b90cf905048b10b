#include <tenon/json/number.hpp>

#include "hard_decimals.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

using namespace tenon::detail;
using std::numeric_limits;

namespace {

// What a reader makes of a whole text: the bits of a double, `no number`, or `too large`.
std::string read(std::string_view text) {
    const number_text number = scan_number(text.data(), text.data() + text.size());
    if (number.end != text.data() + text.size()) return "no number";
    double value;
    if (!double_from(number, text.data(), value)) return "too large";
    return std::to_string(std::bit_cast<std::uint64_t>(value));
}

std::string bits_of(double value) { return std::to_string(std::bit_cast<std::uint64_t>(value)); }

template <class Number>
std::string written(Number value) {
    char text[number_room];
    return std::string(text, write_number(text, value));
}

std::string written_unsigned(std::uint64_t value) {
    char text[20];
    return std::string(text, write_unsigned(text, value));
}

std::string written_signed(std::int64_t value) {
    char text[21];
    return std::string(text, write_signed(text, value));
}

} // namespace

TEST_CASE("the grammar of numbers is JSON's and no other") {
    for (const char* text :
         {"0", "-0", "1", "-1", "10", "123456789012345678901234567890", "0.0", "0.5", "-0.5", "1.25", "1e0",
          "1E0", "1e+5", "1e-5", "1.5E+05", "0e0", "-0e-0", "1e00", "0.10"}) {
        CAPTURE(text);
        CHECK(read(text) != "no number");
    }
    for (const char* text :
         {"",      "-",    "+1",   "01",  "-01",      "00",        ".5",   "5.",    "-.5", "1e",    "1e+",
          "1e-",   "1.e5", "1.5e", "e5",  "--1",      "1-",        "0x10", "1_000", "1,5", "1.5.5", "1e5e5",
          "1e5.5", "inf",  "nan",  "NaN", "Infinity", "-Infinity", "1 ",   " 1",    "1f",  "1L",    "１"}) {
        CAPTURE(text);
        CHECK(read(text) == "no number");
    }
}

TEST_CASE("a number's scan ends where the number does") {
    const auto end = [](std::string_view text) {
        const number_text number = scan_number(text.data(), text.data() + text.size());
        return number.end == nullptr ? -1 : static_cast<int>(number.end - text.data());
    };
    CHECK(end("12]") == 2);
    CHECK(end("0123") == 1);
    CHECK(end("-0,") == 2);
    CHECK(end("1.5e3}") == 5);
    CHECK(end("1.5e}") == -1);
    CHECK(end("1..5") == -1);
    CHECK(end("-a") == -1);
}

TEST_CASE("integers are exact up to 64 bits and said not to be beyond") {
    const auto scan = [](std::string_view text) {
        return scan_number(text.data(), text.data() + text.size());
    };
    CHECK(scan("18446744073709551615").exact);
    CHECK(scan("18446744073709551615").digits == numeric_limits<std::uint64_t>::max());
    CHECK(scan("18446744073709551614").digits == numeric_limits<std::uint64_t>::max() - 1);
    CHECK(scan("18446744073709551609").exact);
    CHECK(scan("18446744073709551610").exact);
    CHECK(!scan("18446744073709551616").exact);
    CHECK(!scan("18446744073709551620").exact);
    CHECK(!scan("18446744073709551699").exact);
    CHECK(!scan("18446744073709551700").exact);
    CHECK(!scan("99999999999999999999").exact);
    CHECK(!scan("184467440737095516150").exact);
    CHECK(scan("9999999999999999999").exact);
    CHECK(scan("9999999999999999999").digits == 9'999'999'999'999'999'999u);
    CHECK(scan("-9223372036854775808").digits == std::uint64_t{1} << 63);
    CHECK(scan("-9223372036854775808").negative);
    CHECK(scan("7").integral);
    CHECK(!scan("7.0").integral);
    CHECK(!scan("7e0").integral);
}

TEST_CASE("every length and every sign of an integer is written in full") {
    CHECK(written_unsigned(0) == "0");
    CHECK(written_unsigned(numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(written_signed(0) == "0");
    CHECK(written_signed(numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(written_signed(numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    std::uint64_t power = 1;
    for (int digits = 1; digits <= 20; ++digits) {
        for (const std::uint64_t value : {power, power - 1, power + 1, power * 9, power / 3})
            CHECK(written_unsigned(value) == std::to_string(value));
        const auto half = static_cast<std::int64_t>(power / 2);
        CHECK(written_signed(-half) == std::to_string(-half));
        power *= 10;
    }
    for (std::uint64_t value = 0; value < 1100; ++value) {
        CHECK(written_unsigned(value) == std::to_string(value));
        const auto negative = -static_cast<std::int64_t>(value);
        CHECK(written_signed(negative) == std::to_string(negative));
    }
}

TEST_CASE("random integers come back as they were") {
    std::mt19937_64 random(2);
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t value = random() >> (random() % 64);
        const std::string text = written_unsigned(value);
        const number_text number = scan_number(text.data(), text.data() + text.size());
        REQUIRE(number.exact);
        REQUIRE(number.digits == value);
        REQUIRE(text == std::to_string(value));
    }
}

TEST_CASE("every run of digits is read whole, whatever stands behind it") {
    std::mt19937_64 random(12);
    for (std::size_t length = 1; length <= 19; ++length) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            if (is_digit(static_cast<char>(byte))) continue;
            std::string text;
            while (text.size() < length) text += static_cast<char>('0' + random() % 10);
            std::uint64_t expected = 0;
            for (const char digit : text) expected = expected * 10 + static_cast<std::uint64_t>(digit - '0');
            // Behind them the byte itself, then others that a word is loaded with.
            const std::string bytes = text + static_cast<char>(byte) + "99\xFF/:0\x80";
            for (const std::size_t readable : {length, length + 1, bytes.size()}) {
                std::uint64_t value = 0;
                const char* end = take_digits(bytes.data(), bytes.data() + readable, value);
                REQUIRE(end == bytes.data() + length);
                REQUIRE(value == expected);
            }
        }
    }
}

TEST_CASE("a run of digits ends where the text does, though more of them stand behind") {
    const std::string digits = "1234567890123456789";
    std::uint64_t expected = 0;
    for (std::size_t length = 0; length < digits.size(); ++length) {
        std::uint64_t value = 0;
        CHECK(take_digits(digits.data(), digits.data() + length, value) == digits.data() + length);
        CHECK(value == expected);
        expected = expected * 10 + static_cast<std::uint64_t>(digits[length] - '0');
    }
}

TEST_CASE("hard decimals become the double nearest to them") {
    for (const auto& hard : json_tests::hard_decimals) {
        CAPTURE(hard.text);
        CHECK(read(hard.text) == std::to_string(hard.bits));
    }
}

TEST_CASE("J5: a number that no double can hold is refused, one too small for a double is zero") {
    for (const char* text : json_tests::too_large_decimals) {
        CAPTURE(text);
        CHECK(read(text) == "too large");
        CHECK(read(std::string("-") + (*text == '-' ? text + 1 : text)) == "too large");
    }
    CHECK(read("1e-400") == bits_of(0.0));
    CHECK(read("-1e-400") == bits_of(-0.0));
    CHECK(read("0." + std::string(1000, '0') + "1") == bits_of(0.0));
    CHECK(read("0." + std::string(1000, '0') + "1e1001") == bits_of(1.0));
    CHECK(read("1" + std::string(1000, '0') + "e-1000") == bits_of(1.0));
    CHECK(read(std::string(400, '9') + "e-400") == bits_of(1.0));
    CHECK(read("1" + std::string(400, '0') + ".0") == "too large");
}

TEST_CASE("whether a number is in range is told without computing it, and told alike") {
    const auto within = [](std::string_view text) {
        const number_text number = scan_number(text.data(), text.data() + text.size());
        return within_double(number, text.data());
    };
    for (const auto& hard : json_tests::hard_decimals) CHECK(within(hard.text));
    for (const char* text : json_tests::too_large_decimals) CHECK(!within(text));
    for (int exponent = 270; exponent < 330; ++exponent) {
        for (const char* digits :
             {"1", "17", "18446744073709551615", "99999999999999999999999", "1.7976931348623157", "0.1"}) {
            const std::string text = digits + ("e" + std::to_string(exponent));
            CAPTURE(text);
            CHECK(within(text) == (read(text) != "too large"));
        }
    }
}

TEST_CASE("the shortest text of a double reads back as the same double: 100,000 random bit patterns") {
    std::mt19937_64 random(3);
    int checked = 0;
    while (checked < 100'000) {
        const auto value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        const std::string text = written(value);
        if (read(text) != bits_of(value)) {
            CAPTURE(text);
            REQUIRE(read(text) == bits_of(value));
        }
        ++checked;
    }
}

TEST_CASE("doubles of everyday size read back as themselves, from their shortest text and from 17 digits") {
    std::mt19937_64 random(4);
    for (int round = 0; round < 20'000; ++round) {
        const double value = static_cast<double>(static_cast<std::int64_t>(random() >> (random() % 60))) /
                             std::pow(10.0, static_cast<double>(random() % 12));
        REQUIRE(read(written(value)) == bits_of(value));
        char text[64];
        const auto end =
            std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 16).ptr;
        REQUIRE(read({text, static_cast<std::size_t>(end - text)}) == bits_of(value));
    }
}

TEST_CASE("doubles are written with as few digits as tell them apart") {
    CHECK(written(0.0) == "0");
    CHECK(written(-0.0) == "-0");
    CHECK(written(1.0) == "1");
    CHECK(written(0.1) == "0.1");
    CHECK(written(0.1 + 0.2) == "0.30000000000000004");
    CHECK(written(1e21) == "1e+21");
    CHECK(written(1e22) == "1e+22");
    CHECK(written(123456.0) == "123456");
    CHECK(written(12345.0) == "12345");
    CHECK(written(100000.0) == "1e+05"); // five bytes, not six
    CHECK(written(1e-7) == "1e-07");
    CHECK(written(9007199254740993.0) == "9007199254740992");
    CHECK(written(5e-324) == "5e-324");
    CHECK(written(numeric_limits<double>::max()) == "1.7976931348623157e+308");
    CHECK(written(numeric_limits<double>::lowest()) == "-1.7976931348623157e+308");
    CHECK(written(-numeric_limits<double>::min()) == "-2.2250738585072014e-308");
}

TEST_CASE("what JSON has no number for is written as null") {
    CHECK(written(numeric_limits<double>::infinity()) == "null");
    CHECK(written(-numeric_limits<double>::infinity()) == "null");
    CHECK(written(numeric_limits<double>::quiet_NaN()) == "null");
    CHECK(written(numeric_limits<float>::infinity()) == "null");
    CHECK(written(numeric_limits<float>::quiet_NaN()) == "null");
}

TEST_CASE("every double and float fits the room that is kept for it") {
    std::mt19937_64 random(5);
    std::size_t longest = 0;
    for (int round = 0; round < 20'000; ++round) {
        longest = std::max(longest, written(std::bit_cast<double>(random())).size());
        longest =
            std::max(longest, written(std::bit_cast<float>(static_cast<std::uint32_t>(random()))).size());
    }
    CHECK(longest <= 24);
    CHECK(longest <= number_room);
}

TEST_CASE("the shortest text of a float reads back as the same float") {
    std::mt19937 random(6);
    const auto read_float = [](const std::string& text) {
        float value = 0;
        REQUIRE(number_from_text(text, value));
        return std::bit_cast<std::uint32_t>(value);
    };
    for (int round = 0; round < 100'000; ++round) {
        const auto bits = static_cast<std::uint32_t>(random());
        if (!std::isfinite(std::bit_cast<float>(bits))) continue;
        const std::string text = written(std::bit_cast<float>(bits));
        if (read_float(text) != bits) {
            CAPTURE(text);
            REQUIRE(read_float(text) == bits);
        }
    }
    // Rounded to a double first and to a float then, these become the float beside.
    CHECK(written(std::bit_cast<float>(0x15AE43FDu)) == "7.038531e-26");
    CHECK(read_float("7.038531e-26") == 0x15AE43FDu);
    CHECK(read_float("1.00000005960464477540") == std::bit_cast<std::uint32_t>(1.00000012f));
    CHECK(read_float("1.000000059604644775390625") == std::bit_cast<std::uint32_t>(1.0f));
}

TEST_CASE("a float has its own range") {
    float value = 0;
    CHECK(number_from_text("3.4028235e38", value));
    CHECK(value == numeric_limits<float>::max());
    CHECK(!number_from_text("3.4028236e38", value));
    CHECK(!number_from_text("-1e39", value));
    CHECK(!number_from_text("1e300", value));
    CHECK(number_from_text("1e-45", value));
    CHECK(value == numeric_limits<float>::denorm_min());
    CHECK(number_from_text("1e-300", value));
    CHECK(value == 0);
}
