// Prints for people, or as JSON, what tenon::testing::examine() found.

#include "command_line/doctor.hpp"

#include <cstdio>

namespace reference {

int doctor(std::span<char*> arguments) {
    if (arguments.empty()) std::fputs("tenon-host doctor: which COMMAND?\n", stderr);
    return 64;
}

} // namespace reference
