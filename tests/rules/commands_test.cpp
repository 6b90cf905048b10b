#include <tenon/rules/calls/commands.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

command_declaration named(std::string name) { return {.name = std::move(name)}; }
std::string refusal(const result<void>& outcome) { return outcome ? std::string() : outcome.error().message; }

} // namespace

TEST_CASE("a command belongs to whoever said it first, until it goes") {
    command_table table;
    CHECK(table.add(1, "counter", named("count")));
    CHECK(refusal(table.add(2, "other", named("count"))) == "command 'count': it belongs to counter");
    CHECK(refusal(table.add(1, "counter", named("count"))) == "command 'count': this plugin has it already");
    REQUIRE(table.find("count") != nullptr);
    CHECK(table.find("count")->plugin == 1);
    CHECK(table.find("count")->plugin_name == "counter");
    table.withdraw(1);
    CHECK(table.find("count") == nullptr); // nobody takes over by itself
    CHECK(table.former_owner("count") == "counter");
    CHECK(table.former_owner("none").empty());
    CHECK(table.add(2, "other", named("count")));
    CHECK(table.find("count")->plugin == 2);
    CHECK(table.former_owner("count").empty());
    table.withdraw(1);
    table.withdraw(7);
    CHECK(table.size() == 1);
}

TEST_CASE("a command may be registered and taken back while the plugin runs, by itself alone") {
    command_table table;
    CHECK(table.add(1, "a", named("declared")));
    CHECK(table.add(1, "a", named("later"), true));
    CHECK_FALSE(table.find("declared")->at_run_time);
    CHECK(table.find("later")->at_run_time);
    CHECK(refusal(table.remove(2, "later")) == "command 'later': this plugin has no such command");
    CHECK(refusal(table.remove(1, "none")) == "command 'none': this plugin has no such command");
    CHECK(table.remove(1, "later"));
    CHECK(table.remove(1, "declared"));
    CHECK(table.size() == 0);
}

TEST_CASE("a command keeps its description and schemas, which outlive the message") {
    command_table table;
    {
        std::string message = R"({"name":"count","description":"counts","params":{"type":"object"}})";
        const auto declared = from_json<command_declaration>(message);
        REQUIRE(declared);
        CHECK(table.add(1, "a", *declared));
        message.assign(message.size(), 'x');
    }
    const known_command* count = table.find("count");
    CHECK(count->description == "counts");
    CHECK(count->params->text() == R"({"type":"object"})");
    CHECK_FALSE(count->result.has_value());
}

TEST_CASE("commands are listed by name, of all plugins or of one") {
    command_table table;
    for (const char* name : {"c", "a", "b"}) CHECK(table.add(name[0] == 'a' ? 1 : 2, "p", named(name)));
    const auto all = table.list();
    REQUIRE(all.size() == 3);
    CHECK(all[0]->name == "a");
    CHECK(all[2]->name == "c");
    CHECK(table.of(2).size() == 2);
    CHECK(table.of(9).empty());
}

TEST_CASE("names and numbers of commands are bounded") {
    command_table table;
    CHECK(refusal(table.add(1, "a", named(""))) == "command '': a command has a name");
    CHECK(table.add(1, "a", named(std::string(128, 'n'))));
    CHECK(refusal(table.add(1, "a", named(std::string(100'000, 'n')))).size() < 300);
    CHECK_FALSE(table.add(1, "a", named("new\nline")));
    // Cut within its last character, it was no UTF-8 any more.
    std::string long_name = std::string(127, 'n') + "\u00e9";
    CHECK(refusal(table.add(1, "a", named(long_name)))
              .starts_with("command '" + std::string(127, 'n') + "': "));
    CHECK_FALSE(table.add(1, "a", {.name = "much", .description = std::string(70'000, 'x')}));
    for (std::size_t index = 1; index < max_commands; ++index)
        CHECK(table.add(1, "a", named("c" + std::to_string(index))));
    CHECK(refusal(table.add(1, "a", named("more"))) == "command 'more': a plugin has at most 256 commands");
    CHECK(table.add(2, "b", named("more")));
    CHECK(table.remove(1, "c1"));
    CHECK(table.add(1, "a", named("c1")));
    table.withdraw(1);
    CHECK(table.add(1, "a", named("again")));
}
