#ifndef TENON_TESTS_PROCESS_BELONGINGS_HPP
#define TENON_TESTS_PROCESS_BELONGINGS_HPP

// What a program that was launched really has, by /proc rather than by its own word.

#include "processes.hpp"

#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace tenon::tests {

/// What a program has, read from /proc while it waits for its input to end.
struct belongings {
    std::map<std::string, std::string> status = {}; // of /proc/PID/status
    std::set<int> descriptors = {};
    std::string environment = {}, directory = {};
    int group = 0, session = 0;
};

inline std::string link_of(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::read_symlink(path, ignored).string();
}

inline belongings belongings_of(int pid) {
    const std::filesystem::path folder = "/proc/" + std::to_string(pid);
    belongings all{.environment = read_file(folder / "environ"), .directory = link_of(folder / "cwd")};
    std::istringstream status(read_file(folder / "status"));
    for (std::string line; std::getline(status, line);)
        if (const auto colon = line.find(":\t"); colon != std::string::npos)
            all.status[line.substr(0, colon)] = line.substr(colon + 2);
    for (const auto& one : std::filesystem::directory_iterator(folder / "fd"))
        all.descriptors.insert(std::atoi(one.path().filename().c_str()));
    all.group = ::getpgid(pid);
    all.session = ::getsid(pid);
    return all;
}

/// A program that says "up" and waits.
inline detail::launch_spec waiting(std::vector<std::string> environment = {}) {
    return shell("echo up; read line", std::move(environment));
}

/// 0, 1, 2 and the two guards, a pipe far above them that nobody writes to: for `launched::guard`.
inline bool has_exactly_what_it_should(int pid) {
    const auto found = belongings_of(pid).descriptors;
    const bool exact = found.size() == 5 && found.contains(0) && found.contains(1) && found.contains(2) &&
                       *std::next(found.begin(), 3) >= 100;
    if (!exact)
        for (const int one : found)
            std::fprintf(stderr, "descriptor %d: %s\n", one,
                         link_of("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(one)).c_str());
    return exact;
}

inline void finish(detail::launched& made) {
    made.input.reset();
    detail::reap(made.pid);
}

} // namespace tenon::tests

#endif
