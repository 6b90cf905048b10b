#include <tenon/rules/events/broadcast.hpp>
#include <tenon/rules/events/decision_chain.hpp>

#include "../counted_memory.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <utility>

using namespace tenon;
using namespace tenon::detail;

namespace {

void fill(interest_table& table, plugin_index plugins) {
    for (plugin_index plugin = 0; plugin < plugins; ++plugin) {
        table.set_plugin(plugin, "a-plugin-with-a-long-name-" + std::to_string(plugin), {}, 0);
        handshake_answer answer;
        answer.capabilities = {{"message"}};
        table.declare(plugin, answer);
    }
}

event_head head_of(std::string type) { return {"e1", std::move(type), "{}", "T"}; }

} // namespace

TEST_CASE("everybody who wants an event is told, with the same bytes") {
    interest_table table;
    fill(table, 100);
    const broadcast plan = plan_broadcast(table, head_of("message.incoming"), "{\"n\":1}");
    CHECK(plan.told.size() == 100);
    CHECK(
        plan.message.view() ==
        R"({"eventId":"e1","eventType":"message.incoming","metadata":{},"timestamp":"T","payload":{"n":1}})");
}

TEST_CASE("E4: who is told stays as it was planned, whatever becomes of the plugins meanwhile") {
    interest_table table;
    fill(table, 100);
    const broadcast plan = plan_broadcast(table, head_of("message.incoming"), "1");
    std::size_t told = 0;
    for (const interest& one : plan.told) {
        table.withdraw(one.plugin);
        table.remove(99 - one.plugin);
        table.set_plugin(one.plugin, "another", {}, 0);
        for (int number = 0; number < 10; ++number) (void)table.of("message.x" + std::to_string(number));
        CHECK(one.name == "a-plugin-with-a-long-name-" + std::to_string(one.plugin));
        ++told;
    }
    CHECK(told == 100);
    CHECK(table.of("message.incoming").empty());
}

TEST_CASE("what nobody wants is not written") {
    interest_table table;
    fill(table, 3);
    const event_head head = head_of("room.joined");
    (void)plan_broadcast(table, head, "1");
    const tests::memory_since before;
    const broadcast plan = plan_broadcast(table, head, "1");
    CHECK(before.allocations() == 0);
    CHECK(plan.told.empty());
    CHECK(plan.message.view().empty());
}

TEST_CASE("who gets an event is found without allocating") {
    interest_table table;
    fill(table, 100);
    const std::string types[] = {"message.incoming", "message.outgoing",
                                 "room.joined-by-somebody-with-a-long-name"};
    std::size_t told = 0;
    for (const std::string& type : types) told += table.of(type).size();
    const tests::memory_since before;
    for (int round = 0; round < 1'000; ++round)
        for (const std::string& type : types) told += table.of(type).size();
    CHECK(before.allocations() == 0);
    CHECK(told == 1'001 * 200);
}

TEST_CASE("E7: types without end, as a plugin may emit them, are not remembered without end") {
    interest_table table;
    fill(table, 3);
    const tests::memory_since before;
    for (int number = 0; number < 20'000; ++number) {
        std::string type = "message." + std::string(100, 'x');
        (void)table.of(type += std::to_string(number));
    }
    CHECK(before.most_held() < 1 << 20);
}

TEST_CASE("E8: 8 MiB for 100 plugins are written once, straight into what all of them share") {
    interest_table table;
    fill(table, 100);
    const std::string payload = '"' + std::string(8 << 20, 'x') + '"';
    const event_head head = head_of("message.incoming");
    (void)table.of(head.type);
    const tests::memory_since before;
    {
        const broadcast plan = plan_broadcast(table, head, payload);
        CHECK(plan.message.view().size() > payload.size());
        CHECK(before.largest() < payload.size() + 1'024);
        CHECK(before.most_held() < payload.size() + 8'192);
    }
    CHECK(before.still_held() == 0);
}

TEST_CASE("E8: 8 MiB that 100 plugins decide on are held twice, as payload and as message") {
    interest_table table;
    for (plugin_index plugin = 0; plugin < 100; ++plugin) {
        table.set_plugin(plugin, "p" + std::to_string(plugin), {}, 0);
        handshake_answer answer;
        answer.capabilities = {{"message"}};
        const event_mode mode = plugin == 0 ? event_mode::mutate : event_mode::validate;
        answer.events = {{event_interest{"message.*", mode, {}, {}}}};
        table.declare(plugin, answer);
    }
    const std::size_t size = 8 << 20;
    const std::string answer = "{\"payload\":\"" + std::string(size - 2, 'y') + "\"}";
    std::string payload(size, 'x');
    payload.front() = payload.back() = '"';
    const std::span<const interest> interests = table.of("message.incoming");
    const tests::memory_since before;
    decision_chain chain(interests, head_of("message.incoming"), std::move(payload), never, {});
    chain_ask ask;
    while (chain.next_ask(ask)) {
    }
    ask = {};
    chain.answered(0, answer, {});
    while (chain.next_ask(ask)) {
    }
    CHECK(chain.encodings() == 2);
    CHECK(ask.payload.size() == size);
    CHECK(before.most_held() < size + 200'000); // and the payload, which was handed over
}

TEST_CASE("an event costs two allocations however many are told" * doctest::skip(!tests::memory_is_counted)) {
    for (const plugin_index plugins : {1u, 100u}) {
        interest_table table;
        fill(table, plugins);
        const event_head head = head_of("message.incoming");
        (void)plan_broadcast(table, head, "1");
        const tests::memory_since before;
        const broadcast plan = plan_broadcast(table, head, "1");
        CHECK(before.allocations() == 2); // the front of the message, and the message
    }
}
