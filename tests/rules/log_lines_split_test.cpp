#include <tenon/rules/logs/log_lines.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace tenon::detail;

namespace {

struct told {
    std::string line;
    bool cut = false;
    bool operator==(const told&) const = default;
};

// What a stream of pieces of this size becomes; 0: in one piece.
std::vector<told> split(std::string_view stream, std::size_t piece) {
    log_splitter splitter;
    std::vector<told> lines;
    std::string_view line;
    bool cut = false;
    while (!stream.empty()) {
        // A copy of each piece, so that nothing can hold on to an earlier one.
        const std::string copy(stream.substr(0, piece == 0 ? stream.size() : piece));
        stream.remove_prefix(copy.size());
        std::string_view bytes = copy;
        while (splitter.next_line(bytes, line, cut)) lines.push_back({std::string(line), cut});
        CHECK(bytes.empty());
    }
    if (splitter.take_rest(line, cut)) lines.push_back({std::string(line), cut});
    CHECK_FALSE(splitter.take_rest(line, cut));
    return lines;
}

std::uint64_t count_by_hand(std::string_view bytes) {
    return static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

} // namespace

TEST_CASE("the pieces in which a stream comes do not change its lines") {
    const std::string stream = "one\n\ntwo\r\nthree " + std::string(300, 'x') + "\n\n\nlast without end";
    const std::vector<told> whole = split(stream, 0);
    CHECK(
        whole ==
        std::vector<told>{
            {"one"}, {""}, {"two\r"}, {"three " + std::string(300, 'x')}, {""}, {""}, {"last without end"}});
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u, 299u}) CHECK(split(stream, piece) == whole);
}

TEST_CASE("a line is cut behind its first 64 KiB, one of just 64 KiB is not, and the next line is whole") {
    const std::string full(max_log_line, 'a');
    for (const std::size_t piece : {std::size_t{0}, std::size_t{1000}, max_log_line, max_log_line + 1}) {
        CHECK(split(full + "\nb\n", piece) == std::vector<told>{{full}, {"b"}});
        CHECK(split(full + "a\nb\n", piece) == std::vector<told>{{full, true}, {"b"}});
        CHECK(split(full + full + full + "\nb", piece) == std::vector<told>{{full, true}, {"b"}});
        CHECK(split(full + full, piece) == std::vector<told>{{full, true}});
    }
}

TEST_CASE("skipped lines are counted exactly, and the line behind them is whole") {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        std::string stream;
        for (int line = 0; line < 40; ++line)
            stream += std::string(random() % (round % 2 == 0 ? 4 : 90), 'x') + "\n";
        const std::string rest(random() % 50, 'r');
        stream += rest;
        log_splitter splitter;
        std::uint64_t skipped = 0;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t piece = 1 + random() % 200;
            std::string_view bytes = std::string_view(stream).substr(at, piece);
            at += bytes.size();
            skipped += splitter.skip_lines(bytes);
            std::string_view line;
            bool cut = false;
            CHECK_FALSE(splitter.next_line(bytes, line, cut));
        }
        CHECK(skipped == 40);
        std::string_view line;
        bool cut = false;
        CHECK(splitter.take_rest(line, cut) == !rest.empty());
        CHECK(line == rest);
    }
}

TEST_CASE("the end of a line that was cut is no line of its own when lines are skipped") {
    log_splitter splitter;
    const std::string full(max_log_line + 5, 'a');
    std::string_view bytes = full, line;
    bool cut = false;
    REQUIRE(splitter.next_line(bytes, line, cut));
    CHECK(cut);
    CHECK_FALSE(splitter.next_line(bytes, line, cut));
    bytes = "aaaa";
    CHECK(splitter.skip_lines(bytes) == 0);
    bytes = "a\none\ntwo\nthr";
    CHECK(splitter.skip_lines(bytes) == 2);
    CHECK(bytes == "thr");
}

TEST_CASE("newlines are counted and found at every length and offset") {
    std::string bytes;
    std::mt19937 random(3);
    for (int at = 0; at < 9000; ++at) bytes.push_back(random() % 3 == 0 ? '\n' : 'x');
    for (std::size_t begin = 0; begin < 40; ++begin)
        for (std::size_t size = 0; size < 70; ++size) {
            const std::string_view part = std::string_view(bytes).substr(begin, size);
            CHECK(count_newlines(part) == count_by_hand(part));
            CHECK(size_of_lines(part) == part.rfind('\n') + 1);
        }
    CHECK(count_newlines(bytes) == count_by_hand(bytes));
    CHECK(count_newlines(std::string(70'000, '\n')) == 70'000);
    CHECK(size_of_lines("\n" + std::string(1000, 'x')) == 1);
    CHECK(size_of_lines(std::string(1000, 'x')) == 0);
}
