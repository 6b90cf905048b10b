// How long 100 plugins take from the first launch until all are ready, against fork and exec of the same program as
// often, each with nothing to read and until it has come to its end; and against vfork and exec.
//
//     bench_start [--rounds N] [--plugins N] [--cpu N] [--limit RATIO] MEMBER [WORD...]
//
// The plugins shake hands and are supervised by one host, with logs and everything else that a host does. Both are
// measured in turn within a round. --cpu pins everybody to one CPU, below 0 to the last; without it all are used.
//
// Prints medians over the rounds. --limit makes the exit code 1 where host / raw is beyond it.

#include <tenon/host.hpp>

#include "../children.hpp"

#include <chrono>
#include <cstring>
#include <optional>

namespace {

using clock_type = std::chrono::steady_clock;

struct options {
    int rounds = 11, plugins = 100;
    std::optional<int> cpu = {};
    double limit = 0;
    std::vector<std::string> plugin = {};
};

options read_options(int argc, char** argv) {
    options given;
    int at = 1;
    for (; at + 1 < argc && std::strncmp(argv[at], "--", 2) == 0; at += 2) {
        const std::string name = argv[at];
        if (name == "--rounds") given.rounds = std::atoi(argv[at + 1]);
        else if (name == "--plugins") given.plugins = std::atoi(argv[at + 1]);
        else if (name == "--cpu") given.cpu = std::atoi(argv[at + 1]);
        else if (name == "--limit") given.limit = std::atof(argv[at + 1]);
        else bench::give_up("unknown option " + name);
    }
    if (at == argc || given.rounds < 1 || given.plugins < 1)
        bench::give_up("the first lines of start.cpp say how");
    for (; at < argc; ++at) given.plugin.emplace_back(argv[at]);
    return given;
}

double milliseconds_since(clock_type::time_point begin) {
    return std::chrono::duration<double, std::milli>(clock_type::now() - begin).count();
}

double time_of_host(const options& given) {
    asio::io_context loop(1);
    std::optional<tenon::host> host(std::in_place, loop);
    int waiting = given.plugins;
    const auto begin = clock_type::now();
    for (int number = 0; number != given.plugins; ++number) {
        tenon::plugin_options plugin{.name = "member-" + std::to_string(number), .command = given.plugin};
        plugin.environment["MEMBER_NAME"] = plugin.name;
        host->start(plugin, [&](const tenon::result<void>& started) {
            if (!started) bench::give_up(started.error().message);
            --waiting;
        });
    }
    while (waiting != 0)
        if (loop.run_one() == 0) bench::give_up("nothing to wait for");
    const double took = milliseconds_since(begin);
    host.reset();
    loop.restart();
    loop.poll();
    return took;
}

enum class raw_start { by_fork, by_vfork };

struct raw_program {
    char* const* arguments;
    char* const* environment;
    int nothing; // /dev/null

    pid_t start(raw_start how) const {
        const pid_t child = how == raw_start::by_fork ? fork() : vfork();
        if (child != 0) return child;
        for (int stream = 0; stream != 3; ++stream) dup2(nothing, stream);
        execve(arguments[0], arguments, environment);
        _exit(127);
    }
};

double time_of_raw(const options& given, raw_start how) {
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) bench::give_up("no /dev/null");
    std::vector<char*> arguments;
    for (const std::string& word : given.plugin) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    char protocol[] = "TENON_PROTOCOL=1";
    char* environment[] = {protocol, nullptr};

    const raw_program program{arguments.data(), environment, nothing};
    std::vector<pid_t> children;
    const auto begin = clock_type::now();
    for (int number = 0; number != given.plugins; ++number) {
        const pid_t child = program.start(how);
        if (child < 0) bench::give_up("no process");
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
            bench::give_up("the program did not run");
    }
    const double took = milliseconds_since(begin);
    close(nothing);
    return took;
}

} // namespace

int main(int argc, char** argv) {
    const options given = read_options(argc, argv);
    if (given.cpu) bench::pin(*given.cpu);
    std::vector<double> hosts, forks, vforks;
    for (int round = -1; round != given.rounds; ++round) {
        const double host = time_of_host(given);
        const double by_fork = time_of_raw(given, raw_start::by_fork);
        const double by_vfork = time_of_raw(given, raw_start::by_vfork);
        if (round < 0) continue; // to get warm
        hosts.push_back(host);
        forks.push_back(by_fork);
        vforks.push_back(by_vfork);
    }
    std::printf(
        "%d rounds, %d plugins, medians, ms\n\n| host: all ready | raw: all ended | of medians | per round |"
        "\n|---|---|---|---|\n",
        given.rounds, given.plugins);
    bool good = true;
    for (const auto& [name, raws] : {std::pair{"fork", &forks}, std::pair{"vfork", &vforks}}) {
        const double by_medians = bench::median(hosts) / bench::median(*raws);
        const double by_rounds = bench::median_ratio(hosts, *raws);
        std::printf("| %15.1f | %6.1f by %5s | %10.2f | %9.2f |\n", bench::median(hosts),
                    bench::median(*raws), name, by_medians, by_rounds);
        if (given.limit != 0 && std::max(by_medians, by_rounds) > given.limit) good = false;
    }
    return good ? 0 : 1;
}
