#ifndef REFERENCE_COMMAND_LINE_SCREEN_HPP
#define REFERENCE_COMMAND_LINE_SCREEN_HPP

// Where the command line prints. Texts of others become safe here and nowhere else: a newline, ESC, NUL or U+202E in them
// is written as its name (rules/logs/log_text.hpp). Colours are for a terminal, and not with NO_COLOR; a pipe gets one line
// for each row, whatever its length.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

enum class look { plain, bold, dim, good, warning, bad };

struct piece {
    piece(std::string said, look wanted = look::plain) : text(std::move(said)), how(wanted) {}
    piece(std::string_view said, look wanted = look::plain) : text(said), how(wanted) {}
    piece(const char* said, look wanted = look::plain) : text(said), how(wanted) {}

    std::string text;
    look how;
};

/// Columns of a table, or what follows one another.
using row = std::vector<piece>;

/// One line on stdout, its pieces without anything between them.
void print_line(const row& pieces);
/// Columns as wide as what is in them. On a terminal the last one is broken into lines.
void print_table(const std::vector<row>& rows);
/// Text of several lines, which stay lines.
void print_text(std::string_view text);
/// JSON that somebody else wrote, on one line: still the same JSON.
void print_json(std::string_view text);
/// "tenon-host: ..." on stderr. Gives the code back.
int complain(std::string_view words, int code);

// What these are made of.

std::string safe(std::string_view text);
std::string safe_json(std::string_view text);
std::string line_text(const row& pieces, bool colour);
/// `width` 0: nothing is broken.
std::string table_text(const std::vector<row>& rows, bool colour, std::size_t width);

} // namespace reference

#endif
