// How long it takes until a program was launched, with a host of a few MiB and with one that has touched 1 GiB;
// beside it the bare vfork + exec and fork + exec of the same program.
//
//     bench_spawn [--limit RATIO]     fails if the large host takes more than RATIO times as long
//
// Each figure is the median of 101. launch() and vfork are measured in turn, so that what else the machine does meets
// both.

#include <tenon/process/system_launcher.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <sys/mman.h>

namespace {

using clock_type = std::chrono::steady_clock;
constexpr std::size_t rounds = 101;
const char* const program = "/bin/true";

int launch_it() {
    const auto made = tenon::detail::launch({.command = {program}});
    if (made) return made->pid;
    std::fprintf(stderr, "%s\n", made.error().message.c_str());
    std::exit(2);
}
int vfork_it() {
    const pid_t pid = ::vfork();
    if (pid == 0) {
        ::execl(program, program, nullptr);
        ::_exit(127);
    }
    return pid;
}
int fork_it() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execl(program, program, nullptr);
        ::_exit(127);
    }
    return pid;
}

struct row {
    const char* name;
    int (*start)();
    std::vector<double> microseconds = {};
    double at(std::size_t percent) {
        std::sort(microseconds.begin(), microseconds.end());
        return microseconds[microseconds.size() * percent / 100];
    }
    double median() { return at(50); }
};

std::array<row, 3> measure() {
    std::array<row, 3> rows{row{"launch()", launch_it}, row{"vfork + exec", vfork_it},
                            row{"fork + exec", fork_it}};
    const auto once = [](row& one) {
        const auto begin = clock_type::now();
        const int pid = one.start();
        const std::chrono::duration<double, std::micro> took = clock_type::now() - begin;
        one.microseconds.push_back(took.count());
        tenon::detail::reap(pid);
    };
    for (std::size_t round = 0; round < rounds; ++round) once(rows[0]), once(rows[1]);
    // By itself and last: the system frees the page tables that a fork copied for some while after it is over.
    for (std::size_t round = 0; round < rounds; ++round) once(rows[2]);
    return rows;
}

} // namespace

int main(int argc, char** argv) {
    const double limit = argc == 3 && std::string_view(argv[1]) == "--limit" ? std::atof(argv[2]) : 0;
    auto small = measure();
    constexpr std::size_t heap = std::size_t{1} << 30;
    void* touched = ::mmap(nullptr, heap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (touched == MAP_FAILED) return 2;
    ::madvise(touched, heap, MADV_NOHUGEPAGE); // as a heap that grew
    for (std::size_t at = 0; at < heap; at += 4'096) static_cast<char*>(touched)[at] = 1;
    auto large = measure();

    std::printf("%-14s %14s %14s   median of %zu\n", "", "small host", "1 GiB touched", rounds);
    for (std::size_t number = 0; number < small.size(); ++number)
        std::printf("%-14s %11.0f us %11.0f us\n", small[number].name, small[number].median(),
                    large[number].median());
    // Of the quickest tenth: where others use the processor, a child that just got a session of its own, and with it
    // a place of its own in the scheduler's queue, waits for them, and the host with it.
    const double ratio = large[0].at(10) / small[0].at(10);
    std::printf("launch() takes %.2f times as long with 1 GiB\n", ratio);
    return limit > 0 && ratio > limit ? 1 : 0;
}
