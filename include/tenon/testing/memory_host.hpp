#ifndef TENON_TESTING_MEMORY_HOST_HPP
#define TENON_TESTING_MEMORY_HOST_HPP

// The host of host_of.hpp without the plugin's type: a session in the role of the host, the plugin's engine
// behind a memory_stream, a clock turned by hand, and the books about what the plugin did.
//
// Everything happens on the test's thread, and only while one of the verbs runs: the plugin works until it has
// nothing to do. A verb that waits for an answer lets time pass, from one deadline to the next, until there is
// one. The functions that answer the plugin's calls run in the middle of that: they may start something
// (begin_...(), publish(), cancel()), but cannot wait for it.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>
#include <tenon/plugin/engine.hpp>
#include <tenon/rules/calls/permissions.hpp>
#include <tenon/testing/http_parts.hpp>
#include <tenon/testing/memory_stream.hpp>
#include <tenon/testing/scripted_peer.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::testing {

// A question that was put to the plugin and may be answered later:
//
//     auto built = host.begin_execute<report>("build", build{"tenon"});
//     host.advance(std::chrono::seconds(1));
//     if (built.answered()) ...
//     tenon::result<report> answer = built.get();    // lets the plugin work and time pass until there is one

/// What is known about one of the host's requests.
struct asked_state {
    std::int64_t id = 0; // 0: it was not sent
    bool done = false;
    result<std::string> answer = std::string();
    std::vector<json> progress = {};
};

} // namespace tenon::testing

namespace tenon::detail {

class asker {
public:
    /// Lets the plugin work and time pass until the answer is there.
    virtual void wait_for(const testing::asked_state& state) = 0;

protected:
    ~asker() = default;
};

} // namespace tenon::detail

namespace tenon::testing {

class memory_host;

template <class T>
class pending {
public:
    using reading = std::function<result<T>(std::string_view answer)>;
    pending(detail::asker& host, std::shared_ptr<asked_state> state, reading read)
        : host_(&host), state_(std::move(state)), read_(std::move(read)) {}

    bool answered() const noexcept { return state_->done; }
    /// The answer. Inside a function that the host provides the plugin cannot go on, so one that is not there
    /// yet is the fault codes::reentrant_call.
    result<T> get() {
        host_->wait_for(*state_);
        if (!state_->done)
            return fault{codes::reentrant_call, "the plugin waits for the function that asks it"};
        if (!state_->answer) return state_->answer.error();
        return read_(*state_->answer);
    }
    /// What the plugin reported so far with progress().
    const std::vector<json>& progress() const noexcept { return state_->progress; }

private:
    friend class memory_host;
    detail::asker* host_;
    std::shared_ptr<asked_state> state_;
    reading read_;
};

struct host_options {
    /// The plugin's configuration: tenon::json::of(settings{...}).
    json config = {};
    /// What the plugin is granted; without a list everything.
    std::optional<std::vector<std::string>> permissions = {};
    /// Whether the host answers requests of plugins at all.
    bool reverse_rpc = true;
    /// The plugin's calls that are not provide()d, in order; without a script they are answered -32601.
    std::vector<expected_call> script = {};
    /// How long a request of the host may take, on the test's clock.
    milliseconds timeout{5'000};
    /// How long to wait, in real time, for answers from threads of the plugin's own before the clock is turned.
    milliseconds patience{0};
    std::vector<int> protocol_versions = {protocol_version};
    /// The largest frame that the host reads.
    std::size_t max_frame_bytes = default_max_frame_bytes;
};

class memory_host : private detail::asker {
public:
    memory_host(const memory_host&) = delete;
    memory_host& operator=(const memory_host&) = delete;

    // --- what the plugin did ---

    /// What the plugin said of itself, or why the handshake failed. Every other verb fails too then.
    const result<declaration>& started() const noexcept { return started_; }
    const std::vector<logged>& logs() const noexcept { return logs_; }
    const std::vector<emission>& emitted() const noexcept { return emitted_; }
    /// Every request of the plugin, those for which there are words of their own too.
    const std::vector<question>& asked() const noexcept { return asked_; }
    /// The ids of the events whose receipt it acknowledged.
    const std::vector<std::string>& acknowledged() const noexcept { return acknowledged_; }
    /// What should not have happened: broken messages, requests that the script did not expect, and the lines
    /// that the plugin reported outside the protocol.
    const std::vector<std::string>& complaints() const noexcept { return complaints_; }
    bool script_finished() const noexcept { return script_.finished(); }
    /// The configuration as the plugin left it with host/setConfig.
    const json& config() const noexcept { return config_; }

    // --- time ---

    time_point now() const noexcept { return clock_->now(); }
    /// Time passes: ticks, timeouts and late answers happen on the way, each when it is due.
    void advance(std::chrono::nanoseconds wait);
    /// Lets the plugin do what there is to do at this time.
    void pump();

    // --- the host's words ---

    /// Any request of the wire, with params and result as JSON text.
    pending<json> begin_call(std::string_view method, std::string_view params);
    /// Any notification of the wire. False where it could not be sent.
    bool tell(std::string_view method, std::string_view params);
    /// Says that an answer is not wanted any more. The plugin answers all the same.
    template <class T>
    void cancel(const pending<T>& question) {
        cancel_call(*question.state_);
    }

    pending<tenon::health> begin_health();
    result<tenon::health> health() { return begin_health().get(); }

    template <class Config>
    result<void> configure(const Config& config) {
        return configure_json(to_json(config));
    }
    result<void> configure_json(std::string_view config);

    /// The whole goodbye: shutdown, exit, the end. The plugin's exit code.
    result<int> shutdown();
    /// The host is gone without a word.
    int vanish();
    bool running() const noexcept { return !engine_->over(); }

    // --- answers to the plugin's calls ---

    /// Answers a method of the application, or one of the wire in the place of this host.
    template <class Function>
    void provide(std::string_view method, Function function) {
        provided_[std::string(method)] = detail::provide(std::move(function));
    }
    /// Answers host/execute of one command, which belongs to some other plugin.
    template <class Function>
    void provide_command(std::string_view command, Function function) {
        commands_[std::string(command)] = detail::provide(std::move(function));
    }
    /// The method is heard and never answered.
    void never_answer(std::string_view method) { silent_.emplace_back(method); }

protected:
    memory_host(const detail::plugin_hooks& hooks, host_options options);
    ~memory_host() = default;

    void start(void* plugin);
    void leave();
    detail::engine& engine() noexcept { return *engine_; }

    std::shared_ptr<asked_state> ask(std::string_view method, std::string_view params);
    template <class T>
    pending<T> pending_of(std::shared_ptr<asked_state> state, typename pending<T>::reading read) {
        return pending<T>(*this, std::move(state), std::move(read));
    }
    template <class T>
    pending<T> refused(fault why) {
        auto state = std::make_shared<asked_state>();
        state->done = true;
        state->answer = std::move(why);
        return pending_of<T>(std::move(state), [](std::string_view) -> result<T> { return fault{}; });
    }
    std::string event_params(std::string_view type, const json& payload);
    std::string next_name(std::string_view kind) { return std::string(kind) + std::to_string(++names_); }

private:
    void wait_for(const asked_state& state) override;
    time_point attend();
    void cancel_call(const asked_state& state);
    void take_event(const detail::session_event& event);
    fault explained(fault why) const;
    scripted_answer answer(std::string_view method, std::string_view params);
    scripted_answer answer_of_host(std::string_view method, std::string_view params);
    std::optional<fault> denied(std::string_view method) const;
    std::string handshake_params() const;
    result<declaration> read_declaration(std::string_view answer) const;
    void log(std::string_view params);

    host_options options_;
    std::shared_ptr<manual_clock> clock_ = std::make_shared<manual_clock>();
    answering_peer peer_;
    memory_stream* stream_; // the engine's
    detail::engine_ref engine_;
    time_point due_ = never; // when the plugin wants to work again
    bool busy_ = false;
    int names_ = 0;

    result<declaration> started_ = fault{codes::unavailable, "the plugin has not started"};
    json config_;
    std::map<std::int64_t, std::shared_ptr<asked_state>> open_;
    std::map<std::string, detail::provided_function, std::less<>> provided_, commands_;
    std::vector<std::string> silent_;
    script script_;
    std::vector<logged> logs_;
    std::vector<emission> emitted_;
    std::vector<question> asked_;
    std::vector<std::string> acknowledged_, complaints_;
};

// ---- listening to the plugin: its calls are answered, what it says is kept ------------------------------------
// What a plugin may ask is in docs/protocol.md, section 5.

/// Nothing happens by itself here, so an answer that did not come comes from a thread, or never.
inline fault memory_host::explained(fault why) const {
    if (why.code != codes::timeout) return why;
    why.message +=
        options_.patience.count() == 0
            ? "; where a thread of the plugin's own answers, the host_options' .patience has to say for "
              "how long to wait for it"
            : "; the host_options' .patience of " + std::to_string(options_.patience.count()) +
                  " ms was over";
    return why;
}

inline void memory_host::take_event(const detail::session_event& event) {
    using detail::event_kind;
    const auto state = open_.find(event.call.value);
    switch (event.kind) {
    case event_kind::notification:
        if (event.method == detail::methods::log) log(event.params);
        return;
    case event_kind::response:
        if (state == open_.end()) return;
        state->second->done = true;
        if (event.failed) state->second->answer = explained(event.error);
        else state->second->answer = std::string(event.value);
        open_.erase(state);
        return;
    case event_kind::progress:
        if (state != open_.end())
            state->second->progress.push_back(json::parse(event.value).value_or(json()));
        return;
    case event_kind::polluted: complaints_.push_back("stray text: " + std::string(event.text)); return;
    case event_kind::bad_body: complaints_.push_back("bad message: " + event.error.message); return;
    case event_kind::peer_error: complaints_.push_back("the plugin refused: " + event.error.message); return;
    case event_kind::closed:
        if (event.reason != violation_reason::none)
            complaints_.push_back("broken: " + std::string(event.text));
        return;
    case event_kind::none:
    case event_kind::handshake:
    case event_kind::request:
    case event_kind::cancelled: return;
    }
}

inline void memory_host::log(std::string_view params) {
    auto read = from_json<detail::log_notice>(params, {.root = detail::methods::log});
    if (!read) return complaints_.push_back(read.error().message);
    log_level level = log_level::info;
    if (!detail::find_enum(read->level, level))
        complaints_.push_back("a log line of level '" + read->level + "'");
    logs_.push_back({level, read->message, read->fields ? json(*read->fields) : json()});
}

inline scripted_answer memory_host::answer(std::string_view method, std::string_view params) {
    asked_.push_back({std::string(method), json::parse(params.empty() ? "null" : params).value_or(json())});
    if (auto why = denied(method)) return {.outcome = std::move(*why)};
    if (std::find(silent_.begin(), silent_.end(), method) != silent_.end()) return {.never = true};
    if (const auto found = provided_.find(method); found != provided_.end())
        return {.outcome = found->second(params)};
    if (options_.script.empty()) return answer_of_host(method, params);
    auto scripted = script_.answer(method, params);
    if (!script_.surprises().empty() && script_.surprises().size() > complaints_.size())
        complaints_.push_back(script_.surprises().back());
    return scripted;
}

/// The methods of the wire, as far as a host without other plugins can have them.
inline scripted_answer memory_host::answer_of_host(std::string_view method, std::string_view params) {
    if (params.empty()) params = "{}";
    const auto with = [&]<class Params>(type<Params>, auto act) -> scripted_answer {
        auto read = from_json<Params>(params, {.root = "params"});
        if (!read) return {.outcome = fault{codes::invalid_params, read.error().message}};
        return {.outcome = act(*read)};
    };
    using text = result<std::string>;
    if (method == detail::methods::acknowledge)
        return with(type<detail::acknowledged_event>(), [&](const auto& event) -> text {
            acknowledged_.push_back(event.event_id);
            return std::string("null");
        });
    if (method == detail::methods::emit)
        return with(type<detail::emitted_event>(), [&](const auto& event) -> text {
            emitted_.push_back({.type = event.event_type,
                                .payload = json(event.payload),
                                .to = event.to.value_or(std::string()),
                                .capabilities = event.capabilities.value_or(std::vector<std::string>())});
            return std::string(R"({"delivered":1})");
        });
    if (method == detail::methods::host_execute)
        return with(type<detail::command_request>(), [&](const auto& wanted) -> text {
            const auto command = commands_.find(wanted.command);
            if (command == commands_.end())
                return fault{codes::method_not_found, "no plugin has this command"};
            return command->second(wanted.args ? wanted.args->text() : "{}");
        });
    if (method == detail::methods::get_config)
        return with(type<detail::config_key>(), [&](const auto& wanted) -> text {
            return std::string(wanted.key ? config_[*wanted.key].text() : config_.text());
        });
    if (method == detail::methods::set_config)
        return with(type<detail::config_entry>(), [&](const auto& entry) -> text {
            auto members = config_.as<std::map<std::string, json>>().value_or({});
            members[entry.key] = json(entry.value);
            config_ = json::of(members);
            return std::string("null");
        });
    if (method == detail::methods::describe)
        return {.outcome = std::string(R"({"events":[],"services":[]})")};
    if (method == detail::methods::save_config || method == detail::methods::subscribe ||
        method == detail::methods::unsubscribe || method == detail::methods::register_command ||
        method == detail::methods::unregister_command)
        return {};
    return {.outcome =
                fault{codes::method_not_found, "the test does not provide '" + std::string(method) + "'"}};
}

inline std::optional<fault> memory_host::denied(std::string_view method) const {
    if (method == detail::methods::acknowledge) return std::nullopt;
    if (!options_.reverse_rpc)
        return fault{codes::permission_denied, "this host answers no requests of plugins"};
    if (started_ && !started_->reverse_rpc.value_or(false))
        return fault{codes::permission_denied, "the plugin did not say reverseRpc in its handshake"};
    if (!options_.permissions) return std::nullopt;
    std::string permission;
    if (const detail::host_method* const own = detail::host_method_named(method)) {
        permission = own->permission;
    } else { // of the application: users/kick needs users:kick
        permission = method;
        std::replace(permission.begin(), permission.end(), '/', ':');
    }
    if (caller{.permissions = *options_.permissions}.has(permission)) return std::nullopt;
    return fault{codes::permission_denied, permission + " is not granted"};
}

// ---- asking the plugin, and letting time pass -----------------------------------------------------------------

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
    const auto state = ask(detail::methods::handshake, handshake_params());
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
    auto answer = begin_call(detail::methods::shutdown, R"({"reason":"requested","deadlineMs":3000})").get();
    if (!answer) return answer.error();
    tell(detail::methods::exit, {});
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
        ask(detail::methods::health, "{}"), [](std::string_view text) -> result<tenon::health> {
            auto read = from_json<detail::health_answer>(text, {.root = "result"});
            if (!read) return read.error();
            tenon::health state{.status = read->status.value_or(health_status::healthy),
                                .message = read->message.value_or("")};
            if (!read->metrics) return state;
            auto metrics = read->metrics->as<std::map<std::string, double>>({.root = "result.metrics"});
            if (!metrics) return metrics.error();
            for (const auto& [name, value] : *metrics) state.metrics.push_back({name, value});
            return state;
        });
}

inline result<void> memory_host::configure_json(std::string_view config) {
    const auto answer =
        begin_call(detail::methods::configure, "{\"config\":" + std::string(config) + "}").get();
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
