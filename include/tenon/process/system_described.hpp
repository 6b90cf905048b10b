#ifndef TENON_PROCESS_SYSTEM_DESCRIBED_HPP
#define TENON_PROCESS_SYSTEM_DESCRIBED_HPP

// What a plugin's program says of itself when it is started with `--describe`: so it is known before a host runs it.
// Other programs may take that word for anything, so only those are started whose file has the SDK's own line about it
// (plugin/serve.hpp): no script, and nothing that an interpreter runs.

#include <tenon/rules/config_schema.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/process/system_sandboxed.hpp>
#include <tenon/json/value.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::detail {

inline constexpr std::string_view line_about_describe =
    "  --describe     print what it receives, as it tells a host, and exit\n";

inline bool file_has(const std::string& path, std::string_view text) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0)
        return false;
    const auto size = static_cast<std::size_t>(about.st_size);
    void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (bytes == MAP_FAILED) return false;
    const bool found = ::memmem(bytes, size, text.data(), text.size()) != nullptr;
    ::munmap(bytes, size);
    return found;
}

/// All that it prints until it closes its stdout; nothing where that takes too long, or is too much.
inline std::string output_of(const launched& program, milliseconds timeout) {
    constexpr std::size_t most = std::size_t{1} << 20;
    std::string all;
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (std::array<char, 4096> room;;) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0 || all.size() > most) return {};
        pollfd entry{program.output.get(), POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(left)) <= 0) continue;
        const ssize_t count = ::read(program.output.get(), room.data(), room.size());
        if (count == 0) return all;
        if (count > 0) all.append(room.data(), static_cast<std::size_t>(count));
        else if (errno != EINTR && errno != EAGAIN) return {};
    }
}

/// What it would answer to a handshake, or null.
inline json describe_program(const plugin_options& options, milliseconds timeout = milliseconds(5'000)) {
    if (options.command.empty()) return {};
    launch_spec spec{.command = options.command, .directory = options.directory, .limits = options.limits};
    spec.command.emplace_back("--describe");
    for (const auto& [name, value] : options.environment)
        spec.environment.push_back(join({name, "=", value}));
    for (const std::string& name : options.inherit_environment)
        if (const char* value = std::getenv(name.c_str());
            value != nullptr && !options.environment.contains(name))
            spec.environment.push_back(join({name, "=", value}));
    if (!file_has(find_program(spec.command.front(), search_path_of(spec.environment)), line_about_describe))
        return {};
    std::optional<prepared_sandbox> sandbox; // as when it runs
    if (has_sandbox(options)) {
        auto prepared = prepare_sandbox(options, spec, facts_of_kernel());
        if (!prepared) return {};
        sandbox.emplace(std::move(*prepared));
        spec.limits = sandbox->limits();
        spec.within = &*sandbox;
    }
    auto program = launch(spec);
    if (!program) return {};
    program->input.reset();
    const std::string said = output_of(*program, timeout);
    ::kill(-program->pid, SIGKILL); // it is our child still, so the number is its
    reap(program->pid);
    return json::parse(said).value_or(json());
}

} // namespace tenon::detail

namespace tenon {

/// What is wrong with a plugin's own configuration, by what its program says with `--describe`, in the words of the host
/// that runs it. Nothing is wrong where it says nothing.
inline result<void> check_described_config(const plugin_options& options) {
    const json said = detail::describe_program(options);
    return detail::config_schema(said["configSchema"]).check(options.config);
}

} // namespace tenon

#endif
