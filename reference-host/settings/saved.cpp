// A file for each plugin.

#include "settings/saved.hpp"

#include "settings/files.hpp"

#include <filesystem>
#include <map>

namespace reference {

namespace {

constexpr std::size_t most_bytes = std::size_t{2}
                                   << 20; // a plugin may write 1 MiB, which is not written shorter here

/// A plugin's name holds no '/'.
std::string path_of(const std::string& data, const std::string& plugin) {
    return data + "/config/" + plugin + ".json";
}

} // namespace

tenon::result<void> save_config(const std::string& data, const std::string& plugin,
                                const tenon::json& config) {
    return write_file(path_of(data, plugin), config.text() + "\n");
}

tenon::result<tenon::json> with_saved_config(const std::string& data, const std::string& plugin,
                                             const tenon::json& config) {
    using members = std::map<std::string, tenon::json>;
    const std::string path = path_of(data, plugin);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return config;
    const auto text = read_file(path, most_bytes);
    if (!text) return text.error();
    auto saved = tenon::from_json<members>(*text, {.root = path});
    if (!saved) return saved.error();
    saved->merge(config.as<members>().value_or({}));
    return tenon::json::of(*saved);
}

} // namespace reference
