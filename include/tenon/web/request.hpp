#ifndef TENON_WEB_REQUEST_HPP
#define TENON_WEB_REQUEST_HPP

// One HTTP request for a plugin, without any HTTP library: an embedder fills an `http_exchange` from what its server has
// and sends the `tenon::response` that comes back. How both are said on the wire is in
// rules/calls/exchange_wire.hpp.

#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/web/field.hpp>
#include <tenon/web/path.hpp>
#include <tenon/web/query.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tenon {

struct http_exchange {
    using field = http::field;

    std::string request_id = {};     // for the plugin's log
    std::string method = {};         // "GET"
    std::string path = {};           // as decode_path() gives it; without the query
    std::vector<field> query = {};   // decoded, in order
    std::vector<field> headers = {}; // in order
    std::string body = {};
    std::optional<json> auth = {}; // what the host knows about the caller
    milliseconds timeout{0};       // 0: as the plugin's options say
};

} // namespace tenon

#endif
