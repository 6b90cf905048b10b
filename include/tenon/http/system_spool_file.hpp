#ifndef TENON_HTTP_SYSTEM_SPOOL_FILE_HPP
#define TENON_HTTP_SYSTEM_SPOOL_FILE_HPP

// A file that an upload is written to, and how much of a disk is free. Nothing here may be called where a slow disk would
// hold up others.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/transport/system_streams.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace tenon::detail {

/// Of errno.
inline fault spool_fault(std::string_view what) {
    return {codes::unavailable, join({what, ": ", std::strerror(errno)})};
}

class spool_file {
public:
    explicit spool_file(std::string path) : path_(std::move(path)) {}

    /// The first time it is made; there may be none of its name.
    result<void> write(std::string_view bytes) {
        if (!file_)
            file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file_) return spool_fault("a file for the upload cannot be made");
        while (!bytes.empty()) {
            const ssize_t wrote = ::write(file_.get(), bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) return spool_fault("the upload cannot be written");
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
        }
        return {};
    }

private:
    std::string path_;
    descriptor file_;
};

inline void remove_spooled(const std::string& path) noexcept { ::unlink(path.c_str()); }

inline result<void> ask_for_room(const std::string& folder, std::uint64_t bytes) {
    struct statvfs disk {};
    if (::statvfs(folder.c_str(), &disk) != 0) return spool_fault("the disk for uploads cannot be asked");
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (free >= bytes) return {};
    return fault{codes::unavailable,
                 join({"the disk has ", digits(free), " bytes free, and ", digits(bytes), " are needed"})};
}

} // namespace tenon::detail

#endif
