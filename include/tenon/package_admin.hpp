#ifndef TENON_PACKAGE_ADMIN_HPP
#define TENON_PACKAGE_ADMIN_HPP

// Packages over HTTP, for administrators: `#include <tenon/package_admin.hpp>`, which includes the host, its packages and
// the HTTP server. A tour is in docs/packages.md.

#include <tenon/admin.hpp>
#include <tenon/package_admin/package_admin.hpp>
#include <tenon/packages.hpp>

#endif
