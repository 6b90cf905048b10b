// A host with plugins that is killed outright: nobody of them outlives it.

#include "../process/processes.hpp"
#include "run_on_host.hpp"

#include <random>

#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

std::string mark_of(int round) {
    return "TENON_TEST=" + std::to_string(::getpid()) + "/" + std::to_string(round);
}

struct many_plugins {
    explicit many_plugins(int round)
        : mark(mark_of(round)), host([this]() -> int {
              const std::string program = fixture("many_host"), fixtures = fixture("");
              ::execl(program.c_str(), program.c_str(), fixtures.c_str(), mark.c_str(), nullptr);
              return 127;
          }) {}
    std::string mark;
    forked host;
};

} // namespace

TEST_CASE(
    "Q11: of 20 plugins, some deaf and one busy, nothing lives 2 s after their host was killed, 100 times") {
    // How long a start takes here, so that half of the kills hit one.
    const auto begun = clock::now();
    std::chrono::microseconds to_start{};
    {
        many_plugins all(-1);
        REQUIRE(read_line(all.host.output()) == "all up");
        to_start = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
        CHECK(soon([&] { return with_environment(all.mark).size() == 24; })); // four have a child
        all.host.kill();
        CHECK(soon([&] { return with_environment(all.mark).empty(); }, 2s));
    }

    std::mt19937 random(20261121);
    std::uniform_int_distribution<std::chrono::microseconds::rep> moment(0, 2 * to_start.count());
    int clean = 0, hit_starting = 0, hit_running = 0;
    for (int round = 0; round < 100; ++round) {
        many_plugins all(round);
        std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
        const auto living = with_environment(all.mark).size();
        ++(living < 24 ? hit_starting : hit_running);
        all.host.kill();
        if (soon([&] { return with_environment(all.mark).empty(); }, 2s)) ++clean;
        else
            for (const int pid : with_environment(all.mark)) ::kill(pid, SIGKILL);
    }
    CHECK(clean == 100);
    // Whoever was about to become a plugin when it was looked for.
    for (int round = 0; round < 100; ++round) CHECK(with_environment(mark_of(round)).empty());
    CHECK(hit_starting > 0);
    CHECK(hit_running > 0);
    MESSAGE("killed while starting: ", hit_starting, ", while running: ", hit_running);
}
