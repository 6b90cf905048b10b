#ifndef TENON_PROCESS_SYSTEM_PROGRAM_HPP
#define TENON_PROCESS_SYSTEM_PROGRAM_HPP

// Finds the file that a command names, and looks at one that could not be run: its mode, its owner, what its
// first bytes ask for. Only the launcher uses it, and the second half only after a failure. What it finds may
// have changed since; it explains, it does not decide.

#include <tenon/core/text.hpp>
#include <tenon/process/start_fault.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <elf.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace tenon::detail {

inline bool may_execute(const std::string& path) noexcept {
    return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

inline std::string working_directory() {
    std::array<char, 4096> room; // PATH_MAX
    return ::getcwd(room.data(), room.size()) == nullptr ? std::string() : std::string(room.data());
}

/// Without symbolic links, `.` and `..`; empty where there is no such thing, or it cannot be reached.
inline std::string resolved_path(const std::string& path) {
    char* const found = ::realpath(path.c_str(), nullptr);
    if (found == nullptr) return {};
    std::string text(found);
    std::free(found);
    return text;
}

/// The file that `name` means. With a slash: relative to our own working directory, wherever the child will run.
/// Without: what the child's own PATH finds; only its absolute entries count, so that no plugin starts what
/// happens to lie in the current directory. Empty if there is none.
inline std::string find_program(const std::string& name, std::string_view search_path) {
    if (name.empty() || name.front() == '/') return name;
    if (name.find('/') != std::string::npos) {
        const std::string here = working_directory();
        return here.empty() ? name : join({here, "/", name});
    }
    std::string second_best; // there, but not to be executed: that is what the person should hear of
    while (!search_path.empty()) {
        const std::string_view folder = search_path.substr(0, search_path.find(':'));
        search_path.remove_prefix(folder.size() == search_path.size() ? folder.size() : folder.size() + 1);
        if (folder.empty() || folder.front() != '/') continue;
        std::string path = join({folder, "/", name});
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
        if (may_execute(path)) return path;
        if (second_best.empty()) second_best = std::move(path);
    }
    return second_best;
}

inline std::string name_of_user(std::uint64_t id) {
    std::array<char, 4096> room;
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(static_cast<uid_t>(id), &entry, room.data(), room.size(), &found) == 0 &&
        found != nullptr)
        return entry.pw_name;
    return join({digits(id)});
}

inline std::string octal_mode(unsigned mode) {
    std::string text = "0000";
    for (std::size_t place = 4; place-- > 0; mode >>= 3) text[place] = static_cast<char>('0' + (mode & 7));
    return text;
}

/// The first part of a path that cannot be reached.
inline std::string first_unreachable(const std::string& path) {
    struct stat found {};
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::stat(part.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || !may_execute(part)) return part;
    }
    return path;
}

inline file_facts look_at(const std::string& path) {
    file_facts facts{.path = path};
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        facts.kind = errno == EACCES ? file_kind::unreachable : file_kind::missing;
        facts.culprit = first_unreachable(path);
        struct stat link {};
        facts.dangling_link = ::lstat(facts.culprit.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
        return facts;
    }
    facts.kind = S_ISREG(found.st_mode)   ? file_kind::regular
                 : S_ISDIR(found.st_mode) ? file_kind::folder
                                          : file_kind::other;
    facts.mode = octal_mode(found.st_mode);
    facts.owner = name_of_user(found.st_uid);
    facts.executable = may_execute(path);
    facts.empty = found.st_size == 0;
    struct statvfs mount {};
    facts.on_noexec_mount = ::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0;
    // The kernel never grants X_OK on a noexec mount: tell the two apart by the mode.
    if (!facts.executable && facts.on_noexec_mount && (found.st_mode & 0111) != 0) facts.executable = true;
    return facts;
}

/// As uname(2) would say it.
inline std::string machine_of(unsigned number) {
    switch (number) {
    case EM_386: return "i686";
    case EM_X86_64: return "x86_64";
    case EM_ARM: return "arm";
    case EM_AARCH64: return "aarch64";
    case EM_RISCV: return "riscv64";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390x";
    case EM_MIPS: return "mips";
    default: return join({"machine type ", digits(number)});
    }
}

/// What an ELF file, of which `head` is the beginning, asks for. Its numbers are untrusted.
template <class Header, class Segment>
void read_elf(std::string_view head, program_facts& facts) {
    Header header{};
    if (head.size() < sizeof header) return;
    std::memcpy(&header, head.data(), sizeof header);
    facts.machine = machine_of(header.e_machine);
    for (unsigned number = 0; number < header.e_phnum; ++number) {
        const std::uint64_t at = std::uint64_t{header.e_phoff} + std::uint64_t{number} * sizeof(Segment);
        Segment segment{};
        if (at > head.size() || head.size() - at < sizeof segment) return;
        std::memcpy(&segment, head.data() + at, sizeof segment);
        if (segment.p_type != PT_INTERP) continue;
        if (segment.p_offset > head.size() || segment.p_filesz > head.size() - segment.p_offset) return;
        const std::string_view name = head.substr(segment.p_offset, segment.p_filesz);
        facts.interpreter_named = true;
        facts.interpreter.path = name.substr(0, name.find('\0'));
        return;
    }
}

/// What the first bytes of a file ask for, which is not looked at itself. False where they cannot be read.
inline bool read_program(const std::string& path, program_facts& facts) {
    std::array<char, 4096> room;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const ssize_t count = file < 0 ? -1 : ::read(file, room.data(), room.size());
    if (file >= 0) ::close(file);
    const std::string_view head(room.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    if (head.starts_with("#!")) {
        facts.is_script = true;
        std::string_view line = head.substr(2, head.find('\n') - 2);
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        const std::string_view name = line.substr(0, line.find_first_of(" \t"));
        facts.interpreter_named = !name.empty();
        facts.interpreter_ends_in_cr = name.ends_with('\r');
        facts.interpreter.path = name;
        line.remove_prefix(name.size());
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        facts.interpreter_argument = line;
    } else if (head.starts_with(std::string_view(ELFMAG, SELFMAG)) && head.size() > EI_CLASS) {
        if (head[EI_CLASS] == ELFCLASS64) read_elf<Elf64_Ehdr, Elf64_Phdr>(head, facts);
        else read_elf<Elf32_Ehdr, Elf32_Phdr>(head, facts);
    }
    return count >= 0;
}

inline program_facts look_at_program(const std::string& path) {
    program_facts facts{.file = look_at(path)};
    facts.user = name_of_user(::geteuid());
    utsname system{};
    if (::uname(&system) == 0) facts.host_machine = system.machine;
    if (facts.file.kind != file_kind::regular) return facts;
    // It may be executed and not read: that is no fault of it.
    if (!read_program(path, facts)) facts.machine = facts.host_machine;
    if (facts.interpreter_named) facts.interpreter = look_at(facts.interpreter.path);
    return facts;
}

} // namespace tenon::detail

#endif
