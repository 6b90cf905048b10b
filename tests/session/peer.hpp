#ifndef TENON_TESTS_SESSION_PEER_HPP
#define TENON_TESTS_SESSION_PEER_HPP

// A session with a hand-turned clock, what it told, and what it sent, as text.

#include <tenon/session/session.hpp>
#include <tenon/wire/framing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tenon::detail {

// An event that keeps its texts.
struct told {
    event_kind kind;
    bool failed;
    request_token request;
    std::int64_t call;
    std::string id, method, params, value, text;
    std::size_t params_offset;
    fault error;
    violation_reason reason;
};

using told_list = std::vector<told>;
using texts = std::vector<std::string>;

inline std::string framed(std::string_view body) {
    byte_buffer out;
    append_frame_header(out, body.size());
    out.append(body);
    return std::string(out.view());
}

class peer {
public:
    explicit peer(session_role role, session_limits limits = {}) : session(role, limits) {}

    static time_point at(std::int64_t ms) { return time_point{} + milliseconds(1'000'000 + ms); }

    told_list events() {
        told_list all;
        session_event event;
        while (session.next_event(event, now)) {
            CHECK(event.kind != event_kind::none);
            all.push_back({event.kind, event.failed, event.request, event.call.value, std::string(event.id),
                           std::string(event.method), std::string(event.params), std::string(event.value),
                           std::string(event.text), event.params_offset, event.error, event.reason});
        }
        CHECK(event.kind == event_kind::none);
        return all;
    }
    told_list receive_raw(std::string_view bytes) {
        session.receive_bytes(bytes, now);
        return events();
    }
    told_list receive(std::string_view body) { return receive_raw(framed(body)); }
    /// For what tells exactly one thing.
    told receive_one(std::string_view body) {
        const told_list all = receive(body);
        REQUIRE(all.size() == 1);
        return all.front();
    }
    told_list receive_end() {
        session.receive_end(now);
        return events();
    }
    told_list wait(std::int64_t ms) {
        now += milliseconds(ms);
        session.handle_timeout(now);
        return events();
    }

    std::string sent_bytes() {
        std::string bytes;
        for (auto pieces = session.transmit(); !pieces.empty(); pieces = session.transmit()) {
            std::size_t count = 0;
            for (const std::string_view piece : pieces) {
                CHECK_FALSE(piece.empty());
                bytes += piece;
                count += piece.size();
            }
            session.sent(count);
        }
        CHECK(session.queued_bytes() == 0);
        return bytes;
    }
    /// The bodies sent since the last call.
    texts sent() {
        texts bodies;
        frame_reader reader;
        reader.append(sent_bytes());
        reader.end();
        std::string_view body;
        frame_step step;
        while ((step = reader.next(body)) == frame_step::body) bodies.emplace_back(body);
        CHECK(step == frame_step::end);
        return bodies;
    }
    std::string sent_one() {
        const texts bodies = sent();
        REQUIRE(bodies.size() == 1);
        return bodies.front();
    }

    detail::session session;
    time_point now = at(0);
};

/// A plugin whose handshake is behind it.
struct ready_plugin : peer {
    explicit ready_plugin(session_limits limits = {}) : peer(session_role::plugin, limits) {
        const told hello =
            receive_one(R"({"jsonrpc":"2.0","id":"hello","method":"plugin/handshake","params":{}})");
        CHECK(hello.kind == event_kind::handshake);
        session.reply(hello.request, "{}");
        session.handshake_done(true);
        sent();
    }
};

struct ready_host : peer {
    explicit ready_host(session_limits limits = host_limits()) : peer(session_role::host, limits) {
        session.handshake_done(true);
    }
};

inline std::string call_text(std::string_view id, std::string_view method, std::string_view params = {}) {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) + "\"" +
           (params.empty() ? "" : ",\"params\":") + std::string(params) + "}";
}

inline std::string result_text(std::int64_t id, std::string_view result = "null") {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + std::string(result) + "}";
}

/// The id and code of an error that was sent.
inline std::string error_of(const std::string& body) {
    envelope message;
    REQUIRE(parse_envelope(body, message));
    REQUIRE(message.failed);
    return std::string(message.id) + " " + std::to_string(message.error.code);
}

} // namespace tenon::detail

#endif
