// A host without descriptors, without processes, with an application that is slow to take its log. Each is a fork of
// the test: limits are of a process.

#include "inside.hpp"
#include "misbehaving.hpp"

#include <cerrno>
#include <system_error>

#include <sys/resource.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

milliseconds cpu_time() {
    const auto usage = detail::usage_of(::getpid());
    return usage ? usage->cpu : milliseconds{0};
}

plugin_options persistent(std::string name) {
    auto options = misbehaving(std::move(name), {"good"});
    options.restart.max_retries = 1'000'000;
    options.restart.backoff = options.restart.max_backoff = milliseconds{50};
    return options;
}

int count_ready(running_host& run) {
    int ready = 0;
    for (const auto& [name, plugin] : inside(run.host).plugins()) ready += plugin->actor->ready();
    return ready;
}

} // namespace

TEST_CASE("Z1: with 64 descriptors some of 30 plugins cannot start, which costs little and is over when "
          "there are more") {
    forked program([] {
        // A sanitizer that has not seen an object of this type yet needs descriptors to look at it.
        static_cast<void>(std::system_category().message(EMFILE));
        rlimit files{};
        ::getrlimit(RLIMIT_NOFILE, &files);
        const rlimit few{64, files.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
        running_host run;
        int completions = 0;
        std::string refusal;
        for (int number = 0; number < 30; ++number)
            run.host.start(persistent("plugin-" + std::to_string(number)), [&](const result<void>& how) {
                ++completions;
                if (!how) refusal = how.error().message;
            });
        if (!run.wait_for([&] { return completions == 30; })) return 1;
        if (refusal.find("Too many open files") == std::string::npos) return 2;
        const int ready = count_ready(run);
        if (ready == 0 || ready == 30) return 3;

        // Those that run work, while the others are tried again and again.
        const auto until = clock::now() + 2s;
        const auto before = cpu_time();
        int answers = 0, failures = 0;
        asio::steady_timer pace(run.io);
        while (clock::now() < until) {
            bool answered = false;
            run.host.call<echo>("plugin-0", "plugin/execute", command_of{"echo", {"x"}}, {},
                                [&](const result<echo>& how) {
                                    ++(how ? answers : failures);
                                    answered = true;
                                });
            pace.expires_after(20ms);
            pace.async_wait([](const asio::error_code&) {});
            if (!run.wait_for([&] { return answered; })) return 4;
            run.wait_for([&] { return pace.expiry() <= clock::now(); });
        }
        if (failures != 0 || answers == 0 || count_ready(run) < ready) return 5;
        if (!sanitized && cpu_time() - before > milliseconds{600}) return 6; // 30 % of the time

        // A descriptor that is free, or a higher limit: they recover by themselves.
        ::setrlimit(RLIMIT_NOFILE, &files);
        if (!run.wait_for([&] { return count_ready(run) == 30; })) return 7;
        return 0;
    });
    CHECK(program.wait() == 0);
}

TEST_CASE("Z3: while no process can be made a plugin is tried again, and starts when that is over") {
    if (::geteuid() != 0) return skipped("the test needs a user without processes");
    forked program([] {
        rlimit processes{};
        ::getrlimit(RLIMIT_NPROC, &processes);
        const rlimit none{0, processes.rlim_max};
        if (::setrlimit(RLIMIT_NPROC, &none) != 0 || ::setuid(54'321) != 0) return 1;
        running_host run;
        auto options = persistent("plugin");
        options.command = {"/bin/cat"}; // a program that any user may run
        std::optional<std::string> why;
        run.host.start(options,
                       [&](const result<void>& how) { why = how ? "started" : how.error().message; });
        if (!run.wait_for([&] { return why.has_value(); })) return 2;
        if (why->find("Resource temporarily unavailable") == std::string::npos) return 3;
        if (!run.wait_for([&] { return run.status("plugin").restarts >= 3; })) return 4;
        if (change_to(run, "plugin", plugin_state::handshaking) != nullptr) return 5;
        if (change_to(run, "plugin", plugin_state::backoff)->reason.cause != change_cause::start) return 6;
        ::setrlimit(RLIMIT_NPROC, &processes);
        return run.wait_for([&] { return change_to(run, "plugin", plugin_state::handshaking) != nullptr; })
                   ? 0
                   : 7;
    });
    CHECK(program.wait() == 0);
}

TEST_CASE(
    "Z3: an application that takes its log slowly delays, and loses no more than what the rate has cut") {
    running_host run;
    std::uint64_t told = 0;
    run.host.on_log([&](const log_record& record) {
        told += record.plugin == "loud";
        std::this_thread::sleep_for(1ms);
    });
    REQUIRE(run.start(misbehaving("good", {"good"})));
    const steady_caller steady(run, "good");
    REQUIRE(run.start(misbehaving("loud", {"stderr-lines", "64"})));
    CHECK(run.wait_for(
        [&] { return inside(run.host).find("loud")->actor->log_stream().counts().bytes >= (64U << 20); }));
    const auto answer = run.until<result<echo>>([&](auto done) {
        run.host.call<echo>("loud", "plugin/execute", command_of{"echo", {"x"}}, {}, done);
    });
    CHECK(answer);
    CHECK(steady.failures() == 0);
    CHECK(steady.answers() > 0);
    const log_counts counts = run.status("loud").logs;
    CHECK(counts.suppressed > counts.lines);
    CHECK(told >= counts.lines);
}
