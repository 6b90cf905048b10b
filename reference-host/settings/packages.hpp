#ifndef REFERENCE_SETTINGS_PACKAGES_HPP
#define REFERENCE_SETTINGS_PACKAGES_HPP

// What the file says under `packages`: where they are kept, who is trusted, and what is allowed. Without that key the host
// keeps none.

#include <tenon/config/config_reader.hpp>
#include <tenon/config/system_trusted.hpp>
#include <tenon/packages/operations/package_request.hpp>

#include <optional>

namespace reference {

/// Mistakes go to the reader. The store is as it stands there, and empty where nothing does.
std::optional<tenon::package_options> read_packages(tenon::config_reader& in);

/// What a package asks of the machine is looked for in the trusted folders, and nowhere else.
void trust_places(tenon::package_options& of, const tenon::program_places& places);

} // namespace reference

#endif
