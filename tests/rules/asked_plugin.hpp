#ifndef TENON_TESTS_RULES_ASKED_PLUGIN_HPP
#define TENON_TESTS_RULES_ASKED_PLUGIN_HPP

// A plugin's session and the host's session that call_lanes ask through, back to back, with a clock turned by hand.
// The plugin remembers what it was asked; the test answers for it.

#include <tenon/rules/calls/call_lanes.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asked {

using namespace tenon;
using namespace tenon::detail;

struct question {
    request_token request;
    std::string method, params;
    bool cancelled = false;
};

/// What became of one call. It may die before the call is completed.
struct outcome {
    int completions = 0;
    int code = 0;
    std::string text, data;
    time_point at = {};

    outcome() = default;
    outcome(const outcome&) = delete;
    outcome& operator=(const outcome&) = delete;
    ~outcome() { *self = nullptr; }

    call_completion taker() {
        return [to = self](result<std::string_view> answer, time_point now) {
            if (*to != nullptr) (*to)->take(answer, now);
        };
    }
    void take(const result<std::string_view>& answer, time_point now) {
        ++completions;
        at = now;
        code = answer ? 0 : answer.error().code;
        text = answer ? std::string(*answer) : answer.error().message;
        data = answer ? std::string() : answer.error().data;
    }
    bool once(int with_code) const { return completions == 1 && code == with_code; }
    bool pending() const { return completions == 0; }

private:
    std::shared_ptr<outcome*> self = std::make_shared<outcome*>(this);
};

/// One connection: both sessions, ready.
struct connection {
    session host, plugin;
    std::vector<question> asked;
    std::size_t cancels = 0;

    explicit connection(session_limits limits = host_limits(), session_limits theirs = {})
        : host(session_role::host, limits), plugin(session_role::plugin, theirs) {}
};

struct lane_bench {
    time_point now = time_point(std::chrono::hours(1));
    std::unique_ptr<connection> wire;
    std::unique_ptr<call_lanes> lanes; // may be destroyed by a completion
    bool plugin_reads = true;

    explicit lane_bench(lane_options options = {.plugin = "backup"}, std::size_t concurrency = 1,
                        session_limits limits = host_limits(), session_limits theirs = {}) {
        lanes = std::make_unique<call_lanes>(std::move(options));
        connect(concurrency, limits, theirs);
    }

    void connect(std::size_t concurrency = 1, session_limits limits = host_limits(),
                 session_limits theirs = {}) {
        wire = std::make_unique<connection>(limits, theirs);
        lanes->connect(wire->host);
        outcome greeted;
        lanes->ask(lane::control, "plugin/handshake", R"({"protocolVersions":[1]})", never, now,
                   greeted.taker());
        move();
        wire->plugin.reply(last().request, "{}");
        wire->plugin.handshake_done(true);
        move();
        wire->host.handshake_done(true);
        if (concurrency != 0) lanes->set_concurrency(concurrency, now);
        wire->asked.clear();
    }

    question& last() { return wire->asked.back(); }
    std::size_t heard() const { return wire->asked.size(); }

    call_ticket ask(outcome& to, std::string_view method = "work", std::string_view params = "{}",
                    milliseconds within = milliseconds(1'000), lane where = lane::calls) {
        return lanes->ask(where, method, params, after(now, within), now, to.taker());
    }
    void answer(std::size_t index, std::string_view text = "true") {
        wire->plugin.reply(wire->asked[index].request, text);
        move();
    }
    void fail(std::size_t index, int code) {
        wire->plugin.reject(wire->asked[index].request, {code, "no"});
        move();
    }

    void tell(session_event& event) {
        if (!lanes) return;
        if (event.kind == event_kind::response) lanes->on_response(event, now);
        if (event.kind == event_kind::progress) lanes->on_progress(event, now);
        if (event.kind == event_kind::closed)
            lanes->connection_lost({codes::unavailable, "the connection is closed"}, now);
    }
    void hear(session_event& event) {
        if (event.kind == event_kind::request || event.kind == event_kind::handshake)
            wire->asked.push_back({event.request, std::string(event.method), std::string(event.params)});
        if (event.kind != event_kind::cancelled) return;
        ++wire->cancels;
        for (question& one : wire->asked) one.cancelled = one.cancelled || one.request == event.request;
    }
    static bool carry(session& from, session& to, time_point now) {
        bool moved = false;
        for (auto pieces = from.transmit(); !pieces.empty(); pieces = from.transmit()) {
            std::size_t count = 0;
            for (const auto piece : pieces) {
                to.receive_bytes(piece, now);
                count += piece.size();
            }
            from.sent(count);
            moved = true;
        }
        return moved;
    }
    /// Carries bytes and tells events until nothing moves.
    void move() {
        session_event event;
        for (bool moved = true; moved;) {
            moved = false;
            while (wire->host.next_event(event, now)) tell(event), moved = true;
            if (plugin_reads && carry(wire->host, wire->plugin, now)) moved = true;
            while (wire->plugin.next_event(event, now)) hear(event), moved = true;
            if (carry(wire->plugin, wire->host, now)) moved = true;
        }
    }
    time_point next_deadline() const {
        return lanes ? std::min(lanes->next_deadline(), wire->host.next_deadline()) : never;
    }
    /// Time passes, and every deadline on the way is met.
    void advance(milliseconds wait) {
        const time_point end = after(now, wait);
        move();
        while (lanes && next_deadline() <= end) {
            now = std::max(now, next_deadline());
            if (wire->host.next_deadline() <= now) wire->host.handle_timeout(now);
            if (lanes->next_deadline() <= now) lanes->handle_timeout(now);
            move();
        }
        now = end;
        move();
    }
    /// The plugin is gone: end of its output.
    void lose() {
        wire->host.receive_end(now);
        move();
    }
};

} // namespace asked

#endif
