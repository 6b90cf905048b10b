#ifndef TENON_CONFIG_CONFIG_WARNINGS_HPP
#define TENON_CONFIG_CONFIG_WARNINGS_HPP

// What is allowed in a list of plugins, and still looks as if it was meant otherwise: a need that no plugin fulfils, a
// permission that no service asks for, an event that is not known, a program that cannot be run. For tools that
// check a file; a host starts with all of it.

#include <tenon/core/text.hpp>
#include <tenon/rules/calls/permissions.hpp>
#include <tenon/core/nearest_name.hpp>
#include <tenon/config/plugin_config.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/process/system_program.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What a host has for its plugins.
struct host_offer {
    std::vector<std::string> permissions = {}; // that its services need: "users:kick"
    std::vector<std::string> events = {}; // that it publishes or asks about; none: they are not looked at
};

namespace detail {

class config_warnings {
public:
    config_warnings(const std::vector<plugin_config>& plugins, const host_offer& offer) : plugins_(plugins) {
        for (const plugin_config& one : plugins) names_.push_back(one.options.name);
        for (const std::string& one : offer.permissions) permissions_.push_back(one);
        for (const std::string& one : offer.events) {
            events_.push_back(one);
            families_.push_back(one.substr(0, one.find('.')) + ".*");
        }
        meant_ = events_;
        meant_.insert(meant_.end(), families_.begin(), families_.end());
    }

    std::vector<std::string> take() {
        for (std::size_t at = 0; at < plugins_.size(); ++at) {
            place_ = item_path("plugins", at);
            look_at_program(plugins_[at]);
            look_at_needs(plugins_[at].options);
            look_at_permissions(plugins_[at].options);
            look_at_events("events.include", plugins_[at].options.events.include);
            look_at_events("events.exclude", plugins_[at].options.events.exclude);
            look_at_events("required", plugins_[at].options.required);
            for (const auto& [pattern, absent] : plugins_[at].options.absent_of)
                look_at_event("absent", pattern);
            look_at_kept(plugins_[at].options);
        }
        return std::move(found_);
    }

private:
    void warn(std::string_view key, std::string_view words) {
        found_.push_back(join({place_, ".", key, ": ", words}));
    }
    void look_at_program(const plugin_config& plugin) {
        const auto& command = plugin.options.command;
        if (!plugin.enabled || command.empty() || !command[0].starts_with('/')) return;
        const file_facts facts = look_at(command[0]);
        if (facts.kind == file_kind::regular && !facts.executable)
            warn("command", join({command[0], ": ", why_not(facts, name_of_user(::geteuid()))}));
    }
    void look_at_needs(const plugin_options& plugin) {
        for (std::size_t at = 0; at < plugin.needs.size(); ++at)
            if (std::find(names_.begin(), names_.end(), plugin.needs[at]) == names_.end())
                warn(item_path("needs", at),
                     join({"no plugin here is called \"", plugin.needs[at], "\", so this one waits for ever",
                           or_meant(plugin.needs[at], names_)}));
    }
    void look_at_permissions(const plugin_options& plugin) {
        if (!plugin.permissions.empty() && !plugin.allow_reverse_calls)
            warn("permissions", "they allow nothing as long as allowReverseRpc is not true");
        for (std::size_t at = 0; at < plugin.permissions.size(); ++at) {
            const std::string& grant = plugin.permissions[at];
            const bool known = std::any_of(permissions_.begin(), permissions_.end(),
                                           [&](std::string_view one) { return grants(grant, one); });
            if (known || permissions_.empty()) continue;
            warn(item_path("permissions", at),
                 join({"nothing here needs the permission \"", grant, "\"", or_meant(grant, permissions_)}));
        }
    }
    void look_at_events(std::string_view key, const std::vector<std::string>& patterns) {
        for (std::size_t at = 0; at < patterns.size(); ++at) look_at_event(item_path(key, at), patterns[at]);
    }
    /// What must not pass without the plugin, and never comes to it.
    void look_at_kept(const plugin_options& plugin) {
        const auto look_at = [&](std::string_view key, std::string_view pattern) {
            const std::string why = kept_from_plugin(plugin.events, pattern);
            if (!why.empty()) warn(key, join({"of \"", pattern, "\" events pass without it: ", why}));
        };
        for (std::size_t at = 0; at < plugin.required.size(); ++at)
            look_at(item_path("required", at), plugin.required[at]);
        for (const auto& [pattern, absent] : plugin.absent_of)
            if (absent != absence::pass) look_at("absent", pattern);
        if (plugin.absent != absence::pass) look_at("absent", "*");
    }
    void look_at_event(std::string_view key, std::string_view pattern) {
        const bool known = std::any_of(events_.begin(), events_.end(),
                                       [&](std::string_view one) { return matches(pattern, one); });
        // Plugins have events of their own: only what is almost one of the host's is a mistake.
        const std::string near = known ? std::string() : or_meant(pattern, meant_);
        if (!near.empty()) warn(key, join({"this host has no event \"", pattern, "\"", near}));
    }

    const std::vector<plugin_config>& plugins_;
    std::vector<std::string_view> names_, permissions_, events_;
    std::vector<std::string> families_;
    std::vector<std::string_view> meant_; // events and families, of which a mistyped one may be near
    std::string place_;
    std::vector<std::string> found_;
};

} // namespace detail

/// `command` is looked at where it is a path from the root, as trusted_program() answers.
inline std::vector<std::string> config_warnings(const std::vector<plugin_config>& plugins,
                                                const host_offer& offer = {}) {
    return detail::config_warnings(plugins, offer).take();
}

} // namespace tenon

#endif
