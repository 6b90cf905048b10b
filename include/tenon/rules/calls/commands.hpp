#ifndef TENON_RULES_CALLS_COMMANDS_HPP
#define TENON_RULES_CALLS_COMMANDS_HPP

// The commands of all plugins, by name: declared in a handshake or registered while the plugin runs. A name belongs to
// the plugin that said it first, until that plugin's connection ends or it takes the name back. A later plugin is refused
// in words and does not take over by itself. Which plugin is first follows from the order of their handshakes.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/session/names.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Of one plugin. More are a plugin that registers one for each of something.
inline constexpr std::size_t max_commands = 256;
/// Of all plugins that were there: only to say whose they were.
inline constexpr std::size_t max_former_commands = 4'096;
/// Of a command's description and schemas together.
inline constexpr std::size_t max_command_text = std::size_t{64} << 10;

class command_table {
public:
    result<void> add(std::uint32_t plugin, std::string_view plugin_name, const command_declaration& declared,
                     bool at_run_time = false);
    /// Only what is the plugin's own, declared or registered.
    result<void> remove(std::uint32_t plugin, std::string_view name);
    /// The plugin's connection is over.
    void withdraw(std::uint32_t plugin);

    /// Null if there is none. Valid until the table changes.
    const known_command* find(std::string_view name) const {
        const auto found = commands_.find(name);
        return found == commands_.end() ? nullptr : &found->second;
    }
    /// Which plugin had it when its connection ended last; empty where nobody had, or somebody has it now.
    std::string_view former_owner(std::string_view name) const {
        const auto found = former_.find(name);
        return found == former_.end() || find(name) != nullptr ? std::string_view() : found->second;
    }
    /// In the order of their names.
    std::vector<const known_command*> list() const;
    std::vector<const known_command*> of(std::uint32_t plugin) const;
    std::size_t size() const noexcept { return commands_.size(); }

private:
    static std::string_view problem_of(const command_declaration& declared) noexcept;

    std::map<std::string, known_command, std::less<>> commands_;
    std::map<std::string, std::string, std::less<>> former_; // the owners of those that were withdrawn
    std::map<std::uint32_t, std::size_t> counts_;
};

// Why it may not be declared; empty where it may.
inline std::string_view command_table::problem_of(const command_declaration& declared) noexcept {
    if (declared.name.empty()) return "a command has a name";
    if (declared.name.size() > longest_command) return "a command's name has at most 128 bytes";
    if (!is_seen(declared.name)) return "a name has no control characters, nor any that are not seen";
    std::size_t text = declared.description ? declared.description->size() : 0;
    for (const auto* schema : {&declared.params, &declared.result})
        if (*schema) {
            text += (*schema)->text().size();
            if (json_depth((*schema)->text()) > max_schema_levels) return "a schema has more than 32 levels";
        }
    return text > max_command_text ? "its description and schemas have more than 64 KiB" : std::string_view();
}

inline result<void> command_table::add(std::uint32_t plugin, std::string_view plugin_name,
                                       const command_declaration& declared, bool at_run_time) {
    const std::string_view shown = beginning_of(declared.name, longest_command);
    const auto refused = [&](std::initializer_list<std::string_view> why) {
        return fault{codes::invalid_params, join({"command '", shown, "': ", join(why)})};
    };
    if (const std::string_view problem = problem_of(declared); !problem.empty()) return refused({problem});
    if (const known_command* taken = find(declared.name))
        return refused({taken->plugin == plugin ? "this plugin has it already" : "it belongs to ",
                        taken->plugin == plugin ? std::string_view() : taken->plugin_name});
    std::size_t& count = counts_[plugin];
    if (count >= max_commands) return refused({"a plugin has at most ", digits(max_commands), " commands"});
    const auto owned = [](const std::optional<json_view>& schema) {
        return schema ? std::optional<json>(json(*schema)) : std::nullopt;
    };
    commands_.emplace(declared.name,
                      known_command{.plugin = plugin,
                                    .plugin_name = std::string(plugin_name),
                                    .name = declared.name,
                                    .description = declared.description.value_or(std::string()),
                                    .params = owned(declared.params),
                                    .result = owned(declared.result),
                                    .at_run_time = at_run_time});
    ++count;
    return {};
}

inline result<void> command_table::remove(std::uint32_t plugin, std::string_view name) {
    const auto found = commands_.find(name);
    if (found == commands_.end() || found->second.plugin != plugin)
        return fault{codes::invalid_params, join({"command '", beginning_of(name, longest_command),
                                                  "': this plugin has no such command"})};
    commands_.erase(found);
    --counts_[plugin];
    return {};
}

inline void command_table::withdraw(std::uint32_t plugin) {
    if (counts_.erase(plugin) == 0) return;
    std::erase_if(commands_, [&](auto& one) {
        if (one.second.plugin != plugin) return false;
        if (former_.size() == max_former_commands) former_.clear(); // names that are made up for ever
        former_.insert_or_assign(one.first, std::move(one.second.plugin_name));
        return true;
    });
}

inline std::vector<const known_command*> command_table::list() const {
    std::vector<const known_command*> all;
    all.reserve(commands_.size());
    for (const auto& [name, command] : commands_) all.push_back(&command);
    return all;
}

inline std::vector<const known_command*> command_table::of(std::uint32_t plugin) const {
    std::vector<const known_command*> own;
    for (const auto& [name, command] : commands_)
        if (command.plugin == plugin) own.push_back(&command);
    return own;
}

// A text where a command's arguments would be, as people and older callers give it: `"World"` for {"who":"World"}. What the
// command declared says which member is meant, where exactly one of them takes a text.

inline bool takes_text(json_view schema) {
    if (schema.kind() != json_kind::object) return false;
    if (schema["type"].text() == "\"string\"") return true;
    for (const auto* alternatives : {"anyOf", "oneOf"})
        for (const json_view one : schema[alternatives].as<std::vector<json_view>>().value_or({}))
            if (one["type"].text() == "\"string\"") return true;
    for (const std::string& type : schema["type"].as<std::vector<std::string>>().value_or({}))
        if (type == "string") return true;
    return false;
}

/// `given` as it is, unless it is a text whose member is known.
inline json with_named_text(json given, const known_command& command) {
    if (given.kind() != json_kind::string || !command.params) return given;
    const auto members = (*command.params)["properties"].as<std::map<std::string, json_view>>().value_or({});
    const std::string* named = nullptr;
    for (const auto& [name, schema] : members) {
        if (!takes_text(schema)) continue;
        if (named != nullptr) return given; // which of them is anybody's guess
        named = &name;
    }
    return named == nullptr ? given : json::of(std::map<std::string, json>{{*named, std::move(given)}});
}

} // namespace tenon::detail

#endif
