#ifndef TENON_SANDBOX_LANDLOCK_RIGHTS_HPP
#define TENON_SANDBOX_LANDLOCK_RIGHTS_HPP

// What Landlock is told, for each version of its interface, by the numbers of the kernel: Debian 12's headers do not know
// the newer ones. A right that a kernel does not know is an error there, so none is named that its version does not have.
// A kernel that is newer is spoken with as with the newest one that is known here.

#include <tenon/sandbox/policy.hpp>

#include <cstdint>

namespace tenon::detail::landlock {

inline constexpr int newest_version = 9;

// Of files and folders; behind each the version that brought it.
inline constexpr std::uint64_t execute = 1 << 0, write_file = 1 << 1, read_file = 1 << 2,
                               read_folder = 1 << 3, remove_folder = 1 << 4, remove_file = 1 << 5,
                               make_character = 1 << 6, make_folder = 1 << 7, make_file = 1 << 8,
                               make_socket = 1 << 9, make_pipe = 1 << 10, make_block = 1 << 11,
                               make_link = 1 << 12;      // 1
inline constexpr std::uint64_t refer = 1 << 13;          // 2
inline constexpr std::uint64_t truncate = 1 << 14;       // 3
inline constexpr std::uint64_t control_device = 1 << 15; // 5
inline constexpr std::uint64_t find_socket = 1 << 16;    // 9

inline constexpr std::uint64_t bind_tcp = 1 << 0, connect_tcp = 1 << 1;            // 4
inline constexpr std::uint64_t abstract_sockets = 1 << 0, signals_beyond = 1 << 1; // 6: scopes

/// What is refused wherever no rule allows it.
struct handled {
    std::uint64_t files = 0, network = 0, scopes = 0;
};

constexpr std::uint64_t file_rights(int version) noexcept {
    std::uint64_t all = (make_link << 1) - 1;
    if (version >= 2) all |= refer;
    if (version >= 3) all |= truncate;
    if (version >= 5) all |= control_device;
    if (version >= 9) all |= find_socket;
    return version >= 1 ? all : 0;
}

inline handled handled_by(const sandbox_policy& policy, int version) {
    handled all{.files = file_rights(version)};
    if (policy.unix_sockets) all.files &= ~find_socket;
    if (version >= 4 && !policy.network.all) all.network = bind_tcp | connect_tcp;
    if (version >= 6) all.scopes = signals_beyond | (policy.unix_sockets ? 0 : abstract_sockets);
    return all;
}

/// What a rule for a path allows, of what `handled` refuses. A file has no rights that are a folder's.
constexpr std::uint64_t granted(path_access access, bool folder, const handled& of) noexcept {
    std::uint64_t rights = read_file | read_folder;
    if (access == path_access::execute) rights |= execute;
    if (access == path_access::read_write)
        rights |= write_file | truncate | remove_folder | remove_file | make_folder | make_file |
                  make_socket | make_pipe | make_link | refer;
    if (!folder) rights &= execute | write_file | read_file | truncate;
    return rights & of.files;
}

} // namespace tenon::detail::landlock

#endif
