#ifndef TENON_PLUGIN_CONTEXT_HPP
#define TENON_PLUGIN_CONTEXT_HPP

// What a handler can say to the host. A `host_link` may be copied, kept and used from any thread, also by
// threads of the author's own; when the connection is over its verbs fail or do nothing. A `context` is the
// same for the duration of one call, and knows that call.
//
// Calls block until the answer is there or their time is up. A handler that waits does not keep health checks
// and cancellations waiting.

#include <tenon/plugin/encode_answer.hpp>
#include <tenon/plugin/engine.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon {

namespace detail {

/// JSON-RPC knows no parameters that are a single number, text or truth value.
template <class Params>
constexpr bool can_be_params() {
    using enum shape;
    constexpr shape form = shape_of<Params>;
    return form != boolean && form != integer && form != number && form != enumeration && form != text &&
           form != duration && form != optional && form != variant;
}

struct emit_answer_object {
    static constexpr bool allow_missing = true;
    std::uint64_t delivered = 0;
};

/// A struct that says which method takes it and what is answered.
template <class T> concept named_call = requires {
    std::string_view(*&T::method); // the address, because a struct may have a member of that name
    typename T::result;
};

/// How a call is made that does not wait. It takes an event loop, so joint/async_call.hpp says it: the one specialization
/// there is for every Result.
template <class Result, class Loop = void>
struct async_caller {
    static_assert(!std::is_void_v<Loop>,
                  "tenon: async_call, async_emit and async_execute need an event loop: "
                  "#include <tenon/asio.hpp>");
};

} // namespace detail

/// What became of an event that was emitted.
struct emitted {
    std::uint64_t delivered = 0; // to how many plugins it went; an older host does not say
};

template <>
struct json_codec<emitted> {
    /// A template, so that a plugin that emits nothing does not compile it.
    static bool read(auto& in, emitted& value) {
        if (in.peek() == json_kind::null) return in.skip_value();
        detail::emit_answer_object object;
        if (!detail::decode(in, object)) return false;
        value.delivered = object.delivered;
        return true;
    }
};

/// Which plugins an event goes to, where not to all that want it.
struct emit_options {
    std::string to = {};                        // one plugin, by name
    std::vector<std::string> capabilities = {}; // those that have one of these
    json metadata = {};                         // an object, or null
};

class host_link {
public:
    explicit host_link(detail::engine& connection) : engine_(connection) {}
    /// A copy does not say that an event is the cause of what it emits: it is kept for later work.
    host_link(const host_link& other) noexcept : engine_(other.engine_) {}
    host_link& operator=(const host_link& other) noexcept {
        engine_ = other.engine_;
        return *this;
    }

    /// The time by the steady clock; in tests by the one that the test turns (docs/testing.md).
    time_point now() const { return engine_->now(); }

    void log(log_level level, std::string_view message) const { engine_->log(level, message, {}); }
    template <class Fields>
    void log(log_level level, std::string_view message, const Fields& fields) const {
        engine_->log(level, message, to_json(fields));
    }
    void debug(std::string_view message) const { log(log_level::debug, message); }
    void info(std::string_view message) const { log(log_level::info, message); }
    void warn(std::string_view message) const { log(log_level::warn, message); }
    void error(std::string_view message) const { log(log_level::error, message); }

    /// Calls a method of the host: one of docs/protocol.md, or what the application provides.
    template <class Result = json, class Params>
    result<Result> call(std::string_view method, const Params& params,
                        milliseconds timeout = detail::default_call_timeout) const {
        static_assert(detail::can_be_params<Params>(),
                      "tenon: the parameters of a call are an object or an array: give it a struct");
        return call_with<Result>(method, timeout, [&](json_writer& out) { write_params(out, params); });
    }

    /// The same for a struct that says which, and what is answered: `static constexpr auto method = "users/kick"`
    /// and `using result = void`.
    template <detail::named_call Call>
    result<typename Call::result> call(const Call& asked,
                                       milliseconds timeout = detail::default_call_timeout) const {
        return call<typename Call::result>(Call::method, asked, timeout);
    }

    /// Puts an event in: a struct that says which, or a name and a payload. Within the handler of an event it names
    /// that as its cause, by which the host tells many answers from a loop.
    template <class Event>
        requires requires { Event::event; }
    result<emitted> emit(const Event& event, const emit_options& options = {}) const {
        return emit(Event::event, event, options);
    }
    template <class Payload>
    result<emitted> emit(std::string_view type, const Payload& payload,
                         const emit_options& options = {}) const {
        return call_with<emitted>(detail::methods::emit, detail::default_call_timeout,
                                  [&](json_writer& out) { write_event(out, type, payload, options); });
    }

    /// Runs a command of whichever plugin has it.
    template <class Result = json, class Args>
    result<Result> execute(std::string_view command, const Args& args,
                           milliseconds timeout = detail::default_call_timeout) const {
        return call_with<Result>(detail::methods::host_execute, timeout, [&](json_writer& out) {
            write_named(out, "command", command, "args", args);
        });
    }

    /// The same for handlers that must not wait where they are, with <tenon/asio.hpp>: after the arguments may
    /// come a timeout and a completion token. See joint/async_call.hpp.
    template <class Result = json, class Params, class... More>
    auto async_call(std::string_view method, const Params& params, More&&... more) const {
        static_assert(detail::can_be_params<Params>(),
                      "tenon: the parameters of a call are an object or an array: give it a struct");
        return async_call_with<Result>(
            method, [&](json_writer& out) { write_params(out, params); }, std::forward<More>(more)...);
    }
    template <detail::named_call Call, class... More>
    auto async_call(const Call& asked, More&&... more) const {
        return async_call<typename Call::result>(Call::method, asked, std::forward<More>(more)...);
    }
    template <class Event, class... More>
        requires(requires { Event::event; } &&
                 (!std::is_same_v<std::remove_cvref_t<More>, emit_options> && ...))
    auto async_emit(const Event& event, More&&... more) const {
        return async_emit(event, emit_options(), std::forward<More>(more)...);
    }
    template <class Event, class... More>
        requires requires { Event::event; }
    auto async_emit(const Event& event, const emit_options& options, More&&... more) const {
        return async_call_with<emitted>(
            detail::methods::emit, [&](json_writer& out) { write_event(out, Event::event, event, options); },
            std::forward<More>(more)...);
    }
    template <class Result = json, class Args, class... More>
    auto async_execute(std::string_view command, const Args& args, More&&... more) const {
        return async_call_with<Result>(
            detail::methods::host_execute,
            [&](json_writer& out) { write_named(out, "command", command, "args", args); },
            std::forward<More>(more)...);
    }

    /// The plugin's configuration as it stands.
    template <class Config = json>
    result<Config> config() const {
        return from_json<Config>(engine_->config(), {.root = "config"});
    }

protected:
    detail::engine& connection() const { return *engine_; }

    /// For one that belongs to a call: `cause` is the id of the event, as it stands in the message; or empty.
    host_link(detail::engine& connection, const std::string& cause) : engine_(connection), cause_(&cause) {}

private:
    // What is null is left out.
    template <class Params>
    static void write_params(json_writer& out, const Params& params) {
        constexpr detail::shape form = detail::shape_of<Params>;
        if constexpr (form == detail::shape::any) {
            if (params.is_null()) return;
        }
        if constexpr (form != detail::shape::null) detail::encode(out, params);
    }

    template <class Value>
    static void write_named(json_writer& out, std::string_view name_member, std::string_view name,
                            std::string_view value_member, const Value& value) {
        out.begin_object();
        out.key(name_member);
        out.string(name);
        out.key(value_member);
        detail::encode(out, value);
        out.end_object();
    }

    template <class Payload>
    void write_event(json_writer& out, std::string_view type, const Payload& payload,
                     const emit_options& options) const {
        const std::string_view cause = cause_ == nullptr ? std::string_view() : *cause_;
        out.begin_object();
        out.key("eventType");
        out.string(type);
        out.key("payload");
        detail::encode(out, payload);
        const json_kind given = options.metadata.kind();
        const bool takes_cause = given == json_kind::null || given == json_kind::object;
        if (!cause.empty() && takes_cause && options.metadata["cause"].is_null()) {
            // In front of what is there: an object, "{...}".
            std::string_view rest =
                options.metadata.is_null() ? std::string_view("{}") : options.metadata.text();
            rest.remove_prefix(1);
            const bool more = rest.find('"') != rest.npos;
            out.key("metadata");
            out.raw(detail::join({"{\"cause\":", cause, more ? "," : "", rest}));
        } else if (!options.metadata.is_null()) {
            out.key("metadata");
            out.raw(options.metadata.text());
        }
        if (!options.to.empty()) {
            out.key("to");
            out.string(options.to);
        }
        if (!options.capabilities.empty()) {
            out.key("capabilities");
            detail::encode(out, options.capabilities);
        }
        out.end_object();
    }

    template <class Result, class Write>
    result<Result> call_with(std::string_view method, milliseconds timeout, Write write) const {
        if (const auto allowed = engine_->may_call_host(); !allowed) return allowed.error();
        detail::engine::outgoing call(*engine_);
        json_writer out = call.call(method);
        write(out);
        auto answer = call.finish_call(timeout);
        if (!answer) return std::move(answer).error();
        if constexpr (std::is_void_v<Result>) return {};
        else return from_json<Result>(*answer, {.root = "result"});
    }

    template <class Result, class Write, class... More>
    auto async_call_with(std::string_view method, Write write, More&&... more) const {
        byte_buffer params;
        json_writer out(params);
        write(out);
        return detail::async_caller<Result>::begin(engine_, std::string(method), std::string(params.view()),
                                                   engine_->may_call_host(), std::forward<More>(more)...);
    }

    detail::engine_ref engine_;
    const std::string* cause_ = nullptr; // of the context that this is, or none
};

class context : public host_link {
public:
    explicit context(const detail::invocation& call)
        : host_link(call.runs_in, event_id_), request_(call.request), name_(call.name),
          event_id_(call.event_id), deadline_(call.deadline), http_(call.http) {}

    /// Whether the answer is not wanted any more, or the connection is over.
    bool cancelled() const { return connection().cancelled(request_); }

    /// Reports on the work so far, which restarts the caller's deadline.
    template <class Value>
    void progress(const Value& value) const {
        connection().progress(request_, to_json(value));
    }

    /// When the host stops waiting; `never` where it did not say.
    time_point deadline() const noexcept { return deadline_; }

    /// The event's type or the command's name, for a handler of several.
    const std::string& name() const noexcept { return name_; }

    /// Tells the host that this event was received.
    result<void> acknowledge() const {
        if (event_id_.empty()) return fault{codes::invalid_request, "there is no event to acknowledge"};
        detail::engine::outgoing call(connection());
        json_writer out = call.call(detail::methods::acknowledge);
        out.begin_object();
        out.key("eventId");
        out.raw(event_id_);
        out.end_object();
        auto answer = call.finish_call(detail::default_call_timeout);
        if (!answer) return std::move(answer).error();
        return {};
    }

    /// The HTTP request of a route, null in other handlers. Valid until the handler returns.
    const http_request* request() const noexcept { return http_; }

private:
    detail::request_token request_;
    std::string name_;
    std::string event_id_;
    time_point deadline_;
    const http_request* http_;
};

/// An answer that comes later, from any thread:
///
///     void receive(const build& b, tenon::responder<build> answer) { queue_.push(b, std::move(answer)); }
///     ...
///     answer.reply(report{...});         // or answer.fail({42, "no such project"})
///
/// Answering twice is harmless, the first counts. A responder that is dropped without an answer answers with an
/// error, so that its caller does not wait in vain. It may be kept for as long as the work takes, while the plugin lives.
template <class Message>
class responder {
public:
    explicit responder(const detail::invocation& call) : engine_(call.runs_in), request_(call.request) {}
    responder(responder&& other) noexcept
        : engine_(other.engine_), request_(std::exchange(other.request_, detail::request_token())) {}
    responder& operator=(responder&& other) noexcept {
        std::swap(engine_, other.engine_);
        std::swap(request_, other.request_);
        return *this;
    }
    ~responder() {
        if (open()) fail({codes::internal_error, "the plugin dropped the request without an answer"});
    }

    template <class Answer>
    void reply(const Answer& answer) {
        const auto request = std::exchange(request_, detail::request_token());
        if (request.generation != 0) detail::send_answer<Message>(*engine_, request, answer);
    }
    void fail(const fault& error) {
        const auto request = std::exchange(request_, detail::request_token());
        if (request.generation != 0) engine_->reject(request, error);
    }

    template <class Value>
    void progress(const Value& value) const {
        if (open()) engine_->progress(request_, to_json(value));
    }
    bool cancelled() const { return open() && engine_->cancelled(request_); }
    host_link host() const { return host_link(*engine_); }

private:
    bool open() const noexcept { return request_.generation != 0; }

    detail::engine_ref engine_;
    detail::request_token request_;
};

} // namespace tenon

#endif
