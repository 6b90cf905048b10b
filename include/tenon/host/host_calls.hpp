#ifndef TENON_HOST_HOST_CALLS_HPP
#define TENON_HOST_HOST_CALLS_HPP

// What is asked of one plugin (host/host_core.hpp): commands, routes, any method.

#include <tenon/rules/calls/problem.hpp>
#include <tenon/host/host_core.hpp>
#include <tenon/rules/calls/http_exchange.hpp>
#include <tenon/host/repeated_call.hpp>

namespace tenon::detail {

inline void call_under_way::cancel() const {
    if (const auto actor = asked.lock()) actor->cancel(ticket);
    if (const auto call = repeated.lock()) call->cancel();
}

inline call_under_way host_core::execute(std::string_view command, std::string_view args,
                                         const call_options& options, call_completion&& done,
                                         plugin_index asker) {
    byte_buffer params;
    begin_command(params, command);
    params.append(args.empty() ? "{}" : args);
    if (const plugin_record* const by = find(asker)) {
        params.append_literal(",\"caller\":");
        json_writer(params).string(by->actor->name());
    }
    params.append('}');
    return run(command, params.view(), options, std::move(done), asker);
}

inline call_under_way host_core::run(std::string_view command, std::string_view params,
                                     const call_options& options, call_completion&& done,
                                     plugin_index asker) {
    const known_command* const known = closing_ ? nullptr : commands_.find(command);
    plugin_record* const plugin = known == nullptr ? nullptr : find(known->plugin);
    if (plugin == nullptr) {
        done(fault{codes::method_not_found,
                   join({"no plugin has the command \"", beginning_of(command, longest_command), "\""})},
             steady_now());
        return {};
    }
    return ask(*plugin, methods::execute, params, options, std::move(done), asker);
}

/// An answer of the host's own: nobody has the route, or not for this method, or not for callers that nobody knows.
inline response answer_unrouted(const route_match& match) {
    if (match.route != nullptr) return problem_details(401, "this route is only for callers that are known");
    if (match.allowed.empty()) return problem_details(404, "no plugin has this route");
    std::string allowed;
    for (const std::string_view method : match.allowed)
        allowed += join({allowed.empty() ? "" : ", ", method});
    response answer = problem_details(405, "not this method");
    answer.headers.push_back({"allow", std::move(allowed)});
    return answer;
}

inline call_under_way host_core::request(http_exchange exchange,
                                         unique_function<void(result<response>)> done) {
    route_match match;
    if (!closing_) match = routes_.find(exchange.method, exchange.path);
    plugin_record* const plugin = match.route == nullptr ? nullptr : find(match.route->plugin);
    if (plugin == nullptr || (match.route->auth && !exchange.auth)) {
        done(answer_unrouted(match));
        return {};
    }
    if (const double rate = plugin->actor->options().requests_per_second;
        !plugin->requests.admit(rate, steady_now())) {
        response answer = problem_details(429, "too many requests for this plugin");
        const auto wait = static_cast<std::uint64_t>(plugin->requests.seconds_to_wait(rate));
        answer.headers.push_back({"retry-after", join({digits(wait)})});
        done(std::move(answer));
        return {};
    }
    const std::string params = encode_exchange(exchange, match);
    return ask(*plugin, methods::handle_request, params, {.timeout = exchange.timeout},
               [done = std::move(done)](const result<std::string_view>& answer, time_point) mutable {
                   if (!answer) done(answer.error());
                   else done(read_exchange_answer(*answer));
               });
}

inline call_under_way host_core::call(std::string_view name, std::string_view method, std::string_view params,
                                      const call_options& options, call_completion&& done) {
    plugin_record* const plugin = find(name);
    if (plugin == nullptr) {
        done(unknown_plugin(name), steady_now());
        return {};
    }
    // Without params, and with null, it is asked with {}: some libraries lose a request that has none.
    return ask(*plugin, method, params == "null" ? std::string_view() : params, options, std::move(done));
}

inline call_under_way host_core::ask(plugin_record& plugin, std::string_view method, std::string_view params,
                                     const call_options& options, call_completion&& done,
                                     plugin_index asker) {
    const milliseconds wait =
        options.timeout.count() > 0 ? options.timeout : plugin.actor->options().call_timeout;
    const time_point now = steady_now(), deadline = after(now, wait);
    if (options.idempotent) {
        const auto call =
            std::make_shared<repeated_call>(shared_from_this(), plugin.actor->index(), method, params,
                                            deadline, std::move(done), asker, options.progress);
        call->ask();
        return {.repeated = call};
    }
    const std::shared_ptr<plugin_actor> actor =
        plugin.actor; // the completion may come at once, and remove it
    return {actor, actor->ask(lane::calls, method, params, deadline, std::move(done), asker, now,
                              tell_progress(options.progress))};
}

} // namespace tenon::detail

#endif
