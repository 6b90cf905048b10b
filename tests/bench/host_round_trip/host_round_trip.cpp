// A round trip of the host's side against the floor: a C loop that echoes the same bytes over two pipes.
//
//     host_round_trip [--rounds N] [--trips N] [--cpu N] [--limit RATIO] [--payload BYTES] ECHO PLUGIN [WORD...]
//
// The link is a session over a descriptor_link on an io_context. It encodes `plugin/execute greet {"who": PAYLOAD}`,
// and decodes and compares the answer; the plugin is examples/hello or whatever starts it. The host is tenon::host,
// whose execute() does the same with a plugin that it has started. Both, the plugins and the echo are pinned to one
// CPU, and take turns within one round, so that what else the machine does meets all of them.
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
    bare_link(asio::io_context& loop, bench::process& plugin, std::size_t payload)
        : loop_(loop), asks_{"greet", {std::string(payload, 'w')}}, expected_("hello " + asks_.args.who) {
        link_ = tenon::detail::descriptor_link::open(
            loop.get_executor(), tenon::detail::session_role::host, tenon::host_limits(), *this,
            tenon::detail::descriptor(plugin.take_from()), tenon::detail::descriptor(plugin.take_to()));
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
    whole_host(asio::io_context& loop, const std::vector<std::string>& command, std::size_t payload)
        : loop_(loop), host_(loop), asks_{std::string(payload, 'w')}, expected_("hello " + asks_.who) {
        host_.start({.name = "hello", .command = command}, [this](const tenon::result<void>& started) {
            if (!started) bench::give_up(started.error().message);
            loop_.stop();
        });
        loop_.run();
    }

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
        else if (name == "--cpu") given.cpu = std::atoi(argv[at + 1]);
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

template <class Run>
double time_of(int trips, Run run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() /
           trips;
}

/// link / echo: of medians or per round, the worse of the two.
double measure(const options& given, std::size_t payload) {
    const std::string request =
        R"({"jsonrpc":"2.0","id":123456,"method":"plugin/execute","params":{"command":"greet","args":{"who":")" +
        std::string(payload, 'w') + R"("}}})";
    const std::string frame = "Content-Length: " + std::to_string(request.size()) + "\r\n\r\n" + request;
    std::string room(frame.size(), '\0');

    asio::io_context loop(1);
    bench::process plugin(given.plugin), echo({given.echo});
    bare_link link(loop, plugin, payload);
    asio::io_context loop_of_host(1);
    whole_host host(loop_of_host, given.plugin, payload);
    const auto echo_trips = [&](int trips) {
        for (int trip = 0; trip != trips; ++trip) {
            bench::write_whole(echo.to(), frame);
            bench::read_whole(echo.from(), room);
            if (std::memcmp(room.data(), frame.data(), room.size()) != 0) bench::give_up("another echo came");
        }
    };

    // As many bytes for a large payload take longer: fewer trips then.
    const int trips = std::max(1, payload > 4096 ? given.trips / 10 : given.trips);
    std::vector<double> links, hosts, echoes;
    for (int round = -1; round != given.rounds; ++round) {
        const double link_time = time_of(trips, [&] { link.trips(trips); });
        const double echo_time = time_of(trips, [&] { echo_trips(trips); });
        const double host_time = time_of(trips, [&] { host.trips(trips); });
        if (round < 0) continue; // to get warm
        links.push_back(link_time);
        hosts.push_back(host_time);
        echoes.push_back(echo_time);
    }
    const double by_medians = bench::median(links) / bench::median(echoes);
    const double by_rounds = bench::median_ratio(links, echoes);
    std::printf("| %6zu B | %7zu | %8.2f | %8.2f | %11.2f | %8.2f | %11.2f |\n", payload, frame.size(),
                bench::median(echoes), bench::median(links), by_rounds, bench::median(hosts),
                bench::median_ratio(hosts, echoes));
    std::fflush(stdout);
    return std::max(by_medians, by_rounds);
}

} // namespace

int main(int argc, char** argv) {
    const options given = read_options(argc, argv);
    bench::pin(given.cpu);
    std::printf("%d rounds of %d round trips (a tenth for 64 KiB), medians, µs\n\n", given.rounds,
                given.trips);
    std::printf("|  payload | request |     echo |     link | link / echo |     host | host / echo |\n"
                "|---|---|---|---|---|---|---|\n");
    bool good = true;
    for (const std::size_t payload : given.payloads)
        if (measure(given, payload) > given.limit && given.limit != 0 && payload <= 1024) good = false;
    return good ? 0 : 1;
}
