#ifndef REFERENCE_COMMAND_LINE_LOCAL_HPP
#define REFERENCE_COMMAND_LINE_LOCAL_HPP

// The commands that need no running host, or are one.

#include "command_line/arguments.hpp"

namespace reference {

int run_host(const arguments& given);
int check_file(const arguments& given);

} // namespace reference

#endif
