#ifndef REFERENCE_SETTINGS_KEEPER_HPP
#define REFERENCE_SETTINGS_KEEPER_HPP

// Keeps a host's plugins as the file says: starts them, applies a changed file as the smallest set of starts, stops and
// reconfigurations, and remembers what was said since then: who is enabled, and which configuration was set. What was
// set replaces what the file says until somebody goes back to the file's own, whether the host starts again or not.

#include "settings/settings.hpp"

#include <tenon/admin/settings.hpp>
#include <tenon/config/saved_config.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/session/answers.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {
class host;
}

namespace reference {

class keeper {
public:
    using done = std::function<void(tenon::result<void>)>;
    using saying = std::function<void(tenon::log_level level, std::string words)>;

    /// The id of the package that has this name; empty where none has it.
    using naming = std::function<std::string(std::string_view plugin)>;

    /// `refusals_differ`: look at refusals() again.
    keeper(tenon::host& host, saying say, std::function<void()> refusals_differ, naming package_named = {});

    /// The first one starts everything. `settled`: each plugin is ready, or did not start.
    void apply(settings next, std::function<void()> settled = {});

    /// What of the file is not what holds, because the plugin did not take it, the host refused it, or a package has its name;
    /// and what was set here and cannot be used.
    std::vector<std::string> refusals() const;
    /// The same of one plugin.
    std::string config_trouble(std::string_view plugin) const;

    /// A package is gone that had the name of a plugin of the file: the file can be applied again.
    bool is_name_free() const;

    bool in_file(std::string_view plugin) const { return find(plugin) != nullptr; }
    bool enabled(std::string_view plugin) const;
    void enable(const std::string& plugin, bool on, done over);

    /// An administrator has set the whole of it.
    tenon::result<void> keep_config(const std::string& plugin, const tenon::json& config);
    /// The plugin keeps members that it has set.
    tenon::result<void> keep_members(const std::string& plugin, const tenon::json& set);
    std::optional<tenon::config_set> config_set_here(std::string_view plugin) const;
    std::optional<tenon::json> config_in_file(std::string_view plugin) const;
    tenon::result<void> forget_config(const std::string& plugin);

    std::vector<std::string> secrets(std::string_view plugin) const;
    /// Whether its program may be started, as the file says now.
    tenon::result<tenon::program_to_start> prepare_start(const tenon::plugin_options& options) const;

private:
    void took(const std::string& plugin);        // or is to be tried again
    void mended(const std::string& plugin);      // what was set, which stood in nobody's way
    bool holds(const std::string& plugin) const; // its configuration is the one that is wanted
    /// A configuration as it may be written down.
    using as_written = std::function<tenon::json(const tenon::json& config)>;
    const tenon::plugin_config* find(std::string_view plugin) const;
    void set_aside(settings& next);
    void put_saved(tenon::plugin_config& plugin, settings& of);
    std::string folder() const { return now_.data + "/config"; }
    tenon::result<void>
    keep(const std::string& plugin,
         const std::function<void(tenon::saved_config& saved, const as_written& written)>& change);

    tenon::host& host_;
    saying say_;
    settings now_ = {};
    std::map<std::string, bool> now_in_file_ = {}; // who is enabled there; what holds stands in `now_`
    std::map<std::string, tenon::json, std::less<>> file_configs_ = {}; // the file's own, as plugins get it
    std::map<std::string, tenon::saved_config, std::less<>> saved_ = {};
    std::function<void()> refusals_differ_;
    naming package_named_;
    std::map<std::string, std::string, std::less<>> aside_ = {};   // the sentence about it, by plugin
    std::map<std::string, std::string, std::less<>> refused_ = {}; // the sentence about it, by plugin
    std::map<std::string, std::vector<std::string>, std::less<>> unused_ =
        {}; // the same of what was set, a mistake each
    // A plan may end after the next one has begun: what it says of a plugin that the next one changes is outdated.
    std::uint64_t plans_ = 0;
    std::map<std::string, std::uint64_t> planned_in_ = {};
};

} // namespace reference

#endif
