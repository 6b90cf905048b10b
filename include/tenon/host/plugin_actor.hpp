#ifndef TENON_HOST_PLUGIN_ACTOR_HPP
#define TENON_HOST_PLUGIN_ACTOR_HPP

// One plugin with everything that belongs to it: its connection, its log, its calls, and how it runs (host/instance.hpp).
// What is to be done next is decided by the supervisor, which knows no I/O; the actor carries it out and reports back.
// What plugins say is told to the owner, the host.
//
// An actor lives until it is removed from its host, through any number of runs of the plugin. A `self` guards every
// callback, so the owner may remove the actor whenever it is told something.

#include <tenon/host/clocks.hpp>
#include <tenon/host/home.hpp>
#include <tenon/host/instance.hpp>
#include <tenon/rules/calls/call_lanes.hpp>
#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/config_schema.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/rules/handshake_clues.hpp>
#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_lines.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/logs/log_fan_out.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/status.hpp>
#include <tenon/rules/supervision/supervisor.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/session/messages.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/link.hpp>
#include <tenon/host/untyped_host.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

class plugin_actor;

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
    /// Who is asked before each start of its program, or none.
    virtual start_gate gate() const { return {}; }
    /// What keeps the loop awake for answers, or none.
    virtual std::shared_ptr<busy_poll> awake() const { return nullptr; }
    /// Where plugins may connect, or empty.
    virtual std::string socket_path() const { return {}; }

protected:
    ~actor_owner() = default;
};

/// More numbers than these of one plugin nobody looks at.
inline constexpr std::size_t max_metrics = 64;

class plugin_actor final : public instance_owner, public std::enable_shared_from_this<plugin_actor> {
public:
    /// `waits` is shared by the plugins of the host and outlives them. `make` says how this one runs.
    plugin_actor(const executor& where, actor_owner& owner, plugin_index index, plugin_options options,
                 const host_options& of_host, call_waits& waits, const instance_maker& make);
    plugin_actor(const plugin_actor&) = delete;
    plugin_actor& operator=(const plugin_actor&) = delete;
    ~plugin_actor();

    const executor& where() const noexcept override { return where_; }
    plugin_index index() const noexcept { return index_; }
    const std::string& name() const noexcept { return options_.name; }
    const plugin_options& options() const noexcept override { return options_; }
    const supervisor& supervised() const noexcept { return supervisor_; }
    plugin_state state() const noexcept { return supervisor_.state(); }
    const std::optional<handshake_answer>& declared() const noexcept { return declared_; }
    std::uint64_t generation() const noexcept { return supervisor_.generation(); }
    /// How it runs, whether it does now or not.
    instance& how_it_runs() const noexcept { return *instance_; }
    int pid() const noexcept { return instance_->id(); }
    const session* peer() const noexcept { return link_ ? &link_->peer() : nullptr; }
    const log_ring& recent_log() const noexcept { return log_; }
    const log_lines& log_stream() const noexcept { return lines_; }
    /// What is known of the program that runs.
    std::optional<start_level> level_of_start() const noexcept { return start_level_; }
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
    void set_config(json config) { options_.config = std::move(config); }
    void set_log_level(log_level level) {
        options_.logs.level = level;
        lines_.set_level(level);
    }
    /// Whether it is what the plugin said at its last handshake that its configuration has to be.
    result<void> check_config(const json& config) const {
        auto good = wanted_config_.check(config);
        if (!good) return masked(std::move(good.error()));
        return good;
    }
    /// A fault that may have the plugin's words in it, masked as its log is: everything that is said of the plugin comes
    /// through here, or through masked(), before it is kept or told.
    fault masked(fault why) const {
        why.message = lines_.masked(std::move(why.message));
        return why;
    }
    std::string masked(std::string words) const { return lines_.masked(std::move(words)); }
    /// The plugin came by itself: somebody else has started it, or its instance, and it answers on a socket.
    void attach(const link_maker& make);
    /// Not while it is connected already, or ends.
    bool may_attach() const noexcept;
    /// The same with the reason, for who comes over the host's socket: by hand, or a process that was given a token.
    result<void> may_attach(const attach_request& who) const;
    void note_refused(const fault& why) {
        note_of_peer("a connection was refused: ", why.message, steady_now());
    }
    std::shared_ptr<busy_poll> awake() const override { return owner_->awake(); }
    void broke_limit(std::string_view why);
    void close_input() {
        if (link_) link_->close_output();
        instance_->close_input();
    }
    /// The next step of a stop that is under way, now.
    void hasten();
    /// Whatever comes, nothing more is done about it: the host is about to end.
    void stand_down() noexcept {
        stood_down_ = true;
        preparing_.reset();
    }
    /// No callback comes after this, and nothing is left running.
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
    void note(log_level level, std::string_view message) override;
    /// What the plugin said by host/log.
    void take_notice(const log_notice& notice, time_point now);

private:
    inline void on_event(session_event& event, time_point now) override;
    inline void on_pause(time_point now) override;
    inline void on_drained(time_point now) override;

    std::vector<std::string> given_environment() override { return owner_->environment_of(*this); }
    std::string socket_path() const override { return owner_->socket_path(); }
    inline void on_words(detail::log_stream which, std::string_view bytes, time_point now) override;
    inline void on_ended(const exit_status& status) override;

    // What the supervisor wants done.
    void after_input();
    void grant_wishes();
    void carry_out(const supervisor_action& action);
    void launch();
    void prepared(std::uint64_t generation, const result<program_to_start>& program);
    void open(const program_to_start& program);
    void fail_launch(const fault& why);
    void call_off();
    void connect(std::shared_ptr<link> made);
    void note_of_peer(std::string_view what, std::string_view words, time_point now);
    template <class Take>
    void take_lines(std::string_view source, Take take);
    void shake_hands();
    bool may_wait_for_a_line_end() const noexcept;
    void tell_clues();
    void take_handshake(const result<std::string_view>& answer, time_point now);
    void fail_handshake(fault why, time_point now) {
        supervisor_.handshake_failed(masked(std::move(why)), now);
    }
    void mask_what_is_shown(handshake_answer& answer) const;
    void ask_to_stop(const supervisor_action& action);
    void check_health(const supervisor_action& action);
    void take_health(const result<std::string_view>& answer, time_point now);
    void drop_connection();
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
    std::shared_ptr<instance> instance_;
    std::optional<executor> preparing_; // the host's gate is asked: keeps the loop running until it answers
    std::optional<start_level> start_level_; // of the program that runs
    std::shared_ptr<link> link_;             // of this run, or null
    handshake_clues clues_;                  // of this run
    std::optional<handshake_answer> declared_;
    std::string declared_text_; // what declared_ is made of
    config_schema wanted_config_;
    std::vector<metric_status> metrics_; // its own, from its last answer about its health
    std::int64_t ended_unix_ms_ = 0;
    bool working_ = false; // after_input() is on the stack
    bool stood_down_ = false;
    bool retired_ = false;
};

// ---- what others ask of an actor, and what its connection tells -----------------------------------------------

inline plugin_actor::plugin_actor(const executor& where, actor_owner& owner, plugin_index index,
                                  plugin_options options, const host_options& of_host, call_waits& waits,
                                  const instance_maker& make)
    : where_(where), owner_(&owner), index_(index), options_(std::move(options)),
      supervisor_(options_, of_host.seed), alarm_(where, [this](time_point) { wake(); }), calls_([&] {
          lane_options lanes = lane_options_of(options_);
          lanes.waits = &waits;
          lanes.index = index;
          return lanes;
      }()),
      lines_(options_.logs), log_(of_host.log_records_kept), instance_(make(*this)) {}

inline plugin_actor::~plugin_actor() { retire(); }

// --- commands ---

inline void plugin_actor::start(change_reason why) {
    supervisor_.start(std::move(why), steady_now());
    after_input();
}

inline void plugin_actor::stop(change_reason why) {
    supervisor_.stop(std::move(why), steady_now());
    after_input();
}

inline void plugin_actor::restart(change_reason why) {
    supervisor_.restart(std::move(why), steady_now());
    after_input();
}

inline void plugin_actor::hasten() {
    supervisor_.hasten(steady_now());
    after_input();
}

inline void plugin_actor::needs_met() {
    supervisor_.needs_met(steady_now());
    after_input();
}

inline void plugin_actor::needs_missing(const std::string& plugin) {
    supervisor_.needs_missing(plugin, steady_now());
    after_input();
}

inline void plugin_actor::broke_limit(std::string_view why) {
    note(log_level::error, why);
    supervisor_.broke_limit(std::string(why), steady_now());
    after_input();
}

inline bool plugin_actor::may_attach() const noexcept {
    using enum plugin_state;
    const plugin_state now = supervisor_.state();
    if (now == handshaking) return supervisor_.has_process() && !supervisor_.is_attached();
    return now != ready && now != stopping;
}

inline result<void> plugin_actor::may_attach(const attach_request& who) const {
    if (auto good = instance_->admit(who); !good) return good;
    if (may_attach()) return {};
    const bool ends = supervisor_.state() == plugin_state::stopping;
    return fault{codes::unavailable, join({options_.name, ends ? " is stopping" : " is connected already"})};
}

inline void plugin_actor::attach(const link_maker& make) {
    if (!may_attach()) return;
    preparing_.reset();
    instance_->was_attached();
    if (!instance_->running()) clues_ = {};
    if (link_) drop_connection();
    auto made = make(*this);
    if (!made) return;
    connect(std::move(made));
    supervisor_.attached(steady_now());
    after_input();
}

inline void plugin_actor::connect(std::shared_ptr<link> made) {
    link_ = std::move(made);
    calls_.connect(link_->peer());
}

// --- asking ---

inline void plugin_actor::cancel(call_ticket call) {
    calls_.cancel(call, steady_now());
    after_input();
}

inline void plugin_actor::expire(call_ticket call, time_point now) {
    calls_.expire(call, now);
    after_input();
}

inline bool plugin_actor::tell(std::string_view method, const shared_bytes& params) {
    if (!ready()) return false;
    return link_->peer().notify(method, params);
}

inline void plugin_actor::send_told() {
    if (link_) link_->flush();
}

// --- answering ---

inline void plugin_actor::reply(request_token request, std::uint64_t generation, std::string_view result) {
    if (!link_ || generation != supervisor_.generation()) return;
    link_->peer().reply(request, result);
    link_->flush();
}

inline void plugin_actor::reject(request_token request, std::uint64_t generation, const fault& error) {
    if (!link_ || generation != supervisor_.generation()) return;
    link_->peer().reject(request, error);
    link_->flush();
}

// --- logging ---

/// `take` gives lines to a sink. They are told when all are collected, because whoever hears one may remove the actor.
template <class Take>
void plugin_actor::take_lines(std::string_view source, Take take) {
    const auto self = shared_from_this();
    std::vector<log_record> told;
    take([&](log_level level, std::string_view message, std::string_view fields) {
        told.push_back({.unix_ms = wall_clock_ms(),
                        .level = level,
                        .plugin = options_.name,
                        .pid = pid(),
                        .generation = supervisor_.generation(),
                        .source = std::string(source),
                        .message = std::string(message),
                        .fields = std::string(fields)});
    });
    for (log_record& record : told) {
        if (!declared_ && source != "host") clues_.hear_line(record.message);
        log_.add(record);
        owner_->on_log(*this, std::move(record));
    }
}

inline void plugin_actor::note(log_level level, std::string_view message) {
    take_lines("host", [&](auto sink) { lines_.remark(level, message, sink); });
}

/// What the plugin's bytes brought about: its words are in it, so it is cleaned and counted like its log.
inline void plugin_actor::note_of_peer(std::string_view what, std::string_view words, time_point now) {
    take_lines("host", [&](auto sink) {
        lines_.message(log_level::warn, join({what, words}), {}, now, sink);
    });
}

inline void plugin_actor::take_notice(const log_notice& notice, time_point now) {
    const log_level level = level_named(notice.level).value_or(log_level::info);
    if (!lines_.wants(level)) return;
    take_lines("plugin", [&](auto sink) {
        lines_.message(level, notice.message, notice.fields ? notice.fields->text() : std::string_view(), now,
                       sink);
    });
}

// --- what the connection tells ---

inline void plugin_actor::on_event(session_event& event, time_point now) {
    const auto self = shared_from_this();
    switch (event.kind) {
    case event_kind::response: calls_.on_response(event, now); break;
    case event_kind::progress: calls_.on_progress(event, now); break;
    case event_kind::request: owner_->on_request(*this, event, now); break;
    case event_kind::notification: owner_->on_notification(*this, event, now); break;
    case event_kind::polluted:
        take_lines("stdout", [&](auto sink) {
            lines_.receive(log_stream::output, event.text, now, sink);
            lines_.end(log_stream::output, now, sink);
        });
        if (!declared_ && clues_.see_stray(event.text, options_.framing) &&
            supervisor_.state() == plugin_state::stopping)
            supervisor_.heard(handshake_clues::framing_words(options_.framing));
        break;
    case event_kind::bad_body: note_of_peer("a message was refused: ", event.error.message, now); break;
    case event_kind::peer_error:
        note_of_peer("the plugin refused a message: ", event.error.message, now);
        break;
    case event_kind::closed: {
        // What is killed within a message has broken nothing: its end says why.
        const bool broke =
            event.reason != violation_reason::none && event.reason != violation_reason::truncated;
        const std::string why = broke ? join({name_of(event.reason), ": ", event.text})
                                      : join({"the connection ended: ", event.text});
        if (broke) note_of_peer({}, why, now);
        if (supervisor_.state() == plugin_state::handshaking) tell_clues();
        supervisor_.connection_closed(masked(why), broke ? change_cause::protocol : change_cause::exited,
                                      now);
        if (!instance_->running()) { // no other end is to be waited for
            drop_connection();
            after_input();
        }
        break;
    }
    case event_kind::cancelled: // whoever answers asks the session
    case event_kind::none:
    case event_kind::handshake: break;
    }
}

inline void plugin_actor::on_pause(time_point now) {
    const auto self = shared_from_this();
    calls_.pump(now);
    after_input();
}

inline void plugin_actor::on_drained(time_point now) {
    const auto self = shared_from_this();
    calls_.pump(now);
    owner_->on_drained(*this);
}

// ---- what the supervisor wants done: runs begun and ended, hands shaken, health asked for ---------------------

/// Lets the supervisor's wishes come true until it has no more. To be called after everything that it was told.
inline void plugin_actor::after_input() {
    if (working_ || retired_ || stood_down_) return;
    const auto self = shared_from_this();
    if (supervisor_.wishes()) grant_wishes();
    if (retired_ || stood_down_) return;
    if (link_) link_->flush();
    alarm_.set(next_deadline());
}

inline void plugin_actor::grant_wishes() {
    working_ = true;
    supervisor_action action;
    state_change change;
    while (!retired_ && !stood_down_) {
        if (supervisor_.next_change(change)) {
            change.plugin = options_.name;
            const bool unasked =
                change.reason.cause == change_cause::crashed || change.reason.cause == change_cause::exited;
            change.log = unasked ? log_.text(change.generation) : std::string();
            owner_->on_change(*this, change);
        } else if (supervisor_.next_action(action)) {
            carry_out(action);
        } else {
            break;
        }
    }
    working_ = false;
}

inline time_point plugin_actor::next_deadline() const {
    return std::min({supervisor_.next_deadline(), calls_.next_deadline(), lines_.next_deadline()});
}

inline void plugin_actor::wake() {
    const auto self = shared_from_this();
    const time_point now = steady_now();
    if (supervisor_.state() == plugin_state::handshaking && supervisor_.next_deadline() <= now) {
        // A question without a line end is worth more than an empty log.
        for (const auto which : {log_stream::error, log_stream::output})
            take_lines(which == log_stream::error ? "stderr" : "stdout",
                       [&](auto sink) { lines_.end(which, now, sink); });
        tell_clues();
    }
    supervisor_.handle_timeout(now);
    calls_.handle_timeout(now);
    take_lines("stderr", [&](auto sink) { lines_.handle_timeout(now, sink); });
    after_input();
}

inline void plugin_actor::carry_out(const supervisor_action& action) {
    switch (action.kind) {
    case supervisor_action_kind::launch: return launch();
    case supervisor_action_kind::call_off: return call_off();
    case supervisor_action_kind::shake_hands: return shake_hands();
    case supervisor_action_kind::ask_to_stop: return ask_to_stop(action);
    case supervisor_action_kind::close_stdin:
        if (may_wait_for_a_line_end()) link_->peer().end_line();
        return close_input();
    case supervisor_action_kind::terminate: return instance_->terminate();
    case supervisor_action_kind::kill: return instance_->kill();
    case supervisor_action_kind::check_health: return check_health(action);
    case supervisor_action_kind::drop_connection: return drop_connection();
    }
}

// --- a run ---

inline void plugin_actor::launch() {
    clues_ = {};
    const start_gate gate = instance_->starts_program() ? owner_->gate() : start_gate();
    if (!gate) return open({});
    preparing_ = asio::prefer(where_, asio::execution::outstanding_work.tracked);
    gate(options_, [where = where_, weak = weak_from_this(),
                    generation = supervisor_.generation()](result<program_to_start> program) {
        run_on(where, [weak, generation, program = std::move(program)] {
            if (const auto self = weak.lock()) self->prepared(generation, program);
        });
    });
}

/// The gate has answered: within launch(), or later. What it is about may be over by then.
inline void plugin_actor::prepared(std::uint64_t generation, const result<program_to_start>& program) {
    if (!preparing_ || generation != supervisor_.generation() || stood_down_) return;
    const auto self = shared_from_this();
    preparing_.reset();
    if (program) open(*program);
    else fail_launch(program.error());
    after_input();
}

inline void plugin_actor::fail_launch(const fault& why) {
    note(log_level::error, why.message);
    supervisor_.launch_failed(why, steady_now());
}

inline void plugin_actor::call_off() {
    if (!std::exchange(preparing_, std::nullopt)) return;
    supervisor_.launch_failed({codes::unavailable, "it was not started yet"}, steady_now());
}

inline void plugin_actor::open(const program_to_start& program) {
    auto opened = instance_->open(program);
    if (!opened && opened.error().code != codes::invalid_params) return fail_launch(opened.error());
    if (!opened) { // its options cannot be met here, and could not the next time
        note(log_level::error, opened.error().message);
        return supervisor_.launch_refused(opened.error(), steady_now());
    }
    start_level_ = program.level;
    if (*opened) connect(std::move(*opened));
    if (instance_->running()) supervisor_.launched(steady_now());
    else supervisor_.attached(steady_now()); // it is there once it is connected
}

inline void plugin_actor::on_words(detail::log_stream which, std::string_view bytes, time_point now) {
    const auto self = shared_from_this();
    take_lines(which == detail::log_stream::error ? "stderr" : "stdout", [&](auto sink) {
        if (bytes.empty()) lines_.end(which, now, sink);
        else lines_.receive(which, bytes, now, sink);
    });
    if (!retired_) alarm_.set(next_deadline());
}

inline void plugin_actor::on_ended(const exit_status& status) {
    const auto self = shared_from_this();
    // What it said last may be unread still; it is heard before the supervisor goes on.
    if (link_) link_->read_rest();
    instance_->read_rest();
    if (retired_) return;
    if (supervisor_.state() == plugin_state::handshaking) tell_clues();
    drop_connection();
    instance_->clear();
    start_level_.reset();
    ended_unix_ms_ = wall_clock_ms();
    supervisor_.exited(status, steady_now());
    after_input();
}

inline void plugin_actor::drop_connection() {
    if (!link_) return;
    const auto dropped = std::move(link_);
    calls_.connection_lost({codes::unavailable, join({options_.name, " is gone"})}, steady_now());
    dropped->forget_owner();
    if (!declared_) return;
    declared_.reset();
    if (!retired_) owner_->on_withdrawn(*this);
}

inline void plugin_actor::retire() {
    if (retired_) return;
    retired_ = true;
    alarm_.cancel();
    preparing_.reset();
    drop_connection();
    instance_->retire();
}

// --- the handshake ---

inline void plugin_actor::shake_hands() {
    if (!link_) return;
    const auto request = owner_->introduction(*this);
    const std::uint64_t generation = supervisor_.generation();
    // Its deadline is the supervisor's.
    calls_.ask(lane::control, methods::handshake, to_json(request), never, steady_now(),
               [this, generation](const result<std::string_view>& answer, time_point now) {
                   if (generation == supervisor_.generation()) take_handshake(answer, now);
               });
}

/// A plugin that has not answered the handshake in time is stopped anyway. So it does no harm to end the line first: a
/// program that reads lines says something then.
inline bool plugin_actor::may_wait_for_a_line_end() const noexcept {
    return supervisor_.reason().cause == change_cause::handshake && !clues_.answered() && link_ &&
           instance_->running() && !supervisor_.is_attached() && options_.framing == plugin_framing::headers;
}

inline void plugin_actor::tell_clues() {
    const std::string_view unfinished = link_ ? link_->peer().unfinished_input() : std::string_view();
    supervisor_.heard(masked(std::string(clues_.words(unfinished, options_.framing))));
}

inline void plugin_actor::take_handshake(const result<std::string_view>& answer, time_point now) {
    if (!link_ || supervisor_.state() != plugin_state::handshaking) return;
    clues_.note_answer();
    if (!answer && answer.error().code == server_not_initialized)
        return fail_handshake({answer.error().code,
                               join({answer.error().message, " (", std::to_string(server_not_initialized),
                                     "): this is a language server, which speaks otherwise than a plugin"})},
                              now);
    if (!answer && answer.error().code == codes::method_not_found)
        return fail_handshake(
            {answer.error().code, join({"it refused the handshake, which it does not know (",
                                        std::to_string(codes::method_not_found), " ", answer.error().message,
                                        "): it is no plugin"})},
            now);
    if (!answer) return fail_handshake(wanted_config_.explain_refusal(answer.error(), options_.config), now);
    if (answer->size() > max_handshake_bytes) {
        const fault why{codes::too_large, join({"handshake: expected at most ", digits(max_handshake_bytes),
                                                " bytes, got ", digits(answer->size())})};
        note_of_peer({}, why.message, now);
        return fail_handshake(why, now);
    }
    declared_text_ = *answer;
    auto read = read_handshake_answer(declared_text_, {protocol_version}, options_.name);
    if (!read) {
        note_of_peer({}, read.error().message, now);
        return fail_handshake(read.error(), now);
    }
    if (read->disable) return supervisor_.refused_to_run(masked(*read->disable), now);
    link_->peer().handshake_done(true);
    mask_what_is_shown(*read);
    declared_ = std::move(*read);
    wanted_config_.learn(declared_->config_schema.value_or(json_view()));
    // It has taken it, so it runs; but whoever changes it next has to mend that.
    if (auto fits = wanted_config_.check(options_.config); !fits) note(log_level::warn, fits.error().message);
    owner_->on_declared(*this, *declared_);
    calls_.set_concurrency(declared_->max_concurrency.value_or(1), now);
    supervisor_.handshake_accepted(now);
}

// --- stopping, health ---

inline void plugin_actor::ask_to_stop(const supervisor_action& action) {
    const time_point now = steady_now();
    calls_.stop_taking({codes::shutting_down, join({options_.name, " is stopping"})}, now);
    if (!link_) return supervisor_.stop_answered(now);
    const std::uint64_t generation = action.generation;
    shutdown_request request{.reason = std::string(name_of(action.reason.cause)), .deadline_ms = {}};
    if (action.deadline != never)
        request.deadline_ms = std::chrono::duration_cast<milliseconds>(action.deadline - now).count();
    calls_.ask(lane::control, methods::shutdown, to_json(request), never, now,
               [this, generation](const result<std::string_view>& answer, time_point when) {
                   if (generation != supervisor_.generation() || !link_) return;
                   if (answer) link_->peer().notify(methods::exit);
                   supervisor_.stop_answered(when);
               });
}

inline void plugin_actor::check_health(const supervisor_action& action) {
    const std::uint64_t generation = action.generation;
    calls_.ask(lane::health, methods::health, std::string_view("{}"), action.deadline, steady_now(),
               [this, generation](const result<std::string_view>& answer, time_point now) {
                   if (generation == supervisor_.generation()) take_health(answer, now);
               });
}

inline void plugin_actor::take_health(const result<std::string_view>& answer, time_point now) {
    if (!answer) return supervisor_.health_missed(now);
    const auto report = from_json<health_answer>(*answer == "null" ? "{}" : *answer, {.root = "health"});
    if (!report) {
        note_of_peer({}, report.error().message, now);
        return supervisor_.health_missed(now);
    }
    if (report->metrics) {
        auto named = report->metrics->as<std::map<std::string, double>>();
        metrics_.clear();
        if (named)
            for (auto& [name, value] : *named)
                if (metrics_.size() < max_metrics) metrics_.push_back({name, value});
    }
    const health_status said = report->status.value_or(health_status::healthy);
    const plugin_health known = said == health_status::healthy   ? plugin_health::healthy
                                : said == health_status::warning ? plugin_health::warning
                                                                 : plugin_health::critical;
    supervisor_.health_answered(known, masked(report->message.value_or(std::string())), now);
}

/// Not its names, by which it is called and asked.
inline void plugin_actor::mask_what_is_shown(handshake_answer& answer) const {
    const auto mask = [&](std::optional<std::string>& words) {
        if (words) words = masked(std::move(*words));
    };
    answer.version = masked(std::move(answer.version));
    mask(answer.description);
    if (answer.commands)
        for (command_declaration& one : *answer.commands) mask(one.description);
    if (answer.routes)
        for (route_declaration& one : *answer.routes) mask(one.description);
}

} // namespace tenon::detail

#endif
