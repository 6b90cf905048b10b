#ifndef REFERENCE_COMMAND_LINE_PACKAGE_FILE_HPP
#define REFERENCE_COMMAND_LINE_PACKAGE_FILE_HPP

// Package files that somebody names on the command line: opened, written, and what is said about their manifests.

#include <tenon/core/result.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/store/system_store_folder.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct read_package {
    std::unique_ptr<tenon::file_source> file; // what the archive reads from
    tenon::zip_reader archive;
    tenon::opened_package package;
};

/// Nothing but its FILES, manifest and signatures is unpacked.
tenon::result<read_package> open_package_file(const std::string& path);
/// That each of its files is what FILES lists.
tenon::result<void> check_files(const read_package& opened);
/// A whole file of somebody's, of which the largest package still is one.
tenon::result<std::string> read_input(const std::string& path);

/// There is no secret in it: as any file that a program writes, but nobody else may change it. Replaced in one step.
tenon::result<void> write_readable_file(const std::string& path, std::string_view text);

/// "dev.example.moderator-1.2.0-linux-x86_64.zip".
std::string package_file_name(const tenon::package_files& files);
/// To a file, or into a folder under the name of such a package. The file there is replaced in one step.
tenon::result<std::string> write_package(const std::string& to, const tenon::package_files& files,
                                         const std::string& archive);

/// On stderr, each on a line: "warning: typ: is not known; did you mean "type"?".
void tell_findings(const std::vector<tenon::manifest_finding>& findings);
/// plugin.json of a folder. Where there is none, the fault says how one is made.
tenon::result<std::string> manifest_text_in(const std::string& folder);

/// Says it, and which exit code it is: what cannot be read or written, or what is refused.
int complain_of_package(const std::string& path, const tenon::fault& why);

} // namespace reference

#endif
