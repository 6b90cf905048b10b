#ifndef TENON_PACKAGES_FORMAT_PACKAGE_FILES_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_FILES_HPP

// FILES: which package this is, and each of its files by digest. Its own digest is the package's identity: the same
// files under the same name and version are the same package, whoever packed them. Signatures are over its bytes.
//
//     tenon-package 1
//     id dev.example.moderator
//     version 1.2.0
//     platform linux-x86_64
//     7f83...9069 x 31528 bin/moderator
//     2c26...e7ae - 412 plugin.json
//
// One content has one spelling: lines end in LF, the last one, too; files are sorted by their bytes; numbers have no
// zero in front. Neither FILES itself nor what is in signatures/ is listed.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/format/package_version.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

inline constexpr std::string_view files_name = "FILES", signatures_folder = "signatures/";
inline constexpr std::size_t longest_files = std::size_t{4} << 20, most_files = 10'000;
inline constexpr std::size_t shortest_package_id = 3, longest_package_id = 128;

struct package_file {
    std::string path;
    digest content;
    std::uint64_t size = 0;
    bool executable = false;
};

struct package_files {
    std::string id;
    package_version version;
    std::string platform = "any";
    std::vector<package_file> files; // sorted by path

    std::string text() const;
    /// Of all files together.
    std::uint64_t bytes() const noexcept {
        std::uint64_t all = 0;
        for (const package_file& file : files) all += file.size;
        return all;
    }
    const package_file* find(std::string_view path) const noexcept {
        for (const package_file& file : files)
            if (file.path == path) return &file;
        return nullptr;
    }
};

/// Refuses every other spelling of the same content: with two spellings a package had two identities.
result<package_files> read_package_files(std::string_view text);

namespace detail {

/// What is wrong with the id of a package, or nothing. It is a subset of what names a repository in a registry: small
/// letters, digits, and between them one dot, one or two low lines, or hyphens.
constexpr std::string_view flaw_of_package_id(std::string_view id) noexcept {
    if (id.size() < shortest_package_id || id.size() > longest_package_id) return "expected 3 to 128 letters";
    const auto plain = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    };
    std::size_t at = 0;
    while (true) {
        const std::size_t begins = at;
        while (at < id.size() && plain(id[at])) ++at;
        if (at == begins) return "expected small letters and digits, parted by a dot, a low line or hyphens";
        if (at == id.size()) return {};
        const std::size_t parted = at;
        while (at < id.size() && id[at] == id[parted] && !plain(id[at])) ++at;
        const char by = id[parted];
        if (!(by == '-' || (by == '_' && at - parted <= 2) || (by == '.' && at - parted == 1)))
            return "expected small letters and digits, parted by a dot, a low line or hyphens";
    }
}

/// "linux-x86_64", or "any".
constexpr bool is_platform(std::string_view text) noexcept {
    if (text == "any") return true;
    const std::size_t hyphen = text.find('-');
    if (hyphen == 0 || hyphen == std::string_view::npos || hyphen + 1 == text.size() || text.size() > 64)
        return false;
    for (const char letter : text)
        if (!(letter >= 'a' && letter <= 'z') && !(letter >= '0' && letter <= '9') && letter != '_' &&
            letter != '-')
            return false;
    return true;
}

} // namespace detail

inline std::string package_files::text() const {
    using namespace detail;
    std::string all =
        join({"tenon-package 1\nid ", id, "\nversion ", version.text(), "\nplatform ", platform, "\n"});
    for (const package_file& file : files)
        all += join(
            {file.content.text(), file.executable ? " x " : " - ", digits(file.size), " ", file.path, "\n"});
    return all;
}

inline result<package_files> read_package_files(std::string_view text) {
    using namespace detail;
    std::size_t number = 0;
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params, join({"FILES, line ", digits(number), ": ", why})};
    };
    if (text.size() > longest_files)
        return fault{codes::too_large, join({"FILES: expected at most ", digits(longest_files),
                                             " bytes, got ", digits(text.size())})};
    if (text.empty() || text.back() != '\n')
        return fault{codes::invalid_params, "FILES: its last line does not end"};

    std::string_view rest = text;
    const auto line = [&] {
        ++number;
        return take_part(rest, '\n');
    };
    const auto field = [&](std::string_view name, std::string_view& value) {
        value = line();
        if (!value.starts_with(name)) return false;
        value.remove_prefix(name.size());
        return true;
    };
    package_files read;
    std::string_view value;
    if (!field("tenon-package ", value)) return refused("expected \"tenon-package 1\"");
    if (value != "1")
        return refused(join({"expected \"tenon-package 1\", got format \"", beginning_of(value, 20),
                             "\", which this host does not know"}));
    if (!field("id ", value)) return refused("expected \"id ID\"");
    if (const auto flaw = flaw_of_package_id(value); !flaw.empty()) return refused(join({"id: ", flaw}));
    read.id = value;
    if (!field("version ", value)) return refused("expected \"version VERSION\"");
    auto version = read_version(value);
    if (!version) return refused(version.error().message);
    read.version = std::move(*version);
    if (!field("platform ", value) || !is_platform(value))
        return refused("expected \"platform any\", or as in \"platform linux-x86_64\"");
    read.platform = value;

    path_set paths;
    while (!rest.empty()) {
        value = line();
        if (read.files.size() == most_files)
            return refused(join({"more than ", digits(most_files), " files"}));
        constexpr std::string_view shape =
            "expected SHA-256, x or -, size and path, parted by one blank each";
        package_file file;
        const auto content = read_digest(value.substr(0, 64));
        if (!content || value.size() < 69 || value[64] != ' ' || value[66] != ' ' ||
            (value[65] != 'x' && value[65] != '-'))
            return refused(shape);
        file.content = *content;
        file.executable = value[65] == 'x';
        value.remove_prefix(67);
        if (!read_number(take_part(value, ' '), file.size)) return refused(shape);
        if (const auto flaw = flaw_of_path(value); !flaw.empty()) return refused(flaw);
        if (equals_ignoring_case(value, files_name) || lower_case(value).starts_with(signatures_folder))
            return refused("neither FILES nor signatures are listed");
        if (const auto flaw = paths.add(value); !flaw.empty()) return refused(flaw);
        file.path = value;
        if (!read.files.empty() && !(read.files.back().path < file.path))
            return refused("it is not sorted by path");
        read.files.push_back(std::move(file));
    }
    if (read.files.empty()) return refused("it lists no file");
    return read;
}

} // namespace tenon

#endif
