#ifndef TENON_DOCTOR_STRAIN_CHECKS_HPP
#define TENON_DOCTOR_STRAIN_CHECKS_HPP

// The doctor's last checks. What thousands of requests leave behind (descriptors, memory) and how long one takes: counted
// over all processes of the plugin, since the first may be a shell that started the others. And how the plugin ends.

#include <tenon/doctor/visit.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::detail {

struct strain {
    std::size_t answered = 0;
    std::vector<std::chrono::nanoseconds> times = {};
};

/// Health requests one after another: `count`, or as many as fit into ten seconds.
inline strain strain_with(doctor_talk& talk, std::size_t count) {
    strain made;
    made.times.reserve(count);
    auto before = std::chrono::steady_clock::now();
    const time_point deadline = after(before, milliseconds(10'000));
    while (made.answered < count && before < deadline) {
        if (!talk.ask(methods::health)) return made;
        const auto now = std::chrono::steady_clock::now();
        made.times.push_back(now - before);
        before = now;
        ++made.answered;
    }
    return made;
}

/// -1 where the system does not tell.
inline int descriptors_of(const doctor_process& process) {
    int sum = 0;
    for (const doctor_member& one : process.members()) {
        const int count = count_descriptors(one.pid);
        if (count < 0) return -1;
        sum += count;
    }
    return sum;
}
inline std::uint64_t memory_of(const doctor_process& process) {
    std::uint64_t sum = 0;
    for (const doctor_member& one : process.members())
        if (const auto usage = usage_of(one.pid)) sum += usage->resident_bytes;
    return sum;
}

inline doctor_outcome check_descriptors(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    strain_with(*talk, 20);
    for (const int standard : {0, 1, 2})
        if (!descriptor_is_open(talk->process().pid(), standard))
            return found_bad(
                join({"descriptor ", digits(static_cast<std::uint64_t>(standard)), " is closed"}),
                "Point 0, 1 and 2 at something, such as /dev/null: the next file that is opened would get "
                "the "
                "number, and what is printed.");
    const int before = descriptors_of(talk->process());
    // Where the ends of its frames have to be guessed, each takes a while.
    const auto made = strain_with(*talk, visit.notes.has("length") ? 50 : 1'000);
    const int behind = descriptors_of(talk->process());
    if (before < 0 || behind < 0) return skipped("the system does not tell of them");
    const auto number = [](int count) { return std::to_string(count); };
    const std::string seen = join({number(before), " open before ", digits(made.answered), " requests, ",
                                   number(behind), " behind them"});
    if (behind > before + 10) return found_bad(seen, "Close what each request opens, also where it fails.");
    return found_good(seen);
}

// A heap that grows for its own reasons stops doing so; a leak goes on. So it is bad if every round took more.
inline doctor_outcome check_memory(doctor_visit& visit) {
    if (visit.notes.has("length")) return skipped("where its frames end had to be guessed, which takes time");
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    constexpr std::size_t round = 2'000;
    constexpr std::uint64_t leak = round * 256; // bytes
    strain_with(*talk, round);
    const std::uint64_t first = memory_of(talk->process());
    std::uint64_t last = first;
    std::size_t asked = 0;
    bool grows = true;
    // Five rounds for all, and as many again for those that grew in each.
    for (int number = 0; number < 5 || (number < 10 && grows); ++number) {
        const auto made = strain_with(*talk, round);
        asked += made.answered;
        const std::uint64_t now = memory_of(talk->process());
        grows = grows && now > last + leak;
        last = now;
        if (made.answered < round) break;
    }
    const auto kib = [](std::uint64_t bytes) { return std::string(digits(bytes / 1024)); };
    const std::string seen =
        join({kib(first), " KiB before ", digits(asked), " requests, ", kib(last), " KiB behind them"});
    if (grows && last > first) return found_bad(seen, "Keep nothing of a request that was answered.");
    return found_good(seen);
}

inline doctor_outcome check_speed(doctor_visit& visit) {
    if (visit.notes.has("length")) return skipped("where its frames end had to be guessed, which takes time");
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    strain_with(*talk, 200);
    auto made = strain_with(*talk, 2'000);
    if (made.times.empty())
        return found_bad("it stopped answering", "See what it says on stderr under load.");
    std::sort(made.times.begin(), made.times.end());
    std::chrono::nanoseconds sum{0};
    for (const auto one : made.times) sum += one;
    const auto micros = [](std::chrono::nanoseconds time) {
        return std::string(digits(
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count())));
    };
    const auto rate =
        made.answered * 1'000'000'000 / static_cast<std::uint64_t>(std::max<std::int64_t>(sum.count(), 1));
    const std::string seen = join({digits(rate), " round trips a second; half take up to ",
                                   micros(made.times[made.times.size() / 2]), " us, 99 of 100 up to ",
                                   micros(made.times[made.times.size() * 99 / 100]), " us"});
    // 40 ms and multiples of it are what delayed writes look like, and nothing that answers health computes that long.
    if (made.times[made.times.size() / 2] > std::chrono::milliseconds(20))
        return warned(seen, "Answer plugin/health at once, and flush after every message.");
    return found_good(seen);
}

// The doctor's checks of how a plugin ends: asked to, told to, and when its host is gone without a word.

inline bool ended_well(doctor_talk& talk) {
    const exit_status& status = talk.end_status();
    return status.how == exit_status::kind::exited && status.value == 0;
}
inline std::string still_runs(milliseconds later) {
    return join({"it still runs ", digits(static_cast<std::uint64_t>(later.count())), " ms later"});
}

inline doctor_outcome check_shutdown(doctor_visit& visit) {
    auto talk = visit.fresh();
    if (!talk) return skipped("it could not be started again");
    doctor_outcome worst;
    const auto reply = talk->ask(methods::shutdown, R"({"reason":"requested","deadlineMs":3000})");
    if (!reply)
        return found_bad(talk->gone() ? join({talk->end_words(), " before it answered"})
                                      : "plugin/shutdown is not answered",
                         "Finish, answer null, and leave the exiting to `exit` and the end of the input.");
    if (reply->failed)
        return found_bad(join({"plugin/shutdown is refused: ", doctor_quote(reply->error.message)}),
                         "Answer it with null.");
    if (reply->result != "null")
        worst = warned(join({"answered ", doctor_quote(reply->result)}), "Answer it with null.");
    if (const auto late = talk->ask(methods::health);
        late && (!late->failed || late->error.code != codes::shutting_down))
        if (worst.verdict == testing::verdict::good)
            worst = warned("a request behind it is not refused with -32018",
                           "Answer what comes after plugin/shutdown with -32018.");
    talk->tell(methods::exit);
    if (!talk->await_end(talk->in(visit.patient.exit_time)))
        return found_bad(join({"after `exit` ", still_runs(visit.patient.exit_time)}),
                         "Leave the read loop on the notification `exit`, and end threads and timers.");
    if (!ended_well(*talk))
        return found_bad(talk->end_words(), "Exit with status 0: anything else counts as a crash.");
    return worst;
}

inline doctor_outcome check_exit(doctor_visit& visit) {
    auto talk = visit.fresh();
    if (!talk) return skipped("it could not be started again");
    talk->tell(methods::exit);
    if (!talk->await_end(talk->in(visit.patient.exit_time)))
        return found_bad(still_runs(visit.patient.exit_time),
                         "Exit on the notification `exit`, also without plugin/shutdown.");
    if (!ended_well(*talk))
        return found_bad(talk->end_words(), "Exit with status 0: anything else counts as a crash.");
    return {};
}

inline doctor_outcome check_end_of_input(doctor_visit& visit) {
    doctor_outcome worst;
    for (const bool shaken : {true, false}) {
        auto talk = visit.fresh(shaken);
        if (!talk) return skipped("it could not be started again");
        talk->process().close_input();
        const std::string when = shaken ? "" : "before the handshake: ";
        // Before the handshake it may not have come to reading yet.
        const milliseconds wait =
            visit.patient.end_of_input_time + (shaken ? milliseconds(0) : visit.patient.handshake_time);
        if (!talk->await_end(talk->in(wait)))
            return found_bad(
                join({when, still_runs(wait)}),
                "Leave the read loop at the end of stdin and exit: a host that crashed cannot say more.");
        if (!ended_well(*talk) && worst.verdict == testing::verdict::good)
            worst = warned(join({when, talk->end_words()}), "Exit with status 0.");
    }
    return worst;
}

} // namespace tenon::detail

#endif
