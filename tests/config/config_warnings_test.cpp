#include <tenon/config/config_warnings.hpp>
#include <tenon/config/system_small_file.hpp>

#include "../process/processes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon;

TEST_CASE("what a file allows and nobody means was not said: needs, permissions, events, programs") {
    const tests::scratch_folder folder;
    const std::string program = folder.path().string() + "/program";
    REQUIRE(write_small_file(program, "#!/bin/sh\n")); // of mode 0600
    std::vector<plugin_config> plugins(3);
    plugins[0].options.name = "storage";
    plugins[0].options.command = {"/bin/sh"};
    plugin_options& one = plugins[1].options;
    one.name = "one";
    one.permissions = {"users:kick"};
    one.attach = true;
    one.needs = {"storge", "nobody"};
    plugin_options& two = plugins[2].options;
    two.name = "two";
    two.command = {program};
    two.events = {.include = {"message.incomming", "message.*", "mine.own"}, .exclude = {"rooms.*"}};
    two.required = {"mesage.*"};
    two.absent_of = {{"message.incomng", absence::stop}};
    two.allow_reverse_calls = true;
    two.permissions = {"user:kick", "users:*", "*", "quite:other"};
    two.needs = {"one"};
    const host_offer offer{.permissions = {"users:kick", "rooms:read"},
                           .events = {"message.incoming", "room.joined"}};
    const auto warned = config_warnings(plugins, offer);
    REQUIRE(warned.size() == 11);
    CHECK(warned[0] ==
          "plugins[1].needs[0]: no plugin here is called \"storge\", so this one waits for ever; did "
          "you mean \"storage\"?");
    CHECK(warned[1] ==
          "plugins[1].needs[1]: no plugin here is called \"nobody\", so this one waits for ever");
    CHECK(warned[2] == "plugins[1].permissions: they allow nothing as long as allowReverseRpc is not true");
    CHECK(warned[3].starts_with("plugins[2].command: " + program + ": its mode is 0600"));
    CHECK(warned[4] ==
          "plugins[2].permissions[0]: nothing here needs the permission \"user:kick\"; did you mean "
          "\"users:kick\"?");
    CHECK(warned[5] == "plugins[2].permissions[3]: nothing here needs the permission \"quite:other\"");
    CHECK(warned[6] ==
          "plugins[2].events.include[0]: this host has no event \"message.incomming\"; did you mean "
          "\"message.incoming\"?");
    CHECK(warned[7] ==
          "plugins[2].events.exclude[0]: this host has no event \"rooms.*\"; did you mean \"room.*\"?");
    // Of a mistyped one nothing would be guarded.
    CHECK(warned[8] ==
          "plugins[2].required[0]: this host has no event \"mesage.*\"; did you mean \"message.*\"?");
    CHECK(
        warned[9].starts_with("plugins[2].absent: this host has no event \"message.incomng\"; did you mean"));
    CHECK(warned[10].ends_with("events.include has none of them"));
    plugins[2].enabled = false;
    CHECK(config_warnings(plugins).size() == 4);
}

TEST_CASE("a file that required a plugin for what it excludes was good, and such messages passed") {
    std::vector<plugin_config> plugins(1);
    plugin_options& one = plugins[0].options;
    one.events.exclude = {"message.incoming"};
    one.required = {"message.*", "room.*"};
    one.absent_of = {{"message.incoming", absence::stop}, {"message.*", absence::pass}};
    const auto warned = config_warnings(plugins);
    REQUIRE(warned.size() == 2);
    CHECK(warned[0] ==
          "plugins[0].required[0]: of \"message.*\" events pass without it: events.exclude keeps "
          "\"message.incoming\" from the plugin");
    CHECK(warned[1].starts_with("plugins[0].absent: of \"message.incoming\" events pass without it: "));
    one.events = {.include = {"room.*"}};
    one.required = {"message.incoming"};
    one.absent_of.clear();
    REQUIRE(config_warnings(plugins).size() == 1);
    CHECK(config_warnings(plugins)[0].ends_with("events.include has none of them"));
    one.required = {"*", "room.joined"}; // all that it gets
    one.absent = absence::hold;
    CHECK(config_warnings(plugins).empty());
    one.events = {.exclude = {"*"}};
    CHECK(config_warnings(plugins).size() == 3);
}
