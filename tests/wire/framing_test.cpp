// Tables of bytes beside what the reader must make of them. Every row runs three ways: whole, byte by byte,
// and with a further frame behind it.

#include <tenon/wire/framing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

using steps = std::vector<std::string>;

constexpr std::size_t small_limit = 64;

// Takes every step there is. What stands still is not worth a word.
bool drain(frame_reader& reader, steps& seen) {
    for (;;) {
        std::string_view text;
        switch (reader.next(text)) {
        case frame_step::need_more: return true;
        case frame_step::body: seen.push_back("body " + std::string(text)); break;
        case frame_step::skipped_text: seen.push_back("text " + std::string(text)); break;
        case frame_step::too_large: seen.push_back("too large"); break;
        case frame_step::ignored_empty: seen.push_back("empty"); break;
        case frame_step::violation:
            seen.push_back("violation " + std::string(name_of(reader.violation().reason)));
            return false;
        case frame_step::end: seen.push_back("end"); return false;
        }
    }
}

// The bytes cut into pieces of the sizes that `next_size` says.
template <class NextSize>
steps read_in_pieces(std::string_view bytes, std::size_t limit, NextSize next_size,
                     framing_rule rule = framing_rule::first_byte) {
    frame_reader reader(limit, rule);
    steps seen;
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), static_cast<std::size_t>(next_size()));
        reader.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (!drain(reader, seen)) return seen;
    }
    reader.end();
    drain(reader, seen);
    return seen;
}

steps read_whole(std::string_view bytes, std::size_t limit = small_limit) {
    return read_in_pieces(bytes, limit, [&] { return bytes.size(); });
}

steps read_bytewise(std::string_view bytes, std::size_t limit = small_limit) {
    return read_in_pieces(bytes, limit, [] { return 1; });
}

std::string frame(std::string_view body) {
    byte_buffer out;
    append_frame_header(out, body.size());
    out.append(body);
    return std::string(out.view());
}

struct row {
    std::string bytes;
    steps expected;
};

void check(const row& row) {
    CAPTURE(row.bytes);
    CHECK(read_whole(row.bytes) == row.expected);
    CHECK(read_bytewise(row.bytes) == row.expected);
    if (row.expected.back() != "end") {
        // What is broken stays broken, unless it was only broken off.
        if (row.expected.back() != "violation frame.truncated")
            CHECK(read_whole(row.bytes + frame("{}")) == row.expected);
        return;
    }
    steps expected = row.expected;
    expected.insert(expected.end() - 1, "body {}");
    const std::string more =
        row.bytes + (row.expected.front() == "body [1]" ? std::string("{}\n") : frame("{}"));
    CHECK(read_whole(more) == expected);
    CHECK(read_bytewise(more) == expected);
}

std::string with_nul(const char* bytes, std::size_t size) { return {bytes, size}; }

} // namespace

TEST_CASE("a frame is read whole, byte by byte, and with another behind it") {
    check({"Content-Length: 2\r\n\r\n{}", {"body {}", "end"}});
    check({frame("first") + frame("second"), {"body first", "body second", "end"}});
    check({frame(std::string(small_limit, 'x')), {"body " + std::string(small_limit, 'x'), "end"}});
    check({"", {"end"}});
}

TEST_CASE("F1: a frame split at every byte yields the same messages") {
    const std::string bytes = frame("{\"id\":1}") + frame("[]") + frame(std::string(60, 'z'));
    const steps expected = {"body {\"id\":1}", "body []", "body " + std::string(60, 'z'), "end"};
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        CAPTURE(cut);
        std::size_t size = cut == 0 ? bytes.size() : cut;
        CHECK(read_in_pieces(bytes, small_limit, [&] { return std::exchange(size, bytes.size()); }) ==
              expected);
    }
    CHECK(read_bytewise(bytes) == expected);
}

TEST_CASE("F1: fifty frames in one write, and pieces of any size, yield the same messages") {
    std::mt19937 random(1);
    std::string bytes;
    steps expected;
    for (int index = 0; index < 50; ++index) {
        const std::string body(random() % 3000 + 1, static_cast<char>('a' + index % 26));
        bytes += frame(body);
        expected.push_back("body " + body);
    }
    expected.emplace_back("end");
    CHECK(read_whole(bytes, 4096) == expected);
    for (const unsigned largest : {10u, 64u, 512u, 1024u}) {
        CAPTURE(largest);
        CHECK(read_in_pieces(bytes, 4096, [&] { return random() % largest + 1; }) == expected);
    }
}

TEST_CASE("F2: a header block without Content-Length is fatal and no body byte is interpreted") {
    check({"Content-Type: application/json\r\n\r\n{}", {"violation frame.no_length"}});
    check({"X-Trace: 1\r\nContent-Type: application/json\r\n\r\n{}", {"violation frame.no_length"}});
    check(
        {"Content-Disposition: form-data\r\n\r\nContent-Length: 2\r\n\r\n{}", {"violation frame.no_length"}});
}

TEST_CASE("F2: empty lines between frames are skipped") {
    check({"\r\n\r\n" + frame("{}"), {"body {}", "end"}});
    check({frame("1") + "\n" + frame("2") + "\r\n", {"body 1", "body 2", "end"}});
}

TEST_CASE("F3: a Content-Length that is no length is fatal") {
    for (const char* value :
         {"-1", "+5", "0x10", "1e3", "12abc", "", " ", "5 5", "1,1", "\xEF\xBC\x95", "123456789012345678901",
          "2147483648", "4294967296", "9223372036854775808", "18446744073709551616", "9999999999999999999",
          "5;", "5\t5", "0000000000000000000002"}) {
        CAPTURE(value);
        check({"Content-Length: " + std::string(value) + "\r\n\r\n{}", {"violation frame.bad_length"}});
    }
    check({"Content-Length:\r\n\r\n{}", {"violation frame.bad_length"}});
}

TEST_CASE("F3: leading zeros are digits") { check({"Content-Length: 0002\r\n\r\n{}", {"body {}", "end"}}); }

TEST_CASE("F4: a frame beyond the limit is announced, drained and left behind") {
    const std::string large(small_limit + 1, 'x'), largest(small_limit * drain_factor, 'x');
    check({frame(large), {"too large", "end"}});
    check({frame("1") + frame(large) + frame("2"), {"body 1", "too large", "body 2", "end"}});
    check({frame(largest), {"too large", "end"}});
    check({frame(largest + "x"), {"violation frame.bad_length"}});
    check({frame(large).substr(0, 30), {"too large", "violation frame.truncated"}});
}

TEST_CASE("F4: memory grows with the bytes received, not with those declared") {
    frame_reader reader;
    std::string_view text;
    reader.append("Content-Length: 16777216\r\n\r\n");
    CHECK(reader.next(text) == frame_step::need_more);
    reader.input_room();
    CHECK(reader.buffer_capacity() <= 2 * read_bytes);

    frame_reader drained;
    drained.append("Content-Length: 268435456\r\n\r\n");
    CHECK(drained.next(text) == frame_step::too_large);
    const std::string piece(read_bytes, 'x');
    for (std::size_t sent = 0; sent < 268435456; sent += piece.size()) {
        CHECK(drained.next(text) == frame_step::need_more);
        drained.append(piece);
    }
    CHECK(drained.buffer_capacity() <= 2 * read_bytes);
    drained.append(frame("{}"));
    CHECK(drained.next(text) == frame_step::body);
    CHECK(text == "{}");
}

TEST_CASE("F4: a frame of exactly the limit dripped slowly arrives") {
    const std::string body(default_max_frame_bytes, 'y');
    frame_reader reader;
    std::string_view text;
    const std::string bytes = frame(body);
    for (std::size_t at = 0; at < bytes.size(); at += 1000) {
        REQUIRE(reader.next(text) == frame_step::need_more);
        reader.append(std::string_view(bytes).substr(at, 1000));
    }
    CHECK(reader.next(text) == frame_step::body);
    CHECK(text == body);
    CHECK(reader.buffer_capacity() <= 2 * default_max_frame_bytes);
    reader.input_room();
    CHECK(reader.buffer_capacity() <= 2 * read_bytes); // an exception is not kept
}

TEST_CASE("F5: two Content-Length headers are fatal, equal or not") {
    check({"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", {"violation frame.dup_length"}});
    check({"Content-Length: 2\r\ncontent-length: 3\r\n\r\n{}", {"violation frame.dup_length"}});
}

TEST_CASE("F6: names in any case, space around values, unknown headers and UTF-8 are accepted") {
    for (const char* header : {
             "content-LENGTH:2\r\n\r\n",
             "Content-Length:2\r\n\r\n",
             "Content-Length: \t 2 \t\r\n\r\n",
             "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n",
             "Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\n",
             "Content-Length: 2\r\nContent-Type: application/json; Charset=\"UTF-8\"; x=y\r\n\r\n",
             "Content-Length: 2\r\nContent-Type: application/json; x\r\n\r\n",
             "Content-Length: 2\r\nContent-Type: application/json\r\n\r\n",
             "X-First: 1\r\nContent-Length: 2\r\nX-Empty:\r\nX-Last: \xC3\xA4\r\n\r\n",
         }) {
        CAPTURE(header);
        check({std::string(header) + "{}", {"body {}", "end"}});
    }
}

TEST_CASE("F6: another charset is fatal") {
    check({"Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}",
           {"violation frame.bad_charset"}});
    check({"Content-Length: 2\r\nContent-Type: a/b; q=1 ; charset = latin1\r\n\r\n{}",
           {"violation frame.bad_charset"}});
}

TEST_CASE("F7: bare LF line ends are read") {
    check({"Content-Length: 2\n\n{}", {"body {}", "end"}});
    check({"Content-Type: a/b\nContent-Length: 2\r\n\n{}", {"body {}", "end"}});
}

TEST_CASE("F7: what breaks the syntax of a header block is fatal") {
    check({"Content-Length: 2\r\r\n\r\n{}", {"violation frame.syntax"}});
    check({"Content-Length: 2\rX: 1\r\n\r\n{}", {"violation frame.syntax"}});
    check({with_nul("Content-Length: 2\0\r\n\r\n{}", 24), {"violation frame.syntax"}});
    check({with_nul("Content-Length\0: 2\r\n\r\n{}", 24), {"violation frame.syntax"}});
    check({"Content-Length: 2\x7f\r\n\r\n{}", {"violation frame.syntax"}});
    check({"Content-Length: 2\r\n folded\r\n\r\n{}", {"violation frame.syntax"}});
    check({"Content-Length: 2\r\nno colon\r\n\r\n{}", {"violation frame.syntax"}});
    check({"Content-Length: 2\r\n: no name\r\n\r\n{}", {"violation frame.syntax"}});
    check({"Content-Length 2\r\n\r\n{}", {"violation frame.syntax"}});
    check({"Content-Length : 2\r\n\r\n{}", {"violation frame.syntax"}});
    check({"X-Trace: 1\r\nContent-Length : 2\r\n\r\n{}", {"violation frame.syntax"}});
}

TEST_CASE("F8: a header without an end is fatal at the cap") {
    const std::string many(max_header_bytes, 'A');
    check({"Content-Length: 2\r\nX: " + many, {"violation frame.header_too_large"}});
    std::string lines = "Content-Length: 2\r\n";
    for (int index = 0; index < 2000; ++index) lines += "X-A: 1\r\n";
    check({lines, {"violation frame.header_too_large"}});

    frame_reader reader;
    std::string_view seen;
    reader.append("Content-Type: ");
    frame_step step = frame_step::need_more;
    for (int index = 0; index < 1000 && step == frame_step::need_more; ++index) {
        reader.append(std::string(1000, 'A'));
        step = reader.next(seen);
    }
    CHECK(step == frame_step::violation);
    CHECK(reader.buffer_capacity() <= 4 * max_header_bytes);
}

TEST_CASE("F8: a stray line over 8 KiB ended the connection as a header without an end") {
    const std::string word(max_header_bytes, 'A');
    const std::string words = "INFO: " + word;
    for (const std::string& line : {word, word + word, words, word + ": 1", "*{\"msg\":\"" + word + "\"}"}) {
        check({line + "\r\n" + frame("{}"), {"text " + line, "body {}", "end"}});
        check({frame("1") + line, {"body 1", "text " + line, "end"}});
    }
    check({word + " " + frame("{}"), {"text " + word + " ", "body {}", "end"}});
    check({"A: 1\n" + words + "\n" + frame("{}"), {"text A: 1", "text " + words, "body {}", "end"}});
    check({word.substr(1) + "\n" + frame("{}"), {"text " + word.substr(1), "body {}", "end"}});
}

TEST_CASE("a line of JSON from who is agreed to write headers is text, wherever it comes") {
    const std::string line = R"({"level":"info","msg":"starting"})", message = R"({"jsonrpc":"2.0","id":1})";
    const std::string bytes =
        line + "\n" + frame("{}") + message + "\n" + frame("[]") + "[" + line + "]\n" + frame("1");
    const steps expected = {"text " + line, "body {}", "text " + message, "body []", "text [" + line + "]",
                            "body 1",       "end"};
    for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{7}})
        CHECK(read_in_pieces(
                  bytes, small_limit, [&] { return size; }, framing_rule::headers) == expected);
}

TEST_CASE("where lines are agreed on, what is no message is text, and headers mean nothing") {
    const std::string message = R"({"jsonrpc":"2.0","id":1})", log = R"({"level":"info","msg":"starting"})";
    const std::string bytes = "Loading...\n\n" + message + "\r\n" + log + "\n  " + message +
                              "\nContent-Length: 2\r\n\r\n[1]\n{not JSON\n" + message + "\nKilled";
    const steps expected = {
        "text Loading...", "body " + message, "text " + log,     "body " + message, "text Content-Length: 2",
        "text [1]",        "text {not JSON",  "body " + message, "text Killed",     "end"};
    for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{7}})
        CHECK(read_in_pieces(
                  bytes, small_limit, [&] { return size; }, framing_rule::lines) == expected);
    CHECK(read_in_pieces(
              message + "\n" + message.substr(1), small_limit, [] { return 1; }, framing_rule::lines) ==
          steps{"body " + message, "text " + message.substr(1), "end"});
    CHECK(read_in_pieces(
              message.substr(0, 20), small_limit, [] { return 1; }, framing_rule::lines) ==
          steps{"violation frame.truncated"});
}

TEST_CASE("half a line of text is no frame that has begun") {
    frame_reader reader(small_limit, framing_rule::lines);
    reader.append("Password:");
    std::string_view text;
    CHECK(reader.next(text) == frame_step::need_more);
    CHECK_FALSE(reader.inside_frame());
    CHECK(reader.waiting() == "Password:");
}

TEST_CASE("a buffer that one large frame made grow is given back after a while, not at once") {
    frame_reader reader;
    std::string_view body;
    reader.append(frame(std::string(1'000'000, 'x')));
    CHECK(reader.next(body) == frame_step::body);
    reader.append(frame("{}"));
    CHECK(reader.buffer_capacity() > kept_buffer_bytes);
    for (int index = 0; index < 100; ++index) {
        CHECK(reader.next(body) == frame_step::body);
        reader.append(frame("{}"));
    }
    CHECK(reader.buffer_capacity() <= kept_buffer_bytes);
}

TEST_CASE("every reason has a name of its own") {
    std::vector<std::string> names;
    for (int reason = 0; reason <= static_cast<int>(violation_reason::output_stalled); ++reason)
        names.emplace_back(name_of(static_cast<violation_reason>(reason)));
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("F9: a frame has begun once its header or its body has, and only then") {
    const auto inside = [](std::string_view bytes) {
        frame_reader reader(small_limit);
        reader.append(bytes);
        std::string_view seen;
        frame_step step;
        do step = reader.next(seen);
        while (step == frame_step::body || step == frame_step::skipped_text || step == frame_step::too_large);
        CHECK(step == frame_step::need_more);
        return reader.inside_frame();
    };
    for (const char* begun :
         {"C", "content-le", "Content-Length: 5", "Content-Length: 5\r\n", "Content-Length: 5\r\nX",
          "Content-Length: 5\r\n\r\n", "Content-Length: 5\r\n\r\n1234", "Content-Length: 65\r\n\r\n1",
          "X-Trace: 1\r\nContent", "{", "[1,", "{}\n{"}) {
        CAPTURE(begun);
        CHECK(inside(begun));
    }
    CHECK(inside(frame("{}") + "Con"));
    for (const char* idle :
         {"", "\r\n", "Loading", "Loading...", "INFO: half a line", "INFO: a line\n", "{}\n", "{}\r\n \n"}) {
        CAPTURE(idle);
        CHECK_FALSE(inside(idle));
    }
    CHECK_FALSE(inside(frame("{}")));
    CHECK_FALSE(inside(frame("{}") + "\n"));
}

TEST_CASE("F10: a length that lies breaks the next header, not the message before") {
    check({"Content-Length: 1\r\n\r\n{}\n" + frame("2"), {"body {", "text }", "body 2", "end"}});
    check({"Content-Length: 4\r\n\r\n{}xx" + frame("2"), {"body {}xx", "body 2", "end"}});
    check({"Content-Length: 0\r\n\r\n" + frame("2"), {"empty", "body 2", "end"}});
}

TEST_CASE("F10: the end of input inside a frame is truncated, between frames it is clean") {
    const std::string whole = frame("{\"a\":1}");
    for (std::size_t size = 1; size < whole.size(); ++size) {
        CAPTURE(size);
        check({whole.substr(0, size), {"violation frame.truncated"}});
    }
    check({whole + "\r\n", {"body {\"a\":1}", "end"}});
}

TEST_CASE("F11: text between frames is handed out by line and the frames behind it arrive") {
    check({"Starting...\n" + frame("1"), {"text Starting...", "body 1", "end"}});
    check({"Starting...\r\n\r\nReady.\n" + frame("1") + "done\n" + frame("2"),
           {"text Starting...", "text Ready.", "body 1", "text done", "body 2", "end"}});
    check({"\x1b[31m*** banner ***\x1b[0m\n" + frame("1"),
           {"text \x1b[31m*** banner ***\x1b[0m", "body 1", "end"}});
    check({with_nul("\0\1\2\n", 4) + frame("1"), {"text " + with_nul("\0\1\2", 3), "body 1", "end"}});
    check({frame("1") + "no line end", {"body 1", "text no line end", "end"}});
}

TEST_CASE("F11: text without a line end is recovered from at the next Content-Length") {
    check({"hello" + frame("1"), {"text hello", "body 1", "end"}});
    check({"hello, " + frame("1"), {"text hello, ", "body 1", "end"}});
    check({frame("1") + "50% done..." + frame("2"), {"body 1", "text 50% done...", "body 2", "end"}});
    check({"ready: content-length:1\r\n\r\n1", {"text ready: ", "body 1", "end"}});
}

TEST_CASE("F11: text that looks like a header is pollution unless a frame's header follows") {
    check({"INFO: starting\nplain text\n" + frame("1"),
           {"text INFO: starting", "text plain text", "body 1", "end"}});
    check({"INFO: starting\n\n" + frame("1"), {"text INFO: starting", "body 1", "end"}});
    check({"INFO: a\nINFO: b\n\n" + frame("1"), {"text INFO: a", "text INFO: b", "body 1", "end"}});
    check({"INFO: starting\n" + frame("1"),
           {"body 1", "end"}}); // an unknown header, as far as anybody can tell
    check({"Killed", {"text Killed", "end"}});
    check({"INFO: dying\nINFO: dead", {"text INFO: dying", "text INFO: dead", "end"}});
}

TEST_CASE("F11: a long line comes in pieces that do not depend on how it was split") {
    const std::string word(max_pollution_line, '*');
    check(
        {word + word + "end\n" + frame("1"), {"text " + word, "text " + word, "text end", "body 1", "end"}});
    check({word + frame("1"), {"text " + word, "body 1", "end"}});
    for (std::size_t size = max_pollution_line - 16; size < max_pollution_line + 16; ++size) {
        const std::string bytes = std::string(size, '*') + frame("1");
        CHECK(read_whole(bytes) == read_bytewise(bytes));
        CHECK(read_whole(bytes).back() == "end");
    }
}

TEST_CASE("F11: more than 64 KiB of text on one connection is fatal and is quoted") {
    std::string bytes, line(63, '.');
    line[0] = '\x1b';
    line += '\n';
    while (bytes.size() < max_pollution_bytes) bytes += line;
    CHECK(read_whole(bytes + frame("1")).back() == "end");

    frame_reader reader;
    reader.append(bytes + "!\n");
    steps seen;
    drain(reader, seen);
    CHECK(seen.back() == "violation stdout.polluted");
    const std::string& message = reader.violation().message;
    CAPTURE(message);
    CHECK(message.find("stdout is reserved for the protocol") == 0);
    CHECK(message.find("\\x1b....") != std::string::npos);
    CHECK(message.find('\x1b') == std::string::npos);
    CHECK(message.size() < 4 * quoted_pollution_bytes);
    CHECK(reader.pollution_bytes() == bytes.size() + 2);
}

TEST_CASE("newline framing is decided by the first byte that is not blank") {
    check({"[1]\n", {"body [1]", "end"}});
    check({" \r\n\t[1]\r\n\n  {\"a\": 2}\n", {"body [1]", "body {\"a\": 2}", "end"}});
}

TEST_CASE("a line is truncated, drained or refused by the limits of a frame") {
    CHECK(read_bytewise("{}\n{") == steps{"body {}", "violation frame.truncated"});
    const std::string fits = "{" + std::string(small_limit - 2, ' ') + "}", large = fits + "x";
    for (const std::string line_end : {"\n", "\r\n"}) {
        const std::string bytes = fits + line_end + large + line_end + "{}" + line_end;
        const steps expected = {"body " + fits, "too large", "body {}", "end"};
        CHECK(read_whole(bytes) == expected);
        CHECK(read_bytewise(bytes) == expected);
    }
    const std::string endless(small_limit * drain_factor + 1, '{');
    CHECK(read_whole(endless) == steps{"too large", "violation frame.too_large"});
    CHECK(read_bytewise(endless) == steps{"too large", "violation frame.too_large"});
}

TEST_CASE("any bytes split anyhow yield the same steps") {
    std::mt19937 random(7);
    const std::vector<std::string> words = {"Content-Length: ",
                                            "content-length:",
                                            "Content-Type: a/b",
                                            "\r\n",
                                            "\n",
                                            "\r\n\r\n",
                                            "1",
                                            "2",
                                            "7",
                                            "0",
                                            "{}",
                                            "x",
                                            "hello",
                                            "INFO: x",
                                            ": ",
                                            " ",
                                            frame("{}"),
                                            frame("[]"),
                                            with_nul("\0", 1),
                                            "Content-",
                                            std::string(80, 'q'),
                                            std::string(1020, '*')};
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = random() % 4 == 0 ? "{}\n" : "";
        for (auto count = random() % 12; count != 0; --count) bytes += words[random() % words.size()];
        CAPTURE(bytes);
        const steps expected = read_whole(bytes);
        CHECK(read_bytewise(bytes) == expected);
        CHECK(read_in_pieces(bytes, small_limit, [&] { return random() % 20 + 1; }) == expected);
    }
}

TEST_CASE("hostile lines cost time in proportion to their length") {
    // Lines that look like headers until the last one: each must be taken for text only once.
    std::string bytes;
    while (bytes.size() < max_pollution_bytes - 2 * max_header_bytes) {
        std::string block;
        while (block.size() < max_header_bytes - 16) block += "a:b\n";
        bytes += block + "\n";
    }
    const auto begin = std::chrono::steady_clock::now();
    CHECK(read_bytewise(bytes).back() == "end");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("a written frame has exactly one header in one spelling, whatever the size") {
    byte_buffer out;
    frame_writer frames;
    std::string expected;
    for (const std::size_t size : {2u, 9u, 10u, 99u, 100u, 999u, 1000u, 70000u, 3u, 1234567u, 5u}) {
        const std::string body(size, 'b');
        frames.begin(out);
        out.append(body);
        CHECK(frames.body_size(out) == size);
        frames.finish(out);
        expected += "Content-Length: " + std::to_string(size) + "\r\n\r\n" + body;
        frames.begin(out);
        out.append("dropped");
        frames.rollback(out);
    }
    CHECK(out.view() == expected);
}

TEST_CASE("a written line has no line ends inside") {
    byte_buffer out;
    frame_writer frames;
    frames.use_newlines();
    frames.begin(out);
    out.append("{\"a\":\r\n1}");
    frames.finish(out);
    CHECK(out.view() == "{\"a\":  1}\n");
}
