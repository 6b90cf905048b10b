#ifndef TENON_CONFIG_CHANGES_HPP
#define TENON_CONFIG_CHANGES_HPP

// From one list of plugins to another with as little as possible. A plugin that stands there as before is left alone. One
// whose `config` alone differs is configured. One that is disabled is stopped, and the host still knows it. The level of a
// log is changed while the plugin runs. Any other difference takes a new process. This only plans: config/apply.hpp does it.
//
//     former              latter               action
//     -                   enabled / disabled   start / add
//     there               -                    remove: stop and forget
//     enabled             the same             none
//     there               another `config`     configure
//     there               another `logs.level` configure, with `relevel` and without `reconfigure`
//     enabled / disabled  disabled / enabled   disable / enable, and `reconfigure` where the config is another one
//     there               anything else        replace: remove, then start or add
//
// Whether a plugin may attach by itself is its options' part, so one that may is replaced where it is enabled or
// disabled. That another runtime is needed is no difference: where a runtime is missing, `enabled` says so.

#include <tenon/config/plugin_config.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tenon {

enum class config_action { add, start, remove, replace, configure, enable, disable };

/// What is to be done about one plugin.
struct plugin_change {
    config_action action;
    plugin_config config; // as it is to be; of one that is removed, as it was
    bool reconfigure = false;
    bool relevel = false;                  // logs.level
    std::vector<std::string> differs = {}; // the keys of the file, for a log: "command", "restart"

    const std::string& name() const noexcept { return config.options.name; }
};

namespace detail {

/// JSON without the space between its parts.
inline std::string compact_json(std::string_view text) {
    std::string compact;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (in_string && byte == '\\') compact.push_back(text[at++]);
        else if (byte == '"') in_string = !in_string;
        if (in_string || (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r'))
            compact.push_back(text[at]);
    }
    return compact;
}

/// An empty configuration is the same as none.
inline bool same_config(const json& one, const json& other) {
    const auto plain = [](const json& config) {
        return config.is_null() ? std::string("{}") : compact_json(config.text());
    };
    return one.text() == other.text() || plain(one) == plain(other);
}

/// All that is said of the process.
inline std::string process_text(plugin_config config) {
    config.enabled = true;
    config.runtime.clear();
    config.options.config = json();
    config.options.logs.level = log_level::debug;
    return write_plugin_config(std::move(config));
}

/// The keys whose values differ; they stand in the same order in both, and some may be left out.
inline std::vector<std::string> differing_keys(std::string_view one, std::string_view other) {
    const auto members_of = [](std::string_view text) {
        std::vector<std::pair<std::string, std::string_view>> members;
        json_reader in(text);
        std::string_view key, value;
        in.enter_object();
        while (in.next_member(key)) {
            std::string name(key);
            if (!in.read_slice(value)) break;
            members.emplace_back(std::move(name), value);
        }
        return members;
    };
    const auto before = members_of(one), after = members_of(other);
    std::vector<std::string> keys;
    const auto look_for = [&](const auto& wanted, const auto& there, bool also_other) {
        for (const auto& [key, value] : wanted) {
            const std::string_view* found = nullptr;
            for (const auto& member : there)
                if (member.first == key) found = &member.second;
            if (found == nullptr || (also_other && *found != value)) keys.push_back(key);
        }
    };
    look_for(after, before, true);
    look_for(before, after, false);
    return keys;
}

inline plugin_change change_of(const plugin_config& former, const plugin_config& latter, bool& is_none) {
    plugin_change change{.action = config_action::replace, .config = latter};
    const std::string before = process_text(former), after = process_text(latter);
    change.reconfigure = !same_config(former.options.config, latter.options.config);
    change.relevel = former.options.logs.level != latter.options.logs.level;
    is_none = false;
    if (before != after) change.differs = differing_keys(before, after);
    if (change.reconfigure) change.differs.push_back("config");
    if (change.relevel) change.differs.push_back("logs.level");
    if (former.enabled != latter.enabled) change.differs.push_back("enabled");
    if (before == after && former.enabled == latter.enabled) {
        change.action = config_action::configure;
        is_none = !change.reconfigure && !change.relevel;
    } else if (before == after && !latter.options.attach) {
        change.action = latter.enabled ? config_action::enable : config_action::disable;
    }
    if (change.action == config_action::replace)
        change.reconfigure = change.relevel = false; // it is a new one's from the start
    return change;
}

} // namespace detail

/// Names are given once in each list. Those that leave come first, then the others in the order of the latter list.
inline std::vector<plugin_change> plan_changes(const std::vector<plugin_config>& former,
                                               const std::vector<plugin_config>& latter) {
    std::unordered_map<std::string_view, const plugin_config*> before, after;
    for (const plugin_config& one : former) before.emplace(one.options.name, &one);
    for (const plugin_config& one : latter) after.emplace(one.options.name, &one);
    std::vector<plugin_change> changes;
    for (const plugin_config& one : former)
        if (after.find(one.options.name) == after.end())
            changes.push_back({.action = config_action::remove, .config = one});
    for (const plugin_config& one : latter) {
        const auto known = before.find(one.options.name);
        if (known == before.end()) {
            changes.push_back(
                {.action = one.enabled ? config_action::start : config_action::add, .config = one});
            continue;
        }
        bool is_none = false;
        plugin_change change = detail::change_of(*known->second, one, is_none);
        if (!is_none) changes.push_back(std::move(change));
    }
    return changes;
}

} // namespace tenon

#endif
