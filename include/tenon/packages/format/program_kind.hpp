#ifndef TENON_PACKAGES_FORMAT_PROGRAM_KIND_HPP
#define TENON_PACKAGES_FORMAT_PROGRAM_KIND_HPP

// What a file is by its first bytes: a program, WebAssembly, a script, a shared library. Names say nothing.

#include <tenon/packages/format/byte_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {

enum class program_kind { other, program, wasm, script, shared_library };

namespace detail {

/// Bytes that are enough to tell: the header of an ELF, and the list of its parts in all that linkers write.
inline constexpr std::size_t telling_bytes = 4'096;

constexpr std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) noexcept {
    std::uint64_t number = 0;
    for (std::size_t place = 0; place < count && at + place < bytes.size(); ++place)
        number |= std::uint64_t{static_cast<unsigned char>(bytes[at + place])} << (8 * place);
    return number;
}

constexpr bool is_elf(std::string_view bytes) noexcept {
    return bytes.size() >= 64 && bytes.starts_with("\x7f"
                                                   "ELF");
}

} // namespace detail

/// `beginning`: the first 4,096 bytes, or all of a shorter file.
///
/// A program that can be anywhere in memory looks like a shared library, but names who loads it (PT_INTERP), or, where nobody has
/// to, says in its dynamic section that it is a program. The section is beyond the beginning, so one without a loader
/// that has an address to start at counts as a program: that is wrong about some libraries of old linkers, which then fail at the
/// start.
constexpr program_kind kind_of_program(std::string_view beginning) noexcept {
    using namespace detail;
    if (beginning.starts_with(std::string_view("\0asm", 4))) return program_kind::wasm;
    if (beginning.starts_with("#!")) return program_kind::script;
    if (!is_elf(beginning)) return program_kind::other;
    const bool wide = beginning[4] == 2, little = beginning[5] == 1;
    if (!little) return program_kind::program;
    const std::uint64_t type = little_endian(beginning, 16, 2);
    if (type == 2) return program_kind::program;
    if (type != 3) return program_kind::other; // an object file, a core
    const std::uint64_t start = little_endian(beginning, 24, wide ? 8 : 4);
    const std::uint64_t parts = wide ? little_endian(beginning, 32, 8) : little_endian(beginning, 28, 4);
    const std::uint64_t size = little_endian(beginning, wide ? 54 : 42, 2),
                        count = little_endian(beginning, wide ? 56 : 44, 2);
    for (std::uint64_t part = 0; part < count && parts + (part + 1) * size <= beginning.size(); ++part)
        if (little_endian(beginning, static_cast<std::size_t>(parts + part * size), 4) == 3)
            return program_kind::program;
    return start == 0 ? program_kind::shared_library : program_kind::program;
}

/// "linux-x86_64" of an ELF, else "any".
constexpr std::string_view platform_of_program(std::string_view beginning) noexcept {
    if (!detail::is_elf(beginning)) return "any";
    const std::uint64_t read = detail::little_endian(beginning, 18, 2);
    const bool big = beginning[5] == 2; // as on s390x
    switch (big ? (read & 0xff) << 8 | read >> 8 : read) {
    case 62: return "linux-x86_64";
    case 183: return "linux-aarch64";
    case 3: return "linux-i686";
    case 40: return "linux-arm";
    case 243: return "linux-riscv64";
    case 21: return "linux-ppc64";
    case 22: return "linux-s390x";
    default: return "any";
    }
}

} // namespace tenon

#endif
