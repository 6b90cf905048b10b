#ifndef TENON_RULES_CALLS_EXCHANGE_WIRE_HPP
#define TENON_RULES_CALLS_EXCHANGE_WIRE_HPP

// An HTTP request on its way to a plugin and the plugin's answer on its way back (web/request.hpp), as JSON.
//
// Fields about the connection go neither way, nor do Authorization and Cookie, which are between a client and the
// host. What a plugin answers is checked: a status that ends an exchange, fields that are one line each, a body that
// can be decoded. Whatever is wrong with it is the plugin's fault: an internal error, 502 for the client.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/base64.hpp>
#include <tenon/json/value.hpp>
#include <tenon/web/request.hpp>
#include <tenon/web/field.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/session/answers.hpp>
#include <tenon/session/messages.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Of a plugin's answer: names and values together, and how many there are.
inline constexpr std::size_t max_answer_header_bytes = std::size_t{64} << 10;
inline constexpr std::size_t max_answer_headers = 256;

// Fields of the same name are one member in the place of the first: a string, or an array of strings. A plugin's own
// write_headers() compares names in any case and each with each, which thousands from a stranger must not cost.
template <class Field>
void write_fields(json_writer& out, const std::vector<Field>& fields) {
    std::map<std::string_view, std::vector<std::string_view>> values;
    std::vector<std::string_view> order;
    for (const auto& [name, value] : fields) {
        auto& all = values[name];
        if (all.empty()) order.push_back(name);
        all.push_back(value);
    }
    out.begin_object();
    for (const std::string_view name : order) {
        const auto& all = values[name];
        out.key(name);
        if (all.size() > 1) out.begin_array();
        for (const std::string_view value : all) out.string(value);
        if (all.size() > 1) out.end_array();
    }
    out.end_object();
}

inline bool goes_to_plugins(const http::request& request, std::string_view name) noexcept {
    if (is_hop_by_hop(name) || equals_ignoring_case(name, "authorization") ||
        equals_ignoring_case(name, "cookie"))
        return false;
    for (const auto& header : request.headers)
        if (equals_ignoring_case(header.name, "connection") && names_field(header.value, name)) return false;
    return true;
}

/// The params of plugin/handleRequest. Names of headers are in lower case.
inline std::string encode_exchange(const http::request& request, const route_match& match) {
    std::vector<std::pair<std::string, std::string_view>> headers;
    for (const auto& field : request.headers)
        if (goes_to_plugins(request, field.name)) headers.emplace_back(lower_case(field.name), field.value);
    const bool plain = is_utf8(request.body);

    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    const auto text = [&](std::string_view name, std::string_view value) {
        out.key(name);
        out.string(value);
    };
    text("requestId", request.request_id);
    text("method", request.method);
    text("path", match.path);
    text("route", match.route == nullptr ? std::string_view() : std::string_view(match.route->path));
    out.key("params");
    out.begin_object();
    for (const auto& [name, value] : match.params) text(name, value);
    out.end_object();
    out.key("query");
    write_fields(out, request.query);
    out.key("headers");
    write_fields(out, headers);
    text("body", plain ? request.body : to_base64(request.body));
    text("bodyEncoding", plain ? "utf8" : "base64");
    if (request.auth) {
        out.key("auth");
        out.raw(request.auth->text());
    }
    out.end_object();
    return std::string(buffer.view());
}

// --- the answer ---

class answered_headers {
public:
    /// Why it cannot be taken, or nothing.
    std::string add(std::string_view name, std::string_view value) {
        const std::string_view shown = name.substr(0, 64);
        if (!is_token(name)) return join({"header '", shown, "': no name of a header"});
        if (!is_field_value(value)) return join({"header '", shown, "': its value has control characters"});
        bytes_ += name.size() + value.size();
        if (headers_.size() == max_answer_headers || bytes_ > max_answer_header_bytes)
            return "too many headers, or too large ones";
        headers_.push_back({std::string(name), std::string(value)});
        return {};
    }

    std::vector<response::header> take() {
        std::string connection;
        for (const auto& header : headers_)
            if (equals_ignoring_case(header.name, "connection")) connection.append(header.value).append(",");
        std::erase_if(headers_, [&](const response::header& header) {
            return is_hop_by_hop(header.name) || names_field(connection, header.name);
        });
        return std::move(headers_);
    }

private:
    std::vector<response::header> headers_;
    std::size_t bytes_ = 0;
};

inline std::string read_headers(json_view given, answered_headers& headers) {
    if (given.is_null()) return {};
    json_reader in(given.text());
    if (given.kind() != json_kind::object || !in.enter_object()) return "headers: expected an object";
    std::string name_kept, scratch;
    std::string_view name, value;
    while (in.next_member(name)) {
        name_kept = name;
        if (in.peek() == json_kind::string) {
            if (!in.read_text(value, scratch)) return "headers: expected strings";
            if (auto why = headers.add(name_kept, value); !why.empty()) return why;
            continue;
        }
        if (in.peek() != json_kind::array || !in.enter_array())
            return join(
                {"header '", std::string_view(name_kept).substr(0, 64), "': expected a string or an array"});
        while (in.next_element()) {
            if (in.peek() != json_kind::string || !in.read_text(value, scratch))
                return join({"header '", std::string_view(name_kept).substr(0, 64), "': expected strings"});
            if (auto why = headers.add(name_kept, value); !why.empty()) return why;
        }
    }
    return {};
}

/// Reads a plugin's answer to plugin/handleRequest. Fields about the connection, which a host's server says itself,
/// are left out.
inline result<response> read_exchange_answer(std::string_view text) {
    const auto refused = [](std::string_view why) {
        return fault{codes::internal_error, join({"the plugin's response is not valid: ", why})};
    };
    const auto answer = from_json<route_answer>(text, {.root = "response"});
    if (!answer) return refused(answer.error().message);
    // 1xx announces a response and is none.
    if (answer->status < 200 || answer->status > 599) return refused("status: expected 200 to 599");
    answered_headers headers;
    if (const std::string why = read_headers(answer->headers.value_or(json_view()), headers); !why.empty())
        return refused(why);
    response read{.status = answer->status, .headers = headers.take()};
    if (answer->encoding == body_encoding::base64) {
        auto bytes = from_base64(answer->body.value_or(std::string()));
        if (!bytes) return refused("body: expected base64");
        read.body = std::move(*bytes);
    } else if (answer->body) {
        read.body = *answer->body;
    }
    return read;
}

} // namespace tenon::detail

#endif
