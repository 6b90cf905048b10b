// A hundred plugins under load, of whom one after the other is killed, stopped, or turns deaf, slow, loud, a liar. For
// TENON_SOAK_SECONDS: `tests/run --long` takes half an hour.
//
// What is looked for is what short tests do not find: a call in a million that nobody answers or that is answered
// twice, neighbours that notice, and a slope of memory or descriptors.

#include "misbehaving.hpp"

#include <array>
#include <cstdint>
#include <random>

#include <sys/resource.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr std::size_t plugins = 100;
constexpr auto between_calls = 1ms, between_events = 10ms, between_blows = 200ms;
/// A call that meets no blow has a second for its answer, on a machine that has nothing else to do.
constexpr auto call_timeout = std::chrono::duration_cast<milliseconds>(1'000ms + load_margin);
/// So long after a blow a plugin may still show it.
constexpr auto recovery = 5s + load_margin;

std::chrono::seconds duration() {
    const char* const given = std::getenv("TENON_SOAK_SECONDS");
    return std::chrono::seconds(given == nullptr ? 20 : std::atoi(given));
}

/// No more descriptors for this process than it has, for a while.
class squeezed_descriptors {
public:
    squeezed_descriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const auto usage = detail::usage_of(::getpid());
        const rlimit fewer{static_cast<rlim_t>(usage ? usage->descriptors : 0), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &fewer);
    }
    squeezed_descriptors(const squeezed_descriptors&) = delete;
    squeezed_descriptors& operator=(const squeezed_descriptors&) = delete;
    ~squeezed_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

class soak {
public:
    soak() {
        run_.host.on_log([](const log_record&) {}); // what a test remembers is not the host's
        for (std::size_t at = 0; at < plugins; ++at) {
            auto options = misbehaving(name_of(at), {"moody"});
            options.call_timeout = call_timeout;
            options.write_timeout = 3'000ms;
            options.health_interval = 1'000ms;
            options.breaker.open_for = 500ms;
            options.handshake_timeout = 60'000ms; // all of them at once
            options.environment["TENON_TEST"] = mark();
            run_.host.start(options, [](const result<void>&) {});
        }
        REQUIRE(all_ready());
    }

    void work(clock::time_point until) {
        for (auto call = clock::now(), event = call, blow = call; clock::now() < until;) {
            const auto now = clock::now();
            for (; call <= now; call += between_calls) ask();
            for (; event <= now; event += between_events) run_.host.publish(room_event{"all of you"});
            for (; blow <= now; blow += between_blows) strike();
            if (squeezed_ && now > squeezed_until_) squeezed_.reset();
            let_recover(now);
            run_.changes.clear();
            run_.io.restart();
            run_.io.run_one_until(std::min(call, until));
            run_.io.poll();
        }
        squeezed_.reset();
        CHECK(run_.wait_for([&] { return begun_ == ended_; }));
        CHECK(all_ready());
    }

    void shut_down() {
        CHECK(run_.until<result<void>>([&](auto done) { run_.host.shutdown(done); }));
        CHECK(soon([] { return with_environment("TENON_TEST=" + mark()).empty(); }));
    }

    std::uint64_t begun() const { return begun_; }
    std::uint64_t ended_twice() const { return ended_twice_; }
    std::uint64_t judged() const { return judged_; }
    std::uint64_t failed() const { return failed_; }
    std::uint64_t blows() const { return blows_; }
    clock::duration slowest() const { return slowest_; }

private:
    struct plugin {
        clock::time_point struck = clock::time_point() - 1h;
        bool recovers = false;
    };
    struct one_call {
        clock::time_point begun = clock::now();
        bool ended = false;
    };

    static std::string mark() { return "soak-" + std::to_string(::getpid()); }
    static std::string name_of(std::size_t at) { return "p" + std::to_string(at); }
    std::size_t any(std::size_t of) { return std::uniform_int_distribution<std::size_t>(0, of - 1)(random_); }

    bool all_ready() {
        return run_.wait_for(
            [&] {
                for (std::size_t at = 0; at < plugins; ++at)
                    if (state_of(run_, name_of(at)) != plugin_state::ready) return false;
                return true;
            },
            60s);
    }

    void ask() {
        const std::size_t at = any(plugins);
        const std::string text = std::to_string(++begun_);
        run_.host.call<echo>(
            name_of(at), "plugin/execute", command_of{"echo", {text}}, {},
            [this, at, text, call = std::make_shared<one_call>()](const result<echo>& answer) {
                if (std::exchange(call->ended, true)) ++ended_twice_;
                else ++ended_;
                judge(all_[at], *call, answer && answer->text == text);
                if (answer) CHECK(answer->text == text);
            });
    }

    /// Whoever was not struck from before the call until after it owes an answer.
    void judge(const plugin& asked, const one_call& call, bool good) {
        if (asked.recovers || asked.struck >= call.begun) return;
        ++judged_;
        if (!good) ++failed_;
        else slowest_ = std::max(slowest_, clock::now() - call.begun);
    }

    void let_recover(clock::time_point now) {
        for (std::size_t at = 0; at < plugins; ++at)
            if (all_[at].recovers && now - all_[at].struck > recovery &&
                state_of(run_, name_of(at)) == plugin_state::ready)
                all_[at].recovers = false;
    }

    void strike() {
        const std::size_t at = any(plugins);
        if (all_[at].recovers) return;
        all_[at] = {clock::now(), true};
        ++blows_;
        const std::string name = name_of(at);
        const auto pid = pid_of(run_, name);
        constexpr std::array moods{"deaf",  "slow",   "silent",  "loud",    "talkative", "printing",
                                   "lying", "broken", "falling", "leaving", "torn"};
        const std::size_t blow = any(moods.size() + 5);
        if (blow < moods.size())
            return run_.host.call(name, "plugin/execute", command_of{"be", {moods[blow]}}, {},
                                  [](const result<json>&) {});
        if (blow == moods.size() && pid) ::kill(*pid, SIGKILL);
        if (blow == moods.size() + 1 && pid) pause(*pid);
        if (blow == moods.size() + 2) run_.host.restart(name, [](const result<void>&) {});
        if (blow == moods.size() + 3)
            run_.host.stop(name, [this, name](const result<void>&) {
                run_.host.start(name, [](const result<void>&) {});
            });
        // UBSan opens pipes to look at memory.
        if (blow == moods.size() + 4 && pid && !squeezed_ && !sanitized) {
            squeezed_.emplace();
            squeezed_until_ = clock::now() + 300ms;
            ::kill(*pid, SIGKILL); // to be started again while nothing can be opened
        }
    }
    void pause(int pid) {
        ::kill(pid, SIGSTOP);
        auto timer = std::make_shared<asio::steady_timer>(run_.io, 1s);
        timer->async_wait([pid, timer](const asio::error_code&) { ::kill(pid, SIGCONT); });
    }

    std::mt19937 random_{20261121};
    std::array<plugin, plugins> all_;
    std::uint64_t begun_ = 0, ended_ = 0, ended_twice_ = 0, judged_ = 0, failed_ = 0, blows_ = 0;
    clock::duration slowest_{0};
    std::optional<squeezed_descriptors> squeezed_;
    clock::time_point squeezed_until_;
    running_host run_; // the last: its handlers use all that stands above
};

} // namespace

TEST_CASE("Q10: a hundred plugins, of whom one after the other fails, answer every call once, their "
          "neighbours notice "
          "nothing, and nothing grows") {
    soak all;
    const auto whole = duration();
    all.work(clock::now() + whole / 4); // what grows only at first
    const auto before = detail::usage_of(::getpid());
    all.work(clock::now() + whole * 3 / 4);
    const auto after = detail::usage_of(::getpid());
    REQUIRE(before);
    REQUIRE(after);

    CHECK(all.ended_twice() == 0);
    CHECK(all.judged() > all.begun() / 2);
    CHECK(all.failed() * 10'000 <= all.judged());
    CHECK(after->descriptors <= before->descriptors);
    CHECK(after->threads == before->threads);
    CHECK(zombies() == 0);
    const auto grown =
        static_cast<std::int64_t>(after->resident_bytes) - static_cast<std::int64_t>(before->resident_bytes);
    MESSAGE(whole.count(), " s: ", all.begun(), " calls, ", all.blows(), " blows; ", all.failed(), " of ",
            all.judged(), " calls failed that met none, the slowest took ",
            std::chrono::duration<double, std::milli>(all.slowest()).count(), " ms; memory grew by ",
            grown / 1'024, " KiB");
    // Until each has been struck in every way its last log lines are still to come; after that nothing is added.
    if (memory_is_ours) CHECK(grown <= (whole < 5min ? 6 << 20 : 2 << 20));
    all.shut_down();
}
