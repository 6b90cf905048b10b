#include <tenon/packages/operations/discovered_view.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;

namespace {

discovered_folder folder(std::string name, folder_state state, std::string why, std::string_view manifest) {
    discovered_folder made{.folder = name, .path = "/plugins/" + name, .state = state, .why = std::move(why)};
    if (!manifest.empty()) made.manifest = read_manifest(manifest).manifest;
    return made;
}

discovery some_folders() {
    return {
        .folders = {
            folder("here", folder_state::available, "",
                   R"({"id":"dev.example.here","version":"1.0.0","entry":"run"})"),
            folder(
                "rooms", folder_state::source_only, "has to be built",
                R"({"id":"dev.example.rooms","name":"chatrooms","version":"1.2.0","entry":"run","type":"filter",)"
                R"("build":{"command":["make"],"inputs":[],"outputs":["run"]}})"),
            folder("broken", folder_state::incomplete, "plugin.json: is no JSON", ""),
        }};
}

bool is_here(std::string_view id) { return id == "dev.example.here" || id.empty(); }

} // namespace

TEST_CASE("each folder is a row, which says whether it is a package already") {
    const auto views = views_of(some_folders(), is_here);
    REQUIRE(views.size() == 3);
    CHECK(views[0].registered);
    CHECK(
        to_json(views[1]) ==
        R"({"folder":"rooms","id":"dev.example.rooms","name":"chatrooms","version":"1.2.0","pluginType":"filter",)"
        R"("path":"/plugins/rooms","state":"source_only","why":"has to be built","builds":true,"registered":false})");
    CHECK(to_json(views[2]) ==
          R"({"folder":"broken","id":"","name":"","version":"","pluginType":"","path":"/plugins/broken",)"
          R"("state":"incomplete","why":"plugin.json: is no JSON","builds":false,"registered":false})");
}

TEST_CASE("what is no package is unregistered, with its folder's name where it says none") {
    CHECK(
        to_json(unregistered_of(some_folders(), is_here)) ==
        R"([{"id":"dev.example.rooms","name":"chatrooms","version":"1.2.0","type":"filter","status":"source_only",)"
        R"("path":"/plugins/rooms","error":"has to be built"},)"
        R"({"id":"","name":"broken","version":"","type":"","status":"incomplete","path":"/plugins/broken",)"
        R"("error":"plugin.json: is no JSON"}])");
}
