#ifndef TENON_PACKAGES_FORMAT_OPENED_PACKAGE_HPP
#define TENON_PACKAGES_FORMAT_OPENED_PACKAGE_HPP

// An archive that is a package: its manifest, its FILES and its signatures, read and held against each other. Nothing
// else is unpacked. Signatures are read, and not verified: which key may sign is not known here.
//
// - At the root there is one manifest, plugin.json; no other file there has a name that could be taken for one.
// - What the archive has is what FILES lists, in the same sizes, and nothing besides but FILES and signatures.
// - Id and version of FILES and of the manifest are the same, to the letter.
// - The file that is run is there, and may be run.
// - signatures/ has at most 8 files, each named after the key that is said to have made it.
//
// An archive without FILES is anybody's plain zip. It is taken only where that is allowed: then FILES is made by hashing what
// is there, and the manifest may be called manifest.json.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/format/program_kind.hpp>
#include <tenon/packages/format/zip_reader.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

inline constexpr std::size_t most_signatures = 8;

struct opened_package {
    package_manifest manifest;
    std::vector<manifest_finding> findings; // about the manifest: warnings and notes
    package_files files;
    std::string files_text;
    digest tree; // of files_text: what this package is
    std::vector<package_signature> signatures;
    std::vector<std::string> signature_texts; // of the same, in the same order
};

/// What becomes of an archive that has no FILES.
enum class package_wrapping { refused, made };

result<opened_package> open_package(const zip_reader& archive, package_wrapping without_files);

namespace detail {

inline fault hostile(std::string message) { return package_fault(package_code::hostile, std::move(message)); }

/// Names at the root that somebody takes for the manifest.
inline constexpr std::string_view manifest_names[] = {"plugin.json", "manifest.json", "plugin.toml"};

constexpr bool is_manifest_name(std::string_view path) noexcept {
    for (const std::string_view name : manifest_names)
        if (equals_ignoring_case(path, name)) return true;
    return false;
}
inline bool is_signature_path(std::string_view path) {
    return lower_case(path.substr(0, signatures_folder.size())) == signatures_folder;
}

/// The one manifest at the root.
inline result<const zip_entry*> manifest_of(const zip_reader& archive, bool only_ours) {
    const zip_entry* found = nullptr;
    std::string_view folder;
    for (const zip_entry& entry : archive.entries()) {
        const std::string_view path = entry.path;
        if (const std::size_t slash = path.find('/');
            slash != path.npos && is_manifest_name(path.substr(slash + 1)))
            folder = path.substr(0, slash);
        if (!is_manifest_name(path)) continue;
        if (found != nullptr)
            return hostile(
                join({"it has two manifests, ", found->path, " and ", path, ": one of them is to go"}));
        found = &entry;
    }
    if (found != nullptr && (found->path == "plugin.json" || (!only_ours && found->path == "manifest.json")))
        return found;
    if (found != nullptr)
        return package_fault(package_code::manifest, join({"its manifest is called ", found->path,
                                                           ", and in a package it is plugin.json: ",
                                                           "`tenon-host package convert` makes one of it"}));
    return package_fault(package_code::manifest,
                         folder.empty() ? join({"it has no plugin.json"})
                                        : join({"its manifest is in the folder ", folder,
                                                ": pack what is in the folder, and not the folder"}));
}

inline result<void> read_signatures(const zip_reader& archive, opened_package& into) {
    for (const zip_entry& entry : archive.entries()) {
        if (!is_signature_path(entry.path)) continue;
        const auto refused = [&](std::string_view why) { return hostile(join({entry.path, ": ", why})); };
        std::string_view name = entry.path;
        if (!name.starts_with(signatures_folder) || !name.ends_with(".minisig"))
            return refused("expected signatures/KEYID.minisig");
        name.remove_prefix(signatures_folder.size());
        name.remove_suffix(std::string_view(".minisig").size());
        if (into.signatures.size() == most_signatures)
            return refused(join({"more than ", digits(most_signatures), " signatures"}));
        auto text = archive.unpack(entry, longest_signature);
        if (!text) return std::move(text).error();
        auto read = read_signature(*text);
        if (!read) return refused(read.error().message);
        if (read->key_id() != name)
            return refused(join({"it is named after another key than ", read->key_id(), ", which made it"}));
        into.signatures.push_back(std::move(*read));
        into.signature_texts.push_back(std::move(*text));
    }
    return {};
}

/// What the archive has beside FILES and signatures is what is listed.
inline result<void> compare_files(const zip_reader& archive, const package_files& listed) {
    std::size_t there = 0;
    for (const zip_entry& entry : archive.entries()) {
        if (entry.path == files_name || is_signature_path(entry.path)) continue;
        // Both are sorted by their names.
        if (there == listed.files.size() || listed.files[there].path != entry.path) {
            if (there < listed.files.size() && listed.files[there].path < entry.path)
                return hostile(join({"FILES lists ", listed.files[there].path, ", and it is not there"}));
            return hostile(join({entry.path, " is there, and FILES does not list it"}));
        }
        if (listed.files[there].size != entry.size)
            return hostile(join({entry.path, " has ", digits(entry.size), " bytes, and by FILES it has ",
                                 digits(listed.files[there].size)}));
        ++there;
    }
    if (there != listed.files.size())
        return hostile(join({"FILES lists ", listed.files[there].path, ", and it is not there"}));
    return {};
}

/// That what is to be run is there. Of a package for one platform only its entry has to be.
inline result<void> check_entries(const opened_package& package) {
    const auto refused = [](std::string why) {
        return package_fault(package_code::manifest, std::move(why));
    };
    const package_manifest& manifest = package.manifest;
    const std::string ours = manifest.entry_for(package.files.platform);
    if (package.files.platform != "any" && ours.empty())
        return refused(
            join({"it is for ", package.files.platform, ", and its manifest has no entry for that"}));
    for (const auto& [platform, path] : manifest.entry) {
        if (!ours.empty() && path != ours) continue;
        const package_file* const file = package.files.find(path);
        if (file == nullptr) return refused(join({"entry: ", path, " is not in the package"}));
        if (!manifest.runtime && !file->executable && !path.ends_with(".wasm"))
            return refused(join({"entry: ", path,
                                 " may not be run: it is not marked as a program, and no runtime is named"}));
    }
    return {};
}

/// FILES of an archive that has none, in the order of the names.
inline result<package_files> files_of(const zip_reader& archive, const package_manifest& manifest) {
    package_files made;
    made.id = manifest.id;
    made.version = manifest.version;
    for (const zip_entry& entry : archive.entries()) {
        if (equals_ignoring_case(entry.path, files_name) || is_signature_path(entry.path))
            return hostile(join({"it has ", entry.path, " and no FILES"}));
        digest_maker maker;
        std::string beginning;
        auto read = archive.unpack(entry, [&](std::string_view bytes) -> result<void> {
            if (beginning.size() < telling_bytes) append(beginning, bytes.substr(0, telling_bytes));
            maker.add(bytes);
            return {};
        });
        if (!read) return std::move(read).error();
        auto content = maker.end();
        if (!content) return std::move(content).error();
        // A zip of Windows does not say what may be run. What a file is does.
        const program_kind kind = kind_of_program(beginning);
        bool executable = kind == program_kind::program || kind == program_kind::script;
        for (const auto& [platform, path] : manifest.entry) {
            if (path != entry.path) continue;
            if (kind == program_kind::shared_library)
                return package_fault(package_code::manifest,
                                     join({"entry: ", path, ": ", no_shared_library}));
            if (manifest.entry.size() == 1) made.platform = platform_of_program(beginning);
            executable = executable || (!manifest.runtime && kind != program_kind::wasm);
        }
        made.files.push_back({entry.path, *content, entry.size, executable});
    }
    return made;
}

} // namespace detail

inline result<opened_package> open_package(const zip_reader& archive, package_wrapping without_files) {
    using namespace detail;
    opened_package opened;
    const zip_entry* const list = archive.find(files_name);
    for (const zip_entry& entry : archive.entries())
        if (const std::size_t slash = entry.path.find('/');
            slash != entry.path.npos && equals_ignoring_case(entry.path.substr(0, slash), files_name))
            return hostile(join({"\"", entry.path, "\": FILES is a list of files, and no folder"}));
    if (list == nullptr && without_files == package_wrapping::refused)
        return package_fault(package_code::unverified,
                             "it has no FILES: `tenon-host package build` makes a package of a folder, and "
                             "`tenon-host package convert` one of a zip with a manifest");
    auto place = manifest_of(archive, list != nullptr);
    if (!place) return std::move(place).error();
    auto text = archive.unpack(**place, longest_manifest);
    if (!text) return std::move(text).error();
    auto reading = read_manifest(*text);
    if (!reading.manifest) return reading.why((*place)->path);
    opened.manifest = std::move(*reading.manifest);
    opened.findings = std::move(reading.findings);

    if (list != nullptr) {
        auto listed = archive.unpack(*list, longest_files);
        if (!listed) return std::move(listed).error();
        opened.files_text = std::move(*listed);
        auto files = read_package_files(opened.files_text);
        if (!files) return hostile(std::move(files).error().message);
        opened.files = std::move(*files);
        if (opened.files.id != opened.manifest.id)
            return hostile(
                join({"by FILES it is ", opened.files.id, ", and by its manifest ", opened.manifest.id}));
        if (opened.files.version.text() != opened.manifest.version.text())
            return hostile(join({"by FILES it is of version ", opened.files.version.text(),
                                 ", and by its manifest ", opened.manifest.version.text()}));
        if (auto same = compare_files(archive, opened.files); !same) return std::move(same).error();
        auto content = digest_of(*text);
        if (!content) return std::move(content).error();
        if (opened.files.find((*place)->path)->content != *content)
            return package_fault(package_code::unverified,
                                 "plugin.json is not the one that FILES lists: it was changed");
        if (auto read = read_signatures(archive, opened); !read) return std::move(read).error();
    } else {
        auto files = files_of(archive, opened.manifest);
        if (!files) return std::move(files).error();
        opened.files = std::move(*files);
        opened.files_text = opened.files.text();
    }
    if (auto good = check_entries(opened); !good) return std::move(good).error();
    auto tree = digest_of(opened.files_text);
    if (!tree) return std::move(tree).error();
    opened.tree = *tree;
    return opened;
}

} // namespace tenon

#endif
