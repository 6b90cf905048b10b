#ifndef TENON_PACKAGES_OPERATIONS_DISCOVERED_VIEW_HPP
#define TENON_PACKAGES_OPERATIONS_DISCOVERED_VIEW_HPP

// The folders that discover() found as tools and pages see them: plain data that becomes JSON, in camelCase.

#include <tenon/core/text.hpp>
#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/operations/discovery.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// A folder below one of the plugin directories.
struct discovered_view {
    std::string folder = {}, id = {}, name = {}, version = {};
    std::string type = {}, path = {};
    std::string state = {}; // "available", "source_only", "incomplete"
    std::string why = {};   // it is not available, as a sentence
    bool builds = false;    // its manifest says how
    bool registered = false;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(member("pluginType", &discovered_view::type)); }
};

/// One that is no package, in a list of plugins: "status" is what the folder is, and "error" why it is not available.
struct unregistered_plugin {
    std::string id = {}, name = {}, version = {}, type = {}, status = {}, path = {}, error = {};
};

/// Whether there is a package of this id.
using package_known = std::function<bool(std::string_view id)>;

std::vector<discovered_view> views_of(const discovery& found, const package_known& is_here);
/// Those that are no packages. One without a name goes by its folder's.
std::vector<unregistered_plugin> unregistered_of(const discovery& found, const package_known& is_here);

// ---- how it is done -------------------------------------------------------------------------------------------------

inline std::vector<discovered_view> views_of(const discovery& found, const package_known& is_here) {
    std::vector<discovered_view> views;
    for (const discovered_folder& one : found.folders) {
        discovered_view& view = views.emplace_back();
        view.folder = one.folder;
        view.path = one.path;
        view.state = name_of(one.state);
        view.why = one.why;
        if (!one.manifest) continue;
        view.id = one.manifest->id;
        view.name = one.manifest->name;
        view.version = one.manifest->version.text();
        view.type = one.manifest->type;
        view.builds = one.manifest->build.has_value();
        view.registered = is_here(view.id);
    }
    return views;
}

inline std::vector<unregistered_plugin> unregistered_of(const discovery& found,
                                                        const package_known& is_here) {
    std::vector<unregistered_plugin> rows;
    for (discovered_view& view : views_of(found, is_here)) {
        if (view.registered) continue;
        rows.push_back({.id = std::move(view.id),
                        .name = view.name.empty() ? std::move(view.folder) : std::move(view.name),
                        .version = std::move(view.version),
                        .type = std::move(view.type),
                        .status = std::move(view.state),
                        .path = std::move(view.path),
                        .error = std::move(view.why)});
    }
    return rows;
}

} // namespace tenon

#endif
