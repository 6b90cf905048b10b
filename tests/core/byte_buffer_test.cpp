#include <tenon/core/byte_buffer.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

using tenon::byte_buffer;

TEST_CASE("a buffer that was never written to holds nothing and no memory") {
    const byte_buffer buffer;
    CHECK(buffer.empty());
    CHECK(buffer.size() == 0);
    CHECK(buffer.capacity() == 0);
    CHECK(buffer.view() == "");
}

TEST_CASE("appended bytes come out in order, zero bytes included") {
    byte_buffer buffer;
    buffer.append("one");
    buffer.append('\0');
    buffer.append(std::string_view());
    buffer.append(std::string_view(""));
    buffer.append("two");
    CHECK(buffer.view() == std::string_view("one\0two", 7));
    CHECK(!buffer.empty());
}

TEST_CASE("prepared room counts only when it is committed") {
    byte_buffer buffer;
    buffer.append("head ");
    std::memcpy(buffer.prepare(100), "tail", 4);
    CHECK(buffer.view() == "head ");
    buffer.commit(4);
    CHECK(buffer.view() == "head tail");
    CHECK(buffer.capacity() - buffer.size() >= 96);
}

TEST_CASE("what is in a buffer survives its growth, at whatever size it happens") {
    byte_buffer buffer;
    std::string expected;
    for (int round = 0; round < 2000; ++round) {
        const std::string piece(static_cast<std::size_t>(round % 37), static_cast<char>('a' + round % 26));
        buffer.append(piece);
        expected += piece;
    }
    CHECK(buffer.view() == expected);

    const std::string large(1'000'000, 'x');
    buffer.append(large);
    expected += large;
    CHECK(buffer.view() == expected);
}

TEST_CASE("capacity doubles, so that many small pieces are moved a few times only") {
    byte_buffer buffer;
    int growths = 0;
    std::size_t capacity = 0;
    for (int count = 0; count < 1'000'000; ++count) {
        buffer.append('x');
        if (buffer.capacity() != capacity) ++growths;
        capacity = buffer.capacity();
    }
    CHECK(growths <= 12);
    CHECK(capacity <= 2'200'000);
}

TEST_CASE("a buffer in steady use keeps its memory") {
    byte_buffer buffer;
    buffer.append(std::string(5000, 'x'));
    const char* memory = buffer.data();
    const std::size_t capacity = buffer.capacity();
    for (int round = 0; round < 10; ++round) {
        buffer.clear();
        CHECK(buffer.empty());
        buffer.append(std::string(5000, 'y'));
    }
    CHECK(buffer.data() == memory);
    CHECK(buffer.capacity() == capacity);
}

TEST_CASE("bytes are dropped from the front and cut from the end") {
    byte_buffer buffer;
    buffer.drop_front(0); // also where there is no memory yet
    buffer.append("0123456789");
    buffer.drop_front(3);
    CHECK(buffer.view() == "3456789");
    buffer.drop_front(0);
    CHECK(buffer.view() == "3456789");
    buffer.truncate(4);
    CHECK(buffer.view() == "3456");
    buffer.append("abc");
    CHECK(buffer.view() == "3456abc");
    buffer.drop_front(7);
    CHECK(buffer.empty());
}

TEST_CASE("memory held for nothing is given back on request, memory in use is not") {
    byte_buffer buffer;
    buffer.append(std::string(10'000, 'x'));
    buffer.shrink(0);
    CHECK(buffer.size() == 10'000);
    buffer.clear();
    buffer.shrink(1'000'000);
    CHECK(buffer.capacity() >= 10'000);
    buffer.shrink(4096);
    CHECK(buffer.capacity() == 0);
    buffer.append("again");
    CHECK(buffer.view() == "again");
}

TEST_CASE("a moved buffer takes its bytes along and leaves an empty one that can be used") {
    byte_buffer first;
    first.append("bytes");
    byte_buffer second(std::move(first));
    CHECK(second.view() == "bytes");
    CHECK(first.empty()); // NOLINT: what is left behind is promised to be usable
    first.append("new");
    CHECK(first.view() == "new");

    byte_buffer third;
    third.append("old");
    third = std::move(second);
    CHECK(third.view() == "bytes");
    third = byte_buffer();
    CHECK(third.empty());
}
