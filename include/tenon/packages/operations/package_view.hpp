#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_VIEW_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_VIEW_HPP

// Packages, their versions and their history as tools and pages see them: plain data that becomes JSON and is read back from
// it. Names are in camelCase there; times are milliseconds since 1970, and 0 is never.

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/records.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon {

struct package_view {
    std::string id = {}, name = {};
    std::string version = {}; // the active one
    package_state state = package_state::installed;
    int status = 0; // 0 does not run, 1 is ready, 2 is broken or did not come up
    std::string type = {};
    std::vector<std::string> tags = {};
    std::string description = {}, author = {}, license = {}, homepage = {}, icon = {};
    std::string trust = {}; // "signed", "unsigned", "folder"
    std::vector<package_signer> signers = {};
    std::string start_level = {}; // "sealed", "checked", "linked", or empty where it does not run
    std::vector<std::string> permissions = {}, granted = {}; // asked for, and had
    std::string pinned = {}, problem = {};
    std::int64_t installed_at = 0, updated_at = 0;
    /// Null: the plugin says nothing about its configuration. Nothing: this is a row of a list, which leaves it out.
    std::optional<json> config_schema = json();
    std::map<std::string, std::string, std::less<>> dependencies = {};
    std::uint64_t versions = 0;  // that are here
    std::uint64_t operation = 0; // that is under way; 0: none

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(member("pluginType", &package_view::type)); }
};

struct package_version_view {
    std::string version = {}, tree = {};
    std::uint64_t size = 0, files = 0;
    std::string trust = {}, held = {};
    std::int64_t installed_at = 0, used_at = 0;
    bool active = false, pinned = false;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

/// One change of a package's version, the newest first.
struct package_change_view {
    std::int64_t n = 0;
    std::string kind = {}, from = {}, to = {}, state = {}, reason = {}, actor = {};
    std::int64_t started_at = 0, ended_at = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

/// What the store is like.
struct package_store_view {
    std::uint64_t bytes = 0, trees = 0;
    bool degraded = false;
    std::vector<std::string> notes = {};

    static constexpr bool allow_missing = true;
};

inline package_version_view view_of(const version_record& of, const package_record& package) {
    return {.version = of.version,
            .tree = of.tree.text(),
            .size = of.size,
            .files = of.files,
            .trust = of.trust,
            .held = of.held,
            .installed_at = of.installed_at,
            .used_at = of.used_at,
            .active = of.version == package.active,
            .pinned = of.version == package.pinned};
}

inline package_change_view view_of(const deployment_record& of) {
    return {.n = of.n,
            .kind = of.kind,
            .from = of.from_version,
            .to = of.to_version,
            .state = of.state,
            .reason = of.reason,
            .actor = of.actor,
            .started_at = of.started_at,
            .ended_at = of.ended_at};
}

} // namespace tenon

#endif
