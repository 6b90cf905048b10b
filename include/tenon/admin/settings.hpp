#ifndef TENON_ADMIN_SETTINGS_HPP
#define TENON_ADMIN_SETTINGS_HPP

// What an embedder decides about its administrators.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>

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
};

} // namespace tenon

#endif
