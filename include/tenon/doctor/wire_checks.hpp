#ifndef TENON_DOCTOR_WIRE_CHECKS_HPP
#define TENON_DOCTOR_WIRE_CHECKS_HPP

// The doctor's checks of section 1 of docs/protocol.md: frames in pieces, several at once, in other spellings, large,
// and broken ones.

#include <tenon/doctor/visit.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// Health requests as `bytes`, every one of which has to be answered.
inline doctor_outcome expect_answers(doctor_visit& visit, doctor_talk& talk, std::string_view bytes,
                                     const std::vector<std::string>& ids, std::string_view mend) {
    const auto heard = visit.exchange(talk, bytes, ids);
    if (!heard.alive) return found_bad(heard.how, std::string(mend));
    std::size_t missing = 0;
    for (const auto& reply : heard.answers) missing += !reply;
    if (missing == 0) return {};
    return found_bad(join({digits(missing), " of ", digits(ids.size()), " requests not answered"}),
                     std::string(mend));
}

inline doctor_outcome check_pieces(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    const std::string id = talk->new_id(), frame = doctor_frame(doctor_message(id, methods::health));
    talk->expect(id);
    for (const char& byte : frame) {
        talk->say({&byte, 1});
        talk->process().wait(talk->in(milliseconds(0))); // and lets the plugin see each by itself, mostly
    }
    if (talk->await(id, talk->answer_deadline())) return {};
    return found_bad(
        talk->gone() ? talk->end_words() : "not answered",
        "read() may return less than was asked for: read until the header and N bytes are there.");
}

inline doctor_outcome check_together(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    std::vector<std::string> ids;
    std::string bytes;
    for (int count = 0; count < 50; ++count) {
        ids.push_back(talk->new_id());
        append(bytes, doctor_frame(doctor_message(ids.back(), methods::health)));
    }
    return expect_answers(visit, *talk, bytes, ids,
                          "Keep what was read behind a frame: it is the beginning of the next one.");
}

inline doctor_outcome check_spelling(doctor_visit& visit) {
    for (const std::string_view name :
         {"content-length: ", "CONTENT-LENGTH:", "Content-Length: \t",
          "Content-Type: text/x; charset=utf-8\r\nContent-Length: ", "X-Other: 1\r\nContent-Length: "}) {
        doctor_talk* const talk = visit.talk();
        if (talk == nullptr) return skipped("it could not be started again");
        const std::string id = talk->new_id();
        auto done = expect_answers(
            visit, *talk, doctor_frame(doctor_message(id, methods::health), name), {id},
            "Compare header names in any letter case, trim blanks around the value, ignore others.");
        if (done.verdict == testing::verdict::good) continue;
        done.seen = join({doctor_quote(name), ": ", done.seen});
        return done;
    }
    return {};
}

inline doctor_outcome check_large(doctor_visit& visit) {
    doctor_talk* const talk = visit.talk();
    if (talk == nullptr) return skipped("it could not be started again");
    const std::string id = talk->new_id();
    const std::string filling(std::size_t{1} << 20, 'x');
    return expect_answers(
        visit, *talk,
        doctor_frame(doctor_message(id, methods::health, join({R"({"filling":")", filling, "\"}"}))), {id},
        "read(N) may return less than N bytes: read until N are there. Frames have up to 16 MiB.");
}

/// After a frame that cannot be read it is not known where the next one begins: the plugin ends, or says so.
inline doctor_outcome broken_frame(doctor_visit& visit, std::string_view bytes) {
    auto talk = visit.fresh();
    if (!talk) return skipped("it could not be started again");
    constexpr std::string_view mend =
        "End when a header has no length that can be read: what follows cannot be told from it.";
    talk->say(bytes);
    const time_point deadline = talk->in(visit.patient.end_of_input_time);
    while (!talk->gone() && talk->listen(deadline))
        if (talk->take("null")) return found_good("it says so");
    if (talk->gone()) return found_good(join({"it ends: ", describe_exit(talk->end_status())}));
    const auto before = usage_of(talk->process().pid());
    const auto reply = talk->ask(methods::health);
    const auto behind = usage_of(talk->process().pid());
    if (reply) return warned(join({doctor_quote(bytes), " is passed over in silence"}), std::string(mend));
    if (talk->gone()) return found_good("it ends");
    // A plugin that waits takes next to no CPU time; one that spins takes its share, which on a busy machine is small.
    if (before && behind && behind->cpu - before->cpu > visit.patient.answer_time / 50)
        return found_bad(join({doctor_quote(bytes), ": it works without end"}), std::string(mend));
    return found_bad(join({doctor_quote(bytes), ": it lives on and answers nothing any more"}),
                     std::string(mend));
}

inline doctor_outcome check_broken_frame(doctor_visit& visit) {
    doctor_outcome worst;
    for (const std::string_view bytes : {"Content-Type: text/x\r\n\r\n{}", "Content-Length: x\r\n\r\n{}"}) {
        doctor_outcome one = broken_frame(visit, bytes);
        if (one.verdict == testing::verdict::bad) return one;
        if (worst.verdict == testing::verdict::good) worst = std::move(one);
    }
    return worst;
}

inline doctor_outcome check_truncated(doctor_visit& visit) {
    for (const std::string_view bytes : {"Content-Le", "Content-Length: 10\r\n\r\n{"}) {
        auto talk = visit.fresh();
        if (!talk) return skipped("it could not be started again");
        talk->say(bytes);
        talk->process().close_input();
        if (!talk->await_end(talk->in(visit.patient.end_of_input_time)))
            return found_bad(join({"it still runs after the input ended behind ", doctor_quote(bytes)}),
                             "Leave the read loop wherever the input ends, also inside a header or a body.");
        talk->end_status();
    }
    return {};
}

} // namespace tenon::detail

#endif
