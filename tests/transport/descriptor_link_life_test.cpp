// What owners do to links while they are told something, what a link costs, and what it leaves to others.

#include "../counted_memory.hpp"
#include "linked.hpp"

#include <cstdlib>

using namespace linked;

TEST_CASE("Z4: a link that is closed, forgotten or let go of within on_event tells nothing more") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        for (int way = 0; way != 3; ++way) {
            lone_host one(over);
            one.host.call("ask", "[]");
            one.host.link->flush();
            one.host.also = [&](session_event&, time_point) {
                if (way == 0) one.host.link->close();
                if (way == 1) one.host.link->forget_owner();
                if (way == 2) one.host.link.reset();
            };
            static_cast<void>(one.hear());
            const std::string message = frame(R"({"jsonrpc":"2.0","method":"event"})");
            REQUIRE(one.say(message + message + message));
            REQUIRE(run_until(one.loop, [&] { return one.host.count != 0; }));
            run_ready(one.loop);
            CHECK(one.host.count == 1);
            CHECK(one.host.pauses == 0);
            CHECK(one.hears_end());
        }
    }
}

TEST_CASE("Z4: letting go of a link at any time closes both of its ends and leaves nothing in the loop") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        const std::string params = "[\"" + std::string(1'500'000, 'x') + "\"]";
        CHECK(one.host.peer().notify("event", params));
        one.host.call("ask", "[]", 20s);
        one.host.link->flush(); // waits for input, output and the alarm now
        one.host.link.reset();
        while (!one.hear().empty()) continue;
        CHECK(one.hears_end());
        one.loop.restart();
        one.loop.run(); // would wait for ever if anything were left
        CHECK(one.host.count == 0);
    }
}

TEST_CASE("Z4: a loop may go before its links") {
    owner host;
    ends made = make_ends(medium::pipes);
    {
        auto loop = std::make_unique<asio::io_context>(1);
        host.link = descriptor_link::open(loop->get_executor(), session_role::host, tenon::host_limits(),
                                          host, std::move(made.host_input), std::move(made.host_output));
        host.call("ask", "[]");
        host.link->flush();
        host.link.reset();
    }
    CHECK(host.count == 0);
}

TEST_CASE("an end that comes together with the last bytes is told, also by a peer that still reads") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        lone_host one(over);
        const std::string message = frame(R"({"jsonrpc":"2.0","method":"event"})");
        for (std::size_t told = 1; told != 4; ++told) {
            REQUIRE(one.say(message));
            REQUIRE(run_until(one.loop, [&] { return one.host.count == told; }));
            run_ready(one.loop); // it waits for more now
        }
        REQUIRE(one.say(message));
        if (over == medium::pipes) one.to_host.reset();
        else tenon::detail::shut_socket_output(one.to_host.get());
        REQUIRE(run_until(one.loop, [&] { return one.host.count_of(event_kind::closed) == 1; }));
        CHECK(one.host.count_of(event_kind::notification) == 4);
    }
}

TEST_CASE("a closed link does nothing, whatever is asked of it") {
    lone_host one(medium::pipes);
    one.host.link->close();
    one.host.link->close();
    one.host.link->flush();
    one.host.link->close_output();
    one.host.link->read_rest();
    CHECK(one.host.peer().notify("event", "[]"));
    one.host.link->flush();
    run_ready(one.loop);
    CHECK(one.host.count == 0);
    CHECK(one.hears_end());
}

TEST_CASE("P3: a peer that floods leaves others their turn") {
    asio::io_context loop(1);
    owner loud, calm;
    ends loud_ends = make_ends(medium::sockets), calm_ends = make_ends(medium::pipes);
    for (auto [who, made] : {std::pair(&loud, &loud_ends), std::pair(&calm, &calm_ends)}) {
        who->link = descriptor_link::open(loop.get_executor(), session_role::host, tenon::host_limits(), *who,
                                          std::move(made->host_input), std::move(made->host_output));
        who->peer().handshake_done(true);
    }
    loud.notes = false;
    const std::string message =
        frame(R"({"jsonrpc":"2.0","method":"flood","params":[")" + std::string(1000, 'f') + "\"]}");
    std::string much;
    while (much.size() < 100'000) much += message;
    tenon::detail::make_nonblocking(loud_ends.plugin_input.get());
    std::size_t partial = 0;
    const auto pour = [&] {
        for (;;) {
            const std::string_view rest = std::string_view(much).substr(partial);
            const auto put = tenon::detail::write_some(loud_ends.plugin_input.get(), true, {&rest, 1});
            if (put.state != tenon::detail::transfer_state::some) return;
            partial = (partial + put.count) % much.size();
        }
    };
    // Whatever is read of the flood is there again at once.
    std::size_t largest_turn = 0, turn = 0;
    loud.at_pause = [&] { pour(); };
    loud.also = [&](session_event&, time_point) { ++turn; };
    pour();
    for (int round = 0; round != 50; ++round) {
        const std::string ask = frame(R"({"jsonrpc":"2.0","id":1,"method":"ask"})");
        const std::string_view piece = ask;
        REQUIRE(tenon::detail::write_some(calm_ends.plugin_output.get(), false, {&piece, 1}).count ==
                ask.size());
        const std::size_t before = calm.count;
        for (int handler = 0; calm.count == before && handler != 20; ++handler) {
            turn = 0;
            loop.restart();
            loop.run_one_for(1s);
            largest_turn = std::max(largest_turn, turn);
        }
        CHECK(calm.count == before + 1);
    }
    CHECK(loud.count > 1000);
    CHECK(largest_turn * message.size() < 2 * tenon::detail::turn_bytes);
}

TEST_CASE("in steady use a message allocates nothing, alone or many at once") {
    for (const medium over : {medium::pipes, medium::sockets}) {
        for (const int at_once : {1, 64}) {
            couple both(over);
            both.host.notes = both.plugin.notes = false;
            std::size_t answered = 0, wanted = 0;
            both.host.also = [&](session_event& event, time_point now) {
                if (event.kind != event_kind::response) return;
                if (++answered < wanted) {
                    const auto next = both.host.peer().call("ask", R"({"who":"world"})", now + 60s, now);
                    if (!next) std::abort();
                }
            };
            const auto run = [&](std::size_t messages) {
                answered = 0;
                wanted = messages;
                const time_point now = clock_now();
                for (int call = 0; call != at_once; ++call)
                    if (!both.host.peer().call("ask", R"({"who":"world"})", now + 60s, now)) std::abort();
                both.host.link->flush();
                both.loop.restart();
                while (both.host.peer().pending_calls() != 0) both.loop.run_one();
            };
            run(2'000);
            const tenon::tests::memory_since before;
            run(10'000);
            const std::size_t allocations = before.allocations();
            CHECK(answered >= 10'000);
            CHECK(allocations == 0);
        }
    }
}

TEST_CASE("Q9: one that stops reading does not hold up the others") {
    asio::io_context loop(1);
    constexpr std::size_t count = 20;
    std::vector<ends> made;
    std::vector<owner> hosts(count), plugins(count);
    for (std::size_t index = 0; index != count; ++index) {
        made.push_back(make_ends(medium::pipes));
        ends& mine = made.back();
        hosts[index].link =
            descriptor_link::open(loop.get_executor(), session_role::host, tenon::host_limits(), hosts[index],
                                  std::move(mine.host_input), std::move(mine.host_output));
        hosts[index].peer().handshake_done(true);
        if (index == 7) continue; // its ends are open, but nobody reads
        plugins[index].link =
            descriptor_link::open(loop.get_executor(), session_role::plugin, {}, plugins[index],
                                  std::move(mine.plugin_input), std::move(mine.plugin_output));
        plugins[index].peer().handshake_done(true);
    }
    const tenon::detail::shared_bytes payload("[\"" + std::string(20'000, 's') + "\"]");
    std::size_t refused = 0;
    for (std::size_t round = 1; round <= 500; ++round) {
        for (owner& each : hosts) {
            refused += each.peer().notify("event", payload) ? 0 : 1;
            each.link->flush();
        }
        REQUIRE(run_until(loop, [&] {
            for (std::size_t index = 0; index != count; ++index)
                if (index != 7 && plugins[index].count < round) return false;
            return true;
        }));
    }
    CHECK(refused > 0); // by the one, when 8 MiB waited for it
    CHECK(refused == hosts[7].peer().counters().dropped_notifications);
}
