// Reading and writing it.

#include "command_line/admin_file.hpp"

#include "settings/settings.hpp"

#include <tenon/config/system_small_file.hpp>
#include <tenon/json/value.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include <unistd.h>

namespace reference {

std::string admin_path(const std::string& socket) {
    std::error_code ignored;
    return full_path(socket, std::filesystem::current_path(ignored).string()) + ".admin.json";
}

tenon::result<admin_file> read_admin_file(const std::string& socket) {
    const std::string path = admin_path(socket);
    const auto text = tenon::read_small_file(path, 65'536);
    if (!text) return text.error();
    auto read = tenon::from_json<admin_file>(*text);
    if (!read) return tenon::fault{read.error().code, path + ": " + read.error().message};
    return read;
}

tenon::result<void> write_admin_file(const std::string& socket, const admin_file& content) {
    return tenon::write_small_file(admin_path(socket), tenon::to_json(content) + "\n");
}

void remove_admin_file(const std::string& socket, int pid) {
    const auto found = read_admin_file(socket);
    if (found && found->pid == pid) ::unlink(admin_path(socket).c_str());
}

bool is_left_over(const admin_file& found) {
    return found.pid > 0 && ::kill(found.pid, 0) != 0 && errno == ESRCH;
}

} // namespace reference
