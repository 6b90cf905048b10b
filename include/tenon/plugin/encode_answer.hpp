#ifndef TENON_PLUGIN_ENCODE_ANSWER_HPP
#define TENON_PLUGIN_ENCODE_ANSWER_HPP

// From what a handler returned to the answer on the wire, by the kind of message: a flow for events, a value
// for commands, a response for routes. A `result<T>` is its value or its fault.

#include <tenon/core/text.hpp>
#include <tenon/json/base64.hpp>
#include <tenon/plugin/engine.hpp>
#include <tenon/plugin/message.hpp>

namespace tenon::detail {

// A header that is given more than once becomes an array in the place where it came first.
inline void write_headers(json_writer& out, const std::vector<response::header>& headers) {
    out.begin_object();
    for (std::size_t index = 0; index < headers.size(); ++index) {
        std::size_t count = 0;
        bool named = false;
        for (std::size_t other = 0; other < headers.size(); ++other) {
            if (!equals_ignoring_case(headers[other].name, headers[index].name)) continue;
            named = named || other < index;
            ++count;
        }
        if (named) continue;
        out.key(headers[index].name);
        if (count > 1) out.begin_array();
        for (std::size_t other = index; other < headers.size(); ++other)
            if (equals_ignoring_case(headers[other].name, headers[index].name))
                out.string(headers[other].value);
        if (count > 1) out.end_array();
    }
    out.end_object();
}

inline void write_answer(json_writer& out, const response& answer) {
    out.begin_object();
    out.key("status");
    out.integer(answer.status);
    if (!answer.headers.empty()) {
        out.key("headers");
        write_headers(out, answer.headers);
    }
    if (!answer.body.empty()) {
        const bool plain = is_utf8(answer.body);
        out.key("body");
        out.string(plain ? answer.body : to_base64(answer.body));
        if (!plain) {
            out.key("bodyEncoding");
            out.string("base64");
        }
    }
    out.end_object();
}

template <class Message, class Answer>
void encode_answer(json_writer& out, const Answer& answer) {
    if constexpr (event_message<Message>) write_answer(out, answer);
    else if constexpr (command_message<Message>) encode(out, answer);
    else if constexpr (std::is_same_v<Answer, response>) write_answer(out, answer);
    else write_answer(out, ok(answer));
}

template <class Message, class Answer>
void send_answer(engine& to, request_token request, const Answer& answer) {
    if constexpr (is_result<Answer>) {
        if (!answer) return to.reject(request, answer.error());
        if constexpr (std::is_void_v<typename Answer::value_type>) send_nothing<Message>(to, request);
        else send_answer<Message>(to, request, *answer);
    } else {
        engine::outgoing reply(to);
        json_writer out = reply.reply(request);
        encode_answer<Message>(out, answer);
        reply.finish_reply();
    }
}

/// The answer of a handler that returns nothing.
template <class Message>
void send_nothing(engine& to, request_token request) {
    if constexpr (event_message<Message>) send_answer<Message>(to, request, proceed());
    else if constexpr (command_message<Message>) send_answer<Message>(to, request, nullptr);
    else send_answer<Message>(to, request, response{.status = 204});
}

} // namespace tenon::detail

#endif
