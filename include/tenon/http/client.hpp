#ifndef TENON_HTTP_CLIENT_HPP
#define TENON_HTTP_CLIENT_HPP

// Asks a server and waits for the answer: for commands that talk to a running program of one's own, as `tenon-host logs`
// does. It blocks, up to 60 s unless it is told how long; a request is a connection. What it is asked is JSON, or a form, and
// what it hears it trusts to be HTTP. For servers of others, redirects, proxies or TLS take a client that is made for that.
//
// Faults: codes::unavailable where nobody answers; what the server refuses is an answer with its status.

#include <tenon/core/result.hpp>
#include <tenon/http/upload.hpp>
#include <tenon/web/path.hpp>
#include <tenon/web/response.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::http {

/// What is sent by multipart/form-data: the fields, and behind them the files, which are read as they are sent.
struct form_file {
    std::string name, path, content_type = "application/octet-stream";
};
struct form {
    std::vector<uploaded_field> fields = {};
    std::vector<form_file> files = {};
};

class client {
public:
    client(std::string address, std::string token,
           std::chrono::milliseconds patience = std::chrono::seconds(60))
        : address_(std::move(address)), token_(std::move(token)), patience_(patience) {}

    const std::string& address() const { return address_; }

    using answer = response; // names of headers are in lower case
    result<answer> ask(std::string_view method, std::string_view target, std::string_view body = {}) const;

    /// The body is not sent where the server refuses the head. `told` hears how much of it has gone; false: no more goes,
    /// which is codes::cancelled. A file that cannot be read is codes::invalid_params.
    using told_progress = std::function<bool(std::uint64_t sent, std::uint64_t all)>;
    result<answer> send(std::string_view method, std::string_view target, const form& what,
                        const told_progress& told = {}) const;

    /// Server-sent events, until the host ends them or `told` returns false. What is no 200 is an answer here, too.
    using told_event = std::function<bool(std::string_view event, std::string_view data)>;
    result<answer> follow(std::string_view target, const told_event& told) const;

private:
    std::string address_, token_;
    std::chrono::milliseconds patience_; // a plugin may take its time; a stream has a beat every 15 s
};

} // namespace tenon::http

#ifndef TENON_COMPILED
#include <tenon/http/client.ipp>
#endif

#endif
