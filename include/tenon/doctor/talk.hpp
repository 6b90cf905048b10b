#ifndef TENON_DOCTOR_TALK_HPP
#define TENON_DOCTOR_TALK_HPP

// One process of the plugin and the conversation with it. Requests of the plugin are refused, its log is taken note
// of. Answers are matched by id; one that fits no request, a second one, or one whose id came back as another type
// is noted and does no harm beyond that.

#include <tenon/json/scan.hpp>
#include <tenon/session/messages.hpp>
#include <tenon/doctor/finding.hpp>
#include <tenon/doctor/stream.hpp>
#include <tenon/testing/scripted_peer.hpp>
#include <tenon/doctor/system_doctor_process.hpp>
#include <tenon/wire/envelope.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

inline std::string doctor_frame(std::string_view body, std::string_view name = "Content-Length: ") {
    return join({name, digits(body.size()), "\r\n\r\n", body});
}
/// `id` is JSON, empty for a notification. A host always sends params.
inline std::string doctor_message(std::string_view id, std::string_view method,
                                  std::string_view params = "{}") {
    return join({R"({"jsonrpc":"2.0")", id.empty() ? "" : R"(,"id":)", id, R"(,"method":)",
                 json::of(method).text(), R"(,"params":)", params, "}"});
}

inline bool has_member(const json& object, std::string_view wanted) {
    json_reader in(object.text());
    std::string_view name;
    if (!in.enter_object()) return false;
    while (in.next_member(name)) {
        if (name == wanted) return true;
        in.skip_value();
    }
    return false;
}

struct doctor_reply {
    std::string id = {};   // JSON; "null", or "[" for the answer to a batch
    std::string text = {}; // the message; of a batch the array
    bool failed = false;
    std::string result = {}; // JSON
    fault error = {};
};

class doctor_talk {
public:
    static result<doctor_talk> start(const testing::patient& given, doctor_notes& notes) {
        auto process = doctor_process::start(given);
        if (!process) return process.error();
        return doctor_talk(given, notes, std::move(*process));
    }
    doctor_talk(doctor_talk&&) = default;
    doctor_talk& operator=(doctor_talk&&) = delete;
    ~doctor_talk() { judge_log(); }

    doctor_process& process() noexcept { return process_; }
    time_point in(milliseconds wait) const { return after(std::chrono::steady_clock::now(), wait); }
    time_point answer_deadline() const { return in(patient_->answer_time); }

    std::string new_id() { return std::string(digits(++last_id_)); }
    void expect(std::string id) { open_.push_back(std::move(id)); }
    bool say(std::string_view bytes) { return process_.write(bytes, answer_deadline()); }

    /// The answer to `id`, which was expected. None: it did not come until then, or the plugin is gone.
    std::optional<doctor_reply> await(std::string_view id, time_point deadline) {
        for (;;) {
            if (auto reply = take(id)) return reply;
            if (!listen(deadline)) return {};
        }
    }
    std::optional<doctor_reply> ask(std::string_view method, std::string_view params = "{}") {
        const std::string id = new_id();
        expect(id);
        say(doctor_frame(doctor_message(id, method, params)));
        return await(id, answer_deadline());
    }
    void tell(std::string_view method, std::string_view params = "{}") {
        say(doctor_frame(doctor_message({}, method, params)));
    }
    /// The first answer that is there with this id.
    std::optional<doctor_reply> take(std::string_view id) {
        const auto found = std::find_if(arrived_.begin(), arrived_.end(),
                                        [&](const doctor_reply& reply) { return reply.id == id; });
        if (found == arrived_.end()) return {};
        doctor_reply reply = std::move(*found);
        arrived_.erase(found);
        return reply;
    }
    /// False at the deadline, or where there is nothing more to come.
    bool listen(time_point deadline);
    /// Reads to the end. False if the process still runs by then.
    bool await_end(time_point deadline);

    /// "the process ended (exit code 1); the last it logged was: ...", of what it logged since the check began.
    std::string end_words();
    void begin_check() noexcept { log_before_ = process_.log().size(); }
    /// Whether it reads lines: then it answers in lines, at the latest when one ends. Asked after waiting for an answer.
    bool answers_lines(time_point deadline) {
        if (!stream_.headless()) say("\n");
        while (!stream_.headless() && listen(deadline)) {
        }
        return stream_.headless();
    }
    const exit_status& end_status();
    bool gone() const noexcept { return process_.over(); }

    /// The handshake's answer, from which on the plugin may speak.
    std::optional<doctor_reply> shake_hands(std::string_view params) {
        handshake_ = new_id();
        expect(handshake_);
        say(doctor_frame(doctor_message(handshake_, methods::handshake, params)));
        return await(handshake_, in(patient_->handshake_time));
    }
    bool shook_hands() const noexcept { return shook_hands_; }

private:
    doctor_talk(const testing::patient& given, doctor_notes& notes, doctor_process&& process)
        : patient_(&given), notes_(&notes), process_(std::move(process)), stream_(notes) {}

    static constexpr milliseconds settling{60};

    bool read_bodies(bool settled);
    void take_body(const std::string& body);
    void take_answer(doctor_reply reply);
    void take_call(const envelope& message);
    void judge_call(const envelope& message);
    void salvage(const std::string& body, const fault& why);
    void judge_log();

    const testing::patient* patient_;
    doctor_notes* notes_;
    doctor_process process_;
    doctor_stream stream_;
    std::uint64_t last_id_ = 0;
    std::string handshake_;
    bool shook_hands_ = false;
    bool speaks_reverse_ = false; // it declared reverseRpc
    std::vector<std::string> open_;
    std::set<std::string, std::less<>> closed_;
    std::vector<doctor_reply> arrived_;
    std::set<std::string> asked_; // ids of the plugin's own requests
    std::optional<exit_status> status_;
    std::size_t log_before_ = 0; // the check
};

inline bool doctor_talk::listen(time_point deadline) {
    for (;;) {
        if (read_bodies(false)) return true;
        if (process_.over()) {
            const bool more = read_bodies(true);
            if (!more) stream_.finish();
            return more;
        }
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline) return read_bodies(true);
        const time_point settled = stream_.waits() ? std::min(after(now, settling), deadline) : deadline;
        if (!process_.wait(settled) && read_bodies(true)) return true;
        if (process_.output_over() && !process_.over()) process_.await_end(deadline);
    }
}

inline bool doctor_talk::read_bodies(bool settled) {
    stream_.take(process_.output());
    bool any = false;
    while (auto body = stream_.next(settled)) {
        take_body(*body);
        any = true;
    }
    return any;
}

inline bool doctor_talk::await_end(time_point deadline) {
    while (!process_.over() && std::chrono::steady_clock::now() < deadline) listen(deadline);
    if (!process_.over()) return false;
    while (listen(deadline)) {
    }
    return true;
}

inline void doctor_talk::take_body(const std::string& body) {
    envelope message;
    if (!parse_envelope(body, message)) return salvage(body, message.error);
    switch (message.kind) {
    case envelope_kind::request:
    case envelope_kind::notification: return take_call(message);
    case envelope_kind::batch: return take_answer({.id = "[", .text = body});
    case envelope_kind::response:
        return take_answer({.id = std::string(message.id.empty() ? "null" : message.id),
                            .text = body,
                            .failed = message.failed,
                            .result = std::string(message.result),
                            .error = message.error});
    case envelope_kind::refused: break;
    }
}

// No message by the rules, yet it may say enough to be taken for the answer that it was meant to be.
inline void doctor_talk::salvage(const std::string& body, const fault& why) {
    const auto read = json::parse(body);
    const bool is_object = read && read->kind() == json_kind::object;
    // A result that nothing was asked for: the answer shows whether that is wrong.
    if (is_object && (*read)["id"].is_null() && has_member(*read, "result") && !has_member(*read, "error"))
        return take_answer({.id = "null", .text = body, .result = std::string((*read)["result"].text())});
    notes_->note(
        "messages", testing::verdict::bad,
        join({"no JSON-RPC message (", why.message, "): ", doctor_quote(body)}),
        "An answer is {\"jsonrpc\":\"2.0\",\"id\":...} with exactly one of \"result\" (null where there is "
        "nothing to say) and \"error\" {\"code\":integer,\"message\":string}.");
    if (!is_object) return;
    doctor_reply reply{.id = std::string((*read)["id"].text()), .text = body};
    const json_view error = (*read)["error"];
    reply.failed = !error.is_null();
    reply.result = (*read)["result"].text();
    if (const auto code = error["code"].as<int>()) reply.error.code = *code;
    std::string scratch;
    reply.error.message = error["message"].as_text(scratch);
    take_answer(std::move(reply));
}

inline void doctor_talk::take_answer(doctor_reply reply) {
    if (reply.id == "null" || reply.id == "[") return arrived_.push_back(std::move(reply));
    auto found = std::find_if(open_.begin(), open_.end(), [&](const std::string& id) {
        return id == reply.id || testing::same_json(id, reply.id);
    });
    if (found == open_.end()) { // perhaps its type changed on the way: 7 and "7"
        found = std::find_if(open_.begin(), open_.end(), [&](const std::string& id) {
            return join({"\"", id, "\""}) == reply.id || join({"\"", reply.id, "\""}) == id;
        });
        if (found != open_.end())
            notes_->note("ids", testing::verdict::bad, join({"the id ", *found, " came back as ", reply.id}),
                         "Send the id back as it came, a number as a number and a string as a string.");
    }
    if (found != open_.end()) {
        reply.id = *found;
        closed_.insert(*found);
        open_.erase(found);
        if (reply.id == handshake_ && !reply.failed) {
            shook_hands_ = true;
            if (const auto declared = json::parse(reply.result))
                speaks_reverse_ = (*declared)["reverseRpc"].text() == "true";
        }
        return arrived_.push_back(std::move(reply));
    }
    if (closed_.count(reply.id) != 0)
        notes_->note("once", testing::verdict::bad,
                     join({"a second answer to a request: ", doctor_quote(reply.text)}),
                     "Answer each request exactly once, also when the handler fails after it has answered.");
    else
        notes_->note("once", testing::verdict::bad,
                     join({"an answer to an id that was not sent: ", doctor_quote(reply.text)}),
                     "Answer with the id of the request; answer no notification.");
}

inline void doctor_talk::take_call(const envelope& message) {
    judge_call(message);
    if (message.kind != envelope_kind::request) return;
    const bool granted = message.method == methods::acknowledge;
    say(doctor_frame(granted ? join({R"({"jsonrpc":"2.0","id":)", message.id, R"(,"result":null})"})
                             : join({R"({"jsonrpc":"2.0","id":)", message.id,
                                     R"(,"error":{"code":-32013,"message":"a doctor grants nothing"}})"})));
}

inline void doctor_talk::judge_call(const envelope& message) {
    const auto note = [&](testing::verdict verdict, std::string seen, std::string mend) {
        notes_->note("own-calls", verdict, std::move(seen), std::move(mend));
    };
    const bool request = message.kind == envelope_kind::request;
    const bool log = !request && message.method == methods::log;
    if (log) {
        const json_view params =
            message.params.empty() ? json_view() : from_json<json_view>(message.params).value_or({});
        if (!params.as<log_notice>())
            note(testing::verdict::warning,
                 join({"a host/log whose params are not as they should be: ", doctor_quote(message.params)}),
                 "Send {\"level\":\"info\",\"message\":\"...\"}; the level is debug, info, warn or error.");
    }
    if (!shook_hands_ && !log)
        return note(testing::verdict::bad,
                    join({doctor_quote(message.method), " before the answer to the handshake"}),
                    "Send nothing but host/log until the handshake is answered.");
    if (!request) return;
    const bool good_id = message.id.front() != '"' && message.id.front() != '-' && message.id != "0";
    if (!good_id || !asked_.insert(std::string(message.id)).second)
        note(testing::verdict::warning,
             join({"a request with the id ", message.id, good_id ? ", for the second time" : ""}),
             "Number your requests with integers from 1 on, and use none twice.");
    if (!speaks_reverse_ && message.method != methods::acknowledge)
        note(
            testing::verdict::warning,
            join({"it asks ", doctor_quote(message.method), " without \"reverseRpc\":true in its handshake"}),
            "Declare reverseRpc; without it every request is refused with -32013.");
}

inline const exit_status& doctor_talk::end_status() {
    if (!status_) {
        std::vector<std::string> left;
        status_ = process_.status(left);
        for (const std::string& one : left)
            notes_->note(
                "children", testing::verdict::bad, join({"it ended and left behind ", one}),
                "End what the plugin started before it exits, or let it read the end of a pipe of its own.");
    }
    return *status_;
}

inline void doctor_talk::judge_log() {
    std::string_view log = process_.log();
    while (!log.empty()) {
        const std::string_view line = log.substr(0, log.find('\n'));
        log.remove_prefix(std::min(line.size() + 1, log.size()));
        if (line.size() > std::size_t{64} << 10)
            notes_->note("stderr", testing::verdict::warning,
                         join({"a line of ", digits(line.size()), " bytes"}),
                         "Keep a line of the log below 64 KiB: a host cuts it.");
        if (!is_utf8(line))
            notes_->note("stderr", testing::verdict::warning,
                         join({"a line that is no UTF-8: ", doctor_quote(line)}),
                         "Log as UTF-8: a host replaces all other bytes.");
    }
}

inline std::string doctor_talk::end_words() {
    if (!process_.over()) return "it still runs";
    std::string text = join({"the process ended (", describe_exit(end_status()), ")"});
    std::string_view log = std::string_view(process_.log()).substr(log_before_);
    while (!log.empty() && (log.back() == '\n' || log.back() == '\r')) log.remove_suffix(1);
    const std::size_t line = log.rfind('\n');
    if (!log.empty())
        append(text, join({", its last words on stderr: ",
                           doctor_quote(log.substr(line == log.npos ? 0 : line + 1))}));
    return text;
}

} // namespace tenon::detail

#endif
