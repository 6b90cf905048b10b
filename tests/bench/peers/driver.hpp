#ifndef TENON_TESTS_BENCH_PEERS_DRIVER_HPP
#define TENON_TESTS_BENCH_PEERS_DRIVER_HPP

// What the drivers in C++ share: the order on the command line, the clock, the one line that they print. README.md
// beside this file says what a driver has to do.

#include "../children.hpp"

#include <chrono>
#include <csignal>

namespace bench {

struct order {
    std::string plugin = {}, shape = {};
    std::size_t size = 0; // what stands behind the colon: bytes, or plugins
    int count = 0;

    bool is(const char* name) const { return shape == name; }
};

/// DRIVER PLUGIN SHAPE[:SIZE] COUNT
inline order read_order(int argc, char** argv) {
    if (argc != 4) give_up("how to call a driver stands in tests/bench/peers/README.md");
    std::signal(SIGPIPE, SIG_IGN);
    const std::string shape = argv[2];
    const std::size_t colon = shape.find(':');
    return {.plugin = argv[1],
            .shape = shape.substr(0, colon),
            .size = colon == shape.npos ? 0 : std::strtoul(shape.c_str() + colon + 1, nullptr, 10),
            .count = std::max(1, std::atoi(argv[3]))};
}

/// A path for a socket, in $TMPDIR, that nobody else uses.
inline std::string socket_path() {
    static int number = 0;
    const char* const folder = std::getenv("TMPDIR");
    const std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/bench-" +
                             std::to_string(getpid()) + "-" + std::to_string(++number);
    unlink(path.c_str()); // of somebody who had our number
    return path;
}

[[noreturn]] inline void unknown(const order& what) {
    std::fprintf(stderr, "not here: %s\n", what.shape.c_str());
    std::exit(64);
}

using clock_type = std::chrono::steady_clock;

inline double nanoseconds_since(clock_type::time_point begin) {
    return std::chrono::duration<double, std::nano>(clock_type::now() - begin).count();
}

inline void report(double nanoseconds) {
    std::printf("ns %.1f\n", nanoseconds);
    std::fflush(stdout);
}

/// `run(n)` does it n times: a tenth of the count to get warm, then all of it against the clock.
template <class Run>
void timed(const order& what, Run run) {
    run(what.count / 10 + 1);
    const auto begin = clock_type::now();
    run(what.count);
    report(nanoseconds_since(begin) / what.count);
}

/// For "idle": says that everything has started, and returns when standard input ends.
inline void say_ready() {
    std::puts("ready");
    std::fflush(stdout);
}
inline void wait_for_end_of_input() {
    while (std::getchar() != EOF) {
    }
}

/// The event of all drivers: as JSON, 150 bytes.
struct chat_event {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};
inline chat_event an_event() {
    return {
        .content =
            "good morning, everybody: who is coming along to the lake when the rain has stopped, at last? ok",
        .from_uid = "u-4711",
        .to_uid = "r-1234567"};
}

} // namespace bench

#endif
