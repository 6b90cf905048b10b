#ifndef TENON_HOST_CONFIG_SAVED_CONFIG_HPP
#define TENON_HOST_CONFIG_SAVED_CONFIG_HPP

// What plugins want to find again (host/saveConfig): a file for each, FOLDER/NAME.json.
//
//     host.on_save_config([](const std::string& plugin, const tenon::json& config) {
//         return tenon::save_config("/var/lib/chat/config", plugin, config);
//     });
//     options.config = tenon::with_saved_config("/var/lib/chat/config", options.name, options.config).value_or(options.config);
//
// It goes over what the file of the host says, member by member; whoever wants the file's own again removes it.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/host/config/system_small_file.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

namespace tenon {

namespace detail {
/// A plugin's name holds no '/'.
inline std::string saved_config_path(const std::string& folder, const std::string& plugin) {
    return join({folder, "/", plugin, ".json"});
}
} // namespace detail

inline result<void> save_config(const std::string& folder, const std::string& plugin, const json& config) {
    return write_small_file(detail::saved_config_path(folder, plugin), config.text() + "\n");
}

/// `config` with what was saved over it.
inline result<json> with_saved_config(const std::string& folder, const std::string& plugin,
                                      const json& config) {
    using members = std::map<std::string, json>;
    constexpr std::size_t most_bytes = std::size_t{2} << 20; // a plugin may write half of that
    const std::string path = detail::saved_config_path(folder, plugin);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return config;
    const auto text = read_small_file(path, most_bytes);
    if (!text) return text.error();
    auto saved = from_json<members>(*text, {.root = path});
    if (!saved) return saved.error();
    saved->merge(config.as<members>().value_or({}));
    return json::of(*saved);
}

} // namespace tenon

#endif
