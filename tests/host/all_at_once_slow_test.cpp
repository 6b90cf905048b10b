// Everything that a plugin can do to its host's memory, in one host at the same time, while others are served.

#include "inside.hpp"
#include "misbehaving.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr std::uint64_t mebibyte = 1 << 20;

/// A sanitized fixture writes slower, and what is measured is not ours to judge then.
constexpr int poured_mebibytes = memory_is_ours ? 1'024 : 128;

/// Whoever left our plugins for a session of his own, also when the test fails.
struct ended_with_test {
    std::string mark = "TENON_TEST=" + std::to_string(::getpid());
    ~ended_with_test() {
        for (const int pid : with_environment(mark)) ::kill(pid, SIGKILL);
    }
};

} // namespace

TEST_CASE("one that never reads, a gigabyte on stderr, a flood on stdout and grandchildren with our pipes, "
          "all at once: "
          "the others are served and memory stays bounded") {
    const ended_with_test heirs;
    running_host run;
    std::uint64_t told = 0, most_resident = 0;
    run.host.on_log([&](const log_record&) { ++told; }); // what the test remembers is not the host's
    for (const std::string name : {"good", "better"}) REQUIRE(run.start(misbehaving(name, {"good"})));
    const std::uint64_t before = resident_bytes();
    const steady_caller first(run, "good"), second(run, "better");
    const auto begun = clock::now();

    auto deaf = misbehaving("deaf", {"deaf", "0"});
    deaf.write_timeout = milliseconds{1'500};
    deaf.call_timeout = milliseconds{1'000};
    REQUIRE(run.start(deaf));
    auto loud = misbehaving("loud", {"stderr-lines", std::to_string(poured_mebibytes)});
    loud.events.exclude = {"*"}; // it reads nothing before it has said all
    REQUIRE(run.start(loud));
    REQUIRE(run.start(misbehaving("talker", {"stdout-notices"})));
    auto printer = misbehaving("printer", {"stdout-text"});
    printer.restart.backoff = printer.restart.max_backoff = milliseconds{20};
    const auto printing = run.start(printer);
    CHECK_MESSAGE(printing, printing.error().message);
    auto family = never_again(misbehaving("family", {"heirs", "2"}));
    family.environment["TENON_TEST"] = std::to_string(::getpid());
    REQUIRE(run.start(family));

    // Its end is its own, whoever holds its pipes.
    CHECK(run.wait_for([&] { return change_to(run, "family", plugin_state::failed) != nullptr; }));
    CHECK(run.status("family").last_exit->text == "exit code 0");
    CHECK(!with_environment(heirs.mark).empty());

    int asked = 0, ended = 0;
    const std::string text(4'096, 'x');
    const auto poured = [&] { return inside(run.host).find("loud")->actor->log_stream().counts().bytes; };
    const auto all = static_cast<std::uint64_t>(poured_mebibytes) * mebibyte;
    auto looked = clock::now();
    const auto keep_busy = [&] {
        if (clock::now() - looked < 1ms) return;
        looked = clock::now();
        run.changes.clear();
        run.host.publish(room_event{text});
        ++asked;
        run.host.call("deaf", "plugin/execute", command_of{"echo", {text}}, {},
                      [&](const result<json>&) { ++ended; });
        most_resident = std::max(most_resident, resident_bytes());
    };
    CHECK(run.wait_for(
        [&] {
            keep_busy();
            return poured() >= all && run.status("deaf").generation > 1 &&
                   run.status("printer").generation > 3;
        },
        300s));

    // It was neither held up nor told that nobody reads.
    const auto answer = run.until<result<echo>>([&](auto done) {
        run.host.call<echo>("loud", "plugin/execute", command_of{"echo", {"still here"}}, {}, done);
    });
    REQUIRE_MESSAGE(answer, answer.error().message);
    CHECK(answer->text == "still here");
    CHECK(run.status("loud").generation == 1);
    CHECK(run.status("deaf").events.dropped > 0);
    CHECK(run.wait_for([&] { return ended == asked; }));

    for (const steady_caller* const other : {&first, &second}) {
        CHECK(other->answers() > 0);
        CHECK(other->failures() == 0);
        CHECK(other->slowest() < load_margin);
    }
    const double seconds = std::chrono::duration<double>(clock::now() - begun).count();
    // Two that talk, each at its rate, and what the host says of the others.
    CHECK(static_cast<double>(told) < (seconds + 2) * 5 * 200);
    // One queue of output, the others' buffers, and as much again of what the allocator keeps.
    if (memory_is_ours) CHECK(most_resident - before <= 32 * mebibyte);
    MESSAGE("in ", seconds, " s memory grew by ", (most_resident - before) / 1'024,
            " KiB at most; answers: ", first.answers(), " and ", second.answers(), ", slowest after ",
            std::chrono::duration<double, std::milli>(std::max(first.slowest(), second.slowest())).count(),
            " ms");
}
