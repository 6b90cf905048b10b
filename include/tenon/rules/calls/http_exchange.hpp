#ifndef TENON_RULES_CALLS_HTTP_EXCHANGE_HPP
#define TENON_RULES_CALLS_HTTP_EXCHANGE_HPP

// One HTTP request for a plugin, without any HTTP library: an embedder fills an `http_exchange` from what its server has
// and sends the `tenon::response` that comes back. How both are said on the wire is in exchange_wire.hpp.

#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/calls/route_path.hpp>
#include <tenon/session/answers.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tenon {

using detail::decode_path;

struct http_exchange {
    struct field {
        std::string name, value;
    };

    std::string request_id = {};     // for the plugin's log
    std::string method = {};         // "GET"
    std::string path = {};           // as decode_path() gives it; without the query
    std::vector<field> query = {};   // decoded, in order
    std::vector<field> headers = {}; // in order
    std::string body = {};
    std::optional<json> auth = {}; // what the host knows about the caller
    milliseconds timeout{0};       // 0: as the plugin's options say
};

/// The HTTP status for a fault of a call, as docs/protocol.md has it.
inline int http_status_of(int code) noexcept {
    switch (code) {
    case codes::invalid_params:
        return 400;
    case codes::permission_denied:
        return 403;
    case codes::too_large:
        return 413;
    case codes::reentrant_call:
        return 508;
    case codes::timeout:
        return 504;
    case codes::unavailable:
    case codes::circuit_open:
    case codes::overloaded:
    case codes::shutting_down:
    case codes::limit_exceeded:
    case codes::cancelled:
        return 503;
    default:
        return code > 0 ? 422 : 502;
    }
}

} // namespace tenon

#endif
