#ifndef TENON_TESTING_MEMORY_HOST_HPP
#define TENON_TESTING_MEMORY_HOST_HPP

// The host of host_of.hpp without the plugin's type: a session in the role of the host, the plugin's engine
// behind a memory_stream, a clock turned by hand, and the books about what the plugin did.
//
// Everything happens on the test's thread, and only while one of the verbs runs: the plugin works until it has
// nothing to do. A verb that waits for an answer lets time pass, from one deadline to the next, until there is
// one. The functions that answer the plugin's calls run in the middle of that: they may start something
// (begin_...(), publish(), cancel()), but cannot wait for it.

#include <tenon/plugin/engine.hpp>
#include <tenon/testing/http_parts.hpp>
#include <tenon/testing/memory_stream.hpp>
#include <tenon/testing/pending.hpp>
#include <tenon/testing/provided.hpp>
#include <tenon/testing/scripted_peer.hpp>

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

struct host_options {
    /// The plugin's configuration: tenon::json::of(settings{...}).
    json config = {};
    /// What the plugin is granted; without a list everything.
    std::optional<std::vector<std::string>> permissions = {};
    /// Whether the host answers requests of plugins at all.
    bool reverse_rpc = true;
    /// The plugin's calls that are not provide()d, in order; without a script they are answered -32601.
    std::vector<exchange> script = {};
    /// How long a request of the host may take, on the test's clock.
    milliseconds timeout{5'000};
    /// How long to wait, in real time, for answers from threads of the plugin's own before the clock is turned.
    milliseconds patience{0};
    std::vector<int> protocol_versions = {protocol_version};
    /// The largest frame that the host reads.
    std::size_t max_frame_bytes = default_max_frame_bytes;
};

class memory_host {
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
    template <class T>
    friend class pending;

    void wait_for(const asked_state& state);
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

template <class T>
result<T> pending<T>::get() {
    host_->wait_for(*state_);
    if (!state_->done) return fault{codes::reentrant_call, "the plugin waits for the function that asks it"};
    if (!state_->answer) return state_->answer.error();
    return read_(*state_->answer);
}

} // namespace tenon::testing

#include <tenon/testing/memory_host_answers.hpp>
#include <tenon/testing/memory_host_inline.hpp>

#endif
