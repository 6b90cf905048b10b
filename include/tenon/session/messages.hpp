#ifndef TENON_SESSION_MESSAGES_HPP
#define TENON_SESSION_MESSAGES_HPP

// The params and results of docs/protocol.md beyond the handshake, for hosts and for scripted peers. What one
// side does not look into stays a slice of the message (json_view), so that a host passes payloads on without
// decoding them. An absent optional means what the page says.

#include <tenon/json/value.hpp>
#include <tenon/session/answers.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/session/names.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// What a host answers by itself, and what a plugin needs for it: a host and the host of a test go by the same table. The
/// empty permission has everybody.
struct host_method {
    std::string_view name, permission;
};
inline constexpr host_method host_methods[] = {
    {methods::log, ""},
    {methods::acknowledge, ""},
    {methods::describe, ""},
    {methods::emit, "events:emit"},
    {methods::subscribe, "events:subscribe"},
    {methods::unsubscribe, "events:subscribe"},
    {methods::register_command, "commands:register"},
    {methods::unregister_command, "commands:register"},
    {methods::host_execute, "commands:execute"},
    {methods::get_config, "config:read"},
    {methods::set_config, "config:write"},
    {methods::save_config, "config:write"},
};

/// Null for a method of the application's.
constexpr const host_method* host_method_named(std::string_view name) noexcept {
    for (const host_method& one : host_methods)
        if (one.name == name) return &one;
    return nullptr;
}

// --- host to plugin ---

struct event_delivery {
    std::string event_id, event_type;
    json_view payload;
    std::optional<json_view> metadata = {};
    std::string timestamp; // RFC 3339, UTC
    std::optional<std::int64_t> deadline_ms = {};

    static constexpr auto describe() { return camel_case(); }
};

enum class event_flow { proceed, stop };
constexpr auto describe(type<event_flow>) {
    return enumerators(enumerator("continue", event_flow::proceed), enumerator("stop", event_flow::stop));
}

struct event_decision {
    std::optional<event_flow> flow = {}; // proceed
    std::optional<json_view> payload = {};
    std::optional<std::string> reason = {};
    std::optional<json_view> data = {};
    std::optional<event_flow> result = {}; // {"result":"continue"} is an older way to say so

    bool stops() const noexcept { return flow == event_flow::stop; }
};

/// Reads a plugin's answer to an event: null, {} and {"result":"continue"} mean continue.
inline result<event_decision> read_decision(std::string_view text) {
    if (text == "null") return event_decision{};
    if (text == R"({"flow":"continue"})")
        return event_decision{.flow = event_flow::proceed}; // nearly every one
    result<event_decision> decision = from_json<event_decision>(text, {.root = "decision"});
    if (decision && decision->result == event_flow::stop)
        return fault{codes::invalid_params, "decision.result: expected \"continue\", got \"stop\""};
    return decision;
}

enum class body_encoding { utf8, base64 };

struct route_request {
    std::string request_id, method, path, route;
    std::optional<json_view> params = {}, query = {}, headers = {};
    std::optional<std::string> body = {};
    std::optional<body_encoding> encoding = {};
    std::optional<json_view> auth = {};

    static constexpr auto describe() { return camel_case(member("bodyEncoding", &route_request::encoding)); }
};

struct route_answer {
    int status = 200;
    std::optional<json_view> headers = {};
    std::optional<std::string> body = {};
    std::optional<body_encoding> encoding = {};

    static constexpr auto describe() { return camel_case(member("bodyEncoding", &route_answer::encoding)); }
};

struct command_request {
    std::string command;
    std::optional<json_view> args = {}, caller = {};
};

struct health_answer {
    std::optional<health_status> status = {};
    std::optional<std::string> message = {};
    std::optional<json_view> metrics = {}; // an object of numbers
};

struct configure_request {
    json_view config;
};

struct shutdown_request {
    std::optional<std::string> reason = {};
    std::optional<std::int64_t> deadline_ms = {};

    static constexpr auto describe() { return camel_case(); }
};

// --- plugin to host ---

struct attach_request {
    std::string name;
    std::optional<std::string> token = {};
};

struct log_notice {
    std::string level, message; // an unknown level is the host's to judge, the line is not lost for it
    std::optional<json_view> fields = {};
};

struct acknowledged_event {
    std::string event_id;
    static constexpr auto describe() { return camel_case(); }
};

struct emitted_event {
    std::string event_type;
    json_view payload;
    std::optional<json_view> metadata = {};
    std::optional<std::string> to = {};                        // one plugin, by name
    std::optional<std::vector<std::string>> capabilities = {}; // only those that have one of these

    static constexpr auto describe() { return camel_case(); }
};

struct emit_answer {
    std::uint64_t delivered;
};

struct subscribe_request {
    std::string type;
    std::optional<event_mode> mode = {};
    std::optional<int> priority = {};
};

struct unsubscribe_request {
    std::string type;
};

struct unregister_request {
    std::string name;
};

struct config_key {
    std::optional<std::string> key = {}; // all of it
};

struct config_entry {
    std::string key;
    json_view value;
};

struct describe_request {};

} // namespace tenon::detail

#endif
