#ifndef TENON_ADMIN_ADMIN_IPP
#define TENON_ADMIN_ADMIN_IPP

#include <tenon/admin/admin.hpp>
#include <tenon/admin/bridge.hpp>
#include <tenon/admin/commands.hpp>
#include <tenon/admin/events.hpp>
#include <tenon/admin/plain.hpp>
#include <tenon/admin/plugins.hpp>
#include <tenon/admin/probes.hpp>
#include <tenon/admin/state.hpp>
#include <tenon/core/compiled.hpp>

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace tenon {

TENON_COMPILED_ONCE void add_admin_paths(http::router& to, host_base& of, admin_settings settings) {
    namespace admin = detail::admin;
    const auto state = std::make_shared<admin::admin_state>(of, std::move(settings));
    for (const std::span<const admin::entry> table : std::initializer_list<std::span<const admin::entry>>{
             admin::plugin_entries, admin::command_entries, admin::event_entries, admin::plain_entries,
             admin::probe_entries})
        for (const admin::entry& one : table) {
            const bool of_one = one.pattern.starts_with("/api/v1/plugins/{name}");
            to.add({.method = std::string(one.method),
                    .pattern = std::string(one.pattern),
                    .needs = one.needs,
                    .may_lack_body = one.takes == admin::body::optional,
                    .scoped = admin::scoping_of(one.scoped, one.pattern)},
                   [state, of_one, run = one.run](http::call asked) {
                       if (!admin::is_query_known(asked, {})) return;
                       if (of_one) asked.name = state->name_of(asked.name);
                       run(*state, asked);
                   });
        }
    to.scoped_by(
        [state](std::string_view plugin) { return state->id_of(state->name_of(std::string(plugin))); });
    to.add_below(std::string(admin::plugins_path),
                 [state](const http::call& asked) { admin::pass_on(*state, asked); });
}

} // namespace tenon

#endif
