#ifndef TENON_PLUGIN_RUN_ROUTE_HPP
#define TENON_PLUGIN_RUN_ROUTE_HPP

// `plugin/handleRequest`: the handler by method and declared path, the whole HTTP request for bind.hpp to pick
// members from. Not compiled for plugins without routes.

#include <tenon/json/base64.hpp>
#include <tenon/plugin/engine.hpp>
#include <tenon/session/http_request.hpp>
#include <tenon/plugin/requests.hpp>
#include <tenon/session/route_pattern.hpp>

namespace tenon::detail {

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
