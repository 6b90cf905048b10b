#ifndef REFERENCE_COMMAND_LINE_EXIT_CODES_HPP
#define REFERENCE_COMMAND_LINE_EXIT_CODES_HPP

// What tenon-host says to a shell when it ends: the numbers of sysexits.h. `tenon-host --help` lists them.

namespace reference::exit_code {

inline constexpr int good = 0;
inline constexpr int refused =
    1; // it was asked and the answer is no: a message stopped, a plugin that does not start
inline constexpr int usage = 64;         // what was typed
inline constexpr int no_input = 66;      // the configuration, or another file, cannot be read
inline constexpr int unavailable = 69;   // no host answers; the address or the socket is taken
inline constexpr int unwritten = 74;     // what it printed, or a file it was to write, cannot be written
inline constexpr int no_permission = 77; // the token is missing or wrong
inline constexpr int configuration = 78; // something is wrong in the configuration

} // namespace reference::exit_code

#endif
