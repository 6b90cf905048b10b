#ifndef TENON_RULES_LOGS_LOG_LEVEL_HPP
#define TENON_RULES_LOGS_LOG_LEVEL_HPP

// How bad a line is by what it says itself: a word that loggers use, or one of these in front of it:
//
//     [WARN] text    WARN: text    WARN text    warning: text    <4>text (syslog's numbers, as systemd reads them)
//
// Words of any case count within brackets and before ": ", words in capitals before a space or a colon. Colours
// around the word do not matter. What is taken off the line is only the level, its brackets and colours.

#include <tenon/core/text.hpp>
#include <tenon/session/answers.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace tenon::detail {

/// The level that a logger's word stands for, in any case.
inline std::optional<log_level> level_named(std::string_view word) noexcept {
    struct known {
        std::string_view word;
        log_level level;
    };
    constexpr known words[] = {
        {"debug", log_level::debug},   {"info", log_level::info},    {"warn", log_level::warn},
        {"error", log_level::error},   {"warning", log_level::warn}, {"trace", log_level::debug},
        {"verbose", log_level::debug}, {"notice", log_level::info},  {"information", log_level::info},
        {"err", log_level::error},     {"fatal", log_level::error},  {"critical", log_level::error},
        {"crit", log_level::error},    {"alert", log_level::error},  {"panic", log_level::error},
        {"severe", log_level::error},  {"emerg", log_level::error},  {"emergency", log_level::error},
    };
    for (const known& one : words)
        if (equals_ignoring_case(word, one.word)) return one.level;
    return std::nullopt;
}

/// syslog's severities: 0 (emergency) to 7 (debug).
inline log_level level_of_severity(unsigned severity) noexcept {
    if (severity <= 3) return log_level::error;
    if (severity == 4) return log_level::warn;
    return severity <= 6 ? log_level::info : log_level::debug;
}

/// Numbers of JSON loggers for node: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
inline log_level level_numbered(double number) noexcept {
    if (number < 30) return log_level::debug;
    if (number < 40) return log_level::info;
    return number < 50 ? log_level::warn : log_level::error;
}

/// Spaces and colours (ESC [ ... m) taken from the front.
inline std::string_view behind_colours(std::string_view text) noexcept {
    for (;;) {
        std::size_t at = 0;
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
        text.remove_prefix(at);
        if (text.size() < 3 || text[0] != '\x1b' || text[1] != '[') return text;
        at = 2;
        while (at < text.size() && ((text[at] >= '0' && text[at] <= '9') || text[at] == ';')) ++at;
        if (at == text.size() || text[at] != 'm') return text;
        text.remove_prefix(at + 1);
    }
}

inline std::string_view first_letters(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && ((text[size] | 0x20) >= 'a' && (text[size] | 0x20) <= 'z')) ++size;
    return text.substr(0, size);
}

/// The level that stands in front of a line, which is then taken off unless nothing would be left.
inline std::optional<log_level> take_level(std::string_view& line) noexcept {
    std::string_view rest = behind_colours(line);
    std::optional<log_level> level;
    if (rest.starts_with('<')) {
        const std::size_t end = rest.find('>');
        if (end == rest.npos || end < 2 || end > 4) return level;
        unsigned number = 0;
        for (const char digit : rest.substr(1, end - 1)) {
            if (digit < '0' || digit > '9') return level;
            number = number * 10 + static_cast<unsigned>(digit - '0');
        }
        if (number > 191) return level; // 24 facilities of 8
        level = level_of_severity(number & 7);
        rest.remove_prefix(end + 1);
    } else {
        const bool bracket = rest.starts_with('[');
        if (bracket) rest = behind_colours(rest.substr(1));
        const std::string_view word = first_letters(rest);
        const std::optional<log_level> named = level_named(word);
        if (!named) return level;
        bool capitals = true;
        for (const char letter : word) capitals = capitals && letter <= 'Z';
        rest.remove_prefix(word.size());
        const std::size_t left = rest.size();
        rest = behind_colours(rest);
        const bool space = rest.size() != left;
        const bool closed = bracket && rest.starts_with(']');
        if (closed) rest = behind_colours(rest.substr(1));
        const bool colon = rest.starts_with(':') && (closed || capitals || rest.substr(1).starts_with(' '));
        if (bracket ? !closed : !colon && !(capitals && space)) return level;
        if (colon) rest.remove_prefix(1);
        level = named;
    }
    rest = behind_colours(rest);
    if (!rest.empty()) line = rest;
    return level;
}

} // namespace tenon::detail

#endif
