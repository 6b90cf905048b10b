#include <tenon/core/bounded_queue.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon::detail;

namespace {

std::string all_of(const bounded_queue<std::string>& queue) {
    std::string all;
    for (const std::string& one : queue) all += one + " ";
    return all;
}

} // namespace

TEST_CASE("beyond a number of items the oldest go") {
    bounded_queue<std::string> queue(2, 100);
    CHECK(queue.push("one") == 0);
    CHECK(queue.push("two") == 0);
    CHECK(queue.push("three") == 1);
    CHECK(all_of(queue) == "two three ");
    CHECK(queue.bytes() == 8);
    CHECK(queue.front() == "two");
    queue.pop();
    CHECK(queue.size() == 1);
    CHECK(queue.clear() == 1);
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
}

TEST_CASE("beyond a number of bytes the oldest go, and the newest stays however large it is") {
    bounded_queue<std::string> queue(100, 10);
    for (const char* text : {"aaaa", "bbbb"}) CHECK(queue.push(text) == 0);
    CHECK(queue.push("cccc") == 1);
    CHECK(queue.push(std::string(50, 'd')) == 2);
    CHECK(queue.size() == 1);
    CHECK(queue.bytes() == 50);
    CHECK(queue.push("e") == 1);
    CHECK(all_of(queue) == "e ");
}

TEST_CASE("a queue for nothing holds the newest") {
    bounded_queue<std::string> queue(0, 0);
    CHECK(queue.push("a") == 0);
    CHECK(queue.push("b") == 1);
    CHECK(all_of(queue) == "b ");
}
