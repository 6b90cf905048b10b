#ifndef REFERENCE_SETTINGS_SETTINGS_HPP
#define REFERENCE_SETTINGS_SETTINGS_HPP

// The configuration file of tenon-host: JSON, or YAML where its name ends in .yaml or .yml. What is wrong with it is said
// with the path of the key. Its keys are in reference-host/README.md; one plugin's keys are the library's (host/config).
//
// Relative paths in it are relative to its folder, ~ is the user's home, ${VAR} and ${VAR:-default} the environment's.

#include <tenon/core/result.hpp>
#include <tenon/config/plugin_config.hpp>
#include <tenon/config/system_trusted.hpp>
#include <tenon/config/variables.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {
struct package_options;
}

namespace reference {

struct settings {
    std::string file = {}; // from the root
    std::string listen = "127.0.0.1:8080", admin_token = {};
    std::vector<std::string> hosts = {}; // what the server may be called besides
    tenon::milliseconds decision_timeout{5'000};
    std::map<std::string, tenon::milliseconds> decision_timeouts = {}; // by pattern of event types
    std::string socket = {}, data = {};
    std::vector<tenon::plugin_config> plugins = {};
    tenon::program_places places = {};                           // of programs, from the root
    std::shared_ptr<const tenon::package_options> packages = {}; // null: no packages are kept here
    std::string packages_written = {}; // that part of the file, to see whether it is another one
    std::map<std::string, tenon::json, std::less<>> written =
        {}; // by plugin: its `config` before variables are put in
    std::map<std::string, std::vector<std::string>, std::less<>> secrets =
        {}; // what came from ${VAR}, by plugin
    std::map<std::string, tenon::variable_references, std::less<>> references = {}; // how that was written
    std::map<std::string, std::string, std::less<>> missing =
        {}; // by plugin, why it is not started: "there is no node"
};

/// codes::unavailable: it cannot be read; codes::invalid_params: something in it is wrong, a line for each mistake.
tenon::result<settings> read_settings(const std::string& path);

/// What is lost where `data` cannot be written; else empty.
std::string data_warning(const settings& of);

/// A store of packages that is not there and cannot be made: the host does not start then.
tenon::result<void> check_store_folder(const settings& of);

/// The environment's.
std::optional<std::string> variable(const std::string& name);

/// Whether what came from a variable is to be hidden. What is very short is not: it would be found everywhere.
bool is_secret(std::string_view value);

/// "~" and "~/..." below $HOME; another relative path below `folder`.
std::string full_path(std::string_view path, std::string_view folder);

/// An address that others can reach needs a token: what to say about it, or nothing.
tenon::result<void> check_listen(const std::string& listen, const std::string& admin_token);

} // namespace reference

#endif
