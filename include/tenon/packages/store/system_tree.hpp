#ifndef TENON_PACKAGES_STORE_SYSTEM_TREE_HPP
#define TENON_PACKAGES_STORE_SYSTEM_TREE_HPP

// The tree of a package: its files in a folder that is named by the digest of FILES, and never changes again. It is
// put together in staging, on the disk before it has its name, and has its name in one step: whoever finds a tree
// under its name finds the whole of it.
//
// Order on the disk: each file, each folder from the deepest up, the top, the rename, then the two folders that the
// rename changed. Above 64 files one syncfs() stands for the many: 1,000 files took 6.2 s with, and 1.3 s without.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/store/system_store_folder.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon {

/// How much of a package is on the disk. False: no more of it is wanted.
using put_progress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

/// What becomes a tree. `files_text` is the text of `files`, and `tree` its digest.
struct tree_content {
    const package_files& files;
    std::string_view files_text;
    digest tree;
    std::vector<std::pair<std::string, std::string_view>> signatures =
        {}; // "signatures/KEYID.minisig" and its text
};
/// Hands on the bytes of one file.
using tree_bytes = std::function<result<void>(const package_file&, const zip_reader::sink&)>;

namespace detail {

/// From here on one syncfs() is cheaper than one fsync() for each file.
inline constexpr std::size_t most_synced_alone = 64;

inline fault broken_tree(const digest& tree, std::string_view what, std::string_view path = {}) {
    const std::string name = join({"tree ", tree.text().substr(0, 12), ": "});
    return package_fault(package_code::unverified,
                         path.empty() ? join({name, what}) : join({name, "\"", path, "\": ", what}));
}

/// Every folder above these files, the deepest last.
inline std::set<std::string, std::less<>> folders_of(const package_files& files) {
    std::set<std::string, std::less<>> folders;
    for (const package_file& file : files.files)
        for (std::size_t slash = file.path.find('/'); slash != std::string::npos;
             slash = file.path.find('/', slash + 1))
            folders.insert(file.path.substr(0, slash));
    return folders;
}

/// A tree that is being put together, and goes with this if it is not finished.
class staged_tree {
public:
    staged_tree(int staging, erasing& going, bool each_synced) noexcept
        : staging_(staging), going_(going), each_synced_(each_synced) {}
    staged_tree(const staged_tree&) = delete;
    staged_tree& operator=(const staged_tree&) = delete;
    ~staged_tree() {
        if (top_ && !named_) going_.add(std::move(name_));
    }

    result<void> begin() {
        auto name = random_name();
        if (!name) return std::move(name).error();
        if (::mkdirat(staging_, name->c_str(), 0700) != 0) return disk_fault("staging");
        name_ = *std::move(name);
        top_ = open_folder(staging_, name_);
        if (top_) return {};
        fault why = disk_fault("staging");
        ::unlinkat(staging_, name_.c_str(), AT_REMOVEDIR);
        return why;
    }
    result<void> folder(const std::string& path) {
        if (::mkdirat(top_.get(), path.c_str(), 0700) != 0) return disk_fault(path);
        return {};
    }
    /// `fill` is given a sink for its bytes.
    template <class Fill>
    result<void> file(const std::string& path, bool executable, const Fill& fill) {
        const descriptor file(open_beneath(top_.get(), path, O_WRONLY | O_CREAT | O_EXCL, 0600));
        if (!file) return disk_fault(path);
        auto filled = fill([&](std::string_view bytes) -> result<void> {
            if (!wrote_all(file.get(), bytes)) return disk_fault(path);
            return {};
        });
        if (!filled) return filled;
        if (::fchmod(file.get(), executable ? 0500 : 0400) != 0) return disk_fault(path);
        if (each_synced_ && ::fsync(file.get()) != 0) return disk_fault(path);
        return {};
    }
    /// Nothing is written into a folder after it.
    result<void> close(const std::string& path) {
        const descriptor folder(open_beneath(top_.get(), path, O_RDONLY | O_DIRECTORY));
        if (!folder || ::fchmod(folder.get(), 0500) != 0) return disk_fault(path);
        if (each_synced_ && ::fsync(folder.get()) != 0) return disk_fault(path);
        return {};
    }
    /// It has its name, or there is one of that name (false).
    result<bool> name(int trees, const std::string& name) {
        if (!each_synced_ && ::syncfs(top_.get()) != 0) return disk_fault("staging");
        if (::fsync(top_.get()) != 0) return disk_fault("staging");
        if (::renameat2(staging_, name_.c_str(), trees, name.c_str(), RENAME_NOREPLACE) != 0) {
            if (errno == EEXIST || errno == ENOTEMPTY) return false;
            // A file system that does not know the flag: a folder is not renamed over one that holds something anyway.
            if (errno != EINVAL && errno != ENOSYS) return disk_fault(name);
            if (::renameat(staging_, name_.c_str(), trees, name.c_str()) != 0) {
                if (errno == EEXIST || errno == ENOTEMPTY) return false;
                return disk_fault(name);
            }
        }
        named_ = true;
        // Only now: a folder of mode 0500 is not moved to another parent by its owner.
        if (::fchmod(top_.get(), 0500) != 0 || ::fsync(top_.get()) != 0 || ::fsync(trees) != 0 ||
            ::fsync(staging_) != 0)
            return disk_fault(name);
        return true;
    }

private:
    int staging_;
    erasing& going_;
    bool each_synced_, named_ = false;
    std::string name_;
    descriptor top_;
};

/// Whether a file is what it should be, beside its bytes.
inline std::string_view flaw_of_state(const struct stat& state, mode_t kind, mode_t mode) noexcept {
    if ((state.st_mode & S_IFMT) != kind) return kind == S_IFDIR ? "it is no folder" : "it is no file";
    if (state.st_uid != 0 && state.st_uid != ::geteuid()) return "it belongs to another user";
    if ((state.st_mode & 07777) != mode) return "its mode was changed";
    if (kind == S_IFREG && state.st_nlink != 1) return "it has a second name";
    return {};
}

/// What is in the folder and below, and is neither listed nor FILES nor a signature.
inline result<void> find_unlisted(int top, const digest& tree, const package_files& files) {
    const auto folders = folders_of(files);
    std::set<std::string_view> listed;
    for (const package_file& file : files.files) listed.insert(file.path);
    std::vector<std::string> left = {""}; // folders, each with its / at the end
    std::size_t signatures = 0;
    while (!left.empty()) {
        const std::string within = std::move(left.back());
        left.pop_back();
        const descriptor folder(
            within.empty() ? ::fcntl(top, F_DUPFD_CLOEXEC, 0)
                           : open_beneath(top, within.substr(0, within.size() - 1), O_RDONLY | O_DIRECTORY));
        struct stat state {};
        if (!folder || ::fstat(folder.get(), &state) != 0) return disk_fault(within);
        if (const auto flaw = flaw_of_state(state, S_IFDIR, 0500); !flaw.empty())
            return broken_tree(tree, flaw, within);
        auto names = names_in(folder.get());
        if (!names) return std::move(names).error();
        for (const std::string& name : *names) {
            const std::string path = within + name;
            if (listed.contains(path) || path == files_name) continue;
            const bool of_signatures = path + "/" == signatures_folder;
            if (folders.contains(path) || of_signatures) {
                if (::fstatat(folder.get(), name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0)
                    return disk_fault(path);
                if (!S_ISDIR(state.st_mode)) return broken_tree(tree, "it is no folder", path);
                left.push_back(path + "/");
                continue;
            }
            if (within == signatures_folder && name.ends_with(".minisig") &&
                ++signatures <= most_signatures) {
                if (::fstatat(folder.get(), name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0)
                    return disk_fault(path);
                if (const auto flaw = flaw_of_state(state, S_IFREG, 0400); !flaw.empty())
                    return broken_tree(tree, flaw, path);
                continue;
            }
            return broken_tree(tree, "it is not listed in FILES", beginning_of(path, longest_package_path));
        }
    }
    return {};
}

} // namespace detail

/// Every file that FILES lists, by mode, size and bytes, and nothing beside them. `also` is asked about each file whether it
/// wants its bytes, too (an empty sink: no). Answers what the tree holds.
inline result<package_files>
check_tree(const std::string& path, const digest& tree,
           const std::function<zip_reader::sink(const package_file&)>& also = {}) {
    using namespace detail;
    const descriptor top(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!top) return errno == ENOENT ? broken_tree(tree, "it is not there") : disk_fault(path);
    const auto state_of = [&](int file, const std::string& name, mode_t mode,
                              struct stat& state) -> result<void> {
        if (::fstat(file, &state) != 0) return disk_fault(name);
        if (const auto flaw = flaw_of_state(state, S_IFREG, mode); !flaw.empty())
            return broken_tree(tree, flaw, name);
        return {};
    };
    const auto opened = [&](const std::string& name) -> result<descriptor> {
        descriptor file(open_beneath(top.get(), name, O_RDONLY | O_NONBLOCK));
        if (file) return file;
        if (errno == ENOENT) return broken_tree(tree, "it is missing", name);
        if (errno == ELOOP || errno == EXDEV || errno == ENOTDIR || errno == ENXIO)
            return broken_tree(tree, "it is no file", name);
        return disk_fault(name);
    };
    struct stat state {};
    const std::string list(files_name);
    {
        auto file = opened(list);
        if (!file) return std::move(file).error();
        if (auto good = state_of(file->get(), list, 0400, state); !good) return std::move(good).error();
    }
    auto text = read_file(top.get(), list, longest_files);
    if (!text) return std::move(text).error();
    auto digested = digest_of(*text);
    if (!digested) return std::move(digested).error();
    if (*digested != tree) return broken_tree(tree, "its bytes are not those of the tree's name", list);
    auto files = read_package_files(*text);
    if (!files) return std::move(files).error();
    if (auto good = find_unlisted(top.get(), tree, *files); !good) return std::move(good).error();

    constexpr std::size_t room = 65'536;
    const auto bytes = std::make_unique<char[]>(room);
    for (const package_file& one : files->files) {
        auto file = opened(one.path);
        if (!file) return std::move(file).error();
        if (auto good = state_of(file->get(), one.path, one.executable ? 0500 : 0400, state); !good)
            return std::move(good).error();
        if (static_cast<std::uint64_t>(state.st_size) != one.size)
            return broken_tree(tree, "its size was changed", one.path);
        const zip_reader::sink sink = also ? also(one) : zip_reader::sink();
        digest_maker maker;
        for (std::uint64_t left = one.size; left > 0;) {
            const ssize_t count = ::read(file->get(), bytes.get(),
                                         static_cast<std::size_t>(std::min<std::uint64_t>(room, left)));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return disk_fault(one.path);
            if (count == 0) return broken_tree(tree, "it became shorter while it was read", one.path);
            const std::string_view read(bytes.get(), static_cast<std::size_t>(count));
            maker.add(read);
            if (sink)
                if (auto good = sink(read); !good) return std::move(good).error();
            left -= read.size();
        }
        auto content = maker.end();
        if (!content) return std::move(content).error();
        if (*content != one.content) return broken_tree(tree, "its bytes were changed", one.path);
    }
    return files;
}

namespace detail {

/// Nothing but staging is touched before all of it is on the disk. One that is there and whole is as good; one that is
/// there and broken is replaced. What is of no use any more is `going`.
inline result<void> put_tree(int staging, erasing& going, int trees, const std::string& trees_path,
                             const tree_content& content, const tree_bytes& bytes,
                             const put_progress& progress) {
    const std::string name = content.tree.text();
    const std::string path = join({trees_path, "/", name});
    struct stat state {};
    const bool there = ::fstatat(trees, name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && check_tree(path, content.tree)) return {};

    constexpr std::uint64_t block = 4'096;
    std::uint64_t all = 0, room = std::uint64_t{1} << 20;
    for (const package_file& file : content.files.files) {
        all += file.size;
        room += (file.size / block + 1) * block;
    }
    auto folders = folders_of(content.files);
    room += folders.size() * block;
    if (auto good = ask_for_room(staging, room); !good) return good;

    staged_tree staged(staging, going, content.files.files.size() <= most_synced_alone);
    if (auto good = staged.begin(); !good) return good;
    if (!content.signatures.empty())
        folders.insert(std::string(signatures_folder.substr(0, signatures_folder.size() - 1)));
    for (const std::string& folder : folders)
        if (auto good = staged.folder(folder); !good) return good;
    std::uint64_t done = 0;
    for (const package_file& file : content.files.files) {
        digest_maker maker;
        std::uint64_t size = 0;
        auto good = staged.file(file.path, file.executable, [&](const auto& write) {
            return bytes(file, [&](std::string_view part) -> result<void> {
                size += part.size();
                if (size > file.size)
                    return package_fault(
                        package_code::unverified,
                        join({"archive: \"", file.path, "\": it is larger than FILES says"}));
                maker.add(part);
                if (auto written = write(part); !written) return written;
                done += part.size();
                if (progress && !progress(done, all))
                    return fault{codes::cancelled, "it was stopped before all of it was unpacked"};
                return {};
            });
        });
        if (!good) return good;
        auto digested = maker.end();
        if (!digested) return std::move(digested).error();
        if (size != file.size || *digested != file.content)
            return package_fault(package_code::unverified,
                                 join({"archive: \"", file.path, "\": its bytes are not what FILES says"}));
    }
    const auto small = [&](const std::string& at, std::string_view text) {
        return staged.file(at, false, [&](const auto& write) { return write(text); });
    };
    if (auto good = small(std::string(files_name), content.files_text); !good) return good;
    for (const auto& [at, text] : content.signatures)
        if (auto good = small(at, text); !good) return good;
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)
        if (auto good = staged.close(*folder); !good) return good;

    auto named = staged.name(trees, name);
    if (!named) return std::move(named).error();
    if (*named) return {};
    // What is there under the name is not what the name says.
    auto moved = move_out(staging, trees, name);
    if (!moved) return std::move(moved).error();
    if (!moved->empty()) going.add(*std::move(moved));
    named = staged.name(trees, name);
    if (!named) return std::move(named).error();
    if (!*named) return disk_fault(name);
    return {};
}

} // namespace detail

} // namespace tenon

#endif
