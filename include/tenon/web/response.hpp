#ifndef TENON_WEB_RESPONSE_HPP
#define TENON_WEB_RESPONSE_HPP

// The answer to an HTTP request, as a plugin's handler returns it and as a server sends it. The one header of this floor
// that plugins see.

#include <tenon/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// The answer to an HTTP request. A body that is no valid UTF-8 travels in base64 by itself.
struct response {
    struct header {
        std::string name;
        std::string value;
    };
    int status = 200;
    std::vector<header> headers = {};
    std::string body = {};
};

/// 200 with the value as JSON.
template <class T>
response ok(const T& value) {
    return {.headers = {{"content-type", "application/json"}}, .body = to_json(value)};
}
inline response text(std::string_view body, int status = 200) {
    return {.status = status,
            .headers = {{"content-type", "text/plain; charset=utf-8"}},
            .body = std::string(body)};
}

} // namespace tenon

#endif
