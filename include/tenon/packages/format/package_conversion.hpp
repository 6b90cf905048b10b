#ifndef TENON_PACKAGES_FORMAT_PACKAGE_CONVERSION_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_CONVERSION_HPP

// Packages of what other systems packed: the files of a zip, a .vp or a folder with plugin.json, manifest.json or
// plugin.toml; and a single program with a manifest beside it.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_builder.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/program_kind.hpp>
#include <tenon/packages/format/tar_reader.hpp>
#include <tenon/packages/format/zip_reader.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

struct converted_package {
    package_builder builder; // to be signed, and built
    package_manifest manifest;
    std::vector<manifest_finding> findings; // how the manifest was understood
};

/// What makes JSON of TOML. The library has none: who has a parser gives it.
using toml_reader = std::function<result<std::string>(std::string_view toml)>;

/// A folder that all files are in is left out. Of a manifest without an entry the one program that is there is the entry.
result<converted_package> convert_package(source_files files, const toml_reader& toml = {});
/// The files of a zip. Whoever packed it said nothing about what may be run: what a file is does.
result<source_files> read_zip_files(const zip_reader& archive);
/// A single program, or WebAssembly, and what its manifest says: a whole package. A shared library is refused.
result<std::string> wrap_program(std::string program, std::string_view manifest);

namespace detail {

inline void leave_out_common_folder(source_files& files) {
    if (files.empty()) return;
    const std::string_view first = files.begin()->first;
    const std::string folder(first.substr(0, first.find('/') == first.npos ? 0 : first.find('/') + 1));
    if (folder.empty()) return;
    for (const auto& [path, file] : files)
        if (!path.starts_with(folder)) return;
    source_files inner;
    for (auto& [path, file] : files) inner.emplace(path.substr(folder.size()), std::move(file));
    files = std::move(inner);
}

/// The path of the one program that there is, or of the one that is called like the plugin; or nothing.
inline std::string only_program(const source_files& files, std::string_view name) {
    std::string found;
    std::size_t count = 0;
    for (const auto& [path, file] : files) {
        const program_kind kind = kind_of_program(std::string_view(file.bytes).substr(0, telling_bytes));
        if (kind == program_kind::other || kind == program_kind::shared_library) continue;
        const std::string_view last = std::string_view(path).substr(path.rfind('/') + 1);
        if (equals_ignoring_case(last.substr(0, last.find('.')), name)) return path;
        found = path;
        ++count;
    }
    return count == 1 ? found : std::string();
}

} // namespace detail

inline result<source_files> read_zip_files(const zip_reader& archive) {
    source_files files;
    for (const zip_entry& entry : archive.entries()) {
        auto bytes = archive.unpack(entry, static_cast<std::size_t>(entry.size));
        if (!bytes) return std::move(bytes).error();
        const program_kind kind = kind_of_program(std::string_view(*bytes).substr(0, detail::telling_bytes));
        files.emplace(entry.path, source_file{std::move(*bytes),
                                              kind == program_kind::program || kind == program_kind::script});
    }
    return files;
}

inline result<converted_package> convert_package(source_files files, const toml_reader& toml) {
    using namespace detail;
    leave_out_common_folder(files);
    const auto refused = [](std::string why) {
        return package_fault(package_code::manifest, std::move(why));
    };
    std::string text;
    std::string_view found;
    for (const std::string_view name : manifest_names) {
        const auto place = files.find(name);
        if (place == files.end()) continue;
        if (!found.empty())
            return refused(join({"it has two manifests, ", found, " and ", name, ": one of them is to go"}));
        found = name;
        text = std::move(place->second.bytes);
        files.erase(place);
    }
    if (found.empty()) return refused("it has no plugin.json, manifest.json or plugin.toml");
    if (found == "plugin.toml") {
        if (!toml) return refused("TOML is not read here");
        auto made = toml(text);
        if (!made) return refused(join({"plugin.toml: ", made.error().message}));
        text = std::move(*made);
    }
    manifest_reading reading = read_manifest(text, entry_rule::may_miss);
    if (!reading.manifest) return reading.why();
    package_manifest& manifest = *reading.manifest;
    if (manifest.entry.empty()) {
        std::string entry = only_program(files, manifest.name);
        if (entry.empty())
            return refused("entry: is missing, and the files do not tell which of them is run");
        reading.findings.push_back(
            {"entry", finding_level::note, join({"is missing: it is \"", entry, "\""}), {}});
        manifest.entry.insert_or_assign("any", std::move(entry));
    }
    converted_package made;
    for (auto& [path, file] : files) {
        if (path == files_name || is_signature_path(path)) continue; // they were of another package
        if (auto added = made.builder.add(path, std::move(file.bytes), file.executable); !added)
            return std::move(added).error();
    }
    if (auto added = made.builder.add(manifest_name, manifest_text(manifest)); !added)
        return std::move(added).error();
    if (auto good = made.builder.files(); !good) return std::move(good).error();
    made.manifest = std::move(manifest);
    made.findings = std::move(reading.findings);
    return made;
}

inline result<std::string> wrap_program(std::string program, std::string_view text) {
    using namespace detail;
    const auto refused = [](std::string why) {
        return package_fault(package_code::manifest, std::move(why));
    };
    const program_kind kind = kind_of_program(std::string_view(program).substr(0, telling_bytes));
    if (kind == program_kind::shared_library) return refused(join({no_shared_library}));
    if (kind != program_kind::program && kind != program_kind::wasm)
        return refused("it is neither an archive, nor a program, nor WebAssembly");
    manifest_reading reading = read_manifest(text, entry_rule::may_miss);
    if (!reading.manifest) return reading.why();
    package_manifest& manifest = *reading.manifest;
    std::string path =
        manifest.entry_for(platform_of_program(std::string_view(program).substr(0, telling_bytes)));
    if (path.empty()) path = join({"bin/", manifest.name, kind == program_kind::wasm ? ".wasm" : ""});
    manifest.entry.clear();
    manifest.entry.emplace("any", path);
    package_builder builder;
    if (auto added = builder.add(path, std::move(program), kind == program_kind::program); !added)
        return std::move(added).error();
    if (auto added = builder.add(manifest_name, manifest_text(manifest)); !added)
        return std::move(added).error();
    return builder.build();
}

} // namespace tenon

#endif
