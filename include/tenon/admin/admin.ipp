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
        for (const admin::entry& one : table)
            to.add({std::string(one.method), std::string(one.pattern), one.needs,
                    one.takes == admin::body::optional},
                   [state, run = one.run](const http::call& asked) { run(*state, asked); });
    to.add_below("/api/plugins/", [state](const http::call& asked) { admin::pass_on(*state, asked); });
}

} // namespace tenon

#endif
