#ifndef REFERENCE_COMMAND_LINE_DOCTOR_HPP
#define REFERENCE_COMMAND_LINE_DOCTOR_HPP

// tenon-host doctor [OPTIONS] COMMAND...: starts one plugin, of any language, and prints what the library's doctor found.

#include <span>

namespace reference {

/// `arguments` are the words after "doctor". What it returns is the exit code: 0 all good, 1 something is bad, 64 wrong
/// use.
int doctor(std::span<char*> arguments);

} // namespace reference

#endif
