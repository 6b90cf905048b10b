#include <tenon/session/tables.hpp>
#include <tenon/session/session.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

bool remove_from(call_table& calls, std::int64_t id) {
    call_id call{id};
    return calls.remove(call);
}

} // namespace

TEST_CASE("ids are sequential from 1 and never used again") {
    call_table calls;
    for (std::int64_t id = 1; id <= 5000; ++id) {
        CHECK(calls.next_id() == id);
        CHECK(calls.insert(never, never, {}) == id);
        if (id % 7 != 0) CHECK(remove_from(calls, id));
        CHECK_FALSE(remove_from(calls, id + 1));
    }
    CHECK(calls.size() == 5000 / 7);
    CHECK(calls.was_used(5000));
    CHECK_FALSE(calls.was_used(5001));
    CHECK_FALSE(calls.was_used(0));
    CHECK(calls.skip() == 5001);
    CHECK_FALSE(calls.contains(5001));
}

TEST_CASE("a call table agrees with a map, whatever is removed when") {
    std::mt19937 random(2);
    call_table calls;
    std::map<std::int64_t, time_point> expected;
    time_point now{};
    for (int step = 0; step < 20'000; ++step) {
        const auto what = random() % 100;
        if (what < 50) {
            const time_point deadline = random() % 4 == 0 ? never : now + milliseconds(random() % 500);
            expected[calls.insert(deadline, never, deadline - now)] = deadline;
        } else if (what < 90) {
            const std::int64_t id = calls.next_id() - static_cast<std::int64_t>(random() % 100);
            CHECK(remove_from(calls, id) == (expected.erase(id) == 1));
        } else {
            now += milliseconds(random() % 50);
            sequence<ended_call> ended;
            calls.take_expired(now, 5, ended);
            std::size_t index = 0;
            for (auto at = expected.begin(); at != expected.end();) {
                if (at->second > now) {
                    ++at;
                    continue;
                }
                REQUIRE(index < ended.size());
                CHECK(ended[index++].id == at->first);
                at = expected.erase(at);
            }
            CHECK(index == ended.size());
        }
        CHECK(calls.size() == expected.size());
        const bool none_later = std::all_of(expected.begin(), expected.end(), [&](const auto& call) {
            return calls.earliest() <= call.second;
        });
        CHECK(none_later);
    }
    for (const auto& [id, deadline] : expected) CHECK(calls.contains(id));
}

TEST_CASE("a call's tag comes back with its end, whichever that is") {
    call_table calls;
    calls.insert(time_point{}, never, {}, 7);
    calls.insert(never, never, {}, 8);
    call_id call{2};
    CHECK(calls.extend(call, time_point{}));
    CHECK(call.tag == 8);
    sequence<ended_call> ended;
    calls.take_expired(time_point{}, 5, ended);
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].tag == 7);
    call = {2};
    CHECK(calls.remove(call));
    CHECK(call.tag == 8);
    call = {2, 3};
    CHECK_FALSE(calls.remove(call));
}

TEST_CASE("requests are found by token and by the bytes of their id") {
    incoming_table requests;
    CHECK(requests.find("1").generation == 0);
    const request_token one = requests.insert("1", 0), text = requests.insert("\"1\"", 3);
    CHECK(requests.find("1") == one);
    CHECK(requests.find("\"1\"") == text);
    CHECK(requests.find("01").generation == 0);
    CHECK(requests.get(text)->batch == 3);
    requests.remove(one);
    requests.remove(one);
    CHECK(requests.get(one) == nullptr);
    CHECK(requests.find("1").generation == 0);
    CHECK(requests.size() == 1);
    requests.clear();
    CHECK(requests.get(text) == nullptr);
    CHECK(requests.size() == 0);
    CHECK(requests.get(request_token{}) == nullptr);
}

TEST_CASE("an incoming table agrees with a map, whatever is removed when") {
    std::mt19937 random(4);
    incoming_table requests;
    std::map<std::string, request_token> expected;
    std::vector<request_token> stale;
    for (int step = 0; step < 20'000; ++step) {
        std::string id = std::to_string(random() % 300);
        if (random() % 3 == 0) id += std::string(random() % 60, 'x');
        const auto found = expected.find(id);
        CHECK((requests.find(id).generation != 0) == (found != expected.end()));
        if (found == expected.end()) {
            expected[id] = requests.insert(id, 0);
        } else {
            CHECK(requests.find(id) == found->second);
            CHECK(requests.get(found->second)->id == id);
            requests.remove(found->second);
            stale.push_back(found->second);
            expected.erase(found);
        }
        CHECK(requests.size() == expected.size());
    }
    for (const request_token token : stale) CHECK(requests.get(token) == nullptr);
}

TEST_CASE("the phases of a connection lead one way") {
    using enum session_phase;
    using enum phase_trigger;
    CHECK(next_phase(awaiting_handshake, handshake_accepted) == ready);
    CHECK(next_phase(awaiting_handshake, shutdown_begun) == shutting_down);
    CHECK(next_phase(ready, handshake_accepted) == ready);
    CHECK(next_phase(ready, shutdown_begun) == shutting_down);
    CHECK(next_phase(shutting_down, handshake_accepted) == shutting_down);
    for (const session_phase from : {awaiting_handshake, ready, shutting_down, closed})
        CHECK(next_phase(from, connection_closed) == closed);
    for (const phase_trigger trigger : {handshake_accepted, shutdown_begun, connection_closed})
        CHECK(next_phase(closed, trigger) == closed);
}
