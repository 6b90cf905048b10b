#ifndef TENON_HOST_UNTYPED_HOST_HPP
#define TENON_HOST_UNTYPED_HOST_HPP

// A host without types: payloads are JSON texts, completions are callbacks, and everything happens on one executor. It
// is what the templates of `tenon::host` call, and all that a program that uses a host has to compile of it. What is
// behind it (host/host_core.hpp) may be compiled once: host_source.hpp.
//
// It lives as long as something of it is under way; close() is what ends it.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/host/home.hpp>
#include <tenon/host/watch.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/rules/calls/pending_calls.hpp>
#include <tenon/rules/calls/service_handler.hpp>
#include <tenon/rules/catalogue.hpp>
#include <tenon/rules/decision.hpp>
#include <tenon/rules/events/explanation.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/web/request.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

class link;
class link_owner;

/// Makes the connection to one instance of a plugin; null where the instance could not be made.
using link_maker = std::function<std::shared_ptr<link>(link_owner& owner)>;

class decision_run;
class plugin_actor;
class repeated_call;

/// A call that can be cancelled for as long as it is not over.
struct call_under_way {
    std::weak_ptr<plugin_actor> asked = {};
    call_ticket ticket = {};
    std::weak_ptr<repeated_call> repeated = {};
};

/// Where a plugin stands in its life, without the rest of its status. Valid until something changes there.
struct plugin_moment {
    plugin_state state = plugin_state::stopped;
    std::string_view reason = {};
    std::uint64_t generation = 0;
    std::optional<start_level> level = {}; // of the program that runs
};

/// The params of plugin/execute up to the args.
inline void begin_command(byte_buffer& params, std::string_view command) {
    params.append_literal("{\"command\":");
    json_writer(params).string(command);
    params.append_literal(",\"args\":");
}

class untyped_host : public std::enable_shared_from_this<untyped_host> {
public:
    using life_done = unique_function<void(result<void>)>;
    using decided = unique_function<void(raw_decision&&)>;

    untyped_host(const untyped_host&) = delete;
    untyped_host& operator=(const untyped_host&) = delete;
    virtual ~untyped_host() = default;

    const executor& where() const noexcept { return home_->where(); }
    const std::shared_ptr<const detail::home>& home() const noexcept { return home_; }
    const host_options& options() const noexcept { return options_; }

    // --- plugins ---

    /// `former` is the generation of the one whose place it takes: generations of a name are counted on.
    virtual result<void> add(plugin_options options, std::uint64_t former = 0) = 0;
    /// The same for one whose instances are made by this.
    virtual result<void> add_made_by(link_maker make, plugin_options options) = 0;
    virtual void start(plugin_options options, life_done done, std::uint64_t former = 0) = 0;
    virtual void start_known(const std::string& name, life_done done) = 0;
    virtual void stop(const std::string& name, life_done done) = 0;
    virtual void restart(const std::string& name, life_done done) = 0;
    virtual void remove(const std::string& name, life_done done) = 0;
    virtual void forget_needs(const std::string& name) = 0; // of one that leaves
    virtual void configure(const std::string& name, json config, life_done done) = 0;
    virtual result<void> set_log_level(std::string_view name, log_level level) = 0;
    virtual void shutdown(life_done done) = 0;
    /// Stops and reaps every process before it returns. What is pending completes afterwards, on the executor.
    virtual void close() = 0;

    // --- events ---

    virtual std::weak_ptr<decision_run> decide(std::string type, std::string payload, decide_options options,
                                               payload_check check, decided done) = 0;
    virtual void give_up(const std::weak_ptr<decision_run>& decision) = 0;
    virtual std::size_t publish(std::string_view type, std::string_view payload,
                                std::string_view metadata) = 0;
    virtual std::vector<explanation> explain(std::string_view type) const = 0;
    virtual result<void> set_decision_timeouts(milliseconds all,
                                               std::map<std::string, milliseconds> of_events) = 0;

    // --- commands, routes, calls ---

    /// A command with all of the params, which name it too.
    virtual call_under_way run(std::string_view command, std::string_view params, const call_options& options,
                               call_completion&& done) = 0;
    virtual call_under_way request(http::request asked, unique_function<void(result<response>)> done) = 0;
    virtual call_under_way call(std::string_view plugin, std::string_view method, std::string_view params,
                                const call_options& options, call_completion&& done) = 0;
    virtual void cancel(const call_under_way& call) = 0;
    virtual result<void> add_service(std::string_view method, std::string_view permission,
                                     const service_words& words, service_handler handler) = 0;

    virtual result<void> listen(std::string_view path, const socket_options& options) = 0;

    // --- looking in ---

    /// The last word about a type counts.
    virtual void offer(const event_offer& event) = 0;
    virtual host_catalogue catalogue() const = 0;
    virtual std::vector<std::string> names() const = 0;
    virtual std::optional<plugin_moment> moment_of(std::string_view plugin) const = 0;
    virtual std::vector<const known_command*> known_commands() const = 0;
    virtual const known_command* find_command(std::string_view name) const = 0;
    virtual std::string_view former_owner_of(std::string_view command) const = 0;
    virtual host_status status() const = 0;
    virtual host_status summary() const = 0;
    virtual std::optional<plugin_status> status_of(std::string_view plugin) const = 0;
    virtual std::vector<log_record> log_of(std::string_view plugin) const = 0;
    virtual std::vector<log_record> own_records() const = 0;
    virtual json config_of(std::string_view plugin) const = 0;
    virtual void note(log_level level, std::string_view message) = 0;
    /// A line about a plugin, in its log. Nothing where it is not known.
    virtual void note_of(std::string_view plugin, log_level level, std::string_view message) = 0;

    fan_out<state_change> watched_changes;
    fan_out<log_record> watched_logs;
    fan_out<event_record> watched_events;
    std::function<void(const state_change&)> on_change_told;
    std::function<void(const log_record&)> on_log_told;
    std::function<void(std::string_view type, std::string_view payload)> on_event_told;
    std::optional<configuration_status> configuration;
    /// A plugin wants kept what it has set of its configuration.
    std::function<result<void>(const std::string& plugin, const json& set)> on_config_saved;
    /// Who is asked before a plugin's process is started.
    start_gate starts_prepared;

protected:
    untyped_host(executor where, host_options options)
        : home_(std::make_shared<const detail::home>(std::move(where))), options_(std::move(options)) {}

    std::shared_ptr<const detail::home> home_;
    host_options options_;
};

} // namespace tenon::detail

#endif
