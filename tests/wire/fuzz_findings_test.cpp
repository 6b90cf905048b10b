// What the fuzzers found in the wire floor (tests/fuzz), each as what went wrong.

#include <tenon/wire/framing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace tenon;
using namespace tenon::detail;

namespace {

std::string last_step(std::string_view bytes, std::size_t piece) {
    frame_reader reader;
    std::string_view text;
    frame_step step = frame_step::need_more;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        reader.append(bytes.substr(0, piece));
        do step = reader.next(text);
        while (step == frame_step::body || step == frame_step::skipped_text);
        if (step == frame_step::violation) return std::string(name_of(reader.violation().reason));
    }
    return "lives";
}

} // namespace

TEST_CASE(
    "F8: a word beyond the header limit was forgiven as text only when its end came in the same piece") {
    const std::string bytes = std::string(max_header_bytes, 'a') + "\xff\n";
    CHECK(last_step(bytes, bytes.size()) == "lives");
    CHECK(last_step(bytes, 1) == "lives");
    const std::string header = "Content-" + bytes;
    CHECK(last_step(header, header.size()) == "frame.header_too_large");
    CHECK(last_step(header, 1) == "frame.header_too_large");
}

TEST_CASE("F8: a line cut off at the header limit was judged by what had come behind the limit, too") {
    const std::string first = "A: " + std::string(max_header_bytes - 7, 'a') + "\n";
    REQUIRE(first.size() == max_header_bytes - 3);
    const std::string bytes = first + "con\xff\n";
    CHECK(last_step(bytes, bytes.size()) == "frame.header_too_large");
    CHECK(last_step(bytes, 1) == "frame.header_too_large");
    const std::string other = first + "cun\xff\n";
    CHECK(last_step(other, other.size()) == "lives");
    CHECK(last_step(other, 1) == "lives");
}

TEST_CASE("F11: lines behind text were taken for text when the end of input was known before reading") {
    frame_reader reader;
    reader.append("(starting)\nContent-Type: a; charset=latin1\r\n");
    reader.append("Content-Length: 2\r\n\r\n{}");
    reader.end();
    std::string_view text;
    CHECK(reader.next(text) == frame_step::skipped_text);
    CHECK(text == "(starting)");
    CHECK(reader.next(text) == frame_step::violation);
    CHECK(reader.violation().reason == violation_reason::bad_charset);
}
