#ifndef TENON_SESSION_SESSION_MESSAGES_HPP
#define TENON_SESSION_SESSION_MESSAGES_HPP

// The middle of session/session.hpp: what one message of the peer means, and whether it may be told.

#include <tenon/session/session.hpp>

#include <utility>

namespace tenon::detail {

inline bool session::take_message(session_event& event, std::string_view body, time_point now) {
    parse_envelope(body, envelope_);
    switch (envelope_.kind) {
    case envelope_kind::request:
        return take_request(event, body);
    case envelope_kind::notification:
        return take_notification(event, body, now);
    case envelope_kind::response:
        return take_response(event);
    case envelope_kind::batch:
        return take_batch(event, body, now);
    case envelope_kind::refused:
        break;
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
    const bool handshake = role_ == session_role::plugin && method == "plugin/handshake";
    code = codes::invalid_request;
    switch (phase_) {
    case session_phase::awaiting_handshake:
        if (handshake) return handshake_begun_ ? "there is a handshake already" : nullptr;
        // Whoever connects to a socket says first who it is.
        if (role_ == session_role::host && method == "plugin/attach") return nullptr;
        return "handshake first";
    case session_phase::ready:
        return handshake ? "there was a handshake already" : nullptr;
    case session_phase::shutting_down:
        code = codes::shutting_down;
        return role_ == session_role::plugin ? "shutting down" : nullptr;
    case session_phase::closed:
        break;
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
        const std::string_view allowed = role_ == session_role::plugin ? "exit" : "host/log";
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
    const std::int64_t call = own_id(member_text(envelope_.params, "token"));
    if (!calls_.extend(call, now)) {
        ++counters_.unknown_progress;
        return false;
    }
    event.kind = event_kind::progress;
    event.call = {call};
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
        return calls_.remove(event.call.value);
    }
    const std::int64_t call = own_id(envelope_.id);
    if (call == calls_.next_id() - 1) read_up_to_ = last_call_sent_;
    if (!calls_.remove(call)) {
        ++(calls_.was_used(call) ? counters_.late_replies : counters_.orphan_replies);
        event.failed = false;
        return false;
    }
    event.kind = event_kind::response;
    event.call = {call};
    event.value = envelope_.result;
    return true;
}

inline bool session::take_refused(session_event& event, std::string_view body, time_point now) {
    if (envelope_.maybe_response && envelope_.has_id()) {
        const std::int64_t call = own_id(envelope_.id);
        if (calls_.remove(call)) {
            ++counters_.malformed_replies;
            take_bad_body(event, body, now);
            event.kind = event_kind::response;
            event.call = {call};
            event.failed = true;
            set_error(event, codes::internal_error, join({"malformed reply: ", event.error.message}));
            event.text = {};
            return true;
        }
        if (envelope_.has_outcome)
            ++(calls_.was_used(call) ? counters_.late_replies : counters_.orphan_replies);
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

} // namespace tenon::detail

#endif
