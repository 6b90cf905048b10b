// Rows of the fault catalogue that take many real processes, or a real host process that is stopped itself.

#include "inside.hpp"
#include "run_on_host.hpp"

#include <algorithm>
#include <map>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace tenon;
using std::chrono::seconds;
using std::chrono::steady_clock;
using tests::fixture;
using tests::running_host;

plugin_options misbehaving(std::string name, std::vector<std::string> words) {
    plugin_options options{.name = std::move(name), .command = {fixture("misbehaving")}};
    options.command.insert(options.command.end(), words.begin(), words.end());
    options.health_interval = milliseconds(0);
    options.handshake_timeout = milliseconds(60'000); // 100 at once on a busy machine
    return options;
}

std::string numbered(int at) { return "p" + std::to_string(at); }

void start_all(running_host& run, int count, const std::function<plugin_options(int at)>& options) {
    int ready = 0;
    for (int at = 0; at < count; ++at)
        run.host.start(options(at), [&ready](const result<void>& done) { ready += static_cast<bool>(done); });
    REQUIRE(run.wait_for([&] { return ready == count; }, seconds(60)));
}

TEST_CASE("S3: 100 plugins killed at once are put off by delays that are spread, and all come back") {
    constexpr int count = 100;
    running_host run({.seed = 3});
    start_all(run, count, [](int at) {
        auto options = misbehaving(numbered(at), {"good"});
        options.restart.backoff = milliseconds(1'000);
        return options;
    });
    // As planned: when a process really comes is up to the machine.
    std::map<std::string, time_point> planned;
    int back = 0;
    run.host.on_change([&](const state_change& change) {
        if (change.to == plugin_state::backoff)
            planned[change.plugin] = inside(run.host).find(change.plugin)->actor->supervised().next_retry();
        if (change.to == plugin_state::ready) ++back;
    });
    for (const plugin_status& one : run.host.status().plugins) ::kill(one.pid.value(), SIGKILL);
    const auto killed = steady_clock::now();
    REQUIRE(run.wait_for([&] { return planned.size() == count; }));
    std::vector<milliseconds> delays;
    for (const auto& [name, when] : planned) {
        delays.push_back(std::chrono::duration_cast<milliseconds>(when - killed));
        CHECK(delays.back() >= milliseconds(499));
        CHECK(delays.back() < milliseconds(1'500) + seconds(5)); // 5 s to notice the last one's end
    }
    std::sort(delays.begin(), delays.end());
    const auto crowd = [&] {
        std::ptrdiff_t most = 0;
        for (auto from = delays.begin(); from != delays.end(); ++from)
            most = std::max(most, std::upper_bound(from, delays.end(), *from + milliseconds(99)) - from);
        return most;
    };
    CHECK(crowd() <= 25);
    REQUIRE(run.wait_for([&] { return back == count; }, seconds(60)));
    const std::map<std::string, int> args = {{"a", 1}};
    CHECK(run.execute<json>("echo", args).value().text() == R"({"a":1})");
}

TEST_CASE("S10: 100 plugins of which 10 hear nothing but SIGKILL are stopped side by side, none is left") {
    constexpr int count = 100;
    std::vector<int> pids;
    running_host run;
    start_all(run, count, [](int at) {
        auto options = misbehaving(numbered(at), {at % 10 == 0 ? "until-kill" : "good"});
        options.stop = {{stop_action::ask, milliseconds(500)},
                        {stop_action::close_stdin, milliseconds(200)},
                        {stop_action::terminate, milliseconds(300)},
                        {stop_action::kill, milliseconds(0)}};
        return options;
    });
    for (const plugin_status& one : run.host.status().plugins) pids.push_back(one.pid.value());
    const auto begun = steady_clock::now();
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.shutdown(done); }));
    const auto took = steady_clock::now() - begun;
    CHECK(took >= milliseconds(1'000));
    CHECK(took < milliseconds(1'000) + seconds(4)); // the row says 1 s, on a machine with nothing else to do
    for (const plugin_status& one : run.host.status().plugins) {
        CHECK(one.state == plugin_state::stopped);
        const bool deaf = one.name.back() == '0';
        CHECK(one.last_exit->stop_step == (deaf ? "kill" : "ask"));
    }
    for (const int pid : pids) CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("S9: one of 100 that is silent in its handshake keeps no other from being ready") {
    constexpr int count = 100;
    int ready = 0, failed = 0; // the silent one's start completes with the host's end
    running_host run;
    for (int at = 0; at < count; ++at)
        run.host.start(misbehaving(numbered(at), {at == 42 ? "mute" : "good"}),
                       [&](const result<void>& done) { ++(done ? ready : failed); });
    REQUIRE(run.wait_for([&] { return ready == count - 1; }, seconds(60)));
    CHECK(failed == 0);
    CHECK(run.status("p42").state == plugin_state::handshaking);
}

TEST_CASE(
    "S4: a process that stands still is restarted after its missed checks, and was not heard before that") {
    running_host run;
    auto options = misbehaving("frozen", {"frozen"});
    options.health_interval = milliseconds(50);
    options.health_timeout = milliseconds(50);
    options.health_misses = 3;
    options.restart.max_retries = 0;
    options.stop = {{stop_action::ask, milliseconds(50)}, {stop_action::kill, milliseconds(0)}};
    REQUIRE(run.start(options));
    REQUIRE(run.wait_for([&] { return run.status("frozen").state == plugin_state::failed; }));
    CHECK(run.states("frozen") == "starting handshaking ready stopping failed");
    CHECK(run.changes.back().reason.cause == change_cause::health);
    CHECK(run.status("frozen").last_exit->text.find("SIGKILL") != std::string::npos);
}

/// A host in a process of its own, which writes a letter for every change of a plugin and ends when it is told to.
class host_process {
public:
    host_process() {
        int changes[2], orders[2];
        REQUIRE(::pipe(changes) == 0);
        REQUIRE(::pipe(orders) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(changes[0]), ::close(orders[1]);
            run(orders[0], changes[1]);
        }
        ::close(changes[1]), ::close(orders[0]);
        changes_ = changes[0], orders_ = orders[1];
    }
    host_process(const host_process&) = delete;
    host_process& operator=(const host_process&) = delete;
    ~host_process() {
        ::kill(pid_, SIGCONT);
        ::kill(pid_, SIGKILL);
        ::close(changes_), ::close(orders_);
        ::waitpid(pid_, nullptr, 0);
    }
    void signal(int number) const { ::kill(pid_, number); }
    /// Empty at the end.
    std::string next() const {
        char letter = 0;
        while (::read(changes_, &letter, 1) < 0 && errno == EINTR) {
        }
        return letter == 0 ? std::string() : std::string(1, letter);
    }
    std::string rest() const {
        ::close(orders_);
        std::string all;
        for (std::string one = next(); !one.empty(); one = next()) all += one;
        return all;
    }

private:
    static constexpr int plugins = 10;
    [[noreturn]] static void run(int orders, int changes) {
        {
            asio::io_context io;
            tenon::host host(io);
            int ready = 0;
            const auto say = [&](char what) {
                if (::write(changes, &what, 1) != 1) ::_exit(3);
            };
            bool ending = false;
            host.on_change([&](const state_change& change) {
                if (!ending && change.from == plugin_state::ready) say('!');
                if (change.to == plugin_state::ready && ++ready == plugins) say('r');
            });
            for (int at = 0; at < plugins; ++at) {
                auto options = misbehaving(numbered(at), {"good"});
                options.health_interval = milliseconds(100);
                options.health_timeout = milliseconds(100);
                options.health_misses = 1;
                options.write_timeout = milliseconds(500);
                host.start(options, [](const result<void>&) {});
            }
            asio::posix::stream_descriptor order(io, orders);
            order.async_wait(asio::posix::stream_descriptor::wait_read, [&](const asio::error_code&) {
                // Calls that were begun before the pause are answered, those begun now too.
                ending = true;
                host.shutdown([&](const result<void>&) { say('s'); });
            });
            asio::steady_timer pulse(io);
            std::function<void()> beat = [&] {
                host.call<json>("p0", "plugin/execute",
                                json::parse(R"({"command":"echo","args":{"a":1}})").value(),
                                {.timeout = milliseconds(2'000)}, [&](const result<json>& answer) {
                                    if (!answer && !ending) say('t');
                                });
                pulse.expires_after(milliseconds(20));
                pulse.async_wait([&](const asio::error_code&) {
                    if (ending) return;
                    beat();
                });
            };
            pulse.expires_after(milliseconds(200));
            pulse.async_wait([&](const asio::error_code&) { beat(); });
            io.run();
        }
        ::_exit(0);
    }
    pid_t pid_ = -1;
    int changes_ = -1, orders_ = -1;
};

TEST_CASE("S8: a host that was stopped for seconds restarts nobody when it goes on") {
    const host_process host;
    // Calls may fail before p0 is ready; from 'r' on they must not.
    std::string before;
    while (before.find('r') == std::string::npos) {
        const std::string one = host.next();
        REQUIRE(!one.empty());
        before += one;
    }
    CHECK(before.find('!') == std::string::npos);
    for (int pause = 0; pause < 2; ++pause) {
        host.signal(SIGSTOP);
        ::sleep(2); // many intervals of health, and the time for a write
        host.signal(SIGCONT);
        ::usleep(500'000); // what is overdue is handled in the first moment
    }
    const std::string after = host.rest();
    CHECK(after == "s");
}

} // namespace
