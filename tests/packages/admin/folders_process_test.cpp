// Folders that are no packages yet, over HTTP: listed, built, and made packages.

#include "package_web.hpp"

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::tests;

namespace {

package_options with_folders(const scratch_folder& plugins) {
    package_options made = kept_packages::any_policy();
    made.plugin_dirs = {plugins.path()};
    made.builds.trusted = [](const std::string&) { return result<void>(); };
    return made;
}

} // namespace

TEST_CASE("a folder is unregistered, is built, and is a package then") {
    const scratch_folder plugins;
    plugins.write(
        "rooms/plugin.json",
        package_wish{
            .id = "dev.example.rooms",
            .name = "rooms",
            .more =
                R"(,"build":{"command":["cp","tool","bin/tool"],"inputs":["tool"],"outputs":["bin/tool"]})"}
            .manifest(),
        0644);
    plugins.write("rooms/tool", bytes_of(fixture("misbehaving")), 0755);
    plugins.write("empty/plugin.json", package_wish{.id = "dev.example.empty", .name = "empty"}.manifest(),
                  0644);
    package_web run(with_folders(plugins));

    const auto plain = [&] { return run.admin("GET", "/api/plugin/list").body; };
    CHECK(has(plain(), R"("registered":[],"unregistered":[{"id":"dev.example.empty","name":"empty")"));
    CHECK(has(plain(), R"("name":"rooms","version":"1.0.0","type":"","status":"source_only")"));
    CHECK(has(plain(), R"("status":"incomplete")"));
    CHECK(has(run.admin("GET", "/api/v1/plugins/discovered").body, R"("state":"source_only")"));
    CHECK(has(run.admin("GET", "/api/v1/plugins/discovered").body, R"("notes":[])"));
    const std::string scoped = run.token_for("reader", R"(["viewer"])", R"(["dev.example.empty"])");
    CHECK_FALSE(has(run.ask(scoped, "GET", "/api/plugin/list").body, "rooms"));

    const answer built = run.admin("POST", "/api/v1/plugins/rooms/compile");
    CHECK_MESSAGE(built.status == 200, built.body);
    CHECK(has(built.body, R"("built":true)"));
    CHECK(has(plain(), R"("name":"rooms","version":"1.0.0","type":"","status":"available")"));
    CHECK(run.admin("POST", "/api/v1/plugins/empty/compile").status == 400);

    const answer made = run.admin("POST", "/api/v1/plugins/discovered/rooms/register");
    CHECK_MESSAGE(made.status / 100 == 2, made.body);
    CHECK(run.member(made, "version") == "1.0.0-dev.1");
    CHECK(run.member(made, "trust") == "folder");
    CHECK(has(plain(), R"("registered":[{"id":"dev.example.rooms")"));
    CHECK_FALSE(has(plain(), "source_only"));
    CHECK(has(run.admin("GET", "/api/v1/plugins/discovered").body, R"("registered":true)"));
    CHECK(run.admin("POST", "/api/v1/plugins/discovered/nowhere/register").status == 404);
}
