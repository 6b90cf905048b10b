#ifndef TENON_SESSION_HTTP_REQUEST_HPP
#define TENON_SESSION_HTTP_REQUEST_HPP

#include <tenon/json/value.hpp>

#include <string>

namespace tenon {

/// The HTTP request behind a route, as the host hands it over.
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
