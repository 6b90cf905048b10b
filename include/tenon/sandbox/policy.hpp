#ifndef TENON_SANDBOX_POLICY_HPP
#define TENON_SANDBOX_POLICY_HPP

// What of the system a plugin's process may touch, as an embedder or a host's configuration says it, and what becomes of
// that on this machine. Plain data: what the kernel can do is an argument (kernel_facts), and how it is made to do it is in
// the other files of this folder.

#include <tenon/core/text.hpp>
#include <tenon/json/describe.hpp>
#include <tenon/json/encode.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

enum class sandbox_mode {
    required,    // what cannot be enforced here is a failed start
    best_effort, // what cannot be enforced here is a warning at each start
    off,
};
constexpr auto describe(type<sandbox_mode>) {
    return enumerators(enumerator("required", sandbox_mode::required),
                       enumerator("best-effort", sandbox_mode::best_effort),
                       enumerator("off", sandbox_mode::off));
}

/// What the program's language needs of the system (sandbox/presets.hpp).
enum class sandbox_preset {
    automatic, // by the program that is run in the end
    none,
    native,
    python,
    node,
    jvm,
};
constexpr auto describe(type<sandbox_preset>) {
    return enumerators(enumerator("auto", sandbox_preset::automatic),
                       enumerator("none", sandbox_preset::none), enumerator("native", sandbox_preset::native),
                       enumerator("python", sandbox_preset::python), enumerator("node", sandbox_preset::node),
                       enumerator("jvm", sandbox_preset::jvm));
}

enum class path_access { read, read_write, execute }; // both others include to read
constexpr auto describe(type<path_access>) {
    return enumerators(enumerator("read", path_access::read),
                       enumerator("read-write", path_access::read_write),
                       enumerator("execute", path_access::execute));
}

/// A file, or a folder with everything below it.
struct sandbox_path {
    std::string path = {};
    path_access access = path_access::read;
};

struct sandbox_network {
    bool all = false;
    std::vector<std::uint16_t> ports = {}; // of TCP, which it may connect to, at any address
};

struct sandbox_policy {
    sandbox_mode mode = sandbox_mode::required;
    sandbox_preset preset = sandbox_preset::automatic;
    std::vector<sandbox_path> filesystem = {};
    sandbox_network network = {};
    bool unix_sockets = false;
    bool subprocesses = false;
    bool file_metadata = false; // whether it may change modes, owners, times and attributes of files
};

enum class sandbox_level { full, partial, none };
constexpr auto describe(type<sandbox_level>) {
    return enumerators(enumerator("full", sandbox_level::full), enumerator("partial", sandbox_level::partial),
                       enumerator("none", sandbox_level::none));
}

/// What holds for a plugin's process, area by area: what enforces it, "allowed" where nothing was asked for, or "none".
struct sandbox_status {
    sandbox_mode mode = sandbox_mode::off;
    sandbox_preset preset =
        sandbox_preset::none; // the one that was chosen; automatic where there was no start
    sandbox_level level = sandbox_level::none;
    std::string files = {}, network = {}, processes = {}, signals = {}, memory = {};
    std::vector<std::string> missing = {}; // "files: this kernel has no Landlock"

    static constexpr bool allow_missing = true;
};

namespace detail {

/// What the kernel can do, and lets us do.
struct kernel_facts {
    int landlock = 0; // the version of its interface; 0: none
    bool seccomp = false;
};

/// What of a policy such a kernel enforces.
inline sandbox_status effect_of(const sandbox_policy& policy, const kernel_facts& kernel) {
    sandbox_status effect{.mode = policy.mode, .preset = policy.preset, .memory = "rlimit"};
    const std::string landlock = join({"landlock ", digits(static_cast<std::uint64_t>(kernel.landlock))});
    const std::string no_landlock = "this kernel has no Landlock",
                      no_seccomp = "no filter of system calls here";
    const auto miss = [&](std::string& area, std::string_view name, std::string_view why) {
        area = "none";
        effect.missing.push_back(join({name, ": ", why}));
    };

    // Landlock says nothing about modes and times, nor about files that are opened for neither reading nor writing.
    if (kernel.landlock == 0) miss(effect.files, "files", no_landlock);
    else if (effect.files = landlock; !kernel.seccomp)
        effect.missing.push_back(join({"files: ", no_seccomp, ", so their modes and times can be changed"}));

    const bool some_ports = !policy.network.all && !policy.network.ports.empty();
    if (policy.network.all) effect.network = "allowed";
    else if (!kernel.seccomp) miss(effect.network, "network", no_seccomp);
    else if (!some_ports) effect.network = "seccomp";
    else if (kernel.landlock >= 4) effect.network = join({landlock, ", seccomp"});
    else miss(effect.network, "network", "ports need Landlock 4 (Linux 6.7)");

    if (kernel.seccomp) effect.processes = "seccomp";
    else miss(effect.processes, "processes", no_seccomp);

    if (kernel.landlock >= 6) effect.signals = landlock;
    else if (kernel.seccomp && !policy.subprocesses) effect.signals = "seccomp";
    else
        miss(effect.signals, "signals",
             kernel.seccomp ? "with subprocesses they need Landlock 6 (Linux 6.12)" : no_seccomp);

    const bool anything = kernel.landlock != 0 || kernel.seccomp;
    effect.level = effect.missing.empty() ? sandbox_level::full
                   : anything             ? sandbox_level::partial
                                          : sandbox_level::none;
    return effect;
}

/// "files: this kernel has no Landlock; network: ...".
inline std::string what_is_missing(const sandbox_status& status) {
    std::string words;
    for (const std::string& one : status.missing) append(words, join({words.empty() ? "" : "; ", one}));
    return words;
}

} // namespace detail

} // namespace tenon

#endif
