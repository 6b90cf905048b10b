#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_REQUEST_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_REQUEST_HPP

// How a program keeps packages, and what is asked of it: plain data.

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/operations/source_build.hpp>
#include <tenon/packages/rules/package_plan.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/rules/options.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

struct package_options {
    store_options store = {};
    trust_settings trust = {}; // what is configured; keys that were added here come on top
    zip_limits limits = {};
    /// How long a new version may take to be ready; then the version before is started again.
    milliseconds load_timeout{30'000};
    /// What every package's plugin is started with, but for what its manifest and its package say.
    plugin_options plugins = {};
    /// Names that are somebody else's although the host does not know them yet, such as those of the configuration file.
    std::function<bool(std::string_view name)> is_reserved = {};
    /// Where plugins lie that are no packages yet, each in a folder of its own; and how they are built and trusted.
    std::vector<std::string> plugin_dirs = {};
    missing_dirs missing_plugin_dirs = missing_dirs::noted;
    build_options builds = {};
    /// Where a script's runtime is: a whole path, or why it may not be run. Without it there are no scripts. It is asked on
    /// other threads than the host's, on two at once maybe.
    std::function<result<std::string>(const std::string& runtime)> runtime = {};
    /// The words before the path of a WebAssembly module. Without them there are none.
    std::vector<std::string> module_runner = {};
};

/// Where a package comes from.
struct package_source {
    std::string file = {};     // an archive; or a program, where there is a manifest
    std::string manifest = {}; // of that program, as JSON
    std::string origin = {};   // for the records: "upload", "path"
    bool staged =
        false; // the file is one of package_manager::stage(): it is gone when the operation has ended
};

struct install_request {
    package_source source = {};
    plan_request plan = {};
    std::string actor = {}; // for the history
    /// Is told the operation's number before anything is done.
    std::function<void(std::uint64_t number)> begun = {};
};

/// Of a package that is here, by its id or its name; register_folder: of a folder of plugin_dirs, by its name.
struct package_request {
    std::string package = {};
    std::string version = {}; // update, rollback, pin, remove_version
    plan_request plan = {};   // update, rollback
    std::string reason = {};  // rollback: why
    bool keep_data = false;   // uninstall: what the plugin wrote stays
    json config = {};         // configure; null: what the manifest says
    std::string actor = {};
    std::function<void(std::uint64_t number)> begun = {};
};

} // namespace tenon

#endif
