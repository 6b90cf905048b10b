#ifndef TENON_TESTS_PACKAGES_PROGRAM_FIXTURE_HPP
#define TENON_TESTS_PACKAGES_PROGRAM_FIXTURE_HPP

// The beginning of a program: it says for which machine it is, and does nothing.

#include <string>

namespace tenon::tests {

/// An ELF for a machine by its number, with the small end first: 62 is x86_64, 183 aarch64, 22 s390x.
inline std::string program_for(unsigned char machine) {
    std::string bytes(64, '\0');
    bytes.replace(0, 6, "\x7f\x45LF\x02\x01");
    bytes[16] = 2;
    bytes[18] = static_cast<char>(machine);
    return bytes;
}

} // namespace tenon::tests

#endif
