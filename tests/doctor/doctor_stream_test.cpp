// Bytes of a plugin, the messages that the doctor finds in them, and what it notes. Each row runs whole and byte by byte.

#include <tenon/doctor/stream.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using tenon::detail::doctor_notes;
using tenon::detail::doctor_stream;
using tenon::testing::verdict;

namespace {

struct row {
    std::string bytes;
    std::vector<std::string> bodies;
    const char* id = nullptr; // of the one note; null: none
    std::string seen = {};
    verdict how = verdict::bad;
};

const std::string one = R"({"jsonrpc":"2.0","id":1,"result":{}})";     // 36 bytes
const std::string accent = R"({"jsonrpc":"2.0","id":"é","result":1})"; // 38 bytes, 37 characters
const std::string framed = "Content-Length: 36\r\n\r\n" + one;

const std::vector<row> rows{
    {"", {}},
    {framed, {one}},
    {framed + framed, {one, one}},
    {"Content-Length: 38\r\n\r\n" + accent, {accent}},
    {"loading ...\n" + framed, {one}, "stdout", "loading ...\\n"},
    {framed + "done\n" + framed, {one, one}, "stdout", "done"},
    {framed + "INFO: ready\n", {one}, "stdout", "INFO: ready"},
    {"{\"level\":\"info\"}\n" + framed, {one}, "stdout", "level"},
    {"content-length: 36\r\n\r\n" + one, {one}, "framing", "another spelling"},
    {"Content-Length:36\r\n\r\n" + one, {one}, "framing", "another spelling"},
    {"Content-Length: 036\r\n\r\n" + one, {one}, "framing", "another spelling"},
    {"Content-Length: 36\n\n" + one, {one}, "framing", "bare line feed"},
    {"Content-Length: 36\r\nContent-Type: x\r\n\r\n" + one,
     {one},
     "framing",
     "another header",
     verdict::warning},
    {"Content-Type: x\r\nContent-Length: 36\r\n\r\n" + one,
     {one},
     "framing",
     "another header",
     verdict::warning},
    {"X-Other: 1\r\n" + framed, {one}, "framing", "another header", verdict::warning},
    {"Content-Length: 36\r\nContent-Length: 36\r\n\r\n" + one + framed, {one, one}, "framing", "two"},
    {"Content-Length: x\r\n\r\n" + one, {one}, "framing", "no number"},
    {"Content-Type: x\r\n\r\n" + one, {one}, "framing", "without Content-Length"},
    {framed + "\n" + framed, {one, one}, "framing", "behind the body"},
    {framed + "\r\n", {one}, "framing", "behind the body"},
    {one + "\n" + one + "\n", {one, one}, "framing", "without a header"},
    {"Content-Length: 37\r\n\r\n" + accent + framed, {accent, one}, "length", "has that many characters"},
    {"Content-Length: 38\r\n\r\n" + one + framed, {one, one}, "length", "a body of 36 bytes"},
    {"Content-Length: 500\r\n\r\n" + one, {one}, "length", "a body of 36 bytes"},
    {"Content-Length: 500\r\n\r\n{\"id\":", {}, "length", "the output ended"},
    {"Content-Length: 3\r\n\r\n{x}" + framed, {one}, "messages", "no JSON"},
};

void check(const row& wanted, std::size_t step) {
    CAPTURE(wanted.bytes);
    CAPTURE(step);
    doctor_notes notes;
    doctor_stream stream(notes);
    std::vector<std::string> bodies;
    const auto read = [&](bool settled) {
        while (auto body = stream.next(settled)) bodies.push_back(*body);
    };
    for (std::size_t at = 0; at < wanted.bytes.size(); at += step) {
        std::string piece = wanted.bytes.substr(at, step);
        stream.take(piece);
        read(false);
    }
    read(true);
    stream.finish();
    CHECK(bodies == wanted.bodies);
    for (const char* id : {"stdout", "framing", "length", "messages"}) {
        const bool due = wanted.id != nullptr && std::string(wanted.id) == id;
        CAPTURE(id);
        CHECK(notes.has(id) == due);
        if (!due) continue;
        const auto noted = notes.outcome(id);
        CAPTURE(noted.seen);
        CHECK(noted.seen.find(wanted.seen) != std::string::npos);
        CHECK_FALSE(noted.mend.empty());
        if (wanted.how == verdict::warning) CHECK(noted.verdict == verdict::warning);
    }
}

} // namespace

TEST_CASE("whatever is wrong with its frames, the messages in them are found and the fault is noted once") {
    for (const row& wanted : rows) {
        check(wanted, wanted.bytes.size() + 1);
        check(wanted, 1);
    }
}

TEST_CASE("the worst of many notes is kept, and how many there were") {
    doctor_notes notes;
    notes.note("framing", verdict::warning, "a", "b");
    notes.note("framing", verdict::bad, "c", "d");
    notes.note("framing", verdict::bad, "e", "f");
    CHECK(notes.outcome("framing").verdict == verdict::bad);
    CHECK(notes.outcome("framing").seen == "c (and 2 times more)");
    CHECK(notes.outcome("framing").mend == "d");
    CHECK(notes.outcome("stdout").verdict == verdict::good);
}

TEST_CASE("bytes of a plugin are shown in one line, cut, and never as they are") {
    using tenon::detail::doctor_quote;
    CHECK(doctor_quote("caf\u00e9") == "\"caf\u00e9\"");
    CHECK(doctor_quote("a\r\n\t\x1b[31m\xff") == "\"a\\r\\n\\x09\\x1b[31m\\xff\"");
    CHECK(doctor_quote("{\"a\":1}") == "'{\"a\":1}'");
    CHECK(doctor_quote("abcdef", 3) == "\"abc\"...");
}
