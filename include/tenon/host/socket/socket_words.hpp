#ifndef TENON_HOST_SOCKET_SOCKET_WORDS_HPP
#define TENON_HOST_SOCKET_SOCKET_WORDS_HPP

// What is said on the host's socket besides what plugins and host say to each other: the first message of whoever
// connects, which is `plugin/attach` or an event put in by hand, and the host's answers to that.
//
//     {"event":"message.incoming","payload":{"content":"hi"},"metadata":{"from":"me"}}
//     {"error":{"code":-32600,"message":"..."}}

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/messages.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

inline constexpr std::string_view expected_first =
    R"(expected a plugin that attaches (plugin/attach), or lines like {"event":"message.incoming","payload":{}})";

/// An event that somebody puts in by hand.
struct manual_event {
    std::string event;
    json_view payload;
    std::optional<json_view> metadata = {};
};

/// What is no JSON at all is called that first.
inline fault json_fault(std::string_view text, const fault& otherwise) {
    const auto read = json::parse(text);
    return read ? otherwise : read.error();
}

inline result<manual_event> read_manual_event(std::string_view line) {
    auto read = from_json<manual_event>(line);
    if (!read) return json_fault(line, read.error());
    if (!is_event_type(read->event))
        return fault{codes::invalid_params, "event: expected a name like message.incoming"};
    if (read->metadata && read->metadata->kind() != json_kind::object)
        return fault{codes::invalid_params, "metadata: expected object"};
    if (auto good = check_param_depth("payload", read->payload.text()); !good) return good.error();
    if (read->metadata)
        if (auto good = check_param_depth("metadata", read->metadata->text()); !good) return good.error();
    return read;
}

/// Whatever somebody says first: slices of it.
struct first_words {
    enum class kind { attach, event, unknown };
    kind what = kind::unknown;
    std::string_view id = {}; // raw JSON, or empty
    attach_request attach = {};
    fault why = {}; // of what is unknown, or of params that are no attach_request
};

inline first_words read_first_words(std::string_view text) {
    struct form {
        std::optional<json_view> id = {}, method = {}, params = {}, event = {};
    };
    first_words read{.why = {codes::invalid_request, std::string(expected_first)}};
    const auto message = from_json<form>(text);
    if (!message) {
        read.why = json_fault(text, read.why);
        return read;
    }
    if (message->event && !message->method) read.what = first_words::kind::event;
    if (!message->method) return read;
    if (message->id) read.id = message->id->text();
    const auto method = message->method->as<std::string>();
    if (!method || *method != methods::attach || read.id.empty() || read.id == "null") return read;
    auto params =
        from_json<attach_request>(message->params ? message->params->text() : "{}", {.root = "params"});
    read.what = first_words::kind::attach;
    if (params) {
        read.attach = std::move(*params);
        read.why = {};
    } else {
        read.why = {codes::invalid_params, params.error().message};
    }
    return read;
}

inline void write_error(json_writer& out, const fault& why) {
    out.key("error");
    out.begin_object();
    out.key("code");
    out.integer(why.code);
    out.key("message");
    out.string(why.message);
    out.end_object();
}

/// A line, with its end.
inline std::string error_line(const fault& why) {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    write_error(out, why);
    out.end_object();
    buffer.append('\n');
    return std::string(buffer.view());
}

/// What somebody gets who is not taken: an answer to its request, in its framing, or a line.
inline std::string refusal(std::string_view id, bool newline_framed, const fault& why) {
    if (id.empty()) return error_line(why);
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("jsonrpc");
    out.string("2.0");
    out.key("id");
    out.raw(id);
    write_error(out, why);
    out.end_object();
    if (newline_framed) return join({buffer.view(), "\n"});
    return join({"Content-Length: ", digits(buffer.size()), "\r\n\r\n", buffer.view()});
}

} // namespace tenon::detail

#endif
