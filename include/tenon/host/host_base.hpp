#ifndef TENON_HOST_HOST_BASE_HPP
#define TENON_HOST_HOST_BASE_HPP

// What a program asks of a host and its plugins, typed: everything of `tenon::host` but mounting, which is added in
// joint/host.hpp, where the rules of its use stand. What is here for others of the house takes a host_base&.

#include <tenon/core/compiled.hpp>
#include <tenon/host/completion.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/host/watch.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/rules/decision.hpp>
#include <tenon/rules/catalogue.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

template <class T> concept named_event = requires { std::string_view(T::event); };
template <class T> concept named_command = requires { std::string_view(T::command); };

namespace detail {

/// What is behind a host: host/host_core.hpp.
TENON_COMPILED_ONCE std::shared_ptr<untyped_host> make_host(executor where);
TENON_COMPILED_ONCE std::shared_ptr<untyped_host> make_host(executor where, host_options&& options);

/// An operation that is yet to be begun, and ends with nothing but a fault or none. One type for all of them, so that a
/// program compiles what completes them once for each of its tokens.
using life_start = unique_function<void(untyped_host::life_done done)>;

TENON_COMPILED_ONCE life_start starting(const std::shared_ptr<untyped_host>& core,
                                        const plugin_options& options);
TENON_COMPILED_ONCE life_start commanding(const std::shared_ptr<untyped_host>& core, std::string&& name,
                                          void (untyped_host::*verb)(const std::string&,
                                                                     untyped_host::life_done));
TENON_COMPILED_ONCE life_start configuring(const std::shared_ptr<untyped_host>& core, std::string&& name,
                                           json&& config);
TENON_COMPILED_ONCE life_start shutting_down(const std::shared_ptr<untyped_host>& core);

/// A decision that is yet to be asked for, but for the type of its payload.
class decision_start {
public:
    decision_start(std::shared_ptr<untyped_host> core, std::string type, std::string payload,
                   decide_options options, payload_check check);
    decision_start(decision_start&& other) noexcept;
    ~decision_start();
    void operator()(untyped_host::decided&& done, cancel_point* cancel);

private:
    std::shared_ptr<untyped_host> core_;
    std::string type_, payload_;
    decide_options options_;
    payload_check check_;
};

} // namespace detail

/// All of a host but what needs the plugin's side, too: mount() and receive(), which `tenon::host` adds (joint/host.hpp).
class host_base {
public:
    host_base(const host_base&) = delete;
    host_base& operator=(const host_base&) = delete;

    using executor_type = executor;
    executor get_executor() const { return core_->where(); }

    // --- plugins ---

    /// Makes the plugin known without starting it: it may attach, or be started later.
    result<void> add(const plugin_options& options);

    /// Completes when the plugin is ready, or with the first reason why it is not. After that it may still be tried
    /// again, as its restart policy says; after a handshake that failed it is not.
    template <class Token = detail::default_token>
    auto start(const plugin_options& options, Token&& token = Token()) {
        return begin<result<void>>(token, detail::starting(core_, options));
    }
    template <std::convertible_to<std::string> Name, class Token = detail::default_token>
    auto start(const Name& name, Token&& token = Token()) {
        return begin<result<void>>(
            token, detail::commanding(core_, std::string(name), &detail::untyped_host::start_known));
    }
    /// Completes when it is stopped. It stays known.
    template <class Token = detail::default_token>
    auto stop(std::string name, Token&& token = Token()) {
        return begin<result<void>>(token,
                                   detail::commanding(core_, std::move(name), &detail::untyped_host::stop));
    }
    template <class Token = detail::default_token>
    auto restart(std::string name, Token&& token = Token()) {
        return begin<result<void>>(
            token, detail::commanding(core_, std::move(name), &detail::untyped_host::restart));
    }
    /// Stops it and forgets it.
    template <class Token = detail::default_token>
    auto remove(std::string name, Token&& token = Token()) {
        return begin<result<void>>(token,
                                   detail::commanding(core_, std::move(name), &detail::untyped_host::remove));
    }
    /// Gives it another configuration: at once if it can take one, otherwise by a restart. A plugin that refuses
    /// keeps the old one, and the fault says why.
    template <class Config, class Token = detail::default_token>
    auto configure(std::string name, const Config& config, Token&& token = Token()) {
        return begin<result<void>>(token, detail::configuring(core_, std::move(name), json::of(config)));
    }
    /// Stops all plugins, side by side. From now on nothing is started and nobody is asked: events pass, and
    /// everything else is refused.
    /// Once more, as after a second Ctrl-C, takes the next step of every stop that is under way at once.
    template <class Token = detail::default_token>
    auto shutdown(Token&& token = Token()) {
        return begin<result<void>>(token, detail::shutting_down(core_));
    }

    // --- events ---

    /// Asks the plugins what becomes of an event. It does not fail: a plugin that does is treated as its
    /// declaration says.
    template <named_event Event, class Token = detail::default_token>
    auto decide(const Event& event, Token&& token = Token()) {
        return decide(std::string(std::string_view(Event::event)), event, {}, std::forward<Token>(token));
    }
    template <named_event Event, class Token = detail::default_token>
    auto decide(const Event& event, decide_options options, Token&& token = Token()) {
        return decide(std::string(std::string_view(Event::event)), event, std::move(options),
                      std::forward<Token>(token));
    }
    /// The same for a payload that does not say what it is.
    template <class Payload, class Token = detail::default_token>
    auto decide(std::string type, const Payload& payload, decide_options options = {},
                Token&& token = Token()) {
        return begin<decision<Payload>>(token, [ask = detail::decision_start(
                                                    core_, std::move(type), to_json(payload),
                                                    std::move(options), {.accept = &accepts<Payload>}),
                                                payload](auto done, detail::cancel_point* cancel) mutable {
            ask(
                [payload = std::move(payload), done = std::move(done)](detail::raw_decision&& raw) mutable {
                    if (raw.modified)
                        if (auto changed = from_json<Payload>(raw.payload)) payload = std::move(*changed);
                    done(decision<Payload>(std::move(raw), std::move(payload)));
                },
                cancel);
        });
    }

    template <class Event, class... More>
        requires(!named_event<Event> && !std::convertible_to<const Event&, std::string>)
    void decide(const Event&, More&&...) {
        static_assert(
            named_event<Event>,
            "tenon: a struct that is decided says which event it is, by `static constexpr auto event = "
            "\"message.incoming\"`; or its name goes before it: decide(\"message.incoming\", value)");
    }

    /// Tells the plugins about an event; how many. Nothing waits for a slow one: it loses its own events. The first
    /// event that a plugin is told in a turn of the loop is written at once, those behind it when the turn ends.
    template <named_event Event>
    std::size_t publish(const Event& event) {
        return publish(Event::event, event);
    }
    /// `metadata`: an object, or null.
    template <class Payload>
    std::size_t publish(std::string_view type, const Payload& payload, const json& metadata = {}) {
        return core_->publish(type, to_json(payload),
                              metadata.is_null() ? std::string_view() : metadata.text());
    }

    template <class Event>
        requires(!named_event<Event>)
    std::size_t publish(const Event&) {
        static_assert(
            named_event<Event>,
            "tenon: a struct that is published says which event it is, by `static constexpr auto event = "
            "\"message.incoming\"`; or its name goes before it: publish(\"message.incoming\", value)");
        return 0;
    }

    // --- commands, routes, calls ---

    /// Runs a command of whichever plugin has it.
    template <class Result = json, class Args, class Token = detail::default_token>
    auto execute(std::string name, const Args& args, call_options options = {}, Token&& token = Token()) {
        byte_buffer params;
        detail::begin_command(params, name);
        encode(params, args);
        params.append('}');
        return begin<result<Result>>(token, [core = core_, name = std::move(name), params = std::move(params),
                                             options](auto done, detail::cancel_point* cancel) {
            const auto call = core->run(name, params.view(), options, typed<Result>(std::move(done)));
            if (cancel) cancel->set([core, call] { core->cancel(call); });
        });
    }
    template <class Result = json, named_command Command, class Token = detail::default_token>
    auto execute(const Command& command, call_options options = {}, Token&& token = Token()) {
        return execute<Result>(std::string(std::string_view(Command::command)), command, options,
                               std::forward<Token>(token));
    }
    /// With the plugin's own time limit.
    template <class Result = json, class Args, class Token>
        requires(!std::convertible_to<Token, call_options>)
    auto execute(std::string name, const Args& args, Token&& token) {
        return execute<Result>(std::move(name), args, call_options(), std::forward<Token>(token));
    }
    template <class Result = json, named_command Command, class Token>
        requires(!std::convertible_to<Token, call_options>)
    auto execute(const Command& command, Token&& token) {
        return execute<Result>(command, call_options(), std::forward<Token>(token));
    }
    template <class Result = json, class Command, class... More>
        requires(!named_command<Command> && !std::convertible_to<const Command&, std::string>)
    void execute(const Command&, More&&...) {
        static_assert(
            named_command<Command>,
            "tenon: a struct that is executed says which command it is, by `static constexpr auto command = "
            "\"greet\"`; or its name goes before it: execute(\"greet\", value)");
    }
    /// Hands an HTTP request to the plugin that has a route for it.
    template <class Token = detail::default_token>
    auto request(http::request asked, Token&& token = Token()) {
        return begin<result<response>>(
            token, [core = core_, asked = std::move(asked)](auto done, detail::cancel_point* cancel) mutable {
                const auto call = core->request(std::move(asked), std::move(done));
                if (cancel) cancel->set([core, call] { core->cancel(call); });
            });
    }
    /// Calls any method of one plugin.
    template <class Result = json, class Params, class Token = detail::default_token>
    auto call(std::string plugin, std::string method, const Params& params, call_options options = {},
              Token&& token = Token()) {
        byte_buffer text;
        encode(text, params);
        return begin<result<Result>>(token, [core = core_, plugin = std::move(plugin),
                                             method = std::move(method), text = std::move(text),
                                             options](auto done, detail::cancel_point* cancel) {
            const auto call =
                core->call(plugin, method, text.view(), options, typed<Result>(std::move(done)));
            if (cancel) cancel->set([core, call] { core->cancel(call); });
        });
    }

    // --- what plugins may call ---

    /// Lets plugins with the permission call `method`. See services.hpp for the forms that a handler may have.
    template <class Handler>
    result<void> provide(std::string_view method, std::string_view permission, Handler handler) {
        return detail::provide_service(*core_, method, permission, std::move(handler));
    }

    // --- what plugins' authors can find out ---

    /// Says which events this program publishes, and which it lets plugins decide: catalogue() has them, and
    /// host/describe tells plugins. Nothing else depends on it. The last word about a type counts.
    template <named_event... Event>
    void publishes() {
        (core_->offer(detail::make_event_offer<Event>(false)), ...);
    }
    template <named_event... Event>
    void decides() {
        (core_->offer(detail::make_event_offer<Event>(true)), ...);
    }
    /// These events, and everything that was provided.
    host_catalogue catalogue() const { return core_->catalogue(); }

    // --- the socket ---

    /// Lets plugins attach that run by themselves, as under a debugger (plugin_options::attach), and those that the
    /// host starts for it (plugin_options::channel); and lets people put in events by hand, as lines of JSON. The
    /// socket is only for the user that the host runs as: its folder is made if it is missing, and has to be 0700.
    result<void> listen(std::string path, const socket_options& options = {}) {
        return core_->listen(path, options);
    }

    // --- looking in ---

    /// host_options::decision_timeout and decision_timeouts from now on; a fault changes nothing.
    result<void> set_decision_timeouts(milliseconds all, std::map<std::string, milliseconds> of_events = {}) {
        return core_->set_decision_timeouts(all, std::move(of_events));
    }
    /// Per plugin whether it would receive such an event, and if not why not.
    std::vector<explanation> explain(std::string_view event_type) const { return core_->explain(event_type); }
    /// The names of all plugins that were added and not removed, running or not.
    std::vector<std::string> plugins() const { return core_->names(); }
    bool knows(std::string_view plugin) const { return core_->moment_of(plugin).has_value(); }
    /// What can be executed, by name. Both are valid until a plugin declares or withdraws something.
    std::vector<const known_command*> commands() const { return core_->known_commands(); }
    const known_command* find_command(std::string_view name) const { return core_->find_command(name); }
    /// The plugin that had a command which nobody has now; empty where it never was there, as far as is known.
    std::string_view former_owner_of(std::string_view command) const {
        return core_->former_owner_of(command);
    }
    host_status status() const { return core_->status(); }
    /// The same without what it says of each plugin: cheap, however many there are.
    host_status summary() const { return core_->summary(); }
    /// The same of one plugin, where it is known.
    std::optional<plugin_status> status(std::string_view plugin) const { return core_->status_of(plugin); }
    /// The last records of its log, oldest first: host_options::log_records_kept.
    std::vector<log_record> logs(std::string_view plugin) const { return core_->log_of(plugin); }
    /// The last records that are about no plugin: the host's own, and what the program noted.
    std::vector<log_record> logs() const { return core_->own_records(); }
    /// A line of the program's own in the host's log, for everybody who reads that.
    void note(log_level level, std::string_view message) { core_->note(level, message); }
    /// How the file is that the program reads: it stands in the status and in the metrics.
    void tell_configuration(configuration_status now) { core_->configuration = std::move(now); }
    /// How bad a line of its log has to be to be told, from now on: log_options::level.
    result<void> set_log_level(std::string_view plugin, log_level level) {
        return core_->set_log_level(plugin, level);
    }
    /// Its configuration as it stands, with what it set itself; null where it has none, or is not known.
    json config(std::string_view plugin) const { return core_->config_of(plugin); }
    /// Every change of every plugin's state, with its reason. The last one set is told.
    void on_change(std::function<void(const state_change&)> told) { core_->on_change_told = std::move(told); }
    void on_log(std::function<void(const log_record&)> told) { core_->on_log_told = std::move(told); }

    /// The same for any number of watchers, each with a queue of its own: host/watch.hpp.
    watch<state_change> watch_changes(watch_settings<state_change> settings = {});
    watch<log_record> watch_logs(watch_settings<log_record> settings = {});
    /// Events, when they have been told or decided, and what became of them.
    watch<event_record> watch_events(watch_settings<event_record> settings = {});

    /// Is asked before each process is started, also when one that ended is started again. It answers `ready` once, at
    /// once or later, from any thread, for as long as the executor is there; meanwhile the plugin is `starting`, and may be
    /// stopped. With a fault there is no process, and the plugin's state says why: that is a failed start like others.
    /// Who judges its own plugins only hands the rest on to the one before, which is what this returns.
    start_gate prepare_starts(start_gate gate) {
        return std::exchange(core_->starts_prepared, std::move(gate));
    }

    /// How a plugin's host/saveConfig is kept; without it that is refused. `set` has the members that the plugin has set
    /// since the host gave it a configuration, and no others: what came from elsewhere is not the plugin's to keep.
    void on_save_config(std::function<result<void>(const std::string& plugin, const json& set)> kept) {
        core_->on_config_saved = std::move(kept);
    }

    /// For what belongs to tenon and is built on a host (joint/).
    const std::shared_ptr<detail::untyped_host>& core() const noexcept { return core_; }

protected:
    explicit host_base(std::shared_ptr<detail::untyped_host> core) : core_(std::move(core)) {}
    ~host_base() { core_->close(); }

private:
    template <class Result, class Token, class Start>
    auto begin(Token& token, Start start) {
        return detail::begin_operation<Result>(core_->home(), token, std::move(start));
    }
    /// Whether a payload that a plugin changed is still one of its type.
    template <class Payload>
    static result<void> accepts(void*, std::string_view payload) {
        auto read = from_json<Payload>(payload, {.root = "payload"});
        if (!read) return read.error();
        return {};
    }
    template <class T>
    static void encode(byte_buffer& text, const T& value) {
        json_writer out(text);
        detail::encode(out, value);
    }
    /// From the text of an answer to what was asked for.
    template <class Result, class Done>
    static auto typed(Done done) {
        return [done = std::move(done)](const result<std::string_view>& answer, time_point) mutable {
            if (!answer) return done(result<Result>(answer.error()));
            if constexpr (std::is_void_v<Result>) done(result<void>());
            else done(from_json<Result>(*answer, {.root = "result"}));
        };
    }

    std::shared_ptr<detail::untyped_host> core_;
};

} // namespace tenon

#ifndef TENON_COMPILED
#include <tenon/host/host_base.ipp>
#endif

#endif
