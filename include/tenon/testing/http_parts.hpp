#ifndef TENON_TESTING_HTTP_PARTS_HPP
#define TENON_TESTING_HTTP_PARTS_HPP

// An HTTP request as a test writes it, and as the wire wants it: the path's parameters, the query with repeated
// names as arrays, bodies that are no text in base64.

#include <tenon/json/base64.hpp>
#include <tenon/json/value.hpp>
#include <tenon/plugin/encode_answer.hpp>
#include <tenon/rules/calls/exchange_wire.hpp>
#include <tenon/session/answers.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/session/messages.hpp>
#include <tenon/session/route_pattern.hpp>
#include <tenon/web/path.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::testing {

// What a plugin did while a test looked on, and what it said of itself in the handshake.

/// A line that the plugin logged.
struct logged {
    log_level level = log_level::info;
    std::string message;
    json fields; // null where there are none
};

/// An event that the plugin put in.
struct emission {
    std::string type;
    json payload;
    std::string to = {}; // the plugin that it was meant for, where one was named
    std::vector<std::string> capabilities = {};
};

/// A request of the plugin to the host, whatever it was answered.
struct question {
    std::string method;
    json params;
};

/// What a handler of an event decided, and the event as it goes on where the handler changed it.
template <class Event>
struct decision : flow {
    std::optional<Event> payload = {};
};

/// What a plugin said of itself in the handshake; docs/protocol.md says what each member means.
struct declaration : detail::handshake_answer {
    std::shared_ptr<const std::string> text; // what the slices in here are slices of

    /// The event as it was declared, by its own name or by a wildcard; null if the plugin does not want it.
    const detail::event_interest* event(std::string_view wanted) const {
        const detail::event_interest* best = nullptr;
        if (!events) return best;
        for (const auto& candidate : *events) {
            const std::string_view pattern = candidate.type;
            if (pattern == wanted) return &candidate;
            const bool fits =
                pattern.ends_with('*') && wanted.starts_with(pattern.substr(0, pattern.size() - 1));
            if (fits && (best == nullptr || best->type.size() < pattern.size())) best = &candidate;
        }
        return best;
    }
};

struct http_parts {
    using part = response::header;
    std::vector<part> query = {}; // beside what stands behind the `?` of the path
    std::vector<part> headers = {};
    std::string body = {}; // e.g. tenon::to_json(order{...})
    json auth = {};        // what the host knows about the caller
};

} // namespace tenon::testing

namespace tenon::detail {

/// `%41` and `+` as a query has them; what is no escape stays as it is.
inline std::string from_percent(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int escaped = text[at] == '%' ? percent_byte(text.substr(at)) : -1;
        if (escaped >= 0) {
            plain += static_cast<char>(escaped);
            at += 2;
        } else {
            plain += text[at] == '+' ? ' ' : text[at];
        }
    }
    return plain;
}

inline void add_query(std::vector<response::header>& parts, std::string_view query) {
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view part = query.substr(0, end);
        query.remove_prefix(end == query.npos ? query.size() : end + 1);
        const std::size_t equals = part.find('=');
        const std::string_view value = equals == part.npos ? std::string_view() : part.substr(equals + 1);
        if (!part.empty()) parts.push_back({from_percent(part.substr(0, equals)), from_percent(value)});
    }
}

/// What a function writes, as JSON.
template <class Write>
json written(Write write) {
    byte_buffer buffer;
    json_writer out(buffer);
    write(out);
    return json::parse(buffer.view()).value();
}

/// The params of plugin/handleRequest, or nothing where no declared route matches.
inline std::optional<std::string> http_request_text(const testing::declaration& plugin, std::string_view id,
                                                    std::string_view method, std::string_view target,
                                                    testing::http_parts parts) {
    const std::size_t question = target.find('?');
    const std::string_view path = target.substr(0, question);
    if (question != target.npos) add_query(parts.query, target.substr(question + 1));
    for (const auto& route : plugin.routes.value_or(std::vector<route_declaration>())) {
        json params;
        if (route.method != method || !match_path(route.path, path, params)) continue;
        const json query = written([&](json_writer& out) { write_fields(out, parts.query); });
        const json headers = written([&](json_writer& out) { write_headers(out, parts.headers); });
        const bool plain = is_utf8(parts.body);
        return to_json(
            route_request{.request_id = std::string(id),
                          .method = std::string(method),
                          .path = std::string(path),
                          .route = route.path,
                          .params = params.view(),
                          .query = query.view(),
                          .headers = headers.view(),
                          .body = plain ? parts.body : to_base64(parts.body),
                          .encoding = plain ? body_encoding::utf8 : body_encoding::base64,
                          .auth = parts.auth.is_null() ? std::nullopt : std::optional(parts.auth.view())});
    }
    return std::nullopt;
}

/// What a plugin answered, as a response.
inline result<response> read_response(std::string_view text) {
    auto answer = from_json<route_answer>(text, {.root = "result"});
    if (!answer) return answer.error();
    response read{.status = answer->status, .body = answer->body.value_or("")};
    if (answer->encoding == body_encoding::base64) {
        auto bytes = from_base64(read.body);
        if (!bytes) return fault{codes::invalid_params, "result.body: expected base64"};
        read.body = std::move(*bytes);
    }
    if (!answer->headers) return read;
    using values = std::variant<std::string, std::vector<std::string>>;
    json_reader in(answer->headers->text(), {.root = "result.headers"});
    std::string_view name;
    if (!in.enter_object()) return in.error();
    while (in.next_member(name)) {
        const std::string kept(name);
        values given;
        if (!decode(in, given)) return in.in_member(kept), in.error();
        if (const auto* one = std::get_if<std::string>(&given)) read.headers.push_back({kept, *one});
        else
            for (const auto& each : std::get<1>(given)) read.headers.push_back({kept, each});
    }
    return read;
}

} // namespace tenon::detail

#endif
