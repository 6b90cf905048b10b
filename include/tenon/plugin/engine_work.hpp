#ifndef TENON_PLUGIN_ENGINE_WORK_HPP
#define TENON_PLUGIN_ENGINE_WORK_HPP

// The half of the engine that understands messages: which handler, which parameters, which answer. Handlers
// and everything of the author's run without the lock.

#include <tenon/plugin/declaration.hpp>
#include <tenon/plugin/engine.hpp>
#include <tenon/plugin/requests.hpp>

namespace tenon::detail {

inline void engine::take(const session_event& event, bool may_run) {
    switch (event.kind) {
    case event_kind::handshake:
        return shake_hands(event);
    case event_kind::request:
        return take_request(event, may_run);
    case event_kind::notification:
        if (event.method == "exit") over_ = true;
        else if (event.method == "plugin/onEvent" && hooks_.run_event != nullptr)
            run_or_enqueue(event, may_run);
        return;
    case event_kind::response:
        return complete(event);
    case event_kind::cancelled:
        if (withdraw(event.request)) session_.reject(event.request, {codes::cancelled, "cancelled"});
        else if (hooks_.request_cancelled != nullptr) hooks_.request_cancelled(*this, event.request);
        changed_.wake_all();
        return;
    case event_kind::polluted:
        return io_->report("the host sent text between messages, which was skipped");
    case event_kind::bad_body:
    case event_kind::peer_error:
        return io_->report(event.error.message);
    case event_kind::closed:
        if (event.reason != violation_reason::none) io_->report(event.text);
        over_ = true;
        return;
    case event_kind::progress:
    case event_kind::none:
        return;
    }
}

inline void engine::take_request(const session_event& event, bool may_run) {
    if (runner_of(event.method) != nullptr ||
        (event.method == "plugin/configure" && hooks_.configure != nullptr))
        return run_or_enqueue(event, may_run);
    if (event.method == "plugin/health") return answer_health(event.request);
    if (event.method == "plugin/shutdown") {
        session_.begin_shutdown();
        session_.reply(event.request, "null");
        return;
    }
    session_.reject(event.request, {codes::method_not_found, join({"unknown method '", event.method, "'"})});
}

inline engine::runner engine::runner_of(std::string_view method) const noexcept {
    if (method == "plugin/execute") return hooks_.run_command;
    if (method == "plugin/onEvent") return hooks_.run_event;
    if (method == "plugin/handleRequest") return hooks_.run_route;
    return nullptr;
}

inline void engine::run_or_enqueue(const session_event& event, bool may_run) {
    // Straight from the input where nothing is before it: no copy, no hand-off between threads.
    if (may_run && workers_ == 0 && first_job_ == nullptr)
        work(event.request, event.method, event.params, event.params_offset, now_);
    else enqueue(event);
}

inline void engine::shake_hands(const session_event& event) {
    field offered[] = {{"protocolVersions", 2}, {"supportsReverseRpc", 3}, {"config", 6}, {"limits", 9}};
    const auto& [versions, takes_calls, config, limits] = offered;
    const std::string_view params = event.params.empty() ? "{}" : event.params;
    json_reader in(params, {"params", event.params_offset});
    if (!read_fields(in, params, offered, 4)) return refuse_handshake(event.request, in.error());
    if (!offers_our_version(versions.value))
        return refuse_handshake(
            event.request,
            {codes::version_mismatch, join({"this plugin speaks protocol version ", digits(protocol_version),
                                            ", the host ", versions.value})});
    if (!limits.value.empty()) {
        field sizes[] = {{"maxFrameBytes", 0}};
        json_reader inner(limits.value);
        if (read_fields(inner, limits.value, sizes, 1) && integer_of(sizes[0].value) > 0)
            session_.limit_sent_frames(static_cast<std::size_t>(integer_of(sizes[0].value)));
    }
    host_takes_calls_ = takes_calls.value != "false";
    config_ = join({config.value.empty() ? "{}" : config.value});
    if (hooks_.configure != nullptr) {
        mutex_.unlock();
        const auto taken = configure(config_);
        mutex_.lock();
        if (!taken) return refuse_handshake(event.request, taken.error());
    }
    json_writer out = session_.begin_reply(event.request);
    write_declaration(out, hooks_);
    session_.finish_reply();
    session_.handshake_done(true);
    if (hooks_.tick != nullptr) next_tick_ = now_;
}

inline void engine::refuse_handshake(request_token request, const fault& error) {
    session_.reject(request, error);
    session_.handshake_done(false);
}

inline result<void> engine::configure(std::string_view config) {
#if defined(__cpp_exceptions)
    try {
        return hooks_.configure(hooks_.plugin, config);
    } catch (const std::exception& thrown) {
        log(log_level::error, join({"configure() threw: ", thrown.what()}), {});
    } catch (...) {
        log(log_level::error, "configure() threw something", {});
    }
    return fault{codes::internal_error, "the plugin failed to take its configuration"};
#else
    return hooks_.configure(hooks_.plugin, config);
#endif
}

inline void engine::reconfigure(const invocation& call) {
    field changed[] = {{"config", 0}};
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, changed, 1)) return refuse(call, in.error());
    // A copy, because the input may move while the plugin is busy with it.
    std::string config = join({changed[0].value.empty() ? "{}" : changed[0].value});
    const auto taken = configure(config);
    if (!taken) return refuse(call, taken.error());
    held lock(*this);
    config_ = std::move(config);
    session_.reply(call.request, "null");
    if (hooks_.tick != nullptr) next_tick_ = now_; // how often may have changed
    flush();
}

inline void engine::answer_health(request_token request) {
    if (hooks_.check == nullptr) {
        session_.reply(request, R"({"status":"healthy"})");
        return;
    }
    byte_buffer state; // apart from the session, whose lock is not held while the author's code runs
    json_writer out(state);
    mutex_.unlock();
#if defined(__cpp_exceptions)
    try {
        hooks_.check(hooks_.plugin, out);
    } catch (...) {
        state.clear();
        out.raw(R"({"status":"critical","message":"the plugin's health check failed"})");
    }
#else
    hooks_.check(hooks_.plugin, out);
#endif
    mutex_.lock();
    session_.reply(request, state.view());
}

inline void engine::work(request_token request, std::string_view method, std::string_view params,
                         std::size_t offset, time_point received) {
    invocation call{.runs_in = *this,
                    .request = request,
                    .params = params,
                    .origin = {"params", offset},
                    .received = received};
    if (params.empty()) call.params = "{}";
    const runner run_it = runner_of(method);
    if (!gathering_) flush(); // the handler may take long
    mutex_.unlock();
    if (run_it != nullptr) run_it(*this, call);
    else reconfigure(call);
    mutex_.lock();
}

inline void engine::run(const handler& target, invocation& call) {
#if defined(__cpp_exceptions)
    try {
        return target.run(hooks_.plugin, call);
    } catch (const std::exception& thrown) {
        // What it said is for the log; the peer learns only which handler failed.
        log(log_level::error, join({"the handler of '", target.name, "' threw: ", thrown.what()}), {});
    } catch (...) {
        log(log_level::error, join({"the handler of '", target.name, "' threw something"}), {});
    }
    if (call.wants_answer())
        reject(call.request, {codes::internal_error, join({"the handler of '", target.name, "' failed"})});
#else
    target.run(hooks_.plugin, call);
#endif
}

inline void engine::refuse(const invocation& call, const fault& error) {
    if (call.wants_answer()) return reject(call.request, error);
    log(log_level::warn, error.message, {}); // nobody waits, so the event is ignored
}

// --- what handlers ask for ---

inline void engine::log(log_level level, std::string_view message, std::string_view fields) {
    constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
    outgoing line(*this);
    json_writer out = line.notify("host/log");
    out.begin_object();
    out.key("level");
    out.string(names[static_cast<unsigned>(level)]);
    out.key("message");
    out.string(message);
    if (!fields.empty()) {
        out.key("fields");
        out.raw(fields);
    }
    out.end_object();
    line.finish_notify();
}

inline bool engine::cancelled(request_token request) {
    held lock(*this);
    if (!over_ && workers_ == 0 && reader_.is_this()) {
        read_once(time_point::min()); // nobody else would notice
        take_messages(false);
        flush();
    }
    return over_ || session_.cancelled(request);
}

inline void engine::progress(request_token request, std::string_view value) {
    held lock(*this);
    session_.progress(request, value);
    flush();
}

inline void engine::reject(request_token request, const fault& error) {
    held lock(*this);
    session_.reject(request, error);
    flush();
}

inline result<void> engine::may_call_host() {
    if (!hooks_.identity.calls_host)
        return fault{codes::permission_denied, "tenon::about does not say calls_host"};
    held lock(*this);
    if (!host_takes_calls_)
        return fault{codes::permission_denied,
                     "the host takes no calls from this plugin: its `allowReverseRpc` is not true"};
    return {};
}

inline std::string engine::config() {
    held lock(*this);
    return config_;
}

} // namespace tenon::detail

#endif
