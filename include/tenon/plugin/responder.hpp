#ifndef TENON_PLUGIN_RESPONDER_HPP
#define TENON_PLUGIN_RESPONDER_HPP

// An answer that comes later, from any thread:
//
//     void receive(const build& b, tenon::responder<build> answer) { queue_.push(b, std::move(answer)); }
//     ...
//     answer.reply(report{...});         // or answer.fail({42, "no such project"})
//
// Answering twice is harmless, the first counts. A responder that is dropped without an answer answers with an
// error, so that nobody waits for it. While the plugin lives it may be kept for as long as the work takes.

#include <tenon/plugin/context.hpp>
#include <tenon/plugin/encode_answer.hpp>

namespace tenon {

template <class Message>
class responder {
public:
    explicit responder(const detail::invocation& call) : engine_(call.runs_in), request_(call.request) {}
    responder(responder&& other) noexcept
        : engine_(other.engine_), request_(std::exchange(other.request_, detail::request_token())) {}
    responder& operator=(responder&& other) noexcept {
        std::swap(engine_, other.engine_);
        std::swap(request_, other.request_);
        return *this;
    }
    ~responder() {
        if (open()) fail({codes::internal_error, "the plugin dropped the request without an answer"});
    }

    template <class Answer>
    void reply(const Answer& answer) {
        const auto request = std::exchange(request_, detail::request_token());
        if (request.generation != 0) detail::send_answer<Message>(*engine_, request, answer);
    }
    void fail(const fault& error) {
        const auto request = std::exchange(request_, detail::request_token());
        if (request.generation != 0) engine_->reject(request, error);
    }

    template <class Value>
    void progress(const Value& value) const {
        if (open()) engine_->progress(request_, to_json(value));
    }
    bool cancelled() const { return open() && engine_->cancelled(request_); }
    host_link host() const { return host_link(*engine_); }

private:
    bool open() const noexcept { return request_.generation != 0; }

    detail::engine_ref engine_;
    detail::request_token request_;
};

} // namespace tenon

#endif
