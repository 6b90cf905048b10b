#ifndef TENON_CONFIG_CONFIG_TEXT_HPP
#define TENON_CONFIG_CONFIG_TEXT_HPP

// The text of a configuration as JSON. What is none is said for a person with an editor: by line and column, which are
// counted from 1, the column in characters.
//
//     line 3, column 24: expected a member's name, got '}': is there a comma too many before it?

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon {

namespace detail {

inline std::string place_in_text(std::string_view text, std::size_t offset) {
    std::uint64_t line = 1, column = 1;
    for (std::size_t at = 0; at < offset && at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == '\n') ++line, column = 1;
        else if ((byte & 0xC0) != 0x80) ++column;
    }
    return join({"line ", digits(line), ", column ", digits(column)});
}

/// What stands there, and what people write in JSON that is none of its own.
inline std::string what_stands_at(std::string_view text, std::size_t offset) {
    const std::string_view rest = text.substr(offset < text.size() ? offset : text.size());
    if (rest.empty()) return ", got the end of the file";
    std::size_t size = 1;
    while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) ++size;
    std::string got = join({", got '", quotable(rest.substr(0, size)), "'"});
    std::string_view hint;
    if (rest.starts_with("//") || rest.starts_with("/*") || rest[0] == '#') hint = ": JSON has no comments";
    else if (rest[0] == '\'') hint = ": JSON has double quotes alone";
    else if (rest[0] == '}' || rest[0] == ']') {
        const std::size_t before = text.substr(0, offset).find_last_not_of(" \t\r\n");
        if (before != text.npos && text[before] == ',') hint = ": is there a comma too many before it?";
    } else if (rest[0] == '"') {
        const std::size_t before = text.substr(0, offset).find_last_not_of(" \t\r\n");
        if (before != text.npos && text[before] != ',' && text[before] != '{')
            hint = ": is there a comma missing before it?";
    }
    return join({got, hint});
}

} // namespace detail

inline result<json> parse_config(std::string_view text) {
    json_reader in(text);
    std::string_view whole;
    if (in.read_slice(whole) && in.finish()) return json::parse(whole);
    const std::size_t offset = in.failed_offset();
    const std::string wrong = in.complaint();
    const bool about_next = wrong.starts_with("expected") || wrong.starts_with("not a JSON");
    return fault{in.error().code,
                 detail::join({detail::place_in_text(text, offset), ": ", wrong,
                               about_next ? detail::what_stands_at(text, offset) : std::string()})};
}

} // namespace tenon

#endif
