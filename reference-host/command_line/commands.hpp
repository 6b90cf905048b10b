#ifndef REFERENCE_COMMAND_LINE_COMMANDS_HPP
#define REFERENCE_COMMAND_LINE_COMMANDS_HPP

// All commands, as a table, and the choice among them.

#include "command_line/arguments.hpp"

#include <span>
#include <string>
#include <string_view>

namespace reference {

const std::vector<command>& commands();
std::string help();

/// Does what was typed, and says the exit code.
int run_command_line(std::span<char*> typed);

} // namespace reference

#endif
