#ifndef TENON_CONFIG_SAVED_CONFIG_HPP
#define TENON_CONFIG_SAVED_CONFIG_HPP

// What was set beside the host's configuration file, and is to be found again: a file for each plugin, FOLDER/NAME.json.
//
//     {"time":1700000000000,"by":"administrator","config":{"mood":"good"},"members":{"count":3}}
//
// One rule, the same before the host starts again and after: what was set replaces. `config` was set by an administrator
// and replaces all that the host's file says; each of `members` was set by the plugin (host/setConfig) and replaces one
// member of that. What was not set is not in here, so it stays what the host's file says.
//
// Everything stands here as in the host's file, before variables are put in: a secret is the reference that it was.
// keep_variables() writes it like this, expand_variables() (config/variables.hpp) reads it.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/config/config_reader.hpp>
#include <tenon/config/system_small_file.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tenon {

struct saved_config {
    std::int64_t unix_ms = 0;         // when something was set last
    std::string by = "administrator"; // that set it; or "plugin"
    std::optional<json> config = {};
    std::map<std::string, json> members = {};
};

namespace detail {

/// A plugin's name holds no '/'.
inline std::string saved_config_path(const std::string& folder, std::string_view plugin) {
    return join({folder, "/", plugin, ".json"});
}

} // namespace detail

inline result<void> write_saved_config(const std::string& folder, std::string_view plugin,
                                       const saved_config& saved) {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("time");
    out.integer(saved.unix_ms);
    out.key("by");
    out.string(saved.by);
    if (saved.config) {
        out.key("config");
        out.raw(saved.config->text());
    }
    if (!saved.members.empty()) {
        out.key("members");
        detail::encode(out, saved.members);
    }
    out.end_object();
    buffer.append('\n');
    return write_small_file(detail::saved_config_path(folder, plugin), buffer.view());
}

/// Nothing where nothing was saved.
inline result<std::optional<saved_config>> read_saved_config(const std::string& folder,
                                                             std::string_view plugin) {
    constexpr std::size_t most_bytes = std::size_t{8} << 20; // two configurations of 1 MiB, and their escapes
    const std::string path = detail::saved_config_path(folder, plugin);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::optional<saved_config>();
    const auto text = read_small_file(path, most_bytes);
    if (!text) return text.error();
    const auto whole = json::parse(*text);
    if (!whole) return fault{whole.error().code, detail::join({path, ": ", whole.error().message})};
    saved_config saved;
    json config, members;
    config_reader in(whole->view());
    in.count("time", saved.unix_ms);
    in.text("by", saved.by);
    in.any_object("config", config);
    in.any_object("members", members);
    if (const auto good = in.finish(); !good)
        return fault{good.error().code, detail::join({path, ": ", good.error().message})};
    if (!config.is_null()) saved.config = std::move(config);
    saved.members = members.as<std::map<std::string, json>>().value_or({});
    return std::optional(std::move(saved));
}

/// A file that is not there is no fault.
inline result<void> remove_saved_config(const std::string& folder, std::string_view plugin) {
    return remove_small_file(detail::saved_config_path(folder, plugin));
}

/// `in_file` with what was saved in its place.
inline json with_saved_config(const saved_config& saved, const json& in_file) {
    const json& base = saved.config ? *saved.config : in_file;
    if (saved.members.empty()) return base;
    auto members = saved.members;
    members.merge(base.as<std::map<std::string, json>>().value_or({}));
    return json::of(members);
}

} // namespace tenon

#endif
