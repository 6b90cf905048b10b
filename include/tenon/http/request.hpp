#ifndef TENON_HTTP_REQUEST_HPP
#define TENON_HTTP_REQUEST_HPP

// A request that has come whole and was checked, and how much of everything a server takes.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/web/field.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::http {

struct request {
    std::string method = {}; // as it came: methods have a case
    std::string target = {}; // origin-form: a path, and perhaps a query; nothing is decoded
    std::string path = {};   // what stands before the '?': decode_path() takes it
    std::string query = {};  // what stands behind it
    std::vector<field> headers = {};
    std::string body = {};
    bool last = false; // HTTP/1.0, or Connection: close: the connection ends with the answer

    /// The first of that name, in any case; empty where there is none. Host, Origin, Authorization, Content-Type,
    /// Content-Length and Transfer-Encoding come at most once.
    std::string_view header(std::string_view name) const noexcept {
        for (const field& one : headers)
            if (detail::equals_ignoring_case(one.name, name)) return one.value;
        return {};
    }
};

struct limits {
    std::size_t target = std::size_t{8} << 10;  // 414
    std::size_t head = std::size_t{64} << 10;   // 431: request line and fields together
    std::size_t headers = 100;                  // 431
    std::size_t body = std::size_t{10} << 20;   // 413
    std::size_t connections = 512;              // beyond that, whoever idles longest gives its place away
    std::size_t streams = 256;                  // 503; the rest of the places is for requests that end
    std::size_t reserved = 32;                  // of the connections and of the streams: not for strangers
    std::size_t per_address = 256;              // 429: of strangers, requests under way and streams
    std::size_t held = std::size_t{64} << 20;   // bodies and answers on their way, of all clients together
    std::size_t backlog = std::size_t{1} << 20; // of a stream: a client that lets more wait is cut off
    milliseconds head_time{10'000};             // 408
    milliseconds body_time{30'000};             // 408
    milliseconds idle{30'000};                  // between requests
    milliseconds write_time{30'000};            // for an answer, or for what waits of a stream
    milliseconds heartbeat{15'000};             // of a stream that has nothing to say
    milliseconds linger{2'000};                 // for a client to read the last answer while it still sends
};

} // namespace tenon::http

#endif
