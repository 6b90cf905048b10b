// What a hostile peer tries with JSON: the rows J2 to J7 of the fault catalogue, through the typed codec and
// through tenon::json. The conformance suite, J1, has a program of its own in suite/.

#include <tenon/json/value.hpp>

#include "hard_decimals.hpp"
#include "outcome.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <ctime>
#include <clocale>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <pthread.h>

using namespace std::string_view_literals;
using json_tests::is_json;
using json_tests::outcome;
using json_tests::times;
using json_tests::told;
using tenon::from_json;
using tenon::json;
using tenon::to_json;

// --- J2: depth ---

namespace {

// Runs something on a thread whose stack is 256 KiB: an overflow ends the whole program.
template <class Run>
void on_a_small_stack(Run run) {
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    pthread_t thread;
    const auto start = [](void* argument) -> void* {
        (*static_cast<Run*>(argument))();
        return nullptr;
    };
    REQUIRE(pthread_create(&thread, &attributes, start, &run) == 0);
    REQUIRE(pthread_join(thread, nullptr) == 0);
    pthread_attr_destroy(&attributes);
}

struct tree {
    std::vector<tree> kids;
};
struct chain {
    std::map<std::string, chain> next;
};
struct any_tree;
struct any_branch {
    std::vector<any_tree> kids;
};
struct any_tree {
    std::variant<int, any_branch> is;
};

std::string nested(std::size_t depth, std::string_view open, std::string_view middle,
                   std::string_view close) {
    return times(depth, open) + std::string(middle) + times(depth, close);
}

} // namespace

TEST_CASE("J2: a value of depth 64 is read, copied, written and destroyed on a small stack") {
    on_a_small_stack([] {
        for (const std::string& text :
             {nested(64, "[", "", "]"), nested(63, "{\"\":", "{}", "}"), nested(32, "[{\"a\":", "1", "}]")}) {
            auto value = json::parse(text);
            CHECK(value.has_value());
            if (!value) continue;
            const json copy = *value;
            CHECK(to_json(copy) == text);
            CHECK(to_json(std::vector<json>{copy})[0] == '[');
        }
        // Two levels of JSON for each of these structs, three for the last.
        const std::string of_tree = nested(31, "{\"kids\":[", "{\"kids\":[]}", "]}");
        const auto typed = from_json<tree>(of_tree);
        CHECK(typed.has_value());
        if (typed) {
            const tree copy = *typed;
            CHECK(to_json(copy) == of_tree);
        }
        const std::string of_chain = nested(31, "{\"next\":{\"n\":", "{\"next\":{}}", "}}");
        const auto mapped = from_json<chain>(of_chain);
        CHECK(mapped.has_value());
        if (mapped) {
            const chain copy = *mapped;
            CHECK(to_json(copy) == of_chain);
        }
        const std::string of_any = nested(20, "{\"is\":{\"kids\":[", "{\"is\":7}", "]}}");
        const auto varied = from_json<any_tree>(of_any);
        CHECK(varied.has_value());
        if (varied) {
            const any_tree copy = *varied;
            CHECK(to_json(copy) == of_any);
        }
    });
}

TEST_CASE("J2: what is deeper is refused before it is entered, on a small stack") {
    on_a_small_stack([] {
        CHECK(outcome<json>(nested(65, "[", "", "]")) == "-32700 nested too deep at byte 64");
        CHECK(outcome<json>(times(100'000, "[")) == "-32700 nested too deep at byte 64");
        // 250,000 bytes
        CHECK(outcome<json>(times(50'000, "[{\"\":")) == "-32700 nested too deep at byte 160");
        CHECK(outcome<tree>(times(100'000, "{\"kids\":[")).find(": nested too deep at byte 288") !=
              std::string::npos);
        CHECK(outcome<tree>(nested(32, "{\"kids\":[", "{}", "]}")).find(": nested too deep at byte 288") !=
              std::string::npos);
        CHECK(outcome<chain>(times(100'000, "{\"next\":{\"n\":")).find(": nested too deep at byte ") !=
              std::string::npos);
        CHECK(outcome<any_tree>(times(100'000, "{\"is\":{\"kids\":[")).find(": nested too deep at byte ") !=
              std::string::npos);
        CHECK(outcome<tree>("{\"unknown\":" + times(100'000, "[")) == "-32700 nested too deep at byte 74");
        CHECK(outcome<tree>("{\"kids\":" + times(100'000, "[{\"unknown\":")).find("nested too deep") !=
              std::string::npos);
        // One level for the struct that skips it, 63 for what is skipped.
        CHECK(outcome<tree>("{\"unknown\":" + nested(63, "[", "", "]") + ",\"kids\":[]}") == "{\"kids\":[]}");
        CHECK(outcome<tree>("{\"unknown\":" + nested(64, "[", "", "]") + ",\"kids\":[]}") ==
              "-32700 nested too deep at byte 74");
    });
}

// --- J3: bytes that are no text ---

TEST_CASE("J3: bytes that are no UTF-8 are refused in every place where a string may stand") {
    struct place {
        std::string name;
        std::optional<std::map<std::string, std::string>> table;
    };
    for (const std::string_view bad : {"\xFF"sv, "\xC0\x80"sv, "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv,
                                       "\xC3"sv, "\\ud800"sv, "\\udc00\\ud800"sv, "\x80"sv, "\0"sv, "\n"sv}) {
        const std::string bytes(bad);
        CAPTURE(bytes);
        for (const std::string& text :
             {"{\"name\":\"" + bytes + "\"}", "{\"name\":\"x\",\"" + bytes + "\":1}",
              "{\"" + bytes + "\":1,\"name\":\"x\"}", "{\"name\":\"x\",\"table\":{\"" + bytes + "\":\"\"}}",
              "{\"name\":\"x\",\"table\":{\"k\":\"" + bytes + "\"}}",
              "{\"name\":\"x\",\"unknown\":[{\"deep\":\"" + bytes + "\"}]}"}) {
            CHECK(outcome<place>(text).starts_with("-32700 "));
            CHECK(outcome<json>(text).starts_with("-32700 "));
        }
    }
}

TEST_CASE("J3: a fault never repeats bytes that are no UTF-8") {
    for (const char* text :
         {"{\"\xFF\":1}", "{\"k\xC3\":\"x\"}", "{\"k\":\"\xFF\"}", "\xFF", "[\xEF\xBB\xBF]"}) {
        for (const std::string& message : {outcome<std::map<std::string, int>>(text), outcome<json>(text),
                                           outcome<std::vector<int>>(text)})
            CHECK(std::all_of(message.begin(), message.end(),
                              [](char byte) { return static_cast<unsigned char>(byte) < 0x80; }));
    }
}

// --- J4: the same name twice ---

TEST_CASE("J4: two members that a check and a handler could read differently are refused") {
    struct call {
        std::string method;
        std::optional<int> id;
    };
    CHECK(outcome<call>(R"({"method":"a","method":"b"})") == "-32602 method: duplicate member at byte 23");
    CHECK(outcome<call>(R"({"method":"a","id":1,"id":2})") == "-32602 id: duplicate member at byte 26");
    CHECK(outcome<call>(R"({"id":null,"method":"a","id":2})") == "-32602 id: duplicate member at byte 29");
    CHECK(outcome<call>(R"({"method":"a","m\u0065thod":"b"})") ==
          "-32602 method: duplicate member at byte 28");
    CHECK(outcome<call>(R"({"method":"a","Method":"b","METHOD":3})") == R"({"method":"a"})");
    CHECK(outcome<call>(R"({"method":"a","method\u0000":"b"})") == R"({"method":"a"})");
    CHECK(outcome<std::map<std::string, json>>(R"({"a":{},"a":{}})") ==
          "-32602 a: duplicate member at byte 12");
}

// --- J5: numbers ---

TEST_CASE("J5: integers go round exactly, and what is out of range is never changed in silence") {
    for (const char* exact :
         {"9223372036854775807", "-9223372036854775808", "9007199254740993", "-9007199254740993"}) {
        CHECK(outcome<std::int64_t>(exact) == exact);
        CHECK(outcome<json>(exact) == exact);
        CHECK(outcome<std::variant<std::int64_t, double>>(exact) == exact);
    }
    CHECK(outcome<std::uint64_t>("18446744073709551615") == "18446744073709551615");
    for (const char* beyond :
         {"9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1e400", "1.5"}) {
        CHECK(outcome<std::int64_t>(beyond).starts_with("-32602 "));
        CHECK(outcome<int>(beyond).starts_with("-32602 "));
    }
    CHECK(outcome<json>("123456789012345678901234567890.123456789") ==
          "123456789012345678901234567890.123456789");
    CHECK(outcome<double>("1e400") == "-32700 number beyond the range of a double at byte 0");
    CHECK(outcome<json>("-1e400") == "-32700 number beyond the range of a double at byte 0");
    CHECK(outcome<double>("-0") == "-0");
    CHECK(outcome<double>("0.1") == "0.1");
}

TEST_CASE("J5: numbers go round whatever the locale says about decimal points") {
    // The locale of whoever runs this, or the one that CI names; put back at the end.
    const char* before = std::setlocale(LC_ALL, nullptr);
    const std::string restore = before == nullptr ? "C" : before;
    if (restore == "C") std::setlocale(LC_ALL, "");
    for (const auto& hard : json_tests::hard_decimals) {
        CAPTURE(hard.text);
        const auto value = from_json<double>(hard.text);
        REQUIRE(value);
        CHECK(std::bit_cast<std::uint64_t>(*value) == hard.bits);
        const auto again = from_json<double>(to_json(*value));
        REQUIRE(again);
        CHECK(std::bit_cast<std::uint64_t>(*again) == hard.bits);
    }
    CHECK(to_json(1.5) == "1.5");
    CHECK(to_json(1234567.25f) == "1234567.2");
    CHECK(to_json(1e100) == "1e+100");
    CHECK(outcome<double>("1,5") == "-32700 text behind the value at byte 1");
    CHECK(outcome<std::vector<double>>("[1.5,2.5]") == "[1.5,2.5]");
    // Turkish lowers I to a dotless i; hexadecimal digits and words are read without its help.
    CHECK(outcome<std::string>(R"("\u00E9\u00e9")") == "\"\u00E9\u00E9\"");
    CHECK(outcome<bool>("TRUE") == "-32700 not a JSON value at byte 0");
    std::setlocale(LC_ALL, restore.c_str());
}

// --- J6: cost ---

namespace {

// Counts its reads, so that work is measured without a clock.
struct counted {
    static inline std::size_t reads = 0;
};

} // namespace

template <>
struct tenon::json_codec<counted> {
    static bool read(json_reader& in, counted&) { return ++counted::reads, in.skip_value(); }
    static void write(json_writer& out, const counted&) { out.null(); }
};

namespace {

// A type that needs to read everything before it knows that it is not the one, within itself.
struct wrong_at_its_end;
struct right;
struct ambiguous {
    std::vector<std::variant<wrong_at_its_end, right>> parts;
    static constexpr bool allow_missing = true;
};
struct wrong_at_its_end {
    counted here;
    ambiguous inside;
    int never_there;
};
struct right {
    counted here;
    ambiguous inside;
};

std::string ambiguous_text(std::size_t levels) {
    // Each level is an object, an object and an array: 21 of them fit into 64 levels.
    return nested(levels, R"({"parts":[{"here":0,"inside":)", "{}", "}]}");
}

// Of the processor, and the fastest of these runs, because a machine is sometimes busy with something else.
template <class Run>
double seconds(int rounds, Run run) {
    double fastest = 1e9;
    for (int round = 0; round < rounds; ++round) {
        const std::clock_t start = std::clock();
        run();
        fastest = std::min(fastest, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return fastest;
}

// Whether sixteen times the text takes about sixteen times as long: a quadratic path takes 256 times.
template <class Run>
bool grows_linearly(Run run) {
    for (int attempt = 0; attempt < 5; ++attempt) {
        const double small = seconds(3, [&] { run(std::size_t{1} << 16); });
        const double large = seconds(attempt == 0 ? 1 : 3, [&] { run(std::size_t{1} << 20); });
        if (large < 64 * small) return true;
    }
    return false;
}

std::string list_of(std::size_t bytes, std::string_view element) {
    std::string text = "[";
    while (text.size() + element.size() + 2 < bytes) (text += element) += ',';
    return (text += element) += ']';
}

// Names that differ, as many as fit.
std::string object_of(std::size_t bytes, std::string_view value = "0") {
    std::string text = "{";
    for (std::size_t index = 0; text.size() < bytes; ++index)
        text.append(index == 0 ? "\"" : ",\"").append(std::to_string(index)).append("\":").append(value);
    return text += '}';
}

} // namespace

TEST_CASE("J6: nested alternatives cost a multiple of the text and no more") {
    std::size_t refused_from = 0;
    for (std::size_t levels = 1; levels <= 21; ++levels) {
        const std::string text = ambiguous_text(levels);
        counted::reads = 0;
        const auto value = from_json<ambiguous>(text);
        CAPTURE(levels);
        // One read a level and retry; without a budget the 21st level alone would be read two million times.
        CHECK(counted::reads <= 17 * text.size() / 10);
        if (!value) {
            if (refused_from == 0) refused_from = levels;
            CHECK(told(value.error()).find("too ambiguous at byte ") != std::string::npos);
        } else {
            CHECK(refused_from == 0);
        }
    }
    // What a sane protocol nests is read.
    CHECK(refused_from > 4);
    CHECK(refused_from <= 10);
}

TEST_CASE("J6: many alternatives beside each other are not ambiguous") {
    using soup = std::variant<bool, std::int64_t, double, std::string, std::vector<int>,
                              std::vector<std::string>, wrong_at_its_end, right>;
    std::string text = "[";
    for (int index = 0; index < 5000; ++index)
        text += R"({"here":0,"inside":{}},"text",true,1.5,7,["a","b"],[1,2],)";
    text += "null]";
    CHECK(outcome<std::vector<soup>>(text) ==
          "-32602 [35000]: expected one of several types, got none of them at byte " +
              std::to_string(text.size() - 5));
    text.replace(text.size() - 5, 4, "1234");
    CHECK(from_json<std::vector<soup>>(text)->size() == 35'001);
}

TEST_CASE("J6: reading takes time that grows with the text") {
    const auto reads = [](auto make, auto target) {
        using type = decltype(target);
        return grows_linearly([&](std::size_t bytes) {
            const std::string text = make(bytes);
            CHECK(from_json<type>(text).has_value());
        });
    };
    const auto zeros = [](std::size_t bytes) { return list_of(bytes, "0"); };
    const auto escapes = [](std::size_t bytes) { return "\"" + times(bytes / 6, "\\u0041") + "\""; };
    const auto strings = [](std::size_t bytes) { return list_of(bytes, "\"a\""); };
    const auto spaces = [](std::size_t bytes) { return "[" + std::string(bytes, ' ') + "]"; };
    const auto digits = [](std::size_t bytes) {
        return std::string(bytes, '1') + "e-" + std::to_string(bytes);
    };
    const auto empties = [](std::size_t bytes) { return list_of(bytes, "[]"); };
    const auto members = [](std::size_t bytes) { return object_of(bytes); };
    CHECK(reads(zeros, std::vector<int>()));
    CHECK(reads(zeros, json()));
    CHECK(reads(escapes, std::string()));
    CHECK(reads(escapes, json()));
    CHECK(reads(strings, std::vector<std::string>()));
    CHECK(reads(spaces, json()));
    CHECK(reads(spaces, std::vector<int>()));
    CHECK(reads(digits, json()));
    CHECK(reads(digits, double()));
    CHECK(reads(empties, std::vector<std::vector<int>>()));
    CHECK(reads(members, json()));
    CHECK(reads(members, std::unordered_map<std::string, int>()));
    CHECK(reads(members, ambiguous())); // all of them unknown
}

TEST_CASE("J6: 100,000 members are found, skipped or refused in one pass each") {
    const std::string text = object_of(std::size_t{1} << 20);
    const auto value = json::parse(text);
    REQUIRE(value);
    CHECK((*value)["99999"].text() == "0");
    CHECK((*value)["not there"].is_null());
    CHECK(from_json<std::map<std::string, int>>(text)->size() > 100'000);
    std::string twice = text;
    twice.insert(twice.size() - 1, ",\"0\":1");
    CHECK(outcome<std::map<std::string, int>>(twice) ==
          "-32602 0: duplicate member at byte " + std::to_string(twice.size() - 2));
}

namespace {

// How much memory its containers hold now and held at most.
struct memory {
    static inline std::size_t now = 0;
    static inline std::size_t peak = 0;
};

template <class T>
struct counting_allocator {
    using value_type = T;
    counting_allocator() = default;
    template <class Other>
    counting_allocator(const counting_allocator<Other>&) {}
    T* allocate(std::size_t count) {
        memory::now += count * sizeof(T);
        memory::peak = std::max(memory::peak, memory::now);
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* place, std::size_t count) {
        memory::now -= count * sizeof(T);
        std::allocator<T>().deallocate(place, count);
    }
    friend bool operator==(const counting_allocator&, const counting_allocator&) { return true; }
};

template <class T>
using list = std::vector<T, counting_allocator<T>>;
using table =
    std::map<std::string, int, std::less<std::string>, counting_allocator<std::pair<const std::string, int>>>;

// The most memory that reading takes, in bytes for each byte of the text.
template <class T>
double memory_of(const std::string& text) {
    memory::now = memory::peak = 0;
    { static_cast<void>(from_json<T>(text)); }
    CHECK(memory::now == 0);
    return static_cast<double>(memory::peak) / static_cast<double>(text.size());
}

struct large {
    char room[1000] = {};
    static constexpr auto describe() { return tenon::members(); }
};
struct medium {
    char room[250] = {};
    static constexpr auto describe() { return tenon::members(); }
};
struct sparse {
    std::optional<std::string> a, b, c, d, e, f, g, h, i, j;
};

} // namespace

TEST_CASE("J6: memory stays within 32 times the text for lists of what messages are made of") {
    const std::size_t bytes = std::size_t{1} << 20;
    CHECK(memory_of<list<std::int64_t>>(list_of(bytes, "0")) <= 32);
    CHECK(memory_of<list<double>>(list_of(bytes, "0")) <= 32);
    CHECK(memory_of<list<char8_t>>(list_of(bytes, "0")) <= 32);
    CHECK(memory_of<list<list<int>>>(list_of(bytes, "[]")) <= 32);
    CHECK(memory_of<list<list<list<int>>>>(list_of(bytes, "[[],[]]")) <= 32);
    CHECK(memory_of<list<std::string>>(list_of(bytes, "\"\"")) <=
          33); // a vector that has just doubled holds 32 times
    CHECK(memory_of<list<std::optional<std::int64_t>>>(list_of(bytes, "null")) <= 32);
    CHECK(memory_of<list<json>>(list_of(bytes, "{}")) <= 33);
    CHECK(memory_of<table>(object_of(bytes)) <= 32);
}

TEST_CASE("J6: room is not made for elements that never come, in lists of short lists") {
    const std::size_t bytes = std::size_t{1} << 20;
    for (const std::size_t length : {1u, 2u, 3u, 5u, 9u, 17u, 65u, 1025u}) {
        CAPTURE(length);
        const std::string inner_strings = list_of(length * 3 + 1, "\"\"");
        CHECK(memory_of<list<list<std::string>>>(list_of(bytes, inner_strings)) <= 32);
        const std::string inner_numbers = list_of(length * 2 + 1, "0");
        CHECK(memory_of<list<list<double>>>(list_of(bytes, inner_numbers)) <= 32);
        // What is large is refused, and until then only so much is kept.
        const std::string inner_structs = list_of(length * 3 + 1, "{}");
        CHECK(memory_of<list<list<medium>>>(list_of(bytes, inner_structs)) <= 100);
    }
}

TEST_CASE("J6: a list whose elements are far larger than their JSON is refused before it is large") {
    const std::size_t bytes = std::size_t{1} << 20;
    const std::string text = list_of(bytes, "{}");
    const std::string refused = outcome<list<large>>(text);
    CHECK(refused.starts_with("-32602 ["));
    CHECK(refused.find("]: too large in memory at byte ") != std::string::npos);
    // 32 times the text is kept; while a vector moves to twice the room, three times as much.
    CHECK(memory_of<list<large>>(text) <= 100);
    CHECK(memory_of<list<list<large>>>("[" + times(50, text.substr(0, 999) + "{}],") + "[]]") <= 1400);
    CHECK(memory_of<std::map<std::string, large, std::less<std::string>,
                             counting_allocator<std::pair<const std::string, large>>>>(
              object_of(bytes, "{}")) <= 100);
}

TEST_CASE("J6: a short list is read, however large its elements are beside their JSON") {
    CHECK(from_json<std::vector<large>>(list_of(3000, "{}")).has_value());
    CHECK(from_json<std::vector<sparse>>(list_of(10'000, "{\"a\":\"x\"}"))->size() == 1000);
    CHECK(from_json<std::vector<sparse>>(list_of(300'000, "{\"a\":\"some words\",\"b\":\"of usual length\"}"))
              .has_value());
}

// --- J7: zero bytes ---

TEST_CASE("J7: a zero byte ends no string, no name and no key") {
    CHECK(outcome<std::string>(R"("admin\u0000x")") == R"("admin\u0000x")");
    CHECK(*from_json<std::string>(R"("admin\u0000x")") == "admin\0x"sv);
    CHECK(*from_json<std::string>(R"("admin\u0000x")") != "admin");
    CHECK(from_json<std::string>(R"("\u0000")")->size() == 1);

    enum class permission { admin, user };
    CHECK(outcome<permission>(R"("admin")") == R"("admin")");
    CHECK(outcome<permission>(R"("admin\u0000")") == R"(-32602 expected one of "admin", "user" at byte 0)");
    CHECK(outcome<permission>(R"("admin\u0000x")") == R"(-32602 expected one of "admin", "user" at byte 0)");

    struct grant {
        std::optional<bool> admin;
    };
    CHECK(outcome<grant>(R"({"admin\u0000x":true})") == "{}");
    CHECK(outcome<grant>(R"({"admin\u0000":true,"admin":false})") == R"({"admin":false})");

    const auto map = from_json<std::map<std::string, int>>(R"({"admin\u0000x":1,"admin":2})");
    REQUIRE(map);
    CHECK(map->at("admin") == 2);
    CHECK(map->at(std::string("admin\0x"sv)) == 1);
    CHECK(outcome<std::map<int, int>>(R"({"1\u0000":1})") ==
          "-32602 1" + std::string("\0"sv) + ": expected a number as the member's name at byte 11");
    CHECK(outcome<std::map<permission, int>>(R"({"user\u0000":1})").starts_with("-32602 "));

    // Raw, it is a control character like the others, and no end of the text either.
    CHECK(!is_json("\"a\0b\""sv));
    CHECK(!is_json("1\0"sv));
    CHECK(!is_json("[1]\0"sv));
    CHECK(outcome<int>("1\0"sv) == "-32700 text behind the value at byte 1");
}
