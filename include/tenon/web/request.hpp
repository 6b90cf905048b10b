#ifndef TENON_WEB_REQUEST_HPP
#define TENON_WEB_REQUEST_HPP

// One HTTP request, the same for all who have to do with it: the server's parser makes it, a router looks at it, and a
// host hands it to a plugin. Programs with a server of their own fill one from what that has, and send the
// `tenon::response` that comes back. How both are said on the wire is in rules/calls/exchange_wire.hpp.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/web/field.hpp>
#include <tenon/web/path.hpp>
#include <tenon/web/query.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace http {

struct request {
    using field = http::field;

    std::string request_id = {};     // for the plugin's log
    std::string method = {};         // "GET", as it came: methods have a case
    std::string path = {};           // as decode_path() gives it; without the query
    std::vector<field> query = {};   // as decode_query() gives it
    std::vector<field> headers = {}; // in order
    std::string body = {};
    std::optional<json> auth = {}; // what the host knows about the caller
    milliseconds timeout{0};       // 0: as the plugin's options say
    std::string target = {};       // of one that a server read: path and query, nothing decoded

    /// The first of that name, in any case; empty where there is none. Of the server's requests Host, Origin,
    /// Authorization, Content-Type, Content-Length and Transfer-Encoding come at most once.
    std::string_view header(std::string_view name) const noexcept {
        for (const field& one : headers)
            if (detail::equals_ignoring_case(one.name, name)) return one.value;
        return {};
    }
};

} // namespace http

/// The same, for programs that have no server of this library.
using http_exchange = http::request;

} // namespace tenon

#endif
