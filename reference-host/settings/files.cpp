// POSIX, because std::fstream knows neither modes nor fsync.

#include "settings/files.hpp"

#include <tenon/transport/descriptor.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace reference {

namespace {

using tenon::detail::descriptor;

tenon::fault why(const std::string& path) {
    return {tenon::codes::unavailable, path + ": " + std::strerror(errno)};
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::fsync(file) == 0;
}

} // namespace

std::string full_path(std::string_view path, std::string_view folder) {
    const char* home = std::getenv("HOME");
    std::filesystem::path full(path);
    if (home != nullptr && (path == "~" || path.substr(0, 2) == "~/"))
        full = std::filesystem::path(home) / path.substr(path.size() > 1 ? 2 : 1);
    std::string clean = (std::filesystem::path(folder) / full).lexically_normal().string();
    if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
    return clean;
}

tenon::result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
    const descriptor file(
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); // a pipe without a writer must not hang
    struct stat kind {};
    if (!file || ::fstat(file.get(), &kind) != 0) return why(path);
    if (!S_ISREG(kind.st_mode)) return tenon::fault{tenon::codes::unavailable, path + ": is no regular file"};
    std::string text;
    char room[65536];
    for (;;) {
        const ssize_t count = ::read(file.get(), room, sizeof room);
        if (count < 0 && errno != EINTR) return why(path);
        if (count == 0) return text;
        if (count > 0) text.append(room, static_cast<std::size_t>(count));
        if (text.size() > most_bytes)
            return tenon::fault{tenon::codes::too_large,
                                path + ": has more than " + std::to_string(most_bytes) + " bytes"};
    }
}

tenon::result<void> write_file(const std::string& path, std::string_view text) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    std::error_code made;
    if (std::filesystem::create_directories(folder, made)) ::chmod(folder.c_str(), 0700);
    std::string fresh = path + ".XXXXXX"; // mkostemp: of mode 0600
    const descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));
    if (!file) return why(path);
    if (!write_all(file.get(), text) || ::rename(fresh.c_str(), path.c_str()) != 0) {
        const tenon::fault words = why(path);
        ::unlink(fresh.c_str());
        return words;
    }
    const descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent) ::fsync(parent.get());
    return {};
}

} // namespace reference
