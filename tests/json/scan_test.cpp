#include <tenon/json/scan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using tenon::detail::copy_few_plain;
using tenon::detail::is_plain;
using tenon::detail::same_text;
using tenon::detail::scan_step;
using tenon::detail::skip_plain;
using tenon::detail::utf8_sequence;

namespace {

/// How many bytes at `from` are plain, at most `scan_step`.
std::size_t plain_prefix(const char* from) {
    const tenon::detail::byte_set unplain = tenon::detail::unplain_bytes(from);
    return unplain == 0 ? scan_step : tenon::detail::first_of(unplain);
}

bool plain_by_definition(unsigned byte) { return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\'; }

std::size_t length_at(std::string_view bytes) {
    return utf8_sequence(bytes.data(), bytes.data() + bytes.size());
}

// The rows of the Unicode standard's table of well-formed sequences.
struct well_formed {
    std::size_t length;
    unsigned char first_from, first_to, second_from, second_to;
};
constexpr well_formed table[] = {
    {2, 0xC2, 0xDF, 0x80, 0xBF}, {3, 0xE0, 0xE0, 0xA0, 0xBF}, {3, 0xE1, 0xEC, 0x80, 0xBF},
    {3, 0xED, 0xED, 0x80, 0x9F}, {3, 0xEE, 0xEF, 0x80, 0xBF}, {4, 0xF0, 0xF0, 0x90, 0xBF},
    {4, 0xF1, 0xF3, 0x80, 0xBF}, {4, 0xF4, 0xF4, 0x80, 0x8F},
};

std::size_t length_by_table(const unsigned char* bytes, std::size_t count) {
    if (count == 0) return 0;
    if (bytes[0] < 0x80) return 1;
    for (const auto& row : table) {
        if (bytes[0] < row.first_from || bytes[0] > row.first_to || count < row.length) continue;
        if (bytes[1] < row.second_from || bytes[1] > row.second_to) return 0;
        for (std::size_t index = 2; index < row.length; ++index)
            if (bytes[index] < 0x80 || bytes[index] > 0xBF) return 0;
        return row.length;
    }
    return 0;
}

} // namespace

TEST_CASE("plain bytes are the ASCII that a JSON string takes as it is") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        CHECK(is_plain(static_cast<char>(byte)) == plain_by_definition(byte));
    }
}

TEST_CASE("a step of the scan stops at each byte that is not plain, wherever it stands") {
    for (std::size_t place = 0; place < scan_step; ++place) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::string bytes(scan_step, 'a');
            bytes[place] = static_cast<char>(byte);
            const std::size_t expected = plain_by_definition(byte) ? scan_step : place;
            if (plain_prefix(bytes.data()) != expected) {
                CAPTURE(place);
                CAPTURE(byte);
                CHECK(plain_prefix(bytes.data()) == expected);
            }
        }
    }
}

TEST_CASE("a step of the scan finds the first of several") {
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(scan_step, 'a');
        // Bytes beside the ones that are searched for, which arithmetic on whole words could mistake.
        constexpr std::string_view near("\x1F\x20\x21\x22\x23\x5B\x5C\x5D\x7F\x80\x81\xA0\xFF\x00\x01", 15);
        for (char& byte : bytes) byte = near[random() % near.size()];
        const auto stop = std::find_if(bytes.begin(), bytes.end(), [](char byte) {
            return !plain_by_definition(static_cast<unsigned char>(byte));
        });
        const auto expected = static_cast<std::size_t>(stop - bytes.begin());
        if (plain_prefix(bytes.data()) != expected) CHECK(plain_prefix(bytes.data()) == expected);
    }
}

TEST_CASE("the scan stops at the end of a text of any length and reads nothing behind it") {
    for (std::size_t length = 0; length <= 9 * scan_step + 1; ++length) {
        // Exactly as large as the text, so that a sanitizer sees a byte read too many.
        const std::unique_ptr<char[]> bytes(new char[length]);
        std::fill_n(bytes.get(), length, 'a');
        CHECK(skip_plain(bytes.get(), bytes.get(), bytes.get() + length) == bytes.get() + length);
        for (std::size_t place = 0; place < length; ++place) {
            bytes[place] = '"';
            CHECK(skip_plain(bytes.get(), bytes.get(), bytes.get() + length) == bytes.get() + place);
            // What stands before the start is not looked for.
            CHECK(skip_plain(bytes.get(), bytes.get() + place + 1, bytes.get() + length) ==
                  bytes.get() + length);
            bytes[place] = 'a';
        }
    }
}

TEST_CASE("a few bytes are copied if all of them are plain, and no byte more is read or written") {
    for (std::size_t length = 0; length < 16; ++length) {
        const std::unique_ptr<char[]> from(new char[length]), to(new char[length]);
        for (std::size_t index = 0; index < length; ++index) from[index] = static_cast<char>('a' + index);
        REQUIRE(copy_few_plain(to.get(), from.get(), length));
        CHECK(std::equal(from.get(), from.get() + length, to.get()));
        for (std::size_t place = 0; place < length; ++place)
            for (int byte = 0; byte < 256; ++byte) {
                const char before = std::exchange(from[place], static_cast<char>(byte));
                const bool plain = plain_by_definition(static_cast<unsigned char>(byte));
                if (copy_few_plain(to.get(), from.get(), length) != plain)
                    FAIL_CHECK("byte ", byte, " of ", length);
                from[place] = before;
            }
    }
}

TEST_CASE("texts are the same if every byte is, and no byte behind them is read") {
    for (std::size_t length = 0; length < 40; ++length) {
        const std::unique_ptr<char[]> one(new char[length]), other(new char[length]);
        for (std::size_t index = 0; index < length; ++index)
            one[index] = other[index] = static_cast<char>('a' + index % 26);
        const std::string_view left(one.get(), length), right(other.get(), length);
        CHECK(same_text(left, right));
        if (length != 0) CHECK_FALSE(same_text(left, right.substr(1)));
        for (std::size_t place = 0; place < length; ++place) {
            other[place] = '!';
            CHECK_FALSE(same_text(left, right));
            other[place] = one[place];
        }
    }
}

TEST_CASE("every code point's UTF-8 is recognised with its length") {
    for (std::uint32_t code = 0; code < 0x110000; ++code) {
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        std::string bytes;
        const auto push = [&](std::uint32_t byte) { bytes += static_cast<char>(byte); };
        if (code < 0x80) {
            push(code);
        } else if (code < 0x800) {
            push(0xC0 | code >> 6);
            push(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            push(0xE0 | code >> 12);
            push(0x80 | (code >> 6 & 0x3F));
            push(0x80 | (code & 0x3F));
        } else {
            push(0xF0 | code >> 18);
            push(0x80 | (code >> 12 & 0x3F));
            push(0x80 | (code >> 6 & 0x3F));
            push(0x80 | (code & 0x3F));
        }
        if (length_at(bytes) != bytes.size()) {
            CAPTURE(code);
            CHECK(length_at(bytes) == bytes.size());
        }
    }
}

TEST_CASE("J3: overlong forms, surrogates and what lies above U+10FFFF are no UTF-8") {
    using namespace std::string_view_literals;
    const std::string_view refused[] = {
        "\x80"sv,             // a continuation byte alone
        "\xBF"sv,             //
        "\xC0\x80"sv,         // U+0000 in two bytes
        "\xC1\xBF"sv,         // U+007F in two
        "\xE0\x80\x80"sv,     // U+0000 in three
        "\xE0\x9F\xBF"sv,     // U+07FF in three
        "\xF0\x80\x80\x80"sv, // U+0000 in four
        "\xF0\x8F\xBF\xBF"sv, // U+FFFF in four
        "\xED\xA0\x80"sv,     // U+D800
        "\xED\xBF\xBF"sv,     // U+DFFF
        "\xF4\x90\x80\x80"sv, // U+110000
        "\xF5\x80\x80\x80"sv,
        "\xFF"sv,
        "\xFE"sv,
        "\xF8\x88\x80\x80\x80"sv,
        "\xC3"sv,         // cut off
        "\xC3\x28"sv,     //
        "\xE2\x82"sv,     //
        "\xE2\x28\xA1"sv, //
        "\xE2\x82\x28"sv, //
        "\xF0\x9F\x98"sv,
        "\xF0\x28\x8C\xBC"sv,
        "\xF0\x90\x28\xBC"sv,
        "\xF0\x90\x8C\x28"sv,
    };
    for (const std::string_view bytes : refused) CHECK(length_at(bytes) == 0);

    CHECK(length_at("\xC2\x80"sv) == 2);
    CHECK(length_at("\xE0\xA0\x80"sv) == 3);
    CHECK(length_at("\xED\x9F\xBF"sv) == 3);
    CHECK(length_at("\xEE\x80\x80"sv) == 3);
    CHECK(length_at("\xEF\xBF\xBF"sv) == 3); // U+FFFF is no character, but a code point
    CHECK(length_at("\xF0\x90\x80\x80"sv) == 4);
    CHECK(length_at("\xF4\x8F\xBF\xBF"sv) == 4);
}

TEST_CASE("sequences of up to four bytes are judged as the Unicode standard's table does") {
    // Every first and second byte; of the third and fourth those at the edges of what may stand there.
    constexpr unsigned char edges[] = {0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    std::size_t wrong = 0;
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            for (const unsigned char third : edges) {
                for (const unsigned char fourth : edges) {
                    const unsigned char bytes[4] = {static_cast<unsigned char>(first),
                                                    static_cast<unsigned char>(second), third, fourth};
                    const auto* text = reinterpret_cast<const char*>(bytes);
                    for (std::size_t count = 1; count <= 4; ++count)
                        wrong += utf8_sequence(text, text + count) != length_by_table(bytes, count);
                }
            }
        }
    }
    CHECK(wrong == 0);
}
