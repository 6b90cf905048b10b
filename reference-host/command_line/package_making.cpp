// `tenon-host package init|build|sign|convert`: what authors make packages with. No host is needed.

#include "command_line/commands.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/keys.hpp"
#include "command_line/package_file.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include "settings/toml.hpp"

#include <tenon/config/system_small_file.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/packages/format/package_builder.hpp>
#include <tenon/packages/format/package_conversion.hpp>
#include <tenon/packages/operations/folder_package.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace reference {

namespace {

namespace fs = std::filesystem;
using tenon::fault;
using tenon::result;

std::string folder_of(const arguments& given) { return given.words().empty() ? "." : given.words()[0]; }

/// What is said of a package that was made.
struct made_package {
    std::string file, id, version, platform, tree;
    std::uint64_t size = 0, files = 0;
};

int tell_made(const arguments& given, const std::string& file, const tenon::package_files& files,
              const tenon::digest& tree, std::uint64_t size) {
    const made_package made{file,        files.id, files.version.text(), files.platform,
                            tree.text(), size,     files.files.size()};
    if (given.has("--json")) return print_json(tenon::to_json(made)), exit_code::good;
    print_table({{{"package", look::dim}, made.file},
                 {{"", look::dim}, std::to_string(made.files) + " files, " + bytes_words(made.size)},
                 {{"is", look::dim}, made.tree}});
    return exit_code::good;
}

/// Writes the archive, and says which it is.
int finish(const arguments& given, const tenon::package_files& files, const tenon::digest& tree,
           const std::string& archive) {
    const auto written = write_package(given.value("--output", "."), files, archive);
    if (!written) return complain(written.error().message, exit_code::unwritten);
    return tell_made(given, *written, files, tree, archive.size());
}

int finish(const arguments& given, const tenon::package_builder& builder) {
    const auto files = builder.files();
    if (!files) return complain(files.error().message, exit_code::refused);
    const auto archive = builder.build();
    if (!archive) return complain(archive.error().message, exit_code::refused);
    const auto tree = tenon::digest_of(files->text());
    if (!tree) return complain(tree.error().message, exit_code::refused);
    return finish(given, *files, *tree, *archive);
}

/// The build of an author in his own folder: no shell, and what it prints goes to stderr.
result<void> run_build(const std::string& folder, const std::vector<std::string>& command) {
    std::string said;
    std::vector<char*> words;
    std::vector<std::string> kept = command;
    for (std::string& word : kept) {
        said += (said.empty() ? "" : " ") + word;
        words.push_back(word.data());
    }
    words.push_back(nullptr);
    std::cerr << line_text({"[build] ", said}, false) << std::flush;
    const pid_t child = ::fork();
    if (child < 0) return fault{tenon::codes::unavailable, std::string("build: ") + std::strerror(errno)};
    if (child == 0) {
        ::dup2(STDERR_FILENO, STDOUT_FILENO); // what is on stdout is ours
        if (::chdir(folder.c_str()) == 0) ::execvp(words[0], words.data());
        ::_exit(errno == ENOENT ? 127 : 126);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return fault{tenon::codes::invalid_params, "build: " + kept[0] + " is not there"};
    return fault{tenon::codes::invalid_params,
                 "build: " + said +
                     (WIFEXITED(status) ? " ended with " + std::to_string(WEXITSTATUS(status))
                                        : " was ended by signal " + std::to_string(WTERMSIG(status)))};
}

/// The folder's own manifest, as far as building needs it.
result<tenon::package_manifest> manifest_in(const std::string& folder) {
    const auto text = manifest_text_in(folder);
    if (!text) return text.error();
    auto reading = tenon::read_manifest(*text);
    if (!reading.manifest) return reading.why();
    return std::move(*reading.manifest);
}

/// By what a script is run: the last word of its first line.
std::string runtime_of(std::string_view script) {
    std::string_view line = script.substr(0, script.find('\n'));
    if (!line.starts_with("#!")) return {};
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t at = line.find_last_of("/ ");
    return std::string(line.substr(at + 1));
}

/// The one file of the folder that can be run, and by what.
struct guessed_entry {
    std::string path, runtime;
};
guessed_entry guess_entry(const tenon::source_folder& folder, const std::vector<tenon::folder_file>& files) {
    std::optional<guessed_entry> found;
    for (const tenon::folder_file& file : files) {
        const std::string beginning = folder.beginning(file.path, tenon::detail::telling_bytes);
        const auto kind = tenon::kind_of_program(beginning);
        const bool runs = kind == tenon::program_kind::wasm ||
                          (file.executable &&
                           (kind == tenon::program_kind::program || kind == tenon::program_kind::script));
        if (!runs) continue;
        if (found) return {};
        found = guessed_entry{file.path, kind == tenon::program_kind::script ? runtime_of(beginning) : ""};
    }
    return found.value_or(guessed_entry{});
}

} // namespace

int init_package(const arguments& given) {
    const std::string folder = folder_of(given);
    std::error_code ignored;
    const fs::path whole = fs::weakly_canonical(folder, ignored);
    const std::string path = (fs::path(folder) / tenon::manifest_name).lexically_normal().string();
    if (fs::exists(fs::symlink_status(path, ignored)))
        return complain(path + " is there already, and stays as it is", exit_code::refused);
    const auto opened = tenon::source_folder::open(folder);
    if (!opened) return complain(opened.error().message, exit_code::no_input);
    const auto files = opened->files();
    if (!files) return complain(files.error().message, exit_code::refused);

    tenon::package_manifest manifest;
    manifest.id = given.value("--id", tenon::detail::local_id(whole.filename().string()));
    if (const auto flaw = tenon::detail::flaw_of_own_id(manifest.id); !flaw.empty())
        return complain("--id: " + std::string(flaw) + ", got \"" + manifest.id + "\"", exit_code::usage);
    manifest.name = manifest.id.substr(manifest.id.rfind('.') + 1);
    if (const std::string flaw = tenon::detail::flaw_of_reserved_name(manifest.name); !flaw.empty())
        return complain("--id: " + flaw + "; take another name", exit_code::usage);
    manifest.version = *tenon::read_version("0.1.0");
    guessed_entry entry = guess_entry(*opened, *files);
    if (given.has("--entry")) {
        const std::string named = given.value("--entry");
        if (const auto flaw = tenon::detail::flaw_of_path(named); !flaw.empty())
            return complain("--entry: " + std::string(flaw), exit_code::usage);
        if (entry.path != named) {
            entry = {named, runtime_of(opened->beginning(named, tenon::detail::telling_bytes))};
        }
    }
    if (entry.path.empty())
        return complain("which file is run? The folder does not tell: --entry FILE", exit_code::usage);
    manifest.entry.emplace("any", entry.path);
    if (!entry.runtime.empty()) {
        manifest.runtime.emplace();
        manifest.runtime->name = entry.runtime;
    }
    if (auto written = write_readable_file(path, tenon::manifest_text(manifest)); !written)
        return complain(written.error().message, exit_code::unwritten);
    print_line({path, {": ", look::dim}, manifest.id, {" runs ", look::dim}, entry.path});
    return exit_code::good;
}

int build_package(const arguments& given) {
    const std::string folder = folder_of(given);
    const auto manifest = manifest_in(folder);
    if (!manifest)
        return complain(manifest.error().message, manifest.error().code == tenon::codes::unavailable
                                                      ? exit_code::no_input
                                                      : exit_code::refused);
    if (manifest->build && !given.has("--no-build"))
        if (auto good = run_build(folder, manifest->build->command); !good)
            return complain(good.error().message, exit_code::refused);
    const auto packed = tenon::pack_folder(folder, given.value("--platform"));
    if (!packed) return complain(packed.error().message, exit_code::refused);
    tell_findings(packed->findings);
    return finish(given, packed->files, packed->tree, packed->archive);
}

int sign_package(const arguments& given) {
    const std::string& path = given.words()[0];
    if (given.has("--key") == given.has("--signature"))
        return complain("with which key? --key FILE; or by what minisign made of its FILES: --signature FILE",
                        exit_code::usage);
    const auto opened = open_package_file(path);
    if (!opened) return complain_of_package(path, opened.error());
    const tenon::opened_package& package = opened->package;
    tenon::package_builder builder;
    if (auto added = builder.add_all(opened->archive, package); !added)
        return complain_of_package(path, added.error());
    std::string by;
    if (given.has("--signature")) {
        const std::string file = given.value("--signature");
        const auto text = tenon::read_small_file(file, tenon::longest_signature);
        if (!text) return complain(text.error().message, exit_code::no_input);
        if (auto added = builder.add_signature(*text); !added)
            return complain_of_package(file, added.error());
        by = tenon::read_signature(*text)->key_id();
    } else {
        const auto key = secret_key_in(given.value("--key"));
        if (!key) return complain(key.error().message, exit_code::no_input);
        const std::string comment =
            given.value("--comment", package.files.id + " " + package.files.version.text());
        if (auto made = builder.sign(*key, comment); !made) return complain_of_package(path, made.error());
        by = key->open.id();
    }
    const auto archive = builder.build();
    if (!archive) return complain_of_package(path, archive.error());
    const auto written = write_package(given.value("--output", path), package.files, *archive);
    if (!written) return complain(written.error().message, exit_code::unwritten);
    if (given.has("--json")) return tell_made(given, *written, package.files, package.tree, archive->size());
    print_line({*written, {" is signed by ", look::dim}, by});
    return exit_code::good;
}

int convert_package(const arguments& given) {
    const std::string& path = given.words()[0];
    std::error_code ignored;
    tenon::source_files files;
    if (fs::is_directory(path, ignored)) {
        const auto folder = tenon::source_folder::open(path);
        if (!folder) return complain_of_package(path, folder.error());
        const auto listed = folder->files();
        if (!listed) return complain_of_package(path, listed.error());
        for (const tenon::folder_file& one : *listed) {
            auto bytes = folder->read(one.path, one.size);
            if (!bytes) return complain_of_package(path, bytes.error());
            files.emplace(one.path, tenon::source_file{std::move(*bytes), one.executable});
        }
    } else {
        auto bytes = read_input(path);
        if (!bytes) return complain_of_package(path, bytes.error());
        if (given.has("--manifest")) {
            const auto manifest = tenon::read_small_file(given.value("--manifest"), tenon::longest_manifest);
            if (!manifest) return complain(manifest.error().message, exit_code::no_input);
            const auto wrapped = tenon::wrap_program(std::move(*bytes), *manifest);
            if (!wrapped) return complain_of_package(path, wrapped.error());
            tenon::memory_source source(*wrapped);
            const auto archive = tenon::zip_reader::open(source);
            if (!archive) return complain_of_package(path, archive.error());
            const auto package = tenon::open_package(*archive, tenon::package_wrapping::refused);
            if (!package) return complain_of_package(path, package.error());
            return finish(given, package->files, package->tree, *wrapped);
        }
        auto unpacked = [&]() -> result<tenon::source_files> {
            if (bytes->starts_with("\x1f\x8b")) return tenon::read_tar_gz(*bytes);
            if (!bytes->starts_with("PK"))
                return fault{tenon::codes::invalid_params,
                             "it is neither a zip, nor a .vp or .tar.gz, nor a folder. Of a single program "
                             "makes a package who has its manifest: --manifest FILE"};
            tenon::memory_source source(*bytes);
            const auto archive = tenon::zip_reader::open(source);
            return archive ? tenon::read_zip_files(*archive) : archive.error();
        }();
        if (!unpacked) return complain_of_package(path, unpacked.error());
        files = std::move(*unpacked);
    }
    const auto made = tenon::convert_package(std::move(files), json_of_toml);
    if (!made) return complain_of_package(path, made.error());
    tell_findings(made->findings);
    return finish(given, made->builder);
}

} // namespace reference
