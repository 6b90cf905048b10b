#ifndef TENON_TESTING_ANSWERING_PEER_HPP
#define TENON_TESTING_ANSWERING_PEER_HPP

// A session that answers by itself: every request goes to `on_request`, which says what and when; everything
// else goes to `on_event`. It does no I/O and reads no clock, as the session does not: bytes and time come in.
//
//     peer.receive(bytes, now);
//     send(peer.transmit(now));
//     ... again at peer.next_time()

#include <tenon/session/session.hpp>
#include <tenon/testing/script.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::testing {

class answering_peer {
public:
    answering_peer(detail::session_role role, session_limits limits = {}) : session_(role, limits) {}

    std::function<scripted_answer(const detail::session_event&)> on_request;
    std::function<void(const detail::session_event&)> on_event;

    detail::session& session() noexcept { return session_; }
    const detail::session& session() const noexcept { return session_; }

    void receive(std::string_view bytes, time_point now) {
        session_.receive_bytes(bytes, now);
        take_events(now);
    }
    void receive_end(time_point now) {
        session_.receive_end(now);
        take_events(now);
    }

    /// What is to be sent by now: answers whose time has come, too.
    std::string transmit(time_point now) {
        if (session_.next_deadline() <= now) session_.handle_timeout(now);
        take_events(now);
        for (std::size_t index = 0; index < waiting_.size();) {
            if (waiting_[index].when > now) {
                ++index;
                continue;
            }
            answer(waiting_[index]);
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
        }
        std::string bytes;
        for (auto pieces = session_.transmit(); !pieces.empty(); pieces = session_.transmit()) {
            std::size_t count = 0;
            for (const auto piece : pieces) {
                bytes += piece;
                count += piece.size();
            }
            session_.sent(count);
        }
        return bytes;
    }

    /// When transmit() will have something new even if nothing is received.
    time_point next_time() const {
        time_point earliest = session_.next_deadline();
        for (const auto& entry : waiting_) earliest = std::min(earliest, entry.when);
        return earliest;
    }

private:
    struct waiting_answer {
        time_point when;
        detail::request_token request;
        result<std::string> outcome;
        bool handshake;
    };

    void take_events(time_point now) {
        detail::session_event event;
        while (session_.next_event(event, now)) {
            using detail::event_kind;
            if (event.kind != event_kind::request && event.kind != event_kind::handshake) {
                if (on_event) on_event(event);
                continue;
            }
            scripted_answer said;
            if (on_request) said = on_request(event);
            if (said.never) continue;
            waiting_.push_back({after(now, said.after), event.request, std::move(said.outcome),
                                event.kind == event_kind::handshake});
        }
    }

    void answer(const waiting_answer& entry) {
        const bool good = entry.outcome.has_value();
        if (good) session_.reply(entry.request, *entry.outcome);
        else session_.reject(entry.request, entry.outcome.error());
        if (entry.handshake) session_.handshake_done(good);
    }

    detail::session session_;
    std::vector<waiting_answer> waiting_;
};

} // namespace tenon::testing

#endif
