#ifndef TENON_SESSION_ANSWERS_HPP
#define TENON_SESSION_ANSWERS_HPP

// What handlers return. The return type of an event's handler is its declaration: void observes, `flow` may
// stop the event, `rewrite<M>` may also change it. Commands return any value, routes a `response` or any value.

#include <tenon/json/value.hpp>
#include <tenon/web/response.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Whether an event goes on to the next plugin.
struct flow {
    bool stopped = false;
    std::string reason = {};
    std::optional<json> data = {}; // anything more for the program that asked
};

inline flow proceed() { return {}; }
inline flow stop(std::string_view reason) { return {.stopped = true, .reason = std::string(reason)}; }

/// A flow that may carry the event as it shall go on: `return message` or `return tenon::proceed()`.
template <class Message>
struct rewrite {
    rewrite(flow decided) : decision(std::move(decided)) {}
    rewrite(Message changed) : payload(std::move(changed)) {}

    flow decision = {};
    std::optional<Message> payload = {};
};

enum class health_status { healthy, warning, critical };

/// What a plugin's `health()` returns.
struct health {
    struct metric {
        std::string name;
        double value;
    };
    health_status status = health_status::healthy;
    std::string message = {};
    std::vector<metric> metrics = {};
};

enum class log_level { debug, info, warn, error };
/// The names that would be found without this: finding them is dear, and most files that use a host would pay for it.
constexpr auto describe(type<log_level>) {
    return enumerators(enumerator("debug", log_level::debug), enumerator("info", log_level::info),
                       enumerator("warn", log_level::warn), enumerator("error", log_level::error));
}

namespace detail {

template <class T>
inline constexpr bool is_rewrite = false;
template <class Message>
inline constexpr bool is_rewrite<rewrite<Message>> = true;

inline void begin_flow(json_writer& out, const flow& decision) {
    out.begin_object();
    out.key("flow");
    out.string(decision.stopped ? "stop" : "continue");
    if (!decision.reason.empty()) {
        out.key("reason");
        out.string(decision.reason);
    }
    if (decision.data) {
        out.key("data");
        out.raw(decision.data->text());
    }
}

inline void write_answer(json_writer& out, const flow& decision) {
    begin_flow(out, decision);
    out.end_object();
}

template <class Message>
void write_answer(json_writer& out, const rewrite<Message>& answer) {
    begin_flow(out, answer.decision);
    if (answer.payload) {
        out.key("payload");
        encode(out, *answer.payload);
    }
    out.end_object();
}

inline void write_answer(json_writer& out, const health& state) {
    // By hand: name_of() would have the compiler look for the enum's names in every plugin, for 7 % of hello's time.
    constexpr std::string_view names[] = {"healthy", "warning", "critical"};
    out.begin_object();
    out.key("status");
    out.string(names[static_cast<unsigned>(state.status)]);
    if (!state.message.empty()) {
        out.key("message");
        out.string(state.message);
    }
    if (!state.metrics.empty()) {
        out.key("metrics");
        out.begin_object();
        for (const auto& metric : state.metrics) {
            out.key(metric.name);
            out.number(metric.value);
        }
        out.end_object();
    }
    out.end_object();
}

} // namespace detail

} // namespace tenon

#endif
