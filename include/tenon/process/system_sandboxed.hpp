#ifndef TENON_PROCESS_SYSTEM_SANDBOXED_HPP
#define TENON_PROCESS_SYSTEM_SANDBOXED_HPP

// Prepares the sandbox of one start: which files the program consists of, what its preset and its policy allow besides,
// and what of all that this kernel enforces. Every path is opened here, in the host; the child only makes the calls of enter().
//
//     auto sandbox = prepare_sandbox(options, spec, facts_of_kernel());
//     if (!sandbox) return sandbox.error();
//     spec.limits = sandbox->limits();
//     spec.within = &*sandbox;
//     auto started = launch(spec);

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/process/start_fault.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/process/system_program.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/sandbox/call_filter.hpp>
#include <tenon/sandbox/policy.hpp>
#include <tenon/sandbox/presets.hpp>
#include <tenon/sandbox/system_landlock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace tenon::detail {

inline bool has_sandbox(const plugin_options& options) noexcept {
    return options.sandbox && options.sandbox->mode != sandbox_mode::off;
}

class prepared_sandbox final : public confinement {
public:
    launch_step enter() const noexcept override {
        if (!drop_privileges()) return launch_step::privileges;
        if (!rules_.allow_own_proc() || !rules_.restrict_self()) return launch_step::sandbox_files;
        return filter_calls(filter_) ? launch_step::program : launch_step::sandbox_calls;
    }
    const sandbox_status& status() const noexcept { return status_; }
    const resource_limits& limits() const noexcept { return limits_; }
    /// Paths that the policy names and that are not there.
    const std::vector<std::string>& not_there() const noexcept { return not_there_; }

private:
    friend result<prepared_sandbox> prepare_sandbox(const plugin_options& options, const launch_spec& spec,
                                                    const kernel_facts& kernel);

    landlock_rules rules_;
    call_filter filter_;
    sandbox_status status_;
    resource_limits limits_;
    std::vector<std::string> not_there_;
};

/// What a program consists of before its first line runs.
struct program_files {
    std::vector<sandbox_path> paths = {};
    std::string last = {}; // the program that runs in the end: an interpreter, or the file itself
};

inline std::string_view name_in(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }
inline std::string folder_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(path.substr(0, slash == path.npos ? 0 : slash));
}

/// `words` are what stands behind it, in the command or in the first line of a script: /usr/bin/env finds its program there.
inline void add_program(program_files& to, const std::string& path, const std::vector<std::string>& words,
                        std::string_view search_path, int depth = 0) {
    constexpr int most = 5; // as the kernel follows them
    if (path.empty() || depth == most) return;
    to.paths.push_back({path, path_access::execute});
    to.last = path;
    if (name_in(path) == "env") {
        for (const std::string& word : words) {
            if (word.starts_with('-') || word.find('=') != word.npos) continue;
            return add_program(to, find_program(word, search_path), {}, search_path, depth + 1);
        }
        return;
    }
    program_facts facts;
    if (!read_program(path, facts) || !facts.interpreter_named) return;
    if (!facts.is_script)
        return to.paths.push_back({facts.interpreter.path, path_access::execute}); // its loader
    std::vector<std::string> rest;
    for (std::string_view line = facts.interpreter_argument; !line.empty();) {
        rest.emplace_back(line.substr(0, line.find_first_of(" \t\r")));
        line.remove_prefix(rest.back().size());
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    }
    add_program(to, facts.interpreter.path, rest, search_path, depth + 1);
}

/// Files that are arguments: a script of an interpreter, mostly.
inline void add_named_files(program_files& to, const launch_spec& spec) {
    for (std::size_t at = 1; at < spec.command.size(); ++at) {
        const std::string& word = spec.command[at];
        if (word.empty() || word.starts_with('-')) continue;
        const std::string path = word.starts_with('/')    ? word
                                 : spec.directory.empty() ? join({working_directory(), "/", word})
                                                          : join({spec.directory, "/", word});
        struct stat about {};
        if (::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode))
            to.paths.push_back({path, path_access::read});
    }
}

/// What an interpreter that is installed in a folder of its own has there: pyenv, a virtual environment, a JDK.
inline void add_installation(program_files& to, sandbox_preset preset) {
    if (preset == sandbox_preset::native || preset == sandbox_preset::none) return;
    for (const std::string& program : {to.last, resolved_path(to.last)}) {
        const std::string prefix = folder_of(folder_of(program));
        if (prefix.empty()) continue;
        for (const std::string_view part : {"/lib", "/conf", "/pyvenv.cfg"})
            to.paths.push_back({join({prefix, part}), path_access::read});
    }
}

/// The limits of a plugin with a sandbox, where it says none of its own. Found by starting runtimes with less and less: a
/// JVM needs half a GiB, node and Python an eighth of it, and node has 21 files open.
inline resource_limits limits_within_sandbox(resource_limits limits, sandbox_preset preset) {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    if (!limits.memory_bytes) limits.memory_bytes = (preset == sandbox_preset::jvm ? 1'024 : 256) * mebibyte;
    if (!limits.open_files) limits.open_files = 64;
    return limits;
}

/// Of a plugin that has one. With codes::invalid_params the next try would fail as this one does.
inline result<prepared_sandbox> prepare_sandbox(const plugin_options& options, const launch_spec& spec,
                                                const kernel_facts& kernel) {
    const sandbox_policy& policy = *options.sandbox;
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params, join({"cannot start ", options.name, ": ", why})};
    };
    prepared_sandbox made;
    made.status_ = effect_of(policy, kernel);
    const bool required = policy.mode == sandbox_mode::required;
    if (required && !made.status_.missing.empty())
        return refused(
            join({"its sandbox is required and cannot be enforced here: ", what_is_missing(made.status_)}));

    program_files files;
    const std::string_view search_path = search_path_of(spec.environment);
    add_program(files,
                spec.image >= 0 ? path_of_open_file(spec.image)
                                : find_program(spec.command.front(), search_path),
                {spec.command.begin() + 1, spec.command.end()}, search_path);
    sandbox_preset& preset = made.status_.preset;
    if (preset == sandbox_preset::automatic)
        preset = preset_for(spec.image >= 0 ? std::string_view(spec.command.front()) : files.last);
    add_named_files(files, spec);
    add_installation(files, preset);
    // Who says "/" means to run nowhere in particular, not to read all that there is.
    if (!spec.directory.empty() && resolved_path(spec.directory) != "/")
        files.paths.push_back({spec.directory, path_access::read});
    if (preset != sandbox_preset::none)
        for (const std::string_view path : paths_for_all)
            files.paths.push_back(
                {std::string(path), path == path_to_nowhere ? path_access::read_write : path_access::read});
    for (const std::string_view path : paths_of(preset))
        files.paths.push_back({std::string(path), path_access::read});
    if (policy.network.all || !policy.network.ports.empty())
        for (const std::string_view path : paths_for_network)
            files.paths.push_back({std::string(path), path_access::read});

    auto rules = landlock_rules::make(policy, kernel.landlock);
    if (!rules) return rules.error();
    made.rules_ = std::move(*rules);
    if (made.rules_.number() >= 0 && !lift(made.rules_.file()))
        return fault{codes::unavailable, "the system has no descriptor left for a sandbox"};
    for (const sandbox_path& one : files.paths)
        if (auto allowed = made.rules_.allow(one.path, one.access); !allowed) return allowed.error();
    for (std::size_t at = 0; at < policy.filesystem.size(); ++at) {
        const sandbox_path& one = policy.filesystem[at];
        auto allowed = made.rules_.allow(one.path, one.access);
        if (!allowed) return allowed.error();
        if (*allowed) continue;
        if (required)
            return refused(join({"sandbox.filesystem[", digits(at), "].path: there is no ", one.path,
                                 ", or it cannot be reached"}));
        made.not_there_.push_back(one.path);
    }
    if (kernel.seccomp) made.filter_ = compile_filter(policy, kernel.landlock);
    made.limits_ = limits_within_sandbox(options.limits, preset);
    return made;
}

} // namespace tenon::detail

#endif
