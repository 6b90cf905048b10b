#ifndef TENON_PACKAGES_OPERATIONS_SYSTEM_SOURCE_FOLDER_HPP
#define TENON_PACKAGES_OPERATIONS_SYSTEM_SOURCE_FOLDER_HPP

// A folder in which a plugin is developed, as far as it becomes a package: its files by path. Symbolic links are followed
// by the kernel, which keeps them within the folder (openat2): one that leads out of it is refused, whatever it is made
// to point at meanwhile. Names that begin with a dot are left out, __pycache__, and what an unpacked package has of its own
// (FILES, signatures).
//
// A developer writes to such a folder at any time. What is read of it is what is there in that moment; who wants to run
// it copies it first.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tenon {

enum class source_kind { missing, file, folder, other };

struct folder_file {
    std::string path; // below the folder
    std::uint64_t size = 0;
    bool executable = false;

    friend bool operator==(const folder_file& one, const folder_file& other) noexcept {
        return one.path == other.path;
    }
    friend bool operator<(const folder_file& one, const folder_file& other) noexcept {
        return one.path < other.path;
    }
};

/// A folder is copied in memory when it becomes a package, so these are smaller than those of an archive.
struct source_limits {
    std::size_t files = 10'000;
    std::uint64_t bytes = std::uint64_t{256} << 20;

    /// Of so many files and bytes.
    result<void> allow(std::size_t there_are, std::uint64_t they_have) const {
        using namespace detail;
        if (there_are > files)
            return package_fault(package_code::too_large,
                                 join({"it has more than ", digits(files), " files"}));
        if (they_have > bytes)
            return package_fault(package_code::too_large,
                                 join({"its files have more than ", digits(bytes), " bytes"}));
        return {};
    }
};

class source_folder {
public:
    static result<source_folder> open(const std::string& path);

    /// All files, or those below a folder in it, sorted by path. Refuses names that no package may have, and links that lead
    /// out of the folder.
    result<std::vector<folder_file>> files(const source_limits& limits = {},
                                           const std::string& below = {}) const;
    /// What lies directly in the folder, sorted.
    result<std::vector<std::string>> names() const { return detail::names_in(folder_.get()); }
    /// What a path leads to; a fault where that is out of the folder.
    result<source_kind> kind_of(const std::string& path) const;
    /// Those at these paths, each a file or a folder that is there.
    result<std::vector<folder_file>> files_at(const std::vector<std::string>& paths,
                                              const source_limits& limits = {}) const;
    /// Nothing where there is no such regular file within the folder.
    std::optional<folder_file> find(const std::string& path) const;
    result<std::string> read(const std::string& path, std::uint64_t most) const;
    /// Its first bytes; none where it cannot be read.
    std::string beginning(const std::string& path, std::size_t most) const;
    /// The bytes of a file, as many at a time as are cheap to hold. The first fault of `take` is the end.
    template <class Take>
    result<void> read_pieces(const std::string& path, std::uint64_t most, Take take) const;

private:
    explicit source_folder(detail::descriptor folder) : folder_(std::move(folder)) {}

    detail::descriptor open_within(const std::string& path, int flags) const noexcept;
    result<void> add_files(const std::string& below, const source_limits& limits, std::uint64_t& bytes,
                           std::vector<folder_file>& into) const;
    result<void> add(const std::string& path, mode_t mode, const source_limits& limits, std::uint64_t& bytes,
                     std::vector<folder_file>& into) const;

    detail::descriptor folder_;
};

namespace detail {

inline fault bad_source(std::string_view path, std::string_view why) {
    return package_fault(package_code::manifest,
                         join({"\"", beginning_of(path, longest_package_path), "\": ", why}));
}

/// A package makes these itself.
inline bool is_left_out(const std::string& path) {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    return name.starts_with('.') || name == "__pycache__" || equals_ignoring_case(path, files_name) ||
           equals_ignoring_case(path, signatures_folder.substr(0, signatures_folder.size() - 1));
}

} // namespace detail

inline result<source_folder> source_folder::open(const std::string& path) {
    detail::descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0) return detail::bad_source(path, std::system_category().message(errno));
    return source_folder(std::move(folder));
}

inline detail::descriptor source_folder::open_within(const std::string& path, int flags) const noexcept {
    open_how how{};
    // A pipe in the place of a file must not make anybody wait.
    how.flags = static_cast<unsigned>(flags) | O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return detail::descriptor(
        static_cast<int>(::syscall(SYS_openat2, folder_.get(), path.c_str(), &how, sizeof how)));
}

inline std::optional<folder_file> source_folder::find(const std::string& path) const {
    const detail::descriptor opened = open_within(path, 0);
    struct stat facts {};
    if (opened.get() < 0 || ::fstat(opened.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
        return std::nullopt;
    return folder_file{path, static_cast<std::uint64_t>(facts.st_size), (facts.st_mode & 0111) != 0};
}

inline result<source_kind> source_folder::kind_of(const std::string& path) const {
    const detail::descriptor opened = open_within(path, 0);
    struct stat facts {};
    if (opened.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return source_kind::missing;
    if (opened.get() < 0 || ::fstat(opened.get(), &facts) != 0)
        return detail::bad_source(path, errno == EXDEV ? "it leads out of the folder"
                                                       : std::system_category().message(errno));
    return S_ISREG(facts.st_mode)   ? source_kind::file
           : S_ISDIR(facts.st_mode) ? source_kind::folder
                                    : source_kind::other;
}

template <class Take>
result<void> source_folder::read_pieces(const std::string& path, std::uint64_t most, Take take) const {
    using namespace detail;
    const descriptor opened = open_within(path, 0);
    if (opened.get() < 0)
        return bad_source(path, errno == EXDEV ? "it leads out of the folder"
                                               : std::system_category().message(errno));
    struct stat facts {};
    if (::fstat(opened.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
        return bad_source(path, "it is no file");
    constexpr std::size_t room = 65'536;
    const auto bytes = std::make_unique<char[]>(room);
    for (std::uint64_t all = 0;;) {
        const ssize_t count = ::read(opened.get(), bytes.get(), room);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return bad_source(path, std::system_category().message(errno));
        if (count == 0) return {};
        all += static_cast<std::uint64_t>(count);
        if (all > most)
            return package_fault(package_code::too_large,
                                 join({"\"", path, "\": it is larger than ", digits(most), " bytes"}));
        const std::string_view piece(bytes.get(), static_cast<std::size_t>(count));
        if (result<void> taken = take(piece); !taken) return taken;
    }
}

inline result<std::string> source_folder::read(const std::string& path, std::uint64_t most) const {
    std::string bytes;
    auto good = read_pieces(path, most, [&](std::string_view piece) -> result<void> {
        bytes.append(piece);
        return {};
    });
    if (!good) return std::move(good).error();
    return bytes;
}

inline std::string source_folder::beginning(const std::string& path, std::size_t most) const {
    const detail::descriptor opened = open_within(path, 0);
    std::string bytes(most, '\0');
    const ssize_t count = opened ? ::read(opened.get(), bytes.data(), most) : 0;
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
}

inline result<void> source_folder::add_files(const std::string& below, const source_limits& limits,
                                             std::uint64_t& bytes, std::vector<folder_file>& into) const {
    using namespace detail;
    descriptor opened = open_within(below.empty() ? "." : below, O_DIRECTORY);
    if (opened.get() < 0) return bad_source(below, std::system_category().message(errno));
    const folder_listing listing(::fdopendir(opened.get()));
    if (listing == nullptr) return bad_source(below, std::system_category().message(errno));
    opened.release();
    while (const dirent* const one = ::readdir(listing.get())) {
        const std::string path = below.empty() ? one->d_name : join({below, "/", one->d_name});
        if (is_left_out(path)) continue;
        if (const auto flaw = flaw_of_path(path); !flaw.empty()) return bad_source(path, flaw);
        struct stat facts {};
        if (::fstatat(folder_.get(), path.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
            continue; // gone meanwhile
        if (auto added = add(path, facts.st_mode, limits, bytes, into); !added) return added;
    }
    return {};
}

inline result<void> source_folder::add(const std::string& path, mode_t mode, const source_limits& limits,
                                       std::uint64_t& bytes, std::vector<folder_file>& into) const {
    using namespace detail;
    // flaw_of_path bounds the depth.
    if (S_ISDIR(mode)) return add_files(path, limits, bytes, into);
    auto found = find(path);
    if (!found)
        return bad_source(path, S_ISLNK(mode) ? "it is a link to no file within the folder"
                                              : "it is neither a file nor a folder, or cannot be read");
    bytes += found->size;
    if (auto good = limits.allow(into.size() + 1, bytes); !good) return good;
    into.push_back(std::move(*found));
    return {};
}

inline result<std::vector<folder_file>> source_folder::files(const source_limits& limits,
                                                             const std::string& below) const {
    std::vector<folder_file> all;
    std::uint64_t bytes = 0;
    if (auto added = add_files(below, limits, bytes, all); !added) return std::move(added).error();
    std::sort(all.begin(), all.end());
    return all;
}

inline result<std::vector<folder_file>> source_folder::files_at(const std::vector<std::string>& paths,
                                                                const source_limits& limits) const {
    using namespace detail;
    std::vector<folder_file> all;
    std::uint64_t bytes = 0;
    for (const std::string& path : paths) {
        if (const auto flaw = flaw_of_path(path); !flaw.empty()) return bad_source(path, flaw);
        struct stat facts {};
        if (::fstatat(folder_.get(), path.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
            return bad_source(path, std::system_category().message(errno));
        if (auto added = add(path, facts.st_mode, limits, bytes, all); !added)
            return std::move(added).error();
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

namespace detail {

struct folder_names {
    std::vector<std::string> names = {}; // sorted
    bool more = false;                   // than these: they are the first
};

/// The first folders in a folder, by their names. A link to a folder counts where it leads to one within.
inline result<folder_names> folders_in(const std::string& path, std::size_t most) {
    const folder_listing listing(::opendir(path.c_str()));
    if (listing == nullptr) return bad_source(path, std::system_category().message(errno));
    folder_names found;
    std::vector<std::string>& names = found.names; // as a heap: the last of them is at its top
    while (const dirent* const one = ::readdir(listing.get())) {
        if (one->d_name[0] == '.') continue;
        if (found.more && names.front() < one->d_name) continue;
        open_how how{};
        how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
        const descriptor folder(
            static_cast<int>(::syscall(SYS_openat2, ::dirfd(listing.get()), one->d_name, &how, sizeof how)));
        if (folder.get() < 0) continue;
        names.emplace_back(one->d_name);
        std::push_heap(names.begin(), names.end());
        if (names.size() <= most) continue;
        std::pop_heap(names.begin(), names.end());
        names.pop_back();
        found.more = true;
    }
    std::sort_heap(names.begin(), names.end());
    return found;
}

} // namespace detail

} // namespace tenon

#endif
