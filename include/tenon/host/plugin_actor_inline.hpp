#ifndef TENON_HOST_PLUGIN_ACTOR_INLINE_HPP
#define TENON_HOST_PLUGIN_ACTOR_INLINE_HPP

// What others ask of an actor (host/plugin_actor.hpp), and what its connection tells.

#include <tenon/host/plugin_actor.hpp>

#include <chrono>
#include <utility>

namespace tenon::detail {

inline plugin_actor::plugin_actor(const executor& where, actor_owner& owner, plugin_index index,
                                  plugin_options options, const host_options& of_host, call_waits& waits)
    : where_(where), owner_(&owner), index_(index), options_(std::move(options)),
      supervisor_(options_, of_host.seed), alarm_(where, [this](time_point) { wake(); }), calls_([&] {
          lane_options lanes = lane_options_of(options_);
          lanes.waits = &waits;
          lanes.index = index;
          return lanes;
      }()),
      lines_(options_.logs), log_(of_host.log_records_kept) {}

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
    const auto refused = [&](std::string_view why) {
        return fault{codes::permission_denied, join({options_.name, " ", why})};
    };
    if (make_link_) return refused("runs within the host");
    if (child_) {
        if (options_.channel == plugin_channel::pipes)
            return refused("was started by the host, and is spoken with over pipes");
        if (auto good = token_.judge(who.token); !good) return good;
    } else {
        if (!options_.attach) return refused("may not attach by itself: its options do not say so");
        if (who.token && !who.token->empty()) return refused("has no process that this token could be of");
    }
    if (may_attach()) return {};
    const bool ends = supervisor_.state() == plugin_state::stopping;
    return fault{codes::unavailable, join({options_.name, ends ? " is stopping" : " is connected already"})};
}

inline void plugin_actor::attach(const link_maker& make) {
    if (!may_attach()) return;
    token_.use();
    if (!child_) clues_ = {};
    if (link_) drop_connection();
    link_ = make(*this);
    if (!link_) return;
    calls_.connect(link_->peer());
    supervisor_.attached(steady_now());
    after_input();
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
    case event_kind::response:
        calls_.on_response(event, now);
        break;
    case event_kind::progress:
        calls_.on_progress(event, now);
        break;
    case event_kind::request:
        owner_->on_request(*this, event, now);
        break;
    case event_kind::notification:
        owner_->on_notification(*this, event, now);
        break;
    case event_kind::polluted:
        take_lines("stdout", [&](auto sink) {
            lines_.receive(log_stream::output, event.text, now, sink);
            lines_.end(log_stream::output, now, sink);
        });
        if (!declared_ && clues_.see_stray(event.text, options_.framing) &&
            supervisor_.state() == plugin_state::stopping)
            supervisor_.heard(handshake_clues::framing_words(options_.framing));
        break;
    case event_kind::bad_body:
        note_of_peer("a message was refused: ", event.error.message, now);
        break;
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
        supervisor_.connection_closed(why, broke ? change_cause::protocol : change_cause::exited, now);
        if (!child_) { // there is no end of a process to wait for
            drop_connection();
            after_input();
        }
        break;
    }
    case event_kind::cancelled: // whoever answers asks the session
    case event_kind::none:
    case event_kind::handshake:
        break;
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

} // namespace tenon::detail

#endif
