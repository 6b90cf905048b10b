#ifndef TENON_PLUGIN_HANDLER_HPP
#define TENON_PLUGIN_HANDLER_HPP

// A plugin without its type: what the engine needs to declare it in the handshake and to run its handlers.
// The typed side of it, made from the author's class, is plugin/dispatch.hpp.

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/answers.hpp>
#include <tenon/session/event.hpp>

#include <cstddef>
#include <string_view>

namespace tenon {

/// What a plugin says of itself before it does anything.
///
///     static constexpr tenon::about about{.name = "moderator", .version = "1.0.0"};
///     using receives = tenon::list<message, greet, stats>;
struct about {
    std::string_view name;
    std::string_view version;
    std::string_view description = {};
    /// Whether the plugin calls the host (emit, execute, configuration, the host's own methods). It must ask
    /// for that in the handshake, and the host's configuration must allow it. Logging is always allowed.
    bool calls_host = false;
};

/// The messages a plugin receives.
template <class... Message>
struct list {};

struct http_request;

namespace detail {

class engine;
class event_loop; // joint/event_loop.hpp

/// One call of a handler.
struct invocation {
    engine& runs_in;
    request_token request = {};     // generation 0: it has no answer
    std::string_view name = {};     // the event's type or the command's name
    std::string_view event_id = {}; // raw JSON text
    std::string_view params = {};
    json_origin origin = {};
    time_point received = {};
    time_point deadline = never;
    const http_request* http = nullptr;

    bool wants_answer() const noexcept { return request.generation != 0; }
};

enum class message_kind { event, command, route };

struct handler {
    message_kind kind;
    std::string_view name;   // the event's type, the command's name, the route's path
    std::string_view method; // of a route
    void (*run)(void* plugin, invocation& call);
    void (*declare)(json_writer& out);
};

/// What is null is not there, and its code is not compiled.
struct plugin_hooks {
    void* plugin = nullptr;
    about identity = {};
    const handler* handlers = nullptr;
    std::size_t handler_count = 0;
    int threads = 1;
    int max_concurrency = 1;
    void (*run_event)(engine&, invocation&) = nullptr;
    void (*run_command)(engine&, invocation&) = nullptr;
    void (*run_route)(engine&, invocation&) = nullptr;
    void (*start_workers)(engine&) = nullptr;
    result<void> (*configure)(void* plugin, std::string_view config) = nullptr;
    void (*declare_config)(json_writer& out) = nullptr; // the schema of what configure() takes
    void (*check)(void* plugin, json_writer& out) = nullptr;
    /// Called after the handshake, after each new configuration, and when the time that it returned is over.
    milliseconds (*tick)(void* plugin, engine& runs_in) = nullptr;
    /// What gives the engine its turns where an event loop does.
    event_loop* loop = nullptr;
    /// The host does not want an answer any more. Called under the lock.
    void (*request_cancelled)(engine& runs_in, request_token request) = nullptr;
};

} // namespace detail

} // namespace tenon

#endif
