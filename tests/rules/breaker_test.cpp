#include <tenon/rules/supervision/breaker.hpp>
#include <tenon/testing/manual_clock.hpp>

#include <doctest/doctest.h>

#include <chrono>

using tenon::breaker_state;
using tenon::detail::breaker;
using ms = std::chrono::milliseconds;

namespace {

struct work {
    explicit work(tenon::breaker_policy policy = {}) : kind(policy) {}

    bool ask() { return kind.may_ask(clock.now()); }
    void fail(int times = 1) {
        for (int time = 0; time < times; ++time) kind.failed(clock.now());
    }
    void succeed() { kind.succeeded(clock.now()); }
    breaker_state state() const { return kind.state(clock.now()); }

    tenon::testing::manual_clock clock;
    breaker kind;
};

} // namespace

TEST_CASE("S4: so many failures in a row open it, and then it fails fast") {
    work one;
    one.fail(4);
    CHECK(one.ask());
    one.succeed();
    CHECK(one.kind.failures_in_row() == 0);
    one.fail(4);
    CHECK(one.state() == breaker_state::closed);
    CHECK(one.kind.probe_at() == tenon::never);
    one.fail();
    CHECK(one.state() == breaker_state::open);
    CHECK(one.kind.failures_in_row() == 5);
    CHECK(one.kind.times_opened() == 1);
    CHECK(one.kind.probe_at() == one.clock.now() + ms{5'000});
    for (int call = 0; call < 1'000; ++call) CHECK_FALSE(one.ask());
    CHECK(one.kind.refused() == 1'000);
    one.clock.advance(ms{4'999});
    CHECK_FALSE(one.ask());
}

TEST_CASE("S4: after its time one probe goes through, and its success closes it") {
    work one;
    one.fail(5);
    one.clock.advance(ms{5'000});
    CHECK(one.state() == breaker_state::half_open); // seen before anybody asks
    CHECK(one.ask());
    CHECK(one.state() == breaker_state::half_open);
    CHECK_FALSE(one.ask()); // one, not all that waited
    one.succeed();
    CHECK(one.state() == breaker_state::closed);
    CHECK(one.ask());
    one.fail(4); // and the count began anew
    CHECK(one.state() == breaker_state::closed);
}

TEST_CASE("S4: a probe that fails opens it for as long again") {
    work one;
    one.fail(5);
    for (int round = 2; round < 10; ++round) {
        one.clock.advance(ms{5'000});
        CHECK(one.ask());
        one.clock.advance(ms{1'000});
        one.fail();
        CHECK(one.state() == breaker_state::open);
        CHECK(one.kind.times_opened() == static_cast<std::uint64_t>(round));
        CHECK(one.kind.probe_at() == one.clock.now() + ms{5'000});
        CHECK_FALSE(one.ask());
    }
}

TEST_CASE("answers to calls from before it opened neither close it nor keep it open longer") {
    work one;
    one.fail(5);
    const tenon::time_point until = one.kind.probe_at();
    one.clock.advance(ms{1'000});
    one.fail();
    CHECK(one.kind.probe_at() == until);
    CHECK(one.kind.times_opened() == 1);
    one.succeed();
    CHECK(one.state() == breaker_state::open);
    CHECK_FALSE(one.ask());
}

TEST_CASE("a probe that told nothing makes room for the next one") {
    work one;
    one.fail(5);
    one.clock.advance(ms{5'000});
    CHECK(one.ask());
    SUBCASE("it says so") { one.kind.abandoned(one.clock.now()); }
    SUBCASE("nobody ever says anything") {
        one.clock.advance(ms{4'999});
        CHECK_FALSE(one.ask());
        one.clock.advance(ms{1});
    }
    CHECK(one.ask());
    CHECK_FALSE(one.ask());
    one.succeed();
    one.kind.abandoned(one.clock.now()); // means nothing when it is closed
    CHECK(one.state() == breaker_state::closed);
}

TEST_CASE("with 0 failures allowed it never opens, and another instance begins with a closed one") {
    work never_opens({.failures = 0, .open_for = ms{5'000}});
    never_opens.fail(10'000);
    CHECK(never_opens.ask());
    work one({.failures = 1, .open_for = ms{5'000}});
    one.fail();
    CHECK_FALSE(one.ask());
    one.kind.reset();
    CHECK(one.ask());
    CHECK(one.kind.times_opened() == 1); // what was, was
    one.kind.use({.failures = 2, .open_for = ms{1'000}});
    one.fail();
    CHECK(one.ask());
    CHECK(name_of(one.state()) == "closed");
    CHECK(name_of(breaker_state::half_open) == "halfOpen");
}
