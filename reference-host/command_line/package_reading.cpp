// `tenon-host package validate|show|verify`: what a manifest or a package says, and whether it is true. No host is needed.

#include "command_line/commands.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/keys.hpp"
#include "command_line/package_file.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/config/system_small_file.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/packages/rules/trust.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace reference {

namespace {

namespace fs = std::filesystem;

std::string needs_words(const std::map<std::string, tenon::version_range, std::less<>>& ranges) {
    std::vector<std::string> all;
    for (const auto& [id, range] : ranges) all.push_back(id + " " + range.text());
    return joined(all);
}

std::string entry_words(const std::map<std::string, std::string, std::less<>>& entries) {
    std::vector<std::string> all;
    for (const auto& [platform, path] : entries)
        all.push_back(path + (platform == "any" ? "" : " (" + platform + ")"));
    return joined(all);
}

} // namespace

int validate_package(const arguments& given) {
    std::string path = given.words().empty() ? "." : given.words()[0];
    std::error_code ignored;
    const bool folder = fs::is_directory(path, ignored);
    const auto text = folder ? manifest_text_in(path) : tenon::read_small_file(path, tenon::longest_manifest);
    if (folder) path = (fs::path(path) / tenon::manifest_name).lexically_normal().string();
    if (!text) return complain(text.error().message, exit_code::no_input);
    const auto reading = tenon::read_manifest(*text);
    const bool valid = reading.manifest.has_value();
    const int code = valid ? exit_code::good : exit_code::refused;
    if (given.has("--json")) {
        struct validated {
            bool valid;
            std::vector<tenon::manifest_finding> findings;
        };
        print_json(tenon::to_json(validated{valid, reading.findings}));
        return code;
    }
    for (const tenon::manifest_finding& one : reading.findings) {
        const look how = one.severity == tenon::finding_level::error     ? look::bad
                         : one.severity == tenon::finding_level::warning ? look::warning
                                                                         : look::dim;
        print_line({{std::string(name_of(one.severity)), how}, ": ", one.sentence()});
    }
    if (valid)
        print_line(
            {path, {" is good: ", look::good}, reading.manifest->id, " ", reading.manifest->version.text()});
    return code;
}

int show_package(const arguments& given) {
    const std::string& path = given.words()[0];
    const auto opened = open_package_file(path);
    if (!opened) return complain_of_package(path, opened.error());
    const tenon::opened_package& package = opened->package;
    const tenon::package_manifest& manifest = package.manifest;
    std::uint64_t unpacked = 0;
    for (const tenon::package_file& file : package.files.files) unpacked += file.size;
    if (given.has("--files")) return print_text(package.files_text), exit_code::good;
    if (given.has("--json")) {
        struct signature {
            std::string key, comment;
        };
        struct shown {
            std::string id, version, platform, tree;
            std::uint64_t size, unpacked, files;
            tenon::json manifest;
            std::vector<signature> signatures;
        };
        shown said{package.files.id,
                   package.files.version.text(),
                   package.files.platform,
                   package.tree.text(),
                   opened->file->size(),
                   unpacked,
                   package.files.files.size(),
                   tenon::json::parse(tenon::manifest_text(manifest)).value_or({}),
                   {}};
        for (const tenon::package_signature& one : package.signatures)
            said.signatures.push_back({one.key_id(), one.trusted_comment});
        print_json(tenon::to_json(said));
        return exit_code::good;
    }
    std::vector<row> rows = {{{"id", look::dim}, package.files.id},
                             {{"version", look::dim}, package.files.version.text()},
                             {{"platform", look::dim}, package.files.platform},
                             {{"is", look::dim}, package.tree.text()}};
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) rows.push_back({{name, look::dim}, value});
    };
    add("name", manifest.name);
    add("description", manifest.description);
    add("author", manifest.author.name);
    add("license", manifest.license);
    add("runs", entry_words(manifest.entry));
    if (manifest.runtime)
        add("with",
            manifest.runtime->name +
                (manifest.runtime->version.text() == "*" ? "" : " " + manifest.runtime->version.text()));
    add("asks for", joined(manifest.permissions));
    add("needs", needs_words(manifest.dependencies));
    add("files", std::to_string(package.files.files.size()) + ", " + bytes_words(unpacked) + " in " +
                     bytes_words(opened->file->size()));
    if (package.signatures.empty()) add("signed by", "nobody");
    for (const tenon::package_signature& one : package.signatures)
        add("signed by", one.key_id() + ", which is not verified here");
    print_table(rows);
    tell_findings(package.findings);
    return exit_code::good;
}

int verify_package(const arguments& given) {
    const std::string& path = given.words()[0];
    tenon::trust_settings trust{.policy = tenon::trust_policy::any, .keys = {}, .revoked = {}};
    for (const std::string& said : given.values("--key")) {
        const auto key = public_key_said(said);
        if (!key) return complain(key.error().message, exit_code::no_input);
        trust.keys.push_back({.key = *key, .name = said});
    }
    const auto opened = open_package_file(path);
    if (!opened) return complain_of_package(path, opened.error());
    if (auto good = check_files(*opened); !good) return complain_of_package(path, good.error());
    const tenon::opened_package& package = opened->package;
    const auto verdict =
        tenon::judge_trust({package.files.id, package.files_text, package.tree, package.signatures}, trust,
                           tenon::detail::wall_clock_ms());
    if (!verdict) return complain_of_package(path, verdict.error());
    if (!trust.keys.empty() && verdict->signers.empty()) {
        std::vector<std::string> others;
        for (const tenon::package_signature& one : package.signatures) others.push_back(one.key_id());
        return complain(path + (others.empty() ? ": it is whole, and not signed"
                                               : ": it is whole, and none of these keys signed it, but " +
                                                     joined(others)),
                        exit_code::refused);
    }
    if (given.has("--json")) {
        struct verified {
            std::string id, version, tree, trust;
            std::vector<std::string> signers;
            std::string note;
        };
        print_json(
            tenon::to_json(verified{package.files.id, package.files.version.text(), package.tree.text(),
                                    verdict->level, verdict->signers, verdict->note}));
        return exit_code::good;
    }
    print_line({path, {" is whole: ", look::good}, package.files.id, " ", package.files.version.text()});
    if (!verdict->signers.empty()) {
        for (const std::string& signer : verdict->signers) print_line({{"signed by ", look::dim}, signer});
    } else if (package.signatures.empty()) print_line({{"it is not signed", look::warning}});
    else {
        print_line({{"its signatures are not verified: ", look::warning},
                    "say whose they have to be, --key FILE or --key RW..."});
    }
    return exit_code::good;
}

} // namespace reference
