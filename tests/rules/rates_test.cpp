#include <tenon/rules/rates.hpp>

#include <doctest/doctest.h>

using namespace tenon;

namespace {

struct turned {
    detail::request_rate rate = {};
    time_point now = time_point(milliseconds(5'000));

    int admitted(int asked, double per_second) {
        int count = 0;
        for (int at = 0; at < asked; ++at) count += rate.admit(per_second, now);
        return count;
    }
};

} // namespace

TEST_CASE("a second's worth goes through at once, and then as many as a second has brought") {
    turned at;
    CHECK(at.admitted(100, 10) == 10);
    CHECK(at.rate.seconds_to_wait(10) == 1);
    for (int tenth = 0; tenth < 50; ++tenth) {
        at.now += milliseconds(100);
        CHECK(at.admitted(3, 10) == 1);
    }
    at.now += milliseconds(500);
    CHECK(at.admitted(100, 10) == 5);
    at.now += std::chrono::hours(24);
    CHECK(at.admitted(100, 10) == 10);
}

TEST_CASE("less than one a second is one, and then a wait") {
    turned at;
    CHECK(at.admitted(5, 0.25) == 1);
    CHECK(at.rate.seconds_to_wait(0.25) == 4);
    at.now += milliseconds(3'999);
    CHECK(at.admitted(5, 0.25) == 0);
    CHECK(at.rate.seconds_to_wait(0.25) == 1);
    at.now += milliseconds(1);
    CHECK(at.admitted(5, 0.25) == 1);
    CHECK(at.rate.seconds_to_wait(1e-9) == 3'600);
}

TEST_CASE(
    "without a rate everything goes through, and a clock that stands still or goes back gives nothing") {
    turned at;
    CHECK(at.admitted(10'000, 0) == 10'000);
    CHECK(at.admitted(5, 2) == 2);
    at.now -= milliseconds(1'000);
    CHECK(at.admitted(5, 2) == 0);
    at.now += milliseconds(1'500);
    CHECK(at.admitted(5, 2) == 1);
    CHECK(at.admitted(5, 0) == 5);
}
