#ifndef REFERENCE_COMMAND_LINE_ADMIN_FILE_HPP
#define REFERENCE_COMMAND_LINE_ADMIN_FILE_HPP

// admin.json beside a running host's socket, {"address","token","pid"}: for this user's commands alone (0600 in 0700).
// The token is there where the host has made it; one that was configured is not written down.

#include <tenon/core/result.hpp>

#include <string>

namespace reference {

inline constexpr auto default_socket = "~/.tenon/runtime.sock";

struct admin_file {
    static constexpr bool allow_missing = true;
    std::string address = {}, token = {};
    int pid = 0;
};

/// Empty where there is none.
admin_file read_admin_file(const std::string& socket);
tenon::result<void> write_admin_file(const std::string& socket, const admin_file& content);
void remove_admin_file(const std::string& socket);

} // namespace reference

#endif
