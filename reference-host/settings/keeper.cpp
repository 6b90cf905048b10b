// The library plans and applies; what is kept here is what the file does not say.

#include "settings/keeper.hpp"

#include <tenon/config/apply.hpp>
#include <tenon/host.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/config/system_trusted.hpp>
#include <tenon/config/variables.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>

namespace reference {

using tenon::json;
using tenon::log_level;

keeper::keeper(tenon::host& host, saying say, std::function<void()> refusals_differ, naming package_named)
    : host_(host), say_(std::move(say)), refusals_differ_(std::move(refusals_differ)),
      package_named_(std::move(package_named)) {}

void keeper::apply(settings next, std::function<void()> settled) {
    auto former_configs = std::exchange(file_configs_, {});
    saved_.clear();
    const bool were_refusals = !std::exchange(unused_, {}).empty() || !aside_.empty();
    set_aside(next);
    for (tenon::plugin_config& plugin : next.plugins) {
        const auto& [name, in_file] = *now_in_file_.try_emplace(plugin.options.name, plugin.enabled).first;
        const bool unsaid = in_file == plugin.enabled; // what was said by hand since then holds
        now_in_file_[name] = plugin.enabled;
        if (const tenon::plugin_config* const known = find(name); known != nullptr && unsaid)
            plugin.enabled = known->enabled;
        const json& own = file_configs_[name] = plugin.options.config;
        put_saved(plugin, next);
        const auto former = former_configs.find(name);
        const auto saved = saved_.find(name);
        if (saved != saved_.end() && saved->second.config && former != former_configs.end() &&
            !tenon::detail::same_config(former->second, own))
            say_(log_level::warn, name + ": the file says another config, and what was set here " +
                                      tenon::detail::time_ago(tenon::milliseconds(
                                          tenon::detail::wall_clock_ms() - saved->second.unix_ms)) +
                                      " still replaces it; `tenon-host plugins " + name +
                                      " config reset` goes back to the file's own");
    }
    if (were_refusals || !unused_.empty() || !aside_.empty()) refusals_differ_();
    for (const auto& [plugin, why] : next.missing) say_(log_level::info, plugin + " is not started: " + why);
    static_cast<void>(
        host_.set_decision_timeouts(next.decision_timeout, next.decision_timeouts)); // was checked
    if (now_.data != next.data)
        if (const std::string lost = data_warning(next); !lost.empty()) say_(log_level::warn, lost);
    auto changes = tenon::plan_changes(now_.plugins, next.plugins);
    now_ = std::move(next);
    ++plans_;
    for (const tenon::plugin_change& change : changes) {
        planned_in_[change.name()] = plans_;
        took(change.name());                  // it is tried again
        if (change.differs.empty()) continue; // it is new, or gone
        std::string words =
            change.name() + ": " + std::string(name_of(change.action)) + ", because of another";
        for (const std::string& key : change.differs) words += " " + key;
        say_(log_level::info, std::move(words));
    }
    tenon::apply(host_, std::move(changes),
                 [this, plan = plans_,
                  settled = std::move(settled)](const std::vector<tenon::change_failure>& failures) {
                     for (const tenon::change_failure& one : failures) {
                         if (one.why.code == tenon::codes::unavailable && holds(one.plugin))
                             continue; // its state has changed, and that is told
                         if (one.why.code == tenon::codes::shutting_down) continue;
                         const std::string named = one.plugin + ": ";
                         const std::string words =
                             (one.why.message.starts_with(named) ? "" : named) + one.why.message;
                         say_(log_level::warn, words);
                         if (planned_in_[one.plugin] != plan) continue;
                         refused_[one.plugin] = words;
                         // What was not added is not the file's: another plugin may have its name.
                         if (one.absent)
                             std::erase_if(now_.plugins, [&](const tenon::plugin_config& plugin) {
                                 return plugin.options.name == one.plugin;
                             });
                     }
                     if (!refused_.empty()) refusals_differ_();
                     if (settled) settled();
                 });
}

/// A package that is here keeps its name, also while it is disabled. What runs from the file already goes on.
void keeper::set_aside(settings& next) {
    aside_.clear();
    if (!package_named_) return;
    std::erase_if(next.plugins, [&](const tenon::plugin_config& plugin) {
        const std::string& name = plugin.options.name;
        const std::string package = in_file(name) ? std::string() : package_named_(name);
        if (package.empty()) return false;
        const auto& [plugin_aside, words] =
            *aside_.emplace(name, name + ": is not started: the package " + package + " has this name").first;
        say_(log_level::warn, words);
        next.missing.erase(plugin_aside);
        refused_.erase(plugin_aside);
        return true;
    });
}

bool keeper::is_name_free() const {
    return std::any_of(aside_.begin(), aside_.end(),
                       [this](const auto& one) { return package_named_(one.first).empty(); });
}

std::vector<std::string> keeper::refusals() const {
    std::vector<std::string> all;
    for (const auto& [plugin, words] : aside_) all.push_back(words);
    for (const auto& [plugin, words] : refused_) all.push_back(words);
    for (const auto& [plugin, each] : unused_) all.insert(all.end(), each.begin(), each.end());
    return all;
}

std::string keeper::config_trouble(std::string_view plugin) const {
    if (const auto found = refused_.find(plugin); found != refused_.end())
        return "what the file says does not hold: " + found->second;
    const auto found = unused_.find(plugin);
    return found == unused_.end() ? std::string() : found->second.front();
}

void keeper::took(const std::string& plugin) {
    if (refused_.erase(plugin) != 0) refusals_differ_();
}

void keeper::mended(const std::string& plugin) {
    if (unused_.erase(plugin) != 0) refusals_differ_();
}

bool keeper::holds(const std::string& plugin) const {
    const tenon::plugin_config* const wanted = find(plugin);
    return wanted == nullptr || tenon::detail::same_config(wanted->options.config, host_.config(plugin));
}

/// What was set replaces what the file says.
void keeper::put_saved(tenon::plugin_config& plugin, settings& of) {
    const std::string& name = plugin.options.name;
    const auto unused = [&](const tenon::fault& why) {
        for (const std::string& one : tenon::mistakes::lines_of(why.message)) {
            unused_[name].push_back(name + ": what was set here is not used, but what the file says: " + one);
            say_(log_level::warn, unused_[name].back());
        }
    };
    const auto saved = tenon::read_saved_config(of.data + "/config", name);
    if (!saved) return unused(saved.error());
    if (!*saved) return;
    auto expanded =
        tenon::expand_variables(tenon::with_saved_config(**saved, of.written[name]).view(), variable);
    if (!expanded) return unused(expanded.error());
    plugin.options.config = expanded->value;
    // The file may have ceased to name a variable that is named here.
    for (auto* secrets : {&of.secrets[name], &plugin.options.logs.secrets})
        for (const std::string& value : expanded->values)
            if (is_secret(value) && std::find(secrets->begin(), secrets->end(), value) == secrets->end())
                secrets->push_back(value);
    of.references[name].merge(expanded->references);
    saved_[name] = **saved;
}

const tenon::plugin_config* keeper::find(std::string_view plugin) const {
    for (const tenon::plugin_config& one : now_.plugins)
        if (one.options.name == plugin) return &one;
    return nullptr;
}

bool keeper::enabled(std::string_view plugin) const {
    const tenon::plugin_config* const known = find(plugin);
    return known == nullptr || known->enabled;
}

void keeper::enable(const std::string& plugin, bool on, done over) {
    if (const auto found = now_.missing.find(plugin); on && found != now_.missing.end())
        return over(tenon::fault{tenon::codes::unavailable, plugin + ": " + found->second});
    for (tenon::plugin_config& one : now_.plugins)
        if (one.options.name == plugin) one.enabled = on;
    if (on) host_.start(plugin, std::move(over));
    else host_.stop(plugin, std::move(over));
}

// --- configurations that were set ---

tenon::result<void>
keeper::keep(const std::string& plugin,
             const std::function<void(tenon::saved_config& saved, const as_written& written)>& change) {
    const auto known = saved_.find(plugin);
    tenon::saved_config saved = known == saved_.end() ? tenon::saved_config() : known->second;
    const auto in_file = now_.written.find(plugin);
    const json written =
        tenon::with_saved_config(saved, in_file == now_.written.end() ? json() : in_file->second);
    const auto expanded = tenon::expand_variables(written.view(), variable);
    change(saved, [&](const json& config) {
        return tenon::keep_variables(config.view(), written.view(),
                                     expanded ? expanded->value.view() : tenon::json_view(),
                                     now_.references[plugin]);
    });
    saved.unix_ms = tenon::detail::wall_clock_ms();
    if (auto good = tenon::write_saved_config(folder(), plugin, saved); !good) return good;
    saved_[plugin] = std::move(saved);
    mended(plugin);
    if (saved_[plugin].config) took(plugin);
    for (tenon::plugin_config& one : now_.plugins)
        if (one.options.name == plugin) one.options.config = host_.config(plugin);
    return {};
}

tenon::result<void> keeper::keep_config(const std::string& plugin, const json& config) {
    return keep(plugin, [&](tenon::saved_config& saved, const as_written& written) {
        saved = {.by = "administrator", .config = written(config)};
    });
}

tenon::result<void> keeper::keep_members(const std::string& plugin, const json& set) {
    return keep(plugin, [&](tenon::saved_config& saved, const as_written& written) {
        saved.by = "plugin";
        for (auto& [key, value] : written(set).as<std::map<std::string, json>>().value_or({}))
            saved.members.insert_or_assign(key, std::move(value));
    });
}

std::optional<tenon::config_set> keeper::config_set_here(std::string_view plugin) const {
    const auto found = saved_.find(plugin);
    if (found == saved_.end()) return {};
    return tenon::config_set{.unix_ms = found->second.unix_ms, .by = found->second.by};
}

std::optional<json> keeper::config_in_file(std::string_view plugin) const {
    const auto found = file_configs_.find(plugin);
    if (found == file_configs_.end()) return {};
    return found->second;
}

tenon::result<void> keeper::forget_config(const std::string& plugin) {
    if (auto good = tenon::remove_saved_config(folder(), plugin); !good) return good;
    saved_.erase(plugin);
    mended(plugin);
    took(plugin);
    for (tenon::plugin_config& one : now_.plugins)
        if (one.options.name == plugin) one.options.config = file_configs_[plugin];
    return {};
}

std::vector<std::string> keeper::secrets(std::string_view plugin) const {
    const auto found = now_.secrets.find(plugin);
    return found == now_.secrets.end() ? std::vector<std::string>() : found->second;
}

// --- starts ---

tenon::result<tenon::program_to_start> keeper::prepare_start(const tenon::plugin_options& options) const {
    const auto program = tenon::trusted_program(options.command[0], now_.places);
    if (!program) return program.error();
    return tenon::program_to_start();
}

} // namespace reference
