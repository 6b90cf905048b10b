#ifndef TENON_ADMIN_HPP
#define TENON_ADMIN_HPP

// Plugins over HTTP, for administrators: `#include <tenon/admin.hpp>`, which includes the host and the HTTP server. A
// tour is in docs/embedding.md.

#include <tenon/admin/admin.hpp>
#include <tenon/host.hpp>
#include <tenon/http.hpp>

#endif
