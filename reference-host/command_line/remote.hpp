#ifndef REFERENCE_COMMAND_LINE_REMOTE_HPP
#define REFERENCE_COMMAND_LINE_REMOTE_HPP

// The commands that ask a running host. Where it is, and its token, stand in admin.json beside its socket.

#include "command_line/arguments.hpp"

namespace reference {

/// What all of them take: --address, --token, --socket, --json.
std::vector<option> remote_options(std::vector<option> own = {});

int explain_event(const arguments& given);
int plugins(const arguments& given);
int follow_logs(const arguments& given);
int follow_events(const arguments& given);
int send_message(const arguments& given);

} // namespace reference

#endif
