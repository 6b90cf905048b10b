#ifndef TENON_SESSION_SESSION_HPP
#define TENON_SESSION_SESSION_HPP

// One JSON-RPC peer without I/O: bytes in, bytes out, time as an argument. It frames, checks, matches answers
// to calls, keeps deadlines and limits, and queues what is to be sent. It dispatches nothing and reads no clock.
//
//     session peer(session_role::plugin);
//     std::span<char> room = peer.input_room();
//     peer.input_received(read(0, room.data(), room.size()), now());
//     session_event event;
//     while (peer.next_event(event, now())) handle(event);     // answers with reply(), reject(), ...
//     for (auto pieces = peer.transmit(); !pieces.empty(); pieces = peer.transmit()) peer.sent(write(1, pieces));
//
// What to poll again:
//   after input_received, receive_bytes, receive_end, close, cancel, handle_timeout, call  -> next_event
//   after next_event and every verb that sends                                            -> transmit
//   after all of them                                                                     -> next_deadline
//
// A session has no locks. input_room() touches the input alone and may run beside the verbs that send;
// everything else, input_received() included, needs one lock if there are several threads.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/session/tables.hpp>
#include <tenon/session/limits.hpp>
#include <tenon/session/event.hpp>
#include <tenon/session/names.hpp>
#include <tenon/session/outbox.hpp>
#include <tenon/session/shared_bytes.hpp>
#include <tenon/wire/envelope.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

// The phases of a connection and the only table of the ways between them. What each phase lets through is
// decided by `session`; that a phase is left, and for which one, is decided here.
//
//     awaiting_handshake ──accepted──▶ ready ──shutdown──▶ shutting_down
//             └──────────shutdown───────────────────────▶      │
//             └──────────closed, from everywhere ────────▶ closed

enum class session_role : std::uint8_t { plugin, host };

enum class session_phase : std::uint8_t { awaiting_handshake, ready, shutting_down, closed };

enum class phase_trigger : std::uint8_t { handshake_accepted, shutdown_begun, connection_closed };

/// The phase after `trigger`; the same phase where the trigger means nothing.
constexpr session_phase next_phase(session_phase from, phase_trigger trigger) noexcept {
    using enum session_phase;
    constexpr session_phase table[4][3] = {
        // handshake_accepted  shutdown_begun  connection_closed
        {ready, shutting_down, closed},         // awaiting_handshake
        {ready, shutting_down, closed},         // ready
        {shutting_down, shutting_down, closed}, // shutting_down
        {closed, closed, closed},               // closed
    };
    return table[static_cast<unsigned>(from)][static_cast<unsigned>(trigger)];
}

class session {
public:
    explicit session(session_role role, session_limits limits = {})
        : role_(role), limits_(limits), sent_frame_limit_(limits.max_frame_bytes),
          reader_(limits.max_frame_bytes,
                  role == session_role::host ? framing_rule::headers : framing_rule::first_byte) {}
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// Before the first byte either way. Else a plugin takes the framing of its host's first byte; a host, which speaks
    /// first, takes headers: a line of JSON is something that the plugin printed then.
    void use_framing(framing_rule rule) {
        reader_.use(rule);
        if (rule == framing_rule::lines) outbox_.use_newlines();
    }

    // --- input ---

    /// Room for a read(), at least 64 KiB and valid until the next call. Ends the life of an event's slices.
    std::span<char> input_room();
    void input_received(std::size_t count, time_point now);
    /// The same with a copy, for tests and drivers that own their buffers.
    void receive_bytes(std::string_view bytes, time_point now);
    /// The peer closed its end. Whole frames that came before are still delivered.
    void receive_end(time_point now);

    /// The next thing that happened; false (and kind none) when nothing did. Call it until then. It queues
    /// answers by itself where the session refuses something: poll transmit() after the last one.
    bool next_event(session_event& event, time_point now);
    /// Whether next_event() has something to tell that no input brought: a call that ended, or the end.
    bool has_news() const noexcept {
        return next_ended_ != ended_calls_.size() || (phase_ == session_phase::closed && !closed_told_);
    }

    // --- calls of ours ---

    /// `params` is one JSON value as text, or empty for `{}`: some libraries lose a request without params. A deadline that is over already completes the
    /// call with a timeout without sending it. A fault here means that nothing was sent and nothing follows;
    /// otherwise one response event does.
    result<call_id> call(std::string_view method, std::string_view params, time_point deadline,
                         time_point now, std::uint32_t tag = 0);
    /// The same with params that other sessions send too; from 4 KiB on they are queued without a copy.
    result<call_id> call(std::string_view method, const shared_bytes& params, time_point deadline,
                         time_point now, std::uint32_t tag = 0);
    /// The same with params written in place: at most one value (none is `{}`), then finish_call(). Nothing else may be sent
    /// in between, and the writer is dead after it.
    json_writer begin_call(std::string_view method);
    result<call_id> finish_call(time_point deadline, time_point now);

    /// Tells the peer and completes the call with codes::cancelled. Does nothing for a completed call.
    void cancel(call_id call, time_point now);

    /// False if it was not queued: limits, size, or no connection. Nothing else is lost by that.
    bool notify(std::string_view method, std::string_view params = {});
    bool notify(std::string_view method, const shared_bytes& params);
    json_writer begin_notify(std::string_view method);
    bool finish_notify();
    /// A line end behind what was sent, for a peer that waits for one. To any other peer it is a fault of ours.
    void end_line() {
        if (phase_ != session_phase::closed) outbox_.put("\n");
    }

    // --- answers to the peer's requests ---

    /// Each of these answers the request and ends the life of its token. False: the token was stale.
    bool reply(request_token request, std::string_view result);
    bool reject(request_token request, const fault& error);
    /// The result written in place: at most one value (none is null), then finish_reply(). A result beyond the
    /// frame limit is taken back and answered -32014; finish_reply() is false then, and for a stale token.
    json_writer begin_reply(request_token request);
    bool finish_reply();
    /// Takes back what begin_call, begin_notify or begin_reply wrote. The request is still to be answered.
    void rollback();

    /// Reports on a request that is still to be answered; restarts the deadline that the peer has set for it.
    bool progress(request_token request, std::string_view value);
    /// Whether the peer has cancelled the request. False for a stale token.
    bool cancelled(request_token request) const noexcept;
    /// Whether the request is still to be answered.
    bool open(request_token request) const noexcept;

    // --- life of the connection ---

    session_phase phase() const noexcept { return phase_; }
    session_role role() const noexcept { return role_; }
    /// Plugin: after the handshake event was answered; false (it was rejected) lets the host ask once more.
    /// Host: when the answer of its call plugin/handshake was accepted.
    void handshake_done(bool accepted);
    /// From now on a plugin answers requests with -32018. What is in flight goes on; a host still hears requests.
    void begin_shutdown();
    /// Ends it from our side. Calls complete with codes::unavailable, then comes the closed event. What is
    /// queued can still be transmitted; nothing new is queued. A driver says here what it alone can see.
    void close(std::string_view why, violation_reason reason = violation_reason::none);

    // --- output ---

    /// What to write now, in order, at most 64 pieces; empty if there is nothing. The pieces stay valid and
    /// unchanged until sent() is called, whatever is queued meanwhile. After sent(), poll it again.
    std::span<const std::string_view> transmit() { return outbox_.transmit(); }
    void sent(std::size_t count) { outbox_.sent(count); }
    bool wants_write() const noexcept { return outbox_.queued_bytes() != 0; }
    std::size_t queued_bytes() const noexcept { return outbox_.queued_bytes(); }

    // --- time ---

    /// When handle_timeout() is to be called, or `never`. It may be early, never late.
    time_point next_deadline() const noexcept;
    /// When a call of ours completes with a timeout; long ago if it has completed.
    time_point deadline_of(call_id call) const noexcept { return calls_.deadline_of(call.value); }
    /// Calls whose deadline is over complete with codes::timeout and are cancelled at the peer; a frame that
    /// began too long ago ends the connection.
    void handle_timeout(time_point now);
    /// Input could not be read for so long: that time does not count for a frame that has begun.
    void excuse(time_point::duration busy) noexcept {
        if (busy.count() > 0 && frame_deadline_ < never - busy) frame_deadline_ += busy;
    }

    // --- looking in ---

    const session_counters& counters() const noexcept { return counters_; }
    const session_limits& limits() const noexcept { return limits_; }
    /// The peer reads no larger frames than this (it says so in the handshake): larger ones are not sent.
    void limit_sent_frames(std::size_t bytes) noexcept {
        if (bytes != 0 && bytes < sent_frame_limit_) sent_frame_limit_ = bytes;
    }
    bool newline_framed() const noexcept { return reader_.newline_framed(); }
    /// The beginning of something whose end has not come.
    std::string_view unfinished_input() const noexcept { return reader_.waiting(); }
    /// Why its phase is `closed`; empty before.
    std::string_view close_text() const noexcept { return close_text_; }
    std::size_t pending_calls() const noexcept { return calls_.size(); }
    std::size_t open_requests() const noexcept { return incoming_.size(); }

private:
    enum class writing : std::uint8_t { nothing, call, notification, reply };

    // Events. Each of these fills the event, or returns false when nothing is to be told.
    void clear(session_event& event) const noexcept;
    static void set_error(session_event& event, int code, std::string message);
    [[gnu::cold]] bool take_completion(session_event& event);
    [[gnu::cold]] bool take_closed(session_event& event);
    bool take_step(session_event& event, frame_step step, std::string_view text, time_point now);
    bool take_message(session_event& event, std::string_view body, time_point now);
    bool take_request(session_event& event, std::string_view body);
    bool take_notification(session_event& event, std::string_view body, time_point now);
    bool take_cancel(session_event& event);
    bool take_progress(session_event& event, time_point now);
    bool take_response(session_event& event);
    [[gnu::cold]] bool take_refused(session_event& event, std::string_view body, time_point now);
    [[gnu::cold]] bool take_batch(session_event& event, std::string_view body, time_point now);
    [[gnu::cold]] bool take_bad_body(session_event& event, std::string_view body, time_point now);
    void note_frame_deadline() noexcept;
    void describe_message(session_event& event, std::string_view body) const noexcept;
    const char* refusal_of(std::string_view method, int& code) const noexcept;
    static std::int64_t own_id(std::string_view raw) noexcept;
    bool only_call_is_in_flight() const noexcept;

    // Sending
    [[gnu::cold]] bool refuse_request(std::string_view id, int code, std::string_view message);
    [[gnu::cold]] void answer_error(std::uint32_t batch, std::string_view id, int code,
                                    std::string_view message, std::string_view data = {});
    std::string too_large(std::string_view what, std::size_t size) const;
    byte_buffer& begin_answer(std::uint32_t batch);
    void finish_answer(std::uint32_t batch);
    void take_back(std::uint32_t batch);
    std::size_t answer_size(std::uint32_t batch) const noexcept;
    void settle(request_token request, std::uint32_t batch);
    void send_batch(std::uint32_t batch);
    void send_cancel(std::int64_t call);
    bool may_send(std::string_view method) const noexcept;
    int close_value(const shared_bytes* params);
    fault refused_call(int code) const;
    json_writer begin_message(writing kind, std::string_view method);
    result<call_id> end_call(const shared_bytes* params, time_point deadline, time_point now,
                             std::uint32_t tag = 0);
    bool end_notify(const shared_bytes* params);
    bool queue_full(std::size_t factor) const noexcept {
        return limits_.max_output_bytes != 0 && outbox_.queued_bytes() / factor > limits_.max_output_bytes;
    }
    void count_sent();

    void end_stalled();
    [[gnu::cold]] void end_connection(violation_reason reason, std::string_view why, bool may_answer);

    session_role role_;
    session_phase phase_ = session_phase::awaiting_handshake;
    bool handshake_begun_ = false;
    bool may_answer_ = true; // after the end of input answers still go out
    bool closed_told_ = false;
    session_limits limits_;
    std::size_t sent_frame_limit_;
    session_counters counters_;

    frame_reader reader_;
    envelope envelope_;
    bool input_unread_ = false; // bytes came that next_event() has not looked at
    time_point last_input_ = {};
    time_point frame_deadline_ = never;
    time_point bad_times_[max_bad_bodies] = {}; // a ring
    std::size_t bad_count_ = 0;
    bool batch_was_bad_ = false;

    incoming_table incoming_;
    batch_table batches_;
    call_table calls_;
    std::uint64_t last_call_sent_ = 0; // the number of the latest call among all messages that were sent
    // So many of these the peer has read for certain: it has answered a call with this number.
    std::uint64_t read_up_to_ = 0;
    sequence<ended_call> ended_calls_; // completed without an answer; their events wait here
    std::size_t next_ended_ = 0;

    outbox outbox_;
    writing writing_ = writing::nothing;
    bool writing_allowed_ = false;
    request_token answering_ = {};
    std::uint32_t answering_batch_ = 0;
    std::size_t value_start_ = 0;
    byte_buffer* value_buffer_ = nullptr;
    std::size_t message_size_ = 0;
    std::size_t answer_start_ = 0; // within a batch

    violation_reason close_reason_ = violation_reason::none;
    std::string close_text_;
};

// ---- receiving: from bytes to events --------------------------------------------------------------------------

// --- input ---

inline std::span<char> session::input_room() { return reader_.input_room(); }

inline void session::input_received(std::size_t count, time_point now) {
    if (count == 0) return;
    reader_.input_received(count);
    last_input_ = now;
    input_unread_ = true;
}

inline void session::receive_bytes(std::string_view bytes, time_point now) {
    reader_.append(bytes);
    last_input_ = now;
    input_unread_ = true;
}

inline void session::receive_end(time_point now) {
    reader_.end();
    last_input_ = now;
    input_unread_ = true;
}

// --- events ---

inline void session::clear(session_event& event) const noexcept {
    event.kind = event_kind::none;
    event.failed = false;
    event.request = {};
    event.call = {};
    event.id = event.method = event.params = event.value = event.text = {};
    event.params_offset = 0;
    event.reason = violation_reason::none;
}

inline bool session::next_event(session_event& event, time_point now) {
    clear(event);
    for (;;) {
        if (next_ended_ != ended_calls_.size()) return take_completion(event);
        if (phase_ == session_phase::closed) return take_closed(event);
        std::string_view text;
        if (batches_.delivering()) {
            if (batches_.next_entry(text)) {
                if (take_message(event, text, now)) return true;
            } else {
                const std::uint32_t batch = batches_.current();
                if (batches_.end_delivery()) send_batch(batch);
            }
            continue;
        }
        const frame_step step = reader_.next(text);
        if (step == frame_step::need_more) {
            note_frame_deadline();
            if (now < frame_deadline_) return false;
            end_stalled(); // bytes that keep coming one by one would put off handle_timeout() for ever
            continue;
        }
        frame_deadline_ = never;
        if (take_step(event, step, text, now)) return true;
    }
}

// The deadline runs from the input that brought a frame's first byte; more bytes do not move it.
inline void session::note_frame_deadline() noexcept {
    input_unread_ = false;
    if (!reader_.inside_frame()) frame_deadline_ = never;
    else if (frame_deadline_ == never) frame_deadline_ = after(last_input_, limits_.assembly_timeout);
}

inline void session::set_error(session_event& event, int code, std::string message) {
    event.error.code = code;
    event.error.message = std::move(message);
    event.error.data.clear();
}

inline bool session::take_completion(session_event& event) {
    const ended_call done = ended_calls_[next_ended_++];
    if (next_ended_ == ended_calls_.size()) {
        ended_calls_.clear();
        next_ended_ = 0;
    }
    event.kind = event_kind::response;
    event.call = {done.id, done.tag};
    event.failed = true;
    const bool closed = done.code == codes::unavailable;
    const std::string_view why = closed                        ? "the connection is closed: "
                                 : done.code == codes::timeout ? "no answer in time"
                                                               : "cancelled";
    set_error(event, done.code, join({why, closed ? std::string_view(close_text_) : std::string_view()}));
    return true;
}

inline bool session::take_closed(session_event& event) {
    if (closed_told_) return false;
    closed_told_ = true;
    event.kind = event_kind::closed;
    event.reason = close_reason_;
    event.text = close_text_;
    return true;
}

inline bool session::take_step(session_event& event, frame_step step, std::string_view text, time_point now) {
    switch (step) {
    case frame_step::body:
        ++counters_.received;
        if (reader_.newline_framed()) outbox_.use_newlines(); // we answer in kind
        return take_message(event, text, now);
    case frame_step::skipped_text:
        counters_.pollution_bytes = reader_.pollution_bytes();
        event.kind = event_kind::polluted;
        event.text = text;
        return true;
    case frame_step::ignored_empty:
        ++counters_.empty_frames;
        event.kind = event_kind::bad_body;
        set_error(event, codes::invalid_request, join({"an empty frame is ignored"}));
        return true;
    case frame_step::too_large:
        ++counters_.oversized_frames;
        event.kind = event_kind::bad_body;
        set_error(
            event, codes::too_large,
            join({"a frame beyond the limit of ", digits(limits_.max_frame_bytes), " bytes is not read"}));
        answer_error(0, {}, event.error.code, event.error.message);
        return true;
    case frame_step::violation:
        counters_.pollution_bytes = reader_.pollution_bytes();
        if (reader_.violation().reason == violation_reason::bad_charset)
            answer_error(0, {}, codes::parse_error, reader_.violation().message);
        end_connection(reader_.violation().reason, reader_.violation().message, false);
        return false;
    case frame_step::end: end_connection(violation_reason::none, "the peer closed it", true); return false;
    case frame_step::need_more: break;
    }
    return false;
}

// ---- what one message of the peer means, and whether it may be told -------------------------------------------

inline bool session::take_message(session_event& event, std::string_view body, time_point now) {
    parse_envelope(body, envelope_);
    switch (envelope_.kind) {
    case envelope_kind::request: return take_request(event, body);
    case envelope_kind::notification: return take_notification(event, body, now);
    case envelope_kind::response: return take_response(event);
    case envelope_kind::batch: return take_batch(event, body, now);
    case envelope_kind::refused: break;
    }
    return take_refused(event, body, now);
}

inline void session::describe_message(session_event& event, std::string_view body) const noexcept {
    event.method = envelope_.method;
    event.params = envelope_.params;
    if (!event.params.empty())
        event.params_offset = static_cast<std::size_t>(event.params.data() - body.data());
}

// Why a request may not be delivered in this phase; null if it may.
inline const char* session::refusal_of(std::string_view method, int& code) const noexcept {
    const bool handshake = role_ == session_role::plugin && method == methods::handshake;
    code = codes::invalid_request;
    switch (phase_) {
    case session_phase::awaiting_handshake:
        if (handshake) return handshake_begun_ ? "there is a handshake already" : nullptr;
        // A plugin that connects to a socket introduces itself first.
        if (role_ == session_role::host && method == methods::attach) return nullptr;
        return "handshake first";
    case session_phase::ready: return handshake ? "there was a handshake already" : nullptr;
    case session_phase::shutting_down:
        code = codes::shutting_down;
        return role_ == session_role::plugin ? "shutting down" : nullptr;
    case session_phase::closed: break;
    }
    return nullptr;
}

inline bool session::take_request(session_event& event, std::string_view body) {
    int code;
    if (const char* refusal = refusal_of(envelope_.method, code))
        return refuse_request(envelope_.id, code, refusal);
    if (incoming_.find(envelope_.id).generation != 0)
        return refuse_request(envelope_.id, codes::invalid_request, "a request with this id is in flight");
    if (incoming_.size() >= limits_.max_incoming) {
        ++counters_.overloaded_requests;
        answer_error(batches_.current(), envelope_.id, codes::overloaded, "too many requests in flight");
        return false;
    }
    const std::uint32_t batch = batches_.current();
    if (batch != 0) batches_.opened(batch);
    event.request = incoming_.insert(envelope_.id, batch);
    event.kind = event_kind::request;
    if (phase_ == session_phase::awaiting_handshake && role_ == session_role::plugin) {
        event.kind = event_kind::handshake;
        handshake_begun_ = true;
    }
    event.id = envelope_.id;
    describe_message(event, body);
    return true;
}

inline bool session::take_notification(session_event& event, std::string_view body, time_point now) {
    const std::string_view method = envelope_.method;
    if (method.size() > 2 && method[0] == '$' && method[1] == '/') {
        if (method == "$/cancelRequest") return take_cancel(event);
        if (method == "$/progress") return take_progress(event, now);
        ++counters_.ignored_notifications;
        return false;
    }
    if (phase_ == session_phase::awaiting_handshake) {
        // A host may send a plugin away before it knows it; a plugin may say why it fails.
        const std::string_view allowed = role_ == session_role::plugin ? methods::exit : methods::log;
        if (method != allowed) {
            ++counters_.ignored_notifications;
            return false;
        }
    }
    event.kind = event_kind::notification;
    describe_message(event, body);
    return true;
}

/// The member of a checked object, as text; empty if there is none.
inline std::string_view member_text(std::string_view object, std::string_view name) {
    json_reader in(object);
    std::string_view key, value;
    if (object.empty() || in.peek() != json_kind::object || !in.enter_object()) return {};
    while (in.next_member(key) && in.read_slice(value))
        if (key == name) return value;
    return {};
}

inline bool session::take_cancel(session_event& event) {
    const request_token token = incoming_.find(member_text(envelope_.params, "id"));
    incoming_request* request = incoming_.get(token);
    if (request == nullptr) {
        ++counters_.unknown_cancels; // silent: its answer may have crossed the cancel
        return false;
    }
    if (request->cancelled) return false;
    request->cancelled = true;
    event.kind = event_kind::cancelled;
    event.request = token;
    return true;
}

inline bool session::take_progress(session_event& event, time_point now) {
    call_id call{own_id(member_text(envelope_.params, "token"))};
    if (!calls_.extend(call, now)) {
        ++counters_.unknown_progress;
        return false;
    }
    event.kind = event_kind::progress;
    event.call = call;
    event.value = member_text(envelope_.params, "value");
    if (event.value.empty()) event.value = "null";
    return true;
}

// Our ids have one spelling. What differs from it was never ours.
inline std::int64_t session::own_id(std::string_view raw) noexcept {
    if (raw.empty() || raw.size() > 18 || raw[0] == '0') return 0;
    std::int64_t id = 0;
    for (const char digit : raw) {
        if (!is_digit(digit)) return 0;
        id = id * 10 + (digit - '0');
    }
    return id;
}

/// A call that nothing was sent before or behind which the peer may still have to read.
inline bool session::only_call_is_in_flight() const noexcept {
    return calls_.size() == 1 && calls_.contains(calls_.next_id() - 1) && counters_.sent == last_call_sent_ &&
           last_call_sent_ == read_up_to_ + 1;
}

inline bool session::take_response(session_event& event) {
    event.failed = envelope_.failed;
    if (event.failed) event.error = std::move(envelope_.error);
    if (!envelope_.has_id()) {
        ++counters_.peer_errors;
        event.kind = event_kind::peer_error;
        if (!event.failed || !only_call_is_in_flight()) return true;
        // It can mean nothing else, and waiting for another answer would be in vain.
        event.kind = event_kind::response;
        event.call = {calls_.next_id() - 1};
        read_up_to_ = last_call_sent_;
        return calls_.remove(event.call);
    }
    call_id call{own_id(envelope_.id)};
    if (call.value == calls_.next_id() - 1) read_up_to_ = last_call_sent_;
    if (!calls_.remove(call)) {
        ++(calls_.was_used(call.value) ? counters_.late_replies : counters_.orphan_replies);
        event.failed = false;
        return false;
    }
    event.kind = event_kind::response;
    event.call = call;
    event.value = envelope_.result;
    return true;
}

inline bool session::take_refused(session_event& event, std::string_view body, time_point now) {
    if (envelope_.maybe_response && envelope_.has_id()) {
        call_id call{own_id(envelope_.id)};
        if (calls_.remove(call)) {
            ++counters_.malformed_replies;
            take_bad_body(event, body, now);
            event.kind = event_kind::response;
            event.call = call;
            event.failed = true;
            set_error(event, codes::internal_error, join({"malformed reply: ", event.error.message}));
            event.text = {};
            return true;
        }
        if (envelope_.has_outcome)
            ++(calls_.was_used(call.value) ? counters_.late_replies : counters_.orphan_replies);
    }
    // An answer is never answered, or two peers could go on for ever.
    if (!envelope_.maybe_response || !envelope_.has_outcome)
        answer_error(batches_.current(), envelope_.id, envelope_.error.code, envelope_.error.message);
    return take_bad_body(event, body, now);
}

inline bool session::take_batch(session_event& event, std::string_view body, time_point now) {
    envelope_.id = {};
    if (batches_.delivering()) {
        envelope_.error.code = codes::invalid_request;
        envelope_.error.message = join({"Invalid Request: a batch inside a batch"});
    } else {
        batch_was_bad_ = false;
        batches_.begin(body);
        const auto add = [](void* batches, std::string_view entry) {
            static_cast<batch_table*>(batches)->add(entry);
        };
        if (read_batch(batches_.text(), add, &batches_, envelope_.error)) return false;
        const std::uint32_t batch = batches_.current();
        batches_.end_delivery();
        batches_.end(batch);
    }
    answer_error(batches_.current(), {}, envelope_.error.code, envelope_.error.message);
    return take_bad_body(event, body, now);
}

inline bool session::take_bad_body(session_event& event, std::string_view body, time_point now) {
    event.kind = event_kind::bad_body;
    event.error = std::move(envelope_.error);
    event.text = body;
    ++counters_.bad_bodies;
    if (batches_.delivering()) { // one body, one count
        if (batch_was_bad_) return true;
        batch_was_bad_ = true;
    }
    time_point& oldest = bad_times_[bad_count_ % max_bad_bodies];
    const bool full = bad_count_ >= max_bad_bodies;
    // A host stops a plugin that does not speak JSON-RPC; a plugin has nowhere else to go.
    if (full && role_ == session_role::host && now - oldest < bad_body_window)
        end_connection(
            violation_reason::too_many_bad_bodies,
            join({"more than 10 unacceptable messages in a minute, the last: ", event.error.message}), false);
    oldest = now;
    ++bad_count_;
    return true;
}

// ---- answers: alone or into a batch, whole or encoded in place ------------------------------------------------

inline byte_buffer& session::begin_answer(std::uint32_t batch) {
    if (batch == 0) return outbox_.begin();
    answer_start_ = batches_.answers(batch).size();
    return batches_.begin_answer(batch);
}

inline void session::finish_answer(std::uint32_t batch) {
    if (batch != 0) return;
    outbox_.finish();
    count_sent();
}

inline void session::take_back(std::uint32_t batch) {
    if (batch == 0) outbox_.rollback();
    else batches_.answers(batch).truncate(answer_start_);
}

// Of a batch all that there is so far: it goes out as one message.
inline std::size_t session::answer_size(std::uint32_t batch) const noexcept {
    return batch == 0 ? outbox_.body_size() : batches_.answers(batch).size() + 1;
}

inline void session::answer_error(std::uint32_t batch, std::string_view id, int code,
                                  std::string_view message, std::string_view data) {
    append_error(begin_answer(batch), id, code, message, data);
    if (answer_size(batch) > sent_frame_limit_) {
        take_back(batch);
        append_error(begin_answer(batch), id, code, "the error is too large to be sent");
    }
    finish_answer(batch);
}

inline bool session::refuse_request(std::string_view id, int code, std::string_view message) {
    ++counters_.refused_requests;
    answer_error(batches_.current(), id, code, message);
    return false;
}

// For what is larger than the peer reads.
inline std::string session::too_large(std::string_view what, std::size_t size) const {
    return join({what, digits(size), " bytes is beyond the limit of ", digits(sent_frame_limit_)});
}

inline json_writer session::begin_reply(request_token request) {
    TENON_ASSERT(writing_ == writing::nothing);
    writing_ = writing::reply;
    const incoming_request* open = incoming_.get(request);
    writing_allowed_ = open != nullptr && may_answer_;
    answering_ = request;
    answering_batch_ = writing_allowed_ ? open->batch : 0;
    byte_buffer& buffer = begin_answer(answering_batch_);
    append_result_head(buffer, writing_allowed_ ? std::string_view(open->id) : std::string_view());
    value_buffer_ = &buffer;
    value_start_ = buffer.size();
    return json_writer(buffer);
}

inline bool session::finish_reply() {
    TENON_ASSERT(writing_ == writing::reply);
    writing_ = writing::nothing;
    if (!writing_allowed_) {
        take_back(answering_batch_);
        return false;
    }
    byte_buffer& buffer = *value_buffer_;
    if (buffer.size() == value_start_) buffer.append("null");
    buffer.append('}');
    const std::size_t size = answer_size(answering_batch_);
    const bool fits = size <= sent_frame_limit_;
    if (fits) {
        finish_answer(answering_batch_);
    } else {
        ++counters_.oversized_replies;
        take_back(answering_batch_);
        answer_error(answering_batch_, incoming_.get(answering_)->id, codes::too_large,
                     too_large("a result of ", size));
    }
    settle(answering_, answering_batch_);
    return fits;
}

inline void session::rollback() {
    if (writing_ == writing::nothing) return;
    take_back(writing_ == writing::reply ? answering_batch_ : 0);
    writing_ = writing::nothing;
}

inline bool session::reply(request_token request, std::string_view result) {
    begin_reply(request);
    value_buffer_->append(result);
    return finish_reply();
}

inline bool session::reject(request_token request, const fault& error) {
    const incoming_request* open = incoming_.get(request);
    if (open == nullptr || !may_answer_) return false;
    const std::uint32_t batch = open->batch;
    answer_error(batch, open->id, error.code, error.message, error.data);
    settle(request, batch);
    return true;
}

inline void session::settle(request_token request, std::uint32_t batch) {
    if (incoming_.get(request) == nullptr) return; // the answer was one too many, and ended the connection
    incoming_.remove(request);
    if (batch != 0 && batches_.answered(batch)) send_batch(batch);
}

inline void session::send_batch(std::uint32_t batch) {
    const std::string_view answers = batches_.answers(batch).view();
    if (!answers.empty()) { // a batch of notifications has none
        byte_buffer& buffer = outbox_.begin();
        buffer.append(answers);
        buffer.append(']');
        outbox_.finish();
    }
    batches_.end(batch);
    if (!answers.empty()) count_sent();
}

inline bool session::progress(request_token request, std::string_view value) {
    const incoming_request* open = incoming_.get(request);
    if (open == nullptr || phase_ == session_phase::closed) return false;
    begin_message(writing::notification, "$/progress");
    value_buffer_->append("{\"token\":");
    value_buffer_->append(open->id);
    value_buffer_->append(",\"value\":");
    value_buffer_->append(value);
    value_buffer_->append('}');
    return end_notify(nullptr);
}

inline bool session::cancelled(request_token request) const noexcept {
    const incoming_request* open = incoming_.get(request);
    return open != nullptr && open->cancelled;
}

inline bool session::open(request_token request) const noexcept { return incoming_.get(request) != nullptr; }

// ---- sending: calls, notifications, time, and how a connection ends -------------------------------------------

/// A peer that does not read gets no new calls beyond the limit, but answers it asked for; beyond this many
/// times the limit it asks without ever reading, and is cut off.
inline constexpr std::size_t answers_factor = 4;

inline void session::count_sent() {
    ++counters_.sent;
    if (queue_full(answers_factor))
        end_connection(violation_reason::output_overflow, "it asks, but does not read the answers", false);
}

// --- calls and notifications ---

inline bool session::may_send(std::string_view method) const noexcept {
    if (phase_ == session_phase::closed) return false;
    if (phase_ == session_phase::ready || role_ == session_role::host) return true;
    return phase_ == session_phase::shutting_down || method == methods::log || method == methods::attach;
}

inline json_writer session::begin_message(writing kind, std::string_view method) {
    TENON_ASSERT(writing_ == writing::nothing);
    writing_ = kind;
    writing_allowed_ = may_send(method);
    byte_buffer& buffer = outbox_.begin();
    if (kind == writing::call) append_call_head(buffer, calls_.next_id(), method);
    else append_notification_head(buffer, method);
    value_buffer_ = &buffer;
    value_start_ = buffer.size();
    return json_writer(buffer);
}

inline json_writer session::begin_call(std::string_view method) {
    return begin_message(writing::call, method);
}
inline json_writer session::begin_notify(std::string_view method) {
    return begin_message(writing::notification, method);
}

// Completes the open message, but for shared params. The code of what keeps it from being sent, or 0.
inline int session::close_value(const shared_bytes* params) {
    byte_buffer& buffer = *value_buffer_;
    message_size_ = 0;
    if (params != nullptr) {
        message_size_ = params->view().size() + 1;
    } else {
        buffer.append(buffer.size() == value_start_ ? std::string_view("{}}") : std::string_view("}"));
    }
    message_size_ += outbox_.body_size();
    if (!writing_allowed_) return codes::unavailable;
    if (message_size_ > sent_frame_limit_) return codes::too_large;
    return queue_full(1) ? codes::overloaded : 0;
}

inline fault session::refused_call(int code) const {
    const bool closed = phase_ == session_phase::closed;
    switch (code) {
    case codes::too_large: return {code, too_large("a message of ", message_size_)};
    case codes::unavailable:
        return {code,
                join({closed ? "the connection is closed: " : "nothing may be sent before the handshake",
                      closed ? std::string_view(close_text_) : std::string_view()})};
    default:
        return {code, join({calls_.size() >= limits_.max_outgoing
                                ? "too many calls in flight"
                                : "the peer does not read what is queued for it"})};
    }
}

inline result<call_id> session::end_call(const shared_bytes* params, time_point deadline, time_point now,
                                         std::uint32_t tag) {
    TENON_ASSERT(writing_ == writing::call);
    writing_ = writing::nothing;
    int refusal = close_value(params);
    if (refusal == 0 && calls_.size() >= limits_.max_outgoing) refusal = codes::overloaded;
    if (refusal != 0) {
        outbox_.rollback();
        ++counters_.refused_calls;
        return refused_call(refusal);
    }
    if (deadline <= now) {
        outbox_.rollback();
        ++counters_.timeouts;
        const std::int64_t id = calls_.skip();
        ended_calls_.push_back({id, codes::timeout, tag});
        return call_id{id, tag};
    }
    const time_point::duration wait = deadline - now;
    const bool bounded = wait <= (never - now) / max_deadline_factor;
    const std::int64_t id =
        calls_.insert(deadline, bounded ? now + wait * max_deadline_factor : never, wait, tag);
    if (params != nullptr) outbox_.finish(*params, '}');
    else outbox_.finish();
    last_call_sent_ = counters_.sent + 1;
    count_sent();
    return call_id{id, tag};
}

inline bool session::end_notify(const shared_bytes* params) {
    TENON_ASSERT(writing_ == writing::notification);
    writing_ = writing::nothing;
    if (close_value(params) != 0) {
        outbox_.rollback();
        ++counters_.dropped_notifications;
        return false;
    }
    if (params != nullptr) outbox_.finish(*params, '}');
    else outbox_.finish();
    count_sent();
    return true;
}

inline result<call_id> session::finish_call(time_point deadline, time_point now) {
    return end_call(nullptr, deadline, now);
}
inline bool session::finish_notify() { return end_notify(nullptr); }

inline result<call_id> session::call(std::string_view method, std::string_view params, time_point deadline,
                                     time_point now, std::uint32_t tag) {
    begin_call(method);
    value_buffer_->append(params);
    return end_call(nullptr, deadline, now, tag);
}

inline result<call_id> session::call(std::string_view method, const shared_bytes& params, time_point deadline,
                                     time_point now, std::uint32_t tag) {
    begin_call(method);
    return end_call(params.view().empty() ? nullptr : &params, deadline, now, tag);
}

inline bool session::notify(std::string_view method, std::string_view params) {
    begin_notify(method);
    value_buffer_->append(params);
    return end_notify(nullptr);
}

inline bool session::notify(std::string_view method, const shared_bytes& params) {
    begin_notify(method);
    return end_notify(params.view().empty() ? nullptr : &params);
}

inline void session::send_cancel(std::int64_t call) {
    if (phase_ == session_phase::closed) return;
    byte_buffer& buffer = outbox_.begin();
    append_notification_head(buffer, "$/cancelRequest");
    buffer.append("{\"id\":");
    json_writer(buffer).integer(call);
    buffer.append("}}");
    outbox_.finish();
    count_sent();
}

inline void session::cancel(call_id call, time_point) {
    if (!calls_.remove(call)) return;
    ended_calls_.push_back({call.value, codes::cancelled, call.tag});
    send_cancel(call.value);
}

// --- life ---

inline void session::handshake_done(bool accepted) {
    handshake_begun_ = accepted;
    if (accepted) phase_ = next_phase(phase_, phase_trigger::handshake_accepted);
}

inline void session::begin_shutdown() { phase_ = next_phase(phase_, phase_trigger::shutdown_begun); }

inline void session::close(std::string_view why, violation_reason reason) {
    end_connection(reason, why, false);
}

inline void session::end_connection(violation_reason reason, std::string_view why, bool may_answer) {
    if (phase_ != session_phase::closed) {
        phase_ = next_phase(phase_, phase_trigger::connection_closed);
        close_reason_ = reason;
        close_text_ = join({why});
        calls_.take_all(codes::unavailable, ended_calls_);
    }
    frame_deadline_ = never;
    if (may_answer) return;
    may_answer_ = false;
    incoming_.clear();
    batches_.clear();
}

// --- time ---

inline time_point session::next_deadline() const noexcept {
    if (phase_ == session_phase::closed) return never;
    return calls_.earliest() < frame_deadline_ ? calls_.earliest() : frame_deadline_;
}

inline void session::handle_timeout(time_point now) {
    if (phase_ == session_phase::closed) return;
    if (calls_.earliest() <= now) {
        const std::size_t first = ended_calls_.size();
        calls_.take_expired(now, codes::timeout, ended_calls_);
        const std::size_t last = ended_calls_.size();
        counters_.timeouts += last - first;
        for (std::size_t index = first; index != last; ++index) send_cancel(ended_calls_[index].id);
    }
    // What came meanwhile may be the rest of the frame: next_event() looks at it first.
    if (frame_deadline_ <= now && !input_unread_) end_stalled();
}

inline void session::end_stalled() {
    end_connection(violation_reason::stalled, "a frame was begun, but did not become whole in time", false);
}

} // namespace tenon::detail

#endif
