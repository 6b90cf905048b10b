#ifndef TENON_ADMIN_CATALOGUE_HPP
#define TENON_ADMIN_CATALOGUE_HPP

// What the host offers to plugins, for their authors.

#include <tenon/admin/state.hpp>

namespace tenon::detail::admin {

inline void show_catalogue(admin_state& admin, const http::call& asked) {
    asked.answer(http::json_answer(to_json(admin.host.catalogue())));
}

inline constexpr entry catalogue_entries[] = {{"GET", "/api/v1/catalogue", show_catalogue}};

} // namespace tenon::detail::admin

#endif
