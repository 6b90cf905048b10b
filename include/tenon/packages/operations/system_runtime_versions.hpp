#ifndef TENON_PACKAGES_OPERATIONS_SYSTEM_RUNTIME_VERSIONS_HPP
#define TENON_PACKAGES_OPERATIONS_SYSTEM_RUNTIME_VERSIONS_HPP

// Which version of a runtime is here, as it says itself:
//
//     runtime_versions versions;
//     versions.of("python3", "/usr/bin/python3.11")      // 3.11.2
//
// Only those are asked that are known to answer --version with their version: a manifest names the runtime, it may be a
// stranger's, and another program could take that word for anything. Each file is asked once, and again when it is
// another one. It blocks, for some seconds at most: for a worker thread, one at a time.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/operations/source_build.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/process/system_program.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>

namespace tenon {

/// For java on a machine that has other things to do.
inline constexpr milliseconds longest_runtime_answer{10'000};
inline constexpr std::uint64_t most_runtime_answer = std::uint64_t{16} << 10;

namespace detail {

inline constexpr std::string_view telling_runtimes[] = {"bash", "bun", "deno", "java",   "node", "nodejs",
                                                        "perl", "php", "pypy", "python", "ruby"};

/// "python3.11" is python.
inline bool tells_its_version(std::string_view runtime) noexcept {
    runtime = runtime.substr(0, runtime.find_last_not_of("0123456789.-") + 1);
    for (const std::string_view one : telling_runtimes)
        if (runtime == one) return true;
    return false;
}

/// In "Python 3.11.2", "v18.19.0", "openjdk 17 2021-09-14", "This is perl 5, version 36, subversion 0 (v5.36.0)": the first
/// numbers that dots part, else the first number.
inline std::optional<package_version> version_said(std::string_view said) {
    std::optional<package_version> single;
    const auto is_word = [](char byte) {
        return is_digit(byte) || byte == '.' || byte == '-' || byte == '_' ||
               (static_cast<char>(byte | 0x20) >= 'a' && static_cast<char>(byte | 0x20) <= 'z');
    };
    for (std::size_t at = 0; at < said.size(); ++at) {
        std::size_t begin = at;
        if (said[begin] == 'v' && begin + 1 < said.size()) ++begin;
        if (!is_digit(said[begin]) || (at > 0 && is_word(said[at - 1]))) continue;
        std::uint64_t numbers[3] = {};
        int count = 0;
        for (at = begin; count < 3 && at < said.size() && is_digit(said[at]); ++count) {
            const std::size_t first = at;
            for (; at < said.size() && is_digit(said[at]); ++at)
                if (at - first < 9)
                    numbers[count] = numbers[count] * 10 + static_cast<std::uint64_t>(said[at] - '0');
            if (at + 1 < said.size() && said[at] == '.' && is_digit(said[at + 1])) ++at;
            else {
                ++count;
                break;
            }
        }
        package_version found{numbers[0], numbers[1], numbers[2], {}, {}};
        if (count > 1) return found;
        if (!single) single = std::move(found);
    }
    return single;
}

} // namespace detail

class runtime_versions {
public:
    explicit runtime_versions(milliseconds longest = longest_runtime_answer) : longest_(longest) {}

    /// `path`: the whole path of the program. `stopped` is asked all the time while it is waited for.
    result<package_version> of(std::string_view name, const std::string& path,
                               const std::function<bool()>& stopped = {}) {
        using namespace detail;
        if (!tells_its_version(name))
            return fault{codes::invalid_params,
                         join({beginning_of(name, 64), " is none that is asked for its version"})};
        struct ::stat now {};
        if (::stat(path.c_str(), &now) != 0) return fault{codes::invalid_params, join({path, " is gone"})};
        const file_mark mark{static_cast<std::uint64_t>(now.st_dev), static_cast<std::uint64_t>(now.st_ino),
                             static_cast<std::uint64_t>(now.st_size),
                             static_cast<std::int64_t>(now.st_mtim.tv_sec),
                             static_cast<std::int64_t>(now.st_mtim.tv_nsec)};
        if (const auto found = told_.find(path); found != told_.end() && found->second.mark == mark)
            return found->second.version;
        auto version = ask(path, stopped);
        if (stopped && stopped()) return version;
        told_.insert_or_assign(path, answer{mark, version});
        return version;
    }

private:
    struct file_mark {
        std::uint64_t device, number, size;
        std::int64_t seconds, nanoseconds;

        bool operator==(const file_mark&) const = default;
    };
    struct answer {
        file_mark mark;
        result<package_version> version;
    };

    result<package_version> ask(const std::string& path, const std::function<bool()>& stopped) const {
        using namespace detail;
        const auto unknown = [&](std::string_view why) {
            return fault{codes::invalid_params, join({path, " --version: ", why})};
        };
        const launch_spec spec{.command = {path, "--version"},
                               .directory = "/",
                               .environment = {join({"PATH=", search_path_of({})}), "LANG=C.UTF-8"},
                               .limits = {.cpu_seconds = 10}};
        auto started = launch(spec);
        if (!started) return unknown(started.error().message);
        std::string said;
        build_options bounds;
        bounds.most_output = most_runtime_answer;
        const build_watch watch{.stopped = stopped, .line = {}};
        build_command asking(*std::move(started), bounds, watch,
                             after(std::chrono::steady_clock::now(), longest_),
                             [&](log_level, std::string_view line, std::string_view) {
                                 append(said, join({line, "\n"}));
                             });
        if (const std::string why = asking.run(); !why.empty()) return unknown(why);
        auto version = version_said(said);
        if (!version) return unknown("it says no version");
        return *std::move(version);
    }

    milliseconds longest_;
    std::map<std::string, answer, std::less<>> told_; // by path: of trusted directories, so they are few
};

} // namespace tenon

#endif
