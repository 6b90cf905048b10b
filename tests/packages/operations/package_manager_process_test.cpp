// What an administrator does with packages, on a host that works, with programs that are run.

#include "kept_packages.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

TEST_CASE(
    "a package is installed, updated, rolled back, disabled, enabled and removed while the host works") {
    kept_packages kept;
    CHECK(told(kept.install(package_wish{})) == "1.0.0 ready");
    CHECK(kept.echo("tool") == "hello");
    CHECK(kept.manager->find("tool")->start_level == "sealed");
    CHECK(kept.manager->find("dev.example.tool")->trust == "unsigned");
    CHECK_FALSE(kept.manager->list().at(0).config_schema); // it may be long: find() has it

    CHECK(told(kept.install({.version = "1.1.0"})) == "1.1.0 ready");
    CHECK(kept.echo("tool") == "hello");
    CHECK(kept.versions("tool") == "1.1.0 1.0.0");

    CHECK(told(kept.rollback({.package = "tool", .reason = "it was slow"})) == "1.0.0 ready");
    CHECK(kept.manager->versions("tool").front().held == "rolled back: it was slow");
    CHECK(kept.history("tool") == "install 1.0.0 done, update 1.1.0 done, rollback 1.0.0 done");

    CHECK(told(kept.disable({.package = "tool"})) == "1.0.0 stopped");
    CHECK(!kept.run->host.knows("tool"));
    CHECK(told(kept.enable({.package = "tool"})) == "1.0.0 ready");

    kept.open(); // a host that begins starts it
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));

    const std::string data = kept.folder / "store/data/dev.example.tool";
    CHECK(std::filesystem::exists(data));
    CHECK(told(kept.uninstall({.package = "tool"})) == "1.0.0 stopped");
    CHECK(!kept.run->host.knows("tool"));
    CHECK(!std::filesystem::exists(data));
    CHECK(std::filesystem::is_empty(kept.folder / "store/trees"));
    CHECK(kept.manager->list().empty());
    CHECK(kept.history("dev.example.tool").ends_with("uninstall  done"));
}

TEST_CASE("a plugin that is no package may have the name of a package that is gone, and is run as it is") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    REQUIRE(kept.uninstall({.package = "tool"}));
    const auto started = kept.run->until<result<void>>(
        [&](auto done) { kept.run->host.start(never_again(misbehaving("tool", {"good"})), done); });
    CHECK_MESSAGE(started, started.error().message);
    CHECK(kept.echo("tool") == "hello");
}

TEST_CASE("a package took another plugin's state for its own where that had its name, and ended it when it "
          "was disabled") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    kept.manager.reset();
    kept.run = std::make_unique<running_host>();
    REQUIRE(kept.run->until<result<void>>(
        [&](auto done) { kept.run->host.start(never_again(misbehaving("tool", {"good"})), done); }));
    auto opened = package_manager::open(kept.run->host, kept.options);
    REQUIRE(opened);
    kept.manager = *std::move(opened);
    kept.manager->start_enabled();
    const std::string why = R"(another plugin of this host has the name "tool")";
    CHECK(kept.manager->find("tool")->status == 0);
    CHECK(kept.manager->find("tool")->problem == "it is not started: " + why);
    CHECK(told(kept.enable({.package = "tool"})).ends_with(why));
    CHECK(told(kept.disable({.package = "tool"})).starts_with("1.0.0 stopped"));
    CHECK(kept.echo("tool") == "hello");
}

// ---- versions that do not come up ---------------------------------------------------------------------------------------

TEST_CASE("an update that does not come up is taken back, and is not offered again") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    const std::string failed = told(kept.install({.version = "1.1.0", .args = {"exit", "3"}}));
    CHECK(failed.starts_with("start: tool 1.1.0 did not come up: "));
    CHECK(failed.ends_with("; 1.0.0 runs again"));
    CHECK(kept.manager->find("tool")->version == "1.0.0");
    CHECK(kept.manager->find("tool")->status == 1);
    CHECK(kept.echo("tool") == "hello");
    CHECK(kept.manager->versions("tool").front().held.starts_with("it did not come up: "));
    CHECK(kept.manager->operations().front().outcome == package_outcome::rolled_back);
    CHECK(kept.history("tool") == "install 1.0.0 done, update 1.1.0 rolled_back");
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    CHECK(kept.manager->find("tool")->version == "1.0.0");
}

TEST_CASE("the reason of a version that is held spoke of a retry, and nothing is retried") {
    kept_packages kept;
    kept.options.plugins.restart = {.enabled = true};
    kept.open();
    REQUIRE(kept.install(package_wish{}));
    const std::string failed = told(kept.install({.version = "1.1.0", .args = {"exit", "3"}}));
    CHECK_MESSAGE(failed.find("retry") == failed.npos, failed);
    const std::string held = kept.manager->versions("tool").front().held;
    CHECK_MESSAGE(held.find("exit code 3") != held.npos, held);
    CHECK_MESSAGE(held.find("retry") == held.npos, held);
}

TEST_CASE("a version that is not ready in time is taken back") {
    auto options = kept_packages::any_policy();
    options.load_timeout = milliseconds{2'000};
    options.plugins.handshake_timeout = milliseconds{60'000};
    kept_packages kept(options);
    REQUIRE(kept.install(package_wish{}));
    const std::string failed = told(kept.install({.version = "1.1.0", .args = {"mute"}}));
    CHECK(failed == "start: tool 1.1.0 did not come up: it was not ready after 2 seconds; 1.0.0 runs again");
    CHECK(kept.echo("tool") == "hello");
}

TEST_CASE("a first version that does not come up stays, with its problem, and an update mends it") {
    kept_packages kept;
    const auto installed = kept.install({.args = {"exit", "3"}});
    REQUIRE(installed);
    CHECK(installed->status == 2);
    CHECK(installed->problem.find("exit code 3") != std::string::npos);
    CHECK(kept.manager->operations().front().outcome == package_outcome::done);
    CHECK(kept.manager->operations().front().code == "start");
    CHECK(
        told(kept.enable({.package = "tool"})).starts_with("start: tool is enabled, and did not come up: "));
    CHECK(told(kept.install({.version = "1.0.1"})) == "1.0.1 ready");
}

TEST_CASE("one version that did not come up when it was installed again was said to be two") {
    kept_packages kept;
    const package_wish bad{.args = {"exit", "3"}};
    REQUIRE(kept.install(bad));
    const std::string again = told(kept.install(bad));
    CHECK_MESSAGE(again.starts_with("start: tool 1.0.0 did not come up: "), again);
    CHECK_MESSAGE(again.find("again either") == again.npos, again);
}

TEST_CASE("the log had two blanks where a pin ended, and no word how a configuration is changed") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    REQUIRE(kept.pin({.package = "tool", .version = "1.0.0", .actor = "ada"}));
    REQUIRE(kept.pin({.package = "tool", .actor = "ada"}));
    CHECK(kept.run->logged("packages: end of the pin of dev.example.tool by ada"));
    CHECK(
        told(kept.install(package_wish{}, {.config = json::parse(R"({"a":1})").value()})) ==
        "exists: dev.example.tool 1.0.0 is active already: `tenon-host plugins tool config JSON` configures "
        "it, over HTTP PUT /api/v1/plugins/tool/config");
}

// ---- what is refused ------------------------------------------------------------------------------------------------

TEST_CASE("the same version is installed once, and never with other files") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    const auto before = kept.run->status("tool").generation;
    CHECK(told(kept.install(package_wish{})) == "1.0.0 ready");
    CHECK(kept.manager->operations().front().message == "nothing to do: dev.example.tool 1.0.0 is installed");
    CHECK(kept.run->status("tool").generation == before);
    CHECK(told(kept.install({.args = {"good", "other"}})).starts_with("exists: "));
    CHECK(kept.history("tool") == "install 1.0.0 done");
}

TEST_CASE("what a package asks for is granted at its install, and more at an update is asked for again") {
    kept_packages kept;
    const package_wish first{.more = R"(,"permissions":["users:read"])"};
    const auto asked = kept.install(first);
    CHECK(told(asked).starts_with("needs_consent: "));
    CHECK(consent_of(asked.error()).permissions == std::vector<std::string>{"users:read"});
    CHECK(std::filesystem::is_empty(kept.folder / "store/trees"));
    const auto plan = kept.plan({.source = {.file = kept.file_of(first), .origin = "path"}});
    REQUIRE(plan);
    CHECK(plan->consent.permissions == std::vector<std::string>{"users:read"});
    CHECK(kept.manager->list().empty());

    CHECK(told(kept.install(first, {.grant = {"users:read"}})) == "1.0.0 ready");
    CHECK(kept.run->status("tool").permissions == std::vector<std::string>{"users:read"});
    const package_wish more{.version = "1.1.0", .more = R"(,"permissions":["users:read","users:kick"])"};
    const auto again = kept.install(more);
    CHECK(consent_of(again.error()).permissions == std::vector<std::string>{"users:kick"});
    CHECK(kept.run->status("tool").permissions == std::vector<std::string>{"users:read"});
    CHECK(told(kept.install(more, {.grant = {"users:kick"}})) == "1.1.0 ready");
    CHECK(kept.run->status("tool").permissions.size() == 2);
}

TEST_CASE("only what a trusted key signed is installed where that is the policy, and it is held to who "
          "signed before") {
    const secret_key ours = key_of('a'), others = key_of('b'), strange = key_of('c');
    kept_packages kept(kept_packages::trusting({ours, others}));
    CHECK(told(kept.install(package_wish{})).starts_with("policy: "));
    CHECK(told(kept.install({.signers = {strange}})).starts_with("policy: "));
    CHECK(told(kept.install({.signers = {ours}})) == "1.0.0 ready");
    CHECK(kept.manager->find("tool")->trust == "signed");
    CHECK(kept.manager->find("tool")->signers.at(0).name == "a test");
    const package_wish from_others{.version = "1.1.0", .signers = {others}};
    const auto asked = kept.install(from_others);
    CHECK(told(asked).starts_with("needs_consent: "));
    CHECK(consent_of(asked.error()).signers == std::vector<std::string>{others.open.text()});
    CHECK(told(kept.install(from_others, {.grant = {others.open.text()}})) == "1.1.0 ready");

    // A key that is revoked stops the next start.
    kept.options.trust.revoked = {others.open.text()};
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 2; }));
    CHECK(kept.manager->find("tool")->problem.find("revoked") != std::string::npos);
    CHECK(told(kept.rollback({.package = "tool"})) == "1.0.0 ready");
}

TEST_CASE("a package with what it needs: in order, and none goes while another needs it") {
    kept_packages kept;
    const package_wish base{.id = "dev.example.base", .name = "base"};
    const package_wish user{.more = R"(,"dependencies":{"dev.example.base":"^1.0.0"})"};
    CHECK(told(kept.install(user))
              .starts_with("dependency: dev.example.tool 1.0.0 needs dev.example.base ^1.0.0"));
    REQUIRE(kept.install(base));
    CHECK(told(kept.install(user)) == "1.0.0 ready");
    CHECK(told(kept.uninstall({.package = "base"})) ==
          "needed: dev.example.base is needed by dev.example.tool");
    CHECK(told(kept.disable({.package = "base"})) ==
          "needed: dev.example.base is needed by dev.example.tool");
    CHECK(told(kept.install({.id = "dev.example.base", .name = "base", .version = "2.0.0"}))
              .starts_with("needed: "));
    CHECK(told(kept.install({.id = "dev.example.base", .name = "base", .version = "1.2.0"})) ==
          "1.2.0 ready");
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    REQUIRE(kept.disable({.package = "tool"}));
    CHECK(told(kept.disable({.package = "base"})) == "1.2.0 stopped");
    CHECK(told(kept.enable({.package = "tool"})).starts_with("dependency: "));
}

// ---- what stays -------------------------------------------------------------------------------------------------------

bool same(const json& one, std::string_view other) { return detail::same_value(one.text(), other); }

TEST_CASE("a configuration is held against its schema, and stays over updates") {
    kept_packages kept;
    const std::string schema =
        R"(,"configSchema":{"type":"object","properties":{"limit":{"type":"integer"}}},"defaultConfig":{"limit":3,"word":"a"})";
    REQUIRE(kept.install({.more = schema}));
    CHECK(same(kept.run->host.config("tool"), R"({"limit":3,"word":"a"})"));
    const auto wrong = kept.configure({.package = "tool", .config = *json::parse(R"({"limit":"many"})")});
    CHECK(told(wrong).starts_with("config: config.limit: "));
    REQUIRE(kept.configure({.package = "tool", .config = *json::parse(R"({"limit":5})")}));
    CHECK(same(kept.run->host.config("tool"), R"({"limit":5,"word":"a"})"));
    REQUIRE(kept.install({.version = "1.1.0", .more = schema}));
    CHECK(same(kept.run->host.config("tool"), R"({"limit":5,"word":"a"})"));
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    CHECK(same(kept.run->host.config("tool"), R"({"limit":5,"word":"a"})"));
    REQUIRE(kept.configure({.package = "tool"}));
    CHECK(same(*kept.manager->config("tool"), R"({"limit":3,"word":"a"})"));
}

/// A plugin that sets and saves "count" of its configuration: `first` at its start, where there is one, and what it is
/// told to by the command "echo". It answers what became of it.
package_wish saving(const std::string& version, const std::string& first = {}) {
    const std::string save = R"(save() {
  echo '{"jsonrpc":"2.0","id":"a","method":"host/setConfig","params":{"key":"count","value":'$1'}}'
  echo '{"jsonrpc":"2.0","id":"b","method":"host/saveConfig","params":{}}'
}
)";
    const std::string loop = R"(while read -r line; do
  id=${line#*\"id\":}; id=${id%%[,\}]*}
  case $line in
  *plugin/handshake*)
    echo '{"jsonrpc":"2.0","id":'$id',"result":{"name":"tool","version":"1.0.0","reverseRpc":true,"commands":[{"name":"echo"}]}}'
    [ -z "$first" ] || save "$first" ;;
  *plugin/execute*) asked=$id value=${line#*\"text\":\"} && save "${value%%\"*}" ;;
  *\"exit\"*) exit ;;
  *\"method\":*) [ "$id" = "$line" ] || echo '{"jsonrpc":"2.0","id":'$id',"result":null}' ;;
  *\"b\"*)
    said=saved
    case $line in *\"error\"*) said=${line#*\"message\":\"}; said=${said%%\"*} ;; esac
    [ -z "$asked" ] || echo '{"jsonrpc":"2.0","id":'$asked',"result":{"text":"'$said'"}}' ;;
  esac
done
)";
    return {
        .version = version,
        .more =
            R"(,"runtime":"sh","framing":"lines","permissions":["config:write"],"configSchema":{"type":"object",)"
            R"("properties":{"count":{"type":"integer"}}},"defaultConfig":{"count":0,"word":"a"})",
        .program = detail::join({"first=", first, "\nasked=\n", save, loop})};
}
package_options with_shell() {
    auto options = kept_packages::any_policy();
    options.runtime = [](const std::string&) -> result<std::string> { return std::string("/bin/sh"); };
    return options;
}
std::string saved_by(kept_packages& kept, const std::string& value) {
    auto said = kept.run->until<result<echo>>([&](auto done) {
        kept.run->host.call<echo>("tool", "plugin/execute", command_of{"echo", {value}}, {}, done);
    });
    return said ? said->text : said.error().message;
}

TEST_CASE("what a plugin saves of its configuration is held against its schema, and stays over a restart and "
          "an update") {
    kept_packages kept(with_shell());
    REQUIRE(told(kept.install(saving("1.0.0"), {.grant = {"config:write"}})) == "1.0.0 ready");
    CHECK(saved_by(kept, "7") == "saved");
    CHECK(same(*kept.manager->config("tool"), R"({"count":7,"word":"a"})"));
    CHECK(saved_by(kept, "true").find("config.count") != std::string::npos);
    CHECK(same(*kept.manager->config("tool"), R"({"count":7,"word":"a"})"));
    kept.open();
    REQUIRE(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    CHECK(same(kept.run->host.config("tool"), R"({"count":7,"word":"a"})"));
    REQUIRE(told(kept.install(saving("1.1.0"))) == "1.1.0 ready");
    CHECK(same(kept.run->host.config("tool"), R"({"count":7,"word":"a"})"));
    CHECK(saved_by(kept, "8") == "saved");
    kept.open();
    REQUIRE(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    CHECK(same(kept.run->host.config("tool"), R"({"count":8,"word":"a"})"));
}

TEST_CASE("what a new version saved at its start was overwritten by the end of its update") {
    kept_packages kept(with_shell());
    REQUIRE(kept.install(saving("1.0.0"), {.grant = {"config:write"}}));
    REQUIRE(told(kept.install(saving("1.1.0", "5"))) == "1.1.0 ready");
    const auto count = [&] {
        return kept.manager->config("tool")->text().find(R"("count":5)") != std::string::npos;
    };
    CHECK(kept.run->wait_for(count));
    kept.open();
    CHECK(count());
}

TEST_CASE("what a plugin saved while its package was pinned undid the pin, or the pin undid what it saved") {
    kept_packages kept(with_shell());
    REQUIRE(kept.install(saving("1.0.0"), {.grant = {"config:write"}}));
    for (int round = 0; round < 20; ++round) {
        const std::string value = std::to_string(round + 1);
        const std::string pinned = round % 2 == 0 ? "1.0.0" : "";
        std::optional<result<package_view>> done;
        std::optional<result<echo>> said;
        kept.run->host.call<echo>("tool", "plugin/execute", command_of{"echo", {value}}, {},
                                  [&](result<echo> answer) { said.emplace(std::move(answer)); });
        for (int turn = 0; turn < round; ++turn) kept.run->io.run_one_for(std::chrono::milliseconds(1));
        kept.manager->pin({.package = "tool", .version = pinned},
                          [&](result<package_view> outcome) { done.emplace(std::move(outcome)); });
        REQUIRE(kept.run->wait_for([&] { return done && said; }));
        const auto recorded = kept.run->until<result<std::optional<package_record>>>([&](auto then) {
            kept.manager->ask<result<std::optional<package_record>>>(
                then, [](package_store& store) { return store.records().package("dev.example.tool"); });
        });
        REQUIRE((recorded && *recorded));
        CHECK((*recorded)->pinned == pinned);
        CHECK(same((*recorded)->config, R"({"count":)" + value + "}"));
        CHECK(kept.manager->find("tool")->pinned == pinned);
        CHECK(kept.manager->config("tool")->text().find(value) != std::string::npos);
    }
}

TEST_CASE("an old version that goes was recorded again by what was asked for meanwhile, without its files") {
    auto options = kept_packages::any_policy();
    options.store.kept_versions = 0;
    kept_packages kept(options);
    REQUIRE(kept.install(package_wish{}));
    REQUIRE(kept.install({.version = "1.1.0"}));
    REQUIRE(kept.pin({.package = "tool", .version = "1.1.0"}));
    CHECK(kept.versions("tool") == "1.1.0");
    const auto problems = kept.run->until<result<std::vector<store_problem>>>(
        [&](auto done) { kept.manager->check_store("somebody", done); });
    REQUIRE(problems);
    CHECK(problems->empty());
}

TEST_CASE(
    "a package that waits for its configuration starts when it gets one, and a way back may bring one") {
    kept_packages kept;
    const auto needing = [](std::string version, std::string_view member) {
        return package_wish{.version = std::move(version),
                            .more = detail::join({R"(,"configSchema":{"type":"object","required":[")", member,
                                                  R"("],"properties":{")", member,
                                                  R"(":{}},"additionalProperties":false})"})};
    };
    const auto first = kept.install(needing("1.0.0", "n"));
    REQUIRE(first);
    CHECK(first->problem.find("config.n: ") != std::string::npos);
    CHECK(told(kept.configure({.package = "tool", .config = *json::parse(R"({"n":3})")})) == "1.0.0 ready");
    CHECK(told(kept.install(needing("1.0.0", "n"), {.config = *json::parse(R"({"n":4})")}))
              .starts_with("exists: "));
    REQUIRE(kept.install(needing("1.1.0", "m"), {.config = *json::parse(R"({"m":1})")}));
    CHECK(told(kept.rollback({.package = "tool"})).starts_with("config: "));
    CHECK(told(kept.rollback({.package = "tool", .plan = {.config = *json::parse(R"({"n":3})")}})) ==
          "1.0.0 ready");
    CHECK(same(kept.run->host.config("tool"), R"({"n":3})"));
}

TEST_CASE(
    "two packages that need each other's new versions are updated while one is disabled, and it keeps its "
    "configuration and grants") {
    kept_packages kept;
    const auto base = [](const char* version) {
        return package_wish{.id = "dev.example.base", .name = "base", .version = version};
    };
    const auto tool = [](const char* version, std::string_view needed) {
        return package_wish{.version = version,
                            .more = detail::join({R"(,"permissions":["users:kick"],"dependencies":)",
                                                  R"({"dev.example.base":")", needed, "\"}"})};
    };
    REQUIRE(told(kept.install(base("1.0.0"))) == "1.0.0 ready");
    REQUIRE(told(kept.install(tool("1.0.0", "^1.0.0"),
                              {.grant = {"users:kick"}, .config = json::parse(R"({"a":1})").value()})) ==
            "1.0.0 ready");
    CHECK(told(kept.install(tool("1.1.0", "^2.0.0"))) ==
          "dependency: dev.example.tool 1.1.0 needs dev.example.base ^2.0.0, and 1.0.0 is installed: that "
          "has to "
          "be changed first");
    CHECK(told(kept.install(base("2.0.0"))) ==
          "needed: dev.example.tool 1.0.0 needs dev.example.base ^1.0.0, and it would be 2.0.0: disable "
          "dev.example.tool until it is updated, too");

    REQUIRE(told(kept.disable({.package = "tool"})) == "1.0.0 stopped");
    CHECK(told(kept.install(base("2.0.0"))) == "2.0.0 ready");
    CHECK(told(kept.enable({.package = "tool"})).starts_with("dependency: dev.example.tool 1.0.0 needs"));
    CHECK(told(kept.install(tool("1.1.0", "^2.0.0"))) == "1.1.0 stopped");
    CHECK(told(kept.enable({.package = "tool"})) == "1.1.0 ready");
    CHECK(same(*kept.manager->config("tool"), R"({"a":1})"));
    CHECK(kept.manager->find("tool")->granted == std::vector<std::string>{"users:kick"});
}

TEST_CASE(
    "two packages that need each other could not be installed: they can without being enabled, and can go") {
    kept_packages kept;
    const auto wish = [](const char* mine, const char* other, const char* version) {
        return package_wish{
            .id = detail::join({"dev.example.", mine}),
            .name = mine,
            .version = version,
            .more = detail::join({R"(,"dependencies":{"dev.example.)", other, R"(":"^)", version, "\"}"})};
    };
    for (const char* version : {"0.1.0", "0.2.0"}) { // and be updated
        CHECK(told(kept.install(wish("da", "db", version), {.enable = false})) ==
              detail::join({version, " stopped"}));
        CHECK(told(kept.install(wish("db", "da", version), {.enable = false})) ==
              detail::join({version, " stopped"}));
    }
    CHECK(told(kept.enable({.package = "da"})) ==
          "dependency: dev.example.da needs dev.example.db, dev.example.db needs dev.example.da: none of "
          "them could ever start; dev.example.da needs dev.example.db, which is not enabled");
    CHECK(kept.uninstall({.package = "da"}));
    CHECK(told(kept.enable({.package = "db"})) ==
          "dependency: dev.example.db 0.2.0 needs dev.example.da ^0.2.0, which is not installed");
    CHECK(kept.uninstall({.package = "db"}));
}

TEST_CASE("a pinned package is not updated, and a version goes that nothing needs") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    REQUIRE(kept.install({.version = "1.1.0"}));
    CHECK(told(kept.pin({.package = "tool", .version = "3.0.0"})).starts_with("unknown: "));
    REQUIRE(kept.pin({.package = "tool", .version = "1.1.0"}));
    CHECK(told(kept.install({.version = "1.2.0"})).starts_with("policy: "));
    CHECK(told(kept.remove_version({.package = "tool", .version = "1.1.0"})) ==
          "needed: dev.example.tool 1.1.0 is the active version");
    REQUIRE(kept.pin({.package = "tool"}));
    REQUIRE(kept.remove_version({.package = "tool", .version = "1.0.0"}));
    CHECK(kept.run->logged("packages: removal of dev.example.tool 1.0.0")); // it named the active one
    CHECK(kept.versions("tool") == "1.1.0");
    CHECK(told(kept.rollback({.package = "tool"})).starts_with("unknown: "));
    CHECK(told(kept.install({.version = "1.2.0"})) == "1.2.0 ready");
}

TEST_CASE("old versions go, but for the active one and the last that were used") {
    auto options = kept_packages::any_policy();
    options.store.kept_versions = 2;
    kept_packages kept(options);
    for (const char* version : {"1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"})
        REQUIRE(kept.install({.version = version}));
    CHECK(kept.run->wait_for([&] { return kept.versions("tool") == "1.4.0 1.3.0 1.2.0"; }));
}

TEST_CASE("an older version is a downgrade, and is asked for as one") {
    kept_packages kept;
    REQUIRE(kept.install({.version = "2.0.0"}));
    CHECK(told(kept.install({.version = "1.0.0"})).starts_with("policy: "));
    CHECK(told(kept.install({.version = "1.0.0"}, {.allow_downgrade = true})) == "1.0.0 ready");
    CHECK(told(kept.update({.package = "tool", .version = "2.0.0"})) == "2.0.0 ready");
}

TEST_CASE("what a plugin wrote stays where that is asked for") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    const std::string file = kept.folder.write("store/data/dev.example.tool/kept", "something", 0600);
    REQUIRE(kept.uninstall({.package = "dev.example.tool", .keep_data = true}));
    REQUIRE(kept.install(package_wish{}));
    CHECK(bytes_of(file) == "something");
    REQUIRE(kept.uninstall({.package = "tool"}));
    CHECK(!std::filesystem::exists(file));
}

TEST_CASE("data that was kept went to whoever installed that id next") {
    const secret_key ours = key_of('a'), others = key_of('b');
    auto options = kept_packages::trusting({ours, others});
    options.trust.policy = trust_policy::any;
    kept_packages kept(options);
    REQUIRE(kept.install({.version = "1.1.0", .signers = {ours}}));
    REQUIRE(kept.uninstall({.package = "tool", .keep_data = true}));
    kept.open();
    CHECK(told(kept.install(package_wish{.version = "1.2.0"})).starts_with("needs_consent: "));
    const auto asked = kept.install({.version = "1.2.0", .signers = {others}});
    CHECK(asked.error().message.find("it would find the data that was kept") != std::string::npos);
    CHECK(consent_of(asked.error()).signers == std::vector<std::string>{others.open.text()});
    CHECK(told(kept.install({.version = "1.0.0", .signers = {ours}})).starts_with("policy: "));
    CHECK(told(kept.install({.version = "1.1.0", .signers = {ours}})) == "1.1.0 ready");
    REQUIRE(kept.uninstall({.package = "tool"}));
    CHECK(told(kept.install({.signers = {others}})) == "1.0.0 ready"); // nothing was kept
}

TEST_CASE(
    "what a repair found without records ran unsigned under the policy signed, and under its id as a name") {
    const secret_key ours = key_of('a');
    kept_packages kept(kept_packages::trusting({ours}));
    REQUIRE(kept.install({.signers = {ours}}));
    kept.manager.reset();
    for (const char* file : {"packages.db", "packages.json"})
        std::filesystem::remove(kept.folder.path() / "store" / file);
    kept.options.trust.keys.clear();
    const auto repair = [&] {
        kept.open();
        return kept.run->until<result<std::vector<std::string>>>(
            [&](auto after) { kept.manager->repair_store("somebody", after); });
    };
    const auto done = repair();
    REQUIRE(done);
    CHECK(done->back() == "packages.db was made anew");
    CHECK(kept.manager->find("tool")->trust == "found");
    CHECK(told(kept.enable({.package = "tool"})).find("which is not known here") != std::string::npos);
    REQUIRE(kept.run->until<result<void>>([&](auto after) {
        kept.manager->trust_key({.key = ours.open.text(), .name = "us", .plugins = {"*"}}, after);
    }));
    CHECK(told(kept.enable({.package = "tool"})) == "1.0.0 ready");
}

TEST_CASE("a revocation was forgotten when an older packages.db was put back") {
    const secret_key ours = key_of('a');
    kept_packages kept(kept_packages::trusting({ours}));
    REQUIRE(kept.install({.signers = {ours}}));
    kept.manager.reset();
    const std::filesystem::path records = kept.folder / "store/packages.db", backup = kept.folder / "backup";
    std::filesystem::copy_file(records, backup);
    kept.open();
    REQUIRE(kept.run->until<result<void>>(
        [&](auto done) { kept.manager->revoke({.what = ours.open.text()}, done); }));
    kept.manager.reset();
    std::filesystem::copy_file(backup, records, std::filesystem::copy_options::overwrite_existing);
    kept.open();
    CHECK(kept.run->logged("packages.db is older than packages.json"));
    REQUIRE(kept.manager->revocations().size() == 1);
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 2; }));
}

// ---- other kinds ------------------------------------------------------------------------------------------------------

TEST_CASE("a single program and its manifest are a package; a shared library and a module without a runner "
          "are told") {
    kept_packages kept;
    const std::string manifest =
        R"({"id":"dev.example.tool","name":"tool","version":"1.0.0","args":["good"]})";
    const auto brought = [&](const std::string& bytes, std::string beside) {
        const std::string file = kept.folder.write("program", bytes, 0600);
        return told(
            kept.install({.source = {.file = file, .manifest = std::move(beside), .origin = "upload"}}));
    };
    CHECK(brought(bytes_of(fixture("misbehaving")), "").starts_with("manifest: it is a program"));
    CHECK(brought(bytes_of(fixture("misbehaving")), manifest) == "1.0.0 ready");
    CHECK(kept.echo("tool") == "hello");
    CHECK(brought("no archive", manifest).starts_with("hostile: "));
    CHECK(brought("\x1f\x8b and more", "").find("package convert") != std::string::npos);
    const std::string module = R"({"id":"dev.example.module","name":"module","version":"1.0.0"})";
    const std::string said = brought(std::string("\0asm\1\0\0\0", 8), module);
    CHECK(said.find("WebAssembly") != std::string::npos);
}

TEST_CASE("a script is run by the runtime that is configured, and by no other") {
    auto options = kept_packages::any_policy();
    options.runtime = [](const std::string& name) -> result<std::string> {
        if (name == "sh") return std::string("/bin/sh");
        return fault{codes::permission_denied, name + " lies in no trusted directory"};
    };
    kept_packages kept(options);
    const std::string program = detail::join({"exec ", fixture("misbehaving"), " good\n"});
    CHECK(told(kept.install({.more = R"(,"runtime":"sh")", .program = program})) == "1.0.0 ready");
    CHECK(kept.manager->find("tool")->start_level == "checked");
    const auto other = kept.install(
        {.id = "dev.example.other", .name = "other", .more = R"(,"runtime":"perl")", .program = program});
    REQUIRE(other);
    CHECK(other->problem.find("perl lies in no trusted directory") != std::string::npos);
}

// ---- folders ----------------------------------------------------------------------------------------------------------

TEST_CASE("a folder is built, registered as a package in versions of its own, and only where it is trusted") {
    scratch_folder dirs;
    const auto put = [&](std::string_view word) {
        dirs.write(
            "tool/plugin.json",
            detail::join(
                {R"({"id":"dev.example.tool","name":"tool","version":"1.0.0","entry":"bin/tool","args":["good"],)",
                 R"("build":{"command":["cp","tool.in","bin/tool"],"inputs":["tool.in"],"outputs":["bin/tool"]},)",
                 R"("description":")", word, R"("})"}),
            0600);
    };
    put("one");
    dirs.write("tool/tool.in", bytes_of(fixture("misbehaving")), 0700);
    package_options options; // only what is signed, and a folder that is trusted
    options.plugin_dirs = {dirs.path().string()};
    bool trusted = false;
    options.builds.trusted = [&](const std::string& file) -> result<void> {
        if (trusted) return {};
        return package_fault(package_code::policy, file + " lies in no trusted directory");
    };
    kept_packages kept(options);
    const auto found = kept.run->until<result<discovery>>([&](auto done) { kept.manager->discovered(done); });
    REQUIRE(found);
    CHECK(found->folders.at(0).state == folder_state::source_only);
    const auto registered = [&](std::string folder) {
        return told(kept.run->until<result<package_view>>(
            [&](auto done) { kept.manager->register_folder({.package = std::move(folder)}, done); }));
    };
    CHECK(registered("other") == "unknown: \"other\" is no folder of a plugin directory");
    CHECK(registered("tool").starts_with("policy: "));
    trusted = true;
    CHECK(registered("tool") == "1.0.0-dev.1 ready");
    CHECK(kept.manager->find("tool")->trust == "folder");
    CHECK(registered("tool") == "1.0.0-dev.1 ready");
    CHECK(kept.history("tool") == "install 1.0.0-dev.1 done");
    put("two");
    CHECK(registered("tool") == "1.0.0-dev.2 ready");
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));

    dirs.write(
        "bad/plugin.json",
        R"({"id":"dev.example.bad","version":"1.0.0","entry":"bad","build":{"command":["cat","no-such-file"],"outputs":["bad"]}})",
        0600);
    const auto built = kept.run->until<result<build_report>>(
        [&](auto done) { kept.manager->compile({.package = "bad"}, done); });
    REQUIRE(!built);
    CHECK(code_of(built.error()) == package_code::build);
    CHECK(kept.run->logged("[build] bad: "));
    CHECK(registered("bad").starts_with("build: "));
}

TEST_CASE("a build ends with the manager that it was begun for") {
    scratch_folder dirs;
    dirs.write(
        "slow/plugin.json",
        R"({"id":"dev.example.slow","version":"1.0.0","entry":"slow","build":{"command":["sleep","600"],"outputs":["slow"]}})",
        0600);
    package_options options;
    options.plugin_dirs = {dirs.path().string()};
    options.builds.trusted = [](const std::string&) { return result<void>(); };
    kept_packages kept(options);
    kept.manager->compile({.package = "slow"}, [](const result<build_report>&) {});
    kept.manager->register_folder({.package = "slow"}, [](const result<package_view>&) {});
    CHECK(kept.run->wait_for([&] { return kept.run->logged("[build] slow"); }));
    kept.manager.reset();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    kept.run->io.restart();
    while (kept.run->io.run_one_until(deadline) != 0) {
    } // nothing keeps the loop
    CHECK(std::chrono::steady_clock::now() < deadline);
}

TEST_CASE("a key that was added counts over a start, until it is revoked or forgotten") {
    const secret_key ours = key_of('a');
    kept_packages kept{package_options()};
    const auto change = [&](auto begin) { return kept.run->until<result<void>>(begin); };
    CHECK(told(kept.install({.signers = {ours}})).starts_with("policy: "));
    CHECK(!change([&](auto done) { kept.manager->trust_key({.key = "RWno key", .name = "no"}, done); }));
    REQUIRE(change([&](auto done) {
        kept.manager->trust_key({.key = ours.open.text(), .name = "us", .plugins = {"dev.example.*"}}, done);
    }));
    CHECK(told(kept.install({.signers = {ours}})) == "1.0.0 ready");
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    CHECK(kept.manager->find("tool")->signers.at(0).name == "us");
    REQUIRE(
        change([&](auto done) { kept.manager->revoke({.what = ours.open.text(), .reason = "lost"}, done); }));
    CHECK(told(kept.install({.version = "1.1.0", .signers = {ours}})).starts_with("policy: "));
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 2; }));
    REQUIRE(change([&](auto done) { kept.manager->take_back_revocation(ours.open.text(), done); }));
    CHECK(told(kept.enable({.package = "tool"})) == "1.0.0 ready");
    REQUIRE(change([&](auto done) { kept.manager->forget_key(ours.open.text(), done); }));
    CHECK(told(kept.install({.version = "1.1.0", .signers = {ours}})).starts_with("policy: "));
}

TEST_CASE("after a revocation nothing showed which packages it was about") {
    const secret_key ours = key_of('a');
    kept_packages kept{package_options()};
    const auto change = [&](auto begin) { REQUIRE(kept.run->until<result<void>>(begin)); };
    const auto trust = [&](auto done) {
        kept.manager->trust_key({.key = ours.open.text(), .name = "us", .plugins = {"*"}}, done);
    };
    change(trust);
    REQUIRE(told(kept.install({.signers = {ours}})) == "1.0.0 ready");
    const std::string on = ": it runs on, and is not started again";
    std::string why = "dev.example.tool 1.0.0 is signed by keys that are revoked";
    change([&](auto done) { kept.manager->revoke({.what = ours.open.text()}, done); });
    CHECK(kept.manager->find("tool")->status == 1);
    CHECK(kept.manager->find("tool")->problem == why + on);
    CHECK(kept.run->logged("packages: " + why));
    change([&](auto done) { kept.manager->take_back_revocation(ours.open.text(), done); });
    CHECK(kept.manager->find("tool")->problem.empty());
    change([&](auto done) { kept.manager->forget_key(ours.open.text(), done); });
    why = "dev.example.tool 1.0.0 is signed by keys that are not trusted for it any more";
    CHECK(kept.manager->find("tool")->problem == why + on);
    change(trust);
    CHECK(kept.manager->find("tool")->problem.empty());
}

// ---- many at once, and an end in the middle ----------------------------------------------------------------------------

TEST_CASE("of one package there is one operation at a time, of others as many as come") {
    kept_packages kept;
    constexpr std::size_t count = 16;
    std::vector<std::optional<result<package_view>>> outcomes(count + 1);
    for (std::size_t at = 0; at <= count; ++at) {
        const std::string name = detail::join({"tool", detail::digits(std::min(at, count - 1))});
        kept.manager->install(
            {.source = {.file = kept.file_of({.id = "dev.example." + name, .name = name}), .origin = "path"}},
            [&outcomes, at](result<package_view> outcome) { outcomes[at].emplace(std::move(outcome)); });
    }
    REQUIRE(kept.run->wait_for([&] {
        return std::all_of(outcomes.begin(), outcomes.end(), [](const auto& one) { return one.has_value(); });
    }));
    for (std::size_t at = 0; at < count; ++at) CHECK(told(*outcomes[at]) == "1.0.0 ready");
    CHECK(
        told(*outcomes[count]).starts_with("busy: dev.example.tool15: operation 16 is under way (install)"));
    CHECK(kept.manager->list().size() == count);
}

TEST_CASE("a staged file is gone when its operation has ended, however that was") {
    kept_packages kept;
    const auto stage = [&](std::string_view bytes) {
        const auto path =
            kept.run->until<result<std::string>>([&](auto done) { kept.manager->stage(1'000, done); });
        REQUIRE(path);
        std::ofstream(*path, std::ios::binary) << bytes;
        return package_source{.file = *path, .origin = "upload", .staged = true};
    };
    for (const bool good : {false, true}) {
        const package_source source = stage(good ? package_wish{}.build() : "no archive");
        CHECK(kept.install({.source = source}).has_value() == good);
        CHECK(kept.run->wait_for([&] { return !std::filesystem::exists(source.file); }));
    }
    const package_source source = stage(package_wish{}.build());
    CHECK(kept.plan({.source = source}));
    CHECK(kept.run->wait_for([&] { return !std::filesystem::exists(source.file); }));
}

TEST_CASE("a manager that goes in the middle of an install leaves the state before or after") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    for (int turns = 0; turns < 40; ++turns) {
        kept.manager->install({.source = {.file = kept.file_of({.version = "1.1.0"}), .origin = "path"}},
                              [](const result<package_view>&) {});
        for (int turn = 0; turn < turns; ++turn) {
            kept.run->io.restart();
            kept.run->io.run_one_for(std::chrono::milliseconds(2));
        }
        kept.open();
        const auto here = kept.manager->find("tool");
        REQUIRE(here);
        CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
        if (here->version == "1.1.0") REQUIRE(kept.rollback({.package = "tool"}));
        CHECK(kept.manager->operations().size() <= 1);
        for (const package_version_view& one : kept.manager->versions("tool"))
            if (!one.active) REQUIRE(kept.remove_version({.package = "tool", .version = one.version}));
    }
}

TEST_CASE("an update that was under way when the host ended is told, and the version before is active") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    kept.manager.reset();
    {
        auto store = package_store::open(kept.options.store, 1);
        REQUIRE(store);
        auto changes = (*store)->records().begin();
        deployment_record row;
        row.id = "dev.example.tool";
        row.kind = "update";
        row.from_version = "1.0.0";
        row.to_version = "1.1.0";
        row.state = "under way";
        row.started_at = 1;
        REQUIRE(changes->add(row));
        REQUIRE(changes->commit());
    }
    kept.open();
    CHECK(kept.history("tool") == "install 1.0.0 done, update 1.1.0 interrupted");
    CHECK(kept.run->logged("was under way when the host ended: 1.0.0 is active"));
}

TEST_CASE("a version is not held because the host was shut down while it came up") {
    auto options = kept_packages::any_policy();
    options.plugins.handshake_timeout = milliseconds{60'000};
    kept_packages kept(options);
    REQUIRE(kept.install(package_wish{}));
    std::optional<result<package_view>> outcome;
    kept.manager->install(
        {.source = {.file = kept.file_of({.version = "1.1.0", .args = {"mute"}}), .origin = "path"}},
        [&](result<package_view> made) { outcome.emplace(std::move(made)); });
    REQUIRE(kept.run->wait_for([&] { return kept.run->status("tool").state == plugin_state::handshaking; }));
    REQUIRE(kept.run->until<result<void>>([&](auto done) { kept.run->host.shutdown(done); }));
    REQUIRE(kept.run->wait_for([&] { return outcome.has_value(); }));
    CHECK(outcome->error().code == codes::shutting_down);
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 1; }));
    CHECK(kept.history("tool") == "install 1.0.0 done, update 1.1.0 interrupted");
    for (const package_version_view& one : kept.manager->versions("tool")) CHECK(one.held == "");
}

TEST_CASE("what was asked of packages that nobody keeps any more is answered") {
    kept_packages kept;
    std::optional<result<package_store_view>> looked;
    std::optional<result<package_view>> enabled;
    kept.manager->store([&](result<package_store_view> outcome) { looked.emplace(std::move(outcome)); });
    kept.manager->enable({.package = "tool"},
                         [&](result<package_view> outcome) { enabled.emplace(std::move(outcome)); });
    kept.manager.reset(); // the loop has not run meanwhile
    REQUIRE(kept.run->wait_for([&] { return looked && enabled; }));
    CHECK(looked->error().code == codes::shutting_down);
    CHECK(enabled->error().code == codes::shutting_down);
}

TEST_CASE("versions that never came up do not push out the one that there is a way back to") {
    kept_packages kept;
    REQUIRE(kept.install({.version = "1.1.0"}));
    for (const char* version : {"1.2.0", "1.3.0", "1.4.0"})
        CHECK(!kept.install({.version = version, .args = {"exit", "3"}}));
    REQUIRE(kept.install({.version = "1.5.0"}));
    CHECK(told(kept.rollback({.package = "tool"})) == "1.1.0 ready");
}

TEST_CASE("a way back to a version that is revoked is refused before anything stops") {
    const secret_key first = key_of('a'), second = key_of('b');
    kept_packages kept(kept_packages::trusting({first, second}));
    REQUIRE(kept.install({.signers = {first}}));
    REQUIRE(kept.install({.version = "1.1.0", .signers = {first, second}}));
    const auto runs = kept.run->status("tool").generation;
    REQUIRE(kept.run->until<result<void>>(
        [&](auto done) { kept.manager->revoke({.what = first.open.text()}, done); }));
    CHECK(
        told(kept.rollback({.package = "tool"})) ==
        detail::join({"policy: dev.example.tool is signed by key ", first.open.id(), ", which is revoked"}));
    CHECK(kept.run->status("tool").generation == runs);
    for (const package_version_view& one : kept.manager->versions("tool")) CHECK(one.held == "");
}

TEST_CASE("a way back to a version whose key was forgotten stopped what ran, and neither came up") {
    const secret_key ours = key_of('a');
    kept_packages kept{package_options()};
    const auto change = [&](auto begin) { REQUIRE(kept.run->until<result<void>>(begin)); };
    const auto trust = [&](auto done) {
        kept.manager->trust_key({.key = ours.open.text(), .name = "us", .plugins = {"*"}}, done);
    };
    change(trust);
    const package_wish first{.signers = {ours}};
    REQUIRE(kept.install(first));
    REQUIRE(kept.install({.version = "1.1.0", .signers = {ours}}));
    const auto runs = kept.run->status("tool").generation;
    change([&](auto done) { kept.manager->forget_key(ours.open.text(), done); });
    const std::string why = told(kept.install(first)); // it is decided as an install is
    CHECK(why.starts_with(detail::join(
        {"policy: dev.example.tool is signed by key ", ours.open.id(), ", which is not known"})));
    const package_request back{.package = "tool", .version = "1.0.0", .plan = {.allow_downgrade = true}};
    CHECK(told(kept.rollback({.package = "tool"})) == why);
    CHECK(told(kept.update(back)) == why);
    const auto planned =
        kept.run->until<result<package_plan>>([&](auto done) { kept.manager->plan_update(back, done); });
    REQUIRE_FALSE(planned);
    CHECK(detail::join({"policy: ", planned.error().message}) == why);
    CHECK(kept.run->status("tool").generation == runs);
    CHECK(kept.echo("tool") == "hello");
    change(trust);
    CHECK(told(kept.rollback({.package = "tool"})) == "1.0.0 ready");
}

TEST_CASE("a package was shown as signed when nobody was trusted any more who had signed it") {
    const secret_key ours = key_of('a');
    auto options = kept_packages::any_policy();
    kept_packages kept(options);
    const auto change = [&](auto begin) { REQUIRE(kept.run->until<result<void>>(begin)); };
    const auto trust = [&](auto done) {
        kept.manager->trust_key({.key = ours.open.text(), .name = "us", .plugins = {"*"}}, done);
    };
    change(trust);
    REQUIRE(kept.install({.signers = {ours}}));
    REQUIRE(kept.install({.version = "1.1.0", .signers = {ours}}));
    CHECK(kept.manager->find("tool")->trust == "signed");
    change([&](auto done) { kept.manager->forget_key(ours.open.text(), done); });
    CHECK(kept.manager->find("tool")->trust == "unsigned");
    CHECK(told(kept.rollback({.package = "tool"})) == "1.0.0 ready");
    CHECK(kept.manager->find("tool")->trust == "unsigned");
    for (const package_version_view& one : kept.manager->versions("tool")) CHECK(one.trust == "unsigned");
    change(trust);
    CHECK(kept.manager->find("tool")->trust == "signed");
}

TEST_CASE("a plugin that says another version than its manifest is told of") {
    kept_packages kept;
    REQUIRE(kept.install({.version = "7.0.0"}));
    CHECK(kept.run->logged(", and its manifest says 7.0.0"));
    CHECK(kept.manager->operations().front().message.starts_with("the plugin says that it is version "));
}

TEST_CASE("a tree that was changed on the disk does not start, and a second host does not get the store") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    const auto second = package_manager::open(kept.run->host, kept.options);
    REQUIRE(!second);
    CHECK(code_of(second.error()) == package_code::busy);
    const auto tree = std::filesystem::directory_iterator(kept.folder / "store/trees")->path();
    const auto program = tree / "bin/tool";
    std::filesystem::permissions(program, std::filesystem::perms(0700));
    std::ofstream(program, std::ios::binary | std::ios::app) << "more";
    std::filesystem::permissions(program, std::filesystem::perms(0500));
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 2; }));
    CHECK(kept.manager->find("tool")->problem.find("bin/tool") != std::string::npos);
    const auto problems = kept.run->until<result<std::vector<store_problem>>>(
        [&](auto done) { kept.manager->check_store("somebody", done); });
    REQUIRE(problems);
    CHECK(problems->size() == 1);
    CHECK(told(kept.install({.version = "1.0.1"})) == "1.0.1 ready");
}

TEST_CASE("a package whose tree was changed is whole again when the same archive is brought once more") {
    kept_packages kept;
    REQUIRE(kept.install({.more = R"(,"permissions":["users:read"])"}, {.grant = {"users:read"}}));
    const auto program =
        std::filesystem::directory_iterator(kept.folder / "store/trees")->path() / "bin/tool";
    std::filesystem::permissions(program, std::filesystem::perms(0700));
    std::ofstream(program, std::ios::binary | std::ios::app) << "more";
    std::filesystem::permissions(program, std::filesystem::perms(0500));
    kept.open();
    CHECK(kept.run->wait_for([&] { return kept.manager->find("tool")->status == 2; }));
    CHECK(told(kept.install({.more = R"(,"permissions":["users:read"])"})) == "1.0.0 ready");
    CHECK(kept.echo("tool") == "hello");
    CHECK(kept.run->status("tool").permissions == std::vector<std::string>{"users:read"});
}

TEST_CASE("a package whose files are gone is broken, and repaired from its archive or installed again") {
    kept_packages kept;
    REQUIRE(kept.install(package_wish{}));
    const auto lose = [&] {
        kept.manager.reset();
        const std::string trees = kept.folder / "store/trees";
        for (std::filesystem::recursive_directory_iterator at(trees), end; at != end; ++at)
            if (at->is_directory()) std::filesystem::permissions(at->path(), std::filesystem::perms(0700));
        for (const auto& tree : std::filesystem::directory_iterator(trees)) std::filesystem::remove_all(tree);
        kept.open();
    };
    lose();
    CHECK(told(*kept.manager->find("tool")).starts_with("1.0.0 broken: its files are gone"));
    CHECK(
        told(kept.enable({.package = "tool"})).starts_with("unverified: tool is broken: its files are gone"));
    const auto done = kept.run->until<result<std::vector<std::string>>>(
        [&](auto after) { kept.manager->repair_store("somebody", after); });
    REQUIRE(done);
    CHECK(done->at(0) == "dev.example.tool 1.0.0: its files were made again from its archive");
    CHECK(told(kept.enable({.package = "tool"})) == "1.0.0 ready");
    lose();
    CHECK(told(kept.install(package_wish{})) == "1.0.0 ready");
}

} // namespace
