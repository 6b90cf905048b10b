#ifndef TENON_DOCTOR_END_CHECKS_HPP
#define TENON_DOCTOR_END_CHECKS_HPP

// The doctor's checks of how a plugin ends: asked to, told to, and when its host is gone without a word.

#include <tenon/doctor/visit.hpp>

#include <string>
#include <string_view>

namespace tenon::detail {

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
