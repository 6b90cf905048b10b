#ifndef TENON_RULES_SUPERVISION_SUPERVISOR_TEXTS_HPP
#define TENON_RULES_SUPERVISION_SUPERVISOR_TEXTS_HPP

// The words of the supervisor. Texts from a plugin or about it are cut: a history of thousands of changes must not
// hold what a hostile plugin wrote a thousand times. And they are made safe: they end in logs and on terminals.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/supervision/random_source.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

/// Longer reasons and messages are cut: a screen full is enough for a person.
inline constexpr std::size_t max_reason_bytes = 1'024;

inline std::string shortened(std::string_view text) {
    std::string safe;
    append_safe(safe, text, max_reason_bytes);
    return safe;
}

inline std::uint64_t seed_of(std::string_view name, std::uint64_t seed) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
    for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    return hash ^ random_source(seed).next();
}

inline std::string whole_milliseconds(milliseconds time) {
    return std::string(digits(time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0));
}

/// "first; second", or the one that is there.
inline std::string both(std::string_view first, std::string_view second) {
    return join({first, first.empty() || second.empty() ? "" : "; ", second});
}

} // namespace tenon::detail

#endif
