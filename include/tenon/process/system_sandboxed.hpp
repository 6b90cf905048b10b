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
#include <tenon/sandbox/system_path_walk.hpp>

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
        // Signals and timers that wait are counted for the whole user, the host among them.
        constexpr std::uint64_t most_waiting = 1'024;
        if (!limit(RLIMIT_SIGPENDING, most_waiting, most_waiting)) return launch_step::limits;
        if (!drop_privileges()) return launch_step::privileges;
        if (!rules_.allow_own_proc() || !rules_.restrict_self()) return launch_step::sandbox_files;
        return filter_calls(filter_) ? launch_step::program : launch_step::sandbox_calls;
    }
    const sandbox_status& status() const noexcept { return status_; }
    const resource_limits& limits() const noexcept { return limits_; }
    /// What is not allowed although it was to be, each with the reason: "/srv/data: there is no ...".
    const std::vector<std::string>& left_out() const noexcept { return left_out_; }

private:
    friend result<prepared_sandbox> prepare_sandbox(const plugin_options& options, const launch_spec& spec,
                                                    const kernel_facts& kernel);

    landlock_rules rules_;
    call_filter filter_;
    sandbox_status status_;
    resource_limits limits_;
    std::vector<std::string> left_out_;
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

/// Where its folders lie that may be written to, as if nothing in them had to be doubted yet.
inline std::vector<std::string> writable_places(const sandbox_policy& policy) {
    std::vector<std::string> places;
    for (const sandbox_path& one : policy.filesystem)
        if (one.access == path_access::read_write)
            if (std::string place = walk(one.path, {}).end; !place.empty())
                places.push_back(std::move(place));
    return places;
}

/// Empty where it leads to something.
inline std::string why_not(const path_walk& way, std::string_view path) {
    if (!way.link.empty())
        return join(
            {way.link, " is a link in ", way.place, ", which it may write to: it could lead anywhere"});
    return way.end.empty() ? join({"there is no ", path, ", or it cannot be reached"}) : std::string();
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

    auto rules = landlock_rules::make(policy, kernel.landlock);
    if (!rules) return rules.error();
    made.rules_ = std::move(*rules);
    if (made.rules_.number() >= 0 && !lift(made.rules_.file()))
        return fault{codes::unavailable, "the system has no descriptor left for a sandbox"};
    const std::vector<std::string> writable = writable_places(policy);
    for (std::size_t at = 0; at < policy.filesystem.size(); ++at) {
        const sandbox_path& one = policy.filesystem[at];
        path_walk way = walk(one.path, writable);
        if (!way.end.empty()) {
            auto allowed = made.rules_.allow(way.end, one.access);
            if (!allowed) return allowed.error();
            if (!*allowed) way.end.clear();
        }
        const std::string why = why_not(way, one.path);
        if (why.empty()) continue;
        if (required) return refused(join({"sandbox.filesystem[", digits(at), "].path: ", why}));
        made.left_out_.push_back(join({one.path, ": ", why}));
    }

    program_files files;
    const std::string_view search_path = search_path_of(spec.environment);
    add_program(files,
                spec.image >= 0 ? path_of_open_file(spec.image)
                                : find_program(spec.command.front(), search_path),
                {spec.command.begin() + 1, spec.command.end()}, search_path);
    for (const sandbox_path& one : files.paths) { // which it can make name any file as its interpreter
        const path_walk way = walk(one.path, writable);
        const std::string* const place = way.link.empty() ? place_around(way.end, writable) : &way.place;
        if (place != nullptr)
            return refused(
                join({"its program lies in ", *place, ", which it may write to: it could become any other"}));
    }
    sandbox_preset& preset = made.status_.preset;
    if (preset == sandbox_preset::automatic)
        preset = preset_for(spec.image >= 0 ? std::string_view(spec.command.front()) : files.last);
    add_named_files(files, spec);
    add_installation(files, preset);
    // Who says "/" means to run nowhere in particular, not to read all that there is.
    if (!spec.directory.empty() && walk(spec.directory, writable).end != "/")
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

    for (const sandbox_path& one : files.paths) {
        const auto is = [&](int open_file) {
            return open_file >= 0 && one.path == path_of_open_file(open_file);
        };
        const path_walk way = walk(one.path, writable);
        if (!way.link.empty()) made.left_out_.push_back(join({one.path, ": ", why_not(way, one.path)}));
        const auto allowed = is(spec.image)    ? made.rules_.allow(spec.image, one.access)
                             : is(spec.given)  ? made.rules_.allow(spec.given, one.access)
                             : way.end.empty() ? false
                                               : made.rules_.allow(way.end, one.access);
        if (!allowed) return allowed.error();
    }
    if (kernel.seccomp) made.filter_ = compile_filter(policy, kernel.landlock);
    made.limits_ = limits_within_sandbox(options.limits, preset);
    return made;
}

} // namespace tenon::detail

#endif
