#ifndef TENON_PACKAGES_OPERATIONS_SYSTEM_BUILD_FOLDER_HPP
#define TENON_PACKAGES_OPERATIONS_SYSTEM_BUILD_FOLDER_HPP

// Where a source plugin is built: .tenon-build in its own folder, which discovery and packages leave out.
//
//     copy/    copies of the inputs: the command runs here
//     home/    the command's HOME, and its TMPDIR
//     made/    the outputs, once the command has ended
//     old/     those of the build before, while they are replaced
//     built    which build the folder's outputs are of
//
// A .gitignore in it keeps all of it out of a developer's repository.
//
// A build that fails or is killed has touched nothing but this. What it made gets to its place by renames, when all of it
// is there; a rename that fails is taken back together with those before it. Everything but the files is erased before and
// after a build, and what one has left whose host was killed at the start of the next host.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/transport/system_streams.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::detail {

inline constexpr std::string_view build_folder_name = ".tenon-build";

class build_folder {
public:
    /// Of the plugin in this folder, a whole path without links. One build has it at a time.
    static result<build_folder> open(const std::string& plugin);
    /// Erases what a build has left there that was killed. Nothing is made, and a folder that is being built stays.
    static result<void> clean_up(const std::string& plugin);

    std::string copy_path() const { return join({path_, "/copy"}); }
    std::string home_path() const { return join({path_, "/home"}); }

    /// What a build before has left is gone, and the folders are there.
    result<void> begin();
    result<void> end();
    /// The folder that a file of this path is in, below `part` ("copy", "made").
    result<void> make_parents(const std::string& part, const std::string& path) const;
    /// A new file below `part`.
    result<descriptor> create(const std::string& part, const std::string& path, bool executable) const;
    /// Puts files and folders from made/ into the plugin's folder, and `record` into `built`.
    result<void> take_over(const std::vector<std::string>& outputs, std::string_view record);

private:
    build_folder(descriptor plugin, descriptor own, std::string path)
        : plugin_(std::move(plugin)), own_(std::move(own)), path_(std::move(path)) {}

    result<void> erase() const;
    result<void> replace(const std::string& output, std::size_t number) const;
    void put_back(const std::string& output, std::size_t number) const;

    descriptor plugin_, own_; // the second is locked
    std::string path_;
};

/// The folder of a path below another one, made where it is missing. No link is followed.
inline result<descriptor> parent_of(int below, const std::string& path, mode_t mode) {
    descriptor at(::fcntl(below, F_DUPFD_CLOEXEC, 0));
    std::size_t begins = 0;
    for (std::size_t slash; at && (slash = path.find('/', begins)) != std::string::npos; begins = slash + 1) {
        const std::string part = path.substr(begins, slash - begins);
        if (::mkdirat(at.get(), part.c_str(), mode) != 0 && errno != EEXIST) return disk_fault(path);
        at = open_folder(at.get(), part);
        if (!at && (errno == ENOTDIR || errno == ELOOP))
            return package_fault(package_code::build,
                                 join({"\"", path.substr(0, slash), "\": it is no folder of its own"}));
    }
    if (!at) return disk_fault(path);
    return at;
}
inline std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

inline result<build_folder> build_folder::open(const std::string& plugin) {
    const std::string name(build_folder_name), path = join({plugin, "/", name});
    descriptor folder(::open(plugin.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || !make_folder(folder.get(), name)) return disk_fault(path);
    descriptor own = open_folder(folder.get(), name);
    if (!own) return disk_fault(path);
    if (::flock(own.get(), LOCK_EX | LOCK_NB) != 0)
        return package_fault(package_code::busy, join({plugin, " is being built by another host"}));
    const descriptor ignored(
        ::openat(own.get(), ".gitignore", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (ignored) static_cast<void>(wrote_all(ignored.get(), "*\n"));
    return build_folder(std::move(folder), std::move(own), path);
}

inline result<void> build_folder::clean_up(const std::string& plugin) {
    const descriptor folder(::open(plugin.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder || !is_there(folder.get(), std::string(build_folder_name))) return {};
    auto own = open(plugin);
    if (own) return own->erase();
    return code_of(own.error()) == package_code::busy ? result<void>() : std::move(own).error();
}

inline result<void> build_folder::erase() const {
    auto names = names_in(own_.get());
    if (!names) return std::move(names).error();
    for (const std::string& name : *names)
        if (name != "built" && name != ".gitignore")
            if (auto erased = erase_by_way_of(own_.get(), own_.get(), name); !erased) return erased;
    return {};
}

inline result<void> build_folder::begin() {
    if (auto erased = erase(); !erased) return erased;
    for (const char* const name : {"copy", "home", "made", "old"})
        if (!make_folder(own_.get(), name)) return disk_fault(join({path_, "/", name}));
    return {};
}
inline result<void> build_folder::end() { return erase(); }

inline result<void> build_folder::make_parents(const std::string& part, const std::string& path) const {
    auto made = parent_of(own_.get(), join({part, "/", path}), 0700);
    return made ? result<void>() : std::move(made).error();
}

inline result<descriptor> build_folder::create(const std::string& part, const std::string& path,
                                               bool executable) const {
    auto folder = parent_of(own_.get(), join({part, "/", path}), 0755);
    if (!folder) return std::move(folder).error();
    descriptor file(::openat(folder->get(), last_part(path).c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0755 : 0644));
    if (!file) return disk_fault(path);
    return file;
}

inline result<void> build_folder::replace(const std::string& output, std::size_t number) const {
    const descriptor made = open_folder(own_.get(), "made"), old = open_folder(own_.get(), "old");
    auto folder = parent_of(plugin_.get(), output, 0755);
    if (!folder) return std::move(folder).error();
    const std::string name = last_part(output), aside = join({digits(number)});
    if (auto moved = rename_file(folder->get(), name, old.get(), aside); !moved) return moved;
    if (::renameat(made.get(), output.c_str(), folder->get(), name.c_str()) == 0) return {};
    fault why = disk_fault(output);
    static_cast<void>(rename_file(old.get(), aside, folder->get(), name));
    return why;
}

inline void build_folder::put_back(const std::string& output, std::size_t number) const {
    const descriptor made = open_folder(own_.get(), "made"), old = open_folder(own_.get(), "old");
    auto folder = parent_of(plugin_.get(), output, 0755);
    if (!folder) return;
    const std::string name = last_part(output);
    static_cast<void>(rename_file(folder->get(), name, made.get(), output));
    static_cast<void>(rename_file(old.get(), join({digits(number)}), folder->get(), name));
}

inline result<void> build_folder::take_over(const std::vector<std::string>& outputs,
                                            std::string_view record) {
    // From here on, until the record is written, the outputs are of no build: whoever looks builds again.
    ::unlinkat(own_.get(), "built", 0);
    for (std::size_t number = 0; number < outputs.size(); ++number) {
        auto replaced = replace(outputs[number], number);
        if (replaced) continue;
        while (number-- > 0) put_back(outputs[number], number);
        return replaced;
    }
    return replace_file(own_.get(), own_.get(), "built", record);
}

} // namespace tenon::detail

#endif
