#ifndef TENON_TESTS_PACKAGES_INSTALLED_FIXTURE_HPP
#define TENON_TESTS_PACKAGES_INSTALLED_FIXTURE_HPP

// Packages that are installed, and that arrive, out of a few words.

#include <tenon/packages/rules/installed_package.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::tests {

/// A manifest of a script; `more`: further members, as in R"("permissions":["users:kick"])".
inline json manifest_json(std::string_view id, std::string_view version, std::string_view more = {}) {
    const std::string text = detail::join({R"({"id":")", id, R"(","version":")", version,
                                           R"(","entry":"run.sh")", more.empty() ? "" : ",", more, "}"});
    return json::parse(text).value();
}
inline package_manifest manifest_of(std::string_view id, std::string_view version,
                                    std::string_view more = {}) {
    const manifest_reading read = read_manifest(manifest_json(id, version, more).text());
    return read.manifest.value();
}
/// The same words are the same tree.
inline digest tree_of(std::string_view words) { return digest_of(words).value(); }

/// Put by its id. Enabled, its tree is that of "ID VERSION".
inline installed_package& add_installed(installed_packages& to, std::string_view id, std::string_view version,
                                        std::string_view more = {}) {
    const package_manifest manifest = manifest_of(id, version, more);
    package_record record;
    record.id = id;
    record.name = manifest.name;
    record.state = package_state::enabled;
    record.active = record.ratchet = version;
    record.granted = manifest.permissions;
    version_record row;
    row.id = id;
    row.version = version;
    row.manifest = manifest_json(id, version, more);
    row.tree = tree_of(detail::join({id, " ", version}));
    return to[std::string(id)] = read_installed(std::move(record), std::vector{std::move(row)});
}

} // namespace tenon::tests

#endif
