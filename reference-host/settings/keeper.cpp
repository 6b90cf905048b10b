// The library plans and applies; what is kept here is what the file does not say.

#include "settings/keeper.hpp"

#include <tenon/host/config/apply.hpp>
#include <tenon/host/config/saved_config.hpp>

namespace reference {

keeper::keeper(tenon::host& host, saying say) : host_(host), say_(std::move(say)) {}

void keeper::apply(settings next) {
    for (tenon::plugin_config& plugin : next.plugins) {
        const auto& [name, in_file] = *now_in_file_.try_emplace(plugin.options.name, plugin.enabled).first;
        const bool unsaid = in_file == plugin.enabled; // what was said by hand since then holds
        now_in_file_[name] = plugin.enabled;
        if (const tenon::plugin_config* const known = find(name); known != nullptr && unsaid)
            plugin.enabled = known->enabled;
    }
    for (const auto& [plugin, why] : next.missing)
        say_(tenon::log_level::info, plugin + " is not started: " + why);
    static_cast<void>(
        host_.set_decision_timeouts(next.decision_timeout, next.decision_timeouts)); // was checked
    auto changes = tenon::plan_changes(now_.plugins, next.plugins);
    now_ = std::move(next);
    for (tenon::plugin_change& change : changes) {
        auto config =
            tenon::with_saved_config(now_.data + "/config", change.name(), change.config.options.config);
        if (config) change.config.options.config = std::move(*config);
        else
            say_(tenon::log_level::warn,
                 "what " + change.name() + " has saved is not used: " + config.error().message);
        if (change.differs.empty()) continue; // it is new, or gone
        std::string words =
            change.name() + ": " + std::string(name_of(change.action)) + ", because of another";
        for (const std::string& key : change.differs) words += " " + key;
        say_(tenon::log_level::info, std::move(words));
    }
    tenon::apply(host_, std::move(changes), [say = say_](const std::vector<tenon::change_failure>& failures) {
        for (const tenon::change_failure& one : failures)
            if (one.why.code != tenon::codes::unavailable) // else its state has changed, and that is told
                say(tenon::log_level::warn, one.plugin + ": " + one.why.message);
    });
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

tenon::result<void> keeper::save(const std::string& plugin, const tenon::json& config) const {
    return tenon::save_config(now_.data + "/config", plugin, config);
}

std::vector<std::string> keeper::secrets(std::string_view plugin) const {
    const auto found = now_.secrets.find(plugin);
    return found == now_.secrets.end() ? std::vector<std::string>() : found->second;
}

} // namespace reference
