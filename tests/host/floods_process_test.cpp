// Plugins that do not read what they are sent, or write more than anybody wants to read: memory stays bounded, and
// the others go on.

#include "inside.hpp"
#include "misbehaving.hpp"

#include <atomic>
#include <map>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr std::uint64_t mebibyte = 1 << 20;

/// Fails if the host has grown by more than what queues and buffers may hold.
struct memory_watch {
    std::uint64_t before = resident_bytes();
    void check(std::uint64_t most) const {
        const std::uint64_t now = resident_bytes(), grown = now > before ? now - before : 0;
        if (!sanitized) CHECK(grown <= most);
    }
};

} // namespace

TEST_CASE("P1: with a plugin that never reads, callers on 8 threads are not held up, every call ends by its "
          "deadline, and the plugin is restarted") {
    constexpr int threads = 8, each = sanitized ? 250 : 1'250;
    running_host run;
    auto deaf = misbehaving("deaf", {"deaf", "0"});
    deaf.call_timeout = milliseconds{1'000};
    deaf.write_timeout = milliseconds{1'500};
    REQUIRE(run.start(deaf));
    REQUIRE(run.start(misbehaving("good", {"good"})));

    const steady_caller steady(run, "good");
    std::vector<int> completions(threads * each);
    std::map<int, int> codes_seen;
    int completed = 0;
    clock::duration slowest{0};
    std::atomic<clock::duration> slowest_begin{clock::duration{0}};
    std::atomic<int> begun{0};
    std::uint64_t most_unread = 0;
    const std::string text(4'096, 'x');
    std::vector<std::thread> callers;
    for (int thread = 0; thread < threads; ++thread)
        callers.emplace_back([&, thread] {
            for (int call = 0; call < each; ++call) {
                const auto start = clock::now();
                const auto done = [&, start, number = thread * each + call](const result<json>& answer) {
                    ++completions[static_cast<std::size_t>(number)];
                    ++completed;
                    ++codes_seen[answer ? 0 : answer.error().code];
                    slowest = std::max(slowest, clock::now() - start);
                };
                run.host.call("deaf", "plugin/execute", command_of{"echo", {text}}, {}, done);
                asio::post(run.io, [&] { run.host.publish(room_event{text}); });
                const auto took = clock::now() - start;
                for (auto most = slowest_begin.load();
                     took > most && !slowest_begin.compare_exchange_weak(most, took);) {
                }
                ++begun;
            }
        });
    CHECK(run.wait_for([&] {
        most_unread =
            std::max<std::uint64_t>(most_unread, inside(run.host).find("deaf")->actor->unread_bytes());
        return begun == threads * each && completed == threads * each;
    }));
    for (std::thread& caller : callers) caller.join();

    CHECK(std::count(completions.begin(), completions.end(), 1) == threads * each);
    CHECK(slowest_begin.load() < load_margin);
    CHECK(slowest < milliseconds{1'000} + load_margin);
    CHECK(codes_seen[0] == 0);
    CHECK(codes_seen[codes::overloaded] > 0);
    for (const auto& seen : codes_seen) {
        const int code = seen.first;
        CAPTURE(code);
        CHECK((code == codes::overloaded || code == codes::timeout || code == codes::circuit_open ||
               code == codes::unavailable || code == codes::shutting_down || code == 0));
    }
    CHECK(most_unread <= default_host_output_bytes);

    // Its events are its own loss, and it is started again for not reading.
    CHECK(run.status("deaf").events.dropped > 0);
    CHECK(run.wait_for([&] { return change_to(run, "deaf", plugin_state::stopping) != nullptr; }));
    const state_change* const stalled = change_to(run, "deaf", plugin_state::stopping);
    REQUIRE(stalled != nullptr);
    CHECK(stalled->reason.cause == change_cause::protocol);
    CHECK(stalled->reason.text.find("output.stalled") != std::string::npos);
    CHECK(run.wait_for([&] { return run.status("deaf").generation >= 2; }));

    CHECK(steady.answers() > 0);
    CHECK(steady.failures() == 0);
    CHECK(steady.slowest() < load_margin);
    CHECK(run.status("good").generation == 1);
}

TEST_CASE(
    "P2: a gigabyte on stderr is drained within bounds, by line, as one line and as binary, and the plugin "
    "works on") {
    struct flood {
        std::string mode;
        int mebibytes;
    };
    for (const flood& one : {flood{"stderr-lines", sanitized ? 128 : 1'024}, flood{"stderr-line", 100},
                             flood{"stderr-binary", 64}}) {
        CAPTURE(one.mode);
        running_host run;
        REQUIRE(run.start(misbehaving("good", {"good"})));
        std::uint64_t lines = 0, longest = 0, controls = 0;
        run.host.on_log([&](const log_record& record) {
            lines += record.plugin == "loud";
            longest = std::max<std::uint64_t>(longest, record.message.size());
            controls += std::count_if(record.message.begin(), record.message.end(), [](char c) {
                            return static_cast<unsigned char>(c) < 32 && c != '\t';
                        }) != 0;
        });
        const memory_watch memory;
        const steady_caller steady(run, "good");
        const auto begun = clock::now();
        REQUIRE(run.start(misbehaving("loud", {one.mode, std::to_string(one.mebibytes)})));
        const std::uint64_t all = static_cast<std::uint64_t>(one.mebibytes) * mebibyte;
        CHECK(run.wait_for(
            [&] { return inside(run.host).find("loud")->actor->log_stream().counts().bytes >= all; },
            std::chrono::seconds(100)));
        memory.check(8 * mebibyte);

        // It was neither held up nor told that nobody reads.
        const auto answer = run.until<result<echo>>([&](auto done) {
            run.host.call<echo>("loud", "plugin/execute", command_of{"echo", {"still here"}}, {}, done);
        });
        REQUIRE_MESSAGE(answer, answer.error().message);
        CHECK(answer->text == "still here");
        CHECK(run.status("loud").generation == 1);
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(clock::now() - begun).count();
        CHECK(lines <=
              2 * 201 * static_cast<std::uint64_t>(seconds + 1)); // a window may be met twice by a second
        CHECK(longest <= 5 * 65'536); // 64 KiB of what was written, each byte of which may need an escape
        CHECK(controls == 0);
        const log_counts& counts = run.status("loud").logs;
        if (one.mode == "stderr-line") CHECK(counts.cut == 1);
        else CHECK(counts.suppressed > counts.lines);
        CHECK(steady.answers() > 0);
        CHECK(steady.failures() == 0);
        CHECK(steady.slowest() < load_margin);
        MESSAGE(one.mode, ": ", one.mebibytes, " MiB in ",
                std::chrono::duration<double>(clock::now() - begun).count(), " s, lines told: ", lines,
                ", answers of the other: ", steady.answers());
    }
}

TEST_CASE(
    "a plugin that floods stdout with text is ended with the reason, and with proper messages it is heard "
    "within bounds") {
    running_host run;
    REQUIRE(run.start(misbehaving("good", {"good"})));
    const memory_watch memory;
    {
        const steady_caller steady(run, "good");
        REQUIRE(run.start(never_again(misbehaving("printer", {"stdout-text"}))));
        REQUIRE(run.start(never_again(misbehaving("asker", {"stdout-calls"}))));
        REQUIRE(run.start(misbehaving("talker", {"stdout-notices"})));
        CHECK(run.wait_for([&] {
            return state_of(run, "printer") == plugin_state::failed &&
                   state_of(run, "asker") == plugin_state::failed;
        }));
        CHECK(run.wait_for([&] { return run.status("talker").logs.suppressed > 100'000; }));
        CHECK(steady.answers() > 0);
        CHECK(steady.failures() == 0);
        CHECK(steady.slowest() < load_margin);
    }
    memory.check(24 * mebibyte);
    const state_change* const printed = change_to(run, "printer", plugin_state::failed);
    REQUIRE(printed != nullptr);
    CHECK(printed->reason.cause == change_cause::protocol);
    CHECK(printed->reason.text.find("this is no message") != std::string::npos);
    CHECK(printed->reason.text.find("stdout is reserved for the protocol") != std::string::npos);
    const state_change* const asked = change_to(run, "asker", plugin_state::failed);
    REQUIRE(asked != nullptr);
    CHECK(asked->reason.cause == change_cause::limit);
    CHECK(run.status("talker").generation == 1);
    CHECK(run.status("talker").logs.lines <= run.logs.size());
    CHECK(run.stop("talker"));
}
