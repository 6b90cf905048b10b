// `tenon-host new`: a template's files under another name.

#include "command_line/commands.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include "templates/templates.hpp"

#include <tenon/packages/format/manifest_values.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/session/names.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace reference {

namespace {

namespace fs = std::filesystem;

/// In all languages the name of a program, too.
bool is_new_name(const std::string& name) {
    return tenon::detail::is_plugin_name(name) && name[0] >= 'a' && name[0] <= 'z' &&
           name.find('.') == name.npos && tenon::detail::flaw_of_package_id("local." + name).empty();
}

std::string renamed(std::string_view text, const std::string& id, const std::string& name) {
    std::string made;
    const std::string whole_id = "local." + std::string(template_name);
    while (!text.empty()) {
        const std::size_t at = std::min(text.find(template_name), text.size());
        const bool is_id = at >= 6 && text.substr(at - 6, whole_id.size()) == whole_id;
        made += text.substr(0, is_id ? at - 6 : at);
        if (at != text.size()) made += is_id ? id : name;
        text.remove_prefix(std::min(at + template_name.size(), text.size()));
    }
    return made;
}

bool write_file(const fs::path& file, const std::string& text, bool executable) {
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    std::ofstream out(file, std::ios::binary);
    out << text << std::flush;
    // A host starts no program that others may write, whatever the umask is.
    using enum fs::perms;
    const fs::perms mode = owner_read | owner_write | group_read | others_read;
    if (!failed)
        fs::permissions(file, executable ? mode | owner_exec | group_exec | others_exec : mode, failed);
    return out.good() && !failed;
}

} // namespace

int new_plugin(const arguments& given) {
    const std::string& name = given.words()[0];
    const std::string language = given.value("--language", "cpp"), id = given.value("--id", "local." + name);
    const fs::path folder = given.value("--into", name);
    if (!is_new_name(name))
        return complain(
            "NAME: expected 1 to 64 small letters, digits, - and _, with a letter in front, got \"" + name +
                "\"",
            exit_code::usage);
    if (const std::string flaw = tenon::detail::flaw_of_reserved_name(name); !flaw.empty())
        return complain("NAME: " + flaw + "; take another name", exit_code::usage);
    if (const auto flaw = tenon::detail::flaw_of_own_id(id); !flaw.empty())
        return complain("--id: " + std::string(flaw) + ", got \"" + id + "\"", exit_code::usage);
    const auto files = template_files();
    const auto is_meant = [&](const template_file& file) { return file.language == language; };
    if (std::none_of(files.begin(), files.end(), is_meant))
        return complain("--language: expected cpp, python, node or rust, got \"" + language + "\"",
                        exit_code::usage);
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(folder, ignored)))
        return complain(folder.string() + " is there already", exit_code::refused);
    for (const template_file& file : files) {
        if (!is_meant(file)) continue;
        const fs::path to = folder / file.path;
        const bool is_header = file.path == "tenon.hpp";
        if (!write_file(to, is_header ? std::string(file.text) : renamed(file.text, id, name),
                        file.executable))
            return complain(to.string() + " cannot be written", exit_code::unwritten);
        print_line({to.string()});
    }
    print_line({{"tests it: ", look::dim}, (folder / "test").string()});
    print_line({{"makes a package of it: ", look::dim}, "tenon-host package build " + folder.string()});
    return exit_code::good;
}

} // namespace reference
