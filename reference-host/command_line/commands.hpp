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

// Those that need no running host, or are one.
int run_host(const arguments& given);
int check_file(const arguments& given);
int doctor(const arguments& given);
int show_catalogue(const arguments& given);
int complete_words(const arguments& given);

// Those that ask one (command_line/asking.hpp).
int status(const arguments& given);
int explain_event(const arguments& given);
int plugins(const arguments& given);
int follow_logs(const arguments& given);
int follow_events(const arguments& given);
int send_message(const arguments& given);
int execute_command(const arguments& given);
int emit_event(const arguments& given);
int ask_route(const arguments& given);

} // namespace reference

#endif
