#include <tenon/packages/format/version_range.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;

namespace {

struct row {
    const char* range;
    const char* met;     // versions, parted by blanks
    const char* not_met; // the same
};

void holds(const row& wanted, pre_releases which) {
    CAPTURE(wanted.range);
    const auto range = read_range(wanted.range);
    REQUIRE(range);
    for (const auto& [list, expected] : {std::pair{wanted.met, true}, std::pair{wanted.not_met, false}}) {
        std::string_view rest = list;
        while (!rest.empty()) {
            const std::string_view text = detail::take_part(rest, ' ');
            CAPTURE(text);
            const auto version = read_version(text);
            REQUIRE(version);
            CHECK(range->contains(*version, which) == expected);
        }
    }
}

} // namespace

TEST_CASE("ranges mean what npm says that they mean") {
    for (const row& wanted : {
             // one version, and what stands together
             row{"1.2.3", "1.2.3 1.2.3+build", "1.2.4 1.2.2 1.2.3-beta"},
             {"=1.2.3", "1.2.3", "1.2.4"},
             {"= 1.2.3", "1.2.3", "1.2.4"},
             {">=1.2.3", "1.2.3 1.2.4 2.0.0", "1.2.2 1.2.3-beta 2.0.0-beta"},
             {">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.4-beta"},
             {"<1.2.3", "1.2.2 0.0.0", "1.2.3 1.2.3-beta 1.2.2-beta"},
             {"<=1.2.3", "1.2.3 0.9.9", "1.2.4"},
             {">=1.2.0 <2.0.0", "1.2.0 1.9.9", "1.1.9 2.0.0 2.0.0-0"},
             {">=1.2.0,<2.0.0", "1.2.0 1.9.9", "2.0.0"},
             {">=1.2.0, <2.0.0", "1.2.0 1.9.9", "2.0.0"},
             {">= 1.2.0  < 2.0.0", "1.2.0 1.9.9", "2.0.0"},
             {"<1.0.0 || >=2.3.1 <2.4.5 || >=2.5.2 <3.0.0", "0.9.9 2.3.1 2.4.4 2.5.2 2.9.9",
              "1.0.0 2.4.5 2.5.1 3.0.0"},
             {"1.2.7 || >=1.2.9 <2.0.0", "1.2.7 1.2.9 1.4.6", "1.2.8 2.0.0"},
             {"0.1.20||1.2.4", "0.1.20 1.2.4", "1.2.3"},
             // any
             {"", "0.0.0 1.2.3", "1.2.3-beta"},
             {"*", "0.0.0 1.2.3", "1.2.3-beta"},
             {"x", "1.2.3", "1.2.3-a"},
             {"X.X.X", "1.2.3", "1.2.3-a"},
             {">=*", "0.0.0 9.9.9", "1.0.0-a"},
             {"||", "1.3.4", "1.3.4-a"},
             {"<*", "", "0.0.0 1.0.0"},
             {">*", "", "0.0.0 1.0.0"},
             // open ends
             {"1", "1.0.0 1.9.9", "0.9.9 2.0.0 2.0.0-a 1.0.0-a"},
             {"1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"},
             {"1.x", "1.0.0 1.9.9", "2.0.0"},
             {"1.2.x", "1.2.0 1.2.9", "1.3.0"},
             {"1.2.*", "1.2.0 1.2.9", "1.3.0"},
             {"1.*.*", "1.0.0 1.9.9", "2.0.0"},
             {"=1.2", "1.2.0 1.2.9", "1.3.0"},
             {">1", "2.0.0 3.0.0", "1.9.9 2.0.0-a"},
             {">1.2", "1.3.0 2.0.0", "1.2.9 1.2.0"},
             {">=1", "1.0.0 2.0.0", "0.9.9 1.0.0-a"},
             {">=1.2", "1.2.0", "1.1.9"},
             {"<1.2", "1.1.9", "1.2.0 1.2.0-a"},
             {"<1", "0.9.9", "1.0.0 1.0.0-a"},
             {"<=1", "1.9.9", "2.0.0"},
             {"<=1.2", "1.2.9", "1.3.0"},
             {"<=2.x", "2.9.9", "3.0.0"},
             {">=0.x", "0.0.0 5.0.0", "0.0.0-a"},
             // tilde
             {"~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0 1.3.0-0"},
             {"~1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"},
             {"~1", "1.0.0 1.9.9", "2.0.0 0.9.9"},
             {"~0.2.3", "0.2.3 0.2.9", "0.3.0"},
             {"~0.2", "0.2.0", "0.3.0"},
             {"~0", "0.0.0 0.9.9", "1.0.0"},
             {"~ 1.2.3", "1.2.3", "1.3.0"},
             {"~1.2.3-beta.2", "1.2.3-beta.2 1.2.3-beta.4 1.2.3 1.2.4", "1.2.3-beta.1 1.2.4-beta.2 1.3.0"},
             {"~1.x", "1.2.3", "2.0.0"},
             // caret
             {"^1.2.3", "1.2.3 1.9.9", "1.2.2 2.0.0 2.0.0-a 1.2.3-a"},
             {"^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"},
             {"^0.0.3", "0.0.3", "0.0.4 0.0.2"},
             {"^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-beta.4 1.2.3 1.8.0", "1.2.3-beta.1 1.2.4-beta.2 2.0.0"},
             {"^0.0.3-beta", "0.0.3-beta 0.0.3-pr.2 0.0.3", "0.0.3-alpha 0.0.4"},
             {"^1.2.x", "1.2.0 1.9.9", "1.1.9 2.0.0"},
             {"^0.0.x", "0.0.0 0.0.9", "0.1.0"},
             {"^0.0", "0.0.0 0.0.9", "0.1.0"},
             {"^0.1", "0.1.0 0.1.9", "0.2.0"},
             {"^1.x", "1.0.0 1.9.9", "2.0.0"},
             {"^0.x", "0.0.0 0.9.9", "1.0.0"},
             {"^*", "0.0.0 9.0.0", "1.0.0-a"},
             {"^ 1.2 ^ 1", "1.2.0 1.4.2", "1.1.0 2.0.0"},
             // from one to the other
             {"1.2.3 - 2.3.4", "1.2.3 2.0.0 2.3.4", "1.2.2 2.3.5"},
             {"1.2 - 2.3.4", "1.2.0 2.3.4", "1.1.9"},
             {"1.2.3 - 2.3", "1.2.3 2.3.9", "2.4.0 2.4.0-a"},
             {"1.2.3 - 2", "2.9.9", "3.0.0 3.0.0-a"},
             {"1.2.3 - *", "1.2.3 9.9.9", "1.2.2"},
             {"* - 2.0.0", "0.0.0 2.0.0", "2.0.1"},
             {"  1.0.0  -  2.0.0 ", "1.2.3", "2.2.3"},
             {"1.2.3-alpha - 2.0.0-beta", "1.2.3-beta 1.2.3 2.0.0-alpha", "2.0.0-gamma 2.0.0 1.9.0-a"},
             // pre-releases only where the same three numbers are named
             {">1.2.3-alpha.3", "1.2.3-alpha.7 1.2.3 3.4.5", "1.2.3-alpha.3 3.4.5-alpha.9"},
             {">=1.0.0-rc.1 <1.0.0", "1.0.0-rc.2", "1.0.0 1.0.1-rc.1 0.9.9"},
             {">=1.2.3-beta || <0.1.0", "0.0.5 1.2.3-beta", "0.0.5-beta 1.2.4-beta"},
             // what nothing meets
             {">=2.0.0 <1.0.0", "", "0.5.0 1.0.0 1.5.0 2.0.0"},
         })
        holds(wanted, pre_releases::named);
}

TEST_CASE("who asks for pre-releases gets them where they stand in the order") {
    for (const row& wanted : {
             row{"*", "1.0.0-alpha 0.0.0-0", ""},
             {"1.x", "1.0.0-alpha 1.9.0-a", "2.0.0-a"},
             {"1.2", "1.2.0-a 1.2.5-a", "1.3.0-a"},
             {">=1.2", "1.2.0-a 2.0.0-a", "1.1.0-a"},
             {">1.2", "1.3.0-a", "1.2.9-a"},
             {"^1.2.3", "1.3.0-beta 1.2.4-a", "2.0.0-a 1.2.3-a"},
             {"^1.2", "1.2.0-a 1.3.0-a", "2.0.0-a"},
             {"<=1.2", "1.2.9-a", "1.3.0-a"},
             {"1.2 - 2.0.0", "1.2.0-a 2.0.0-a", "2.0.1-a"},
         })
        holds(wanted, pre_releases::all);
}

TEST_CASE("what is no range is refused, and the part that is none is named") {
    for (const char* text :
         {"blerg", "1.2.3.4",    "v1.2.3",    "1.x.3",     "01.2",   "^^1.2",     "~>1.2",   "=>1.2",
          "!1.2",  ">",          "1 - 2 - 3", "1.2.3 -",   "1 -2",   "1|2",       "1.2.3-",  "^1.2-beta",
          "1.2+b", ">=1.2.3foo", "(1.0",      "[1.0,2.0)", "latest", "1.2.3 foo", "\xC2\xA0"}) {
        CAPTURE(text);
        CHECK_FALSE(read_range(text));
    }
    CHECK(read_range(">=1.2 ~>3").error().message == "range \">=1.2 ~>3\": \"~>3\" is no range of versions");
    CHECK(read_range(">=1 <1000000000000000000").error().message ==
          "range \">=1 <1000000000000000000\": \"<1000000000000000000\" is no range of versions: a number is "
          "too large: expected at most 999999999999999999");
    CHECK(read_range(std::string(2'000, '1'))
              .error()
              .message.ends_with("expected at most 1024 letters, got 2000"));
}

TEST_CASE("a range says how it was written, and whether it is one version only") {
    CHECK(read_range("^1.2")->text() == "^1.2");
    CHECK(version_range().text() == "*");
    CHECK(read_range("1.2.3")->is_exact());
    for (const char* text : {"1.2", "1.2.3 || 1.2.4", "^1.2.3", "*"})
        CHECK_FALSE(read_range(text)->is_exact());
}

TEST_CASE("a range that ends in a sign is refused with that sign: its quotation was read beyond the text") {
    for (const std::string& text : std::vector<std::string>{">", "^", "1 <=", ">= ", "1 || ~"}) {
        const auto range = read_range(text);
        REQUIRE_FALSE(range);
        CHECK(range.error().message.starts_with("range \"" + text + "\": \""));
        CHECK(range.error().message.ends_with("\" is no range of versions"));
    }
    CHECK(read_range("1 <=").error().message == "range \"1 <=\": \"<=\" is no range of versions");
}
