#ifndef TENON_HTTP_LIMITS_HPP
#define TENON_HTTP_LIMITS_HPP

// How much of everything a server takes, and for how long it waits.

#include <tenon/core/time.hpp>

#include <cstddef>

namespace tenon::http {

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
