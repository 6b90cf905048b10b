#ifndef TENON_PLUGIN_DISPATCH_HPP
#define TENON_PLUGIN_DISPATCH_HPP

// From an author's class to the function pointers that the engine runs: one table of handlers, made while
// compiling, each entry with a small function that reads the message, calls receive() and sends the answer.

#include <tenon/json/base64.hpp>
#include <tenon/json/closed_object.hpp>
#include <tenon/json/schema.hpp>
#include <tenon/plugin/check.hpp>
#include <tenon/plugin/encode_answer.hpp>
#include <tenon/plugin/engine.hpp>
#include <tenon/plugin/message.hpp>
#include <tenon/plugin/requests.hpp>
#include <tenon/session/route_pattern.hpp>

namespace tenon::detail {

// Which handler a request of the host is for, and what of its parameters the handler gets: `plugin/execute`,
// `plugin/onEvent`, `plugin/handleRequest`. A plugin without commands, events or routes does not name the function, so
// it is not in its program.

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

template <class M, class Receive>
void answer_with(invocation& call, Receive receive) {
    if constexpr (std::is_void_v<decltype(receive())>) {
        receive();
        if (call.wants_answer()) send_nothing<M>(call.runs_in, call.request);
    } else {
        const auto answer = receive();
        if (call.wants_answer()) send_answer<M>(call.runs_in, call.request, answer);
    }
}

template <class P, class M>
void run_handler(void* object, invocation& call) {
    P& plugin = *static_cast<P*>(object);
    M message{};
    if (const auto bound = bind_message(call, message); !bound)
        return call.runs_in.refuse(call, bound.error());
    const M& given = message;
    if constexpr (receives_with_responder<P, M>) {
        plugin.receive(given, responder<M>(call));
    } else if constexpr (receives_with_context<P, M>) {
        context here(call);
        answer_with<M>(call, [&]() -> decltype(auto) { return plugin.receive(given, here); });
    } else {
        answer_with<M>(call, [&]() -> decltype(auto) { return plugin.receive(given); });
    }
}

/// How a handler is run. One that returns something else than its answer has a way of its own
/// (joint/coroutine_call.hpp).
template <class P, class M>
struct handler_runner {
    static void run(void* object, invocation& call) { run_handler<P, M>(object, call); }
};

// --- declarations ---

inline void declare_text(json_writer& out, std::string_view member, std::string_view value) {
    out.key(member);
    out.string(value);
}

template <class T>
void declare_schema(json_writer& out, std::string_view member) {
    if constexpr (!std::is_void_v<T>) {
        out.key(member);
        schema_writer schema{.out = json_writer(out.buffer())};
        write_schema<T>(schema);
    }
}

template <class P, class M>
constexpr std::string_view mode_of_event() {
    using answer = answer_of<P, M>;
    if constexpr (is_rewrite<answer>) return "mutate";
    else if constexpr (std::is_same_v<answer, flow> || receives_with_responder<P, M>) return "validate";
    else return "observe";
}

template <class P, class M>
void declare_event(json_writer& out) {
    declare_text(out, "type", M::event);
    declare_text(out, "mode", mode_of_event<P, M>());
    if constexpr (requires { M::priority; }) {
        out.key("priority");
        out.integer(M::priority);
    }
    if constexpr (requires { M::stop_on_failure; })
        declare_text(out, "onFailure", M::stop_on_failure ? "stop" : "continue");
}

template <class P, class M>
void declare_command(json_writer& out) {
    declare_text(out, "name", M::command);
    if constexpr (requires { M::description; }) declare_text(out, "description", M::description);
    declare_schema<M>(out, "params");
    if constexpr (requires { typename M::result; }) declare_schema<typename M::result>(out, "result");
    else if constexpr (!receives_with_responder<P, M>) declare_schema<answer_of<P, M>>(out, "result");
}

template <class M>
void declare_route(json_writer& out) {
    declare_text(out, "path", name_of_message<M>());
    declare_text(out, "method", method_of_message<M>());
    if constexpr (requires { M::description; }) declare_text(out, "description", M::description);
    if constexpr (requires { M::auth; }) {
        out.key("auth");
        out.boolean(M::auth);
    }
    if constexpr (member_count<M> != 0) declare_schema<M>(out, "schema");
}

template <class P, class M>
void declare_message(json_writer& out) {
    out.begin_object();
    if constexpr (event_message<M>) declare_event<P, M>(out);
    else if constexpr (command_message<M>) declare_command<P, M>(out);
    else declare_route<M>(out);
    out.end_object();
}

// --- hooks ---

template <class P, class Messages>
struct handler_table;
template <class P, class... M>
struct handler_table<P, list<M...>> {
    static constexpr std::size_t size = sizeof...(M);
    static constexpr bool events = (event_message<M> || ...);
    static constexpr bool commands = (command_message<M> || ...);
    static constexpr bool routes = (route_message<M> || ...);
    static constexpr bool any_deferred = (receives_with_responder<P, M> || ...);
    static constexpr handler entries[size + 1] = {{kind_of_message<M>(), name_of_message<M>(),
                                                   method_of_message<M>(), &handler_runner<P, M>::run,
                                                   &declare_message<P, M>}...,
                                                  {}};
};

template <class P>
void declare_config(json_writer& out) {
    schema_writer schema{.out = json_writer(out.buffer()), .closed = true};
    write_schema<configuration_of<P>>(schema);
}

/// With what the plugin would take, which the host does not know yet where it has refused the first handshake.
template <class P>
fault refused_config(const json_reader& in) {
    byte_buffer data;
    json_writer out(data);
    out.begin_object();
    out.key("configSchema");
    declare_config<P>(out);
    out.end_object();
    return {codes::invalid_params, in.complaint(), join({data.view()})};
}

template <class P>
result<void> run_configure(void* object, std::string_view config) {
    configuration_of<P> read{};
    json_reader in(config, {.root = "config"});
    in.ask_about_unknown(
        &refuse_unknown_member); // a typing error would otherwise be a setting that does nothing
    if (!decode(in, read) || !in.finish()) return refused_config<P>(in);
    P& plugin = *static_cast<P*>(object);
    const auto& given = read;
    if constexpr (std::is_void_v<decltype(plugin.configure(given))>) {
        plugin.configure(given);
        return {};
    } else {
        return plugin.configure(given);
    }
}

/// Requests in flight that a plugin takes which answers some of them later.
inline constexpr int deferred_concurrency = 64;

template <class P>
plugin_hooks make_hooks(const about& identity) {
    using table = handler_table<P, typename P::receives>;
    plugin_hooks hooks;
    hooks.identity = identity;
    hooks.handlers = table::entries;
    hooks.handler_count = table::size;
    if constexpr (table::events) hooks.run_event = &run_event;
    if constexpr (table::commands) hooks.run_command = &run_command;
    if constexpr (table::routes) hooks.run_route = &run_route;
    if constexpr (requires { requires(P::threads > 1); }) {
        hooks.threads = P::threads;
        hooks.start_workers = [](engine& runs_in) { runs_in.start_workers(); };
    }
    if constexpr (requires { P::max_concurrency; }) hooks.max_concurrency = P::max_concurrency;
    else hooks.max_concurrency = table::any_deferred ? deferred_concurrency : hooks.threads;
    if constexpr (configured<P>) {
        hooks.configure = &run_configure<P>;
        hooks.declare_config = &declare_config<P>;
    }
    if constexpr (reports_health<P>)
        hooks.check = [](void* object, json_writer& out) {
            write_answer(out, static_cast<P*>(object)->health());
        };
    if constexpr (ticks<P>)
        hooks.tick = [](void* object, engine& runs_in) -> milliseconds {
            return static_cast<P*>(object)->tick(host_link(runs_in));
        };
    return hooks;
}

} // namespace tenon::detail

#endif
