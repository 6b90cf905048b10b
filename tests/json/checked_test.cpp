// Finding one's way in text that is known to be JSON: always where the reader, which checks, finds it too.

#include <tenon/json/checked.hpp>
#include <tenon/json/reader.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

struct found {
    std::string_view name, value;
    bool operator==(const found&) const = default;
};

/// What the reader finds; names as they were written.
std::vector<found> read(std::string_view object) {
    std::vector<found> all;
    json_reader in(object);
    REQUIRE(in.enter_object());
    std::string_view name, value;
    while (in.next_member(name)) {
        REQUIRE(in.read_slice(value));
        all.push_back({name, value});
    }
    REQUIRE_MESSAGE(in.finish(), std::string(object));
    return all;
}

std::vector<found> find(std::string_view object) {
    std::vector<found> all;
    checked_members members(object);
    for (found one; members.next(one.name, one.value);) all.push_back(one);
    return all;
}

const std::vector<std::string> values = {
    "0",
    "-1.5e+10",
    "true",
    "null",
    R"("")",
    R"("a")",
    R"("fifteen letters")",
    R"("sixteen letters.")",
    R"("\"")",
    R"("\\")",
    R"("\\\"}{][,:")",
    R"("a quote \" far behind its beginning, and a \\ and } ] , too")",
    "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xE2\x80\xA8\"",
    "{}",
    "[]",
    "[ ]",
    "{ }",
    R"([[],{},"]"])",
    R"({"a":{"b":[{"c":"}"},["]"]]},"d":"{"})",
    R"([1, 2 , {"a" : "b" }, "c" ])",
};

} // namespace

TEST_CASE("members are where the reader finds them, whatever they are and wherever they stand") {
    for (const std::string& first : values)
        for (const std::string& second : values)
            for (const std::string space : {"", " ", "\r\n\t "})
                for (const std::string name : {"", "a", "a name that is longer than a step"}) {
                    const std::string object = "{" + space + "\"" + name + "\"" + space + ":" + space +
                                               first + space + "," + space + R"("b")" + space + ":" + space +
                                               second + space + "}";
                    CHECK_MESSAGE(find(object) == read(object), object);
                }
    CHECK(find("{}").empty());
    CHECK(find("{ \n}").empty());
}

TEST_CASE("a value ends where the reader says, also where nothing can be read behind it") {
    for (const std::string& value : values)
        for (std::size_t before = 0; before != 20; ++before) {
            // Of exactly this size, so that a sanitizer sees a byte too many.
            const std::string text = std::string(before, ' ') + value;
            const std::vector<char> exact(text.begin(), text.end());
            const char* const end = exact.data() + exact.size();
            CHECK_MESSAGE(checked_value_end(exact.data() + before, end) == end, value);
        }
}

TEST_CASE("a name with a backslash is given as it was written") {
    const auto all = find(R"({"\"a\u0062":1,"\\":2})");
    REQUIRE(all.size() == 2);
    CHECK(all[0] == found{R"(\"a\u0062)", "1"});
    CHECK(all[1] == found{R"(\\)", "2"});
}
