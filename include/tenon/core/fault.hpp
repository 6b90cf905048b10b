#ifndef TENON_CORE_FAULT_HPP
#define TENON_CORE_FAULT_HPP

// What went wrong, in the form in which it travels: a JSON-RPC error. A fault is data for whoever asked,
// not the end of anything: the connection lives on. What ends a connection is a `protocol_violation`
// (wire/framing.hpp).
//
// The message names the thing, what was expected and what came. It is written for a person and never
// carries internals (addresses, exception texts, secrets).

#include <string>
#include <utility>

namespace tenon {

/// The codes that the wire reserves. Positive codes are a plugin's own business errors.
namespace codes {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int cancelled = -32800;
inline constexpr int timeout = -32010;
inline constexpr int unavailable = -32011;
inline constexpr int circuit_open = -32012;
inline constexpr int permission_denied = -32013;
inline constexpr int too_large = -32014;
inline constexpr int reentrant_call = -32015;
inline constexpr int overloaded = -32016;
inline constexpr int version_mismatch = -32017;
inline constexpr int shutting_down = -32018;
inline constexpr int limit_exceeded = -32019;
} // namespace codes

struct fault {
    int code = codes::internal_error;
    std::string message;
    std::string data = {}; // one JSON value as text; empty means absent
};

} // namespace tenon

#endif
