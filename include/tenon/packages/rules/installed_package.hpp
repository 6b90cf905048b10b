#ifndef TENON_PACKAGES_RULES_INSTALLED_PACKAGE_HPP
#define TENON_PACKAGES_RULES_INSTALLED_PACKAGE_HPP

// A package that is here, as its records say, with what decisions about others have to know of it: the manifest of its
// active version, and which versions there are.

#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/store/records.hpp>

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

struct installed_package {
    package_record record = {};
    /// Of the active version. Where there is none, or where it cannot be read, it has the id, the name and the version alone.
    package_manifest manifest = {};
    std::map<std::string, digest, std::less<>> versions = {}; // that are here, and their trees
    /// The highest that a version which is here calls the first safe one.
    std::optional<package_version> minimum_safe = {};
};

/// By id.
using installed_packages = std::map<std::string, installed_package, std::less<>>;

inline installed_package read_installed(package_record record, std::span<const version_record> versions) {
    installed_package read;
    for (const version_record& version : versions) {
        read.versions.emplace(version.version, version.tree);
        std::string scratch;
        const auto safe = read_version(version.manifest["minimumSafe"].as_text(scratch));
        if (safe && (!read.minimum_safe || *read.minimum_safe < *safe)) read.minimum_safe = *safe;
        if (version.version != record.active) continue;
        if (auto manifest = read_manifest(version.manifest.text()).manifest)
            read.manifest = *std::move(manifest);
    }
    read.manifest.id = record.id;
    read.manifest.name = record.name;
    if (auto version = read_version(record.active)) read.manifest.version = *std::move(version);
    read.record = std::move(record);
    return read;
}

/// Of all that records_file::packages() and records_file::versions() answer: both come by id.
inline installed_packages read_installed(std::vector<package_record> packages,
                                         const std::vector<version_record>& versions) {
    installed_packages all;
    for (package_record& one : packages) {
        std::string id = one.id;
        const auto its = versions_of(versions, id);
        all.insert_or_assign(std::move(id), read_installed(std::move(one), its));
    }
    return all;
}

} // namespace tenon

#endif
