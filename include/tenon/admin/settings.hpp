#ifndef TENON_ADMIN_SETTINGS_HPP
#define TENON_ADMIN_SETTINGS_HPP

// What an embedder decides about its administrators.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/status.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// That a plugin's configuration is not the file's own, because somebody set another one.
struct config_set {
    std::int64_t unix_ms = 0;
    std::string by = {}; // "administrator" or "plugin"
};

/// How much of it: a row of a list leaves out what may be long.
enum class beside_extent { row, whole };

/// What is known of a plugin besides what its host knows.
struct known_beside {
    std::string more = {}; // members of its row, each with a comma before it: `,"package":{...}`
    std::string type = {};
    std::vector<std::string> tags = {};
    int status = 0;           // 0 does not run, 1 is ready, 2 is broken or did not come up
    std::string version = {}; // shown where the plugin has not said its own
};

/// A row of the list of plugins, about one that is not the host's.
struct listed_beside {
    std::string id = {}, row = {}; // JSON
};

struct admin_settings {
    /// Plugins known to the host that are not to run. None: all may.
    std::function<bool(std::string_view plugin)> enabled = {};
    /// Enables and starts, or stops and disables. None: that cannot be done here (501).
    std::function<void(std::string plugin, bool on, std::function<void(result<void>)> done)> enable = {};
    /// Called with a configuration that a plugin has taken from an administrator.
    std::function<result<void>(const std::string& plugin, const json& config)> keep_config = {};
    /// What the file says of a plugin's configuration, and who set another one; nothing where nobody did.
    std::function<std::optional<json>(std::string_view plugin)> config_in_file = {};
    std::function<std::optional<config_set>(std::string_view plugin)> config_set_here = {};
    /// Why what the file says of it, or what was set, is not what it runs with; empty where it is. Shown as a warning.
    std::function<std::string(std::string_view plugin)> config_trouble = {};
    /// Called when a plugin has gone back to the file's own. None: that cannot be done here (501).
    std::function<result<void>(const std::string& plugin)> forget_config = {};
    /// Texts that nobody is shown in a plugin's configuration: what came from ${VARIABLES}.
    std::function<std::vector<std::string>(std::string_view plugin)> secrets = {};
    /// What else is known of a plugin, and shown with it.
    std::function<std::optional<known_beside>(std::string_view plugin, beside_extent how_much)> beside = {};
    /// Plugins that are installed, but not the host's as long as they do not run. They are listed all the same.
    std::function<std::vector<plugin_status>()> at_rest = {};
    /// Plugins that lie in folders and are not installed: `then` is called on the host's executor, with rows of the plain list.
    std::function<void(std::function<void(std::vector<listed_beside> rows)> then)> unregistered = {};
    /// The name of the plugin with this id; empty where there is none.
    std::function<std::string(std::string_view id)> name_of = {};
    /// What stands behind the host's own metrics.
    std::function<std::string()> more_metrics = {};
};

} // namespace tenon

#endif
