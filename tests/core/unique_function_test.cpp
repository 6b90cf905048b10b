#include <tenon/core/unique_function.hpp>

#include "../counted_memory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

using tenon::detail::unique_function;
using tenon::tests::memory_is_counted, tenon::tests::memory_since;

TEST_CASE("a function of nothing says so, and one of a callable calls it") {
    unique_function<int(int)> empty, given = [](int value) { return value + 1; };
    CHECK_FALSE(empty);
    CHECK(given);
    CHECK(given(2) == 3);
    given = nullptr;
    CHECK_FALSE(given);
}

TEST_CASE("a callable that can only be moved is kept, and given on with what it owns") {
    unique_function<int()> first = [owned = std::make_unique<int>(7)] { return *owned; };
    unique_function<int()> second = std::move(first);
    CHECK_FALSE(first);
    CHECK(second() == 7);
    unique_function<int()> third;
    third = std::move(second);
    CHECK(third() == 7);
    auto& same = third;
    third = std::move(same);
    CHECK(third() == 7);
}

TEST_CASE("96 bytes stay inside, one more is allocated" * doctest::skip(!memory_is_counted)) {
    std::array<char, 96> fits = {};
    std::array<char, 97> grows = {};
    fits[0] = grows[0] = 5;
    const memory_since before;
    unique_function<int()> small = [fits] { return int(fits[0]); };
    unique_function<int()> moved = std::move(small);
    CHECK(before.allocations() == 0);
    unique_function<int()> large = [grows] { return int(grows[0]); };
    CHECK(before.allocations() == 1);
    unique_function<int()> carried = std::move(large);
    CHECK(before.allocations() == 1);
    CHECK(moved() + carried() == 10);
}

namespace {
struct counted {
    int* alive;
    explicit counted(int& count) : alive(&count) { ++*alive; }
    counted(const counted& other) : alive(other.alive) { ++*alive; }
    counted(counted&& other) noexcept : alive(other.alive) { ++*alive; }
    ~counted() { --*alive; }
};
struct throws_when_moved {
    int value = 3;
    throws_when_moved() = default;
    throws_when_moved(const throws_when_moved& other) noexcept(false) : value(other.value) {}
    int operator()() const { return value; }
};
} // namespace

TEST_CASE("what a function keeps dies once, when it is replaced, reset or destroyed") {
    int alive = 0;
    {
        unique_function<void()> one = [kept = counted(alive)] { (void)kept; };
        CHECK(alive == 1);
        unique_function<void()> other = [kept = counted(alive), large = std::array<char, 100>()] {
            (void)kept, (void)large;
        };
        CHECK(alive == 2);
        one = std::move(other);
        CHECK(alive == 1);
        one.reset();
        CHECK(alive == 0);
        one = [kept = counted(alive)] { (void)kept; };
    }
    CHECK(alive == 0);
}

TEST_CASE("arguments are handed on as they came, and a result that nobody wants is dropped") {
    unique_function<std::string(std::unique_ptr<std::string>, const std::string&)> join =
        [](std::unique_ptr<std::string> first, const std::string& second) { return *first + second; };
    CHECK(join(std::make_unique<std::string>("a"), "b") == "ab");
    int called = 0;
    unique_function<void()> ignores = [&] { return ++called; };
    ignores();
    CHECK(called == 1);
    unique_function<int()> copied = throws_when_moved();
    CHECK(copied() == 3);
}
