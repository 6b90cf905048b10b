#ifndef REFERENCE_SETTINGS_KEEPER_HPP
#define REFERENCE_SETTINGS_KEEPER_HPP

// Keeps a host's plugins as the file says: starts them, applies a changed file as the smallest set of starts, stops and
// reconfigurations, and remembers what was said since then, that is who is enabled and what is saved.

#include "settings/settings.hpp"

#include <tenon/session/answers.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tenon {
class host;
}

namespace reference {

class keeper {
public:
    using done = std::function<void(tenon::result<void>)>;
    using saying = std::function<void(tenon::log_level level, std::string words)>;

    keeper(tenon::host& host, saying say);

    /// The first one starts everything.
    void apply(settings next);

    bool enabled(std::string_view plugin) const;
    void enable(const std::string& plugin, bool on, done over);
    tenon::result<void> save(const std::string& plugin, const tenon::json& config) const;
    std::vector<std::string> secrets(std::string_view plugin) const;

private:
    const tenon::plugin_config* find(std::string_view plugin) const;

    tenon::host& host_;
    saying say_;
    settings now_ = {};
    std::map<std::string, bool> now_in_file_ = {}; // who is enabled there; what holds stands in `now_`
};

} // namespace reference

#endif
