#ifndef TENON_PACKAGES_RULES_PACKAGE_CONFIGURATION_HPP
#define TENON_PACKAGES_RULES_PACKAGE_CONFIGURATION_HPP

// What a package's plugin is started with: what its manifest gives (`defaultConfig`), and over it what was set. Only what was
// set is kept, so that a newer version's defaults count where nobody set anything else.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/rules/config_schema.hpp>

#include <map>
#include <string>
#include <utility>

namespace tenon {

/// Members of objects are taken together, at every depth; anything else that was set, also a list or null, stands in the
/// place of the default. Nothing set: the defaults.
inline json with_defaults(const json& defaults, const json& set) {
    if (set.is_null()) return defaults;
    auto all = defaults.as<std::map<std::string, json>>(), over = set.as<std::map<std::string, json>>();
    if (!all || !over) return set;
    for (auto& [name, value] : *over) {
        json& place = (*all)[name];
        const bool both = place.kind() == json_kind::object && value.kind() == json_kind::object;
        place = both ? with_defaults(place, value) : std::move(value);
    }
    return json::of(*all);
}

/// What a plugin set of its configuration: each member in the place of the one that was there.
inline json with_members(const json& config, const json& set) {
    auto members = set.as<std::map<std::string, json>>().value_or({});
    members.merge(config.as<std::map<std::string, json>>().value_or({}));
    return json::of(members);
}

/// What this version would be started with; or all that its `configSchema` has against it, as
/// "config.PATH: words; config.PATH: words".
inline result<json> config_for(const package_manifest& manifest, const json& set) {
    json whole = with_defaults(manifest.default_config, set);
    if (auto fits = detail::config_schema(manifest.config_schema.view()).check(whole); !fits)
        return std::move(fits).error();
    return whole;
}

} // namespace tenon

#endif
