#ifndef TENON_ADMIN_ADMIN_HPP
#define TENON_ADMIN_ADMIN_HPP

// A host's plugins over HTTP: what they are and do, starting and stopping them, their configuration, commands, logs and
// events; metrics and probes; and their own routes below /api/plugins/. docs/operations.md lists the paths.
//
//     http::router paths{http::guard(token)};
//     add_admin_paths(paths, host, {.keep_config = keep});
//
// Everything but the probes and plugins' own routes needs the token, or one with the path's permission (roles.hpp). What
// plugins wrote is data: JSON, or, on their own routes, in a sandbox.

#include <tenon/admin/roles.hpp>
#include <tenon/admin/settings.hpp>
#include <tenon/core/compiled.hpp>
#include <tenon/http/router.hpp>

namespace tenon {

class host_base;

/// The host has to be there for as long as the router is asked.
TENON_COMPILED_ONCE void add_admin_paths(http::router& to, host_base& of, admin_settings settings = {});

} // namespace tenon

#ifndef TENON_COMPILED
#include <tenon/admin/admin.ipp>
#endif

#endif
