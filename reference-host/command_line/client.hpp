#ifndef REFERENCE_COMMAND_LINE_CLIENT_HPP
#define REFERENCE_COMMAND_LINE_CLIENT_HPP

// Asks a running host over HTTP, and waits for the answer: all that commands need, on blocking streams of Asio.
// Faults: codes::unavailable where nobody answers; what the host refuses is an answer with its status.

#include <tenon/core/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace reference {

class client {
public:
    client(std::string address, std::string token) : address_(std::move(address)), token_(std::move(token)) {}

    const std::string& address() const { return address_; }

    struct answer {
        int status = 0;
        std::string body = {};
    };
    tenon::result<answer> ask(std::string_view method, std::string_view target,
                              std::string_view body = {}) const;

    /// Server-sent events, until the host ends them or `told` returns false. What is no 200 is an answer here, too.
    using told_event = std::function<bool(std::string_view event, std::string_view data)>;
    tenon::result<answer> follow(std::string_view target, const told_event& told) const;

private:
    std::string address_, token_;
};

/// A part of a path or a query: what is not plain becomes %XX.
std::string url_part(std::string_view text);

} // namespace reference

#endif
