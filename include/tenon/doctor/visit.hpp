#ifndef TENON_DOCTOR_VISIT_HPP
#define TENON_DOCTOR_VISIT_HPP

// What the checks share: the patient, what it declared, and one conversation that goes on from check to check for as
// long as nothing has disturbed it. After a bad finding the next check gets a fresh process. So does, by
// fresh(), a check that is going to end one.

#include <tenon/session/handshake.hpp>
#include <tenon/doctor/talk.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// What came of some bytes, by the time that a health request behind them was answered.
struct doctor_heard {
    std::vector<std::optional<doctor_reply>> answers = {}; // in the order of the ids that were expected
    std::vector<doctor_reply> others = {};                 // errors with the id null, answers to batches
    bool alive = false;                                    // the health request was answered
    std::string how = {};                                  // where it was not: what happened instead
};

class doctor_visit {
public:
    doctor_visit(const testing::patient& given, doctor_notes& told) : patient(given), notes(told) {}

    const testing::patient& patient;
    doctor_notes& notes;
    doctor_outcome started = {}, greeted = {}, health = {}; // what came of the first process
    bool hopeless = false;                                  // nothing further can be examined, because ...
    std::string why_hopeless = {};
    handshake_answer declared = {};

    /// Starts the first process, from which all that is known is known.
    void begin();

    /// The shared conversation. Null where there is none to be had.
    doctor_talk* talk() {
        if (hopeless) return nullptr;
        if (talk_ && (talk_->gone() || !talk_->shook_hands())) talk_.reset();
        if (!talk_) open();
        return talk_ ? &*talk_ : nullptr;
    }
    /// A conversation of the caller's own.
    std::optional<doctor_talk> fresh(bool shake = true);
    bool shake(doctor_talk& talk) const {
        talk.shake_hands(handshake_params());
        return talk.shook_hands();
    }
    void begin_check() noexcept {
        if (talk_) talk_->begin_check();
    }
    /// The next check gets another process.
    void spoil() { talk_.reset(); }

    doctor_heard exchange(doctor_talk& talk, std::string_view bytes, std::vector<std::string> ids = {},
                          std::size_t others = 0) const;
    /// The same for one request in a frame.
    doctor_heard ask(doctor_talk& talk, std::string_view method, std::string_view params = "{}") const {
        const std::string id = talk.new_id();
        return exchange(talk, doctor_frame(doctor_message(id, method, params)), {id});
    }

    std::string handshake_params(std::vector<int> versions = {protocol_version}) const;

private:
    void open();
    void judge_health();

    std::optional<doctor_talk> talk_;
    std::string declaration_; // what the slices in `declared` are slices of
};

inline std::string doctor_visit::handshake_params(std::vector<int> versions) const {
    handshake_request request{.name = "tenon-doctor",
                              .version = join({digits(TENON_VERSION_MAJOR), ".", digits(TENON_VERSION_MINOR),
                                               ".", digits(TENON_VERSION_PATCH)}),
                              .protocol_versions = std::move(versions)};
    request.supports_reverse_rpc = true;
    request.process_id = process_id();
    if (!declared.name.empty()) request.plugin = plugin_identity{declared.name, declared.name};
    request.config = patient.config.view();
    request.permissions = std::vector<std::string>{};
    request.features = std::vector<std::string>{};
    request.limits = peer_limits{.max_frame_bytes = 16'777'216};
    return to_json(request);
}

inline doctor_heard doctor_visit::exchange(doctor_talk& talk, std::string_view bytes,
                                           std::vector<std::string> ids, std::size_t others) const {
    doctor_heard heard;
    for (const std::string& id : ids) talk.expect(id);
    talk.say(bytes);
    const std::string last = talk.new_id();
    talk.expect(last);
    talk.say(doctor_frame(doctor_message(last, methods::health)));
    const time_point deadline = talk.answer_deadline();
    heard.alive = talk.await(last, deadline).has_value();
    for (const std::string& id : ids)
        heard.answers.push_back(heard.alive ? talk.await(id, deadline) : talk.take(id));
    const auto collect = [&] {
        for (const char* id : {"null", "["})
            while (auto reply = talk.take(id)) heard.others.push_back(std::move(*reply));
    };
    // One that answers out of order gets a moment more.
    const time_point grace = talk.in(milliseconds(500));
    for (collect(); heard.alive && heard.others.size() < others && talk.listen(grace);) collect();
    if (heard.alive) return heard;
    const bool ended = talk.gone() || talk.process().await_end(talk.in(milliseconds(100)));
    heard.how = ended ? talk.end_words() : "afterwards a health request is not answered";
    return heard;
}

inline std::optional<doctor_talk> doctor_visit::fresh(bool shake_hands) {
    auto made = doctor_talk::start(patient, notes);
    std::optional<doctor_talk> talk;
    if (made) talk.emplace(std::move(*made));
    if (talk && shake_hands && !shake(*talk)) talk.reset();
    if (!talk)
        notes.note(
            "again", testing::verdict::bad, "it was started once, and could not be started a second time",
            "Take care that two instances can run one after the other, and what the first leaves behind.");
    return talk;
}

inline void doctor_visit::open() {
    if (auto made = fresh()) talk_.emplace(std::move(*made));
}

inline void doctor_visit::begin() {
    const auto give_up = [&](doctor_outcome& where, doctor_outcome what, std::string why) {
        where = std::move(what);
        hopeless = true;
        why_hopeless = std::move(why);
        health = skipped(why_hopeless);
        talk_.reset();
    };
    auto made = doctor_talk::start(patient, notes);
    if (!made) {
        greeted = skipped("it could not be started");
        return give_up(started,
                       found_bad(made.error().message, "Mend what the last words name, then examine again."),
                       "it could not be started");
    }
    talk_.emplace(std::move(*made));
    const auto begun = std::chrono::steady_clock::now();
    const auto reply = talk_->shake_hands(handshake_params());
    const auto took =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun).count();
    if (!reply && talk_->gone())
        return give_up(greeted,
                       found_bad(join({talk_->end_words(), " before it answered the handshake"}),
                                 "Read what it said on stderr; start it by hand with the same arguments."),
                       "there was no handshake");
    const std::string waited = join(
        {"no answer within ", digits(static_cast<std::uint64_t>(patient.handshake_time.count())), " ms"});
    if (!reply && talk_->answers_lines(talk_->in(milliseconds(1'000)))) {
        for (const char* const id : {"framing", "stdout"}) notes.forget(id); // one fault
        return give_up(
            greeted,
            found_bad(join({waited, ", and it speaks in lines, without headers"}),
                      "Say \"framing\": \"lines\" in its configuration on a host: then it is spoken with "
                      "so. The doctor speaks with headers alone."),
            "it reads lines");
    }
    if (!reply)
        return give_up(
            greeted,
            found_bad(waited,
                      "Read stdin from the start, answer plugin/handshake, and flush stdout after every "
                      "message: a pipe is not line-buffered."),
            "there was no handshake");
    if (reply->failed && reply->error.code == server_not_initialized)
        return give_up(
            greeted,
            found_bad(join({"it is a language server: it answers ", std::to_string(server_not_initialized),
                            ", ", doctor_quote(reply->error.message)}),
                      "A plugin answers plugin/handshake. To have a language server as one, write a plugin "
                      "that starts "
                      "it and speaks to it."),
            "it is a language server");
    if (reply->failed)
        return give_up(greeted,
                       found_bad(join({"refused: ", doctor_quote(reply->error.message)}),
                                 "If it wants a configuration, give it one."),
                       "it refused the handshake");
    declaration_ = reply->result;
    auto answer = read_handshake_answer(declaration_, {protocol_version});
    if (!answer)
        return give_up(
            greeted,
            found_bad(join({answer.error().message, ": ", doctor_quote(declaration_)}),
                      "Answer at least {\"name\":\"...\",\"version\":\"...\"}, and 1 as protocolVersion."),
            "its handshake is not valid");
    declared = std::move(*answer);
    greeted = found_good(join(
        {declared.name, " ", declared.version, ", after ", digits(static_cast<std::uint64_t>(took)), " ms"}));
    if (declared.disable)
        return give_up(greeted,
                       warned(join({"it does not want to run here: ", doctor_quote(*declared.disable)}),
                              "Examine it where it can run."),
                       "it does not want to run here");
    judge_health();
}

inline void doctor_visit::judge_health() {
    const auto reply = talk_->ask(methods::health);
    if (!reply) {
        health = found_bad(
            talk_->gone() ? talk_->end_words() : "plugin/health is not answered",
            "Answer it with {}. Hosts restart a plugin that misses several, and the doctor needs it to "
            "tell silence from slowness.");
        hopeless = true;
        why_hopeless = "plugin/health is not answered";
        talk_.reset();
    } else if (reply->failed) {
        health = found_bad(join({"answered with the error ", doctor_quote(reply->error.message)}),
                           "Answer it with {}.");
    } else if (const auto read = from_json<health_answer>(reply->result, {.root = "health"}); !read) {
        health =
            found_bad(join({read.error().message, ": ", doctor_quote(reply->result)}),
                      "The result is {} or has status (\"healthy\", \"warning\", \"critical\"), message, and "
                      "metrics.");
    } else {
        health = found_good(doctor_quote(reply->result, 80));
    }
}

} // namespace tenon::detail

#endif
