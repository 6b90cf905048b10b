#include "toml.hpp"

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/packages/format/package_manifest.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

// Debian's library of it throws; compiled here it does not, and nothing more is needed where the program runs.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 32 // no manifest goes deeper
// toml++ 3.3 asserts what a text need not keep ("[`"), or lets the compiler assume it, and then finds the fault itself.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

namespace reference {

namespace {

/// toml++ makes a table for each part of "a.b.c = 1", and forgets them one within another: 100,000 parts end the stack.
/// With this many in a line, and what else bounds it, there are at most some 2,000 tables within each other.
constexpr std::size_t most_dots = 64;

/// The first line that has more, or 0. Dots in texts count as well, which costs little and needs no reading of texts.
std::uint64_t line_of_dots(std::string_view text) noexcept {
    std::uint64_t line = 1;
    std::size_t dots = 0;
    for (const char one : text) {
        if (one == '\n') {
            ++line;
            dots = 0;
        } else if (one == '.' && ++dots > most_dots) return line;
    }
    return 0;
}

/// toml++ 3.3 takes characters outside of texts that it has no table for (U+FE7F) as unreachable: anything may happen then.
/// So it reads ASCII alone. Any other byte is a mark that the text does not have, and two digits.
class as_ascii {
public:
    explicit as_ascii(std::string_view text) {
        do mark_ = "X" + std::to_string(next_++) + "x";
        while (text.find(mark_) != text.npos);
        for (const char one : text) {
            if (static_cast<unsigned char>(one) < 0x80) ascii_.push_back(one);
            else ascii_ += mark_ + tenon::detail::hex_of(std::array{static_cast<unsigned char>(one)});
        }
    }
    const std::string& text() const noexcept { return ascii_; }

    std::string back(std::string_view part) const {
        std::string made;
        for (std::size_t at = 0;;) {
            const std::size_t found = part.find(mark_, at);
            made.append(part.substr(at, found - at));
            if (found == part.npos) return made;
            const std::string_view hex = part.substr(found + mark_.size(), 2);
            unsigned byte = 0;
            const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
            const bool whole = hex.size() == 2 && read.ptr == hex.data() + 2;
            if (whole) made.push_back(static_cast<char>(byte));
            at = found + mark_.size() + (whole ? 2 : 0);
        }
    }

private:
    std::string mark_, ascii_;
    std::uint64_t next_ = 0;
};

/// False where it goes too deep.
bool write(tenon::json_writer& out, const toml::node& node, const as_ascii& source, unsigned depth) {
    if (depth > tenon::max_json_depth) return false;
    if (const toml::table* const table = node.as_table()) {
        out.begin_object();
        for (const auto& [key, inner] : *table) {
            out.key(source.back(key.str()));
            if (!write(out, inner, source, depth + 1)) return false;
        }
        out.end_object();
    } else if (const toml::array* const array = node.as_array()) {
        out.begin_array();
        for (const toml::node& inner : *array)
            if (!write(out, inner, source, depth + 1)) return false;
        out.end_array();
    } else if (const auto* const text = node.as_string()) {
        out.string(source.back(text->get()));
    } else if (const auto* const whole = node.as_integer()) {
        out.integer(whole->get());
    } else if (const auto* const number = node.as_floating_point()) {
        out.number(number->get());
    } else if (const auto* const boolean = node.as_boolean()) {
        out.boolean(boolean->get());
    } else {
        std::ostringstream date;
        if (const auto* const day = node.as_date()) date << day->get();
        else if (const auto* const time = node.as_time()) date << time->get();
        else if (const auto* const both = node.as_date_time()) date << both->get();
        out.string(date.str());
    }
    return true;
}

} // namespace

tenon::result<std::string> json_of_toml(std::string_view text) {
    using tenon::detail::digits, tenon::detail::join;
    if (text.size() > tenon::longest_manifest)
        return tenon::fault{tenon::codes::too_large,
                            join({"expected at most ", digits(tenon::longest_manifest), " bytes, got ",
                                  digits(text.size())})};
    if (const std::uint64_t line = line_of_dots(text); line != 0)
        return tenon::fault{tenon::codes::too_large,
                            join({"line ", digits(line), ": expected at most ", digits(most_dots), " dots"})};
    if (!tenon::detail::is_utf8(text)) return tenon::fault{tenon::codes::parse_error, "it is no UTF-8"};
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const as_ascii source(text);
    const toml::parse_result read = toml::parse(source.text());
    if (!read)
        return tenon::fault{tenon::codes::parse_error,
                            join({"line ", digits(read.error().source().begin.line), ": ",
                                  source.back(read.error().description())})};
    tenon::byte_buffer buffer;
    tenon::json_writer out(buffer);
    if (!write(out, read.table(), source, 1))
        return tenon::fault{tenon::codes::too_large, "it goes deeper than JSON may"};
    return std::string(buffer.view());
}

} // namespace reference
