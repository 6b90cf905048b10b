#ifndef TENON_TESTING_MEMORY_HOST_INLINE_HPP
#define TENON_TESTING_MEMORY_HOST_INLINE_HPP

// The half of memory_host that asks the plugin and lets time pass.

#include <tenon/testing/memory_host.hpp>

#include <algorithm>

namespace tenon::testing {

inline memory_host::memory_host(const detail::plugin_hooks& hooks, host_options options)
    : options_(std::move(options)),
      peer_(detail::session_role::host, {.max_frame_bytes = options_.max_frame_bytes}),
      stream_(new memory_stream(clock_)),
      engine_(detail::engine_ref::adopt(new detail::engine(hooks, stream_))),
      config_(options_.config.is_null() ? json::parse("{}").value() : options_.config),
      script_(options_.script) {
    stream_->attend = [this] { return attend(); };
    peer_.on_request = [this](const detail::session_event& event) {
        return answer(event.method, event.params);
    };
    peer_.on_event = [this](const detail::session_event& event) { take_event(event); };
}

// --- life ---

inline void memory_host::start(void* plugin) {
    engine_->set_plugin(plugin);
    started_ = declaration(); // so that asking is allowed
    const auto state = ask("plugin/handshake", handshake_params());
    wait_for(*state);
    if (!state->answer) started_ = state->answer.error();
    else started_ = read_declaration(*state->answer);
    peer_.session().handshake_done(started_.has_value());
    pump();
}

inline std::string memory_host::handshake_params() const {
    return to_json(detail::handshake_request{
        .name = "tenon::testing",
        .version = "1.0.0",
        .protocol_versions = options_.protocol_versions,
        .supports_reverse_rpc = options_.reverse_rpc,
        .plugin = detail::plugin_identity{"under.test", "under.test"},
        .config = config_.view(),
        .permissions = options_.permissions.value_or(std::vector<std::string>()),
        .limits = detail::peer_limits{.max_frame_bytes = options_.max_frame_bytes}});
}

inline result<declaration> memory_host::read_declaration(std::string_view answer) const {
    declaration said;
    said.text = std::make_shared<const std::string>(answer);
    auto read = detail::read_handshake_answer(*said.text, options_.protocol_versions);
    if (!read) return read.error();
    static_cast<detail::handshake_answer&>(said) = std::move(*read);
    return said;
}

inline result<int> memory_host::shutdown() {
    auto answer = begin_call("plugin/shutdown", R"({"reason":"requested","deadlineMs":3000})").get();
    if (!answer) return answer.error();
    tell("exit", {});
    return vanish();
}

inline int memory_host::vanish() {
    if (running()) {
        stream_->end_input();
        pump();
    }
    return 0;
}

// Called while the plugin object still lives. A thread of the plugin's may hold the engine for longer.
inline void memory_host::leave() {
    vanish();
    stream_->abandon();
}

// --- time ---

inline void memory_host::pump() {
    if (busy_) return;
    busy_ = true;
    attend();
    if (running()) due_ = engine_->turn();
    attend();
    if (!running()) {
        due_ = never;
        if (peer_.session().phase() != detail::session_phase::closed) peer_.receive_end(now());
    }
    busy_ = false;
}

inline void memory_host::advance(std::chrono::nanoseconds wait) {
    if (busy_) return;
    const time_point end = wait < never - now() ? now() + wait : never;
    pump();
    for (time_point next; (next = std::min(due_, peer_.next_time())) <= end && next != never;) {
        // What is due although it was just done (a tick() that returns 0) must not stop the clock.
        clock_->advance_to(std::max(next, now() + milliseconds(1)));
        pump();
    }
    if (end != never) clock_->advance_to(end);
    pump();
}

inline void memory_host::wait_for(const asked_state& state) {
    if (busy_) return;
    pump();
    while (!state.done) {
        if (options_.patience.count() != 0 && stream_->wait_for_output(options_.patience)) {
            pump();
            continue;
        }
        const time_point next = std::min(due_, peer_.next_time());
        if (next == never) return;
        clock_->advance_to(std::max(next, now() + milliseconds(1)));
        pump();
    }
}

/// The host's share of every moment: takes what the plugin wrote, answers, sends.
inline time_point memory_host::attend() {
    const bool was_busy = std::exchange(busy_, true);
    if (const std::string bytes = stream_->take_output(); !bytes.empty()) peer_.receive(bytes, now());
    stream_->put(peer_.transmit(now()));
    for (auto& line : stream_->take_reports()) complaints_.push_back("reported: " + line);
    busy_ = was_busy;
    return peer_.next_time();
}

// --- asking ---

inline std::shared_ptr<asked_state> memory_host::ask(std::string_view method, std::string_view params) {
    auto state = std::make_shared<asked_state>();
    const auto refuse = [&](fault why) {
        state->done = true;
        state->answer = std::move(why);
    };
    if (!started_) return refuse(started_.error()), state;
    const auto call = peer_.session().call(method, params, after(now(), options_.timeout), now());
    if (!call) return refuse(call.error()), state;
    state->id = call->value;
    open_[state->id] = state;
    pump();
    return state;
}

inline bool memory_host::tell(std::string_view method, std::string_view params) {
    const bool sent = started_ && peer_.session().notify(method, params);
    pump();
    return sent;
}

inline void memory_host::cancel_call(const asked_state& state) {
    if (!state.done) tell("$/cancelRequest", "{\"id\":" + std::to_string(state.id) + "}");
}

inline pending<json> memory_host::begin_call(std::string_view method, std::string_view params) {
    return pending_of<json>(ask(method, params), [](std::string_view answer) { return json::parse(answer); });
}

inline pending<tenon::health> memory_host::begin_health() {
    return pending_of<tenon::health>(
        ask("plugin/health", "{}"), [](std::string_view text) -> result<tenon::health> {
            auto read = from_json<detail::health_answer>(text, {.root = "result"});
            if (!read) return read.error();
            tenon::health state{
                .status = static_cast<health_status>(read->status.value_or(detail::reported_health::healthy)),
                .message = read->message.value_or("")};
            if (!read->metrics) return state;
            auto metrics = read->metrics->as<std::map<std::string, double>>({.root = "result.metrics"});
            if (!metrics) return metrics.error();
            for (const auto& [name, value] : *metrics) state.metrics.push_back({name, value});
            return state;
        });
}

inline result<void> memory_host::configure_json(std::string_view config) {
    const auto answer = begin_call("plugin/configure", "{\"config\":" + std::string(config) + "}").get();
    if (!answer) return answer.error();
    config_ = json::parse(config).value_or(json());
    return {};
}

inline std::string memory_host::event_params(std::string_view type, const json& payload) {
    return to_json(detail::event_delivery{.event_id = next_name("e"),
                                          .event_type = std::string(type),
                                          .payload = payload.view(),
                                          .timestamp = "2025-01-01T00:00:00.000Z",
                                          .deadline_ms = options_.timeout.count()});
}

} // namespace tenon::testing

#endif
