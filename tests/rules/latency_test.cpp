#include <tenon/rules/logs/latency.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace tenon;
using std::chrono::nanoseconds;
using tenon::detail::latency_histogram;

namespace {

nanoseconds ns(double count) { return nanoseconds(static_cast<std::int64_t>(count)); }

} // namespace

TEST_CASE("steps follow each other without a gap, and every time lies in its own") {
    for (std::size_t step = 0; step < latency_histogram::steps; ++step) {
        const nanoseconds begin = latency_histogram::step_begin(step);
        const nanoseconds end = latency_histogram::step_begin(step + 1);
        CHECK(begin < end);
        for (const nanoseconds time : {begin, (begin + end) / 2, end - nanoseconds(1)}) {
            latency_histogram one;
            one.add(time);
            CHECK(one.count_in(step) == 1);
        }
    }
    CHECK(latency_histogram::step_begin(latency_histogram::steps) == latency_histogram::overflow);
    CHECK(sizeof(latency_histogram) < 4'096);
}

TEST_CASE("a quantile is at most 5 % off between 1 us and 100 s") {
    double worst = 0;
    for (double time = 1e3; time <= 1e11; time *= 1.0037) {
        latency_histogram three; // others on both sides, so that the extremes do not help
        three.add(nanoseconds(1));
        three.add(ns(time));
        three.add(std::chrono::seconds(130));
        const double told = static_cast<double>(three.quantile(0.5).count());
        worst = std::max(worst, std::abs(told - time) / time);
    }
    CHECK(worst < 0.05);
    CHECK(worst > 0.01); // else this tests nothing
}

TEST_CASE("quantiles of many times are those of the sorted list, to 5 %") {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> spread(13, 2);
    latency_histogram histogram;
    std::vector<double> times;
    for (int count = 0; count < 20'000; ++count) {
        const double time = std::clamp(std::floor(spread(random)), 1e3, 1e11);
        times.push_back(time);
        histogram.add(ns(time));
    }
    std::sort(times.begin(), times.end());
    for (const double part : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
        const double exact = times[static_cast<std::size_t>(std::ceil(part * 20'000)) - 1];
        CHECK(std::abs(static_cast<double>(histogram.quantile(part).count()) - exact) <= exact * 0.05);
    }
    CHECK(histogram.quantile(0).count() == static_cast<std::int64_t>(times.front()));
    CHECK(histogram.quantile(1).count() == static_cast<std::int64_t>(times.back()));
    CHECK(histogram.count() == 20'000);
    double sum = 0;
    for (const double time : times) sum += time;
    CHECK(static_cast<double>(histogram.mean().count()) == doctest::Approx(sum / 20'000));
}

TEST_CASE("the rank of a quantile is exact where there are few") {
    latency_histogram histogram;
    for (int ms = 1; ms <= 100; ++ms) histogram.add(milliseconds(ms));
    const auto near = [](nanoseconds time, int ms) {
        return std::abs(static_cast<double>(time.count()) / 1e6 - ms) < ms * 0.05;
    };
    CHECK(near(histogram.quantile(0.5), 50));
    CHECK(near(histogram.quantile(0.99), 99));
    CHECK(histogram.quantile(0.001) == milliseconds(1));
    CHECK(histogram.quantile(std::nan("")) == histogram.shortest());
}

TEST_CASE("extremes are told exactly, and what is out of range does no harm") {
    latency_histogram histogram;
    CHECK(histogram.quantile(0.5) == nanoseconds(0));
    CHECK(histogram.mean() == nanoseconds(0));
    CHECK(histogram.shortest() == nanoseconds(0));
    histogram.add(nanoseconds(-5)); // a clock that was turned back
    CHECK(histogram.longest() == nanoseconds(0));
    histogram.add(std::chrono::hours(1));
    histogram.add(std::chrono::hours(2));
    CHECK(histogram.quantile(0.9) == std::chrono::hours(2));
    CHECK(histogram.longest() == std::chrono::hours(2));
    CHECK(histogram.shortest() == nanoseconds(0));
    CHECK(histogram.count() == 3);
}

TEST_CASE("a single time is its own every quantile") {
    latency_histogram histogram;
    histogram.add(nanoseconds(1'234'567));
    for (const double part : {0.0, 0.5, 0.99, 1.0}) CHECK(histogram.quantile(part) == nanoseconds(1'234'567));
}

TEST_CASE("merged histograms are as one that was told everything") {
    latency_histogram one, other, both;
    std::mt19937_64 random(2);
    for (int count = 0; count < 1'000; ++count) {
        const nanoseconds time(static_cast<std::int64_t>(random() % 10'000'000'000));
        (count % 3 == 0 ? one : other).add(time);
        both.add(time);
    }
    one.merge(other);
    CHECK(one == both);
    one.merge({});
    CHECK(one == both);
    one.clear();
    CHECK(one == latency_histogram());
}

TEST_CASE("a scale of one's own counts what lies below each of its bounds") {
    latency_histogram histogram;
    for (int ms = 0; ms < 100; ++ms) histogram.add(milliseconds(ms));
    CHECK(histogram.count_below(nanoseconds(0)) == 0);
    CHECK(histogram.count_below(milliseconds(50)) == doctest::Approx(50).epsilon(0.05));
    CHECK(histogram.count_below(std::chrono::hours(1)) == 100);
    CHECK(histogram.count_below(nanoseconds(-1)) == 0);
}

TEST_CASE("a histogram becomes JSON and is read back") {
    latency_histogram histogram;
    CHECK(to_json(histogram) == R"({"count":0,"sumNs":0,"minNs":0,"maxNs":0,"steps":[]})");
    CHECK(*from_json<latency_histogram>(to_json(histogram)) == histogram);
    histogram.add(nanoseconds(1'000));
    histogram.add(nanoseconds(1'001));
    histogram.add(std::chrono::hours(3));
    const std::string text = to_json(histogram);
    CHECK(
        text ==
        R"({"count":3,"sumNs":10800000002001,"minNs":1000,"maxNs":10800000000000,"steps":[[15,2],[447,1]]})");
    const auto back = from_json<latency_histogram>(text);
    REQUIRE(back);
    CHECK(*back == histogram);
    for (const char* wrong : {R"({"count":1,"sumNs":0,"minNs":0,"maxNs":0,"steps":[]})",
                              R"({"count":1,"sumNs":0,"minNs":0,"maxNs":0,"steps":[[448,1]]})", "[]", "{}"})
        CHECK_FALSE(from_json<latency_histogram>(wrong));
}
