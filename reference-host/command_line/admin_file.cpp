// The file, and the token in it.

#include "command_line/admin_file.hpp"

#include "settings/settings.hpp"

#include <tenon/host/config/system_small_file.hpp>
#include <tenon/json/value.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/random.h>
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

tenon::result<std::string> make_token() {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char random[32];
    if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
        return tenon::fault{tenon::codes::unavailable,
                            std::string("no random numbers: ") + std::strerror(errno)};
    std::string token;
    unsigned bits = 0, held = 0;
    for (const unsigned char byte : random) {
        bits = (bits << 8 | byte) & 0xFFFFu;
        for (held += 8; held >= 6; held -= 6) token += letters[(bits >> (held - 6)) & 63];
    }
    if (held > 0) token += letters[(bits << (6 - held)) & 63];
    return token;
}

} // namespace reference
