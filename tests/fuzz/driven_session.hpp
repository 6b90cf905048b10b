#ifndef TENON_TESTS_FUZZ_DRIVEN_SESSION_HPP
#define TENON_TESTS_FUZZ_DRIVEN_SESSION_HPP

// A session under the eyes of a model that is as simple as it can be: lists of what is open, what was queued
// and what is owed. Every verb goes through here, and what it did is compared with the lists.

#include "debts.hpp"
#include "frame_clock.hpp"
#include "growing_counters.hpp"
#include "open_calls.hpp"
#include "open_requests.hpp"
#include "trace.hpp"
#include "watched_output.hpp"

#include <tenon/session/session.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::fuzz {

using namespace tenon::detail;

class driven_session {
public:
    driven_session(session_role role, session_limits limits, const time_point& now)
        : now_(now), owed_(role, limits.max_frame_bytes), session_(role, limits), requests_(session_),
          output_(session_) {}

    // --- looking in ---

    detail::session& inner() noexcept { return session_; }
    std::int64_t last_call() const noexcept { return last_call_; }
    bool closed() const noexcept { return session_.phase() == session_phase::closed; }
    bool ended_cleanly() const noexcept { return closed_told_ && reason_ == violation_reason::none && !cut_; }
    violation_reason reason() const noexcept { return reason_; }
    /// What the replies of a faithful peer begin with is compared with the call that they answer.
    void expect_own_replies() noexcept { own_replies_ = true; }

    // --- input ---

    void feed(std::string_view bytes, bool copied) {
        if (ended_) return;
        trace("feed", bytes);
        if (copied) {
            session_.receive_bytes(bytes, now_);
        } else {
            const std::span<char> room = session_.input_room();
            FUZZ_REQUIRE(room.size() >= bytes.size());
            std::memcpy(room.data(), bytes.data(), bytes.size());
            session_.input_received(bytes.size(), now_);
        }
        owed_.receive(bytes);
        frame_.input_came(now_);
        dry_ = false;
    }
    void end_input() {
        trace("end of input");
        ended_ = true;
        session_.receive_end(now_);
        owed_.end();
        frame_.input_came(now_);
        dry_ = false;
    }

    bool pump_one() {
        const bool told = session_.next_event(event_, now_);
        FUZZ_REQUIRE(told == (event_.kind != event_kind::none));
        if (told) take_event();
        else frame_.look(owed_.inside_frame(), owed_.steps(), session_.limits().assembly_timeout);
        dry_ = !told;
        return told;
    }
    void pump() {
        while (pump_one()) {
        }
        check_quiet();
    }

    // --- verbs ---

    enum class style { text, in_place, shared, taken_back };

    void call(std::string_view method, std::string_view params, time_point deadline, style how) {
        const std::size_t queued = session_.queued_bytes();
        if (how == style::taken_back) {
            session_.begin_call(method).raw(params.empty() ? "0" : params);
            session_.rollback();
            FUZZ_REQUIRE(session_.queued_bytes() == queued);
            return;
        }
        const auto made = call_in(method, params, deadline, how);
        dry_ = false;
        if (!made) {
            FUZZ_REQUIRE(session_.queued_bytes() == queued && !made.error().message.empty());
            return;
        }
        FUZZ_REQUIRE(made->value == last_call_ + 1);
        last_call_ = made->value;
        const bool sent = deadline > now_;
        FUZZ_REQUIRE(sent == (session_.queued_bytes() != queued));
        if (sent) expected_.call(method, last_call_);
        calls_.begin(last_call_, deadline, now_);
    }

    void notify(std::string_view method, std::string_view params, style how) {
        const std::size_t queued = session_.queued_bytes();
        bool good = false;
        if (how == style::text) {
            good = session_.notify(method, params);
        } else if (how == style::shared) {
            good = session_.notify(method, shared_bytes(params));
        } else {
            json_writer out = session_.begin_notify(method);
            if (!params.empty()) out.raw(params);
            if (how == style::in_place) good = session_.finish_notify();
            else session_.rollback();
        }
        FUZZ_REQUIRE(good == (session_.queued_bytes() != queued));
        if (good) expected_.notification(method);
    }

    /// `padding` makes a reply long.
    void reply(std::size_t index, std::size_t padding, style how) {
        if (requests_.empty()) return;
        open_requests::request& target = requests_.any(index);
        const bool was_open = session_.open(target.token);
        std::string value = "[" + target.id;
        if (padding != 0) value += ",\"" + std::string(padding, 'x') + "\"";
        value += "]";
        bool good = false;
        if (how == style::text || how == style::shared) {
            good = session_.reply(target.token, value);
        } else {
            session_.begin_reply(target.token).raw(value);
            if (how == style::in_place) good = session_.finish_reply();
            else session_.rollback();
        }
        answered(target, was_open, good, how == style::taken_back);
    }
    void reject(std::size_t index, const fault& error) {
        if (requests_.empty()) return;
        open_requests::request& target = requests_.any(index);
        const bool was_open = session_.open(target.token);
        const bool good = session_.reject(target.token, error);
        FUZZ_REQUIRE(good == was_open);
        answered(target, was_open, good, false);
    }
    void progress(std::size_t index, std::string_view value) {
        if (requests_.empty()) return;
        const open_requests::request& target = requests_.any(index);
        const bool was_open = session_.open(target.token);
        if (!session_.progress(target.token, value)) return;
        FUZZ_REQUIRE(was_open);
        expected_.notification("$/progress");
    }
    void cancel(std::int64_t call) {
        session_.cancel({call}, now_);
        dry_ = false;
    }
    void answer_all() {
        for (std::size_t index = 0; index != requests_.size(); ++index)
            if (session_.open(requests_.any(index).token)) reply(index, 0, style::text);
    }

    /// Nobody could read since `before`.
    void excuse(time_point before) {
        session_.excuse(now_ - before);
        frame_.excuse(now_ - before);
    }

    void close(std::string_view why) {
        session_.close(why);
        trace("close");
        cut_ = true;
        dry_ = false;
    }

    /// After `now` was turned.
    void time_passed() {
        const std::size_t due = calls_.due(now_);
        const std::uint64_t before = session_.counters().timeouts;
        const bool was_dry = dry_, was_closed = closed();
        session_.handle_timeout(now_);
        if (was_dry && !was_closed) FUZZ_REQUIRE(session_.counters().timeouts - before == due);
        dry_ = false;
        if (!was_dry) return;
        pump();
        FUZZ_REQUIRE(session_.next_deadline() > now_);
    }

    // --- output ---

    void hold() { output_.hold(); }
    /// Writes at most `count` bytes, which are returned.
    std::string write(std::size_t count) {
        return output_.write(count, [this](const envelope& message) { take_output(message); });
    }
    std::string write_all() {
        std::string all, text;
        while (!(text = write(static_cast<std::size_t>(-1))).empty()) all += text;
        return all;
    }

    // --- invariants ---

    void check() {
        counters_.look(session_.counters());
        const std::size_t limit = session_.limits().max_output_bytes;
        if (limit != 0) FUZZ_REQUIRE(session_.queued_bytes() <= 4 * limit + 32768);
    }
    /// Every request that came has its answer.
    void check_all_answered() const { owed_.check_all_answered(); }
    void check_all_written() const {
        output_.finish();
        FUZZ_REQUIRE(expected_.empty());
    }
    void check_none_due() const { FUZZ_REQUIRE(calls_.due(now_) == 0); }
    /// Nothing comes any more and nothing goes.
    void check_closed() {
        FUZZ_REQUIRE(closed_told_ && calls_.size() == 0 && session_.pending_calls() == 0);
        const std::size_t queued = session_.queued_bytes();
        FUZZ_REQUIRE(!session_.call("m", "", never, now_) && !session_.notify("m"));
        session_.handle_timeout(never);
        session_.cancel({last_call_}, now_);
        FUZZ_REQUIRE(session_.next_deadline() == never);
        session_.receive_bytes("Content-Length: 2\r\n\r\n{}", now_);
        session_.receive_end(now_);
        FUZZ_REQUIRE(!session_.next_event(event_, now_));
        session_.close("again");
        FUZZ_REQUIRE(!session_.next_event(event_, now_));
        FUZZ_REQUIRE(session_.queued_bytes() == queued && session_.open_requests() == 0);
    }

private:
    result<call_id> call_in(std::string_view method, std::string_view params, time_point deadline,
                            style how) {
        if (how == style::text) return session_.call(method, params, deadline, now_);
        if (how == style::shared) return session_.call(method, shared_bytes(params), deadline, now_);
        json_writer out = session_.begin_call(method);
        if (!params.empty()) out.raw(params);
        return session_.finish_call(deadline, now_);
    }

    void answered(open_requests::request& target, bool was_open, bool good, bool taken_back) {
        requests_.answer(target, was_open, good, taken_back);
        if (!taken_back) dry_ = false; // it may have been one too many
    }

    void take_event() {
        FUZZ_REQUIRE(!closed_told_);
        touch();
        if (tracing)
            trace("told", std::to_string(static_cast<int>(event_.kind)) + " " + std::string(event_.id) +
                              std::string(event_.method) + std::to_string(event_.call.value) + " " +
                              std::string(event_.text));
        const bool early = session_.phase() == session_phase::awaiting_handshake;
        const bool plugin = session_.role() == session_role::plugin;
        switch (event_.kind) {
        case event_kind::handshake:
            FUZZ_REQUIRE(plugin && event_.method == "plugin/handshake");
            [[fallthrough]];
        case event_kind::request:
            FUZZ_REQUIRE(!closed());
            if (early && !plugin) FUZZ_REQUIRE(event_.method == "plugin/attach");
            if (early && plugin) FUZZ_REQUIRE(event_.kind == event_kind::handshake);
            requests_.begin(event_);
            break;
        case event_kind::notification:
            if (early) FUZZ_REQUIRE(event_.method == (plugin ? "exit" : "host/log"));
            FUZZ_REQUIRE(!closed());
            break;
        case event_kind::response:
            FUZZ_REQUIRE(event_.failed == event_.value.empty());
            if (own_replies_ && !event_.failed) {
                const std::string mine = "[" + std::to_string(event_.call.value);
                FUZZ_REQUIRE(event_.value == mine + "]" || event_.value.starts_with(mine + ","));
            }
            calls_.complete(event_.call.value);
            break;
        case event_kind::progress:
            FUZZ_REQUIRE(!event_.value.empty());
            calls_.extend(event_.call.value, now_);
            break;
        case event_kind::cancelled: requests_.cancel(event_); break;
        case event_kind::closed:
            FUZZ_REQUIRE(closed() && calls_.size() == 0);
            FUZZ_REQUIRE(event_.reason == violation_reason::none || !event_.text.empty());
            closed_told_ = true;
            reason_ = event_.reason;
            break;
        case event_kind::polluted: FUZZ_REQUIRE(!event_.text.empty()); break;
        case event_kind::bad_body:
        case event_kind::peer_error: break;
        case event_kind::none: FUZZ_REQUIRE(false);
        }
    }
    // Reads every byte that the event points at.
    void touch() {
        for (const std::string_view text :
             {event_.id, event_.method, event_.params, event_.value, event_.text})
            for (const char byte : text) touched_ = static_cast<unsigned char>(touched_ + byte);
    }

    void check_quiet() {
        FUZZ_REQUIRE(session_.pending_calls() == calls_.size());
        requests_.check(closed());
        if (closed()) {
            FUZZ_REQUIRE(closed_told_ && calls_.size() == 0 && session_.next_deadline() == never);
            return;
        }
        FUZZ_REQUIRE(session_.next_deadline() <= calls_.earliest());
        FUZZ_REQUIRE(session_.next_deadline() <= frame_.deadline());
    }

    void take_output(const envelope& message) {
        if (message.kind == envelope_kind::response) owed_.answered(message.id);
        else expected_.take(message);
    }

    const time_point& now_;
    debts owed_;
    detail::session session_;
    session_event event_;
    frame_clock frame_;
    open_requests requests_;
    watched_output output_;
    open_calls calls_;
    expected_output expected_;
    growing_counters counters_;
    std::int64_t last_call_ = 0;
    violation_reason reason_ = violation_reason::none;
    bool dry_ = true; // there is nothing to tell
    bool closed_told_ = false, cut_ = false, ended_ = false, own_replies_ = false;
    unsigned char touched_ = 0;
};

} // namespace tenon::fuzz

#endif
