#ifndef TENON_PACKAGES_OPERATIONS_FOLDER_PACKAGE_HPP
#define TENON_PACKAGES_OPERATIONS_FOLDER_PACKAGE_HPP

// Makes a package of the folder of a plugin. What its manifest names is packed, and nothing that merely lies beside it:
// plugin.json, the entry, the icon, the outputs of the build, README.md and LICENSE*, and what `files` has.
//
// Nothing is run: what has to be built was built before. The same files give the same bytes, whenever they were written. Of a
// folder that is named all is packed that is in it, except what source_folder leaves out.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_builder.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/operations/system_source_folder.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

struct folder_package {
    package_manifest manifest;
    std::vector<manifest_finding> findings; // warnings and notes about it
    package_files files;
    digest tree;
    std::string archive; // its bytes
};

/// `platform`, as in "linux-x86_64": of entries for several platforms only this one is packed. Without it the package has all of
/// them, and is for the platform of its only entry. `manifest`: what is packed as plugin.json instead of the folder's own.
inline result<folder_package> pack_folder(const std::string& folder, std::string_view platform = {},
                                          std::optional<std::string_view> manifest = {});

namespace detail {

class folder_packing {
public:
    explicit folder_packing(source_folder from) : from_(std::move(from)) {}

    result<folder_package> pack(std::string_view platform, std::optional<std::string_view> given) {
        std::string text;
        if (given) text = *given;
        else {
            const std::string name(manifest_name);
            auto kind = from_.kind_of(name);
            if (!kind) return std::move(kind).error();
            if (*kind != source_kind::file)
                return refused("the folder has no plugin.json: `tenon-host package init` writes one");
            auto own = from_.read(name, longest_manifest);
            if (!own) return std::move(own).error();
            text = *std::move(own);
        }
        auto reading = read_manifest(text);
        if (!reading.manifest) return reading.why();
        const package_manifest& manifest = *reading.manifest;
        if (!platform.empty() && !is_platform(platform))
            return refused(join({"platform: expected one as in linux-x86_64, or any, got \"",
                                 beginning_of(platform, 64), "\""}));
        if (auto added = builder_.add(manifest_name, std::move(text)); !added)
            return std::move(added).error();
        packed_.emplace(manifest_name);

        if (auto good = add_entries(manifest, platform); !good) return std::move(good).error();
        if (!manifest.icon.empty() && flaw_of_path(manifest.icon).empty())
            if (auto good = add_named("icon", manifest.icon); !good) return std::move(good).error();
        if (manifest.build)
            for (const std::string& output : manifest.build->outputs)
                if (auto good = add_named("build.outputs", output, "build it first"); !good)
                    return std::move(good).error();
        for (const std::string& named : manifest.files)
            if (auto good = add_named("files", named); !good) return std::move(good).error();
        if (auto good = add_customary(); !good) return std::move(good).error();

        auto archive = builder_.build();
        if (!archive) return std::move(archive).error();
        // Who made it is as strict as who reads it: nobody finds out only at the host.
        memory_source bytes(*archive);
        auto reader = zip_reader::open(bytes);
        if (!reader) return std::move(reader).error();
        auto opened = open_package(*reader, package_wrapping::refused);
        if (!opened) return std::move(opened).error();
        return folder_package{std::move(opened->manifest), std::move(opened->findings),
                              std::move(opened->files), opened->tree, *std::move(archive)};
    }

private:
    static fault refused(std::string why) { return package_fault(package_code::manifest, std::move(why)); }

    result<void> add_entries(const package_manifest& manifest, std::string_view platform) {
        const std::string ours = platform.empty() ? std::string() : manifest.entry_for(platform);
        if (!platform.empty() && platform != "any" && ours.empty())
            return refused(join({"entry: it has none for ", platform}));
        if (!platform.empty()) builder_.for_platform(platform);
        for (const auto& [of, path] : manifest.entry) {
            if (!ours.empty() && path != ours) continue;
            auto good = add_named("entry", path, manifest.build ? "build it first" : "", source_kind::file);
            if (!good) return good;
        }
        return {};
    }

    /// What the manifest names: a file, or a folder with all that is in it.
    result<void> add_named(std::string_view field, const std::string& path, std::string_view hint = {},
                           std::optional<source_kind> wanted = {}) {
        auto kind = from_.kind_of(path);
        if (!kind) return std::move(kind).error();
        const auto said = [&](std::string_view what) {
            return refused(join({field, ": \"", path, "\": ", what}));
        };
        if (*kind == source_kind::missing)
            return said(join({"it is not in the folder", hint.empty() ? "" : ": ", hint}));
        if (*kind == source_kind::other || (wanted && *kind != *wanted)) return said("it is no file");
        if (*kind == source_kind::file) return add_file(path);
        auto inner = from_.files(limits_, path);
        if (!inner) return std::move(inner).error();
        for (const folder_file& file : *inner)
            if (auto good = add_file(file.path); !good) return good;
        return {};
    }

    /// What every package may have without saying so.
    result<void> add_customary() {
        auto names = from_.names();
        if (!names) return std::move(names).error();
        for (const std::string& name : *names) {
            if ((name != "README.md" && !name.starts_with("LICENSE")) || !from_.find(name)) continue;
            if (auto good = add_file(name); !good) return good;
        }
        return {};
    }

    result<void> add_file(const std::string& path) {
        if (!packed_.insert(path).second) return {};
        const auto found = from_.find(path);
        if (!found) return bad_source(path, "it is no file any more");
        auto bytes = from_.read(path, limits_.bytes);
        if (!bytes) return std::move(bytes).error();
        bytes_ += bytes->size();
        if (auto good = limits_.allow(packed_.size(), bytes_); !good) return good;
        return builder_.add(path, std::move(*bytes), found->executable);
    }

    source_folder from_;
    package_builder builder_;
    std::set<std::string> packed_;
    source_limits limits_;
    std::uint64_t bytes_ = 0;
};

} // namespace detail

inline result<folder_package> pack_folder(const std::string& folder, std::string_view platform,
                                          std::optional<std::string_view> manifest) {
    auto from = source_folder::open(folder);
    if (!from) return std::move(from).error();
    return detail::folder_packing(std::move(*from)).pack(platform, manifest);
}

} // namespace tenon

#endif
