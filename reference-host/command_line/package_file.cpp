// Package files: read as a host reads them, written as a whole or not at all.

#include "command_line/package_file.hpp"

#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include <tenon/config/system_small_file.hpp>

#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

namespace reference {

tenon::result<read_package> open_package_file(const std::string& path) {
    auto file = tenon::file_source::open(path);
    if (!file) return std::move(file).error();
    auto kept = std::make_unique<tenon::file_source>(std::move(*file));
    auto archive = tenon::zip_reader::open(*kept);
    if (!archive) return std::move(archive).error();
    auto package = tenon::open_package(*archive, tenon::package_wrapping::refused);
    if (!package) return std::move(package).error();
    return read_package{std::move(kept), std::move(*archive), std::move(*package)};
}

tenon::result<void> check_files(const read_package& opened) {
    for (const tenon::package_file& listed : opened.package.files.files) {
        const tenon::zip_entry* const entry = opened.archive.find(listed.path);
        if (entry == nullptr)
            return tenon::package_fault(tenon::package_code::unverified, listed.path + " is not there");
        tenon::digest_maker maker;
        auto unpacked = opened.archive.unpack(*entry, [&](std::string_view bytes) -> tenon::result<void> {
            maker.add(bytes);
            return {};
        });
        if (!unpacked) return unpacked;
        const auto content = maker.end();
        if (!content) return content.error();
        if (*content != listed.content)
            return tenon::package_fault(tenon::package_code::unverified,
                                        listed.path + " is not what FILES lists: it was changed");
    }
    return {};
}

tenon::result<std::string> read_input(const std::string& path) {
    auto file = tenon::file_source::open(path);
    if (!file) return std::move(file).error();
    if (file->size() > tenon::zip_limits().file_bytes)
        return tenon::package_fault(tenon::package_code::too_large,
                                    "it is larger than any file of a package");
    std::string bytes(static_cast<std::size_t>(file->size()), '\0');
    if (auto read = file->read(0, bytes); !read) return std::move(read).error();
    return bytes;
}

tenon::result<void> write_readable_file(const std::string& path, std::string_view text) {
    if (auto written = tenon::write_small_file(path, text); !written) return written;
    std::error_code ignored;
    using enum std::filesystem::perms;
    std::filesystem::permissions(path, owner_read | owner_write | group_read | others_read, ignored);
    return {};
}

std::string package_file_name(const tenon::package_files& files) {
    std::string name = files.id + "-" + files.version.text();
    if (files.platform != "any") name += "-" + files.platform;
    return name + ".zip";
}

tenon::result<std::string> write_package(const std::string& to, const tenon::package_files& files,
                                         const std::string& archive) {
    std::filesystem::path path = to;
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) path /= package_file_name(files);
    const std::string name = path.lexically_normal().string();
    if (auto written = write_readable_file(name, archive); !written) return written.error();
    return name;
}

void tell_findings(const std::vector<tenon::manifest_finding>& findings) {
    for (const tenon::manifest_finding& one : findings)
        std::cerr << line_text({name_of(one.severity), ": ", one.sentence()}, false);
}

tenon::result<std::string> manifest_text_in(const std::string& folder) {
    const std::string path =
        (std::filesystem::path(folder) / tenon::manifest_name).lexically_normal().string();
    auto text = tenon::read_small_file(path, tenon::longest_manifest);
    if (text || text.error().code != tenon::codes::unavailable) return text;
    return tenon::fault{
        text.error().code,
        text.error().message +
            ": `tenon-host package init` writes one, `tenon-host package convert` reads those "
            "of other systems"};
}

int complain_of_package(const std::string& path, const tenon::fault& why) {
    const bool unread =
        tenon::code_of(why) == tenon::package_code::disk || why.code == tenon::codes::unavailable;
    return complain(why.message.starts_with(path) ? why.message : path + ": " + why.message,
                    unread ? exit_code::no_input : exit_code::refused);
}

} // namespace reference
