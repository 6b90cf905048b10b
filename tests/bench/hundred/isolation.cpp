// Whether plugins that hang are felt by those that do not: 90 plugins beside 10 that hang, against 90 alone.
//
//     bench_isolation [--rounds N] [--turns N] [--healthy N] [--hung N] [--limit RATIO] MEMBER [WORD...]
//
// Two hosts on one loop, and within a round each has its turns: an event is published to all of its plugins, and every
// healthy one is asked once; each round trip counts by itself. Those that hang were stopped by SIGSTOP: they read
// nothing, while events are published to them and calls queue up and time out. Nobody restarts them.
//
// Prints medians over the rounds of the 99th percentile and of the rate. --limit makes the exit code 1 where the 99th
// percentile with those that hang is beyond so many times the other one, or the rate below 80 %.

#include "../../host/inside.hpp"

#include <tenon/host.hpp>

#include "../children.hpp"

#include <chrono>
#include <cstring>
#include <utility>

#include <signal.h>

namespace {

using clock_type = std::chrono::steady_clock;

struct options {
    int rounds = 15, turns = 60, healthy = 90, hung = 10;
    double limit = 0;
    std::vector<std::string> plugin = {};
};

options read_options(int argc, char** argv) {
    options given;
    int at = 1;
    for (; at + 1 < argc && std::strncmp(argv[at], "--", 2) == 0; at += 2) {
        const std::string name = argv[at];
        if (name == "--rounds") given.rounds = std::atoi(argv[at + 1]);
        else if (name == "--turns") given.turns = std::atoi(argv[at + 1]);
        else if (name == "--healthy") given.healthy = std::atoi(argv[at + 1]);
        else if (name == "--hung") given.hung = std::atoi(argv[at + 1]);
        else if (name == "--limit") given.limit = std::atof(argv[at + 1]);
        else bench::give_up("unknown option " + name);
    }
    if (at == argc || given.rounds < 1 || given.turns < 1 || given.healthy < 1 || given.hung < 0)
        bench::give_up("the first lines of isolation.cpp say how");
    for (; at < argc; ++at) given.plugin.emplace_back(argv[at]);
    return given;
}

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};
struct asked {
    std::string event_id, event_type;
    message payload;
    static constexpr auto describe() { return tenon::camel_case(); }
};

struct figures {
    double p99_us, per_second;
};

class crowd {
public:
    crowd(asio::io_context& loop, const options& given, int hung) : loop_(loop), host_(loop), hung_(hung) {
        int waiting = given.healthy + hung;
        for (int number = 0; number != given.healthy + hung; ++number) {
            tenon::plugin_options plugin{.name = "member-" + std::to_string(number), .command = given.plugin};
            plugin.environment["MEMBER_NAME"] = plugin.name;
            plugin.health_interval = tenon::milliseconds{0};
            plugin.write_timeout = tenon::milliseconds{3'600'000};
            names_.push_back(plugin.name);
            host_.start(plugin, [&waiting](const tenon::result<void>& started) {
                if (!started) bench::give_up(started.error().message);
                --waiting;
            });
        }
        run([&] { return waiting == 0; });
        for (int number = 0; number != hung; ++number)
            kill(inside(host_).find(names_[static_cast<std::size_t>(number)])->actor->pid(), SIGSTOP);
    }

    figures turns(int count) {
        std::vector<double> trips;
        const auto begin = clock_type::now();
        for (int turn = 0; turn != count; ++turn) {
            host_.publish(told_);
            std::size_t waiting = names_.size() - static_cast<std::size_t>(hung_);
            for (std::size_t number = 0; number != names_.size(); ++number) {
                const auto sent = clock_type::now();
                if (number < static_cast<std::size_t>(hung_)) {
                    host_.call(names_[number], "plugin/onEvent", asks_, {},
                               [](const tenon::result<tenon::json>&) {});
                    continue;
                }
                host_.call(
                    names_[number], "plugin/onEvent", asks_, {},
                    [&, sent](const tenon::result<tenon::json>& answer) {
                        if (!answer) bench::give_up(answer.error().message);
                        trips.push_back(
                            std::chrono::duration<double, std::micro>(clock_type::now() - sent).count());
                        --waiting;
                    });
            }
            run([&] { return waiting == 0; });
        }
        const double seconds = std::chrono::duration<double>(clock_type::now() - begin).count();
        std::sort(trips.begin(), trips.end());
        return {trips[trips.size() * 99 / 100], static_cast<double>(trips.size()) / seconds};
    }

private:
    template <class Condition>
    void run(Condition over) {
        while (!over())
            if (loop_.run_one() == 0) bench::give_up("nothing to wait for");
    }

    asio::io_context& loop_;
    tenon::host host_;
    int hung_;
    std::vector<std::string> names_;
    message told_{"good morning, everybody", "u-1", "r-1"};
    asked asks_{"e-4711", "message.incoming", told_};
};

} // namespace

int main(int argc, char** argv) {
    const options given = read_options(argc, argv);
    bench::pin(-1);
    asio::io_context loop(1);
    crowd alone(loop, given, 0), beside(loop, given, given.hung);
    std::vector<double> alone_p99, beside_p99, alone_rate, beside_rate;
    for (int round = -1; round != given.rounds; ++round) {
        // Whoever is first has another one's caches: they take turns in that as well.
        figures one{}, other{};
        if (round % 2 == 0) one = alone.turns(given.turns), other = beside.turns(given.turns);
        else other = beside.turns(given.turns), one = alone.turns(given.turns);
        if (round < 0) continue; // to get warm
        alone_p99.push_back(one.p99_us);
        beside_p99.push_back(other.p99_us);
        alone_rate.push_back(one.per_second);
        beside_rate.push_back(other.per_second);
    }
    const double slower = std::max(bench::median(beside_p99) / bench::median(alone_p99),
                                   bench::median_ratio(beside_p99, alone_p99));
    const double rate = bench::median_ratio(beside_rate, alone_rate);
    std::printf("%d rounds of %d turns with %d healthy plugins, medians\n\n"
                "|                | alone | beside %d that hang | ratio |\n|---|---|---|---|\n"
                "| 99th, us       | %.0f | %.0f | %.2f |\n| round trips/s  | %.0f | %.0f | %.2f |\n",
                given.rounds, given.turns, given.healthy, given.hung, bench::median(alone_p99),
                bench::median(beside_p99), slower, bench::median(alone_rate), bench::median(beside_rate),
                rate);
    return given.limit != 0 && (slower > given.limit || rate < 0.8) ? 1 : 0;
}
