#ifndef TENON_TESTING_HOST_OF_HPP
#define TENON_TESTING_HOST_OF_HPP

// A host for one plugin in a unit test: no process, no threads, no waiting.
//
//     tenon::testing::host_of<moderator> host;
//     auto verdict = host.decide(message{.content = "buy spam"});
//     verdict->stopped && verdict->reason == "spam"
//     host.execute<std::string>("greet", greet{"Bo"}).value() == "hello Bo"
//
// The plugin is the real one, behind the real engine and the real wire; only the bytes go through memory, and
// the clock is turned by hand. The handshake is done when the constructor returns (see started()). `threads` is
// taken as 1. What the plugin is not subscribed to, or does not declare, is not put to it: that is a fault here,
// as it would be with a host.

#include <tenon/plugin/dispatch.hpp>
#include <tenon/testing/memory_host.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon::testing {

template <class P>
class host_of : public memory_host {
public:
    /// Makes the plugin, from a host_link if it wants one.
    explicit host_of(host_options options = {}) : memory_host(hooks_of<P>(P::about), std::move(options)) {
        if constexpr (std::is_constructible_v<P, host_link>) plugin_.reset(new P{host_link(engine())});
        else plugin_.reset(new P{});
        start(plugin_.get());
    }
    /// Takes a plugin that exists already, such as one of lambdas.
    explicit host_of(P plugin, host_options options = {})
        : memory_host(hooks_of<P>(plugin.about), std::move(options)), plugin_(new P(std::move(plugin))) {
        start(plugin_.get());
    }
    ~host_of() { leave(); }

    /// The plugin object itself.
    P& plugin() noexcept { return *plugin_; }

    // --- events ---

    /// Asks for a decision about an event.
    template <class Event>
    result<decision<Event>> decide(const Event& event) {
        return begin_decide(event).get();
    }
    template <class Event>
    pending<decision<Event>> begin_decide(const Event& event) {
        return begin_decide(Event::event, event);
    }
    /// The same for events that have no type of their own here.
    template <class Payload>
    result<decision<Payload>> decide(std::string_view type, const Payload& payload) {
        return begin_decide(type, payload).get();
    }
    template <class Payload>
    pending<decision<Payload>> begin_decide(std::string_view type, const Payload& payload) {
        using decided = decision<Payload>;
        if (!started()) return refused<decided>(started().error());
        const auto* wanted = started()->event(type);
        if (wanted == nullptr)
            return refused<decided>(
                {codes::method_not_found, "the plugin does not receive " + std::string(type)});
        const bool may_change =
            wanted->mode.value_or(detail::event_mode::mutate) == detail::event_mode::mutate;
        return pending_of<decided>(
            ask(detail::methods::on_event, event_params(type, json::of(payload))),
            [may_change](std::string_view answer) { return read<Payload>(answer, may_change); });
    }

    /// Tells about an event, as to one who only looks on. False if the plugin is not subscribed.
    template <class Event>
    bool publish(const Event& event) {
        return publish(Event::event, event);
    }
    template <class Payload>
    bool publish(std::string_view type, const Payload& payload) {
        if (!started() || started()->event(type) == nullptr) return false;
        return tell(detail::methods::on_event, event_params(type, json::of(payload)));
    }

    // --- commands ---

    template <class Result = json, class Args>
    result<Result> execute(std::string_view command, const Args& args) {
        return begin_execute<Result>(command, args).get();
    }
    /// By the struct that the plugin receives: `host.execute<std::string>(greet{"Bo"})`.
    template <class Result = json, class Command>
        requires requires { std::string_view(Command::command); }
    result<Result> execute(const Command& command) { return execute<Result>(Command::command, command); }
    template <class Result = json, class Args>
    pending<Result> begin_execute(std::string_view command, const Args& args) {
        byte_buffer buffer;
        json_writer out(buffer);
        out.begin_object();
        out.key("command");
        out.string(command);
        out.key("args");
        detail::encode(out, args);
        out.end_object();
        return pending_of<Result>(ask(detail::methods::execute, buffer.view()), [](std::string_view answer) {
            if constexpr (std::is_void_v<Result>) return result<void>();
            else return from_json<Result>(answer, {.root = "result"});
        });
    }

    // --- routes ---

    /// An HTTP request, as `"GET", "/rooms/7?limit=20"`.
    result<response> request(std::string_view method, std::string_view target, http_parts parts = {}) {
        return begin_request(method, target, std::move(parts)).get();
    }
    pending<response> begin_request(std::string_view method, std::string_view target, http_parts parts = {}) {
        if (!started()) return refused<response>(started().error());
        const auto params =
            detail::http_request_text(*started(), next_name("r"), method, target, std::move(parts));
        if (!params)
            return refused<response>(
                {codes::method_not_found,
                 "the plugin has no route for " + std::string(method) + " " + std::string(target)});
        return pending_of<response>(ask(detail::methods::handle_request, *params), detail::read_response);
    }

private:
    template <class Plugin>
    static detail::plugin_hooks hooks_of(const about& identity) {
        if constexpr (detail::check_plugin<Plugin>()) {
            auto hooks = detail::make_hooks<Plugin>(identity);
            hooks.start_workers = nullptr; // everything happens on the thread of the test
            return hooks;
        }
        return {};
    }

    template <class Payload>
    static result<decision<Payload>> read(std::string_view text, bool may_change) {
        const auto answer = detail::read_decision(text);
        if (!answer) return answer.error();
        decision<Payload> made;
        made.stopped = answer->stops();
        made.reason = answer->reason.value_or("");
        if (answer->data) made.data = json(*answer->data);
        if (may_change && answer->payload) {
            auto changed = answer->payload->template as<Payload>({.root = "result.payload"});
            if (!changed) return changed.error();
            made.payload = std::move(*changed);
        }
        return made;
    }

    std::unique_ptr<P> plugin_;
};

template <class P>
host_of(P) -> host_of<P>;
template <class P>
host_of(P, host_options) -> host_of<P>;

} // namespace tenon::testing

#endif
