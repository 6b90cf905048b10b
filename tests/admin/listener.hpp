#ifndef TENON_TESTS_ADMIN_LISTENER_HPP
#define TENON_TESTS_ADMIN_LISTENER_HPP

// A client's stream of events.

#include "running_admin.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tenon::tests {

/// A stream that is open, and its events one by one.
class listener {
public:
    /// With a body it is a POST of a client that takes events.
    listener(running_admin& run, std::string_view target, std::string_view body = {})
        : client_(run.client()) {
        const std::string as_admin = "Authorization: Bearer " + token + "\r\n";
        client_.say(body.empty()
                        ? run.head("GET", target, "", as_admin)
                        : run.head("POST", target, body, as_admin + "Accept: text/event-stream\r\n"));
        head = client_.hear(false).head;
    }
    /// The name and the data of the next one; comments are no events.
    std::pair<std::string, std::string> next() {
        for (;;) {
            if (!client_.hear_until("\n\n")) return {};
            std::string block;
            while (!block.ends_with("\n\n")) block += client_.take(1);
            if (block.starts_with("event: "))
                return {block.substr(7, block.find('\n') - 7),
                        block.substr(block.find("data: ") + 6, block.size() - block.find("data: ") - 8)};
        }
    }
    /// The next one of this name.
    std::string next(std::string_view name) {
        for (;;) {
            auto [event, data] = next();
            if (event == name || event.empty()) return data;
        }
    }
    bool ends() { return client_.ends(); }

    std::string head;

private:
    raw_client client_;
};

inline std::string member(const std::string& data, std::string_view name) {
    return json::parse(data).value_or(json())[name].as<std::string>().value_or("");
}

} // namespace tenon::tests

#endif
