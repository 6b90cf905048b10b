#ifndef TENON_CONFIG_SYSTEM_SMALL_FILE_HPP
#define TENON_CONFIG_SYSTEM_SMALL_FILE_HPP

// Small files, read whole and written whole: a reader sees the old text or the new one, also after a crash.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/transport/system_streams.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon {

namespace detail {

inline fault file_fault(const std::string& path) {
    return {codes::unavailable, join({path, ": ", std::strerror(errno)})};
}

} // namespace detail

inline result<std::string> read_small_file(const std::string& path, std::size_t most_bytes) {
    // A pipe without a writer must not hang.
    const detail::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat kind {};
    if (!file || ::fstat(file.get(), &kind) != 0) return detail::file_fault(path);
    if (!S_ISREG(kind.st_mode)) return fault{codes::unavailable, path + ": is no regular file"};
    std::string text;
    char room[65536];
    for (;;) {
        const ssize_t count = ::read(file.get(), room, sizeof room);
        if (count < 0 && errno != EINTR) return detail::file_fault(path);
        if (count == 0) return text;
        if (count > 0) text.append(room, static_cast<std::size_t>(count));
        if (text.size() > most_bytes)
            return fault{codes::too_large,
                         detail::join({path, ": has more than ", detail::digits(most_bytes), " bytes"})};
    }
}

/// For its owner alone (0600). Its folder is made if it is missing (0700).
inline result<void> write_small_file(const std::string& path, std::string_view text) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    std::error_code made;
    if (std::filesystem::create_directories(folder, made)) ::chmod(folder.c_str(), 0700);
    std::string fresh = path + ".XXXXXX"; // mkostemp: of mode 0600
    const detail::descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));
    if (!file) return detail::file_fault(path);
    if (!detail::wrote_all(file.get(), text) || ::fsync(file.get()) != 0 ||
        ::rename(fresh.c_str(), path.c_str()) != 0) {
        const fault why = detail::file_fault(path);
        ::unlink(fresh.c_str());
        return why;
    }
    const detail::descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent) ::fsync(parent.get());
    return {};
}

/// Whether write_small_file() could write there, by doing the like and taking it back: what permissions say is not true of
/// every file system. Names what cannot be written, which is the folder or the first one above it that is there.
inline result<void> try_small_files(const std::string& folder) {
    std::error_code ignored;
    std::filesystem::path there = folder;
    while (!std::filesystem::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
    const std::string trial = (there / (".trial." + std::to_string(::getpid()))).string();
    if (::mkdir(trial.c_str(), 0700) == 0) return ::rmdir(trial.c_str()), result<void>();
    return fault{codes::unavailable,
                 detail::join({folder, " cannot be written: ", there.string(), ": ", std::strerror(errno)})};
}

/// A file that is not there is no fault.
inline result<void> remove_small_file(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return detail::file_fault(path);
}

} // namespace tenon

#endif
