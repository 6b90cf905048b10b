#ifndef TENON_PLUGIN_RUN_REQUESTS_HPP
#define TENON_PLUGIN_RUN_REQUESTS_HPP

// Which handler a request of the host is for, and what of its parameters the handler gets: `plugin/execute`,
// `plugin/onEvent`, `plugin/handleRequest`. A plugin without commands, events or routes does not name the function, so
// it is not in its program.

#include <tenon/json/base64.hpp>
#include <tenon/plugin/encode_answer.hpp>
#include <tenon/plugin/engine.hpp>
#include <tenon/plugin/requests.hpp>
#include <tenon/session/http_request.hpp>
#include <tenon/session/route_pattern.hpp>

namespace tenon::detail {

// ---- `plugin/execute`: the command by its name, its arguments as the message ---------------------------------

/// Narrows an invocation to one value within its parameters.
inline void narrow(invocation& call, std::string_view root, std::string_view value) {
    if (value.empty()) {
        call.origin.root = root;
        call.params = "{}";
        return;
    }
    call.origin = {root, call.origin.offset + static_cast<std::size_t>(value.data() - call.params.data())};
    call.params = value;
}

/// What a member that must be there is refused with where it is not, or is of the wrong type.
inline fault no_text(std::string_view member) {
    return {codes::invalid_params, join({"params.", member, ": expected string"})};
}

inline void run_command(engine& runs_in, invocation& call) {
    field fields[] = {{"command", 0}, {"args", 1}};
    const auto& [command, args] = fields;
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, fields, 2)) return runs_in.refuse(call, in.error());
    std::string scratch;
    call.name = text_of(command.value, scratch);
    if (call.name.empty()) return runs_in.refuse(call, no_text("command"));
    const plugin_hooks& hooks = runs_in.hooks();
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& target = hooks.handlers[index];
        if (target.kind != message_kind::command || !same_text(target.name, call.name)) continue;
        narrow(call, "params.args", args.value);
        return runs_in.run(target, call);
    }
    runs_in.refuse(call, {codes::method_not_found, join({"unknown command '", call.name, "'"})});
}

// ---- `plugin/onEvent`: the handler by the event's type, its payload as the message ---------------------------

/// The most particular handler of an event: of its own name, then of `message.*`, then of `*`.
inline const handler* find_event(const plugin_hooks& hooks, std::string_view type) {
    const handler* best = nullptr;
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& candidate = hooks.handlers[index];
        if (candidate.kind != message_kind::event) continue;
        if (same_text(candidate.name, type)) return &candidate;
        if (candidate.name.back() != '*') continue;
        const std::string_view family = candidate.name.substr(0, candidate.name.size() - 1);
        const bool better = best == nullptr || best->name.size() < candidate.name.size();
        if (better && type.substr(0, family.size()) == family) best = &candidate;
    }
    return best;
}

inline void run_event(engine& runs_in, invocation& call) {
    field fields[] = {{"eventId", 0}, {"eventType", 1}, {"payload", 2}, {"deadlineMs", 5}};
    const auto& [id, type, payload, deadline_ms] = fields;
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, fields, 4)) return runs_in.refuse(call, in.error());
    std::string scratch;
    call.name = text_of(type.value, scratch);
    if (call.name.empty()) return runs_in.refuse(call, no_text("eventType"));
    call.event_id = id.value;
    const std::int64_t left = integer_of(deadline_ms.value);
    if (left >= 0) call.deadline = after(call.received, milliseconds(left));
    narrow(call, "params.payload", payload.value);
    if (const handler* target = find_event(runs_in.hooks(), call.name)) return runs_in.run(*target, call);
    if (!call.wants_answer()) return;
    engine::outgoing answer(runs_in);
    json_writer out = answer.reply(call.request);
    write_answer(out, proceed());
    answer.finish_reply();
}

// ---- `plugin/handleRequest`: the handler by method and declared path, the whole HTTP request for message.hpp ----

inline json json_of(std::string_view value) {
    return value.empty() ? json() : json::parse(value).value_or(json());
}

inline void run_route(engine& runs_in, invocation& call) {
    field fields[] = {{"method", 1}, {"path", 2},    {"route", 3}, {"params", 4},
                      {"query", 5},  {"headers", 6}, {"body", 7},  {"bodyEncoding", 8}};
    const auto& [method, path, route, params, query, headers, body, encoding] = fields;
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, fields, 8)) return runs_in.refuse(call, in.error());
    std::string scratch;
    const auto copy = [&](const field& from) { return join({text_of(from.value, scratch)}); };
    http_request request{copy(method),           copy(path), json_of(params.value), json_of(query.value),
                         json_of(headers.value), copy(body)};
    if (copy(encoding) == "base64") {
        auto bytes = from_base64(request.body);
        if (!bytes) return runs_in.refuse(call, {codes::invalid_params, "params.body: expected base64"});
        request.body = std::move(*bytes);
    }
    const std::string declared = copy(route);
    const plugin_hooks& hooks = runs_in.hooks();
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& target = hooks.handlers[index];
        if (target.kind != message_kind::route || target.method != request.method) continue;
        if (declared.empty() ? !match_path(target.name, request.path, request.params)
                             : target.name != declared)
            continue;
        call.name = target.name;
        call.http = &request;
        return runs_in.run(target, call);
    }
    runs_in.refuse(call, {codes::method_not_found, join({"no route for '", request.path, "'"})});
}

} // namespace tenon::detail

#endif
