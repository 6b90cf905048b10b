#ifndef TENON_TESTING_PAIR_HPP
#define TENON_TESTING_PAIR_HPP

// Two sessions back to back, a host and a plugin, with nothing between them but bytes and a clock turned by hand.
// Each direction can be made worse: bytes in small pieces, late, or not at all.
//
//     pair joined;
//     joined.shake_hands();
//     joined.to_plugin.piece = 1;
//     joined.host().call("plugin/health", "{}", never, joined.clock.now());
//     joined.pump();
//     joined.heard_by_plugin().back().method == "plugin/health"

#include <tenon/testing/manual_clock.hpp>
#include <tenon/testing/scripted_peer.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

class pair {
public:
    /// What becomes of bytes on their way in one direction. May be changed at any time; what is on its way already
    /// keeps the delay it was sent with.
    struct direction {
        std::size_t piece = std::string::npos; // no more arrive at once
        milliseconds delay{0};
        bool dropped = false;  // what is sent now gets lost
        std::string sent = {}; // everything that was sent so far, lost or not

        bool idle() const noexcept { return way_.empty(); }
        time_point next_arrival() const { return way_.empty() ? never : way_.front().when; }

    private:
        friend class pair;
        struct bytes {
            time_point when;
            std::string text;
        };
        std::deque<bytes> way_;
    };

    explicit pair(session_limits host = host_limits(), session_limits plugin = {},
                  time_point start = time_point(std::chrono::hours(1)))
        : clock(start), host_(detail::session_role::host, host),
          plugin_(detail::session_role::plugin, plugin) {}

    manual_clock clock;
    direction to_plugin, to_host;

    detail::session& host() noexcept { return host_; }
    detail::session& plugin() noexcept { return plugin_; }

    /// Everything that either side was told since the last clear_heard(), in order.
    const std::vector<heard>& heard_by_host() const noexcept { return heard_by_host_; }
    const std::vector<heard>& heard_by_plugin() const noexcept { return heard_by_plugin_; }
    void clear_heard() { heard_by_host_.clear(), heard_by_plugin_.clear(); }

    /// Carries bytes and tells events until nothing moves at this time.
    void pump() {
        for (bool moved = true; moved;) {
            listen(host_, heard_by_host_);
            listen(plugin_, heard_by_plugin_);
            send(host_, to_plugin);
            send(plugin_, to_host);
            moved = deliver(to_plugin, plugin_, heard_by_plugin_);
            moved = deliver(to_host, host_, heard_by_host_) || moved;
        }
    }

    /// Time passes; what becomes due on the way happens when it is due.
    void advance(milliseconds wait) {
        const time_point end = after(clock.now(), wait);
        pump();
        for (;;) {
            const time_point next = std::min({host_.next_deadline(), plugin_.next_deadline(),
                                              to_plugin.next_arrival(), to_host.next_arrival()});
            if (next > end) break;
            clock.advance_to(next);
            pump();
        }
        clock.advance_to(end);
        pump();
    }

    /// One side closes its end: the other one reads to the end of what was sent.
    void end_to_plugin() { end(to_plugin, plugin_, heard_by_plugin_); }
    void end_to_host() { end(to_host, host_, heard_by_host_); }

    /// Puts bytes on the way that no session said.
    void inject(direction& way, std::string_view bytes) {
        way.way_.push_back({after(clock.now(), way.delay), std::string(bytes)});
    }

    /// The handshake, by hand: afterwards both sides are ready and have heard nothing yet.
    void shake_hands() {
        pump();
        const auto call =
            host_.call(detail::methods::handshake, R"({"protocolVersions":[1]})", never, clock.now());
        pump();
        if (!call || heard_by_plugin_.empty()) return;
        plugin_.reply(heard_by_plugin_.back().request, R"({"name":"paired","version":"1.0.0"})");
        plugin_.handshake_done(true);
        pump();
        host_.handshake_done(true);
        clear_heard();
    }

private:
    void listen(detail::session& to, std::vector<heard>& list) {
        if (to.next_deadline() <= clock.now()) to.handle_timeout(clock.now());
        detail::session_event event;
        while (to.next_event(event, clock.now())) list.push_back(keep(event));
    }
    void send(detail::session& from, direction& way) {
        std::string text;
        for (auto pieces = from.transmit(); !pieces.empty(); pieces = from.transmit()) {
            std::size_t count = 0;
            for (const auto piece : pieces) {
                text += piece;
                count += piece.size();
            }
            from.sent(count);
        }
        way.sent += text;
        if (!text.empty() && !way.dropped) inject(way, text);
    }
    bool deliver(direction& way, detail::session& to, std::vector<heard>& list) {
        if (way.next_arrival() > clock.now() || way.idle()) return false;
        std::string& text = way.way_.front().text;
        const std::size_t count = std::min(way.piece, text.size());
        to.receive_bytes(std::string_view(text).substr(0, count), clock.now());
        text.erase(0, count);
        if (text.empty()) way.way_.pop_front();
        listen(to, list);
        return true;
    }
    void end(direction& way, detail::session& to, std::vector<heard>& list) {
        while (!way.idle()) {
            clock.advance_to(way.next_arrival());
            deliver(way, to, list);
        }
        to.receive_end(clock.now());
        listen(to, list);
        pump();
    }

    detail::session host_, plugin_;
    std::vector<heard> heard_by_host_, heard_by_plugin_;
};

} // namespace tenon::testing

#endif
