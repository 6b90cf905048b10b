#ifndef REFERENCE_COMMAND_LINE_WORDS_HPP
#define REFERENCE_COMMAND_LINE_WORDS_HPP

// Numbers, times and states for people: "1 plugin", "3.4 ms", "2 h 5 min", "waiting to retry"; and the texts in what a host
// answers.

#include "command_line/screen.hpp"

#include <tenon/rules/state.hpp>
#include <tenon/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

/// "1 plugin", "2 plugins".
std::string count_words(std::uint64_t count, std::string_view noun);
/// In one or two units.
std::string duration_words(double ms);
std::string bytes_words(std::uint64_t bytes);
/// "one, two".
std::string joined(const std::vector<std::string>& words);
/// "14:46:23", where this machine is.
std::string clock_words(std::int64_t unix_ms);

/// Empty where there is no text.
inline std::string text_of(tenon::json_view value) { return value.as<std::string>().value_or(""); }

/// What somebody typed to a question.
bool is_yes(std::string_view typed);

look look_of(tenon::plugin_state state);
look look_of(tenon::plugin_health health);

} // namespace reference

#endif
