#ifndef TENON_PACKAGES_HPP
#define TENON_PACKAGES_HPP

// Packages for a host: plugins that are installed, verified, updated, rolled back and removed while it works. Above
// <tenon/host.hpp>; needs libcrypto, zlib and SQLite beside it.

#include <tenon/host.hpp>
#include <tenon/packages/operations/package_manager.hpp>

#endif
