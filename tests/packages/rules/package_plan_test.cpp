#include <tenon/packages/rules/package_plan.hpp>

#include "installed_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using namespace tenon::tests;

namespace {

constexpr std::string_view chat = "dev.example.chat", store = "dev.example.store";

arriving_package arrives(std::string_view id, std::string_view version, std::string_view more = {},
                         std::vector<std::string> signers = {"RW-anna"}) {
    arriving_package made{manifest_of(id, version, more), tree_of(detail::join({id, " ", version})), {}};
    made.trust.level = signers.empty() ? "unsigned" : "signed";
    made.trust.signers = std::move(signers);
    made.trust.names.resize(made.trust.signers.size(), "Anna");
    made.size = 1'000;
    made.files = 3;
    return made;
}

/// "fine", "nothing", or "policy: why".
std::string said(const package_decision& made) {
    if (made.nothing_to_do) return "nothing";
    if (!made.refused) return "fine";
    return std::string(word_of(code_of(*made.refused).value())) + ": " + made.refused->message;
}
std::string outcome(const installed_packages& installed, const arriving_package& what,
                    const plan_request& request = {}, const plan_surroundings& where = {}) {
    return said(plan_package(installed, what, request, where));
}

/// Version 1.0.0 of the chat, by Anna.
installed_packages with_chat(std::string_view more = {}) {
    installed_packages all;
    add_installed(all, chat, "1.0.0", more).record.signers = {"RW-anna"};
    return all;
}

} // namespace

TEST_CASE("a plan says what would be installed, who signed it and what it is") {
    const package_decision made = plan_package({}, arrives(chat, "1.0.0", R"("type":"filter")"), {});
    CHECK(said(made) == "fine");
    CHECK(
        to_json(made.plan) ==
        R"({"install":[{"id":"dev.example.chat","version":"1.0.0","from":""}],"update":[],"keep":[],"conflicts":[],)"
        R"("consent":{"permissions":[],"signers":[]},"trust":"signed","notes":[],"manifest":)" +
            json::parse(manifest_text(manifest_of(chat, "1.0.0", R"("type":"filter")"))).value().text() +
            R"(,"signers":[{"key":"RW-anna","name":"Anna"}],"size":1000,"files":3,"downgrade":false})");
    CHECK(made.record.id == chat);
    CHECK(made.record.name == "chat");
    CHECK(made.record.active == "1.0.0");
    CHECK(made.record.ratchet == "1.0.0");
    CHECK(made.record.signers == std::vector<std::string>{"RW-anna"});
    const auto read = from_json<package_plan>(to_json(made.plan));
    REQUIRE(read);
    CHECK(to_json(*read) == to_json(made.plan));
}

TEST_CASE(
    "another version of what is here is an update, and the record keeps what is not about the version") {
    installed_packages all = with_chat();
    package_record& record = all.at(std::string(chat)).record;
    record.config = json::parse(R"({"a":1})").value();
    record.name = "talk";
    const package_decision made = plan_package(all, arrives(chat, "1.1.0"), {});
    CHECK(said(made) == "fine");
    CHECK(made.plan.install.empty());
    CHECK(to_json(made.plan.update) == R"([{"id":"dev.example.chat","version":"1.1.0","from":"1.0.0"}])");
    CHECK(made.record.config.text() == R"({"a":1})");
    CHECK(made.record.active == "1.1.0");
    CHECK(made.record.ratchet == "1.1.0");
    CHECK(made.record.name == "talk");
    CHECK(made.plan.notes ==
          std::vector<std::string>{R"(its plugin stays "talk": "chat" would be the name of a new package)"});
}

TEST_CASE(
    "the same version with the same files is nothing to do, whatever it asks for, and keeps the record") {
    const installed_packages all = with_chat();
    const package_decision made =
        plan_package(all, arrives(chat, "1.0.0", R"("permissions":["users:kick"],"host":">=99")", {}),
                     {.aim = plan_aim::only_install});
    CHECK(said(made) == "nothing");
    CHECK_FALSE(made.refused);
    CHECK(made.record.signers == std::vector<std::string>{"RW-anna"});
    CHECK(to_json(made.plan.keep) == R"([{"id":"dev.example.chat","version":"1.0.0","from":"1.0.0"}])");
    CHECK(made.plan.consent.empty());
}

TEST_CASE("the same version with other files is refused, also where it is not the active one") {
    installed_packages all = with_chat();
    arriving_package other = arrives(chat, "1.0.0");
    other.tree = tree_of("something else");
    CHECK(outcome(all, other) ==
          "exists: dev.example.chat 1.0.0 is here with other files: what is changed gets another version");
    all.at(std::string(chat)).versions.emplace("0.9.0", tree_of("old"));
    CHECK(outcome(all, arrives(chat, "0.9.0"), {.allow_downgrade = true}) ==
          "exists: dev.example.chat 0.9.0 is here with other files: what is changed gets another version");
}

TEST_CASE("what must be new or must be here is held to it") {
    CHECK(outcome(with_chat(), arrives(chat, "1.1.0"), {.aim = plan_aim::only_install}) ==
          "exists: dev.example.chat 1.0.0 is installed already: another version of it is an update");
    CHECK(outcome({}, arrives(chat, "1.1.0"), {.aim = plan_aim::only_update}) ==
          "unknown: dev.example.chat is not installed");
    CHECK(outcome({}, arrives(chat, "1.1.0"), {.aim = plan_aim::only_install}) == "fine");
    CHECK(outcome(with_chat(), arrives(chat, "1.1.0"), {.aim = plan_aim::only_update}) == "fine");
}

TEST_CASE("a package that is not the one that was asked for is refused") {
    installed_packages all = with_chat();
    all.at(std::string(chat)).record.name = "talk";
    for (const std::string_view asked : {chat, std::string_view("talk")})
        CHECK(outcome(all, arrives(chat, "1.1.0"), {.package = std::string(asked)}) == "fine");
    CHECK(outcome(all, arrives(chat, "1.1.0"), {.package = "dev.example.store"}) ==
          "manifest: it is dev.example.chat, and dev.example.store was asked for");
    CHECK(outcome({}, arrives(chat, "1.1.0"), {.package = "talk"}) ==
          "manifest: it is dev.example.chat, and talk was asked for");
}

TEST_CASE("what is made for another host is refused with what it asks for") {
    plan_surroundings here;
    here.host = read_version("1.4.0").value();
    here.platform = "linux-x86_64";
    const auto asks = [&](std::string_view more) {
        return outcome({}, arrives(chat, "1.0.0", more), {}, here);
    };
    CHECK(asks(R"("host":">=1.4")") == "fine");
    CHECK(asks(R"("host":">=2")") ==
          "manifest: dev.example.chat 1.0.0 needs a host >=2, and this one is 1.4.0");
    arriving_package newer = arrives(chat, "1.0.0");
    newer.manifest.protocol = {2, 3};
    CHECK(outcome({}, newer, {}, here) ==
          "manifest: dev.example.chat 1.0.0 speaks protocol 2 or 3, which this host does not");
    CHECK(asks(R"("protocol":"mcp")") == "manifest: dev.example.chat 1.0.0 is a server of the Model Context "
                                         "Protocol, which this host does not run");
    here.mcp = true;
    CHECK(asks(R"("protocol":"mcp")") == "fine");

    arriving_package other = arrives(chat, "1.0.0");
    other.manifest.entry = {{"linux-aarch64", "bin/a"}, {"macos-x86_64", "bin/b"}};
    CHECK(outcome({}, other, {}, here) == "manifest: dev.example.chat 1.0.0 has no program for linux-x86_64, "
                                          "but for linux-aarch64, macos-x86_64");
    other.platform = "linux-aarch64";
    CHECK(outcome({}, other, {}, here) ==
          "manifest: dev.example.chat 1.0.0 is packed for linux-aarch64, and this host runs on linux-x86_64");
    other.manifest.entry = {{"linux-x86_64", "bin/a"}};
    other.platform = "linux-x86_64";
    CHECK(outcome({}, other, {}, here) == "fine");
}

TEST_CASE("a package was installed that needs another version of its runtime than there is") {
    arriving_package what = arrives(chat, "1.0.0", R"("runtime":{"name":"python3","version":">=3.9 <3.12"})");
    CHECK(outcome({}, what) == "fine"); // nobody looked
    what.runtime.version = read_version("3.11.2").value();
    CHECK(outcome({}, what) == "fine");
    what.runtime.version = read_version("3.12.0").value();
    CHECK(outcome({}, what) ==
          "manifest: dev.example.chat 1.0.0 needs python3 >=3.9 <3.12, and this host has 3.12.0");
    what.runtime = {.version = {}, .trouble = "whether it is here is not known"};
    CHECK(outcome({}, what) == "fine");
    CHECK(plan_package({}, what, {}).plan.notes == std::vector{what.runtime.trouble});
}

TEST_CASE("a host of a pre-release is in the ranges that its order puts it in") {
    plan_surroundings here;
    here.host = read_version("1.4.0-beta.1").value();
    CHECK(outcome({}, arrives(chat, "1.0.0", R"("host":">=1.3")"), {}, here) == "fine");
}

TEST_CASE("unsigned packages are let in where policy did, unless signed ones were asked for") {
    CHECK(outcome({}, arrives(chat, "1.0.0", {}, {})) == "fine");
    CHECK(outcome({}, arrives(chat, "1.0.0", {}, {}), {.allow_unsigned = false}) ==
          "policy: dev.example.chat 1.0.0 is unsigned, and a signed one was asked for");
    CHECK(outcome({}, arrives(chat, "1.0.0"), {.allow_unsigned = false}) == "fine");
    const plan_request of_somebody{.no_unsigned = "the token ci lacks the permission packages:any"};
    CHECK(
        outcome({}, arrives(chat, "1.0.0", {}, {}), of_somebody) ==
        "permission: dev.example.chat 1.0.0 is unsigned, and the token ci lacks the permission packages:any");
    CHECK(outcome({}, arrives(chat, "1.0.0"), of_somebody) == "fine");
}

TEST_CASE("a pinned package gets no other version") {
    installed_packages all = with_chat();
    all.at(std::string(chat)).record.pinned = "1.0.0";
    for (const plan_aim aim : {plan_aim::install, plan_aim::rollback})
        CHECK(outcome(all, arrives(chat, "1.1.0"), {.aim = aim}) ==
              "policy: dev.example.chat is pinned to 1.0.0: unpin it before it gets another version");
    CHECK(outcome(all, arrives(chat, "1.0.0")) == "nothing");
}

TEST_CASE("a name that another plugin has is refused at a first install") {
    installed_packages all = with_chat();
    CHECK(outcome(all, arrives("org.other.chat", "1.0.0")) ==
          "exists: the name \"chat\" has dev.example.chat");
    plan_surroundings where;
    where.is_reserved = [](std::string_view name) { return name == "chat"; };
    CHECK(outcome({}, arrives(chat, "1.0.0"), {}, where) ==
          "exists: the name \"chat\" has a plugin that is no package");
    CHECK(outcome(all, arrives(chat, "1.1.0"), {}, where) == "fine");
}

TEST_CASE("a name was another package's id, and who asked for one got the other") {
    installed_packages all = with_chat();
    arriving_package named = arrives("org.other.chat", "1.0.0");
    named.manifest.name = chat; // no manifest says so any more
    CHECK(outcome(all, named) == "exists: the name \"dev.example.chat\" has dev.example.chat");
    all.at(std::string(chat)).record.name = "org.other.talk";
    CHECK(outcome(all, arrives("org.other.talk", "1.0.0", R"("name":"talk")")) ==
          "exists: dev.example.chat has \"org.other.talk\" for its name");
    plan_surroundings where;
    where.is_reserved = [](std::string_view name) { return name == chat; };
    CHECK(outcome({}, arrives(chat, "1.0.0"), {}, where) ==
          "exists: the name \"dev.example.chat\" has a plugin that is no package");
}

TEST_CASE("what it needs has to be here in the range, and what it needs is kept") {
    const std::string_view needs = R"("dependencies":{"dev.example.store":"^2"})";
    CHECK(outcome({}, arrives(chat, "1.0.0", needs)) == "dependency: dev.example.chat 1.0.0 needs "
                                                        "dev.example.store ^2, which is not installed");
    installed_packages all;
    add_installed(all, store, "1.4.0");
    CHECK(outcome(all, arrives(chat, "1.0.0", needs)) ==
          "dependency: dev.example.chat 1.0.0 needs dev.example.store ^2, and 1.4.0 is installed: that has "
          "to be changed first");
    add_installed(all, store, "2.0.1");
    package_decision made = plan_package(all, arrives(chat, "1.0.0", needs), {});
    CHECK(said(made) == "fine");
    CHECK(to_json(made.plan.keep) == R"([{"id":"dev.example.store","version":"2.0.1","from":"2.0.1"}])");
    CHECK(made.plan.notes.empty());

    all.at(std::string(store)).record.state = package_state::disabled;
    made = plan_package(all, arrives(chat, "1.0.0", needs), {});
    CHECK(said(made) == "fine");
    CHECK(made.plan.notes == std::vector<std::string>{"dev.example.store, which it needs, is disabled: until "
                                                      "that runs, chat waits"});
}

TEST_CASE("two packages that each need the other's new version could not be updated, with both disabled") {
    const std::string_view old_need = R"("dependencies":{"dev.example.store":"^0.1.0"})",
                           chat_need = R"("dependencies":{"dev.example.store":"^0.2.0"})",
                           store_need = R"("dependencies":{"dev.example.chat":"^0.2.0"})";
    installed_packages all;
    add_installed(all, store, "0.1.0").record.signers = {"RW-anna"};
    add_installed(all, chat, "0.1.0", old_need).record.signers = {"RW-anna"};
    CHECK(outcome(all, arrives(chat, "0.2.0", chat_need)) ==
          "dependency: dev.example.chat 0.2.0 needs dev.example.store ^0.2.0, and 0.1.0 is installed: that "
          "has to be changed first");
    for (auto& [id, one] : all) one.record.state = package_state::disabled;
    package_decision made = plan_package(all, arrives(chat, "0.2.0", chat_need), {});
    CHECK(said(made) == "fine");
    CHECK(made.plan.conflicts.empty());
    CHECK(made.plan.notes ==
          std::vector<std::string>{
              "it is not enabled, and could not be now: dev.example.chat 0.2.0 needs dev.example.store "
              "^0.2.0, and 0.1.0 is installed: that has to be changed first; dev.example.chat needs "
              "dev.example.store, which is not enabled"});
    add_installed(all, chat, "0.2.0", chat_need).record.state = package_state::disabled;
    CHECK(outcome(all, arrives(store, "0.2.0", store_need), {.grant = {"unsigned"}}) == "fine");
    // What is broken is enabled when it is made good.
    all.at(std::string(store)).record.state = package_state::broken;
    CHECK(outcome(all, arrives(store, "0.2.0", store_need)).starts_with("dependency: "));
}

TEST_CASE("two new packages that need each other could not be installed, also not without enabling them") {
    const arriving_package first = arrives(chat, "1.0.0", R"("dependencies":{"dev.example.store":"*"})"),
                           second = arrives(store, "1.0.0", R"("dependencies":{"dev.example.chat":"*"})");
    installed_packages all;
    CHECK(outcome(all, first).starts_with("dependency: "));
    package_decision made = plan_package(all, first, {.enable = false});
    CHECK(said(made) == "fine");
    CHECK(made.plan.notes ==
          std::vector<std::string>{"it is not enabled, and could not be now: dev.example.chat 1.0.0 needs "
                                   "dev.example.store *, which is not installed"});
    add_installed(all, chat, "1.0.0", R"("dependencies":{"dev.example.store":"*"})").record.state =
        package_state::installed;
    made = plan_package(all, second, {.enable = false});
    CHECK(said(made) == "fine");
    REQUIRE(made.plan.notes.size() == 1);
    CHECK(made.plan.notes[0].find("none of them could ever start") != std::string::npos);
}

TEST_CASE("what is enabled keeps what it needs, also where that is not enabled") {
    installed_packages all;
    add_installed(all, store, "1.4.0").record.state = package_state::installed;
    add_installed(all, chat, "1.0.0",
                  R"("dependencies":{"dev.example.store":"^1"},"conflicts":{"dev.example.store":"1.5.x"})");
    CHECK(outcome(all, arrives(store, "2.0.0")).starts_with("needed: dev.example.chat 1.0.0 needs"));
    CHECK(outcome(all, arrives(store, "1.5.0")) == "fine"); // that is for when it is enabled
}

TEST_CASE("a conflict is one from both sides") {
    installed_packages all;
    add_installed(all, store, "1.4.0", R"("conflicts":{"dev.example.chat":"<2"})");
    CHECK(outcome(all, arrives(chat, "1.0.0")) == "dependency: dev.example.store 1.4.0, which is installed, "
                                                  "cannot be together with dev.example.chat <2");
    CHECK(outcome(all, arrives(chat, "2.0.0")) == "fine");
    CHECK(outcome(all, arrives(chat, "2.0.0", R"("conflicts":{"dev.example.store":"1.x"})")) ==
          "dependency: dev.example.chat 2.0.0 cannot be together with dev.example.store 1.x, and 1.4.0 is "
          "installed");
}

TEST_CASE("an update that breaks who needs it is refused with who does") {
    installed_packages all;
    add_installed(all, store, "1.4.0");
    add_installed(all, chat, "1.0.0", R"("dependencies":{"dev.example.store":"^1"})");
    add_installed(all, "dev.example.web", "3.0.0", R"("dependencies":{"dev.example.store":"1.x || 2.x"})");
    CHECK(outcome(all, arrives(store, "2.0.0"), {.grant = {"unsigned"}}) ==
          "needed: dev.example.chat 1.0.0 needs dev.example.store ^1, and it would be 2.0.0: disable "
          "dev.example.chat until it is updated, too");
    CHECK(outcome(all, arrives(store, "1.5.0")) == "fine");
}

TEST_CASE("an older version has to be asked for as a downgrade, and a plan says that it is one") {
    installed_packages all = with_chat();
    all.at(std::string(chat)).record.ratchet = "2.0.0"; // and went back from there
    package_decision made = plan_package(all, arrives(chat, "1.5.0"), {});
    CHECK(
        said(made) ==
        "policy: 1.5.0 is older than 2.0.0, which was installed here: a downgrade must be asked for as one");
    CHECK(made.plan.downgrade);
    made = plan_package(all, arrives(chat, "1.5.0"), {.allow_downgrade = true});
    CHECK(said(made) == "fine");
    CHECK(made.plan.downgrade);
    CHECK(made.record.ratchet == "2.0.0");
    CHECK(
        outcome(all, arrives(chat, "0.9.0"), {.aim = plan_aim::rollback}) ==
        "policy: 0.9.0 is older than 2.0.0, which was installed here: a downgrade must be asked for as one");
    made = plan_package(all, arrives(chat, "0.9.0"), {.aim = plan_aim::rollback, .in_history = true});
    CHECK(said(made) == "fine");
    CHECK_FALSE(made.plan.downgrade);
    CHECK_FALSE(plan_package(all, arrives(chat, "2.0.1"), {}).plan.downgrade);
}

TEST_CASE("a dry run had nothing against a downgrade that was refused then") {
    installed_packages all = with_chat();
    const std::vector<std::string> why = {
        "0.9.0 is older than 1.0.0, which was installed here: a downgrade must be asked for as one"};
    const plan_request asked{.allow_downgrade = true};
    CHECK(plan_package(all, arrives(chat, "0.9.0"), {}).plan.conflicts == why);
    CHECK(plan_package(all, arrives(chat, "0.9.0"), asked).plan.conflicts.empty());
    const left_data left = {
        {std::string(chat), {std::string(chat), {}, "1.0.0"}}}; // it is gone, its data stayed
    plan_surroundings where;
    where.left = &left;
    CHECK(plan_package({}, arrives(chat, "0.9.0"), {}, where).plan.conflicts == why);
    CHECK(plan_package({}, arrives(chat, "0.9.0"), asked, where).plan.conflicts.empty());
}

TEST_CASE("below what its author calls safe only an administrator goes, and a plan says so") {
    installed_packages all;
    add_installed(all, chat, "2.0.0", R"("minimumSafe":"1.5.0")").record.signers = {"RW-anna"};
    const plan_request back{.aim = plan_aim::rollback, .allow_downgrade = true, .in_history = true};
    package_decision made = plan_package(all, arrives(chat, "1.0.0"), back);
    CHECK(said(made) == "policy: 1.0.0 is below 1.5.0, which its author calls the first safe one: only an "
                        "administrator may go back so far");
    CHECK(made.plan.conflicts.size() == 1);
    CHECK(outcome(all, arrives(chat, "1.5.0"), back) == "fine");
    plan_request by_administrator = back;
    by_administrator.administrator = true;
    made = plan_package(all, arrives(chat, "1.0.0"), by_administrator);
    CHECK(said(made) == "fine");
    CHECK(made.plan.notes ==
          std::vector<std::string>{"1.0.0 is below 1.5.0, which its author calls the first safe one"});
}

TEST_CASE("a plan says where an older version may not know the data of the newer one") {
    const installed_packages all = with_chat(R"("dataFormat":3)");
    CHECK(plan_package(all, arrives(chat, "0.9.0", R"("dataFormat":2)"), {.allow_downgrade = true})
              .plan.notes ==
          std::vector<std::string>{"its data is of format 3 by now, and 0.9.0 knows format 2"});
    CHECK(plan_package(all, arrives(chat, "1.1.0", R"("dataFormat":4)"), {}).plan.notes.empty());
}

TEST_CASE(
    "a plan says that a sandbox is not enforced: it was taken without a word, and who read it believed it") {
    const auto notes = [](const installed_packages& installed, std::string_view version,
                          std::string_view more) {
        return plan_package(installed, arrives(chat, version, more), {}).plan.notes;
    };
    const std::vector<std::string> told = {
        "this host does not confine plugins: what its manifest says under sandbox is not enforced"};
    CHECK(notes({}, "1.0.0", R"("sandbox":{"network":false})") == told);
    CHECK(notes(with_chat(), "1.1.0", R"("sandbox":{})") == told);
    CHECK(notes(with_chat(), "1.1.0", "").empty());
}

TEST_CASE("permissions have to be granted, and a rollback asks for none that were granted before") {
    const arriving_package asks =
        arrives(chat, "1.1.0", R"("permissions":["users:kick","users:read","rooms:list"])");
    package_decision made = plan_package({}, asks, {.grant = {"rooms:list"}});
    CHECK(said(made) ==
          "needs_consent: dev.example.chat 1.1.0 needs consent: it asks for users:kick, users:read");
    CHECK(consent_of(*made.refused).permissions == std::vector<std::string>{"users:kick", "users:read"});
    CHECK(made.plan.consent.permissions == consent_of(*made.refused).permissions);
    CHECK(made.plan.conflicts.empty());

    made = plan_package({}, asks, {.grant = {"users:*", "rooms:list", "rooms:close", "not a permission"}});
    CHECK(said(made) == "fine");
    CHECK(made.plan.consent.empty());
    CHECK(made.plan.notes ==
          std::vector<std::string>{R"("rooms:close" is granted, and it does not ask for it)"});
    // The pattern agreed to these. What a later version asks for is asked again.
    CHECK(made.record.granted == std::vector<std::string>{"users:kick", "users:read", "rooms:list"});
    CHECK(made.permissions == made.record.granted);

    installed_packages all = with_chat();
    all.at(std::string(chat)).record.granted = {"users:kick", "rooms:list"};
    CHECK(said(plan_package(all, asks, {})) ==
          "needs_consent: dev.example.chat 1.1.0 needs consent: it asks for users:read");
    made = plan_package(all, arrives(chat, "1.1.0", R"("permissions":["rooms:list"])"), {});
    CHECK(said(made) == "fine");
    CHECK(made.permissions == std::vector<std::string>{"rooms:list"});
    CHECK(made.record.granted == std::vector<std::string>{"users:kick", "rooms:list"});
}

TEST_CASE("other signers than before need consent, and so does nobody in their place; a rollback does not") {
    const installed_packages all = with_chat();
    CHECK(outcome(all, arrives(chat, "1.1.0", {}, {"RW-bert", "RW-anna"})) == "fine");
    package_decision made = plan_package(all, arrives(chat, "1.1.0", {}, {"RW-bert"}), {});
    CHECK(said(made) ==
          "needs_consent: dev.example.chat 1.1.0 needs consent: the version before is signed by key "
          "RW-anna, and this one by key RW-bert");
    CHECK(consent_of(*made.refused).signers == std::vector<std::string>{"RW-bert"});
    CHECK(outcome(all, arrives(chat, "1.1.0", {}, {"RW-bert"}), {.grant = {"RW-bert"}}) == "fine");

    made = plan_package(all, arrives(chat, "1.1.0", {}, {}), {});
    CHECK(said(made) ==
          "needs_consent: dev.example.chat 1.1.0 needs consent: the version before is signed by key "
          "RW-anna, and this one by nobody who is trusted for it");
    CHECK(made.plan.consent.signers == std::vector<std::string>{"unsigned"});
    made = plan_package(all, arrives(chat, "1.1.0", {}, {}), {.grant = {"unsigned"}});
    CHECK(said(made) == "fine");
    CHECK(made.record.signers.empty());
    CHECK(outcome(all, arrives(chat, "0.9.0", {}, {}), {.aim = plan_aim::rollback, .in_history = true}) ==
          "fine");

    made = plan_package(all, arrives(chat, "1.1.0", R"("permissions":["users:kick"])", {"RW-bert"}), {});
    CHECK(said(made) ==
          "needs_consent: dev.example.chat 1.1.0 needs consent: it asks for users:kick; the version before "
          "is signed by key RW-anna, and this one by key RW-bert");
}

TEST_CASE("what would not start with its configuration does not take the place of what runs") {
    const std::string_view strict =
        R"("configSchema":{"type":"object","properties":{"greeting":{"type":"string"}},"required":["greeting"],"additionalProperties":false})";
    // The first time it is installed and configured after that.
    package_decision made = plan_package({}, arrives(chat, "1.0.0", strict), {});
    CHECK(said(made) == "fine");
    REQUIRE(made.plan.notes.size() == 1);
    CHECK(made.plan.notes[0] == "it has to be configured before it can start: config.greeting: missing");
    // What is given with the request has to be good.
    plan_request wrong;
    wrong.config = json::parse(R"({"greeting":1})").value();
    CHECK(outcome({}, arrives(chat, "1.0.0", strict), wrong) ==
          "config: what is configured does not go with dev.example.chat 1.0.0: config.greeting: expected "
          "string, got number");

    installed_packages all = with_chat();
    all.at(std::string(chat)).record.config = json::parse(R"({"greting":"hello"})").value();
    made = plan_package(all, arrives(chat, "2.0.0", strict), {});
    CHECK(said(made).starts_with(
        "config: what is configured does not go with dev.example.chat 2.0.0: config.gr"));
    CHECK(made.plan.conflicts.size() == 1);
    plan_request right;
    right.config = json::parse(R"({"greeting":"hello"})").value();
    made = plan_package(all, arrives(chat, "2.0.0", strict), right);
    CHECK(said(made) == "fine");
    CHECK(made.record.config.text() == R"({"greeting":"hello"})");

    // What could not start before either may be updated: the update may be what mends it.
    all = with_chat(strict);
    made = plan_package(all, arrives(chat, "1.1.0", strict), {});
    CHECK(said(made) == "fine");
    CHECK(made.plan.notes.size() == 1);
}

TEST_CASE("what is set stays over the defaults of the new version") {
    installed_packages all = with_chat();
    all.at(std::string(chat)).record.config = json::parse(R"({"rooms":{"max":5}})").value();
    const package_decision made = plan_package(
        all, arrives(chat, "1.1.0", R"("defaultConfig":{"rooms":{"max":9,"min":1},"greeting":"hi"})"), {});
    CHECK(made.record.config.text() == R"({"rooms":{"max":5}})");
    CHECK(made.config.text() == R"({"greeting":"hi","rooms":{"max":5,"min":1}})");
}

TEST_CASE("everything that stands against a package is said, and the first of it is the fault") {
    installed_packages all = with_chat();
    const arriving_package bad = arrives(
        chat, "0.5.0",
        R"("host":">=99","dependencies":{"dev.example.store":"*","dev.example.web":"*"},"permissions":["users:kick"])",
        {});
    package_decision made = plan_package(all, bad, {.allow_unsigned = false});
    CHECK(code_of(*made.refused) == package_code::manifest);
    CHECK(made.plan.conflicts.size() == 5);
    CHECK(made.plan.downgrade);
    CHECK(made.plan.consent.permissions.size() == 1);
    CHECK(made.plan.consent.signers.size() == 1);
    arriving_package less = bad;
    less.manifest.host = {};
    made = plan_package(all, less, {});
    CHECK(said(made) ==
          "dependency: dev.example.chat 0.5.0 needs dev.example.store *, which is not installed; "
          "dev.example.chat 0.5.0 needs dev.example.web *, which is not installed");
}

TEST_CASE("of very many things that stand against a package the first are said") {
    std::string needs = R"("dependencies":{)";
    for (int number = 100; number < 400; ++number)
        needs +=
            detail::join({number > 100 ? "," : "", R"("dev.example.p)", std::to_string(number), R"(":"*")"});
    const package_decision made = plan_package({}, arrives(chat, "1.0.0", needs + "}"), {});
    REQUIRE(made.plan.conflicts.size() == 21);
    CHECK(made.plan.conflicts.back() == "and 280 more");
    CHECK(said(made).ends_with("dev.example.p119 *, which is not installed; and 280 more"));
}

TEST_CASE("whatever is installed, updated, rolled back and removed, what is there goes together") {
    std::mt19937 random(12);
    const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
    const std::string_view ids[] = {"a.a", "a.b", "a.c", "a.d", "a.e"},
                           ranges[] = {"*", "^1", "^2", ">=2", "<3"},
                           members[] = {"dependencies", "optionalDependencies", "conflicts"};
    const auto goes_together = [](const installed_packages& all) {
        for (const auto& [id, one] : all) {
            if (one.record.state != package_state::enabled) continue;
            const auto there = [&](const std::string& other, bool enabled = false) {
                const auto found = all.find(other);
                return found == all.end() || (enabled && found->second.record.state != package_state::enabled)
                           ? nullptr
                           : &found->second.manifest.version;
            };
            for (const auto& [other, range] : one.manifest.dependencies)
                if (!there(other) || !range.contains(*there(other))) return false;
            for (const auto& [other, range] : one.manifest.optional_dependencies)
                if (there(other, true) && !range.contains(*there(other))) return false;
            for (const auto& [other, range] : one.manifest.conflicts)
                if (there(other, true) && other != id && range.contains(*there(other))) return false;
        }
        return start_order(all).circles.empty();
    };
    // None keep each other here for ever: one after the other they can go.
    const auto can_all_go = [](installed_packages left) {
        const auto goes = [&left](const auto& one) { return judge_absence(one.first, left).has_value(); };
        while (!left.empty()) {
            const auto next = std::find_if(left.begin(), left.end(), goes);
            if (next == left.end()) return false;
            left.erase(next);
        }
        return true;
    };
    installed_packages all;
    int done = 0, removed = 0, refused = 0, enabled = 0, disabled = 0, off = 0;
    for (int round = 0; round < 4'000; ++round) {
        const std::string id(ids[below(5)]);
        if (below(6) == 0) {
            if (all.count(id) == 0 || !judge_absence(id, all)) continue;
            all.erase(id);
            ++removed;
        } else if (below(6) == 0) {
            const auto found = all.find(id);
            if (found == all.end()) continue;
            package_state& state = found->second.record.state;
            const bool on = state != package_state::enabled;
            if (!(on ? judge_enable(found->second.manifest, all) : judge_absence(id, all))) continue;
            state = on ? package_state::enabled : package_state::disabled;
            ++(on ? enabled : disabled);
        } else {
            const std::string version =
                detail::join({std::to_string(1 + below(3)), ".", std::to_string(below(3)), ".0"});
            std::string more;
            for (const std::string_view member : members) {
                const std::string_view other = ids[below(5)];
                if (below(3) != 0 || other == id) continue;
                more += detail::join({more.empty() ? "" : ",", "\"", member, "\":{\"", other, "\":\"",
                                      ranges[below(5)], "\"}"});
            }
            plan_request request;
            request.aim = below(4) == 0 ? plan_aim::rollback : plan_aim::install;
            request.in_history = below(2) == 0;
            request.allow_downgrade = below(2) == 0;
            request.enable = below(4) != 0;
            arriving_package what = arrives(id, version, more);
            what.tree = tree_of(version + more);
            const package_decision made = plan_package(all, what, request);
            const auto before = all.find(id);
            const bool stays_off =
                before == all.end() ? !request.enable : before->second.record.state != package_state::enabled;
            if (stays_off) { // its own needs and conflicts are not against it
                REQUIRE((!made.refused || code_of(*made.refused) != package_code::dependency));
                off += made.refused || made.plan.notes.empty() ? 0 : 1;
            }
            if (made.refused) ++refused;
            if (made.refused || made.nothing_to_do) continue;
            if (before != all.end() && what.manifest.version < before->second.manifest.version)
                REQUIRE((request.allow_downgrade || request.in_history));
            installed_package& now = all[id];
            now.record = made.record;
            now.record.state = stays_off ? package_state::disabled : package_state::enabled;
            now.manifest = what.manifest;
            now.versions = {{version, what.tree}};
            ++done;
        }
        REQUIRE(goes_together(all));
        REQUIRE(can_all_go(all));
    }
    CHECK(done > 500);
    CHECK(removed > 100);
    CHECK(refused > 500);
    CHECK(enabled > 50);
    CHECK(disabled > 50);
    CHECK(off > 100);
}

TEST_CASE("what arrives is told by an opened package, and by the record of a version that is here") {
    opened_package opened;
    opened.manifest = manifest_of(chat, "1.0.0");
    opened.tree = tree_of("x");
    opened.files.platform = "linux-x86_64";
    opened.files.files = {{"a", {}, 5, false}, {"b", {}, 7, true}};
    const arriving_package from_archive = arriving(opened, {"signed", {"RW-anna"}, {"Anna"}, {}});
    CHECK(from_archive.size == 12);
    CHECK(from_archive.files == 2);
    CHECK(from_archive.platform == "linux-x86_64");
    CHECK(from_archive.trust.signers == std::vector<std::string>{"RW-anna"});

    version_record row;
    row.manifest = manifest_json(chat, "1.0.0");
    row.tree = tree_of("x");
    row.trust = "signed";
    row.signers = {"RW-anna"};
    row.size = 12;
    row.files = 2;
    const auto from_record = arriving(row);
    REQUIRE(from_record);
    CHECK(from_record->manifest.id == chat);
    CHECK(from_record->trust.level == "signed");
    CHECK(from_record->trust.signers == row.signers);
    CHECK(from_record->size == 12);
    row.manifest = json();
    const auto broken = arriving(row);
    REQUIRE_FALSE(broken);
    CHECK(code_of(broken.error()) == package_code::manifest);
}

TEST_CASE(
    "installed packages are read from their records, and one whose manifest is lost has its id and version") {
    std::vector<package_record> packages(3);
    packages[0].id = "a.a", packages[0].name = "a", packages[0].active = "2.0.0";
    packages[1].id = "b.b", packages[1].name = "bb", packages[1].active = "1.0.0-rc.1";
    packages[2].id = "c.c", packages[2].name = "c";
    std::vector<version_record> versions(4);
    const std::string_view ids[] = {"a.a", "a.a", "b.b", "gone.gone"},
                           numbers[] = {"1.0.0", "2.0.0", "1.0.0-rc.1", "1.0.0"};
    for (std::size_t at = 0; at < versions.size(); ++at)
        versions[at].id = ids[at], versions[at].version = numbers[at];
    versions[0].manifest = manifest_json("a.a", "1.0.0", R"("minimumSafe":"0.9.0")");
    versions[1].manifest = manifest_json("a.a", "2.0.0", R"("minimumSafe":"0.8.0","priority":7)");
    const installed_packages all = read_installed(packages, versions);
    REQUIRE(all.size() == 3);
    CHECK(all.at("a.a").manifest.priority == 7);
    CHECK(all.at("a.a").minimum_safe->text() == "0.9.0");
    CHECK(all.at("a.a").versions.size() == 2);
    CHECK(all.at("b.b").manifest.version.text() == "1.0.0-rc.1");
    CHECK(all.at("b.b").manifest.name == "bb");
    CHECK(all.at("b.b").versions.size() == 1);
    CHECK(all.at("c.c").versions.empty());
    CHECK_FALSE(all.at("c.c").minimum_safe);
}
