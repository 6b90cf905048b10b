// One event to many plugins against the floor: a loop that writes as many bytes to as many pipes, then reads one byte
// from each of the C programs behind them.
//
//     broadcast [--rounds N] [--times N] [--cpu N] [--limit RATIO] [--plugins N] GATHER PLUGIN [WORD...]
//
// The links are a session over a descriptor_link for each plugin, on one io_context; the event is encoded once and
// shared. Every plugin decodes it into a struct and answers; all answers are waited for. decide() of a tenon::host does
// the same with plugins that it has started. publish() tells them: every plugin decodes the event and writes one byte
// into a pipe of its own, as those of the floor do. All processes are pinned to one CPU and take turns within a round.
//
// Prints medians over the rounds. --limit makes the exit code 1 where publish / raw is beyond it for 100 plugins.

#include <tenon/host.hpp>
#include <tenon/session/shared_bytes.hpp>
#include <tenon/transport/descriptor_link.hpp>

#include "../children.hpp"

#include <chrono>
#include <cstring>
#include <map>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>

namespace {

// 300 bytes with its frame around it.
const std::string params =
    R"({"eventId":"e-4711","eventType":"message.incoming","payload":{"content":"good morning, everybody","from_uid":"u-1",)"
    R"("to_uid":"r-1"},"metadata":{},"timestamp":"2026-01-01T00:00:00.000Z","deadlineMs":5000})";

class bare_links final : public tenon::detail::link_owner {
public:
    bare_links(asio::io_context& loop, std::vector<bench::process>& plugins) : loop_(loop), payload_(params) {
        for (bench::process& plugin : plugins)
            links_.push_back(tenon::detail::descriptor_link::open(
                loop.get_executor(), tenon::detail::session_role::host, tenon::host_limits(), *this,
                tenon::detail::descriptor(plugin.take_from()), tenon::detail::descriptor(plugin.take_to())));
        ask("plugin/handshake", tenon::detail::shared_bytes(R"({"protocolVersions":[1]})"));
        for (const auto& link : links_) link->peer().handshake_done(true);
    }
    bare_links(const bare_links&) = delete;
    bare_links& operator=(const bare_links&) = delete;

    void broadcast() { ask("plugin/onEvent", payload_); }

private:
    void ask(std::string_view method, const tenon::detail::shared_bytes& with) {
        const auto now = std::chrono::steady_clock::now();
        waiting_ = links_.size();
        for (const auto& link : links_) {
            if (!link->peer().call(method, with, tenon::after(now, tenon::milliseconds{5'000}), now))
                bench::give_up("not sent");
            link->flush();
        }
        loop_.restart();
        loop_.run();
        if (waiting_ != 0) bench::give_up("nothing to wait for");
    }
    void on_event(tenon::detail::session_event& event, tenon::time_point) override {
        if (event.kind != tenon::detail::event_kind::response || event.failed)
            bench::give_up("no answer, but something else");
        if (--waiting_ == 0) loop_.stop();
    }

    asio::io_context& loop_;
    tenon::detail::shared_bytes payload_;
    std::vector<std::shared_ptr<tenon::detail::link>> links_;
    std::size_t waiting_ = 0;
};

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

class whole_host {
public:
    /// With a folder for their pipes the plugins observe, and write their bytes there.
    whole_host(asio::io_context& loop, const std::vector<std::string>& command, int count,
               const std::string& folder = {})
        : loop_(loop), host_(loop),
          starting_(count), event_{.content = "good morning, everybody", .from_uid = "u-1", .to_uid = "r-1"} {
        for (int index = 0; index != count; ++index) {
            const std::string name = "listener-" + std::to_string(index);
            std::map<std::string, std::string> environment{{"LISTENER_NAME", name}};
            if (!folder.empty()) {
                environment["LISTENER_BYTES"] = folder + "/" + name;
                if (::mkfifo(environment["LISTENER_BYTES"].c_str(), 0600) != 0) bench::give_up("no pipe");
                bytes_.push_back(::open(environment["LISTENER_BYTES"].c_str(), O_RDWR | O_CLOEXEC));
            }
            host_.start({.name = name, .command = command, .environment = environment},
                        [this](const tenon::result<void>& started) {
                            if (!started) bench::give_up(started.error().message);
                            if (--starting_ == 0) loop_.stop();
                        });
        }
        loop_.run();
    }

    void decide() {
        bool decided = false;
        host_.decide(event_, [&](const tenon::decision<message>& outcome) {
            for (const tenon::plugin_outcome& one : outcome.plugins())
                if (one.outcome != tenon::outcome_kind::proceed)
                    bench::give_up("no answer, but " + one.reason);
            decided = true;
            loop_.stop();
        });
        loop_.restart();
        loop_.run();
        if (!decided) bench::give_up("nothing to wait for");
    }

    void publish() {
        if (host_.publish(event_) != bytes_.size()) bench::give_up("not told");
        std::string byte(1, '\0');
        for (const int from : bytes_) bench::read_whole(from, byte);
        loop_.restart();
        loop_.poll();
    }

private:
    asio::io_context& loop_;
    tenon::host host_;
    std::vector<int> bytes_;
    int starting_;
    message event_;
};

struct options {
    int rounds = 11, times = 300, cpu = -1;
    double limit = 0;
    std::vector<int> plugins = {1, 10, 100};
    std::string gather = {};
    std::vector<std::string> plugin = {};
};

options read_options(int argc, char** argv) {
    options given;
    int at = 1;
    for (; at + 1 < argc && std::strncmp(argv[at], "--", 2) == 0; at += 2) {
        const std::string name = argv[at];
        if (name == "--rounds") given.rounds = std::atoi(argv[at + 1]);
        else if (name == "--times") given.times = std::atoi(argv[at + 1]);
        else if (name == "--cpu") given.cpu = std::atoi(argv[at + 1]);
        else if (name == "--plugins") given.plugins = {std::atoi(argv[at + 1])};
        else if (name == "--limit") given.limit = std::atof(argv[at + 1]);
        else bench::give_up("unknown option " + name);
    }
    if (at + 2 > argc || given.rounds < 1 || given.times < 1)
        bench::give_up("the first lines of broadcast.cpp say how");
    given.gather = argv[at++];
    for (; at < argc; ++at) given.plugin.emplace_back(argv[at]);
    return given;
}

/// publish / raw: of medians or per round, the worse of the two.
double measure(const options& given, int count) {
    const std::string body =
        R"({"jsonrpc":"2.0","id":1234,"method":"plugin/onEvent","params":)" + params + "}";
    const std::string frame = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;

    asio::io_context loop(1);
    std::vector<bench::process> plugins, gatherers;
    for (int index = 0; index != count; ++index) {
        plugins.emplace_back(given.plugin);
        gatherers.emplace_back(std::vector<std::string>{given.gather, std::to_string(frame.size())});
    }
    bare_links links(loop, plugins);
    asio::io_context loop_of_host(1);
    whole_host host(loop_of_host, given.plugin, count);
    const bench::folder pipes;
    asio::io_context loop_of_teller(1);
    whole_host teller(loop_of_teller, given.plugin, count, pipes.path());
    const auto raw = [&] {
        for (const bench::process& each : gatherers) bench::write_whole(each.to(), frame);
        std::string byte(1, '\0');
        for (const bench::process& each : gatherers) bench::read_whole(each.from(), byte);
    };

    const int times = std::max(1, given.times * 10 / std::max(10, count));
    const auto time_of = [&](auto run) {
        const auto start = std::chrono::steady_clock::now();
        for (int time = 0; time != times; ++time) run();
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() /
               times;
    };
    std::vector<double> link_times, host_times, told_times, raw_times;
    for (int round = -1; round != given.rounds; ++round) {
        const double link_time = time_of([&] { links.broadcast(); });
        const double raw_time = time_of(raw);
        const double told_time = time_of([&] { teller.publish(); });
        const double host_time = time_of([&] { host.decide(); });
        if (round < 0) continue; // to get warm
        link_times.push_back(link_time);
        host_times.push_back(host_time);
        told_times.push_back(told_time);
        raw_times.push_back(raw_time);
    }
    const auto beside_raw = [&](const std::vector<double>& measured) {
        return bench::median_ratio(measured, raw_times);
    };
    std::printf("| %7d | %5zu | %8.1f | %8.1f | %11.2f | %8.1f | %12.2f | %8.1f | %13.2f |\n", count,
                frame.size(), bench::median(raw_times), bench::median(link_times), beside_raw(link_times),
                bench::median(host_times), beside_raw(host_times), bench::median(told_times),
                beside_raw(told_times));
    std::fflush(stdout);
    return std::max(bench::median(told_times) / bench::median(raw_times), beside_raw(told_times));
}

} // namespace

int main(int argc, char** argv) {
    const options given = read_options(argc, argv);
    bench::pin(given.cpu);
    std::printf("%d rounds, medians, µs\n\n", given.rounds);
    std::printf("| plugins | bytes |      raw |    links | links / raw | decide() | decide / raw | publish() "
                "| publish / raw |\n"
                "|---|---|---|---|---|---|---|---|---|\n");
    bool good = true;
    for (const int count : given.plugins)
        if (measure(given, count) > given.limit && given.limit != 0 && count >= 100) good = false;
    return good ? 0 : 1;
}
