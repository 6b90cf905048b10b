// A round trip of the host's side against the floor: a C loop that echoes the same bytes over two pipes.
//
//     host_round_trip [--rounds N] [--trips N] [--cpu N] [--limit RATIO] [--payload BYTES] [--look MICROSECONDS]
//                     ECHO PLUGIN [WORD...]
//
// The link is a session over a descriptor_link on an io_context. It encodes `plugin/execute greet {"who": PAYLOAD}`,
// and decodes and compares the answer; the plugin is examples/hello or whatever starts it. The host is tenon::host,
// whose execute() does the same with a plugin that it has started. Both, the plugins and the echo are pinned to one
// CPU, and take turns within one round, so that what else the machine does meets all of them.
//
// With `--cpu free` nobody is pinned: host and plugin look for each other's words before they sleep, for as long as
// --look says at most, and the echo and its driver sleep as ever; so do "asleep", another host and its plugin. What
// that costs is printed then, too: the CPU time of both processes for a round trip.
//
// Prints medians over the rounds. --limit makes the exit code 1 where link / echo is beyond it for 64 bytes or
// 1 KiB; 64 KiB is for information, because a default pipe does not hold such a frame.

#include <tenon/host.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>
#include <tenon/transport/descriptor_link.hpp>

#include "../children.hpp"

#include <chrono>
#include <cstring>
#include <optional>

namespace {

using tenon::detail::event_kind;

struct greet {
    std::string who;
};
struct execute {
    std::string command;
    greet args;
};

class bare_link final : public tenon::detail::link_owner {
public:
    bare_link(asio::io_context& loop, bench::process& plugin, std::size_t payload,
              std::chrono::microseconds look)
        : loop_(loop), asks_{"greet", {std::string(payload, 'w')}}, expected_("hello " + asks_.args.who) {
        link_ = tenon::detail::descriptor_link::open(
            loop.get_executor(), tenon::detail::session_role::host, tenon::host_limits(), *this,
            tenon::detail::descriptor(plugin.take_from()), tenon::detail::descriptor(plugin.take_to()),
            tenon::milliseconds{10'000}, tenon::detail::busy_poll::make(loop.get_executor(), look));
        const auto now = std::chrono::steady_clock::now();
        left_ = 1;
        if (!link_->peer().call("plugin/handshake", R"({"protocolVersions":[1]})", in_five_seconds(now), now))
            bench::give_up("no handshake");
        run();
        link_->peer().handshake_done(true);
        shaken_ = true;
    }
    bare_link(const bare_link&) = delete;
    bare_link& operator=(const bare_link&) = delete;

    void trips(int count) {
        left_ = count;
        ask(std::chrono::steady_clock::now());
        run();
    }

private:
    static tenon::time_point in_five_seconds(tenon::time_point now) {
        return tenon::after(now, tenon::milliseconds{5'000});
    }
    void run() {
        link_->flush();
        loop_.restart();
        loop_.run();
        if (left_ != 0) bench::give_up("nothing to wait for");
    }
    void ask(tenon::time_point now) {
        auto params = link_->peer().begin_call("plugin/execute");
        tenon::detail::encode(params, asks_);
        if (!link_->peer().finish_call(in_five_seconds(now), now)) bench::give_up("not sent");
    }
    void on_event(tenon::detail::session_event& event, tenon::time_point now) override {
        if (event.kind != event_kind::response || event.failed)
            bench::give_up("no answer, but something else");
        if (--left_ == 0) loop_.stop();
        if (!shaken_) return;
        const auto answer = tenon::from_json<std::string>(event.value);
        if (!answer || *answer != expected_) bench::give_up("another answer came");
        if (left_ != 0) ask(now);
    }

    asio::io_context& loop_;
    execute asks_;
    std::string expected_;
    std::shared_ptr<tenon::detail::link> link_;
    int left_ = 0;
    bool shaken_ = false;
};

class whole_host {
public:
    whole_host(asio::io_context& loop, const std::vector<std::string>& command, std::size_t payload,
               std::chrono::microseconds look)
        : loop_(loop), host_(loop, {.longest_look = look}), asks_{std::string(payload, 'w')},
          expected_("hello " + asks_.who) {
        host_.start({.name = "hello", .command = command}, [this](const tenon::result<void>& started) {
            if (!started) bench::give_up(started.error().message);
            loop_.stop();
        });
        loop_.run();
    }

    pid_t child() const { return host_.status("hello")->pid.value(); }
    void trips(int count) {
        left_ = count;
        ask();
        loop_.restart();
        loop_.run();
        if (left_ != 0) bench::give_up("nothing to wait for");
    }

private:
    void ask() {
        host_.execute<std::string>("greet", asks_, {}, [this](const tenon::result<std::string>& answer) {
            if (!answer || *answer != expected_) bench::give_up("another answer came");
            if (--left_ == 0) loop_.stop();
            else ask();
        });
    }

    asio::io_context& loop_;
    tenon::host host_;
    greet asks_;
    std::string expected_;
    int left_ = 0;
};

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
        else if (name == "--look") given.look = std::chrono::microseconds(std::atoi(argv[at + 1]));
        else if (name == "--payload") given.payloads = {std::strtoul(argv[at + 1], nullptr, 10)};
        else if (name == "--limit") given.limit = std::atof(argv[at + 1]);
        else bench::give_up("unknown option " + name);
    }
    if (at + 2 > argc || given.rounds < 1 || given.trips < 1)
        bench::give_up("the first lines of host_round_trip.cpp say how");
    given.echo = argv[at++];
    for (; at < argc; ++at) given.plugin.emplace_back(argv[at]);
    return given;
}

/// What a contender took for a round trip, in each of the rounds: µs, and those of the CPU in both processes.
struct measured {
    std::vector<double> times = {}, cpu_times = {};

    template <class Run>
    void take(int trips, pid_t child, bool counts, Run run) {
        const double cpu = bench::cpu_time_of(0) + bench::cpu_time_of(child);
        const auto start = std::chrono::steady_clock::now();
        run();
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        if (!counts) return;
        times.push_back(took.count() / trips);
        cpu_times.push_back((bench::cpu_time_of(0) + bench::cpu_time_of(child) - cpu) / trips);
    }
};

/// link / echo: of medians or per round, the worse of the two.
double measure(const options& given, std::size_t payload) {
    const std::string request =
        R"({"jsonrpc":"2.0","id":123456,"method":"plugin/execute","params":{"command":"greet","args":{"who":")" +
        std::string(payload, 'w') + R"("}}})";
    const std::string frame = "Content-Length: " + std::to_string(request.size()) + "\r\n\r\n" + request;
    std::string room(frame.size(), '\0');

    asio::io_context loop(1);
    bench::process plugin(given.plugin), echo({given.echo});
    bare_link link(loop, plugin, payload, given.look);
    asio::io_context loop_of_host(1), loop_of_sleeper(1);
    whole_host host(loop_of_host, given.plugin, payload, given.look);
    std::optional<whole_host> sleeper;
    if (given.free) sleeper.emplace(loop_of_sleeper, given.plugin, payload, std::chrono::microseconds(0));
    const auto echo_trips = [&](int trips) {
        for (int trip = 0; trip != trips; ++trip) {
            bench::write_whole(echo.to(), frame);
            bench::read_whole(echo.from(), room);
            if (std::memcmp(room.data(), frame.data(), room.size()) != 0) bench::give_up("another echo came");
        }
    };

    // As many bytes for a large payload take longer: fewer trips then.
    const int trips = std::max(1, payload > 4096 ? given.trips / 10 : given.trips);
    measured links, hosts, sleepers, echoes;
    for (int round = -1; round != given.rounds; ++round) { // the first one to get warm
        links.take(trips, plugin.pid(), round >= 0, [&] { link.trips(trips); });
        echoes.take(trips, echo.pid(), round >= 0, [&] { echo_trips(trips); });
        hosts.take(trips, host.child(), round >= 0, [&] { host.trips(trips); });
        if (sleeper) sleepers.take(trips, sleeper->child(), round >= 0, [&] { sleeper->trips(trips); });
    }
    const double by_medians = bench::median(links.times) / bench::median(echoes.times);
    const double by_rounds = bench::median_ratio(links.times, echoes.times);
    std::printf("| %6zu B | %7zu | %8.2f | %8.2f | %11.2f | %8.2f | %11.2f |", payload, frame.size(),
                bench::median(echoes.times), bench::median(links.times), by_rounds,
                bench::median(hosts.times), bench::median_ratio(hosts.times, echoes.times));
    if (given.free)
        std::printf(" %8.2f | %13.2f | %8.2f | %8.2f | %8.2f | %10.2f |", bench::median(sleepers.times),
                    bench::median_ratio(sleepers.times, echoes.times), bench::median(echoes.cpu_times),
                    bench::median(links.cpu_times), bench::median(hosts.cpu_times),
                    bench::median(sleepers.cpu_times));
    std::printf("\n");
    std::fflush(stdout);
    return std::max(by_medians, by_rounds);
}

} // namespace

int main(int argc, char** argv) {
    const options given = read_options(argc, argv);
    if (!given.free) bench::pin(given.cpu);
    std::printf("%d rounds of %d round trips (a tenth for 64 KiB), medians, µs\n\n", given.rounds,
                given.trips);
    std::printf("|  payload | request |     echo |     link | link / echo |     host | host / echo |%s\n"
                "|---|---|---|---|---|---|---|%s\n",
                given.free ? "   asleep | asleep / echo | echo CPU | link CPU | host CPU | asleep CPU |" : "",
                given.free ? "---|---|---|---|---|---|" : "");
    bool good = true;
    for (const std::size_t payload : given.payloads)
        if (measure(given, payload) > given.limit && given.limit != 0 && payload <= 1024) good = false;
    return good ? 0 : 1;
}
