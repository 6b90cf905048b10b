#ifndef REFERENCE_COMMAND_LINE_ADMIN_FILE_HPP
#define REFERENCE_COMMAND_LINE_ADMIN_FILE_HPP

// NAME.admin.json beside the socket NAME of a running host, {"address","token","pid"}: for this user's commands alone (0600
// in 0700). One for each socket, since hosts may share a folder; the host that holds the socket owns it. The token is there where the
// host has made it; one that was configured is not written down.

#include <tenon/core/result.hpp>

#include <string>

namespace reference {

inline constexpr auto default_socket = "~/.tenon/runtime.sock";

struct admin_file {
    static constexpr bool allow_missing = true;
    std::string address = {}, token = {};
    int pid = 0;
};

/// Where it is.
std::string admin_path(const std::string& socket);

/// The fault says which file, and why it cannot be had.
tenon::result<admin_file> read_admin_file(const std::string& socket);
tenon::result<void> write_admin_file(const std::string& socket, const admin_file& content);
/// If it is still that process's.
void remove_admin_file(const std::string& socket, int pid);

/// Whether the host that wrote it has ended without removing it.
bool is_left_over(const admin_file& found);

} // namespace reference

#endif
