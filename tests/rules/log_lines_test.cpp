#include <tenon/rules/logs/log_lines.hpp>

#include "../counted_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

struct told {
    log_level level = log_level::info;
    std::string message;
    std::string fields = {};
    bool operator==(const told&) const = default;
};

struct stream {
    explicit stream(log_options options = {}) : lines(options) {}

    auto sink() {
        return [this](log_level level, std::string_view message, std::string_view fields) {
            seen.push_back({level, std::string(message), std::string(fields)});
        };
    }
    void receive(std::string_view bytes) { lines.receive(bytes, now, sink()); }
    void turn(int ms) {
        now += milliseconds(ms);
        if (lines.next_deadline() <= now) lines.handle_timeout(now, sink());
    }
    std::vector<std::string> messages() const {
        std::vector<std::string> all;
        for (const told& one : seen) all.push_back(one.message);
        return all;
    }

    time_point now = time_point() + milliseconds(5'000);
    log_lines lines;
    std::vector<told> seen;
};

told only(std::string_view line, log_options options = {}) {
    stream from(options);
    from.receive(std::string(line) + "\n");
    REQUIRE(from.seen.size() == 1);
    return from.seen.front();
}

} // namespace

TEST_CASE("every line becomes one message, in any pieces, without its end and space behind it") {
    const std::string text = "one\n  two \t\r\n\n \r\n[WARN] three\nfour";
    const std::vector<told> expected = {{log_level::info, "one"},
                                        {log_level::info, "  two"},
                                        {log_level::warn, "three"},
                                        {log_level::info, "four"}};
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        stream from;
        for (std::size_t at = 0; at < text.size(); at += piece) from.receive(text.substr(at, piece));
        from.lines.end(from.now, from.sink());
        CHECK(from.seen == expected);
        CHECK(from.lines.counts().lines == 4);
        CHECK(from.lines.counts().bytes == text.size());
    }
}

TEST_CASE("the two streams of a plugin do not mix within a line and share the limit") {
    stream from({.lines_per_second = 2});
    from.receive("err");
    from.lines.receive(log_stream::output, "out", from.now, from.sink());
    from.receive("or\n");
    from.lines.receive(log_stream::output, "put\n", from.now, from.sink());
    from.receive("more\n");
    CHECK(from.messages() == std::vector<std::string>{"error", "output"});
    CHECK(from.lines.counts().suppressed == 1);
    from.lines.receive(log_stream::output, "rest", from.now, from.sink());
    from.turn(1'000);
    from.lines.end(log_stream::output, from.now, from.sink());
    CHECK(from.messages() == std::vector<std::string>{"error", "output", "1 line suppressed", "rest"});
}

TEST_CASE("text between many frames is one burst") {
    stream from({.lines_per_second = 2});
    for (int frame = 0; frame < 100; ++frame) {
        from.lines.receive(log_stream::output, "Starting...", from.now, from.sink());
        from.lines.end(log_stream::output, from.now, from.sink());
    }
    CHECK(from.messages() == std::vector<std::string>{"Starting...", "Starting..."});
    from.turn(1'000);
    CHECK(from.messages().back() == "98 lines suppressed");
}

TEST_CASE("P2: beyond the limit lines are counted, and one line says how many, once for each burst") {
    stream from;
    for (int line = 0; line < 1'000; ++line) from.receive("line " + std::to_string(line) + "\n");
    REQUIRE(from.seen.size() == 200);
    CHECK(from.seen.back().message == "line 199");
    CHECK(from.lines.next_deadline() == from.now + milliseconds(1'000));
    from.turn(999);
    from.lines.handle_timeout(from.now, from.sink()); // called early, as any deadline may be
    CHECK(from.seen.size() == 200);
    from.turn(1);
    REQUIRE(from.seen.size() == 201);
    CHECK(from.seen.back() == told{log_level::warn, "800 lines suppressed"});
    CHECK(from.lines.next_deadline() == never);
    from.turn(10'000);
    CHECK(from.seen.size() == 201);
    from.receive("again\n");
    CHECK(from.seen.back().message == "again");
}

TEST_CASE(
    "P2: when the next line goes through before anybody looked at the clock, the count stands before it") {
    stream from({.lines_per_second = 1});
    from.receive("one\ntwo\nthree\nfo");
    from.now += milliseconds(1'000);
    from.receive("ur\nfive\n");
    CHECK(from.messages() == std::vector<std::string>{"one", "2 lines suppressed", "four"});
    from.lines.end(from.now, from.sink());
    CHECK(from.messages() ==
          std::vector<std::string>{"one", "2 lines suppressed", "four", "1 line suppressed"});
    CHECK(from.lines.counts().lines == 2);
    CHECK(from.lines.counts().suppressed == 3);
}

TEST_CASE("P2: no lines per second at all means no limit") {
    stream from({.lines_per_second = 0});
    for (int line = 0; line < 1'000; ++line) from.receive("x\n");
    CHECK(from.seen.size() == 1'000);
    CHECK(from.lines.next_deadline() == never);
}

TEST_CASE("P2: blank lines cost nothing until they are a flood themselves") {
    stream from({.lines_per_second = 2});
    from.receive("one\n\n \n\t\r\n\n\n\ntwo\n");
    CHECK(from.messages() == std::vector<std::string>{"one", "two"});
    from.turn(1'000);
    from.receive(std::string(1'000, '\n') + "three\n");
    from.turn(1'000);
    from.receive(std::string(1'000, '\n')); // 32 are seen before the rest is only counted
    from.receive("four\n");
    CHECK(from.messages() == std::vector<std::string>{"one", "two", "969 lines suppressed"});
    from.turn(1'000);
    CHECK(from.messages().back() == "969 lines suppressed");
    CHECK(from.lines.counts().suppressed == 1'938);
    from.receive("five\n");
    CHECK(from.messages().back() == "five");
}

TEST_CASE("P2: 1 GB of stderr is 200 lines a second, exact counts and bounded memory") {
    std::string chunk;
    std::uint64_t lines_in_chunk = 0;
    while (chunk.size() < 65'536) {
        chunk += "2026-11-21 worker 17: something is very wrong with request " +
                 std::to_string(chunk.size()) + "\n";
        ++lines_in_chunk;
    }
    log_lines lines{log_options()};
    time_point now = time_point() + milliseconds(1);
    std::uint64_t told = 0, counted = 0, largest = 0;
    const auto sink = [&](log_level, std::string_view message, std::string_view) {
        largest = std::max<std::uint64_t>(largest, message.size());
        if (message.ends_with(" suppressed")) counted += std::strtoull(message.data(), nullptr, 10);
        else ++told;
    };
    const tests::memory_since before;
    constexpr std::uint64_t total = 1'000'000'000;
    std::uint64_t bytes = 0, chunks = 0;
    for (; bytes < total; bytes += chunk.size(), ++chunks) {
        now += std::chrono::microseconds(200); // 3 s in all
        lines.receive(chunk, now, sink);
    }
    lines.end(now, sink);
    CHECK(told + counted == lines_in_chunk * chunks);
    CHECK(told >= 600);
    CHECK(told <= 800);
    CHECK(largest < 200);
    CHECK(lines.counts().bytes == bytes);
    CHECK(lines.counts().suppressed == counted);
    CHECK(before.most_held() < 4'096);
}

TEST_CASE("P2: a line of 100 MB without an end is one message of 64 KiB, and the stream goes on") {
    stream from;
    const std::string chunk(65'000, 'a');
    const tests::memory_since before;
    for (int round = 0; round < 1'539; ++round) from.receive(chunk);
    REQUIRE(from.seen.size() == 1); // told as soon as it is too long
    CHECK(from.seen.front().message == std::string(max_log_line, 'a') + std::string(cut_mark));
    from.receive("the end\nnext\n");
    CHECK(from.seen.size() == 2);
    CHECK(from.seen.back().message == "next");
    CHECK(from.lines.counts().cut == 1);
    CHECK(before.most_held() < 1'000'000);
}

TEST_CASE("P2: binary is bounded, escaped and followed by normal work") {
    std::mt19937 random(5);
    stream from({.lines_per_second = 0});
    std::string bytes;
    for (int at = 0; at < 1'000'000; ++at) bytes.push_back(static_cast<char>(random()));
    from.receive(bytes);
    from.receive(std::string(300'000, '\0'));
    from.receive("\nnormal\n");
    CHECK(from.seen.back() == told{log_level::info, "normal"});
    CHECK(from.seen[from.seen.size() - 2].message.ends_with("\\x00 [cut]"));
    for (const told& one : from.seen) {
        CHECK(one.message.size() <= max_log_line + cut_mark.size());
        CHECK(std::none_of(one.message.begin(), one.message.end(), [](char byte) {
            return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
        }));
    }
}

TEST_CASE("X7: one record for each line, whatever a plugin writes to look like another") {
    CHECK(only("ok\r[ERROR] host: plugin died").message == "ok\\r[ERROR] host: plugin died");
    CHECK(only("\x1b[2J\x1b[31mfake").message == "\\x1b[2J\\x1b[31mfake");
    CHECK(only(std::string("nul\0end", 7)).message == "nul\\x00end");
    CHECK(only("\xC2\x9B"
               "2J gpj.\xE2\x80\xAE exe")
              .message == "\\u{9b}2J gpj.\\u{202e} exe");
    CHECK(only("bad \xFF utf8").message == "bad \xEF\xBF\xBD utf8");

    stream from; // a line that looks like the host's is one of the plugin's all the same
    from.receive("hello\n[ERROR] host: fake\n");
    CHECK(from.seen == std::vector<told>{{log_level::info, "hello"}, {log_level::error, "host: fake"}});
}

TEST_CASE("X7: a configured secret is masked, also where it comes in two reads or is cut in two") {
    const log_options options{.mask = {"Bearer *"}, .secrets = {"hunter2", "p\"q", "12345"}};
    const std::string line = "[warn] login hunter2 with Bearer abc.def ok\n";
    for (std::size_t at = 0; at <= line.size(); ++at) {
        stream from(options);
        from.receive(line.substr(0, at));
        from.receive(line.substr(at));
        CHECK(from.seen == std::vector<told>{{log_level::warn, "login *** with *** ok"}});
    }
    for (std::size_t inside = 1; inside < 7; ++inside) {
        stream from(options);
        from.receive(std::string(max_log_line - inside, 'x') + "hunter2 and more\n");
        REQUIRE(from.seen.size() == 1);
        CHECK(from.seen[0].message.starts_with(std::string(max_log_line - inside, 'x') + "*"));
        CHECK(from.seen[0].message.find('h') == std::string::npos);
    }
    CHECK(only("\x1b[hunter2", options).message == "\\x1b[***");
    CHECK(only(R"({"msg":"is hunter2","a":"p\"q","n":12345,"hunter2":[1,"hunter2"],"u":"\u0068unter2"})",
               options) ==
          told{log_level::info, "is ***", R"({"a":"***","n":"***","***":[1,"***"],"u":"***"})"});
    CHECK(only(R"(not a log: {"a":"p\"q"})", options).message == R"(not a log: {"a":"***"})");
}

TEST_CASE("a JSON line with a level or a message is taken apart") {
    CHECK(only(R"({"level":"warn","msg":"disk","free":3})") ==
          told{log_level::warn, "disk", R"({"free":3})"});
    CHECK(only(R"(  {"level":"ERROR","message":"disk"}  )") == told{log_level::error, "disk", ""});
    CHECK(only(R"({"severity":"critical","message":"x","at":{"file":["a",null,true,1.50]}})") ==
          told{log_level::error, "x", R"({"at":{"file":["a",null,true,1.50]}})"});
    CHECK(only(R"({"level":40,"time":1,"msg":"x"})") == told{log_level::warn, "x", R"({"time":1})"});
    CHECK(only(R"({"level":"odd","msg":"x"})") == told{log_level::info, "x", R"({"level":"odd"})"});
    CHECK(only(R"({"level":true,"msg":["x"],"message":"y"})") ==
          told{log_level::info, "y", R"({"level":true,"msg":["x"]})"});
    CHECK(only(R"({"level":"debug","msg":"a","message":"b"})") ==
          told{log_level::debug, "a", R"({"message":"b"})"});
    CHECK(only(R"({"msg":"a\n\u001b[31m\u202e"})") == told{log_level::info, R"(a\n\x1b[31m\u{202e})", ""});
    CHECK(only(R"({"msg":"a","k\u001b":"v\r"})") == told{log_level::info, "a", R"({"k\\x1b":"v\\r"})"});
    // All of it is the message where it says only how bad it is.
    CHECK(only(R"({"level":"error","code":3})") ==
          told{log_level::error, R"({"level":"error","code":3})", ""});
}

TEST_CASE("what only looks like a JSON log line is text") {
    for (const std::string line :
         {R"({"a":1})", "{}", R"({"msg":"x")", R"({"msg":"x",})", R"({"msg":"x"} y)", R"({"msg":"\ud800"})",
          R"(["msg"])", R"({"level":"warn" "msg":"x"})", "{not json}"}) {
        CAPTURE(line);
        CHECK(only(line) == told{log_level::info, line, ""});
    }
    const std::string deep = R"({"msg":"x","a":)" + std::string(70, '[') + std::string(70, ']') + "}";
    CHECK(only(deep) == told{log_level::info, deep, ""});
}

TEST_CASE("fields that become too long are left out, and the message says so") {
    std::string controls;
    for (int at = 0; at < 21'000; ++at)
        controls += "\xC2\x81"; // two bytes become six, "\\u{81}" in JSON seven
    const told other = only(R"({"msg":"m","a":")" + controls + "\"}");
    CHECK(other == told{log_level::info, "m [fields left out]", ""});
}

TEST_CASE("a message by host/log is masked, made one line and counted as one") {
    stream from({.lines_per_second = 3, .secrets = {"hunter2"}});
    const auto say = [&](log_level level, std::string_view text, std::string_view fields) {
        from.lines.message(level, text, fields, from.now, from.sink());
    };
    say(log_level::error, "[WARN] two\nlines hunter2", R"({"k":"hunter2\n"})");
    say(log_level::debug, "x", "[1]");
    say(log_level::debug, std::string(max_log_line + 10, 'y'), R"({"k")");
    say(log_level::debug, "one too many", {});
    CHECK(from.seen == std::vector<told>{{log_level::error, "[WARN] two\\nlines ***", R"({"k":"***\\n"})"},
                                         {log_level::debug, "x"},
                                         {log_level::debug, std::string(max_log_line, 'y') + " [cut]"}});
    CHECK(from.lines.counts().suppressed == 1);
    CHECK(from.lines.counts().cut == 1);
    from.turn(1'000);
    say(log_level::info, "", "");
    CHECK(from.seen.back() == told{log_level::info, ""});
    say(log_level::info, "m", "{\"a\":\"" + std::string(max_log_line, 'z') + "\"}");
    CHECK(from.seen.back() == told{log_level::info, "m [fields left out]"});
}

TEST_CASE("half a character at the cut is left out") {
    const std::string line = std::string(max_log_line - 1, 'x') + "\xE4\xBD\xA0 and more";
    CHECK(only(line).message == std::string(max_log_line - 1, 'x') + " [cut]");
    const std::string wider = std::string(max_log_line - 3, 'x') + "\xF0\x9F\x92\xBB and more";
    CHECK(only(wider).message == std::string(max_log_line - 3, 'x') + " [cut]");
}

TEST_CASE("what a long line needed is given back") {
    log_lines lines{log_options{.lines_per_second = 0}};
    const auto sink = [](log_level, std::string_view, std::string_view) {};
    const std::string line = std::string(60'000, '\x01') + "\n";
    const tests::memory_since before;
    lines.receive(line.substr(0, 30'000), {}, sink);
    lines.receive(line.substr(30'000), {}, sink);
    for (int round = 0; round < 3; ++round) lines.receive("short\n", {}, sink);
    CHECK(before.still_held() < 20'000);
}

TEST_CASE("X7: whatever a stream holds, its pieces change nothing and no secret gets through") {
    std::mt19937 random(17);
    const std::string_view parts[] = {"\n",
                                      "\r\n",
                                      "hunter2",
                                      "hunt",
                                      "er2",
                                      "\x1b[31m",
                                      "[WARN] ",
                                      "{\"msg\":\"",
                                      "\"}",
                                      "\"a\":",
                                      ",",
                                      "{",
                                      "}",
                                      "\\u0068",
                                      "\xE2\x80",
                                      "\xAE",
                                      "key=",
                                      " ",
                                      std::string_view("\0", 1),
                                      "x",
                                      "<4>",
                                      "{\"level\":\"error\",\"message\":\"hunter2\",\"k\":[\"key=v\"]}\n"};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int count = 0; count < 60; ++count) text += parts[random() % std::size(parts)];
        const log_options options{.lines_per_second = 0, .mask = {"key=*"}, .secrets = {"hunter2"}};
        stream whole(options), pieces(options);
        whole.receive(text);
        whole.lines.end(whole.now, whole.sink());
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t size = 1 + random() % 9;
            pieces.receive(std::string_view(text).substr(at, size));
            at += size;
        }
        pieces.lines.end(pieces.now, pieces.sink());
        CHECK(whole.seen == pieces.seen);
        for (const told& one : whole.seen) {
            CHECK((one.message + one.fields).find("hunter2") == std::string::npos);
            CHECK((one.fields.empty() || json::parse(one.fields)));
        }
    }
}

TEST_CASE("what is less bad than the level that is wanted was told, and took of the share of what is worse") {
    log_options options;
    options.level = log_level::warn;
    options.lines_per_second = 3;
    detail::log_lines lines(options);
    std::vector<std::string> told;
    const auto take = [&](log_level, std::string_view message, std::string_view) {
        told.emplace_back(message);
    };
    std::string text;
    for (int count = 0; count < 1'000; ++count)
        text += "plain\n[DEBUG] one\n{\"level\":30,\"msg\":\"info\"}\n{\"msg\":\"x\"}\n";
    text += "[WARN] first\n{\"msg\":\"second\",\"level\":\"error\"}\nERROR third\n";
    lines.receive(text, time_point(), take);
    CHECK(told == std::vector<std::string>{"first", "second", "third"});
    CHECK(lines.counts().below == 4'000);
    CHECK(lines.counts().suppressed == 0);
    CHECK(!lines.wants(log_level::info));
    lines.set_level(log_level::debug);
    lines.receive("[DEBUG] now\n", time_point(milliseconds(2'000)), take);
    CHECK(told.back() == "now");
    CHECK(lines.counts().below == 4'001);
}
