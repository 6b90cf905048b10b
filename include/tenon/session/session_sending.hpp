#ifndef TENON_SESSION_SESSION_SENDING_HPP
#define TENON_SESSION_SESSION_SENDING_HPP

// The sending end of session/session.hpp: calls, notifications, time, and how a connection ends.
// Answers stand in session_answers.hpp.

#include <tenon/session/session.hpp>
#include <tenon/wire/envelope_writer.hpp>

#include <utility>

namespace tenon::detail {

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
    return phase_ == session_phase::shutting_down || method == "host/log" || method == "plugin/attach";
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
    case codes::too_large:
        return {code, too_large("a message of ", message_size_)};
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

inline result<call_id> session::end_call(const shared_bytes* params, time_point deadline, time_point now) {
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
        ended_calls_.push_back({id, codes::timeout});
        return call_id{id};
    }
    const time_point::duration wait = deadline - now;
    const bool bounded = wait <= (never - now) / max_deadline_factor;
    const std::int64_t id = calls_.insert(deadline, bounded ? now + wait * max_deadline_factor : never, wait);
    if (params != nullptr) outbox_.finish(*params, '}');
    else outbox_.finish();
    last_call_sent_ = counters_.sent + 1;
    count_sent();
    return call_id{id};
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
                                     time_point now) {
    begin_call(method);
    value_buffer_->append(params);
    return end_call(nullptr, deadline, now);
}

inline result<call_id> session::call(std::string_view method, const shared_bytes& params, time_point deadline,
                                     time_point now) {
    begin_call(method);
    return end_call(params.view().empty() ? nullptr : &params, deadline, now);
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
    if (!calls_.remove(call.value)) return;
    ended_calls_.push_back({call.value, codes::cancelled});
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
