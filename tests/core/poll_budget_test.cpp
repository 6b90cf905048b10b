#include <tenon/core/poll_budget.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

using namespace std::chrono_literals;
using tenon::never;
using tenon::time_point;
using tenon::detail::poll_budget;

namespace {

constexpr auto longest = 50us;

/// Both ends of a connection as one of them sees them, with a clock that is turned by hand.
struct conversation {
    poll_budget waits{longest};
    time_point now{1000s};

    /// Says something, and hears the answer so much later. How long it was worth looking.
    poll_budget::duration exchange(poll_budget::duration answered_after) {
        const poll_budget::duration look = say();
        hear_after(answered_after);
        return look;
    }
    poll_budget::duration say() { return waits.begin(now) - now; }
    void hear_after(poll_budget::duration wait, poll_budget::duration blind = 300ns) {
        now += wait;
        waits.heard(now, blind);
        now += 1us; // what it does with it
    }
    /// Until it looks: after how many short waits that was.
    int until_it_tries(int most = 100'000) {
        for (int count = 1; count <= most; ++count) {
            if (const auto look = say(); look > 0us) return count;
            hear_after(60us);
        }
        return 0;
    }
    void learn_to_look() {
        REQUIRE(until_it_tries() != 0);
        hear_after(2us);
        REQUIRE(exchange(2us) == longest);
    }
};

} // namespace

TEST_CASE("without a longest look nobody ever looks") {
    conversation off{poll_budget()};
    CHECK_FALSE(off.waits.may_look());
    for (int count = 0; count < 1'000; ++count) CHECK(off.exchange(2us) == 0us);
}

TEST_CASE("it sleeps at first, and tries to look after eight short waits in a row") {
    conversation talk;
    CHECK(talk.waits.may_look());
    for (int count = 0; count < 7; ++count) CHECK(talk.exchange(60us) == 0us);
    CHECK(talk.exchange(1ms) == 0us); // a long one: from the beginning
    for (int count = 0; count < 8; ++count) CHECK(talk.exchange(60us) == 0us);
    CHECK(talk.exchange(60us) == longest);
}

TEST_CASE("it goes on looking while that finds something") {
    conversation talk;
    talk.learn_to_look();
    for (int count = 0; count < 1'000; ++count) CHECK(talk.exchange(2us) == longest);
    for (int count = 0; count < 1'000; ++count) CHECK(talk.exchange(49us) == longest);
}

TEST_CASE("a look in vain halves the next one, one that finds something doubles it, three in vain end it") {
    conversation talk;
    talk.learn_to_look();
    CHECK(talk.exchange(100us) == 50us);
    CHECK(talk.exchange(100us) == 25us);
    CHECK(talk.exchange(3us) == 12'500ns);
    CHECK(talk.exchange(3us) == 25us);
    CHECK(talk.exchange(100us) == 50us);
    CHECK(talk.exchange(100us) == 25us);
    CHECK(talk.exchange(100us) == 12'500ns);
    CHECK(talk.exchange(100us) == 0us);
}

TEST_CASE("a peer that takes its time is never looked for") {
    conversation talk;
    for (int count = 0; count < 10'000; ++count) CHECK(talk.exchange(250us) == 0us);
}

TEST_CASE("where looking is in vain, the next try takes twice as many short waits, up to 4,096") {
    conversation talk;
    for (const int wanted : {8, 16, 32, 64, 128, 256, 512, 1'024, 2'048, 4'096, 4'096}) {
        CHECK(talk.until_it_tries() == wanted + 1);
        talk.hear_after(60us);
        CHECK(talk.exchange(60us) == 25us);
        CHECK(talk.exchange(60us) == 12'500ns);
    }
    SUBCASE("one that pays for long makes the next ones as quick as at first") {
        talk.learn_to_look();
        for (int count = 0; count < 256; ++count) talk.exchange(2us);
        for (int count = 0; count < 3; ++count) talk.exchange(60us);
        CHECK(talk.until_it_tries() == 17);
    }
}

TEST_CASE("where a peer cannot run while it is looked for, looking costs less than one percent") {
    conversation talk;
    const time_point start = talk.now;
    poll_budget::duration looked{};
    for (int count = 0; count < 200'000; ++count) {
        const auto look = talk.say();
        looked += look;
        talk.hear_after(look + 10us);
    }
    CHECK(looked * 100 < talk.now - start);
}

TEST_CASE("whom sleeping serves at once does not try to look") {
    conversation talk;
    for (int count = 0; count < 10'000; ++count) CHECK(talk.exchange(5us) == 0us);
}

TEST_CASE("what was found after somebody else had the CPU was looked for in vain") {
    conversation talk;
    talk.learn_to_look();
    for (int count = 0; count < 3; ++count) {
        CHECK(talk.say() > 0us);
        talk.hear_after(6us, 5us);
    }
    CHECK(talk.exchange(5us) == 0us);
}

TEST_CASE("after a pause it sleeps, and knows still that looking pays") {
    conversation talk;
    talk.learn_to_look();
    for (const auto pause : {4ms, 1'000ms, 3'600'000ms}) {
        talk.now += pause;
        CHECK(talk.exchange(60us) == 0us);
        CHECK(talk.exchange(2us) == longest);
    }
}

TEST_CASE("a peer that never answers is looked for three times at most") {
    conversation talk;
    talk.learn_to_look();
    poll_budget::duration looked{};
    for (int count = 0; count < 10'000; ++count) {
        looked += talk.say();
        talk.now += 60us;
    }
    CHECK(looked == 87'500ns);
}

TEST_CASE("who has more to say while he looks does not look for longer") {
    conversation talk;
    talk.learn_to_look();
    CHECK(talk.say() == 50us);
    talk.now += 20us;
    CHECK(talk.say() == 30us);
    talk.now += 20us;
    CHECK(talk.say() == 10us);
    talk.hear_after(5us);
    CHECK(talk.exchange(2us) == longest);
}

TEST_CASE("who was kept from the CPU while he looked has looked in vain") {
    conversation talk;
    talk.learn_to_look();
    for (int count = 0; count < 3; ++count) CHECK(talk.exchange(4ms) > 0us);
    CHECK(talk.exchange(2us) == 0us);
}

TEST_CASE("what comes unasked changes nothing") {
    conversation talk;
    for (int count = 0; count < 1'000; ++count) talk.hear_after(2us);
    CHECK(talk.exchange(2us) == 0us);
}
