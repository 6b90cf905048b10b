#ifndef TENON_WIRE_VIOLATION_HPP
#define TENON_WIRE_VIOLATION_HPP

// What ends a connection: the peer broke the wire in a way after which no safe place to go on from is known.
// A message that is merely unacceptable is answered with a `fault` instead and the connection lives on.
//
// Each reason has a stable name for logs, counters and status pages.

#include <tenon/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon {

enum class violation_reason {
    none,
    no_length,
    bad_length,
    duplicate_length,
    syntax,
    header_too_large,
    too_large,
    bad_charset,
    truncated,
    stalled,
    polluted,
    too_many_bad_bodies,
    output_overflow,
    output_stalled,
};

inline std::string_view name_of(violation_reason reason) noexcept {
    switch (reason) {
    case violation_reason::no_length: return "frame.no_length";
    case violation_reason::bad_length: return "frame.bad_length";
    case violation_reason::duplicate_length: return "frame.dup_length";
    case violation_reason::syntax: return "frame.syntax";
    case violation_reason::header_too_large: return "frame.header_too_large";
    case violation_reason::too_large: return "frame.too_large";
    case violation_reason::bad_charset: return "frame.bad_charset";
    case violation_reason::truncated: return "frame.truncated";
    case violation_reason::stalled: return "frame.stalled";
    case violation_reason::polluted: return "stdout.polluted";
    case violation_reason::too_many_bad_bodies: return "rpc.bad_bodies";
    case violation_reason::output_overflow: return "output.overflow";
    case violation_reason::output_stalled: return "output.stalled";
    case violation_reason::none: break;
    }
    return "none";
}

/// The guilty side is always the peer: our own bugs are asserted, not reported.
struct protocol_violation {
    violation_reason reason = violation_reason::none;
    std::string message = {};
};

namespace detail {

/// Appends a peer's bytes so that they can stand in a log: printable ASCII alone, at most `limit` of them.
inline void append_escaped(std::string& to, std::string_view bytes, std::size_t limit = 64) {
    constexpr char hex[] = "0123456789abcdef";
    append(to, "\"");
    for (const char byte : bytes.substr(0, limit)) {
        const auto value = static_cast<unsigned char>(byte);
        const char escaped[] = {'\\', 'x', hex[value >> 4], hex[value & 15]};
        if (byte == '"') append(to, "\\\"");
        else if (byte == '\\') append(to, "\\\\");
        else if (byte == '\n') append(to, "\\n");
        else if (value >= 0x20 && value < 0x7f) append(to, {&byte, 1});
        else append(to, {escaped, sizeof escaped});
    }
    append(to, bytes.size() > limit ? "\"..." : "\"");
}

} // namespace detail

} // namespace tenon

#endif
