#ifndef TENON_SESSION_HTTP_REQUEST_HPP
#define TENON_SESSION_HTTP_REQUEST_HPP

#include <tenon/json/value.hpp>

#include <string>

namespace tenon {

/// The HTTP request behind a route, as the host hands it over. It is not the host's own type, `http::request`
/// (web/request.hpp): the parts are left as the JSON that came, so that a plugin decodes what its message names, and no more.
struct http_request {
    std::string method;
    std::string path;
    json params;
    json query;
    json headers; // each value a string, or an array of strings where it was repeated
    std::string body;
};

} // namespace tenon

#endif
