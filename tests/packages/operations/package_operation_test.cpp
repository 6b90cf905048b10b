#include <tenon/packages/operations/package_operation.hpp>
#include <tenon/packages/operations/package_view.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon;
using detail::operation_table;

TEST_CASE("of one package there is one operation at a time, and who comes second hears which") {
    operation_table table;
    const auto first = table.begin(package_verb::install, "admin", 1'000).value();
    const auto second = table.begin(package_verb::update, "admin", 1'000).value();
    REQUIRE(table.claim(first, "dev.example.chat"));
    CHECK(table.claim(first, "dev.example.chat")); // its own

    const auto refused = table.claim(second, "dev.example.chat");
    REQUIRE_FALSE(refused);
    CHECK(code_of(refused.error()) == package_code::busy);
    CHECK(refused.error().message == "dev.example.chat: operation 1 is under way (install)");
    CHECK(table.claim(second, "dev.example.other"));

    CHECK(table.on("dev.example.chat") == first);
    table.end(first, package_outcome::done, nullptr, 2'000);
    CHECK(table.on("dev.example.chat") == 0);
    CHECK(table.find(first)->ended_at == 2'000);
}

TEST_CASE("a person who came second read remove_version, a word of the API") {
    operation_table table;
    const auto first = table.begin(package_verb::remove_version, {}, 0).value();
    const auto second = table.begin(package_verb::update, {}, 0).value();
    REQUIRE(table.claim(first, "dev.example.chat"));
    CHECK(table.claim(second, "dev.example.chat").error().message ==
          "dev.example.chat: operation 1 is under way (removal)");
}

TEST_CASE("an operation that was refused does not free the package of the one that has it") {
    operation_table table;
    const auto first = table.begin(package_verb::install, {}, 0).value();
    const auto second = table.begin(package_verb::install, {}, 0).value();
    REQUIRE(table.claim(first, "dev.example.chat"));
    const auto busy = table.claim(second, "dev.example.chat");
    REQUIRE_FALSE(busy);
    table.change(second,
                 [](package_operation& of) { of.id = "dev.example.chat"; }); // it is about this one, too
    table.end(second, package_outcome::failed, &busy.error(), 1);
    CHECK(table.on("dev.example.chat") == first);
    CHECK(table.find(second)->code == "busy");
}

TEST_CASE("an operation that needs consent says to what, also to who looks later") {
    operation_table table;
    const auto asks = table.begin(package_verb::install, {}, 0).value();
    const fault why =
        consent_fault("dev.example.chat 1.0.0 needs consent: it asks for users:kick", {{"users:kick"}, {}});
    table.end(asks, package_outcome::failed, &why, 1);
    CHECK(table.find(asks)->code == "needs_consent");
    CHECK(to_json(*table.find(asks)).find(R"("consent":{"permissions":["users:kick"],"signers":[]})") !=
          std::string::npos);
    const auto other = table.begin(package_verb::install, {}, 0).value();
    const fault full = package_fault(package_code::disk, "the disk is full");
    table.end(other, package_outcome::failed, &full, 1);
    CHECK_FALSE(table.find(other)->consent);
}

TEST_CASE("what ended is kept up to a bound, the oldest goes first, and what runs stays") {
    operation_table table;
    const auto running = table.begin(package_verb::check, {}, 0).value();
    for (std::size_t count = 0; count < most_ended_operations + 10; ++count)
        table.end(table.begin(package_verb::pin, {}, 0).value(), package_outcome::done, nullptr, 0);
    CHECK(table.list().size() == most_ended_operations + 1);
    CHECK(table.find(running) != nullptr);
    CHECK(table.find(running + 1) == nullptr);
    CHECK(table.ended().at({package_verb::pin, package_outcome::done}) == most_ended_operations + 10);
}

TEST_CASE("more operations than are allowed at once are refused") {
    operation_table table;
    for (std::size_t count = 0; count < most_operations; ++count)
        REQUIRE(table.begin(package_verb::install, {}, 0));
    const auto refused = table.begin(package_verb::install, {}, 0);
    REQUIRE_FALSE(refused);
    CHECK(code_of(refused.error()) == package_code::busy);
    table.end(1, package_outcome::failed, nullptr, 0);
    CHECK(table.begin(package_verb::install, {}, 0));
}

TEST_CASE("who watches an operation sees its steps and its end, as the page reads them") {
    operation_table table;
    std::vector<std::string> seen;
    auto watching = table.changes.watch({.wants = [](const package_operation& of) { return of.n == 2; }});
    REQUIRE(watching);
    REQUIRE(table.begin(package_verb::enable, {}, 0));
    const auto number = table.begin(package_verb::install, "ci", 5).value();
    table.step(number, package_step::storing);
    table.change(number, [](package_operation& of) {
        of.done_bytes = 3;
        of.all_bytes = 4;
    });
    const fault why = package_fault(package_code::disk, "the disk is full");
    table.end(number, package_outcome::failed, &why, 9);
    table.step(number, package_step::starting); // it has ended: nothing
    for (detail::watched<package_operation> next; watching->next(next);) seen.push_back(to_json(*next.item));
    REQUIRE(seen.size() == 4);
    CHECK(
        seen[2] ==
        R"({"n":2,"kind":"install","id":"","name":"","version":"","step":"storing","doneBytes":3,"allBytes":4,)"
        R"("outcome":"running","code":"","message":"","actor":"ci","startedAt":5,"endedAt":0})");
    CHECK(
        seen[3].find(
            R"("step":"done","doneBytes":3,"allBytes":4,"outcome":"failed","code":"disk","message":"the disk is full")") !=
        std::string::npos);
}

TEST_CASE("a package as JSON has the names that pages and tools read") {
    const std::string text = to_json(package_view{.id = "dev.example.chat", .name = "chat"});
    for (const char* const name :
         {"id",      "name",        "version",    "state",        "status",       "pluginType",
          "tags",    "description", "author",     "license",      "homepage",     "icon",
          "trust",   "signers",     "startLevel", "permissions",  "granted",      "pinned",
          "problem", "installedAt", "updatedAt",  "configSchema", "dependencies", "versions"}) {
        CAPTURE(name);
        CHECK(text.find(std::string("\"") + name + "\":") != std::string::npos);
    }
    CHECK(text.find("\"configSchema\":null") != std::string::npos);
}
