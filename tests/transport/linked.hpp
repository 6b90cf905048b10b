#ifndef TENON_TESTS_TRANSPORT_LINKED_HPP
#define TENON_TESTS_TRANSPORT_LINKED_HPP

// Two sessions that talk over links, and owners that note what they are told. The loop runs until something has
// happened, with a limit of ten seconds that no test that passes comes near.

#include <tenon/transport/descriptor_link.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linked {

using namespace std::chrono_literals;
using tenon::milliseconds;
using tenon::time_point;
using tenon::detail::descriptor;
using tenon::detail::descriptor_link;
using tenon::detail::event_kind;
using tenon::detail::session_event;
using tenon::detail::session_role;

struct told {
    event_kind kind;
    bool failed;
    std::int64_t call;
    std::string method, text; // text: params, value, the words of an error, or why it was closed
    tenon::violation_reason reason;
    bool operator==(const told&) const = default;
};

inline time_point clock_now() { return std::chrono::steady_clock::now(); }

class owner final : public tenon::detail::link_owner {
public:
    std::vector<told> events = {};
    int pauses = 0;
    bool answers = true; // requests, with their own params
    bool notes = true;
    std::size_t count = 0;
    std::function<void(session_event&, time_point)> also = {};
    std::function<void()> at_pause = {};
    std::shared_ptr<tenon::detail::link> link = {};

    tenon::detail::session& peer() { return link->peer(); }

    std::size_t count_of(event_kind kind) const {
        std::size_t found = 0;
        for (const told& event : events) found += event.kind == kind ? 1 : 0;
        return found;
    }
    const told* last_of(event_kind kind) const {
        for (auto event = events.rbegin(); event != events.rend(); ++event)
            if (event->kind == kind) return &*event;
        return nullptr;
    }
    void call(std::string_view method, std::string_view params, milliseconds wait = 60s) {
        const time_point now = clock_now();
        const auto made = peer().call(method, params, tenon::after(now, wait), now);
        REQUIRE(made.has_value());
    }

private:
    void on_event(session_event& event, time_point now) override {
        ++count;
        if (notes)
            events.push_back({event.kind, event.failed, event.call.value, std::string(event.method),
                              event.failed                        ? event.error.message
                              : event.kind == event_kind::closed  ? std::string(event.text)
                              : event.kind == event_kind::request ? std::string(event.params)
                                                                  : std::string(event.value),
                              event.reason});
        const auto held = link; // `also` may let go of it, and so must not be the last
        if (event.kind == event_kind::request && answers)
            held->peer().reply(event.request, event.params.empty() ? "null" : event.params);
        if (event.kind == event_kind::handshake) {
            held->peer().reply(event.request, R"({"name":"test","version":"1"})");
            held->peer().handshake_done(true);
        }
        if (also) also(event, now);
    }
    void on_pause(time_point) override {
        ++pauses;
        if (at_pause) at_pause();
    }
};

/// Runs the loop until `done()`; false if it took more than ten seconds or nothing is left to wait for.
template <class Done>
bool run_until(asio::io_context& loop, Done done) {
    const time_point end = clock_now() + 10s;
    while (!done()) {
        if (clock_now() > end) return false;
        loop.restart();
        if (loop.run_one_for(100ms) == 0 && loop.stopped() && !done()) return false;
    }
    return true;
}

/// Runs what can run without waiting.
inline void run_ready(asio::io_context& loop) {
    for (int turn = 0; turn != 20; ++turn) {
        loop.restart();
        loop.poll();
    }
}

enum class medium { pipes, sockets };

/// The two sides' descriptors: {input, output} each; with sockets the output is none.
struct ends {
    descriptor host_input, host_output, plugin_input, plugin_output;
};

inline ends make_ends(medium over) {
    int one[2], other[2];
    if (over == medium::sockets) {
        REQUIRE(tenon::detail::make_socket_pair(one));
        return {descriptor(one[0]), descriptor(), descriptor(one[1]), descriptor()};
    }
    REQUIRE(tenon::detail::make_pipe(one));
    REQUIRE(tenon::detail::make_pipe(other));
    return {descriptor(one[0]), descriptor(other[1]), descriptor(other[0]), descriptor(one[1])};
}

/// A host and a plugin that have shaken hands.
struct couple {
    asio::io_context loop{1};
    owner host, plugin;

    explicit couple(medium over, const tenon::session_limits& limits = tenon::host_limits(),
                    milliseconds write_timeout = 10s) {
        ends made = make_ends(over);
        host.link =
            descriptor_link::open(loop.get_executor(), session_role::host, limits, host,
                                  std::move(made.host_input), std::move(made.host_output), write_timeout);
        plugin.link =
            descriptor_link::open(loop.get_executor(), session_role::plugin, limits, plugin,
                                  std::move(made.plugin_input), std::move(made.plugin_output), write_timeout);
        host.call("plugin/handshake", R"({"protocolVersions":[1]})");
        host.link->flush();
        REQUIRE(run_until(loop, [&] { return host.count == 1; }));
        host.peer().handshake_done(true);
        forget();
    }
    void forget() {
        for (owner* each : {&host, &plugin}) {
            each->events.clear();
            each->count = 0;
            each->pauses = 0;
        }
    }
};

/// A host whose other side is bare descriptors.
struct lone_host {
    asio::io_context loop{1};
    owner host;
    descriptor to_host, from_host; // with sockets the former is for both
    medium over;

    explicit lone_host(medium given, const tenon::session_limits& limits = tenon::host_limits(),
                       milliseconds write_timeout = 10s)
        : over(given) {
        ends made = make_ends(over);
        host.link =
            descriptor_link::open(loop.get_executor(), session_role::host, limits, host,
                                  std::move(made.host_input), std::move(made.host_output), write_timeout);
        host.peer().handshake_done(true);
        to_host = over == medium::sockets ? std::move(made.plugin_input) : std::move(made.plugin_output);
        if (over == medium::pipes) from_host = std::move(made.plugin_input);
        tenon::detail::make_nonblocking(to_host.get());
        tenon::detail::make_nonblocking(reading_end());
    }
    int reading_end() const { return over == medium::sockets ? to_host.get() : from_host.get(); }

    bool say(std::string_view bytes) {
        const auto put = tenon::detail::write_some(to_host.get(), over == medium::sockets, {&bytes, 1});
        return put.state == tenon::detail::transfer_state::some && put.count == bytes.size();
    }
    std::string hear() {
        std::string room(1 << 20, '\0');
        const auto got = tenon::detail::read_some(reading_end(), room);
        room.resize(got.count);
        return room;
    }
    bool hears_end() {
        char byte = 0;
        return tenon::detail::read_some(reading_end(), {&byte, 1}).state ==
               tenon::detail::transfer_state::over;
    }
};

inline std::string frame(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

} // namespace linked

#endif
