#ifndef TENON_HOST_PLUGIN_ACTOR_LIFE_HPP
#define TENON_HOST_PLUGIN_ACTOR_LIFE_HPP

// What the supervisor wants done, done: processes started and stopped, hands shaken, health asked for.

#include <tenon/rules/calls/declared_lists.hpp>
#include <tenon/host/plugin_actor.hpp>

#include <algorithm>
#include <cstdlib>

namespace tenon::detail {

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
    case supervisor_action_kind::launch:
        return launch_process();
    case supervisor_action_kind::shake_hands:
        return shake_hands();
    case supervisor_action_kind::ask_to_stop:
        return ask_to_stop(action);
    case supervisor_action_kind::close_stdin:
        if (may_wait_for_a_line_end()) link_->peer().end_line();
        return close_stdin();
    case supervisor_action_kind::terminate:
        if (child_) child_->terminate_group();
        return;
    case supervisor_action_kind::kill:
        if (child_) child_->kill_group();
        return;
    case supervisor_action_kind::check_health:
        return check_health(action);
    case supervisor_action_kind::drop_connection:
        return drop_connection();
    }
}

// --- the process ---

inline std::vector<std::string> plugin_actor::environment() const {
    std::vector<std::string> all = owner_->environment_of(const_cast<plugin_actor&>(*this));
    const auto has = [&](std::string_view name) {
        return std::any_of(all.begin(), all.end(), [&](const std::string& entry) {
            return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
        });
    };
    if (options_.channel == plugin_channel::socket) {
        all.push_back(join({"TENON_SOCKET=", owner_->socket_path()}));
        all.push_back(join({"TENON_TOKEN=", token_.text()}));
    }
    for (const auto& [name, value] : options_.environment)
        if (!has(name)) all.push_back(join({name, "=", value}));
    for (const std::string& name : options_.inherit_environment)
        if (const char* value = std::getenv(name.c_str()); value != nullptr && !has(name))
            all.push_back(join({name, "=", value}));
    return all;
}

inline void plugin_actor::launch_process() {
    if (make_link_) { // no process: it is there once it is connected
        attach(make_link_);
        if (!link_)
            supervisor_.launch_failed({codes::unavailable, "the plugin could not be made"}, steady_now());
        return;
    }
    if (options_.channel == plugin_channel::socket) {
        const bool listens = !owner_->socket_path().empty();
        if (!listens || !token_.renew()) {
            const fault why{codes::unavailable, listens ? "the system has no random bytes for its token"
                                                        : "it is to connect to the host's socket, and the "
                                                          "host does not listen on one"};
            note(log_level::error, why.message);
            return supervisor_.launch_failed(why, steady_now());
        }
    }
    if (const auto good = owner_->may_launch(*this); !good) {
        note(log_level::error, good.error().message);
        return supervisor_.launch_failed(good.error(), steady_now());
    }
    auto started = launch({.command = options_.command,
                           .directory = options_.directory,
                           .environment = environment(),
                           .limits = options_.limits});
    if (!started) {
        note(log_level::error, started.error().message);
        return supervisor_.launch_failed(started.error(), steady_now());
    }
    errors_ = read_lines(std::move(started->error), log_stream::error);
    connect_process(*started);
    child_ = std::make_unique<child>(where_, std::move(*started),
                                     [this](const exit_status& status) { ended(status); });
    supervisor_.launched(steady_now());
}

inline void plugin_actor::connect_process(launched& started) {
    clues_ = {};
    if (options_.channel == plugin_channel::socket) { // it will connect
        input_ = std::move(started.input);
        output_ = read_lines(std::move(started.output), log_stream::output);
        return;
    }
    descriptor input = std::move(started.input), output = std::move(started.output);
    link_ = descriptor_link::open(where_, session_role::host, options_.connection, *this, std::move(output),
                                  std::move(input), options_.write_timeout, owner_->awake());
    if (options_.framing == plugin_framing::lines) link_->peer().use_framing(framing_rule::lines);
    calls_.connect(link_->peer());
}

inline std::unique_ptr<byte_reader> plugin_actor::read_lines(descriptor from, detail::log_stream which) {
    const auto take = [this, which](std::string_view bytes, time_point now) {
        const auto self = shared_from_this();
        take_lines(which == detail::log_stream::error ? "stderr" : "stdout", [&](auto sink) {
            if (bytes.empty()) lines_.end(which, now, sink);
            else lines_.receive(which, bytes, now, sink);
        });
        if (!retired_) alarm_.set(next_deadline());
    };
    return std::make_unique<byte_reader>(where_, std::move(from), take);
}

inline void plugin_actor::ended(const exit_status& status) {
    const auto self = shared_from_this();
    // What it said last is still in the pipes; it is heard before the supervisor goes on.
    if (link_) link_->read_rest();
    if (errors_) errors_->finish();
    if (output_) output_->finish();
    if (retired_) return;
    if (supervisor_.state() == plugin_state::handshaking) tell_clues();
    drop_connection();
    token_.withdraw();
    input_.reset();
    if (child_->left_behind()) look_for_survivors(child_->pid(), child_->release_guard());
    child_.reset();
    ended_unix_ms_ = wall_clock_ms();
    supervisor_.exited(status, steady_now());
    after_input();
}

/// Killing its group takes the system a moment. Who is still there after that has left it, and is not ours to end.
inline void plugin_actor::look_for_survivors(int pid, descriptor guard) {
    const auto timer = std::make_shared<asio::steady_timer>(where_, milliseconds{250});
    timer->async_wait(
        [timer, pid, guard = std::move(guard), weak = weak_from_this()](const asio::error_code& error) {
            const auto self = weak.lock();
            if (error || !self || self->retired_ || nobody_holds_other_end(guard.get())) return;
            self->note(log_level::warn,
                       join({"something that its process ", digits(static_cast<std::uint64_t>(pid)),
                             " started has left its process group and lives on"}));
        });
}

inline void plugin_actor::drop_connection() {
    if (!link_) return;
    const auto dropped = std::move(link_);
    past_counters_ = dropped->peer().counters();
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
    errors_.reset();
    output_.reset();
    input_.reset();
    drop_connection();
    child_.reset(); // kills and reaps
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

/// Whoever has not answered when it is over is stopped, and it does no harm any more to end the line for him: a program
/// that reads lines says something then.
inline bool plugin_actor::may_wait_for_a_line_end() const noexcept {
    return supervisor_.reason().cause == change_cause::handshake && !clues_.answered() && link_ && child_ &&
           !supervisor_.is_attached() && options_.framing == plugin_framing::headers;
}

inline void plugin_actor::tell_clues() {
    const std::string_view unfinished = link_ ? link_->peer().unfinished_input() : std::string_view();
    supervisor_.heard(clues_.words(unfinished, options_.framing));
}

inline void plugin_actor::take_handshake(const result<std::string_view>& answer, time_point now) {
    if (!link_ || supervisor_.state() != plugin_state::handshaking) return;
    clues_.note_answer();
    if (!answer && answer.error().code == server_not_initialized)
        return supervisor_.handshake_failed(
            {answer.error().code,
             join({answer.error().message, " (", std::to_string(server_not_initialized),
                   "): this is a language server, which speaks otherwise than a plugin"})},
            now);
    if (!answer)
        return supervisor_.handshake_failed(wanted_config_.explain_refusal(answer.error(), options_.config),
                                            now);
    if (answer->size() > max_handshake_bytes) {
        const fault why{codes::too_large, join({"handshake: expected at most ", digits(max_handshake_bytes),
                                                " bytes, got ", digits(answer->size())})};
        note_of_peer({}, why.message, now);
        return supervisor_.handshake_failed(why, now);
    }
    declared_text_ = *answer;
    auto read = read_handshake_answer(declared_text_, {protocol_version}, options_.name);
    if (!read) {
        note_of_peer({}, read.error().message, now);
        return supervisor_.handshake_failed(read.error(), now);
    }
    if (read->disable) return supervisor_.refused_to_run(*read->disable, now);
    link_->peer().handshake_done(true);
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
    constexpr plugin_health known[] = {plugin_health::healthy, plugin_health::warning,
                                       plugin_health::critical};
    supervisor_.health_answered(
        known[static_cast<unsigned>(report->status.value_or(reported_health::healthy))],
        report->message.value_or(std::string()), now);
}

} // namespace tenon::detail

#endif
