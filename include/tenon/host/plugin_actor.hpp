#ifndef TENON_HOST_PLUGIN_ACTOR_HPP
#define TENON_HOST_PLUGIN_ACTOR_HPP

// One plugin with everything that belongs to it: its process, its connection, its log, its calls. What is to be
// done next is decided by the supervisor, which knows no I/O; the actor carries it out and reports back. What
// plugins say is told to the owner, the host.
//
// An actor lives until it is removed from its host, through any number of instances of the plugin. A `keep_alive`
// guards every callback, so the owner may remove the actor whenever it is told something.

#include <tenon/host/socket/attach_token.hpp>
#include <tenon/rules/calls/call_lanes.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/config_schema.hpp>
#include <tenon/rules/handshake_clues.hpp>
#include <tenon/process/child.hpp>
#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_lines.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/logs/log_ring.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/status_parts.hpp>
#include <tenon/rules/supervision/supervisor.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/session/messages.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/byte_reader.hpp>
#include <tenon/transport/descriptor_link.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

class plugin_actor;

inline time_point steady_now() noexcept { return std::chrono::steady_clock::now(); }

inline std::int64_t wall_clock_ms() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(since).count();
}

/// What a host hears of its plugins. Everything may remove the actor.
class actor_owner {
public:
    virtual void on_change(plugin_actor& plugin, const state_change& change) = 0;
    /// Its handshake was accepted: the actor may be asked from now on.
    virtual void on_declared(plugin_actor& plugin, handshake_answer& answer) = 0;
    /// Its connection is over. Every call was completed.
    virtual void on_withdrawn(plugin_actor& plugin) = 0;
    /// Answered by plugin.reply() and reject(), now or later.
    virtual void on_request(plugin_actor& plugin, const session_event& event, time_point now) = 0;
    virtual void on_notification(plugin_actor& plugin, const session_event& event, time_point now) = 0;
    /// It has read all that was written for it.
    virtual void on_drained(plugin_actor& plugin) = 0;
    virtual void on_log(plugin_actor& plugin, log_record&& record) = 0;
    /// What the plugin is told of its host in the handshake.
    virtual handshake_request introduction(plugin_actor& plugin) = 0;
    /// What its environment holds beyond what the options say: "NAME=value".
    virtual std::vector<std::string> environment_of(plugin_actor& plugin) = 0;
    /// Whether its process may be started, asked before each start.
    virtual result<void> may_launch(const plugin_actor&) { return {}; }
    /// What keeps the loop awake for answers, or none.
    virtual std::shared_ptr<vigil> awake() const { return nullptr; }
    /// Where plugins may connect, or empty.
    virtual std::string socket_path() const { return {}; }

protected:
    ~actor_owner() = default;
};

/// More numbers than these of one plugin nobody looks at.
inline constexpr std::size_t max_metrics = 64;

/// How an instance of the plugin is reached where it is no process that the actor started.
using link_maker = std::function<std::shared_ptr<link>(link_owner& owner)>;

class plugin_actor final : public link_owner, public std::enable_shared_from_this<plugin_actor> {
public:
    /// `waits` is shared by the plugins of the host and outlives them.
    plugin_actor(const executor& where, actor_owner& owner, plugin_index index, plugin_options options,
                 const host_options& of_host, call_waits& waits);
    plugin_actor(const plugin_actor&) = delete;
    plugin_actor& operator=(const plugin_actor&) = delete;
    ~plugin_actor();

    plugin_index index() const noexcept { return index_; }
    const std::string& name() const noexcept { return options_.name; }
    const plugin_options& options() const noexcept { return options_; }
    const supervisor& supervised() const noexcept { return supervisor_; }
    plugin_state state() const noexcept { return supervisor_.state(); }
    const std::optional<handshake_answer>& declared() const noexcept { return declared_; }
    std::uint64_t generation() const noexcept { return supervisor_.generation(); }
    int pid() const noexcept { return child_ ? child_->pid() : 0; }
    child* process() const noexcept { return child_.get(); }
    const session* peer() const noexcept { return link_ ? &link_->peer() : nullptr; }
    const session_counters& past_counters() const noexcept { return past_counters_; }
    const log_ring& recent_log() const noexcept { return log_; }
    const log_lines& log_stream() const noexcept { return lines_; }
    /// When its last process ended.
    std::int64_t ended_unix_ms() const noexcept { return ended_unix_ms_; }
    /// Written for it and not read by it yet.
    std::size_t unread_bytes() const noexcept { return link_ ? link_->peer().queued_bytes() : 0; }
    const std::vector<metric_status>& metrics() const noexcept { return metrics_; }
    call_lanes& calls() noexcept { return calls_; }
    const call_lanes& calls() const noexcept { return calls_; }

    // --- commands ---

    void start(change_reason why);
    void stop(change_reason why);
    void restart(change_reason why);
    void needs_met();
    void needs_missing(const std::string& plugin);
    /// Before its first instance.
    void count_on_from(std::uint64_t generation) noexcept { supervisor_.count_on_from(generation); }
    /// From its next instance on.
    void set_options(plugin_options options);
    void set_config(json config) { options_.config = std::move(config); }
    void set_log_level(log_level level) {
        options_.logs.level = level;
        lines_.set_level(level);
    }
    /// What it said at its last handshake that its configuration has to be.
    const config_schema& wanted_config() const noexcept { return wanted_config_; }
    /// The plugin came by itself: no process, or one that we started and that answers on a socket.
    void attach(const link_maker& make);
    /// Not while it is connected already, or ends.
    bool may_attach() const noexcept;
    /// The same with the reason, for who comes over the host's socket: by hand, or a process that was given a token.
    result<void> may_attach(const attach_request& who) const;
    void note_refused(const fault& why) {
        note_of_peer("a connection was refused: ", why.message, steady_now());
    }
    /// Instances are made by this from now on instead of starting a process.
    void start_by(link_maker make) { make_link_ = std::move(make); }
    plugin_origin origin() const noexcept {
        return make_link_ ? plugin_origin::mounted : plugin_origin::process;
    }
    const executor& where() const noexcept { return where_; }
    std::shared_ptr<vigil> awake() const { return owner_->awake(); }
    void broke_limit(std::string_view why);
    void close_stdin() {
        if (link_) link_->close_output();
        input_.reset();
    }
    /// The next step of a stop that is under way, now.
    void hasten();
    /// Whatever comes, nothing more is done about it: the host is about to end.
    void stand_down() noexcept { stood_down_ = true; }
    /// No callback comes after this, and no process is left behind.
    void retire();

    // --- asking ---

    bool ready() const noexcept { return supervisor_.state() == plugin_state::ready; }
    /// Not from the end of its connection on: until its process has ended, it is ready by its state.
    bool can_be_asked() const noexcept {
        return ready() && link_ && link_->peer().phase() != session_phase::closed;
    }
    /// `asker` is the plugin on whose behalf it is asked, or call_waits::nobody.
    template <class Params> // std::string_view, or shared_bytes that others get too
    call_ticket ask(lane which, std::string_view method, const Params& params, time_point deadline,
                    call_completion&& done, plugin_index asker = call_waits::nobody,
                    time_point now = steady_now(), call_progress&& progress = {}) {
        const auto self = shared_from_this(); // the completion may come at once
        const call_ticket ticket = calls_.ask(which, method, params, deadline, now, std::move(done),
                                              {.progress = std::move(progress), .asker = asker});
        after_input();
        return ticket;
    }
    void cancel(call_ticket call);
    void expire(call_ticket call, time_point now);
    /// Tells it without an answer; false where that was dropped.
    /// It stands in the queue then, and goes out with what is sent next; send_told() sends it.
    bool tell(std::string_view method, const shared_bytes& params);
    void send_told();

    // --- answering ---

    void reply(request_token request, std::uint64_t generation, std::string_view result);
    void reject(request_token request, std::uint64_t generation, const fault& error);
    bool cancelled(request_token request) const { return link_ && link_->peer().cancelled(request); }

    // --- logging ---

    /// A line of the host's own about this plugin.
    void note(log_level level, std::string_view message);
    /// What the plugin said by host/log.
    void take_notice(const log_notice& notice, time_point now);

private:
    inline void on_event(session_event& event, time_point now) override;
    inline void on_pause(time_point now) override;
    inline void on_drained(time_point now) override;

    // plugin_actor_life.hpp: what the supervisor wants done.
    void after_input();
    void grant_wishes();
    void carry_out(const supervisor_action& action);
    void launch_process();
    void connect_process(launched& started);
    std::vector<std::string> environment() const;
    std::unique_ptr<byte_reader> read_lines(descriptor from, detail::log_stream which);
    void note_of_peer(std::string_view what, std::string_view words, time_point now);
    template <class Take>
    void take_lines(std::string_view source, Take take);
    void shake_hands();
    bool may_wait_for_a_line_end() const noexcept;
    void tell_clues();
    void take_handshake(const result<std::string_view>& answer, time_point now);
    void ask_to_stop(const supervisor_action& action);
    void check_health(const supervisor_action& action);
    void take_health(const result<std::string_view>& answer, time_point now);
    void drop_connection();
    void ended(const exit_status& status);
    void look_for_survivors(int pid, descriptor guard);
    void wake();
    time_point next_deadline() const;

    executor where_;
    actor_owner* owner_;
    plugin_index index_;
    plugin_options options_;
    supervisor supervisor_;
    alarm alarm_;
    call_lanes calls_;
    log_lines lines_;
    log_ring log_;
    link_maker make_link_;

    std::unique_ptr<child> child_;
    std::unique_ptr<byte_reader> errors_;
    std::unique_ptr<byte_reader> output_; // of a process that speaks over the socket: nothing but words
    descriptor input_;                    // the same: it holds it open until it is to stop
    attach_token token_;
    std::shared_ptr<link> link_;
    handshake_clues clues_; // of this instance
    std::optional<handshake_answer> declared_;
    std::string declared_text_; // what declared_ is made of
    config_schema wanted_config_;
    std::vector<metric_status> metrics_; // its own, from its last answer about its health
    std::int64_t ended_unix_ms_ = 0;
    session_counters past_counters_; // of the connection before this one
    bool working_ = false;           // after_input() is on the stack
    bool stood_down_ = false;
    bool retired_ = false;
};

} // namespace tenon::detail

#include <tenon/host/plugin_actor_inline.hpp>
#include <tenon/host/plugin_actor_life.hpp>

#endif
