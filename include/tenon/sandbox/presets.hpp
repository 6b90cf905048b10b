#ifndef TENON_SANDBOX_PRESETS_HPP
#define TENON_SANDBOX_PRESETS_HPP

// The files that programs of a language read before their author's first line, as data. They were found by letting the
// examples run under a watch and then under these lists. What is not there on a machine is skipped. Besides, a program gets
// what it consists of: its own file, its interpreter and loader (process/system_sandboxed.hpp), and /proc/self.
//
// A file that is refused is not the same as one that is missing: node ends at once where it may not read openssl.cnf.

#include <tenon/sandbox/policy.hpp>

#include <span>
#include <string_view>

namespace tenon::detail {

// Libraries are read, not executed: to map one needs no more.
inline constexpr std::string_view paths_for_all[] = {"/usr/lib",
                                                     "/usr/lib64",
                                                     "/lib",
                                                     "/lib64",
                                                     "/usr/local/lib",
                                                     "/etc/ld.so.cache",
                                                     "/etc/ld.so.preload",
                                                     "/etc/localtime",
                                                     "/etc/locale.alias",
                                                     "/usr/share/zoneinfo",
                                                     "/usr/share/locale",
                                                     "/dev/null",
                                                     "/dev/zero",
                                                     "/dev/full",
                                                     "/dev/random",
                                                     "/dev/urandom",
                                                     "/proc/cpuinfo",
                                                     "/proc/meminfo",
                                                     "/proc/stat",
                                                     "/proc/filesystems",
                                                     "/sys/devices/system/cpu"};
inline constexpr std::string_view paths_for_python[] = {"/usr/share/python3"};
inline constexpr std::string_view paths_for_node[] = {"/etc/ssl/openssl.cnf", "/usr/share/nodejs",
                                                      "/proc/sys/vm/overcommit_memory"};
inline constexpr std::string_view paths_for_jvm[] = {
    "/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk", "/etc/java-25-openjdk",
    "/sys/kernel/mm",       "/sys/fs/cgroup",       "/proc/cgroups"};
/// To find names and to check certificates.
inline constexpr std::string_view paths_for_network[] = {
    "/etc/resolv.conf",   "/etc/hosts",           "/etc/host.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf",        "/etc/services",
    "/etc/ssl/certs",     "/etc/ssl/openssl.cnf", "/usr/share/ca-certificates"};
/// Where what is written goes nowhere.
inline constexpr std::string_view path_to_nowhere = "/dev/null";

inline std::span<const std::string_view> paths_of(sandbox_preset preset) noexcept {
    switch (preset) {
    case sandbox_preset::python: return paths_for_python;
    case sandbox_preset::node: return paths_for_node;
    case sandbox_preset::jvm: return paths_for_jvm;
    case sandbox_preset::automatic:
    case sandbox_preset::none:
    case sandbox_preset::native: break;
    }
    return {};
}

/// By the program that runs in the end: "/usr/bin/python3.11".
inline sandbox_preset preset_for(std::string_view program) noexcept {
    const std::string_view name = program.substr(program.rfind('/') + 1);
    if (name.starts_with("python") || name.starts_with("pypy")) return sandbox_preset::python;
    if (name == "node" || name == "nodejs") return sandbox_preset::node;
    if (name == "java") return sandbox_preset::jvm;
    return sandbox_preset::native;
}

} // namespace tenon::detail

#endif
