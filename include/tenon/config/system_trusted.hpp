#ifndef TENON_CONFIG_SYSTEM_TRUSTED_HPP
#define TENON_CONFIG_SYSTEM_TRUSTED_HPP

// Which file a plugin's command is, and whether it may be started:
//
//     const tenon::program_places places{.plugins = {"./plugins"}, .trusted = {"./plugins"}, .base = "/etc/chat"};
//     const auto program = tenon::trusted_program("moderator", places);
//     if (!program) return program.error(); // "/opt/x lies in no trusted directory (trustedDirs: /etc/chat/plugins)"
//
// A command without a slash is looked for in the plugin directories, in their order, and nowhere else: PATH has no part
// in it. The file, with all symbolic links resolved, has to lie within a trusted directory. The file and the directories
// from its own up to the trusted one may be changed by root and the user of this process alone. The directories above a
// trusted one are not looked at: the administrator who trusts it answers for them.
//
// The answer is the resolved path: what was looked at is what should be run. Sentences begin with the thing that they
// are about, for the path of a key in front of them.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/process/system_program.hpp>
#include <tenon/rules/option_words.hpp>

#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tenon::detail {

// What is asked of the system about one path. The answer may be old a moment later. That is harmless: the question is
// which users may change the path.

inline std::string own_user_name() { return name_of_user(::geteuid()); }

/// Why another user could change it, or put another thing into it; empty where no other user can.
inline std::string why_not_ours(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return join({path, " cannot be looked at"});
    const std::string facts =
        join({"its mode is ", octal_mode(found.st_mode), " and its owner ", name_of_user(found.st_uid)});
    if (found.st_uid != 0 && found.st_uid != ::geteuid())
        return join({path, " belongs to somebody else (", facts, "); it has to be ",
                     ::geteuid() == 0 ? "" : join({own_user_name(), "'s or "}), "root's"});
    if ((found.st_mode & 022) != 0)
        return join({path, " may be written by others than its owner (", facts, "): chmod go-w ", path});
    return {};
}

} // namespace tenon::detail

namespace tenon {

struct program_places {
    std::vector<std::string> plugins = {}; // where a command without a slash is looked for
    std::vector<std::string> trusted = {}; // where it has to be in the end
    std::string base = {};   // of relative paths, as the folder of the file; empty: the current one
    std::string remark = {}; // behind the directories in what is refused: "; trustedDirs is not in the file"
};

namespace detail {

inline std::string path_from(const std::string& base, const std::string& path) {
    if (base.empty() || path.starts_with('/')) return path;
    return base.ends_with('/') ? join({base, path}) : join({base, "/", path});
}

inline std::string listed(const std::vector<std::string>& paths) {
    std::string list;
    for (const std::string& path : paths) append(list, join({list.empty() ? "" : ", ", path}));
    return list.empty() ? "there is none" : list;
}

/// The first that can be run, else the first that is there; empty where there is none.
inline std::string find_in_places(const std::string& name, const program_places& places) {
    std::string second_best;
    for (const std::string& folder : places.plugins) {
        std::string path = path_from(places.base, join({folder, "/", name}));
        const file_facts facts = look_at(path);
        if (facts.kind != file_kind::regular) continue;
        if (facts.executable) return path;
        if (second_best.empty()) second_best = std::move(path);
    }
    return second_best;
}

/// A command line in the place of a program is the usual mistake.
inline std::string_view about_blanks(std::string_view command) noexcept {
    return command.find(' ') == command.npos
               ? std::string_view()
               : "; a command is one program and there is no shell: its arguments stand in `args`";
}

inline bool lies_within(std::string_view path, std::string_view folder) noexcept {
    if (folder == "/") return true;
    return path.size() > folder.size() + 1 && path.starts_with(folder) && path[folder.size()] == '/';
}

/// Why another user could change what is run: the file itself, and every folder up to the trusted one.
inline std::string why_changeable(std::string path, const std::string& trusted) {
    for (;;) {
        if (std::string why = why_not_ours(path); !why.empty() || path == trusted || path == "/") return why;
        const std::size_t slash = path.rfind('/');
        path.resize(slash == 0 ? 1 : slash);
    }
}

} // namespace detail

inline result<std::string> trusted_program(const std::string& command, const program_places& places) {
    const auto refused = [](std::string words) { return fault{codes::permission_denied, std::move(words)}; };
    if (command.empty() || command.find('\0') != command.npos) return refused("expected a program");
    std::string path;
    if (command.find('/') == command.npos) {
        path = detail::find_in_places(command, places);
        if (path.empty())
            return refused(detail::join(
                {"there is no \"", detail::quotable(command), "\" in the plugin directories (pluginDirs: ",
                 detail::listed(places.plugins), ")", detail::about_blanks(command), places.remark}));
    } else {
        path = detail::path_from(places.base, command);
    }
    const std::string real = detail::resolved_path(path);
    const detail::file_facts facts = detail::look_at(real.empty() ? path : real);
    if (facts.kind != detail::file_kind::regular)
        return refused(detail::join(
            {path, ": ", detail::why_not(facts, detail::own_user_name()), detail::about_blanks(command)}));

    std::vector<std::string> folders;
    std::string why;
    for (const std::string& trusted : places.trusted) {
        const std::string folder = detail::resolved_path(detail::path_from(places.base, trusted));
        folders.push_back(folder.empty() ? trusted + ", which is not there" : folder);
        if (folder.empty() || !detail::lies_within(real, folder)) continue;
        why = detail::why_changeable(real, folder);
        if (why.empty()) return real;
    }
    if (!why.empty()) return refused(std::move(why));
    const std::string link = real == path ? real : detail::join({path, ", which is ", real, ","});
    return refused(detail::join(
        {link, " lies in no trusted directory (trustedDirs: ", detail::listed(folders), ")", places.remark}));
}

} // namespace tenon

#endif
