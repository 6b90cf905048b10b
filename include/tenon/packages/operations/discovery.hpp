#ifndef TENON_PACKAGES_OPERATIONS_DISCOVERY_HPP
#define TENON_PACKAGES_OPERATIONS_DISCOVERY_HPP

// Which plugins lie in the plugin directories without being packages yet. Each folder with a manifest is one of:
//
//     available     its entry is there and can be run: it can be registered
//     source_only   its entry is not there, or cannot be run, and its manifest says how it is built
//     incomplete    neither, with a sentence that says what is missing
//
// Nothing is run and nothing is changed. What is registered is a copy (stage_folder): a folder is written to by its developer
// at any time, and what runs must not change under the host.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_conversion.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/format/program_kind.hpp>
#include <tenon/packages/operations/system_source_folder.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace tenon {

/// Whether another user could change a file, and what else a host asks before it runs what is written there:
/// trusted_program() answers it. The path is whole. It is asked on other threads than the host's.
using file_trust = std::function<result<void>(const std::string& file)>;

enum class folder_state { available, source_only, incomplete };

struct discovered_folder {
    std::string folder; // its name in the plugin directory
    std::string path;   // as it can be opened
    folder_state state = folder_state::incomplete;
    std::string why = {};           // of all but available: a sentence
    std::string manifest_file = {}; // "plugin.json", or what it is called there
    std::optional<package_manifest> manifest = {};
};

struct discovery {
    std::vector<discovered_folder> folders = {}; // of the first directory first, and by name
    std::vector<std::string> notes = {};         // what was not looked at, as sentences

    /// By the name of the folder. Of two that are called alike it is the one of the first directory.
    const discovered_folder* find(std::string_view folder) const noexcept {
        for (const discovered_folder& one : folders)
            if (one.folder == folder) return &one;
        return nullptr;
    }
    /// The same, to be built or registered; or why it cannot be.
    result<discovered_folder> usable(std::string_view folder) const {
        const discovered_folder* const found = find(folder);
        if (found == nullptr) return package_fault(package_code::unknown, none_of(folder));
        if (found->state == folder_state::incomplete)
            return package_fault(package_code::manifest, detail::join({folder, ": ", found->why}));
        return *found;
    }

private:
    std::string none_of(std::string_view folder) const {
        std::string told = detail::join({"\"", detail::beginning_of(folder, detail::longest_package_path),
                                         "\" is no folder of a plugin directory"});
        for (const std::string& note : notes) detail::append(told, detail::join({"; ", note}));
        return told;
    }
};

/// Where a plugin directory is not there: a mistake in what somebody configured, or nothing, where nobody did.
enum class missing_dirs { noted, empty };

/// Of more folders in a plugin directory the first ones are looked at, by their names, and a note says so; and so many are
/// told of in all.
inline constexpr std::size_t most_discovered = 1'000;

/// Looks one folder deep. Without `toml` a plugin.toml is not read.
discovery discover(const std::vector<std::string>& plugin_dirs, const toml_reader& toml = {},
                   missing_dirs missing = missing_dirs::noted);
/// One folder by its path.
discovered_folder look_at_folder(const std::string& path, const toml_reader& toml = {});

// ---- how it is done -------------------------------------------------------------------------------------------------

namespace detail {

/// Where another user could change it, the policy does not let it in.
inline result<void> must_be_trusted(const file_trust& trusted, const std::string& file) {
    const auto good = trusted(file);
    if (!good) return package_fault(package_code::policy, good.error().message);
    return {};
}

/// Said of a folder that is any other one, and no plugin's.
inline constexpr std::string_view no_manifest = "it has no plugin.json";

/// What is wrong with the entry; nothing where it can be run here.
inline std::string flaw_of_entry(const source_folder& folder, const package_manifest& manifest,
                                 const std::string& entry) {
    const auto found = folder.find(entry);
    if (!found) return join({"its entry ", entry, " is not there, or not within the folder"});
    const std::string beginning = folder.beginning(entry, telling_bytes);
    const program_kind kind = kind_of_program(beginning);
    if (kind == program_kind::shared_library) return join({"its entry ", entry, ": ", no_shared_library});
    if (manifest.runtime || kind == program_kind::wasm) return {};
    if (kind == program_kind::script)
        return join({"its entry ", entry,
                     " is a script, and its manifest names no runtime, as in \"runtime\": \"python3\""});
    if (const auto platform = platform_of_program(beginning);
        platform != "any" && platform != this_platform())
        return join({"its entry ", entry, " is a program for ", platform, ", and this is ", this_platform()});
    if (!found->executable) return join({"its entry ", entry, " may not be executed: chmod +x ", entry});
    return {};
}

inline void judge_folder(discovered_folder& of, const source_folder& folder, const toml_reader& toml) {
    std::string& manifest_file = of.manifest_file;
    for (const std::string_view name : manifest_names) {
        if (!folder.find(std::string(name))) continue;
        if (!manifest_file.empty()) {
            of.why = join({"it has two manifests, ", manifest_file, " and ", name, ": one has to go"});
            return;
        }
        manifest_file = name;
    }
    if (manifest_file.empty()) {
        of.why = no_manifest;
        return;
    }
    auto text = folder.read(manifest_file, longest_manifest);
    if (text && manifest_file.ends_with(".toml")) {
        if (!toml) {
            of.why = "its manifest is plugin.toml, and TOML is not read here";
            return;
        }
        text = toml(*text);
        if (!text) {
            of.why = join({manifest_file, ": ", text.error().message});
            return;
        }
    }
    if (!text) {
        of.why = text.error().message;
        return;
    }
    manifest_reading read = read_manifest(*text);
    if (!read.manifest) {
        of.why = read.why(manifest_file).message;
        return;
    }
    of.manifest = std::move(read.manifest);
    const std::string entry = of.manifest->entry_for(this_platform());
    if (entry.empty()) {
        std::string platforms;
        for (const auto& [platform, path] : of.manifest->entry)
            append(platforms, join({platforms.empty() ? "" : ", ", platform}));
        of.why = join({"its entry is for ", platforms, ", and this is ", this_platform()});
        return;
    }
    of.why = flaw_of_entry(folder, *of.manifest, entry);
    if (of.why.empty()) of.state = folder_state::available;
    else if (of.manifest->build) {
        of.state = folder_state::source_only;
        append(of.why, ": it has to be built:");
        for (const std::string& word : of.manifest->build->command) append(of.why, join({" ", word}));
    }
}

} // namespace detail

inline discovered_folder look_at_folder(const std::string& path, const toml_reader& toml) {
    discovered_folder made{.folder = path.substr(path.rfind('/') + 1), .path = path};
    const auto folder = source_folder::open(path);
    if (folder) detail::judge_folder(made, *folder, toml);
    else made.why = folder.error().message;
    return made;
}

inline discovery discover(const std::vector<std::string>& plugin_dirs, const toml_reader& toml,
                          missing_dirs missing) {
    using namespace detail;
    discovery all;
    std::map<std::string, std::string, std::less<>> first; // ids and where they were found
    for (const std::string& directory : plugin_dirs) {
        std::error_code ignored;
        if (missing == missing_dirs::empty &&
            std::filesystem::status(directory, ignored).type() == std::filesystem::file_type::not_found)
            continue;
        const auto found = folders_in(directory, most_discovered);
        if (!found) {
            all.notes.push_back(join({"pluginDirs: ", found.error().message}));
            continue;
        }
        const auto too_many = [&] {
            all.notes.push_back(
                join({"pluginDirs: \"", directory, "\": there are more than ", digits(most_discovered),
                      " folders, and only the first of them are looked at"}));
        };
        if (found->more) too_many();
        for (const std::string& name : found->names) {
            if (all.folders.size() == most_discovered) {
                if (!found->more) too_many();
                return all;
            }
            discovered_folder one = look_at_folder(join({directory, "/", name}), toml);
            if (one.why == no_manifest) continue;
            if (one.manifest) {
                const auto [place, is_first] = first.emplace(one.manifest->id, one.path);
                if (!is_first) {
                    one.state = folder_state::incomplete;
                    one.why = join({"its id ", one.manifest->id, " is that of ", place->second,
                                    ", which was found first"});
                }
            }
            all.folders.push_back(std::move(one));
        }
    }
    return all;
}

} // namespace tenon

#endif
