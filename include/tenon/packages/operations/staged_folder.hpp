#ifndef TENON_PACKAGES_OPERATIONS_STAGED_FOLDER_HPP
#define TENON_PACKAGES_OPERATIONS_STAGED_FOLDER_HPP

// How a plugin's folder becomes a package of the store: it is packed as `package build` packs it, under a version of its
// own, into a file of the store's staging. What is installed then is this copy: a developer writes to the folder at any time.
//
// Nothing is built here. It reads and compresses the whole folder: for the store's worker.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_conversion.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/operations/discovery.hpp>
#include <tenon/packages/operations/folder_package.hpp>
#include <tenon/packages/operations/system_source_folder.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/process/system_program.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

struct staged_folder {
    package_manifest manifest; // with the version that it is registered under
    digest tree;
    std::string archive =
        {}; // a file in staging; empty where this version is in the store already, with the same files
};

/// What is packed has to be `trusted`, as what is built. Without that nothing is registered.
result<staged_folder> stage_folder(package_store& store, const std::string& folder, const file_trust& trusted,
                                   const toml_reader& toml = {});

/// The version under which a folder is registered that says `of` of itself: 1.2.0-dev.1, then 1.2.0-dev.2, ... It comes
/// before 1.2.0, so the released one replaces it.
package_version dev_version(const package_version& of, std::uint64_t number);
/// The highest number of those that there are, or 0.
std::uint64_t last_dev_version(const package_version& of, const std::vector<package_version>& there_are);

// ---- how it is done -------------------------------------------------------------------------------------------------

inline package_version dev_version(const package_version& of, std::uint64_t number) {
    package_version made = of;
    made.build.clear();
    made.pre = detail::join({of.pre, of.pre.empty() ? "" : ".", "dev.", detail::digits(number)});
    return made;
}

inline std::uint64_t last_dev_version(const package_version& of,
                                      const std::vector<package_version>& there_are) {
    std::uint64_t last = 0;
    const std::string prefix = detail::join({of.pre, of.pre.empty() ? "" : ".", "dev."});
    for (const package_version& one : there_are) {
        std::uint64_t number = 0;
        if (one.same_numbers(of) && one.pre.starts_with(prefix) &&
            detail::read_number(std::string_view(one.pre).substr(prefix.size()), number) && number > last)
            last = number;
    }
    return last;
}

inline result<staged_folder> stage_folder(package_store& store, const std::string& folder,
                                          const file_trust& trusted, const toml_reader& toml) {
    if (!trusted) return package_fault(package_code::policy, "no folder is registered here: none is trusted");
    const std::string path = detail::resolved_path(folder);
    if (path.empty()) return detail::bad_source(folder, "there is no such folder");
    discovered_folder found = look_at_folder(path, toml);
    if (found.state != folder_state::available) return package_fault(package_code::manifest, found.why);
    if (auto good = detail::must_be_trusted(trusted, detail::join({path, "/", found.manifest_file})); !good)
        return std::move(good).error();

    package_manifest& manifest = *found.manifest;
    const package_version of = manifest.version;
    auto versions = store.records().versions_of(manifest.id);
    if (!versions) return std::move(versions).error();
    std::vector<package_version> there_are;
    for (const version_record& one : *versions)
        if (auto version = read_version(one.version)) there_are.push_back(*std::move(version));
    const std::uint64_t last = last_dev_version(of, there_are);
    // Of entries for several platforms the others need not be there.
    const std::string platform = manifest.entry.size() > 1 ? std::string(this_platform()) : std::string();
    const auto pack = [&](std::uint64_t number) {
        manifest.version = dev_version(of, number);
        return pack_folder(path, platform, manifest_text(manifest));
    };
    // The same files as last time are the version of last time.
    if (last != 0) {
        auto again = pack(last);
        if (!again) return std::move(again).error();
        for (const version_record& one : *versions)
            if (one.version == manifest.version.text() && one.tree == again->tree)
                return staged_folder{std::move(again->manifest), again->tree};
    }
    auto packed = pack(last + 1);
    if (!packed) return std::move(packed).error();
    for (const package_file& file : packed->files.files)
        if (file.path != manifest_name)
            if (auto good = detail::must_be_trusted(trusted, detail::join({path, "/", file.path})); !good)
                return std::move(good).error();
    memory_source archive(packed->archive);
    auto staged = store.stage(archive);
    if (!staged) return std::move(staged).error();
    return staged_folder{std::move(packed->manifest), packed->tree, *std::move(staged)};
}

} // namespace tenon

#endif
