// A round trip through a plugin against the floor: a C loop that echoes the same bytes over two pipes.
//
//     round_trip [--rounds N] [--trips N] [--cpu N] [--limit RATIO] [--payload BYTES] [--look MICROSECONDS]
//                ECHO PLUGIN [WORD...]
//
// PLUGIN is examples/hello or whatever starts it. The driver, the plugin and the echo loops are pinned to one
// CPU and take turns within one round, so that what else the machine does meets all of them. The driver writes
// a frame that was built before, `plugin/execute greet {"who": PAYLOAD}`, and reads until the whole answer is
// there and is the right one.
//
// Prints medians over the rounds: "echo" sends back the bytes of the request, "in/out" reads as many bytes as
// the plugin does and writes as many. --limit makes the exit code 1 where plugin / echo is beyond it for 64
// bytes or 1 KiB; 64 KiB is for information, because a default pipe does not hold such a frame.
//
// With `--cpu free` nobody is pinned, and the driver looks for the plugin's answer before it sleeps, where that pays
// and for as long as --look says at most, as a host does, and so does the plugin. For the echo it sleeps at once, and
// so does the echo.

#include <tenon/core/poll_budget.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "round_trip: %s\n", why.c_str());
    std::exit(70);
}

void write_all(int to, const std::string& bytes) {
    for (std::size_t at = 0; at != bytes.size();) {
        const ssize_t put = write(to, bytes.data() + at, bytes.size() - at);
        if (put <= 0) give_up("nobody reads");
        at += static_cast<std::size_t>(put);
    }
}

/// Reads up to the end of one frame, however long it is.
std::string read_frame(int from) {
    std::string frame;
    for (std::size_t wanted = std::string::npos; frame.size() < wanted;) {
        char piece[65536];
        const ssize_t got = read(from, piece, sizeof piece);
        if (got <= 0) give_up("the plugin ended");
        frame.append(piece, static_cast<std::size_t>(got));
        const std::size_t body = frame.find("\r\n\r\n");
        if (body != std::string::npos && frame.rfind("Content-Length: ", 0) == 0)
            wanted = body + 4 + std::strtoul(frame.c_str() + 16, nullptr, 10);
    }
    return frame;
}

/// A child with a pipe to it and one from it.
class process {
public:
    explicit process(const std::vector<std::string>& command) {
        int in[2], out[2];
        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) give_up("no pipes");
        child_ = fork();
        if (child_ < 0) give_up("no process");
        if (child_ == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            std::vector<char*> arguments;
            for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
            arguments.push_back(nullptr);
            execvp(arguments[0], arguments.data());
            std::perror(arguments[0]);
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        to_ = in[1];
        from_ = out[0];
    }
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process() {
        close(to_);
        close(from_);
        waitpid(child_, nullptr, 0);
    }
    int to() const { return to_; }
    int from() const { return from_; }

private:
    pid_t child_ = -1;
    int to_ = -1, from_ = -1;
};

std::string framed(const std::string& body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// One program under measurement, and what it is asked and must answer.
struct contender {
    process runs;
    std::string request, answer;
    tenon::detail::poll_budget waits = tenon::detail::poll_budget(); // of the driver, for answers
    std::vector<double> rounds = {};                                 // µs a round trip

    void look() {
        auto looked = std::chrono::steady_clock::now();
        const auto until = waits.begin(looked);
        for (pollfd entry{runs.from(), POLLIN, 0}; looked < until;) {
            const bool there = poll(&entry, 1, 0) > 0;
            const auto before = std::exchange(looked, std::chrono::steady_clock::now());
            if (there) return waits.heard(looked, looked - before);
        }
    }

    void run(int trips, bool counts) {
        std::string room(answer.size() + 1, '\0'); // one byte more than there may be
        const auto start = std::chrono::steady_clock::now();
        for (int trip = 0; trip != trips; ++trip) {
            write_all(runs.to(), request);
            for (std::size_t at = 0; at != answer.size();) {
                if (waits.may_look()) look();
                const ssize_t got = read(runs.from(), room.data() + at, room.size() - at);
                if (got <= 0) give_up("an answer ended too soon");
                if (waits.may_look()) waits.heard(std::chrono::steady_clock::now());
                at += static_cast<std::size_t>(got);
                if (at > answer.size()) give_up("an answer is too long");
            }
            if (std::memcmp(room.data(), answer.data(), answer.size()) != 0) give_up("another answer came");
        }
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        if (counts) rounds.push_back(took.count() / trips);
    }
};

double median(std::vector<double> of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
}

double median_ratio(const contender& a, const contender& b) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round != a.rounds.size(); ++round)
        ratios.push_back(a.rounds[round] / b.rounds[round]);
    return median(ratios);
}

void pin(int cpu) {
    cpu_set_t set;
    if (cpu < 0) { // the last one that we may use: the first does most of the machine's chores
        if (sched_getaffinity(0, sizeof set, &set) != 0) give_up("no affinity");
        for (int candidate = 0; candidate != CPU_SETSIZE; ++candidate)
            if (CPU_ISSET(candidate, &set)) cpu = candidate;
    }
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) give_up("this CPU is not ours");
}

struct options {
    int rounds = 11, trips = 20'000, cpu = -1;
    bool free = false;
    std::chrono::microseconds look = tenon::detail::default_longest_look;
    double limit = 0;
    std::vector<std::size_t> payloads = {64, 1024, 65536};
    std::string echo = {};
    std::vector<std::string> plugin = {};
};

options read_options(int argc, char** argv) {
    options given;
    int at = 1;
    for (; at + 1 < argc && std::strncmp(argv[at], "--", 2) == 0; at += 2) {
        const std::string name = argv[at];
        if (name == "--rounds") given.rounds = std::atoi(argv[at + 1]);
        else if (name == "--trips") given.trips = std::atoi(argv[at + 1]);
        else if (name == "--cpu" && std::strcmp(argv[at + 1], "free") == 0) given.free = true;
        else if (name == "--cpu") given.cpu = std::atoi(argv[at + 1]);
        else if (name == "--payload") given.payloads = {std::strtoul(argv[at + 1], nullptr, 10)};
        else if (name == "--look") given.look = std::chrono::microseconds(std::atoi(argv[at + 1]));
        else if (name == "--limit") given.limit = std::atof(argv[at + 1]);
        else give_up("unknown option " + name);
    }
    if (at + 2 > argc || given.rounds < 1 || given.trips < 1)
        give_up("the first lines of round_trip.cpp say how");
    given.echo = argv[at++];
    for (; at < argc; ++at) given.plugin.emplace_back(argv[at]);
    return given;
}

/// plugin / echo: of medians or per round, the worse of the two.
double measure(const options& given, std::size_t payload) {
    const std::string who(payload, 'w');
    const std::string request = framed(
        R"({"jsonrpc":"2.0","id":4711,"method":"plugin/execute","params":{"command":"greet","args":{"who":")" +
        who + R"("}}})");
    const std::string answer = framed(R"({"jsonrpc":"2.0","id":4711,"result":"hello )" + who + "\"}");

    setenv("TENON_WAIT_US", std::to_string(given.look.count()).c_str(), 1);
    contender plugin{process(given.plugin), request, answer};
    if (given.free) plugin.waits = tenon::detail::poll_budget(given.look);
    write_all(
        plugin.runs.to(),
        framed(R"({"jsonrpc":"2.0","id":1,"method":"plugin/handshake","params":{"protocolVersions":[1]}})"));
    if (read_frame(plugin.runs.from()).find("\"result\"") == std::string::npos) give_up("no handshake");
    contender echo{process({given.echo}), request, request};
    contender in_out{process({given.echo, std::to_string(request.size()), std::to_string(answer.size())}),
                     request, ""};
    in_out.answer = request.substr(0, answer.size());

    // As many bytes for a large payload take longer: fewer trips then.
    const int trips = std::max(1, payload > 4096 ? given.trips / 10 : given.trips);
    for (contender* each : {&plugin, &echo, &in_out}) each->run(trips / 10 + 1, false);
    for (int round = 0; round != given.rounds; ++round)
        for (contender* each : {&plugin, &echo, &in_out}) each->run(trips, true);

    const double by_medians = median(plugin.rounds) / median(echo.rounds);
    const double by_rounds = median_ratio(plugin, echo);
    std::printf("| %6zu B | %7zu | %7zu | %8.2f | %8.2f | %8.2f | %9.2f | %9.2f | %11.2f |\n", payload,
                request.size(), answer.size(), median(plugin.rounds), median(echo.rounds),
                median(in_out.rounds), by_medians, by_rounds, median_ratio(plugin, in_out));
    std::fflush(stdout);
    return std::max(by_medians, by_rounds);
}

} // namespace

int main(int argc, char** argv) {
    const options given = read_options(argc, argv);
    if (!given.free) pin(given.cpu);
    std::printf("%d rounds of %d round trips (a tenth for 64 KiB), medians, µs\n\n", given.rounds,
                given.trips);
    std::printf("|  payload | request |  answer |   plugin |     echo |   in/out | of medians | per round | "
                "to in/out |\n"
                "|---|---|---|---|---|---|---|---|---|\n");
    bool good = true;
    for (const std::size_t payload : given.payloads)
        if (measure(given, payload) > given.limit && given.limit != 0 && payload <= 1024) good = false;
    return good ? 0 : 1;
}
