#ifndef TENON_SESSION_SESSION_EVENTS_HPP
#define TENON_SESSION_SESSION_EVENTS_HPP

// The receiving end of session/session.hpp: from bytes to events. What a message means stands in
// session_messages.hpp.

#include <tenon/session/session.hpp>

#include <utility>

namespace tenon::detail {

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
    event.call = {done.id};
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
    case frame_step::end:
        end_connection(violation_reason::none, "the peer closed it", true);
        return false;
    case frame_step::need_more:
        break;
    }
    return false;
}

} // namespace tenon::detail

#endif
