// The store of packages over HTTP: looked at, checked, repaired and tidied.

#include "package_web.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace tenon;
using namespace tenon::tests;

namespace fs = std::filesystem;

namespace {

/// As somebody did who had the host ended.
void erase_trees(const package_web& run) {
    const fs::path trees = run.folder / "store/trees";
    for (const auto& each : fs::recursive_directory_iterator(trees))
        if (each.is_directory()) fs::permissions(each, fs::perms(0700));
    for (const auto& tree : fs::directory_iterator(trees)) fs::remove_all(tree);
}
void empty_records(const package_web& run) {
    const std::string records = run.folder / "store/packages.db";
    fs::remove(records + "-wal");
    fs::remove(records + "-shm");
    fs::resize_file(records, 0);
}

} // namespace

TEST_CASE("a store that is degraded is repaired over HTTP, and its packages are there and run") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.install({.id = "dev.example.off", .name = "off"}).status == 201);
    REQUIRE(run.admin("POST", "/api/v1/plugins/off/disable").status == 200);
    bool files_gone = false;
    SUBCASE("its records were emptied") {}
    SUBCASE("and the files of its packages are gone, too") { files_gone = true; }
    run.close();
    empty_records(run);
    if (files_gone) erase_trees(run);
    run.open();

    CHECK(has(run.admin("GET", "/api/v1/store").body, R"("degraded":true)"));
    const answer found = run.admin("POST", "/api/v1/store/check");
    CHECK(found.status == 200);
    CHECK(has(found.body, R"({"problems":[{"id":"","version":"","tree":"","problem":)"));
    CHECK(has(found.body, "`tenon-host store repair` makes the records anew"));
    const answer refused = run.admin("POST", "/api/v1/plugins/off/enable");
    CHECK(refused.status == (files_gone ? 422 : 507));
    CHECK(run.admin("POST", "/api/v1/store/collect").status == 507);

    const answer done = run.admin("POST", "/api/v1/store/repair");
    CHECK_MESSAGE(done.status == 200, done.body);
    CHECK(has(done.body, R"({"done":["dev.example.off: recorded as packages.json says")"));
    CHECK(has(done.body, "packages.db was made anew"));
    CHECK(has(done.body, "tool: it is enabled, and is started again") == files_gone);
    CHECK_MESSAGE(run.says_soon("/api/v1/plugins/tool", R"("state":"ready")"),
                  run.admin("GET", "/api/v1/plugins/tool").body);
    const answer now = run.admin("GET", "/api/v1/store");
    CHECK(has(now.body, R"("trees":2,"degraded":false,"notes":[]})"));
    CHECK(has(run.admin("POST", "/api/v1/store/check").body, R"({"problems":[],"packages":2})"));
    CHECK(has(run.admin("GET", "/api/v1/packages").body,
              R"("id":"dev.example.off","name":"off","version":"1.0.0","state":"disabled")"));
    CHECK(run.admin("POST", "/api/v1/plugins/off/enable").status == 200);
    CHECK(run.install({.version = "1.1.0"}).status == 200);
    CHECK(has(run.admin("GET", "/api/v1/operations").body, R"("kind":"repair")"));
    CHECK(run.says_soon("/api/v1/audit", R"("action":"POST /api/v1/store/repair")"));

    run.close(); // and it stays so
    run.open();
    CHECK(has(run.admin("GET", "/api/v1/store").body, R"("degraded":false,"notes":[]})"));
    CHECK(run.says_soon("/api/v1/plugins/off", R"("state":"ready")"));
}

TEST_CASE("a store without records and without their copy knows its packages again, and runs none unasked") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    run.close();
    empty_records(run);
    fs::remove(run.folder / "store/packages.json");
    run.open();
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"({"packages":[],)"));
    const answer done = run.admin("POST", "/api/v1/store/repair");
    CHECK(has(done.body, "dev.example.tool: recorded as its files say, and disabled"));
    CHECK(run.member(run.admin("GET", "/api/v1/plugins/tool"), "state") != "ready");
    CHECK(run.admin("POST", "/api/v1/plugins/tool/enable").status == 200);
    CHECK_MESSAGE(run.says_soon("/api/v1/plugins/tool", R"("state":"ready")"),
                  run.admin("GET", "/api/v1/plugins/tool").body);
}

TEST_CASE("a plugin whose files were changed is started again once they are repaired") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    run.close();
    const fs::path program = fs::directory_iterator(run.folder / "store/trees")->path() / "bin/tool";
    fs::permissions(program, fs::perms(0700));
    fs::resize_file(program, 10);
    fs::permissions(program, fs::perms(0500));
    run.open();
    REQUIRE(run.says_soon("/api/v1/plugins/tool", R"("state":"failed")"));
    CHECK(has(run.admin("POST", "/api/v1/store/check").body,
              R"({"problems":[{"id":"dev.example.tool","version":"1.0.0","tree":")"));
    const answer done = run.admin("POST", "/api/v1/store/repair");
    CHECK_MESSAGE(run.body_of(done)["done"].text() ==
                      R"(["dev.example.tool 1.0.0: its files were made again from its archive",)"
                      R"("tool: it is enabled, and is started again"])",
                  done.body);
    CHECK_MESSAGE(run.says_soon("/api/v1/plugins/tool", R"("state":"ready")"),
                  run.admin("GET", "/api/v1/plugins/tool").body);
}

TEST_CASE("old versions of all packages go over HTTP, and only who may everything is let at the store") {
    package_options wanted = kept_packages::any_policy();
    wanted.store.kept_versions = 5;
    package_web run(wanted);
    for (const char* const version : {"1.0.0", "1.1.0", "1.2.0"})
        REQUIRE(run.install({.version = version}).status / 100 == 2);
    run.close();
    wanted.store.kept_versions = 1;
    run.reopen(wanted);
    const std::string versions = "/api/v1/plugins/tool/versions";
    REQUIRE(has(run.admin("GET", versions).body, R"("version":"1.0.0")"));
    const answer left = run.admin("POST", "/api/v1/store/collect");
    CHECK_MESSAGE(left.status == 200, left.body);
    CHECK(run.number(left, "trees") == 2);
    const std::string now = run.admin("GET", versions).body;
    CHECK_FALSE(has(now, R"("version":"1.0.0")"));
    CHECK(has(now, R"("version":"1.1.0")"));
    CHECK(run.admin("POST", "/api/v1/plugins/tool/rollback").status == 200);

    const std::string other = run.token_for("other", R"(["publisher"])");
    CHECK(run.ask(other, "GET", "/api/v1/store").status == 403);
    for (const char* const verb : {"check", "repair", "collect"})
        CHECK(run.ask(other, "POST", detail::join({"/api/v1/store/", verb})).status == 403);
}
