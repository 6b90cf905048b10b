#ifndef TENON_TESTS_PROCESS_SANDBOXED_HPP
#define TENON_TESTS_PROCESS_SANDBOXED_HPP

// Programs that are started in a sandbox, without a host.

#include "../sanitized.hpp"
#include "processes.hpp"

#include <tenon/process/system_sandboxed.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::tests {

inline std::string fixture_program(const std::string& name) {
    const char* folder = std::getenv("TENON_FIXTURES");
    return (folder == nullptr ? std::string(".") : std::string(folder)) + "/" + name;
}

/// As facts_of_kernel(), with a Landlock that is no newer than this.
inline detail::kernel_facts facts_up_to(int landlock) {
    detail::kernel_facts facts = detail::facts_of_kernel();
    facts.landlock = std::min(facts.landlock, landlock);
    return facts;
}

/// Whether this kernel can do all that these tests are about.
inline bool no_sandbox_here() {
    const detail::kernel_facts facts = detail::facts_of_kernel();
    if (facts.landlock != 0 && facts.seccomp) return false;
    skipped("not here: this kernel has no Landlock or no filter of system calls");
    return true;
}

inline plugin_options sandboxed(std::vector<std::string> command, sandbox_policy policy = {}) {
    plugin_options options{.name = "probed", .command = std::move(command), .sandbox = std::move(policy)};
    if (sanitized) options.limits.memory_bytes = ~std::uint64_t{0} >> 1; // its shadow is beyond every limit
    return options;
}

struct ran {
    std::string output, errors, fault;
    sandbox_status status;
    int code = -1; // of its exit, or 256 and the signal
};

/// Until its end.
inline ran run(const plugin_options& options, const detail::kernel_facts& facts = detail::facts_of_kernel()) {
    ran result;
    detail::launch_spec spec{.command = options.command,
                             .directory = options.directory,
                             .environment = {shell_path, "ASAN_OPTIONS=detect_leaks=0"},
                             .limits = options.limits};
    std::optional<detail::prepared_sandbox> sandbox;
    if (detail::has_sandbox(options)) {
        auto prepared = detail::prepare_sandbox(options, spec, facts);
        if (!prepared) {
            result.fault = prepared.error().message;
            return result;
        }
        sandbox.emplace(std::move(*prepared));
        result.status = sandbox->status();
        spec.limits = sandbox->limits();
        spec.within = &*sandbox;
    }
    auto made = detail::launch(spec);
    if (!made) {
        result.fault = made.error().message;
        return result;
    }
    made->input.reset();
    result.output = read_all(made->output.get());
    result.errors = read_all(made->error.get());
    int status = 0;
    while (::waitpid(made->pid, &status, 0) < 0 && errno == EINTR) {
    }
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    return result;
}

/// "name errno" in each line.
inline std::map<std::string, int> results_in(const std::string& output) {
    std::map<std::string, int> all;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);)
        all[line.substr(0, line.rfind(' '))] = std::atoi(line.substr(line.rfind(' ') + 1).c_str());
    return all;
}

inline bool is_refusal(int error) { return error == EPERM || error == EACCES || error == ENOSYS; }

} // namespace tenon::tests

#endif
