// Texts made safe, colours, columns.

#include "command_line/screen.hpp"

#include <tenon/rules/logs/log_text.hpp>
#include <tenon/host/system_log_writer.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace reference {

namespace {

constexpr std::string_view gap = "  ";

/// How many characters are seen. Those that take two places on a terminal count as one.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
}

std::string painted(std::string_view text, look how, bool colour) {
    constexpr std::string_view codes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
    const std::string_view code = codes[static_cast<std::size_t>(how)];
    if (!colour || code.empty() || text.empty()) return std::string(text);
    return std::string(code) + std::string(text) + "\x1b[0m";
}

/// The first lines' worth of `text`, which goes on behind it: whole words, unless one is longer than a line.
std::string_view take_line(std::string_view& text, std::size_t width) {
    std::size_t seen = 0, end = 0, blank = text.npos;
    for (; end < text.size(); ++end) {
        if ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) continue;
        if (seen == width) break;
        if (text[end] == ' ') blank = end;
        ++seen;
    }
    if (end == text.size()) return std::exchange(text, {});
    if (text[end] == ' ') blank = end;
    const std::string_view line = text.substr(0, blank == text.npos || blank == 0 ? end : blank);
    text.remove_prefix(line.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return line;
}

std::size_t terminal_width() {
    winsize size{};
    return ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void append_unit(std::string& to, unsigned unit) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", unit);
    to += text;
}

} // namespace

std::string safe(std::string_view text) { return tenon::safe_text(text); }

std::string safe_json(std::string_view text) {
    std::string made;
    bool quoted = false;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const std::size_t length = tenon::detail::utf8_sequence(at, end);
        const unsigned code =
            length > 1 ? tenon::detail::utf8_code(at, length) : static_cast<unsigned char>(*at);
        if (length == 0) made += "\xEF\xBF\xBD";
        else if (code < ' ' && !quoted) made += ' ';
        else if (code < ' ' || code == 0x7F || (code <= 0xFFFF && tenon::detail::acts_unseen(code)))
            append_unit(made, code);
        else if (tenon::detail::acts_unseen(code)) {
            append_unit(made, 0xD800 + ((code - 0x10000) >> 10));
            append_unit(made, 0xDC00 + ((code - 0x10000) & 0x3FF));
        } else made.append(at, length);
        if (code == '"') quoted = !quoted;
        at += length == 0 ? 1 : length;
        if (code == '\\' && quoted && at != end && (*at == '"' || *at == '\\')) made += *at++;
    }
    return made;
}

std::string line_text(const row& pieces, bool colour) {
    std::string text;
    for (const piece& one : pieces) text += painted(safe(one.text), one.how, colour);
    return text + '\n';
}

std::string table_text(const std::vector<row>& rows, bool colour, std::size_t width) {
    std::vector<std::vector<std::string>> shown;
    std::vector<std::size_t> widths;
    for (const row& one : rows) {
        std::vector<std::string>& cells = shown.emplace_back();
        for (const piece& cell : one) cells.push_back(safe(cell.text));
        while (!cells.empty() && cells.back().empty()) cells.pop_back();
        widths.resize(std::max(widths.size(), cells.size()));
        for (std::size_t at = 0; at < cells.size(); ++at)
            widths[at] = std::max(widths[at], width_of(cells[at]));
    }
    constexpr std::size_t least = 20; // narrower, and it is better left to the terminal
    std::string text;
    for (std::size_t number = 0; number < shown.size(); ++number) {
        std::size_t column = 0;
        for (std::size_t at = 0; at < shown[number].size(); ++at) {
            std::string_view rest = shown[number][at];
            const look how = rows[number][at].how;
            if (at + 1 != shown[number].size()) {
                text += painted(rest, how, colour);
                text.append(widths[at] + gap.size() - width_of(rest), ' ');
                column += widths[at] + gap.size();
                continue;
            }
            const bool breaks = at + 1 == widths.size() && column + least <= width;
            text += painted(breaks ? take_line(rest, width - column) : std::exchange(rest, {}), how, colour);
            while (!rest.empty())
                text +=
                    '\n' + std::string(column, ' ') + painted(take_line(rest, width - column), how, colour);
        }
        text += '\n';
    }
    return text;
}

void print_line(const row& pieces) { std::cout << line_text(pieces, tenon::has_colour(STDOUT_FILENO)); }

void print_table(const std::vector<row>& rows) {
    std::cout << table_text(rows, tenon::has_colour(STDOUT_FILENO), terminal_width());
}

void print_text(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::cout << safe(text.substr(0, end)) << '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void print_json(std::string_view text) { std::cout << safe_json(text) << '\n'; }

int complain(std::string_view words, int code) {
    std::cout.flush(); // what was printed stands before it
    std::cerr << line_text({{"tenon-host: "}, {words}}, false);
    return code;
}

} // namespace reference
