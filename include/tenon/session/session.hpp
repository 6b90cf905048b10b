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
#include <tenon/session/batch.hpp>
#include <tenon/session/call_table.hpp>
#include <tenon/session/counters.hpp>
#include <tenon/session/event.hpp>
#include <tenon/session/incoming_table.hpp>
#include <tenon/session/limits.hpp>
#include <tenon/session/outbox.hpp>
#include <tenon/session/phase.hpp>
#include <tenon/session/shared_bytes.hpp>
#include <tenon/wire/envelope.hpp>
#include <tenon/wire/frame_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::detail {

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
                         time_point now);
    /// The same with params that other sessions send too; from 4 KiB on they are queued without a copy.
    result<call_id> call(std::string_view method, const shared_bytes& params, time_point deadline,
                         time_point now);
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
    /// A line end behind what was sent, for who may be waiting for one: to everybody else it is a fault of ours.
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
    /// Nobody could read for so long: that time does not count for a frame that has begun.
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
    std::size_t pending_calls() const noexcept { return calls_.size(); }
    std::size_t open_requests() const noexcept { return incoming_.size(); }

private:
    enum class writing : std::uint8_t { nothing, call, notification, reply };

    // Events (session_events.hpp, session_messages.hpp). Each of these fills the event, or returns false when
    // nothing is to be told.
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

    // Sending (session_sending.hpp, session_answers.hpp)
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
    result<call_id> end_call(const shared_bytes* params, time_point deadline, time_point now);
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
    std::uint64_t last_call_sent_ = 0; // the latest call was so manieth of all messages that were sent
    std::uint64_t read_up_to_ =
        0; // of these the peer has read so many, as it has answered the call that was last
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

} // namespace tenon::detail

#include <tenon/session/session_answers.hpp>
#include <tenon/session/session_events.hpp>
#include <tenon/session/session_messages.hpp>
#include <tenon/session/session_sending.hpp>

#endif
