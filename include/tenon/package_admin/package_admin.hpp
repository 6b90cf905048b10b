#ifndef TENON_PACKAGE_ADMIN_PACKAGE_ADMIN_HPP
#define TENON_PACKAGE_ADMIN_PACKAGE_ADMIN_HPP

// A host's packages over HTTP, beside its plugins: installed, updated, rolled back and removed, with their versions, history
// and operations; tokens with roles and scopes; and an audit of who changed what. docs/operations.md lists the paths.
//
//     http::router paths{http::guard(token)};
//     add_package_paths(paths, host, *packages, {.keep_config = keep}, {.trusted_file = trusted});
//
// It adds what add_admin_paths() adds, too: a package is a plugin, and has the same paths. The router's audit, its scopes and
// whose tokens it knows are taken by this.

#include <tenon/admin/admin.hpp>
#include <tenon/http/router.hpp>
#include <tenon/package_admin/access_tokens.hpp>
#include <tenon/package_admin/arrivals.hpp>
#include <tenon/package_admin/kept.hpp>
#include <tenon/package_admin/operations.hpp>
#include <tenon/package_admin/package_metrics.hpp>
#include <tenon/package_admin/settings.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/package_admin/store.hpp>
#include <tenon/package_admin/trust_keys.hpp>
#include <tenon/packages/operations/discovered_view.hpp>
#include <tenon/packages/operations/package_manager.hpp>
#include <tenon/packages/store/records.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

class host_base;

namespace detail::package_admin {

/// What the paths of plugins say of packages.
inline admin_settings beside_packages(const std::shared_ptr<package_admin_state>& state,
                                      admin_settings given) {
    package_manager& packages = state->packages;
    given.enabled = [&packages, former = std::move(given.enabled)](std::string_view plugin) {
        if (const auto* const found = packages.installed(plugin)) return found->record.is_enabled();
        return !former || former(plugin);
    };
    given.beside = [&packages](std::string_view plugin,
                               beside_extent how_much) -> std::optional<known_beside> {
        auto found = packages.find(plugin);
        if (!found || found->name != plugin) return std::nullopt;
        if (how_much == beside_extent::row) found->config_schema.reset();
        return known_beside{join({",\"package\":", to_json(*found)}), found->type, found->tags, found->status,
                            found->version};
    };
    given.at_rest = [&packages, &host = state->host] {
        std::vector<plugin_status> all;
        for (const auto& [id, one] : packages.installed()) {
            const package_record& record = one.record;
            if (host.knows(record.name)) continue;
            plugin_status& made = all.emplace_back();
            made.reason.text =
                record.problem.empty() ? join({"it is ", name_of(record.state)}) : record.problem;
            made.name = record.name;
            made.id = id;
            made.version = record.active;
            made.description = one.manifest.description;
        }
        return all;
    };
    given.unregistered = [state](std::function<void(std::vector<listed_beside>)> then) {
        state->packages.discovered(
            [weak = state->weak_from_this(), then = std::move(then)](const result<discovery>& found) {
                std::vector<listed_beside> rows;
                if (const auto self = weak.lock(); self && found)
                    for (const unregistered_plugin& one : unregistered_of(*found, [&](std::string_view id) {
                             return self->packages.installed(id) != nullptr;
                         }))
                        rows.push_back({one.id, to_json(one)});
                then(std::move(rows));
            });
    };
    given.name_of = [&packages](std::string_view id) {
        const auto* const found = packages.installed(id);
        return found == nullptr ? std::string() : found->record.name;
    };
    given.more_metrics = [state, former = std::move(given.more_metrics)] {
        return (former ? former() : std::string()) + package_metrics(*state);
    };
    return given;
}

} // namespace detail::package_admin

/// Host and packages have to be there for as long as the router is asked.
inline void add_package_paths(http::router& to, host_base& of, package_manager& packages,
                              admin_settings settings = {}, package_admin_settings more = {}) {
    namespace own = detail::package_admin;
    const auto state = std::make_shared<own::package_admin_state>(of, packages, std::move(more));
    add_admin_paths(to, of, own::beside_packages(state, std::move(settings)));
    for (const std::span<const own::entry> table : std::initializer_list<std::span<const own::entry>>{
             own::kept_entries, own::arrival_entries, own::operation_entries, own::access_entries,
             own::trust_entries, own::store_entries})
        for (const own::entry& one : table) {
            std::optional<http::spooling> spool;
            if (one.spools)
                spool =
                    http::spooling{.folder = packages.options().store.folder + "/staging",
                                   .body = packages.options().limits.archive_bytes + own::room_beside_archive,
                                   .told = packages.options().limits.archive_bytes};
            to.add({.method = std::string(one.method),
                    .pattern = std::string(one.pattern),
                    .needs = one.needs,
                    .may_lack_body = one.takes == own::body::optional,
                    .body = one.longest,
                    .scoped = detail::admin::scoping_of(one.scoped, one.pattern),
                    .spool = std::move(spool)},
                   [state, &one](const http::call& asked) {
                       if (one.audits_itself) asked.exchange->audits_itself();
                       if (detail::admin::is_query_known(asked, one.queried)) one.run(*state, asked);
                   });
        }
    for (const own::replaced_entry& one : own::replaced_entries) {
        const auto former = std::make_shared<http::router::function>();
        *former =
            to.replace(one.method, one.pattern, [state, run = one.run, former](const http::call& asked) {
                if (!state->packages.installed(asked.name)) (*former)(asked);
                else if (detail::admin::is_query_known(asked, {})) run(*state, asked);
            });
    }
    to.scoped_by([state](std::string_view plugin) { return state->id_of(plugin); });
    to.knows([state](std::string_view token) { return state->table.find(token); });
    to.audited_by(
        [audit = state->audit](const http::audited& one) { audit->add(one, detail::wall_clock_ms()); });
    own::keep_in_step(*state);
    own::begin_counting(*state);
}

} // namespace tenon

#endif
