#ifndef TENON_PROCESS_PROCESS_USAGE_HPP
#define TENON_PROCESS_PROCESS_USAGE_HPP

// What a process uses, as /proc/PID/stat says it. usage_of(pid), which reads that file, is in
// process/system_process.hpp; here is only what its text means.
//
// It is of one process, not of those that it started, and only worth something while the process is ours: a
// number may be given to another once its process was reaped.

#include <tenon/core/time.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::detail {

struct process_usage {
    std::uint64_t resident_bytes = 0;
    milliseconds cpu{0}; // of all its threads, in the program and in the kernel
    int threads = 0;
    int descriptors = -1; // -1: not known
};

struct system_units {
    std::uint64_t page_bytes = 4'096;
    std::uint64_t ticks_per_second = 100;
};

/// The text of /proc/PID/stat. The program's name is in it, in parentheses and with whatever its author put
/// there, so what counts starts after the last parenthesis.
inline std::optional<process_usage> read_usage(std::string_view stat, const system_units& units) {
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos || units.ticks_per_second == 0) return {};
    stat.remove_prefix(name_end + 1);
    process_usage usage;
    std::uint64_t ticks = 0;
    for (int field = 3; field <= 24; ++field) { // as proc(5) counts them
        const std::size_t begin = stat.find_first_not_of(" \n");
        if (begin == std::string_view::npos) return {};
        stat.remove_prefix(begin);
        const std::string_view word = stat.substr(0, stat.find_first_of(" \n"));
        stat.remove_prefix(word.size());
        std::uint64_t number = 0;
        if (field == 14 || field == 15 || field == 20 || field == 24)
            if (std::from_chars(word.data(), word.data() + word.size(), number).ec != std::errc()) return {};
        if (field == 14 || field == 15) ticks += number;
        if (field == 20) usage.threads = static_cast<int>(number);
        if (field == 24) usage.resident_bytes = number * units.page_bytes;
    }
    usage.cpu = milliseconds(static_cast<milliseconds::rep>(ticks * 1'000 / units.ticks_per_second));
    return usage;
}

} // namespace tenon::detail

#endif
