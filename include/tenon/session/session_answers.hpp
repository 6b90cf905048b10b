#ifndef TENON_SESSION_SESSION_ANSWERS_HPP
#define TENON_SESSION_SESSION_ANSWERS_HPP

// The answering part of session/session.hpp: alone or into a batch, whole or encoded in place.

#include <tenon/session/session.hpp>
#include <tenon/wire/envelope_writer.hpp>

namespace tenon::detail {

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

} // namespace tenon::detail

#endif
