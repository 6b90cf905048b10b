// What may be typed, and what is said about anything else.

#include <command_line/commands.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace reference;

namespace {

const command& example() {
    static const command made{.name = "do",
                              .words = "WHAT [HOW]",
                              .summary = "Does it.",
                              .options = {{"--fast", "", "at once"}, {"--times", "N", "so often"}},
                              .run = nullptr,
                              .least = 1,
                              .most = 2};
    return made;
}

std::string complaint_of(const std::vector<std::string_view>& typed) {
    const auto read = example().read(typed);
    REQUIRE(!read);
    return read.error().message;
}

TEST_CASE("options and words are read in any order, with = or without") {
    const std::vector<std::vector<std::string_view>> same = {
        {"--times", "3", "--fast", "it", "well"},
        {"it", "--times=3", "well", "--fast"},
        {"--fast", "--times", "3", "--", "it", "well"},
    };
    for (const auto& typed : same) {
        const auto read = example().read(typed);
        REQUIRE(read);
        CHECK(read->has("--fast"));
        CHECK(read->value("--times") == "3");
        CHECK(read->words() == std::vector<std::string>{"it", "well"});
    }
}

TEST_CASE("behind -- everything is a word, and so is a single -") {
    const std::vector<std::string_view> typed = {"-", "--", "--fast"};
    const auto read = example().read(typed);
    REQUIRE(read);
    CHECK(!read->has("--fast"));
    CHECK(read->words() == std::vector<std::string>{"-", "--fast"});
    CHECK(read->value("--times", "1") == "1");
}

TEST_CASE("an option may repeat where that is said, and somebody's command keeps its own") {
    const command other{.name = "try",
                        .words = "COMMAND...",
                        .summary = "",
                        .options = {{"--env", "NAME=VALUE", "", true}},
                        .run = nullptr,
                        .least = 1,
                        .most = 9,
                        .more = {},
                        .runs_another = true};
    const std::vector<std::string_view> typed = {"--env", "a=1", "--env=b=2", "python3", "--env", "-x", "--"};
    const auto read = other.read(typed);
    REQUIRE(read);
    CHECK(read->values("--env") == std::vector<std::string>{"a=1", "b=2"});
    CHECK(read->words() == std::vector<std::string>{"python3", "--env", "-x", "--"});
    CHECK(example().read(std::vector<std::string_view>{"it"}).value().values("--times").empty());
}

TEST_CASE("what is wrong is said") {
    CHECK(complaint_of({"it", "--slow"}) == "there is no option --slow");
    CHECK(complaint_of({"it", "-f"}) == "there is no option -f");
    CHECK(complaint_of({"it", "--fast=1"}) == "--fast takes no value");
    CHECK(complaint_of({"it", "--times"}) == "--times needs a value: N");
    CHECK(complaint_of({"it", "--times", "1", "--times", "2"}) == "--times is given twice");
    CHECK(complaint_of({}) == "something is missing");
    CHECK(complaint_of({"a", "b", "c"}) == "there is nothing to do with \"c\"");
}

TEST_CASE("--help goes before everything that is wrong, and names every option") {
    const std::vector<std::string_view> typed = {"--help", "--nothing"};
    CHECK(example().read(typed).value().has("--help"));
    CHECK(example().help() == "usage: tenon-host do [OPTIONS] WHAT [HOW]\n\nDoes it.\n\n"
                              "  --fast     at once\n"
                              "  --times N  so often\n");
}

TEST_CASE("the help of the program names every command and every exit code") {
    const std::string text = help();
    for (const command& each : commands()) {
        CAPTURE(each.name);
        // Of two words: the group, whose own help names them.
        CHECK(text.find("\n  " + std::string(each.name.substr(0, each.name.find(' '))) + " ") != text.npos);
        CHECK((each.name.find(' ') == each.name.npos ||
               find_group(each.name.substr(0, each.name.find(' '))) != nullptr));
    }
    for (const auto code : {"0", "1", "64", "66", "69", "77", "78"})
        CHECK(text.find("\n  " + std::string(code) + " ") != text.npos);
}

TEST_CASE("help fits on a terminal of 80 columns") {
    std::string text = help();
    for (const command& each : commands()) text += each.help();
    for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
        end = std::min(text.find('\n', at), text.size());
        CHECK_MESSAGE(end - at <= 80, text.substr(at, end - at));
    }
}

} // namespace
