#include <tenon/core/result.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using tenon::fault;
using tenon::result;

namespace {

// Counts the instances that are alive, to see that each is destroyed exactly once.
struct tracked {
    explicit tracked(int& alive) : alive_(&alive) { ++*alive_; }
    tracked(const tracked& other) : alive_(other.alive_) { ++*alive_; }
    tracked(tracked&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    tracked& operator=(const tracked&) = delete;
    ~tracked() { --*alive_; }

private:
    int* alive_;
};

result<int> half(int number) {
    if (number % 2 != 0) return fault{7, "odd", "[1]"};
    return number / 2;
}

} // namespace

TEST_CASE("a result is either the value or the fault that was returned") {
    const result<int> good = half(8);
    CHECK(good);
    CHECK(good.has_value());
    CHECK(*good == 4);
    CHECK(good.value() == 4);
    CHECK(good.value_or(9) == 4);

    const result<int> bad = half(9);
    CHECK(!bad);
    CHECK(!bad.has_value());
    CHECK(bad.error().code == 7);
    CHECK(bad.error().message == "odd");
    CHECK(bad.error().data == "[1]");
    CHECK(bad.value_or(9) == 9);
}

TEST_CASE("a result hands its value on without copying it") {
    result<std::unique_ptr<int>> owner = std::make_unique<int>(5);
    CHECK(**owner == 5);
    const std::unique_ptr<int> taken = *std::move(owner);
    CHECK(*taken == 5);

    result<std::string> text = std::string(100, 'x');
    CHECK(text->size() == 100);
    const std::string moved = std::move(text).value();
    CHECK(moved.size() == 100);

    result<std::string> bad = fault{1, std::string(100, 'y')};
    const fault error = std::move(bad).error();
    CHECK(error.message.size() == 100);
}

TEST_CASE("copies and moves of a result keep what it is, and nothing is destroyed twice or never") {
    int alive = 0;
    {
        result<tracked> good = tracked(alive);
        CHECK(alive == 1);
        result<tracked> copy = good;
        CHECK(alive == 2);
        result<tracked> moved = std::move(copy);
        CHECK(alive == 3);

        result<tracked> bad = fault{3, "bad"};
        result<tracked> bad_copy = bad;
        CHECK(bad_copy.error().message == "bad");

        good = bad; // from a value to a fault
        CHECK(alive == 2);
        CHECK(good.error().code == 3);
        bad = moved; // and the other way round
        CHECK(bad.has_value());
        CHECK(alive == 3);
        bad = *&bad;
        CHECK(bad.has_value());
        CHECK(alive == 3);
    }
    CHECK(alive == 0);
}

TEST_CASE("a result without a value says only whether it worked") {
    const auto check = [](bool good) -> result<void> {
        if (good) return {};
        return fault{tenon::codes::timeout, "too late"};
    };
    CHECK(check(true));
    CHECK(check(true).has_value());
    CHECK(!check(false));
    CHECK(check(false).error().message == "too late");
    result<void> taken = check(false);
    CHECK(std::move(taken).error().code == tenon::codes::timeout);
}

TEST_CASE("results are told from other types while compiling") {
    static_assert(tenon::detail::is_result<result<int>>);
    static_assert(tenon::detail::is_result<result<void>>);
    static_assert(!tenon::detail::is_result<std::vector<int>>);
    static_assert(std::is_same_v<result<int>::value_type, int>);
    static_assert(std::is_same_v<result<void>::value_type, void>);
}

TEST_CASE("a fault that says nothing more is an internal error without data") {
    const fault plain;
    CHECK(plain.code == tenon::codes::internal_error);
    CHECK(plain.message.empty());
    CHECK(plain.data.empty());
}

TEST_CASE("the reserved codes are distinct and negative, plugins have the positive ones") {
    using namespace tenon::codes;
    const std::vector<int> all = {parse_error,    invalid_request,   method_not_found, invalid_params,
                                  internal_error, cancelled,         timeout,          unavailable,
                                  circuit_open,   permission_denied, too_large,        reentrant_call,
                                  overloaded,     version_mismatch,  shutting_down,    limit_exceeded};
    const std::set<int> distinct(all.begin(), all.end());
    CHECK(distinct.size() == all.size());
    for (const int code : all) CHECK(code < 0);
}
