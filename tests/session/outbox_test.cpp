#include <tenon/session/outbox.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

void put(outbox& out, std::string_view body) {
    out.begin().append(body);
    out.finish();
}

std::string frame(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// Writes at most `limit` bytes, as a system call may.
std::string write_some(outbox& out, std::size_t limit) {
    std::string written;
    for (const std::string_view piece : out.transmit()) written += piece.substr(0, limit - written.size());
    out.sent(written.size());
    return written;
}

} // namespace

TEST_CASE("small frames leave together, in order, in one piece") {
    outbox out;
    CHECK(out.transmit().empty());
    put(out, "one");
    put(out, "two");
    CHECK(out.queued_bytes() == frame("one").size() + frame("two").size());
    REQUIRE(out.transmit().size() == 1);
    CHECK(out.transmit()[0] == frame("one") + frame("two"));
    out.sent(out.queued_bytes());
    CHECK(out.queued_bytes() == 0);
    CHECK(out.transmit().empty());
}

TEST_CASE("what is being written stays as it is while more is queued") {
    outbox out;
    put(out, "first");
    const std::string_view piece = out.transmit()[0];
    const std::string copy(piece);
    for (int index = 0; index < 1000; ++index) put(out, std::string(100, 'x'));
    CHECK(piece == copy);
    CHECK(out.transmit()[0].data() == piece.data());
    out.sent(3);
    CHECK(out.transmit()[0] == copy.substr(3));
    out.sent(copy.size() - 3);
    CHECK(out.transmit()[0].substr(0, 20) == "Content-Length: 100\r");
}

TEST_CASE("an open frame is not written, and one that is rolled back never was") {
    outbox out;
    put(out, "a");
    out.begin().append("never");
    CHECK(out.transmit().empty()); // it may not even move the others: they share a buffer
    out.rollback();
    CHECK(out.transmit()[0] == frame("a"));
    out.begin().append("later");
    CHECK(out.body_size() == 5);
    CHECK(out.transmit()[0] == frame("a"));
    out.finish();
    out.sent(frame("a").size());
    CHECK(out.transmit()[0] == frame("later"));
}

TEST_CASE("a large shared payload is a piece of its own and is copied nowhere") {
    const shared_bytes payload(std::string(10'000, 'p'));
    outbox first, second;
    for (outbox* out : {&first, &second}) {
        put(*out, "before");
        out->begin().append("{\"params\":");
        out->finish(payload, '}');
        put(*out, "after");
        const auto pieces = out->transmit();
        REQUIRE(pieces.size() == 3);
        CHECK(pieces[1].data() == payload.view().data());
        CHECK(write_some(*out, 100'000) ==
              frame("before") + frame("{\"params\":" + std::string(10'000, 'p') + "}") + frame("after"));
        CHECK(out->queued_bytes() == 0);
    }
}

TEST_CASE("a small shared payload is copied among the others") {
    outbox out;
    out.begin().append("[");
    out.finish(shared_bytes("1"), ']');
    CHECK(out.transmit().size() == 1);
    CHECK(write_some(out, 100) == frame("[1]"));
}

TEST_CASE("a payload lives as long as somebody has to write it") {
    outbox out;
    {
        const shared_bytes payload(std::string(5'000, 'p'));
        shared_bytes other = payload, moved = std::move(other);
        other = moved;
        out.begin();
        out.finish(payload, '.');
    }
    CHECK(write_some(out, 100'000) == frame(std::string(5'000, 'p') + "."));
}

TEST_CASE("writes of any size yield the same bytes") {
    std::mt19937 random(11);
    for (int round = 0; round < 200; ++round) {
        outbox out;
        std::string expected, written;
        const auto limit = random() % 9000 + 1;
        for (int step = 0; step < 50; ++step) {
            const std::string body(random() % 3000, static_cast<char>('a' + step % 26));
            const shared_bytes shared(std::string(random() % 9000, 'S'));
            switch (random() % 4) {
            case 0:
                put(out, body);
                expected += frame(body);
                break;
            case 1:
                out.begin().append(body);
                out.finish(shared, '!');
                expected += frame(body + std::string(shared.view()) + "!");
                break;
            case 2:
                out.begin().append(body);
                out.rollback();
                break;
            default: written += write_some(out, limit);
            }
            CHECK(out.queued_bytes() == expected.size() - written.size());
        }
        while (out.queued_bytes() != 0) written += write_some(out, limit);
        CHECK(written == expected);
        CHECK(out.transmit().empty());
    }
}

TEST_CASE("no more pieces are handed out at once than a system takes") {
    outbox out;
    const shared_bytes payload(std::string(smallest_shared_piece, 'p'));
    std::string expected;
    for (int index = 0; index < 100; ++index) {
        out.begin();
        out.finish(payload, '.');
        expected += frame(std::string(payload.view()) + ".");
    }
    std::string written;
    while (out.queued_bytes() != 0) {
        CHECK(out.transmit().size() <= max_pieces);
        written += write_some(out, expected.size());
    }
    CHECK(written == expected);
}
