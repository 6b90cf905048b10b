#ifndef REFERENCE_COMMAND_LINE_COMMANDS_HPP
#define REFERENCE_COMMAND_LINE_COMMANDS_HPP

// All commands, as a table, and the choice among them.

#include "command_line/arguments.hpp"

#include <span>
#include <string>
#include <string_view>

namespace reference {

const std::vector<command>& commands();
/// What the first word of commands of two words is about.
struct group {
    std::string_view name, summary;
};
const std::vector<group>& groups();
/// Nothing where there is no such one.
const command* find_command(std::string_view name);
const group* find_group(std::string_view name);
std::string help();

/// Does what was typed, and says the exit code.
int run_command_line(std::span<char*> typed);

// Those that need no running host, or are one.
int run_host(const arguments& given);
int check_file(const arguments& given);
int doctor(const arguments& given);
int show_catalogue(const arguments& given);
int complete_words(const arguments& given);
int new_plugin(const arguments& given);
int new_key(const arguments& given);
int show_key(const arguments& given);
int list_keys(const arguments& given);
int init_package(const arguments& given);
int validate_package(const arguments& given);
int build_package(const arguments& given);
int sign_package(const arguments& given);
int verify_package(const arguments& given);
int show_package(const arguments& given);
int convert_package(const arguments& given);

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
int install_package(const arguments& given);
int update_package(const arguments& given);
int roll_back_package(const arguments& given);
int remove_package(const arguments& given);
int enable_package(const arguments& given);
int disable_package(const arguments& given);
int pin_package(const arguments& given);
int unpin_package(const arguments& given);
int list_packages(const arguments& given);
int list_versions(const arguments& given);
int show_history(const arguments& given);
int check_store(const arguments& given);
int repair_store(const arguments& given);
int collect_store(const arguments& given);
int new_token(const arguments& given);
int list_tokens(const arguments& given);
int revoke_token(const arguments& given);
int trust_key(const arguments& given);
int forget_key(const arguments& given);
int revoke_key(const arguments& given);
int unrevoke_key(const arguments& given);
int list_trust(const arguments& given);

} // namespace reference

#endif
