// The JSON floor where nothing that the other tests stand on is there: libc++ without from_chars for doubles, no
// 128-bit vectors, no exceptions, 32-bit sizes, a stack of 64 KiB. Checks itself and says how many checks failed.

#include <tenon/json/schema.hpp>
#include <tenon/json/value.hpp>

#include "../json/hard_decimals.hpp"
#include "../json/outcome.hpp"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using json_tests::outcome;
using json_tests::times;
using tenon::from_json;
using tenon::to_json;

namespace {

int checks = 0;
int failures = 0;

void check(bool good, const char* what, std::string_view detail = {}) {
    ++checks;
    if (good) return;
    ++failures;
    std::printf("FAILED %s %.*s\n", what, static_cast<int>(detail.size()), detail.data());
}

void same(const std::string& got, std::string_view expected) {
    check(got == expected, "expected", expected);
    if (got != expected) std::printf("       got %s\n", got.c_str());
}

// Random enough, the same everywhere.
struct generator {
    std::uint64_t state = 88172645463325252u;
    std::uint64_t operator()() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    }
};

// --- numbers ---

void decimals_are_rounded_right() {
    for (const auto& hard : json_tests::hard_decimals) {
        const auto value = from_json<double>(hard.text);
        check(value && std::bit_cast<std::uint64_t>(*value) == hard.bits, "nearest double of", hard.text);
        check(json_tests::is_json(hard.text), "is a number", hard.text);
    }
    for (const char* text : json_tests::too_large_decimals) {
        check(!from_json<double>(text), "too large", text);
        check(!json_tests::is_json(text), "too large", text);
    }
}

void numbers_go_round() {
    generator random;
    for (int round = 0; round < 20'000; ++round) {
        const auto value = std::bit_cast<double>(random());
        if (value - value != 0) continue;
        const std::string text = to_json(value);
        const auto back = from_json<double>(text);
        check(back && std::bit_cast<std::uint64_t>(*back) == std::bit_cast<std::uint64_t>(value),
              "goes round", text);
        const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        if (single - single != 0) continue;
        const auto single_back = from_json<float>(to_json(single));
        check(single_back &&
                  std::bit_cast<std::uint32_t>(*single_back) == std::bit_cast<std::uint32_t>(single),
              "goes round", to_json(single));
        const auto integer = static_cast<std::int64_t>(random() >> (random() % 64));
        same(outcome<std::int64_t>(to_json(integer)), to_json(integer));
    }
    same(to_json(0.1), "0.1");
    same(to_json(1e22), "1e+22");
    same(to_json(5e-324), "5e-324");
    same(to_json(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
    same(to_json(std::numeric_limits<double>::infinity()), "null");
    same(outcome<float>("7.038531e-26"), "7.038531e-26");
    same(outcome<float>("3.5e38"), "-32602 number out of range at byte 0");
    same(outcome<std::int64_t>("-9223372036854775808"), "-9223372036854775808");
    same(outcome<std::int64_t>("9223372036854775808"), "-32602 integer out of range at byte 0");
    same(outcome<std::uint64_t>("18446744073709551615"), "18446744073709551615");
    same(outcome<long>("2147483648"),
         sizeof(long) == 4 ? "-32602 integer out of range at byte 0" : "2147483648");
}

// --- text ---

void text_is_scanned_right() {
    // Every byte in every place of a step, in front of other bytes that might be mistaken for it.
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        for (std::size_t place = 0; place < tenon::detail::scan_step; ++place) {
            std::string bytes(tenon::detail::scan_step, '#');
            bytes[place] = static_cast<char>(byte);
            const std::size_t expected = plain ? tenon::detail::scan_step : place;
            const auto unplain = tenon::detail::unplain_bytes(bytes.data());
            const std::size_t stop =
                unplain == 0 ? tenon::detail::scan_step : tenon::detail::first_of(unplain);
            check(stop == expected, "stops at the byte", to_json(byte));
        }
    }
    for (std::size_t length = 1; length < 40; ++length) {
        for (std::size_t place = 0; place < length; ++place) {
            const std::string head(place, 'a'), tail(length - place - 1, 'b');
            for (const char* piece : {"\n", "\"", "\\", "\x01", "\u00E9", "\U0001F600"}) {
                const std::string text = head + piece + tail;
                const auto back = from_json<std::string>(to_json(text));
                check(back && *back == text, "goes round", to_json(text));
            }
            check(!from_json<std::string>('"' + head + '\xFF' + tail + '"'), "no UTF-8");
            same(to_json(head + '\xFF' + tail), '"' + head + "\uFFFD" + tail + '"');
        }
    }
    same(outcome<std::string>(R"("\ud83d\ude00\u0000")"), "\"\U0001F600\\u0000\"");
    same(outcome<std::string>(R"("\ud83d")"), "-32700 surrogate without its partner at byte 1");
}

// --- types ---

enum class colour { red, green };

struct point {
    int x;
    std::optional<double> y;
};

struct everything {
    std::string text;
    colour shade;
    std::vector<point> points;
    std::map<std::string, std::vector<bool>> flags;
    std::variant<std::int64_t, std::string, point> either;
    std::chrono::milliseconds wait;
    std::pair<int, std::string> pair;
    std::optional<tenon::json> any;
    std::size_t size;
};

struct tree {
    std::vector<tree> kids;
};

void types_go_round() {
    const std::string text =
        R"({"text":"t","shade":"green","points":[{"x":1},{"x":2,"y":0.5}],"flags":{"a":[true,false]},)"
        R"("either":{"x":3},"wait":1500,"pair":[1,"p"],"any":{ "free" : [ 1 ] },"size":4294967295})";
    same(outcome<everything>(text), text);
    same(outcome<everything>(R"({"text":"t","shade":"blue"})"),
         R"(-32602 shade: expected one of "red", "green" at byte 20)");
    same(outcome<std::vector<point>>(R"([{"x":1},{"y":2}])"), "-32602 [1].x: missing at byte 9");
    same(outcome<std::map<int, colour>>(R"({"1":"red","1":"red"})"), "-32602 1: duplicate member at byte 15");
    same(outcome<std::size_t>("4294967296"),
         sizeof(std::size_t) == 4 ? "-32602 integer out of range at byte 0" : "4294967296");
    same(
        tenon::json_schema<point>(),
        R"({"type":"object","properties":{"x":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
        R"("y":{"anyOf":[{"type":"number"},{"type":"null"}]}},"required":["x"]})");
    same(
        tenon::json_schema<tree>(),
        R"({"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#"}}},"required":["kids"]})");
}

void depth_fits_the_stack() {
    const std::string deepest = times(31, "{\"kids\":[") + "{\"kids\":[]}" + times(31, "]}");
    const auto value = from_json<tree>(deepest);
    check(value.has_value(), "32 structs in 64 levels");
    if (value) {
        const tree copy = *value;
        same(to_json(copy), deepest);
    }
    same(outcome<tenon::json>(times(64, "[") + times(64, "]")), times(64, "[") + times(64, "]"));
    same(outcome<tenon::json>(times(100'000, "[")), "-32700 nested too deep at byte 64");
    check(!from_json<tree>(times(100'000, "{\"kids\":[")), "nested too deep");
}

} // namespace

int main() {
    decimals_are_rounded_right();
    numbers_go_round();
    text_is_scanned_right();
    types_go_round();
    depth_fits_the_stack();
    std::printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
