#ifndef TENON_PACKAGES_STORE_SYSTEM_STORE_FOLDER_HPP
#define TENON_PACKAGES_STORE_SYSTEM_STORE_FOLDER_HPP

// What a store asks of the file system: folders by descriptor, files that are replaced so that a crash leaves the old
// or the new one, a lock, room, and erasing whatever lies in a folder. Nothing here follows a symbolic link.

#include <tenon/core/result.hpp>
#include <tenon/core/system_secret.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace tenon {

/// A file that is read where it lies: an archive.
class file_source final : public byte_source {
public:
    inline static result<file_source> open(const std::string& path);

    std::uint64_t size() const noexcept override { return size_; }
    inline result<void> read(std::uint64_t from, std::span<char> into) override;

private:
    file_source(detail::descriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
    detail::descriptor file_;
    std::uint64_t size_;
};

namespace detail {

/// The disk's own words about what was tried last.
inline fault disk_fault(std::string_view what) {
    const int error = errno;
    return package_fault(package_code::disk, join({what, ": ", std::strerror(error)}));
}

// ---- Folders and files by descriptor -----------------------------------------------------------------------------------

/// A path below a folder, which nothing leads out of: no link, no other mount. -1: errno says why.
inline int open_beneath(int folder, const std::string& path, int flags, mode_t mode = 0) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    const long file = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    // Linux before 5.6, and containers that do not know the call (they say EPERM): one part after the other.
    if (file >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(file);
    descriptor at(::fcntl(folder, F_DUPFD_CLOEXEC, 0));
    std::size_t begins = 0;
    for (std::size_t slash; at && (slash = path.find('/', begins)) != std::string::npos; begins = slash + 1) {
        const std::string part = path.substr(begins, slash - begins);
        at.reset(::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    return at ? ::openat(at.get(), path.c_str() + begins, flags | O_NOFOLLOW | O_CLOEXEC, mode) : -1;
}

inline descriptor open_folder(int parent, const std::string& name) noexcept {
    return descriptor(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// One that is there is as good. False: errno says why.
inline bool make_folder(int parent, const std::string& name) noexcept {
    return ::mkdirat(parent, name.c_str(), 0700) == 0 || errno == EEXIST;
}

struct closes_listing {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
using folder_listing = std::unique_ptr<DIR, closes_listing>;

/// What a folder holds, sorted, without itself and its parent.
inline result<std::vector<std::string>> names_in(int folder) {
    std::vector<std::string> names;
    descriptor again(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const folder_listing listing(again ? ::fdopendir(again.get()) : nullptr);
    if (listing == nullptr) return disk_fault("a folder of the store");
    again.release();
    errno = 0;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) return disk_fault("a folder of the store");
    std::sort(names.begin(), names.end());
    return names;
}

/// A name that nobody has thought of.
inline result<std::string> random_name() {
    std::array<unsigned char, 12> bytes{};
    if (!random_bytes(bytes))
        return package_fault(package_code::disk, "the system has no random bytes to name a file with");
    return hex_of(bytes);
}

/// A file that is not there yet, 0600: what SQLite makes itself it makes 0644, and what it puts beside a file has that one's
/// mode. Where this fails the next one who opens it says why.
inline void make_file(int folder, const std::string& name) noexcept {
    const descriptor made(
        ::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

/// The files in there are nobody else's to read, also those that were.
inline result<void> close_to_others(int folder) {
    auto names = names_in(folder);
    if (!names) return std::move(names).error();
    for (const std::string& name : *names) {
        struct stat state {};
        if (::fstatat(folder, name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(state.st_mode) ||
            (state.st_mode & 0077) == 0)
            continue;
        if (::fchmodat(folder, name.c_str(), state.st_mode & 0700, 0) != 0) return disk_fault(name);
    }
    return {};
}

/// After a crash there is the old text or the new one. It is made in `staging` of the same file system, 0600.
inline result<void> replace_file(int staging, int folder, const std::string& name, std::string_view text) {
    auto fresh = random_name();
    if (!fresh) return std::move(fresh).error();
    descriptor file(
        ::openat(staging, fresh->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return disk_fault(name);
    if (!wrote_all(file.get(), text) || ::fsync(file.get()) != 0 ||
        ::renameat(staging, fresh->c_str(), folder, name.c_str()) != 0) {
        fault why = disk_fault(name);
        ::unlinkat(staging, fresh->c_str(), 0);
        return why;
    }
    if (::fsync(folder) != 0) return disk_fault(name);
    return {};
}

/// The whole of a small file, which has to be one: no link, no pipe.
inline result<std::string> read_file(int folder, const std::string& path, std::size_t most) {
    const descriptor file(open_beneath(folder, path, O_RDONLY | O_NONBLOCK));
    struct stat state {};
    if (!file || ::fstat(file.get(), &state) != 0) return disk_fault(path);
    if (!S_ISREG(state.st_mode)) return package_fault(package_code::unverified, path + ": it is no file");
    if (static_cast<std::uint64_t>(state.st_size) > most)
        return package_fault(package_code::too_large,
                             join({path, ": it has more than ", digits(most), " bytes"}));
    std::string text(static_cast<std::size_t>(state.st_size), '\0');
    std::size_t got = 0;
    while (got < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + got, text.size() - got);
        if (count < 0 && errno != EINTR) return disk_fault(path);
        if (count == 0) break;
        if (count > 0) got += static_cast<std::size_t>(count);
    }
    text.resize(got);
    return text;
}

inline bool is_there(int folder, const std::string& name) noexcept {
    struct stat state {};
    return ::fstatat(folder, name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0;
}
/// 0 where it is not there.
inline std::uint64_t bytes_of(int folder, const std::string& name) noexcept {
    struct stat state {};
    return ::fstatat(folder, name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0
               ? static_cast<std::uint64_t>(state.st_size)
               : 0;
}

/// A new file of ours, which is on the disk when it has its name, and is not written any more.
inline result<void> keep_file(int staging, const std::string& name, int folder, const std::string& kept) {
    const descriptor file(::openat(staging, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file || ::fchmod(file.get(), 0400) != 0 || ::fsync(file.get()) != 0 ||
        ::renameat(staging, name.c_str(), folder, kept.c_str()) != 0 || ::fsync(folder) != 0)
        return disk_fault(kept);
    return {};
}

/// From one name to another, in one step; nothing under the first is no fault.
inline result<void> rename_file(int from, const std::string& name, int to, const std::string& renamed) {
    if (::renameat(from, name.c_str(), to, renamed.c_str()) != 0 && errno != ENOENT) return disk_fault(name);
    return {};
}

inline result<void> sync_folder(int folder, std::string_view name) {
    if (::fsync(folder) != 0) return disk_fault(name);
    return {};
}

/// False: it is mounted to be read, or the folder is another's.
inline bool is_writable(int folder) noexcept { return ::faccessat(folder, ".", W_OK, AT_EACCESS) == 0; }

/// All bytes of it, as many at a time as are cheap to hold; the first fault of `take` is the end.
template <class Take>
result<void> in_pieces(byte_source& from, Take take) {
    constexpr std::size_t room = 65'536;
    const auto bytes = std::make_unique<char[]>(room);
    for (std::uint64_t at = 0; at < from.size();) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(room, from.size() - at));
        if (auto good = from.read(at, {bytes.get(), count}); !good) return good;
        if (result<void> good = take(std::string_view(bytes.get(), count)); !good) return good;
        at += count;
    }
    return {};
}

inline result<digest> digest_of_source(byte_source& from) {
    digest_maker maker;
    auto read = in_pieces(from, [&](std::string_view piece) -> result<void> {
        maker.add(piece);
        return {};
    });
    if (!read) return std::move(read).error();
    return maker.end();
}

/// A new file in there, with these bytes.
inline result<void> write_file(int folder, const std::string& name, byte_source& from) {
    const descriptor file(
        ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return disk_fault(name);
    return in_pieces(from, [&](std::string_view piece) -> result<void> {
        if (!wrote_all(file.get(), piece)) return disk_fault(name);
        return {};
    });
}

// ---- Erasing -----------------------------------------------------------------------------------------------------------

/// Erases what lies in one folder, bit by bit, however it is made: a plugin's data may be thousands of folders deep. A
/// folder that is not empty is moved up here before it is emptied, so nothing calls itself, and no more is remembered of it
/// than its name. What cannot be erased stays.
class erasing {
public:
    /// The folder stays open as long as this is used.
    explicit erasing(int folder) noexcept : folder_(folder) {}

    void add(std::string name) { left_.push_back(std::move(name)); }
    bool done() const noexcept { return left_.empty() && listing_ == nullptr; }
    /// So many files and folders at most. Once all is done, the first fault there was.
    result<void> go_on(std::size_t most) {
        for (; most > 0 && !done(); --most) {
            if (listing_ != nullptr) look_within();
            else begin_next();
        }
        return done() ? std::exchange(outcome_, {}) : result<void>();
    }
    result<void> to_the_end() {
        while (!done())
            if (auto good = go_on(1'000); !good) return good;
        return {};
    }

private:
    void failed(const std::string& name) {
        if (outcome_) outcome_ = disk_fault(name);
    }
    /// An empty folder goes, too. False: it holds something, or errno says why not.
    static bool erase_one(int folder, const char* name) noexcept {
        if (::unlinkat(folder, name, 0) == 0 || errno == ENOENT) return true;
        if (errno != EISDIR) return false; // and no link: fchmodat() would change what it leads to
        // Not to be emptied or moved by its owner before it may be written.
        ::fchmodat(folder, name, 0700, 0);
        return ::unlinkat(folder, name, AT_REMOVEDIR) == 0;
    }
    static bool holds_something() noexcept { return errno == ENOTEMPTY || errno == EEXIST; }

    void begin_next() {
        within_ = std::move(left_.back());
        left_.pop_back();
        if (erase_one(folder_, within_.c_str())) return;
        descriptor inner = holds_something() ? open_folder(folder_, within_) : descriptor();
        if (inner) listing_.reset(::fdopendir(inner.get()));
        if (listing_ == nullptr) return failed(within_);
        inner.release();
        erased_ = false;
    }
    void look_within() {
        errno = 0;
        const dirent* const entry = ::readdir(listing_.get());
        if (entry == nullptr) return end_within();
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") return;
        const int inner = ::dirfd(listing_.get());
        if (!erase_one(inner, entry->d_name)) {
            auto up = holds_something() ? random_name() : result<std::string>(fault{});
            if (!up || ::renameat(inner, entry->d_name, folder_, up->c_str()) != 0)
                return failed(std::string(name));
            left_.push_back(*std::move(up));
        }
        erased_ = true;
    }
    void end_within() {
        // Where some of it was erased while it was listed, there may be some that was not listed.
        if (errno != 0) failed(within_);
        else if (::unlinkat(folder_, within_.c_str(), AT_REMOVEDIR) != 0) {
            if (holds_something() && std::exchange(erased_, false)) return ::rewinddir(listing_.get());
            failed(within_);
        }
        listing_.reset();
    }

    int folder_;
    std::vector<std::string> left_; // names in the folder
    std::string within_;            // the one that is being emptied
    folder_listing listing_;        // of it
    bool erased_ = false;           // something, since it is listed
    result<void> outcome_;
};

inline result<void> erase_in(int folder) {
    auto names = names_in(folder);
    if (!names) return std::move(names).error();
    erasing all(folder);
    for (std::string& name : *names) all.add(std::move(name));
    return all.to_the_end();
}

/// Whatever is there under this name is moved to `staging`, in one step that is on the disk then. Answers its name there;
/// none where nothing is under the name.
inline result<std::string> move_out(int staging, int folder, const std::string& name) {
    // A folder of mode 0500 is not moved by its owner, who has to change what it calls its parent.
    struct stat state {};
    if (::fstatat(folder, name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? result<std::string>(std::string()) : disk_fault(name);
    auto going = random_name();
    if (!going) return going;
    if (S_ISDIR(state.st_mode)) ::fchmodat(folder, name.c_str(), 0700, 0);
    if (::renameat(folder, name.c_str(), staging, going->c_str()) != 0) return disk_fault(name);
    if (::fsync(folder) != 0) return disk_fault(name);
    return going;
}

/// Moves it out, and erases it from the disk.
inline result<void> erase_by_way_of(int staging, int folder, const std::string& name) {
    auto going = move_out(staging, folder, name);
    if (!going) return std::move(going).error();
    erasing all(staging);
    if (!going->empty()) all.add(*std::move(going));
    return all.to_the_end();
}

// ---- The file system ---------------------------------------------------------------------------------------------------

/// What is far away: a lock taken there may be taken twice, and what was synced may be lost. Empty: it is here.
constexpr std::string_view network_of(std::uint64_t kind) noexcept {
    switch (kind & 0xFFFFFFFFu) {
    case 0x6969: return "NFS";
    case 0x517B:
    case 0xFE534D42:
    case 0xFF534D42: return "SMB";
    case 0x00C36400: return "Ceph";
    case 0x5346414F:
    case 0x6B414653: return "AFS";
    case 0x73757245: return "Coda";
    case 0x01021997: return "9P";
    case 0x0BD00BD0: return "Lustre";
    default: return {};
    }
}

inline std::string_view network_below(int folder) noexcept {
    struct statfs state {};
    return ::fstatfs(folder, &state) == 0 ? network_of(static_cast<std::uint64_t>(state.f_type))
                                          : std::string_view();
}

/// What an ordinary user may still write there.
inline std::uint64_t free_bytes(int folder) noexcept {
    struct statvfs state {};
    if (::fstatvfs(folder, &state) != 0) return 0;
    return static_cast<std::uint64_t>(state.f_bavail) * state.f_frsize;
}

inline result<void> ask_for_room(int folder, std::uint64_t bytes) {
    const std::uint64_t there = free_bytes(folder);
    if (there >= bytes) return {};
    return package_fault(package_code::disk, join({"the disk of the store has ", digits(there),
                                                   " bytes free, ", digits(bytes), " are needed"}));
}

// ---- The folder of a store ---------------------------------------------------------------------------------------------

/// Made where it is not there, with those above it, and its path without links. It belongs to us or root, and nobody
/// else may look into it.
inline result<std::string> make_store_folder(const std::string& path) {
    if (path.empty() || path.front() != '/')
        return package_fault(package_code::disk,
                             join({"the folder of the store has to be a whole path, got \"", path, "\""}));
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        if (::mkdir(path.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS &&
            errno != EACCES)
            return disk_fault(path);
        if (slash == std::string::npos) break;
    }
    const std::unique_ptr<char, void (*)(void*)> whole(::realpath(path.c_str(), nullptr), std::free);
    if (!whole) return disk_fault(path);
    return std::string(whole.get());
}

/// A folder that holds something, and nothing that a store has: the lock is the first that one makes. A disk of its own
/// begins with lost+found.
inline result<bool> is_foreign(int folder) {
    const auto names = names_in(folder);
    if (!names) return names.error();
    bool something = false;
    for (const std::string& name : *names) {
        if (name == "lock" || name == "packages.db" || name == "packages.json" || name == "trees")
            return false;
        something = something || name != "lost+found";
    }
    return something;
}

/// `were_others_in`: others could write into it until now.
inline result<descriptor> open_store_folder(const std::string& path, bool& were_others_in) {
    descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat state {};
    if (!folder || ::fstat(folder.get(), &state) != 0) return disk_fault(path);
    if (state.st_uid != 0 && state.st_uid != ::geteuid())
        return package_fault(package_code::disk, join({path, ": it belongs to user ", digits(state.st_uid),
                                                       ", expected root or ", digits(::geteuid())}));
    const auto foreign = is_foreign(folder.get());
    if (!foreign) return foreign.error();
    if (*foreign)
        return package_fault(
            package_code::disk,
            path + ": it is no store of packages, and it is not empty: a store has a folder of its own");
    were_others_in = (state.st_mode & 0022) != 0;
    if ((state.st_mode & 0077) != 0 && ::fchmod(folder.get(), 0700) != 0 && (state.st_mode & 0022) != 0)
        return package_fault(package_code::disk, path + ": others may write into it");
    return folder;
}

/// False: what is under the path by now is another folder than this one, or nothing.
inline bool is_at(int folder, const std::string& path) noexcept {
    struct stat open {
    }, there{};
    return ::fstat(folder, &open) == 0 && ::stat(path.c_str(), &there) == 0 && open.st_dev == there.st_dev &&
           open.st_ino == there.st_ino;
}

/// One host has a store. The file is never replaced, so the lock is always on the same one; it says which process has it.
/// None, and no fault: the folder cannot be written, so nobody changes anything in it.
inline result<descriptor> lock_store(int folder, const std::string& path) {
    descriptor lock(::openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock && (errno == EROFS || errno == EACCES))
        lock.reset(::openat(folder, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!lock)
        return errno == EROFS || errno == EACCES || errno == ENOENT ? result<descriptor>(descriptor())
                                                                    : disk_fault(path + "/lock");
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return disk_fault(path + "/lock");
        char who[24] = "";
        const ssize_t count = ::pread(lock.get(), who, sizeof who - 1, 0);
        const std::string_view process =
            trimmed({who, static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
        return package_fault(package_code::busy, join({"the store ", path, " is in use by another host",
                                                       process.empty() ? "" : " (process ", process,
                                                       process.empty() ? "" : ")"}));
    }
    if (::ftruncate(lock.get(), 0) == 0) {
        const std::string process = std::to_string(::getpid());
        static_cast<void>(::pwrite(lock.get(), process.data(), process.size(), 0) == 0); // for people only
    }
    return lock;
}

} // namespace detail

inline result<file_source> file_source::open(const std::string& path) {
    detail::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat state {};
    if (!file || ::fstat(file.get(), &state) != 0) return detail::disk_fault(path);
    if (!S_ISREG(state.st_mode)) return package_fault(package_code::disk, path + ": it is no file");
    return file_source(std::move(file), static_cast<std::uint64_t>(state.st_size));
}

inline result<void> file_source::read(std::uint64_t from, std::span<char> into) {
    while (!into.empty()) {
        const ssize_t count = ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(from));
        if (count < 0 && errno != EINTR) return detail::disk_fault("the archive");
        if (count == 0)
            return package_fault(package_code::disk, "the archive became shorter while it was read");
        if (count < 0) continue;
        from += static_cast<std::uint64_t>(count);
        into = into.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

} // namespace tenon

#endif
