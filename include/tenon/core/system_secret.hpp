#ifndef TENON_CORE_SYSTEM_SECRET_HPP
#define TENON_CORE_SYSTEM_SECRET_HPP

// Secrets of a program: made of bytes that cannot be guessed, and compared without telling how near a guess was.

#include <cstddef>
#include <span>
#include <string_view>

#include <unistd.h>

namespace tenon::detail {

/// Bytes that cannot be guessed. False if the system has none.
inline bool random_bytes(std::span<unsigned char> bytes) noexcept {
    constexpr std::size_t most = 256; // that the system gives at once
    while (!bytes.empty()) {
        const auto next = bytes.first(bytes.size() < most ? bytes.size() : most);
        if (::getentropy(next.data(), next.size()) != 0) return false;
        bytes = bytes.subspan(next.size());
    }
    return true;
}

/// Takes as long for a guess that is nearly right as for any other of its length.
inline bool same_secret(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    volatile unsigned char different = 0; // volatile: looked at byte by byte, whatever the compiler knows
    for (std::size_t at = 0; at < one.size(); ++at)
        different = static_cast<unsigned char>(different | (one[at] ^ other[at]));
    return different == 0;
}

} // namespace tenon::detail

#endif
