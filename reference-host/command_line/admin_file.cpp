// Reading and writing it.

#include "command_line/admin_file.hpp"

#include "settings/settings.hpp"

#include <tenon/host/config/system_small_file.hpp>
#include <tenon/json/value.hpp>

#include <filesystem>

#include <unistd.h>

namespace reference {

namespace {

std::string path_beside(const std::string& socket) {
    const std::string here = std::filesystem::current_path().string();
    return (std::filesystem::path(full_path(socket, here)).parent_path() / "admin.json").string();
}

} // namespace

admin_file read_admin_file(const std::string& socket) {
    const auto text = tenon::read_small_file(path_beside(socket), 65'536);
    return text ? tenon::from_json<admin_file>(*text).value_or({}) : admin_file();
}

tenon::result<void> write_admin_file(const std::string& socket, const admin_file& content) {
    return tenon::write_small_file(path_beside(socket), tenon::to_json(content) + "\n");
}

void remove_admin_file(const std::string& socket) { ::unlink(path_beside(socket).c_str()); }

} // namespace reference
