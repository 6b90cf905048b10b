#ifndef TENON_HOST_HOST_CALLS_HPP
#define TENON_HOST_HOST_CALLS_HPP

// What is asked in a host: of plugins, by the program, by HTTP clients and by other plugins, and of the host, by
// plugins. It owns the tables of commands and routes, which plugins declare, and the services, which are the program's
// and every host's own. It finds plugins in host_plugins, and hands what they say of events to host_events.

#include <tenon/host/host_events.hpp>
#include <tenon/host/host_plugins.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/rules/calls/commands.hpp>
#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/rules/calls/services.hpp>
#include <tenon/rules/catalogue.hpp>
#include <tenon/transport/alarm.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// A plugin's configuration with what it set itself: more than 1 MiB is data, and no configuration.
inline constexpr std::size_t max_config_bytes = std::size_t{1} << 20;

inline constexpr std::string_view abuse_words =
    "rpc.abuse: it keeps calling what it may not call, or what is not there";

class host_calls {
public:
    host_calls(untyped_host& host, host_plugins& plugins, host_events& events)
        : host_(host), plugins_(plugins), events_(events) {
        provide_host_methods();
    }
    host_calls(const host_calls&) = delete;
    host_calls& operator=(const host_calls&) = delete;

    // --- what plugins declare ---

    /// It may log before it has answered, and nothing else.
    void meet(plugin_actor& plugin);
    /// What it may do from now on.
    void greet(plugin_record& plugin, const handshake_answer& answer);
    void declare(const plugin_actor& plugin, const handshake_answer& answer, refusals& told);
    void withdraw(plugin_index plugin) {
        commands_.withdraw(plugin);
        routes_.withdraw(plugin);
    }

    // --- asking plugins ---

    call_under_way execute(std::string_view command, std::string_view args, const call_options& options,
                           call_completion&& done, plugin_index asker = call_waits::nobody);
    call_under_way run(plugin_index asker, std::string_view command, std::string_view params,
                       const call_options& options, call_completion&& done);
    call_under_way request(const http::request& asked, unique_function<void(result<response>)> done);
    call_under_way call(std::string_view plugin, std::string_view method, std::string_view params,
                        const call_options& options, call_completion&& done);

    // --- what plugins ask ---

    void take_request(plugin_actor& plugin, const session_event& event, time_point now);
    void take_notification(plugin_actor& plugin, const session_event& event, time_point now);
    result<void> add_service(std::string_view method, std::string_view permission, const service_words& words,
                             service_handler handler) {
        return services_.add_service(method, permission, words, std::move(handler));
    }
    void list_services(host_catalogue& all) const;

    // --- looking in ---

    const command_table& commands() const noexcept { return commands_; }
    const plugin_routes& routes() const noexcept { return routes_; }

private:
    call_under_way ask(plugin_record& plugin, std::string_view method, std::string_view params,
                       const call_options& options, call_completion&& done,
                       plugin_index asker = call_waits::nobody);
    void provide_host_methods();
    template <class Provide>
    void provide_event_methods(Provide provide);
    template <class Provide>
    void provide_command_methods(Provide provide);
    template <class Provide>
    void provide_config_methods(Provide provide);

    untyped_host& host_;
    host_plugins& plugins_;
    host_events& events_;
    command_table commands_;
    plugin_routes routes_;
    services services_;
};

// ---- one call that may be made twice -------------------------------------------------------------------------
// A call that its caller calls idempotent: if the plugin is gone before it has answered and is ready again before
// the deadline, it is asked once more. Any other call is never made twice, whatever becomes of it.

inline call_progress tell_progress(const std::function<void(json_view)>& to) {
    if (!to) return {};
    return [to](std::string_view value, time_point) {
        if (const auto read = from_json<json_view>(value)) to(*read);
    };
}

class repeated_call final : public std::enable_shared_from_this<repeated_call> {
public:
    repeated_call(std::shared_ptr<host_plugins> plugins, plugin_index plugin, std::string_view method,
                  std::string_view params, time_point deadline, call_completion done, plugin_index asker,
                  std::function<void(json_view)> progress)
        : plugins_(std::move(plugins)), plugin_(plugin), asker_(asker), method_(method), params_(params),
          deadline_(deadline), done_(std::move(done)), progress_(std::move(progress)) {}

    void ask() {
        plugin_record* const plugin = plugins_->find(plugin_);
        if (plugin == nullptr) return give_up();
        const auto kept = plugin->actor;
        generation_ = kept->generation();
        ticket_ = kept->ask(
            lane::calls, method_, std::string_view(params_), deadline_,
            [self = shared_from_this()](const result<std::string_view>& answer, time_point now) {
                self->take(answer, now);
            },
            asker_, steady_now(), tell_progress(progress_));
    }
    void cancel() {
        if (!done_) return;
        plugin_record* const plugin = waiting_ ? nullptr : plugins_->find(plugin_);
        if (plugin != nullptr) plugin->actor->cancel(ticket_);
        else finish(fault{codes::cancelled, "cancelled"}, steady_now());
    }

private:
    void take(const result<std::string_view>& answer, time_point now) {
        if (answer || answer.error().code != codes::unavailable) return finish(answer, now);
        last_ = answer.error();
        wait();
    }

    // For the next instance: through its delays, but not beyond the deadline or somebody's wish to stop it.
    void wait() {
        plugin_record* const plugin = plugins_->find(plugin_);
        if (plugin == nullptr || plugins_->closing() || !plugin->actor->supervised().wanted() ||
            plugin->actor->state() == plugin_state::failed)
            return give_up();
        // The instance that did not answer may still be called ready.
        if (plugin->actor->ready() && plugin->actor->generation() != generation_) return ask();
        if (!alarm_)
            alarm_.emplace(plugins_->where(), [weak = weak_from_this()](time_point now) {
                if (const auto self = weak.lock()) self->pass_deadline(now);
            });
        alarm_->set(deadline_);
        waiting_ = true;
        plugins_->wait(*plugin, true, [self = shared_from_this()](const result<void>& ready) {
            if (!std::exchange(self->waiting_, false) || !self->done_) return;
            if (ready) self->ask();
            else self->wait();
        });
    }

    void pass_deadline(time_point now) {
        if (!waiting_) return; // the call itself has the same deadline
        waiting_ = false;
        finish(fault{codes::timeout, join({last_.message, ", and was not back in time"}), last_.data}, now);
    }
    void give_up() { finish(last_, steady_now()); }
    void finish(result<std::string_view> answer, time_point now) {
        if (!done_) return;
        alarm_.reset();
        std::exchange(done_, nullptr)(std::move(answer), now);
    }

    std::shared_ptr<host_plugins> plugins_;
    plugin_index plugin_, asker_;
    std::string method_, params_;
    time_point deadline_;
    call_completion done_;
    std::function<void(json_view)> progress_;
    call_ticket ticket_ = {};
    std::uint64_t generation_ = 0; // of the instance that was asked
    fault last_ = {codes::unavailable, "the plugin is gone"};
    std::optional<alarm> alarm_; // while it waits
    bool waiting_ = false;
};

} // namespace tenon::detail

#include <tenon/host/host_calls.ipp>

#endif
