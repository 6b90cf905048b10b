// What is told within one turn of the loop: the first event at once, the rest in one piece when the turn ends.

#include "inside.hpp"
#include "socket_client.hpp"

#include <algorithm>
#include <optional>

namespace {

using namespace tenon;
using tests::running_host;
using tests::socket_client;

/// A plugin that a test plays on the host's socket, and what the host has not written to it yet.
struct telling_host : running_host {
    telling_host() {
        REQUIRE(host.listen(folder / "host.sock"));
        REQUIRE(host.add({.name = "hand", .attach = true}));
        plugin.emplace(*this, folder / "host.sock");
        plugin->line(R"({"jsonrpc":"2.0","id":"a","method":"plugin/attach","params":{"name":"hand"}})");
        plugin->next();
        const json request = plugin->next();
        plugin->line(R"({"jsonrpc":"2.0","id":)" + std::string(request["id"].text()) +
                     R"(,"result":{"name":"hand","version":"1","capabilities":["room"],)"
                     R"("events":[{"type":"room.*","mode":"observe"}]}})");
        REQUIRE(wait_for([&] { return status("hand").state == plugin_state::ready; }));
    }
    void tell(int number) { CHECK(host.publish("room.counted", number) == 1); }
    std::size_t unwritten() { return inside(host).find("hand")->actor->unread_bytes(); }
    int next_told() { return plugin->next()["params"]["payload"].as<int>().value_or(-1); }

    tests::scratch_folder folder;
    std::optional<socket_client> plugin;
};

} // namespace

TEST_CASE("the first event of a turn goes out at once, and what follows it at the turn's end, in order") {
    telling_host run;
    for (int turn = 0; turn != 3; ++turn) {
        run.tell(0);
        CHECK(run.unwritten() == 0);
        run.tell(1);
        const std::size_t one = run.unwritten();
        CHECK(one > 0);
        run.tell(2);
        CHECK(run.unwritten() > one);
        run.io.restart();
        run.io.poll();
        CHECK(run.unwritten() == 0);
        for (int number = 0; number != 3; ++number) CHECK(run.next_told() == number);
    }
}

TEST_CASE("a turn in which very much is told writes before its end") {
    telling_host run;
    std::size_t most = 0;
    for (int number = 0; number != 1'000; ++number) {
        run.tell(number);
        most = std::max(most, run.unwritten());
    }
    CHECK(most > 1'000);
    CHECK(most <= detail::max_told_together + 1'000);
    for (int number = 0; number != 1'000; ++number) REQUIRE(run.next_told() == number);
}

TEST_CASE("a call takes along what was told before it") {
    telling_host run;
    run.tell(0);
    run.tell(1);
    run.host.core()->call("hand", "plugin/health", "{}", {}, [](const auto&, time_point) {});
    CHECK(run.unwritten() == 0);
    CHECK(run.next_told() == 0);
    CHECK(run.next_told() == 1);
    CHECK(run.plugin->next()["method"].text() == R"("plugin/health")");
}

TEST_CASE("what was told is written before its host is gone") {
    telling_host run;
    run.tell(0);
    run.tell(1);
    run.host.core()->close();
    for (const int number : {0, 1}) CHECK(run.next_told() == number);
}
